/* CHECKING: all is sent.
 *
 * Happy path: uploads whose id was never heard are taken away (bucket/orphans.h), then the bucket's
 * versions are looked at (bucket/versions.h) or, if it keeps none, that each object is still the
 * one written. What was put on top meanwhile becomes a conflict of its entry. Failure: it is stored
 * in the run, or reported by what looked. Close: an interrupt cancels both. */
#include "ingest/run.h"

#include "base/mem.h"

/* After this time, a write of another client that was in progress when we met it has landed. */
#define RIVAL_SETTLES_MS 2000

static void on_version_conflict(struct acc_versions *versions, const struct acc_row *row,
                                const char *reason)
{
    struct acc_run *run = ACC_CONTAINER_OF(versions, struct acc_run, checking.versions);
    struct acc_record record = {.kind = ACC_RECORD_CONFLICT,
                                .run = run->id,
                                .entry = row->id,
                                .code = ACC_CONFLICT,
                                .reason = reason};
    acc_ledger_post(run->ledger, &record);
    run->counts.sent--;
    run->counts.sent_in_parts -= row->archived.part_size > 0;
    run->counts.kept -= row->archived.checksum[0] != '\0';
    run->counts.conflicts++;
    if (run->counts.first_failure == ACC_OK)
        run->counts.first_failure = ACC_CONFLICT;
    struct acc_row conflicting = *row;
    conflicting.reason_code = ACC_CONFLICT;
    conflicting.reason = reason;
    acc_run_report_row(run, &conflicting, ACC_OUTCOME_CONFLICT);
}

static void on_learnt(struct acc_versions *versions, const struct acc_row *row,
                      const struct acc_s3_listed *item)
{
    struct acc_run *run = ACC_CONTAINER_OF(versions, struct acc_run, checking.versions);
    struct acc_record record = {.kind = ACC_RECORD_LEARNT,
                                .run = run->id,
                                .entry = row->id,
                                .archived = {.etag = item->etag, .version_id = item->version_id}};
    acc_ledger_post(run->ledger, &record);
    if (row->archived.etag[0] == '\0' && run->counts.unconfirmed > 0)
        run->counts.unconfirmed--;
}

static void on_versions_checked(struct acc_versions *versions)
{
    struct acc_run *run = ACC_CONTAINER_OF(versions, struct acc_run, checking.versions);
    acc_run_post(run, ACC_RUN_ON_CHECKED);
    acc_run_end(run);
}

bool acc_run_server_is_write_once(const struct acc_run *run)
{
    return (run->counts.sent == run->counts.sent_in_parts || acc_s3_put_is_conditional(run->s3)) &&
           (run->counts.sent_in_parts == 0 || acc_s3_complete_is_conditional(run->s3));
}

static void check_versions(struct acc_run *run)
{
    struct acc_error err = {0};
    if (acc_ledger_flush(run->ledger, &err) != ACC_OK)
        acc_run_fail(run, &err);
    run->checking.versions.s3 = run->s3;
    run->checking.versions.ledger = run->ledger;
    run->checking.versions.run = run->id;
    run->checking.versions.entries = run->counts.files;
    run->checking.versions.sent = run->counts.sent;
    run->checking.versions.flat = run->rivals.claim.unversioned && !run->counts.versioned;
    run->checking.versions.on_conflict = on_version_conflict;
    run->checking.versions.on_learnt = on_learnt;
    run->checking.versions.on_done = on_versions_checked;
    /* We met another client: a write that it has in progress may still land on top of ours. */
    bool met = run->counts.conflicts > 0 || acc_s3_stats(run->s3)->preconditions > 0;
    run->checking.versions.delay_ms = met && !run->counts.versioned ? RIVAL_SETTLES_MS : 0;
    acc_run_state(run, run->counts.versioned ? "checking versions" : "checking again");
    acc_run_begin(run);
    acc_versions_start(&run->checking.versions);
}

static void on_swept(struct acc_orphans *orphans)
{
    struct acc_run *run = ACC_CONTAINER_OF(orphans, struct acc_run, checking.orphans);
    struct acc_record swept = {.kind = ACC_RECORD_OPENINGS_SWEPT,
                               .run = run->id,
                               .at = acc_s3_now(run->s3) - ACC_ORPHAN_LATEST_MS};
    if (orphans->complete && orphans->count > 0)
        acc_ledger_post(run->ledger, &swept);
    /* AWS documents that its conditional writes are atomic. RGW answers 412 too, but lets two
     * writers of one moment both through: elsewhere a look is worth more than the answer. */
    if (run->counts.sent == 0 || (!run->counts.versioned && acc_s3_is_aws(run->s3)))
        acc_run_post(run, ACC_RUN_ON_CHECKED);
    else if (!acc_run_stops(run))
        check_versions(run);
    acc_run_end(run);
}

void acc_run_check(struct acc_run *run)
{
    run->checking.orphans.s3 = run->s3;
    run->checking.orphans.ledger = run->ledger;
    run->checking.orphans.run = run->id;
    run->checking.orphans.on_done = on_swept;
    acc_run_begin(run);
    acc_orphans_start(&run->checking.orphans);
}
