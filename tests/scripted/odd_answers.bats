#!/usr/bin/env bats
# Every operation meets every odd answer, once and for good: the run ends with a documented status,
# never with a bug; nothing wrong is visible; once the server is well again a run completes.
# bats expands @test, and $status and $output come from "run"; SCRIPTED_URL is the server's.
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    unset "${!AWS_@}"
    export AWS_ACCESS_KEY_ID=AKIATEST AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    mkdir files
    some_bytes 3000 1 >files/new
    some_bytes 3000 2 >files/known
    some_bytes 11M 3 >files/large
    make_list files list
    (cd files && sha256sum known) >known.list
    digests=$(cut -d' ' -f1 list | sort)
}

teardown() {
    scripted_stop
}

archive() {
    run timeout 60 "$ACCESSION" ingest files s3://bucket/p -m list --endpoint-url "$SCRIPTED_URL" --part-size 5M \
        --retries 0 --allow-unlisted --no-progress --quiet
}

# One object is there that the ledger does not know, one upload is open that it does.
half_done() {
    scripted_reset all
    rm -rf "$XDG_STATE_HOME/accession"
    scripted_scenario ''
    curl -sSf -o /dev/null -X PUT --data-binary @files/known "$SCRIPTED_URL/bucket/p/known"
    scripted_scenario 'on UploadPart key=p/large part=2 answer 403 AccessDenied
on UploadPart key=p/.accession-probe/* nth=3.. answer 403 AccessDenied
on PutObject delay=300ms answer 403 AccessDenied'
    archive
    [[ $status == 3 ]]
    scripted_reset
}

nothing_wrong_is_visible() {
    local extra
    extra=$(comm -13 <(echo "$digests") <(scripted_objects '.[].sha256' | sort -u))
    assert_equal "$extra" "" "digests that no manifest names"
    assert_equal "$(scripted_objects '.[].key' | sort | uniq -d)" "" "keys written twice"
}

operations='PutObject Create UploadPart Complete Abort ListParts HeadObject GetObject ListObjectsV2
ListMultipartUploads ListObjectVersions'
answers='answer 403 AccessDenied
answer 404 NoSuchKey
answer 404 NoSuchUpload
answer 409 ConditionalRequestConflict
answer 412 PreconditionFailed
answer 400 InvalidRequest
answer 200 InternalError
act then answer 500 InternalError
drop
login-page
answer 501 NotImplemented
answer 204'

# Each a scenario: "on OPERATION ANSWER". All of them with ACCESSION_TEST_ALL=1 (ten minutes), else some.
scenarios() {
    local operation answer
    for operation in $operations; do
        while read -r answer; do echo "on $operation $answer"; done <<<"$answers"
    done | if [[ -n ${ACCESSION_TEST_ALL:-} ]]; then cat; else shuf -n 12; fi
}

# bats test_tags=slow
@test "odd answers: for any answer to an operation, nothing wrong is visible and a later run completes" {
    local scenario
    scripted_start ''
    while read -r -u 9 scenario; do
        echo "$scenario" >&2 # shown when this fails
        half_done
        scripted_scenario "$scenario"
        archive
        nothing_wrong_is_visible
        [[ $status == [0-5] ]]
        refute_says "this is a bug"
        [[ $status != 0 ]] || assert_equal "$(scripted_objects length)" 3 objects
        scripted_scenario ''
        archive
        nothing_wrong_is_visible
        assert_status 0
        assert_equal "$(scripted_objects length)" 3 objects
    done 9< <(scenarios)
}
