#!/usr/bin/env bats
# What is nobody's fault: a disk that cannot be read, no descriptors left, a server that stands still or sends a
# few bytes a second. The delivery is never refused for it, and nothing is written twice unseen.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154,SC2030,SC2031

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
    inject=$(dirname "$ACCESSION")/tests/fault/fault-inject.so
    watcher=
}

teardown() {
    [[ -z $watcher ]] || kill -KILL "$watcher" 2>/dev/null || true
    [[ -z ${SCRIPTED_PID-} ]] || kill -CONT "$SCRIPTED_PID" 2>/dev/null || true
    scripted_stop
}

files() {
    mkdir files
    some_bytes 3000 1 >files/one
    some_bytes 3000 2 >files/two
    some_bytes 11M 3 >files/large
    make_list files list
}

# Its JSON Lines in $output, the rest in err.
ingest() {
    run ingest_apart "$@"
}

ingest_apart() {
    accession ingest files s3://bucket/p -m list --endpoint-url "$SCRIPTED_URL" --part-size 5M --jobs 1 --json "$@" 2>err
}

summary() {
    jq -r "select(.type == \"summary\") | .$1" <<<"$output"
}

all_there_once() {
    assert_status 0
    assert_equal "$(scripted_objects '[.[].key] | sort | join(" ")')" "p/large p/one p/two"
    assert_equal "$(scripted_uploads 'length')" 0 "open uploads"
}

# bats test_tags=slow
@test "EIO on reading or looking at the source, early or late: the run halts, refuses nothing, and the next one goes on" {
    files
    export ACC_FAULT_PATH=/files/ ACC_FAULT_LOG=$PWD/faults
    [[ -e $inject ]]
    local calls at reached
    for calls in pread,read stat; do
        at=1
        while :; do
            scripted_start ''
            rm -rf "$XDG_STATE_HOME" faults
            LD_PRELOAD=$inject ACC_FAULT=$calls:EIO:$at:0 ingest
            reached=$(od -An -t u8 -j 8 -N 8 faults | tr -d ' ')
            ((reached > 0)) || break
            assert_status 2
            assert_equal "$(summary outcome) $(summary failed)" "LOCAL 0" "after $calls $at"
            ingest
            all_there_once
            scripted_stop
            at=$((at + 1 + at / 2))
        done
        ((at > 5)) || fail "only $at of $calls"
    done
}

# each_failing CALLS:ERRNO ARGUMENTS...: whichever such call below $ACC_FAULT_PATH fails, accession ends with 2, or says
# what it says otherwise.
each_failing() {
    local at=0 reached=1 whole
    export ACC_FAULT_LOG=$PWD/faults
    whole=$(accession "${@:2}" 2>&1)
    while ((reached > 0)); do
        at=$((at + 1))
        rm -f faults
        run env LD_PRELOAD="$inject" ACC_FAULT="$1:$at" "$ACCESSION" "${@:2}"
        reached=$(od -An -t u8 -j 8 -N 8 faults | tr -d ' ')
        ((status == 2 && reached > 0)) || assert_equal "$status $output" "0 $whole" "after call $at"
    done
    ((at > 2)) || fail "only $((at - 1)) calls"
}

# bats test_tags=slow
@test "a bag that cannot be listed to its end has no fewer manifests" {
    make_bag bag 2 1K
    (cd bag && md5sum data/* >manifest-md5.txt && rm tagmanifest-*)
    ACC_FAULT_PATH=/bag each_failing readdir:EIO manifest check bag
    (cd bag && sha256sum data/*) >list
    ACC_FAULT_PATH=/bag each_failing stat:EIO manifest check bag -m list
    run env -u ACC_FAULT_LOG LD_PRELOAD="$inject" ACC_FAULT_PATH=/bag/bagit.txt ACC_FAULT=stat:ESTALE:1 \
        "$ACCESSION" manifest check bag -m list
    assert_status 2
    assert_says "bagit.txt: cannot be read: Stale file handle"
}

@test "a folder that cannot be looked through has no fewer lists" {
    mkdir folder
    some_bytes 1000 1 >folder/a
    (cd folder && sha512sum a >SHA512SUMS && sha256sum a >SHA256SUMS)
    ACC_FAULT_PATH=/folder each_failing stat:EIO manifest show folder
    ACC_FAULT_PATH=/folder each_failing stat:ESTALE manifest show folder
    (cd folder && mv SHA256SUMS a.sha256 && rm SHA512SUMS)
    ACC_FAULT_PATH=/folder each_failing readdir:EIO manifest show folder
}

@test "a folder that cannot be listed to its end becomes no bag, and keeps its files" {
    files
    mv files before
    local at
    for ((at = 1; at < 50; at++)); do
        rm -rf files && cp -r before files
        run env LD_PRELOAD="$inject" ACC_FAULT_PATH=/files ACC_FAULT=readdir:EIO:$at:0 \
            "$ACCESSION" manifest create files --format bagit
        ((status != 0)) || break
        assert_status 2
        [[ ! -e files/.accession-bag/data ]] || cp -r files/.accession-bag/data/. files
        rm -rf files/.accession-bag
        diff -r before files
    done
    ((at > 8))
    diff -r before files/data
}

@test "a server that is stopped for longer than the read timeout: each surplus version is reported" {
    files
    scripted_start 'config versioned=yes
on PutObject key=p/* nth=1 pass delay=10ms'
    accession ingest files s3://bucket/p -m list --endpoint-url "$SCRIPTED_URL" --part-size 5M --json \
        --read-timeout 3s >out 2>err </dev/null 3>&- &
    local run=$!
    until_true scripted_has 1 'PutObject|CreateMultipartUpload'
    kill -STOP "$SCRIPTED_PID"
    sleep 6 # what is tested is that the client gives up and asks again meanwhile
    kill -CONT "$SCRIPTED_PID"
    wait "$run" || status=$?
    output=$(<out)
    local copies
    copies=$(scripted_objects '(length) - ([.[].key] | unique | length)')
    [[ ${status:-0} != 0 ]] || assert_equal "$(summary surplus)" "$copies" "surplus versions reported, and there"
    ingest
    assert_status 0
    assert_equal "$(scripted_objects '[.[].key] | unique | sort | join(" ")')" "p/large p/one p/two"
    assert_equal "$(scripted_uploads 'length')" 0 "open uploads"
}

@test "an answer that drips three bytes a second ends, and so does the run" {
    files
    scripted_start 'on ListObjectsV2 pass drip=330ms'
    ingest --read-timeout 2s --retries 1
    assert_status 5
    scripted_scenario ''
    ingest
    all_there_once
}

@test "a watcher without descriptors never moves an arrival to rejected/" {
    local limit
    scripted_start ''
    for limit in 12 18 20 22 24; do
        rm -rf drop log && mkdir -p "drop/bag-$limit"
        files=drop/bag-$limit
        make_bag "bag-$limit" 3 2K
        cp -r "bag-$limit"/. "$files"
        (
            ulimit -n "$limit"
            exec "$ACCESSION" watch --settle 1s --after move --endpoint-url "$SCRIPTED_URL" \
                --probe 1s "$PWD/drop" s3://bucket/in >log 2>&1 </dev/null 3>&-
        ) &
        watcher=$!
        # It ends, it archives, or it says what it lacks.
        until_true settled "$limit"
        kill -TERM "$watcher" 2>/dev/null || true
        wait "$watcher" || true
        watcher=
        [[ ! -e drop/rejected/bag-$limit ]] || fail "rejected with $limit descriptors: $(cat log drop/rejected/WHY.txt)"
        rm -rf "bag-$limit"
    done
}

settled() {
    ! kill -0 "$watcher" || [[ -e drop/done/bag-$1 || -e drop/rejected/bag-$1 ]] || grep -qi 'cannot be read: too many open files\|could not be finished now' log
}

@test "may write and not read, and the answer to Complete is lost: one version, and not reported as refused" {
    files
    scripted_start 'config versioned=yes
on Complete key=p/* nth=1 act then drop
on HeadObject|GetObject|ListParts key=p/* answer 403 AccessDenied'
    ingest
    assert_equal "$(scripted_objects '[.[] | select(.key == "p/large")] | length')" 1 "versions"
    assert_equal "$(summary failed)" 0 "refused"
    [[ $status == 0 || $status == 5 ]]
    scripted_scenario 'config versioned=yes'
    ingest
    all_there_once
}
