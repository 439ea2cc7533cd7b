#!/usr/bin/env bats
# A bucket that begins to refuse writes in the middle of a run.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/relay

setup() {
    common_setup
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
    policy clear >/dev/null 2>&1 || true
}

# Writes of the run after the first that was refused, from the gateway's log; the probe apart. A
# refused write was in progress or is one of the --jobs further ones.
writes_after_refusal() {
    requests_since | grep -E '^(PUT|POST|DELETE) ' | grep -vF .accession-probe | sort -s -k4 |
        awk '$3 == 403 && !refused { refused = $4 } refused && $4 > refused' | wc -l
}

deny_in_the_middle() { # POLICY JOBS
    requests_mark
    relay_start 120M
    accession_in_background ingest bag "s3://$BUCKET/a" --jobs "$2" --endpoint-url "$RELAY_URL"
    until_true relay_holds
    policy "$1"
    relay_release
    ended 3
    echo "# $(writes_after_refusal) writes after the first refused" >&3
    (($(writes_after_refusal) <= $2))
    says out.log "Nothing is lost"
    says out.log "403 AccessDenied"
    says out.log "root user"
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
    run accession ingest bag "s3://$BUCKET/a" --endpoint-url "$RELAY_URL"
    assert_status 3
    assert_equal "$(s3_versions a/ | md5sum)" "$(md5sum <<<"$kept")" "what is in the bucket"
    [[ -n $kept ]]
    policy clear
    requests_mark
    run accession ingest bag "s3://$BUCKET/a" --endpoint-url "$RELAY_URL"
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
    assert_equal "$(s3_count a/)" 29 "keys: tag files and manifests are withheld"
    policy clear
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
    s3_check_folder bag a
}
