# shellcheck shell=bash
# How cost grows with the number of files and with their size. Against the sink,
# once each: what matters is that columns per file and per GiB stay level.

# grown KIND WHAT COUNT: one accession run, as a line of the results.
grown() {
    local line
    prefix=$1-$2
    command_accession
    measure "scale-$1" "$2"
    line=$(tail -n 1 "$results")
    sed -i '$d' "$results"
    printf '%s\t%s\t%s\n' "$line" "$3" "$(stat -c %s "$state/accession/ledger.db")" >>"$results"
}

contest_scale() {
    local count bytes
    to_sink
    for count in $(size '1 10 100 1000 10000 100000 1000000' '1 10 100'); do
        with_data links many_links "$count"
        grown files "$count" "$count"
        forget_data links
    done
    for bytes in $(size '1K 64K 1M 8M 64M 512M 1G 4G 16G' '1K 64K 1M'); do
        with_data sparse sparse_file "$bytes"
        grown bytes "$bytes" "$(numfmt --from=iec "$bytes")"
        forget_data sparse
    done
}
