#!/usr/bin/env bats
# How tools/test reports its suites: counts, failures repeated at the end, and tests that hang.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2016,SC2154

load ../lib/assertions

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
