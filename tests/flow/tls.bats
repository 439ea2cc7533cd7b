#!/usr/bin/env bats
# TLS on the way to the server: whom the program believes, what it shows of itself, which versions it
# speaks, and what it says when a side refuses. HAProxy terminates TLS before the scripted server and
# before the real gateway; authorities and certificates are made on the spot.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154,SC2030,SC2031

load ../lib/helpers
load ../lib/scripted
load ../lib/tls
load ../lib/front

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    tls_authority ours
    tls_authority theirs
    tls_certificate server ours DNS:localhost,IP:127.0.0.1
    tls_certificate elsewhere ours DNS:elsewhere.example
    tls_certificate old ours DNS:localhost -days -1
    tls_certificate me ours DNS:me
    tls_certificate stranger theirs DNS:me
    openssl pkey -in me.key -aes256 -passout pass:word -out locked.key 2>/dev/null
}

setup() {
    common_setup
    unset AWS_CA_BUNDLE
    at=$BATS_FILE_TMPDIR
    bucket=archive
    make_bag bag 2 1000
}

teardown() {
    front_stop
    scripted_stop
}

# The scripted server wants no real credentials.
scripted() {
    export AWS_ACCESS_KEY_ID=AKIATEST AWS_SECRET_ACCESS_KEY=secret
    scripted_start "$@"
    server=127.0.0.1:$SCRIPTED_PORT
}

# in_front BIND-OPTIONS: TLS before $server. front.log has version, protocol and request.
in_front() {
    front_haproxy "frontend tls
 bind 127.0.0.1:@PORT@ ssl $1
 log global
 log-format \"%[ssl_fc_protocol] %[ssl_fc_alpn] %HM\"
 ${2-}
 default_backend server
backend server
 server s $server"
    url=https://localhost:$FRONT_PORT
}

archives() {
    run accession ingest --endpoint-url "$url" "$@" bag "s3://$bucket/a$RANDOM"
    assert_status 0
    assert_says 'Archived  6 files'
}

# refused STATUS WORDS... -- [OPTIONS...]: nothing of it reached the server; lines are wrapped.
refused() {
    local expected=$1 words=()
    shift
    while [[ $1 != -- ]]; do
        words+=("$1")
        shift
    done
    run accession ingest --endpoint-url "$url" "${@:2}" bag "s3://$bucket/refused"
    assert_status "$expected"
    local word
    for word in "${words[@]}"; do assert_says "$word"; done
    [[ -z ${SCRIPTED_LOG-} ]] || assert_equal "$(grep -c refused "$SCRIPTED_LOG")" 0 "requests"
}

@test "an authority of one's own: by option, variable, profile, and as a folder" {
    scripted
    in_front "crt $at/server.pem"
    archives --ca-bundle "$at/ours.pem"
    AWS_CA_BUNDLE=$at/ours.pem archives
    mkdir -p "$HOME/.aws" authorities
    printf '[profile own]\nca_bundle = %s\n' "$at/ours.pem" >"$HOME/.aws/config"
    AWS_PROFILE=own archives
    cp "$at/ours.pem" authorities
    refused 2 'CA bundle authorities: holds no certificates named by their hashes' 'openssl rehash' -- --ca-bundle authorities
    openssl rehash authorities
    archives --ca-bundle authorities
}

@test "an unknown authority, another name, an expired certificate: refused immediately, each with the next step" {
    scripted
    in_front "crt $at/server.pem"
    refused 5 'unable to get local issuer certificate. Give its authority' '--ca-bundle (AWS_CA_BUNDLE)' -- --ca-bundle "$at/theirs.pem"
    refused 5 'Give its authority' --
    run accession probe --endpoint-url "$url" "s3://$bucket/a"
    assert_status 5
    assert_says 'create          CreateMultipartUpload   CertificateNotTrusted'
    in_front "crt $at/elsewhere.pem"
    refused 5 "target host name 'localhost'. Use a host name that is in the certificate" -- --ca-bundle "$at/ours.pem"
    in_front "crt $at/old.pem"
    refused 5 'certificate has expired. The server'"'"'s administrator must renew it' -- --ca-bundle "$at/ours.pem"
}

@test "the same for STS, asked once" {
    scripted
    in_front "crt $at/server.pem"
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    mkdir -p "$HOME/.aws"
    printf '[default]\nrole_arn = arn:r\nsource_profile = default\naws_access_key_id = AKIA\naws_secret_access_key = s\n' \
        >"$HOME/.aws/config"
    export AWS_ENDPOINT_URL_STS=$url/_sts
    run accession config credentials
    assert_status 4
    assert_says "role arn:r of profile \"default\": STS at $url/_sts gave no answer (SSL certificate problem"
    assert_says 'Give its authority'
    AWS_CA_BUNDLE=$at/ours.pem run accession config credentials --json
    assert_status 0
    assert_says ASIASTS1
}

@test "the system's authorities count, unless others are given" {
    unshare -rm true 2>/dev/null || skip "no namespaces here"
    scripted
    in_front "crt $at/server.pem"
    mkdir system
    cp "$at/ours.pem" system/ca-certificates.crt
    openssl rehash system
    accession() {
        # shellcheck disable=SC2016
        unshare -rm bash -c 'mount --bind "$1" /etc/ssl/certs && exec "${@:2}"' - system \
            "$ACCESSION" "$@"
    }
    archives
    refused 5 'Give its authority' -- --ca-bundle "$at/theirs.pem"
    mkdir others
    cp "$at/theirs.pem" others
    openssl rehash others
    refused 5 'Give its authority' -- --ca-bundle others
}

@test "TLS 1.2 and 1.3 are spoken, 1.1 is not; of HTTP/2 and 1.1 the latter is taken" {
    scripted
    in_front "crt $at/server.pem ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.2"
    archives --ca-bundle "$at/ours.pem"
    grep -q '^TLSv1.2 ' "$FRONT_LOG"
    in_front "crt $at/server.pem alpn h2,http/1.1 ssl-min-ver TLSv1.3"
    archives --ca-bundle "$at/ours.pem"
    grep -q '^TLSv1.3 http/1.1 PUT' "$FRONT_LOG"
    in_front "crt $at/server.pem ssl-min-ver TLSv1.1 ssl-max-ver TLSv1.1 ciphers DEFAULT@SECLEVEL=0"
    refused 5 'protocol version. The server must speak TLS 1.2 or newer' -- --ca-bundle "$at/ours.pem"
}

@test "a server that wants a client certificate gets it; a missing or wrong one is reported" {
    scripted
    in_front "crt $at/server.pem ca-file $at/ours.pem verify required"
    archives --ca-bundle "$at/ours.pem" --client-cert "$at/me.pem"
    archives --ca-bundle "$at/ours.pem" --client-cert "$at/me.crt" --client-key "$at/me.key"
    # TLS 1.3 refuses only after the request was sent, and the reset that follows may hide the reason.
    refused 5 'cannot be reached' -- --ca-bundle "$at/ours.pem" --retries 1
    refused 5 'cannot be reached' -- --ca-bundle "$at/ours.pem" --client-cert "$at/stranger.pem" --retries 1
    in_front "crt $at/server.pem ca-file $at/ours.pem verify required ssl-max-ver TLSv1.2"
    archives --ca-bundle "$at/ours.pem" --client-cert "$at/me.pem"
    refused 5 'The server may require a client certificate that it trusts: --client-cert' -- --ca-bundle "$at/ours.pem"
    refused 5 'The server may require a client certificate' -- --ca-bundle "$at/ours.pem" --client-cert "$at/stranger.pem"
}

@test "files that hold no certificate, no key, or another's: exit 2 before anything is sent" {
    scripted
    url=https://localhost:1
    refused 2 'CA bundle nothing: No such file or directory. Correct --ca-bundle' -- --ca-bundle nothing
    refused 2 'CA bundle bag/bagit.txt: holds no certificate in PEM form' -- --ca-bundle bag/bagit.txt
    AWS_CA_BUNDLE=nothing refused 2 'CA bundle nothing' --
    refused 2 'client certificate nothing: No such file' -- --client-cert nothing
    refused 2 "client key $at/me.crt: holds no private key" -- --client-cert "$at/me.crt"
    refused 2 "client key nothing: No such file" -- --client-cert "$at/me.crt" --client-key nothing
    refused 2 "client key $at/stranger.key: belongs to another certificate than" -- --client-cert "$at/me.crt" --client-key "$at/stranger.key"
    refused 2 "client key $at/locked.key: holds no private key in PEM form without a passphrase" -- --client-cert "$at/me.crt" --client-key "$at/locked.key"
}

@test "a handshake that breaks is tried again, as any connection" {
    scripted
    in_front "crt $at/server.pem" "stick-table type ip size 1 expire 1h store conn_cnt
 tcp-request connection track-sc0 src
 tcp-request connection reject if { sc0_conn_cnt le 3 }"
    archives --ca-bundle "$at/ours.pem"
}

@test "https:// to a server that speaks http://, and the other way round" {
    url=https://${AWS_ENDPOINT_URL#http://}
    SCRIPTED_LOG=
    refused 5 'wrong version number. Is the endpoint http:// there?' --
    scripted
    in_front "crt $at/server.pem"
    url=http://localhost:$FRONT_PORT
    refused 5 'cannot be reached' -- --retries 1
}

@test "a page instead of S3's answer is reported with its title" {
    scripted 'on * answer 400 body="<html><head><title>400 No required SSL certificate was sent</title></head></html>" type=text/html'
    url=$SCRIPTED_URL
    run accession ingest --endpoint-url "$url" bag s3://archive/a
    assert_status 5
    assert_says 'a page titled "400 No required SSL certificate was sent", not S3'
}

@test "the real gateway behind TLS, with a client certificate" {
    new_bucket
    # shellcheck disable=SC2153  # new_bucket sets it
    bucket=$BUCKET server=${AWS_ENDPOINT_URL#http://}
    in_front "crt $at/server.pem ca-file $at/ours.pem verify required alpn h2,http/1.1"
    add_payload bag large.bin 12M
    finish_bag bag
    run accession ingest --endpoint-url "$url" --ca-bundle "$at/ours.pem" --client-cert "$at/me.pem" bag "s3://$BUCKET/a"
    assert_status 0
    s3_check_folder bag a >/dev/null
}
