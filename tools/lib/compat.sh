# shellcheck shell=bash disable=SC2034
# What the start scripts of tools/compat.d share. A script defines can_install, install, installed, version and start,
# and stop where ending what `background` started is not enough; then it calls `server "$@"`.
#
#   NAME can-install   status 1 and a reason if this machine lacks what it takes to build or install it
#   NAME install       makes the server, if it is not made yet; quiet
#   NAME installed     status 0 if it is made
#   NAME version       its name and version, one line
#   NAME start DIR     starts it on loopback, its data below DIR; prints AWS_* variables for the shell
#   NAME stop DIR      ends it
#
# Programs are kept where tools/lib/go.sh says.

tools=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=../lib/go.sh
. "$tools/lib/go.sh"
servers=$go_programs

not_here() {
    echo "$*"
    exit 1
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# background DIR COMMAND...: its process number is in DIR/pid, its output in DIR/log.
background() {
    local dir=$1
    shift
    setsid "$@" >"$dir/log" 2>&1 </dev/null 3>&- 4>&- &
    echo $! >"$dir/pid"
}

# answers URL: waits until the server says anything by HTTP; fails if it has ended.
answers() {
    until curl -sS -o /dev/null --max-time 5 "$1" 2>/dev/null; do
        kill -0 "$(<"$dir/pid")" 2>/dev/null || { cat "$dir/log" >&2 && return 1; }
        sleep 0.1
    done
}

credentials() {
    printf 'export AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_REGION=us-east-1\n' "$@"
}

stop() {
    local pid
    pid=$(cat "$1/pid" 2>/dev/null) || return 0
    kill -TERM -- "-$pid" 2>/dev/null || return 0
    for _ in {1..50}; do
        kill -0 -- "-$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL -- "-$pid" 2>/dev/null || true
}

server() {
    dir=${2:-}
    case ${1:-} in
    can-install) can_install ;;
    install) install >&2 ;;
    installed) installed ;;
    version) version ;;
    start) mkdir -p "$dir" && start "$dir" ;;
    stop) stop "$dir" ;;
    *)
        sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
        exit 2
        ;;
    esac
}
