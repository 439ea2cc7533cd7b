#!/usr/bin/env bats
# What outlives a ledger: exports, receipts, other ledgers. What is taken over is something to compare with, and
# never counts as archived or verified.
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
    gzip -dc all.json.gz | jq -es 'length == 5 and .[0].export == 1' >/dev/null
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
    [[ $(jq -r 'select(.told == "conflict") | .path + " " + .origin' <<<"$output") == "a other.db" ]]
    diff before <(sqlite3 -readonly led.db 'SELECT * FROM object; SELECT * FROM outcome')
    run accession ledger merge other.db --ledger led.db
    ((status == 1))
    [[ $output == *"s3://bucket/a/a: other.db says sha256"*"this ledger's run"* ]]
    run accession ledger merge led.db --ledger led.db
    ((status == 2))
}

@test "what is no receipt is refused whole; a cut one leaves nothing" {
    echo '{"receipt": 1}' >none.json
    head -c 2500 receipts/*.json >cut.json
    head -c 200 <(accession ledger export --ledger led.db - | gzip) >cut.json.gz
    printf 'hello' >text
    : >empty
    for file in none.json cut.json cut.json.gz text empty .; do
        run accession ledger import "$file" --ledger fresh.db
        echo "$file: $output"
        ((status == 2 || status == 1))
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

@test "receipts that contradict each other: the first stands, exit 1" {
    jq -c '.entries[0].archived.digests.sha256 = ("0" * 64)' receipts/*.json | gzip >forged.json.gz
    in_json import receipts/*.json forged.json.gz --ledger new.db
    ((status == 1))
    [[ $(counted conflict) == 1 && $(counted new) == 2 ]]
    accession verify --quiet --level read --endpoint-url "$SCRIPTED_URL" --ledger new.db s3://bucket/a
}
