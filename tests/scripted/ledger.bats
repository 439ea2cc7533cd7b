#!/usr/bin/env bats
# accession ledger: a sound ledger, each kind of damage, and backups made while a run is in progress.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    scripted_start
    mkdir src
    some_bytes 100 1 >src/a
    some_bytes 100 2 >src/b
    make_list src list.sha256
    accession ingest --quiet -m list.sha256 src s3://bucket/a --endpoint-url "$SCRIPTED_URL" --ledger led.db
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
    scripted_stop
}

# damaged CHECK SQL: the damage that SQL does is found by that check.
damaged() {
    cp led.db broken.db
    sqlite3 broken.db "PRAGMA foreign_keys = OFF; $2"
    run accession ledger check --json --ledger broken.db
    echo "$2: $output"
    ((status == 1))
    [[ $(jq -rs 'map(select(.type == "fault").check) | unique | join(" ")' <<<"$output") == "$1" ]]
    (($(jq -s 'map(select(.type == "fault")) | length' <<<"$output") == \
        $(jq -s '.[-1].faults' <<<"$output")))
    run accession ledger check --ledger broken.db
    ((status == 1))
    [[ $output == *"Damaged"*"Restore the ledger from a backup."* ]]
    run accession ledger backup --ledger broken.db copy.db
    ((status == 2))
    [[ $output == *"accession ledger check"* ]]
    [[ -z $(find . -name 'copy.db*') ]]
}

@test "a sound ledger is sound, also after refusals, verification and a second run" {
    some_bytes 100 3 >src/a
    run accession ingest -m list.sha256 src s3://bucket/other --endpoint-url "$SCRIPTED_URL" --ledger led.db
    ((status == 1))
    accession verify --quiet --level read --endpoint-url "$SCRIPTED_URL" --ledger led.db s3://bucket/a
    run accession ledger check --json --ledger led.db
    ((status == 0))
    [[ $(jq -c '[.type, .faults, .runs > 2, .objects]' <<<"$output") == '["health",0,true,3]' ]]
    run accession ledger check --ledger led.db
    [[ $output == "Sound"*"3 objects"* ]]
}

# bats test_tags=slow
@test "each kind of damage is found" {
    damaged outcomes "UPDATE outcome SET object = 77 WHERE entry = 1"
    damaged outcomes "UPDATE outcome SET object = NULL WHERE entry = 1"
    damaged "outcomes references" "DELETE FROM object WHERE entry = 1;
        UPDATE promise SET run = 9 WHERE entry = 2"
    damaged references "DELETE FROM destination"
    damaged references "INSERT INTO finding VALUES(1, 44, 1, 1, 0)"
    damaged rows "UPDATE object SET digests = x'0102' WHERE entry = 1"
    damaged layout "DROP INDEX upload_name"
    damaged layout "CREATE TABLE more(a)"
}

@test "a damaged page is found, and what is no ledger is refused" {
    cp led.db broken.db
    head -c 40960 /dev/zero | tr '\0' '\377' | dd of=broken.db bs=4096 seek=1 conv=notrunc status=none
    run accession ledger check --json --ledger broken.db
    echo "$output"
    ((status == 1))
    [[ $output == *'"check":"pages"'* ]]
    run accession ledger check --ledger nothing.db
    ((status == 2))
    [[ $output == *"there is no ledger"* && ! -e nothing.db ]]
    sqlite3 foreign.db "CREATE TABLE t(a)"
    run accession ledger check --ledger foreign.db
    ((status == 2))
    [[ $output == *"belongs to another program"* ]]
    run accession ledger chek --ledger led.db
    ((status == 2))
    [[ $output == *"must be check, backup, "* ]]
}

@test "a backup that was killed leaves nothing that another could take for its own" {
    for end in part part-wal part-shm; do echo stale >"copy.db.$end"; done
    accession ledger backup --quiet --ledger led.db copy.db
    [[ $(echo copy.db*) == "copy.db copy.db.sha256" ]]
    accession ledger check --quiet --ledger copy.db
}

@test "a backup is checked, has its digest, and replaces nothing" {
    (umask 000 && accession ledger backup --ledger led.db copy.db)
    assert_equal "$(stat -c %a copy.db copy.db.sha256 | xargs)" "600 600"
    [[ $(echo copy.db*) == "copy.db copy.db.sha256" ]]
    sha256sum -c --quiet copy.db.sha256
    accession ledger check --ledger copy.db
    for query in "SELECT * FROM object ORDER BY 1, 2" "SELECT * FROM outcome ORDER BY 1, 2"; do
        diff <(sqlite3 -readonly led.db "$query") <(sqlite3 -readonly copy.db "$query")
    done
    run accession ledger backup --ledger led.db copy.db
    ((status == 2))
    [[ $output == *"exists already"* ]]
    run accession ledger backup --ledger led.db no/such/folder/copy.db
    ((status == 2))
    [[ $output == *"no/such/folder/copy.db: the backup cannot be written: No such file or directory"* ]]
    run accession ledger backup --ledger led.db
    ((status == 2))
    [[ $output == *"FILE is missing"* ]]
}

@test "a backup made while a run is in progress continues that run" {
    some_bytes 100 5 >src/c
    make_list src list.sha256
    scripted_scenario "on PutObject key=b/* nth=1 stall"
    accession_in_background ingest -m list.sha256 src s3://bucket/b --endpoint-url "$SCRIPTED_URL" --ledger led.db
    begun() { [[ $(sqlite3 -readonly led.db 'SELECT count(*) FROM outcome WHERE run = 2') == 3 ]]; }
    until_true begun
    accession ledger backup --ledger led.db copy.db
    kill -KILL "$PROGRAM"
    ended 137
    scripted_scenario ''
    accession ingest --quiet -m list.sha256 src s3://bucket/b --endpoint-url "$SCRIPTED_URL" --ledger copy.db
    accession ledger check --ledger copy.db
}

@test "a dry run takes a ledger that is damaged for no missing one, as a run does not" {
    local arguments=(--endpoint-url "$SCRIPTED_URL" --dry-run --ledger)
    head -c 5000 led.db | tr '\0' x >broken.db
    for ledger in broken.db new/led.db led.db; do
        run accession ingest -m list.sha256 src s3://bucket/a "${arguments[@]}" "$ledger"
        [[ $ledger != broken.db ]] || { ((status == 2)) && [[ $output == *"broken.db: not a ledger"* ]]; }
        [[ $ledger == broken.db ]] || ((status == 0))
        run accession restore s3://bucket/a out "${arguments[@]}" "$ledger"
        [[ $ledger != broken.db ]] || { ((status == 2)) && [[ $output == *"broken.db: not a ledger"* ]]; }
        [[ $ledger != new/led.db ]] || { ((status == 2)) && [[ $output == *"no ledger found"* ]]; }
        [[ $ledger != led.db ]] || ((status == 0))
    done
}
