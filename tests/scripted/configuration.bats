#!/usr/bin/env bats
# The configuration file and the traces, over whole runs: a destination by name, what --debug shows,
# and what it must never show.
# bats expands @test, and $status and $output come from "run"; SCRIPTED_URL is the server's.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    unset "${!AWS_@}" ACCESSION_CONFIG
    export AWS_ACCESS_KEY_ID=AKIATEST AWS_SECRET_ACCESS_KEY=a-secret-to-keep AWS_REGION=us-east-1
    export AWS_SESSION_TOKEN=a-token-to-keep
    mkdir files "$HOME/.config" "$HOME/.config/accession"
    some_bytes 3000 1 >files/a
    some_bytes 12M 2 >files/large
    make_list files list
}

teardown() {
    scripted_stop
}

configure() {
    cat >"$HOME/.config/accession/accession.conf"
}

@test "a destination by name has its URL, server, ledger and receipts from the file" {
    scripted_start
    configure <<CONF
[archive]
url = s3://bucket/p
endpoint-url = $SCRIPTED_URL
ledger = ~/archive.db
receipts = ~/receipts
part-size = 5M
CONF
    run accession ingest files archive:sub -m list
    echo "$output"
    assert_equal "$status" 0
    assert_equal "$(scripted_objects length)" 2
    assert_equal "$(scripted_sha256 bucket p/sub/large)" "$(sha256sum <files/large | cut -d' ' -f1)"
    [[ -s $HOME/archive.db ]]
    compgen -G "$HOME/receipts/*.json"
    run accession status --ledger "$HOME/archive.db"
    [[ $output == *s3://bucket/p/sub* ]]
}

@test "a trace has requests, states, retries and commits, and no secret" {
    scripted_start 'on PutObject key=p/a nth=1 answer 503 SlowDown'
    run accession ingest files s3://bucket/p -m list --endpoint-url "$SCRIPTED_URL" --part-size 5M \
        --debug --debug-file trace
    echo "$output"
    cat trace
    assert_equal "$status" 0
    grep -qE '^[0-9T:.-]+Z s3 +PUT PutObject p/a -> 503 SlowDown, request [^,]+, [0-9]+ ms, attempt 1$' trace
    grep -qE 'Z retry +PutObject p/a again in [0-9]+ ms, after attempt 1$' trace
    grep -qE 'Z s3 +PUT PutObject p/a -> 200, request .* attempt 2$' trace
    grep -qE 'Z upload +p/large: ' trace
    grep -qE 'Z ledger +commit$' trace
    run ! grep -qE 'to-keep|[Ss]ignature|AKIATEST|Authorization' trace
}

@test "an area alone is traced, to standard error, without a torn progress block" {
    scripted_start
    ACCESSION_DEBUG=upload run accession ingest files s3://bucket/p -m list --endpoint-url "$SCRIPTED_URL"
    echo "$output"
    assert_equal "$status" 0
    [[ $output == *'Z upload  p/a: '* && $output != *'Z s3 '* && $output != *'Z ledger '* ]]
}

@test "accession alone says how to try it" {
    run accession
    assert_equal "$status" 2
    [[ $output == *'without a bucket of your own: tools/quickstart'* ]]
}

# stored KEY HEADER: what the server keeps with an object.
stored() {
    curl -sSfI "$SCRIPTED_URL/bucket/$1" | tr -d '\r' | sed -n "s/^$2: //Ip"
}

@test "rules by name: some files get other attributes, in one piece and in parts" {
    scripted_start
    mkdir files/masters
    some_bytes 5000 3 >files/masters/one.TIF
    some_bytes 12M 4 >files/masters/two.tif
    some_bytes 100 5 >files/notes.txt
    make_list files list
    configure <<CONF
storage-class = STANDARD_IA
tag = kind=any
[archive]
url = s3://bucket/p
endpoint-url = $SCRIPTED_URL
part-size = 5M
[archive.rule.masters]
match = *.tif, *.mxf
storage-class = DEEP_ARCHIVE
tag = kind=master
tag = keep=ever
[archive.rule.texts]
match = masters/*, *.txt
content-type = text/plain
CONF
    run accession ingest files archive: -m list
    assert_status 0
    assert_equal "$(stored p/files/masters/one.TIF x-amz-storage-class)" DEEP_ARCHIVE
    assert_equal "$(stored p/files/masters/two.tif x-amz-storage-class)" DEEP_ARCHIVE
    assert_equal "$(stored p/files/masters/two.tif x-amz-tagging-count)" 2
    assert_equal "$(stored p/files/notes.txt x-amz-storage-class)" STANDARD_IA
    assert_equal "$(stored p/files/notes.txt content-type)" text/plain
    assert_equal "$(stored p/files/a x-amz-tagging-count)" 1
    run accession config show
    assert_says "masters: match=*.tif, *.mxf; storage-class=DEEP_ARCHIVE; tag=kind=master; tag=keep=ever"
    # What is written on the line stands for the file's rules.
    run accession ingest files s3://bucket/q -m list --endpoint-url "$SCRIPTED_URL" \
        --rule 'few: match=notes.txt; storage-class=GLACIER' --storage-class STANDARD
    assert_status 0
    assert_equal "$(stored q/notes.txt x-amz-storage-class)" GLACIER
    assert_equal "$(stored q/masters/one.TIF x-amz-storage-class)" STANDARD
}

@test "rules by name: what the server does not accept is named before anything is sent" {
    scripted_start "on Create header=x-amz-storage-class:GLACEIR answer 400 InvalidStorageClass"
    run accession ingest files s3://bucket/p -m list --endpoint-url "$SCRIPTED_URL" \
        --rule 'good: match=*.tif; storage-class=GLACIER' --rule 'masters: match=large; storage-class=GLACEIR'
    assert_status 2
    assert_says "--storage-class GLACEIR of rule masters"
    assert_equal "$(scripted_objects length)" 0
    assert_equal "$(scripted_uploads length)" 0
}

@test "rules by name: mistakes are named, with their place" {
    local text
    while IFS='|' read -r text says; do
        run accession ingest files s3://bucket/p -m list --endpoint-url http://127.0.0.1:9 --rule "$text"
        assert_status 2
        assert_says "$says"
    done <<'MISTAKES'
match=*.tif; storage-class=GLACIER|has no name
masters: storage-class=GLACIER|is missing: which files
masters: match=*.tif; storage-clas=GLACIER|Did you mean storage-class?
masters: match=*.tif,; storage-class=GLACIER|empty pattern
masters: match=*.tif; checksum=sha256|is not an attribute that a rule can set
masters: match=*.tif; retain-until=soon; object-lock-mode=GOVERNANCE|rule masters
masters: match=*.tif; GLACIER|is not KEY=VALUE
masters: match=*.tif; legal-hold=perhaps|--rule masters: legal-hold
MISTAKES
    configure <<'CONF'
[archive]
url = s3://bucket/p
[archive.rule.masters]
match = *.tif
storage-klass = GLACIER
CONF
    run accession ingest files archive: -m list
    assert_status 2
    assert_says "accession.conf:5: storage-klass: not an attribute that a rule can set. Did you mean storage-class?"
}

@test "a destination by name: a folder for SOURCE, wherever a URL is taken, and corrected as it was typed" {
    scripted_start
    configure <<CONF
[maps]
url = s3://bucket/maps
endpoint-url = $SCRIPTED_URL
CONF
    mkdir one two
    some_bytes 100 1 >one/a
    some_bytes 100 2 >two/a
    make_list one sums && mv sums one/SHA256SUMS
    make_list two sums && mv sums two/SHA256SUMS
    run accession ingest one maps:
    assert_status 0
    assert_says "archiving to s3://bucket/maps/one"
    run accession verify one maps:
    assert_status 0
    assert_equal "$(scripted_objects '[.[].key] | sort | join(" ")')" maps/one/a
    # Another delivery in its place: the right command is named by the same name.
    run accession ingest two maps:one
    assert_status 1
    assert_says "accession ingest two maps:one/two"
    run accession ingest two maps
    assert_status 2
    assert_says "Did you mean maps:?"
    run accession config show maps:
    assert_status 0
    assert_equal "$(grep -c s3://bucket/maps <<<"$output")" 1
    run accession report --format csv --url maps:one
    assert_status 0
    assert_says maps/one/a
    run accession ledger rebuild --ledger other.db maps:
    assert_status 0
}

@test "a destination by name where a file or a folder belongs is refused, and what is meant is named" {
    scripted_start
    configure <<CONF
[maps]
url = s3://bucket/maps
endpoint-url = $SCRIPTED_URL
CONF
    accession ingest --quiet -m list files maps:files
    run accession restore maps:files maps:back
    assert_status 2
    assert_says "maps:back: names a destination, and a folder belongs here. For a folder of that name, write ./maps:back."
    [[ ! -e maps:back ]]
    run accession restore maps:files ./maps:back
    assert_status 0
    cmp files/a maps:back/a
    # Of several, too; and once the folder exists, its name is enough.
    run accession restore maps:files s3://bucket/maps/files/ maps:
    assert_status 2
    run accession restore maps:files maps:back
    assert_status 0
    run accession ingest maps:files s3://bucket/again
    assert_status 2
    assert_says "maps:files: names a destination, and SOURCE is a folder, a package or a URL. Write s3://bucket/maps/files, with --source-profile or --source-endpoint-url if the source has its own."
    # The one word of a local verification is its source, and the section's server is asked.
    run accession verify --local -m list maps:files
    assert_status 0
    run accession manifest create maps:files
    assert_status 2
    assert_says "Write s3://bucket/maps/files"
    run accession watch maps:files maps:in
    assert_status 2
    assert_says "a folder belongs here"
    # A pattern is no place.
    run accession find maps:files
    refute_says "a folder belongs here"
    refute_says "s3://"
}

@test "another server's bag: the ledger knows the --endpoint-url that was forgotten" {
    scripted_start
    mkdir one
    some_bytes 100 1 >one/a
    make_list one sums && mv sums one/SHA256SUMS
    accession ingest -q one s3://bucket/one --endpoint-url "$SCRIPTED_URL"
    run accession verify s3://bucket/one
    assert_status 2
    assert_says "add --endpoint-url $SCRIPTED_URL."
    run accession restore s3://bucket/one back
    assert_status 2
    assert_says "add --endpoint-url $SCRIPTED_URL."
    run accession verify --retries 0 one s3://bucket/one --endpoint-url http://127.0.0.1:9
    assert_status 5
    assert_says "add --endpoint-url $SCRIPTED_URL."
    # A URL that the ledger does not know has no such advice.
    run accession verify s3://bucket/two
    assert_status 2
    [[ $output != *"--endpoint-url"* ]]
}

@test "a folder of bags is no bag: its bags are proposed" {
    local bag
    for bag in in/one in/two; do
        mkdir -p "$bag/data"
        printf 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n' >"$bag/bagit.txt"
    done
    run accession ingest in s3://bucket/p --endpoint-url http://127.0.0.1:9
    assert_status 2
    assert_says "It holds several bags: name them, as in $PWD/in/*."
}
