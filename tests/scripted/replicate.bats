#!/usr/bin/env bats
# A second copy: what is on record as archived, read from the first bucket, and at the second only if it is what
# was promised.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    make_bag bag 3 4K
    add_payload bag sub/large.bin 20M
    finish_bag bag
    scripted_start
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    accession ingest --quiet bag s3://first/in/one
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
    scripted_stop
}

# replicate STATUS [OPTION...]: one bag; its JSON lines in $output.
replicate() {
    run accession replicate --json --no-progress "${@:2}" s3://first/in/one s3://second/in/one
    assert_status "$1"
}

# counts NAME...: of the last summary.
counts() {
    local names
    names=$(printf '.%s, ' "$@")
    jq -r "select(.type == \"summary\") | [${names%, }] | join(\" \")" < <(grep '^{' <<<"$output")
}

# held BUCKET: keys and what they hold.
held() { scripted_objects "[.[] | select(.bucket == \"$1\") | {key, size, sha256}] | sort_by(.key)"; }
keys() { scripted_objects "[.[] | select(.bucket == \"$1\") | .key | ltrimstr(\"in/one/\")] | sort | join(\" \")"; }

# put KEY: another client's object, from standard input, in the first bucket.
put() { curl -sSf -X PUT -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' --data-binary @- "$SCRIPTED_URL/first/$1"; }
remove() { curl -sSf -X DELETE "$SCRIPTED_URL/first/$1"; }

# refused: "CODE PATH" of each.
refused() { jq -r 'select(.outcome == "failed") | "\(.code) \(.path)"' < <(grep '^{' <<<"$output") | sort | paste -sd'|'; }

# writes_to BUCKET
writes_to() { scripted_requests 'PutObject|UploadPart|Create.*|Complete.*|Delete.*' | awk -v bucket="$1" '$3 == bucket' | wc -l; }

# bats test_tags=threads
@test "a bag is copied as it is; a second run proves that all is there, and sends nothing" {
    local before run
    before=$(writes_to first)
    replicate 0
    assert_equal "$(counts sent already failed files)" "8 0 0 8"
    assert_equal "$(held second)" "$(held first)"
    assert_equal "$(writes_to first)" "$before" "writes to the first bucket"
    run=$(counts run)
    /usr/bin/python3 "$BATS_TEST_DIRNAME/../receipt/valid_json.py" "$BATS_TEST_DIRNAME/../../manifests/schema/receipt.schema.json" \
        "$(counts receipt)"
    jq -e '.run.kind == "replicate"' "$(counts receipt)"
    before=$(writes_to second)
    replicate 0
    assert_equal "$(counts sent already failed)" "0 8 0"
    assert_equal "$(writes_to second)" "$before" "writes of the second run"
    # Both are known as copies, and the reports say what the run was.
    run accession status
    assert_says "2 of 2 copies verified within 90 days"
    run accession list --json
    assert_equal "$(jq -r '"\(.url) \(.copies_verified)/\(.copies) \(.also_at[0])"' <<<"$output" | paste -sd'|')" \
        "s3://first/in/one 2/2 $SCRIPTED_URL/second/in/one/|s3://second/in/one 2/2 $SCRIPTED_URL/first/in/one/"
    run accession verify s3://second/in
    assert_status 0
    assert_says "2 of 2 copies verified within 90 days"
    accession report --run "$run" --format html >report.html
    grep -qF "report of a replication" report.html
    grep -qF "All 8 files copied and verified" report.html
}

@test "PREMIS: a replication names the object that was copied, its copy, and the storage of both" {
    replicate 0
    accession report --format premis >report.xml
    xmllint --noout --schema "$BATS_TEST_DIRNAME/../../manifests/schema/premis-profile.xsd" report.xml
    python3 - report.xml "$SCRIPTED_URL" <<'PYTHON'
import sys
import xml.etree.ElementTree as ElementTree

names = {"p": "http://www.loc.gov/premis/v3"}
root, server = ElementTree.parse(sys.argv[1]).getroot(), sys.argv[2]
found = []
for event in root.findall("p:event", names):
    if event.find("p:eventType", names).text != "replication":
        continue
    objects = {link.find("p:linkingObjectRole", names).text: link.find("p:linkingObjectIdentifierValue", names).text
               for link in event.findall("p:linkingObjectIdentifier", names)}
    agents = {link.find("p:linkingAgentRole", names).text: link.find("p:linkingAgentIdentifierValue", names).text
              for link in event.findall("p:linkingAgentIdentifier", names)}
    if "source" in objects:
        assert agents["source storage"] == agents["target storage"] == server, agents
        assert agents["executing program"].startswith("accession "), agents
        found.append((objects["source"], objects["outcome"]))
assert len(found) == 8, found
assert (server + "/first/in/one/data/sub/large.bin", "s3://second/in/one/data/sub/large.bin") in found, found
PYTHON
}

@test "what is damaged or missing at the first bucket is refused and named; the rest is copied, and corrected it is whole" {
    some_bytes 4K 99 | put in/one/data/file-000001.bin
    remove in/one/data/file-000002.bin
    replicate 1
    assert_equal "$(counts sent failed withheld conflicts)" "2 2 4 0"
    assert_equal "$(refused)" "DIGEST data/file-000001.bin|FILE_MISSING data/file-000002.bin"
    assert_equal "$(keys second)" "data/file-000000.bin data/sub/large.bin"
    run accession status --json
    assert_equal "$(jq -r 'select(.type == "destination" and .url == "s3://first/in/one") | "\(.copies_verified)/\(.copies)"' <<<"$output")" 1/2
    put in/one/data/file-000001.bin <bag/data/file-000001.bin
    put in/one/data/file-000002.bin <bag/data/file-000002.bin
    replicate 0
    assert_equal "$(counts sent already failed)" "6 2 0"
    assert_equal "$(held second)" "$(held first)"
}

@test "a newer version over the archived one is refused, and the way that is named brings the bag to the second bucket" {
    scripted_stop
    scripted_start 'config versioned=yes'
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    accession ingest --quiet bag s3://first/in/versioned
    some_bytes 5K 99 | put in/versioned/data/file-000001.bin
    run accession replicate s3://first/in/versioned s3://second/in/versioned
    assert_status 1
    assert_says "accession verify shows how"
    run accession verify s3://first/in/versioned
    assert_status 1
    accession restore --quiet s3://first/in/versioned back
    accession ingest --quiet back s3://second/in/versioned
    run accession replicate --json --no-progress s3://second/in/versioned s3://third/in/versioned
    assert_status 0
    diff -r bag back
}

@test "the word of the first bucket counts for nothing: a forged bag, sound in itself, is refused" {
    mkdir forged
    cp -r bag/. forged
    some_bytes 4K 55 >forged/data/file-000000.bin
    finish_bag forged
    local file
    for file in data/file-000000.bin manifest-sha256.txt tagmanifest-sha256.txt; do put "in/one/$file" <"forged/$file"; done
    replicate 1
    assert_equal "$(refused)" "DIGEST data/file-000000.bin"
    assert_equal "$(keys second)" "data/file-000001.bin data/file-000002.bin data/sub/large.bin"
    # Without the record only the forged manifests are left to compare with.
    run accession replicate --ledger other.db s3://first/in/one s3://third/one
    assert_status 0
    assert_says "manifest-sha256.txt"
}

@test "without a record the bag's own manifests are compared; what is no bag needs one" {
    replicate 0 --ledger other.db
    assert_equal "$(counts sent)" 8
    assert_equal "$(held second)" "$(held first)"
    some_bytes 100 | put plain/file
    run accession replicate --ledger other.db s3://first/plain s3://second/plain
    assert_status 2
    assert_says "is not a BagIt bag"
}

@test "what only receipts told of is promised as well" {
    accession ledger import --quiet --ledger new.db "$XDG_STATE_HOME"/accession/receipts/*.json
    some_bytes 4K 99 | put in/one/data/file-000001.bin
    replicate 1 --ledger new.db
    assert_equal "$(counts sent failed withheld)" "3 1 4"
    put in/one/data/file-000001.bin <bag/data/file-000001.bin
    replicate 0 --ledger new.db
    assert_equal "$(held second)" "$(held first)"
}

# known_copies LEDGER: of the first bucket, of how many copies LEDGER knows.
known_copies() { accession list --ledger "$1" --json | jq -r 'select(.url == "s3://first/in/one") | "\(.copies_verified)/\(.copies)"'; }

@test "copies are known from other ledgers, from exports and from receipts, and count once they are verified" {
    replicate 0
    accession ledger merge --quiet --ledger merged.db "$XDG_STATE_HOME/accession/ledger.db"
    accession ledger import --quiet --ledger imported.db "$XDG_STATE_HOME"/accession/receipts/*.json
    accession ledger export --quiet facts.json.gz
    accession ledger import --quiet --ledger exported.db facts.json.gz
    accession ledger merge --quiet --ledger again.db merged.db
    local ledger
    for ledger in merged imported exported again; do
        assert_equal "$(known_copies "$ledger.db")" 0/2 "copies in $ledger"
    done
    accession verify --quiet --ledger merged.db s3://first
    accession verify --quiet --ledger merged.db s3://second
    run accession list --ledger merged.db --json
    jq -e 'select(.url == "s3://second/in/one") | .copies == 2 and (.also_at[0] | endswith("/first/in/one/"))' <<<"$output"
}

@test "a bucket that refuses writes halts the copy, and the same command goes on from there" {
    scripted_scenario 'on PutObject|UploadPart|Create bucket=second key=in/one/* nth=3.. answer 403 AccessDenied
on PutObject|UploadPart|Create bucket=second nth=5.. answer 403 AccessDenied'
    replicate 3
    assert_says '"operation":"'
    assert_equal "$(counts written_after_refusal)" 0
    [[ $(keys second) != *manifest* ]] || fail "a manifest is there: $(keys second)"
    scripted_scenario ''
    replicate 0
    assert_equal "$(counts failed)" 0
    assert_equal "$(held second)" "$(held first)"
    assert_equal "$(scripted_uploads length)" 0 "open uploads"
}

# The third part is waited for, and the others are on record.
stalls() {
    scripted_requests UploadPart stall | grep -q . &&
        (($(sqlite3 -readonly "$XDG_STATE_HOME/accession/ledger.db" 'SELECT count(*) FROM part') == 3))
}

@test "killed in the middle, the same command goes on and sends no part again" {
    scripted_scenario 'on UploadPart bucket=second part=3 nth=1 stall'
    accession_in_background replicate --quiet --part-size 5M s3://first/in/one s3://second/in/one
    until_true stalls
    kill -KILL "$PROGRAM"
    wait "$PROGRAM" || true
    scripted_scenario ''
    replicate 0 --part-size 5M
    assert_equal "$(held second)" "$(held first)"
    assert_equal "$(scripted_requests UploadPart '200' | awk '$3 == "second" && $4 ~ /large/ { print $5 }' | sort -n | paste -sd' ')" "1 2 3 4"
    assert_equal "$(scripted_uploads length)" 0 "open uploads"
}


@test "all bags below a prefix: each has a run of its own, and goes to the same path" {
    make_bag other 2 100 5
    accession ingest --quiet other s3://first/in/deep/er/two
    some_bytes 10 | put in/stranger
    some_bytes 10 | put in/one/stranger
    run accession replicate --json --no-progress s3://first s3://second/copy/
    assert_status 0
    assert_equal "$(jq -r 'select(.type == "batch") | "\(.sources) \(.succeeded)"' <<<"$output")" "2 2"
    assert_equal "$(jq -r 'select(.type == "note" and .code == "UNLISTED").text' <<<"$output")" \
        "stranger: is in the source, but not on record as archived; it is not copied"
    assert_equal "$(scripted_objects '[.[] | select(.bucket == "second").key | select(endswith("bagit.txt"))] | sort | join(" ")')" \
        "copy/in/deep/er/two/bagit.txt copy/in/one/bagit.txt"
    # One that is damaged does not keep the other from being copied.
    some_bytes 100 9 | put in/deep/er/two/data/file-000000.bin
    run accession replicate --json --no-progress s3://first s3://third
    assert_status 1
    assert_equal "$(jq -r 'select(.type == "batch") | "\(.succeeded) \(.failures[0].delivery)"' <<<"$output")" "1 s3://first/in/deep/er/two"
    assert_equal "$(scripted_objects '[.[] | select(.bucket == "third" and (.key | startswith("in/one/")))] | length')" 8
    # Slices take each bag once.
    accession replicate --quiet --slice 1/2 s3://first/in/one s3://fourth
    accession replicate --quiet --slice 2/2 s3://first/in/one s3://fourth
    assert_equal "$(scripted_objects '[.[] | select(.bucket == "fourth")] | length')" 8
}

@test "a dry run writes nothing; a copy within its source, or of nothing that lies in a bucket, is refused" {
    local before
    before=$(writes_to second)
    replicate 0 -n
    assert_equal "$(counts to_send sent)" "8 0"
    # The probe leaves nothing behind.
    assert_equal "$(held second)" "[]"
    run accession replicate s3://first/in/one s3://first/in/one/copy
    assert_status 2
    assert_says "lie within one another"
    run accession replicate s3://first/in/one s3://first/in/one
    assert_status 2
    assert_says "is the source itself"
    run accession replicate bag s3://second
    assert_status 2
    assert_says "s3://A[/PREFIX] is missing"
    run accession replicate s3://first/none s3://second/none
    assert_status 2
    assert_says "no object lies there"
}

@test "two servers, each with a connection of its own" {
    local first=$SCRIPTED_URL first_input=$SCRIPTED_INPUT
    unset AWS_ENDPOINT_URL
    scripted_start 'config access-keys=BACKUP'
    printf '[second]\naws_access_key_id = BACKUP\naws_secret_access_key = secret\n' >credentials
    printf '[profile second]\nregion = eu-north-1\nendpoint_url = %s\n' "$SCRIPTED_URL" >config
    export AWS_SHARED_CREDENTIALS_FILE=$PWD/credentials AWS_CONFIG_FILE=$PWD/config
    run accession replicate --endpoint-url "$first" --target-profile second s3://first/in/one s3://first/in/one
    assert_status 0
    assert_equal "$(scripted_objects '[.[] | select(.bucket == "first")] | length')" 8
    run accession replicate --endpoint-url "$first" --target-profile third s3://first/in/one s3://first/in/one
    assert_status 2
    assert_says "Correct --target-profile or AWS_PROFILE."
    run accession status s3://first/in/one
    assert_says "2 of 2 copies verified"
    assert_says "also at $SCRIPTED_URL/first/in/one/"
    # The same by the names that a configuration gives them: each section speaks of its own place.
    printf '[one]\nurl = s3://first/in\nendpoint-url = %s\n[two]\nurl = s3://first/named\nprofile = second\nmetadata = copy=yes\n' \
        "$first" >accession.conf
    run accession replicate --config accession.conf one:one two:one
    assert_status 0
    assert_equal "$(scripted_objects '[.[] | select(.key | startswith("named/one/"))] | length')" 8
    # So it does where it says nothing: B is not looked for at A's server.
    printf '[one]\nurl = s3://first/in\nendpoint-url = %s\n[two]\nurl = s3://first/unsaid\n' "$first" >unsaid.conf
    scripted_scenario 'config'
    run env AWS_ENDPOINT_URL="$SCRIPTED_URL" "$ACCESSION" replicate --config unsaid.conf one:one two:one
    assert_status 0
    assert_equal "$(scripted_objects '[.[] | select(.key | startswith("unsaid/one/"))] | length')" 8
    assert_equal "$(curl -sS -o /dev/null -w '%{http_code}' "$first/first/unsaid/one/bagit.txt")" 404
    scripted_scenario 'config access-keys=BACKUP'
    run accession replicate --config accession.conf --slice 1/1 one: two:all
    assert_status 0
    assert_equal "$(scripted_objects '[.[] | select(.key | startswith("named/all/one/"))] | length')" 8
    curl -sSfI "$SCRIPTED_URL/first/named/one/bagit.txt" | grep -qi '^x-amz-meta-copy: yes'
    exec {first_input}>&-
}
