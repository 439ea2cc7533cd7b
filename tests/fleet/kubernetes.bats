#!/usr/bin/env bats
# tools/fleet/kubernetes: the Jobs are right by structure, and their commands, run with the environment
# of an Indexed Job and the mounted folders, archive every delivery once and end with one ledger.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    jobs=$(cd "$BATS_TEST_DIRNAME/../../tools/fleet/kubernetes" && pwd)
    mkdir -p bin etc state
    ln -s "$ACCESSION" bin/accession
    PATH=$PWD/bin:$PATH
}

teardown() {
    scripted_stop
}

# in_pod FILE: the job's command, its mounts here.
in_pod() {
    "$BATS_TEST_DIRNAME/kubernetes.py" "$jobs/$1" >job.json
    run env ACCESSION_CONFIG="$PWD/etc/accession.conf" "${@:2}" \
        sh -ec "$(jq -r .command job.json | sed "s#/etc/accession/#$PWD/etc/#g; s#/state/#$PWD/state/#g")"
}

@test "an Indexed Job divides the list, and its statuses are those that accession has" {
    scripted_start ''
    printf '[archive]\nurl = s3://bucket/bags\nendpoint-url = %s\n' "$SCRIPTED_URL" >etc/accession.conf
    local i
    for i in $(seq 9); do make_bag "in/bag-$i" 1 1K; done
    printf '%s\n' "$PWD"/in/* >etc/list
    for i in 0 1 2 3; do
        in_pod archive.yaml JOB_COMPLETION_INDEX="$i"
        assert_status 0
    done
    assert_equal "$(scripted_objects 'map(select(.key | endswith("bagit.txt"))) | length')" 9 bags
    in_pod finish.yaml
    assert_status 0
    assert_says Verified
    assert_equal "$(jq -r '.environment.AWS_CONFIG_FILE' job.json)" /run/secrets/aws/config "the secret"
}
