# shellcheck shell=bash
# The S3 side of a sandbox: signed requests with curl, buckets, policies.
# Sourced by tools/sandbox.

# Requests of this name are left out of "tools/sandbox requests".
sandbox_agent=accession-sandbox

s3_answers() {
    curl -s -o /dev/null -A "$sandbox_agent" --max-time 2 \
        "http://127.0.0.1:$rgw_port/"
}

# s3_request archive|operator METHOD PATH?QUERY [curl arguments]
# curl 7.88 signs correctly only with an explicit x-amz-content-sha256, with the
# query sorted, and with "?policy=" instead of "?policy".
s3_request() {
    local user=$1 method=$2 target=$3 key secret
    shift 3
    case $user in
    archive) key=$archive_key secret=$archive_secret ;;
    operator) key=$operator_key secret=$operator_secret ;;
    esac
    # The secret goes in on standard input, out of sight of "ps".
    curl -sS -A "$sandbox_agent" -X "$method" --max-time 120 \
        --aws-sigv4 aws:amz:us-east-1:s3 -K - \
        -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "$@" \
        "$endpoint/$target" <<<"user = \"$key:$secret\""
}

# The same, for requests whose answer matters only when it isn't a 2xx.
s3_expect() {
    local answer
    answer=$(s3_request "$@" -w '\n%{http_code}') || return 1
    [[ ${answer##*$'\n'} == 2?? ]] && return 0
    echo "sandbox: $2 $3 as $1: $answer" >&2
    return 1
}

make_users() {
    archive_key=ARCHIVE$(random_hex 6 | tr a-f A-F)
    operator_key=OPERATOR$(random_hex 6 | tr a-f A-F)
    archive_secret=$(random_hex 20)
    operator_secret=$(random_hex 20)
    make_user archive "$archive_key" "$archive_secret"
    # A system user is above bucket policies: the one who can fix a lock-out.
    make_user operator "$operator_key" "$operator_secret" --system
}

make_user() {
    local name=$1 key=$2 secret=$3
    shift 3
    radosgw_admin user create --uid "$name" --display-name "$name" \
        --access-key "$key" --secret-key "$secret" "$@" \
        >"$dir/log/user-$name.log"
}

radosgw_admin() {
    radosgw-admin -c "$dir/ceph.conf" "$@"
}

# make_bucket NAME [versioned]
make_bucket() {
    s3_expect archive PUT "$1" || return 1
    [[ ${2:-} == versioned ]] || return 0
    s3_expect archive PUT "$1?versioning=" --data-binary \
        '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
}

# --- policies -------------------------------------------------------------

deny_policy() {
    local bucket=$1 actions
    shift
    actions=$(printf '"s3:%s",' "$@")
    cat <<JSON
{"Version": "2012-10-17",
 "Statement": [{"Sid": "Deny", "Effect": "Deny", "Principal": "*",
  "Action": [${actions%,}],
  "Resource": ["arn:aws:s3:::$bucket", "arn:aws:s3:::$bucket/*"]}]}
JSON
}

policy() {
    local what=${1:-show} file=
    shift || true
    if [[ $what == put ]]; then
        file=${1:?policy put FILE [BUCKET]}
        shift
    fi
    local bucket=${1:-archive}
    case $what in
    deny-writes) deny_policy "$bucket" PutObject | put_policy "$bucket" ;;
    deny-all)
        deny_policy "$bucket" PutObject DeleteObject PutBucketPolicy \
            DeleteBucketPolicy | put_policy "$bucket"
        ;;
    lock-out) deny_policy "$bucket" '*' | put_policy "$bucket" ;;
    put) put_policy "$bucket" <"$file" ;;
    clear) s3_expect operator DELETE "$bucket?policy=" ;;
    show) s3_request operator GET "$bucket?policy=" && echo ;;
    *)
        echo "sandbox: policy deny-writes|deny-all|lock-out|put FILE|clear|show" \
            "[BUCKET]" >&2
        return 2
        ;;
    esac
}

# The operator puts the policy, so that a second one can follow a lock-out.
put_policy() {
    s3_expect operator PUT "$1?policy=" --data-binary "$(cat)"
}
