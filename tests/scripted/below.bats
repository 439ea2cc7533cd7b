#!/usr/bin/env bats
# A URL above bags: verify covers all of them, with one summary and the worst outcome.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1 ACCESSION_LEDGER=$PWD/led.db
    export ACCESSION_RECEIPTS=$PWD/receipts
    scripted_start
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    local bag
    for bag in loop/a loop/b other/c; do
        mkdir -p "src/$bag"
        some_bytes 1000 "${#bag}" >"src/$bag/one"
        some_bytes 2000 7 >"src/$bag/two"
        make_list "src/$bag" "${bag//\//-}.sha256"
        accession ingest --quiet -m "${bag//\//-}.sha256" "src/$bag" "s3://bucket/$bag"
    done
    rm -rf receipts
}

teardown() {
    scripted_stop
}

# summary FIELD: of the last line of the output.
summary() {
    jq -r "$1" <<<"${lines[-1]}"
}

# remove KEY: from the bucket, as another client does.
remove() {
    AWS_EC2_METADATA_DISABLED=true aws s3api delete-object --bucket bucket --key "$1" --endpoint-url "$SCRIPTED_URL" >deleted
}

# put KEY: another client's object.
put() {
    curl -sSf -X PUT --data-binary another "$SCRIPTED_URL/bucket/$1"
}

@test "verify: a bucket, a prefix, one bag: all below, one summary, and each has its own run" {
    run accession verify --json --no-progress s3://bucket
    ((status == 0))
    [[ $(summary '"\(.destinations) \(.files) \(.checked) \(.found.unchanged) \(.url) \(.write_requests)"') == "3 6 6 6 s3://bucket 0" ]]
    [[ $(jq -r 'select(.type == "check").path' <<<"$output" | sort | xargs) == "loop/a/one loop/a/two loop/b/one loop/b/two other/c/one other/c/two" ]]
    [[ $(jq -r 'select(.type == "check").key' <<<"$output" | sort | head -1) == loop/a/one ]]
    # The ledger has the runs; a receipt is left by what differs alone.
    [[ ! -e receipts ]]
    run accession list --json
    [[ $(jq -r .last_level <<<"$output" | xargs) == "read read read" ]]
    run accession verify --json --no-progress s3://bucket/loop/
    ((status == 0))
    [[ $(summary '"\(.destinations) \(.files)"') == "2 4" ]]
    run accession verify --json --no-progress s3://bucket/loop/a
    [[ $(summary '"\(.destinations) \(.files)"') == "null 2" ]]
    run accession verify s3://bucket/loop
    words=$(tr -s ' \n' ' ' <<<"$output")
    [[ $words == "Verified s3://bucket/loop "*"2 destinations below"* ]]
    [[ $words == *"objects outside these destinations"* ]]
    run accession verify s3://bucket/other
    [[ $(tr -s ' \n' ' ' <<<"$output") == *"1 destination below "*"objects outside this destination"* ]]
    # Part of a folder's name is no folder.
    run accession verify s3://bucket/loo
    ((status == 2))
}

@test "verify: an unknown prefix is not remembered" {
    sqlite3 -readonly led.db .dump >before
    run accession verify s3://bucket/typo
    ((status == 2))
    [[ $output == *"s3://bucket/typo: nothing was archived at or below it"*"s3://bucket/loop/a"* ]]
    sqlite3 -readonly led.db .dump >after
    cmp before after
}

@test "verify: the worst outcome counts, and every difference is named with its bag" {
    put loop/b/one
    put loop/a/stranger
    run accession verify --json --no-progress s3://bucket
    ((status == 1))
    [[ $(summary '"\(.outcome) \(.found.unchanged) \(.found.extra)"') == "DIFFERENCE 5 1" ]]
    [[ $(jq -r 'select(.type == "check" and .finding != "unchanged") | "\(.path) \(.finding)"' <<<"$output" | sort | xargs) == "loop/a/stranger extra loop/b/one "* ]]
    (($(find receipts -name '*.json' | wc -l) == 2))
    run accession list --json --state different
    [[ $(jq -r .url <<<"$output") == s3://bucket/loop/b ]]
    run accession verify s3://bucket
    ((status == 1))
    [[ $output == *"loop/b/one"* && $output == *"loop/a/stranger"* ]]
    # A server that is gone ends all of it.
    scripted_stop
    run accession verify --retries 0 --json --no-progress s3://bucket
    ((status == 5))
    [[ $(sqlite3 -readonly led.db "SELECT count(*) FROM run WHERE outcome = 'UNREACHABLE'") == 1 ]]
}

# bats test_tags=slow
@test "verify: slices and --older-than of all bags; what a slice leaves out takes no row and is no stranger" {
    local n total=0 bag
    # Slices go by the hash of the path: "one" and "two" are in the third of three, f in the first,
    # a in the second.
    for bag in loop/a loop/b other/c; do
        touch "src/$bag/f" "src/$bag/a"
        make_list "src/$bag" list
        accession ingest --quiet -m list "src/$bag" "s3://bucket/$bag"
    done
    for n in 1 2 3; do
        run accession verify --json --no-progress --slice "$n/3" --level listed s3://bucket
        ((status == 0))
        total=$((total + $(summary .checked)))
        [[ $(summary '"\(.files) \(.found.extra)"') == "12 0" ]]
    done
    ((total == 12))
    [[ $(sqlite3 -readonly led.db "SELECT count(*) FROM outcome u JOIN run r ON r.id = u.run WHERE r.kind = 'verify'") == 12 ]]
    run accession verify --no-progress s3://bucket
    ((status == 0))
    run accession verify --json --no-progress --older-than 90d s3://bucket
    ((status == 0))
    [[ $(summary '"\(.selected) \(.recent)"') == "0 12" ]]
    run accession verify --older-than 90d s3://bucket
    [[ $output == "Nothing is due  s3://bucket"* ]]
    # The one verified longest ago comes first.
    accession verify --quiet s3://bucket/loop/a
    run accession verify --json --no-progress --limit 4 s3://bucket
    [[ $(jq -r 'select(.type == "check").path' <<<"$output" | sort | xargs) == "loop/b/a loop/b/f loop/b/one loop/b/two" ]]
}

@test "verify: a bag within another's prefix is no stranger there" {
    accession ingest --quiet -m loop-a.sha256 src/loop/a s3://bucket/other/c/inner
    run accession verify --json --no-progress s3://bucket/other
    ((status == 0))
    [[ $(summary '"\(.destinations) \(.files) \(.found.extra)"') == "2 4 0" ]]
}
