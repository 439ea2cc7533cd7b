#!/usr/bin/env bats
# A destination that holds another delivery: nothing is sent into it, and the run says what may have
# been meant. A run that goes on with its own delivery is never stopped. --check-first: every file is
# compared before anything is sent.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    unset ACCESSION_ARCHIVE_MANIFEST
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    make_bag DEL-005 3 64 1
    identify DEL-005 NA-2026-5
    make_bag DEL-006 4 64 2
    identify DEL-006 NA-2026-6
    scripted_start ''
}

teardown() {
    scripted_stop
}

# identify BAG EXTERNAL-IDENTIFIER
identify() {
    (cd "$1" && printf 'External-Identifier: %s\n' "$2" >>bag-info.txt &&
        sha256sum bagit.txt bag-info.txt manifest-sha256.txt >tagmanifest-sha256.txt)
}

# ingest STATUS SOURCE [OPTION...]: to $to, or s3://bucket/a.
ingest() {
    run accession ingest --json "${@:2}" "${to:-s3://bucket/a}" --endpoint-url "$SCRIPTED_URL"
    assert_status "$1"
}

counts() {
    local names
    names=$(printf '.%s, ' "$@")
    jq -r "select(.type == \"summary\") | [${names%, }] | join(\" \")" < <(grep '^{' <<<"$output")
}

said_of() { jq -r "select(.type == \"summary\") | $1" < <(grep '^{' <<<"$output"); }

keys() { scripted_objects '[.[].key | ltrimstr("a/")] | unique | join(" ")'; }

# refused_as REGEX: by the summary, with what was meant; nothing was written.
refused_as() {
    [[ $(said_of .holds) =~ $1 ]]
    assert_equal "$(said_of .right_url)" s3://bucket/a/DEL-006
    assert_equal "$(counts outcome sent)" "CONFLICT 0"
    assert_equal "$(keys)" "$before"
    assert_equal "$(scripted_uploads length)" 0 "open uploads"
}

@test "a second bag at the same prefix: nothing is sent, with the ledger and without" {
    ingest 0 DEL-005
    before=$(keys)
    for ledger in kept lost; do
        [[ $ledger == kept ]] || rm -rf "$XDG_STATE_HOME"
        ingest 1 DEL-006
        refused_as '^another bag \(External-Identifier NA-2026-5\)$'
        ingest 1 --dry-run DEL-006
        refused_as '^another bag \(External-Identifier NA-2026-5\)$'
    done
    run accession ingest DEL-006 s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    assert_status 1
    assert_says "s3://bucket/a holds another bag"
    assert_says "Did you mean s3://bucket/a/DEL-006?"
    assert_says "ingest DEL-006 s3://bucket/a/DEL-006"
    assert_says "--into-existing"
    # Its own place is free.
    to=s3://bucket/a/DEL-006 ingest 0 DEL-006
    assert_equal "$(counts sent)" 8
}

@test "a folder with a list, or a bag with manifests of another algorithm, into a bag's prefix" {
    ingest 0 DEL-005
    before=$(keys)
    rm -rf "$XDG_STATE_HOME"
    (
        cd DEL-006 || exit 1
        rm ./*manifest-sha256.txt
        find data -type f -print0 | sort -z | xargs -0 md5sum >manifest-md5.txt
    )
    ingest 1 DEL-006
    refused_as '^another bag \(External-Identifier NA-2026-5\)$'
    rm -rf DEL-006
    mkdir DEL-006
    printf x >DEL-006/x
    make_list DEL-006 "$PWD/SHA256SUMS"
    ingest 1 -m SHA256SUMS DEL-006
    refused_as '^another bag'
    ingest 0 -m SHA256SUMS --into-existing DEL-006
    assert_equal "$(counts sent)" 2
}

@test "another list of the same name, and a conflict that the ledger knows" {
    mkdir one two
    mv two DEL
    printf 1 >one/f
    make_list one "$PWD/SHA256SUMS"
    ingest 0 -m SHA256SUMS one
    rm -rf DEL-006
    mkdir DEL-006
    printf 2 >DEL-006/g
    make_list DEL-006 "$PWD/SHA256SUMS"
    before=$(keys)
    ingest 1 -m SHA256SUMS DEL-006
    refused_as '^another delivery \(its SHA256SUMS differs\)$'
    printf 2 >DEL-006/f
    make_list DEL-006 "$PWD/other.sha256"
    ingest 1 -m other.sha256 DEL-006
    refused_as '^other content under 1 of these names, such as f$'
    assert_equal "$(counts conflicts withheld)" "1 2"
    # Meant all the same: what is free is sent, what is not stays.
    ingest 1 -m other.sha256 --into-existing DEL-006
    assert_equal "$(counts sent conflicts withheld)" "1 1 1"
}

@test "the ledger lost: a promised size alone shows the conflict, and a dry run says so" {
    mkdir src
    printf long >src/f
    printf 'path,size,sha256\nf,4,%s\n' "$(sha256sum <src/f | cut -d' ' -f1)" >list.csv
    ingest 0 -m list.csv --archive-manifest no src
    rm -rf "$XDG_STATE_HOME"
    printf longer >src/f
    printf 'path,size,sha256\nf,6,%s\n' "$(sha256sum <src/f | cut -d' ' -f1)" >list.csv
    scripted_reset
    for option in --dry-run --no-progress; do
        ingest 1 -m list.csv --archive-manifest no $option src
        assert_equal "$(counts conflicts sent to_compare)" "1 0 0"
    done
    assert_equal "$(scripted_count 'HeadObject|GetObject')" 0 "requests for the object"
}

@test "its own bag goes on: killed, refused and corrected, the ledger lost, complete" {
    echo changed >>DEL-005/data/file-000001.bin
    ingest 1 DEL-005
    some_bytes 64 9 >DEL-005/data/file-000001.bin
    finish_bag DEL-005
    rm -rf "$XDG_STATE_HOME"
    ingest 0 DEL-005
    assert_equal "$(counts sent already)" "5 2"
    rm -rf "$XDG_STATE_HOME"
    ingest 0 DEL-005
    assert_equal "$(counts sent already)" "0 7"
    # A file of the bag is gone from the bucket: it is sent again, ledger or not.
    curl -sSf -X DELETE "$SCRIPTED_URL/bucket/a/data/file-000002.bin"
    rm -rf "$XDG_STATE_HOME"
    ingest 0 DEL-005
    assert_equal "$(counts sent already)" "1 6"
}

@test "listing denied: the manifests are asked for one by one" {
    ingest 0 DEL-005
    before=$(keys)
    rm -rf "$XDG_STATE_HOME"
    scripted_scenario 'on ListObjectsV2 answer 403 AccessDenied'
    ingest 1 DEL-006
    refused_as '^another bag'
    to=s3://bucket/b ingest 0 DEL-006
}

@test "--check-first: one wrong file, and nothing is sent; all wrong files are named" {
    echo changed >>DEL-005/data/file-000001.bin
    rm DEL-005/data/file-000002.bin
    ingest 1 --check-first DEL-005
    assert_equal "$(counts sent failed withheld)" "0 2 5"
    assert_equal "$(jq -r 'select(.outcome == "failed") | "\(.path) \(.code)"' < <(grep '^{' <<<"$output") | sort | paste -sd' ')" \
        "data/file-000001.bin DIGEST data/file-000002.bin FILE_MISSING"
    assert_equal "$(scripted_count 'PutObject|CreateMultipartUpload')" 0 "writes, the probe included"
    # With a dry run: the digests are compared, too.
    ingest 1 --dry-run --check-first DEL-005
    assert_equal "$(counts to_send failed withheld)" "1 2 4"
    ingest 0 --check-first DEL-006
    assert_equal "$(counts sent)" 8
    ingest 0 --check-first DEL-006
    assert_equal "$(counts already)" 8
}

@test "check-first as a habit, from the configuration; a file that no manifest names" {
    mkdir -p "$HOME/.config/accession"
    echo 'check-first = yes' >"$HOME/.config/accession/accession.conf"
    printf x >DEL-005/data/stray
    ingest 1 DEL-005
    assert_equal "$(counts sent withheld unlisted)" "0 7 1"
    ingest 1 --check-first=no DEL-005
    assert_equal "$(counts sent withheld)" "3 4"
    ingest 0 --allow-unlisted DEL-005
}

# bats test_tags=slow
@test "interrupted while it compares: ends, sends nothing, and begins again" {
    some_bytes 400M 3 >DEL-005/data/large.bin
    (cd DEL-005 && sha256sum data/large.bin >>manifest-sha256.txt && rm tagmanifest-sha256.txt && sed -i /Oxum/d bag-info.txt)
    accession_in_background ingest --json --check-first DEL-005 s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    until_true says out.log '"text":"comparing"'
    kill -INT "$PROGRAM"
    ended 130
    assert_equal "$(keys)" ""
    ingest 0 --check-first DEL-005
}

@test "a destination that ends in /, or is a name alone, gets the source's name, and the plan says so first; verify mirrors it" {
    mkdir -p "$HOME/.config/accession"
    cat >"$HOME/.config/accession/accession.conf" <<CONF
endpoint-url = $SCRIPTED_URL
[shelf]
url = s3://bucket/shelf
[folder]
url = s3://bucket/folder/
CONF
    while read -r destination url; do
        rm -rf "$XDG_STATE_HOME"
        scripted_reset all
        run accession ingest --json DEL-005/. "$destination"
        assert_status 0
        assert_equal "$(said_of .url)" "$url"
        [[ $destination != */ ]] ||
            [[ $(jq -r 'select(.type == "note") | .text' <<<"$output" | head -n 1) == "archiving to $url: "* ]]
        scripted_keeps bucket "${url#s3://bucket/}/bagit.txt"
        run accession verify DEL-005 "$destination"
        assert_status 0
        run accession verify "$url/"
        assert_status 0
    done <<'END'
s3://bucket/ s3://bucket/DEL-005
s3://bucket/maps/ s3://bucket/maps/DEL-005
s3://bucket/maps s3://bucket/maps
shelf: s3://bucket/shelf/DEL-005
shelf:1923 s3://bucket/shelf/1923
shelf:1923/ s3://bucket/shelf/1923/DEL-005
folder: s3://bucket/folder/DEL-005
folder:1923 s3://bucket/folder/1923
END
}
