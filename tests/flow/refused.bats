#!/usr/bin/env bats
# A bucket that begins to refuse writes in the middle of a run.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers

setup() {
    common_setup
}

teardown() {
    policy clear >/dev/null 2>&1 || true
}

milliseconds() {
    date -u +%s%3N
}

# Writes of the run after the first that was refused, from the gateway's log; the probe apart. A
# refused write was under way or is one of the --jobs further ones.
writes_after_refusal() {
    requests_since | grep -E '^(PUT|POST|DELETE) ' | grep -vF .accession-probe | sort -k4 |
        awk '$3 == 403 && !refused { refused = $4 } refused && $4 > refused' | wc -l
}

deny_in_the_middle() { # POLICY JOBS
    local pid status=0 denied ended
    requests_mark
    "${ACCESSION:-$repository/build/accession}" ingest bag "s3://$BUCKET/a" --jobs "$2" >out 2>&1 3>&- &
    pid=$!
    sleep 0.45
    policy "$1"
    denied=$(milliseconds)
    wait $pid || status=$?
    ended=$(milliseconds)
    echo "# stopped $((ended - denied)) ms after the policy was in force, $(writes_after_refusal) writes after the first refused" >&3
    assert_equal "$status" 3 "exit status"
    # The promise is 2 s; a busy machine gets some more here.
    ((ended - denied < 6000))
    (($(writes_after_refusal) <= $2))
    grep -qi "nothing is lost" out
    grep -q "403 AccessDenied" out
    grep -q "root user" out
}

@test "everybody denied to write, delete or mend the policy: stops, says why, and goes on once mended" {
    new_bucket versioned
    make_bag bag 3000 8K
    add_payload bag large.bin 250M
    finish_bag bag
    deny_in_the_middle deny-all 8
    local kept
    kept=$(s3_versions a/)
    # Once more while it is refused: halts at the first probe and changes nothing.
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 3
    assert_equal "$(s3_versions a/ | md5sum)" "$(md5sum <<<"$kept")" "what is in the bucket"
    [[ -n $kept ]]
    policy clear
    requests_mark
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
    assert_equal "$(s3_check_folder bag a)" 3005 "objects read back"
    assert_equal "$(s3_open_uploads a/)" "" "open uploads"
    assert_equal "$(s3_versions a/ | awk '{ print $2 }' | sort | uniq -d)" "" "keys with two versions"
}

@test "writes denied from the start: exit 3 and not a single write but the probe's" {
    new_bucket
    make_bag bag 10 4K
    policy deny-writes
    requests_mark
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 3
    assert_equal "$(count_writes)" 0 writes
    run accession ingest --dry-run bag "s3://$BUCKET/a"
    assert_status 3
    policy clear
    assert_equal "$(s3_count)" 0 keys
    assert_equal "$(s3_open_uploads)" "" "open uploads"
}

@test "denied on one key alone: that file fails, the others go on" {
    new_bucket
    make_bag bag 30 4K
    cat >policy.json <<POLICY
{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
 "Resource": "arn:aws:s3:::$BUCKET/a/data/file-000007.bin"}]}
POLICY
    policy put policy.json
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 1
    assert_says data/file-000007.bin
    assert_equal "$(s3_count a/)" 33 keys
    policy clear
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
    s3_check_folder bag a
}
