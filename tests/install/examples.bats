#!/usr/bin/env bats
# Every example of a command (those of --help and of its manual page), run as it stands in a folder
# that has what it names, against the scripted server. Names of hosts and absolute folders are
# replaced; a watcher is ended by SIGTERM once it works.
# bats expands @test, and $status and $output come from "run"; SCRIPTED_URL is the server's.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    unset "${!AWS_@}"
    scripted_start
    export AWS_ACCESS_KEY_ID=AKIATEST AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1 AWS_ENDPOINT_URL=$SCRIPTED_URL
    mkdir -p bin "$HOME/.aws" "$HOME/.config/accession" incoming/one scans copy www other
    ln -s "${ACCESSION:?}" bin/accession
    printf '#!/bin/sh\ncat >/dev/null\n' >bin/mail
    chmod +x bin/mail
    export PATH=$PWD/bin:$PATH
    make_bag b24967646 3 1K 1
    add_payload b24967646 sheet-3.tif 1K 5
    finish_bag b24967646
    cp -r b24967646 bag
    cp b24967646/manifest-sha256.txt .
    echo s3://wellcome-archive/digitised/b24967646 >list.txt
    make_bag incoming/one 2 1K 3
    echo scan >scans/a
    make_list scans SHA256SUMS
    tar -czf delivery.tar.gz incoming
    cp -r b24967646/. copy
    cp "$repository/tests/data/manifests/plain-mets.xml" METS.xml
    printf '[profile %s]\naws_access_key_id = AKIATEST\naws_secret_access_key = secret\n' archive partner second >"$HOME/.aws/config"
    printf '[archive]\nurl = s3://archive\n' >"$HOME/.config/accession/accession.conf"
    printf '%s' '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::wellcome-archive/*"}]}' >policy.json
    # What the examples of verify, report and status speak of has happened.
    accession ingest b24967646 s3://wellcome-archive/digitised/b24967646 >/dev/null
    accession ingest --ledger partner.db b24967646 s3://partner/bag >/dev/null
    accession ingest --ledger other/ledger.db incoming/one s3://archive/one >/dev/null
    RUN=$(accession report --format json | jq -r .run.name)
    export RUN
}

teardown() {
    scripted_stop
}

# runs COMMAND: the example, as a shell takes it.
runs() {
    local line=$1
    line=${line//https:\/\/s3.example.org/$SCRIPTED_URL}
    line=${line//\/srv\/incoming/$PWD/incoming}
    line=${line//\/mnt\/scans/$PWD/incoming}
    line=${line//\/backup\//$PWD/}
    line=${line//\/mnt\/other\//$PWD/other/}
    line=${line//\/srv\/www\/archive/$PWD/www}
    line=${line//'~/.local/state'/$XDG_STATE_HOME}
    line=${line//sha256:d16f03c2/sha256:$(sha256sum <b24967646/data/sheet-3.tif | cut -c 1-8)}
    line=${line//2026-11-22T10-04-11Z-7f3a/$RUN}
    [[ $line != *"create"*"--output SHA256SUMS" ]] || rm SHA256SUMS
    [[ $line != *"--slice auto"* ]] || line="SLURM_ARRAY_TASK_ID=1 $line"
    if [[ $line == "accession watch"* ]]; then
        : >log # the background process opens it a moment later
        bash -c "exec $line" >log 2>&1 3>&- &
        until_true grep -q watching log
        kill -TERM $!
        wait $!
        return
    fi
    bash -o pipefail -c "$line" >log 2>&1 </dev/null
}

@test "every example of every command does what it says" {
    local count=0 failed=0 command status
    "$ACCESSION" internals options | jq -r '.commands[].examples[].command | @base64' >examples
    while read -r command; do
        command=$(base64 -d <<<"$command")
        status=0
        runs "$command" || status=$?
        # A policy that answers "somebody is locked out" has been read and judged; nothing here was verified half a year ago.
        case $status:$command in
        0:* | 1:*"list --older-than 180d"* | 1:*"policy check"* | 5:*"policy check"*) count=$((count + 1)) ;;
        *)
            echo "status $status: $command"
            cat log
            failed=1
            ;;
        esac
    done <examples
    ((count >= 20 && failed == 0))
}
