#!/usr/bin/env bats
# SOURCE as a package: tar, packed or not, and zip, from a file and from standard input. What it
# archives is what the folder would have; what no package may hold is refused before anything is
# sent.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

packages=$BATS_TEST_DIRNAME/../lib/packages.py

setup() {
    common_setup
    unset ACCESSION_ARCHIVE_MANIFEST
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    make_bag bag 5 3000
    mkdir -p bag/metadata
    printf 'a tag file' >bag/metadata/notes.txt
    head -c 12000000 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 2>/dev/null >bag/data/large.bin
    finish_bag bag
    scripted_start ''
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
    scripted_stop
}

# ingest STATUS SOURCE [OPTION...]: to s3://bucket/a.
ingest() {
    run accession ingest --json "${@:2}" s3://bucket/a --endpoint-url "$SCRIPTED_URL"
    assert_status "$1"
}

counts() {
    local names
    names=$(printf '.%s, ' "$@")
    jq -r "select(.type == \"summary\") | [${names%, }] | join(\" \")" < <(grep '^{' <<<"$output")
}

held() { scripted_objects '[.[] | {key, size, etag, content_type}] | sort_by(.key)'; }

# pack NAME: bag as that kind of package.
pack() {
    case $1 in
    *.zip) (cd bag && python3 -m zipfile -c "../$1" ./*) ;;
    last.*) tar --auto-compress -cf "$1" bag/data bag/metadata bag/bag*.txt bag/manifest-* bag/tagmanifest-* ;;
    top.*) tar --auto-compress -C bag -cf "$1" . ;;
    *) tar --auto-compress -cf "$1" bag ;;
    esac
}

# pack_twins NAME: the folder "twins" as that; a server and a ledger that know nothing.
pack_twins() {
    scripted_reset all
    rm -rf "$XDG_STATE_HOME/accession"
    case $1 in
    *.zip) rm -f "$1" && python3 -c 'import shutil, sys; shutil.make_archive("twins", "zip", "twins")' ;;
    *.tar) tar -cf "$1" twins ;;
    esac
}

# --- the same ---------------------------------------------------------------

# bats test_tags=slow
@test "folder, tar, packed tar with the manifest last, zip and standard input archive the same" {
    local name
    ingest 0 bag --part-size 5M
    held >expected
    assert_equal "$(jq length expected)" 11
    for name in bag.tar top.tar last.tar.gz bag.tar.bz2 last.tar.xz bag.tar.zst bag.zip; do
        scripted_reset all
        pack "$name"
        ingest 0 "$name" --part-size 5M
        assert_equal "$(counts sent failed withheld unlisted)" "11 0 0 0"
        held >found
        diff expected found
        # The second time all of it is known.
        ingest 0 "$name" --part-size 5M
        assert_equal "$(counts sent already)" "0 11"
    done
    for name in bag.tar last.tar.gz bag.zip; do
        scripted_reset all
        run accession ingest --json --part-size 5M - s3://bucket/a --endpoint-url "$SCRIPTED_URL" <"$name"
        assert_status 0
        held >found
        diff expected found
    done
}

# bats test_tags=slow
@test "zips with the records and the comment of a large one, or from a stream; packings of several streams" {
    local name
    make_bag little 3 300
    python3 "$packages" large-zip little large.zip
    (cd little && python3 -m zipfile -c /dev/stdout ./* | cat >../stream.zip)
    tar -cf little.tar little
    for name in bzip2 xz zstd; do
        { head -c 2000 little.tar | "$name" && tail -c +2001 little.tar | "$name"; } >"two.$name"
    done
    for name in large.zip stream.zip two.bzip2 two.xz two.zstd; do
        scripted_reset all
        rm -rf "$XDG_STATE_HOME/accession"
        ingest 0 "$name"
        assert_equal "$(counts sent unlisted)" "7 0"
    done
}

@test "the digests in the ledger are the folder's" {
    pack last.tar.gz
    ingest 0 bag --ledger folder.db
    scripted_reset all
    ingest 0 last.tar.gz --ledger package.db
    for name in folder package; do
        run accession report --ledger $name.db --format csv
        assert_status 0
        python3 -c 'import csv, sys
for row in sorted(csv.DictReader(sys.stdin), key=lambda row: row["path"]):
    print(row["path"], row["size"], row["sha256"])' <<<"$output" >$name.rows
    done
    assert_equal "$(wc -l <folder.rows)" 11
    diff folder.rows package.rows
}

# bats test_tags=slow
@test "a destination that ends in / takes the package's name without its ending; standard input has none" {
    pack bag.tar.gz
    run accession ingest --json bag.tar.gz s3://bucket/in/ --endpoint-url "$SCRIPTED_URL"
    assert_status 0
    scripted_keeps bucket in/bag/bagit.txt in/bag/data/large.bin
    run accession ingest - s3://bucket/in/ --endpoint-url "$SCRIPTED_URL" <bag.tar.gz
    assert_status 2
    assert_says "standard input has none"
    run accession ingest - s3://bucket/in/x --endpoint-url "$SCRIPTED_URL" </dev/null
    assert_status 2
    assert_says "standard input: is empty, so it is no package"
    # It lies in no folder: a list beside nothing is none of its files.
    make_list bag/data LIST
    tar -C bag/data -cf data.tar .
    unset ACCESSION_ARCHIVE_MANIFEST
    run accession ingest -m LIST - s3://bucket/data --endpoint-url "$SCRIPTED_URL" <data.tar
    assert_status 0
    assert_equal "$(scripted_objects '[.[] | select(.key | endswith("LIST"))] | length')" 0
    assert_equal "$(accession report --format json | jq -r .run.source)" "standard input"
}

@test "a list in the package is found, and archived with the files" {
    mkdir src
    printf one >src/one
    printf two >src/two
    (cd src && sha256sum one two >SHA256SUMS)
    tar -czf src.tar.gz src
    ingest 0 src.tar.gz
    assert_equal "$(scripted_objects '[.[].key] | sort | join(" ")')" "a/SHA256SUMS a/one a/two"
}

@test "digests that pass one could not foresee are computed before anything is sent" {
    mkdir src
    printf one >src/one
    (cd src && b2sum one >../B2SUMS)
    tar -czf src.tar.gz src
    ingest 0 src.tar.gz --manifest B2SUMS --manifest-format b2sum
    sed -i 's/^./x/; s/^x/0/' B2SUMS
    scripted_reset all
    rm -rf "$XDG_STATE_HOME/accession"
    ingest 1 src.tar.gz --manifest B2SUMS --manifest-format b2sum
    assert_equal "$(scripted_objects length)" 0
}

@test "links within the package lead where they lead in a folder" {
    mkdir src src/dir
    printf one >src/dir/one
    ln -s dir/one src/soft
    ln -s dir src/way
    ln src/dir/one src/hard
    (cd src && sha256sum dir/one soft hard way/one >../SHA256SUMS)
    tar -czf src.tar.gz src
    ingest 0 src --manifest SHA256SUMS --allow-unlisted
    assert_equal "$(counts sent unlisted)" "5 1" # the link to a folder
    held >expected
    scripted_reset all
    rm -rf "$XDG_STATE_HOME/accession"
    ingest 0 src.tar.gz --manifest SHA256SUMS --allow-unlisted
    assert_equal "$(counts sent unlisted)" "5 1"
    held >found
    diff expected found
}

# bats test_tags=slow
@test "a file beside the one that its manifest names, in another of Unicode's normal forms, is one that no manifest names" {
    local listed twin bytes name
    for listed in $'\u00e9' $'e\u0301'; do
        twin=$'\u00e9'
        [[ $listed != "$twin" ]] || twin=$'e\u0301'
        rm -rf twins && make_bag twins 1 100
        printf 'listed' >"twins/data/$listed"
        finish_bag twins
        sed -i /Payload-Oxum/d twins/bag-info.txt
        (cd twins && sha256sum bagit.txt bag-info.txt manifest-sha256.txt >tagmanifest-sha256.txt)
        # Alone, in the other form, it is the one that is named.
        mv "twins/data/$listed" "twins/data/$twin"
        for name in twins twins.tar twins.zip; do
            pack_twins "$name"
            ingest 0 "$name"
            assert_equal "$(counts sent unlisted)" "6 0"
            scripted_keeps bucket "a/data/$listed"
        done
        for bytes in 'other bytes' listed; do # the same bytes too: the name would be lost
            printf 'listed' >"twins/data/$listed"
            printf '%s' "$bytes" >"twins/data/$twin"
            for name in twins twins.tar; do
                pack_twins "$name"
                ingest 1 "$name"
                assert_says "data/$twin: is in the source, but no manifest names it"
                assert_equal "$(counts unlisted failed)" "1 0"
                assert_equal "$(scripted_objects 'map(select(.key == "a/bagit.txt")) | length')" 0
                run accession manifest check "$name"
                assert_status 1
                ingest 0 --allow-unlisted "$name"
                assert_equal "$(counts unlisted withheld)" "1 0"
            done
            pack_twins twins.zip # whose names are read in NFC: there the two are one name
            ingest 2 twins.zip
            assert_says "is in the package twice"
        done
    done
}

# bats test_tags=slow
@test "names of a foreign encoding: refused, or read with --archive-encoding" {
    local encoding name
    for encoding in CP437:süß SHIFT-JIS:写真; do
        name=${encoding#*:}
        rm -rf src && mkdir src
        printf one >"src/$name.txt"
        (cd src && sha256sum -- * >../SHA256SUMS)
        python3 "$packages" wide src src.zip "${encoding%%:*}"
        scripted_reset all
        rm -rf "$XDG_STATE_HOME/accession"
        ingest 2 src.zip --manifest SHA256SUMS
        assert_says "--archive-encoding"
        ingest 0 src.zip --manifest SHA256SUMS --archive-encoding "${encoding%%:*}"
        scripted_keeps bucket "a/$name.txt"
    done
    ingest 2 src.zip --manifest SHA256SUMS --archive-encoding ASCII
    assert_says "does not fit"
}

# --- refused ----------------------------------------------------------------

@test "a package that nothing describes: --manifest is proposed, not what makes lists of folders" {
    mkdir src
    printf one >src/one
    tar -czf src.tar.gz src
    ingest 2 src.tar.gz
    assert_says "Name the checksum list of the files in it with --manifest FILE."
    refute_says "manifest create"
    ingest 2 src
    assert_says "accession manifest create"
}

# bats test_tags=slow
@test "packages that no archive may take are refused, each with its reason, and nothing is sent" {
    local name says wrong=0 kinds=0
    make_bag little 3 300
    while IFS=$'\t' read -r name says; do
        python3 -W ignore "$packages" make "$name" little package
        run accession ingest package s3://bucket/a --endpoint-url "$SCRIPTED_URL"
        kinds=$((kinds + 1))
        if [[ $status != 2 ]] || ! grep -qE -- "$says" <<<"$output"; then
            printf '%s: status %s, wanted "%s", got:\n%s\n' "$name" "$status" "$says" "$output"
            wrong=$((wrong + 1))
        fi
    done < <(python3 "$packages" list)
    echo "$kinds kinds"
    ((kinds >= 40 && wrong == 0))
    assert_equal "$(scripted_count 'Put.*|Create.*|UploadPart')" 0
}

# bats test_tags=slow
@test "a file that differs, in any packing, leaves nothing visible" {
    local name
    printf 'x' >>bag/data/file-000003.bin
    for name in bag.tar last.tar.gz bag.zip; do
        pack "$name"
        ingest 1 "$name"
        assert_equal "$(counts sent failed)" "0 1"
        assert_equal "$(scripted_objects length)" 0
        assert_equal "$(scripted_uploads length)" 0
    done
    run accession ingest --json - s3://bucket/a --endpoint-url "$SCRIPTED_URL" <last.tar.gz
    assert_status 1
    assert_equal "$(scripted_objects length)" 0
}

@test "a file that is missing leaves nothing visible" {
    rm bag/data/file-000003.bin
    pack last.tar.gz
    ingest 1 last.tar.gz
    assert_equal "$(counts sent failed)" "0 1"
    assert_equal "$(scripted_objects length)" 0
}

# bats test_tags=slow
@test "--max-expansion and Payload-Oxum say how much a package may hold" {
    rm -rf bag
    make_bag bag 1 10
    head -c 100000000 /dev/zero >bag/data/zeros
    finish_bag bag
    sed -i /Payload-Oxum/d bag/bag-info.txt
    tar -czf late.tar.gz bag
    ingest 2 late.tar.gz --dry-run
    assert_says "more than 100 times its size"
    run accession manifest check --max-expansion 2000 late.tar.gz
    refute_says "times its size"
    printf 'Payload-Oxum: %s.2\n' 100000010 >>bag/bag-info.txt
    tar -czf early.tar.gz bag/bag-info.txt bag/bagit.txt bag/manifest-* bag/tagmanifest-* bag/data
    run accession manifest check early.tar.gz
    refute_says "times its size"
}

@test "a dry run reads all of it and sends nothing; verify --local compares it" {
    pack last.tar.gz
    ingest 0 last.tar.gz --dry-run
    assert_equal "$(counts to_send)" 11
    assert_equal "$(scripted_objects length)" 0
    run accession verify --local last.tar.gz
    assert_status 0
    printf 'x' >>bag/data/file-000003.bin
    pack last.tar.gz
    run accession verify --local last.tar.gz
    assert_status 1
    ingest 1 last.tar.gz --dry-run
    assert_equal "$(counts failed)" 1
}

@test "standard input that does not fit the temporary folder is refused before that is full" {
    [[ $(id -u) == 0 ]] || skip "a small temporary folder needs root"
    mkdir small
    mount -t tmpfs -o size=80m tmpfs small || skip "no tmpfs can be mounted here"
    head -c 40000000 /dev/urandom >bag/data/more.bin
    finish_bag bag
    pack bag.tar
    TMPDIR=$PWD/small run accession ingest - s3://bucket/a --endpoint-url "$SCRIPTED_URL" <bag.tar
    umount small
    assert_status 2
    assert_says "has no room"
    assert_equal "$(scripted_objects length)" 0
}

# --- killed -----------------------------------------------------------------

# in_background SOURCE: ingests it in parts of 5 MiB; standard input is last.tar.gz.
in_background() {
    env --default-signal=INT "$ACCESSION" ingest --json --part-size 5M "$1" \
        s3://bucket/a --endpoint-url "$SCRIPTED_URL" >out.log 2>&1 <last.tar.gz 3>&- &
    PROGRAM=$!
}

# kill_at OPERATION SOURCE: SIGKILL once the server has had such a request.
kill_at() {
    local before
    before=$(scripted_count "$1")
    in_background "$2"
    until_true scripted_has $((before + 1)) "$1"
    kill -KILL "$PROGRAM" 2>/dev/null || true
    wait "$PROGRAM" || true
    PROGRAM=
}

# bats test_tags=slow
@test "killed in the middle, every form goes on where it was" {
    local name
    pack bag.tar
    pack last.tar.gz
    pack bag.zip
    ingest 0 bag --part-size 5M
    held >expected
    for name in bag bag.tar last.tar.gz bag.zip -; do
        scripted_reset all
        rm -rf "$XDG_STATE_HOME/accession"
        scripted_scenario 'on UploadPart part=2 stall'
        kill_at UploadPart "$name"
        scripted_scenario ''
        kill_at PutObject "$name"
        ingest 0 "$name" --part-size 5M <last.tar.gz
        held >found
        diff expected found
        assert_equal "$(scripted_uploads length)" 0
    done
}

# --- changed ----------------------------------------------------------------

# The program in the background ends, with another status than 0.
refused() {
    ! wait "$PROGRAM" || return 1
    PROGRAM=
}

# change HOW FILE: after which it has other bytes.
change() {
    case $1 in
    quietly) flip_byte "$2" 9000000 ;; # size and time stay
    *) printf 'more' >>"$2" ;;
    esac
}

# bats test_tags=slow
@test "a package that changes between the comparison and the sending is noticed, and nothing of it is visible" {
    local name how
    # The large file is the only one that could be sent before the change is met.
    rm bag/data/file-*
    finish_bag bag
    for name in bag.tar last.tar.gz bag.zip; do
        for how in quietly openly; do
            rm -f "$name"
            pack "$name"
            scripted_reset all
            rm -rf "$XDG_STATE_HOME/accession"
            scripted_scenario 'on GetBucketVersioning pass hold=4'
            [[ -e last.tar.gz ]] || pack last.tar.gz
            in_background "$name"
            until_true says out.log '"type":"planned"'
            until_true scripted_has 1 UploadPart '400.*' # of the probe: the comparison is over
            change "$how" "$name"
            scripted_scenario ''
            refused || fail "$name, changed $how, was archived"
            assert_equal "$(scripted_objects length)" 0 "$name $how"
            assert_equal "$(scripted_uploads length)" 0 "$name $how"
        done
    done
}

# --- beside a package -------------------------------------------------------

@test "a digest beside a package that OpenSSL cannot compute is no proof, and is not taken for one" {
    local inject
    inject=$(dirname "$ACCESSION")/tests/fault/fault-inject.so
    pack bag.tar
    md5sum bag.tar >bag.tar.md5
    ACC_WITHOUT_DIGEST=MD5 LD_PRELOAD=$inject ingest 0 bag.tar
    assert_says "bag.tar.md5: OpenSSL lacks its algorithm, so the package was not compared with it"
    [[ $output != *"as promised by"* ]] || fail "nothing was compared"
    sha256sum bag.tar >bag.tar.sha256
    ACC_WITHOUT_DIGEST=MD5 LD_PRELOAD=$inject ingest 0 bag.tar
    assert_says "bag.tar: the package itself is as promised by bag.tar.sha256"
}

@test "a digest of the package itself, beside it, is compared with it" {
    pack bag.tar
    sha256sum bag.tar >bag.tar.sha256
    md5sum bag.tar | cut -c 1-32 >bag.tar.md5
    printf '%s *D:\\out\\bag.tar\r\n' "$(sha1sum bag.tar | cut -c 1-40)" >bag.tar.sha1
    printf '%064d  other.tar\n' 0 >SHA256SUMS
    (cd / && sha512sum "$OLDPWD/bag.tar") >bag.tar.sha512
    ingest 0 bag.tar
    assert_says "bag.tar: the package itself is as promised by bag.tar.sha512, bag.tar.sha256, bag.tar.sha1, bag.tar.md5"
    # Whole, and still not what was sent.
    rm -rf "$XDG_STATE_HOME/accession"
    printf 'more' >bag/data/more
    finish_bag bag
    pack bag.tar
    scripted_reset all
    ingest 2 bag.tar
    assert_says "is not the package that bag.tar.sha512:1 promises"
    rm bag.tar.sha512 bag.tar.sha1 bag.tar.md5
    run accession verify --local bag.tar
    assert_status 2
    assert_says "is not the package that bag.tar.sha256:1 promises. Its sha256 is $(sha256sum bag.tar | cut -c 1-64)"
    assert_equal "$(scripted_objects length)" 0
    rm bag.tar.sha256
    printf '%064d  bag.tar\n' 0 >>SHA256SUMS
    run accession manifest check bag.tar
    assert_status 2
    assert_says "SHA256SUMS:2 promises"
}

@test "a digest beside the package that cannot be used is an error, or said" {
    pack bag.tar
    echo nonsense >bag.tar.sha256
    ingest 2 bag.tar
    assert_says "bag.tar.sha256:1"
    sha256sum bag/bagit.txt >bag.tar.sha256
    echo nonsense >SHA256SUMS
    ingest 0 bag.tar
    assert_says "bag.tar.sha256: does not name bag.tar, so the package was not compared with it"
    assert_says "So the package was not compared with it."
}

# --- arriving ---------------------------------------------------------------

# bats test_tags=slow,threads
@test "watch: names of a foreign encoding and a large expansion, as its options allow them" {
    mkdir src drop
    head -c 100000000 /dev/zero >src/süß
    (cd src && sha256sum -- * >SHA256SUMS)
    python3 "$packages" wide src drop/delivery.zip CP437
    # In the list inside, the name is as it is in the encoding that is said.
    accession_in_background watch --settle 1 --endpoint-url "$SCRIPTED_URL" \
        --archive-encoding CP437 --max-expansion 2000 drop s3://bucket/in
    until_true scripted_keeps bucket in/delivery/SHA256SUMS
    kill -TERM "$PROGRAM"
    ended 0
    scripted_keeps bucket in/delivery/süß
}

# --- memory -----------------------------------------------------------------

# bats test_tags=slow
@test "memory: a large tar.gz stays within --memory and 64 MiB" {
    local used
    mkdir -p wide/data
    for i in 1 2 3; do head -c 150000000 /dev/zero | tr '\0' "$i" >wide/data/large-$i; done
    finish_bag wide
    tar -cf - wide/data wide/bag-info.txt wide/bagit.txt wide/*manifest-* | gzip -1 >wide.tar.gz
    rm -r wide/data
    used=$(/usr/bin/python3 - "$plain_accession" ingest --quiet --memory 32M \
        --max-expansion 1000 wide.tar.gz s3://bucket/wide --endpoint-url "$SCRIPTED_URL" <<'PY'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
PY
    )
    echo "# 450 MB in a tar.gz: $used MiB at the peak, --memory 32M" >&3
    scripted_keeps bucket wide/data/large-3
    ((used > 0 && used <= 32 + 64))
}
