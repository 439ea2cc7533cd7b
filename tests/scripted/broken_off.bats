#!/usr/bin/env bats
# A run that ends in the middle of something: what it leaves in the bucket goes with the next run, and
# no run writes once its claim is too old.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

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

ingest() {
    run accession ingest bag s3://bucket/a --endpoint-url "$SCRIPTED_URL" --jobs 1 "$@"
}

# Every file is there, each in one version, and no upload is open.
all_there_once() {
    assert_status 0
    assert_equal "$(scripted_objects 'length')" 8 versions
    assert_equal "$(scripted_sha256 bucket a/data/large.bin)" "$(sha256sum <bag/data/large.bin | cut -d' ' -f1)"
    no_upload_is_open
}

no_upload_is_open() {
    assert_equal "$(scripted_uploads 'length')" 0 "open uploads"
}

# bats test_tags=slow
@test "killed before Create was answered: the next run takes the upload away" {
    for versioned in yes no; do
        scripted_start "config versioned=$versioned
on Create key=*large* nth=1 act then stall"
        rm -rf "$XDG_STATE_HOME" out.log
        accession_in_background ingest bag s3://bucket/a --endpoint-url "$SCRIPTED_URL"
        until_true scripted_has 1 CreateMultipartUpload 'acted.stall'
        kill -KILL "$PROGRAM"
        ended 137
        scripted_scenario ''
        ingest
        all_there_once
        scripted_stop
    done
}

# bats test_tags=slow
@test "claims: the answer to the probe's Create is lost, and the run's own twin is taken away" {
    for versioned in yes no; do
        scripted_start "config versioned=$versioned
on Create key=*/.accession-probe/* nth=1 act then drop"
        rm -rf "$XDG_STATE_HOME"
        ingest
        all_there_once
        scripted_stop
    done
}

# bats test_tags=slow
@test "claims: a run killed with its claim open; the next run takes it away, with nothing left to send, too" {
    for versioned in yes no; do
        scripted_start "config versioned=$versioned
on GetBucketVersioning nth=1 stall"
        rm -rf "$XDG_STATE_HOME" out.log
        accession_in_background ingest bag s3://bucket/a --endpoint-url "$SCRIPTED_URL"
        until_true scripted_has 1 GetBucketVersioning
        kill -KILL "$PROGRAM"
        ended 137
        scripted_scenario 'on AbortMultipartUpload answer 403 AccessDenied'
        ingest # leaves both claims
        scripted_scenario ''
        ingest
        all_there_once
        ingest
        no_upload_is_open
        scripted_stop
    done
}

# A library that moves CLOCK_BOOTTIME on by ten minutes once the file "slept" is there, as it moves
# while a machine is suspended.
make_sleep() {
    cat >sleep.c <<'C'
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *now)
{
    long result = syscall(SYS_clock_gettime, id, now);
    if (id == CLOCK_BOOTTIME && access("slept", F_OK) == 0)
        now->tv_sec += 600;
    return (int)result;
}
C
    cc -shared -fPIC -o sleep.so sleep.c
}

@test "claims: a run that was suspended for ten minutes sends no more writes" {
    make_sleep
    scripted_start "on UploadPart key=*large* part=3 delay=3s pass"
    LD_PRELOAD=$PWD/sleep.so accession_in_background ingest bag s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    until_true scripted_has 1 UploadPart
    until_true scripted_has 3 PutObject
    touch slept
    ended 5
    grep -q "suspended or offline" out.log
    assert_equal "$(scripted_count Complete)" 0 "Completes after the sleep"
}

@test "SIGTERM ends a run whose manifest is a pipe that gives nothing" {
    scripted_start ''
    mkfifo pipe
    accession_in_background ingest bag s3://bucket/a --endpoint-url "$SCRIPTED_URL" -m pipe --json
    until_true says out.log "reading manifests"
    kill -TERM "$PROGRAM"
    ended 143
}

@test "receipts are private under any umask" {
    scripted_start ''
    umask 000
    ingest --json
    assert_status 0
    receipt=$(jq -r 'select(.type == "summary") | .receipt' <<<"$output")
    assert_equal "$(stat -c %a "$receipt")" 600
    assert_equal "$(stat -c %a "$(dirname "$receipt")")" 700
}

@test "reading: an answer that breaks off goes on at the byte where it broke, bound to the same content" {
    scripted_start ''
    ingest
    assert_status 0
    scripted_scenario 'on GetObject key=*/large.bin nth=1..12 pass cut=20%'
    # More breaks than --retries: as long as bytes arrive, attempts are counted anew.
    run accession verify bag s3://bucket/a --endpoint-url "$SCRIPTED_URL" --retries 2 --json
    assert_status 0
    assert_equal "$(scripted_requests GetObject | grep -c large.bin)" 13 "answers, twelve of them broken"
    assert_equal "$(tail -n 1 <<<"$output" | jq .found.unchanged)" 8 unchanged
    # Each byte was read once: 20% of what was left, twelve times, then the rest.
    assert_equal "$(tail -n 1 <<<"$output" | jq .bytes_read)" \
        "$(cat bag/*.txt bag/data/* | wc -c)" "bytes read"
}

@test "reading: other content after the break is noticed, whatever the server makes of If-Match" {
    scripted_start ''
    ingest
    assert_status 0
    # The second answer shows another ETag, as from a server that ignores If-Match.
    scripted_scenario 'on GetObject key=*/large.bin nth=1 pass cut=20%
on GetObject key=*/large.bin nth=2 pass etag=wrong'
    run accession verify bag s3://bucket/a --endpoint-url "$SCRIPTED_URL" --json
    # What is there now is asked for anew, and is as promised.
    assert_status 0
    assert_equal "$(tail -n 1 <<<"$output" | jq .found.unchanged)" 8 unchanged
    (($(scripted_count GetObject) >= 8 + 2)) || fail "the object was not read again"
}

large_is_open_once() { [[ $(uploads_of_large) == 1 ]]; }
uploads_of_large() { scripted_uploads '[.[] | select(.key == "a/data/large.bin")] | length'; }

@test "uploads: what a killed run's Create left is its own, whatever its clock said; another's upload stays" {
    for ahead in -500 +500; do
        scripted_start 'on Create key=*large* nth=1 act then stall'
        rm -rf "$XDG_STATE_HOME" out.log
        curl -sSf -X POST "$SCRIPTED_URL/bucket/a/data/other.bin?uploads" >/dev/null
        LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1 FAKETIME=$ahead DONT_FAKE_MONOTONIC=1 \
            accession_in_background ingest bag s3://bucket/a --endpoint-url "$SCRIPTED_URL"
        until_true large_is_open_once
        run accession uploads --abort-own --older-than 0s s3://bucket --endpoint-url "$SCRIPTED_URL"
        assert_says "a run is using it"
        kill -KILL "$PROGRAM"
        ended 137
        run accession uploads --abort-own --older-than 0s s3://bucket --endpoint-url "$SCRIPTED_URL" --json
        assert_status 0
        assert_equal "$(scripted_uploads '[.[].key] | join(" ")')" a/data/other.bin "open uploads"
        scripted_stop
    done
}

@test "a Create that something in between held up, and that acts when its run has ended, is swept up by the next run" {
    scripted_start 'on Create key=*large* nth=1 drop'
    ingest
    all_there_once
    curl -sSf -X POST "$SCRIPTED_URL/bucket/a/data/large.bin?uploads" >/dev/null
    assert_equal "$(uploads_of_large)" 1 "open uploads"
    ingest
    all_there_once
}

@test "claims: a Create that something in between held up, and that acts when its run has ended, is swept up, too" {
    local claim
    scripted_start 'on Create key=*/.accession-probe/* nth=1 drop'
    ingest
    all_there_once
    claim=$(scripted_requests CreateMultipartUpload drop | awk '{ print $4 }')
    curl -sSf -X POST "$SCRIPTED_URL/bucket/$claim?uploads" >/dev/null
    assert_equal "$(scripted_uploads length)" 1 "open uploads"
    ingest
    all_there_once
    assert_equal "$(scripted_uploads length)" 0 "open uploads"
}
