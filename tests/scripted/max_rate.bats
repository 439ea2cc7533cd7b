#!/usr/bin/env bats
# --max-rate: bodies keep to it in both directions, and arrive as they are, in every command that moves them. That a run takes as long as
# its rate demands is a bound from below: a slow machine only adds to it. tests/unit/test_rate.c shows
# that the rate is used to the full.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    make_bag bag 40 16K
    add_payload bag large.bin 11M
    finish_bag bag
    URL=s3://bucket/a
}

teardown() {
    scripted_stop
}

# accession in its own words; ELAPSED: its milliseconds.
timed() {
    local began=${EPOCHREALTIME/./}
    run accession "$@" --endpoint-url "$SCRIPTED_URL"
    ELAPSED=$(((${EPOCHREALTIME/./} - began) / 1000))
}

# 11 MiB and 640 KiB at 8 MiB a second, of which the bucket holds a quarter of a second.
took_its_time() {
    ((ELAPSED > 1200)) || {
        echo "it took only $ELAPSED ms"
        return 1
    }
}

@test "ingest and verify keep to the rate, and the bytes are the files'" {
    scripted_start ''
    timed ingest --max-rate 8M --part-size 5M bag "$URL"
    assert_status 0
    took_its_time
    assert_equal "$(scripted_sha256 bucket a/data/large.bin)" "$(sha256sum <bag/data/large.bin | cut -d' ' -f1)"
    assert_equal "$(scripted_sha256 bucket a/data/file-000017.bin)" \
        "$(sha256sum <bag/data/file-000017.bin | cut -d' ' -f1)"
    timed verify --max-rate 8M bag "$URL"
    assert_status 0
    took_its_time
    timed verify --local --max-rate 8M bag
    assert_status 0
    took_its_time
}

# bats test_tags=slow
@test "restore and replicate keep to the rate, and the bytes are the files'" {
    scripted_start ''
    accession ingest --quiet bag "$URL" --endpoint-url "$SCRIPTED_URL"
    timed restore --max-rate 8M "$URL" back
    assert_status 0
    took_its_time
    diff -r bag back
    timed replicate --max-rate 8M "$URL" s3://second/a
    assert_status 0
    took_its_time
    assert_equal "$(scripted_sha256 second a/data/large.bin)" "$(sha256sum <bag/data/large.bin | cut -d' ' -f1)"
}

@test "outside its hours there is no limit" {
    scripted_start ''
    local hour
    hour=$(date +%-H)
    # The hours that hold begin in two hours' time: at the least rate, the run would take 12 minutes.
    run timeout 300 "$ACCESSION" ingest --max-rate \
        "16K@$(printf '%02d' $(((hour + 2) % 24))):00-$(printf '%02d' $(((hour + 3) % 24))):00" \
        bag "$URL" --endpoint-url "$SCRIPTED_URL"
    assert_status 0
}

@test "a body that is cut off is sent again from its beginning, at the rate" {
    scripted_start "on UploadPart nth=1 drop bytes=3000000
on PutObject nth=2 drop"
    timed ingest --max-rate 8M --part-size 5M bag "$URL"
    assert_status 0
    took_its_time
    assert_equal "$(scripted_sha256 bucket a/data/large.bin)" "$(sha256sum <bag/data/large.bin | cut -d' ' -f1)"
    assert_equal "$(scripted_uploads length)" 0
}

@test "the configuration and the environment give the rate, and what is no rate is named" {
    scripted_start ''
    export ACCESSION_MAX_RATE=8M
    timed ingest bag "$URL"
    assert_status 0
    took_its_time
    ACCESSION_MAX_RATE=8M@9 timed ingest bag "$URL"
    assert_status 2
    assert_says "ACCESSION_MAX_RATE"
    assert_says "20M@08:00-18:00"
}
