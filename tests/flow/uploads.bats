#!/usr/bin/env bats
# accession uploads: what is unfinished in a bucket, and that only one's own is ever aborted.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/relay

setup() {
    common_setup
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
}

# Another client's upload, with one part of 5 MiB: sets FOREIGN to its id.
foreign_upload() {
    FOREIGN=$(s3_curl POST "$BUCKET/$(key_encode "$1")?uploads=" -f | sed -E 's/.*<UploadId>([^<]+)<.*/\1/')
    some_bytes 5M 3 >part
    s3_curl PUT "$BUCKET/$(key_encode "$1")?partNumber=1&uploadId=$(uri_encode "$FOREIGN")" -f -T part
}

# An ingest of ./bag that was killed in the middle: leaves an unfinished upload that the ledger knows.
killed_ingest() {
    make_bag bag 0 1
    add_payload bag large.bin 200M
    finish_bag bag
    relay_start 60M
    accession_in_background ingest bag "s3://$BUCKET/$1" --jobs 1 --endpoint-url "$RELAY_URL"
    until_true relay_holds
    kill -KILL "$PROGRAM"
    ended 137
    relay_release
}

json_of() {
    jq -r "select(.type == \"$1\") | $2" <<<"$output"
}

@test "lists its own and others' with sizes; aborts its own when old enough; a foreign one stays" {
    new_bucket
    foreign_upload other/film.mkv
    killed_ingest a
    run accession uploads "s3://$BUCKET" --json
    assert_status 0
    assert_equal "$(json_of summary .found)" 3 found
    assert_equal "$(json_of summary .own)" 2 "own: the file's and the run's claim"
    assert_equal "$(json_of upload 'select(.own | not) | "\(.key) \(.bytes) \(.parts)"')" "other/film.mkv 5242880 1"
    (($(json_of upload 'select(.own) | .bytes' | sort -n | tail -n 1) >= 8388608))
    run accession uploads "s3://$BUCKET"
    assert_status 0
    assert_says "3 unfinished uploads"
    assert_says "not of this ledger"
    run accession uploads "s3://$BUCKET/a"
    assert_says "2 unfinished uploads"

    # Too young by default, but for the claim: its run has ended, whatever its age.
    run accession uploads "s3://$BUCKET" --abort-own --json
    assert_status 0
    assert_equal "$(json_of upload 'select(.own) | .fate' | sort)" $'aborted\nyoung'
    assert_equal "$(s3_open_uploads | wc -l)" 2 "open uploads"

    run accession uploads "s3://$BUCKET" --abort-own --older-than 0s --json
    assert_status 0
    assert_equal "$(json_of upload 'select(.own) | .fate')" aborted
    assert_equal "$(json_of upload 'select(.own | not) | .fate')" stays
    assert_equal "$(json_of summary .aborted)" 1 aborted
    assert_equal "$(s3_open_uploads | grep -v accession-probe | cut -d' ' -f1)" other/film.mkv "open uploads"

    # The ledger took note: the next run begins the file again and says nothing of it.
    run accession ingest bag "s3://$BUCKET/a" --endpoint-url "$RELAY_URL"
    assert_status 0
    assert_equal "$(s3_check_folder bag a)" 5 "objects read back"
    assert_equal "$(s3_open_uploads | cut -d' ' -f1)" other/film.mkv "what a killed run left is taken away"
}

@test "another ledger's uploads are foreign: never aborted, with any option" {
    new_bucket
    killed_ingest a
    run accession uploads "s3://$BUCKET" --ledger other.db --abort-own --older-than 0s
    assert_status 0
    assert_says "no ledger found"
    XDG_STATE_HOME=$BATS_TEST_TMPDIR/other run accession ingest bag "s3://$BUCKET/b" --ledger other.db
    assert_status 0
    run accession uploads "s3://$BUCKET" --ledger other.db --abort-own --older-than 0s
    assert_status 0
    assert_says "0 aborted"
    assert_equal "$(s3_open_uploads | wc -l)" 2 "open uploads: the file's and the run's claim"
}

@test "an upload that a run is working on is not aborted, and the run completes" {
    new_bucket
    make_bag bag 0 1
    add_payload bag large.bin 300M
    finish_bag bag
    relay_start 60M
    accession_in_background ingest bag "s3://$BUCKET/a" --jobs 1 --endpoint-url "$RELAY_URL"
    until_true relay_holds # it is at work, and stays so while the other looks
    run accession uploads "s3://$BUCKET" --abort-own --older-than 0s --json
    relay_release
    assert_status 0
    assert_equal "$(json_of upload .fate | sort -u)" busy
    json_of upload .reason | grep -q "process $PROGRAM"
    ended 0
    assert_equal "$(s3_check_folder bag a)" 5 "objects read back"
}

@test "denied to abort: says so, exit status 1, and the rest is done" {
    new_bucket
    killed_ingest a
    cat >policy.json <<POLICY
{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:AbortMultipartUpload",
 "Resource": "arn:aws:s3:::$BUCKET/a/*"}]}
POLICY
    policy put policy.json
    run accession uploads "s3://$BUCKET" --abort-own --older-than 0s
    policy clear
    assert_status 1
    assert_says "403 AccessDenied"
    assert_says "2 of the uploads could not be aborted"
    assert_equal "$(s3_open_uploads a/data/ | wc -l)" 1 "open uploads"
}
