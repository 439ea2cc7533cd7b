# shellcheck shell=bash
# One measurement: wall time, CPU seconds (user and system, children included) and
# peak memory of the largest process, as a line of $results.

# measure CONTEST CONTESTANT: runs $cmd.
measure() {
    local begin end user system memory status=0
    begin=${EPOCHREALTIME/./}
    /usr/bin/time -q -o "$work/time" -f '%U %S %M' "${cmd[@]}" >"$work/said" 2>&1 || status=$?
    end=${EPOCHREALTIME/./}
    if ((status)); then
        echo "  $2 failed with status $status:" >&2
        tail -n 5 "$work/said" >&2
        printf '%s\t%s\tfailed\t\t\n' "$1" "$2" >>"$results"
        return 0
    fi
    read -r user system memory <"$work/time"
    awk -v contest="$1" -v who="$2" -v us=$((end - begin)) -v u="$user" -v s="$system" \
        -v kib="$memory" 'BEGIN {
            printf "%s\t%s\t%.3f\t%.2f\t%.1f\n", contest, who, us / 1e6, u + s, kib / 1024 }' |
        tee -a "$results" | sed 's/^/  /' >&2
}

# Whether --against lets a contestant take part.
wanted() {
    case $1 in
    accession*) true ;;
    floor-*) [[ ,$against, == *,floors,* ]] ;;
    *) [[ ,$against, == *,$1,* ]] ;;
    esac
}

takes_part() {
    wanted "$1" && available "$1"
}

# contest NAME CONTESTANT...: $runs times round, one after the other.
contest() {
    local name=$1 round who
    shift
    for ((round = 1; round <= runs; round++)); do
        echo "$name, round $round of $runs" >&2
        for who in "$@"; do
            takes_part "$who" || continue
            prefix=$name-$who-$round
            "command_$who"
            measure "$name" "$who"
        done
    done
    for who in "$@"; do
        available "$who" || printf '%s\t%s\tabsent\t\t\n' "$name" "$who" >>"$results"
    done
}
