#!/usr/bin/env bats
# No message ever shows a secret: one is planted in every source of credentials and in every malformed
# shape of it, then each command runs, and all that it prints and writes is searched.
# bats expands @test, and $status and $output come from "run"; SCRIPTED_URL is the server's.
# shellcheck disable=SC2154,SC2030,SC2031

bats_require_minimum_version 1.5.0
load ../lib/helpers
load ../lib/scripted

secret=wJalrXUtnFEMIplantedK7MDENGbPxRfiCY

setup() {
    common_setup
    unset "${!AWS_@}" ACCESSION_CONFIG
    export AWS_EC2_METADATA_DISABLED=true AWS_REGION=us-east-1
    mkdir files "$HOME/.aws"
    some_bytes 3000 1 >files/a
    make_list files list
}

teardown() {
    scripted_stop
}

commands=("config credentials" "config credentials --json" "probe --retries 0 s3://bucket/p"
    "ingest --retries 0 --json --debug=all -m list files s3://bucket/p" "ingest --retries 0 -m list files s3://bucket/p")
more_commands=("policy check --retries 0 s3://bucket/p" "verify --retries 0 -m list s3://bucket/p"
    "uploads --retries 0 s3://bucket/p" "status" "config show" "probe --json --retries 0 s3://bucket/p")

# keeps_secret WHAT [OPTION...]: runs commands, none of which may show any part of the secret.
keeps_secret() {
    local what=$1 part command
    shift
    for command in "${commands[@]}"; do
        # shellcheck disable=SC2086
        run accession $command "$@"
        [ "$status" -ne 127 ]
        for part in "$secret" planted PLANTED "${secret:0:12}" "${secret: -12}"; do
            [[ $output != *"$part"* ]] || {
                printf '%s: "%s" shows the secret:\n%s\n' "$what" "$command" "$output"
                return 1
            }
        done
        # shellcheck disable=SC2143
        [ -z "$(grep -rlai planted "$XDG_STATE_HOME")" ] || {
            printf '%s: "%s" leaves the secret in a file\n' "$what" "$command"
            return 1
        }
    done
}

# planted NAME: shapes of a credentials or config file, one a call; %s is the secret.
shapes=(
    '[default]\n\tregion = eu-west-1\n\taws_access_key_id = AKIA\n\taws_secret_access_key = %s\n'
    '[default]\naws_access_key_id = AKIA\n  aws_secret_access_key = %s\n'
    '[default]\naws_access_key_id = AKIA\n  [other]\n  aws_secret_access_key = %s\n'
    '[default]\nregion = eu-west-1\n  aws_secret_access_key = %s\n'
    '[default]\nregion =\n  aws_secret_access_key = %s\n'
    '[default]\nregion =\n  %s\n'
    '[default]\nca_bundle = /etc/ssl\n  %s\n'
    '[default]\naws_access_key_id = AKIA ; %s\naws_secret_access_key = x\n'
    '[default]\naws_access_key_id = AKIA\naws_secret_access_key = \n%s\n'
    '[default]\naws_access_key_id = AKIA\naws_secret_access_key %s\n'
    '[default]\n%s = x\n%s = y\n'
    '[default]\n= %s\n'
    'aws_secret_access_key = %s\n'
    '%s\n'
    '[%s]\n[%s]\n'
    '[default]\naws_secret_access_key = %s\naws_secret_access_key = %s\n'
    '[default]\naws_secret_access_key = %s\n[default]\n'
    '[default]\naws_secret_access_key = %s\n'
    '[default]\naws_access_key_id = AKIA\naws_session_token = %s\n'
    '\xef\xbb\xbf[default]\naws_secret_access_key = %s\n'
    '[default]\naws_secret_access_key = %s\0\n'
    '[default]\nregion = %s/\n'
    '[default]\nendpoint_url = %s\n'
    '[default]\nendpoint_url = http://user:%s@127.0.0.1\n'
    '[default]\nservices = a\n[services a]\ns3 =\n  endpoint_url = %s\n'
    '[default]\nservices = a\n[services a]\ns3 =\n  %s\n'
    '[default]\ns3 =\n  addressing_style = %s\n'
    '[default]\nca_bundle = %s\n'
    '[default]\nmax_attempts = %s\n'
    '[default]\ncredential_process = %s\n'
    '[default]\ncredential_process = KEY=%s true\n'
    '[default]\ncredential_process = "%s\n'
    "[default]\ncredential_process = sh -c 'echo %s; echo %s >&2'\n"
    "[default]\ncredential_process = sh -c 'echo %s; echo %s >&2; exit 3'\n"
    "[default]\ncredential_process = sh -c 'echo {\"Version\": 1, \"AccessKeyId\": \"A %s\", \"SecretAccessKey\": \"%s\"}'\n"
    '[default]\nrole_arn = arn:a\nsource_profile = %s\n'
    '[default]\nrole_arn = %s\nsource_profile = b\n[profile b]\nregion = x\n'
    '[default]\nrole_arn = arn:a\ncredential_source = %s\n'
    '[default]\nrole_arn = arn:a\ncredential_source = Environment\nduration_seconds = %s\n'
    '[default]\nrole_arn = arn:a\nweb_identity_token_file = %s\n'
    '[default]\nrole_arn = arn:a\nsource_profile = b\n[profile b]\naws_access_key_id = A\n  aws_secret_access_key = %s\n'
    '[default]\nsso_session = %s\n'
    '[default]\nrole_arn = arn:a\nsource_profile = b\nmfa_serial = %s\n[profile b]\naws_access_key_id = A\naws_secret_access_key = %s\n'
    '[default]\nec2_metadata_service_endpoint = http://%s/\n'
)

# bats test_tags=slow
@test "in configuration files of every shape" {
    local shape file
    for shape in "${shapes[@]}"; do
        for file in credentials config; do
            rm -rf "$HOME/.aws" "$XDG_STATE_HOME"
            mkdir -p "$HOME/.aws" "$XDG_STATE_HOME"
            # shellcheck disable=SC2059
            printf "${shape//%s/$secret}" >"$HOME/.aws/$file"
            AWS_ENDPOINT_URL=http://127.0.0.1:9 keeps_secret "$file: $shape"
        done
    done
}

@test "in configuration files that name the server" {
    local shape
    for shape in '[default]\nendpoint_url = http://%s@127.0.0.1:9\n' '[default]\nendpoint_url = %s\n' '[default]\nregion = %s/\n'; do
        # shellcheck disable=SC2059
        printf "${shape//%s/$secret}" >"$HOME/.aws/config"
        AWS_REGION='' keeps_secret "$shape"
    done
}

# bats test_tags=slow
@test "in variables that expect something else" {
    local name
    for name in AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_MAX_ATTEMPTS AWS_WEB_IDENTITY_TOKEN_FILE \
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE AWS_CONTAINER_AUTHORIZATION_TOKEN; do
        (
            export AWS_ROLE_ARN=arn:a AWS_ENDPOINT_URL=http://127.0.0.1:9
            export "$name=$secret"
            [[ $name != AWS_CONTAINER* ]] || export AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:9/
            keeps_secret "$name"
            AWS_ACCESS_KEY_ID=AKIA keeps_secret "$name with an access key"
        )
    done
    export AWS_ACCESS_KEY_ID="AKIA $secret" AWS_SECRET_ACCESS_KEY=$'planted\nplanted'
    keeps_secret "keys that ran together"
}

@test "in URLs" {
    local name
    for name in AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 AWS_ENDPOINT_URL_STS AWS_CONTAINER_CREDENTIALS_FULL_URI \
        AWS_EC2_METADATA_SERVICE_ENDPOINT https_proxy http_proxy; do
        (
            export "$name=http://user:$secret@127.0.0.1:9/planted?$secret"
            [[ $name != *EC2* ]] || unset AWS_EC2_METADATA_DISABLED
            [[ $name != *proxy ]] || export AWS_ENDPOINT_URL="${name%_proxy}://127.0.0.1:9"
            [[ $name != *STS ]] || printf '[default]\nrole_arn = arn:a\ncredential_source = Environment\n' >"$HOME/.aws/config"
            export AWS_METADATA_SERVICE_TIMEOUT=1
            keeps_secret "$name"
            AWS_ACCESS_KEY_ID=AKIA AWS_SECRET_ACCESS_KEY=$secret keeps_secret "$name with keys"
        )
    done
    keeps_secret "--endpoint-url" --endpoint-url "http://user:$secret@127.0.0.1:9"
    keeps_secret "--endpoint-url=" "--endpoint-url=https://$secret@127.0.0.1:9/"
}

@test "in destinations" {
    local url commands
    for url in "s3://AKIA:$secret@bucket/p" "s3://AKIA:${secret:0:20}/${secret:20}@bucket/p" "s3://AKIA:$secret/p" "https://AKIA:$secret@host/p"; do
        commands=("ingest -m list files $url" "ingest --json -m list files $url" "verify -m list $url"
            "restore $url back" "probe $url" "status $url" "uploads $url" "ledger rebuild $url"
            "ingest -m list --receipts $url files s3://bucket/p")
        keeps_secret "$url"
    done
}

# bats test_tags=slow
@test "in what servers answer" {
    scripted_start
    export AWS_ACCESS_KEY_ID=AKIA AWS_SECRET_ACCESS_KEY=x AWS_SESSION_TOKEN=$secret AWS_ENDPOINT_URL=$SCRIPTED_URL
    local answer commands=("${commands[@]}" "${more_commands[@]}")
    for answer in "answer 403 AccessDenied message=\"bad token $secret\"" "answer 400 InvalidToken message=\"${secret:3:20}\"" \
        "answer 500 InternalError message=\"$secret\"" "answer 403 $secret" \
        "answer 400 body=\"<Error><Code>A</Code><Message>$secret</Message></Error>\"" \
        "answer 502 type=text/html body=\"<html><title>$secret</title></html>\""; do
        scripted_scenario "on * $answer"
        keeps_secret "S3: $answer"
        scripted_scenario "on PutObject|UploadPart|HeadObject $answer"
        keeps_secret "S3's writes: $answer"
    done
    scripted_scenario "on AssumeRole answer 403 body=\"<ErrorResponse><Error><Code>AccessDenied</Code><Message>$secret</Message></Error></ErrorResponse>\""
    export AWS_ENDPOINT_URL_STS=$SCRIPTED_URL/_sts AWS_PROFILE=role
    printf '[profile role]\nrole_arn = arn:a\ncredential_source = Environment\nexternal_id = %s\n' "$secret" >"$HOME/.aws/config"
    keeps_secret STS
}
