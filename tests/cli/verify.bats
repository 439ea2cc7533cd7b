#!/usr/bin/env bats
# accession verify against a real server: objects tampered with behind the program's back.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers

setup() {
    common_setup
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
}

# archive_bag: 12 files of 2,000 bytes and one of 6 MiB, in $URL; the ledger knows them.
archive_bag() {
    make_bag bag 12 2000
    add_payload bag big/one 6M
    finish_bag bag
    URL=s3://$BUCKET/b
    accession ingest -q bag "$URL"
}

# The four things that another client may do to an archive.
tamper() {
    cp bag/data/file-000001.bin changed
    flip_byte changed 1000
    s3_put b/data/file-000001.bin changed
    s3_delete b/data/file-000002.bin
    echo extra >extra
    s3_put b/data/Thumbs.db extra
    head -c 1999 bag/data/file-000003.bin >short
    s3_put b/data/file-000003.bin short
}

# found FINDING: the paths of that finding, from the JSON Lines in $output
found() {
    grep '"type":"check"' <<<"$output" | jq -r --arg f "$1" 'select(.finding == $f) | .path' | sort
}

summary() {
    tail -n 1 <<<"$output" | jq -r "$1"
}

@test "verify: a bag's tag files are no strangers to its payload manifest" {
    new_bucket versioned
    archive_bag
    run accession verify -m bag/manifest-sha256.txt "$URL"
    assert_status 0
    assert_says "outside data/ are taken for the bag's tag files"
    echo extra >extra
    s3_put b/data/Thumbs.db extra
    run accession verify -m bag/manifest-sha256.txt "$URL"
    assert_status 1
    assert_says "data/Thumbs.db"
}

@test "verify: what was archived is found unchanged, and the result says what it rests on" {
    new_bucket versioned
    archive_bag
    run accession verify bag "$URL"
    assert_status 0
    assert_says "proof: full read, version-bound"
    assert_says "level: read"
    run accession verify --level stored bag "$URL"
    assert_status 0
    assert_says "the ETag it had when it was archived"
    assert_says "not seen"
    run accession verify --level listed "$URL"
    assert_status 0
    assert_says "proof: presence and size"
    assert_says "what the ledger knows"
}

@test "verify: every tampering is found where it can be, with a ledger" {
    new_bucket versioned
    archive_bag
    tamper
    run accession verify --json bag "$URL"
    assert_status 1
    assert_equal "$(found different-digest)" data/file-000001.bin
    assert_equal "$(found missing)" data/file-000002.bin
    assert_equal "$(found wrong-size)" data/file-000003.bin
    assert_equal "$(found extra)" data/Thumbs.db
    assert_equal "$(summary .outcome)" DIFFERENCE
    assert_equal "$(summary '.found.unchanged')" 14
    grep -q 'delete marker.*still exists, unchanged' <<<"$output"
    for level in listed stored; do
        run accession verify --json --level $level bag "$URL"
        assert_status 1
        assert_equal "$(found newer-version)" data/file-000001.bin
        assert_equal "$(found missing)" data/file-000002.bin
        assert_equal "$(found wrong-size)" data/file-000003.bin
        assert_equal "$(found extra)" data/Thumbs.db
        [[ -n $(summary .not_seen) ]]
    done
}

@test "verify: from another machine, with the manifest alone" {
    new_bucket versioned
    archive_bag
    tamper
    run accession verify --json --no-ledger bag "$URL"
    assert_status 1
    assert_equal "$(found different-digest)" $'data/file-000001.bin\ndata/file-000003.bin'
    assert_equal "$(found missing)" data/file-000002.bin
    # A checksum list gives no sizes: the listing sees presence alone, and says so.
    run accession verify --json --no-ledger --level listed bag "$URL"
    assert_status 1
    assert_equal "$(found missing)" data/file-000002.bin
    assert_equal "$(summary .proofs.presence)" 16
    # Metadata is a claim: never a success at a level that asks for a proof.
    run accession verify --json --no-ledger --level stored bag "$URL"
    assert_status 1
    assert_equal "$(summary .found.unchanged)" 0
    grep -q '"proof":"claim"' <<<"$output"
}

@test "verify: an MD5 manifest is proven by the server's MD5" {
    new_bucket
    mkdir set
    some_bytes 5000 >set/a
    s3_put p/a set/a
    (cd set && md5sum a) >list.md5
    run accession verify --no-ledger --level stored -m list.md5 "s3://$BUCKET/p"
    assert_status 0
    assert_says "the server's MD5 (ETag)"
    flip_byte set/a 4
    s3_put p/a set/a
    run accession verify --no-ledger --level stored -m list.md5 "s3://$BUCKET/p"
    assert_status 1
    assert_says "different digest"
}

@test "verify: writes nothing, with credentials that may only read and a bucket that refuses writes" {
    new_bucket versioned
    archive_bag
    policy deny-all
    requests_mark
    for level in listed stored read; do
        run accession verify --level $level bag "$URL"
        assert_status 0
        assert_says "none a"
    done
    assert_equal "$(count_requests '^(PUT|POST|DELETE) ')" 0
    cat >read-only.json <<JSON
{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
 "NotAction": ["s3:GetObject", "s3:ListBucket"],
 "Resource": ["arn:aws:s3:::$BUCKET", "arn:aws:s3:::$BUCKET/*"]}]}
JSON
    sandbox policy put read-only.json "$BUCKET"
    run accession verify bag "$URL"
    sandbox policy clear "$BUCKET"
    assert_status 0
}

@test "verify: an object that may not be read is reported and is not a success" {
    new_bucket
    archive_bag
    cat >deny.json <<JSON
{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
 "Action": "s3:GetObject", "Resource": "arn:aws:s3:::$BUCKET/b/data/file-000004.bin"}]}
JSON
    sandbox policy put deny.json "$BUCKET"
    run accession verify --json bag "$URL"
    assert_status 1
    assert_equal "$(found unreadable)" data/file-000004.bin
    assert_equal "$(summary .outcome)" NOT_CHECKED
    policy lock-out
    run accession verify --no-ledger bag "$URL"
    policy clear
    assert_status 4
}

@test "verify: slices cover everything once; limit, sample and age combine" {
    new_bucket
    archive_bag
    for n in 1 2 3; do
        run accession verify --json --level listed --slice $n/3 bag "$URL"
        assert_status 0
        found unchanged
    done >slices
    assert_equal "$(sort -u slices | wc -l)" 17
    assert_equal "$(wc -l <slices)" 17
    run accession verify --json --limit 4 bag "$URL"
    assert_status 0
    assert_equal "$(summary .checked)" 4
    assert_equal "$(summary .extra_known)" true
    run accession verify --json --older-than 1d bag "$URL"
    assert_status 0
    assert_equal "$(summary .checked)" 13
    run accession verify --older-than 1d bag "$URL"
    assert_status 0
    assert_says "Nothing is due"
    run accession verify --json --older-than 1d --sample 50% --seed x --slice 1/2 --no-ledger bag "$URL"
    assert_status 0
    (($(summary .selected) < 12))
}

@test "verify: nothing that could be checked is never a success" {
    new_bucket
    archive_bag
    run accession verify "s3://$BUCKET/elsewhere"
    assert_status 2
    assert_says "nothing was archived at"
    run accession verify --ledger none.db "$URL"
    assert_status 2
    : >empty
    run accession verify -m empty "$URL"
    assert_status 2
    run accession verify --sample 0.0001% bag "$URL"
    assert_status 1
    assert_says "nothing was checked"
    run accession verify bag "s3://$BUCKET-that-is-not-there/b"
    assert_status 4
}

@test "verify: interrupted and gone on with" {
    new_bucket
    archive_bag
    local slowly
    slowly=(verify --json --no-progress --max-rate 20K bag "$URL")
    accession_in_background "${slowly[@]}"
    until_true says out.log '"finding":"unchanged"' 3
    kill -TERM "$PROGRAM"
    ended 143
    # The same command, word for word.
    rm out.log
    accession_in_background "${slowly[@]}"
    until_true says out.log '"carried":true' 3
    kill -TERM "$PROGRAM"
    ended 143
    (($(tail -n 1 out.log | jq .carried) > 2))
}

@test "verify: local files, faster than a list of them can be checked, with what is not listed" {
    make_bag bag 5 3000
    run accession verify --local bag
    assert_status 0
    assert_says "proof: full read"
    (cd bag/data && sha256sum ./*) >list
    flip_byte bag/data/file-000001.bin 77
    truncate -s 10 bag/data/file-000002.bin
    rm bag/data/file-000003.bin
    echo x >bag/data/new
    run accession verify --json --local bag/data -m list
    assert_status 1
    assert_equal "$(found different-digest)" $'file-000001.bin\nfile-000002.bin'
    assert_equal "$(found missing)" file-000003.bin
    assert_equal "$(summary .unlisted)" 1
    assert_equal "$(summary .requests)" 0
}

@test "verify: a bucket or a prefix covers all bags below; a mistyped one lists the destinations in the ledger" {
    new_bucket
    make_bag bag 2 1K
    accession ingest -q bag "s3://$BUCKET/one"
    accession ingest -q bag "s3://$BUCKET/shelf/two"
    run accession verify --json "s3://$BUCKET"
    assert_status 0
    assert_equal "$(summary .destinations)" 2
    run accession verify "s3://$BUCKET/shelf"
    assert_status 0
    run accession verify "s3://$BUCKET/sehlf/two"
    assert_status 2
    assert_says "s3://$BUCKET/one" "s3://$BUCKET/shelf/two"
    run accession verify "s3://$BUCKET/shelf/two/"
    assert_status 0
}

@test "verify: a list that belongs elsewhere is said to, and leaves the status as it was" {
    new_bucket
    archive_bag
    (cd bag/data && sha256sum ./*.bin) >list
    run accession verify -m list "$URL"
    assert_status 1
    assert_says "None of the files is there"
    assert_says "--strip-prefix"
    run accession status
    refute_says DIFFERENT
    refute_says "not started"
    assert_says "0 of 12 checked as promised"
}

@test "verify: local files that no manifest names have a line of their own" {
    make_bag bag 2 1K
    echo x >bag/data/new
    run accession verify --local bag
    assert_status 1
    assert_says "1  not in manifest"
}

@test "verify: a list that was corrected is compared again, however recent the check" {
    new_bucket
    mkdir files
    printf AAAA >files/f
    printf CCCC >files/g
    (cd files && sha256sum f g) >list
    run accession ingest -m list files "s3://$BUCKET/l"
    assert_status 0
    run accession verify -m list "s3://$BUCKET/l"
    assert_status 0
    run accession verify --json --older-than 1d -m list "s3://$BUCKET/l"
    assert_equal "$(jq -r 'select(.type == "summary") | .selected' <<<"$output")" 0 selected
    sed -i "s/^[0-9a-f]*  g/$(printf DDDD | sha256sum | cut -d' ' -f1)  g/" list
    run accession verify --json --older-than 1d -m list "s3://$BUCKET/l"
    assert_status 1
    assert_equal "$(jq -r 'select(.type == "check") | "\(.path) \(.finding)"' <<<"$output")" "g different-digest"
}

@test "verify: a slice that no entry falls into has nothing to do, and the slices together have all" {
    new_bucket versioned
    archive_bag
    local n selected=0 empty=0
    for n in $(seq 40); do
        run accession verify --json --level listed --slice "$n/40" "$URL"
        assert_status 0
        n=$(jq -r 'select(.type == "summary").selected' <<<"$output")
        selected=$((selected + n)) empty=$((empty + (n == 0)))
    done
    assert_equal "$selected" "$(find bag -type f | wc -l)" "entries of all slices"
    ((empty > 0))
    n=1
    until [[ $output == *"Nothing in this slice"* ]]; do
        ((n <= 40)) || fail "no slice says that it is empty"
        run accession verify --level listed --slice "$n/40" "$URL"
        n=$((n + 1))
    done
    assert_says "; the schedule selects 0"
}
