# shellcheck shell=bash
# The suite's sandbox, seen from a test.

sandbox() {
    "${BASH_SOURCE[0]%/*}/../../tools/sandbox" "$@"
}

# new_bucket [versioned]: an empty bucket of this test's own; its name in $BUCKET. What earlier tests
# left goes once it weighs: a sandbox has room for 4 GiB, and a machine for few of them.
new_bucket() {
    BUCKET=test-${BATS_SUITE_TEST_NUMBER:-0}-$$-$RANDOM
    export BUCKET
    (($(stored_kib) < 1024 * 1024)) || remove_earlier_buckets
    echo "$BUCKET" >>"$ACCESSION_SANDBOX_DIR/test-buckets"
    sandbox bucket "$BUCKET" "$@"
}

# Objects are kept in the OSD's memory.
stored_kib() {
    awk '$1 == "VmRSS:" { print $2 }' "/proc/$(cat "$ACCESSION_SANDBOX_DIR/osd.0.pid")/status"
}

remove_earlier_buckets() {
    local bucket ours=test-${BATS_SUITE_TEST_NUMBER:-0}-$$-
    while read -r bucket; do
        [[ $bucket == "$ours"* ]] ||
            sandbox admin bucket rm --bucket "$bucket" --purge-objects --bypass-gc >/dev/null 2>&1 || true
    done <"$ACCESSION_SANDBOX_DIR/test-buckets"
    grep "^$ours" "$ACCESSION_SANDBOX_DIR/test-buckets" >"$ACCESSION_SANDBOX_DIR/test-buckets.new" || true
    mv "$ACCESSION_SANDBOX_DIR/test-buckets.new" "$ACCESSION_SANDBOX_DIR/test-buckets"
}

# policy deny-writes|deny-all|lock-out|clear|put FILE: on this test's bucket.
policy() {
    sandbox policy "$@" "$BUCKET"
}

# Everything asked of the server between requests_mark and requests_since, but
# for what these helpers asked: METHOD PATH STATUS START, one a line.
requests_mark() {
    sandbox requests mark
}

requests_since() {
    sandbox requests
}

# count_requests REGEX: how many lines of requests_since match, e.g. '^PUT '
count_requests() {
    requests_since | grep -cE -- "$1" || true
}

# Requests that change the bucket; the probe's own are left out.
count_writes() {
    requests_since | grep -vF '/.accession-probe/' |
        grep -cE '^(PUT|POST|DELETE) ' || true
}

# The gateway has answered all requests, of any client.
requests_are_over() {
    local log=$ACCESSION_SANDBOX_DIR/log/client.rgw.log
    requests_since >/dev/null # what was asked is in its log now
    (($(grep -ac '= starting new request ' "$log") == $(grep -ac '= req done ' "$log")))
}

# While paused the storage answers nothing: requests hang.
storage_pause() {
    sandbox ceph osd set pause
}

storage_resume() {
    sandbox ceph osd unset pause
}
