#!/usr/bin/env bats
# The least policies of accession-access(7), judged by the gateway's own engine: an identity that has
# nothing else archives, proves and verifies with them, and loses what the page says when an action
# is taken away.
# bats expands @test, and $status and $output come from "run".
# Backquotes stand for code blocks of the page.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031

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

# block SECTION: the JSON of the page's section.
block() {
    sed -n "/^##* $1\$/,/^##* /p" "$repository/src/man/accession-access.7.scd" | sed -n '/^```/,/^```/p' | sed '/^```/d'
}

# grant SECTION [ACTION]: the page's policy for this test's bucket, without ACTION.
grant() {
    block "$1" >page.json
    jq --arg bucket "$BUCKET" --arg without "${2:-}" '
        .Statement |= (map(.Principal = {AWS: ["arn:aws:iam:::user/keeper"]}
            | .Action |= ([.] | flatten | map(select(. != $without)))
            | .Resource |= sub(":::(archive|source)"; ":::" + $bucket)) | map(select(.Action | length > 0)))' page.json >policy.json
    policy put policy.json >/dev/null
}

# actions SECTION: those of the page's policy, one a line.
actions() { block "$1" | jq -r '[.Statement[].Action] | flatten | .[]'; }

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

# ingest_to NAME [OPTION...]: its summary and notes, as JSON in $output.
ingest_to() {
    run keeper "$1" ingest --json -m list files "s3://$BUCKET/$1" --part-size 5M "${@:2}"
}

of_summary() { jq -r "select(.type == \"summary\").$1" <<<"$output"; }

@test "ingest: each action that is taken away is missed where the page says" {
    local action
    for action in $(actions "INGEST AND WATCH"); do
        grant "INGEST AND WATCH" "$action"
        case $action in
        s3:PutObject)
            run -3 keeper one ingest -m list files "s3://$BUCKET/p" --part-size 5M
            ;;
        s3:GetObject | s3:GetObjectVersion)
            # The archive's own objects: an object's owner may read it whatever the policy.
            policy clear >/dev/null
            run -0 accession ingest -m list files "s3://$BUCKET/q" --part-size 5M
            grant "INGEST AND WATCH" "$action"
            run -1 keeper "without-$action" ingest -m list files "s3://$BUCKET/q" --part-size 5M
            ;;
        s3:AbortMultipartUpload)
            cp -r files broken
            flip_byte broken/large 11000000
            run -1 keeper broken ingest -m list broken "s3://$BUCKET/broken" --part-size 5M
            [[ $(s3_open_uploads broken/) == *broken/large* ]]
            ;;
        s3:ListBucket)
            ingest_to unlisted
            assert_says "these credentials may not list the bucket"
            ;;
        s3:ListBucketVersions)
            ingest_to unversioned
            assert_equal "$(of_summary write_once)" checked
            ;;
        s3:GetBucketVersioning)
            ingest_to unknown
            assert_equal "$(of_summary capabilities.versioning_known)" null
            ;;
        s3:ListBucketMultipartUploads)
            run keeper one uploads "s3://$BUCKET/p"
            ((status > 0))
            ;;
        s3:GetBucketObjectLockConfiguration | s3:ListMultipartUploadParts) ;; # the gateway does not ask for them
        *) fail "$action: the page names it, and no test knows what for" ;;
        esac
        # With all of them, nothing is missed.
        [[ $action != s3:PutObject ]] || {
            grant "INGEST AND WATCH"
            ingest_to whole
            assert_equal "$status $(of_summary write_once) $(of_summary capabilities.versioning_known)" "0 versions true"
            refute_says "may not list"
        }
    done
}

@test "ingest to a prefix alone: below it everything works, beside it nothing" {
    grant "A prefix alone"
    run -0 keeper one ingest -m list files "s3://$BUCKET/maps/one" --part-size 5M
    assert_says "and the bucket's versions after"
    refute_says "may not list"
    run -0 keeper other ingest -m list files "s3://$BUCKET/maps/one" --part-size 5M
    assert_says "already there      2 "
    run -0 keeper one probe "s3://$BUCKET/maps/one"
    run keeper one ingest -m list files "s3://$BUCKET/other" --part-size 5M
    ((status == 3 || status == 4))
    run keeper one verify -m list files "s3://$BUCKET/other"
    ((status > 0))
    assert_equal "$(s3_count other/)" 0 "objects beside the prefix"
}

@test "the statements for options and keys are policy, and options work with them" {
    block "Object Lock, tags and ACLs" >options.json
    block KMS | jq -e '.Effect == "Allow" and (.Action | length == 2)'
    BUCKET=locked-${BATS_SUITE_TEST_NUMBER:-0}-$$-$RANDOM
    s3_curl PUT "$BUCKET" -f -H 'x-amz-bucket-object-lock-enabled: true'
    grant "INGEST AND WATCH"
    jq --slurpfile more options.json --arg bucket "$BUCKET" '.Statement += [$more[0]
        | .Principal = {AWS: ["arn:aws:iam:::user/keeper"]} | .Resource |= sub("archive"; $bucket)]' policy.json >both.json
    policy put both.json >/dev/null
    run -0 keeper one ingest -m list files "s3://$BUCKET/p" --part-size 5M --object-lock-mode GOVERNANCE \
        --retain-until 2046-01-01 --legal-hold --tag a=b --acl bucket-owner-full-control
}

@test "the policy for verify, and what it lacks" {
    run -0 accession ingest -m list files "s3://$BUCKET/p" --part-size 5M
    grant VERIFY
    run -0 keeper one verify -m list files "s3://$BUCKET/p"
    run -0 keeper one verify --level listed -m list files "s3://$BUCKET/p"
    run -3 keeper one ingest -m list files "s3://$BUCKET/q"
    grant VERIFY s3:GetObject
    run -1 keeper one verify -m list files "s3://$BUCKET/p"
    grant VERIFY s3:ListBucket
    run -0 keeper one verify -m list files "s3://$BUCKET/p"
    assert_says "cannot see objects that no manifest names"
    # Another client writes on top: what is known of the archived version.
    policy clear >/dev/null
    s3_put p/small list
    grant VERIFY
    run -1 keeper state verify "s3://$BUCKET/p"
    [[ ${output//[[:space:]]/ } == *"still exists, unchanged"* ]]
    grant VERIFY s3:GetObjectVersion
    run -1 keeper state verify "s3://$BUCKET/p"
    assert_says "may not be read (403)"
    grant VERIFY s3:ListBucketVersions
    run -1 keeper state verify "s3://$BUCKET/p"
    refute_says "newer version"
}

@test "restore: the policy of the page, and what it lacks" {
    run -0 accession ingest -m list files "s3://$BUCKET/p" --part-size 5M
    grant RESTORE
    run -0 keeper state restore "s3://$BUCKET/p" back
    cmp files/large back/large
    run -3 keeper one ingest -m list files "s3://$BUCKET/q"
    grant RESTORE s3:GetObject
    run -1 keeper one restore -m list "s3://$BUCKET/p" lacking
    run -0 keeper state restore "s3://$BUCKET/p" by-version
    grant RESTORE s3:GetObjectVersion
    run -1 keeper state restore "s3://$BUCKET/p" lacking
    run -0 keeper one restore -m list "s3://$BUCKET/p" by-manifest
    # One listing less is a request more for each object.
    grant RESTORE
    requests_mark
    run -0 keeper state restore "s3://$BUCKET/p" listed
    assert_equal "$(count_requests '^HEAD ')" 0 "requests for one object"
    grant RESTORE s3:ListBucketVersions
    requests_mark
    run -0 keeper state restore "s3://$BUCKET/p" asked
    assert_equal "$(count_requests '^HEAD ')" 2 "requests for one object"
    # Without versions, the other listing.
    new_bucket
    run -0 accession ingest -m list files "s3://$BUCKET/p" --part-size 5M
    grant RESTORE
    requests_mark
    run -0 keeper state restore "s3://$BUCKET/p" listed-plainly
    assert_equal "$(count_requests '^HEAD ')" 0 "requests for one object"
    grant RESTORE s3:ListBucket
    requests_mark
    run -0 keeper state restore "s3://$BUCKET/p" asked-plainly
    assert_equal "$(count_requests '^HEAD ')" 2 "requests for one object"
}

@test "ingest from a bucket: the policy for the source, and what it lacks" {
    local source=$BUCKET action
    (cd files && tar -cf ../pack.tar .)
    s3_put in/small files/small
    s3_put in/large files/large
    s3_put pack.tar pack.tar
    new_bucket versioned
    grant "INGEST AND WATCH"
    local there=$BUCKET
    BUCKET=$source
    grant "INGEST FROM A BUCKET"
    run -0 keeper one ingest -m list "s3://$source/in" "s3://$there/objects" --part-size 5M
    run -0 keeper one ingest -m list "s3://$source/pack.tar" "s3://$there/package" --part-size 5M
    for action in $(actions "INGEST FROM A BUCKET"); do
        grant "INGEST FROM A BUCKET" "$action"
        case $action in
        s3:GetObject) run -1 keeper two ingest -m list "s3://$source/in" "s3://$there/second" --part-size 5M ;;
        s3:ListBucket) run -2 keeper two ingest -m list "s3://$source/in" "s3://$there/fifth" --part-size 5M ;;
        *) fail "$action: the page names it, and no test knows what for" ;;
        esac
    done
}

@test "replicate: reading at the first bucket, the policy for ingest at the second" {
    local first=$BUCKET
    run -0 accession ingest -m list files "s3://$first/p" --part-size 5M
    new_bucket versioned
    local second=$BUCKET
    grant "INGEST AND WATCH"
    BUCKET=$first
    grant REPLICATE s3:GetObject
    run -1 keeper state replicate "s3://$first/p" "s3://$second/p" --part-size 5M
    grant REPLICATE s3:ListBucket
    run -2 keeper state replicate "s3://$first/p" "s3://$second/p" --part-size 5M
    grant REPLICATE
    run -0 keeper state replicate "s3://$first/p" "s3://$second/p" --part-size 5M
    # Nothing can be written to the first.
    run -3 keeper one ingest -m list files "s3://$first/q"
}

@test "policy check of a bucket needs one action" {
    grant "PROBE, UPLOADS, POLICY"
    run -0 keeper one policy check "s3://$BUCKET"
    grant VERIFY
    run keeper one policy check "s3://$BUCKET"
    ((status > 0))
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

@test "receipts in a bucket, import and rebuild need what the page says" {
    grant "INGEST AND WATCH"
    run -0 keeper one ingest -m list files "s3://$BUCKET/p" --receipts "s3://$BUCKET/receipts"
    allow s3:GetObject s3:ListBucket
    run -0 keeper new ledger import "s3://$BUCKET/receipts"
    [[ $output == *"archived"*"on record as archived"* ]]
    run -0 keeper newer ledger rebuild "s3://$BUCKET/p"
    [[ $output == *"in the bucket, with size and ETag"* ]]
    allow s3:GetObject s3:ListBucketVersions
    run keeper newest ledger import "s3://$BUCKET/receipts"
    ((status > 0))
}
