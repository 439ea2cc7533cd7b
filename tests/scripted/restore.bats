#!/usr/bin/env bats
# The way back: what was archived comes back byte for byte, nothing that exists is replaced, nothing
# unproven gets a name, and a restore that was killed goes on.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2016,SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    make_bag bag 3 4K
    add_payload bag sub/large.bin 20M
    finish_bag bag
    scripted_start 'config versioned=yes'
    run accession ingest bag s3://bucket/a/one --endpoint-url "$SCRIPTED_URL"
    assert_status 0
}

teardown() {
    scripted_stop
}

restore() {
    run accession restore --endpoint-url "$SCRIPTED_URL" --json --no-progress "$@"
}

# counted NAME N: the summary says so.
counted() {
    assert_equal "$(tail -n 1 <<<"$output" | jq ".$1")" "$2" "$1"
}

same_as_bag() {
    diff -r bag "$1" || fail "not what was archived"
    [[ ! -e $1/.accession-restore ]] || fail "temporaries are left"
}

# bats test_tags=threads
@test "a bag comes back, valid, and a second time nothing is read" {
    restore s3://bucket/a/one back
    assert_status 0
    counted restored 8
    jq -e '.run.kind == "restore" and .counts.archived == 8' "$(tail -n 1 <<<"$output" | jq -r .receipt)"
    same_as_bag back
    run accession verify --local back
    assert_status 0
    restore s3://bucket/a/one back
    assert_status 0
    counted already 8
    counted bytes_read 0
    counted write_requests 0
    # The folder is no archive, and status does not show it as one.
    run accession status
    [[ $output == s3://bucket/a/one$'\n'* && $output != *$'\n'"$PWD/back"$'\n'* ]] || fail "status shows the folder"
}

@test "what appears in an empty folder meanwhile is compared, and not replaced" {
    scripted_scenario 'config versioned=yes
on GetObject key=*/data/*.bin pass hold=99'
    accession_in_background restore --json --no-progress s3://bucket/a/one back --endpoint-url "$SCRIPTED_URL"
    held() { (($(scripted_count GetObject) >= 4)) && [[ -d back ]]; }
    until_true held
    mkdir -p back/data
    cp bag/data/file-000000.bin back/data/
    echo mine >back/data/file-000001.bin
    scripted_scenario 'config versioned=yes'
    ended 1
    assert_equal "$(cat back/data/file-000001.bin)" mine content
    says out.log "data/file-000001.bin"
    says out.log "a file of this name exists with other content, and was left alone"
    rm back/data/file-000001.bin
    restore s3://bucket/a/one back
    assert_status 0
    counted already 7
    same_as_bag back
}

@test "above and below a destination, and a choice of paths" {
    restore s3://bucket/a all
    assert_status 0
    same_as_bag all/one
    restore s3://bucket/a/one/data part
    assert_status 0
    diff -r bag/data part
    restore --only 'data/file-*' s3://bucket/a/one few
    assert_status 0
    counted selected 3
    [[ $(find few -type f | wc -l) == 3 ]]
}

@test "a URL of one file names the way to it, and leaves no folder" {
    restore s3://bucket/a/one/data/file-1 one
    assert_status 2
    assert_says "name the bag's URL and --only FILE"
    [[ ! -e one ]]
    mkdir mine
    restore s3://bucket/a/one/data/file-1 mine
    assert_status 2
    [[ -d mine ]]
}

@test "with the ledger lost, by the manifest alone" {
    cp bag/manifest-sha256.txt .
    restore --ledger other.db s3://bucket/a/one back
    assert_status 2
    restore --ledger other.db -m manifest-sha256.txt s3://bucket/a/one back
    assert_status 0
    diff -r bag/data back/data
}

@test "nothing that exists is replaced, and other content is a conflict" {
    mkdir -p back/data outside
    echo other >back/data/file-000000.bin
    ln -s ../outside back/data/sub
    restore s3://bucket/a/one back
    assert_status 1
    counted conflicts 2
    counted restored 6
    assert_equal "$(cat back/data/file-000000.bin)" other content
    [[ -z $(ls outside) ]] || fail "it wrote through a symbolic link"
    cmp bag/data/file-000001.bin back/data/file-000001.bin
}

@test "damaged or missing objects get no name; the others do" {
    scripted_scenario 'config versioned=yes
on GetObject key=*/file-000000.bin answer 200 body=damaged add="ETag: \"damaged\""
on GetObject key=*/file-000001.bin answer 404 NoSuchKey'
    restore s3://bucket/a/one back
    assert_status 1
    counted failed 2
    counted restored 6
    [[ ! -e back/data/file-000000.bin && ! -e back/data/file-000001.bin ]]
    scripted_scenario 'config versioned=yes'
    restore s3://bucket/a/one back
    assert_status 0
    counted restored 2
    same_as_bag back
}

@test "what another client wrote on top is left alone: the archived version comes back" {
    curl -sSf -X PUT --data-binary other "$SCRIPTED_URL/bucket/a/one/data/file-000000.bin"
    restore s3://bucket/a/one back
    assert_status 0
    same_as_bag back
}

# bats test_tags=threads
@test "killed in the middle of a large file, it goes on at that byte" {
    scripted_scenario 'config versioned=yes
on GetObject key=*/large.bin pass cut=60%
on GetObject key=*/large.bin nth=2.. stall'
    accession_in_background restore s3://bucket/a/one back --endpoint-url "$SCRIPTED_URL" --jobs 1
    until_true eval '(($(stat -c %s back/.accession-restore/* | sort -n | tail -n 1) >= 8 << 20))'
    kill -KILL "$PROGRAM"
    ended 137
    [[ ! -e back/data/sub/large.bin ]]
    scripted_scenario 'config versioned=yes'
    restore s3://bucket/a/one back
    assert_status 0
    same_as_bag back
    (($(tail -n 1 <<<"$output" | jq .bytes_read) < 15 << 20)) || fail "it began at the first byte"
}

@test "a piece that this machine damaged is noticed, and read anew" {
    scripted_scenario 'config versioned=yes
on GetObject key=*/large.bin pass cut=60%
on GetObject key=*/large.bin nth=2.. stall'
    accession_in_background restore s3://bucket/a/one back --endpoint-url "$SCRIPTED_URL" --jobs 1
    until_true eval '(($(stat -c %s back/.accession-restore/* | sort -n | tail -n 1) >= 8 << 20))'
    kill -KILL "$PROGRAM"
    ended 137
    for piece in back/.accession-restore/*; do
        printf damaged | dd of="$piece" conv=notrunc status=none
    done
    scripted_scenario 'config versioned=yes'
    restore s3://bucket/a/one back
    assert_status 0
    same_as_bag back
}

# progressed N: the program has asked for N objects by now, or has ended, all of it being there already.
progressed() {
    scripted_has "$1" GetObject || ! kill -0 "$PROGRAM"
}

@test "SIGKILL at random moments, and the last run brings the rest" {
    local seed=${SEED:-$RANDOM}
    echo "seed $seed"
    RANDOM=$seed
    for _ in 1 2 3 4 5; do
        accession_in_background restore s3://bucket/a/one back --endpoint-url "$SCRIPTED_URL" --jobs 2
        until_true progressed $((RANDOM % 5 + 1))
        kill -KILL "$PROGRAM" 2>/dev/null || true
        wait "$PROGRAM" || true
        # Whatever has a name is whole.
        (cd back 2>/dev/null && find . -type f -not -path './.accession-restore/*') |
            while read -r file; do cmp "bag/$file" "back/$file"; done
        scripted_reset
        : >"$SCRIPTED_LOG"
    done
    restore s3://bucket/a/one back
    assert_status 0
    same_as_bag back
}

@test "a server that fails halts it, and the same command goes on" {
    scripted_scenario 'config versioned=yes
on GetObject nth=3.. answer 503 SlowDown'
    restore s3://bucket/a/one back --retries 1 --jobs 1
    assert_status 5
    scripted_scenario 'config versioned=yes'
    restore s3://bucket/a/one back
    assert_status 0
    same_as_bag back
}

@test "a folder that cannot hold the temporaries, and one that another restore uses" {
    mkdir back
    touch back/.accession-restore
    restore s3://bucket/a/one back
    assert_status 2
    rm back/.accession-restore
    mkdir -m 700 back/.accession-restore
    exec 8<back/.accession-restore
    flock 8
    restore s3://bucket/a/one back
    assert_status 2
    assert_says "another restore"
    [[ -d back/.accession-restore ]] || fail "it removed the other's folder"
    exec 8<&-
    restore s3://bucket/a/one back
    assert_status 0
}

@test "a user's file in the work folder stays, and so does the folder" {
    mkdir -p back
    mkdir -m 700 back/.accession-restore
    echo mine >back/.accession-restore/mine.txt
    touch "back/.accession-restore/$(printf '%064d' 7)" back/.accession-restore/probe
    restore s3://bucket/a/one back
    assert_status 0
    counted restored 8
    assert_equal "$(ls -A back/.accession-restore)" mine.txt "what is left"
    assert_equal "$(cat back/.accession-restore/mine.txt)" mine content
}

@test "nothing is written through a link that has the name of a piece" {
    scripted_scenario 'config versioned=yes
on GetObject key=*/large.bin pass cut=60%
on GetObject key=*/large.bin nth=2.. stall'
    accession_in_background restore s3://bucket/a/one back --endpoint-url "$SCRIPTED_URL" --jobs 1
    until_true eval '(($(stat -c %s back/.accession-restore/* | sort -n | tail -n 1) >= 8 << 20))'
    kill -KILL "$PROGRAM"
    ended 137
    scripted_scenario 'config versioned=yes'
    local piece link
    piece=$(basename "$(find back/.accession-restore -size +8M)")
    echo precious >outside
    cp outside precious
    for link in "" -s; do
        rm -rf back
        mkdir back
        mkdir -m 700 back/.accession-restore
        # shellcheck disable=SC2086
        ln $link "$PWD/outside" "back/.accession-restore/$piece"
        restore s3://bucket/a/one back
        assert_status 0
        cmp outside precious || fail "it wrote outside"
        same_as_bag back
        [[ $(stat -c %h back/data/sub/large.bin) == 1 && ! -L back/data/sub/large.bin ]]
    done
}

@test "small files, which begin anew, are not written through a link either" {
    # Their pieces' names, by watching a reading that stalls. In an empty folder there is none before the first bytes.
    mkdir back
    touch back/other
    scripted_scenario 'config versioned=yes
on GetObject key=*/file-000000.bin stall'
    accession_in_background restore s3://bucket/a/one/data back --only file-000000.bin --endpoint-url "$SCRIPTED_URL"
    until_true eval '[[ -n $(find back/.accession-restore -type f -name "[0-9a-f]*[0-9a-f]") ]]'
    kill -KILL "$PROGRAM"
    ended 137
    scripted_scenario 'config versioned=yes'
    local piece
    piece=$(find back/.accession-restore -type f)
    echo precious >outside
    cp outside precious
    ln -f outside "$piece"
    restore s3://bucket/a/one/data back --only file-000000.bin
    assert_status 0
    cmp outside precious || fail "it wrote outside"
    cmp bag/data/file-000000.bin back/file-000000.bin
    # What cannot be taken away is named.
    [[ -d back/.accession-restore ]] || mkdir -m 700 back/.accession-restore
    mkdir "$piece"
    rm back/file-000000.bin
    restore s3://bucket/a/one/data back --only file-000000.bin
    assert_status 2
    assert_says "$piece: is in the way of a temporary file. Remove it, then run"
    rmdir "$piece"
    restore s3://bucket/a/one/data back --only file-000000.bin
    assert_status 0
}

@test "a work folder that others may write to is not used, and not removed" {
    mkdir back
    mkdir -m 770 back/.accession-restore
    restore s3://bucket/a/one back
    assert_status 2
    assert_says "others may write"
    [[ -d back/.accession-restore && ! -e back/bagit.txt ]]
    assert_equal "$(scripted_count GetObject)" 0 "objects read"
    chmod 700 back/.accession-restore
    restore s3://bucket/a/one back
    assert_status 0
    same_as_bag back
    # A new one is this user's alone, whatever the umask.
    scripted_scenario 'config versioned=yes
on GetObject key=*/large.bin stall'
    umask 0
    accession_in_background restore s3://bucket/a/one open --endpoint-url "$SCRIPTED_URL"
    until_true test -d open/.accession-restore
    assert_equal "$(stat -c %a open/.accession-restore)" 700 mode
    kill -KILL "$PROGRAM"
    ended 137
}

@test "an object that is longer than what was archived is not read to its end" {
    scripted_scenario "config versioned=yes
on GetObject key=*/file-000000.bin answer 200 body=$(printf 'x%.0s' {1..60000})"
    restore s3://bucket/a/one back
    assert_status 1
    counted failed 1
    counted restored 7
    [[ $output =~ "longer than the 4096 bytes" ]] || fail "$output"
    [[ ! -e back/data/file-000000.bin && ! -e back/.accession-restore ]]
}

@test "what differs is said of the object, with the size that was read" {
    sed -E '1s/^[0-9a-f]{8}/deadbeef/' bag/manifest-sha256.txt >wrong.txt
    run accession restore --endpoint-url "$SCRIPTED_URL" -m wrong.txt s3://bucket/a/one by-list
    assert_status 1
    [[ $output =~ object\ +[0-9a-f]{4}.*\(4,096\ bytes\) ]] || fail "$output"
    [[ ! $output =~ 18,446 && ! $output =~ \ file\  ]] || fail "$output"
    scripted_scenario 'config versioned=yes
on GetObject key=*/file-000000.bin answer 200 body=damaged add="ETag: \"damaged\""'
    run accession restore --endpoint-url "$SCRIPTED_URL" s3://bucket/a/one by-ledger
    assert_status 1
    [[ $output =~ object\ +[0-9a-f]{4}.*\(7\ bytes\) ]] || fail "$output"
    [[ ! $output =~ \ file\  ]] || fail "$output"
}

@test "what a manifest names without a digest is refused, with a way that restore has" {
    { echo path,sha256 && echo data/file-000000.bin, && sed -n 's/^\([^ ]*\)  \(.*001.bin\)$/\2,\1/p' bag/manifest-sha256.txt; } >list.csv
    restore -m list.csv s3://bucket/a/one back
    assert_status 1
    counted restored 1
    counted failed 1
    assert_says "without a usable digest"
    assert_says "without --manifest"
    [[ $output != *--undigested* ]] || fail "restore has no such option"
}

# refused_names PATH...: a restore of a list that has these names besides good ones reads nothing.
refused_names() {
    local name sum before
    before=$(scripted_count GetObject)
    sum=$(sha256sum <bag/data/file-000000.bin)
    cp bag/manifest-sha256.txt list.sha256
    for name; do echo "${sum%% *}  $name" >>list.sha256; done
    restore -m list.sha256 s3://bucket/a/one back
    assert_status 1
    assert_says "cannot be held by the file system"
    assert_equal "$(scripted_count GetObject)" "$before" "objects that were read"
    [[ -z $(find back -type f) ]] || fail "something was written"
}

@test "names that the file system cannot hold are reported before the first byte" {
    # A name that is a folder's too, whichever of the two is meant; and the restore's own folder.
    refused_names data/sub
    assert_says "also the name of a file"
    refused_names .accession-restore/pieces
    assert_says "temporary folder"
    # Those that can be held come back when they alone are asked for.
    restore -m list.sha256 --only 'data/*' s3://bucket/a/one back
    assert_status 0
    counted restored 4
}

@test "its reports say restore, and PREMIS has a replication from the object to the file" {
    restore s3://bucket/a/one back
    assert_status 0
    local run place
    run=$(tail -n 1 <<<"$output" | jq -r .run)
    accession report --run "$run" --format html >report.html
    grep -qF "report of a restore" report.html
    grep -qF "All 8 files restored and verified" report.html
    grep -qF '>restored</td>' report.html
    [[ $(<report.html) != *ingest* ]] || fail "it speaks of an ingest"
    /usr/bin/python3 "$BATS_TEST_DIRNAME/../receipt/valid_json.py" "$BATS_TEST_DIRNAME/../../manifests/schema/receipt.schema.json" \
        "$(tail -n 1 <<<"$output" | jq -r .receipt)"
    accession report --run "$run" --format premis >report.xml
    xmllint --noout --schema "$BATS_TEST_DIRNAME/../../manifests/schema/premis-profile.xsd" report.xml
    place=$(realpath back)
    python3 - report.xml "file://$place" <<'PYTHON'
import sys
import xml.etree.ElementTree as ET

names = {"p": "http://www.loc.gov/premis/v3"}
root = ET.parse(sys.argv[1]).getroot()
place = sys.argv[2]
found = {}
for event in root.findall("p:event", names):
    links = {link.find("p:linkingObjectRole", names).text: link.find("p:linkingObjectIdentifierValue", names).text
             for link in event.findall("p:linkingObjectIdentifier", names)}
    found.setdefault(event.find("p:eventType", names).text, []).append(links)
assert sorted(found) == ["dissemination", "fixity check", "message digest calculation", "replication"], sorted(found)
assert found["dissemination"] == [{"outcome": place}], found["dissemination"]
assert {"outcome": place + "/data/file-000000.bin"} in [
    {role: uri.replace("%2F", "/") for role, uri in links.items()} for links in found["replication"]], found["replication"]
notes = [note.text for note in root.iter("{http://www.loc.gov/premis/v3}eventOutcomeDetailNote")]
assert any(note.startswith("from s3://bucket/a/one/data/file-000000.bin, version id ") for note in notes), notes
PYTHON
}

@test "the times that another tool left in the metadata come back; without them the file is new" {
    scripted_scenario 'config versioned=yes
on GetObject key=*/file-000000.bin pass add="x-amz-meta-mtime: 1234567890.250000000"
on GetObject key=*/file-000001.bin pass add="x-amz-meta-mtime: -1.75"
on GetObject key=*/file-000002.bin pass add="x-amz-meta-mtime: soon"
on GetObject key=*/bagit.txt pass add="x-amz-meta-mtime: -62135596800"
on GetObject key=*/bag-info.txt pass add="x-amz-meta-mtime: 9200000001"
on GetObject key=*/large.bin pass add="x-amz-meta-mtime: -9200000001.5"'
    local before file
    before=$(date +%s)
    restore s3://bucket/a/one back
    assert_status 0
    assert_equal "$(date -u -r back/data/file-000000.bin +%s.%N)" 1234567890.250000000 "of rclone's kind"
    assert_equal "$(date -u -r back/data/file-000001.bin +%Y-%m-%dT%H:%M:%S.%N)" 1969-12-31T23:59:58.250000000 "before 1970"
    # Not a time, or none that 64 bits of nanoseconds hold.
    for file in data/file-000002.bin bagit.txt bag-info.txt data/sub/large.bin; do
        (($(stat -c %Y "back/$file") >= before && $(stat -c %Y "back/$file") <= $(date +%s))) || fail "$file: it took $(stat -c %y "back/$file")"
    done
}

@test "--as-of brings back what was archived by then, in the versions of then" {
    local moment
    moment=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    until_true eval '[[ $(date -u +%Y-%m-%dT%H:%M:%SZ) > $moment ]]'
    moment=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    until_true eval '[[ $(date -u +%Y-%m-%dT%H:%M:%SZ) > $moment ]]'
    # Later the key gets other content, which the ledger learns of from a new manifest.
    curl -sSf -X DELETE "$SCRIPTED_URL/bucket/a/one/data/file-000000.bin"
    mkdir -p late/data
    echo later >late/data/file-000000.bin
    (cd late && sha256sum data/file-000000.bin >../late.sha256)
    run accession ingest --into-existing --archive-manifest no -m late.sha256 late s3://bucket/a/one --endpoint-url "$SCRIPTED_URL"
    assert_status 0
    restore s3://bucket/a/one now --only data/file-000000.bin
    assert_status 0
    assert_equal "$(cat now/data/file-000000.bin)" later content
    restore --as-of "$moment" s3://bucket/a/one back
    assert_status 0
    same_as_bag back
    # The manifest alone knows no versions: the bucket is asked which one was there then.
    restore --ledger other.db --as-of "$moment" -m bag/manifest-sha256.txt s3://bucket/a/one alone
    assert_status 0
    cmp bag/data/file-000000.bin alone/data/file-000000.bin
    restore --as-of 2001-01-01T00:00:00Z s3://bucket/a/one none
    assert_status 2
    assert_says "until then"
    restore --as-of yesterday s3://bucket/a/one none
    assert_status 2
}

@test "each bag that comes back whole is checked by its own manifests, and the run says so" {
    restore s3://bucket/a all
    assert_status 0
    counted bags 1
    counted bags_valid 1
    accession restore --endpoint-url "$SCRIPTED_URL" s3://bucket/a/one shown >shown.txt
    grep -qF "valid, by its own manifests" shown.txt
    # A part of a bag is not judged.
    restore --only 'data/file-*' s3://bucket/a/one few
    assert_status 0
    counted bags 0
    # Pieces of an earlier run do not count as files of the bag.
    mkdir -p left
    mkdir -m 700 left/.accession-restore
    touch "left/.accession-restore/$(printf '%064d' 7)"
    restore s3://bucket/a/one left
    assert_status 0
    counted bags_valid 1
    same_as_bag left
}

@test "files of the folder that the bag does not name make it invalid, and nothing is removed" {
    mkdir -p back/data
    echo mine >back/data/mine.txt
    restore s3://bucket/a/one back
    assert_status 1
    counted restored 8
    counted bags 1
    counted bags_valid 0
    assert_says "is not a valid bag"
    assert_says "mine.txt"
    assert_equal "$(cat back/data/mine.txt)" mine content
}

@test "a bag is judged by every algorithm that its manifests have, also those that the ledger lacks" {
    rm bag/tagmanifest-sha256.txt
    (cd bag && find data -type f | sort | xargs sha512sum >manifest-sha512.txt)
    # Archived by one list only, so that the ledger has no SHA-512 of the payload.
    (cd bag && find . -type f | sed 's,^\./,,' | sort | xargs sha256sum >../list.sha256)
    mkdir plain
    cp -r bag/. plain
    mv plain/bagit.txt plain/declaration.txt
    sed 's/  bagit.txt$/  declaration.txt/' list.sha256 >plain.sha256
    run accession ingest --archive-manifest no -m plain.sha256 plain s3://bucket/a/plain --endpoint-url "$SCRIPTED_URL"
    assert_status 0
    sed -E 's/^[0-9a-f]{8}/deadbeef/' bag/manifest-sha512.txt >wrong
    curl -sSf -X PUT --data-binary @bag/bagit.txt "$SCRIPTED_URL/bucket/a/plain/bagit.txt"
    restore -m list.sha256 s3://bucket/a/plain whole
    assert_status 0
    counted bags_valid 1
    curl -sSf -X PUT --data-binary @wrong "$SCRIPTED_URL/bucket/a/plain/manifest-sha512.txt"
    cp wrong bag/manifest-sha512.txt
    (cd bag && sha256sum manifest-sha512.txt) >changed
    sed -i "s,.*  manifest-sha512.txt$,$(cat changed)," list.sha256
    restore --ledger other.db -m list.sha256 s3://bucket/a/plain again
    assert_status 1
    counted bags_valid 0
    assert_says "is not a valid bag"
}

@test "--dry-run says what would come back, and leaves no trace" {
    mkdir back
    cp bag/bagit.txt back
    restore --dry-run s3://bucket/a/one back
    assert_status 0
    counted would 7
    counted already 1
    counted bytes_read 0
    [[ $(find back -mindepth 1) == back/bagit.txt ]] || fail "it left something"
    restore --dry-run s3://bucket/a/one nowhere/at/all
    assert_status 0
    counted would 8
    [[ ! -e nowhere ]] || fail "it made the folder"
    echo other >back/bagit.txt
    restore --dry-run s3://bucket/a/one back
    assert_status 1
    counted conflicts 1
    accession restore --dry-run --endpoint-url "$SCRIPTED_URL" s3://bucket/a/one nowhere >shown.txt
    grep -qF "Dry run: 8 files" shown.txt
    # No run is on record but the ingest.
    assert_equal "$(sqlite3 "$XDG_STATE_HOME/accession/ledger.db" 'SELECT count(*) FROM run')" 1 runs
    assert_equal "$(scripted_count GetObject)" 0 "objects read"
}

@test "--version-id brings that version back, compared with what is on record of it" {
    local first
    first=$(scripted_objects '.. | objects | select(.key? == "a/one/data/file-000000.bin") | .. | objects | .id? // empty' | head -n 1)
    [[ -n $first ]] || first=$(curl -sSI "$SCRIPTED_URL/bucket/a/one/data/file-000000.bin" | tr -d '\r' | awk 'tolower($1) == "x-amz-version-id:" {print $2}')
    curl -sSf -X PUT --data-binary other "$SCRIPTED_URL/bucket/a/one/data/file-000000.bin"
    restore --version-id "$first" s3://bucket/a/one back
    assert_status 0
    counted selected 1
    cmp bag/data/file-000000.bin back/data/file-000000.bin
    # By a manifest, without the ledger that knows the version.
    restore --ledger other.db -m bag/manifest-sha256.txt --only data/file-000000.bin --version-id "$first" s3://bucket/a/one alone
    assert_status 0
    cmp bag/data/file-000000.bin alone/data/file-000000.bin
    restore --ledger other.db -m bag/manifest-sha256.txt --version-id "$first" s3://bucket/a/one none
    assert_status 2
    assert_says "of one object"
    restore --version-id unknown s3://bucket/a/one none
    assert_status 2
    assert_says "of that version"
}

# In cold storage: all but the small files.
cold_bag() {
    run accession ingest bag s3://bucket/a/cold --endpoint-url "$SCRIPTED_URL" --rule 'cold: match=data/file-*; storage-class=GLACIER' \
        --rule 'deep: match=large.bin; storage-class=DEEP_ARCHIVE'
    assert_status 0
    scripted_scenario 'config versioned=yes cold=yes'
    : >"$SCRIPTED_LOG"
}

@test "objects in cold storage are listed, and nothing else is started" {
    cold_bag
    restore s3://bucket/a/cold back
    assert_status 1
    counted cold 4
    counted restored 0
    counted asked 0
    assert_says '"code":"COLD"'
    assert_says "class DEEP_ARCHIVE"
    assert_equal "$(scripted_count GetObject)" 0 "objects read"
    assert_equal "$(scripted_count RestoreObject)" 0 "objects asked for"
    restore --dry-run s3://bucket/a/cold back
    assert_status 1
    counted cold 4
    counted would 4
    # What needs none of them can be restored.
    restore --only '*.txt' s3://bucket/a/cold back
    assert_status 0
    counted restored 4
}

@test "--thaw asks for all of them first, and the same command goes on later" {
    cold_bag
    restore --thaw bulk:14 s3://bucket/a/cold back
    assert_status 1
    counted cold 4
    counted asked 4
    counted restored 4
    assert_says "within 48 hours"
    assert_says "within 12 hours"
    assert_equal "$(scripted_count RestoreObject)" 4 "asked for"
    # All were asked for before the first was read.
    assert_equal "$(awk '$2 == "RestoreObject" || $2 == "GetObject" {print $2}' "$SCRIPTED_LOG" | head -n 4 | sort -u)" RestoreObject order
    # Too early.
    restore --thaw bulk:14 s3://bucket/a/cold back
    assert_status 1
    counted cold 4
    counted asked 0
    counted already 4
    assert_says "requested earlier"
    scripted_scenario 'config versioned=yes cold=thawed'
    restore --thaw bulk:14 s3://bucket/a/cold back
    assert_status 0
    counted restored 4
    counted bags_valid 1
    same_as_bag back
}

@test "a tier that the server refuses is reported for each object; the others come back" {
    cold_bag
    scripted_scenario 'config versioned=yes cold=yes
on RestoreObject key=*/large.bin answer 503 GlacierExpeditedRetrievalNotAvailable'
    restore --thaw Expedited s3://bucket/a/cold back
    assert_status 1
    counted asked 3
    counted failed 4
    counted restored 4
    assert_says GlacierExpeditedRetrievalNotAvailable
    restore --thaw Soon s3://bucket/a/cold back
    assert_status 2
    restore --thaw Bulk:0 s3://bucket/a/cold back
    assert_status 2
}

@test "without the right to list, each object is asked about by itself" {
    cold_bag
    scripted_scenario 'config versioned=yes cold=yes
on ListObjectsV2|ListObjectVersions answer 403 AccessDenied'
    restore s3://bucket/a/cold back
    assert_status 1
    counted cold 4
    assert_equal "$(scripted_count GetObject)" 0 "objects read"
    assert_equal "$(scripted_count HeadObject)" 8 "objects asked about"
    scripted_scenario 'config versioned=yes cold=yes
on ListObjectsV2|ListObjectVersions answer 403 AccessDenied
on HeadObject answer 403 AccessDenied'
    # Nothing shows it before: then the reading does.
    restore s3://bucket/a/cold back
    assert_status 1
    counted restored 4
    counted failed 4
}

@test "after a rebuild from the bucket alone, a bag comes back by what the bucket's manifests promise" {
    run accession ledger rebuild --endpoint-url "$SCRIPTED_URL" --ledger rebuilt.db s3://bucket/a
    assert_status 0
    restore --ledger rebuilt.db s3://bucket/a/one back
    assert_status 0
    counted restored 8
    same_as_bag back
    # What a rebuild knows is of no time and no version.
    restore --ledger rebuilt.db --as-of 2020-01-01T00:00:00Z s3://bucket/a/one other
    assert_status 2
    # A payload file that no longer is what its manifest promises gets no name.
    echo other | curl -sSf -X PUT --data-binary @- "$SCRIPTED_URL/bucket/a/one/data/file-000000.bin"
    restore --ledger rebuilt.db s3://bucket/a/one damaged
    assert_status 1
    [[ ! -e damaged/data/file-000000.bin ]]
}

@test "a mistyped URL is named first, the ledger is not blamed, and nobody is called" {
    restore s3://bucket/a/typo back
    assert_status 2
    assert_says "s3://bucket/a/typo: nothing was archived at or below it"
    assert_equal "$(tail -n 1 <<<"$output" | jq -r .outcome)" NOT_ON_RECORD outcome
    run accession verify --endpoint-url "$SCRIPTED_URL" s3://bucket/a/typo
    assert_status 2
    assert_says "s3://bucket/a/typo: nothing was archived at or below it"
    run accession status --since 24h --json
    assert_equal "$(jq '.people | length' <<<"$output")" 0 "runs that need a person"
}

has_work_folder() { [[ -d back/.accession-restore ]]; }

@test "the folder is moved away meanwhile, and another takes its name: not a success" {
    scripted_scenario 'config versioned=yes
on GetObject key=*large.bin pass hold=1000'
    accession_in_background restore --endpoint-url "$SCRIPTED_URL" --only 'data/**' s3://bucket/a/one back
    until_true has_work_folder
    mv back away
    mkdir back
    scripted_scenario 'config versioned=yes'
    ended 2
    says out.log 'was moved or replaced while files were restored into it'
    cmp bag/data/sub/large.bin away/data/sub/large.bin
}
