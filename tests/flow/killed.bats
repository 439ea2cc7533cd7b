#!/usr/bin/env bats
# Killed anywhere, resumes anywhere: SIGKILL at random moments, each followed by another run of the
# same command, ends with everything archived, and no finished part is sent twice.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers

setup() {
    common_setup
}

teardown() {
    storage_resume >/dev/null 2>&1
}

# kill_runs TIMES WITHIN-MS: starts the ingest of ./bag and kills it, TIMES times.
kill_runs() {
    local i pid killed=0 delay
    for ((i = 0; i < $1; i++)); do
        delay=$((RANDOM % $2))
        echo "# kill after $delay ms" >>kills
        accession_process ingest bag "s3://$BUCKET/a" --no-progress --jobs 2
        pid=$!
        sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
        kill -KILL "$pid" 2>/dev/null && killed=$((killed + 1))
        wait "$pid" 2>/dev/null || true
    done
    echo "$killed" >killed
}

# Not through the shell function: its pid must be the program's. And a shell starts what is in the
# background with SIGINT ignored.
accession_process() {
    env --default-signal=INT "${ACCESSION:-$repository/build/accession}" "$@" >>out.log 2>&1 3>&- &
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
    (($(cat killed) >= 10)) # or they came after the end, and prove nothing
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
    accession_process ingest bag "s3://$BUCKET/a"
    local pid=$! status=0
    sleep 0.35
    kill -TERM $pid
    wait $pid || status=$?
    assert_equal "$status" 143 "exit status"
    grep -q "accession ingest" out.log || grep -q "$repository" out.log
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
    assert_equal "$(parts_sent_twice)" "" "parts sent twice"
    s3_check_folder bag a
    assert_equal "$(s3_open_uploads)" "" "open uploads"
}

@test "SIGINT: 130; a second one leaves at once, and the next run goes on all the same" {
    new_bucket
    make_bag bag 20 4K
    add_payload bag one.bin 400M 1
    finish_bag bag
    accession_process ingest bag "s3://$BUCKET/a"
    local pid=$! status=0
    sleep 0.3
    storage_pause >/dev/null 2>&1 # what is under way now waits for the server
    kill -INT $pid
    sleep 0.2
    kill -INT $pid
    wait $pid || status=$?
    storage_resume >/dev/null 2>&1
    assert_equal "$status" 130 "exit status"
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
    s3_check_folder bag a
}
