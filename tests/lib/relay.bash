# shellcheck shell=bash
# A relay before the sandbox's gateway that holds a run in its middle (relay.py): `load ../lib/relay`.
#
#   relay_start 20M
#   accession_in_background ingest bag "s3://$BUCKET/a" --endpoint-url "$RELAY_URL"
#   until_true relay_holds      # 20 MiB are with the gateway, and not a byte more will be
#   ...
#   relay_release
#
# One at a time. It ends with the test, since it watches a pipe that the test holds.

relay_start() { # BYTES
    local out
    RELAY=$(mktemp -d "$BATS_TEST_TMPDIR/relay.XXXXXX")
    mkfifo "$RELAY/in"
    exec {RELAY_INPUT}<>"$RELAY/in"
    exec {out}< <(exec /usr/bin/python3 "${BASH_SOURCE[0]%/*}/relay.py" "${AWS_ENDPOINT_URL##*:}" \
        "$(numfmt --from=iec "$1")" "$RELAY" <"$RELAY/in" 2>"$RELAY/err" 3>&- {RELAY_INPUT}>&-)
    if ! read -r -u "$out" _ RELAY_PORT; then
        cat "$RELAY/err" >&2
        return 1
    fi
    exec {out}<&-
    # shellcheck disable=SC2034  # for the test
    RELAY_URL=http://127.0.0.1:$RELAY_PORT
}

relay_holds() {
    [[ -e $RELAY/held ]]
}

relay_release() {
    touch "$RELAY/released"
}
