#!/usr/bin/env bats
# SOURCE in a bucket: what it archives is what the folder would have; an object that is replaced
# while it is read is refused; what is wrong with the source is never taken for the destination's.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    make_bag bag 5 3000
    mkdir -p bag/metadata
    printf 'a tag file' >bag/metadata/notes.txt
    : >bag/data/empty
    add_payload bag deep/er/large.bin 12000000
    finish_bag bag
    scripted_start ''
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
    scripted_stop
}

# deliver FOLDER URL: puts the files there as they are, with no ledger to know it.
deliver() {
    local file
    while read -r file; do
        curl -sSf -X PUT -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' --data-binary "@$1/$file" \
            "$SCRIPTED_URL/${2#s3://}/$file"
    done < <(cd "$1" && find . -type f -printf '%P\n')
}

# ingest STATUS [OPTION...]: s3://source/in/bag to s3://bucket/a.
ingest() {
    run accession ingest --json "${@:2}" s3://source/in/bag s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    assert_status "$1"
}

counts() {
    local names
    names=$(printf '.%s, ' "$@")
    jq -r "select(.type == \"summary\") | [${names%, }] | join(\" \")" < <(grep '^{' <<<"$output")
}

held() { scripted_objects "[.[] | select(.bucket == \"$1\") | {key: (.key | sub(\"^$2/\"; \"\")), size, sha256}] | sort_by(.key)"; }

# parts_sent N: of the large file.
parts_sent() { (($(scripted_requests UploadPart 200 | grep -c ' [a-z]*/data/deep/er/large.bin ') == $1)); }

# A part that was answered, and that the ledger doesn't know when its run is killed, is sent again.
part_on_record() { [[ $(ledger_query "$XDG_STATE_HOME/accession/ledger.db" 'SELECT count(*) FROM part' 2>/dev/null) == 1 ]]; }

@test "a bag in a bucket is archived as it is" {
    deliver bag s3://source/in/bag
    local delivered
    delivered=$(held source in/bag)
    ingest 0
    assert_equal "$(counts sent failed)" "12 0"
    assert_equal "$(held bucket a)" "$delivered"
    # Five tag files are read for the plan, and again to be sent; the large one is read in six ranges,
    # the empty one is not asked for.
    assert_equal "$(scripted_count GetObject '20.')" "$((11 + 5 + 5))"
    ingest 0
    assert_equal "$(counts sent already failed)" "0 12 0"
}

@test "a dry run and manifests: a list, given or found, for what lies below a prefix" {
    (cd bag/data && sha256sum ./*.bin empty >../../LIST)
    deliver bag/data s3://source/in/bag
    local -a options=(s3://source/in/bag/ s3://bucket/a --endpoint-url "$SCRIPTED_URL")
    run accession ingest -n -m LIST --allow-unlisted "${options[@]}"
    assert_status 0
    assert_says "nothing was sent"
    assert_equal "$(scripted_count GetObject)" 0
    run accession ingest -m LIST "${options[@]}"
    assert_status 1
    assert_says "deep/er/large.bin: is in the source, but no manifest names it"
    make_list bag/data SHA256SUMS
    mv SHA256SUMS bag/data
    deliver bag/data s3://source/in/bag
    run accession ingest --json s3://source/in/bag s3://bucket/b --endpoint-url "$SCRIPTED_URL"
    assert_status 0
    assert_says "s3://source/in/bag/SHA256SUMS"
    assert_equal "$(counts files sent failed)" "7 7 0"
}

@test "the source has its own server, region, profile and credentials" {
    local there log_there
    deliver bag s3://source/in/bag
    there=$SCRIPTED_URL log_there=$SCRIPTED_LOG
    curl -sSf -X PUT --data-binary 'config access-keys=AKIATHERE' "$there/_control/scenario"
    scripted_start 'config access-keys=id'
    mkdir -p "$HOME/.aws"
    printf '[other]\naws_access_key_id = AKIATHERE\naws_secret_access_key = s\n' >"$HOME/.aws/credentials"
    printf '[profile other]\nregion = eu-west-1\nendpoint_url = %s\n' "$there" >"$HOME/.aws/config"
    ingest 0 --source-profile other
    assert_equal "$(counts sent failed)" "12 0"
    ingest 0 --source-profile other --source-endpoint-url "$there" --into-existing
    assert_equal "$(scripted_count GetObject '20.')" 0
    awk '$2 !~ /HeadObject|ListObjectsV2|GetObject|PutObject/ { exit 1 }' "$log_there"
    # The destination's credentials are not the source's.
    ingest 2 --source-endpoint-url "$there"
    assert_says "the credentials for the source are not accepted"
    refute_says halt
    # What is wrong is named as it was said.
    ingest 2 --source-profile nobody
    assert_says "Correct --source-profile or AWS_PROFILE."
    ingest 2 --source-region 'eu west'
    assert_says "Correct --source-region"
    ingest 2 --source-endpoint-url ftp://there
    assert_says "Correct --source-endpoint-url."
    ingest 2 --profile nobody
    assert_says "Correct --profile or AWS_PROFILE."
}

@test "objects whose keys are no file's paths are reported, and folder markers are folders" {
    make_list bag/data LIST
    deliver bag/data s3://source/in/bag
    printf 'x' >x
    local key
    for key in a//b ./c d/; do
        curl -sSf --path-as-is -X PUT -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' --data-binary @x "$SCRIPTED_URL/source/in/bag/$key"
    done
    for key in '' deep/ none/; do
        curl -sSf -X PUT -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' --data-binary '' "$SCRIPTED_URL/source/in/bag/$key"
    done
    ingest 1 -m LIST
    assert_says "a//b: is in the source, but no manifest can name it: as a path it has an empty component"
    assert_says "./c: is in the source, but no manifest can name it: as a path it has a '.' component"
    assert_says "d/: is in the source, but no manifest can name it"
    assert_equal "$(counts sent unlisted failed)" "7 3 0"
    ingest 0 -m LIST --allow-unlisted
}

# bats test_tags=slow,threads
@test "an answer that breaks off is resumed, and one that is replaced meanwhile is refused" {
    deliver bag s3://source/in/bag
    local large=in/bag/data/deep/er/large.bin
    scripted_scenario "on GetObject key=$large nth=1 pass cut=50%
on GetObject key=$large nth=4 drop"
    ingest 0
    assert_equal "$(counts sent failed)" "12 0"
    local before
    before=$(scripted_count GetObject 206)
    # Ranges that are asked for after the object was replaced.
    scripted_scenario "on GetObject key=$large nth=1 pass hold=2"
    accession_in_background ingest --json s3://source/in/bag s3://bucket/b --endpoint-url "$SCRIPTED_URL"
    until_true scripted_has $((before + 5)) GetObject 206
    flip_byte bag/data/deep/er/large.bin 9000000
    deliver bag/data/deep s3://source/in/bag/data/deep
    scripted_scenario ''
    ended 1
    # At which of its ranges depends on what was asked for before.
    grep -E 'large.bin.*cannot be read at byte [1-9][0-9]+: was replaced in the bucket since it was listed' out.log
    scripted_keeps bucket b/data/file-000000.bin
    run ! scripted_keeps bucket b/data/deep/er/large.bin
    run ! scripted_keeps bucket b/bagit.txt
}

@test "an object that cannot be read is refused alone" {
    deliver bag s3://source/in/bag
    scripted_scenario 'on GetObject key=*/file-000001.bin answer 403 AccessDenied
on GetObject key=*/file-000002.bin answer 404 NoSuchKey
on GetObject key=*/file-000003.bin answer 500 InternalError'
    ingest 1 --retries 1
    assert_says "cannot be read at byte 0: GetObject in/bag/data/file-000001.bin -> 403 AccessDenied"
    assert_says "was deleted in the bucket since it was listed"
    assert_says "-> 500 InternalError"
    assert_equal "$(counts sent failed)" "4 3"
    scripted_scenario ''
    ingest 0
    assert_equal "$(counts sent already failed)" "8 4 0"
}

# bats test_tags=slow
@test "a source that is lost as a whole ends the run, and is no halt of the destination" {
    deliver bag s3://source/in/bag
    scripted_scenario 'on ListObjectsV2 bucket=source answer 403 AccessDenied'
    ingest 2
    assert_says "s3://source/in/bag: the source's bucket cannot be listed: ListObjectsV2 -> 403 AccessDenied"
    scripted_scenario 'config buckets=bucket,source
on ListObjectsV2 bucket=source answer 404 NoSuchBucket'
    ingest 2
    assert_says "the source's bucket cannot be found"
    scripted_scenario 'on ListObjectsV2 bucket=source answer 503 ServiceUnavailable'
    ingest 5 --retries 1
    assert_says "the source's server keeps failing"
    ingest 5 --retries 0 --source-endpoint-url http://127.0.0.1:1
    assert_says "the source's server cannot be reached"
    refute_says halt
    scripted_scenario ''
    run accession ingest s3://source/nothing s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    assert_status 2
    assert_says "s3://source/nothing: no object lies there"
    # In the middle: what was sent of the large file is kept.
    scripted_scenario 'on GetObject key=*/large.bin nth=6.. answer 403 InvalidAccessKeyId hold=2'
    accession_in_background ingest --json s3://source/in/bag s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    until_true parts_sent 1
    scripted_scenario ''
    ended 2
    says out.log "the credentials for the source are not accepted"
    ingest 0
    parts_sent 2
    assert_equal "$(held bucket a)" "$(held source in/bag)"
}

@test "killed or interrupted in the middle, it goes on where it was" {
    deliver bag s3://source/in/bag
    local large=in/bag/data/deep/er/large.bin
    scripted_scenario "on GetObject key=$large header=range:bytes=8388608-* stall"
    accession_in_background ingest s3://source/in/bag s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    until_true part_on_record
    kill -KILL "$PROGRAM"
    wait "$PROGRAM" || true
    scripted_scenario "on GetObject key=$large header=range:bytes=8388608-* stall"
    accession_in_background ingest s3://source/in/bag s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    until_true scripted_has 2 GetObject stall
    kill -INT "$PROGRAM"
    ended 130
    scripted_scenario ''
    ingest 0
    assert_equal "$(counts failed)" 0
    parts_sent 2
    assert_equal "$(held bucket a)" "$(held source in/bag)"
}

# bats test_tags=slow
@test "the same bag in eight forms has the same keys, digests and receipts" {
    local form source expected receipts_expected
    deliver bag s3://source/in/bag
    tar -cf bag.tar bag
    (cd bag && tar --auto-compress -cf ../bag.tar.gz data metadata bag*.txt manifest-* tagmanifest-*)
    (cd bag && python3 -m zipfile -c ../bag.zip ./*)
    mkdir packages
    cp bag.tar.gz bag.zip packages
    deliver packages s3://source/packages
    for form in bag bag.tar bag.tar.gz bag.zip - s3://source/in/bag s3://source/packages/bag.{tar.gz,zip}; do
        rm -rf "$XDG_STATE_HOME/accession"
        source=$form
        run accession ingest --json --receipts "$PWD/receipts" "$source" "s3://form${form//[^a-z]/}/a" \
            --endpoint-url "$SCRIPTED_URL" <bag.tar.gz
        assert_status 0
        assert_equal "$(counts files sent failed)" "12 12 0" "$form"
        : "${expected:=$(held formbag a)}"
        assert_equal "$(held "form${form//[^a-z]/}" a)" "$expected" "$form"
        : "${receipts_expected:=$(normalised)}"
        assert_equal "$(normalised)" "$receipts_expected" "$form"
    done
    # Without the ending, it has the package's name.
    run accession ingest s3://source/packages/bag.tar.gz s3://bucket/named/ --endpoint-url "$SCRIPTED_URL"
    assert_status 0
    scripted_keeps bucket named/bag/bagit.txt
}

# normalised: all that the newest receipt says of the files, but for times, and its own version.
normalised() {
    # shellcheck disable=SC2012
    jq -S '{receipt, entries: [.entries[] | del(.archived.at, .archived.duration)] | sort_by(.path)}' \
        "$(ls -t receipts/*.json | head -n 1)"
}

@test "a package in a bucket: fetched once, refused whole, resumed after a kill" {
    mkdir packages
    tar -czf packages/bag.tgz bag
    deliver packages s3://source/packages
    local -a command=(ingest --json s3://source/packages/bag.tgz s3://bucket/a --endpoint-url "$SCRIPTED_URL")
    # Replaced while it is fetched.
    scripted_scenario 'on GetObject key=*/bag.tgz nth=1 pass hold=2'
    accession_in_background "${command[@]}"
    until_true scripted_has 1 GetObject 206
    flip_byte packages/bag.tgz 9000000
    deliver packages s3://source/packages
    scripted_scenario ''
    ended 2
    says out.log "was replaced in the bucket since it was listed"
    # Damaged.
    run accession "${command[@]}"
    assert_status 2
    assert_says "damaged"
    flip_byte packages/bag.tgz 9000000
    deliver packages s3://source/packages
    assert_equal "$(scripted_objects '[.[] | select(.bucket == "bucket")] | length')" 0
    # Killed.
    scripted_scenario 'on UploadPart part=2 stall'
    accession_in_background "${command[@]}"
    until_true part_on_record
    kill -KILL "$PROGRAM"
    wait "$PROGRAM" || true
    scripted_scenario ''
    run accession "${command[@]}"
    assert_status 0
    assert_equal "$(counts failed)" 0
    parts_sent 2
    # Neither a package nor a folder of objects.
    run accession ingest s3://source/packages/bag.tar s3://bucket/b --endpoint-url "$SCRIPTED_URL"
    assert_status 2
    assert_says "no object lies there"
    run accession ingest s3://bucket/a/data/file-000001.bin s3://bucket/b --endpoint-url "$SCRIPTED_URL"
    assert_status 2
    assert_says "is neither a folder nor a package"
}

@test "a manifest in a bucket: beside the source, in it, or anywhere" {
    make_list bag/data LIST
    mkdir lists
    cp LIST lists
    deliver lists s3://other/lists
    local -a options=(--json s3://bucket/a --endpoint-url "$SCRIPTED_URL")
    run accession ingest -m s3://other/lists/LIST bag/data "${options[@]}"
    assert_status 0
    assert_equal "$(counts files sent)" "7 7"
    assert_says "s3://other/lists/LIST"
    cp LIST bag/data
    deliver bag/data s3://source/in/bag
    ingest 0 -m s3://source/in/bag/LIST --archive-manifest yes
    assert_equal "$(counts files already unlisted)" "8 7 0"
    run accession ingest -m s3://other/lists/NONE bag/data "${options[@]}"
    assert_status 2
    assert_says "s3://other/lists/NONE: no object lies there"
}

# bats test_tags=threads
@test "credentials that expire while every thread of the pool waits for the source are renewed" {
    deliver bag s3://source/in/bag
    mkdir -p "$HOME/.aws"
    cat >"$HOME/credentials" <<'SCRIPT'
#!/bin/sh
echo called >>"$HOME/calls"
printf '{"Version": 1, "AccessKeyId": "PROC%d", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2099-01-01T00:00:00Z"}' \
    "$(grep -c . "$HOME/calls")"
SCRIPT
    chmod +x "$HOME/credentials"
    printf '[profile other]\nregion = us-east-1\nendpoint_url = %s\ncredential_process = %s\n' \
        "$SCRIPTED_URL" "$HOME/credentials" >"$HOME/.aws/config"
    scripted_scenario 'on GetObject access-key=PROC1 nth=8.. answer 400 ExpiredToken'
    export UV_THREADPOOL_SIZE=1
    ingest 0 --source-profile other
    assert_equal "$(counts sent failed)" "12 0"
    assert_equal "$(grep -c . "$HOME/calls")" 2
}

@test "what may have been meant is looked for in the bucket, too" {
    make_list bag/data LIST
    sed 's|  |  data/|' LIST >LONG
    deliver bag s3://source/in/bag
    local -a to=(s3://bucket/a --endpoint-url "$SCRIPTED_URL")
    run accession ingest s3://source/in "${to[@]}"
    assert_status 2
    assert_says "Did you mean the bag s3://source/in/bag?"
    run accession ingest s3://source/in/bag/data/deep "${to[@]}"
    assert_status 2
    assert_says "Did you mean the bag s3://source/in/bag?"
    deliver bag s3://source/in/other
    run accession ingest s3://source/in "${to[@]}"
    assert_says "It holds several bags: name them, as in s3://source/in/*."
    # Where the list's paths begin.
    run accession ingest -m LONG s3://source/in/bag/data "${to[@]}"
    assert_says "it is found with --strip-prefix data"
    sed -i /deep/d LIST
    run accession ingest -m LIST s3://source/in/bag/data/deep "${to[@]}"
    assert_says "a file of that name is in s3://source/in/bag/data: give that as SOURCE"
    run accession ingest -m LONG s3://source/in "${to[@]}"
    assert_status 1
    assert_says "Give as SOURCE the folder that the manifest's paths start from"
}

# bats test_tags=slow
@test "a digest beside a package in a bucket is compared with it" {
    mkdir packages
    tar -czf packages/bag.tgz bag
    (cd packages && sha256sum bag.tgz >bag.tgz.sha256)
    deliver packages s3://source/packages
    local -a command=(ingest --json s3://source/packages/bag.tgz s3://bucket/a --endpoint-url "$SCRIPTED_URL")
    run accession "${command[@]}"
    assert_status 0
    assert_says "bag.tgz: the package itself is as promised by bag.tgz.sha256"
    scripted_reset all
    rm -rf "$XDG_STATE_HOME/accession"
    printf '%064d  bag.tgz\n' 0 >packages/bag.tgz.sha256
    deliver packages s3://source/packages
    run accession "${command[@]}"
    assert_status 2
    assert_says "is not the package that bag.tgz.sha256:1 promises"
    assert_equal "$(scripted_objects '[.[] | select(.bucket == "bucket")] | length')" 0
}

# bats test_tags=slow
@test "a source that is lost leaves what is on its way to the destination time to arrive" {
    deliver bag s3://source/in/bag
    scripted_scenario 'on GetObject key=*/large.bin nth=6.. answer 403 InvalidAccessKeyId
on UploadPart key=a/* part=1 pass delay=1500ms'
    run accession ingest --json s3://source/in/bag s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    assert_status 2
    parts_sent 1
    scripted_scenario ''
    ingest 0
    parts_sent 2
}
