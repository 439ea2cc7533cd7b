#!/usr/bin/env bats
# The halt matrix where a healthy gateway has no such answer: denials at one very request, tokens
# that expire, throttling, keys of encryption, a bucket that goes while it is written to.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=AKIAOLD AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
}

teardown() {
    scripted_stop
}

# 20 files of 4 KiB and one upload of three parts.
small_bag() {
    make_bag bag 20 4K
    add_payload bag large.bin 20M
    finish_bag bag
}

ingest() {
    run accession ingest bag s3://bucket/a --endpoint-url "$SCRIPTED_URL" "$@"
}

class() {
    ledger_query "$XDG_STATE_HOME/accession/ledger.db" "SELECT outcome FROM run ORDER BY id DESC LIMIT 1"
}

# halts STATUS CLASS WORDS...
halts() {
    assert_status "$1"
    assert_equal "$(class)" "$2" class
    local word
    for word in "${@:3}" "Nothing is lost."; do assert_says "$word"; done
}

# Writes of objects and parts sent after the first that had this outcome; the probe apart.
writes_after() {
    awk -v refused="$1" '$2 ~ /^(PutObject|CreateMultipartUpload|UploadPart|CompleteMultipartUpload)$/ &&
        $4 !~ /accession-probe/ { if (seen) n++; if ($7 == refused) seen = 1 } END { print n + 0 }' "$SCRIPTED_LOG"
}

# The scenario is over: the same command completes, and no finished part is sent again.
completes() {
    scripted_scenario ""
    ingest
    assert_status 0
    assert_equal "$(scripted_objects 'length')" "$(find bag -type f | wc -l)" objects
    assert_equal "$(scripted_sha256 bucket a/data/large.bin)" "$(sha256sum <bag/data/large.bin | cut -d' ' -f1)"
    assert_equal "$(scripted_uploads 'length')" 0 "open uploads"
}

@test "denied from the second part on: halts at the part, parks, and goes on with the rest" {
    scripted_start 'on UploadPart part=2.. answer 403 AccessDenied
on UploadPart key=*accession-probe* answer 403 AccessDenied'
    make_bag bag 0 1
    add_payload bag large.bin 40M
    finish_bag bag
    # The probe at the start would halt it before the first part: denied only while it works.
    scripted_scenario 'on UploadPart key=*accession-probe* nth=3.. answer 403 AccessDenied
on UploadPart part=2.. answer 403 AccessDenied'
    ingest --jobs 2
    halts 3 REFUSED "UploadPart" "403 AccessDenied" "parked, will resume"
    (($(writes_after 403:AccessDenied) <= 1)) # the one in progress
    # Too early: it halts at the probe, and what an earlier run parked is parked still.
    ingest --jobs 2
    halts 3 REFUSED "parked, will resume 1 file ("
    completes
    assert_equal "$(scripted_requests UploadPart 200 | grep -v accession-probe | awk '{ print $4, $5 }' | sort | uniq -d)" "" \
        "parts sent twice"
}

@test "denied only at Complete: the probe passes, so that file fails alone, is reported and aborted" {
    scripted_start 'on Complete answer 403 AccessDenied'
    small_bag
    ingest
    assert_status 1
    assert_says "data/large.bin"
    assert_says "403 AccessDenied"
    assert_equal "$(scripted_objects 'length')" 20 "objects: the tag files and manifests are withheld"
    completes
}

@test "abort denied too: the upload that stays is named, in the report and on record" {
    scripted_start 'on UploadPart key=*accession-probe* answer 403 AccessDenied
on Abort answer 403 AccessDenied'
    small_bag
    ingest
    halts 3 REFUSED "403 AccessDenied" "could not be aborted" "upload id"
    assert_equal "$(scripted_uploads '[.[] | select(.key | contains("accession-probe") | not)] | length')" 0 \
        "open uploads but the probe's"
    scripted_scenario ""
    ingest
    assert_status 0
    assert_equal "$(scripted_objects 'length')" 25 objects
}

@test "one key denied: that file fails, the others go on" {
    scripted_start 'on PutObject key=a/data/file-000007.bin answer 403 AccessDenied'
    small_bag
    ingest
    assert_status 1
    assert_says data/file-000007.bin
    assert_equal "$(scripted_objects 'length')" 20 "objects: the tag files and manifests are withheld"
    completes
}

@test "denied for a moment, as while a new policy spreads: the run goes on" {
    scripted_start 'on PutObject|UploadPart|Create nth=6.. for=600ms answer 403 AccessDenied'
    small_bag
    ingest
    assert_status 0
    (($(scripted_count '.*' 403:AccessDenied) > 0))
    completes
}

@test "session token expired in the middle, and no new one to be had" {
    scripted_start 'on * access-key=AKIAOLD after=10 answer 400 ExpiredToken'
    small_bag
    ingest
    halts 4 CREDENTIALS "400 ExpiredToken" "sign in again"
    (($(writes_after 400:ExpiredToken) <= 16))
    AWS_ACCESS_KEY_ID=AKIANEW ingest
    assert_status 0
    assert_equal "$(scripted_objects 'length')" 25 objects
}

@test "expired token as Ceph RGW reports it: 403 on everything" {
    scripted_start 'on * after=12 answer 403 AccessDenied'
    small_bag
    ingest
    halts 4 CREDENTIALS "403 AccessDenied" "the credentials expired"
    completes
}

@test "clock that correcting does not help" {
    scripted_start 'config clock=+22m
on * answer 403 RequestTimeTooSkewed'
    small_bag
    ingest
    halts 4 CLOCK "RequestTimeTooSkewed" timedatectl
    assert_equal "$(scripted_count 'PutObject|Create.*|UploadPart' 200)" 0 writes
    completes
}

@test "requests that are too old on a slow line are sent again, without a word on a right clock" {
    scripted_start 'on * every=3 answer 403 RequestTimeTooSkewed'
    small_bag
    ingest
    assert_status 0
    refute_says 'clock'
    scripted_scenario 'on * answer 403 RequestTimeTooSkewed'
    ingest --retries 1
    assert_status 5
    refute_says 'clock'
}

@test "bucket gone while it was written to" {
    scripted_start 'on * after=15 answer 404 NoSuchBucket'
    small_bag
    ingest
    halts 4 BUCKET "404 NoSuchBucket"
    completes
}

@test "wrong region: says which is right" {
    scripted_start 'on * answer 301 PermanentRedirect add="x-amz-bucket-region: eu-west-1"'
    small_bag
    ingest
    halts 4 BUCKET "301 PermanentRedirect" eu-west-1
    completes
}

# bats test_tags=slow
@test "throttled now and then: retries, and completes" {
    scripted_start 'on PutObject|UploadPart every=3 answer 503 SlowDown'
    small_bag
    ingest
    assert_status 0
    (($(scripted_count '.*' 503:SlowDown) > 0))
    completes
}

@test "throttled for good: gives up after the retries, exit 5" {
    scripted_start 'on PutObject|UploadPart|Create answer 503 SlowDown'
    small_bag
    ingest --retries 1
    halts 5 SERVER "503 SlowDown" "overload"
    completes
}

@test "storage full" {
    scripted_start 'on PutObject|UploadPart answer 507 InsufficientStorage'
    small_bag
    ingest
    halts 3 REFUSED "507 InsufficientStorage" "the storage is full"
    completes
}

@test "the key of encryption is disabled: found by the probe's one byte, nothing else is sent" {
    scripted_start 'on UploadPart|PutObject answer 400 KMS.DisabledException message="arn:aws:kms:…:key/k is disabled."'
    small_bag
    ingest --sse aws:kms
    assert_status 2
    assert_says "The server does not accept --sse aws:kms"
    assert_equal "$(scripted_requests 'PutObject|Create.*' | grep -vc accession-probe)" 0 "writes but the probe's"
    completes
}

@test "the key of encryption may not be used: denied at the part, as a policy would" {
    scripted_start 'on UploadPart answer 403 AccessDenied message="not authorized to perform: kms:GenerateDataKey"'
    small_bag
    ingest --sse aws:kms
    halts 3 REFUSED "403 AccessDenied" "kms:GenerateDataKey"
    completes
}

@test "an endpoint that is no S3 server: a login page" {
    scripted_start 'on * login-page'
    small_bag
    ingest
    assert_status 5
    assert_equal "$(class)" PROTOCOL class
    completes
}
