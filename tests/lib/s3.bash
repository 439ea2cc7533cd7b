# shellcheck shell=bash
# Another S3 client than ours (curl), to see what is really in the bucket $BUCKET.
#
# Keys are bytes. What lists prints is percent-encoded (S3's way, "/" stays), so
# that a line is a key; url_decode makes bytes of it.

# (No loops over characters here: bats traps every command, which makes them crawl.)

# encode_stream [KEPT]: bytes in, encoded text out, all but unreserved characters
# and those in KEPT; NUL becomes a newline, so many names can go through in one call.
encode_stream() {
    od -An -v -tx1 | awk -v kept="${1:-}" '
        BEGIN {
            plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-" kept
            for (i = 32; i < 127; i++) {
                c = sprintf("%c", i)
                if (index(plain, c)) as[sprintf("%02x", i)] = c
            }
            as["00"] = "\n"
        }
        { for (i = 1; i <= NF; i++)
              printf "%s", $i in as ? as[$i] : "%" toupper($i) }'
}

# uri_encode TEXT [KEPT]
uri_encode() {
    printf '%s' "$1" | encode_stream "${2:-}"
}

key_encode() {
    uri_encode "$1" /
}

url_decode() {
    printf '%b' "${1//%/\\x}"
}

# s3_curl METHOD TARGET [curl arguments]: TARGET is BUCKET/KEY?QUERY, encoded, the
# query sorted and with "=" after each name (curl 7.88 signs nothing else right).
s3_curl() {
    local method=$1 target=$2
    shift 2
    curl -sS -A accession-tests -X "$method" --path-as-is \
        --aws-sigv4 aws:amz:us-east-1:s3 \
        --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
        -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "$@" \
        "$AWS_ENDPOINT_URL/$target"
}

# s3_put KEY FILE
# With its MD5, which a bucket with Object Lock demands.
s3_put() {
    s3_curl PUT "$BUCKET/$(key_encode "$1")" -f -T "$2" -H "Content-MD5: $(openssl md5 -binary "$2" | base64)"
}

# s3_get KEY FILE: fails, and leaves no file, unless the answer is 200.
s3_get() {
    s3_curl GET "$BUCKET/$(key_encode "$1")" -f -o "$2"
}

# s3_head KEY: the headers, names in lower case; fails if the object does not exist.
s3_head() {
    s3_curl HEAD "$BUCKET/$(key_encode "$1")" -f -I |
        sed -E 's/\r$//; s/^([^:]+):/\L\1:/'
}

# s3_header KEY NAME: the value of one header.
s3_header() {
    s3_head "$1" | sed -n "s/^$2: //p"
}

s3_exists() {
    s3_curl HEAD "$BUCKET/$(key_encode "$1")" -f -I -o /dev/null 2>/dev/null
}

# refute_s3 KEY: the object does not exist.
refute_s3() {
    s3_exists "$1" || return 0
    printf 'is in the bucket, but should not be: %s\n' "$1"
    return 1
}

s3_sha256() {
    s3_curl GET "$BUCKET/$(key_encode "$1")" -f | sha256sum | cut -d' ' -f1
}

s3_delete() {
    s3_curl DELETE "$BUCKET/$(key_encode "$1")" -f
}

# --- lists ----------------------------------------------------------------

# XML of one page on standard input: each ELEMENT on a line, fields as asked.
# S3 answers with encoding-type=url, so a value holds neither "<" nor a newline.
xml_records() {
    local element=$1
    shift
    sed -E "s/<($element)>/\n<\1>/g" | awk -v element="$element" -v names="$*" '
        function field(name,    from, rest) {
            from = index($0, "<" name ">")
            if (!from) return "-"
            rest = substr($0, from + length(name) + 2)
            return substr(rest, 1, index(rest, "<") - 1)
        }
        BEGIN { n = split(names, name, " ") }
        $0 ~ "^<(" element ")>" {
            kind = substr($0, 2, index($0, ">") - 2)
            line = ""
            for (i = 1; i <= n; i++)
                line = line (i > 1 ? " " : "") \
                    (name[i] == "." ? kind : field(name[i]))
            print line
        }' | sed "$canonical"
}

# Servers differ in what they encode: make it what key_encode would write.
canonical="s/&quot;//g; s/&apos;/%27/g; s/+/%20/g; s/%2F/\//g
    s/!/%21/g; s/[*]/%2A/g; s/[(]/%28/g; s/[)]/%29/g; s/'/%27/g"

is_truncated() {
    [[ $1 == *"<IsTruncated>true</IsTruncated>"* ]]
}

# s3_list [PREFIX]: the keys, encoded, in order.
s3_list() {
    local prefix page marker='' keys
    prefix=$(uri_encode "${1:-}")
    while :; do
        page=$(s3_curl GET "$BUCKET?encoding-type=url&marker=$marker&max-keys=1000&prefix=$prefix" -f) ||
            return 1
        keys=$(xml_records Contents Key <<<"$page")
        [[ -z $keys ]] || printf '%s\n' "$keys"
        is_truncated "$page" || return 0
        marker=$(uri_encode "$(url_decode "${keys##*$'\n'}")")
    done
}

s3_count() {
    s3_list "$@" | wc -l
}

# s3_versions [PREFIX]: Version|DeleteMarker KEY VERSION-ID IS-LATEST SIZE
s3_versions() {
    local prefix page key='' id='' rows
    prefix=$(uri_encode "${1:-}")
    while :; do # Swift refuses a version-id-marker without a value
        page=$(s3_curl GET "$BUCKET?encoding-type=url${key:+&key-marker=$key}&max-keys=1000&prefix=$prefix${id:+&version-id-marker=$id}&versions=" -f) ||
            return 1
        rows=$(xml_records 'Version|DeleteMarker' . Key VersionId IsLatest Size <<<"$page")
        [[ -z $rows ]] || printf '%s\n' "$rows"
        is_truncated "$page" || return 0
        read -r _ key id _ <<<"${rows##*$'\n'}"
        key=$(uri_encode "$(url_decode "$key")")
        id=$(uri_encode "$id")
    done
}

# s3_open_uploads [PREFIX]: KEY UPLOAD-ID
s3_open_uploads() {
    local prefix page key='' id='' rows
    prefix=$(uri_encode "${1:-}")
    while :; do
        page=$(s3_curl GET "$BUCKET?encoding-type=url&key-marker=$key&max-uploads=1000&prefix=$prefix&upload-id-marker=$id&uploads=" -f) ||
            return 1
        rows=$(xml_records Upload Key UploadId <<<"$page")
        [[ -z $rows ]] || printf '%s\n' "$rows"
        is_truncated "$page" || return 0
        read -r key id <<<"${rows##*$'\n'}"
        key=$(uri_encode "$(url_decode "$key")")
        id=$(uri_encode "$id")
    done
}

# s3_parts KEY UPLOAD-ID: NUMBER SIZE of each part that the server holds.
s3_parts() {
    s3_curl GET "$BUCKET/$(key_encode "$1")?max-parts=10000&uploadId=$(uri_encode "$2")" -f |
        xml_records Part PartNumber Size
}

# --- whole folders ----------------------------------------------------------

# s3_check_folder DIR [PREFIX]: every file under DIR is in the bucket as
# PREFIX/its path with the same SHA-256; prints how many. None is a failure.
s3_check_folder() {
    local dir=$1 prefix=${2:+$2/} here n
    here=$(mktemp -d "${BATS_TEST_TMPDIR:-/tmp}/check.XXXXXX")
    mkdir "$here/got"
    (cd "$dir" && find . -type f -printf '%P\0' | LC_ALL=C sort -z) >"$here/names"
    n=$(tr -dc '\0' <"$here/names" | wc -c)
    ((n)) || return 1
    encode_stream / <"$here/names" |
        awk -v base="$AWS_ENDPOINT_URL/$BUCKET/$(key_encode "$prefix")" \
            -v got="$here/got" '{
                printf "url = \"%s%s\"\noutput = \"%s/%07d\"\n", base, $0, got, NR
            }' >"$here/config"
    # One curl for all. -f: an object that isn't there makes no file.
    curl -sS -f -A accession-tests --path-as-is --aws-sigv4 aws:amz:us-east-1:s3 \
        --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
        -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -K "$here/config" || return 1
    (cd "$dir" && xargs -0 sha256sum --zero -- <"$here/names") |
        cut -z -c1-64 | tr '\0' '\n' >"$here/expected"
    (cd "$here/got" && sha256sum -- *) | cut -c1-64 >"$here/seen"
    if ! cmp -s "$here/expected" "$here/seen"; then
        paste -d' ' "$here/expected" "$here/seen" <(encode_stream / <"$here/names") |
            awk '$1 != $2' | head -n 5
        return 1
    fi
    rm -rf "$here"
    echo "$n"
}
