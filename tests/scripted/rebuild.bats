#!/usr/bin/env bats
# accession ledger rebuild: a ledger from what lies in the bucket alone.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    scripted_start
    make_bag bag 3 100
    add_payload bag 'a 100% letter.txt' 50
    finish_bag bag
    accession ingest --quiet bag s3://bucket/in/bag --endpoint-url "$SCRIPTED_URL" --ledger led.db
}

teardown() {
    scripted_stop
}

rebuild() {
    run accession ledger rebuild --json --endpoint-url "$SCRIPTED_URL" --ledger new.db "$@"
}
counted() { jq -r "select(.type == \"recalled\") | .$1" <<<"$output"; }
told() { jq -r "select(.result == \"$1\") | .path + \": \" + .reason" <<<"$output"; }
# grounds_of PATH: on what the knowledge of that object rests.
grounds_of() {
    sqlite3 -readonly new.db "SELECT group_concat(ground, ' ') FROM (SELECT DISTINCT ground FROM heard h
        JOIN entry e ON e.id = h.entry WHERE e.path = '$1' ORDER BY 1)"
}
put() { curl -sSf --path-as-is -X PUT --data-binary @- "$SCRIPTED_URL/bucket/$1"; }
verify() { run accession verify --json --level read --endpoint-url "$SCRIPTED_URL" --ledger new.db "$@"; }

@test "a bag in the bucket is known again, each object with its grounds; verify and ingest go on" {
    rebuild s3://bucket/in
    ((status == 0))
    [[ $(counted sources) == 1 && $(counted conflict) == 0 && $(counted missing) == 0 ]]
    [[ $(counted grounds.manifest) == 7 && $(counted grounds.listed) == 8 ]]
    [[ $(grounds_of 'data/a 100% letter.txt') == *listed*manifest* ]]
    [[ $(grounds_of tagmanifest-sha256.txt) != *manifest* ]]
    # Nothing counts as archived or verified.
    [[ $(sqlite3 -readonly new.db 'SELECT (SELECT count(*) FROM object), (SELECT count(*) FROM outcome)') == '0|0' ]]
    accession ledger check --quiet --ledger new.db
    verify s3://bucket/in/bag
    ((status == 0))
    [[ $(jq -r 'select(.type == "summary").found.unchanged' <<<"$output") == 8 ]]
    run accession ingest --json bag s3://bucket/in/bag --endpoint-url "$SCRIPTED_URL" --ledger new.db
    ((status == 0))
    [[ $(sqlite3 -readonly new.db "SELECT count(*) FROM object WHERE proof IN ('read', 'server-checksum')") == 8 ]]
    # Once more: nothing new.
    rebuild s3://bucket/in
    ((status == 0))
    [[ $(counted new) == 0 ]]
}

@test "what another client changed is told, and verify finds it; what is missing is told" {
    some_bytes 100 9 >other
    curl -sSf -X PUT --data-binary @other -H "x-amz-meta-sha256: $(sha256sum other | cut -c1-64)" \
        "$SCRIPTED_URL/bucket/in/bag/data/file-000001.bin"
    curl -sSf -X DELETE "$SCRIPTED_URL/bucket/in/bag/data/file-000002.bin"
    rebuild s3://bucket/in/bag
    ((status == 1))
    [[ $(told conflict) == 'data/file-000001.bin: '*'manifest-sha256.txt says'* ]]
    [[ $(told missing) == 'data/file-000002.bin: a manifest names it'* ]]
    verify s3://bucket/in/bag
    ((status == 1))
    [[ $(jq -r 'select(.type == "check" and .finding != "unchanged") | .path + " " + .finding' <<<"$output" | sort) == \
        "data/file-000001.bin different-digest"$'\n'"data/file-000002.bin missing" ]]
}

@test "objects in no bag are of the prefix given; what nothing says of is unproven" {
    mkdir plans
    some_bytes 100 4 >plans/one
    make_list plans plans.sha256
    accession ingest --quiet -m plans.sha256 plans s3://bucket/plans --endpoint-url "$SCRIPTED_URL" --ledger led.db
    some_bytes 30 5 | put plans/stranger
    printf '' | put plans/folder/
    printf x | put plans/up/../strange
    rebuild s3://bucket/plans
    ((status == 0))
    # Named, though the ledger cannot hold them.
    assert_equal "$(counted no_path)" 2 "keys that are no paths"
    [[ $(told no_path) == "folder/: ends in '/'"*$'\n'"up/../strange: "* ]]
    run accession ledger rebuild --endpoint-url "$SCRIPTED_URL" --ledger other.db s3://bucket/plans
    assert_says "s3://bucket/plans/folder/: ends in '/', as folders of consoles do"
    assert_says "2  in the bucket under a key that no delivery can have"
    rebuild s3://bucket/plans
    [[ $(grounds_of one) == *metadata* && $(grounds_of stranger) == listed ]]
    verify s3://bucket/plans
    [[ $(jq -r 'select(.type == "check" and .finding != "extra") | .path + " " + .finding' <<<"$output" | sort) == \
        "one unchanged"$'\n'"stranger unproven" ]]
    [[ $output == *"nothing is known of its content"* ]]
}

@test "a manifest that cannot be read is told, and the other bags are known" {
    accession ingest --quiet bag s3://bucket/in/second --endpoint-url "$SCRIPTED_URL" --ledger led.db
    printf 'no digest here\n' | put in/bag/manifest-sha256.txt
    rebuild s3://bucket/in
    ((status == 1))
    [[ $(told conflict) == *'manifest-sha256.txt'* ]]
    verify s3://bucket/in/second
    ((status == 0))
    # Of one that is damaged behind good lines nothing is reported as known.
    { cat bag/manifest-sha256.txt && echo 'no digest here'; } | put in/bag/manifest-sha256.txt
    rm new.db
    rebuild s3://bucket/in/bag
    ((status == 1))
    [[ $(told conflict) == *'manifest-sha256.txt'* ]]
    [[ $(jq -r 'select(.ground == "manifest" and .result == "new") | .origin' <<<"$output" | sort -u) == s3://bucket/in/bag/tagmanifest-sha256.txt ]]
    # An algorithm that is not known here is no list of another format.
    printf '00  data/file-000000.bin\n' | put in/bag/manifest-blake9.txt
    rebuild s3://bucket/in/bag
    [[ $(told conflict) == *'manifest-blake9.txt: '* ]]
}

@test "an empty prefix and a refusing bucket say so; of an object that may not be asked about the listing tells" {
    rebuild s3://bucket/nothing
    ((status == 2))
    [[ $output$stderr == *"no object lies at or below it"* ]]
    scripted_scenario 'on HeadObject nth=3.. answer 403 AccessDenied'
    rebuild s3://bucket/in
    ((status == 0))
    (($(counted grounds.listed) == 8 && $(counted grounds.metadata) == 2))
    scripted_scenario 'on ListObjectsV2 answer 403 AccessDenied'
    rebuild s3://bucket/in
    echo "$status: $output"
    ((status == 3))
    [[ $output == *"AccessDenied"* ]]
    scripted_scenario ''
    rebuild s3://bucket/in
    ((status == 0))
    run accession ledger rebuild --ledger new.db
    ((status == 2))
}

@test "a bag's root as the bucket itself, and names that BagIt encodes or does not" {
    mkdir plain
    printf 'BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n' >plain/bagit.txt
    mkdir plain/data
    some_bytes 10 1 >plain/data/50%25.txt
    (cd plain && sha256sum data/* >manifest-sha256.txt)
    scripted_reset all
    accession ingest --quiet plain s3://bucket --endpoint-url "$SCRIPTED_URL" --ledger led.db
    rebuild s3://bucket
    ((status == 0))
    [[ $(grounds_of data/50%25.txt) == *manifest* ]]
    verify s3://bucket
    ((status == 0))
}

@test "status, list, find and show tell of it, with the grounds, and call nothing archived" {
    rebuild s3://bucket/in
    run accession list --json --ledger new.db
    [[ $(jq -r '"\(.url) \(.state) \(.archived) \(.reported) \(.due)"' <<<"$output") == 's3://bucket/in/bag reported 0 8 0' ]]
    run accession status --ledger new.db
    [[ $output == *"reported "*"8 files, 1,017 bytes, known from others alone"* && $output != *"last verified"* ]]
    run accession find --json --ledger new.db 'file-000001*'
    [[ $(jq -r '"\(.path) \(.archived)"' <<<"$output") == 'data/file-000001.bin false' ]]
    digest=$(sha256sum bag/data/file-000001.bin | cut -c1-12)
    run accession find --json --ledger new.db "$digest"
    [[ $(jq -r .path <<<"$output") == data/file-000001.bin ]]
    run accession show --json --ledger new.db s3://bucket/in/bag/data/file-000001.bin
    [[ $(jq -r 'select(.event == "reported").ground' <<<"$output" | sort | xargs) == 'listed manifest metadata server' ]]
    [[ $(jq -r 'select(.event == "reported" and .ground == "manifest") | "\(.origin) \(.line)"' <<<"$output") == \
        's3://bucket/in/bag/manifest-sha256.txt 3' ]]
    verify s3://bucket/in/bag
    run accession show --ledger new.db s3://bucket/in/bag/data/file-000001.bin
    [[ $output == *"reported by others, not verified here"*"verified"* ]]
}

@test "a URL above rebuilt bags covers them all" {
    accession ingest --quiet bag s3://bucket/in/second --endpoint-url "$SCRIPTED_URL" --ledger led.db
    rebuild s3://bucket
    ((status == 0))
    verify s3://bucket/in
    ((status == 0))
    [[ $(jq -r 'select(.type == "summary") | "\(.found.unchanged) \(.files)"' <<<"$output") == '16 16' ]]
}
