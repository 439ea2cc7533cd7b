#!/usr/bin/env bats
# Each source of credentials against a local endpoint: that it is found, that its failures are one
# clear line, and that a run lives through credentials that expire. No secret is ever printed.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154,SC2030,SC2031

load ../lib/scripted

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    local name
    for name in "${!AWS_@}"; do unset "$name"; done
    unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
    export HOME=$PWD XDG_STATE_HOME=$PWD/state AWS_EC2_METADATA_DISABLED=true
    mkdir -p .aws
}

teardown() {
    scripted_stop
}

# profile_file CONTENT: ~/.aws/config
profile_file() {
    printf '%s\n' "$1" >.aws/config
}

# found ACCESS-KEY [SOURCE]: what config credentials says, and no secret with it.
found() {
    run accession config credentials --json
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output != *secret-of* && $output != *token-of* ]]
    [ "$(jq -r .access_key <<<"$output")" = "$1" ]
    # shellcheck disable=SC2053  # a pattern
    [ -z "${2-}" ] || [[ $(jq -r .source <<<"$output") == $2 ]]
}

# broken WORDS: one line on standard error with these words (a pattern), exit status 4.
broken() {
    run accession config credentials
    echo "$output"
    [ "$status" -eq 4 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "accession: "$1 ]]
    [[ $output != *secret-of* && $output != *token-of* && $output != *hush* ]]
}

use_imds() {
    unset AWS_EC2_METADATA_DISABLED
    export AWS_EC2_METADATA_SERVICE_ENDPOINT=$SCRIPTED_URL/_imds
    export AWS_METADATA_SERVICE_TIMEOUT=30 # where it answers, however slow the machine
}

@test "EC2 instance metadata, version 2" {
    scripted_start
    use_imds
    found ASIAIMDS1 'EC2 instance metadata'
    [ "$(scripted_requests | awk '{print $2}' | paste -sd,)" = ImdsToken,ImdsGet,ImdsGet ]
    AWS_EC2_METADATA_SERVICE_ENDPOINT=$SCRIPTED_URL/_imds/ found ASIAIMDS2
}

@test "EC2 instance metadata, version 1 if there is no other, unless it is switched off" {
    scripted_start 'config imds=v1'
    use_imds
    found ASIAIMDS1
    AWS_EC2_METADATA_V1_DISABLED=true broken '*no credentials*asked for a token, answered 404*'
}

@test "EC2 instance metadata that fails is reported, and is not an error by itself" {
    scripted_start 'on ImdsGet nth=1 answer 404
on ImdsGet nth=3 answer 200 body="{\"Code\": \"AssumeRoleUnauthorizedAccess\"}"
on ImdsGet nth=5 answer 200 body="hush"
on ImdsGet nth=6..7 answer 500'
    use_imds
    broken '*no credentials*(the EC2 metadata service, asked for a role, answered 404)*'
    broken '*no credentials*not with credentials: it has no AccessKeyId*'
    broken '*no credentials*not with credentials: it is not a JSON object*'
    AWS_METADATA_SERVICE_NUM_ATTEMPTS=1 broken '*asked for a role, answered 500*'
    AWS_METADATA_SERVICE_NUM_ATTEMPTS=2 found ASIAIMDS1
    scripted_scenario 'on ImdsToken stall'
    AWS_METADATA_SERVICE_TIMEOUT=1 broken '*asked for a token, gave no answer*'
    AWS_EC2_METADATA_DISABLED=TRUE broken '*EC2 metadata is switched off*'
    AWS_METADATA_SERVICE_TIMEOUT=1 AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1/ broken '*asked for a token, gave no answer*'
}

@test "container endpoint, with a token from a variable or a file" {
    scripted_start 'config authorization="let me in"'
    export AWS_CONTAINER_CREDENTIALS_FULL_URI=$SCRIPTED_URL/_container/role
    broken "*endpoint $SCRIPTED_URL/_container/role answered 401. Check *"
    AWS_CONTAINER_AUTHORIZATION_TOKEN='let me in' found ASIACONTAINER1 "container endpoint $SCRIPTED_URL*"
    echo 'let me in' >token
    export AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token
    AWS_CONTAINER_AUTHORIZATION_TOKEN=hush found ASIACONTAINER2
    printf 'hush\nhush' >token
    broken '*token has line breaks inside*'
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=none broken '*AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: cannot be opened*Correct it.'
}

@test "container endpoint that fails for a moment is asked again; nothing else is used instead" {
    scripted_start 'on ContainerCredentials nth=1 answer 500
on ContainerCredentials nth=2 drop
on ContainerCredentials nth=4 login-page'
    use_imds
    export AWS_CONTAINER_CREDENTIALS_FULL_URI=$SCRIPTED_URL/_container
    found ASIACONTAINER1
    broken '*answered, but not with credentials: it is not a JSON object*'
    [ "$(scripted_count 'Imds.*')" -eq 0 ]
}

@test "container endpoint in the clear only on this machine" {
    for url in http://example.com/x http://127.0.0.1.example.com/ http://localhost.example.com/ \
        http://10.0.0.1/ ftp://localhost/ nonsense; do
        AWS_CONTAINER_CREDENTIALS_FULL_URI=$url broken "*endpoint $url: plain HTTP is accepted only*"
    done
    AWS_CONTAINER_CREDENTIALS_FULL_URI='http://hush:hush@127.0.0.1/x?hush' broken '*endpoint http://127.0.0.1/x: plain HTTP is accepted only*'
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=.example.com/ broken '*plain HTTP is accepted only*'
}

# In a network of its own, the addresses that containers and instances know really are there.
@test "the fixed addresses: container by relative URI, pod identity, EC2 metadata" {
    unshare -rn true 2>/dev/null || skip "no network namespaces here"
    unset AWS_EC2_METADATA_DISABLED
    printf 'let me in' >token
    # shellcheck disable=SC2016
    run unshare -rn bash -c '
        set -e
        . "$1/../lib/scripted.bash"
        . "$1/../lib/front.bash"
        trap "front_stop; scripted_stop" EXIT
        ip link set lo up
        for address in 169.254.170.2/32 169.254.170.23/32 169.254.169.254/32; do
            ip address add "$address" dev lo
        done
        ! test -e /proc/net/if_inet6 || ip address add fd00:ec2::23/128 dev lo nodad
        scripted_start
        front_haproxy "frontend fixed
 bind 127.0.0.1:@PORT@
 bind 169.254.170.2:80
 bind 169.254.170.23:80
 bind 169.254.169.254:80
 bind [fd00:ec2::23]:80 transparent
 http-request set-path /_container/eks if { path /v1/credentials } { req.hdr(authorization) -m str \"let me in\" }
 http-request set-path /_imds%[path] if { dst 169.254.169.254 }
 default_backend server
backend server
 server s 127.0.0.1:$SCRIPTED_PORT"
        shift
        AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/_container/task-1 "$@"
        export AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token
        AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1/credentials "$@"
        ! test -e /proc/net/if_inet6 || AWS_CONTAINER_CREDENTIALS_FULL_URI="http://[fd00:ec2::23]/v1/credentials" "$@"
        "$@"
        ' - "$BATS_TEST_DIRNAME" "$ACCESSION" config credentials --json
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(jq -r .source <<<"$output" | head -1)" = "container endpoint http://169.254.170.2/_container/task-1" ]
    [[ $(jq -r .access_key <<<"$output" | tail -1) == ASIAIMDS* ]]
    [ "$(jq -r .access_key <<<"$output" | grep -c ASIACONTAINER)" -ge 2 ]
}

@test "a role by AssumeRole, with all that the profile says of it" {
    scripted_start 'config form="Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Farchive&ExternalId=a%20%26b%2B&RoleSessionName=night.run&DurationSeconds=1800"'
    export AWS_ENDPOINT_URL_STS=$SCRIPTED_URL/_sts
    profile_file '[default]
role_arn = arn:aws:iam::123456789012:role/archive
source_profile = base
external_id = a &b+
role_session_name = night.run
duration_seconds = 1800
[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = hush'
    found ASIASTS1 'role arn:aws:iam::123456789012:role/archive of profile "default"'
    [ "$(scripted_requests AssumeRole | awk '{print $10}')" = AKIABASE ]
    sed -i /external_id/d .aws/config
    broken '*role arn*: STS at *refuses it: AccessDenied. Check the role?s trust policy*'
}

@test "roles in a chain, roles from a named source" {
    scripted_start
    use_imds
    export AWS_ENDPOINT_URL_STS=$SCRIPTED_URL/_sts
    profile_file '[default]
role_arn = arn:outer
source_profile = middle
[profile middle]
role_arn = arn:inner
credential_source = Ec2InstanceMetadata
[profile env]
role_arn = arn:env
credential_source = Environment'
    found ASIASTS3 'role arn:outer*'
    [ "$(scripted_requests AssumeRole | awk '{print $10}' | paste -sd,)" = ASIAIMDS1,ASIASTS2 ]
    export AWS_PROFILE=env
    broken '*credential_source "Environment" has no credentials to assume role arn:env with*'
    run env AWS_ACCESS_KEY_ID=AKIAENV AWS_SECRET_ACCESS_KEY=hush "$ACCESSION" \
        config credentials --json --profile env
    [ "$(jq -r .access_key <<<"$output")" = ASIASTS4 ]
}

@test "STS that fails for a moment is asked again, a refusal is not" {
    scripted_start 'on AssumeRole nth=1 answer 503
on AssumeRole nth=2 answer 400 body="<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>"
on AssumeRole nth=4 answer 403 body="<ErrorResponse><Error><Code>AccessDenied</Code><Message>hush</Message></Error></ErrorResponse>"
on AssumeRole nth=5 login-page
on AssumeRole nth=6 answer 404'
    export AWS_ENDPOINT_URL_STS=$SCRIPTED_URL/_sts
    profile_file '[default]
role_arn = arn:r
source_profile = default
aws_access_key_id = AKIABASE
aws_secret_access_key = hush'
    found ASIASTS1
    broken '*role arn:r*refuses it: AccessDenied. Check the role*'
    [ "$(scripted_count AssumeRole)" -eq 4 ]
    broken '*role arn:r*answered, but not with credentials. Check the network*'
    broken '*role arn:r*answered 404. Check the network*'
    AWS_ENDPOINT_URL_STS=nonsense broken '*endpoint URL for STS must begin with https*'
}

@test "a role that cannot be assumed says why" {
    profile_file '[profile neither]
role_arn = a
[profile both]
role_arn = a
source_profile = x
credential_source = Environment
[profile gone]
role_arn = a
source_profile = nobody
[profile one]
role_arn = a
source_profile = two
[profile two]
role_arn = b
source_profile = one
[profile itself]
role_arn = a
source_profile = itself
[profile empty]
role_arn = a
source_profile = nothing
[profile nothing]
region = x
[profile code]
role_arn = a
source_profile = x
mfa_serial = arn:mfa
[profile long]
role_arn = a
source_profile = x
duration_seconds = forever
[profile odd]
role_arn = a
credential_source = Vault
[profile half]
role_arn = a
source_profile = halfkeys
[profile halfkeys]
aws_access_key_id = AKIA'
    AWS_PROFILE=neither broken '*"neither" has role_arn and neither source_profile and*'
    AWS_PROFILE=both broken '*"both" has role_arn and both source_profile and*'
    AWS_PROFILE=gone broken '*"gone": its source_profile does not exist*'
    AWS_PROFILE=one broken '*leads in a circle*'
    AWS_PROFILE=itself broken '*leads in a circle*'
    AWS_PROFILE=empty broken '*source_profile "nothing" has no credentials to assume role (not an ARN) with*'
    AWS_PROFILE=code broken '*one-time code (mfa_serial)*credential_process = aws configure export-credentials --profile code --format process'
    AWS_PROFILE=long broken '*duration_seconds must be 900 to 43200. Correct it*'
    AWS_PROFILE=odd broken '*credential_source must be Environment*'
    AWS_PROFILE=half broken '*"halfkeys" in the AWS config file has only one of*'
}

@test "a web identity token, from variables or from the profile" {
    scripted_start 'config form="Action=AssumeRoleWithWebIdentity&WebIdentityToken=hush.hush&RoleSessionName=pod"'
    export AWS_ENDPOINT_URL_STS=$SCRIPTED_URL/_sts AWS_ROLE_SESSION_NAME=pod
    printf hush.hush >token
    AWS_WEB_IDENTITY_TOKEN_FILE=token AWS_ROLE_ARN=arn:pod found ASIAWEB1 'role arn:pod of profile "default"'
    AWS_WEB_IDENTITY_TOKEN_FILE=token broken '*a token file is set but no role*'
    profile_file '[default]
role_arn = arn:profile
web_identity_token_file = none'
    broken '*web identity token: the file cannot be opened*'
    AWS_WEB_IDENTITY_TOKEN_FILE=token found ASIAWEB2 'role arn:profile*'
    [ "$(scripted_requests AssumeRole | awk '$10 != "-"' | wc -l)" -eq 0 ]
}

@test "keys in files, as long as keys and tokens may be" {
    token=$(printf 't%.0s' {1..2000})
    printf '[archive]\naws_access_key_id = AKIAFILE\naws_secret_access_key = hush\naws_session_token = %s\n' "$token" >.aws/credentials
    AWS_PROFILE=archive found AKIAFILE 'profile "archive" in the AWS credentials file'
    profile_file '[profile "with a space"]
aws_access_key_id: AKIACONFIG
AWS_SECRET_ACCESS_KEY = hush ; not a comment'
    AWS_PROFILE='with a space' found AKIACONFIG 'profile "with a space" in the AWS config file'
    profile_file '[default]
nonsense'
    run accession config credentials
    [ "$status" -eq 2 ]
    [[ $output == *'/.aws/config:2: the line is neither a [section] nor a setting'* ]]
}

@test "half a pair of keys is an error, not a reason to look elsewhere" {
    AWS_ACCESS_KEY_ID=AKIA broken '*AWS_SECRET_ACCESS_KEY is not. Set both or neither.'
    profile_file '[default]
aws_access_key_id = AKIA'
    broken '*has only one of aws_access_key_id and aws_secret_access_key*'
    profile_file '[default]
sso_session = museum'
    broken '*signs on in a browser (sso_session)*credential_process = aws configure export-credentials --profile default --format process'
}

@test "a bad part of config is named" {
    run accession config secrets
    [ "$status" -eq 2 ]
    [[ $output == *'config secrets: must be credentials or show.'* ]]
}

# manifest_of FOLDER: a checksum list of all below it.
manifest_of() {
    (cd "$1" && find . -type f | sed 's,^\./,,' | LC_ALL=C sort | xargs sha256sum) >manifest-sha256.txt
}

# bats test_tags=slow
@test "credentials that expire in the middle of a run are replaced and nothing is lost" {
    scripted_start 'on * access-key=ASIACONTAINER1 after=20 answer 400 ExpiredToken
on * access-key=ASIACONTAINER2 after=110 answer 400 ExpiredToken'
    export AWS_CONTAINER_CREDENTIALS_FULL_URI=$SCRIPTED_URL/_container AWS_ENDPOINT_URL_S3=$SCRIPTED_URL
    mkdir many
    for i in $(seq 150); do echo "file $i" >"many/$i.txt"; done
    head -c 41000000 /dev/urandom >many/large.bin
    manifest_of many
    run accession ingest --quiet --manifest manifest-sha256.txt many s3://archive/many
    echo "$output"
    [ "$status" -eq 0 ]
    while read -r digest path; do
        [ "$(scripted_sha256 archive "many/$path")" = "$digest" ]
    done <manifest-sha256.txt
    [ "$(scripted_uploads length)" -eq 0 ]
    [ "$(scripted_requests UploadPart 200 | awk '$4 == "many/large.bin" {print $5}' | sort | uniq -d | wc -l)" -eq 0 ]
    [ "$(scripted_count ContainerCredentials)" -eq 3 ]
    [ "$(scripted_count '.*' '400:ExpiredToken')" -ge 2 ]
}

@test "fixed credentials that expire halt the run with status 4" {
    scripted_start 'on * after=20 answer 400 ExpiredToken'
    export AWS_ACCESS_KEY_ID=ASIAFIXED AWS_SECRET_ACCESS_KEY=hush AWS_SESSION_TOKEN=hush
    export AWS_ENDPOINT_URL_S3=$SCRIPTED_URL
    mkdir many
    for i in $(seq 60); do echo "file $i" >"many/$i.txt"; done
    manifest_of many
    run accession ingest --quiet --manifest manifest-sha256.txt many s3://archive/many
    echo "$output"
    [ "$status" -eq 4 ]
    [[ $output != *hush* ]]
}

# bats test_tags=slow
@test "a profile that is fixed while the run waits is used, a half-written one is not" {
    local pid status=0
    scripted_start 'on * access-key=ASIAOLD after=20 answer 400 ExpiredToken'
    printf '[default]\naws_access_key_id = ASIAOLD\naws_secret_access_key = hush\n' >.aws/credentials
    export AWS_ENDPOINT_URL_S3=$SCRIPTED_URL
    mkdir many
    for i in $(seq 60); do echo "file $i" >"many/$i.txt"; done
    manifest_of many
    accession ingest --on-halt wait=60s --manifest manifest-sha256.txt many s3://archive/many >out 2>&1 3>&- &
    pid=$!
    until_true says out 'Trying again'
    local refused
    refused=$(scripted_count '.*' '400:ExpiredToken')
    printf '[default]\naws_access_key_id = ASIANEW\naws_secr' >.aws/credentials
    until_true scripted_has $((refused + 1)) '.*' '400:ExpiredToken'
    printf '[default]\naws_access_key_id = ASIANEW\naws_secret_access_key = hush\n' >.aws/credentials
    wait $pid || status=$?
    cat out
    [ "$status" -eq 0 ]
    [ "$(scripted_requests PutObject 200 | awk '$10 == "ASIANEW"' | wc -l)" -gt 0 ]
    # The files and their manifest.
    [ "$(scripted_objects 'map(.key) | unique | length')" -eq 61 ]
    [ "$(scripted_uploads length)" -eq 0 ] # its claim, too, that could not be taken back meanwhile
}

# The interpreter is Debian's, since python3-botocore is.
# bats test_tags=slow
@test "the same access key wins as with the aws command line" {
    scripted_start
    /usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/credentials_like_aws.py" \
        "$ACCESSION" matrix "$SCRIPTED_URL"
}

@test "an AssumeRole is signed as botocore signs it" {
    /usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/credentials_like_aws.py" \
        "$ACCESSION" signature
}
