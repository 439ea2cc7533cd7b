# shellcheck shell=bash
# Helpers around moto_server, a simulation of AWS in Python, for bats files: `load ../lib/moto`.
#
#   moto_available || skip "moto_server is not here"
#   moto_start               # sets MOTO_URL, and AWS_* to suit
#   moto_bucket NAME [versioned]
#   moto_stop                # in teardown
#
# It honours If-None-Match on PutObject and on Complete, and checks neither signature, policy nor
# integrity: good for conditional writes and for the shapes of answers, for nothing else. One at a
# time; it holds its buckets in memory, and ends with moto_stop or when the shell that began it does.

moto_available() {
    command -v moto_server >/dev/null && command -v setpriv >/dev/null
}

moto_start() {
    local log
    log=$(mktemp "${BATS_TEST_TMPDIR:-${BATS_FILE_TMPDIR:-${TMPDIR:-/tmp}}}/moto.XXXXXX")
    # A log without colour, and no descriptor of bats', which would wait for it.
    NO_COLOR=1 setpriv --pdeathsig TERM moto_server -H 127.0.0.1 -p 0 >"$log" 2>&1 </dev/null 3>&- &
    MOTO_PID=$!
    until MOTO_URL=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$log"); do
        if ! kill -0 "$MOTO_PID" 2>/dev/null; then
            cat "$log" >&2
            MOTO_PID=
            return 1
        fi
        sleep 0.05
    done
    moto_env
}

# Variables of another server, set earlier, would lead elsewhere.
moto_env() {
    unset AWS_SESSION_TOKEN AWS_PROFILE AWS_ENDPOINT_URL_S3
    export AWS_ENDPOINT_URL=$MOTO_URL AWS_REGION=us-east-1
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret
    export ACCESSION_ACCEPT_UNCHECKED_TRANSFER=yes # it checks nothing
}

# moto_bucket NAME [versioned]: an empty bucket; its name in $BUCKET.
moto_bucket() {
    export BUCKET=$1
    curl -sSf -o /dev/null -X PUT "$MOTO_URL/$1"
    [[ ${2:-} != versioned ]] ||
        curl -sSf -o /dev/null -X PUT "$MOTO_URL/$1?versioning" -H 'Content-Type: text/xml' -d \
            '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
}

moto_stop() {
    [[ -n ${MOTO_PID:-} ]] || return 0
    kill "$MOTO_PID" 2>/dev/null || true
    wait "$MOTO_PID" 2>/dev/null || true
    MOTO_PID=
}
