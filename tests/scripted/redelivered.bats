#!/usr/bin/env bats
# What the bucket has already proves nothing of a local file that is delivered again: before such a file is moved away or
# deleted, and wherever --compare-all asks for it, it is read and compared too.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    unset ACCESSION_ARCHIVE_MANIFEST # a list that is not archived keeps a delivery from being deleted
    mkdir drop
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
    scripted_stop
}

# deliver TEXT [PROMISED]: drop/A, with a file of that text under a list that promises PROMISED.
deliver() {
    mkdir drop/.A
    printf '%s' "$1" >drop/.A/f
    printf '%s  f\n' "$(printf '%s' "${2:-$1}" | sha256sum | cut -d' ' -f1)" >drop/.A/SHA256SUMS
    mv drop/.A drop/A
}

watch() {
    : >out.log
    accession_in_background watch --settle 1s --endpoint-url "$SCRIPTED_URL" "$@" drop s3://bucket/in
}
is_gone() { [ ! -e "$1" ]; }
stop_watch() {
    kill -TERM "$PROGRAM"
    ended 0
}

@test "--after delete: delivered again with another file under the same list, it is refused and stays" {
    scripted_start
    watch --after delete --yes-delete-after-verify
    for other in DATA 'data, longer'; do
        deliver data
        until_true is_gone drop/A
        deliver "$other" data
        until_true says out.log 'A: refused: 1 of 2 files was refused: f'
        assert_equal "$(cat drop/A/f)" "$other"
        rm -r drop/A
        : >out.log
    done
    stop_watch
    assert_equal "$(scripted_sha256 bucket in/A/f)" "$(printf data | sha256sum | cut -d' ' -f1)"
}

@test "--after delete: a file that changes while it is sent is never deleted, however often it is tried" {
    scripted_start 'on PutObject key=in/A/f nth=1 pass hold=1000'
    deliver data
    watch --after delete --yes-delete-after-verify
    until_true scripted_keeps bucket in/A/f
    printf DATA >drop/A/f
    scripted_scenario ''
    until_true says out.log 'A: refused: 1 of 2 files was refused: f'
    stop_watch
    assert_equal "$(cat drop/A/f)" DATA
}

@test "--after delete: delivered again as it was, it is compared, read back and deleted" {
    scripted_start
    watch --after delete --yes-delete-after-verify
    for _ in 1 2; do
        deliver data
        until_true is_gone drop/A
    done
    stop_watch
    assert_equal "$(scripted_objects 'length')" 2 objects
    assert_equal "$(scripted_requests 'PutObject' | grep -c in/A/f)" 1 "writes of f"
}

@test "--after move: what differs is rejected; RECEIPT.txt says of the same what was compared" {
    scripted_start
    watch --after move
    deliver data
    until_true test -e drop/done/A/RECEIPT.txt
    deliver DATA data
    until_true test -e drop/rejected/A/WHY.txt
    deliver data
    until_true test -e drop/done/A~2/RECEIPT.txt
    stop_watch
    grep -q 'sha256 differs from the manifest' drop/rejected/A/WHY.txt
    grep -q '2 found in the bucket from an earlier run, and the same there' 'drop/done/A~2/RECEIPT.txt'
}

@test "ingest --compare-all: each file is read; without it, what is on record is enough" {
    scripted_start
    deliver data
    ingest() { run accession ingest drop/A s3://bucket/a --json --endpoint-url "$SCRIPTED_URL" "$@"; }
    ingest
    assert_status 0
    ingest --compare-all
    assert_status 0
    assert_equal "$(jq -r 'select(.type == "file") | .outcome + " " + .proof' <<<"$output" | sort -u)" "already file"
    printf DATA >drop/A/f
    ingest
    assert_status 0
    ingest --compare-all --dry-run
    assert_equal "$(jq -r 'select(.type == "summary") | .already' <<<"$output")" 0
    ingest --compare-all
    assert_status 1
    assert_equal "$(jq -r 'select(.type == "file" and .outcome == "failed") | .path' <<<"$output")" f
    rm drop/A/f
    ingest --compare-all
    assert_status 1
    run accession status --json s3://bucket/a
    assert_equal "$(jq -r 'select(.type == "destination") | .archived' <<<"$output")" 2 "still archived"
}

@test "ingest --compare-all: a server without checksums, and no ledger: the object is read, and the file" {
    scripted_start 'config checksums=ignored'
    deliver data
    run accession ingest drop/A s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    assert_status 0
    run accession ingest drop/A s3://bucket/a --json --compare-all --ledger other.db --endpoint-url "$SCRIPTED_URL"
    assert_status 0
    assert_equal "$(jq -r 'select(.type == "file") | .outcome + " " + .proof' <<<"$output" | sort -u)" "already file"
    printf DATA >drop/A/f
    run accession ingest drop/A s3://bucket/a --compare-all --ledger third.db --endpoint-url "$SCRIPTED_URL"
    assert_status 1
    assert_says "f sha256 differs"
}
