#!/usr/bin/env bats
# Receipts in every format, checked with independent readers: a JSON Schema validator, a CSV
# reader, libxml2, sha256sum, and a browser. The sample has every outcome and names that are hard.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

setup_file() {
    export SAMPLE=${ACCESSION%/*}/tests/receipt_sample
    export HERE=$BATS_TEST_DIRNAME SCHEMAS=$BATS_TEST_DIRNAME/../../manifests/schema
    cd "$BATS_FILE_TMPDIR" || return
    "$SAMPLE" . 300 json csv premis html manifest
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return
}

accession() {
    "$ACCESSION" "$@"
}

# Headless, without a word to anybody; its profile is the test's own.
browse() {
    timeout 300 chromium --headless --no-sandbox --disable-dev-shm-usage --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --hide-scrollbars --user-data-dir="$BATS_TEST_TMPDIR/profile" "$@" 2>"$BATS_TEST_TMPDIR/err"
}

need_chromium() {
    command -v chromium >/dev/null || skip "chromium is not installed"
}

# visible FILE: number of entries shown, of all in the dumped document.
visible() {
    grep -o '<tr data-o="[a-z_]*"[^>]*>' "$1" | grep -vc hidden || true
}

@test "json: valid by the schema, which refuses what is spoilt" {
    /usr/bin/python3 "$HERE/valid_json.py" "$SCHEMAS/receipt.schema.json" ingest.json verify.json
}

@test "csv: an independent reader finds the rows of the JSON" {
    python3 "$HERE/same_csv.py" ingest.json ingest.csv
    python3 "$HERE/same_csv.py" verify.json verify.csv
}

@test "premis: xmllint accepts it" {
    xmllint --noout --schema "$SCHEMAS/premis-profile.xsd" ingest.premis verify.premis
}

@test "premis: the schema refuses what is spoilt" {
    local spoil
    for spoil in 's/<eventType /<eventTyp /' 's/<size>/<size>x/' 's/version="3.0"/version="2.0"/' \
        's/<linkingObjectIdentifierValue>/&x/' 's/<messageDigest>./<messageDigest>/' \
        '/<formatNote>/d'; do
        sed "$spoil" ingest.premis >spoilt.premis
        run xmllint --noout --schema "$SCHEMAS/premis-profile.xsd" spoilt.premis
        [[ $status -ne 0 ]] || {
            echo "accepted after: $spoil"
            return 1
        }
    done
}

# ACC_PREMIS_SCHEMA names a copy of the Library of Congress' own premis.xsd.
@test "premis: the official schema accepts it" {
    [[ -n ${ACC_PREMIS_SCHEMA:-} ]] || skip "ACC_PREMIS_SCHEMA is not set"
    xmllint --noout --nonet --schema "$ACC_PREMIS_SCHEMA" ingest.premis verify.premis
}

@test "premis: events agree with the rows" {
    local xpath="//*[local-name()='event'][*[local-name()='eventType']"
    [[ $(xmllint --xpath "count($xpath='replication'])" ingest.premis) == 296 ]]
    [[ $(xmllint --xpath "count($xpath='message digest calculation'])" ingest.premis) == 295 ]]
    [[ $(xmllint --xpath "count($xpath='ingestion'])" ingest.premis) == 1 ]]
    [[ $(xmllint --xpath "count($xpath='presence check'])" verify.premis) == 1 ]]
    [[ $(xmllint --xpath "count($xpath='fixity check'])" verify.premis) == 294 ]]
    grep -q 's3://archive/digitised/b24967646/data/not%20a%20character%20%EF%BF%BE%EF%BF%BF<' \
        ingest.premis
    grep -qF 'data/not a character \xEF\xBF\xBE\xEF\xBF\xBF<' ingest.premis
}

# The odd names' content is the name itself.
@test "manifest: sha256sum -c accepts it, odd names and all" {
    python3 - ingest.json <<'PYTHON'
import json, os, sys
for entry in json.load(open(sys.argv[1], encoding="utf-8"))["entries"]:
    if entry["path"].startswith("data/"):
        path = os.path.join("copy", entry["path"])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "w", encoding="utf-8").write(entry["path"])
PYTHON
    grep '  data/' ingest.manifest >odd.manifest
    [[ $(wc -l <odd.manifest) == 12 ]]
    (cd copy && sha256sum -c --strict --quiet ../odd.manifest)
    [[ $(wc -l <ingest.manifest) == 296 ]]
}

@test "manifest: sha256sum -c notices a changed byte" {
    mkdir -p "$BATS_TEST_TMPDIR/data"
    printf 'data/=1+2' >"$BATS_TEST_TMPDIR/data/=1+1"
    grep '  data/=' ingest.manifest >"$BATS_TEST_TMPDIR/list"
    cd "$BATS_TEST_TMPDIR"
    run sha256sum -c list
    [[ $status -eq 1 ]]
}

@test "html: a browser shows every entry, and no name becomes markup" {
    need_chromium
    browse --dump-dom "file://$PWD/ingest.html" >dom.html
    [[ $(visible dom.html) == 300 ]]
    grep -qF 'data/&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;' dom.html
    [[ $(grep -c '<script' dom.html) == 1 ]]
    grep -q '<h1 class="bad">296 of 300 files archived and verified' dom.html
    # The script ran under the policy: it is what shows the search.
    grep -q '<form id="search" role="search">' dom.html
}

@test "html: nothing outside the page is asked for" {
    run grep -oE '( (src|href|action|xlink:href)=|@import|url\()[^ >]*' ingest.html
    [[ -z $output ]] || {
        echo "$output"
        return 1
    }
}

@test "html: search finds by name, by digest and by reason" {
    need_chromium
    local digest words count
    digest=$(printf '%s' 'data/=1+1' | sha256sum | cut -c1-64)
    while read -r words count; do
        browse --dump-dom "file://$PWD/ingest.html#$words" >dom.html
        [[ $(visible dom.html) == "$count" ]] || {
            echo "$words: $(visible dom.html) entries, not $count"
            return 1
        }
    done <<WORDS
failed.tif 1
$digest 1
REFUSED%20differs 1
plain/ 283
nowhere 0
WORDS
}

@test "html: the light and the dark page are not blank" {
    need_chromium
    local colours light
    browse --window-size=800,900 --screenshot="$PWD/light.png" "file://$PWD/ingest.html"
    browse --window-size=800,900 --force-dark-mode --blink-settings=preferredColorScheme=0 \
        --screenshot="$PWD/dark.png" "file://$PWD/ingest.html"
    read -r colours light < <(python3 "$HERE/picture.py" light.png)
    [[ $colours -gt 200 && $light -gt 200 ]]
    read -r colours light < <(python3 "$HERE/picture.py" dark.png)
    [[ $colours -gt 200 && $light -lt 80 && $light -gt 15 ]]
}

@test "html: 10,000 entries are no trouble" {
    need_chromium
    mkdir -p many
    "$SAMPLE" many 10000 html
    browse --dump-dom "file://$PWD/many/ingest.html#0009981" >dom.html
    [[ $(grep -c '<tr data-o=' dom.html) == 10000 ]]
    [[ $(visible dom.html) == 1 ]]
    grep -q '<output id="found" aria-live="polite">1 of 10,000</output>' dom.html
}

@test "memory stays flat for 100,000 entries" {
    mkdir -p many
    local few many
    few=$("$SAMPLE" many 1000 json csv premis html manifest)
    many=$("$SAMPLE" many 100000 json csv premis html manifest)
    echo "$few KiB for 1,000, $many KiB for 100,000"
    rm -r many
    # SQLite's page cache may fill meanwhile; entries may not.
    ((many < few + 24 * 1024))
}

@test "report: the newest run, or one by the beginning of its name" {
    local name
    name=$(jq -r .run.name ingest.json)
    accession report --ledger ledger.db --format json --output out.json
    accession report --ledger ledger.db --format json --output - >stdout.json
    cmp out.json stdout.json
    mkfifo pipe && ln -s /dev/null void
    exec 7<>pipe # there is a reader from now on
    cat pipe >piped.json 7>&- &
    accession report --ledger ledger.db --format json --output pipe
    exec 7>&-
    wait $! && cmp out.json piped.json && [[ -p pipe ]]
    accession report --ledger ledger.db --format json --output void
    [[ -L void && -c /dev/null ]]
    [[ $(jq -r .run.kind out.json) == verify ]]
    accession report --ledger ledger.db --run "$name" --format manifest | cmp - ingest.manifest
    run accession report --ledger ledger.db --run 20 --format csv
    [[ $status -eq 2 && $output == *"several runs begin so"* ]]
    run accession report --ledger ledger.db --run nobody --format csv
    [[ $status -eq 2 && $output == *"nobody: no such run"* ]]
}

@test "report: what cannot be done is one line and status 2, and leaves nothing" {
    run accession report --ledger ledger.db
    [[ $status -eq 2 && $output == *"--format is missing"* ]]
    run accession report --ledger ledger.db --format pdf
    [[ $status -eq 2 ]]
    run accession report --ledger none.db --format csv
    [[ $status -eq 2 && $output == *none.db* ]]
    run accession report --ledger ledger.db --format csv --output nowhere/out.csv
    [[ $status -eq 2 && $output == *nowhere/out.csv* ]]
    # shellcheck disable=SC2016
    run bash -c '"$ACCESSION" report --ledger ledger.db --format csv >/dev/full'
    [[ $status -eq 2 && $output == *"not all output could be written"* ]]
    [[ $(wc -l <<<"$output") == 1 ]]
    # shellcheck disable=SC2016
    run bash -c '"$ACCESSION" report --ledger ledger.db --format premis >/dev/full'
    [[ $status -eq 2 && $(wc -l <<<"$output") == 1 ]]
    [[ ! -e none.db && ! -e nowhere ]]
}

@test "status: what is safe, what waits, what is wrong, what is due" {
    run accession status --ledger ledger.db
    [[ $status -eq 0 ]]
    [[ $output == *"archived        296 files"* ]]
    [[ $output == *"parked          1 file"* ]]
    [[ $output == *"refused         2 files"* ]]
    [[ $output == *"DIFFERENT       1 file"* ]]
    accession status --ledger ledger.db --json >status.json
    [[ $(jq -r 'select(.type == "destination") | "\(.archived) \(.pending) \(.parked) \(.different) \(.never_read)"' \
        status.json) == "296 2 1 1 6" ]]
    [[ $(jq -r 'select(.type == "run") | .kind' status.json | xargs) == "verify ingest" ]]
}
