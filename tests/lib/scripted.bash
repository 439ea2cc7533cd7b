# shellcheck shell=bash
# Helpers around scripted-s3 (scripted_s3/README.md) for bats files: `load ../lib/scripted`.
#
# One server at a time. It ends with scripted_stop, or by itself when the test does, since it
# watches a pipe that the test holds.

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/program.bash"
. "${BASH_SOURCE[0]%/*}/waiting.bash"

# scripted_start [SCENARIO]: sets SCRIPTED_URL, SCRIPTED_LOG, SCRIPTED_PID. A scenario with an error
# is shown on standard error and gives status 1.
scripted_start() {
    local dir out
    dir=$(mktemp -d "${BATS_TEST_TMPDIR:-${TMPDIR:-/tmp}}/scripted.XXXXXX")
    printf '%s\n' "${1-}" >"$dir/scenario"
    SCRIPTED_LOG=$dir/log
    mkfifo "$dir/in"
    exec {SCRIPTED_INPUT}<>"$dir/in"
    exec {out}< <(exec "$SCRIPTED_S3" --scenario "$dir/scenario" --log "$SCRIPTED_LOG" \
        <"$dir/in" 2>"$dir/err" 3>&- {SCRIPTED_INPUT}>&-)
    SCRIPTED_PID=$!
    if ! read -r -u "$out" _ SCRIPTED_PORT; then
        exec {out}<&-
        cat "$dir/err" >&2
        return 1
    fi
    exec {out}<&-
    SCRIPTED_URL=http://127.0.0.1:$SCRIPTED_PORT
}

scripted_stop() {
    [ -n "${SCRIPTED_PID-}" ] || return 0
    exec {SCRIPTED_INPUT}>&-
    wait "$SCRIPTED_PID" || true
    SCRIPTED_PID=
}

# scripted_scenario TEXT: replaces the scenario while the server runs.
scripted_scenario() {
    curl -sSf -X PUT --data-binary "$1" "$SCRIPTED_URL/_control/scenario"
}

# scripted_reset [all]: counters begin again; with "all" the server is empty as well. The log goes on.
scripted_reset() {
    if [ "${1-}" = all ]; then
        curl -sSf -X POST "$SCRIPTED_URL/_control/reset"
    else
        curl -sSf -X POST "$SCRIPTED_URL/_control/counters/reset"
    fi
}

# scripted_requests [OPERATION [OUTCOME]]: the log's lines; both are extended regular expressions
# that must match the whole word.
scripted_requests() {
    awk -v operation="^(${1-.*})\$" -v outcome="^(${2-.*})\$" '$2 ~ operation && $7 ~ outcome' "$SCRIPTED_LOG"
}

# scripted_count [OPERATION [OUTCOME]]: how many of them.
scripted_count() {
    scripted_requests "$@" | wc -l
}

# scripted_has N [OPERATION [OUTCOME]]: there are that many by now.
scripted_has() {
    (($(scripted_count "${@:2}") >= $1))
}

# scripted_objects [JQ-FILTER], scripted_uploads [JQ-FILTER]: what the server holds, by jq.
scripted_objects() {
    curl -sSf "$SCRIPTED_URL/_control/objects" | jq -r "${1-.}"
}
scripted_uploads() {
    curl -sSf "$SCRIPTED_URL/_control/uploads" | jq -r "${1-.}"
}

# scripted_keeps BUCKET KEY...: each of them is there.
scripted_keeps() {
    local key
    for key in "${@:2}"; do [[ -n $(scripted_sha256 "$1" "$key") ]] || return 1; done
}

# scripted_sha256 BUCKET KEY: of the object as a reader would get it, nothing if it does not exist.
scripted_sha256() {
    curl -sSf "$SCRIPTED_URL/_control/objects" |
        jq -r --arg bucket "$1" --arg key "$2" \
            '.[] | select(.bucket == $bucket and .key == $key and .latest and (.marker | not)) | .sha256'
}
