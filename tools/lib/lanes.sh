# shellcheck shell=bash
# Steps of tools/test: one after the other, or in lanes, so that suites that mostly wait run beside those that compute. A step is a name for which the function `step` runs something; it counts with results.sh and writes into $work.
# Sourced by tools/test.
# shellcheck disable=SC2154  # work, root

heading() {
    printf '\n== %s  [%s]\n' "$*" "$(clock "$SECONDS")"
}

# clock SECONDS: since the start, as MINUTES:SECONDS
clock() {
    printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

# What runs, by process group: each can be ended as a whole.
declare -A running=()

# Runs a command, and returns its status. It has a process group of its own, or that of its lane.
in_lane=
run_step() {
    local status=0 group
    if [[ -n $in_lane ]]; then
        ("$@") </dev/null || status=$?
        return "$status"
    fi
    set -m
    "$@" </dev/null &
    group=$!
    set +m
    running[$group]=$1
    wait "$group" || status=$?
    unset "running[$group]"
    return "$status"
}

# Ends all that runs. It may clean up after itself, for this many tenths of a second.
grace=100
end_running() {
    local group patience=$grace
    for group in "${!running[@]}"; do kill -TERM -- "-$group" 2>/dev/null || true; done
    for group in "${!running[@]}"; do
        while kill -0 -- "-$group" 2>/dev/null && ((patience-- > 0)); do sleep 0.1; done
        kill -KILL -- "-$group" 2>/dev/null || true
    done
}

# in_lanes: the steps of the arrays lane_0, lane_1 and lane_2, one of each at a time, in their order. A lane that is empty takes
# from the others. What a step prints is shown when it has ended, whole. The steps of lane_0 compute: they leave the
# processor to the others.
in_lanes() {
    local group lane
    declare -A lane_of=() name_of=() began=()
    for lane in 0 1 2; do begin_next "$lane"; done
    while ((${#lane_of[@]})); do
        wait -n -p group "${!lane_of[@]}" || true
        lane=${lane_of[$group]}
        end_of_step "$group"
        begin_next "$lane"
    done
}

begin_next() {
    local group name=
    take_from "$1" || take_from 0 || take_from 1 || take_from 2 || return 0
    mkdir "$work/lane-$1"
    set -m
    step_in_lane "$work/lane-$1" "$name" >"$work/lane-$1/output" 2>&1 </dev/null &
    group=$!
    set +m
    running[$group]=$work/lane-$1 lane_of[$group]=$1 name_of[$group]=$name began[$group]=$SECONDS
    echo "-- $(clock "$SECONDS") $name has begun"
}

# take_from LANE: sets name.
take_from() {
    local -n queue=lane_$1
    ((${#queue[@]})) || return 1
    name=${queue[0]} queue=("${queue[@]:1}")
}

# step_in_lane FOLDER NAME: as a process of its own, with files of its own.
step_in_lane() {
    in_lane=1 work=$1 passed=0 failed=0 skipped=0
    export HOME=$work/home XDG_STATE_HOME=$work/state TMPDIR=$work ACCESSION_SANDBOX_DIR=$work/sandbox
    mkdir "$HOME"
    [[ $1 != */lane-0 ]] || renice -n 10 "$BASHPID" >/dev/null 2>&1 || true
    step "$2"
    echo "$passed $failed $skipped" >"$work/counts"
    times >"$work/times"
}

# cpu_of TIMES: what the children took, as the second line of `times` has it: 1m2.3s 0m4.5s
cpu_of() {
    awk -F '[ms ]+' 'NR == 2 { print int($1 * 60 + $2 + $3 * 60 + $4) }' "$1" 2>/dev/null || echo "?"
}

end_of_step() {
    local folder=${running[$1]} name=${name_of[$1]} p=0 f=0 s=0
    cat "$folder/output"
    if ! read -r p f s 2>/dev/null <"$folder/counts"; then
        f=1 && echo "$name ended before it counted its tests." && fail_suite "$name" <"$folder/output"
    fi
    add_counts "$p" "$f" "$s"
    cat "$folder/failures" >>"$work/failures" 2>/dev/null || true
    echo "-- $(clock "$SECONDS") $name took $(clock $((SECONDS - began[$1]))), $(cpu_of "$folder/times") s of a processor"
    rm -rf "$folder"
    unset "running[$1]" "lane_of[$1]" "name_of[$1]" "began[$1]"
}

# What was interrupted may have said what it waited for.
show_running() {
    local group
    for group in "${!running[@]}"; do
        [[ ! -f ${running[$group]}/output ]] || { printf '\n== interrupted\n' && cat "${running[$group]}/output"; }
    done
}
