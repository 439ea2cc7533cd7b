#!/usr/bin/env bats
# Several threads that send and receive: the same content, reports and halts as with one, whenever it ends.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    make_bag bag 40 20K
    add_payload bag deep/large.bin 23M
    finish_bag bag
    scripted_start
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
    scripted_stop
}

threads=(--network-threads 3 --part-size 5M)

# The archived bag is the one on disk, byte for byte.
as_delivered() {
    local file
    while IFS= read -r file; do
        [[ $(scripted_sha256 bucket "a/$file") == "$(sha256sum <"bag/$file" | cut -d' ' -f1)" ]] || fail "$file"
    done < <(cd bag && find . -type f -printf '%P\n')
}

@test "archived, verified and brought back by three threads" {
    run accession ingest --json "${threads[@]}" bag s3://bucket/a
    assert_status 0
    as_delivered
    run accession verify --json --level read --network-threads 3 bag s3://bucket/a
    assert_status 0
    run accession restore --json --network-threads 3 s3://bucket/a back
    assert_status 0
    diff -r bag back
    run accession ingest --json "${threads[@]}" bag s3://bucket/a
    assert_status 0
    assert_equal "$(tail -n 1 <<<"$output" | jq '"\(.sent) \(.already)"')" '"0 45"'
}

@test "a bucket that refuses halts all threads, and the same command goes on" {
    scripted_scenario 'on PutObject|UploadPart key=a/* nth=9.. answer 403 AccessDenied
on PutObject|Create key=.accession-probe/* nth=2.. answer 403 AccessDenied'
    run accession ingest --json "${threads[@]}" bag s3://bucket/a
    assert_status 3
    scripted_scenario ''
    run accession ingest --json "${threads[@]}" bag s3://bucket/a
    assert_status 0
    as_delivered
    assert_equal "$(scripted_uploads length)" 0 "open uploads"
}

@test "ended in the middle by SIGINT, or by SIGKILL at any moment, it goes on" {
    local hold
    scripted_scenario 'on UploadPart part=3 stall'
    accession_in_background ingest "${threads[@]}" bag s3://bucket/a
    until_true scripted_has 1 UploadPart stall
    kill -INT "$PROGRAM"
    ended 130
    for hold in 5 15 25; do
        scripted_scenario "on PutObject key=a/* nth=$hold.. stall"
        accession_in_background ingest "${threads[@]}" bag s3://bucket/a
        until_true scripted_has "$hold" PutObject
        kill -KILL "$PROGRAM"
        wait "$PROGRAM" || true
    done
    scripted_scenario ''
    run accession ingest --json "${threads[@]}" bag s3://bucket/a
    assert_status 0
    as_delivered
    assert_equal "$(scripted_uploads length)" 0 "open uploads"
}

@test "answers that break off, stall and lie are met as by one thread" {
    run accession ingest --quiet "${threads[@]}" bag s3://bucket/a
    assert_status 0
    scripted_scenario 'on GetObject key=*/large.bin nth=1 pass cut=30%
on GetObject key=*/large.bin nth=2 pass cut=60%
on GetObject every=5 answer 503 SlowDown
on GetObject every=7 drop'
    run accession restore --json --retries 20 --network-threads 3 s3://bucket/a back
    assert_status 0
    diff -r bag back
    scripted_scenario 'on GetObject key=*/file-000003.bin answer 200 body=other'
    run accession verify --json --level read --network-threads 3 bag s3://bucket/a
    assert_status 1
    assert_says file-000003.bin
}
