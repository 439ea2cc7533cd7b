#!/usr/bin/env bats
# The ledger is lost, against a real S3 server: several bags in (LOST_BAGS; 50 is the full size), one of them damaged by
# another client. A ledger from the bucket alone and one from the receipts know all of it again, say what each fact rests
# on, and find the damage.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers

BAGS=${LOST_BAGS:-12}

setup() {
    local number
    common_setup
    unset ACCESSION_ARCHIVE_MANIFEST
    new_bucket
    for ((number = 1; number <= BAGS; number++)); do
        make_bag "DEL-$number" 3 1K "$number"
        accession ingest --quiet "DEL-$number" "s3://$BUCKET/in/DEL-$number"
    done
    damaged=in/DEL-3/data/file-000001.bin
    some_bytes 1K 99 >other
    s3_put "$damaged" other
    ledger=$XDG_STATE_HOME/accession/ledger.db
}

# everything_is_found: each bag verified against what the ledger was told, and the damage found.
everything_is_found() {
    local number
    run accession list --json
    assert_status 0
    assert_equal "$(jq -r 'select(.state == "reported" and .reported == 7 and .archived == 0) | .url' <<<"$output" | wc -l)" "$BAGS" "bags told of"
    for ((number = 1; number <= BAGS; number++)); do
        run accession verify --json --level read "s3://$BUCKET/in/DEL-$number"
        assert_status $((number == 3))
        assert_equal "$(jq -r 'select(.type == "summary").found.unchanged' <<<"$output")" $((number == 3 ? 6 : 7)) "unchanged in $number"
    done
    run accession verify --json --level read "s3://$BUCKET/in/DEL-3"
    assert_equal "$(jq -r 'select(.finding == "different-digest").key' <<<"$output")" "$damaged" "the damaged object"
    # Only what was read here counts, and a second ingest proves each object again.
    assert_equal "$(ledger_query "$ledger" 'SELECT count(*) FROM object')" 0 "objects on record"
    run accession ingest --json DEL-2 "s3://$BUCKET/in/DEL-2"
    assert_status 0
    assert_equal "$(ledger_query "$ledger" "SELECT count(*) FROM object WHERE proof IN ('read', 'server-checksum', 'file')")" 7 "proven anew"
    run accession ingest --json DEL-3 "s3://$BUCKET/in/DEL-3"
    assert_status 1
    accession ledger check --quiet
}

# grounds: of all facts, one a line, with how many objects have it.
grounds() {
    ledger_query "$ledger" 'SELECT ground, count(DISTINCT entry) FROM heard GROUP BY ground ORDER BY ground'
}

@test "a lost ledger is rebuilt from the bucket alone" {
    run accession verify --quiet "s3://$BUCKET/in/DEL-3"
    assert_status 1
    rm -r "$XDG_STATE_HOME/accession"
    run accession ledger rebuild --json "s3://$BUCKET"
    assert_status 0
    assert_equal "$(jq -r 'select(.type == "recalled").sources' <<<"$output")" "$BAGS" "bags"
    run grounds
    echo "$output"
    [[ $output == *"listed|$((BAGS * 7))"* && $output == *"manifest|$((BAGS * 6))"* ]]
    # The damaged object was sent by a client that puts no SHA-256 on it.
    [[ $output == *"metadata|$((BAGS * 7 - 1))"* ]]
    everything_is_found
}

@test "a lost ledger is rebuilt from the receipts; merged with one from the bucket it says both" {
    mv "$XDG_STATE_HOME/accession/receipts" receipts
    rm -r "$XDG_STATE_HOME/accession"
    run accession ledger import --json receipts/*.json
    assert_status 0
    assert_equal "$(jq -r 'select(.type == "recalled").sources' <<<"$output")" "$BAGS" "receipts"
    assert_equal "$(grounds)" "archived|$((BAGS * 7))" "grounds"
    accession ledger rebuild --quiet --ledger bucket.db "s3://$BUCKET"
    run accession ledger merge --json bucket.db
    assert_status 0
    run grounds
    [[ $output == "archived|$((BAGS * 7))"*"manifest|$((BAGS * 6))"* ]]
    run accession show --json "s3://$BUCKET/in/DEL-1/data/file-000000.bin"
    [[ $(jq -r 'select(.event == "reported").ground' <<<"$output" | sort -u | xargs) == "archived listed manifest metadata"* ]]
    everything_is_found
}
