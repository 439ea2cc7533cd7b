# shellcheck shell=bash
# Makes bags and checksum lists to archive. Sizes are bytes or 10K, 300M, 2G.

# some_bytes SIZE [SEED]: the same bytes for the same seed, and none that repeat.
some_bytes() {
    local size
    size=$(numfmt --from=iec "$1")
    # A closed pipe ends openssl; that isn't a failure here.
    { openssl enc -aes-128-ctr -K "$(printf '%032x' "${2:-1}")" \
        -iv 00000000000000000000000000000000 </dev/zero 2>/dev/null || true; } |
        head -c "$size"
}

# make_bag DIR N SIZE [SEED]: a BagIt 1.0 bag of N payload files of SIZE bytes.
make_bag() {
    local dir=$1 n=$2 size i
    size=$(numfmt --from=iec "$3")
    mkdir -p "$dir/data"
    if ((size > 0 && n > 0)); then
        some_bytes $((n * size)) "${4:-1}" |
            split -b "$size" -a 6 -d --additional-suffix=.bin - "$dir/data/file-"
    else
        for ((i = 0; i < n; i++)); do
            : >"$(printf '%s/data/file-%06d.bin' "$dir" "$i")"
        done
    fi
    finish_bag "$dir"
}

# add_payload DIR NAME SIZE [SEED]: one more payload file; then call finish_bag.
add_payload() {
    mkdir -p "$(dirname "$1/data/$2")"
    some_bytes "$3" "${4:-7}" >"$1/data/$2"
}

# finish_bag DIR: writes tag files and manifests for what is under DIR/data.
finish_bag() (
    cd "$1" || exit 1
    printf 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n' >bagit.txt
    printf 'Payload-Oxum: %s\n' "$(payload_oxum)" >bag-info.txt
    bag_manifest data >manifest-sha256.txt
    sha256sum bagit.txt bag-info.txt manifest-sha256.txt >tagmanifest-sha256.txt
)

payload_oxum() {
    find data -type f -printf '%s\n' |
        awk '{ bytes += $1; n++ } END { printf "%.0f.%d", bytes, n }'
}

# BagIt encodes LF, CR and % in names, and nothing else.
bag_manifest() {
    find "$1" -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum --zero |
        sed -z 's/%/%25/g; s/\n/%0A/g; s/\r/%0D/g' | tr '\0' '\n'
}

# make_list DIR FILE: a GNU checksum list of what is under DIR, relative to it.
make_list() {
    (cd "$1" && find . -type f -printf '%P\0' | LC_ALL=C sort -z |
        xargs -0 -r sha256sum --) >"$2"
}

# flip_byte FILE OFFSET: changes one byte, keeps size and modification time.
flip_byte() {
    local byte when
    when=$(stat -c %y "$1")
    byte=$(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null | od -An -tu1)
    # shellcheck disable=SC2059  # the format is the byte
    printf "\\x$(printf %02x $((byte ^ 255)))" |
        dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
    touch -d "$when" "$1"
}
