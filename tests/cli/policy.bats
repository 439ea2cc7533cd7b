#!/usr/bin/env bats
# accession policy check: what it says, how it ends, and whether a real gateway does what it foretells.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2153,SC2154

load ../lib/helpers

setup() {
    common_setup
    # shellcheck source=/dev/null
    . "$repository/tests/policy/compare.bash"
}

# Whatever a test has put on its bucket, locked out or not, the operator removes.
teardown() {
    [[ -z ${bucket:-} ]] || compare_teardown
}

# statement EFFECT ACTIONS [CONDITION]: a policy of one statement about everybody, for the bucket "vault".
statement() {
    printf '{"Version": "2012-10-17", "Statement": [{"Sid": "Only", "Effect": "%s", "Principal": "*",
        "Action": [%s], "Resource": ["arn:aws:s3:::vault", "arn:aws:s3:::vault/*"]%s}]}\n' \
        "$1" "$2" "${3:+, \"Condition\": {$3\}}" >policy.json
}

# Runs the check; $output has its lines joined, so that folding does not matter.
check() {
    run accession policy check "$@"
    output=$(tr -s '[:space:]' ' ' <<<"$output")
}

@test "policy: the accident that made this program necessary is seen beforehand" {
    statement Deny '"s3:PutObject", "s3:DeleteObject", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"'
    check policy.json
    assert_status 1
    assert_says "only the account's root user can change"
    assert_says "no one can write"
    assert_says "Do not apply it as it is"
    check --server rgw policy.json
    assert_status 1
    assert_says "the owner"
    refute_says "root user"
}

@test "policy: a harmless one is called harmless" {
    statement Allow '"s3:GetObject"'
    check policy.json
    assert_status 0
    assert_says "This policy blocks neither"
}

@test "policy: removing the policy is a way out, so denying only one of the two is not a lock-out" {
    statement Deny '"s3:PutBucketPolicy"'
    check policy.json
    assert_status 0
    refute_says "Lock-out"
}

@test "policy: what the uploads send decides, and what is not known is named" {
    statement Deny '"s3:PutObject"' '"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}'
    check policy.json
    assert_status 1
    assert_says "uploads: met"
    check --sse aws:kms policy.json
    assert_status 0
    assert_says "uploads: not met"

    statement Deny '"s3:*"' '"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}'
    check policy.json
    assert_status 0
    assert_says "depends on aws:SourceIp"
    check --source-ip 192.0.2.9 policy.json
    assert_status 0
    assert_says "uploads: not met"
    check --source-ip 198.51.100.1 policy.json
    assert_status 1
}

@test "policy: If-None-Match is asked of the requests that make an object, and they send it" {
    statement Deny '"s3:PutObject"' '"Null": {"s3:if-none-match": "true"},
        "Bool": {"s3:ObjectCreationOperation": "true"}'
    check policy.json
    assert_status 0
    statement Deny '"s3:PutObject"' '"Null": {"s3:if-none-match": "true"}'
    check policy.json
    assert_status 1
    assert_says "CreateMultipartUpload: met"
    assert_says "CompleteMultipartUpload: not met"
}

@test "policy: mistakes are found before the server finds them, or when it never would" {
    statement Deny '"s3:PutObjet"'
    check policy.json
    assert_says "does not know the action 's3:PutObjet'"
    check --server rgw policy.json
    assert_status 2

    sed 's/"arn:aws:s3:::vault",//; s/"s3:PutObjet"/"s3:ListBucket"/' policy.json >objects.json
    check objects.json
    assert_status 2
    assert_says "actions on the bucket need the resource"
    check --server rgw objects.json
    assert_status 0
    assert_says Mistake

    check --bucket cellar objects.json
    assert_status 2
    assert_says "is not in the bucket cellar"

    statement Deny '"s3:*"'
    sed 's/"Principal": "\*"/"Principal": {"AWS": "alice"}/' policy.json >alice.json
    check alice.json
    assert_status 2
    assert_says "neither an ARN nor an account number"
}

@test "policy: not JSON, too large, twice the same key" {
    printf '{\n "Version": "2012-10-17"\n "Statement": []\n}' >policy.json
    check policy.json
    assert_status 2
    assert_says "policy.json:3: not JSON"

    statement Allow '"s3:GetObject"'
    sed "s/Only/$(printf 'x%.0s' {1..20500})/" policy.json >large.json
    check large.json
    assert_status 2
    assert_says "accepts at most 20480"

    statement Allow '"s3:GetObject"'
    sed 's/"Effect": "Allow"/"Effect": "Deny", "Effect": "Allow"/' policy.json >twice.json
    check twice.json
    assert_says "duplicate"
    assert_says "depends on a statement that is malformed"
}

@test "policy: names from a policy cannot write on the terminal" {
    statement Deny '"s3:PutObject"'
    sed 's/Only/\\u001b[2J\\u0007/' policy.json >escape.json
    check escape.json
    assert_status 1
    refute_says $'\e'
    assert_says '\x1B[2J'
}

@test "policy: the text stays within 80 columns" {
    local file
    for file in "$repository"/tests/policy/rgw/*.json; do
        run accession policy check --server rgw --bucket vault <(sed 's/@BUCKET@/vault/g' "$file")
        # awk counts bytes, and a dash is three of them. A word longer than a line is not broken.
        awk -v file="$file" '
            length($0) > 80 && length($NF) < 60 { print file ": " $0; wide = 1 }
            END { exit wide }' <<<"${output//—/-}"
    done
}

@test "policy: the one in force is read from the bucket and judged as the gateway judges" {
    new_bucket
    run accession policy check "s3://$BUCKET"
    assert_status 0
    assert_says "has no bucket policy"
    policy deny-all
    run accession policy check "s3://$BUCKET/some/prefix"
    policy clear
    assert_status 1
    assert_says "as Ceph RGW judges it"
    assert_says "no one can change or remove the policy"
    run accession policy check s3://no-such-bucket-at-all
    assert_status 4
}

@test "policy: a gateway refuses and serves what the verdicts foretell" {
    local file same=0 checked=0
    compare_setup "policy-$$-$RANDOM" "$BATS_TEST_TMPDIR"
    for file in "$repository"/tests/policy/rgw/*.json; do
        compare_policy "$file" || same=1
        checked=$((checked + 1))
    done
    # And the comparison itself can fail: the verdicts on one policy, the deeds of another.
    compare_verdicts() {
        sed "s/@BUCKET@/$bucket/g" "$repository/tests/policy/rgw/allow-other-read.json" >other.json
        accession policy check --json --server rgw --bucket "$bucket" --owner archive --as "$1" other.json
    }
    run compare_policy "$repository/tests/policy/rgw/lock-out.json"
    assert_status 1
    assert_says "archive: expected PutObject served"
    assert_says "archive: seen     PutObject refused"
    echo "$checked policies"
    ((checked >= 25 && same == 0))
}
