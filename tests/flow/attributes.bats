#!/usr/bin/env bats
# What archives put on their objects: sent, read back, set again if the gateway drops it silently,
# and reported if it cannot be set.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers

setup() {
    common_setup
}

# A bucket with Object Lock; what is locked in it goes with the sandbox.
new_locked_bucket() {
    BUCKET=locked-${BATS_SUITE_TEST_NUMBER:-0}-$$-$RANDOM
    export BUCKET
    s3_curl PUT "$BUCKET" -f -H 'x-amz-bucket-object-lock-enabled: true'
}

s3_tags() {
    s3_curl GET "$BUCKET/$(key_encode "$1")?tagging=" -f | xml_records Tag Key Value | sort | paste -sd,
}

@test "retention, legal hold, tags, metadata on one small and one multipart object: all there" {
    new_locked_bucket
    make_bag bag 1 4K
    add_payload bag large.bin 18M
    finish_bag bag
    requests_mark
    run accession ingest bag "s3://$BUCKET/a" --object-lock-mode GOVERNANCE --retain-until 2046-01-01 \
        --legal-hold --tag shelf=A1 --tag "note=map & atlas" --metadata origin=attic
    assert_status 0
    local key
    for key in a/data/file-000000.bin a/data/large.bin a/bagit.txt; do
        assert_equal "$(s3_header $key x-amz-object-lock-mode)" GOVERNANCE "mode of $key"
        [[ $(s3_header $key x-amz-object-lock-retain-until-date) == 2046-01-01T00:00:00* ]]
        assert_equal "$(s3_header $key x-amz-object-lock-legal-hold)" ON "legal hold of $key"
        assert_equal "$(s3_tags $key)" "note map &amp; atlas,shelf A1" "tags of $key"
        assert_equal "$(s3_header $key x-amz-meta-origin)" attic "metadata of $key"
    done
    # The gateway drops these on a multipart upload: they were set afterwards, each once.
    assert_equal "$(count_requests '^PUT .*(retention|legal-hold|tagging)')" 3 "mended"
    assert_equal "$(s3_check_folder bag a)" 6 "objects read back"
    requests_mark
    run accession ingest bag "s3://$BUCKET/a" --object-lock-mode GOVERNANCE --retain-until 2046-01-01
    assert_status 0
    assert_equal "$(count_requests '^(PUT|POST|DELETE) ')" 0 "writes of a rerun"
}

@test "encrypted with a KMS key: small and multipart, kept, verified, and no content type made up" {
    new_bucket versioned
    make_bag bag 1 4K
    add_payload bag large.bin 12M
    finish_bag bag
    run accession ingest bag "s3://$BUCKET/a" --sse aws:kms --sse-kms-key-id archive-key
    assert_status 0
    local key
    for key in a/data/file-000000.bin a/data/large.bin; do
        assert_equal "$(s3_header $key x-amz-server-side-encryption)" aws:kms "encryption of $key"
        assert_equal "$(s3_header $key x-amz-server-side-encryption-aws-kms-key-id)" archive-key "its key"
        assert_equal "$(s3_header $key content-type)" binary/octet-stream "content type of $key"
    done
    assert_equal "$(s3_check_folder bag a)" 6 "objects read back"
    run accession verify bag "s3://$BUCKET/a"
    assert_status 0
    run accession ingest bag "s3://$BUCKET/a" --sse aws:kms --sse-kms-key-id archive-key
    assert_status 0
    assert_says "nothing was sent"
}

@test "tags that may not be set afterwards: archived all the same, reported, exit status 1" {
    new_bucket versioned
    make_bag bag 0 1
    add_payload bag large.bin 18M
    finish_bag bag
    cat >policy.json <<POLICY
{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
 "Action": ["s3:PutObjectTagging", "s3:PutObjectVersionTagging"], "Resource": "arn:aws:s3:::$BUCKET/a/data/large.bin"}]}
POLICY
    policy put policy.json
    run accession ingest bag "s3://$BUCKET/a" --tag shelf=A1
    policy clear
    assert_status 1
    assert_says "large.bin: archived and verified, but the server did not keep"
    assert_says "1 lacks something it was sent with"
    assert_equal "$(s3_check_folder bag a)" 5 "objects read back"
    assert_equal "$(s3_tags a/data/large.bin)" "" tags
}

@test "a bucket without Object Lock refuses them: the option is named, nothing is written" {
    new_bucket versioned
    make_bag bag 3 4K
    requests_mark
    run accession ingest bag "s3://$BUCKET/a" --legal-hold
    assert_status 2
    assert_says "The server does not accept --legal-hold"
    assert_says "404 ObjectLockConfigurationNotFoundError"
    assert_equal "$(count_writes)" 0 writes
    assert_equal "$(s3_count)" 0 keys
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
}

@test "a storage class that the server has not: refused or reported, never silent" {
    new_bucket
    make_bag bag 2 4K
    run accession ingest bag "s3://$BUCKET/a" --storage-class GLACIER
    assert_status 2
    assert_says "The server does not accept --storage-class GLACIER"
    assert_equal "$(s3_count)" 0 keys
    run accession ingest bag "s3://$BUCKET/b" --storage-class STANDARD --json
    assert_status 0
    assert_equal "$(jq -r 'select(.type == "summary") | .lacking' <<<"$output")" 0 lacking
}

@test "media types: as given, or detected from each file's content, not its name" {
    new_bucket
    mkdir -p bag/data
    printf '%%PDF-1.4\n' >bag/data/report.bin
    printf 'plain words\n' >bag/data/words.tiff
    { printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\2\0\0\0' && some_bytes 9M; } >bag/data/large.dat
    finish_bag bag
    run accession ingest bag "s3://$BUCKET/auto" --content-type auto
    assert_status 0
    assert_equal "$(s3_header auto/data/report.bin content-type)" application/pdf
    assert_equal "$(s3_header auto/data/words.tiff content-type)" text/plain
    assert_equal "$(s3_header auto/data/large.dat content-type)" image/png
    run accession ingest bag "s3://$BUCKET/given" --content-type image/tiff
    assert_status 0
    assert_equal "$(s3_header given/data/report.bin content-type)" image/tiff
    assert_equal "$(s3_header given/data/large.dat content-type)" image/tiff
}

@test "a wrong value gives one line and exit status 2 before anything is sent" {
    new_bucket
    make_bag bag 1 1K
    requests_mark
    local wrong
    for wrong in "--retain-until=soon --object-lock-mode=COMPLIANCE" --object-lock-mode=COMPLIANCE \
        --sse=rot13 --acl=everybody --tag=x --metadata=a --expected-bucket-owner=me --sse-kms-key-id=k; do
        # shellcheck disable=SC2086  # two words
        run accession ingest bag "s3://$BUCKET/a" $wrong
        assert_status 2
        assert_equal "${#lines[@]}" 1 "lines for $wrong"
        assert_says "accession: --"
    done
    assert_equal "$(requests_since | wc -l)" 0 requests
}
