#!/usr/bin/env bats
# --checksum on servers of other projects: Ceph RGW, which takes additional checksums and
# keeps none, and moto, which keeps those it is sent the way SDKs send them. For each of the five
# values: what HeadObject says is what the ledger says, and verify --level stored proves what it can.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/checksums
load ../lib/moto

KINDS="sha256 crc64nvme crc32c none auto"

setup() {
    common_setup
    mkdir source
    some_bytes 5500000 >source/large
    some_bytes 9000 2 >source/small
    : >source/empty
    make_list source list
}

teardown() {
    moto_stop
}

# archive KIND [OPTION…]: to a prefix of that name.
archive() {
    run accession ingest -m list --part-size 5M source "s3://$BUCKET/$1" --checksum "$@"
}

# record_is_true KIND: on record is what the server keeps, of each object.
record_is_true() {
    local path of digests
    for path in small large empty; do
        IFS='|' read -r of digests < <(ledger_query "$XDG_STATE_HOME/accession/ledger.db" "SELECT o.checksum, hex(o.digests)
            FROM object o JOIN entry e ON e.id = o.entry JOIN destination d ON d.id = e.destination
            WHERE e.path = '$path' AND d.url = 's3://$BUCKET/$1'")
        of=$(recorded "$of" "$digests")
        assert_equal "$of" "$(kept_by_server "$AWS_ENDPOINT_URL/$BUCKET/$1/$path")" "$1: on record of $path"
        [[ $path != "${2:-}" ]] || assert_equal "$of" "$3" "$1: of $path"
    done
}

# proves KIND PROOF: of all three, or of the large file.
proves() {
    run accession verify --level stored -m list "s3://$BUCKET/$1"
    assert_status 0
    assert_says "proof: $2"
}

@test "Ceph RGW keeps none: said, nothing on record, and verify says what it rests on instead" {
    local kind
    new_bucket
    for kind in $KINDS; do
        archive "$kind"
        assert_status 0
        case $kind in
        none) assert_says "none sent beside the signed SHA-256" ;;
        auto) assert_says "none: this server supports no" ;;
        *) assert_says "sent, but this server keeps none" ;;
        esac
        record_is_true "$kind" large ""
        proves "$kind" "the ETag it had when it was archived"
        assert_equal "$(s3_sha256 "$kind/large")" "$(sha256sum <source/large | cut -d' ' -f1)"
    done
    assert_equal "$(s3_open_uploads)" ""
}

@test "Ceph RGW, a bucket with Object Lock: none is enough" {
    BUCKET=locked-$$-$RANDOM
    s3_curl PUT "$BUCKET" -f -H 'x-amz-bucket-object-lock-enabled: true'
    archive none --object-lock-mode GOVERNANCE --retain-until 1d
    assert_status 0
    assert_equal "$(s3_header none/large x-amz-object-lock-mode)" GOVERNANCE
}

@test "moto keeps them: each of the five values, on record as the server has it, and proven" {
    moto_available || skip "moto_server is not here"
    # moto's own CRCs need libraries that are seldom there, and are CRC-32s without them.
    export PYTHONPATH=$repository/tests/lib/moto_python
    moto_start
    unset PYTHONPATH
    moto_bucket checksums
    BUCKET=checksums
    local kind
    for kind in $KINDS; do
        archive "$kind"
        assert_status 0
    done
    record_is_true sha256 large "sha256:$(composite sha256 source/large 5242880)"
    proves sha256 "the server's SHA-256 of the parts"
    assert_says "proof: the server's SHA-256 of the whole object"
    record_is_true crc64nvme large "crc64nvme:$(crc crc64nvme source/large)"
    proves crc64nvme "the server's CRC64NVME of the whole object"
    record_is_true crc32c large "crc32c:$(crc crc32c source/large)"
    proves crc32c "the server's CRC32C of the whole object"
    record_is_true none large ""
    proves none "the ETag it had when it was archived"
    record_is_true auto large "crc64nvme:$(crc crc64nvme source/large)"
    record_is_true auto small "sha256:$(sha256_base64 source/small)"
    proves auto "the server's CRC64NVME of the whole object"
}

@test "moto without its libraries says CRC64NVME of what is none: the object is read back" {
    moto_available || skip "moto_server is not here"
    local interpreter
    read -r interpreter <"$(pyenv which moto_server 2>/dev/null || command -v moto_server)"
    ! "${interpreter#\#!}" -c 'import awscrt' 2>/dev/null || skip "moto has its libraries"
    moto_start
    moto_bucket checksums
    BUCKET=checksums
    archive crc64nvme
    assert_status 0
    assert_says "reading the object back"
    record_is_true crc64nvme
}

@test "moto, a bucket with default retention: none sends the Content-MD5 that it demands" {
    moto_available || skip "moto_server is not here"
    moto_start
    curl -sSf -o /dev/null -X PUT "$MOTO_URL/locked" -H 'x-amz-bucket-object-lock-enabled: true'
    curl -sSf -o /dev/null -X PUT "$MOTO_URL/locked?object-lock" -H 'Content-Type: text/xml' -d \
        '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>'
    BUCKET=locked
    archive none --json --jobs 1
    assert_status 0
    assert_equal "$(jq -r 'select(.type == "summary") | "\(.sent) \(.retries)"' <<<"$output")" "3 0"
    archive crc32c
    assert_status 0
}
