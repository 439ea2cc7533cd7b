#!/usr/bin/env bats
# --receipts s3://BUCKET/PREFIX: receipts in a bucket as well, write-once; and a ledger made from them.
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
}

teardown() {
    scripted_stop
}

ingest() {
    run accession ingest --json -m list.sha256 src s3://bucket/a --endpoint-url "$SCRIPTED_URL" --ledger led.db \
        --receipts s3://records/runs
}
keys() { scripted_objects '.[] | select(.bucket == "records") | .key' | LC_ALL=C sort; }
summary() { grep "^{" <<<"$output" | jq -r "select(.type == \"summary\") | .$1"; }

@test "ingest and verify leave their receipts in the bucket too, with PREMIS if asked" {
    ingest
    ((status == 0))
    receipt=$(summary receipt)
    [[ $receipt == "$XDG_STATE_HOME"/accession/receipts/*.json ]]
    [[ $(keys) == "runs/${receipt##*/}.gz" ]]
    curl -sSf "$SCRIPTED_URL/records/runs/${receipt##*/}.gz" >there.gz
    gzip -dc there.gz | cmp - "$receipt"
    [[ $(curl -sSfI "$SCRIPTED_URL/records/runs/${receipt##*/}.gz") == *"x-amz-meta-sha256: $(sha256sum there.gz | cut -c1-64)"* ]]
    run accession verify --json --endpoint-url "$SCRIPTED_URL" --ledger led.db --receipts s3://records/runs --premis s3://bucket/a
    ((status == 0))
    receipt=$(summary receipt)
    [[ -s ${receipt%.json}.premis.xml ]]
    [[ $(keys) == *"runs/$(basename "${receipt%.json}").json.gz"*"runs/$(basename "${receipt%.json}").premis.xml.gz"* ]]
    (($(keys | wc -l) == 3))
}

@test "a ledger is made from the receipts in the bucket; a damaged one is told and left out" {
    ingest
    accession verify --quiet --level read --endpoint-url "$SCRIPTED_URL" --ledger led.db --receipts s3://records/runs s3://bucket/a
    run accession ledger import --json s3://records --endpoint-url "$SCRIPTED_URL" --ledger new.db
    ((status == 0))
    [[ $(jq -r 'select(.type == "recalled") | "\(.sources) \(.grounds.archived) \(.grounds.checked)"' <<<"$output") == '2 2 2' ]]
    [[ $(jq -r 'select(.type == "fact").origin' <<<"$output" | sort -u | wc -l) == 2 ]]
    accession verify --quiet --level read --endpoint-url "$SCRIPTED_URL" --ledger new.db s3://bucket/a
    # One byte of a receipt is changed, its metadata kept.
    key=$(keys | head -1)
    curl -sSf "$SCRIPTED_URL/records/$key" >there.gz
    was=$(sha256sum there.gz | cut -c1-64)
    flip_byte there.gz 30
    curl -sSf -X PUT --data-binary @there.gz -H "x-amz-meta-sha256: $was" "$SCRIPTED_URL/records/$key"
    run accession ledger import --json s3://records/runs --endpoint-url "$SCRIPTED_URL" --ledger third.db
    ((status == 1))
    [[ $(jq -r 'select(.result == "conflict") | .reason' <<<"$output") == *"its SHA-256 differs from the one in its metadata"* ]]
    [[ $(jq -r 'select(.type == "recalled") | .sources' <<<"$output") == 1 ]]
    run accession ledger import s3://records/nothing --endpoint-url "$SCRIPTED_URL" --ledger third.db
    ((status == 2))
    [[ $output == *"no receipt"* ]]
}

@test "a receipt that cannot be put is an error that says where it lies; nothing is replaced" {
    scripted_scenario 'on PutObject key=runs/* answer 403 AccessDenied'
    ingest
    ((status == 2))
    [[ $(summary message) == *"its receipt could not be kept in s3://records/runs"*"$XDG_STATE_HOME"* ]]
    [[ -s $(summary receipt) ]]
    # Its files are archived all the same.
    [[ $(sqlite3 -readonly led.db 'SELECT count(*) FROM outcome WHERE outcome = 1') == 2 ]]
    # An answer that was lost is settled by looking.
    scripted_scenario 'on PutObject key=runs/* nth=1 act then drop'
    ingest
    ((status == 0))
    (($(keys | wc -l) == 1))
}

@test "a refused delivery leaves its receipt there too, and keeps its own exit status" {
    some_bytes 100 9 >src/a
    ingest
    ((status == 1))
    (($(keys | wc -l) == 1))
    curl -sSf "$SCRIPTED_URL/records/$(keys)" | gzip -dc | jq -e '.counts.failed == 1' >/dev/null
}

@test "a refused delivery whose receipt cannot be put is an error, and what was refused is shown too" {
    scripted_scenario 'on PutObject bucket=records answer 403 AccessDenied'
    flip_byte src/b 30
    ingest
    ((status == 2))
    [[ $(summary message) == *"its receipt could not be kept in s3://records/runs"* ]]
    [[ $(summary failed) == 1 ]]
    receipt=$(summary receipt)
    [[ $(jq -r '.run.outcome' "$receipt") == DIGEST ]]
    # A folder that takes no receipt is the same.
    touch file
    run accession ingest --json -m list.sha256 src s3://bucket/a --endpoint-url "$SCRIPTED_URL" --ledger led.db --receipts file
    ((status == 2))
    [[ $(summary failed) == 1 ]]
}
