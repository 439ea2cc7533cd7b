#!/usr/bin/env bats
# Killed anywhere, resumes anywhere: SIGKILL at random moments, each followed by another run of the
# same command, ends with everything archived, and no finished part is sent twice.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/relay

setup() {
    common_setup
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
}

# kill_runs TIMES WITHIN-MS: starts the ingest of ./bag and kills it, TIMES times.
kill_runs() {
    local i killed=0 delay status
    for ((i = 0; i < $1; i++)); do
        delay=$((RANDOM % $2))
        echo "# kill after $delay ms" >>kills
        accession_in_background ingest bag "s3://$BUCKET/a" --no-progress --jobs 2
        sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
        kill -KILL "$PROGRAM" 2>/dev/null || true
        status=0
        wait "$PROGRAM" 2>/dev/null || status=$?
        ((status != 137)) || killed=$((killed + 1))
        # The gateway completes what it received in full, though no client reads the answer.
        until_true requests_are_over
    done
    echo "$killed" >killed
}

# Of the gateway's log: each part number of each upload is answered 200 at most once.
parts_sent_twice() {
    requests_since | awk '$1 == "PUT" && $3 == 200 && $2 ~ /partNumber=/ { print $2 }' |
        grep -vF .accession-probe | sort | uniq -d
}

@test "SIGKILL at 20 random moments, then to the end: complete, right, and no finished part sent twice" {
    new_bucket versioned
    make_bag bag 2000 4K
    add_payload bag one.bin 200M 1
    add_payload bag two.bin 47M 2
    finish_bag bag
    requests_mark
    kill_runs 20 350
    (($(cat killed) >= 1)) # or they came after the end, and prove nothing
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
    assert_equal "$(parts_sent_twice)" "" "parts sent twice"
    assert_equal "$(s3_check_folder bag a)" "$(find bag -type f | wc -l)" "objects read back"
    # A create whose answer was never read leaves an upload; those that are on record do not stay.
    echo "# $(cat killed) kills landed, $(s3_open_uploads a/ | wc -l) uploads left open" >&3
    # Killed between a write and its record, a file is proven by what is there, not written again.
    assert_equal "$(s3_versions a/ | awk '{ print $2 }' | sort | uniq -d)" "" "keys with two versions"
}

@test "SIGTERM parks: 143, and the same command goes on without sending a part again" {
    new_bucket
    make_bag bag 20 4K
    add_payload bag one.bin 300M 1
    finish_bag bag
    requests_mark
    relay_start 60M
    accession_in_background ingest bag "s3://$BUCKET/a" --endpoint-url "$RELAY_URL"
    until_true relay_holds
    kill -TERM "$PROGRAM"
    relay_release # while it waits for the requests in progress
    ended 143
    says out.log "Nothing is lost"
    run accession ingest bag "s3://$BUCKET/a" --endpoint-url "$RELAY_URL"
    assert_status 0
    assert_equal "$(parts_sent_twice)" "" "parts sent twice"
    s3_check_folder bag a
    assert_equal "$(s3_open_uploads)" "" "open uploads"
}

@test "SIGINT: 130; a second one exits immediately, and the next run resumes" {
    new_bucket
    make_bag bag 20 4K
    add_payload bag one.bin 100M 1
    finish_bag bag
    relay_start 60M
    accession_in_background ingest bag "s3://$BUCKET/a" --endpoint-url "$RELAY_URL"
    until_true relay_holds # the requests in progress now wait for the server
    while jobs -rp | grep -qx "$PROGRAM"; do
        kill -INT "$PROGRAM"
        sleep 0.5 # so that these are two requests to stop, not one signalled twice
    done
    ended 130
    relay_release
    run accession ingest bag "s3://$BUCKET/a" --endpoint-url "$RELAY_URL"
    assert_status 0
    s3_check_folder bag a
}

@test "SIGKILL at random moments of a restore, then to the end: whole files only, then every byte and a valid bag" {
    local seed=${SEED:-$RANDOM} i delay status killed=0
    echo "# seed $seed" >&3
    RANDOM=$seed
    new_bucket versioned
    make_bag bag 500 4K
    add_payload bag one.bin 200M 1
    add_payload bag two.bin 47M 2
    finish_bag bag
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
    for ((i = 0; i < 15; i++)); do
        delay=$((RANDOM % 300))
        accession_in_background restore "s3://$BUCKET/a" back --no-progress --jobs 4
        sleep "$(printf '0.%03d' "$delay")"
        kill -KILL "$PROGRAM" 2>/dev/null || true
        status=0
        wait "$PROGRAM" 2>/dev/null || status=$?
        ((status != 137)) || killed=$((killed + 1))
        [[ ! -d back ]] || while read -r file; do
            cmp "bag/$file" "back/$file"
        done < <(cd back && find . -type f -not -path './.accession-restore/*')
    done
    ((killed >= 1)) # or they came after the end, and prove nothing
    run accession restore "s3://$BUCKET/a" back --json
    assert_status 0
    assert_equal "$(tail -n 1 <<<"$output" | jq .bags_valid)" 1 "valid bags"
    diff -r bag back
    [[ ! -e back/.accession-restore ]] || fail "temporaries are left"
    echo "# $killed kills landed" >&3
}
