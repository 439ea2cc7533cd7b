#!/usr/bin/env bats
# Reports of what really happened: an ingest into the sandbox, reported from its ledger.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers

setup() {
    common_setup
    new_bucket versioned
    mkdir folder
    local name
    for name in 'a b ' $'new\nline' '100%25' 'back\slash' '=1+1' '</script>' 'e<&>"' '🗝'; do
        mkdir -p "$(dirname "folder/$name")"
        printf '%s' "$name" >"folder/$name"
    done
    make_list folder list
}

ingest() {
    accession ingest --quiet --manifest list folder "s3://$BUCKET/some/prefix"
}

# fetch FOLDER: what `accession report --format manifest` names, by another client.
fetch() {
    local path
    while IFS= read -r -d '' path; do
        mkdir -p "$(dirname "$1/$path")"
        s3_get "some/prefix/$path" "$1/$path"
    done < <(cd folder && find . -type f -printf '%P\0')
}

@test "report: the manifest checks a copy that another client fetched" {
    ingest
    fetch copy
    accession report --format manifest >archived
    (cd copy && sha256sum -c --strict --quiet ../archived)
    assert_equal "$(wc -l <archived)" 8
    printf x >>'copy/=1+1'
    cd copy
    run sha256sum -c --quiet ../archived
    assert_status 1
}

@test "report: PREMIS of a real run is valid, and has the versions" {
    ingest
    accession report --format premis --output premis.xml
    xmllint --noout --schema "$repository/manifests/schema/premis-profile.xsd" premis.xml
    local version
    version=$(accession report --format json | jq -r '.entries[0].archived.version_id')
    grep -qF "versionId=${version//+/%2B}" premis.xml
}

@test "report: a refused file is in every format, with the reason" {
    flip_byte 'folder/=1+1' 0
    run ingest
    assert_status 1
    accession report --format csv | grep '^=1+1,' | grep -q ',failed,DIGEST,'
    accession report --format html | grep -q '7 of 8 files archived and verified'
    accession report --format html | grep -q 'sha256 differs'
    assert_equal "$(accession report --format manifest | grep -c '=1+1' || true)" 0
    accession report --format premis >premis.xml
    assert_equal "$(xmllint --xpath "count(//*[local-name()='eventOutcome'][.='failure'])" premis.xml)" 2
}

@test "report: an earlier run is reported as it was, after a later one corrected it" {
    flip_byte 'folder/=1+1' 0
    run ingest
    accession report --format json >then.json
    flip_byte 'folder/=1+1' 0
    ingest
    local name
    name=$(jq -r .run.name then.json)
    accession report --run "$name" --format json | cmp - then.json
    assert_equal "$(accession report --format json | jq -c '[.counts.archived, .counts.already, .counts.failed]')" '[1,7,0]'
}

@test "report: is the receipt that the run wrote" {
    ingest
    accession report --format json >report.json
    cmp report.json "$XDG_STATE_HOME"/accession/receipts/*.json
}
