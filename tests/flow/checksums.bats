#!/usr/bin/env bats
# Checksums beside the signed SHA-256: of parts, of the whole joined from them, on record.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    make_bag bag 2 4K
    add_payload bag large.bin 9M
    finish_bag bag
}

teardown() {
    scripted_stop
}

# CRC-64/NVME of a file in Base64, bit by bit: nothing of it is the program's.
crc64nvme() {
    python3 - "$1" <<'PYTHON'
import base64, sys
table = []
for value in range(256):
    for _ in range(8):
        value = value >> 1 ^ (0x9A6C9329AC4BC9B5 if value & 1 else 0)
    table.append(value)
crc = 2**64 - 1
with open(sys.argv[1], "rb") as file:
    for byte in file.read():
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
print(base64.b64encode((crc ^ 2**64 - 1).to_bytes(8, "big")).decode())
PYTHON
}

on_record() {
    ledger_query "$XDG_STATE_HOME/accession/ledger.db" \
        "SELECT a.checksum FROM archived a JOIN entry e ON e.id = a.entry WHERE e.path = '$1'"
}

has_part_on_record() {
    [[ $(ledger_query "$XDG_STATE_HOME/accession/ledger.db" "SELECT count(*) FROM part") == 1 ]]
}

ingest() {
    run accession ingest bag s3://bucket/a --endpoint-url "$SCRIPTED_URL" "$@"
}

@test "crc64nvme: the server checks each part and the whole, which is joined and not read twice; on record" {
    scripted_start ""
    local expected
    expected=$(crc64nvme bag/data/large.bin)
    ingest --part-checksum crc64nvme
    assert_status 0
    assert_equal "$(on_record data/large.bin)" "crc64nvme:$expected" "on record"
    assert_equal "$(scripted_objects '.[] | select(.key == "a/data/large.bin") | .checksum | tostring' |
        grep -cF "$expected")" 1 "kept by the server"
}

@test "crc64nvme: taken up again after a kill, it is still that of the whole" {
    scripted_start "on UploadPart key=*large* part=2 stall"
    accession_in_background ingest bag s3://bucket/a --part-checksum crc64nvme --endpoint-url "$SCRIPTED_URL"
    until_true has_part_on_record
    kill -KILL "$PROGRAM"
    ended 137
    scripted_scenario ""
    # Without the option: an upload keeps what it was begun with.
    ingest
    assert_status 0
    assert_equal "$(on_record data/large.bin)" "crc64nvme:$(crc64nvme bag/data/large.bin)" "on record"
}

@test "a wrong checksum of a part is refused by the server, and the run does not say that all is well" {
    scripted_start "on UploadPart key=*large* part=2 answer 400 BadDigest"
    ingest --part-checksum crc64nvme
    assert_status 1
    assert_says data/large.bin
    assert_equal "$(scripted_sha256 bucket a/data/large.bin)" ""
}

@test "a server that knows no additional checksum: the signature guards all the same" {
    scripted_start "config checksums=ignored"
    ingest --part-checksum crc64nvme
    assert_status 0
    assert_equal "$(scripted_sha256 bucket a/data/large.bin)" "$(sha256sum <bag/data/large.bin | cut -d' ' -f1)"
}
