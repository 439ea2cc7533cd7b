#!/usr/bin/env bats
# Odd names must simply work: archived from a bag and from a list, read back by another client.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154,SC1003

load ../lib/helpers

setup() {
    common_setup
}

# Each name holds its own number, so that no two files are the same.
odd_names() {
    local i=0 name
    for name in ' leading' 'trailing ' 'two  spaces' $'new\nline' $'\nfirst' $'last\n' '100%' '100%25' \
        '%0A' '%41' '+plus+' 'a&b=c;d,e#f?g' "quote's" '"double"' '~tilde' '(round) [square]' '!*' \
        'back\slash' '\n' '*star' '-dash' '...' 'é-nfc' $'e\xcc\x81-nfd' $'\u212b-angstrom' '🗝️' \
        '日本語' '@:$' '{}|^`<>' "$(printf 'x%.0s' {1..255})" 'a/b/c/deep' 'a/ b/c '; do
        i=$((i + 1))
        mkdir -p "$1/$(dirname -- "./$name")"
        printf 'file number %d' $i >"$1/$name"
    done
    : >"$1/empty"
}

# A path of exactly SIZE bytes, in folders.
long_path() {
    local path='' folder
    folder=$(printf 'd%.0s' {1..99})
    while ((${#path} + 100 < $1 - 1)); do path+=$folder/; done
    path+=$(printf "%*s" $(($1 - ${#path})) '' | tr ' ' k)
    printf %s "$path"
}

@test "odd names: a bag, on a bucket with and without versions" {
    local kind
    mkdir -p bag/data
    odd_names bag/data
    finish_bag bag
    for kind in "" versioned; do
        new_bucket $kind
        run accession ingest bag "s3://$BUCKET/o d%d/+é"
        assert_status 0
        assert_equal "$(s3_check_folder bag 'o d%d/+é')" "$(find bag -type f -printf x | wc -c)" "objects"
        requests_mark
        run accession ingest bag "s3://$BUCKET/o d%d/+é"
        assert_status 0
        assert_equal "$(count_writes)" 0 "writes of a rerun"
    done
}

@test "odd names: a checksum list, and one with NUL instead of newline" {
    new_bucket
    mkdir files
    odd_names files
    make_list files list
    run accession ingest files "s3://$BUCKET/list" --manifest list
    assert_status 0
    assert_equal "$(s3_check_folder files list)" "$(find files -type f -printf x | wc -c)" "objects"
    (cd files && find . -type f -printf '%P\0' | xargs -0 sha256sum --zero --) >list0
    run accession ingest files "s3://$BUCKET/list0" --manifest list0
    assert_status 0
    s3_check_folder files list0
    (cd files && find . -type f -printf '%P\0' | xargs -0 sha256sum --tag --) >list1
    run accession ingest files "s3://$BUCKET/tag" --manifest list1
    assert_status 0
    s3_check_folder files tag
}

@test "odd names: a large file has them too" {
    new_bucket
    mkdir files
    some_bytes 9M >"files/$(printf 'a +%%25é&b\n=?#\\')"
    make_list files list
    run accession ingest files "s3://$BUCKET/x y" -m list
    assert_status 0
    s3_check_folder files 'x y'
    assert_equal "$(s3_open_uploads)" "" "open uploads"
}

@test "odd names: a key of 1,024 bytes works, one of 1,025 is refused before anything is sent" {
    new_bucket
    mkdir -p "fits/$(dirname "$(long_path 1022)")" "not/$(dirname "$(long_path 1023)")"
    echo one >"fits/$(long_path 1022)"
    echo two >"not/$(long_path 1023)"
    make_list fits fits.list
    make_list not not.list
    run accession ingest fits "s3://$BUCKET/p" -m fits.list
    assert_status 0
    s3_check_folder fits p
    s3_delete "p/$(long_path 1022)"
    run accession ingest not "s3://$BUCKET/p" -m not.list
    assert_status 2
    assert_says "not.list:1"
    assert_says "1,024"
    assert_equal "$(s3_count)" 0 keys
}

@test "odd names: a manifest in NFC finds files named in NFD, and says so" {
    new_bucket
    mkdir files
    printf x >files/$'e\xcc\x81'
    printf '%s  %s\n' "$(printf x | sha256sum | cut -d' ' -f1)" 'é' >list
    run accession ingest files "s3://$BUCKET/p" -m list --dry-run
    assert_status 0
    run accession ingest files "s3://$BUCKET/p" -m list
    assert_status 0
    assert_says "Unicode"
    s3_exists p/é
}
