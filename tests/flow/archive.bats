#!/usr/bin/env bats
# One bag from beginning to end, against a real S3 server: what is archived can be read back by
# another client, a rerun sends nothing, and what differs from the manifest never becomes visible.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers

setup() {
    common_setup
}

@test "2,000 small files and one of 300 MiB: each object has the manifest's SHA-256; a rerun sends nothing" {
    new_bucket versioned
    make_bag bag 2000 2K
    add_payload bag film/reel.mkv 300M
    finish_bag bag
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
    assert_says "2,005 files"
    assert_equal "$(s3_check_folder bag a)" 2005 "objects read back"
    assert_equal "$(s3_count a/)" 2005 "keys"
    assert_equal "$(s3_open_uploads)" "" "open uploads"
    assert_equal "$(s3_versions a/ | wc -l)" 2005 "versions"
    assert_equal "$(s3_header a/data/film/reel.mkv x-amz-meta-sha256)" \
        "$(sha256sum <bag/data/film/reel.mkv | cut -d' ' -f1)" "x-amz-meta-sha256"

    requests_mark
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
    assert_equal "$(count_requests '^(PUT|POST|DELETE) ')" 0 "writes of a rerun, its probe included"
}

@test "payload goes before tag files, these before manifests, bagit.txt last" {
    new_bucket
    make_bag bag 40 1K
    requests_mark
    accession ingest bag "s3://$BUCKET/a"
    requests_since | grep '^PUT ' | grep -v accession-probe | sort -s -k4 |
        awk '{ print ($2 ~ "/data/") ? "payload" : ($2 ~ "manifest") ? "manifest" : ($2 ~ "bagit.txt") ? "declaration" : "tag" }' |
        uniq >order
    assert_equal "$(paste -sd' ' order)" "payload tag manifest declaration"
}

@test "a flipped byte in a small file and in the last part of a large one: both stay invisible" {
    new_bucket
    make_bag bag 50 4K
    add_payload bag large.bin 30M
    finish_bag bag
    flip_byte bag/data/file-000007.bin 2048
    flip_byte bag/data/large.bin $((30 * 1024 * 1024 - 10))
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 1
    assert_says data/file-000007.bin
    assert_says data/large.bin
    assert_says manifest-sha256.txt
    refute_s3 a/data/file-000007.bin
    refute_s3 a/data/large.bin
    assert_equal "$(s3_open_uploads)" "" "open uploads"
    assert_equal "$(s3_count a/)" 49 "keys: tag files and manifests are withheld"

    # Corrected, only these two are sent, and then what was withheld.
    flip_byte bag/data/file-000007.bin 2048
    flip_byte bag/data/large.bin $((30 * 1024 * 1024 - 10))
    requests_mark
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
    assert_equal "$(requests_since | grep '^PUT ' | grep -v accession-probe | cut -d' ' -f2 |
        sed 's/?.*//' | sort -u | wc -l)" 6 "keys written"
    s3_check_folder bag a
}

@test "two runs with different content for the same keys at the same instant: never silent" {
    local kind a b
    for kind in "" versioned; do
        new_bucket $kind
        rm -rf one two
        make_bag one 30 4K 1
        make_bag two 30 4K 2
        add_payload one large.bin 20M 3
        add_payload two large.bin 20M 4
        finish_bag one
        finish_bag two
        accession ingest one "s3://$BUCKET/a" --ledger one.db >one.out 2>&1 &
        a=$!
        accession ingest two "s3://$BUCKET/a" --ledger two.db >two.out 2>&1 &
        b=$!
        local status_one=0 status_two=0
        wait $a || status_one=$?
        wait $b || status_two=$?
        # Who said 0 owns every key; on a versioned bucket that means: is the only version.
        ((status_one != 0 || status_two != 0)) || {
            echo "both runs said that all is well ($kind)"
            cat one.out two.out
            return 1
        }
        ((status_one != 0)) || s3_check_folder one a
        ((status_two != 0)) || s3_check_folder two a
    done
}
