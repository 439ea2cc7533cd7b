#!/usr/bin/env bats
# tools/fleet/slurm on a real Slurm: 40 bags in 4 tasks, one of which is killed, a bucket that turns
# read-only in the middle and holds all of them, and one ledger at the end.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted
load ../lib/slurm

setup() {
    missing=$(slurm_missing)
    [[ -z $missing ]] || skip "Slurm cannot run here: $missing is missing"
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1 ACCESSION
    fleet=$(cd "$BATS_TEST_DIRNAME/../../tools/fleet/slurm" && pwd)
}

teardown() {
    slurm_stop
    scripted_stop
}

archived() { scripted_objects 'map(select(.key | endswith("bagit.txt"))) | length'; }
has_archived() { (($(archived) >= $1)); }
all_held() { (($(slurm_held "$1") == 4)); }
is_over() { [[ -z $(squeue --noheader --jobs="$1" 2>/dev/null) ]]; }
# The process of one task that divides the work, while it has some.
finds_victim() {
    victim=$(pgrep -f -- "--slice auto --ledger $PWD/state/task-2.db" | head -1)
    [[ -n $victim ]]
}

@test "40 bags, 4 tasks: one killed, all held while the bucket is read-only, one ledger at the end" {
    local i
    for i in $(seq 40); do
        make_bag "in/bag-$i" 1 1K
        finish_bag "in/bag-$i"
    done
    printf '%s\n' "$PWD"/in/* >list
    scripted_start 'on PutObject delay=100ms pass'
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    slurm_start 4
    run "$fleet/submit" --tasks 4 list s3://bucket/bags state
    assert_status 0
    local job finish
    read -r job finish < <(sed -E 's/^tasks: job ([0-9]+); then ([0-9]+) .*/\1 \2/' <<<"$output")

    until_true finds_victim
    kill -KILL "$victim"
    until_true grep -q 'slice 2 ended with 137' state/task-2.log
    until_true has_archived 8

    scripted_scenario 'on PutObject answer 403 AccessDenied
on UploadPart answer 403 AccessDenied'
    until_true all_held "$job"
    assert_equal "$(grep -l 'slice . ended with 3' state/task-*.log | wc -l)" 4 "tasks that halted"
    (($(archived) < 40)) || fail "the bucket was to turn read-only before the end"

    scripted_scenario ''
    scontrol release "$job"
    until_true is_over "$finish"
    assert_equal "$(archived)" 40 "bags"
    for i in 1 2 3 4; do
        assert_equal "$(tail -n 1 "state/task-$i.log")" "slice $i ended with 0" "the end of task $i"
    done
    output=$(<state/finish.log)
    assert_says "Verified"
    run accession verify --quiet --ledger state/ledger.db s3://bucket/bags
    assert_status 0
    assert_equal "$(scripted_uploads 'length')" 0 "open uploads"
    assert_equal "$(ledger_query state/ledger.db "SELECT count(*) FROM destination WHERE url LIKE 's3://bucket/bags/bag-%'")" 40 \
        "bags in the merged ledger"
}
