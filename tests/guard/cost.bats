#!/usr/bin/env bats
# What a file costs, in instructions and in system calls: numbers that no clock and no neighbour
# disturbs. Each is the difference of two runs of different size, so that starting up cancels out.
#
# A bound is what was measured plus some room, since threads take turns a little differently each
# time: 710,000 (769,000 without optimisation), 137,000 (161,000) and 59,690,000 instructions, 15 to 19 and 10 to 13
# calls (a busy machine makes smaller groups of records, and so more commits). Whoever crosses one
# has made every file dearer: find out why, or raise the bound and say here what is bought with it.
#
# Valgrind shows a processor without SHA instructions, so hashing weighs more here than it does in
# life: 28 instructions a byte and digest. With them OpenSSL takes 2.7, counted in single steps; a file
# of 8 KiB, hashed once, takes 207,000 instructions less than this guard says.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    scripted_start
    export AWS_ACCESS_KEY_ID=guard AWS_SECRET_ACCESS_KEY=guard AWS_REGION=us-east-1
    export AWS_EC2_METADATA_DISABLED=true
}

teardown() {
    scripted_stop
}

# source_of N SIZE: a folder of N files of SIZE, and its list.
source_of() {
    mkdir -p "$1x$2"
    some_bytes "$(($1 * $(numfmt --from=iec "$2")))" |
        split -b "$2" -a 4 -d - "$1x$2/file-"
    make_list "$1x$2" "$1x$2.sha256"
}

# archive N SIZE TOOL...: in an empty bucket, with an empty ledger.
archive() {
    local name=$1x$2
    shift 2
    scripted_reset all
    rm -rf state
    "$@" "$ACCESSION" ingest --quiet --endpoint-url "$SCRIPTED_URL" \
        --ledger state/ledger.db --manifest "$name.sha256" "$name" s3://guard/p
}

instructions() {
    archive "$@" valgrind -q --tool=callgrind --callgrind-out-file=calls >said 2>&1 || cat said >&3
    sed -n 's/^\(summary\|totals\): \([0-9]*\).*/\2/p' calls | head -n 1
}

# How often threads wait for each other is the scheduler's affair; everything else counts.
system_calls() {
    archive "$@" strace -f -c -o calls >said 2>&1 || cat said >&3
    awk '$NF ~ /^(futex|epoll_wait|epoll_pwait|sched_yield|restart_syscall|total|syscall)$/ { next }
        $4 ~ /^[0-9]+$/ { calls += $4 } END { print calls }' calls
}

# at_most BOUND MEASURED WHAT
at_most() {
    echo "$3: $2, at most $1" >&3
    (($2 > 0 && $2 <= $1)) || {
        echo "$3: $2, the bound is $1"
        return 1
    }
}

@test "instructions per small file" {
    source_of 100 8K
    source_of 400 8K
    local few many
    few=$(instructions 100 8K)
    many=$(instructions 400 8K)
    # 240,000 hash 8 KiB. The rest: libcurl 135,000 (half of it formatting headers, a character at a
    # time), signing 60,000 (half of it hashing), the receipt 50,000 (7,000 of it counting), drawing
    # and setting up 50,000, the record 40,000, the plan as much, versions 30,000, counting 11,000, the
    # standing of the destination as much.
    at_most 800000 "$(((many - few) / 300))" "instructions per file of 8 KiB"
}

# again N SIZE TOOL...: the same command, when all is archived.
again() {
    local name=$1x$2
    shift 2
    "$@" "$ACCESSION" ingest --quiet --endpoint-url "$SCRIPTED_URL" \
        --ledger state/ledger.db --manifest "$name.sha256" "$name" s3://guard/p
}

instructions_again() {
    archive "$@" >said 2>&1 || cat said >&3
    again "$@" valgrind -q --tool=callgrind --callgrind-out-file=calls >said 2>&1 || cat said >&3
    sed -n 's/^\(summary\|totals\): \([0-9]*\).*/\2/p' calls | head -n 1
}

@test "instructions per file that is archived already" {
    source_of 100 1K
    source_of 400 1K
    local few many
    few=$(instructions_again 100 1K)
    many=$(instructions_again 400 1K)
    # The receipt a quarter, finding what the listing shows a sixth, its XML a tenth, the plan a sixth.
    at_most 172000 "$(((many - few) / 300))" "instructions per file that is archived already"
}

@test "instructions per MiB of a large file" {
    source_of 1 16M
    source_of 1 64M
    local short long
    short=$(instructions 1 16M)
    long=$(instructions 1 64M)
    # Two digests; a copy into libcurl's buffer is next to nothing beside them.
    at_most 66000000 "$(((long - short) / 48))" "instructions per MiB"
}

@test "system calls per small file" {
    source_of 100 8K
    source_of 400 8K
    local few many
    few=$(system_calls 100 8K)
    many=$(system_calls 400 8K)
    # Finding it: 1. Opening, 2 looks at it, 2 reads, closing. Sending, receiving, 2 polls by
    # libcurl, watching the socket. A token. The ledger's locks, its log, the receipt.
    at_most 28 "$(((many - few) / 300))" "system calls per file of 8 KiB"
}

@test "system calls per MiB of a large file" {
    source_of 1 16M
    source_of 1 64M
    local short long
    short=$(system_calls 1 16M)
    long=$(system_calls 1 64M)
    # 4 reads of 256 KiB, and as many sends as the socket's buffer asks for.
    at_most 20 "$(((long - short) / 48))" "system calls per MiB"
}
