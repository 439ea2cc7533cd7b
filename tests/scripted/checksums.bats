#!/usr/bin/env bats
# --checksum on a server that verifies and keeps what it is given, as S3 does, and on ones that differ:
# what is recorded is what the server says it keeps, and never more.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted
load ../lib/checksums

PART=5242880

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    mkdir source
    some_bytes 6M >source/large
    some_bytes 9000 2 >source/small
    : >source/empty
    make_list source list
}

teardown() {
    scripted_stop
}

# ingest [OPTION…]
ingest() {
    run accession ingest -m list --part-size 5M --endpoint-url "$SCRIPTED_URL" source s3://bucket/a "$@"
}

verify() {
    run accession verify --level stored -m list --endpoint-url "$SCRIPTED_URL" s3://bucket/a
}

# What is on record is what the server keeps, of each object.
record_is_true() {
    local path
    for path in small large empty; do
        assert_equal "$(on_record $path)" "$(kept_by_server "$SCRIPTED_URL/bucket/a/$path")" "on record of $path"
    done
}

# records ALGORITHM LARGE [ALGORITHM-OF-SMALL]: on record and kept; LARGE is the value, without it.
records() {
    record_is_true
    assert_equal "$(on_record small)" "${3:-$1}:$(whole "${3:-$1}" source/small)" "of the small file"
    assert_equal "$(on_record large)" "$1:$2" "of the large file"
}

proves() {
    verify
    assert_status 0
    assert_says "$1"
    assert_equal "$(scripted_count GetObject)" 0 "objects that were read"
}

@test "sha256: of the whole in one piece, of the parts' in parts" {
    scripted_start ""
    ingest
    assert_status 0
    assert_says "SHA-256, kept by the server"
    records sha256 "$(composite sha256 source/large $PART)"
    proves "the server's SHA-256 of the parts"
}

# bats test_tags=slow
@test "crc64nvme: of the whole, joined from the parts', checked by the server and proven without reading" {
    scripted_start ""
    ingest --checksum crc64nvme
    assert_status 0
    assert_says "CRC64NVME, kept by the server"
    records crc64nvme "$(crc crc64nvme source/large)"
    proves "the server's CRC64NVME of the whole object"
}

@test "a server that wants every part's checksum listed in Complete gets it, of the CRCs too" {
    local kind
    for kind in crc64nvme crc32c sha256; do
        scripted_start "config list-checksums=yes"
        rm -rf "$XDG_STATE_HOME"
        ingest --checksum $kind
        assert_status 0
        assert_equal "$(on_record large | cut -d: -f1)" $kind
        scripted_stop
    done
}

# bats test_tags=slow
@test "crc32c: of the whole, joined from the parts', and every part is signed all the same" {
    scripted_start "on UploadPart header=x-amz-content-sha256:UNSIGNED* answer 400 Unsigned"
    ingest --checksum crc32c
    assert_status 0
    records crc32c "$(crc crc32c source/large)"
    proves "the server's CRC32C of the whole object"
}

# bats test_tags=slow
@test "crc32c: parts that are not signed, by --part-checksum, where the server checks them" {
    scripted_start "on UploadPart header=x-amz-content-sha256:UNSIGNED* pass
on UploadPart answer 400 Signed"
    ingest --part-checksum crc32c
    assert_status 0
    records crc32c "$(crc crc32c source/large)"
}

# bats test_tags=slow
@test "crc32c: composite where the server knows no other, and then of every part" {
    scripted_start "config full-object=no"
    ingest --checksum crc32c
    assert_status 0
    records crc32c "$(composite crc32c source/large $PART)"
    proves "the server's CRC32C of the parts"
}

@test "none: nothing is sent, and what the server makes by itself is not taken for ours" {
    scripted_start "config own-checksum=crc64nvme
on PutObject|UploadPart|Complete header=x-amz-checksum-* answer 400 Unwanted
on PutObject|UploadPart|Create|Complete header=x-amz-checksum-algorithm answer 400 Unwanted
on PutObject|UploadPart header=content-md5 answer 400 Unwanted"
    ingest --checksum none
    assert_status 0
    assert_says "none sent beside the signed SHA-256"
    assert_equal "$(on_record small)$(on_record large)$(on_record empty)" ""
    verify
    assert_status 0
    assert_says "the ETag it had when it was archived"
}

# bats test_tags=slow
@test "auto: SHA-256 in one piece, and in parts the first that the server knows" {
    local known wanted
    scripted_start ""
    while read -r known wanted; do
        scripted_reset all
        scripted_scenario "config ${known//|/ }"
        rm -rf "$XDG_STATE_HOME/accession"
        ingest --checksum auto
        assert_status 0
        case $wanted in
        none)
            assert_says "none: this server supports no"
            assert_equal "$(on_record small)$(on_record large)" "" "$known"
            record_is_true
            ;;
        sha256) records sha256 "$(composite sha256 source/large $PART)" ;;
        *) records "$wanted" "$(crc "$wanted" source/large)" sha256 ;;
        esac
        assert_equal "$(scripted_uploads length)" 0 "uploads that the probes left behind"
    done <<'SERVERS'
checksums=verified crc64nvme
checksums=stored crc64nvme
algorithms=sha*,crc32* crc32c
algorithms=sha256 sha256
algorithms=sha*,crc32*|full-object=no sha256
checksums=ignored none
SERVERS
}

@test "auto: a server that refuses what it does not know is asked for the next" {
    scripted_start "on Create header=x-amz-checksum-algorithm:CRC64NVME answer 501 NotImplemented
on Create header=x-amz-checksum-type answer 400 InvalidArgument"
    ingest --checksum auto
    assert_status 0
    records sha256 "$(composite sha256 source/large $PART)"
}

# Some servers refuse any request with such a header, even a HEAD.
@test "a server that refuses all such headers: no checksum is the default there, an order stays one" {
    local kind
    scripted_start "on * header=x-amz-checksum-* answer 400 InvalidArgument message=\"Unsupported header\"
on * header=x-amz-sdk-checksum-* answer 400 InvalidArgument"
    ingest --checksum sha256
    assert_status 2
    assert_says "does not accept --checksum sha256"
    assert_equal "$(scripted_objects length)" 0 "objects"
    for kind in "" auto none; do
        scripted_reset all
        rm -rf "$XDG_STATE_HOME/accession"
        ingest ${kind:+--checksum $kind}
        assert_status 0
        assert_equal "$(on_record large proof)" sent
        assert_equal "$(scripted_count HeadObject '400.*')" 0 "refused questions"
        ingest ${kind:+--checksum $kind}
        assert_status 0
    done
}

@test "auto: a bucket that refuses writes is not asked about one checksum after the other" {
    scripted_start "on Create answer 403 AccessDenied"
    ingest --checksum auto
    assert_status 3
    assert_equal "$(scripted_count Create.*)" 2 "asked, and asked again once"
}

@test "a server that keeps no checksum: reported, nothing on record, the signature still guards" {
    scripted_start "config checksums=ignored"
    ingest --checksum crc64nvme
    assert_status 0
    assert_says "CRC64NVME sent, but this server keeps none"
    assert_equal "$(on_record small)$(on_record large)" ""
    assert_equal "$(scripted_sha256 bucket a/large)" "$(sha256sum <source/large | cut -d' ' -f1)"
    assert_equal "$(scripted_count HeadObject)" 1 "HEADs: before the Complete of the one in parts"
    verify
    assert_status 0
    ingest --json
    assert_status 0
}

# bats test_tags=slow
@test "a server that keeps it and does not say so when it is written is asked" {
    scripted_start "on Complete|PutObject pass checksum=none"
    ingest --checksum crc32c
    assert_status 0
    records crc32c "$(crc crc32c source/large)"
}

@test "by default a server that keeps none is not worth a line, but JSON and receipt say it" {
    scripted_start "config checksums=ignored"
    ingest
    assert_status 0
    refute_says "checksum  "
    run accession report --format json
    assert_equal "$(jq -c '[.entries[].archived.checksum] | unique' <<<"$output")" "[null]"
    assert_equal "$(jq -c '.summary | [.checksum, .checksums_kept]' <<<"$output")" '["sha256",0]'
}

# bats test_tags=slow
@test "the receipts in every format say which checksum the server keeps" {
    scripted_start ""
    ingest --checksum crc32c --json
    local wanted
    wanted=crc32c:$(crc crc32c source/large)
    assert_equal "$(jq -r 'select(.path == "large") | .checksum' <<<"$output")" "$wanted" "event"
    assert_equal "$(jq -c 'select(.type == "summary") | [.checksum, .checksum_put, .checksum_parts, .checksums_kept]' <<<"$output")" \
        '["crc32c","crc32c","crc32c",3]' "summary"
    local format
    for format in json csv premis html; do
        accession report --format $format --output told
        grep -qF "$wanted" told || { echo "not in $format"; return 1; }
    done
}

@test "what the server says it holds is not what was sent: it is read back, and that counts" {
    scripted_start "on PutObject|Complete pass checksum=wrong"
    ingest --checksum crc32c
    assert_status 0
    assert_says "reading the object back"
    assert_equal "$(scripted_count GetObject 200)" 3 "objects that were read back"
    assert_equal "$(on_record large proof)$(on_record small proof)" readread
    assert_equal "$(scripted_count 'Abort.*')" 1 "aborts: the probe's"
    assert_says "sent  3"
    record_is_true
}

@test "what the server says it holds is not what was sent, and what is read back neither: a conflict" {
    scripted_start "on Complete pass checksum=wrong
on GetObject key=*large* answer 200 body=other"
    ingest --checksum crc64nvme
    assert_status 1
    assert_says "large"
    assert_equal "$(on_record large)" ""
}

@test "a checksum that changed since is found without reading, by each kind" {
    local kind
    scripted_start ""
    for kind in sha256 crc64nvme crc32c; do
        scripted_reset all
        scripted_scenario ""
        rm -rf "$XDG_STATE_HOME/accession"
        ingest --checksum $kind
        assert_status 0
        scripted_scenario "on HeadObject key=*large* pass checksum=wrong"
        verify
        assert_status 1
        assert_says "different digest"
        assert_says "large"
    done
}

@test "a wrong checksum of a part is refused by the server, and the run does not say that all is well" {
    scripted_start "on UploadPart key=*large* part=2 answer 400 BadDigest"
    ingest --checksum crc64nvme
    assert_status 1
    assert_says large
    assert_equal "$(scripted_sha256 bucket a/large)" ""
}

# killed_at SCENARIO CONDITION [OPTION…]: begins, waits until CONDITION holds, and kills.
killed_at() {
    local condition=$2
    scripted_scenario "$1"
    shift 2
    accession_in_background ingest -m list --part-size 5M --endpoint-url "$SCRIPTED_URL" source s3://bucket/a "$@"
    until_true "$condition"
    kill -KILL "$PROGRAM"
    wait "$PROGRAM" || true
    scripted_scenario "${RESUMED:-}"
}

# in_ledger SQL: counts one.
in_ledger() {
    [[ $(ledger_query "$XDG_STATE_HOME/accession/ledger.db" "SELECT count(*) FROM $1") == 1 ]]
}

part_on_record() {
    in_ledger part
}

upload_gated() {
    in_ledger "upload WHERE gated IS NOT NULL AND ended IS NULL" && [[ $(scripted_count 'Complete.*') -gt 0 ]]
}

# bats test_tags=slow
@test "resumed after a kill, an upload keeps the checksum it was started with" {
    scripted_start ""
    local kind
    for kind in crc64nvme crc32c; do
        scripted_reset all
        rm -rf "$XDG_STATE_HOME/accession"
        killed_at "on UploadPart key=*large* part=2 stall" part_on_record --checksum $kind
        ingest
        assert_status 0
        assert_equal "$(on_record large)" "$kind:$(crc $kind source/large)" "on record"
        record_is_true
    done
    scripted_reset all
    rm -rf "$XDG_STATE_HOME/accession"
    killed_at "on UploadPart key=*large* part=2 stall" part_on_record --checksum none
    ingest
    assert_status 0
    assert_equal "$(on_record large)" ""
}

@test "taken up again where CRC-32Cs are composite: the list of parts has all of them" {
    scripted_start ""
    RESUMED="config full-object=no"
    killed_at "$RESUMED
on UploadPart key=*large* part=2 stall" part_on_record --checksum crc32c
    ingest
    assert_status 0
    assert_equal "$(on_record large)" "crc32c:$(composite crc32c source/large $PART)"
    record_is_true
}

@test "killed before Complete: an upload without a checksum is completed without one" {
    scripted_start ""
    killed_at "on Complete stall" upload_gated --checksum none
    ingest --checksum sha256
    assert_status 0
    assert_equal "$(on_record large proof)" sent
    assert_equal "$(on_record large)" ""
}

# bats test_tags=slow
@test "killed after Complete: the ledger knows which checksum the object must have" {
    scripted_start ""
    killed_at "on Complete act then stall" upload_gated --checksum crc64nvme
    ingest
    assert_status 0
    assert_equal "$(on_record large proof)" sent
    assert_equal "$(on_record large)" "crc64nvme:$(crc crc64nvme source/large)"
    assert_equal "$(scripted_count GetObject)" 0
}

@test "killed after Complete, and the server holds another checksum: it is read back" {
    scripted_start ""
    RESUMED="on HeadObject key=*large* pass checksum=wrong"
    killed_at "on Complete act then stall" upload_gated --checksum crc64nvme
    ingest
    assert_status 0
    assert_equal "$(on_record large proof)" read
    assert_equal "$(scripted_count GetObject 200)" 1
}

# ---- Content-MD5 ----

# S3's words, where objects are to be locked.
DEMANDED='Content-MD5 OR x-amz-checksum- HTTP header is required for Put Part requests with Object Lock parameters'

# The probe asks and is refused; what follows is not.
refusals() {
    scripted_requests 'PutObject|UploadPart' '400.*' | grep -vcF .accession-probe || true
}

@test "none, where Content-MD5 is demanded: learnt from one refusal, then sent with every part and object" {
    scripted_start "on PutObject|UploadPart header=content-md5 pass
on PutObject|UploadPart answer 400 InvalidRequest message=\"$DEMANDED\""
    ingest --checksum none
    assert_status 0
    assert_equal "$(refusals)" 0 "refusals"
    assert_equal "$(scripted_objects length)" 3 "objects"
}

@test "none, where Content-MD5 is demanded of whole objects alone, and by another name" {
    scripted_start "on PutObject header=content-md5 pass
on PutObject answer 400 MissingContentMD5"
    ingest --checksum none --jobs 1
    assert_status 0
    assert_equal "$(scripted_count PutObject '400.*')" 1 "refusals"
}

@test "a checksum serves where the lock demands one: Content-MD5 is not sent" {
    local kind
    scripted_start ""
    for kind in sha256 crc64nvme crc32c auto; do
        scripted_reset all
        scripted_scenario "on PutObject|UploadPart header=content-md5 answer 400 Unwanted
on PutObject|UploadPart header=x-amz-checksum-* pass
on PutObject|UploadPart answer 400 InvalidRequest message=\"$DEMANDED\""
        rm -rf "$XDG_STATE_HOME/accession"
        ingest --checksum $kind
        assert_status 0
        assert_equal "$(refusals)" 0 "$kind: refusals"
    done
}

@test "a server that knows no checksum and demands Content-MD5 gets it, with any --checksum" {
    scripted_start "config checksums=ignored
on PutObject|UploadPart header=content-md5 pass
on PutObject|UploadPart answer 400 InvalidRequest message=\"$DEMANDED\""
    ingest --checksum crc64nvme
    assert_status 0
    assert_equal "$(refusals)" 0 "refusals"
}

# ---- the command line ----

@test "the watcher hands it on to its runs, and asks a bucket that refused with it again" {
    scripted_start "on Create header=x-amz-checksum-algorithm:CRC32C nth=1..2 answer 403 AccessDenied
on Create header=x-amz-checksum-algorithm:CRC32C pass
on Create answer 400 Unwanted"
    make_bag drop/.bag 2 1K
    mv drop/.bag drop/bag
    touch events
    accession_in_background watch --settle 1 --probe 1 --on-event 'cat >>events' --checksum crc32c \
        --endpoint-url "$SCRIPTED_URL" drop s3://bucket/in
    until_true says events '"event":"archived"'
    kill -TERM "$PROGRAM"
    ended 0
    says events '"event":"halted"'
    assert_equal "$(on_record data/file-000000.bin)" "crc32c:$(crc crc32c drop/bag/data/file-000000.bin)"
}

@test "accession probe carries it too" {
    scripted_start "on UploadPart header=x-amz-checksum-crc64nvme pass
on UploadPart answer 400 Unwanted"
    run accession probe --checksum crc64nvme --endpoint-url "$SCRIPTED_URL" s3://bucket/a
    assert_status 0
    run accession probe --checksum crc32c --endpoint-url "$SCRIPTED_URL" s3://bucket/a
    assert_status 2
    run accession probe --checksum auto --endpoint-url "$SCRIPTED_URL" s3://bucket/a
    assert_status 0
}

@test "unknown names, and two options that contradict each other" {
    run accession ingest --checksum md5 -m list source s3://bucket/a
    assert_status 2
    assert_says "--checksum"
    assert_says "crc64nvme"
    run accession ingest --checksum crc64nvme --part-checksum crc32c -m list source s3://bucket/a
    assert_status 2
    assert_says "contradicts"
}
