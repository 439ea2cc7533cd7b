#!/usr/bin/env bats
# The configuration file and the traces, over whole runs: a destination by name, what --debug shows,
# and what it must never show.
# bats expands @test, and $status and $output come from "run"; SCRIPTED_URL is the server's.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    unset "${!AWS_@}" ACCESSION_CONFIG
    export AWS_ACCESS_KEY_ID=AKIATEST AWS_SECRET_ACCESS_KEY=a-secret-to-keep AWS_REGION=us-east-1
    export AWS_SESSION_TOKEN=a-token-to-keep
    mkdir files "$HOME/.config" "$HOME/.config/accession"
    some_bytes 3000 1 >files/a
    some_bytes 12M 2 >files/large
    make_list files list
}

teardown() {
    scripted_stop
}

configure() {
    cat >"$HOME/.config/accession/accession.conf"
}

@test "a destination by name has its URL, server, ledger and receipts from the file" {
    scripted_start
    configure <<CONF
[archive]
url = s3://bucket/p
endpoint-url = $SCRIPTED_URL
ledger = ~/archive.db
receipts = ~/receipts
part-size = 5M
CONF
    run accession ingest files archive:sub -m list
    echo "$output"
    assert_equal "$status" 0
    assert_equal "$(scripted_objects length)" 2
    assert_equal "$(scripted_sha256 bucket p/sub/large)" "$(sha256sum <files/large | cut -d' ' -f1)"
    [[ -s $HOME/archive.db ]]
    compgen -G "$HOME/receipts/*.json"
    run accession status --ledger "$HOME/archive.db"
    [[ $output == *s3://bucket/p/sub* ]]
}

@test "a trace has requests, states, retries and commits, and no secret" {
    scripted_start 'on PutObject key=p/a nth=1 answer 503 SlowDown'
    run accession ingest files s3://bucket/p -m list --endpoint-url "$SCRIPTED_URL" --part-size 5M \
        --debug --debug-file trace
    echo "$output"
    cat trace
    assert_equal "$status" 0
    grep -qE '^[0-9T:.-]+Z s3 +PUT PutObject p/a -> 503 SlowDown, request [^,]+, [0-9]+ ms, attempt 1$' trace
    grep -qE 'Z retry +PutObject p/a again in [0-9]+ ms, after attempt 1$' trace
    grep -qE 'Z s3 +PUT PutObject p/a -> 200, request .* attempt 2$' trace
    grep -qE 'Z upload +p/large: ' trace
    grep -qE 'Z ledger +commit$' trace
    run ! grep -qE 'to-keep|[Ss]ignature|AKIATEST|Authorization' trace
}

@test "an area alone is traced, to standard error, without a torn progress block" {
    scripted_start
    ACCESSION_DEBUG=upload run accession ingest files s3://bucket/p -m list --endpoint-url "$SCRIPTED_URL"
    echo "$output"
    assert_equal "$status" 0
    [[ $output == *'Z upload  p/a: '* && $output != *'Z s3 '* && $output != *'Z ledger '* ]]
}

@test "accession alone says how to try it" {
    run accession
    assert_equal "$status" 2
    [[ $output == *'without a bucket of your own: tools/quickstart'* ]]
}
