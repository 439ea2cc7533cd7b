# shellcheck shell=bash
# Waiting for what a test needs, never for a time.

# until_true COMMAND...: repeats until it succeeds. The bound tells a hang from a slow
# machine and nothing else, so it is far beyond what anything takes.
until_true() {
    local deadline=$((SECONDS + 180))
    until "$@" 2>/dev/null; do
        ((SECONDS < deadline)) || {
            echo "never true: $*"
            return 1
        }
        sleep 0.05
    done
}

# says FILE TEXT [N]: the file has it by now, in N lines or more.
says() {
    (($(grep -cF -- "$2" "$1") >= ${3:-1}))
}

# accession_in_background ARGUMENTS...: its process in $PROGRAM, its output in out.log. Not by a shell
# function: the pid must be the program's. And a shell starts what is in the background with SIGINT
# ignored.
accession_in_background() {
    env --default-signal=INT "$ACCESSION" "$@" \
        >>out.log 2>&1 </dev/null 3>&- &
    # shellcheck disable=SC2034  # for the test
    PROGRAM=$!
}

# ended STATUS: waits for $PROGRAM, whose exit status it must be.
ended() {
    local status=0
    wait "$PROGRAM" || status=$?
    [[ $status == "$1" ]] && return 0
    printf 'exit status %s, expected %s; it said:\n%s\n' "$status" "$1" "$(cat out.log)"
    return 1
}
