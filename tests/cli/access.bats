#!/usr/bin/env bats
# The least policies of accession-access(7), judged by the gateway's own engine: an identity that has
# nothing else archives, proves and verifies with them, and loses what the page says when an action
# is taken away.
# bats expands @test, and $status and $output come from "run".
# Backquotes stand for code blocks of the page.
# shellcheck disable=SC2154,SC2016

bats_require_minimum_version 1.5.0
load ../lib/helpers

setup() {
    common_setup
    new_bucket versioned
    # A user that owns nothing: all it may do comes from the policy.
    sandbox admin user create --uid keeper --display-name keeper --access-key KEEPERKEY \
        --secret-key keepersecret >/dev/null 2>&1 || true
    mkdir files
    some_bytes 12M 1 >files/large
    some_bytes 3000 2 >files/small
    (cd files && sha256sum -- *) >list
}

# grant SECTION [ACTION]: the page's policy for this test's bucket, without ACTION.
grant() {
    sed -n "/^# $1/,/^# /p" "$repository/src/man/accession-access.7.scd" | sed -n '/^```/,/^```/p' | sed '/^```/d' >page.json
    jq --arg bucket "$BUCKET" --arg without "${2:-}" '
        .Statement |= (map(.Principal = {AWS: ["arn:aws:iam:::user/keeper"]}
            | .Action |= map(select(. != $without))
            | .Resource |= sub("archive"; $bucket)) | map(select(.Action | length > 0)))' page.json >policy.json
    policy put policy.json >/dev/null
}

# keeper STATE ARGUMENTS...: accession as that user, with a ledger of its own.
keeper() {
    AWS_ACCESS_KEY_ID=KEEPERKEY AWS_SECRET_ACCESS_KEY=keepersecret XDG_STATE_HOME=$BATS_TEST_TMPDIR/$1 \
        accession "${@:2}"
}

@test "nothing is allowed without a policy" {
    run -4 keeper one ingest -m list files "s3://$BUCKET/p"
}

@test "the policy for ingest: a first run, another ledger's rerun, the probe, uploads" {
    grant "INGEST AND WATCH"
    run -0 keeper one ingest -m list files "s3://$BUCKET/p" --part-size 5M
    [[ $output == *"and the bucket's versions after"* ]]
    run -0 keeper other ingest -m list files "s3://$BUCKET/p" --part-size 5M
    [[ $output == *"already there      2 "* ]]
    run -0 keeper one probe "s3://$BUCKET/p"
    run -0 keeper one uploads "s3://$BUCKET/p"
}

@test "each action that the page calls needed is needed" {
    grant "INGEST AND WATCH" s3:PutObject
    run -3 keeper one ingest -m list files "s3://$BUCKET/p" --part-size 5M
    grant "INGEST AND WATCH" s3:ListBucketVersions
    run -0 keeper one ingest -m list files "s3://$BUCKET/p" --part-size 5M
    [[ $output != *"and the bucket's versions after"* ]]
    local action
    # The archive's own objects: an object's owner may read it whatever the policy.
    policy clear >/dev/null
    run -0 accession ingest -m list files "s3://$BUCKET/q" --part-size 5M
    for action in s3:GetObject s3:GetObjectVersion; do
        grant "INGEST AND WATCH" "$action"
        run -1 keeper "without-$action" ingest -m list files "s3://$BUCKET/q" --part-size 5M
    done
}

@test "the policy for verify, and what it lacks" {
    run -0 accession ingest -m list files "s3://$BUCKET/p" --part-size 5M
    grant VERIFY
    run -0 keeper one verify -m list files "s3://$BUCKET/p"
    run -0 keeper one verify --level listed -m list files "s3://$BUCKET/p"
    run -3 keeper one ingest -m list files "s3://$BUCKET/q"
    grant VERIFY s3:GetObject
    run -1 keeper one verify -m list files "s3://$BUCKET/p"
}

@test "the bucket policy of the page locks no one out" {
    sed -n '/^# A BUCKET POLICY/,/^# ON/p' "$repository/src/man/accession-access.7.scd" | sed -n '/^```$/,/^```$/p' |
        sed -n '/^{/,/^}/p' >policy.json
    run -0 accession policy check --bucket archive policy.json
}

# allow OBJECT-ACTIONS BUCKET-ACTIONS: a policy of these alone, separated by blanks.
allow() {
    jq -n --arg bucket "$BUCKET" --arg objects "$1" --arg buckets "$2" '
        {Version: "2012-10-17", Statement: [
            {Effect: "Allow", Principal: {AWS: ["arn:aws:iam:::user/keeper"]},
             Action: ($objects | split(" ")), Resource: "arn:aws:s3:::\($bucket)/*"},
            {Effect: "Allow", Principal: {AWS: ["arn:aws:iam:::user/keeper"]},
             Action: ($buckets | split(" ")), Resource: "arn:aws:s3:::\($bucket)"}]}' >policy.json
    policy put policy.json >/dev/null
}

@test "restore, receipts in a bucket, import and rebuild need what the page says" {
    grant "INGEST AND WATCH"
    run -0 keeper one ingest -m list files "s3://$BUCKET/p" --receipts "s3://$BUCKET/receipts"
    grant VERIFY s3:GetBucketVersioning
    run -0 keeper one restore "s3://$BUCKET/p" back
    cmp files/large back/large
    allow s3:GetObject s3:ListBucket
    run -0 keeper new ledger import "s3://$BUCKET/receipts"
    [[ $output == *"archived"*"on record as archived"* ]]
    run -0 keeper newer ledger rebuild "s3://$BUCKET/p"
    [[ $output == *"in the bucket, with size and ETag"* ]]
    allow s3:GetObject s3:ListBucketVersions
    run keeper newest ledger import "s3://$BUCKET/receipts"
    ((status > 0))
}
