# shellcheck shell=bash
# Who takes part: each command_NAME puts into $cmd what sends the folder $data to
# s3://$bucket/$prefix at $endpoint. available_NAME says whether it is installed.

jobs=16
state=${TMPDIR:-/tmp}/accession-bench-state # on disk: a ledger's fsync is part of the price

available() {
    case $1 in
    accession* | floor-*) true ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

# Debian's aws, even where another stands before it in the PATH.
aws_program() {
    if [[ -x /usr/bin/aws ]]; then echo /usr/bin/aws; else command -v aws; fi
}

command_accession() {
    rm -rf "$state"
    cmd=(env XDG_STATE_HOME="$state" "$accession" ingest --quiet --jobs "$jobs" --region us-east-1
        --endpoint-url "$endpoint" ${ca:+--ca-bundle "$ca"} --manifest "$list" "$data"
        "s3://$bucket/$prefix")
}

command_accession-crc32c() {
    command_accession
    cmd+=(--part-checksum crc32c)
}

command_aws() {
    cmd=("$(aws_program)" --endpoint-url "$endpoint" ${ca:+--ca-bundle "$ca"}
        s3 cp --quiet --recursive "$data" "s3://$bucket/$prefix")
}

rclone_remote() {
    local option=":s3,provider=Other,env_auth=true,region=us-east-1,force_path_style=true"
    echo "$option,endpoint='$endpoint':$bucket/$prefix"
}

# Without --s3-no-head it asks for each object after sending it, which a sink
# cannot answer.
command_rclone() {
    cmd=(rclone --config /dev/null ${ca:+--ca-cert "$ca"} --s3-no-head --s3-no-check-bucket
        --transfers "$jobs" --checkers "$jobs" copy "$data" "$(rclone_remote)")
}

s3cmd_options() {
    local host=${endpoint#*://}
    cmd=(s3cmd -q --config /dev/null --host "$host" --host-bucket "$host" --region us-east-1
        --access_key "$AWS_ACCESS_KEY_ID" --secret_key "$AWS_SECRET_ACCESS_KEY")
    if [[ -n $ca ]]; then cmd+=(--ca-certs "$ca"); else cmd+=(--no-ssl); fi
}

command_s3cmd() {
    s3cmd_options
    cmd+=(put --recursive "$data/" "s3://$bucket/$prefix/")
}

command_s5cmd() {
    cmd=(env ${ca:+AWS_CA_BUNDLE="$ca"} s5cmd --endpoint-url "$endpoint" cp "$data/"
        "s3://$bucket/$prefix/")
}

# ---- the floor ----

command_floor-hash() {
    cmd=(sh -c "cd '$data' && find . -type f -print0 | xargs -0 openssl dgst -sha256")
}

send_config() {
    (cd "$data" && find . -type f -printf 'upload-file="%P"\nurl="'"$endpoint/$bucket/$prefix"'/%P"\noutput=/dev/null\n')
}

# Unsigned, so only to the sink. Many files need one curl with many connections.
command_floor-send() {
    send_config >"$work/send.curl"
    local options="--no-progress-meter -Z --parallel-max $jobs -K $work/send.curl"
    cmd=(sh -c "cd '$data' && curl ${ca:+--cacert $ca} $options")
}

command_floor-both() {
    local hash send
    command_floor-hash && hash=${cmd[2]}
    command_floor-send && send=${cmd[2]}
    cmd=(sh -c "($hash) & ($send) & wait")
}
