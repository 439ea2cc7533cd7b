#!/usr/bin/env bats
# The server acted and its answer was lost: what happened is found out, nothing is done twice, and
# nothing is left behind.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154,SC2030,SC2031

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    make_bag bag 3 4K
    add_payload bag large.bin 20M
    finish_bag bag
}

teardown() {
    scripted_stop
}

# One connection, used again and again: one that closes without an answer looks as if it had been
# dead before, and a request must not be sent again for that.
ingest() {
    run accession ingest bag s3://bucket/a --endpoint-url "$SCRIPTED_URL" --jobs 1 "$@"
}

# Every file is there, each in one version, and no upload is open.
all_there_once() {
    assert_status 0
    assert_equal "$(scripted_objects 'length')" 8 versions
    assert_equal "$(scripted_objects '[.[].key] | unique | length')" 8 keys
    assert_equal "$(scripted_sha256 bucket a/data/large.bin)" "$(sha256sum <bag/data/large.bin | cut -d' ' -f1)"
    assert_equal "$(scripted_uploads 'length')" 0 "open uploads"
}

# The ways in which an answer is lost, of an operation.
lost() {
    printf '%s\n' "on $1 key=a/* nth=1 act then drop" "on $1 key=a/* nth=1 act then reset" \
        "on $1 key=a/* nth=1 act then answer 500 InternalError" "on $1 key=a/* nth=1 act then answer 502" \
        "on $1 key=a/* nth=1 act then garbage"
}

# bats test_tags=slow
@test "PutObject: HEAD finds out, and there is no second version" {
    while read -r rule; do
        scripted_start "config versioned=yes if-none-match=no
$rule"
        rm -rf "$XDG_STATE_HOME"
        ingest
        all_there_once
        scripted_stop
    done < <(lost "PutObject key=*file-000001*" | sed 's/ key=a\/\*//')
}

# bats test_tags=slow
@test "CompleteMultipartUpload: found complete, not sent again where that would fail" {
    while read -r rule; do
        scripted_start "config versioned=yes if-none-match=no repeat=error gone=NoSuchKey
$rule"
        rm -rf "$XDG_STATE_HOME"
        ingest
        all_there_once
        scripted_stop
    done < <(lost Complete)
}

@test "CompleteMultipartUpload: an error inside a 200, after white space; it had not acted" {
    scripted_start 'on Complete nth=1 answer 200 InternalError space=200'
    ingest
    all_there_once
}

@test "PutObject: 202, that it will be done later, is no success" {
    scripted_start 'on PutObject key=a/data/file-000001* nth=1 answer 202 add="ETag: \"later\""'
    ingest
    all_there_once
}

@test "CompleteMultipartUpload: the answer to another request is no success" {
    scripted_start 'on Complete key=a/* nth=1 answer 200 body="<CompleteMultipartUploadResult><Key>a/data/other</Key><ETag>x-3</ETag></CompleteMultipartUploadResult>"'
    ingest
    all_there_once
}

@test "CompleteMultipartUpload: never acts, ends with the upload gone: started again" {
    scripted_start 'on Complete nth=1 answer 404 NoSuchUpload'
    ingest
    assert_status 0
    assert_equal "$(scripted_sha256 bucket a/data/large.bin)" "$(sha256sum <bag/data/large.bin | cut -d' ' -f1)"
}

# bats test_tags=slow
@test "UploadPart: sent again, and what counts is the last ETag" {
    while read -r rule; do
        scripted_start "$rule"
        rm -rf "$XDG_STATE_HOME"
        ingest
        all_there_once
        scripted_stop
    done < <(lost "UploadPart part=2")
}

# bats test_tags=slow
@test "CreateMultipartUpload: the upload whose id was never heard is swept up; others' stay" {
    while read -r rule; do
        scripted_start ""
        curl -sSf -X POST "$SCRIPTED_URL/bucket/a/data/large.bin?uploads" >/dev/null # another client's, before
        sleep 8 # by the server's clock of whole seconds it surely started before the run
        scripted_scenario "$rule"
        rm -rf "$XDG_STATE_HOME"
        ingest
        assert_status 0
        assert_equal "$(scripted_objects 'length')" 8 objects
        assert_equal "$(scripted_requests 'Create.*' | grep -c large.bin)" 3 "creates"
        assert_equal "$(scripted_uploads 'length')" 1 "open uploads"
        scripted_stop
    done < <(lost "Create key=*large*" | sed 's/ key=a\/\*//' | head -n 1)
}

large_is_open() {
    scripted_uploads '.[].key' | grep -q large.bin
}

@test "killed before it heard of a Create, its clock 5 minutes off: the next run finds the upload by the server's clock" {
    for off in +300 -300; do
        scripted_start 'on Create key=a/data/large* nth=1 act then stall'
        rm -rf "$XDG_STATE_HOME"
        FAKETIME=$off FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 \
            LD_PRELOAD=/usr/lib/$(uname -m)-linux-gnu/faketime/libfaketimeMT.so.1 \
            accession_in_background ingest bag s3://bucket/a --endpoint-url "$SCRIPTED_URL"
        until_true large_is_open
        kill -KILL "$PROGRAM"
        ended 137
        scripted_scenario ''
        ingest
        all_there_once
        scripted_stop
    done
}

@test "killed between Complete and its answer, tags dropped by the server: the next run knows, and fixes it" {
    scripted_start 'config forget=x-amz-tagging*
on Complete nth=1 act then stall'
    accession_in_background ingest bag s3://bucket/a --tag shelf=A1 --endpoint-url "$SCRIPTED_URL"
    until_true scripted_keeps bucket a/data/large.bin
    kill -KILL "$PROGRAM"
    ended 137
    scripted_scenario ''
    ingest --tag shelf=A1
    all_there_once
    scripted_requests PutObjectTagging 200 | grep -q large.bin
    assert_equal "$(scripted_requests UploadPart 200 | grep -v accession-probe | awk '{ print $4, $5 }' | sort | uniq -d)" "" \
        "parts sent twice"
}

parts_sent() {
    scripted_requests UploadPart | grep large.bin | awk '{ print $5 }'
}

parts_held() {
    [ "$(scripted_uploads '[.[] | select(.key == "a/data/large.bin") | .parts | length] | add')" = "$1" ]
}

parts_recorded() {
    [ "$(ledger_query "$XDG_STATE_HOME/accession/ledger.db" 'SELECT count(*) FROM part')" = "$1" ]
}

@test "killed before a part was answered: it is sent again, though its ETag would fit" {
    scripted_start 'on UploadPart key=*large* part=2 nth=1 act then stall'
    accession_in_background ingest bag s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    until_true parts_held 3
    until_true parts_recorded 2
    kill -KILL "$PROGRAM"
    ended 137
    scripted_scenario ''
    ingest
    all_there_once
    assert_equal "$(parts_sent | sort | xargs)" "1 2 2 3" "parts sent by both runs"
}

outcome() {
    jq -r 'select(.type == "summary") | [.outcome, .sent, .failed, .unconfirmed, .surplus] | map(tostring) | join(" ")' <<<"$output"
}

notes() {
    jq -r 'select(.type == "note") | .text' <<<"$output"
}

# bats test_tags=slow
@test "a write answered with success is done, though the object may not be looked at" {
    for versioned in yes no; do
        for rule in "on Complete pass etag=empty" "on Complete pass etag=empty remove=x-amz-version-id" \
            "on PutObject|Complete pass remove=x-amz-version-id" \
            "on PutObject act then answer 201" "on Complete act then answer 204"; do
            scripted_start "config versioned=$versioned if-none-match=no
on HeadObject|GetObject answer 403
$rule"
            rm -rf "$XDG_STATE_HOME"
            ingest --json
            all_there_once
            assert_equal "$(outcome)" "OK 8 0 0 0" "$versioned: $rule"
            ingest --json # the listing has shown the ETags and versions
            all_there_once
            assert_equal "$(grep -c '"proof":"ledger"' <<<"$output")" 8 "known again"
            scripted_stop
        done
    done
}

@test "a write answered with success that nothing can confirm: archived, and said" {
    scripted_start "on HeadObject|GetObject|ListObjectVersions answer 403
on ListObjectsV2 nth=3.. answer 403
on Complete pass etag=empty"
    ingest --json
    all_there_once
    assert_equal "$(outcome)" "OK 8 0 1 0"
    grep -q "1 file: the server answered the write with success, but then did not show the object" <<<"$(notes)"
}

@test "a write answered with success whose object never shows: unknown, and not sent again" {
    scripted_start "on PutObject nth=1 answer 200"
    ingest --json
    assert_status 5
    [ "$(scripted_count PutObject)" -le 8 ]
    jq -e 'select(.type == "file" and .outcome == "failed")' <<<"$output" && return 1
    scripted_scenario ''
    ingest
    all_there_once
}

@test "an answer lost and no way to ask: the write is not sent twice" {
    for rule in "on PutObject nth=1 act then drop" "on Complete nth=1 act then drop"; do
        scripted_start "config versioned=yes if-none-match=no
on HeadObject|GetObject answer 403
$rule"
        rm -rf "$XDG_STATE_HOME"
        ingest --json
        [ "$status" != 0 ]
        assert_equal "$(scripted_objects '[.[].key] | length')" "$(scripted_objects '[.[].key] | unique | length')" versions
        jq -e 'select(.type == "file" and .outcome == "failed")' <<<"$output" && return 1
        scripted_stop
    done
}

@test "a write that acts long after its answer was given up: the surplus version is counted and reported" {
    scripted_start "config versioned=yes if-none-match=no
on PutObject nth=1 act then drop
on HeadObject answer 404"
    ingest --json
    assert_status 0
    assert_equal "$(scripted_objects length)" 9 versions
    assert_equal "$(outcome)" "OK 8 0 0 1"
    grep -q "1 file: 1 surplus version with the same content" <<<"$(notes)"
}

# A proxy that asks for a login answers 200 with a page. It says nothing about the write, and must not be taken for S3's word.
@test "a page in place of PutObject's answer, and no answer to HEAD: not archived, and the next run sends it" {
    for acted in '' 'act then '; do
        scripted_start "on PutObject key=*file-000001* ${acted}login-page
on HeadObject key=*file-000001* drop"
        rm -rf "$XDG_STATE_HOME"
        ingest --retries 1 --json
        [[ $status != 0 ]] || { echo "$output" && return 1; }
        [[ -z $(jq -r 'select(.type == "file" and .outcome == "archived" and (.path | contains("file-000001"))) | .path' <<<"$output") ]]
        scripted_scenario ''
        ingest
        all_there_once
        scripted_stop
    done
}

@test "a page in place of Abort's answer: the upload is not taken for aborted" {
    scripted_start 'on Abort nth=1 login-page'
    ingest
    all_there_once
}

@test "killed in the middle of an upload, then another client writes that key: the conflict leaves nothing of ours open" {
    scripted_start 'on UploadPart key=*large* part=2 stall'
    mkdir one
    cp bag/data/large.bin one/
    printf 'path,size,sha256\nlarge.bin,%d,%s\n' "$(stat -c %s one/large.bin)" "$(sha256sum <one/large.bin | cut -d' ' -f1)" >list.csv
    accession_in_background ingest one s3://bucket/a -m list.csv --part-size 5M --endpoint-url "$SCRIPTED_URL"
    until_true large_is_open
    kill -KILL "$PROGRAM"
    ended 137
    curl -sSf -T list.csv "$SCRIPTED_URL/bucket/a/large.bin" >/dev/null
    scripted_scenario ''
    run accession ingest one s3://bucket/a -m list.csv --part-size 5M --endpoint-url "$SCRIPTED_URL"
    assert_status 1
    assert_says "the key exists already with other content"
    assert_equal "$(scripted_uploads 'length')" 0 "open uploads"
}
