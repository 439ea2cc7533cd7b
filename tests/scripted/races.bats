#!/usr/bin/env bats
# Two ingests of different content to one key at the same instant, on servers that differ in what
# they make of If-None-Match: one of the two always knows, and says so. archive.bats has the same on
# the real gateway; here both look before either writes, every time.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
}

teardown() {
    scripted_stop
}

# race SCENARIO SIZE: bags "one" and "two", each with data/x.bin of SIZE, different; both concurrently. Sets
# ONE and TWO to their exit statuses; their summaries are one.json and two.json. What both ask before
# they write is answered late, so that both have asked before either writes.
race() {
    local a b name
    scripted_start "$1
on HeadObject|ListObjectsV2 pass delay=500ms"
    for name in one two; do
        mkdir -p $name/data
        some_bytes "$2" "${#name}$([[ $name == one ]] && echo 1 || echo 2)" >$name/data/x.bin
        (cd $name && sha256sum data/x.bin >../$name.sha256)
    done
    compete one & a=$!
    compete two & b=$!
    ONE=0 TWO=0
    wait $a || ONE=$?
    wait $b || TWO=$?
}

compete() {
    accession ingest "$1" s3://bucket/a -m "$1.sha256" --ledger "$1.db" --json \
        --endpoint-url "$SCRIPTED_URL" >"$1.json" 2>"$1.err" 3>&-
}

field() {
    jq -r "select(.type == \"summary\") | .$2" "$1.json"
}

# Never silent: not both say 0; where there are no versions, what is visible is of the one who said 0.
never_silent() {
    if ((ONE == 0 && TWO == 0)); then
        echo "both said that all is well"
        cat one.json two.json
        return 1
    fi
    # The loser reported its own message, and no run broke down.
    ((ONE <= 1 && TWO <= 1))
    local name
    for name in one two; do
        [[ ${1:-} == versioned || $(field $name exit_status) != 0 ]] ||
            assert_equal "$(scripted_sha256 bucket a/data/x.bin)" "$(sha256sum <$name/data/x.bin | cut -d' ' -f1)" \
                "what is visible, by $name"
    done
}

# guarantee WORD: what the run that won says of it.
guarantee() {
    local name
    for name in one two; do
        [[ $(field $name exit_status) != 0 ]] || assert_equal "$(field $name write_once)" "$1" "guarantee"
    done
}

@test "small, conditional writes honoured" {
    race "" 4K
    never_silent
    assert_equal "$((ONE + TWO))" 1 "exactly one lost"
}

# bats test_tags=slow
@test "multipart, conditional writes honoured" {
    race "" 12M
    never_silent
    assert_equal "$((ONE + TWO))" 1 "exactly one lost"
}

# bats test_tags=slow
@test "multipart, honoured for PutObject only (Ceph RGW): one waits for the other, nothing is replaced" {
    race "config if-none-match=put" 12M
    never_silent
    assert_equal "$((ONE + TWO))" 1 "exactly one lost"
    assert_equal "$(scripted_count Complete.* 200)" 1 "completed uploads"
    guarantee claimed
}

@test "small, never honoured: one waits for the other, nothing is replaced" {
    race "config if-none-match=no" 4K
    never_silent
    assert_equal "$((ONE + TWO))" 1 "exactly one lost"
    guarantee claimed
    grep -q "another run is archiving here" one.json two.json
}

@test "multipart, and uploads may not be listed: says that it could only look" {
    scripted_start "config if-none-match=no
on ListMultipartUploads answer 403 AccessDenied"
    mkdir -p one/data
    some_bytes 12M 5 >one/data/x.bin
    (cd one && sha256sum data/x.bin >../one.sha256)
    compete one
    ONE=0 guarantee checked-again
    assert_equal "$(scripted_uploads length)" 0 "open uploads"
}

# a_claim NAME: one as another run makes it. The upload's id is CLAIM.
a_claim() {
    CLAIM=$(curl -sSf -X POST "$SCRIPTED_URL/bucket/a/.accession-probe/run-$1?uploads=" |
        sed -nE 's/.*<UploadId>([^<]+)<.*/\1/p')
}

end_claim() {
    curl -sSf -X DELETE "$SCRIPTED_URL/bucket/a/.accession-probe/run-$1?uploadId=$CLAIM"
}

@test "whichever of two names sorts first: it waits for a claim, and sends nothing before that ends" {
    local name pid status
    for name in 2020-01-01T00-00-00Z-0000 2099-01-01T00-00-00Z-0000; do
        scripted_start ""
        mkdir -p one/data
        some_bytes 4K 5 >one/data/x.bin
        (cd one && sha256sum data/x.bin >../one.sha256)
        rm -f one.db one.json
        a_claim $name
        compete one &
        pid=$! status=0
        until_true scripted_has 8 ListMultipartUploads
        assert_equal "$(scripted_count PutObject)" 0 "sent before"
        end_claim $name
        wait $pid || status=$?
        assert_equal "$status" 0 "exit status"
        grep -q "another run is archiving here ($name" one.json
        assert_equal "$(scripted_count PutObject 200)" 1 "sent afterwards"
        assert_equal "$(scripted_uploads length)" 0 "open uploads"
        scripted_stop
    done
}

@test "a killed run's claim: the next run with its ledger takes it away and does not wait" {
    scripted_start "on PutObject nth=1 stall"
    mkdir -p one/data
    some_bytes 4K 5 >one/data/x.bin
    (cd one && sha256sum data/x.bin >../one.sha256)
    "$ACCESSION" ingest one s3://bucket/a -m one.sha256 --ledger one.db \
        --endpoint-url "$SCRIPTED_URL" >/dev/null 2>&1 3>&- &
    local pid=$!
    until (($(scripted_uploads length) == 1)); do sleep 0.05; done
    kill -KILL $pid
    wait $pid || true
    compete one
    assert_equal "$(grep -c "another run is archiving here" one.json)" 0 "waited"
    assert_equal "$(scripted_uploads length)" 0 "open uploads"
}

@test "interrupted while it waits: ends immediately and leaves no claim" {
    scripted_start ""
    mkdir -p one/data
    some_bytes 4K 5 >one/data/x.bin
    (cd one && sha256sum data/x.bin >../one.sha256)
    a_claim 2020-01-01T00-00-00Z-0000
    env --default-signal=INT "$ACCESSION" ingest one s3://bucket/a -m one.sha256 --ledger one.db --json \
        --endpoint-url "$SCRIPTED_URL" >one.json 2>/dev/null 3>&- &
    local pid=$! status=0
    until_true scripted_has 8 ListMultipartUploads
    kill -INT $pid
    wait $pid || status=$?
    assert_equal "$status" 130 "exit status"
    assert_equal "$(scripted_uploads length)" 1 "open uploads: the other's"
}

@test "replaced by another client before the end of the run: reported" {
    scripted_start "on PutObject key=a/z.txt pass hold=99"
    mkdir -p one
    some_bytes 4K 1 >one/x.bin
    echo last >one/z.txt
    (cd one && sha256sum x.bin z.txt >../one.sha256)
    compete one &
    local pid=$! status_one=0
    until_true scripted_keeps bucket a/x.bin a/z.txt
    curl -sSf -X PUT --data-binary other "$SCRIPTED_URL/bucket/a/x.bin"
    scripted_scenario ""
    wait $pid || status_one=$?
    assert_equal "$status_one" 1 "exit status"
    assert_equal "$(jq -r 'select(.outcome == "conflict") | .path' one.json)" x.bin
    grep -q "replaced it" one.json
}

@test "versioned, not honoured (Ceph RGW): both versions stay, and the conflict is reported" {
    race "config if-none-match=no versioned=yes" 4K
    never_silent versioned
    assert_equal "$(scripted_objects '[.[] | select(.key == "a/data/x.bin")] | length')" 2 versions
    cat one.json two.json | grep -qE "another client"
}

@test "versioned multipart, not honoured: the younger steps back" {
    race "config if-none-match=no versioned=yes" 12M
    never_silent versioned
    assert_equal "$((ONE + TWO))" 1 "exactly one lost"
}

@test "the same content at the same instant is not a conflict" {
    scripted_start "on HeadObject|ListObjectsV2 delay=300ms pass"
    mkdir -p one/data two/data
    some_bytes 12M 5 | tee one/data/x.bin >two/data/x.bin
    (cd one && sha256sum data/x.bin | tee ../one.sha256 >../two.sha256)
    local a b
    compete one & a=$!
    compete two & b=$!
    wait $a
    wait $b
}
