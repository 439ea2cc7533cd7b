# shellcheck shell=bash
# Who takes part: each command_NAME puts into $cmd what sends the folder $data to
# s3://$bucket/$prefix at $endpoint; a second word (aws-sync) names another task of
# the same program. available says whether it is installed.

jobs=16
state=${TMPDIR:-/tmp}/accession-bench-state.$$ # on disk: a ledger's fsync is part of the price

S5CMD=${S5CMD:-v2.3.0} RCLONE=${RCLONE:-v1.76.0}

# Debian has no s5cmd, and an old rclone. Whatever cannot be built stays what the machine has.
modern_contestants() {
    local bin=$go_programs/bench-$S5CMD-$RCLONE
    command -v go >/dev/null || return 0
    if ! go_program github.com/peak/s5cmd/v2 "$S5CMD" . "$bin/s5cmd" ||
        ! go_program github.com/rclone/rclone "$RCLONE" . "$bin/rclone"; then
        echo "bench: s5cmd $S5CMD or rclone $RCLONE cannot be built here" >&2
    fi
    PATH=$bin:$PATH
}

available() {
    case $1 in
    accession* | workers-* | floor-* | sha256sum) true ;;
    *) command -v "${1%%-*}" >/dev/null ;;
    esac
}

# What a table calls it, in Markdown.
# shellcheck disable=SC2016  # backquotes are code there
display_name() {
    case $1 in
    accession) echo accession ;;
    accession-crc32c) echo "accession, CRC-32C of each part" ;;
    accession-again) echo 'accession ingest' ;;
    accession-load) echo 'accession ingest `--dry-run`' ;;
    accession-verify) echo 'accession verify' ;;
    accession-restore) echo 'accession restore' ;;
    accession-package) echo '`accession ingest X.tar.gz`' ;;
    accession-unpacked) echo '`tar xzf` and `accession ingest`' ;;
    accession-bucket) echo '`accession ingest s3://…`' ;;
    aws-copy) echo '`aws s3 cp s3://… s3://…`: the server copies' ;;
    s5cmd-copy) echo '`s5cmd cp s3://… s3://…`: the server copies' ;;
    rclone-across) echo '`rclone copy --disable copy`' ;;
    accession-replicate) echo 'accession replicate' ;;
    aws-back) echo '`aws s3 cp`, down' ;;
    rclone-back) echo '`rclone copy`, down' ;;
    s5cmd-back) echo '`s5cmd cp`, down' ;;
    workers-1) echo '1 worker' ;;
    workers-*) echo "${1#*-} workers" ;;
    floor-restore) echo 'floor: `curl \| tee \| openssl dgst`' ;;
    accession-local) echo 'accession verify `--local`' ;;
    aws) echo '`aws s3 cp`' ;;
    aws-sync) echo '`aws s3 sync`' ;;
    rclone) echo '`rclone copy`' ;;
    rclone-again) echo '`rclone copy --size-only`' ;;
    rclone-check) echo '`rclone checksum --download`' ;;
    rclone-local) echo '`rclone checksum`' ;;
    s3cmd) echo '`s3cmd put`' ;;
    s3cmd-sync) echo '`s3cmd sync --no-check-md5`' ;;
    s5cmd) echo '`s5cmd cp`' ;;
    s5cmd-sync) echo '`s5cmd sync --size-only`' ;;
    sha256sum) echo '`sha256sum -c`' ;;
    floor-hash) echo 'floor: `openssl dgst -sha256`' ;;
    floor-send) echo 'floor: `curl -T`' ;;
    floor-both) echo 'floor: both concurrently' ;;
    floor-read) echo 'floor: `curl` and `openssl dgst` concurrently' ;;
    floor-hash-list) echo 'floor: `openssl dgst -sha256` of the list' ;;
    floor-import) echo 'floor: `sqlite3 .import`' ;;
    *) echo "$1" ;;
    esac
}

# Debian's aws, even where another stands before it in the PATH.
aws_program() {
    if [[ -x /usr/bin/aws ]]; then echo /usr/bin/aws; else command -v aws; fi
}

accession_with() {
    cmd=(env XDG_STATE_HOME="$state" "$accession" "$1" --quiet --region us-east-1 "${@:2}")
}

command_accession() {
    rm -rf "$state"
    command_accession-again
}

command_accession-again() {
    accession_with ingest --jobs "$jobs" --endpoint-url "$endpoint" ${ca:+--ca-bundle "$ca"} \
        --manifest "$list" "$data" "s3://$bucket/$prefix"
}

command_accession-package() {
    rm -rf "$state"
    accession_with ingest --jobs "$jobs" --endpoint-url "$endpoint" --manifest "$list" "$work/package.tar.gz" \
        "s3://$bucket/$prefix"
}

# What one does without: the package is unpacked to disk, and the folder archived.
command_accession-unpacked() {
    rm -rf "$state" "$work/unpacked"
    mkdir "$work/unpacked"
    accession_with ingest --jobs "$jobs" --endpoint-url "$endpoint" --manifest "$list" "$work/unpacked" \
        "s3://$bucket/$prefix"
    # shellcheck disable=SC2016  # for that shell
    cmd=(sh -c 'tar -xzf "$0" -C "$1" && shift && exec "$@"' "$work/package.tar.gz" "$work/unpacked" "${cmd[@]}")
}

command_accession-bucket() {
    rm -rf "$state"
    accession_with ingest --jobs "$jobs" --endpoint-url "$endpoint" --manifest "$list" "s3://$bucket/held" \
        "s3://$bucket/$prefix"
}

# The server copies; no byte is compared with a manifest.
command_aws-copy() {
    cmd=("$(aws_program)" --endpoint-url "$endpoint" s3 cp --quiet --recursive "s3://$bucket/held" "s3://$bucket/$prefix")
}

command_s5cmd-copy() {
    cmd=(s5cmd --endpoint-url "$endpoint" cp "s3://$bucket/held/*" "s3://$bucket/$prefix/")
}

# Every byte passes through this machine, as with accession.
command_rclone-across() {
    local from
    from=$(prefix=held rclone_remote)
    cmd=(rclone --config /dev/null --disable copy --s3-no-check-bucket --transfers "$jobs" --checkers "$jobs"
        copy "$from" "$(rclone_remote)")
}

command_accession-replicate() {
    accession_with replicate --jobs "$jobs" --endpoint-url "$endpoint" "s3://$bucket/held" "s3://$bucket/$prefix"
}

command_accession-crc32c() {
    command_accession
    cmd+=(--part-checksum crc32c)
}

# From the manifest alone, as from another machine.
command_accession-verify() {
    rm -rf "$state"
    accession_with verify --level read --endpoint-url "$endpoint" --manifest "$list" \
        "s3://$bucket/$prefix"
}

# Into a folder that is empty each time. From the manifest alone, as from another machine.
command_accession-restore() {
    rm -rf "$state" "$work/back"
    accession_with restore --jobs "$jobs" --endpoint-url "$endpoint" --manifest "$list" \
        "s3://$bucket/$prefix" "$work/back"
}

# command_workers N: as many processes, each with its slice of the deliveries.
command_workers() {
    local worker
    rm -rf "$state"
    accession_with ingest --jobs "$jobs" --endpoint-url "$endpoint" --sources-from "$work/deliveries"
    cmd=(bash -c "$(for ((worker = 1; worker <= $1; worker++)); do
        echo "${cmd[*]@Q} --ledger ${state@Q}/$worker.db --slice $worker/$1 s3://slow/copy & all+=(\$!)"
    done); for one in \"\${all[@]}\"; do wait \$one || exit; done")
}

command_workers-1() { command_workers 1; }
command_workers-2() { command_workers 2; }
command_workers-4() { command_workers 4; }
command_workers-8() { command_workers 8; }

command_aws-back() {
    rm -rf "$work/back"
    cmd=("$(aws_program)" --endpoint-url "$endpoint" s3 cp --quiet --recursive "s3://$bucket/$prefix" "$work/back")
}

command_rclone-back() {
    rm -rf "$work/back"
    cmd=(rclone --config /dev/null --transfers "$jobs" --checkers "$jobs" copy "$(rclone_remote)" "$work/back")
}

command_s5cmd-back() {
    rm -rf "$work/back"
    cmd=(s5cmd --endpoint-url "$endpoint" cp "s3://$bucket/$prefix/*" "$work/back/")
}

command_accession-local() {
    rm -rf "$state"
    accession_with verify --local --manifest "$list" "$data"
}

command_aws() {
    cmd=("$(aws_program)" --endpoint-url "$endpoint" ${ca:+--ca-bundle "$ca"}
        s3 cp --quiet --recursive "$data" "s3://$bucket/$prefix")
}

command_aws-sync() {
    cmd=("$(aws_program)" --endpoint-url "$endpoint" s3 sync --quiet "$data" "s3://$bucket/$prefix")
}

rclone_remote() {
    local option=":s3,provider=Other,env_auth=true,region=us-east-1,force_path_style=true"
    echo "$option,endpoint='$endpoint':$bucket/$prefix"
}

# Without --s3-no-head it asks for each object after sending it, which a sink
# cannot answer.
command_rclone() {
    cmd=(rclone --config /dev/null ${ca:+--ca-cert "$ca"} --s3-no-head --s3-no-check-bucket
        --transfers "$jobs" --checkers "$jobs" copy "$data" "$(rclone_remote)")
}

# By time it would ask for each object's metadata, one request a file.
command_rclone-again() {
    command_rclone
    cmd+=(--size-only --fast-list)
}

command_rclone-check() {
    cmd=(rclone --config /dev/null --transfers "$jobs" --checkers "$jobs"
        checksum sha256 "$list" "$(rclone_remote)" --download --one-way)
}

command_rclone-local() {
    cmd=(rclone --config /dev/null --checkers "$jobs" checksum sha256 "$list" "$data" --one-way)
}

s3cmd_options() {
    local host=${endpoint#*://}
    cmd=(s3cmd -q --config /dev/null --host "$host" --host-bucket "$host" --region us-east-1
        --access_key "$AWS_ACCESS_KEY_ID" --secret_key "$AWS_SECRET_ACCESS_KEY")
    if [[ -n $ca ]]; then cmd+=(--ca-certs "$ca"); else cmd+=(--no-ssl); fi
}

command_s3cmd() {
    s3cmd_options
    cmd+=(put --recursive "$data/" "s3://$bucket/$prefix/")
}

command_s3cmd-sync() {
    s3cmd_options
    cmd+=(sync --no-check-md5 "$data/" "s3://$bucket/$prefix/")
}

command_s5cmd() {
    cmd=(env ${ca:+AWS_CA_BUNDLE="$ca"} s5cmd --endpoint-url "$endpoint" cp "$data/"
        "s3://$bucket/$prefix/")
}

command_s5cmd-sync() {
    cmd=(s5cmd --endpoint-url "$endpoint" sync --size-only "$data/" "s3://$bucket/$prefix/")
}

command_sha256sum() {
    cmd=(sh -c "cd '$data' && sha256sum --quiet -c '$list'")
}

# ---- the floor ----

# As many at a time as there are processors.
command_floor-restore() {
    rm -rf "$work/back"
    (cd "$data" && find . -type d -printf '%P\0') | (mkdir -p "$work/back" && cd "$work/back" && xargs -0 -r -I{} mkdir -p ./{})
    cmd=(sh -c "cd '$data' && find . -type f -printf '%P\\0' | xargs -0 -P $(nproc) -I{} sh -c \
        'set -e; curl --no-progress-meter --fail \"$endpoint/$bucket/$prefix/\$1\" | tee \"$work/back/\$1\" | openssl dgst -sha256' sh {}")
}

command_floor-hash() {
    cmd=(sh -c "cd '$data' && find . -type f -print0 | xargs -0 openssl dgst -sha256")
}

send_config() {
    (cd "$data" && find . -type f -printf 'upload-file="%P"\nurl="'"$endpoint/$bucket/$prefix"'/%P"\noutput=/dev/null\n')
}

# Many files need one curl with many connections.
many_transfers() {
    cmd=(sh -c "cd '$data' && curl ${ca:+--cacert $ca} --no-progress-meter --fail-early --fail -Z --parallel-max $jobs -K $1")
}

# Unsigned, so only to the sink.
command_floor-send() {
    send_config >"$work/send.curl"
    many_transfers "$work/send.curl"
}

at_once() {
    local one two
    "command_$1" && one=${cmd[2]}
    "command_$2" && two=${cmd[2]}
    cmd=(sh -c "($one) & ($two); status=\$?; wait \$! && exit \$status")
}

command_floor-both() {
    at_once floor-send floor-hash
}

command_fetch() {
    (cd "$data" && find . -type f -printf 'url="'"$endpoint/$bucket/$prefix"'/%P"\noutput=/dev/null\n') \
        >"$work/fetch.curl"
    many_transfers "$work/fetch.curl"
}

command_floor-read() {
    at_once fetch floor-hash
}

# What a list costs that only has to be found by its path again.
command_floor-import() {
    cmd=(sh -c "rm -f '$work/import.db' && sqlite3 '$work/import.db' 'PRAGMA journal_mode = WAL' \
        'CREATE TABLE entry(line TEXT PRIMARY KEY)' '.mode csv' '.import \"$list\" entry'")
}
