#!/usr/bin/env bats
# The scripted server itself, with curl and the aws command line as clients: what it does when
# healthy, and that each thing a scenario can ask for is what a client meets.

load scripted

setup() {
    export AWS_ACCESS_KEY_ID=AKIATEST AWS_SECRET_ACCESS_KEY=secret AWS_DEFAULT_REGION=us-east-1
    export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_MAX_ATTEMPTS=1 AWS_PAGER=
    unset AWS_PROFILE AWS_SESSION_TOKEN http_proxy https_proxy
    cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
    scripted_stop
}

s3() { aws --endpoint-url "$SCRIPTED_URL" "$@"; }

# put KEY CONTENT [CURL-OPTION…]: prints the status.
put() {
    local key=$1 content=$2
    shift 2
    curl -s -o reply -D ./head -w '%{http_code}' -X PUT --data-binary "$content" "$@" "$SCRIPTED_URL/b/$key"
}

status() { curl -s -o reply -D ./head -w '%{http_code}' "$@"; }

header() { tr -d '\r' <./head | sed -n "s/^$1: //Ip"; }

create() { curl -s -X POST "$SCRIPTED_URL/b/$1?uploads" | sed -n 's/.*<UploadId>\(.*\)<.UploadId>.*/\1/p'; }

part() { # KEY UPLOAD NUMBER CONTENT
    status -X PUT --data-binary "$4" "$SCRIPTED_URL/b/$1?partNumber=$3&uploadId=$2"
}

complete() { # KEY UPLOAD CONTENT: of one part
    local md5
    md5=$(printf %s "$3" | md5sum | cut -d' ' -f1)
    status --data-binary "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"$md5\"</ETag></Part></CompleteMultipartUpload>" \
        "$SCRIPTED_URL/b/$1?uploadId=$2"
}

@test "the aws command line copies 20 MB in parts there and back" {
    scripted_start
    head -c 20000000 /dev/urandom >big
    s3 s3 cp --quiet big s3://b/data/big
    [ "$(scripted_count UploadPart 200)" -eq 3 ]
    [ "$(scripted_count CompleteMultipartUpload 200)" -eq 1 ]
    [ "$(scripted_sha256 b data/big)" = "$(sha256sum <big | cut -d' ' -f1)" ]
    [ "$(scripted_uploads length)" -eq 0 ]
    s3 s3 cp --quiet s3://b/data/big back
    cmp big back
    s3 s3 rm --quiet s3://b/data/big
    [ "$(scripted_objects length)" -eq 0 ]
}

@test "every checksum algorithm that aws computes is verified and kept" {
    scripted_start
    printf 'The quick brown fox' >fox
    for algorithm in CRC32 SHA1 SHA256; do
        s3 s3api put-object --bucket b --key "$algorithm" --body fox --checksum-algorithm "$algorithm"
        [ "$(scripted_objects ".[] | select(.key == \"$algorithm\") | .checksum_algorithm")" = "${algorithm,,}" ]
    done
    [ "$(put right 123456789 -H 'x-amz-checksum-crc32c: 4waSgw==')" = 200 ]
    [ "$(put right 123456789 -H 'x-amz-checksum-crc64nvme: rosUhgp5mIg=')" = 200 ]
    [ "$(put wrong 123456780 -H 'x-amz-checksum-crc64nvme: rosUhgp5mIg=')" = 400 ]
    grep -q BadDigest reply
    [ "$(put wrong x -H 'Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==')" = 400 ]
    [ "$(put wrong x -H "x-amz-content-sha256: $(printf y | sha256sum | cut -d' ' -f1)")" = 400 ]
    grep -q XAmzContentSHA256Mismatch reply
    [ -z "$(scripted_sha256 b wrong)" ]
    scripted_scenario 'config checksums=ignored payload-hash=no'
    [ "$(put wrong x -H 'Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==' -H "x-amz-content-sha256: 00")" = 200 ]
}

@test "ranges, heads and what is missing" {
    scripted_start
    put k 0123456789
    [ "$(curl -s -r 2-4 "$SCRIPTED_URL/b/k")" = 234 ]
    [ "$(curl -s -r 7- "$SCRIPTED_URL/b/k")" = 789 ]
    [ "$(curl -s -r -3 "$SCRIPTED_URL/b/k")" = 789 ]
    [ "$(curl -s -r 8-99 "$SCRIPTED_URL/b/k")" = 89 ]
    [ "$(status -r 10-11 "$SCRIPTED_URL/b/k")" = 416 ]
    [ "$(status -I "$SCRIPTED_URL/b/k")" = 200 ]
    [ "$(header content-length)" = 10 ]
    [ "$(status "$SCRIPTED_URL/b/none")" = 404 ]
    grep -q '<Code>NoSuchKey</Code>' reply
    put empty ''
    [ "$(status "$SCRIPTED_URL/b/empty")" = 200 ]
    [ ! -s reply ]
}

@test "odd names are listed in order, folded and paged, as aws reads them" {
    scripted_start 'config page=2'
    printf 'a b\na/1\na/2\na+b\na%%25\nb/ü/x\nz\n' >names
    python3 - "$SCRIPTED_URL" <<'PY'
import sys, urllib.parse, urllib.request
for name in open('names').read().splitlines():
    url = sys.argv[1] + '/b/' + urllib.parse.quote(name)
    urllib.request.urlopen(urllib.request.Request(url, b'', method='PUT'))
PY
    s3 s3api list-objects-v2 --bucket b --query 'Contents[].Key' --output text | tr '\t' '\n' >listed
    LC_ALL=C sort names | diff - listed
    s3 s3api list-objects-v2 --bucket b --delimiter / --query 'CommonPrefixes[].Prefix' --output text | tr '\t' '\n' >folded
    printf 'a/\nb/\n' | diff - <(grep -v None folded)
    s3 s3api list-objects-v2 --bucket b --prefix a/ --query 'Contents[].Key' --output text | tr '\t' '\n' >below
    printf 'a/1\na/2\n' | diff - below
}

@test "versions and delete markers page through" {
    scripted_start 'config versioned=yes page=2 if-none-match=no'
    for content in 1 2 3; do put k "$content"; done
    put l 1
    s3 s3api delete-object --bucket b --key k
    [ "$(status "$SCRIPTED_URL/b/k")" = 404 ]
    s3 s3api list-object-versions --bucket b --query 'length(Versions)' >count
    [ "$(awk '{ n += $1 } END { print n }' count)" -eq 4 ]
    marker=$(scripted_objects '.[] | select(.marker) | .version')
    s3 s3api delete-object --bucket b --key k --version-id "$marker"
    [ "$(curl -s "$SCRIPTED_URL/b/k")" = 3 ]
    [ "$(s3 s3api get-bucket-versioning --bucket b --query Status --output text)" = Enabled ]
}

@test "a write with If-None-Match meets 412 where the scenario honours it" {
    scripted_start
    put k 1
    [ "$(put k 2 -H 'If-None-Match: *')" = 412 ]
    upload=$(create k)
    part k "$upload" 1 x
    md5=$(printf x | md5sum | cut -d' ' -f1)
    body="<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>$md5</ETag></Part></CompleteMultipartUpload>"
    [ "$(status --data-binary "$body" -H 'If-None-Match: *' "$SCRIPTED_URL/b/k?uploadId=$upload")" = 412 ]
    scripted_scenario 'config if-none-match=put'
    [ "$(put k 2 -H 'If-None-Match: *')" = 412 ]
    [ "$(status --data-binary "$body" -H 'If-None-Match: *' "$SCRIPTED_URL/b/k?uploadId=$upload")" = 200 ]
    scripted_scenario 'config if-none-match=no'
    [ "$(put k 2 -H 'If-None-Match: *')" = 200 ]
}

@test "complete refuses what does not fit, and repeats as configured" {
    scripted_start 'config min-part=5'
    upload=$(create k)
    part k "$upload" 1 xx
    part k "$upload" 2 yy
    [ "$(complete k "$upload" other)" = 400 ]
    grep -q InvalidPart reply
    [ "$(status --data-binary '<nonsense' "$SCRIPTED_URL/b/k?uploadId=$upload")" = 400 ]
    grep -q MalformedXML reply
    x=$(printf xx | md5sum | cut -d' ' -f1) y=$(printf yy | md5sum | cut -d' ' -f1)
    list() { printf '<CompleteMultipartUpload>'; printf '<Part><PartNumber>%s</PartNumber><ETag>%s</ETag></Part>' "$@"; printf '</CompleteMultipartUpload>'; }
    [ "$(status --data-binary "$(list 1 "$x" 2 "$y")" "$SCRIPTED_URL/b/k?uploadId=$upload")" = 400 ]
    grep -q EntityTooSmall reply
    scripted_scenario ''
    [ "$(status --data-binary "$(list 2 "$y" 1 "$x")" "$SCRIPTED_URL/b/k?uploadId=$upload")" = 400 ]
    grep -q InvalidPartOrder reply
    [ "$(complete k "$upload" xx)" = 200 ]
    [ "$(complete k "$upload" xx)" = 200 ]
    scripted_scenario 'config repeat=error gone=NoSuchKey'
    [ "$(complete k "$upload" xx)" = 500 ]
    [ "$(status "$SCRIPTED_URL/b/k?uploadId=$upload")" = 404 ]
    grep -q NoSuchKey reply
}

@test "parts and uploads are listed and aborted" {
    scripted_start 'config page=2'
    first=$(create a/k) second=$(create a/k)
    create b
    for n in 1 2 3; do part a/k "$first" $n "$n"; done
    s3 s3api list-parts --bucket b --key a/k --upload-id "$first" --query 'Parts[].Size' --output text >sizes
    [ "$(tr '\t' '\n' <sizes | grep -c 1)" -eq 3 ]
    [ "$(s3 s3api list-multipart-uploads --bucket b --query 'Uploads[].UploadId' --output text | tr '\t' '\n' | grep -c scripted)" -eq 3 ]
    s3 s3api abort-multipart-upload --bucket b --key a/k --upload-id "$first"
    [ "$(scripted_uploads length)" -eq 2 ]
    [ "$(part a/k "$first" 1 x)" = 404 ]
    [ "$(part a/k "$second" 10001 x)" = 400 ]
}

@test "lock, hold, tags, storage class are kept; forget drops them silently" {
    scripted_start
    put k x -H 'x-amz-storage-class: GLACIER' -H 'x-amz-meta-sha256: abc' -H 'x-amz-tagging: a=1&b=2'
    s3 s3api put-object-retention --bucket b --key k --retention Mode=GOVERNANCE,RetainUntilDate=2036-01-01T00:00:00Z
    s3 s3api put-object-legal-hold --bucket b --key k --legal-hold Status=ON
    s3 s3api head-object --bucket b --key k >shown
    [ "$(jq -r '.StorageClass, .Metadata.sha256, .ObjectLockMode, .ObjectLockLegalHoldStatus' shown | paste -sd,)" = GLACIER,abc,GOVERNANCE,ON ]
    [ "$(s3 s3api get-object-tagging --bucket b --key k --query 'TagSet[].Value' --output text)" = "$(printf '1\t2')" ]
    s3 s3api put-object-tagging --bucket b --key k --tagging 'TagSet=[{Key=c d,Value=é}]'
    [ "$(s3 s3api get-object-tagging --bucket b --key k --query 'TagSet[].[Key,Value]' --output text)" = "$(printf 'c d\té')" ]
    scripted_scenario 'config forget=x-amz-object-lock-*'
    put l x -H 'x-amz-object-lock-mode: COMPLIANCE'
    status -I "$SCRIPTED_URL/b/l"
    [ -z "$(header x-amz-object-lock-mode)" ]
}

@test "policies are stored, buckets exist or do not" {
    scripted_start 'config buckets=here'
    [ "$(status -I "$SCRIPTED_URL/here")" = 200 ]
    [ "$(status -I "$SCRIPTED_URL/gone")" = 404 ]
    [ "$(status -X PUT --data-binary x "$SCRIPTED_URL/gone/k")" = 404 ]
    grep -q NoSuchBucket reply
    s3 s3api put-bucket-policy --bucket here --policy '{"Statement": []}'
    [ "$(s3 s3api get-bucket-policy --bucket here --output text)" = '{"Statement": []}' ]
    s3 s3api delete-bucket-policy --bucket here
    [ "$(status "$SCRIPTED_URL/here?policy")" = 404 ]
}

@test "a denial begins at the third part, and heals" {
    scripted_start 'on UploadPart nth=3.. answer 403 AccessDenied'
    upload=$(create k)
    [ "$(part k "$upload" 1 x)" = 200 ]
    [ "$(part k "$upload" 2 x)" = 200 ]
    [ "$(part k "$upload" 3 x)" = 403 ]
    [ "$(part k "$upload" 3 x)" = 403 ]
    [ "$(scripted_count UploadPart 403:AccessDenied)" -eq 2 ]
    scripted_scenario ''
    [ "$(part k "$upload" 3 x)" = 200 ]
    scripted_scenario 'on UploadPart nth=2..3 answer 403 AccessDenied'
    for expected in 200 403 403 200; do [ "$(part k "$upload" 1 x)" = $expected ]; done
    scripted_scenario 'on UploadPart for=200ms answer 403 AccessDenied'
    [ "$(part k "$upload" 1 x)" = 403 ]
    sleep 0.3
    [ "$(part k "$upload" 1 x)" = 200 ]
}

@test "after, until and every count as they say" {
    scripted_start 'on * after=1 until=3 answer 500 InternalError
on PutObject every=2 answer 503 SlowDown'
    put 1 x; put 2 x; put 3 x; put 4 x; put 5 x; put 6 x
    [ "$(awk '{print $7}' "$SCRIPTED_LOG" | paste -sd,)" = 200,500:InternalError,500:InternalError,503:SlowDown,200,503:SlowDown ]
    scripted_reset
    [ "$(put 1 x)" = 200 ]
    [ "$(put 2 x)" = 500 ]
}

@test "key, part, header and access key choose the request" {
    scripted_start 'on PutObject key=data/*.bin answer 403 K
on UploadPart part=2..3 answer 403 P
on PutObject header=x-amz-storage-class:GLAC* answer 403 H
on * access-key=AKIAOLD answer 400 ExpiredToken'
    [ "$(put data/a.txt x)" = 200 ]
    [ "$(put data/sub/a.bin x)" = 403 ]
    [ "$(put k x -H 'x-amz-storage-class: STANDARD')" = 200 ]
    [ "$(put k x -H 'x-amz-storage-class: GLACIER')" = 403 ]
    upload=$(create k)
    number=1
    for expected in 200 403 403 200; do
        [ "$(part k "$upload" $number x)" = $expected ]
        number=$((number + 1))
    done
    [ "$(put k x -H 'Authorization: AWS4-HMAC-SHA256 Credential=AKIAOLD/20260101/r/s3/aws4_request, x')" = 400 ]
    [ "$(put k x -H 'Authorization: AWS4-HMAC-SHA256 Credential=AKIANEW/20260101/r/s3/aws4_request, x')" = 200 ]
    [ "$(scripted_requests PutObject 200 | awk '$10 == "AKIANEW"' | wc -l)" -eq 1 ]
}

@test "the answer is lost after the server acted" {
    scripted_start 'on Complete nth=1 act then drop
on PutObject nth=1 act then answer 500 InternalError'
    upload=$(create k)
    part k "$upload" 1 x
    run complete k "$upload" x
    [ "$status" -eq 52 ]
    [ "$(scripted_sha256 b k)" = "$(printf x | sha256sum | cut -d' ' -f1)" ]
    [ "$(scripted_count Complete.* acted.drop)" -eq 1 ]
    [ "$(put l x)" = 500 ]
    [ "$(curl -s "$SCRIPTED_URL/b/l")" = x ]
}

@test "dropped without acting leaves nothing" {
    scripted_start 'on PutObject drop'
    run put k x
    [ "$status" -eq 52 ]
    [ "$(scripted_objects length)" -eq 0 ]
}

@test "the connection is reset in the middle of the body" {
    scripted_start 'on PutObject nth=1 bytes=1000 reset'
    head -c 20000000 /dev/zero >big
    run put k @big
    [ "$status" -eq 55 ] || [ "$status" -eq 56 ]
    [ "$(scripted_requests PutObject reset | awk '{print $8}')" -eq 1000 ]
    [ "$(put k @big)" = 200 ]
}

@test "an early answer reaches a client that is still sending" {
    scripted_start 'on PutObject bytes=1000 answer 403 AccessDenied'
    head -c 20000000 /dev/zero >big
    [ "$(put k @big -H 'Expect:')" = 403 ]
    [ "$(scripted_requests PutObject | awk '{print $8}')" -eq 1000 ]
}

@test "a client that asks first is refused before its body" {
    scripted_start 'on PutObject nth=1 answer 403 AccessDenied'
    head -c 2000000 /dev/zero >big
    [ "$(put k @big -H 'Expect: 100-continue')" = 403 ]
    [ "$(scripted_requests PutObject 403.* | awk '{print $8}')" -eq 0 ]
    [ "$(put k @big -H 'Expect: 100-continue')" = 200 ]
}

@test "slow down, with and without Retry-After" {
    scripted_start 'on PutObject nth=1 answer 503 SlowDown retry-after=7 message="Please reduce \"it\""
on PutObject answer 503 SlowDown'
    [ "$(put k x)" = 503 ]
    [ "$(header retry-after)" = 7 ]
    grep -q 'Please reduce &#x22;it&#x22;' reply
    [ "$(put k x)" = 503 ]
    [ -z "$(header retry-after)" ]
}

@test "an error inside a 200, after white space" {
    scripted_start 'on Complete answer 200 InternalError space=200'
    upload=$(create k)
    [ "$(complete k "$upload" x)" = 200 ]
    [ "$(head -c 200 reply | tr -d ' ' | wc -c)" -eq 0 ]
    grep -q '<Error><Code>InternalError</Code>' reply
    [ "$(scripted_objects length)" -eq 0 ]
}

@test "half replies, wrong lengths, truncated documents, garbage, web pages" {
    scripted_start 'on GetObject nth=1 pass cut=50%
on GetObject nth=2 pass cut=-1
on GetObject nth=3 pass length=2000
on GetObject nth=4 pass cut=5
on GetObject nth=5 garbage
on ListObjectsV2 nth=1 pass trim=50%
on ListObjectsV2 nth=2 login-page'
    put k "$(printf 'x%.0s' {1..1000})"
    for expected in 18 18 18 1 1; do
        run curl -s --http1.1 -o reply "$SCRIPTED_URL/b/k"
        echo "$status instead of $expected"
        [ "$status" -eq $expected ] || { [ $expected -eq 1 ] && [ "$status" -ne 0 ]; }
    done
    [ "$(curl -s "$SCRIPTED_URL/b/k" | wc -c)" -eq 1000 ]
    [ "$(status "$SCRIPTED_URL/b?list-type=2")" = 200 ]
    run xmllint --noout reply
    [ "$status" -ne 0 ]
    [ "$(status "$SCRIPTED_URL/b?list-type=2")" = 200 ]
    grep -q '<form' reply
    [ "$(header content-type)" = 'text/html; charset=utf-8' ]
}

@test "stalls never answer, delays answer late" {
    scripted_start 'on PutObject key=stall stall
on PutObject key=late pass delay=400ms'
    curl -s -X PUT -d x "$SCRIPTED_URL/b/stall" >answer 3>&- &
    local stalled=$! began
    until_true scripted_has 1 PutObject stall
    began=$(date +%s%3N)
    [ "$(put late x)" = 200 ]
    (($(date +%s%3N) - began >= 400))
    kill $stalled # it still waits
    [ ! -s answer ]
}

@test "held replies wait for each other, or for another scenario" {
    scripted_start 'on PutObject key=meet* pass hold=2
on PutObject key=held pass hold=99'
    put meet/1 x >first & first=$!
    until_true scripted_has 1 PutObject
    [ "$(put held x --max-time 0.5)" = 000 ] # held, and gone
    [ ! -s first ]
    [ "$(put meet/2 x)" = 200 ]
    wait $first
    [ "$(cat first)" = 200 ]
    put held x >third & third=$!
    until_true scripted_has 4 PutObject
    [ "$(scripted_sha256 b held)" = "$(printf x | sha256sum | cut -d' ' -f1)" ]
    scripted_scenario ''
    wait $third
    [ "$(cat third)" = 200 ]
}

@test "a client that leaves in the middle is logged" {
    scripted_start
    (printf 'PUT /b/k HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc' >&"$SCRIPTED_CLIENT") {SCRIPTED_CLIENT}<>"/dev/tcp/127.0.0.1/$SCRIPTED_PORT"
    until_true scripted_has 1
    [ "$(scripted_requests PutObject client-left | awk '{print $8}')" -eq 3 ]
}

@test "what is not HTTP gets 400" {
    scripted_start
    exec {client}<>"/dev/tcp/127.0.0.1/$SCRIPTED_PORT"
    printf 'nonsense\r\n\r\n' >&"$client"
    head -1 <&"$client" | grep -q '400 Bad Request'
    exec {client}>&-
    [ "$(status "$SCRIPTED_URL/b/%zz")" = 400 ]
    [ "$(put k x -H 'Transfer-Encoding: chunked')" = 411 ]
}

@test "the server's clock is wrong" {
    scripted_start 'config clock=+22m'
    now=$(date -u +%Y%m%dT%H%M%SZ)
    [ "$(put k x -H "x-amz-date: $now")" = 403 ]
    grep -q RequestTimeTooSkewed reply
    server=$(date -u -d "$(header date)" +%Y%m%dT%H%M%SZ)
    [ "$(put k x -H "x-amz-date: $server")" = 200 ]
}

@test "another region, other headers, other checksums and ETags" {
    scripted_start 'on HeadBucket answer 301 add="x-amz-bucket-region: eu-west-1"
on PutObject nth=1 pass etag=empty
on PutObject nth=2 pass etag=bare
on PutObject nth=3 pass etag=wrong checksum=wrong remove=x-amz-request-id
on PutObject nth=4 pass checksum=none'
    [ "$(status -I "$SCRIPTED_URL/b")" = 301 ]
    [ "$(header x-amz-bucket-region)" = eu-west-1 ]
    put k x && [ -z "$(header etag)" ]
    put k x && [ "$(header etag)" = "$(printf x | md5sum | cut -d' ' -f1)" ]
    sum=$(printf x | openssl dgst -sha256 -binary | base64)
    [ "$(put k x -H "x-amz-checksum-sha256: $sum")" = 200 ]
    [ "$(header etag)" = '"00000000000000000000000000000000"' ]
    [ -n "$(header x-amz-checksum-sha256)" ] && [ "$(header x-amz-checksum-sha256)" != "$sum" ]
    [ -z "$(header x-amz-request-id)" ]
    put k x -H "x-amz-checksum-sha256: $sum" && [ -z "$(header x-amz-checksum-sha256)" ]
    put k x -H "x-amz-checksum-sha256: $sum" && [ "$(header x-amz-checksum-sha256)" = "$sum" ]
}

@test "only the configured access keys are known" {
    scripted_start 'config access-keys=AKIANEW,ASIA*'
    [ "$(put k x -H 'Authorization: AWS4-HMAC-SHA256 Credential=AKIAOLD/1/r/s3/aws4_request, x')" = 403 ]
    grep -q InvalidAccessKeyId reply
    [ "$(put k x -H 'Authorization: AWS4-HMAC-SHA256 Credential=ASIASTS1/1/r/s3/aws4_request, x')" = 200 ]
}

@test "a scenario that is not understood names its line" {
    check() { # SCENARIO MESSAGE
        run scripted_start "$1"
        echo "$output"
        [ "$status" -eq 1 ]
        [[ "$output" == *"/scenario:$2" ]]
    }
    check 'nonsense' '1: a line begins with on or config: nonsense'
    check $'\n# comment\non Nothing drop' '3: unknown operation: Nothing'
    check 'on PutObject' '1: no action; one of pass, answer, drop, reset, stall, garbage, login-page: end of line'
    check 'on PutObject explode' '1: unknown action: explode'
    check 'on PutObject answer' '1: answer needs a status from 200 to 599: end of line'
    check 'on PutObject answer 99' '1: answer needs a status from 200 to 599: 99'
    check 'on PutObject answer 403 AccessDenied please' '1: word not understood here: please'
    check 'on PutObject drop nth=0' '1: nth does not take this value: 0'
    check 'on PutObject drop nth=9..3' '1: nth does not take this value: 9..3'
    check 'on PutObject drop color=red' '1: unknown option: color'
    check 'on PutObject act then pass' '1: pass acts anyway: act then pass'
    check 'on PutObject act then' '1: no action; one of pass, answer, drop, reset, stall, garbage, login-page: end of line'
    check 'on PutObject answer 200 message="open' '1: quotes are not closed: message=open'
    check 'on PutObject drop etag=purple' '1: etag does not take this value: purple'
    check 'on PutObject act then drop bytes=5' '1: acting needs the whole body: bytes='
    check 'config versioned=perhaps' '1: versioned does not take this value: perhaps'
    check 'config versioned' '1: config takes name=value: versioned'
}

@test "a scenario can be replaced, and a bad one leaves the old" {
    scripted_start 'on PutObject answer 403 AccessDenied'
    run curl -s -X PUT --data-binary 'on PutObject explode' "$SCRIPTED_URL/_control/scenario"
    [ "$output" = 'scenario:1: unknown action: explode' ]
    [ "$(put k x)" = 403 ]
    scripted_scenario 'on GetObject drop'
    [ "$(put k x)" = 200 ]
    scripted_reset all
    [ "$(scripted_objects length)" -eq 0 ]
    [ "$(status "$SCRIPTED_URL/_control/nothing")" = 404 ]
}

@test "it ends with its input, and on SIGTERM, even while a client waits" {
    scripted_start 'on PutObject stall'
    curl -s -X PUT -d x "$SCRIPTED_URL/b/k" 3>&- {SCRIPTED_INPUT}>&- &
    client=$!
    until_true scripted_has 1
    scripted_stop
    wait "$client" || true
    scripted_start
    kill -TERM "$SCRIPTED_PID"
    wait "$SCRIPTED_PID"
}

@test "temporary credentials come from each service" {
    scripted_start 'config authorization=let-me-in lifetime=15m'
    [ "$(status "$SCRIPTED_URL/_imds/latest/meta-data/iam/security-credentials/")" = 401 ]
    token=$(curl -s -X PUT -H 'x-aws-ec2-metadata-token-ttl-seconds: 60' "$SCRIPTED_URL/_imds/latest/api/token")
    role=$(curl -s -H "x-aws-ec2-metadata-token: $token" "$SCRIPTED_URL/_imds/latest/meta-data/iam/security-credentials/")
    curl -s -H "x-aws-ec2-metadata-token: $token" "$SCRIPTED_URL/_imds/latest/meta-data/iam/security-credentials/$role" >keys.json
    [ "$(jq -r .AccessKeyId,.SecretAccessKey,.Token keys.json | paste -sd,)" = ASIAIMDS1,secret-of-ASIAIMDS1,token-of-ASIAIMDS1 ]
    [ "$(status "$SCRIPTED_URL/_container/x")" = 401 ]
    [ "$(status -H 'Authorization: let-me-in' "$SCRIPTED_URL/_container/x")" = 200 ]
    aws --endpoint-url "$SCRIPTED_URL/_sts" sts assume-role --role-arn arn:aws:iam::123456789012:role/r \
        --role-session-name test --query Credentials.AccessKeyId --output text | grep -qx ASIASTS3
    aws --endpoint-url "$SCRIPTED_URL/_sts" sts assume-role-with-web-identity --role-arn arn:aws:iam::123456789012:role/r \
        --role-session-name test --web-identity-token aaaa --query Credentials.AccessKeyId --output text | grep -qx ASIAWEB4
}
