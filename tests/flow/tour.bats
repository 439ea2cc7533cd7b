#!/usr/bin/env bats
# Three mistakes of an ordinary day, against a real S3 server, judged by another client: whatever
# looks like a bag in the bucket is one, whole and unmixed, at every moment.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers

setup() {
    common_setup
    unset ACCESSION_ARCHIVE_MANIFEST
    for number in 5 6 7; do
        make_bag "DEL-00$number" 4 2K "$number"
        printf 'External-Identifier: NA-2026-%s\n' "$number" >>"DEL-00$number/bag-info.txt"
        (cd "DEL-00$number" && sha256sum bagit.txt bag-info.txt manifest-sha256.txt >tagmanifest-sha256.txt)
    done
}

# looks_like_bags: every prefix of the bucket that has a file by which people know a bag.
looks_like_bags() {
    s3_list | grep -E '(^|/)(bagit\.txt|manifest-[a-z0-9]+\.txt|tagmanifest-[a-z0-9]+\.txt)$' |
        sed -E 's,/?[^/]*$,,' | sort -u
}

# whole PREFIX BAG: all of the bag and nothing else is there.
whole() {
    assert_equal "$(s3_check_folder "$2" "$1")" "$(find "$2" -type f | wc -l)" "objects read back"
    assert_equal "$(s3_count "$1/")" "$(find "$2" -type f | wc -l)" "objects below $1"
}

@test "a forgotten prefix, a missing file, a second bag at the same prefix: nothing looks like a bag that is not one" {
    local kind
    for kind in "" versioned; do
        new_bucket $kind
        rm -rf "$XDG_STATE_HOME"
        # A first bag, where it belongs.
        run accession ingest DEL-005 "s3://$BUCKET/maps/DEL-005"
        assert_status 0

        # A second one, its own name forgotten.
        run accession ingest DEL-006 "s3://$BUCKET/maps/DEL-005"
        assert_status 1
        assert_says "holds another bag (External-Identifier NA-2026-5)"
        assert_says "Did you mean s3://$BUCKET/maps/DEL-005/DEL-006?"
        assert_equal "$(looks_like_bags)" maps/DEL-005
        whole maps/DEL-005 DEL-005

        # With the slash it is right. A file of it has been lost on the way.
        mv DEL-006/data/file-000002.bin lost
        run accession ingest DEL-006 "s3://$BUCKET/maps/"
        assert_status 1
        assert_says "withheld           manifest-sha256.txt and 3 more, until every file is"
        assert_equal "$(looks_like_bags)" maps/DEL-005
        run accession status
        assert_says "withheld        4 files"

        # The corrected bag: its manifest names what there is.
        mv lost DEL-006/data/file-000002.bin
        flip_byte DEL-006/data/file-000002.bin 3
        (cd DEL-006 && bag_manifest data >manifest-sha256.txt &&
            sha256sum bagit.txt bag-info.txt manifest-sha256.txt >tagmanifest-sha256.txt)
        run accession ingest DEL-006 "s3://$BUCKET/maps/"
        assert_status 0
        whole maps/DEL-006 DEL-006

        # A third at the root of the bucket, with every file compared first, and one wrong.
        flip_byte DEL-007/data/file-000001.bin 9
        run accession ingest --check-first DEL-007 "s3://$BUCKET"
        assert_status 1
        assert_equal "$(looks_like_bags)" $'maps/DEL-005\nmaps/DEL-006'
        assert_equal "$(s3_list | grep -vc '^maps/' || true)" 0 "objects outside"
        flip_byte DEL-007/data/file-000001.bin 9
        run accession ingest --check-first DEL-007 "s3://$BUCKET/"
        assert_status 0
        whole DEL-007 DEL-007
        run accession verify DEL-006 "s3://$BUCKET/maps/"
        assert_status 0
        rm -rf DEL-006
        make_bag DEL-006 4 2K 6
        printf 'External-Identifier: NA-2026-6\n' >>DEL-006/bag-info.txt
        (cd DEL-006 && sha256sum bagit.txt bag-info.txt manifest-sha256.txt >tagmanifest-sha256.txt)
    done
}
