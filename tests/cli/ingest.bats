#!/usr/bin/env bats
# accession ingest at the command line: exit statuses, what each kind of bad file does to the
# others, manifests of each kind, JSON Lines, the ledger.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/relay
load ../lib/scripted

setup() {
    common_setup
    new_bucket
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
}

sha_of() {
    sha256sum <"$1" | cut -d' ' -f1
}

json() {
    accession ingest "$@" --json >events
}

@test "ingest: --help names every exit status" {
    local number
    run accession ingest --help
    assert_status 0
    for number in 0 1 2 3 4 5 130 143; do grep -qE "(^ +| )$number " <<<"$output"; done
}

@test "ingest: each file that is not as listed fails by itself, the others are archived" {
    make_bag bag 12 4K
    cd bag/data
    rm file-000001.bin
    mv file-000002.bin kept && ln -s ../../elsewhere file-000002.bin && cp kept ../../elsewhere && rm kept
    rm file-000003.bin && mkfifo file-000003.bin
    rm file-000004.bin && mkdir file-000004.bin
    flip_byte file-000006.bin 0
    cd ../..
    # Payload-Oxum no longer agrees, and the report of each file explains that.
    run accession ingest bag "s3://$BUCKET/p"
    assert_status 1
    assert_says file-000001.bin
    assert_says "not found"
    assert_says file-000002.bin
    assert_says "leaves the source"
    assert_says file-000003.bin
    assert_says "not a regular file"
    assert_says file-000004.bin
    assert_says file-000006.bin
    assert_equal "$(s3_count p/data/)" 7 "payload keys"
    assert_equal "$(s3_count p/)" 7 "keys: tag files and manifests are withheld"
    assert_equal "$(s3_open_uploads)" "" "open uploads"
}

@test "ingest: a shortened file that only Payload-Oxum gives away is refused alone" {
    make_bag bag 5 4K
    truncate -s 4000 bag/data/file-000002.bin
    run accession ingest --dry-run bag "s3://$BUCKET/p"
    assert_status 1
    assert_says "data/file-000002.bin: is not as the manifest says"
    assert_equal "$(s3_count)" 0 keys
    run accession ingest bag "s3://$BUCKET/p"
    assert_status 1
    assert_says "1 was refused"
    assert_says file-000002.bin
    assert_equal "$(s3_count p/data/)" 4 "payload keys"
    assert_equal "$(s3_count p/)" 4 "keys: tag files and manifests are withheld"
}

@test "ingest: a Payload-Oxum that nothing explains refuses the bag" {
    make_bag bag 3 1K
    sed -i 's/Payload-Oxum: .*/Payload-Oxum: 3073.3/' bag/bag-info.txt
    (cd bag && sha256sum bagit.txt bag-info.txt manifest-sha256.txt >tagmanifest-sha256.txt)
    run accession ingest bag "s3://$BUCKET/p"
    assert_status 2
    assert_says Payload-Oxum
    assert_says "Every digest agrees, so bag-info.txt is wrong"
    sed -i 's/Payload-Oxum: .*/Payload-Oxum: 3072.4/' bag/bag-info.txt
    (cd bag && sha256sum bagit.txt bag-info.txt manifest-sha256.txt >tagmanifest-sha256.txt)
    rm bag/data/file-000001.bin
    run accession ingest bag "s3://$BUCKET/p"
    assert_status 2
    assert_says Payload-Oxum
    assert_equal "$(s3_count)" 0 keys
}

@test "ingest: sizes of a CSV manifest count: too long and too short files fail" {
    mkdir files
    printf 12345 >files/right
    printf 123456 >files/long
    printf 1234 >files/short
    some_bytes 9M >files/large
    {
        echo path,size,sha256
        echo "right,5,$(sha_of files/right)"
        echo "long,5,$(sha_of files/long)"
        echo "short,5,$(sha_of files/short)"
        echo "large,9437185,$(sha_of files/large)"
    } >list.csv
    run accession ingest files "s3://$BUCKET/p" -m list.csv --dry-run
    assert_status 1
    run accession ingest files "s3://$BUCKET/p" -m list.csv
    assert_status 1
    for name in long short large; do assert_says "$name"; done
    assert_equal "$(s3_list)" p/right keys
    assert_equal "$(s3_open_uploads)" "" "open uploads"
}

@test "ingest: a file that changes while it is read fails, and nothing of it stays" {
    local what
    mkdir files
    some_bytes 200M >files/large
    touch -d 2020-01-01 files/large
    make_list files list
    for what in 'touch files/large' 'truncate -s 199M files/large' 'printf x >>files/large'; do
        # It cannot send more than this for now, and so is surely still reading when the file changes.
        relay_start 40M
        rm -f out.log
        accession_in_background ingest files "s3://$BUCKET/p" -m list --memory 32M --json --endpoint-url "$RELAY_URL"
        until_true relay_holds
        echo "$what" >&2 # shown when this fails
        eval "$what"
        relay_release
        ended 1
        jq -es 'any(.outcome == "failed" and .code == "FILE_CHANGED")' out.log
        refute_s3 p/large
        assert_equal "$(s3_open_uploads)" "" "open uploads"
        some_bytes 200M >files/large
        touch -d 2020-01-01 files/large
    done
}

@test "ingest: files that no manifest names are reported and fail the run, unless allowed" {
    make_bag bag 3 1K
    printf x >bag/data/thumbs.db
    run accession ingest bag "s3://$BUCKET/p"
    assert_status 1
    assert_says data/thumbs.db
    assert_equal "$(s3_count p/)" 3 "keys: tag files and manifests are withheld"
    run accession ingest bag "s3://$BUCKET/p" --allow-unlisted
    assert_status 0
    assert_equal "$(s3_count p/)" 7 keys
    refute_s3 p/data/thumbs.db
}

@test "ingest: a key that exists with other content is a conflict and stays; the same content counts" {
    local kind
    make_bag bag 4 1K
    add_payload bag large.bin 9M
    finish_bag bag
    for kind in "" versioned; do
        new_bucket $kind
        printf other >other
        s3_put p/data/file-000001.bin other
        s3_put p/data/large.bin other
        s3_put p/data/file-000002.bin bag/data/file-000002.bin
        run accession ingest bag "s3://$BUCKET/p"
        assert_status 1
        assert_says file-000001.bin
        assert_says large.bin
        assert_equal "$(s3_sha256 p/data/file-000001.bin)" "$(sha_of other)" "what was there"
        assert_equal "$(s3_sha256 p/data/large.bin)" "$(sha_of other)" "what was there"
        assert_equal "$(s3_versions p/ | awk '{ print $2 }' | sort | uniq -d)" "" "keys written over"
        assert_equal "$(s3_count p/)" 5 "keys: tag files and manifests are withheld"
        assert_equal "$(s3_open_uploads)" "" "open uploads"
        # Asked again it stays a conflict.
        run accession ingest bag "s3://$BUCKET/p"
        assert_status 1
    done
}

@test "ingest: without its ledger a run proves what is there by reading it, and sends nothing" {
    make_bag bag 5 1K
    add_payload bag large.bin 12M
    finish_bag bag
    accession ingest bag "s3://$BUCKET/p"
    rm -r "$XDG_STATE_HOME/accession"
    requests_mark
    json bag "s3://$BUCKET/p"
    assert_equal "$(count_writes)" 0 writes
    assert_equal "$(jq -r 'select(.type == "summary") | "\(.sent) \(.already) \(.files)"' events)" "0 10 10" summary
    # And what is there but differs is found, ledger or not.
    rm -r "$XDG_STATE_HOME/accession"
    some_bytes 12M 99 >other
    s3_put p/data/large.bin other
    run accession ingest bag "s3://$BUCKET/p"
    assert_status 1
    assert_says data/large.bin
}

@test "ingest: an object that vanished is archived again, one that was replaced is reported" {
    make_bag bag 5 1K
    accession ingest bag "s3://$BUCKET/p"
    s3_delete p/data/file-000002.bin
    run accession ingest bag "s3://$BUCKET/p"
    assert_status 0
    assert_says file-000002.bin
    s3_check_folder bag p
    printf other >other
    s3_put p/data/file-000003.bin other
    run accession ingest bag "s3://$BUCKET/p"
    assert_status 1
    assert_says file-000003.bin
    assert_equal "$(s3_sha256 p/data/file-000003.bin)" "$(sha_of other)" "what was there"
}

@test "ingest: of two runs on one ledger and destination the second is refused with the first's pid" {
    make_bag bag 3 1K
    scripted_start 'on ListObjectsV2 pass hold=99'
    accession_in_background ingest bag s3://bucket/p --endpoint-url "$SCRIPTED_URL"
    until_true scripted_has 1 ListObjectsV2
    run accession ingest bag s3://bucket/p --endpoint-url "$SCRIPTED_URL"
    assert_status 2
    assert_says "$PROGRAM"
    scripted_scenario ""
    ended 0
    assert_equal "$(scripted_objects length)" 7 objects
}

@test "ingest: --dry-run leaves nothing in the bucket and nothing here" {
    make_bag bag 3 1K
    requests_mark
    run accession ingest bag "s3://$BUCKET/p" --dry-run
    assert_status 0
    assert_equal "$(s3_count)" 0 keys
    assert_equal "$(s3_versions)" "" versions
    assert_equal "$(s3_open_uploads)" "" "open uploads"
    assert_equal "$(count_writes)" 0 "writes but for the probe"
    assert_equal "$(find "$XDG_STATE_HOME" -type f)" "" "state files"
    rm bag/data/file-000001.bin
    run accession ingest bag "s3://$BUCKET/p" -n
    assert_status 1
    assert_says data/file-000001.bin
    assert_says "not found"
}

@test "ingest: --json is one valid object per line, the last a summary, with any outcome" {
    make_bag bag 3 1K
    json bag "s3://$BUCKET/p"
    jq -es 'all(type == "object") and (last | .type == "summary" and .exit_status == 0 and .files == 7)' events
    flip_byte bag/data/file-000001.bin 1
    new_bucket
    run json bag "s3://$BUCKET/p"
    assert_status 1
    jq -es 'last | .type == "summary" and .exit_status == 1 and .failed == 1 and .sent == 2 and .withheld == 4' events
    run json bag s3://no-such-bucket-here/p
    assert_status 4
    jq -es 'last | .type == "summary" and .exit_status == 4' events
    run json nowhere "s3://$BUCKET/p"
    assert_status 2
    jq -es 'last | .exit_status == 2' events
}

@test "ingest: --quiet says nothing when all is well, and only what failed when not" {
    make_bag bag 3 1K
    run accession ingest bag "s3://$BUCKET/p" --quiet
    assert_status 0
    assert_equal "$output" "" output
}

@test "ingest: a manifest beside a bag agrees, disagrees, or names too much" {
    make_bag bag 3 1K
    (cd bag && sha256sum data/*) >agrees
    (cd bag/data && md5sum -- *) >inside
    sed 's/^\(.\{63\}\)./\1x/; s/x/0/; 1s/^./f/; 1s/^f/e/' agrees >disagrees
    printf '%064d  data/more.bin\n' 1 | cat agrees - >too-many
    run accession ingest bag "s3://$BUCKET/no" -m disagrees
    assert_status 2
    assert_says disagrees:
    run accession ingest bag "s3://$BUCKET/no" -m too-many
    assert_status 2
    assert_says too-many:4
    assert_equal "$(s3_count)" 0 keys
    run accession ingest bag "s3://$BUCKET/p" -m agrees -m inside
    assert_status 0
    s3_check_folder bag p
    # What the second manifest gives is checked as well.
    sed '1s/^../00/' inside >wrong-md5
    cmp -s inside wrong-md5 || {
        run accession ingest bag "s3://$BUCKET/q" -m wrong-md5
        assert_status 1
        refute_s3 q/data/file-000000.bin
    }
}

@test "ingest: gzip manifests, CSV, MD5 alone" {
    mkdir files
    some_bytes 3K >files/a
    some_bytes 9M >files/b
    make_list files list
    gzip -k list
    run accession ingest files "s3://$BUCKET/gz" -m list.gz
    assert_status 0
    s3_check_folder files gz
    printf 'SHA256,Path\r\n%s,"a"\r\n%s,b\r\n' "$(sha_of files/a)" "$(sha_of files/b)" | gzip >list.csv.gz
    run accession ingest files "s3://$BUCKET/csv" -m list.csv.gz
    assert_status 0
    s3_check_folder files csv
    (cd files && md5sum a b) >MD5SUMS
    run accession ingest files "s3://$BUCKET/md5" -m MD5SUMS
    assert_status 0
    s3_check_folder files md5
}

@test "ingest: the receipt holds every entry, with digest, key and outcome" {
    make_bag bag 5 1K
    flip_byte bag/data/file-000001.bin 1
    accession ingest bag "s3://$BUCKET/p" --receipts receipts || true
    local receipt
    receipt=$(find receipts -name '*.json')
    of() {
        jq -r --arg path "$1" ".entries[] | select(.path == \$path) | $2" "$receipt"
    }
    assert_equal "$(jq '.entries | length' "$receipt")" 9 entries
    assert_equal "$(of data/file-000001.bin .outcome)" failed outcome
    assert_equal "$(of data/file-000001.bin .code)" DIGEST code
    assert_equal "$(of data/file-000001.bin .archived)" null archived
    assert_equal "$(of data/file-000002.bin .archived.digests.sha256)" \
        "$(sha_of bag/data/file-000002.bin)" digest
    assert_equal "$(of data/file-000002.bin .key)" p/data/file-000002.bin key
}
