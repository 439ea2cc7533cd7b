# shellcheck shell=bash
# What is sent: folders with a checksum list beside each, made once, in memory.
# A folder NAME lies in $work/data/NAME, its list in $work/data/NAME.sha256.

# stream SEED: bytes without end that neither repeat nor compress.
stream() {
    openssl enc -aes-128-ctr -K "$(printf '%032x' "$1")" \
        -iv 00000000000000000000000000000000 </dev/zero 2>/dev/null || true
}

# with_data NAME MAKER ARGUMENTS...: sets $data and $list.
with_data() {
    data=$work/data/$1${quick:+-quick} list=$work/data/$1${quick:+-quick}.sha256
    [[ ! -e $list ]] || return 0
    rm -rf "$data"
    mkdir -p "$data"
    "${@:2}"
    [[ ! -e $list ]] || return 0 # many_links made it
    (cd "$data" && find . -type f -printf '%P\0' | LC_ALL=C sort -z |
        xargs -0 -r openssl dgst -sha256 -r) | sed 's/ \*/  /' >"$list.new"
    mv "$list.new" "$list"
}

forget_data() {
    rm -rf "$work/data/$1"{,-quick,.sha256,-quick.sha256}
}

# equal_files COUNT SIZE
equal_files() {
    stream 1 | head -c "$(($1 * $(numfmt --from=iec "$2")))" |
        split -b "$2" -a 6 -d - "$data/file-"
}

# small_deliveries COUNT: folders of eight files, each with its list. Their names fall evenly into
# eight slices (batch/batch.c), so that what is measured is the program and not the draw.
small_deliveries() {
    local number name sum slice made=0 taken=()
    for ((number = 0; made < $1; number++)); do
        name=delivery-$number
        sum=$(printf %s "$name" | sha256sum)
        slice=$((16#${sum:15:1} % 8))
        ((${taken[slice]:-0} < $1 / 8)) || continue
        taken[slice]=$((${taken[slice]:-0} + 1)) made=$((made + 1))
        mkdir "$data/$name"
        stream "$((number + 10))" | head -c 32K | split -b 4K -a 1 -d - "$data/$name/page-"
        (cd "$data/$name" && sha256sum page-* >SHA256SUMS)
    done
}

# mixed_files COUNT LARGE SIZE: COUNT files of log-normal sizes (median 16 KiB,
# sigma 2, the same sizes each time), and LARGE of SIZE among them.
mixed_files() {
    local n=0 size
    stream 2 | {
        awk -v count="$1" -v large="$2" -v size="$(numfmt --from=iec "$3")" 'BEGIN {
            srand(20)
            for (i = 0; i < count; i++) {
                if (large && i % int(count / large) == 7) print size
                z = sqrt(-2 * log(1 - rand())) * cos(6.28318530718 * rand())
                print int(16384 * exp(2 * z))
            } }' >"$work/sizes"
        while read -r size <&3; do
            n=$((n + 1))
            head -c "$size" >"$(printf '%s/file-%06d' "$data" "$n")"
        done 3<"$work/sizes"
    }
}

# many_links COUNT: as many names for one file of 1 KiB; a list is quickly made.
# A file system allows only so many links to one file: a few files take turns.
many_links() {
    local count=$1 sum
    stream 3 | head -c 1024 >"$work/linked"
    sum=$(sha256sum <"$work/linked" | cut -d' ' -f1)
    rm -rf "$data"
    mkdir -p "$data"
    awk -v n="$count" -v sum="$sum" 'BEGIN {
        for (i = 0; i < n; i++) printf "%s  %03d/%06d\n", sum, i / 1000, i }' >"$list"
    (cd "$data" && seq -f %03g 0 $(((count - 1) / 1000)) | xargs mkdir &&
        cut -d' ' -f3 "$list" | perl -e 'my ($i, $from) = (0);
            while (<STDIN>) { chomp;
                if ($i++ % 30000 == 0) { $from = "$_"; qx(cp $ARGV[0] $from); next }
                link $from, $_ or die "$_: $!\n"; }' "$work/linked")
}

# sparse_file SIZE: one file that takes no room.
sparse_file() {
    truncate -s "$1" "$data/sparse"
}
