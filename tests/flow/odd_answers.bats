#!/usr/bin/env bats
# Every operation meets every odd answer, once and for good: the run ends with a documented status,
# never with a bug; nothing wrong is visible; once the server is well again a run completes.
# bats expands @test, and $status and $output come from "run"; SCRIPTED_URL is the server's.
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    : "${SCRIPTED_S3:=$repository/build/tests/lib/scripted_s3/scripted-s3}"
    export SCRIPTED_S3
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
    run timeout 60 "${ACCESSION:-$repository/build/accession}" ingest files s3://bucket/p -m list --endpoint-url "$SCRIPTED_URL" --part-size 5M \
        --retries 1 --allow-unlisted --no-progress --quiet
}

# One object is there that the ledger does not know, one upload is open that it does.
half_done() {
    scripted_reset all
    rm -rf "$XDG_STATE_HOME/accession"
    scripted_scenario ''
    curl -sSf -o /dev/null -X PUT --data-binary @files/known "$SCRIPTED_URL/bucket/p/known"
    scripted_scenario 'on UploadPart key=p/large part=2 answer 403 AccessDenied
on UploadPart key=p/.accession-probe/* nth=2.. answer 403 AccessDenied
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

@test "odd answers: every operation, every answer" {
    local operation answer
    scripted_start ''
    for operation in PutObject Create UploadPart Complete Abort ListParts HeadObject GetObject \
        ListObjectsV2 ListMultipartUploads; do
        for answer in 'answer 403 AccessDenied' 'answer 404 NoSuchKey' 'answer 404 NoSuchUpload' \
            'answer 409 ConditionalRequestConflict' 'answer 412 PreconditionFailed' \
            'answer 400 InvalidRequest' 'answer 200 InternalError' 'act then answer 500 InternalError' \
            'drop' 'login-page' 'answer 501 NotImplemented' 'answer 204'; do
            half_done
            echo "on $operation $answer" >&2
            scripted_scenario "on $operation $answer"
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
        done
    done
}
