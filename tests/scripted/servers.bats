#!/usr/bin/env bats
# Servers that differ from S3 in what they can do, simulated with tests/lib/profiles: what the probe learns of
# them, and that whole bags are archived there by the rules that follow from it.
# bats expands @test, and $status and $output come from "run"; SCRIPTED_URL is the server's.
# shellcheck disable=SC2154,SC2030,SC2031

bats_require_minimum_version 1.5.0
load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=AKIATEST AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
}

teardown() {
    scripted_stop
}

# play PROFILE [STATEMENTS]
play() {
    scripted_start "${2-}
$(cat "$repository/tests/lib/profiles/$1.scenario")"
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
}

# can NAME: what the probe says of it.
can() {
    accession probe --json "s3://${2:-other}/p" | jq ".capabilities.$1"
}

bag_of() {
    make_bag bag "$1" 1K
    for i in $(seq "${2:-0}"); do add_payload bag "large$i.bin" 12M; done
    finish_bag bag
}

ingest() {
    run accession ingest --no-progress bag s3://bucket/p "$@"
}

all_there() {
    assert_status 0
    assert_equal "$(scripted_objects '[.[] | select(.marker | not) | .key] | unique | length')" "$(find bag -type f | wc -l)" objects
    assert_equal "$(scripted_objects 'map(select(.marker | not)) | length')" "$(find bag -type f | wc -l)" versions
    assert_equal "$(scripted_uploads length)" 0 "open uploads"
}

@test "Backblaze B2: a bag of 1,000 small and 3 large files is archived, none refused" {
    play backblaze-b2
    bag_of 1000 3
    ingest --json
    all_there
    assert_equal "$(grep '"summary"' <<<"$output" | jq -c '[.failed, .conflicts, .sent]')" "[0,0,$(find bag -type f | wc -l)]" counts
    assert_equal "$(grep '"summary"' <<<"$output" | jq -r '[.write_once, .checksum_put, .checksum_parts] | join(" ")')" "versions none none" guards
    for where in "$(grep '"summary"' <<<"$output" | jq .capabilities)" "$(jq .summary.capabilities "$XDG_STATE_HOME"/accession/receipts/*.json)"; do
        assert_equal "$(jq -c '[.conditional_put, .conditional_complete, .signed_hash_checked]' <<<"$where")" "[false,false,true]" capabilities
    done
    # Nothing but the first of each kind was refused for the condition.
    [ "$(scripted_count PutObject '501:.*')" -le 16 ]
    [ "$(scripted_count CompleteMultipartUpload '501:.*')" -le 3 ]
    ingest
    assert_status 0
    assert_equal "$(scripted_count PutObject 200)" "$(($(find bag -type f | wc -l) - 3))" "objects written once"
}

@test "Backblaze B2: what the probe shows" {
    play backblaze-b2
    run accession probe s3://bucket/p
    assert_status 0
    assert_says "refuses to overwrite with CompleteMultipartUpload: no"
    assert_says "refuses a body that differs from its signed SHA-256: yes"
    assert_equal "$(can conditional_complete)" false
    assert_equal "$(can conditional_put)" null
    assert_equal "$(can signed_hash_checked)" true
    assert_equal "$(scripted_objects length)" 0 objects
    assert_equal "$(scripted_uploads length)" 0 "open uploads"
}

@test "a question that the server does not answer is asked twice, and stays unknown" {
    scripted_start 'on UploadPart nth=2.. answer 500 InternalError'
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    assert_equal "$(can signed_hash_checked)" null
    assert_equal "$(scripted_count UploadPart '500:.*')" 2 "attempts"
    assert_equal "$(scripted_uploads length)" 0 "open uploads"
}

@test "what the server lists is asked, and shown" {
    scripted_start
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    assert_equal "$(accession probe --json s3://other/p | jq -c '.capabilities | [.versioning_known, .versions_listed, .uploads_listed, .uploads_listed_by_key, .names_encoded]')" \
        "[true,true,true,true,true]" "a whole server"
    scripted_scenario 'on ListMultipartUploads|GetBucketVersioning|ListObjectVersions answer 501 NotImplemented'
    assert_equal "$(accession probe --json s3://other/p | jq -c '.capabilities | [.versioning_known, .versions_listed, .uploads_listed, .uploads_listed_by_key]')" \
        "[false,false,false,false]" "one without all that"
}

@test "a server without versions and their list: what was written is looked at again all the same" {
    scripted_start 'on ListObjectVersions|GetBucketVersioning answer 501 NotImplemented'
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    bag_of 3 1
    ingest --json
    all_there
    assert_equal "$(grep '"summary"' <<<"$output" | jq -r .write_once)" claimed "guard"
}

@test "what lists another ETag for a null version than the key has is no conflict" {
    scripted_start 'on ListObjectVersions pass etag=wrong'
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    bag_of 3 1
    ingest
    all_there
}

# An upload that was killed with its first part sent.
leave_open() {
    scripted_scenario "$(cat "$repository/tests/lib/profiles/$1.scenario")
on UploadPart part=2 stall"
    bag_of 1 1
    accession_in_background ingest --no-progress --jobs 1 --part-size 5M bag s3://bucket/p
    until_true scripted_has 1 UploadPart stall
    kill -KILL "$PROGRAM"
    wait "$PROGRAM" 2>/dev/null || true
    scripted_scenario "$(cat "$repository/tests/lib/profiles/$1.scenario")${2-}"
}

@test "MinIO: open uploads are listed by exact key only; the ledger's own are found all the same" {
    play minio
    leave_open minio
    assert_equal "$(can uploads_listed)$(can uploads_listed_by_key)" falsetrue "what the probe says"
    run accession uploads s3://bucket/p
    assert_status 0
    assert_says "data/large1.bin"
    run accession uploads --abort-own --older-than 0s s3://bucket/p --json
    assert_status 0
    assert_equal "$(jq -c 'select(.type == "summary") | [.aborted, .listed]' <<<"$output")" "[1,true]" summary
    assert_equal "$(scripted_uploads '[.[] | select(.key | contains("large"))] | length')" 0 "open uploads"
}

@test "a server that lists no open uploads: the ledger's own are shown, and it is said" {
    play wasabi
    leave_open wasabi '
on ListMultipartUploads answer 501 NotImplemented'
    run accession uploads s3://bucket/p
    assert_status 0
    assert_says "data/large1.bin"
    assert_says "does not list open uploads"
    run accession uploads --ledger other.db s3://bucket/p
    assert_status 1
    assert_says "501 NotImplemented"
}

@test "a listing without ETags is no proof, and no conflict" {
    play garage
    scripted_scenario "$(cat "$repository/tests/lib/profiles/garage.scenario")
on ListObjectsV2 pass etag=empty"
    bag_of 3 1
    ingest --json
    all_there
    assert_equal "$(grep '"summary"' <<<"$output" | jq -r .write_once)" checked "guard"
}

# ledger_does SQL...
ledger_does() {
    python3 -c 'import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as ledger:
    for sql in sys.argv[2:]: ledger.execute(sql)' "$XDG_STATE_HOME/accession/ledger.db" "$@"
}

@test "what the server can do is kept, shown with its date, and asked again when it is old" {
    play storagegrid-11.9
    bag_of 1
    wrong_hashes() { scripted_requests UploadPart | grep -c accession-probe; }
    ingest
    assert_status 0
    asked=$(wrong_hashes)
    [ "$asked" -ge 3 ] # the byte, and the same with a wrong hash and a wrong checksum
    make_bag other 2 1K && finish_bag other
    run accession ingest --no-progress other s3://bucket/other
    assert_status 0
    assert_equal "$(($(wrong_hashes) - asked))" "$((asked - 1))" "parts of the probe: the hash is not asked again"
    assert_equal "$(jq -r '.summary.capabilities | [.signed_hash_checked, (.since | length)] | join(" ")' "$XDG_STATE_HOME"/accession/receipts/*.json | sort)" \
        "false 0
false 24" "in the receipts"
    ledger_does "UPDATE capability SET at = at - 31 * 86400000"
    make_bag third 2 1K && finish_bag third
    asked=$(wrong_hashes)
    run accession ingest --no-progress third s3://bucket/third
    assert_status 0
    assert_equal "$(($(wrong_hashes) - asked))" 3 "asked again"
}

@test "what runs saw is shown by the probe; an answer that contradicts is believed" {
    scripted_start 'config if-none-match=put'
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    bag_of 2
    ledger_after=$XDG_STATE_HOME/accession/ledger.db
    ingest
    assert_status 0
    assert_equal "$(accession probe --json s3://bucket/q | jq -c '.capabilities | [.conditional_put, has("since")]')" "[null,false]" "nothing met, and all else asked anew"
    ledger_does "INSERT INTO capability SELECT bucket, 'conditional_put', 1, at FROM capability LIMIT 1"
    run accession probe s3://bucket/q
    assert_says "refuses to overwrite with PutObject (If-None-Match): yes"
    assert_says "seen by earlier runs"
    scripted_scenario 'config if-none-match=501'
    make_bag other 2 1K && finish_bag other
    run accession ingest --no-progress other s3://bucket/other
    assert_status 0
    assert_equal "$(can conditional_put bucket)" false "after the contradiction"
    [ -f "$ledger_after" ]
    run accession probe --ledger none.db --json s3://bucket/q
    assert_status 0
    [ ! -e none.db ]
}

@test "Dell ECS: names in the order of UTF-16 are all found by a survey in ranges" {
    play dell-ecs
    mkdir files
    (cd files && seq -f 'a%04.0f' 900 | xargs touch && seq -f '！%04.0f' 900 | xargs touch && seq -f '🗝%04.0f' 900 | xargs touch)
    make_list files list
    run accession ingest --no-progress files s3://bucket/u -m list
    assert_status 0
    run accession verify --level listed -m list s3://bucket/u --jobs 4 --json
    assert_status 0
    assert_equal "$(tail -n 1 <<<"$output" | jq .found.unchanged)" 2700 "found"
    assert_equal "$(scripted_count HeadObject)" 0 "asked one by one"
    assert_equal "$(can listing_sorted bucket)" false "what is seen of it"
}

@test "watch hands on --accept-unchecked-transfer" {
    scripted_start 'config payload-hash=no checksums=ignored'
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    mkdir drop
    accession_in_background watch drop s3://bucket/w --accept-unchecked-transfer --settle 1
    bag_of 2
    mv bag drop/bag
    until_true scripted_keeps bucket w/bag/bagit.txt
    kill -TERM "$PROGRAM"
    wait "$PROGRAM" || true
}

@test "a redirect is not followed, and the place is named" {
    local status_code
    for status_code in 302 307 308; do
        scripted_start "on PutObject|Create answer $status_code add=\"Location: https://other.example.org/bucket/p?X-Amz-Signature=abc\""
        export AWS_ENDPOINT_URL=$SCRIPTED_URL
        bag_of 2
        ingest
        assert_status 4
        assert_says "https://other.example.org/bucket/p"
        assert_says "--endpoint-url"
        refute_says "X-Amz-Signature"
        assert_equal "$(scripted_objects length)" 0 objects
        rm -rf bag
        scripted_stop
    done
}

@test "answers without request ids are answers" {
    scripted_start 'on * pass remove=x-amz-request-id'
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    bag_of 5 1
    ingest
    all_there
    run accession verify --level read bag s3://bucket/p
    assert_status 0
}

@test "an order for a checksum that the server refuses stays an order" {
    play backblaze-b2
    bag_of 2
    ingest --checksum sha256
    assert_status 2
    assert_says "does not accept --checksum sha256"
    assert_equal "$(scripted_objects length)" 0 objects
}

@test "a condition that is refused once, for another reason, is not withdrawn" {
    scripted_start 'on PutObject key=p/data/* answer 501 NotImplemented'
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    bag_of 2
    ingest
    assert_status 1
    scripted_scenario ''
    ingest
    all_there
}

# overtaken SIZE OPERATION KEY: another client writes p/x.bin while that request of ours waits for its answer, the last
# one before our own write.
overtaken() {
    local ignoring='config versioned=yes if-none-match=no'
    scripted_start "$ignoring
on $2 key=$3 pass hold=2"
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    mkdir files
    some_bytes "$1" 1 >files/x.bin
    make_list files list
    ACCESSION_ARCHIVE_MANIFEST=no accession_in_background ingest --no-progress --jobs 1 --json files s3://bucket/p -m list
    until_true scripted_has 1 "$2"
    curl -sSf -X PUT --data-binary theirs "$SCRIPTED_URL/bucket/p/x.bin"
    scripted_scenario "$ignoring"
    ended 1
    assert_equal "$(scripted_objects '[.[] | select(.key == "p/x.bin")] | length')" 2 "versions: nothing is lost"
}

@test "a condition that is accepted and ignored: the versions show it, and it is kept as no" {
    overtaken 4K GetBucketVersioning '*'
    grep -q 'another client wrote version' out.log
    assert_equal "$(can conditional_put bucket)" false "of PutObject"
    rm -r files out.log "$XDG_STATE_HOME"
    scripted_stop
    overtaken 12M HeadObject p/x.bin
    assert_equal "$(can conditional_complete bucket)" false "of CompleteMultipartUpload"
    assert_equal "$(can conditional_put bucket)" null "of PutObject, which was not sent"
}

@test "questions about versions that are denied stay unknown, and the objects are looked at again" {
    scripted_start 'on ListObjectVersions|GetBucketVersioning answer 403 AccessDenied'
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    bag_of 3 1
    ingest --json
    all_there
    assert_equal "$(grep '"summary"' <<<"$output" | jq -r .write_once)" checked "guard"
    assert_equal "$(accession probe --json s3://bucket/q | jq -c '.capabilities | [.versioning_known, .versions_listed]')" "[null,null]" "a denial says nothing of the server"
}

@test "a server with shorter keys: the file is refused by name, and the rest is archived" {
    scripted_start 'on PutObject|Create key=p/data/*-long-* answer 400 KeyTooLongError'
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    make_bag bag 3 1K
    add_payload bag a-long-name.bin 1K
    add_payload bag b-long-name.bin 12M
    finish_bag bag
    ingest
    assert_status 1
    assert_says data/a-long-name.bin
    assert_says data/b-long-name.bin
    assert_says KeyTooLongError
    assert_equal "$(scripted_objects '[.[].key | select(startswith("p/data/"))] | length')" 3 "the others"
    assert_equal "$(scripted_uploads length)" 0 "open uploads"
}

@test "answers in chunks, without a length" {
    scripted_start 'config chunked=yes'
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    bag_of 5 1
    ingest
    all_there
    run accession verify --level read bag s3://bucket/p
    assert_status 0
    run accession restore s3://bucket/p back
    assert_status 0
    diff -r bag back
    # Cut off in the middle of a chunk: not taken for the whole.
    scripted_scenario 'config chunked=yes
on GetObject key=p/data/file-000001.bin nth=1 pass cut=70%'
    run accession verify --level read bag s3://bucket/p
    assert_status 0
    assert_equal "$(scripted_count GetObject | head -n 1)" "$(scripted_count GetObject)" attempts
}

@test "StorageGRID 11.9: the signed hash is not checked, the additional checksum is, and goes along" {
    play storagegrid-11.9
    assert_equal "$(can signed_hash_checked)" false
    assert_equal "$(can checksum_checked)" true
    bag_of 20 1
    ingest
    all_there
    assert_equal "$(scripted_objects 'map(select(.checksum != null)) | length')" "$(find bag -type f | wc -l)" "checksums kept"
}

@test "StorageGRID 12.1: neither hash nor condition, archived all the same" {
    play storagegrid-12.1
    bag_of 20 1
    ingest
    all_there
}

@test "where only Content-MD5 is checked, every body has it" {
    scripted_start 'config payload-hash=no checksums=verified algorithms=-'
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    assert_equal "$(can md5_checked)" true
    bag_of 5 1
    scripted_scenario 'config payload-hash=no checksums=verified algorithms=-
on PutObject|UploadPart key=p/data/* header=content-md5 pass
on PutObject|UploadPart key=p/data/* answer 400 NoMd5'
    ingest --checksum none
    all_there
}

@test "where nothing is checked, only an accepted risk sends, and every object is read back" {
    scripted_start 'config payload-hash=no checksums=ignored'
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    bag_of 5 1
    ingest
    assert_status 2
    assert_says "--accept-unchecked-transfer"
    assert_equal "$(scripted_objects length)" 0 objects
    ingest --accept-unchecked-transfer
    all_there
    assert_equal "$(scripted_requests GetObject 200 | awk '{ print $4 }' | sort -u | wc -l)" "$(find bag -type f | wc -l)" "objects read back"
}

@test "an option that the server does not accept is named before anything is sent, and the bucket not blamed" {
    scripted_start
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    bag_of 2
    local rule options
    while IFS='|' read -r rule options; do
        scripted_scenario "on Create|PutObject $rule"
        # shellcheck disable=SC2086
        ingest $options --on-halt wait=1h
        assert_status 2
        assert_says "The server does not accept $options"
        refute_says "refuses writes"
        # shellcheck disable=SC2086
        run accession probe $options s3://bucket/p
        assert_status 2
        assert_says "the server does not accept $options"
    done <<'RULES'
header=x-amz-storage-class answer 400 InvalidStorageClass|--storage-class GLACEIR
header=x-amz-acl answer 400 AccessControlListNotSupported|--acl public-read
header=x-amz-server-side-encryption answer 400 KMS.NotFoundException|--sse aws:kms
header=x-amz-object-lock-legal-hold answer 400 InvalidRequest message="Bucket is missing Object Lock Configuration"|--legal-hold
header=x-amz-tagging answer 501 NotImplemented|--tag a=b
RULES
    assert_equal "$(scripted_objects length)" 0 objects
}
