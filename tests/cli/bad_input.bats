#!/usr/bin/env bats
# Bad input: one clear line that names file, line or key, the documented exit status, and nothing
# left behind.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers

setup() {
    common_setup
    umask 022
    # only its owner may enter bats' own folder; some of this runs as the user nobody.
    open=$(mktemp -d /tmp/accession-bad-input.XXXXXX)
    chmod 777 "$open"
    cd "$open" || return
    new_bucket
    mkdir files
    printf one >files/one
    printf two >files/two
    make_list files list
}

teardown() {
    cd /
    rm -rf "$open"
}

archive() {
    run accession ingest files "s3://$BUCKET/p" "$@"
}

nothing_left() {
    assert_equal "$(s3_count)" 0 keys
    assert_equal "$(s3_open_uploads)" "" "open uploads"
}

# refused STATUS TEXT...: with one line (and no progress), saying all of it.
refused() {
    local text
    assert_status "$1"
    shift
    for text in "$@"; do assert_says "$text"; done
    nothing_left
}

one_line() {
    assert_equal "$(wc -l <<<"$output")" 1 "lines of output"
}

sha_of() {
    sha256sum <"$1" | cut -d' ' -f1
}

# Runs the program as the user nobody if we are root, so that permissions count; from here, since nobody may
# not enter every folder that it is built in.
as_nobody() {
    cp "$ACCESSION" program
    chmod 755 program
    if [[ $(id -u) == 0 ]]; then
        HOME=$open XDG_STATE_HOME=$open/state setpriv --reuid=65534 --regid=65534 --clear-groups ./program "$@"
    else
        ./program "$@"
    fi
}

@test "bad: a manifest that is not there, a folder, or may not be read" {
    archive -m nowhere
    refused 2 nowhere
    one_line
    archive -m files
    refused 2 files
    one_line
    chmod 000 list
    run as_nobody ingest files "s3://$BUCKET/p" -m list
    refused 2 list "Permission denied"
    one_line
}

@test "bad: a file that may not be read fails, the others are archived" {
    chmod 000 files/one
    run as_nobody ingest files "s3://$BUCKET/p" -m list
    assert_status 1
    assert_says one
    assert_says "Permission denied"
    assert_equal "$(s3_count p/)" 1 keys
}

@test "bad: a gzip manifest cut short, and one that is damaged" {
    for i in {1..500}; do printf '%s  name-%s\n' "$(printf %064x "$i")" "$i"; done | gzip >whole.gz
    head -c 2000 whole.gz >cut.gz
    archive -m cut.gz
    refused 2 cut.gz
    one_line
    cp whole.gz bad.gz
    flip_byte bad.gz 3000
    archive -m bad.gz
    refused 2 bad.gz
    one_line
}

@test "bad: a manifest whose last line is cut" {
    head -c -10 list >cut-off
    truncate -s -70 cut-off
    printf '%s' "$(sha_of files/two | head -c 40)" >>cut-off
    archive -m cut-off
    refused 2 cut-off:
    one_line
}

@test "bad: a size that no object can have" {
    for size in 70368744177665 9223372036854775807; do
        printf 'path,sha256,size\none,%s,%s\ntwo,%s,%s\n' "$(sha_of files/one)" $size "$(sha_of files/two)" $size >sizes.csv
        archive -m sizes.csv
        refused 2 sizes.csv:2: "48.8 TiB"
        one_line
    done
}

@test "bad: unknown format, no entries, nothing at all" {
    printf 'these are\nno checksums\n' >prose
    archive -m prose
    refused 2 prose
    one_line
    : >empty
    archive -m empty
    refused 2 empty
    one_line
    printf '# only a comment\n' >comment
    archive -m comment
    refused 2 comment
    one_line
    head -c 3000 /dev/urandom >noise
    archive -m noise
    refused 2 noise
    one_line
}

@test "bad: a digest of the wrong length" {
    sed '2s/^.//' list >short
    archive -m short
    refused 2 short:2 63
    one_line
}

@test "bad: paths that leave the source" {
    local path
    for path in ../escape /etc/hostname a/../../b './../x' 'a/..'; do
        printf '%s  one\n%s  %s\n' "$(sha_of files/one)" "$(sha_of files/two)" "$path" >bad
        archive -m bad
        refused 2 bad:2
        one_line
    done
}

@test "bad: a symbolic link that leaves the source fails, one that stays inside is followed" {
    printf secret >outside
    ln -s ../outside files/out
    ln -s /etc/hostname files/absolute
    ln -s one files/in
    mkdir files/sub
    ln -s .. files/sub/up
    cp list linked
    printf '%s  %s\n' "$(sha_of files/out)" out "$(sha_of files/absolute)" absolute \
        "$(sha_of files/one)" in "$(sha_of files/two)" sub/up/two >>linked
    archive -m linked
    assert_status 1
    assert_says "leaves the source"
    refute_s3 p/out
    refute_s3 p/absolute
    assert_equal "$(s3_sha256 p/in)" "$(sha_of files/one)" "in"
    assert_equal "$(s3_list)" "$(printf 'p/%s\n' in one sub/up/two two)" keys
}

@test "bad: one file twice, with the same digest and with another" {
    cat list list >same
    printf '%s  one\n' "$(sha_of files/two)" | cat list - >contradicting
    archive -m contradicting
    refused 2 contradicting:3 one
    one_line
    # Twice the same says nothing wrong.
    archive -m same
    assert_status 0
}

@test "bad: a name that is not UTF-8 refuses that file alone" {
    printf 1 >$'files/caf\xe9'
    printf 2 >$'files/na\xefve'
    (cd files && sha256sum -- *) >latin
    archive -m latin
    assert_status 1
    assert_says "the name 'caf\\xE9' is not valid UTF-8"
    assert_says "the name 'na\\xEFve' is not valid UTF-8"
    refute_says "no manifest names it"
    assert_equal "$(s3_list)" "$(printf 'p/%s\n' one two)" keys
}

@test "bad: control characters are archived, and never reach the terminal" {
    printf 1 >$'files/bell\a'
    printf 2 >$'files/Icon\r'
    make_list files control
    archive -m control
    assert_status 0
    accession report --format manifest >back
    (cd files && sha256sum -c --quiet ../back)
    printf '%s  bell\a\n' "$(sha_of files/one)" >other
    archive -m other --allow-unlisted
    assert_status 1
    assert_says 'bell\x07'
    refute_says $'\a'
    assert_equal "$(s3_count p/)" 4 keys
    accession report --format premis | xmllint --noout -
}

@test "bad: a missing bucket, wrong credentials, an unknown key, a server that is away" {
    run accession ingest files s3://no-such-bucket-here/p -m list
    refused 4 no-such-bucket-here NoSuchBucket
    AWS_SECRET_ACCESS_KEY=wrong archive -m list
    refused 4 SignatureDoesNotMatch
    AWS_ACCESS_KEY_ID=AKIANOBODY archive -m list
    refused 4 InvalidAccessKeyId
    archive -m list --endpoint-url http://127.0.0.1:9 --retries 1
    refused 5 127.0.0.1:9
    env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY true
    (
        unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
        archive -m list
        assert_status 2 || assert_status 4
        assert_says redentials
    )
    nothing_left
}

@test "bad: the command line" {
    run accession ingest
    assert_status 2
    run accession ingest files
    assert_status 2
    run accession ingest files not-a-url -m list
    assert_status 2
    run accession ingest files "s3://$BUCKET/p" -m list --jobs 0
    assert_status 2
    assert_says --jobs
    run accession ingest files "s3://$BUCKET/p" -m list --memory 16M --part-size 16M
    assert_status 2
    assert_says --memory
    run accession ingest nowhere "s3://$BUCKET/p" -m list
    refused 2 nowhere
    one_line
    run accession ingest files "s3://$BUCKET/p"
    refused 2 --manifest
    one_line
    run accession ingest list "s3://$BUCKET/p" -m list
    refused 2 list
}

@test "bad: a ledger that is read-only, of a newer version, no ledger, or on a full disk" {
    archive -m list --ledger no/such/folder/x.db
    [[ $status == 0 || $status == 2 ]]
    printf 'no database at all, and more than sixteen bytes\n%.0s' {1..100} >text.db
    archive -m list --ledger text.db
    assert_status 2
    assert_says text.db
    accession ingest files "s3://$BUCKET/q" -m list --ledger new.db
    sqlite3 new.db 'PRAGMA user_version = 9999'
    run accession ingest files "s3://$BUCKET/r" -m list --ledger new.db
    assert_status 2
    assert_says new.db
    assert_says newer
    assert_equal "$(s3_count r/)" 0 keys
}

@test "bad: a read-only ledger" {
    accession ingest files "s3://$BUCKET/q" -m list --ledger ro.db
    chmod 444 ro.db
    run as_nobody ingest files "s3://$BUCKET/p" -m list --ledger ro.db
    assert_status 2
    assert_says ro.db
    assert_equal "$(s3_count p/)" 0 keys
}

@test "bad input: a list whose files lie elsewhere: says where, and which option finds them" {
    new_bucket
    mkdir -p delivery/scans/plates
    echo 1 >delivery/scans/plates/one
    echo 2 >"delivery/scans/plates/the other"
    (cd delivery && sha256sum scans/plates/*) >list
    # Too deep: the paths begin with a folder too many.
    run accession ingest -m list delivery/scans "s3://$BUCKET/p"
    assert_status 1
    assert_says "None of the 2 files in the manifest exist."
    assert_says "accession ingest -m list delivery/scans s3://$BUCKET/p --strip-prefix scans"
    run accession ingest -m list delivery/scans "s3://$BUCKET/p" --strip-prefix scans
    assert_status 0
    # Elsewhere altogether, above and below.
    run accession ingest --dry-run -m list delivery/scans/plates "s3://$BUCKET/p"
    assert_status 1
    assert_says "-m list delivery/scans/plates s3://$BUCKET/p --strip-prefix scans/plates"
    run accession ingest -m list . "s3://$BUCKET/q"
    assert_status 1
    assert_says "accession ingest -m list $PWD/delivery s3://$BUCKET/q"
    mkdir elsewhere
    run accession ingest -m list elsewhere "s3://$BUCKET/q"
    assert_status 1
    assert_says "is not in"
    # One file found is enough: then the others are missing.
    mkdir -p some/scans/plates
    echo 1 >some/scans/plates/one
    run accession ingest -m list some "s3://$BUCKET/r"
    assert_status 1
    refute_says "None of the"
}

@test "bad input: a folder within a bag, or around one: the bag is named" {
    new_bucket
    make_bag shelf/bag 2 1K
    run accession ingest shelf/bag/data "s3://$BUCKET/p"
    assert_status 2
    assert_says "Did you mean the bag"
    assert_says "/shelf/bag?"
    run accession ingest shelf "s3://$BUCKET/p"
    assert_status 2
    assert_says "/shelf/bag?"
    cp -r shelf/bag shelf/other
    run accession ingest shelf "s3://$BUCKET/p"
    assert_status 2
    assert_says "It holds several bags: name them, as in $PWD/shelf/*."
    mkdir plain
    echo 1 >plain/one
    run accession ingest plain "s3://$BUCKET/p"
    assert_status 2
    assert_says "Name the checksum list with --manifest FILE, or make one: accession manifest create"
}
