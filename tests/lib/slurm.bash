# shellcheck shell=bash
# A Slurm cluster of one node on this machine, in a folder of the test: `load ../lib/slurm`.
#
# slurm_start sets SLURM_CONF; slurm_stop ends the three daemons. They need Debian's slurmctld, slurmd
# and munge, and root, as which slurmd runs its jobs.

slurm_missing() {
    local program
    for program in munged slurmctld slurmd sbatch; do
        PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || { echo "$program"; return; }
    done
    ((EUID == 0)) || echo root
}

slurm_free_ports() {
    python3 -c 'import socket
a, b = socket.socket(), socket.socket()
a.bind(("127.0.0.1", 0)); b.bind(("127.0.0.1", 0))
print(a.getsockname()[1], b.getsockname()[1])'
}

# slurm_start CPUS: so many tasks run at the same time, whatever the machine has.
slurm_start() {
    local host controller daemon
    PATH=$PATH:/usr/sbin
    SLURM_DIR=$(mktemp -d /tmp/slurm.XXXXXX) # a socket's path has a limit
    host=$(hostname -s)
    read -r controller daemon < <(slurm_free_ports)
    mkdir "$SLURM_DIR/state" "$SLURM_DIR/spool"
    mkdir -m 700 "$SLURM_DIR/munge"
    head -c 1024 /dev/urandom >"$SLURM_DIR/munge/key"
    chmod 400 "$SLURM_DIR/munge/key"
    munged --force --socket="$SLURM_DIR/munge/s" --key-file="$SLURM_DIR/munge/key" --pid-file="$SLURM_DIR/munge.pid" \
        --log-file="$SLURM_DIR/munge/log" --seed-file="$SLURM_DIR/munge/seed" 3>&-
    cat >"$SLURM_DIR/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=$controller
SlurmdPort=$daemon
AuthType=auth/munge
AuthInfo=socket=$SLURM_DIR/munge/s,cred_expire=5
StateSaveLocation=$SLURM_DIR/state
SlurmdSpoolDir=$SLURM_DIR/spool
SlurmctldPidFile=$SLURM_DIR/slurmctld.pid
SlurmdPidFile=$SLURM_DIR/slurmd.pid
SlurmctldLogFile=$SLURM_DIR/slurmctld.log
SlurmdLogFile=$SLURM_DIR/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1
KillWait=5
MpiDefault=none
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$1 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
    export SLURM_CONF=$SLURM_DIR/slurm.conf
    slurmctld -c 3>&-
    slurmd 3>&-
}

slurm_stop() {
    local name
    [[ -n ${SLURM_DIR:-} ]] || return 0
    scancel --user=root 2>/dev/null || true
    for name in slurmd slurmctld munge; do
        [[ ! -e $SLURM_DIR/$name.pid ]] || kill "$(<"$SLURM_DIR/$name.pid")" 2>/dev/null || true
    done
    rm -rf "$SLURM_DIR"
    SLURM_DIR=
}

# slurm_tasks JOB STATE: how many tasks of the job are in that state ("PENDING", "RUNNING").
slurm_tasks() {
    squeue --noheader --array --jobs="$1" --format=%T 2>/dev/null | grep -cx "$2" || true
}

# slurm_held JOB: tasks that wait to be released.
slurm_held() {
    squeue --noheader --array --jobs="$1" --format=%r 2>/dev/null | grep -ci held || true
}
