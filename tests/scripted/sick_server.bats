#!/usr/bin/env bats
# Servers that answer wrongly, late or never: every run ends, reports what happened by its exit status,
# and leaves nothing half done that is not on record.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154,SC2030,SC2031

load ../lib/scripted

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    local name
    for name in "${!AWS_@}"; do unset "$name"; done
    unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
    export HOME=$PWD XDG_STATE_HOME=$PWD/state AWS_EC2_METADATA_DISABLED=true AWS_REGION=us-east-1
    export AWS_ACCESS_KEY_ID=AKIATEST AWS_SECRET_ACCESS_KEY=secret
    export ACCESSION_ARCHIVE_MANIFEST=no # it lies beside src, and these tests count objects
    mkdir src
    small one
    small two
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
    scripted_stop
}

small() { echo "$1" >"src/$1"; }
large() { head -c "$2" /dev/urandom >"src/$1"; }

manifest_of_src() {
    [[ -e manifest ]] || (cd src && sha256sum ./* | sed 's,\./,,') >manifest
}

# ingest_src [OPTION…]: the folder src, whose manifest is made if it is missing.
ingest_src() {
    manifest_of_src
    # 124 shows that it did not end.
    timeout 60 "$ACCESSION" ingest src s3://bucket/a \
        --manifest manifest --part-size 5M --endpoint-url "$SCRIPTED_URL" "$@"
}

# interrupted_when COMMAND...: ingest_src meets Ctrl-C once that is true, and takes it; sets output.
interrupted_when() {
    manifest_of_src
    rm -f out.log
    accession_in_background ingest src s3://bucket/a --manifest manifest --part-size 5M --endpoint-url "$SCRIPTED_URL"
    until_true "$@"
    kill -INT "$PROGRAM"
    ended 130
    output=$(<out.log)
}

stalled() { scripted_has 1 "$1" stall; }

# bats test_tags=slow
@test "Complete always fails: the upload is parked, the rest is archived, exit 5" {
    large big 11M
    scripted_start 'on Complete answer 500 InternalError'
    run ingest_src
    echo "$output"
    [ "$status" -eq 5 ]
    [[ $output == *"CompleteMultipartUpload a/big -> 500 InternalError"* ]]
    [ "$(scripted_objects length)" = 2 ]
    [ "$(scripted_uploads length)" = 1 ]
    scripted_scenario ''
    run ingest_src
    [ "$status" -eq 0 ]
    [ "$(scripted_requests UploadPart | grep -c a/big)" -eq 3 ] # none was sent again
    [ "$(scripted_uploads length)" = 0 ]
}

# bats test_tags=slow
@test "no PutObject of a key is ever answered: not refused but to be sent again, exit 5" {
    scripted_start 'on PutObject key=a/one drop'
    run ingest_src
    echo "$output"
    [ "$status" -eq 5 ]
    [[ $output != *refused* ]]
    scripted_scenario ''
    run ingest_src
    [ "$status" -eq 0 ]
    [ "$(scripted_objects length)" = 2 ]
}

@test "a file found empty when its upload is resumed is refused, and the upload aborted" {
    large big 16M
    scripted_start 'on UploadPart nth=4.. answer 403 AccessDenied'
    run ingest_src
    [ "$status" -eq 3 ]
    [ "$(scripted_uploads length)" = 1 ]
    scripted_scenario ''
    : >src/big
    run ingest_src
    echo "$output"
    [ "$status" -eq 1 ]
    [ "$(scripted_uploads length)" = 0 ]
    [ -z "$(scripted_sha256 bucket a/big)" ]
}

@test "another client archived the same content meanwhile: ours is aborted, not left open" {
    large big 16M
    scripted_start 'on UploadPart nth=4.. answer 403 AccessDenied'
    run ingest_src
    [ "$status" -eq 3 ]
    [ "$(scripted_uploads length)" = 1 ]
    scripted_scenario ''
    curl -sSf -X PUT -H "x-amz-content-sha256: $(sha256sum <src/big | cut -c 1-64)" --data-binary @src/big \
        "$SCRIPTED_URL/bucket/a/big"
    run ingest_src
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(scripted_uploads length)" = 0 ]
    [ "$(scripted_count Complete)" -eq 0 ]
}

@test "Ctrl-C while the probe after a denial hangs: parks and ends" {
    scripted_start 'on PutObject key=a/one answer 403 AccessDenied
on UploadPart key=*accession-probe* nth=3.. stall'
    interrupted_when stalled UploadPart
    [[ $output == *"Nothing is lost"* ]]
    [[ $output == *"stays in the bucket"* || $(scripted_uploads length) = 0 ]]
}

# bats test_tags=slow
@test "Ctrl-C while the first probe hangs, and while an abort does: ends" {
    large big 11M
    manifest_of_src
    echo more >>src/big
    scripted_start 'on UploadPart key=*accession-probe* stall'
    interrupted_when stalled UploadPart
    scripted_scenario 'on Abort key=a/big stall'
    interrupted_when stalled Abort.*
}

@test "a bucket that may not be listed: a halt waited for in the middle counts each file once" {
    scripted_start 'on ListObjectsV2 answer 403 AccessDenied'
    run ingest_src
    [ "$status" -eq 0 ]
    rm manifest
    small three
    scripted_scenario 'on ListObjectsV2 answer 403 AccessDenied
on PutObject nth=1 answer 403 AccessDenied
on UploadPart nth=3..4 answer 403 AccessDenied'
    run ingest_src --on-halt wait=20s
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(scripted_objects length)" = 3 ]
}

@test "credentials not accepted at the first listing, then fixed: the wait ends with a listing" {
    scripted_start 'on ListObjectsV2 nth=1 answer 403 InvalidAccessKeyId'
    run ingest_src --on-halt wait=16s
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(scripted_count ListObjectsV2)" -eq 5 ] # one more once the run has its claim, and one for each file that it wrote
    [ "$(scripted_count HeadObject)" -eq 0 ]
}

@test "a dry run left in a hurry leaves no ledger behind" {
    local pid status=0
    mkdir tmp
    manifest_of_src
    scripted_start 'on UploadPart|Abort stall'
    TMPDIR=$PWD/tmp env --default-signal=INT "$ACCESSION" ingest --dry-run \
        src s3://bucket/a --manifest manifest --endpoint-url "$SCRIPTED_URL" >out 2>&1 3>&- &
    pid=$!
    until_true stalled UploadPart
    [ -n "$(ls -A tmp)" ]
    while jobs -rp | grep -qx "$pid"; do
        kill -INT $pid
        sleep 0.5 # so that these are two requests to stop, not one signalled twice
    done
    wait $pid || status=$?
    cat out
    [ "$status" -eq 130 ]
    [[ $(<out) != *"Nothing is lost"* ]] # it did leave in a hurry
    [ -z "$(ls -A tmp)" ]
}

@test "one request to stop, signalled twice within an instant, parks and ends cleanly" {
    local pid status=0
    manifest_of_src
    scripted_start 'on PutObject pass hold=99'
    env --default-signal=TERM "$ACCESSION" ingest src s3://bucket/a \
        --manifest manifest --endpoint-url "$SCRIPTED_URL" >out 2>&1 3>&- &
    pid=$!
    until_true scripted_has 1 PutObject
    kill -TERM $pid $pid
    wait $pid || status=$?
    cat out
    [ "$status" -eq 143 ]
    [[ $(<out) == *"Nothing is lost"* ]]
}

@test "overwritten meanwhile: the same content is not a conflict, other content is" {
    local pid status=0
    manifest_of_src
    scripted_start 'config versioned=yes if-none-match=no
on ListObjectVersions nth=1 pass hold=99'
    ingest_src --jobs 1 >out 2>&1 3>&- &
    pid=$!
    until_true scripted_has 2 PutObject
    curl -sSf -X PUT -H "x-amz-content-sha256: $(sha256sum <src/one | cut -c 1-64)" --data-binary @src/one \
        "$SCRIPTED_URL/bucket/a/one"
    curl -sSf -X PUT -H "x-amz-content-sha256: $(sha256sum <src/one | cut -c 1-64)" --data-binary @src/one \
        "$SCRIPTED_URL/bucket/a/two"
    scripted_scenario 'config versioned=yes if-none-match=no'
    wait $pid || status=$?
    cat out
    [ "$status" -eq 1 ]
    [[ $(cat out) == *"two "*"archived as version"* ]]
    [[ $(cat out) == *"1 of 2 files"* ]]
}

progress_while_checking() {
    sed -n '/"text":"checking versions"/,$p' out.log | grep -q '"type":"progress"'
}

@test "a server that is slow to list versions: the run goes on reporting" {
    manifest_of_src
    scripted_start "config versioned=yes if-none-match=no
on ListObjectVersions pass hold=1000"
    accession_in_background ingest src s3://bucket/a --manifest manifest --json --endpoint-url "$SCRIPTED_URL" \
        --read-timeout 5m
    until_true progress_while_checking
    scripted_scenario ''
    ended 0
}

@test "a listing whose next page is the same page again: asked for once more, and then never" {
    local page='<IsTruncated>true</IsTruncated><NextContinuationToken>again</NextContinuationToken>'
    scripted_start "on ListObjectsV2 answer 200 body=\"<ListBucketResult>$page</ListBucketResult>\""
    run timeout 60 "$ACCESSION" ingest s3://bucket/bag s3://bucket/a --source-endpoint-url "$SCRIPTED_URL" \
        --endpoint-url "$SCRIPTED_URL"
    [[ $status == 2 ]] || { echo "$status $output" && false; }
    [[ $(scripted_requests ListObjectsV2 | wc -l) -le 4 ]]
    page='<IsTruncated>true</IsTruncated><Version><Key>a/one</Key><VersionId>v</VersionId></Version>'
    scripted_scenario "config versioned=yes if-none-match=no
on ListObjectVersions answer 200 body=\"<ListVersionsResult>$page</ListVersionsResult>\""
    run ingest_src
    [[ $status == 0 ]] || { echo "$status $output" && false; }
    [[ $(scripted_requests ListObjectVersions | wc -l) -le 8 ]]
}
