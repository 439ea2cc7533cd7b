# shellcheck shell=bash
# Ends what hangs in a suite of bats tests, and shows it: a test that never ends is then one that
# failed, and the others still run. Sourced by tools/test.
# shellcheck disable=SC2154  # patience, seconds

# below PID: it and every process below it, as "PID COMMAND".
below() {
    ps -eo pid=,ppid=,comm= | awk -v root="$1" '
        { parent[$1] = $2; name[$1] = $3 }
        END {
            for (pid in parent)
                for (p = pid; p in parent; p = parent[p])
                    if (p == root) { print pid, name[pid]; break }
        }'
}

# PID and all below it, but for the one that asks: it must come to the end of the list.
kill_all() {
    local pid
    for pid in $(below "$1" | cut -d' ' -f1); do
        [[ $pid == "$BASHPID" ]] || kill -KILL "$pid" 2>/dev/null || true
    done
}

# The shells of bats stay: a test whose programs are gone fails by itself, and the next one begins.
kill_programs() {
    local pid name
    while read -r pid name; do
        [[ $name =~ ^(bash|test|tee|cat|ps|awk|bats.*)$ ]] || kill -KILL "$pid" 2>/dev/null || true
    done < <(below "$1")
}

show_processes() {
    ps -o pid,ppid,etime,time,stat,wchan:16,args -p "$(below "$1" | cut -d' ' -f1 | paste -sd,)" || true
}

seconds_silent() {
    echo $(($(date +%s) - $(stat -c %Y "$1")))
}

# end_hangs LOG PID: looks at LOG until it is ended itself. Where nothing was added for $patience
# seconds, the programs below PID are killed; where that does not help, so is PID with all that is below it.
end_hangs() {
    local log=$1 pid=$2 nap=
    trap 'kill "$nap" 2>/dev/null; exit' TERM
    while :; do
        sleep 5 &
        nap=$!
        wait "$nap" || true
        (($(seconds_silent "$log") >= patience)) || continue
        echo "== no output for $patience seconds: this hangs, and is killed"
        show_processes "$pid"
        kill_programs "$pid"
        sleep "$((patience / 10 + 1))"
        (($(seconds_silent "$log") < patience)) || { kill_all "$pid" && exit; }
    done
}
