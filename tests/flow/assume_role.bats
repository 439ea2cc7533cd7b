#!/usr/bin/env bats
# AssumeRole against the real gateway's own STS: the signature, the role's and the session's policies,
# a session that is renewed in the middle of a run. What a healthy STS never answers is in
# credentials.bats.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154,SC2030,SC2031

load ../lib/helpers
load ../lib/relay

# A gateway of this file's own: with STS switched on it answers some refusals differently.
setup_file() {
    export ACCESSION_SANDBOX_DIR=$BATS_FILE_TMPDIR/sandbox
    sandbox start --sts >&2
    eval "$(sandbox env)"
}

teardown_file() {
    sandbox stop >&2
}

setup() {
    common_setup
    unset AWS_CA_BUNDLE
    role=role-$$-$RANDOM
    mkdir -p "$HOME/.aws"
    cat >"$HOME/.aws/config" <<CONFIG
[profile archive]
role_arn = arn:aws:iam:::role/$role
source_profile = base
duration_seconds = 900
[profile base]
aws_access_key_id = $AWS_ACCESS_KEY_ID
aws_secret_access_key = $AWS_SECRET_ACCESS_KEY
CONFIG
    new_bucket versioned
}

teardown() {
    sandbox admin role-policy rm --role-name="$role" --policy-name=may >/dev/null 2>&1 || true
    sandbox admin role rm --role-name="$role" >/dev/null 2>&1 || true
}

# make_role [USER]: who may assume it; archive unless said.
make_role() {
    sandbox admin role create --role-name="$role" --path=/ --assume-role-policy-doc='{"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/'"${1:-archive}"'"]},
        "Action": ["sts:AssumeRole"]}]}' >/dev/null
}

# may ACTIONS: what the role may do, JSON.
may() {
    sandbox admin role-policy put --role-name="$role" --policy-name=may --policy-doc='{"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": '"$1"', "Resource": ["arn:aws:s3:::*"]}]}' >/dev/null
}

# as_role COMMAND...: with the profile as the only source of credentials.
as_role() {
    env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY AWS_PROFILE=archive "$@"
}

program() {
    as_role "$ACCESSION" "$@"
}

@test "a bag archived with a role's session" {
    make_role
    may '["s3:*"]'
    make_bag bag 5 4K
    add_payload bag large.bin 12M
    finish_bag bag
    AWS_ENDPOINT_URL=http://LOCALHOST:${AWS_ENDPOINT_URL##*:} run program config credentials --json
    assert_status 0
    assert_equal "$(jq -r .source <<<"$output")" "role arn:aws:iam:::role/$role of profile \"archive\""
    assert_equal "$(jq -r .temporary <<<"$output")" true
    requests_mark
    run program ingest bag "s3://$BUCKET/a"
    assert_status 0
    assert_equal "$(count_requests '^POST / 200 ')" 1 "sessions"
    s3_check_folder bag a >/dev/null
    run program verify bag "s3://$BUCKET/a"
    assert_status 0
}

@test "a role that trusts somebody else, and one that there is not" {
    make_role operator
    run program config credentials
    assert_status 4
    assert_says "STS at $AWS_ENDPOINT_URL/ refuses it: AccessDenied"
    assert_says "Check the role's trust policy"
    sed -i 's,role/.*,role/nobodys,' "$HOME/.aws/config"
    run program config credentials
    assert_status 4
    assert_says "role arn:aws:iam:::role/nobodys of profile \"archive\": STS at $AWS_ENDPOINT_URL/ refuses it:"
}

@test "a role that may not write halts the run; fixed while it waits, it lets the run resume" {
    make_role
    may '["s3:ListBucket", "s3:GetObject"]'
    make_bag bag 5 4K
    run program ingest bag "s3://$BUCKET/a"
    assert_status 3
    assert_says '403 AccessDenied'
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    AWS_PROFILE=archive accession_in_background ingest --on-halt wait=32s bag "s3://$BUCKET/a"
    until_true says out.log 'Trying again'
    may '["s3:*"]'
    ended 0
    eval "$(sandbox env)"
    s3_check_folder bag a >/dev/null
}

@test "an unknown access key, which a gateway with STS calls denied, is a credentials error" {
    make_bag bag 5 4K
    AWS_ACCESS_KEY_ID=nobody run accession ingest bag "s3://$BUCKET/a"
    assert_status 4
    assert_says '403 AccessDenied'
    assert_says 'the credentials expired, were revoked, or belong to another account'
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
}

# The clock is moved instead of waited for: by 12 minutes, since the gateway grants no less than 15,
# and refuses signatures that are further off than that.
@test "a session that is about to end is replaced in the middle of a run" {
    local library sessions puts
    make_role
    may '["s3:*"]'
    make_bag bag 600 64
    echo +0 >clock
    requests_mark
    # What faketime sets, but for FAKETIME itself, which would go before the file.
    # shellcheck disable=SC2016
    library=$(faketime -m -f +0 sh -c 'echo "$LD_PRELOAD"')
    relay_start 200K # of about a KiB a file, most of it headers
    as_role env LD_PRELOAD="$library" FAKETIME_TIMESTAMP_FILE="$PWD/clock" FAKETIME_NO_CACHE=1 \
        FAKETIME_DONT_FAKE_MONOTONIC=1 "$ACCESSION" ingest --jobs 2 \
        --endpoint-url "$RELAY_URL" bag "s3://$BUCKET/a" >out.log 2>&1 3>&- &
    # shellcheck disable=SC2034  # for "ended"
    PROGRAM=$!
    until_true relay_holds
    echo +12m >clock.new
    mv clock.new clock
    relay_release
    ended 0
    sessions=$(count_requests '^POST / 200 ')
    puts=$(requests_since | awk '$1 == "POST" && $2 == "/" { n++ } n == 2 && $1 == "PUT" && $3 == 200' | wc -l)
    assert_equal "$sessions" 2 sessions
    ((puts > 0))
    s3_check_folder bag a >/dev/null
}
