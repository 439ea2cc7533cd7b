#!/usr/bin/env bats
# A server that limits the rate of requests: HAProxy in front of the real gateway answers 503 SlowDown
# or 429 to a client that asks more often. These answers count as requests, so hammering never gets through.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers

setup() {
    common_setup
    new_bucket
    PORT=
}

teardown() {
    limiter_stop
}

limiter_stop() {
    [[ -z ${LIMITER:-} ]] || kill "$LIMITER" 2>/dev/null || true
    [[ -z ${LIMITER:-} ]] || wait "$LIMITER" 2>/dev/null || true
    LIMITER=
}

# limiter STATUS CODE CONDITION: what is refused, in HAProxy's words: http_req_rate is of the last
# second, http_req_cnt since it began. Its address is LIMITED, the same from the second call on.
limiter() {
    local try
    limiter_stop
    for try in {1..20}; do
        [[ -n $PORT && $try == 1 ]] || PORT=$((20000 + RANDOM % 12000))
        cat >limiter.cfg <<CONFIG
defaults
    mode http
    timeout connect 10s
    timeout client 60s
    timeout server 60s
frontend limited
    bind 127.0.0.1:$PORT
    stick-table type ip size 1k expire 60s store http_req_rate(1s),http_req_cnt
    http-request track-sc0 src
    http-request return status $1 content-type application/xml string "<Error><Code>$2</Code><Message>Reduce your request rate.</Message></Error>" if { sc_$3 }
    default_backend gateway
backend gateway
    server gateway ${AWS_ENDPOINT_URL#http://}
CONFIG
        haproxy -db -f limiter.cfg >limiter.log 2>&1 3>&- &
        LIMITER=$!
        LIMITED=http://127.0.0.1:$PORT
        until curl -s -o /dev/null "$LIMITED/"; do
            kill -0 $LIMITER 2>/dev/null || continue 2 # the port was taken
            sleep 0.05
        done
        return 0
    done
    cat limiter.log
    return 1
}

field() {
    jq -r "select(.type == \"summary\") | .$1" <<<"$output"
}

# completes STATUS CODE: though only a part of what is asked passes, and without hammering.
completes() {
    limiter "$1" "$2" "http_req_rate(0) gt 25"
    make_bag bag 100 2K
    run accession ingest bag "s3://$BUCKET/a" --endpoint-url "$LIMITED" --json
    assert_status 0
    assert_equal "$(field sent)" 104 sent
    (($(field retries) > 0))
    (($(field requests) < 3 * 104))
    assert_says "\"last_retry\":\"$1 $2\""
    assert_equal "$(s3_check_folder bag a)" 104 "objects read back"
}

@test "503 SlowDown: sends more slowly, and completes" {
    completes 503 SlowDown
}

@test "429: the same" {
    completes 429 TooManyRequests
}

@test "503 SlowDown from the middle of a file on: stops, says why, parks; afterwards the same command completes" {
    limiter 503 SlowDown "http_req_cnt(0) gt 15"
    make_bag bag 0 1
    add_payload bag large.bin 100M
    finish_bag bag
    run accession ingest bag "s3://$BUCKET/a" --endpoint-url "$LIMITED" --jobs 2 --retries 1
    assert_status 5
    assert_says "the server keeps failing"
    assert_says "503 SlowDown"
    assert_says "kept throttling requests"
    assert_says "Nothing is lost"
    assert_says "parked, will resume         1 file"
    limiter 503 SlowDown "http_req_cnt(0) gt 1000000"
    run accession ingest bag "s3://$BUCKET/a" --endpoint-url "$LIMITED"
    assert_status 0
    assert_equal "$(s3_check_folder bag a)" 5 "objects read back"
    assert_equal "$(s3_open_uploads a/data/)" "" "open uploads"
}
