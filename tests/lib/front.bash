# shellcheck shell=bash
# What stands between the program and a server: HAProxy (TLS, IPv6) and Tinyproxy (a forward proxy),
# on free loopback ports. All of them end with front_stop, in teardown.

front_pids=()

# A port without a listener, below the range that outgoing connections use.
front_free_port() {
    local port
    while :; do
        port=$((15000 + RANDOM % 17000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# front_haproxy SECTIONS: HAProxy with these sections, where @PORT@ is a free port; sets FRONT_PORT.
# It has bound its addresses when this returns. What it logs to stdout is in front.log.
front_haproxy() {
    local config pid
    for _ in 1 2 3 4 5; do
        FRONT_PORT=$(front_free_port)
        config=$BATS_TEST_TMPDIR/haproxy-$FRONT_PORT
        {
            printf 'global\n log stdout format raw local0\n'
            printf 'defaults\n mode http\n timeout connect 5s\n timeout client 60s\n timeout server 60s\n'
            printf '%s\n' "${1//@PORT@/$FRONT_PORT}"
        } >"$config.cfg"
        front_run haproxy -db -f "$config.cfg" >"$config.log" 2>&1 3>&- &
        pid=$!
        if front_listens "$pid" "$FRONT_PORT"; then
            front_pids+=("$pid")
            export FRONT_LOG=$config.log
            return 0
        fi
    done
    cat "$config.log" >&2
    return 1
}

# In the background: the program, without the pipe by which the scripted server sees the test's end.
front_run() {
    [[ -z ${SCRIPTED_INPUT-} ]] || exec {SCRIPTED_INPUT}>&-
    exec "$@"
}

# front_listens PID PORT: waits until that process listens; fails when it ended instead.
front_listens() {
    while kill -0 "$1" 2>/dev/null; do
        ! ss -Hltnp "sport = :$2" | grep -qF "pid=$1," || return 0
        sleep 0.05
    done
    return 1
}

# front_tinyproxy [LINES]: a forward proxy with these lines of configuration; sets PROXY_PORT and
# PROXY_LOG.
front_tinyproxy() {
    local config pid
    for _ in 1 2 3 4 5; do
        PROXY_PORT=$(front_free_port)
        config=$BATS_TEST_TMPDIR/tinyproxy-$PROXY_PORT
        PROXY_LOG=$config.log
        printf '%s\n' "Port $PROXY_PORT" "Listen 127.0.0.1" "Timeout 60" "LogFile \"$PROXY_LOG\"" \
            "LogLevel Connect" "${1-}" >"$config.cfg"
        : >"$PROXY_LOG"
        front_run tinyproxy -d -c "$config.cfg" >"$config.out" 2>&1 3>&- &
        pid=$!
        if front_listens "$pid" "$PROXY_PORT"; then
            front_pids+=("$pid")
            return 0
        fi
    done
    cat "$config.out" "$PROXY_LOG" >&2
    return 1
}

front_stop() {
    ((${#front_pids[@]})) || return 0
    kill "${front_pids[@]}" 2>/dev/null
    wait "${front_pids[@]}" 2>/dev/null || true
    front_pids=()
}
