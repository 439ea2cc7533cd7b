#!/usr/bin/env bats
# Names of servers and buckets as they really are on the wire: path and virtual-host style, names with
# dots, IPv6 literals, access points; the real gateway checks each signature, and with it the Host.
# The table of AWS's own names is a unit test (test_address.c).
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154,SC2030,SC2031

load ../lib/helpers
load ../lib/scripted
load ../lib/tls
load ../lib/front

setup() {
    common_setup
    unset AWS_CA_BUNDLE
    make_bag bag 2 1000
    add_payload bag 'odd  name+%&?.bin' 6M
    finish_bag bag
    port=${AWS_ENDPOINT_URL##*:}
}

teardown() {
    front_stop
    scripted_stop
}

# archives PREFIX OPTIONS...
archives() {
    run accession ingest "${@:2}" --part-size 5M bag "s3://$BUCKET/$1"
    assert_status 0
    s3_check_folder bag "$1" >/dev/null
}

@test "path and virtual-host style on the gateway" {
    new_bucket versioned
    requests_mark
    archives path --endpoint-url "http://localhost:$port"
    (($(count_requests "^PUT /$BUCKET/path/") >= 7))
    requests_mark
    archives virtual --endpoint-url "http://LOCALHOST:$port" --addressing virtual
    (($(count_requests "^PUT /virtual/") >= 7 || $(count_requests "^PUT /$BUCKET/virtual/") >= 7))
    mkdir -p "$HOME/.aws"
    printf '[profile v]\ns3 =\n  addressing_style = virtual\nservices = here\n[services here]\ns3 =\n  endpoint_url = %s\n' \
        "http://localhost:$port" >"$HOME/.aws/config"
    local endpoint=$AWS_ENDPOINT_URL
    unset AWS_ENDPOINT_URL
    AWS_PROFILE=v run accession verify bag "s3://$BUCKET/virtual"
    assert_status 0
    run env AWS_PROFILE=v AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true https_proxy=http://127.0.0.1:1 \
        "$ACCESSION" probe --retries 0 "s3://$BUCKET/virtual"
    assert_status 5
    assert_says "https://$BUCKET.s3.us-east-1.amazonaws.com"
    export AWS_ENDPOINT_URL=$endpoint
}

@test "a misspelt bucket is asked about at the service's own name in virtual-host style" {
    run accession ingest --endpoint-url "http://localhost:$port" --addressing virtual bag s3://archive-unversionned/a
    assert_status 4
    assert_says 'NoSuchBucket'
    assert_says 'archive-unversioned'
}

@test "a bucket with dots over TLS: in the path, or with a certificate for it" {
    tls_authority ours
    tls_certificate server ours 'DNS:localhost,DNS:*.localhost'
    BUCKET=my.b$RANDOM.bucket
    tls_certificate dotted ours "DNS:localhost,DNS:$BUCKET.localhost"
    sandbox bucket "$BUCKET"
    export AWS_CA_BUNDLE=$PWD/ours.pem
    front_haproxy "listen tls
 bind 127.0.0.1:@PORT@ ssl crt $PWD/server.pem
 server s 127.0.0.1:$port"
    archives path --endpoint-url "https://localhost:$FRONT_PORT"
    run accession ingest --endpoint-url "https://localhost:$FRONT_PORT" --addressing virtual bag "s3://$BUCKET/v"
    assert_status 5
    assert_says '--addressing path'
    front_haproxy "listen tls
 bind 127.0.0.1:@PORT@ ssl crt $PWD/dotted.pem
 server s 127.0.0.1:$port"
    archives virtual --endpoint-url "https://localhost:$FRONT_PORT" --addressing virtual
}

@test "an IPv6 literal" {
    grep -q '^0\{31\}1 ' /proc/net/if_inet6 2>/dev/null || skip "no IPv6 on loopback here"
    new_bucket
    front_haproxy "listen six
 bind 127.0.0.1:@PORT@
 bind [::1]:@PORT@ v6only
 server s 127.0.0.1:$port"
    archives six --endpoint-url "http://[::1]:$FRONT_PORT"
    AWS_ENDPOINT_URL_S3="http://[0:0:0:0:0:0:0:1]:$FRONT_PORT" archives long
    archives still --endpoint-url "http://[::1]:$FRONT_PORT" --addressing virtual
    run accession probe --endpoint-url "http://::1:$FRONT_PORT" "s3://$BUCKET/a"
    assert_status 2
    assert_says 'an IPv6 address must be in brackets'
}

@test "an access point: its name and account stand in the host, its region in the signature" {
    scripted_start
    front_haproxy "listen point
 bind 127.0.0.1:@PORT@
 log global
 log-format \"%[var(txn.host)] %[var(txn.scope)] %HM\"
 http-request set-var(txn.host) req.hdr(host)
 http-request set-var(txn.scope) req.fhdr(authorization)
 http-request set-path /behind%[path]
 server s 127.0.0.1:$SCRIPTED_PORT"
    local arn=arn:aws:s3:eu-west-1:123456789012:accesspoint/intake
    run accession ingest --endpoint-url "http://localhost:$FRONT_PORT" bag "s3://$arn/a/b"
    assert_status 0
    assert_equal "$(scripted_objects 'map(.bucket) | unique[]')" behind
    assert_equal "$(scripted_objects 'map(.key) | map(select(startswith("a/b/data/"))) | length')" 3
    (($(grep -c "^intake-123456789012.localhost:$FRONT_PORT AWS4.*/eu-west-1/s3/aws4_request,.* PUT$" "$FRONT_LOG") >= 7))
    run accession ingest --endpoint-url "http://localhost:$FRONT_PORT" bag "s3://${arn/point\//point:}/a/b"
    assert_status 0
    scripted_scenario 'on PutObject|UploadPart answer 403 AccessDenied'
    run accession ingest --endpoint-url "http://localhost:$FRONT_PORT" bag "s3://$arn/c"
    assert_status 3
    assert_says "s3://$arn refuses writes"
}

@test "buckets that cannot be written to are refused with the reason before anything is sent" {
    local name
    while read -r name words; do
        run accession ingest bag "s3://$name/a"
        assert_status 2
        assert_says "$words"
    done <<'NAMES'
arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap Multi-Region Access Point
arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01/accesspoint/intake S3 on Outposts
arn:aws:s3:::archive Write s3://archive instead
arn:aws:s3:eu-west-1:123456789012:accesspoint/intake is an IP address
archive--usw2-az1--x-s3 directory bucket
NAMES
    run env -u AWS_ENDPOINT_URL AWS_USE_FIPS_ENDPOINT=true "$ACCESSION" probe --region cn-north-1 s3://archive
    assert_status 2
    assert_says 'FIPS'
}
