#!/usr/bin/env bats
# The sandbox and the helpers themselves: what the other tests stand on.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154,SC1003,SC2046,SC2059

load ../lib/helpers

setup() {
    common_setup
}

@test "sandbox: an object comes back as it was put" {
    new_bucket
    some_bytes 20000 >a
    s3_put "some/key" a
    s3_get "some/key" b
    cmp a b
    s3_exists "some/key"
    run s3_exists "some/other"
    assert_status 22
    assert_equal "$(s3_list)" "some/key"
    assert_equal "$(s3_sha256 some/key)" "$(sha256sum <a | cut -d' ' -f1)"
}

@test "sandbox: odd names survive the helpers" {
    new_bucket
    mkdir odd
    local name
    for name in 'a b ' $'new\nline' '100%25' '+&=;,#?' "quote's" '"~()[]!*\' \
        'é' $'e\xcc\x81' '🗝' empty; do
        printf '%s' "$name" >"odd/$name"
    done
    : >odd/empty
    for name in odd/*; do s3_put "p/${name#odd/}" "$name"; done
    assert_equal "$(s3_check_folder odd p)" 10
    assert_equal "$(s3_list p/ | while read -r name; do
        url_decode "$name"
        echo .
    done | LC_ALL=C sort)" "$(for name in odd/*; do
        printf 'p/%s.\n' "${name#odd/}"
    done | LC_ALL=C sort)"
}

@test "sandbox: a versioned bucket keeps versions and delete markers" {
    new_bucket versioned
    echo 1 >a && s3_put k a
    echo 2 >a && s3_put k a
    s3_delete k
    run s3_versions
    assert_equal "${#lines[@]}" 3
    assert_equal "$(grep -c '^DeleteMarker k .* true -$' <<<"$output")" 1
    assert_equal "$(grep -c '^Version k .* false 2$' <<<"$output")" 2
}

@test "sandbox: policies refuse and are cleared again" {
    new_bucket
    echo hello >a
    policy deny-writes
    run s3_put k a
    [[ $status != 0 ]]
    s3_list
    policy lock-out
    run s3_list
    [[ $status != 0 ]]
    policy clear
    s3_put k a
}

@test "sandbox: requests are counted from a mark on" {
    new_bucket
    requests_mark
    curl -s -o /dev/null "$AWS_ENDPOINT_URL/$BUCKET/x?y=1"
    s3_list
    run requests_since
    assert_equal "${#lines[@]}" 1
    [[ $output == "GET /$BUCKET/x?y=1 403 20"* ]]
    requests_mark
    assert_equal "$(count_requests .)" 0
}

@test "sandbox: an open upload is listed with its parts" {
    new_bucket
    local id
    id=$(s3_curl POST "$BUCKET/big%20one?uploads=" |
        sed -n 's/.*<UploadId>\([^<]*\).*/\1/p')
    some_bytes 1000 >part
    s3_curl PUT "$BUCKET/big%20one?partNumber=1&uploadId=$(uri_encode "$id")" -f -T part
    assert_equal "$(s3_open_uploads)" "big%20one $id"
    assert_equal "$(s3_parts 'big one' "$id")" "1 1000"
    assert_equal "$(s3_count)" 0
}

@test "sandbox: lists are read to their end" {
    new_bucket versioned
    make_bag bag 1100 10
    # One curl, many uploads; these names need no encoding.
    printf "url = $AWS_ENDPOINT_URL/$BUCKET/%s\nupload-file = %s\noutput = out\n" \
        $(for file in bag/data/*; do echo "$file" "$file"; done) >config
    curl -sS -f -A accession-tests -K config --aws-sigv4 aws:amz:us-east-1:s3 \
        --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
        -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD'
    assert_equal "$(s3_count)" 1100
    assert_equal "$(s3_versions | wc -l)" 1100
    assert_equal "$(s3_check_folder bag/data bag/data)" 1100
}

@test "helpers: a bag agrees with its manifests, and a flipped byte doesn't" {
    make_bag bag 5 1K
    add_payload bag "large/one" 3M
    finish_bag bag
    cd bag
    sha256sum --quiet -c manifest-sha256.txt tagmanifest-sha256.txt
    grep -q '^Payload-Oxum: 3150848.6$' bag-info.txt
    flip_byte data/large/one 3145727
    run sha256sum --quiet -c manifest-sha256.txt
    assert_status 1
    assert_says "data/large/one"
}

@test "the example bag and list agree with their manifests" {
    cd "$repository/manifests/example-bag"
    sha256sum --quiet -c manifest-sha256.txt tagmanifest-sha256.txt
    sha512sum --quiet -c manifest-sha512.txt
    cd ../example-list
    sha256sum --quiet -c ../example-list.sha256
}
