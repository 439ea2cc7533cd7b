# shellcheck shell=bash
# One measurement: wall time, CPU seconds (user and system, children included) and
# peak memory of the largest process, as a line of $results:
#
#   contest  contestant  wall  CPU  MiB  [files or bytes  size of the ledger]

note_result() {
    local IFS=$'\t'
    echo "$*" >>"$results"
    echo "  $*" >&2
}

loopback_bytes() {
    awk '$1 == "lo:" { print $2 }' /proc/net/dev
}

# measure CONTEST CONTESTANT: runs $cmd. Over loopback at least $at_least bytes must
# go, whatever the contestant says it did.
measure() {
    local begin end user system memory status=0 figures crossed
    crossed=$(loopback_bytes)
    begin=${EPOCHREALTIME/./}
    /usr/bin/time -q -o "$work/time" -f '%U %S %M' "${cmd[@]}" >"$work/said" 2>&1 || status=$?
    end=${EPOCHREALTIME/./}
    if ((status)); then
        echo "  $2 failed with status $status:" >&2
        tail -n 5 "$work/said" >&2
        note_result "$1" "$2" failed
        return 0
    fi
    crossed=$(($(loopback_bytes) - crossed))
    if ((crossed < ${at_least:-0})) && [[ $2 != floor-hash ]]; then
        note_result "$1" "$2" "only $crossed bytes crossed"
        return 0
    fi
    read -r user system memory <"$work/time"
    read -r -a figures < <(awk -v us=$((end - begin)) -v u="$user" -v s="$system" -v kib="$memory" \
        'BEGIN { printf "%.3f %.2f %.1f\n", us / 1e6, u + s, kib / 1024 }')
    note_result "$1" "$2" "${figures[@]}"
}

# Whether --against lets a contestant take part.
wanted() {
    case $1 in
    accession* | workers-*) true ;;
    floor-* | sha256sum) [[ ,$against, == *,floors,* ]] ;;
    *) [[ ,$against, == *,${1%%-*},* ]] ;;
    esac
}

takes_part() {
    wanted "$1" && available "$1"
}

# contest NAME CONTESTANT...: $runs times round, one after the other, each to a
# prefix of its own, or to $same_prefix.
contest() {
    local name=$1 round who
    shift
    for ((round = 1; round <= runs; round++)); do
        echo "$name, round $round of $runs" >&2
        for who in "$@"; do
            takes_part "$who" || continue
            prefix=${same_prefix:-$name-$who-$round}
            "command_$who"
            measure "$name" "$who"
        done
    done
    for who in "$@"; do
        available "$who" || note_result "$name" "$who" absent
    done
}

# contest_of_bytes NAME CONTESTANT...: the same, where all of $data has to be sent
# or received.
contest_of_bytes() {
    local at_least
    at_least=$(find -H "$data" -type f -printf '%s\n' | awk '{ n += $1 } END { printf "%.0f", n }')
    contest "$@"
}
