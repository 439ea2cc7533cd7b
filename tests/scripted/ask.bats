#!/usr/bin/env bats
# accession list, find and show: what a ledger answers by itself, and that it forgets the question.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2030,SC2031,SC2154

load ../lib/helpers
load ../lib/scripted

bats_require_minimum_version 1.5.0

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1 ACCESSION_LEDGER=$PWD/led.db
    YEARS=${ACCESSION%/*}/tests/ledger_years
}

teardown() {
    scripted_stop
}

# A bag with an External-Identifier, archived.
archived_bag() {
    scripted_start
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    mkdir files && some_bytes 1000 1 >files/sheet-1.tif && some_bytes 2000 2 >files/sheet-2.tif
    accession manifest create files --format bagit --external-identifier DEL-007
    mv files bag
    accession ingest --quiet bag s3://bucket/loop/b7
}

# asked COMMAND...: runs it, and nothing in the ledger changes by it.
asked() {
    sqlite3 -readonly led.db .dump >before
    run accession "$@"
    sqlite3 -readonly led.db .dump >after
    cmp before after
}

@test "list: state, counts, when archived, when and how verified; sorted, filtered, as CSV and JSON" {
    "$YEARS" led.db 20 2000 10
    asked list
    ((status == 0))
    [[ ${lines[1]} == due*" 100 "*" read "*s3://archive/shelf-000/bag-000001 ]]
    [[ ${lines[20]} == *" never "*s3://archive/shelf-000/bag-000020 ]]
    [[ ${lines[-1]} == "20 bags or prefixes, 2,000 files, 3.8 MiB" ]]
    asked list --sort bytes --limit 1 --json
    [[ $(jq -r .url <<<"$output") == s3://archive/shelf-000/bag-000020 ]]
    asked list --sort url --reverse --limit 1 --json
    [[ $(jq -r .url <<<"$output") == s3://archive/shelf-000/bag-000020 ]]
    # Those never verified come before those verified long ago.
    asked list --sort verified --json
    [[ $(jq -r .last_checked <<<"$output" | uniq | head -2 | sed 's/T.*//' | xargs) == "null 2"* ]]
    asked list --older-than 1m --state due --csv s3://archive/shelf-000
    ((status == 0 && ${#lines[@]} > 2))
    [[ ${lines[1]} == '"s3://archive/shelf-000/bag-000001","ID-000001",due,100,105050,'* ]]
    python3 -c 'import csv, sys; rows = list(csv.DictReader(sys.stdin)); assert all(r["state"] == "due" for r in rows)' <<<"$output"
    asked list --state refused
    ((status == 1))
    [[ $output == *"the ledger knows nothing of it"* ]]
    # Not a prefix of names, but of folders.
    asked list s3://archive/shelf-00
    ((status == 1))
    run accession list --json --csv
    ((status == 2))
}

# bats test_tags=slow
@test "find: by name, glob, path, URL, digest, External-Identifier, the bag's own name; below a prefix" {
    "$YEARS" led.db 20 2000 10
    found() { asked find --json "$@" && ((status == 0)) && jq -r .url <<<"$output" | sort -u | xargs; }
    [[ $(found page-00000076.tif) == s3://archive/shelf-000/bag-000001/data/page-00000076.tif ]]
    [[ $(found 'page-0000007?.tif' | wc -w) == 10 ]]
    [[ $(found '*07.tif' | wc -w) == 20 ]]
    [[ $(found '*07.tif' s3://archive/shelf-000/bag-000003) == s3://archive/shelf-000/bag-000003/data/page-00000207.tif ]]
    [[ $(found data/page-00000076.tif) == *bag-000001/data/page-00000076.tif ]]
    [[ $(found 's3://archive/*/bag-000001/data/page-0000000*' | wc -w) == 10 ]]
    [[ $(found ID-000003) == s3://archive/shelf-000/bag-000003 ]]
    [[ $(found bag-000003) == s3://archive/shelf-000/bag-000003 ]]
    [[ $(found 'bag-*' | wc -w) == 20 ]]
    digest=$(sqlite3 -readonly led.db 'SELECT lower(hex(substr(digests, 2))) FROM object WHERE entry = 77')
    for pattern in "$digest" "${digest:0:9}" "sha256:${digest^^}"; do
        [[ $(found "$pattern") == s3://archive/shelf-000/bag-000001/data/page-00000076.tif ]]
    done
    for pattern in "md5:$digest" "${digest:0:9}f0f0f0f" "${digest:0:7}" page 'data/*.jpg'; do
        asked find "$pattern"
        ((status == 1))
        [[ $output == *"the ledger knows nothing of it; a pattern is compared with whole names"* ]]
    done
    asked find --limit 3 'page-*'
    [[ ${lines[-1]} == "3 of 2,000" ]]
    # Names that the pattern must not be confused by.
    asked find "it's 100% [x"
    ((status == 1))
}

@test "show: from the promise over the archiving to each check, of an object and of a bag" {
    archived_bag
    accession verify --quiet s3://bucket/loop/b7
    asked show --json s3://bucket/loop/b7/data/sheet-1.tif
    ((status == 0))
    [[ $(jq -r '.event // .type' <<<"$output" | xargs) == "object promised archived checked" ]]
    local line # a folder's order is the file system's
    line=$(grep -n sheet-1 bag/manifest-sha256.txt | cut -d: -f1)
    [[ $(jq -r 'select(.event == "promised") | "\(.manifest):\(.line)"' <<<"$output") == "manifest-sha256.txt:$line" ]]
    sha256=$(sha256sum bag/data/sheet-1.tif | cut -d' ' -f1)
    [[ $(jq -r 'select(.event == "archived") | .digests.sha256' <<<"$output") == "$sha256" ]]
    [[ $(jq -r 'select(.event == "archived") | .etag' <<<"$output") == $(md5sum bag/data/sheet-1.tif | cut -d' ' -f1) ]]
    [[ $(jq -r 'select(.event == "checked") | "\(.level) \(.code)"' <<<"$output") == "read OK" ]]
    asked show s3://bucket/loop/b7/data/sheet-1.tif
    [[ $output == *"promised"*"manifest-sha256.txt, line $line"*"$sha256"*"archived"*"ETag"*"verified"*"read"* ]]
    asked show s3://bucket/loop/b7/
    ((status == 0))
    [[ $output == "s3://bucket/loop/b7"*"identifier      DEL-007"*"ingest"*"manifest-sha256.txt"*"verify"* ]]
    # Above bags are bags.
    asked show --json s3://bucket/loop
    [[ $(jq -r .url <<<"$output") == s3://bucket/loop/b7 ]]
    asked find --json DEL-007
    [[ $(jq -r '"\(.url) \(.external_identifier)"' <<<"$output") == "s3://bucket/loop/b7 DEL-007" ]]
    asked show s3://bucket/loop/b7/data/sheet-9.tif
    ((status == 1))
    [[ $output == *"the ledger knows nothing of it; accession list shows what it knows, and accession find searches for names"* ]]
}

@test "show: a refused file and a killed run's bag are answered from the rows as they are" {
    archived_bag
    cp -r bag bad
    some_bytes 1000 3 >bad/data/sheet-1.tif
    run accession ingest --quiet bad s3://bucket/loop/b8
    ((status == 1))
    asked show --json s3://bucket/loop/b8/data/sheet-1.tif
    [[ $(jq -r '.event // .type' <<<"$output" | xargs) == "object promised ended" ]]
    [[ $(jq -r 'select(.type == "object").archived' <<<"$output") == false ]]
    asked list --json --state refused
    [[ $(jq -r '"\(.url) \(.archived) \(.refused)"' <<<"$output") == "s3://bucket/loop/b8 1 1" ]]
    # As if the run had been killed: what was kept of its destination does not count.
    sqlite3 led.db "UPDATE run SET finished = NULL, outcome = NULL WHERE id = 2;
        UPDATE standing SET archived = 77, run = 1 WHERE destination = 2"
    asked list --json s3://bucket/loop/b8
    [[ $(jq -r .archived <<<"$output") == 1 ]]
}

@test "status: of many bags a page: totals, who needs attention, what is due, the newest; --all and a URL" {
    "$YEARS" led.db 40 2000 10
    sqlite3 led.db "UPDATE standing SET different = 1 WHERE destination = 7; UPDATE standing SET refused = 2 WHERE destination = 9"
    asked status --runs 1
    ((status == 0))
    [[ $(tr -s ' \n' ' ' <<<"$output") == "40 bags or prefixes, 2,000 files, "*" archived: 1 different, 1 refused, 35 due, 3 complete s3://archive/shelf-000/bag-000007 "* ]]
    [[ $output == *"bag-000009"*"Due: "*" files not archived or read back for 90 days"*"Bags, the newest first"*"bag-000040"*"Runs, the newest first"* ]]
    [[ $output != *"bag-000010"$'\n'"  server"* ]]
    (($(grep -c ^s3:// <<<"$output") == 2))
    asked status --all
    (($(grep -c ^s3:// <<<"$output") == 40))
    asked status s3://archive/shelf-000/bag-000003
    ((status == 0))
    [[ ${lines[0]} == s3://archive/shelf-000/bag-000003 ]]
    [[ $output == *"Runs, the newest first"*"100 "* || $output == *"50 of 50 checked as promised, s3://archive/shelf-000/bag-000003"* ]]
    asked status s3://archive/nothing
    ((status == 1))
    [[ $output == *"s3://archive/nothing: the ledger knows nothing of it; accession list shows what it knows, and accession find searches for names"* ]]
    asked status --json s3://archive/shelf-000/bag-000003
    [[ $(jq -r .type <<<"$output" | xargs) == "destination run run" ]]
}

@test "status: a reader that goes away ends it quietly" {
    "$YEARS" led.db 2000 2000 0
    # shellcheck disable=SC2016
    run --separate-stderr bash -c '"$ACCESSION" status --all | head -n 1 >first; echo "${PIPESTATUS[0]}"'
    [[ $output == 141 && -z $stderr ]]
    [[ $(cat first) == s3://archive/shelf-000/bag-000001 ]]
}

# Bags archived, one file of one refused, another changed in the bucket and found so by a verification.
a_day_of_work() {
    archived_bag
    cp -r bag bad
    some_bytes 1000 3 >bad/data/sheet-1.tif
    run accession ingest --quiet bad "s3://bucket/loop/<b>8"
    ((status == 1))
    curl -sSf -X PUT --data-binary another "$SCRIPTED_URL/bucket/loop/b7/data/sheet-2.tif"
    run accession verify --quiet s3://bucket/loop/b7
    ((status == 1))
}

@test "status --since: what happened, what needs a person and by whose fault, the archive; text and JSON" {
    a_day_of_work
    asked status --since 24h
    ((status == 0))
    words=$(tr -s ' \n' ' ' <<<"$output")
    [[ $words == *"archived 7 files, "*"verified 6 files; 1 NOT as promised"*"refused 1 file"* ]]
    [[ $words == *"This needs a person"*"1 file: a digest differs from the manifest (the delivery). The first: data/sheet-1.tif"* ]]
    [[ $words == *"1 file: the bucket differs from what was promised (the bucket)"*"accession report --run "*"archive 2 bags or prefixes, 7 files"* ]]
    asked status --since 24h --format json
    [[ $(jq -r '"\(.type) \(.archived) \(.refused) \(.different) \(.attention) \(.bags)"' <<<"$output") == "digest 7 1 1 2 2" ]]
    [[ $(jq -r '.people[].refusals[] | "\(.code) \(.fault) \(.files)"' <<<"$output" | xargs) == "DIFFERENCE the bucket 1 DIGEST the delivery 1" ]]
    [[ $(jq -r '.ages[0].files' <<<"$output") == 7 && $(jq -r '.days[0].files' <<<"$output") == 7 ]]
    asked status --since 24h --json s3://bucket/loop/b7
    [[ $(jq -r '"\(.archived) \(.refused) \(.bags)"' <<<"$output") == "6 0 1" ]]
    # Of a run that does not end nothing is known for a day; then it counts as stalled.
    sqlite3 led.db "UPDATE run SET finished = NULL, outcome = NULL, started = started - 2 * 86400000 WHERE id = 1"
    asked status --since 24h --json
    [[ $(jq -r '"\(.not_ended) \(.stalled)"' <<<"$output") == "1 1" ]]
    run accession status --format html
    ((status == 2))
    [[ $output == *"add --since TIME"* ]]
}

@test "status --since --format html: one page, nothing from elsewhere, everything escaped, its reports beside it" {
    a_day_of_work
    mkdir www
    run accession status --since 24h --format html --output www/index.html
    assert_says "Written  www/index.html, and beside it"
    ((status == 0))
    xmllint --html --noout www/index.html 2>faults || true
    grep -v "Tag .* invalid" faults >others || true
    run -1 grep "error :" others
    grep -q "default-src 'none'" www/index.html
    run -1 grep -E '(src|href)="?(http|//)' www/index.html
    run -1 grep '<b>8' www/index.html
    grep -q '&lt;b&gt;8' www/index.html
    grep -o 'href="[^"]*"' www/index.html | cut -d'"' -f2 >links
    (($(wc -l <links) == 2))
    local link
    while read -r link; do [[ -s www/$link ]]; done <links
    grep -q "External-Identifier</dt><dd>DEL-007" "www/$(head -n 1 links)"
    accession status --since 24h --format html >page
    grep -q "accession report --run" page
}

@test "report: of a bag's newest run, or as of a time; the page names identifier, operator and version" {
    archived_bag
    first=$(date -u +%Y-%m-%dT%H:%M:%SZ -d '+1 second')
    until [[ $(date -u +%Y-%m-%dT%H:%M:%SZ) > $first ]]; do :; done
    accession verify --quiet s3://bucket/loop/b7
    run accession report --url s3://bucket/loop --format json
    [[ $(jq -r .run.kind <<<"$output") == verify ]]
    run accession report --url s3://bucket/loop/ --at "$first" --format json
    [[ $(jq -r .run.kind <<<"$output") == ingest ]]
    run accession report --at 365d --format json
    ((status == 2))
    [[ $output == *"no run to anywhere had begun by then"* ]]
    run accession report --url s3://bucket/nothing --format json
    ((status == 2))
    run accession report --run 2 --url s3://bucket/loop --format json
    ((status == 2))
    accession report --operator 'A. <Archivist>' --format html >page
    grep -q 'External-Identifier</dt><dd>DEL-007' page
    grep -q 'Operator</dt><dd>A. &lt;Archivist&gt;' page
    grep -q 'Program</dt><dd>accession [0-9]' page
    accession report --format html >page
    grep -q "Operator</dt><dd>$(id -un)@$(hostname)" page
}

@test "list and find: an older ledger has all that is asked for once a run has opened it, even one that fails" {
    sqlite3 led.db <"${BATS_TEST_DIRNAME}/../data/ledgers/layout-3.sql"
    run accession list
    ((status == 2))
    [[ $output == *"made by an older version"*"accession ledger backup FILE"* ]]
    # A backup is a copy that is up to date, and leaves the ledger as it was.
    sha256sum led.db >before
    run accession ledger backup copy.db
    ((status == 0))
    sha256sum --quiet -c before
    asked list --json --ledger copy.db
    ((status == 0 && $(jq -s 'map(.archived) | add' <<<"$output") > 0))
    run accession verify --endpoint-url http://127.0.0.1:1 s3://unknown-bucket/x
    ((status == 2))
    asked list --json
    ((status == 0 && $(jq -s 'map(.archived) | add' <<<"$output") > 0))
    digest=$(sqlite3 -readonly led.db 'SELECT lower(hex(substr(digests, 2, 6))) FROM object LIMIT 1')
    asked find --json "$digest"
    [[ $(jq -r .type <<<"$output" | uniq) == object ]]
    # What was kept of each destination is what is found without it.
    accession list --json >kept
    sqlite3 led.db 'DELETE FROM standing; DELETE FROM day'
    accession list --json | cmp - kept
}

@test "help fits a narrow terminal: no word is broken, and each option has a line for itself" {
    command -v script >/dev/null || skip "script(1) is not installed"
    script -qec "stty cols 40 rows 200; '$ACCESSION' restore --help" /dev/null </dev/null | tr -d '\r' >help
    grep -qx '  --manifest-format NAME' help
    # Only what is copied, or has no blank to break at, may be longer.
    sed '/^Examples:/,/^Exit status:/d' help | awk 'length > 40 && NF > 2' >long
    [[ ! -s long ]] || fail "longer than the terminal: $(<long)"
}

# kept_is_found: the totals that the last run kept are those that are found anew without them.
kept_is_found() {
    accession list --json >kept
    sqlite3 led.db 'SELECT * FROM day ORDER BY 1, 2' >days
    cp led.db other.db
    sqlite3 other.db 'DELETE FROM standing; DELETE FROM day'
    accession list --json --ledger other.db >found
    diff kept found
    rm other.db
}

# bats test_tags=slow
@test "status and list: what a run keeps is what its rows say, whether it changed anything or nothing" {
    archived_bag
    kept_is_found
    local kept_by=
    accession ingest --quiet bag s3://bucket/loop/b7
    kept_by=$(sqlite3 led.db 'SELECT run FROM standing')
    assert_equal "$kept_by" 2
    kept_is_found
    # A bag under the same prefix that adds to it, and one that is refused there.
    mkdir more && some_bytes 3000 3 >more/sheet-3.tif && make_list more more.sha256
    accession ingest --quiet --into-existing --manifest more.sha256 more s3://bucket/loop/b7
    kept_is_found
    some_bytes 1000 4 >more/sheet-3.tif
    make_list more more.sha256
    run accession ingest --quiet --into-existing --manifest more.sha256 more s3://bucket/loop/b7
    ((status == 1))
    kept_is_found
    accession ingest --quiet bag s3://bucket/loop/b7
    kept_is_found
    # Gone, found so by a verification, and sent again by the next run.
    curl -sSf -X DELETE "$SCRIPTED_URL/bucket/loop/b7/data/sheet-1.tif"
    run accession verify --quiet s3://bucket/loop/b7
    ((status == 1))
    kept_is_found
    accession ingest --quiet bag s3://bucket/loop/b7
    kept_is_found
    accession verify --quiet --level read s3://bucket/loop/b7
    accession ingest --quiet bag s3://bucket/loop/b7
    kept_is_found
    assert_equal "$(sqlite3 led.db 'SELECT run FROM standing')" "$(sqlite3 led.db 'SELECT max(id) FROM run')"
}
