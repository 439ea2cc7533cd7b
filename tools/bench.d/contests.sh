# shellcheck shell=bash
# The contests. Each sends or reads the same bytes with every contestant.

everybody=(accession accession-crc32c aws rclone s3cmd s5cmd floor-hash floor-send floor-both)
no_parts=(accession aws rclone s3cmd s5cmd floor-hash floor-send floor-both)
signed=(accession aws rclone s3cmd s5cmd floor-hash)

# size FULL QUICK
size() {
    if [[ -n $quick ]]; then echo "$2"; else echo "$1"; fi
}

contest_large() {
    to_sink
    with_data large equal_files 1 "$(size 2G 64M)"
    contest_of_bytes large "${everybody[@]}"
}

contest_parts() {
    to_sink
    with_data parts equal_files "$(size 20 2)" 64M
    contest_of_bytes parts "${everybody[@]}"
    forget_data parts
}

contest_small() {
    to_sink
    with_data small equal_files "$(size 5000 200)" 8K
    contest_of_bytes small "${no_parts[@]}"
}

contest_mixed() {
    to_sink
    with_data mixed mixed_files "$(size 2000 100)" 2 "$(size 256M 16M)"
    contest_of_bytes mixed "${everybody[@]}"
    forget_data mixed
}

contest_tls() {
    to_sink_tls
    with_data large equal_files 1 "$(size 2G 64M)"
    contest_of_bytes large-tls "${everybody[@]}"
    with_data small equal_files "$(size 5000 200)" 8K
    contest_of_bytes small-tls "${no_parts[@]}"
}

contest_start() {
    to_sink
    with_data one equal_files 1 1K
    contest_of_bytes start "${no_parts[@]}"
    first_byte accession aws rclone s3cmd s5cmd floor-send
}

# From exec to the first byte of an object at the server, by the sink's log.
first_byte() {
    local round who begin=()
    for ((round = 1; round <= runs; round++)); do
        for who in "$@"; do
            takes_part "$who" || continue
            prefix=first-$who-$round
            "command_$who"
            begin+=("$prefix $EPOCHREALTIME")
            "${cmd[@]}" >/dev/null
        done
    done
    printf '%s\n' "${begin[@]}" >"$work/begin"
    sink_log | awk -v OFS='\t' '
        NR == FNR { begin[$1] = $2; next }
        $3 == "PUT" {
            split($5, path, "/")
            who = path[3]
            if (!(who in begin)) next
            took = sprintf("%.3f", $1 - $2 - begin[who])
            delete begin[who]
            sub(/^first-/, "", who)
            sub(/-[0-9]+$/, "", who)
            print "first-byte", who, took
        }' "$work/begin" - | tee -a "$results" | sed 's/^/  /' >&2
}

# The sink lists what the first run sent. Its listing costs it nothing, so that what
# is compared is what each client makes of 100 pages and 100,000 files.
contest_again() {
    local same_prefix=again
    to_sink
    with_data many many_links "$(size 100000 2000)"
    prefix=$same_prefix
    command_accession
    "${cmd[@]}"
    # The list of the files was archived too, last.
    cut -c 67- "$list" | awk -v etag="$sink_etag" -v name="${list##*/}" -v size="$(stat -c %s "$list")" \
        -v OFS='\t' '{ print "again/" $0, 1024, etag } END { print "again/" name, size, etag }' |
        sink_lists again
    contest again accession-again aws-sync rclone-again s3cmd-sync s5cmd-sync
    sink_forgets again
    forget_data many
}

contest_verify() {
    local same_prefix=verified
    to_sink
    with_data set equal_files "$(size 32 2)" 64M
    sink_holds verified "$data"
    contest_of_bytes verify accession-verify rclone-check floor-read
    contest local accession-local rclone-local sha256sum floor-hash
    sink_forgets verified
    forget_data set
    with_data small equal_files "$(size 5000 200)" 8K
    sink_holds verified "$data"
    contest_of_bytes verify-small accession-verify rclone-check floor-read
    contest local-small accession-local rclone-local sha256sum floor-hash
    sink_forgets verified
}

contest_restore() {
    local same_prefix=restored
    to_sink
    with_data set equal_files "$(size 32 2)" 64M
    sink_holds restored "$data"
    contest_of_bytes restore accession-restore aws-back rclone-back s5cmd-back floor-restore
    sink_forgets restored
    forget_data set
    with_data small equal_files "$(size 5000 200)" 8K
    sink_holds restored "$data"
    contest_of_bytes restore-small accession-restore aws-back rclone-back s5cmd-back
    sink_forgets restored
    rm -rf "$work/back"
}

# Deliveries divided among processes as a job array does it, each with a ledger of its own. What
# each waits for is the server, so that more of them take less time until the processor is full.
contest_workers() {
    local same_prefix=workers
    to_sink
    with_data deliveries small_deliveries "$(size 160 16)"
    find "$data" -mindepth 1 -maxdepth 1 -type d | LC_ALL=C sort >"$work/deliveries"
    contest workers workers-1 workers-2 workers-4 workers-8
    forget_data deliveries
}

contest_package() {
    to_sink
    with_data middle equal_files "$(size 256 16)" 4M
    packed_contest package
    forget_data middle
    with_data small equal_files "$(size 5000 200)" 8K
    packed_contest package-small
}

# packed_contest NAME: $data as a tar.gz.
packed_contest() {
    tar -C "$data" -cf - . | gzip -1 >"$work/package.tar.gz"
    contest_of_bytes "$1" accession-package accession-unpacked
    rm -rf "$work/package.tar.gz" "$work/unpacked"
}

contest_bucket() {
    to_sandbox
    with_data real-small equal_files "$(size 2000 200)" 8K
    bucket_contest bucket-small
    with_data real-parts equal_files "$(size 4 1)" 64M
    bucket_contest bucket-parts
    forget_data real-small
    forget_data real-parts
}

# bucket_contest NAME: $data lies in the bucket that it is copied within.
bucket_contest() {
    "$(aws_program)" --endpoint-url "$endpoint" s3 rm --quiet --recursive "s3://$bucket/held"
    "$(aws_program)" --endpoint-url "$endpoint" s3 cp --quiet --recursive "$data" "s3://$bucket/held"
    contest "$1" accession-bucket aws-copy
}

# A second copy: what is on record at one place is compared on its way to another.
contest_replicate() {
    to_sandbox
    with_data real-small equal_files "$(size 2000 200)" 8K
    replicate_contest replicate-small
    with_data real-parts equal_files "$(size 4 1)" 64M
    replicate_contest replicate-parts
    forget_data real-small
    forget_data real-parts
}

# replicate_contest NAME: $data is archived, and stays on record.
replicate_contest() {
    "$(aws_program)" --endpoint-url "$endpoint" s3 rm --quiet --recursive "s3://$bucket/held"
    prefix=held
    command_accession
    "${cmd[@]}"
    contest "$1" accession-replicate rclone-across aws-copy s5cmd-copy
}

contest_manifest() {
    local same_prefix=manifest
    to_sink
    with_data listed many_links "$(size 1000000 10000)"
    contest manifest accession-load floor-import floor-hash-list
    rm -rf "$work/import.db"*
    forget_data listed
}

# The list is read into a ledger, and each file looked for in the source; then nothing is sent.
command_accession-load() {
    command_accession
    cmd+=(--dry-run)
}

command_floor-hash-list() {
    cmd=(openssl dgst -sha256 "$list")
}

# ---- a real server ----

contest_real() {
    to_sandbox
    with_data real-small equal_files "$(size 2000 200)" 8K
    contest_of_bytes real-small "${signed[@]}"
    with_data real-parts equal_files "$(size 4 1)" 64M
    contest_of_bytes real-parts "${signed[@]}"
    prefix=real-parts-accession-1
    local same_prefix=$prefix
    contest_of_bytes real-verify accession-verify rclone-check floor-hash
    forget_data real-small
    forget_data real-parts
}

# ---- what is copied ----

# Bytes that cross the kernel's border, as strace sees them: what each reads of the
# file, and what it sends. Copies within a process cannot be seen from outside.
contest_copies() {
    local who
    to_sink
    with_data one-part equal_files 1 64M
    for who in accession aws rclone s3cmd s5cmd floor-hash floor-send; do
        takes_part "$who" || continue
        prefix=copies-$who
        "command_$who"
        strace -f -y -o "$work/calls" -e trace=read,pread64,readv,preadv,mmap,write,writev,sendto,sendmsg,sendfile \
            "${cmd[@]}" >"$work/said" 2>&1 || { note_result copies "$who" failed && continue; }
        awk -v OFS='\t' -v who="$who" -v file="$data/" -v size=$((64 << 20)) '
            / resumed>/ { call = pending[$1] } !/ resumed>/ { call = $2 }
            / <unfinished/ { pending[$1] = $0; next }
            / resumed>/ { line = pending[$1] } !/ resumed>/ { line = $0 }
            $NF !~ /^[0-9]+$/ { next }
            line ~ /^[0-9]+ +p?read/ && index(line, file) { read += $NF }
            line ~ /^[0-9]+ +(write|send)/ && line ~ /<(socket|TCP)/ { sent += $NF }
            END { printf "copies\t%s\t%.2f\t%.2f\n", who, read / size, sent / size }' "$work/calls" |
            tee -a "$results" | sed 's/^/  /' >&2
    done
    rm -f "$work/calls"
    forget_data one-part
}

# Which thread limits a process: seconds of a processor that the thread that decides took, and the busiest of all, with
# one and with two that send and receive. Read from /proc until the end, so the last 50 ms may be missing.
contest_threads() {
    local what threads
    for what in sink sink_tls; do
        "to_$what"
        with_data large equal_files 1 "$(size 2G 64M)"
        for threads in 1 2; do threads_of "$what" large; done
        forget_data large
        with_data small equal_files "$(size 5000 200)" 8K
        for threads in 1 2; do threads_of "$what" small; done
    done
}

# threads_of WHERE DATA: one run, as a line of the results.
threads_of() {
    local pid now last=
    prefix=threads-$2-$threads
    command_accession
    "${cmd[@]}" --network-threads "$threads" >"$work/said" 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        now=$(cat /proc/"$pid"/task/*/stat 2>/dev/null) || true
        last=${now:-$last}
        sleep 0.05
    done
    wait "$pid" || { cat "$work/said" >&2 && exit 1; }
    awk -v OFS='\t' -v where="$1" -v data="$2" -v threads="$threads" -v main="$pid" '
        { took = ($14 + $15) / 100; if ($1 == main) decides = took; if (took > most) most = took }
        END { print "threads", where, data, threads, decides, most }' <<<"$last" | tee -a "$results" | sed 's/^/  /' >&2
}
