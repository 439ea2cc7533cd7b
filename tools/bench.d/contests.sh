# shellcheck shell=bash
# The contests. Each sends or reads the same bytes with every contestant.

everybody=(accession accession-crc32c aws rclone s3cmd s5cmd floor-hash floor-send floor-both)
no_parts=(accession aws rclone s3cmd s5cmd floor-hash floor-send floor-both)

# size FULL QUICK
size() {
    if [[ -n $quick ]]; then echo "$2"; else echo "$1"; fi
}

contest_large() {
    to_sink
    with_data large equal_files 1 "$(size 2G 64M)"
    contest large "${everybody[@]}"
}

contest_parts() {
    to_sink
    with_data parts equal_files "$(size 20 2)" 64M
    contest parts "${everybody[@]}"
    forget_data parts
}

contest_small() {
    to_sink
    with_data small equal_files "$(size 5000 200)" 8K
    contest small "${no_parts[@]}"
}

contest_mixed() {
    to_sink
    with_data mixed mixed_files "$(size 2000 100)" 2 "$(size 256M 16M)"
    contest mixed "${everybody[@]}"
    forget_data mixed
}

contest_tls() {
    to_sink_tls
    with_data large equal_files 1 "$(size 2G 64M)"
    contest large-tls "${everybody[@]}"
    with_data small equal_files "$(size 5000 200)" 8K
    contest small-tls "${no_parts[@]}"
}

contest_start() {
    to_sink
    with_data one equal_files 1 1K
    contest start "${no_parts[@]}"
    first_byte
}

# From exec to the first byte of an object at the server, by the sink's log.
first_byte() {
    local round begin
    command_accession
    for ((round = 1; round <= runs; round++)); do
        sink_forget
        prefix=first-byte-$round
        command_accession
        begin=$EPOCHREALTIME
        "${cmd[@]}" >/dev/null
        sleep 1.2 # the log is flushed once a second
        awk -v begin="$begin" -v path="/sink/$prefix/" '$3 == "PUT" && index($5, path) == 1 {
            printf "first-byte\taccession\t%.3f\t\t\n", $1 - $2 - begin; exit }' \
            "$work/sink/access.log" >>"$results"
    done
}

# ---- a real server ----

signed=(accession aws rclone s3cmd s5cmd floor-hash)

contest_real() {
    to_sandbox
    with_data small equal_files "$(size 5000 200)" 8K
    contest real-small "${signed[@]}"
    with_data medium equal_files "$(size 4 1)" 64M
    contest real-parts "${signed[@]}"
}

command_accession-again() {
    cmd=(env XDG_STATE_HOME="$state" "$accession" ingest --quiet --region us-east-1
        --endpoint-url "$endpoint" --manifest "$list" "$data" "s3://$bucket/$prefix")
}

command_aws-sync() {
    cmd=("$(aws_program)" --endpoint-url "$endpoint" s3 sync --quiet "$data" "s3://$bucket/$prefix")
}

command_s3cmd-sync() {
    s3cmd_options
    cmd+=(sync --no-check-md5 "$data/" "s3://$bucket/$prefix/")
}

contest_again() {
    local round who
    to_sandbox
    with_data many many_links "$(size 100000 2000)"
    prefix=again
    command_accession
    "${cmd[@]}"
    for ((round = 1; round <= runs; round++)); do
        for who in accession-again aws-sync rclone s3cmd-sync; do
            takes_part "${who%-*}" || continue
            prefix=again
            "command_$who"
            measure again "$who"
        done
    done
    forget_data many
}

contest_verify() {
    local round verify
    to_sandbox
    with_data medium equal_files "$(size 4 1)" 64M
    prefix=verified
    command_accession
    "${cmd[@]}"
    verify=(env XDG_STATE_HOME="$state" "$accession" verify --quiet --region us-east-1
        --manifest "$list")
    for ((round = 1; round <= runs; round++)); do
        cmd=("${verify[@]}" --endpoint-url "$endpoint" --level read "s3://$bucket/$prefix")
        measure verify verify-read
        cmd=("${verify[@]}" --local "$data")
        measure verify verify-local
        wanted floor-hash || continue
        command_floor-hash
        measure verify floor-hash
    done
}

contest_manifest() {
    local round lines
    lines=$(size 1000000 10000)
    mkdir -p "$work/data/empty"
    data=$work/data/empty list=$work/data/empty.sha256
    awk -v n="$lines" 'BEGIN { for (i = 0; i < n; i++)
        printf "%064x  scans/%04d/page-%07d.tif\n", i, i / 1000, i }' >"$list"
    to_sink
    for ((round = 1; round <= runs; round++)); do
        rm -rf "$state"
        # The files are not there: the run ends once the whole list is in the ledger.
        cmd=(sh -c "XDG_STATE_HOME='$state' '$accession' ingest --dry-run --quiet --region us-east-1 \
            --endpoint-url '$endpoint' --manifest '$list' '$data' s3://sink/manifest; [ \$? = 1 ]")
        measure manifest accession
        cmd=(openssl dgst -sha256 "$list")
        measure manifest floor-hash
    done
}
