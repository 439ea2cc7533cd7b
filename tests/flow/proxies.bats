#!/usr/bin/env bats
# Forward proxies, named by the variables that curl reads: that they are used, or not, and what the
# user sees when one refuses. Tinyproxy is the proxy, HAProxy gives it and the servers their TLS.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154,SC2030,SC2031

load ../lib/helpers
load ../lib/scripted
load ../lib/tls
load ../lib/front

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    tls_authority ours
    tls_certificate server ours DNS:localhost,DNS:proxy.localhost,IP:127.0.0.1
}

setup() {
    common_setup
    unset AWS_CA_BUNDLE http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
    make_bag bag 2 1000
}

teardown() {
    front_stop
    scripted_stop
}

# The scripted server as http://, at $plain, and behind TLS, at $secure.
servers() {
    export AWS_ACCESS_KEY_ID=AKIATEST AWS_SECRET_ACCESS_KEY=secret
    scripted_start
    plain=http://localhost:$SCRIPTED_PORT
    behind_tls "127.0.0.1:$SCRIPTED_PORT"
    secure=https://localhost:$FRONT_PORT
}

# behind_tls SERVER: sets FRONT_PORT, where its bytes come from within TLS.
behind_tls() {
    front_haproxy "listen tls
 mode tcp
 timeout client 60s
 bind 127.0.0.1:@PORT@ ssl crt $BATS_FILE_TMPDIR/server.pem
 server s $1"
}

ingest() {
    run accession ingest --ca-bundle "$BATS_FILE_TMPDIR/ours.pem" --endpoint-url "$@" bag s3://archive/a
}

# passes N|none URL: the run succeeds, and the proxy was asked N times or more, or never.
passes() {
    : >"$PROXY_LOG"
    ingest "$2"
    assert_status 0
    local seen
    seen=$(grep -cF 'Request (file' "$PROXY_LOG" || true)
    if [[ $1 == none ]]; then assert_equal "$seen" 0 "asked of the proxy"; else ((seen >= $1)); fi
}

# refused URL STATUS WORDS...
refused() {
    local word
    ingest "$1" --retries 1
    assert_status "$2"
    for word in "${@:3}"; do assert_says "$word"; done
    refute_says hush
    assert_equal "$(scripted_count)" 0 "requests that came through"
}

@test "https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY and http_proxy are heeded, HTTP_PROXY is not" {
    servers
    front_tinyproxy
    local proxy=http://127.0.0.1:$PROXY_PORT
    https_proxy=$proxy passes 1 "$secure"
    grep -qF "CONNECT ${secure#https://} " "$PROXY_LOG"
    HTTPS_PROXY=$proxy passes 1 "$secure"
    all_proxy=$proxy passes 1 "$secure"
    ALL_PROXY=$proxy passes 1 "$plain"
    http_proxy=$proxy passes 1 "$plain"
    HTTP_PROXY=$proxy passes none "$plain"
    http_proxy=$proxy passes none "$secure"
    https_proxy=127.0.0.1:$PROXY_PORT HTTPS_PROXY=http://127.0.0.1:1 passes 1 "$secure"
}

@test "no_proxy and NO_PROXY: names, domains, addresses, networks, all" {
    servers
    front_tinyproxy
    export https_proxy=http://127.0.0.1:$PROXY_PORT
    no_proxy=localhost passes none "$secure"
    NO_PROXY=example.org,localhost passes none "$secure"
    no_proxy='*' passes none "$secure"
    no_proxy=127.0.0.1 passes none "${secure/localhost/127.0.0.1}"
    no_proxy=127.0.0.0/8 passes none "${secure/localhost/127.0.0.1}"
    no_proxy=host,ost passes 1 "$secure"
}

@test "a proxy that wants a user: with it, without it, with the wrong password" {
    servers
    front_tinyproxy 'BasicAuth user pa-ss'
    https_proxy=http://user:pa%2Dss@127.0.0.1:$PROXY_PORT passes 1 "$secure"
    http_proxy=http://user:pa-ss@127.0.0.1:$PROXY_PORT passes 1 "$plain"
    : >"$SCRIPTED_LOG"
    export https_proxy=http://127.0.0.1:$PROXY_PORT http_proxy=http://127.0.0.1:$PROXY_PORT
    refused "$secure" 5 'the proxy answered 407 instead of passing it on. It needs http://USER:PASSWORD@HOST:PORT' \
        "The proxy's administrator"
    refused "$plain" 5 'the proxy answered 407 instead of passing it on. It needs'
    https_proxy=http://user:hush@127.0.0.1:$PROXY_PORT refused "$secure" 5 'the proxy answered 40'
    http_proxy=http://user:hush@127.0.0.1:$PROXY_PORT refused "$plain" 5 'a page titled "401 Unauthorized"'
    run accession probe --json --endpoint-url "$secure" s3://archive/a
    assert_status 5
    assert_equal "$(grep "^{" <<<"$output" | jq -r .create.s3_code)" ProxyAuthentication
}

@test "a proxy that does not let the server through" {
    servers
    echo example.org >allowed
    front_tinyproxy 'Filter "'"$PWD"'/allowed"
FilterDefaultDeny Yes'
    export https_proxy=http://127.0.0.1:$PROXY_PORT http_proxy=http://127.0.0.1:$PROXY_PORT
    refused "$secure" 5 'the proxy answered 403 instead of passing it on' 'or no_proxy can name the server'
    refused "$plain" 5 'does not answer as S3 does' 'a page titled "403 Filtered"' "the proxy's administrator"
}

@test "a proxy that is down, cannot reach the server, or whose URL is invalid" {
    servers
    export https_proxy=http://127.0.0.1:1
    refused "$secure" 5 'a proxy between here and the server is down'
    https_proxy=http://user:hush@ refused "$secure" 5 'the URL of the proxy (https_proxy, http_proxy, all_proxy) is not understood'
    https_proxy=gopher://user:hush@x refused "$secure" 5 'the URL of the proxy' 'It is written http://HOST:PORT'
    front_tinyproxy
    https_proxy=http://127.0.0.1:$PROXY_PORT refused https://localhost:1 5 'the proxy answered 50'
}

@test "a proxy spoken to in TLS, with a user, to the real gateway behind TLS; a plain one, too" {
    new_bucket
    behind_tls "${AWS_ENDPOINT_URL#http://}"
    local gateway=https://localhost:$FRONT_PORT plain=$AWS_ENDPOINT_URL
    front_tinyproxy 'BasicAuth user word'
    behind_tls "127.0.0.1:$PROXY_PORT"
    add_payload bag 'odd  name+%&?.bin' 12M
    finish_bag bag
    https_proxy=https://user:word@localhost:$FRONT_PORT run accession ingest --ca-bundle "$BATS_FILE_TMPDIR/ours.pem" \
        --endpoint-url "$gateway" bag "s3://$BUCKET/a"
    assert_status 0
    http_proxy=http://user:word@127.0.0.1:$PROXY_PORT run accession ingest --endpoint-url "$plain" bag "s3://$BUCKET/b"
    assert_status 0
    s3_check_folder bag a >/dev/null
    s3_check_folder bag b >/dev/null
    https_proxy=https://user:word@localhost:$FRONT_PORT run accession probe --json --endpoint-url "$gateway" "s3://$BUCKET/c"
    assert_status 5
    assert_equal "$(grep "^{" <<<"$output" | jq -r .create.s3_code)" CertificateNotTrusted
}

@test "metadata and container endpoints are never asked through a proxy" {
    scripted_start
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_EC2_METADATA_DISABLED
    export http_proxy=http://127.0.0.1:1
    AWS_EC2_METADATA_SERVICE_ENDPOINT=$SCRIPTED_URL/_imds run accession config credentials
    assert_status 0
    AWS_CONTAINER_CREDENTIALS_FULL_URI=$SCRIPTED_URL/_container run accession config credentials
    assert_status 0
}
