#!/usr/bin/env bats
# Deliveries in, a second copy at another server, an object damaged at each of the two by another client: verify
# finds both, and every bag comes back byte for byte from where it is sound. Both ways are halted in the middle and
# killed at random moments. BAGS=50 makes it longer; SEED repeats a run.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/relay
load ../lib/scripted

BAGS=${BAGS:-12}

setup() {
    common_setup
    RANDOM=${SEED:=$((RANDOM * 32768 + RANDOM))}
    echo "# seed $SEED" >&3
    new_bucket
    scripted_start
    mkdir bags
    local i
    for ((i = 1; i <= BAGS; i++)); do
        make_bag "bags/NA-$i" $((i % 5 + 1)) 2K "$i"
    done
    add_payload bags/NA-2 film/reel.bin 22M
    finish_bag bags/NA-2
    first=s3://$BUCKET/bags second=s3://copies/bags
    to_second=(--target-endpoint-url "$SCRIPTED_URL" --parallel 2)
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
    scripted_stop
}

# killed_at_random TIMES ARGUMENTS...: starts the command and kills it, each time after up to a second.
killed_at_random() {
    local i landed=0 status
    for ((i = 0; i < $1; i++)); do
        accession_in_background "${@:2}"
        sleep "0.$(printf '%03d' $((RANDOM % 1000)))"
        # The runs of several bags are processes of their own, which end when nobody reads them.
        kill -KILL "$PROGRAM" 2>/dev/null || true
        status=0
        wait "$PROGRAM" 2>/dev/null || status=$?
        ((status != 137)) || landed=$((landed + 1))
    done
    PROGRAM=
    echo "# $landed of $1 kills of $2 landed" >&3
}

# again ARGUMENTS...: until no run of a killed command holds its destination any more.
again() {
    run accession "$@"
    while [[ $output == *"is busy"* || $output == *"LEDGER_BUSY"* ]]; do run accession "$@"; done
}

differing() { jq -r 'select(.type == "check" and .finding != "unchanged") | "\(.finding) \(.path)"' <<<"$output"; }

@test "bags in, replicated, damaged on both sides, found, and brought back whole" {
    run accession ingest --parallel 2 --quiet bags/* "$first/"
    assert_status 0
    local all
    all=$(find bags -type f | wc -l)

    # The second bucket refuses writes in the middle; then it is killed, and killed again.
    scripted_scenario "on PutObject|Create|UploadPart nth=$((all / 2)).. answer 403 AccessDenied"
    run accession replicate --json "${to_second[@]}" "$first" "$second"
    assert_status 3
    (($(scripted_objects length) < all)) || fail "nothing was left to do"
    scripted_scenario ''
    killed_at_random 4 replicate "${to_second[@]}" "$first" "$second"
    again replicate --json "${to_second[@]}" "$first" "$second"
    assert_status 0
    assert_equal "$(scripted_objects length)" "$all" "objects of the copy"
    run accession status
    assert_says "Copies: of $((2 * BAGS)) bags or prefixes with copies, $((2 * BAGS)) have every copy verified"

    # Another client damages one object at each side.
    local one=NA-1/data/file-000000.bin other=NA-2/data/film/reel.bin
    some_bytes 2K 99 >damaged
    aws s3api put-object --bucket "$BUCKET" --key "bags/$one" --body damaged >/dev/null
    some_bytes 22M 98 >damaged
    curl -sSf -X PUT -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' --data-binary @damaged "$SCRIPTED_URL/copies/bags/$other"
    run accession verify --json --no-progress "$first"
    assert_status 1
    assert_equal "$(differing)" "different-digest $one"
    run accession verify --json --no-progress --endpoint-url "$SCRIPTED_URL" "$second"
    assert_status 1
    assert_equal "$(differing)" "different-digest $other"
    run accession status
    assert_says "Copies: of $((2 * BAGS)) bags or prefixes with copies, $((2 * BAGS - 4)) have every copy verified"

    # All of it back from the copy, whose server fails in the middle; what is damaged there, from the first.
    scripted_scenario "on GetObject nth=$((all / 2)).. answer 503 SlowDown"
    run accession restore --retries 0 --endpoint-url "$SCRIPTED_URL" "$second" back
    assert_status 5
    scripted_scenario ''
    killed_at_random 4 restore --jobs 2 --endpoint-url "$SCRIPTED_URL" "$second" back
    run accession restore --json --no-progress --endpoint-url "$SCRIPTED_URL" "$second" back
    assert_status 1
    assert_equal "$(jq -r 'select(.outcome == "failed").path' <<<"$output")" "$other"
    run accession restore --json --no-progress "$first/NA-2" back/NA-2
    assert_status 0
    assert_equal "$(jq -r 'select(.type == "summary") | "\(.restored) \(.bags_valid)"' <<<"$output")" "1 1"
    diff -r bags back
    local bag
    for bag in back/*; do accession verify --quiet --local "$bag"; done
    echo "# $BAGS bags, $all files" >&3
}
