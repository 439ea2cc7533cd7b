#!/usr/bin/env bats
# The manifest and the file are corrected between two runs of the same command, the first of which
# was killed: what it had sent or begun is compared with the new promise, and never counts as kept.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    mkdir src
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
    scripted_stop
}

# deliver ALGORITHM SIZE SEED: src/f, and a list of it as CSV.
deliver() {
    some_bytes "$2" "$3" >src/f
    printf 'path,%s\nf,%s\n' "$1" "$("${1}sum" <src/f | cut -d' ' -f1)" >list.csv
}

sha256_of_file() {
    sha256sum <src/f | cut -d' ' -f1
}

# killed_when CONDITION...: an ingest, killed when the condition holds.
killed_when() {
    accession_in_background ingest -m list.csv src s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    until_true "$@"
    kill -KILL "$PROGRAM"
    ended 137
    scripted_scenario ''
}

# outcome STATUS "SENT ALREADY CONFLICTS" [OPTION...]: of the next ingest.
outcome() {
    run accession ingest --json -m list.csv src s3://bucket/a --endpoint-url "$SCRIPTED_URL" "${@:3}"
    assert_status "$1"
    assert_equal "$(jq -r 'select(.type == "summary") | "\(.sent) \(.already) \(.conflicts)"' <<<"$output")" "$2"
}

parts_held() {
    [ "$(scripted_uploads '[.[] | select(.key == "a/f") | .parts | length] | add')" = "$1" ]
}

parts_recorded() {
    [ "$(ledger_query "$XDG_STATE_HOME/accession/ledger.db" 'SELECT count(*) FROM part')" = "$1" ]
}

# bats test_tags=slow
@test "killed after the write acted, then corrected: a conflict, however often it is asked" {
    while read -r operation size corrected algorithm dry; do
        scripted_start "on $operation key=a/f nth=1 act then stall"
        rm -rf "$XDG_STATE_HOME"
        deliver "$algorithm" "$size" 1
        first=$(sha256_of_file)
        killed_when scripted_keeps bucket a/f
        deliver "$algorithm" "$corrected" 2
        # A dry run reads nothing: it knows by the upload that was killed, or by the server's SHA-256.
        case $dry in
        conflict) outcome 1 "0 0 1" --dry-run ;;
        compare) outcome 0 "0 0 0" --dry-run ;;
        esac
        assert_equal "$(jq -r 'select(.type == "summary") | "\(.to_send) \(.to_compare)"' <<<"$output")" \
            "0 $([[ $dry == compare ]] && echo 1 || echo 0)"
        outcome 1 "0 0 1"
        outcome 1 "0 0 1"
        assert_equal "$(scripted_sha256 bucket a/f)" "$first" "the object"
        assert_equal "$(scripted_objects '[.[] | select(.key == "a/f")] | length')" 1 versions
        assert_equal "$(scripted_uploads length)" 0 "open uploads"
        # What was sent first is what the first list promised.
        deliver "$algorithm" "$size" 1
        outcome 0 "0 1 0"
        scripted_stop
    done <<'END'
Complete 20M 20M sha256 conflict
Complete 20M 21M sha256 conflict
Complete 20M 20M md5 conflict
Complete 20M 20M sha512 conflict
PutObject 4K 4K sha256 conflict
PutObject 4K 4K md5 compare
END
}

# bats test_tags=slow
@test "killed amid its parts, then corrected: the upload ends, and the object says the new SHA-256" {
    while read -r corrected algorithm; do
        scripted_start 'on UploadPart key=a/f part=2 nth=1 act then stall'
        rm -rf "$XDG_STATE_HOME"
        deliver sha256 20M 1
        until_parts() { parts_held 3 && parts_recorded 2; }
        killed_when until_parts
        old=$(scripted_uploads '.[] | select(.key == "a/f") | .upload')
        deliver "$algorithm" "$corrected" 2
        outcome 0 "1 0 0"
        assert_equal "$(scripted_requests 'Abort.*' '20[04]' | grep -cF " $old ")" 1 "the old upload aborted"
        assert_equal "$(scripted_uploads length)" 0 "open uploads"
        assert_equal "$(scripted_sha256 bucket a/f)" "$(sha256_of_file)" "the object"
        said=$(curl -sSfI "$SCRIPTED_URL/bucket/a/f" | tr -d '\r' | awk 'tolower($1) == "x-amz-meta-sha256:" { print $2 }')
        case $algorithm in
        sha256) assert_equal "$said" "$(sha256_of_file)" x-amz-meta-sha256 ;;
        *) assert_equal "$said" "" x-amz-meta-sha256 ;; # not known when the upload begins
        esac
        scripted_stop
    done <<'END'
20M sha256
21M sha256
20M md5
END
}

@test "an object that was replaced and put back by another client is proven anew, and the receipt has it" {
    scripted_start ''
    echo first >src/f
    sha256sum src/f | sed 's# src/# #' >list
    accession ingest --quiet -m list src s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    echo other | curl -sSf -X PUT --data-binary @- "$SCRIPTED_URL/bucket/a/f"
    run accession ingest -m list src s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    assert_status 1
    curl -sSf -X PUT --data-binary @src/f "$SCRIPTED_URL/bucket/a/f"
    run accession ingest --json -m list src s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    assert_status 0
    receipt=$(jq -r 'select(.type == "summary").receipt' <<<"$output")
    assert_equal "$(jq -r '.entries[] | [.outcome, .archived.digests.sha256] | @tsv' "$receipt")" \
        "$(printf 'already\t%s' "$(cut -d' ' -f1 list)")" "receipt"
    [[ $(jq -r '.entries[].archived.proof' "$receipt") != ledger ]]
}
