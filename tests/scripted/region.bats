# A bucket that lives in another region than was said: followed there, once.
load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
}
teardown() { scripted_stop; }

@test "the region in a redirect is signed for, and the run completes" {
    scripted_start 'on * nth=1 answer 301 PermanentRedirect add="x-amz-bucket-region: eu-west-1"'
    make_bag "$BATS_TEST_TMPDIR/bag" 3 1000
    run accession ingest --endpoint-url "$SCRIPTED_URL" "$BATS_TEST_TMPDIR/bag" s3://archive/r
    assert_status 0
    assert_says 'Archived'
}

@test "a server that redirects endlessly is reported, with the region it names" {
    scripted_start 'on * answer 301 PermanentRedirect add="x-amz-bucket-region: eu-west-1"'
    make_bag "$BATS_TEST_TMPDIR/bag" 1 1000
    run accession ingest --endpoint-url "$SCRIPTED_URL" "$BATS_TEST_TMPDIR/bag" s3://archive/r
    assert_status 4
    assert_says 'eu-west-1'
    assert_equal "$(grep -c ' ' "$SCRIPTED_LOG")" 2
}
