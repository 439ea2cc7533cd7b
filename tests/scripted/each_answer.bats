#!/usr/bin/env bats
# Every answer of a small run fails in turn, in each of the ways in which answers fail: what is visible is
# whole and what was promised, nothing is there twice without being reported, no upload is left open
# after the next run, and exit status 0 means that all of it is there.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    mkdir files
    some_bytes 3000 1 >files/one
    some_bytes 3000 2 >files/two
    some_bytes 11M 3 >files/large
    make_list files list
    digests=$(cut -d' ' -f1 list | sort)
}

teardown() {
    scripted_stop
}

ways='answer 500 InternalError
answer 503 SlowDown
reset
act then drop
act then answer 500 InternalError
answer 200 InternalError
act then stall'

ingest() {
    run accession ingest files s3://bucket/p -m list --endpoint-url "$SCRIPTED_URL" --part-size 5M --jobs 1 \
        --read-timeout 1s --retries 2 --json
}

# The server's own word, not the program's: nothing but the three files, whole; twice only if reported.
check_bucket() {
    local extra copies surplus
    extra=$(comm -13 <(echo "$digests") <(scripted_objects '.[].sha256' | sort -u))
    assert_equal "$extra" "" "digests that the manifest does not promise"
    copies=$(scripted_objects '(length) - ([.[].key] | unique | length)')
    surplus=$(jq -r 'select(.type == "summary") | .surplus' <<<"$output")
    [[ $status != 0 ]] || assert_equal "${surplus:-0}" "$copies" "surplus versions reported, and there"
    [[ $status != 0 ]] || assert_equal "$(scripted_objects '[.[].key] | unique | length')" 3 "files there"
}

# How many requests a run makes that nothing disturbs.
requests_of_a_run() {
    scripted_start "config versioned=$1"
    ingest
    assert_status 0
    requests=$(scripted_count)
    scripted_stop
}

# "VERSIONED NUMBER WAY": all with ACCESSION_TEST_ALL=1, else some. The seed is shown.
cases() {
    local versioned number way
    for versioned in yes no; do
        for ((number = 0; number < requests; number++)); do
            while read -r way; do echo "$versioned $number $way"; done <<<"$ways"
        done
    done | if [[ -n ${ACCESSION_TEST_ALL:-} ]]; then cat; else shuf -n 10 --random-source=<(yes "$1"); fi
}

# bats test_tags=slow
@test "each answer fails in turn: nothing wrong is visible, and the next run completes" {
    local versioned number way seed=${ACCESSION_TEST_SEED:-$RANDOM}
    echo "ACCESSION_TEST_SEED=$seed"
    requests_of_a_run yes
    while read -r -u 9 versioned number way; do
        echo "versioned=$versioned, answer $((number + 1)): $way"
        rm -rf "$XDG_STATE_HOME"
        scripted_start "config versioned=$versioned if-none-match=no
on * after=$number until=$((number + 1)) $way"
        ingest
        [[ $status == [0-5] ]]
        check_bucket
        scripted_scenario "config versioned=$versioned if-none-match=no"
        ingest
        assert_status 0
        assert_equal "$(scripted_objects '[.[].key] | unique | length')" 3 "files there"
        assert_equal "$(comm -13 <(echo "$digests") <(scripted_objects '.[].sha256' | sort -u))" "" "other digests"
        assert_equal "$(scripted_uploads length)" 0 "open uploads"
        scripted_stop
    done 9< <(cases "$seed")
}
