#!/usr/bin/env bats
# Success is proven: what was compared with nothing is never "already there", whatever the list's
# algorithm and however often the command is given; and an attempt changes nothing on record.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154,SC2030,SC2031

load ../lib/helpers

setup() {
    common_setup
    new_bucket
    mkdir src
    printf AAAA >src/f
    printf CCCC >src/g
}

# list ALGORITHM...: a list of the files as they are, as CSV.
list() {
    local file alg
    {
        echo "path$(printf ',%s' "$@")"
        for file in f g; do
            printf '%s' "$file"
            for alg in "$@"; do printf ',%s' "$("${alg}sum" <"src/$file" | cut -d' ' -f1)"; done
            echo
        done
    } >list.csv
}

# outcome STATUS SENT ALREADY CONFLICTS [OPTION...]: of an ingest by the list.
outcome() {
    run accession ingest --json -m list.csv "${@:5}" src "s3://$BUCKET/p"
    assert_status "$1"
    assert_equal "$(jq -r 'select(.type == "summary") | "\(.sent) \(.already) \(.conflicts)"' <<<"$output")" \
        "$2 $3 $4"
}

@test "other content under an archived name is a conflict, by every algorithm, however often it is asked" {
    list sha256
    outcome 0 2 0 0
    for algorithms in md5 sha1 sha512 "md5 sha512" "sha256 md5" sha256; do
        # shellcheck disable=SC2086 # several algorithms
        list $algorithms
        outcome 0 0 2 0
        outcome 0 0 2 0 --dry-run
        printf BBBB >src/f
        # shellcheck disable=SC2086
        list $algorithms
        outcome 1 0 1 1
        outcome 1 0 1 1
        printf AAAA >src/f
    done
}

@test "a list by another algorithm is compared over the local file, and then known" {
    list sha256
    outcome 0 2 0 0
    list sha512
    outcome 0 0 2 0
    assert_equal "$(grep -c '"proof":"file"' <<<"$output")" 2
    outcome 0 0 2 0
    assert_equal "$(grep -c '"proof":"ledger"' <<<"$output")" 2
}

# would ALREADY TO-SEND TO-COMPARE: what a dry run says, and does.
would() {
    outcome 0 0 "$1" 0 --dry-run
    assert_equal "$(jq -r 'select(.type == "summary") | "\(.to_send) \(.to_compare)"' <<<"$output")" "$2 $3"
}

@test "a dry run tells what would be sent from what could only be compared" {
    list sha256
    would 0 2 0
    outcome 0 2 0 0
    would 2 0 0
    printf EEEE >src/f
    printf NEW >src/h
    list sha256
    printf 'h,%s\n' "$(sha256sum <src/h | cut -d' ' -f1)" >>list.csv
    outcome 1 0 1 1 --dry-run
    assert_equal "$(jq -r 'select(.type == "summary") | "\(.to_send) \(.to_compare)"' <<<"$output")" "0 0" # a known conflict: nothing is sent
    printf AAAA >src/f
    rm src/h
    list sha512
    would 0 0 2
    run accession ingest --dry-run -m list.csv src "s3://$BUCKET/p"
    assert_says "to send  0"
    assert_says "to compare         2: the bucket has an object of that name"
}

@test "a local file that its list contradicts is refused, though the object is right" {
    list sha256
    outcome 0 2 0 0
    list md5
    printf DDDD >src/f
    run accession ingest -m list.csv src "s3://$BUCKET/p"
    assert_status 1
}

@test "after a conflict status, verify and every report agree on what is archived" {
    list sha256
    outcome 0 2 0 0
    archived=$(sha256sum <src/f | cut -d' ' -f1)
    printf BBBB >src/f
    refused=$(sha256sum <src/f | cut -d' ' -f1)
    list sha256
    outcome 1 0 1 1
    run accession status
    assert_says "2 files, 8 bytes"
    run accession report --format manifest
    assert_equal "$(wc -l <<<"$output")" 2
    assert_says "$archived  f"
    for format in csv premis html manifest; do
        run accession report --format "$format"
        # A reason may name what was refused; a digest of the object never does.
        case $format in
        premis) ! grep -q "<messageDigest>$refused" <<<"$output" ;;
        html) ! grep -q "<code>sha256 $refused" <<<"$output" ;;
        csv) ! grep -q "^f,[^\"]*$refused" <<<"$output" ;;
        manifest) ! grep -q "$refused" <<<"$output" ;;
        esac
    done
    run accession verify --level read "s3://$BUCKET/p"
    assert_status 0
    assert_says "2  unchanged"
}

@test "a damaged local file, whatever its size, is no conflict where the object is right" {
    list sha256
    outcome 0 2 0 0
    printf longer >src/f
    outcome 0 0 2 0
    run accession ingest --json --ledger other.db -m list.csv src "s3://$BUCKET/p"
    assert_equal "$(jq -r 'select(.type == "summary") | .conflicts' <<<"$output")" 0
}

@test "what another client replaced by a newer version keeps its line in the manifest report, below a comment" {
    new_bucket versioned
    list sha256
    outcome 0 2 0 0
    archived=$(sha256sum <src/f | cut -d' ' -f1)
    printf EEEE >foreign
    s3_put p/f foreign
    printf BBBB >src/f
    list sha256
    outcome 1 0 1 1
    run accession report --format manifest
    assert_says "# another client wrote a newer version of: f"
    assert_says "$archived  f"
    assert_equal "$(wc -l <<<"$output")" 3
}
