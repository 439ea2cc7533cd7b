#!/usr/bin/env bats
# accession status: what the ledger knows, and what it must not show.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers

setup() {
    common_setup
}

@test "status: a destination is shown as people write it, with its server" {
    new_bucket
    make_bag bag 2 1K
    accession ingest -q bag "s3://$BUCKET/shelf/b"
    run accession status
    assert_status 0
    assert_equal "${lines[0]}" "s3://$BUCKET/shelf/b" "first line"
    assert_says "server          $AWS_ENDPOINT_URL"
    assert_says "6 of 6 archived"
}

@test "status: a bucket that was mistyped is not listed, nor an endpoint once the right one is known" {
    new_bucket
    make_bag bag 2 1K
    run accession ingest bag "s3://$BUCKET-mistyped/b"
    assert_status 4
    run accession ingest --endpoint-url http://127.0.0.1:1 --retries 0 bag "s3://$BUCKET/b"
    assert_status 5
    # As long as nothing else is known of it, files are waiting for it.
    run accession status
    assert_says "server          http://127.0.0.1:1"
    assert_says "not started     6 files"
    accession ingest -q bag "s3://$BUCKET/b"
    run accession status --json
    assert_status 0
    assert_equal "$(jq -r 'select(.type == "destination") | .url' <<<"$output")" "s3://$BUCKET/b"
    assert_equal "$(jq -r 'select(.type == "run") | .outcome' <<<"$output" | xargs)" \
        "OK UNREACHABLE BUCKET" runs
}

@test "status: a verification's line says how much of it was as promised" {
    new_bucket
    make_bag bag 3 1K
    accession ingest -q bag "s3://$BUCKET/b"
    s3_delete b/data/file-000001.bin
    run accession verify "s3://$BUCKET/b"
    assert_status 1
    run accession status
    assert_says "6 of 7 checked as promised"
    assert_says "1 file was not as promised when last checked"
    run accession status --json
    assert_equal "$(jq -c 'select(.kind == "verify") | [.checked, .unchanged, .archived]' <<<"$output")" \
        "[7,6,null]"
    # Once it is archived again, nothing is different any more.
    accession ingest -q bag "s3://$BUCKET/b"
    run accession status
    refute_says DIFFERENT
}
