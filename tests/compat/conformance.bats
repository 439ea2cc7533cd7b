#!/usr/bin/env bats
# What accession promises, tried on a server that tools/compat has started: AWS_* name it. Every test is a
# row of the table accession-servers; its name is the row's. What a server cannot do is a skip that says so.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/relay

setup() {
    common_setup
    SEED=${COMPAT_SEED:-$RANDOM}
    echo "seed $SEED"
    RANDOM=$SEED
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
}

# bucket [versioned]: an empty one; its name in $BUCKET. A test that needs versions is skipped where they are missing.
bucket() {
    BUCKET=compat-$$-$BATS_TEST_NUMBER-$RANDOM
    export BUCKET
    s3_curl PUT "$BUCKET" -f -o made || { cat made && return 1; }
    [[ ${1:-} == versioned ]] || return 0
    if ! versions_on || ! keeps_versions; then skip "this server shows no versions"; fi
}

# Some servers keep versions without being asked to.
keeps_versions() {
    [[ $(s3_curl GET "$BUCKET?versioning=") == *Enabled* ]]
}

versions_on() {
    s3_curl PUT "$BUCKET?versioning=" -f -o made -H 'Content-Type: application/xml' --data-binary \
        '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>'
}

# summary FIELD FILE...
summary() {
    jq -r "select(.type == \"summary\") | .$1" "${@:2}"
}

# contender NAME SIZE: folder NAME with x.bin of other bytes for each NAME, and its list.
contender() {
    mkdir -p "$1"
    some_bytes "$2" "$((SEED % 1000 + ${#1}))" >"$1/x.bin"
    make_list "$1" "$1.sha256"
}

compete() {
    local status=0
    accession ingest "$1" "s3://$BUCKET/$3" -m "$1.sha256" --ledger "$1.db" --json >"$1.json" 2>"$1.err" 3>&- || status=$?
    echo "$status" >"$1.status"
}

# race SIZE ROUND: two ingests of different content to one key, concurrently, each with a ledger of its own.
# Never silent: if both end with 0, both contents exist as versions. Some servers give a client no means at all: no
# conditions, no versions, no list of uploads. There the run's summary must say so.
race() {
    local first second visible
    rm -rf one three ./*.db
    contender one "$1" && contender three "$1"
    compete one "$1" "r$2" & first=$!
    compete three "$1" "r$2" & second=$!
    wait $first $second
    visible=$(s3_get "r$2/x.bin" got && sha256sum <got | cut -d' ' -f1)
    for name in one three; do
        (($(<$name.status) == 0)) || continue
        [[ $(summary write_once $name.json) != checked ]] || keep_facts one.json three.json
        [[ $(summary write_once $name.json) != checked ]] ||
            skip "this server cannot keep two writers apart, and the run says so"
        [[ $visible == "$(cut -d' ' -f1 $name.sha256)" ]] || { keeps_versions && (($(s3_versions "r$2/" | wc -l) >= 2)); } ||
            { echo "round $2: $name ended with 0, and its content is gone" && cat one.json three.json && return 1; }
    done
    (($(<one.status) + $(<three.status) >= 1)) || keeps_versions ||
        { cat one.json three.json && return 1; }
}

# keep_facts FILE...: what the runs said of the server, for the table.
keep_facts() {
    jq -c 'select(.type == "summary") | {write_once, capabilities}' "$@" >>"${COMPAT_FACTS:-/dev/null}"
}

# code METHOD TARGET [curl arguments]: the status, and the answer in the file "answer".
code() {
    s3_curl "$@" -o answer -w '%{http_code}'
}

# answered ELEMENT: its text in the file "answer".
answered() {
    sed -n "s/.*<$1>\\([^<]*\\)<.*/\\1/p" answer
}

# What the server makes of If-None-Match where the key exists, by curl: a bucket of the suite may lose an object.
ask_conditions() {
    local put complete id etag md5
    head -c 20 /dev/urandom >condition
    s3_put c/key condition
    md5="Content-MD5: $(openssl md5 -binary condition | base64)"
    put=$(code PUT "$BUCKET/c/key" -T condition -H 'If-None-Match: *' -H "$md5")
    code POST "$BUCKET/c/key?uploads=" >/dev/null
    id=$(uri_encode "$(answered UploadId)")
    etag=$(s3_curl PUT "$BUCKET/c/key?partNumber=1&uploadId=$id" -D - -o /dev/null -T condition \
        -H "$md5" | sed -nE 's/^[Ee][Tt]ag: "?([^"\r]*).*/\1/p')
    complete=$(code POST "$BUCKET/c/key?uploadId=$id" -H 'If-None-Match: *' --data-binary \
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"$etag\"</ETag></Part></CompleteMultipartUpload>")
    echo "{\"conditions\":[\"$put\",\"$complete\"]}" >>"${COMPAT_FACTS:-/dev/null}"
    [[ $complete == 200 ]] || s3_curl DELETE "$BUCKET/c/key?uploadId=$id"
}

policy_denies_writes() {
    printf '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":["*"]},"Action":"s3:PutObject","Resource":"arn:aws:s3:::%s/*"}]}' \
        "$BUCKET" >policy.json
    s3_curl PUT "$BUCKET?policy=" -f -o made --data-binary @policy.json -H 'Content-Type: application/json' 2>&1 || return 1
    echo x >x
    [[ $(s3_curl PUT "$BUCKET/denied" -o said -w '%{http_code}' -T x) == 403 ]]
}

nothing_open() {
    assert_equal "$(s3_open_uploads "$@")" "" "uploads left open"
}

@test "archive and read back: small, large, empty" {
    bucket
    make_bag bag 40 3K "$SEED"
    add_payload bag large.bin 23M 2
    : >bag/data/empty
    finish_bag bag
    run accession ingest bag "s3://$BUCKET/a" --json
    assert_status 0
    assert_equal "$(s3_check_folder bag a)" "$(find bag -type f | wc -l)" "objects read back"
    nothing_open a/
}

@test "a damaged file never becomes visible" {
    bucket
    make_bag bag 3 3K
    add_payload bag large.bin 12M 2
    finish_bag bag
    flip_byte bag/data/large.bin 7000000
    flip_byte bag/data/file-000001.bin 5
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 1
    refute_s3 a/data/large.bin
    refute_s3 a/data/file-000001.bin
    nothing_open a/
}

@test "write once: other content is a conflict, and stays one" {
    bucket
    for size in 4K 12M; do
        rm -rf one three ./*.db
        contender one "$size" && contender three "$size"
        compete one "$size" "$size"
        assert_equal "$(<one.status)" 0 "the first"
        for _ in first again; do
            compete three "$size" "$size"
            assert_equal "$(<three.status)" 1 "other content"
            s3_get "$size/x.bin" got
            cmp got one/x.bin
        done
    done
    ask_conditions
}

@test "two writers of one key, small" {
    bucket
    for round in {1..3}; do race 4K "$round"; done
    keep_facts one.json three.json
}

@test "two writers of one key, in parts" {
    bucket
    for round in {1..2}; do race 11M "$round"; done
    keep_facts one.json three.json
}

@test "two writers of one key, with versions" {
    bucket versioned
    for round in {1..2}; do race 4K "$round"; done
    race 11M 3
}

# The moments are numbers of bytes that the server was sent. All six together are fewer than the bag has, so that
# each kill comes in the middle of a run.
@test "killed at random moments, resumed to the end" {
    bucket
    make_bag bag 150 4K
    add_payload bag one.bin 60M 1
    finish_bag bag
    for _ in {1..6}; do
        relay_start $((32768 + RANDOM * 288))
        accession_in_background ingest bag "s3://$BUCKET/a" --no-progress --jobs 2 --part-size 5M --endpoint-url "$RELAY_URL"
        until_true relay_holds
        kill -KILL "$PROGRAM"
        ended 137
        relay_release
    done
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
    assert_equal "$(s3_check_folder bag a)" "$(find bag -type f | wc -l)" "objects read back"
}

@test "a bucket that refuses writes: halt, then resume" {
    bucket
    make_bag bag 20 4K
    policy_denies_writes || skip "this server does not enforce bucket policies"
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 3
    assert_says "refuses writes"
    s3_curl DELETE "$BUCKET?policy=" -f -o made
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
    assert_equal "$(s3_check_folder bag a)" "$(find bag -type f | wc -l)" "objects read back"
}

@test "verify: sound, damaged and missing are found by reading" {
    bucket
    make_bag bag 12 3K
    add_payload bag large.bin 12M 2
    finish_bag bag
    run accession ingest bag "s3://$BUCKET/a"
    assert_status 0
    for level in listed stored read; do
        run accession verify --level $level bag "s3://$BUCKET/a"
        assert_status 0
    done
    cp bag/data/file-000003.bin other && flip_byte other 9
    s3_put a/data/file-000003.bin other
    s3_curl DELETE "$BUCKET/a/data/file-000004.bin" -f
    run accession verify --level read bag "s3://$BUCKET/a"
    assert_status 1
    assert_says data/file-000003.bin
    assert_says data/file-000004.bin
}

@test "additional checksums: what is on record is what the server keeps" {
    local kind
    bucket
    mkdir source
    some_bytes 5500000 >source/large
    some_bytes 9000 2 >source/small
    make_list source list
    for kind in sha256 crc64nvme crc32c none auto; do
        run accession ingest -m list --part-size 5M source "s3://$BUCKET/$kind" --checksum "$kind" --json
        # A server may refuse a checksum that it does not know, before anything is sent; auto must always work.
        if [[ $kind != auto && $status == 2 ]]; then
            assert_says "does not accept --checksum $kind"
            continue
        fi
        assert_status 0
        assert_equal "$(s3_check_folder source "$kind")" 2 "$kind: objects"
        run accession verify --level stored -m list "s3://$BUCKET/$kind"
        assert_status 0
    done
}

@test "odd names" {
    local i=0 name
    bucket
    mkdir files
    for name in ' leading' 'two  spaces' '100%' '100%25' '%41' '+plus+' 'a&b=c;d,e#f?g' "quote's" '"double"' \
        '~tilde' '(round) [square]' '!*' 'é-nfc' '🗝️' '日本語' '@:$' '{}|^' 'a/b/c/deep'; do
        i=$((i + 1))
        mkdir -p "files/$(dirname -- "./$name")"
        printf 'file number %d' $i >"files/$name"
    done
    make_list files list
    run accession ingest files "s3://$BUCKET/o d%d/+é" -m list
    assert_status 0
    assert_equal "$(s3_check_folder files 'o d%d/+é')" "$i" "objects"
}

@test "more than a page of keys, and a second run that sends nothing" {
    bucket
    mkdir files
    some_bytes 1300 | split -b 1 -a 5 -d - files/f-
    make_list files list
    run accession ingest files "s3://$BUCKET/many" -m list --json
    assert_status 0
    run accession ingest files "s3://$BUCKET/many" -m list --json
    assert_status 0
    assert_equal "$(summary sent - <<<"$output")" 0 "sent again"
    run accession verify --level listed -m list "s3://$BUCKET/many"
    assert_status 0
}

@test "big multipart: 40 parts" {
    bucket
    mkdir big
    some_bytes 200M "$SEED" >big/x.bin
    make_list big list
    run accession ingest big "s3://$BUCKET/big" -m list --part-size 5M
    assert_status 0
    assert_equal "$(s3_check_folder big big)" 1 "objects"
    nothing_open big/
}

@test "uploads that were left open are listed and aborted" {
    bucket
    make_bag bag 1 3K
    add_payload bag large.bin 64M 2
    finish_bag bag
    relay_start 20M
    accession_in_background ingest bag "s3://$BUCKET/u" --no-progress --jobs 1 --part-size 5M --endpoint-url "$RELAY_URL"
    until_true relay_holds
    kill -KILL "$PROGRAM"
    wait "$PROGRAM" 2>/dev/null || true
    run accession uploads "s3://$BUCKET/u"
    assert_status 0
    assert_says large.bin
    run accession uploads --abort-own --older-than 0s "s3://$BUCKET/u"
    assert_status 0
    nothing_open u/
}

@test "the probe leaves nothing behind" {
    bucket
    run accession probe "s3://$BUCKET/p" --json
    assert_status 0
    nothing_open
    assert_equal "$(s3_curl GET "$BUCKET?list-type=2" -f | grep -c '<Key>' || true)" 0 "objects"
    [[ -z ${COMPAT_PROBE:-} ]] || printf '%s\n' "$output" >"$COMPAT_PROBE"
}
