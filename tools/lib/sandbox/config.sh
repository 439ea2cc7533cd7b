# shellcheck shell=bash
# Configuration of one sandbox: ports, ceph.conf, keys. Sourced by tools/sandbox.
# Expects $dir (absolute), $size_gib and $with_sts ("" or not).

# Free loopback ports, below the range that outgoing connections use.
free_ports() {
    local wanted=$1 port found=" "
    while ((wanted > 0)); do
        port=$((15000 + RANDOM % 17000))
        [[ $found == *" $port "* ]] && continue
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
        found+="$port "
        wanted=$((wanted - 1))
    done
    echo "$found"
}

random_hex() {
    od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'
}

write_config() {
    local mon2 mon1
    read -r mon2 mon1 rgw_port < <(free_ports 3)
    cat >"$dir/ceph.conf" <<CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon host = [v2:127.0.0.1:$mon2/0,v1:127.0.0.1:$mon1/0]
ms bind ipv6 = false
# Loopback doesn't corrupt; leaving out these CRCs halves the time of a PUT.
ms crc data = false
keyring = $dir/keyring
run dir = $dir
# No sockets: a long path would break the limit of 107 bytes.
admin socket =
log file = $dir/log/\$name.log
pid file = $dir/\$name.pid
crash dir = $dir/log
err to stderr = false

osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0

[mon]
mon data = $dir/mon
mon allow pool size one = true
# Its few MiB find room on a disk that is nearly full as well; by default it would not start.
mon data avail warn = 0
mon data avail crit = 0
mon warn on pool no redundancy = false
auth allow insecure global id reclaim = false
# A single monitor waits for no other: 0.5 s instead of 11 s to start.
paxos propose interval = 0.01
paxos min wait = 0.01
debug mon = 0
debug paxos = 0
debug rocksdb = 0

[osd]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = ${size_gib}G
osd op num shards = 2
osd op num threads per shard = 2
debug osd = 0

[client.rgw]
# Without tcp_nodelay small answers wait 40 ms for a delayed acknowledgement.
rgw frontends = beast endpoint=127.0.0.1:$rgw_port tcp_nodelay=1
# Virtual-host addressing: http://BUCKET.localhost:PORT
rgw dns name = localhost
rgw thread pool size = 128
# Memory of deleted objects is freed immediately, not after two hours.
rgw gc obj min wait = 1
rgw gc processor period = 5
rgw gc processor max time = 5
rgw dynamic resharding = false
# SSE-KMS with a key that the gateway itself holds.
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = archive-key=$(head -c 32 /dev/urandom | base64)
# 1 is the level of the access log that "tools/sandbox requests" reads.
debug rgw = 1
CONF
    # The key encrypts session tokens.
    [[ -z $with_sts ]] || cat >>"$dir/ceph.conf" <<CONF
rgw s3 auth use sts = true
rgw sts key = $(random_hex 8)
CONF
}

write_keyring() {
    local ring=$dir/keyring
    {
        ceph-authtool -C "$ring" --gen-key -n mon. --cap mon 'allow *'
        ceph-authtool "$ring" --gen-key -n client.admin \
            --cap mon 'allow *' --cap osd 'allow *'
        ceph-authtool "$ring" --gen-key -n client.rgw \
            --cap mon 'allow rw' --cap osd 'allow rwx'
        ceph-authtool "$ring" --gen-key -n osd.0 \
            --cap mon 'allow profile osd' --cap osd 'allow *'
    } >"$dir/log/keyring.log"
}

# What the other commands need to know; its presence says the start succeeded.
write_facts() {
    cat >"$dir/facts.new" <<FACTS
endpoint=http://127.0.0.1:$rgw_port
archive_key=$archive_key
archive_secret=$archive_secret
operator_key=$operator_key
operator_secret=$operator_secret
FACTS
    mv "$dir/facts.new" "$dir/facts"
}

read_facts() {
    # shellcheck source=/dev/null
    [[ -r $dir/facts ]] && . "$dir/facts"
}
