#!/usr/bin/env bats
# The halt matrix on the real gateway: every way in which a bucket can say no, what the run makes of
# it (class, exit status, words), that it sends nothing more, and that the same command completes
# once the cause is fixed. What a healthy gateway never answers is in halts_scripted.bats.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154,SC2030,SC2031

load ../lib/helpers
load ../lib/relay

setup() {
    common_setup
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
    storage_resume >/dev/null 2>&1
    sandbox admin user enable --uid archive >/dev/null 2>&1 || true
    sandbox admin user enable --uid operator >/dev/null 2>&1 || true
    sandbox admin user modify --uid archive --op-mask "read,write,delete" >/dev/null 2>&1 || true
    [[ -z ${BUCKET:-} ]] || policy clear >/dev/null 2>&1 || true
}

# small_bag: 30 files of 4 KiB and one multipart upload.
small_bag() {
    make_bag bag 30 4K
    add_payload bag large.bin 12M
    finish_bag bag
}

# deny ACTIONS RESOURCE [CONDITION]: a policy of one statement, JSON in, in force.
deny() {
    local condition=${3:-"{}"}
    cat >policy.json <<POLICY
{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": $1,
 "Resource": "arn:aws:s3:::$BUCKET/$2", "Condition": $condition}]}
POLICY
    policy put policy.json
}

# How the latest run ended, as the ledger has it.
class() {
    ledger_query "$XDG_STATE_HOME/accession/ledger.db" "SELECT outcome FROM run ORDER BY id DESC LIMIT 1"
}

# halts STATUS CLASS WORDS... [-- OPTIONS...]: the run halts so, and not one object is written.
halts() {
    local expected=$1 code=$2 words=()
    shift 2
    while (($#)) && [[ $1 != -- ]]; do
        words+=("$1")
        shift
    done
    requests_mark
    run accession ingest bag "s3://$BUCKET/a" "${@:2}"
    assert_status "$expected"
    assert_equal "$(class)" "$code" class
    local word
    for word in "${words[@]}" "Nothing is lost."; do assert_says "$word"; done
    assert_equal "$(count_requests '^(PUT|POST) .* 200 ' | head -1)" "$(probe_writes)" "writes that succeeded"
}

# Creates of the probe, the only write that a halting run may get through.
probe_writes() {
    requests_since | grep -F .accession-probe | grep -cE '^(PUT|POST) .* 200 ' || true
}

completes() { # [OPTIONS...]
    run accession ingest bag "s3://$BUCKET/a" "$@"
    assert_status 0
    s3_check_folder bag a >/dev/null
    assert_equal "$(s3_open_uploads a/data/)" "" "open uploads"
}

@test "policy denies all writes" {
    new_bucket
    small_bag
    policy deny-all
    halts 3 REFUSED "refuses writes" "CreateMultipartUpload" "403 AccessDenied" "reading still works" "root user"
    policy clear
    completes
}

@test "policy denies everything, reading too" {
    new_bucket
    small_bag
    policy lock-out
    halts 4 CREDENTIALS "403 AccessDenied" "a policy denies this identity everything"
    policy clear
    completes
}

@test "policy denies one prefix only: it halts there, and another prefix goes through" {
    new_bucket
    small_bag
    deny '"s3:PutObject"' 'a/*'
    run accession ingest bag "s3://$BUCKET/b"
    assert_status 0
    halts 3 REFUSED "refuses writes" "403 AccessDenied"
    policy clear
    completes
}

@test "policy denies on a condition that the gateway does not look at for uploads: the probe passes, each file fails" {
    new_bucket
    make_bag bag 30 4K
    deny '"s3:PutObject"' '*' '{"StringEquals": {"s3:x-amz-acl": "public-read"}}'
    run accession ingest bag "s3://$BUCKET/a" --acl public-read
    assert_status 1
    assert_says "403 AccessDenied"
    assert_equal "$(s3_count)" 0 keys
    completes
    policy clear
}

@test "... and where hundreds of files in a row fail so, it halts" {
    new_bucket
    make_bag bag 700 16
    deny '"s3:PutObject"' '*' '{"StringEquals": {"s3:x-amz-acl": "public-read"}}'
    requests_mark
    halts 3 REFUSED "refuses writes" "403 AccessDenied" "in a row were refused" -- --acl public-read
    (($(count_requests '^PUT .* 403 ') < 1400)) # each at most twice
    assert_equal "$(s3_count)" 0 keys
    policy clear
    completes
}

@test "policy in the middle of a large file: parked, and no part is sent twice" {
    new_bucket
    make_bag bag 3 4K
    add_payload bag large.bin 150M
    finish_bag bag
    requests_mark
    relay_start 60M
    accession_in_background ingest bag "s3://$BUCKET/a" --jobs 1 --endpoint-url "$RELAY_URL"
    until_true relay_holds
    policy deny-all
    relay_release
    ended 3
    assert_equal "$(class)" REFUSED class
    says out.log "parked, will resume"
    says out.log "changed since the refusal: nothing"
    policy clear
    completes --endpoint-url "$RELAY_URL"
    assert_equal "$(requests_since | awk '$1 == "PUT" && $3 == 200 && $2 ~ /partNumber=/ { print $2 }' |
        grep -vF .accession-probe | sort | uniq -d)" "" "parts sent twice"
}

@test "quota; and where the abort is denied as well, the probe's upload is named" {
    new_bucket
    small_bag
    sandbox admin quota set --quota-scope=bucket --bucket "$BUCKET" --max-objects 0 --max-size 0 >/dev/null
    sandbox admin quota enable --quota-scope=bucket --bucket "$BUCKET" >/dev/null
    halts 3 REFUSED "refuses writes" "QuotaExceeded" "quota"
    deny '"s3:AbortMultipartUpload"' '*'
    halts 3 REFUSED "QuotaExceeded" "could not be aborted" "upload id"
    policy clear
    sandbox admin quota disable --quota-scope=bucket --bucket "$BUCKET" >/dev/null
    completes
}

@test "user suspended" {
    new_bucket
    small_bag
    sandbox admin user suspend --uid archive >/dev/null
    halts 4 CREDENTIALS "403 UserSuspended" "suspended"
    sandbox admin user enable --uid archive >/dev/null
    completes
}

# as_operator COMMAND...
as_operator() (
    eval "$(sandbox env operator)"
    "$@"
)

# RGW still lists and accepts writes then, but refuses HEAD and GET. A write that was answered 2xx is done, and the
# listing shows its ETag: no later question makes it a refusal.
@test "bucket's owner suspended, the caller another user: what was written counts, confirmed by the listing" {
    BUCKET=test-operator-$$-$RANDOM
    as_operator s3_curl PUT "$BUCKET" -f >/dev/null
    printf '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/archive"]}, "Action": "s3:*",
        "Resource": ["arn:aws:s3:::%s", "arn:aws:s3:::%s/*"]}]}' "$BUCKET" "$BUCKET" >policy.json
    as_operator s3_curl PUT "$BUCKET?policy=" -f --data-binary @policy.json
    small_bag
    sandbox admin user suspend --uid operator >/dev/null
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
    sandbox admin user enable --uid operator >/dev/null
    completes
}

@test "the key of encryption is missing: RGW calls it an access key, the report does not" {
    new_bucket
    small_bag
    run accession ingest bag "s3://$BUCKET/a" --sse aws:kms --sse-kms-key-id lost
    assert_status 2
    assert_says "The server does not accept --sse-kms-key-id lost"
    assert_says "403 InvalidAccessKeyId"
    assert_equal "$(s3_count)" 0 keys
    run accession ingest bag "s3://$BUCKET/a" --sse aws:kms
    assert_status 2
    assert_says "The server does not accept --sse aws:kms"
    completes
}

@test "operation mask without write" {
    new_bucket
    small_bag
    sandbox admin user modify --uid archive --op-mask read >/dev/null
    halts 3 REFUSED "refuses writes" "403 AccessDenied"
    sandbox admin user modify --uid archive --op-mask "read,write,delete" >/dev/null
    completes
}

@test "bucket missing: suggests the one that was meant" {
    new_bucket
    small_bag
    local right=$BUCKET
    BUCKET=${right/test-/tset-}
    halts 4 BUCKET "404 NoSuchBucket" "Did you mean s3://$right"
    BUCKET=$right
    completes
}

@test "unknown access key, wrong secret" {
    new_bucket
    small_bag
    AWS_ACCESS_KEY_ID=nobody halts 4 CREDENTIALS "403 InvalidAccessKeyId"
    AWS_SECRET_ACCESS_KEY=wrong halts 4 CREDENTIALS "403 SignatureDoesNotMatch"
    completes
}

@test "clock an hour off: goes on with the server's time, and says so" {
    new_bucket
    small_bag
    run faketime --exclude-monotonic -f +1h "$ACCESSION" ingest bag "s3://$BUCKET/a"
    assert_status 0
    assert_says "ahead of the server's"
    s3_check_folder bag a >/dev/null
}

@test "storage paused: no answer, exit 5, and afterwards the same command completes" {
    new_bucket
    small_bag
    storage_pause >/dev/null 2>&1
    run accession ingest bag "s3://$BUCKET/a" --read-timeout 1s --retries 1
    storage_resume >/dev/null 2>&1
    assert_status 5
    assert_says "Nothing is lost."
    completes
}

@test "--on-halt wait: stays, asks again, and completes once the policy is gone" {
    new_bucket
    small_bag
    policy deny-writes
    # It asks after 3 s, then after 6, 12 and the rest.
    accession_in_background ingest bag "s3://$BUCKET/a" --on-halt wait=24s
    until_true says out.log "Trying again"
    policy clear
    ended 0
    s3_check_folder bag a >/dev/null
}

@test "--on-halt wait: gives up when the time is over, with the halt's own status" {
    new_bucket
    small_bag
    local once
    policy deny-writes
    requests_mark
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 3
    once=$(count_requests '^POST .*accession-probe')
    requests_mark
    run accession ingest bag "s3://$BUCKET/a" --on-halt wait=2s
    assert_status 3
    assert_says "refuses writes"
    assert_equal "$(count_writes)" 0 writes
    (($(count_requests '^POST .*accession-probe') > once))
}
