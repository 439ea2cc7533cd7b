#!/usr/bin/env bats
# What outlives a ledger: exports, receipts, other ledgers. What is taken over is something to compare with, and
# never counts as archived or verified.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

bats_require_minimum_version 1.5.0

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    scripted_start
    mkdir src
    some_bytes 100 1 >src/a
    some_bytes 100 2 >src/b
    make_list src list.sha256
    accession ingest --quiet -m list.sha256 src s3://bucket/a --endpoint-url "$SCRIPTED_URL" --ledger led.db \
        --receipts receipts
}

teardown() {
    scripted_stop
}

# in_json OPTIONS...: what accession ledger says, as JSON lines in $output.
in_json() { run accession ledger "$@" --json; }
counted() { jq -r "select(.type == \"recalled\") | .$1" <<<"$output"; }

# hearsay_only LEDGER: nothing in it is an object, an outcome or a check.
hearsay_only() {
    [[ $(sqlite3 -readonly "$1" 'SELECT (SELECT count(*) FROM object), (SELECT count(*) FROM outcome)') == '0|0' ]]
    accession ledger check --quiet --ledger "$1"
}

@test "a ledger made from receipts: verify compares every byte, and says what it found" {
    in_json import receipts/*.json --ledger new.db
    ((status == 0))
    [[ $(counted new) == 2 && $(counted grounds.archived) == 2 ]]
    hearsay_only new.db
    accession verify --quiet --level read --endpoint-url "$SCRIPTED_URL" --ledger new.db s3://bucket/a
    # The bucket's content changes: the new ledger knows it as well as the old one would.
    some_bytes 100 9 | curl -sSf -X PUT --data-binary @- "$SCRIPTED_URL/bucket/a/b"
    run accession verify --json --level read --endpoint-url "$SCRIPTED_URL" --ledger new.db s3://bucket/a
    ((status == 1))
    [[ $(jq -r 'select(.finding == "different-digest") | .path' <<<"$output") == b ]]
}

@test "importing again changes nothing; an ingest decides as if nothing were known" {
    accession ledger import --quiet receipts/*.json --ledger new.db
    sqlite3 -readonly new.db 'SELECT entry, ground, said, run, at FROM heard' >before
    in_json import receipts/*.json --ledger new.db
    ((status == 0))
    [[ $(counted new) == 0 && $(counted known) == 2 ]]
    diff before <(sqlite3 -readonly new.db 'SELECT entry, ground, said, run, at FROM heard')
    accession ingest --quiet -m list.sha256 src s3://bucket/a --endpoint-url "$SCRIPTED_URL" --ledger new.db
    # Nothing is taken on trust: each object is read back, or the server's own SHA-256 compared.
    [[ $(sqlite3 -readonly new.db "SELECT group_concat(DISTINCT proof) FROM object") == @(read|server-checksum) ]]
    [[ $(sqlite3 -readonly new.db 'SELECT group_concat(DISTINCT outcome) FROM outcome') == 4 ]]
}

@test "an export says all that the ledger knows, also what it heard itself" {
    accession verify --quiet --level read --endpoint-url "$SCRIPTED_URL" --ledger led.db s3://bucket/a
    accession ledger export --quiet --ledger led.db all.json.gz
    gzip -dc all.json.gz | jq -es 'length == 6 and .[0].export == 1 and .[5].facts == 4' >/dev/null
    in_json import all.json.gz --ledger second.db
    [[ $(counted grounds.archived) == 2 && $(counted grounds.checked) == 2 ]]
    hearsay_only second.db
    accession ledger export --ledger second.db - >again.json
    diff <(gzip -dc all.json.gz | sed 1d | jq -cS .) <(sed 1d again.json | jq -cS .)
    run accession ledger export --ledger led.db all.json.gz
    ((status == 2))
    [[ $output == *"exists already"* ]]
}

@test "another ledger is merged; nothing is demoted, and a contradiction is told" {
    mkdir other
    some_bytes 100 1 >other/a
    some_bytes 70 7 >other/c
    make_list other other.sha256
    accession ingest --quiet -m other.sha256 other s3://bucket/o --endpoint-url "$SCRIPTED_URL" --ledger other.db
    sqlite3 other.db "UPDATE destination SET canonical = replace(canonical, '/o/', '/a/'), url = 's3://bucket/a'"
    sqlite3 -readonly led.db 'SELECT * FROM object; SELECT * FROM outcome' >before
    in_json merge other.db --ledger led.db
    ((status == 0))
    diff before <(sqlite3 -readonly led.db 'SELECT * FROM object; SELECT * FROM outcome')
    [[ $(counted new) == 2 ]]
    # The other saw other bytes at a key that this ledger has on record.
    sqlite3 other.db "UPDATE object SET digests = CAST(x'04' || randomblob(32) AS BLOB) WHERE entry = 1"
    sqlite3 other.db "UPDATE object SET at = at + 1 WHERE entry = 1"
    in_json merge other.db --ledger led.db
    ((status == 1))
    [[ $(counted conflict) == 1 ]]
    [[ $(jq -r 'select(.result == "conflict") | .path + " " + .origin' <<<"$output") == "a other.db" ]]
    diff before <(sqlite3 -readonly led.db 'SELECT * FROM object; SELECT * FROM outcome')
    run accession ledger merge other.db --ledger led.db
    ((status == 1))
    [[ $output == *"Merged"*" 1 ledger"$'\n'* ]]
    [[ $output == *"s3://bucket/a/a: other.db says sha256"*"this ledger's run"* ]]
    run accession ledger merge led.db --ledger led.db
    ((status == 2))
}

@test "a restored folder is no archive: import passes its receipt over; export, merge, list, find, status leave it out" {
    accession restore --quiet s3://bucket/a back --endpoint-url "$SCRIPTED_URL" --ledger led.db --receipts receipts
    accession verify --quiet --local back -m list.sha256 --ledger led.db
    (($(find receipts -name '*.json' | wc -l) == 2))
    in_json import receipts/*.json --ledger new.db
    ((status == 0))
    [[ $(counted new) == 2 && $(counted sources) == 1 && $(counted passed_over) == 1 ]]
    [[ $(sqlite3 -readonly new.db 'SELECT DISTINCT url FROM destination') == s3://bucket/a ]]
    run accession ledger import receipts/*.json --ledger more.db
    [[ $output == "Imported"*"1 receipt or export"*"passed over"*"1  receipt of a restore"* ]]
    # Nothing else is there: that is no error.
    restored=$(grep -l '"kind": *"restore"' receipts/*.json)
    in_json import "$restored" --ledger none.db
    ((status == 0))
    [[ $(counted sources) == 0 && $(counted passed_over) == 1 && $(counted new) == 0 ]]

    accession ledger export --quiet --ledger led.db all.json
    run -1 grep file:// all.json
    in_json import all.json --ledger second.db
    ((status == 0))
    # An export that has one all the same.
    {
        head -n -1 all.json
        tail -n 2 all.json | head -n 1 | sed 's|"destination":"[^"]*","url":"[^"]*"|"destination":"file:///back/","url":"/back"|'
        tail -n 1 all.json | jq -c '.facts += 1'
    } >older.json
    grep -q file:///back/ older.json
    in_json import older.json --ledger older.db
    ((status == 0))
    [[ $(sqlite3 -readonly older.db "SELECT count(*) FROM destination WHERE canonical LIKE 'file:%'") == 0 ]]
    in_json merge led.db --ledger third.db
    ((status == 0))
    [[ $(sqlite3 -readonly third.db 'SELECT DISTINCT url FROM destination') == s3://bucket/a ]]

    run accession list --json --ledger led.db
    [[ $(jq -r .url <<<"$output") == s3://bucket/a ]]
    run accession find --json a --ledger led.db
    [[ $(jq -r .url <<<"$output" | sort -u | xargs) == "s3://bucket/a s3://bucket/a/a" ]]
    run accession find --json "$(head -c 16 list.sha256)" --ledger led.db
    [[ $(jq -r .destination <<<"$output") == s3://bucket/a ]]
    run accession status --json --ledger led.db
    [[ $(jq -r 'select(.type == "destination").url' <<<"$output") == s3://bucket/a ]]
    run accession status --ledger led.db
    [[ $output == s3://bucket/a$'\n'*"2 of 2 restored, $PWD/back"* ]]
    run accession status --since 24h --json --ledger led.db
    [[ $(jq -r '"\(.archived) \(.bags) \(.files) \(.days[0].files) \([.ages[].files] | add)"' <<<"$output") == "2 1 2 2 2" ]]
}

@test "what is no receipt is refused whole; a cut one leaves nothing" {
    echo '{"receipt": 1}' >none.json
    head -c 2500 receipts/*.json >cut.json
    head -c 200 <(accession ledger export --ledger led.db - | gzip) >cut.json.gz
    printf 'hello' >text
    : >empty
    for file in none.json cut.json cut.json.gz text empty . not-there.json; do
        run accession ledger import "$file" --ledger fresh.db
        echo "$file: $output"
        ((status == 2))
        [[ $output == *"$file"* ]]
        [[ $(sqlite3 -readonly fresh.db 'SELECT count(*) FROM heard') == 0 ]]
    done
    jq '.entries[0].path = "../x"' receipts/*.json >escape.json
    run accession ledger import escape.json --ledger fresh.db
    ((status == 2))
    [[ $output == *"leaves the folder"* ]]
    run accession ledger import --ledger fresh.db
    ((status == 2))
    [[ $output == *"FILE is missing"* ]]
}

@test "with --json a failure ends with the counts, too, and what one object says is bounded" {
    in_json import receipts/*.json not-there.json --ledger new.db
    ((status == 2))
    [[ $(jq -r 'select(.type == "recalled") | "\(.outcome) \(.exit_status) \(.new) \(.message)"' <<<"$(grep '^{' <<<"$output")") == \
        "SOURCE 2 2 not-there.json: cannot be read: No such file or directory" ]]
    in_json import receipts/*.json --ledger new.db
    [[ $(jq -r '"\(.outcome) \(.exit_status)"' <<<"${lines[-1]}") == "OK 0" ]]
    { printf '{"receipt":1,"run":{"name":"' && head -c 40M /dev/zero | tr '\0' a && printf '"}}'; } >long.json
    run accession ledger import long.json --ledger new.db
    ((status == 2))
    [[ $output == *"longer than any that accession writes"* ]]
}

@test "what was only told is shown with its counts, and never as complete or archived" {
    accession ledger import --quiet receipts/*.json --ledger new.db
    run accession list --ledger new.db
    [[ $(tr -s ' ' <<<"${lines[1]}") == "reported 2 200 bytes not here never "*"s3://bucket/a" ]]
    [[ ${lines[-1]} == "1 bag or prefix, 0 files, 0 bytes; reported by others: 2 files, 200 bytes" ]]
    run accession list --json --state reported --ledger new.db
    [[ $(jq -r '"\(.reported) \(.bytes_reported) \(.archived) \(.bytes_archived)"' <<<"$output") == "2 200 0 0" ]]
    accession list --csv --ledger new.db >table.csv
    python3 -c 'import csv; row, = csv.DictReader(open("table.csv")); assert row["reported"] + " " + row["bytes_reported"] == "2 200"'
    run accession list --state complete --ledger new.db
    ((status == 1))
    run accession find a --ledger new.db
    [[ $(grep -A 1 s3://bucket/a/a <<<"$output") == *"reported by others, not archived here, 100 bytes; never verified" ]]
    run accession find --json a --ledger new.db
    [[ $(jq -r '"\(.type) \(.archived) \(.reported) \(.size)"' <<<"$output" | xargs) == "bag false true null object false true 100" ]]
    run accession status --ledger new.db
    [[ $output == *"reported "*"2 files, 200 bytes, known from others alone"* && $output != *"  archived "* ]]
    # What is archived here counts apart, in the totals too.
    accession ingest --quiet -m list.sha256 src s3://bucket/b --endpoint-url "$SCRIPTED_URL" --ledger new.db
    run accession status --ledger new.db
    [[ $(tr -s ' \n' ' ' <<<"$output") == "2 bags or prefixes, 2 files, 200 bytes archived, 2 files, 200 bytes reported by others: 1 reported, 1 complete "* ]]
    run accession status --since 24h --json --ledger new.db
    [[ $(jq -r '"\(.bags) \(.files) \(.attention)"' <<<"$output") == "2 2 0" ]]
    run accession find --json a --ledger led.db
    [[ $(jq -r .reported <<<"$output" | uniq) == false ]]
}

@test "receipts that contradict each other: the first stands, exit 1" {
    jq -c '.entries[0].archived.digests.sha256 = ("0" * 64)' receipts/*.json | gzip >forged.json.gz
    in_json import receipts/*.json forged.json.gz --ledger new.db
    ((status == 1))
    [[ $(counted conflict) == 1 && $(counted new) == 2 ]]
    accession verify --quiet --level read --endpoint-url "$SCRIPTED_URL" --ledger new.db s3://bucket/a
}

@test "a fact that names another place is refused, and never moves a destination" {
    accession ledger export --quiet --ledger led.db facts.json
    grep '"fact"' facts.json | head -n 1 | sed 's#"url":"[^"]*"#"url":"s3://evil/a"#' >fact
    { head -n 1 facts.json; cat fact; } >forged.json
    run accession ledger import --ledger led.db forged.json
    ((status == 2))
    [[ $output == *"says of one place that it is"* ]]
    [[ $(sqlite3 -readonly led.db "SELECT count(*) FROM destination WHERE url LIKE '%evil%'") == 0 ]]
    accession verify --quiet --level read --endpoint-url "$SCRIPTED_URL" --ledger led.db s3://bucket/a
}

@test "an export that was cut off between two lines is known by its last one" {
    accession ledger export --quiet --ledger led.db facts.json
    head -n -1 facts.json >cut.json
    run accession ledger import --ledger new.db cut.json
    ((status == 2))
    [[ $output == *"the export is incomplete"* ]]
    { head -n 1 facts.json; tail -n 1 facts.json; } >empty.json
    run accession ledger import --ledger new.db empty.json
    ((status == 2))
    [[ $output == *"the number of facts in the export differs from its last line"* ]]
    accession ledger import --quiet --ledger new.db facts.json
}

@test "an export that is damaged after the facts of one destination leaves nothing, and only what is undamaged counts" {
    accession ledger export --quiet --ledger led.db facts.json
    { head -n 2 facts.json; sed -n '2s/"fact":"[a-z]*"/"vact":"x"/p' facts.json; tail -n 1 facts.json; } >damaged.json
    sed -i '3s|"destination":"http://[^"/]*|&1|' damaged.json
    run accession ledger import --ledger new.db damaged.json
    ((status == 2))
    assert_equal "$(accession ledger export --ledger new.db - | jq -s '.[-1].facts')" 0 "facts left behind"
    accession ledger import --quiet --ledger new.db facts.json
}

@test "import from standard input: receipts through a pipe, an export from a file" {
    accession ledger export --quiet --ledger led.db facts.json.gz
    cat receipts/*.json | accession ledger import --quiet --ledger one.db -
    accession ledger import --quiet --ledger two.db - <facts.json.gz
    hearsay_only one.db
    hearsay_only two.db
    for name in one two; do
        [[ $(sqlite3 -readonly $name.db 'SELECT count(*) FROM heard') == 2 ]]
        [[ $(accession ledger export --ledger $name.db - | jq -r '.said? // empty' | sort -u) != *dev* ]]
    done
    run accession ledger import --ledger new.db - <list.sha256
    ((status == 2))
    [[ $output == *"standard input, byte "*": not JSON as accession writes it."* ]]
}

@test "import from a pipe says that it waits for another program" {
    mkfifo pipe
    accession ledger import --ledger new.db pipe >out 2>err 3>&- &
    until_true grep -q 'pipe is a pipe' err
    cat receipts/*.json >pipe
    wait $!
    grep -q Imported out
}
