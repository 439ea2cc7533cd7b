#!/usr/bin/env bats
# manifest and verify of a SOURCE that is a folder, a package or a bucket: what they say of each is
# the same.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    make_bag bag 3 3000
    add_payload bag deep/er/large.bin 3000000
    finish_bag bag
    cp -r bag/data list
    make_list list SHA256SUMS
    mv SHA256SUMS list
    scripted_start ''
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    mkdir packages
    for name in bag list; do
        tar -cf packages/$name.tar $name
        tar -czf packages/$name.tar.gz $name
        (cd $name && python3 -m zipfile -c ../packages/$name.zip ./*)
        deliver $name s3://source/in/$name
    done
    deliver packages s3://source/packages
}

teardown() { scripted_stop; }

# deliver FOLDER URL: puts the files there as they are, with no ledger to know it.
deliver() {
    local file
    local -a files=()
    while read -r file; do
        files+=(-T "$1/$file" "$SCRIPTED_URL/${2#s3://}/$file")
    done < <(cd "$1" && find . -type f -printf '%P\n')
    curl -sSf -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "${files[@]}"
}

# forms NAME: each form that it comes in.
forms() { echo "$1" packages/"$1".{tar,tar.gz,zip} s3://source/in/"$1" s3://source/packages/"$1".tar.gz; }

# anonymous STATUS FORM COMMAND...: the lines that it prints, without the source's own name, in any order.
anonymous() {
    local name=$2
    [[ $name == s3://* ]] || name=$PWD/$name
    run accession "${@:3}"
    assert_status "$1"
    said=$(LC_ALL=C sort <<<"${output//"$name"/SOURCE}")
}

# every_form_says NAME STATUS COMMAND...: with the form as last word, the same for each.
every_form_says() {
    local form expected=
    for form in $(forms "$1"); do
        anonymous "$2" "$form" "${@:3}" "$form"
        : "${expected:=$said}"
        assert_equal "$said" "$expected" "$form"
    done
}

# --- manifest ---------------------------------------------------------------

@test "manifest show: the entries of a bag, or of the list in it, in whatever form" {
    every_form_says bag 0 manifest show --format csv
    assert_says "data/deep/er/large.bin"
    assert_says "read as bagit 1.0"
    every_form_says list 0 manifest show --format json
    assert_says "4 entries, read as checksums"
    run accession manifest show s3://source/in/list/SHA256SUMS
    assert_status 0
    assert_says "read as checksums"
    run accession manifest show packages
    assert_status 2
    assert_says "holds no checksum list. Name the manifest itself."
    run accession manifest show s3://source/none
    assert_status 2
}

@test "manifest check: what is missing, of another size or unlisted, in whatever form" {
    every_form_says bag 0 manifest check
    every_form_says list 0 manifest check
    printf x >>bag/data/file-000001.bin
    rm bag/data/file-000002.bin
    printf 'new' >bag/data/new
    tar -cf packages/bag.tar bag
    tar -czf packages/bag.tar.gz bag
    rm packages/bag.zip
    (cd bag && python3 -m zipfile -c ../packages/bag.zip ./*)
    deliver bag s3://source/in/bag
    curl -sSf -X DELETE "$SCRIPTED_URL/source/in/bag/data/file-000002.bin"
    deliver packages s3://source/packages
    every_form_says bag 1 manifest check
    assert_says "data/file-000002.bin: listed in the manifest, not found in the source"
    assert_says "data/new: is in the source"
    rm list/SHA256SUMS
    run accession manifest check s3://source/in/list/SHA256SUMS list
    assert_status 0
}

@test "a bag within a bag is payload: a note names it, whatever the form, and all of it is archived" {
    local form destination=0
    mkdir -p nest/data
    cp -r bag nest/data/inner
    finish_bag nest
    tar -czf nest.tar.gz nest
    deliver nest s3://source/in/nest
    for form in nest nest.tar.gz s3://source/in/nest; do
        destination=$((destination + 1))
        run accession ingest "$form" s3://archive/nest/$destination
        assert_status 0
        assert_says "data/inner/bagit.txt: a bag lies in the payload."
        assert_equal "$(scripted_objects "[.[] | select(.key | startswith(\"nest/$destination/data/inner/\"))] | length")" 8
    done
    cp -r bag nest/data/second
    finish_bag nest
    run accession manifest check nest
    assert_status 0
    assert_says "the first of several bags that lie in the payload."
    # The inner bag's own manifests are not read: what they say wrongly is no fault of the bag around it.
    sed -i 's/^./0/' nest/data/inner/manifest-sha256.txt
    finish_bag nest
    run accession ingest nest s3://archive/nest/wrong
    assert_status 0
}

# bats test_tags=threads
@test "manifest create: a package's list is its folder's, by whatever algorithm" {
    local form algorithm
    for algorithm in sha256 sha512 md5 blake2b-512; do
        accession manifest create --algorithm "$algorithm" list | sort >expected
        for form in $(forms list); do
            accession manifest create --algorithm "$algorithm" "$form" | sort >found
            diff expected found
        done
    done
    for form in $(forms bag); do
        accession manifest create --format csv "$form" | sort >found
        [[ -s expected.csv ]] || cp found expected.csv
        diff expected.csv found
    done
}

@test "manifest create: its progress on a terminal, also while a package is read or fetched" {
    local form
    for form in list packages/list.tar.gz s3://source/packages/list.tar.gz; do
        run script -qec "'$ACCESSION' manifest create --output made '$form'" /dev/null
        assert_status 0
        # One line at most within a tenth of a second: of a small package that is fetched, it is the first.
        if [[ $form == s3://* ]]; then assert_says " fetched"; else assert_says " hashed"; fi
        run script -qec "'$ACCESSION' manifest create --no-progress --output made '$form'" /dev/null
        refute_says " hashed"
        refute_says " fetched"
    done
}

# bats test_tags=slow
@test "manifest create: only a folder becomes a bag itself; the tag files of a package go beside" {
    local form
    for form in packages/list.tar.gz s3://source/in/list; do
        run accession manifest create --format bagit "$form"
        assert_status 2
        assert_says "is not a folder, so its content cannot move into data/. Unpack or copy it into a folder first"
        rm -rf made
        accession manifest create --format bagit --output made "$form"
        cp -r list made/data
        accession verify --local made
    done
}

@test "manifest create: a package that is damaged, or an object that is replaced, gives no list" {
    head -c 2000000 packages/list.tar.gz >cut.tar.gz
    run accession manifest create cut.tar.gz --output LIST
    assert_status 2
    assert_says "cut short"
    [[ ! -e LIST ]]
    scripted_scenario 'on GetObject answer 412 PreconditionFailed'
    run accession manifest create s3://source/in/list --output LIST
    assert_status 2
    assert_says "was replaced in the bucket since it was listed"
    [[ ! -e LIST ]]
}

# --- verify -----------------------------------------------------------------

@test "verify: a package or a bucket says what was promised, as its folder does" {
    local form
    unset ACCESSION_ARCHIVE_MANIFEST
    accession ingest bag s3://archive/bag
    accession ingest list s3://archive/list
    for form in $(forms bag); do
        run accession verify --json "$form" s3://archive/bag
        assert_status 0
        assert_says '"unchanged":8'
    done
    for form in $(forms list); do
        run accession verify --json "$form" s3://archive/list
        assert_status 0
        assert_says '"extra":0'
    done
    run accession verify --json -m s3://source/in/list/SHA256SUMS s3://archive/list
    assert_status 0
}

# bats test_tags=threads
@test "verify --local: the files of a package or a bucket, compared with their own manifest" {
    local form expected='' found
    for form in $(forms bag); do
        run accession verify --local --json "$form"
        assert_status 0
        found=$(jq -c 'select(.type == "check") | {path, finding, proof, size, promised}' <<<"$output" | sort)
        : "${expected:=$found}"
        assert_equal "$found" "$expected" "$form"
    done
    assert_says '"unchanged":8'
    printf 'other' | dd of=bag/data/file-000001.bin conv=notrunc status=none
    tar -cf packages/bag.tar bag
    tar -czf packages/bag.tar.gz bag
    rm packages/bag.zip
    (cd bag && python3 -m zipfile -c ../packages/bag.zip ./*)
    deliver bag s3://source/in/bag
    deliver packages s3://source/packages
    for form in $(forms bag); do
        run accession verify --local "$form"
        assert_status 1
        assert_says "data/file-000001.bin"
    done
}

@test "verify --local of a bucket: a server that goes away is no finding of a file's" {
    scripted_scenario 'on GetObject key=*.bin answer 503 ServiceUnavailable'
    run accession verify --local --retries 0 s3://source/in/bag
    assert_status 5
    assert_says "the source's server keeps failing"
}

@test "verify and manifest: the source has its own credentials" {
    mkdir -p "$HOME/.aws"
    printf '[other]\naws_access_key_id = AKIATHERE\naws_secret_access_key = s\n' >"$HOME/.aws/credentials"
    printf '[profile other]\nregion = eu-west-1\nendpoint_url = %s\n' "$SCRIPTED_URL" >"$HOME/.aws/config"
    accession ingest bag s3://archive/bag
    scripted_scenario 'on GetObject key=in/* access-key=id answer 403 InvalidAccessKeyId
on GetObject key=bag/* access-key=AKIATHERE answer 403 InvalidAccessKeyId'
    accession verify --source-profile other s3://source/in/bag s3://archive/bag
    accession manifest check --source-profile other s3://source/in/bag
    accession manifest create --profile other s3://source/in/bag
    run accession manifest show s3://source/in/bag
    assert_status 2
    assert_says "the credentials for the source are not accepted"
}
