# shellcheck shell=bash
# "facts" of the sandbox sets endpoint, keys and secrets.
# shellcheck disable=SC2154
# Holds the verdicts of "policy check" against a real gateway: puts a policy on a bucket, sends every
# operation as its owner, as another user and unsigned, and compares who was refused.
# Expects the sandbox in $ACCESSION_SANDBOX_DIR, and accession as tests/lib/helpers.bash defines it.
#
# A permission is checked before anything else is, so a request that makes no sense (an upload id
# that does not exist, an empty document) shows it without changing anything: 403 is a refusal.

compare_setup() {
    bucket=$1 scratch=$2
    callers=(archive other anonymous)
    # shellcheck source=/dev/null
    . "$ACCESSION_SANDBOX_DIR/facts"
    other_key=OTHER0POLICY other_secret=$(head -c 15 /dev/urandom | xxd -p)
    compare_admin user create --uid "other" --display-name other \
        --access-key "$other_key" --secret-key "$other_secret" >/dev/null
    compare_send archive "$scratch/put-bucket" PUT "$bucket"
    compare_send archive "$scratch/put-object" PUT "$bucket/in/object" 'data-binary = "content"'
    compare_send archive "$scratch/begin" POST "$bucket/in/parts?uploads=" \
        "output = \"$scratch/upload\""
    upload=$(sed -n 's/.*<UploadId>\(.*\)<\/UploadId>.*/\1/p' "$scratch/upload")
    [[ -n $upload ]]
}

# No policy binds the operator, who removes any policy from the bucket.
compare_teardown() {
    compare_send operator "$scratch/end" DELETE "$bucket?policy="
    compare_admin bucket rm --bucket "$bucket" --purge-objects >/dev/null
    compare_admin user rm --uid other >/dev/null
}

compare_admin() {
    radosgw-admin -c "$ACCESSION_SANDBOX_DIR/ceph.conf" "$@"
}

# One request as lines of a curl configuration.
compare_request() {
    local caller=$1 method=$2 target=$3 key secret
    shift 3
    case $caller in
    archive) key=$archive_key secret=$archive_secret ;;
    operator) key=$operator_key secret=$operator_secret ;;
    other) key=$other_key secret=$other_secret ;;
    esac
    printf 'url = "%s/%s"\nsilent\nwrite-out = "%%{http_code}\\n"\nmax-time = 20\n' "$endpoint" "$target"
    if [[ $method == HEAD ]]; then echo head; else echo "request = $method"; fi
    [[ "$*" == *output* ]] || printf 'output = "%s"\n' "$scratch/body"
    if [[ $caller != anonymous ]]; then
        printf 'aws-sigv4 = "aws:amz:us-east-1:s3"\nuser = "%s:%s"\n' "$key" "$secret"
        printf 'header = "x-amz-content-sha256: UNSIGNED-PAYLOAD"\n'
    fi
    ((!$#)) || printf '%s\n' "$@"
}

compare_send() {
    local caller=$1 answer=$2
    shift 2
    compare_request "$caller" "$@" | curl -K - >"$answer"
}

# Operation, method, path and query, further curl lines.
compare_operations() {
    local empty='data-binary = ""'
    cat <<TABLE
PutObject|PUT|in/put-$1|data-binary = "x"
CreateMultipartUpload|POST|in/begin?uploads=|$empty
UploadPart|PUT|in/parts?partNumber=1&uploadId=$upload|data-binary = "x"
CompleteMultipartUpload|POST|in/parts?uploadId=none|$empty
AbortMultipartUpload|DELETE|in/parts?uploadId=none|
ListParts|GET|in/parts?uploadId=$upload|
ListMultipartUploads|GET|?max-uploads=1000&prefix=in%2F&uploads=|
HeadBucket|HEAD||
ListObjectsV2|GET|?list-type=2&prefix=in%2F|
ListObjectVersions|GET|?prefix=in%2F&versions=|
GetObject|GET|in/object|
GetObject of a version|GET|in/object?versionId=null|
GetBucketVersioning|GET|?versioning=|
PutObjectRetention|PUT|in/object?retention=|$empty
PutObjectLegalHold|PUT|in/object?legal-hold=|$empty
PutObjectTagging|PUT|in/object?tagging=|$empty
GetBucketPolicy|GET|?policy=|
PutBucketPolicy|PUT|?policy=|data-binary = "@$scratch/policy"
DeleteBucketPolicy|DELETE|?policy=|
TABLE
}

# "OPERATION STATUS" for each operation whose name matches, in one run of curl.
compare_ask() {
    local caller=$1 which=("${@:2}") method target extra table
    table=$(compare_operations "$caller" | grep "${which[@]}")
    while IFS="|" read -r _ method target extra; do
        compare_request "$caller" "$method" "$bucket/$target" ${extra:+"$extra"}
        echo next
    done <<<"$table" | sed '$d' >"$scratch/requests-$caller"
    paste -d' ' <(cut -d'|' -f1 <<<"$table" | tr ' ' _) <(curl -K "$scratch/requests-$caller")
}

# What the verdicts foretell: "OPERATION refused|served|unsure". Where the policy is silent the
# bucket's ACL decides, and that is the one every new bucket has: the owner alone.
compare_expected() {
    jq -r '.parties.accession.operations[] |
        (.operation | gsub(" "; "_")) + " " +
        ({granted: "served", refused: "refused", elsewhere: "refused", unsure: "unsure"}[.access])' \
        "$scratch/verdicts-$1"
}

# As text to compare with it. The last operation removes the policy, so the callers come one
# after the other there.
compare_seen() {
    local caller
    for caller in "${callers[@]}"; do
        compare_ask "$caller" -v '^DeleteBucketPolicy' >"$scratch/statuses-$caller" &
    done
    wait
    for caller in "${callers[@]}"; do
        compare_put
        compare_ask "$caller" '^DeleteBucketPolicy' >>"$scratch/statuses-$caller"
        awk '{ print $1, $2 == 403 ? "refused" : $2 ~ /^[1-4]/ ? "served" : "failed:" $2 }' \
            "$scratch/statuses-$caller" >"$scratch/seen-$caller"
    done
}

compare_put() {
    compare_send operator "$scratch/taken" PUT "$bucket?policy=" "data-binary = \"@$scratch/policy\""
}

compare_verdicts() {
    accession policy check --json --server rgw --plain-http --source-ip 127.0.0.1 --prefix in/ \
        --bucket "$bucket" --owner archive --as "$1" "$scratch/policy"
}

# compare_policy FILE: prints each difference; true if there are no differences.
compare_policy() {
    local name caller status=0 taken differences=0
    name=$(basename "$1" .json)
    sed "s/@BUCKET@/$bucket/g" "$1" >"$scratch/policy"
    for caller in "${callers[@]}"; do
        status=0
        compare_verdicts "$caller" >"$scratch/verdicts-$caller" || status=$?
    done
    compare_put
    taken=$(cat "$scratch/taken")
    if [[ $taken != 2?? ]]; then
        [[ $taken == 400 && $status == 2 ]] && return 0
        echo "$name: the gateway answered $taken, the check exited $status"
        return 1
    fi
    if [[ $status == 2 ]]; then
        echo "$name: the gateway took it, the check said that it would not"
        return 1
    fi
    compare_seen
    for caller in "${callers[@]}"; do
        diff <(compare_expected "$caller") "$scratch/seen-$caller" >"$scratch/diff" && continue
        sed -n "s/^</$name: $caller: expected/p; s/^>/$name: $caller: seen    /p" "$scratch/diff"
        differences=1
    done
    return $differences
}
