# shellcheck shell=bash
# The three daemons of a sandbox: ceph-mon, ceph-osd, radosgw. No systemd: each
# puts itself into the background and leaves a pid file. Sourced by tools/sandbox.

daemon_names=(mon.a osd.0 client.rgw)

# Prints the pid if that daemon of this sandbox is alive. A pid file alone proves
# nothing (the number may be in use again), so the command line must agree.
daemon_pid() {
    local pid
    pid=$(cat "$dir/$1.pid" 2>/dev/null) || return 1
    grep -qzxF "$dir/ceph.conf" "/proc/$pid/cmdline" 2>/dev/null || return 1
    echo "$pid"
}

all_daemons_alive() {
    local name
    for name in "${daemon_names[@]}"; do
        daemon_pid "$name" >/dev/null || return 1
    done
}

daemon_summary() {
    local name pid out=""
    for name in "${daemon_names[@]}"; do
        pid=$(daemon_pid "$name") || pid=stopped
        out+="${out:+, }$name $pid"
    done
    echo "$out"
}

# The daemons outlive us: neither our lock nor a caller's pipe may go with them
# (bats, for one, waits until all are closed).
close_inherited() {
    local fd
    for fd in "/proc/$BASHPID/fd/"*; do
        fd=${fd##*/}
        ((fd <= 2 || fd == 255)) || eval "exec $fd>&-"
    done
}

start_daemons() {
    local conf=$dir/ceph.conf uuid
    uuid=$(cat /proc/sys/kernel/random/uuid)
    ceph-mon -c "$conf" --mkfs -i a --keyring "$dir/keyring" &&
        ceph-mon -c "$conf" -i a &&
        timeout 120 ceph -c "$conf" osd new "$uuid" 0 &&
        ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$uuid" &&
        ceph-osd -c "$conf" -i 0 &&
        radosgw -c "$conf" -n client.rgw &&
        wait_for_s3
}

wait_for_s3() {
    local _
    for _ in {1..2400}; do
        s3_answers && return 0
        daemon_pid client.rgw >/dev/null || return 1
        sleep 0.05
    done
    return 1
}

# Nothing is worth an orderly end: all state is in memory or about to be removed.
# And an OSD asked politely waits for a monitor that may be gone already.
kill_daemons() {
    local name pid pids=() _
    for name in "${daemon_names[@]}"; do
        pid=$(daemon_pid "$name") && pids+=("$pid")
    done
    ((${#pids[@]})) || return 0
    kill -KILL "${pids[@]}" 2>/dev/null || true
    for _ in {1..1200}; do
        for name in "${daemon_names[@]}"; do
            daemon_pid "$name" >/dev/null && break
        done || return 0
        sleep 0.05
    done
    echo "sandbox: still running: $(daemon_summary)" >&2
    return 1
}
