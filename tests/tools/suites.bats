#!/usr/bin/env bats
# How tools/test reports its suites: counts, failures repeated at the end, and tests that hang.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2016,SC2154

load ../lib/assertions
load ../lib/waiting

tools=$BATS_TEST_DIRNAME/../../tools/lib

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    # shellcheck source=/dev/null
    . "$tools/results.sh"
    cat >tap <<'TAP'
1..5
ok 1 fine in 3ms
not ok 2 broken - twice in 20ms
# (in test file x.bats, line 3)
#   `false' failed
# what it said
ok 3 left out # skip not here
# a note of a test that passed
not ok 4 broken too
TAP
}

@test "counts: a test that was announced and never reported has failed" {
    assert_equal "$(count_tap <tap)" "1 3 1"
}

@test "failures: each with where and what it said, at the very end their names" {
    failed_tap suite <tap >failures
    assert_equal "$(cat failures)" "suite: broken - twice in 20ms
    (in test file x.bats, line 3)
      \`false' failed
    what it said
suite: broken too
suite: 1 of 5 tests never reported, after: not ok 4 broken too"
    run tell_failures failures
    assert_equal "$(tail -n 4 <<<"$output")" "== failed
suite: broken - twice in 20ms
suite: broken too
suite: 1 of 5 tests never reported, after: not ok 4 broken too"
    : >none
    assert_equal "$(tell_failures none)" ""
}

@test "failures: of much that was said, the end" {
    { echo "not ok 1 x" && seq -f '# line %g' 40; } | failed_tap suite >failures
    assert_equal "$(head -n 3 failures | tail -n 2 | xargs)" "[...] line 26"
    assert_equal "$(tail -n 1 failures | xargs)" "line 40"
}

@test "a suite that hangs is shown, its program killed, and what comes after it still runs" {
    cat >driver <<DRIVER
. "$tools/hangs.sh"
patience=2
: >log
end_hangs log \$\$ &
watch=\$!
(sleep 1234 || echo "not ok 1" && echo "ok 2") | tee log
kill \$watch
DRIVER
    run setsid --wait bash driver 3>&-
    assert_says "sleep 1234"
    assert_says $'not ok 1\nok 2'
}

@test "a suite whose shells hang as well is ended as a whole" {
    printf '%s\n' ". '$tools/hangs.sh'" patience=2 ": >log" 'end_hangs log $$ &' 'while :; do sleep 1; done' >driver
    run setsid --wait bash driver 3>&-
    assert_status 137
}

# lanes SCRIPT: runs it with tools/lib/lanes.sh, where a step's name is a command.
lanes() {
    cat >driver <<DRIVER
set -euo pipefail
. "$tools/results.sh"
. "$tools/lanes.sh"
work=$PWD/work && mkdir -p "\$work"
fail_suite() { echo "\$1" >>"\$work/failures"; }
step() { run_step \$1; add_counts 1 0 0; }
meet() { : >$PWD/\$1; until [[ -e $PWD/\$2 ]]; do sleep 0.05; done; echo "\$1 met \$2"; }
here() { meet here there; }
there() { meet there here; }
waits() { :; }
$1
DRIVER
}

@test "lanes: the steps run beside each other, what they print stays together, their counts are added" {
    lanes 'lane_2=() lane_0=(here true) lane_1=(there); in_lanes; echo "$passed $failed $skipped"'
    run setsid --wait bash driver 3>&-
    assert_status 0
    assert_says "here met there"
    assert_says "there met here"
    assert_equal "$(tail -n 1 <<<"$output")" "3 0 0"
}

@test "lanes: a step that ends in the middle has failed, and the others still run" {
    lanes 'lane_2=() lane_0=(false true) lane_1=(true true); in_lanes; cat "$work/failures"; echo "$passed $failed $skipped"'
    run setsid --wait bash driver 3>&-
    assert_equal "$(tail -n 2 <<<"$output")" $'false\n3 1 0'
}

@test "lanes: an interrupt shows what was said so far, and leaves no process" {
    local nap=1234.$BASHPID status=0 # unique to this test
    lanes "trap 'show_running; end_running; exit 7' TERM; grace=5; lane_2=() lane_0=(waits) lane_1=(here); in_lanes"
    sed -i "s/^waits.*/waits() { trap '' TERM; echo said; : >waiting; sleep $nap; }/" driver
    bash driver >log 2>&1 3>&- &
    until_true test -e waiting -a -e here
    kill -TERM $!
    wait $! || status=$?
    assert_equal "$status" 7
    output=$(<log)
    assert_says $'== interrupted\nsaid'
    [[ -z $(pgrep -fx "sleep $nap") ]]
}
