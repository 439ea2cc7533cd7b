# shellcheck shell=bash
# Where things are sent: sets $endpoint, $bucket and $ca for the contestants.

sandbox_dir=

settle_environment() {
    local name
    while read -r name; do unset "$name"; done < <(compgen -e | grep -E '^(AWS|RCLONE)_')
    unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
    export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
    export LC_ALL=C.UTF-8 HOME=$work/home
    mkdir -p "$HOME"
}

to_sink() {
    sink_start
    endpoint=http://127.0.0.1:$sink_port bucket=sink ca=
    export AWS_ACCESS_KEY_ID=bench AWS_SECRET_ACCESS_KEY=bench
}

to_sink_tls() {
    to_sink
    endpoint=https://127.0.0.1:$sink_tls_port ca=$work/sink/ca.pem
}

to_sandbox() {
    if [[ -z $sandbox_dir ]]; then
        sandbox_dir=$(mktemp -u "${TMPDIR:-/tmp}/accession-bench-sandbox.XXXXXX")
        "$root/tools/sandbox" --dir "$sandbox_dir" start --size 8 >&2
    fi
    eval "$("$root/tools/sandbox" --dir "$sandbox_dir" env)"
    endpoint=$AWS_ENDPOINT_URL bucket=archive-unversioned ca=
    unset AWS_ENDPOINT_URL
}

sandbox_stop() {
    [[ -z $sandbox_dir ]] || "$root/tools/sandbox" --dir "$sandbox_dir" stop >&2
    sandbox_dir=
}
