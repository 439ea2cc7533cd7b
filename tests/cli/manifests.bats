#!/usr/bin/env bats
# Manifests as they come: found, archived, judged by rules; shown, checked and created.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers

setup() {
    common_setup
    unset ACCESSION_ARCHIVE_MANIFEST
    new_bucket
    mkdir -p files/sub
    printf one >files/one
    printf two >files/sub/two
}

ingest() {
    run accession ingest "$@" files "s3://$BUCKET/p"
}

sha_of() { sha256sum <"$1" | cut -d' ' -f1; }

md5_of() { md5sum <"$1" | cut -d' ' -f1; }

content_of() {
    s3_get "$1" fetched
    cat fetched
}

# mets FILE...: a METS document; each FILE is ATTRIBUTES|HREF.
mets() {
    printf '<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink"><fileSec><fileGrp>\n'
    local file
    for file; do
        printf '<file %s><FLocat LOCTYPE="URL" xlink:href="%s"/></file>\n' "${file%%|*}" "${file#*|}"
    done
    printf '</fileGrp></fileSec></mets>\n'
}

@test "manifests: a list in the source is found, used, said, and archived last" {
    make_list files sums
    mv sums files/SHA256SUMS
    ingest
    assert_status 0
    assert_says "found in the source and used as its manifest"
    assert_equal "$(s3_list)" "$(printf 'p/%s\n' SHA256SUMS one sub/two)" keys
    assert_equal "$(content_of p/SHA256SUMS)" "$(cat files/SHA256SUMS)" content
    ingest
    assert_status 0
    assert_says "there already"
    run accession verify -m files/SHA256SUMS "s3://$BUCKET/p"
    assert_status 0
}

@test "manifests: a list beside the source is archived, one elsewhere or unwanted is not" {
    make_list files sums
    ingest -m sums --archive-manifest no
    assert_status 0
    assert_equal "$(s3_list)" "$(printf 'p/%s\n' one sub/two)" keys
    mkdir -p else/where
    cp sums else/where/list
    ingest -m else/where/list
    assert_status 0
    assert_equal "$(s3_count p/)" 2 keys
    ingest -m sums
    assert_status 0
    assert_equal "$(s3_list)" "$(printf 'p/%s\n' one sub/two sums)" keys
    run accession verify --no-ledger -m sums "s3://$BUCKET/p"
    assert_status 0
    accession report --format manifest >back
    (cd files && sha256sum -c --quiet ../back)
}

@test "manifests: a single *.sha256 or METS is found; several are a question" {
    make_list files delivery.sha256
    mv delivery.sha256 files/
    run accession manifest check files
    assert_status 0
    cp files/delivery.sha256 files/other.sha256
    ingest
    assert_status 2
    assert_says "several manifests"
    rm files/*.sha256
    mets "CHECKSUMTYPE=\"SHA-256\" CHECKSUM=\"$(sha_of files/one)\"|one" \
        "CHECKSUMTYPE=\"MD5\" CHECKSUM=\"$(md5_of files/sub/two)\"|sub/two" >files/METS.xml
    ingest
    assert_status 0
    assert_equal "$(s3_list)" "$(printf 'p/%s\n' METS.xml one sub/two)" keys
}

@test "manifests: from standard input" {
    make_list files sums
    run bash -c 'cat sums | "$0" ingest -m - files "$1"' "$ACCESSION" "s3://$BUCKET/p"
    assert_status 0
    assert_says "standard input"
    assert_equal "$(s3_count p/)" 2 keys
}

@test "manifests: a file without a digest is refused, skipped or archived, as asked" {
    mets "CHECKSUMTYPE=\"SHA-256\" CHECKSUM=\"$(sha_of files/one)\"|one" "ID=\"b\"|sub/two" >m.xml
    ingest -m m.xml --archive-manifest no
    assert_status 1
    assert_says "names it without a usable digest"
    assert_equal "$(s3_list)" p/one keys
    ingest -m m.xml --archive-manifest no -n
    assert_status 1
    ingest -m m.xml --archive-manifest no --undigested skip
    assert_status 0
    assert_says "sub/two: is named without a usable digest, so it is not archived"
    refute_says "no manifest names it"
    assert_equal "$(s3_list)" p/one keys
    ingest -m m.xml --archive-manifest no --undigested archive
    assert_status 0
    assert_equal "$(s3_list)" "$(printf 'p/%s\n' one sub/two)" keys
    accession report --format json >receipt.json
    assert_equal "$(jq -r '.entries[] | select(.undigested) | .path' receipt.json)" sub/two undigested
    accession report --format premis >premis.xml
    grep -q "compared with nothing" premis.xml
    ingest -m m.xml --archive-manifest no --undigested archive
    assert_status 0
    assert_says "there already"
    printf changed >files/sub/two
    ingest -m m.xml --archive-manifest no --undigested archive
    assert_status 1
    assert_equal "$(content_of p/sub/two)" two content
}

@test "manifests: another manifest gives the digest that is missing" {
    mets "ID=\"a\"|one" "ID=\"b\"|sub/two" >m.xml
    make_list files sums
    ingest -m m.xml -m sums --undigested skip --archive-manifest no
    assert_status 0
    assert_equal "$(s3_count p/)" 2 keys
}

@test "manifests: pinned, of a required algorithm, of the expected bag" {
    make_list files sums
    ingest -m sums --manifest-sha256 "$(printf x | sha256sum | cut -c1-64)"
    assert_status 2
    assert_says "no manifest has the SHA-256"
    assert_equal "$(s3_count)" 0 keys
    ingest -m sums --manifest-sha256 "$(sha_of sums)" --require sha256
    assert_status 0
    (cd files && md5sum one sub/two) >md5
    ingest -m md5 --require sha256
    assert_status 2
    assert_says "2 of 2 files have no such digest"
    ingest -m md5 -m sums --require sha256
    assert_status 0
    make_bag bag 1 10
    printf 'External-Identifier: b24967646\n' >>bag/bag-info.txt
    (cd bag && sha256sum bagit.txt bag-info.txt manifest-sha256.txt >tagmanifest-sha256.txt)
    run accession ingest --expect-external-identifier b1 bag "s3://$BUCKET/bag"
    assert_status 2
    assert_says "External-Identifier is 'b24967646', not 'b1'"
    run accession ingest --expect-external-identifier b24967646 bag "s3://$BUCKET/bag"
    assert_status 0
}

@test "manifests: a BagIt Profile is met, or every fault is named" {
    make_bag bag 1 10
    cat >profile.json <<'J'
{"BagIt-Profile-Info": {"BagIt-Profile-Identifier": "https://example.org/p.json", "Source-Organization": "x",
  "External-Description": "x", "Version": "1"},
 "Bag-Info": {"Source-Organization": {"required": true, "values": ["Archive A", "Archive B"]}, "Contact": {"recommended": true}},
 "Manifests-Required": ["sha512"], "Tag-Files-Required": ["metadata/dc.xml"], "Accept-BagIt-Version": ["0.97"],
 "Allow-Fetch.txt": false, "Serialization": "forbidden"}
J
    run accession ingest --bagit-profile profile.json bag "s3://$BUCKET/bag"
    assert_status 2
    assert_says "bag-info.txt has no Source-Organization"
    assert_says "manifest-sha512.txt is missing"
    assert_says "the tag file metadata/dc.xml is missing"
    assert_says "BagIt version 1.0 is not accepted"
    assert_says "bag-info.txt has no Contact, which the profile recommends"
    assert_equal "$(s3_count)" 0 keys
    sed -i 's/"sha512"/"sha256"/; s/"metadata\/dc.xml"//; s/0.97/1.0/' profile.json
    printf 'Source-Organization: Archive\n B\n' >>bag/bag-info.txt
    (cd bag && sha256sum bagit.txt bag-info.txt manifest-sha256.txt >tagmanifest-sha256.txt)
    run accession ingest --bagit-profile profile.json bag "s3://$BUCKET/bag"
    assert_status 0
    printf '{"Bag-Info": []}' >profile.json
    run accession ingest --bagit-profile profile.json bag "s3://$BUCKET/bag"
    assert_status 2
    assert_says "of the BagIt Profile is missing or of the wrong type"
}

@test "manifests: portable names" {
    printf x >'files/CON.txt'
    make_list files sums
    ingest -m sums
    assert_status 0
    ingest -m sums --portable-names
    assert_status 2
    assert_says "CON.txt, has a part that names a device on Windows"
    rm files/CON.txt
    printf x >files/ONE
    make_list files sums
    ingest -m sums --portable-names
    assert_status 2
    assert_says "2 names differ from another one in case alone"
    assert_says "ONE: differs from another name in case alone"
    assert_equal "$(s3_list | grep -c ONE)" 0 sent
}

@test "manifests: Windows' backslashes are proposed, then accepted" {
    printf '%s *one\r\n%s *sub\\two\r\n' "$(md5_of files/one)" "$(md5_of files/sub/two)" >win.md5
    ingest -m win.md5
    assert_status 1
    assert_says "pass --windows-paths"
    ingest -m win.md5 --windows-paths
    assert_status 0
    assert_equal "$(s3_list)" "$(printf 'p/%s\n' one sub/two win.md5)" keys
}

@test "manifests: an absolute path gets its prefix proposed" {
    printf '%s  /mnt/in/sub/two\n' "$(sha_of files/sub/two)" >list
    ingest -m list
    assert_status 2
    assert_says "--strip-prefix '/mnt/in'"
    ingest -m list --strip-prefix /mnt/in --allow-unlisted
    assert_status 0
}

@test "manifests: digests of another algorithm of the same length are found out" {
    (cd files && b2sum one sub/two) >list
    ingest -m list
    assert_status 2
    assert_says "these are blake2b-512 digests, not sha512"
    assert_says "Pass --manifest-format b2sum"
    refute_says "differs from the manifest"
    assert_equal "$(s3_count)" 0 keys
    ingest -m list --manifest-format b2sum
    assert_status 0
    printf 'path,hash\none,%s\n' "$(openssl dgst -sm3 -r files/one | cut -c1-64)" >list.csv
    ingest -m list.csv --allow-unlisted
    assert_status 2
    assert_says "Name the algorithm in the manifest: sm3"
}

@test "manifests: an empty folder after the bucket is refused" {
    make_list files sums
    run accession ingest -m sums files "s3://$BUCKET//p"
    assert_status 2
    assert_says "'//' after the bucket"
}

@test "manifests: show prints entries, and what adds none" {
    make_list files sums
    run bash -c '"$0" manifest show sums 2>/dev/null' "$ACCESSION"
    assert_status 0
    assert_equal "$(wc -l <<<"$output")" 2 lines
    accession manifest show -f json sums 2>/dev/null | jq -e 'select(.path == "sub/two") | .line == 2'
    accession manifest show -f csv sums 2>/dev/null | grep -q "^sub/two,,"
    printf '%s\n' "$(md5_of files/one)x  one" >broken
    run accession manifest show broken
    assert_status 2
    assert_says broken:1
}

@test "manifests: check reports what is missing, unlisted and of another size" {
    printf 'path,size,sha256\none,4,%s\ngone,1,%s\nnone,,\n' "$(sha_of files/one)" "$(sha_of files/one)" >list.csv
    printf x >files/none
    run accession manifest check list.csv files
    assert_status 1
    assert_says "one: has 3 bytes; the manifest says 4"
    assert_says "gone: listed in the manifest, not found in the source"
    assert_says "none: "
    assert_says "sub/two: is in the source, but no manifest names it"
    assert_says "without digest"
    make_list files sums
    run accession manifest check sums files
    assert_status 0
}

@test "manifests: create writes what sha256sum checks, and bags that are valid" {
    printf x >$'files/new\nline'
    printf x >'files/100%'
    accession manifest create files --output files/SHA256SUMS
    (cd files && sha256sum -c --quiet SHA256SUMS)
    assert_equal "$(wc -l <files/SHA256SUMS)" 4 lines
    accession manifest create files --format csv --algorithm md5 >list.csv
    run accession manifest check list.csv files
    assert_status 0
    rm files/SHA256SUMS
    ln -s /etc/passwd files/out
    run accession manifest create files
    assert_status 2
    assert_says "leaves the source"
    run accession manifest create files --format bagit
    assert_status 2
    [[ -e files/one && ! -e files/data ]]
    rm files/out
    accession manifest create files --format bagit --external-identifier b1
    [[ -e files/data/sub/two && ! -e files/.accession-bag ]]
    run accession ingest files "s3://$BUCKET/bag" --expect-external-identifier b1
    assert_status 0
    run accession manifest create files --format bagit
    assert_status 2
    assert_says "is a bag already"
    accession manifest create files/data --format bagit --output tags
    assert_equal "$(ls tags)" "$(printf '%s\n' bag-info.txt bagit.txt manifest-sha256.txt tagmanifest-sha256.txt)" files
}
