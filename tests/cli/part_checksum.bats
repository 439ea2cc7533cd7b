#!/usr/bin/env bats
# --part-checksum crc32c on a server that knows nothing of it.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers

setup() {
    common_setup
    new_bucket
    mkdir source
    some_bytes 30M >source/large
    make_list source list
}

@test "a server that does not check CRC-32C stops the run; without the option it goes on" {
    run accession ingest --part-checksum crc32c -m list source "s3://$BUCKET/p"
    assert_status 5
    assert_says "did not check x-amz-checksum-crc32c"
    assert_says "This server does not check CRC-32C"
    assert_equal "$(s3_list)" ""
    run accession ingest -m list source "s3://$BUCKET/p"
    assert_status 0
    assert_equal "$(s3_sha256 p/large)" "$(sha256sum <source/large | cut -d' ' -f1)"
    assert_equal "$(s3_open_uploads)" ""
}

@test "parts that never arrived are sent signed by a run without the option" {
    run accession ingest --part-checksum crc32c --jobs 1 -m list source "s3://$BUCKET/p"
    assert_status 5
    read -r key id < <(s3_open_uploads)
    (($(s3_parts "$(url_decode "$key")" "$(url_decode "$id")" | wc -l) < 4))
    run accession ingest -m list source "s3://$BUCKET/p"
    assert_status 0
    assert_equal "$(s3_sha256 p/large)" "$(sha256sum <source/large | cut -d' ' -f1)"
}

@test "small files are signed with any value of the option" {
    some_bytes 9000 >source/small
    rm source/large
    make_list source list
    run accession ingest --part-checksum crc32c -m list source "s3://$BUCKET/p"
    assert_status 0
    assert_equal "$(s3_sha256 p/small)" "$(sha256sum <source/small | cut -d' ' -f1)"
}
