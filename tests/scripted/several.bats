#!/usr/bin/env bats
# One command for several sources: each is a run of its own, one that fails does not keep the others
# back, what concerns the bucket does, and the same command goes on.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    unset ACCESSION_ARCHIVE_MANIFEST # common_setup leaves the lists behind
    local name
    for name in one two three four; do
        mkdir -p "in/$name/x"
        echo "$name" >"in/$name/x/f"
        (cd "in/$name" && sha256sum x/f >SHA256SUMS)
    done
}

teardown() {
    scripted_stop
}

several() {
    run accession "$1" --endpoint-url "$SCRIPTED_URL" "${@:2}"
}

# holds NAME...: these and no others lie below the prefix, whole.
holds() {
    local name want
    want=$(for name in "$@"; do printf '%s\n' "a/$name/SHA256SUMS" "a/$name/x/f"; done | sort)
    assert_equal "$(scripted_objects '.[].key' | sort)" "$want" "objects"
}

@test "each source goes to DESTINATION/NAME, and one that fails keeps no other back" {
    scripted_start ''
    echo changed >in/three/x/f
    several ingest --parallel 2 in/one in/two in/three/ in/four s3://bucket/a
    assert_status 1
    assert_says "3 of 4 sources done, 1 failed"
    assert_says "in/three/: 1 of 2 files was refused (exit status 1)"
    holds one two four
    assert_says "accession report --format html --run $(ledger_query "$XDG_STATE_HOME/accession/ledger.db" \
        "SELECT name FROM run WHERE outcome = 'DIGEST'")"
}

@test "on a terminal: how many have ended, in the status line and in the window's title" {
    scripted_start ''
    run script -qec "'$ACCESSION' ingest --title always --endpoint-url '$SCRIPTED_URL' in/one in/two s3://bucket/a" /dev/null
    assert_status 0
    assert_says "1 of 2 ended"
    assert_says $'\e[22;2t\e]2;0% ingest: 0 of 2\e\\'
    assert_says $'\e]2;50% ingest: 1 of 2\e\\'
    assert_says $'\e]2;100% ingest: 2 of 2\e\\'
    assert_says $'\e[23;2t'
    run script -qec "'$ACCESSION' ingest --title never --endpoint-url '$SCRIPTED_URL' in/one in/two s3://bucket/b" /dev/null
    assert_status 0
    refute_says $'\e]2;'
}

@test "the sources of a list, as JSON Lines that say whose they are" {
    scripted_start ''
    mkdir in/bare
    printf '\xEF\xBB\xBF%s\r\n' "# today's" >list # as an editor on Windows writes it
    printf '%s\r\n' in/one in/bare >>list
    several ingest --json --sources-from list s3://bucket/a/
    assert_status 2
    holds one
    assert_equal "$(jq -r 'select(.type == "summary" and .delivery == "in/one").exit_status' <<<"$output")" 0 "of one"
    assert_equal "$(jq -r 'select(.type == "summary" and .delivery == "in/bare").exit_status' <<<"$output")" 2 "of bare"
    assert_equal "$(jq -c 'select(.type == "batch") | [.sources, .succeeded, .failed, .not_begun, .exit_status]' \
        <<<"$output")" "[2,1,1,0,2]" "the batch"
    assert_equal "$(jq -r 'select(.type == "batch").failures[].delivery' <<<"$output")" in/bare "failures"
    several ingest --sources-from - s3://bucket/a/ <<<"in/two"
    assert_status 0
    holds one two
}

@test "a bucket that refuses writes ends the batch; the same command completes it" {
    scripted_start 'on PutObject key=a/two/* answer 403 AccessDenied
on UploadPart key=a/two/.accession-probe* answer 403 AccessDenied'
    several ingest in/one in/two in/three in/four s3://bucket/a
    assert_status 3
    assert_says "1 of 4 sources done, 1 failed, 2 not begun"
    assert_says "Nothing is lost."
    holds one
    scripted_scenario ''
    several ingest in/one in/two in/three in/four s3://bucket/a
    assert_status 0
    assert_says "4 of 4 sources done"
    holds one two three four
}

@test "a signal goes to the runs in progress, and nothing more begins" {
    scripted_start 'on PutObject key=a/two/x/f nth=1 stall'
    "$ACCESSION" ingest --parallel 1 --endpoint-url "$SCRIPTED_URL" in/one in/two in/three s3://bucket/a >out 2>&1 3>&- &
    local batch=$!
    until_true scripted_has 1 PutObject stall
    kill -TERM "$batch"
    status=0
    wait "$batch" || status=$?
    output=$(<out)
    assert_status 143
    assert_says "1 of 3 sources done, 1 failed, 1 not begun"
    assert_equal "$(ledger_query "$XDG_STATE_HOME/accession/ledger.db" "SELECT count(*) FROM run WHERE finished IS NULL")" 0 \
        "runs without an end"
    scripted_scenario ''
    several ingest in/one in/two in/three s3://bucket/a
    assert_status 0
    holds one two three
}

@test "slices divide the sources: each is in one of them" {
    scripted_start ''
    printf '%s\n' in/* >list
    local slice
    for slice in 1 2 3; do
        SLURM_ARRAY_TASK_ID=$((slice + 6)) SLURM_ARRAY_TASK_MIN=7 SLURM_ARRAY_TASK_COUNT=3 \
            several ingest --json --slice auto --sources-from list s3://bucket/a
        assert_status 0
        jq -r 'select(.type == "batch").sources' <<<"$output" >>counts
    done
    assert_equal "$(paste -sd+ counts | bc)" 4 "sources of all slices"
    holds one two three four
    for slice in 0 1 2; do
        JOB_COMPLETION_INDEX=$slice several ingest --json --slice auto/3 --sources-from list s3://bucket/a
        assert_status 0
        jq -r 'select(.type == "batch").sources' <<<"$output" >>again
    done
    assert_equal "$(<again)" "$(<counts)" "the same slices"
}

@test "a list in the configuration is for the batch, not for its runs" {
    scripted_start ''
    printf '%s\n' in/one in/two >list
    printf 'sources-from = list\nslice = 1/1\n[archive]\nurl = s3://bucket\nendpoint-url = %s\n' "$SCRIPTED_URL" >conf
    run accession ingest --config conf archive:a
    assert_status 0
    assert_says "2 of 2 sources done"
    holds one two
}

@test "a list with zero bytes is refused, and a source that is gone keeps its slice" {
    scripted_start ''
    printf 'in/one\0in/two\0' >list
    several ingest --sources-from list s3://bucket/a
    assert_status 2
    assert_says "has a zero byte"
    # What cannot be read to its end is no shorter list.
    { echo in/one && head -c 300M /dev/zero | tr '\0' a; } >list
    run bash -c 'ulimit -v 400000 && "$0" ingest --endpoint-url "$1" --sources-from list s3://bucket/a' "$plain_accession" "$SCRIPTED_URL"
    assert_status 2
    assert_says "cannot be read to its end"
    tar -C in -cf pack.tar one
    printf '%s\n' pack.tar >list
    several ingest --json --slice 1/2 --sources-from list s3://bucket/a
    here=$(jq -r 'select(.type == "batch").sources' <<<"$output")
    rm pack.tar
    several ingest --json --slice 1/2 --sources-from list s3://bucket/a
    assert_equal "$(jq -r 'select(.type == "batch").sources' <<<"$output")" "$here" "sources of the slice"
}

@test "a destination by name: each run has what is configured for it" {
    scripted_start ''
    printf '[archive]\nurl = s3://bucket\nendpoint-url = %s\njobs = 3\n' "$SCRIPTED_URL" >conf
    run accession ingest --config conf in/one in/two archive:a
    assert_status 0
    holds one two
}

@test "verify takes several sources, too: at the destination, and here" {
    scripted_start ''
    several ingest in/one in/two in/three s3://bucket/a
    assert_status 0
    several verify in/one in/two in/three s3://bucket/a
    assert_status 0
    assert_says "3 of 3 sources done"
    echo other >in/two/x/f
    several verify --local in/one in/two
    assert_status 1
    assert_says "1 of 2 sources done, 1 failed"
}

@test "a list found in the source is no stranger in the bucket, but another file of its name is" {
    scripted_start ''
    several ingest in/one s3://bucket/a/one
    assert_status 0
    several verify in/one s3://bucket/a/one
    assert_status 0
    rm "$XDG_STATE_HOME/accession/ledger.db"
    several verify in/one s3://bucket/a/one # by its ETag
    assert_status 0
    sed -i 's/x\/f/x\/g/' in/one/SHA256SUMS
    mv in/one/x/f in/one/x/g
    several verify in/one s3://bucket/a/one
    assert_status 1
    assert_says "neither the ledger nor its ETag shows that it has the same content"
}

# back FOLDER NAME...: these and no others came back, as they were.
back() {
    local name
    assert_equal "$(find "$1" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort)" "$(printf '%s\n' "${@:2}" | sort)" "in $1"
    for name in "${@:2}"; do diff -r "in/$name" "$1/$name"; done
}

@test "restore: each of several bags comes back to FOLDER/NAME, and one that is damaged keeps no other back" {
    scripted_start ''
    several ingest --quiet in/* s3://bucket/a
    several restore --parallel 2 s3://bucket/a/one s3://bucket/a/two/ back
    assert_status 0
    assert_says "2 of 2 sources done"
    assert_says "s3://bucket/a/one: 2 files"
    back back one two
    echo damaged | curl -sSf -X PUT -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' --data-binary @- "$SCRIPTED_URL/bucket/a/three/x/f"
    printf '[archive]\nurl = s3://bucket\nendpoint-url = %s\n' "$SCRIPTED_URL" >conf
    printf '%s\n' archive:a/four s3://bucket/a/three >list
    several restore --config conf --sources-from list archive:a/one more
    assert_status 1
    assert_says "2 of 3 sources done, 1 failed"
    [[ ! -e more/three/x/f ]] || fail "the damaged one came back"
    rm -r more/three
    back more one four
    several restore s3://bucket/a/one s3://bucket/a/two
    assert_status 2
    assert_says "FOLDER is missing"
    several restore -m list s3://bucket/a/one s3://bucket/a/two back
    assert_status 2
    assert_says "--manifest: belongs to one bag"
}

@test "restore: slices of what is on record below a URL bring each bag back once, where a restore of all does" {
    local slice
    scripted_start ''
    several ingest --quiet in/* s3://bucket/deep/a
    for slice in 1 2 3; do
        JOB_COMPLETION_INDEX=$((slice - 1)) several restore --json --slice auto/3 s3://bucket/deep/ back
        assert_status 0
        jq -r 'select(.type == "batch").sources' <<<"$output" >>counts
    done
    assert_equal "$(paste -sd+ counts | bc)" 4 "bags of all slices"
    back back/a one two three four
    several restore --json s3://bucket/deep back
    assert_status 0
    assert_equal "$(jq -r 'select(.type == "summary").already' <<<"$output")" 8 "files that a restore of all finds"
}

@test "a source whose own server is away keeps no other back" {
    scripted_start ''
    (cd in/two && curl -sSf -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' \
        -T SHA256SUMS "$SCRIPTED_URL/source/two/SHA256SUMS" -T x/f "$SCRIPTED_URL/source/two/x/f")
    scripted_scenario 'on ListObjectsV2 bucket=source answer 503 ServiceUnavailable'
    several ingest --retries 0 in/one s3://source/two in/three s3://bucket/a
    assert_status 5
    assert_says "the source's server keeps failing"
    assert_equal "$(scripted_objects '[.[] | select(.bucket == "bucket") | .key] | sort | join(" ")')" \
        "a/one/SHA256SUMS a/one/x/f a/three/SHA256SUMS a/three/x/f"
    scripted_scenario ''
    several ingest --retries 0 in/one s3://source/two in/three s3://bucket/a
    assert_status 0
}
