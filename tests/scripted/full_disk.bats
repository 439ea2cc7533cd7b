#!/usr/bin/env bats
# The disk of the ledger fills up in the middle of a run: it stops calmly, what it reports as archived is
# in the bucket, and once there is room the same command sends the rest and nothing twice.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    ALONE=
    local how
    for how in "unshare -m" "unshare -Urm"; do
        # shellcheck disable=SC2086 # words
        ! $how sh -c 'mkdir -p probe && mount -t tmpfs -o size=1m tmpfs probe' 2>/dev/null || ALONE=$how
        [[ -z $ALONE ]] || break
    done
}

teardown() {
    scripted_stop
}

# alone COMMANDS: in a mount namespace of their own, with "room", a file system of 8 MiB, and
# "archive", the run.
alone() {
    cat >alone.sh <<SCRIPT
set -u
archive() {
    "$ACCESSION" ingest files s3://bucket/p -m list --endpoint-url "$SCRIPTED_URL" \
        --ledger room/ledger.db --receipts receipts --json "\$@"
}
mkdir -p room
mount -t tmpfs -o size=8m tmpfs room
$1
SCRIPT
    # shellcheck disable=SC2086 # words
    $ALONE bash alone.sh 3>&-
}

files() {
    local i
    mkdir files
    for ((i = 0; i < $1; i++)); do echo "$i" >"files/$i"; done
    make_list files list
}

summary() {
    jq -r "select(.type == \"summary\") | .$2" "$1"
}

# What runs in there expands there.
# shellcheck disable=SC2016
@test "full in the middle: stops calmly, nothing lost, goes on once there is room" {
    [[ -n $ALONE ]] || skip "no mount namespace is to be had here"
    files 1500
    scripted_start "on PutObject key=p/* pass delay=20ms"
    # Once fifty files are on their way all that is left of the disk is taken.
    alone '
archive >first.json 2>first.err &
run=$!
until (($(grep -c " PutObject " '"$SCRIPTED_LOG"') > 50)); do
    kill -0 $run || break
done
cat /dev/zero >room/filler 2>/dev/null
wait $run
echo $? >first.status
cp '"$SCRIPTED_LOG"' first.log
sqlite3 room/ledger.db "PRAGMA integrity_check" >first.check
rm room/filler
archive >second.json 2>second.err
echo $? >second.status
sqlite3 room/ledger.db "PRAGMA integrity_check" >second.check'
    cat first.err second.err
    assert_equal "$(<first.status)" 2 "exit status when full"
    assert_equal "$(summary first.json outcome)" LEDGER outcome
    summary first.json message | grep -q "full"
    assert_equal "$(<first.check)" ok "the ledger, full"
    (($(summary first.json sent) < 1500))
    # Everything reported as archived is there.
    jq -r 'select(.outcome == "archived") | .key' first.json | sort >told
    scripted_objects '.[].key' | sort >there
    assert_equal "$(comm -23 told there)" "" "reported as archived, but not there"
    assert_equal "$(grep -c "internal\|bug" first.err || true)" 0 "blames itself"

    assert_equal "$(<second.status)" 0 "exit status with room"
    assert_equal "$(<second.check)" ok "the ledger, afterwards"
    assert_equal "$(scripted_objects length)" 1500 objects
    assert_equal "$(scripted_objects '[.[].key] | unique | length')" 1500 keys
    assert_equal "$(scripted_requests PutObject '200|acted.*' | awk '{ print $4 }' | sort | uniq -d)" "" "sent twice"
}

# shellcheck disable=SC2016
@test "full from the start: says which file and what to do; nothing is sent" {
    [[ -n $ALONE ]] || skip "no mount namespace is to be had here"
    files 5
    scripted_start ""
    alone '
cat /dev/zero >room/filler 2>/dev/null
archive >first.json 2>first.err
echo $? >first.status
rm room/filler
archive >second.json 2>second.err
echo $? >second.status'
    assert_equal "$(<first.status)" 2 "exit status when full"
    grep -q "ledger.db" first.err
    assert_equal "$(<second.status)" 0 "exit status with room"
    assert_equal "$(scripted_objects length)" 5 objects
}

# shellcheck disable=SC2016
@test "a package that does not fit the temporary folder: named, nothing is sent, and TMPDIR elsewhere helps" {
    [[ -n $ALONE ]] || skip "no mount namespace is to be had here"
    make_bag bag 1 1K
    add_payload bag large.bin 30M
    finish_bag bag
    tar -cf bag.tar bag
    scripted_start ""
    alone '
package() { "$ACCESSION" ingest - s3://bucket/p --endpoint-url '"$SCRIPTED_URL"' --json <bag.tar; }
TMPDIR=$PWD/room package >first.json 2>first.err
echo $? >first.status
df --output=used room | tail -n 1 >used
mkdir -p wide
TMPDIR=$PWD/wide package >second.json 2>second.err
echo $? >second.status'
    assert_equal "$(<first.status)" 2 "exit status when it does not fit"
    grep -q "room: has no room for the package" first.err
    (($(<used) < 4096)) || fail "it filled the folder"
    assert_equal "$(<second.status)" 0 "exit status with room"
    assert_equal "$(scripted_objects length)" 6 objects
}

# shellcheck disable=SC2016
@test "a watcher whose ledger's disk is full keeps every arrival, and archives them once there is room" {
    [[ -n $ALONE ]] || skip "no mount namespace is to be had here"
    mkdir drop
    make_bag drop/.one 3 1K 1
    make_bag drop/.two 3 1K 2
    scripted_start ""
    alone '
watch() {
    "$ACCESSION" watch --settle 1s --probe 1s --after move --ledger room/ledger.db --receipts receipts --endpoint-url '"$SCRIPTED_URL"' \
        drop s3://bucket/in 2>>watch.log &
    watcher=$!
}
until_log() {
    until grep -q "$1" watch.log; do kill -0 $watcher || { cat watch.log && exit 1; }; sleep 0.1; done
}
watch
until_log "watching "
cat /dev/zero >room/filler 2>/dev/null
mv drop/.one drop/one
mv drop/.two drop/two
until_log "halted: .*room/.*No space left on device"
ls -d drop/one drop/two >kept
ls drop/rejected drop/done >gone 2>/dev/null
rm room/filler
until [[ -e drop/done/one/one/bagit.txt && -e drop/done/two/two/bagit.txt ]]; do
    kill -0 $watcher || exit 1
    sleep 0.1
done
kill -TERM $watcher
wait $watcher
sqlite3 room/ledger.db "PRAGMA integrity_check" >check'
    cat watch.log
    assert_equal "$(grep -c . kept)" 2 "arrivals while it was full"
    assert_equal "$(cat gone)" "" "moved while it was full"
    assert_equal "$(<check)" ok "the ledger"
    [[ -e drop/done/one/RECEIPT.txt && -e drop/done/two/RECEIPT.txt ]]
    assert_equal "$(scripted_objects '[.[].key] | unique | length')" "$(find drop/done/one/one drop/done/two/two -type f | wc -l)" keys
}
