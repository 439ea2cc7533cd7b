#!/usr/bin/env bats
# What makes a prefix look like a whole delivery (tag files, manifests, a checksum list, bagit.txt)
# waits for the whole of it: nothing half-wrong becomes visible, and a corrected delivery finds its
# keys free.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    unset ACCESSION_ARCHIVE_MANIFEST
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    make_bag bag 3 64
    mkdir src
    printf one >src/one
    printf two >src/two
    make_list src "$PWD/SHA256SUMS"
    scripted_start ''
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
    scripted_stop
}

# ingest STATUS SOURCE [OPTION...]: to s3://bucket/a.
ingest() {
    run accession ingest --json "${@:2}" s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    assert_status "$1"
}

# counts NAME...: of the last summary.
counts() {
    local names
    names=$(printf '.%s, ' "$@")
    jq -r "select(.type == \"summary\") | [${names%, }] | join(\" \")" < <(grep '^{' <<<"$output")
}

keys() { scripted_objects '[.[].key | ltrimstr("a/")] | unique | join(" ")'; }

whole_bag="bag-info.txt bagit.txt data/file-000000.bin data/file-000001.bin data/file-000002.bin manifest-sha256.txt tagmanifest-sha256.txt"

@test "a refused payload file withholds tag files, manifests and bagit.txt; the corrected bag is sent whole" {
    echo changed >>bag/data/file-000001.bin
    ingest 1 bag
    assert_equal "$(counts sent failed withheld not_begun conflicts)" "2 1 4 0 0"
    assert_equal "$(jq -r 'select(.outcome == "withheld") | .path' <<<"$output" | sort | paste -sd' ')" \
        "bag-info.txt bagit.txt manifest-sha256.txt tagmanifest-sha256.txt"
    assert_equal "$(keys)" "data/file-000000.bin data/file-000002.bin"
    # What was corrected is the manifest: its key is free.
    finish_bag bag
    ingest 0 bag
    assert_equal "$(counts sent already withheld)" "5 2 0"
    assert_equal "$(keys)" "$whole_bag"
}

@test "a missing file, a conflict and a file without digest withhold too" {
    mv bag/data/file-000000.bin kept
    ingest 1 bag
    assert_equal "$(counts sent failed withheld)" "2 1 4"
    mv kept bag/data/file-000000.bin
    some_bytes 64 9 >other
    curl -sSf -o /dev/null -X PUT --data-binary @other "$SCRIPTED_URL/bucket/a/data/file-000000.bin"
    ingest 1 bag
    assert_equal "$(counts already conflicts withheld)" "2 1 4"
    printf 'path,md5\none,%s\ntwo,\n' "$(md5sum <src/one | cut -d' ' -f1)" >list.csv
    ingest 1 -m list.csv src
    assert_equal "$(counts sent failed withheld)" "1 1 1"
    # Left out by request: that is no refusal.
    ingest 0 -m list.csv --undigested skip src
    assert_equal "$(counts already sent withheld skipped)" "1 1 0 1"
}

@test "a refused tag file withholds the manifests and bagit.txt" {
    mkdir bag/metadata
    echo a >bag/metadata/a.xml
    (cd bag && sha256sum metadata/a.xml >>tagmanifest-sha256.txt)
    echo b >bag/metadata/a.xml
    ingest 1 bag
    assert_equal "$(counts sent failed withheld)" "4 1 3"
    assert_equal "$(keys)" "bag-info.txt data/file-000000.bin data/file-000001.bin data/file-000002.bin"
}

@test "the last thing sent is bagit.txt, after the manifests" {
    ingest 0 bag
    output=$(scripted_requests PutObject 200 | cut -d' ' -f4)
    assert_equal "$(tail -n 1 <<<"$output")" a/bagit.txt
    assert_equal "$(tail -n 3 <<<"$output" | head -n 2 | sort | paste -sd' ')" \
        "a/manifest-sha256.txt a/tagmanifest-sha256.txt"
}

@test "a list is withheld, inside or beside the source, and the corrected one is archived" {
    for list in SHA256SUMS src/list; do
        rm -rf "$XDG_STATE_HOME"
        scripted_reset all
        make_list src "$PWD/SHA256SUMS"
        [[ $list == SHA256SUMS ]] || mv SHA256SUMS "$list"
        sed -i 's/^./x/; s/^x/0/' "$list" # the digest of "one" is wrong now, unless it began with 0
        sed -i '1s/^.../123/' "$list"
        ingest 1 -m "$list" src
        assert_equal "$(counts sent withheld)" "0 1"
        rm "$list"
        make_list src "$PWD/corrected"
        mv corrected "$list"
        ingest 0 -m "$list" src
        assert_equal "$(counts withheld conflicts)" "0 0"
        assert_equal "$(keys)" "$(basename "$list") one two"
        rm "$list"
    done
}

@test "files that no manifest names withhold it: the one that will name them is another" {
    printf three >src/three
    ingest 1 -m SHA256SUMS src
    assert_equal "$(counts sent withheld unlisted)" "2 1 1"
    ingest 0 -m SHA256SUMS --allow-unlisted src
    assert_equal "$(counts already sent withheld)" "2 1 0"
    assert_equal "$(keys)" "SHA256SUMS one two"
}

@test "killed before its manifests were sent, then resumed: sent only if the payload still holds" {
    killed=0
    for corrected in no yes; do
        rm -rf "$XDG_STATE_HOME"
        scripted_reset all
        scripted_scenario 'on PutObject key=a/bag-info.txt nth=1 stall'
        accession_in_background ingest bag s3://bucket/a --endpoint-url "$SCRIPTED_URL"
        until_true scripted_has "$((++killed))" PutObject stall
        kill -KILL "$PROGRAM"
        ended 137
        scripted_scenario ''
        if [[ $corrected == yes ]]; then
            some_bytes 64 5 >bag/data/file-000001.bin # and the bag is made again with it
            finish_bag bag
            ingest 1 bag
            assert_equal "$(counts already conflicts withheld)" "2 1 4"
            assert_equal "$(keys)" "data/file-000000.bin data/file-000001.bin data/file-000002.bin"
        else
            ingest 0 bag
            assert_equal "$(keys)" "$whole_bag"
        fi
    done
}

@test "withheld in one run, then another bag altogether: the new bag is what is archived" {
    echo changed >>bag/data/file-000001.bin
    ingest 1 bag
    rm -rf bag
    make_bag bag 5 32 3
    rm bag/data/file-000000.bin bag/data/file-000002.bin
    finish_bag bag
    ingest 0 bag
    assert_equal "$(counts sent withheld)" "7 0"
    assert_equal "$(scripted_sha256 bucket a/manifest-sha256.txt)" \
        "$(sha256sum <bag/manifest-sha256.txt | cut -d' ' -f1)"
}

@test "a halt leaves them not begun, and what follows the halt is withheld if a file was refused" {
    echo changed >>bag/data/file-000001.bin
    scripted_scenario 'on PutObject key=a/data/file-000002.bin answer 403 AccessDenied
on Create answer 403 AccessDenied'
    run accession ingest --json bag s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    assert_status 3
    assert_equal "$(counts withheld)" 0
    scripted_scenario ''
    ingest 1 bag
    assert_equal "$(counts failed withheld)" "1 4"
}

@test "a dry run says what would be withheld" {
    rm bag/data/file-000001.bin
    ingest 1 --dry-run bag
    assert_equal "$(counts to_send failed withheld)" "2 1 4"
    assert_equal "$(keys)" ""
    run accession ingest --dry-run bag s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    assert_says "withheld" "and 3 more, until every file is archived"
}

@test "summary, receipt, PREMIS, CSV, HTML and status say what was withheld" {
    echo changed >>bag/data/file-000001.bin
    run accession ingest bag s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    assert_status 1
    assert_says "withheld" "manifest-sha256.txt and 3 more, until every file is archived"
    receipt=("$XDG_STATE_HOME"/accession/receipts/*.json)
    assert_equal "$(jq -r '.counts.withheld' "${receipt[0]}")" 4
    assert_equal "$(jq -r '.entries[] | select(.path == "bagit.txt") | "\(.outcome) \(.code) \(.role)"' "${receipt[0]}")" \
        "withheld WITHHELD declaration"
    accession report --format premis | grep -q 'withheld; nothing of it was sent'
    accession report --format csv | grep -q ',withheld,WITHHELD,kept back'
    accession report --format html | grep -q 'class="o wait">withheld'
    run accession status
    assert_says "withheld" "4 files, until every file of the delivery is archived"
    assert_equal "$(accession status --json | jq -r 'select(.type == "destination") | "\(.withheld) \(.pending) \(.refused)"')" "4 0 1"
}

@test "verify takes an archived list for the one at hand by its digest, with the ledger and without" {
    ingest 0 -m SHA256SUMS src
    verify() { run accession verify -m SHA256SUMS src s3://bucket/a --endpoint-url "$SCRIPTED_URL"; }
    verify
    assert_status 0
    mv "$XDG_STATE_HOME" kept
    verify
    assert_status 0
    # Another list of the same name and size, in the bucket, and then here.
    tr 0-9a-f 1-9a-f0 <SHA256SUMS >other
    curl -sSf -o /dev/null -X PUT --data-binary @other "$SCRIPTED_URL/bucket/a/SHA256SUMS"
    for ledger in lost kept; do
        [[ $ledger == lost ]] || { rm -rf "$XDG_STATE_HOME" && mv kept "$XDG_STATE_HOME"; }
        verify
        assert_status 1
        assert_says "has the name and the size of SHA256SUMS"
    done
}
