/* The end of a run: its outcome, the summary, the ledger's last word, the receipt. What fails here
 * changes the outcome only if everything else went well: then there is no proof to keep. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ingest/run.h"
#include "run/ending.h"

static enum acc_write_once how_write_once(const struct acc_run *run)
{
    if (run->counts.sent == 0)
        return ACC_WRITE_ONCE_NOTHING_SENT;
    bool looked = run->checking.versions.confirmed || acc_s3_is_aws(run->s3);
    if (acc_run_server_is_write_once(run) && looked)
        return ACC_WRITE_ONCE_SERVER;
    if (!run->checking.versions.confirmed)
        return ACC_WRITE_ONCE_CHECKED;
    if (run->counts.versioned)
        return ACC_WRITE_ONCE_VERSIONS;
    return run->rivals.unclaimed ? ACC_WRITE_ONCE_AGAIN : ACC_WRITE_ONCE_CLAIMED;
}

/* What the ledger counts once everything of this run is recorded, or why it cannot. */
struct counted {
    struct acc_ledger_counts counts;
    struct acc_error err;
};

static void count(struct acc_run *run, struct counted *counted)
{
    *counted = (struct counted){0};
    if (run->counts.files > 0 && acc_ledger_flush(run->ledger, &counted->err) == ACC_OK)
        acc_ledger_count(run->ledger, run->id, &counted->counts, &counted->err);
}

/* Success is what the ledger says: no entry of this run without a proven outcome. */
static bool every_entry_is_proven(const struct counted *counted, struct acc_error *err)
{
    struct acc_ledger_counts counts = counted->counts;
    if (counted->err.code != ACC_OK) {
        *err = counted->err;
        return false;
    }
    if (counts.entries > 0 && counts.archived + counts.already == counts.entries)
        return true;
    acc_error_set(
        err, ACC_INTERNAL,
        "%llu of %llu entries have no proven outcome; this is a bug. Run the same command "
        "again, and please report it.",
        (unsigned long long)(counts.entries - counts.archived - counts.already),
        (unsigned long long)counts.entries);
    return false;
}

static enum acc_code outcome_of(struct acc_run *run, const struct counted *counted)
{
    char files[40];
    if (run->err.code != ACC_OK)
        return run->err.code;
    if (run->halted)
        return run->summary->halt.code;
    if (run->interrupted)
        return acc_error_set(&run->err, ACC_INTERRUPTED,
                             "interrupted; run the same command again to continue");
    if (run->suspicion.lost_code != ACC_OK) {
        return acc_error_set(&run->err, run->suspicion.lost_code, "%s",
                             run->suspicion.lost_err.message);
    } else if (run->summary->holds[0] != '\0') {
        const char *proposed = run->summary->right_url;
        return acc_error_set(&run->err, ACC_CONFLICT,
                             "%s holds %s. Nothing was sent.%s%s%s --into-existing sends into it.",
                             run->location.url, run->summary->holds,
                             proposed[0] != '\0' ? " Did you mean " : "", proposed,
                             proposed[0] != '\0' ? "?" : "");
    } else if (run->counts.failed + run->counts.conflicts > 0) {
        uint64_t refused = run->counts.failed + run->counts.conflicts;
        return acc_error_set(&run->err, run->counts.first_failure, "%llu of %s %s refused",
                             (unsigned long long)refused, acc_show_files(run->counts.files, files),
                             refused == 1 ? "was" : "were");
    } else if (acc_run_lacks_a_manifest(run)) {
        return acc_error_set(
            &run->err, ACC_UNLISTED,
            "the source has %s that no manifest names (--allow-unlisted accepts them)",
            acc_show_files(run->planning.plan.coverage.unlisted, files));
    } else if (!run->options->dry_run && !every_entry_is_proven(counted, &run->err)) {
        return run->err.code;
    }
    /* Any other run reads that file, and its digest refuses it. */
    if (run->options->dry_run && run->planning.plan.oxum_differs)
        return acc_error_set(&run->err, ACC_DIGEST, "a file differs from the manifest");
    if (run->counts.lacking > 0)
        return acc_error_set(&run->err, ACC_ATTRIBUTES,
                             "%s archived and verified, but the server did not keep everything "
                             "sent with %s",
                             acc_show_files(run->counts.lacking, files),
                             run->counts.lacking == 1 ? "it" : "them");
    return ACC_OK;
}

static void fill_summary(struct acc_run *run, const struct counted *counted)
{
    struct acc_ingest_summary *s = run->summary;
    const struct acc_s3_stats *stats = acc_s3_stats(run->s3);
    memcpy(s->run, run->name, sizeof s->run);
    snprintf(s->url, sizeof s->url, "%s", run->location.url);
    if (!run->options->dry_run)
        snprintf(s->ledger, sizeof s->ledger, "%s", run->place.path);
    s->files = run->counts.files;
    s->sent = run->counts.sent;
    s->already = run->counts.already;
    s->failed = run->counts.failed;
    s->conflicts = run->counts.conflicts;
    s->withheld = run->counts.withheld;
    s->parked = run->counts.parked;
    s->lacking = run->counts.lacking;
    s->unconfirmed = run->counts.unconfirmed;
    s->surplus = run->checking.versions.surplus;
    s->checksum = acc_s3_checksum_name(run->settings.checksum_auto ? ACC_S3_CHECKSUM_AUTO
                                                                   : run->settings.checksum);
    s->checksum_put = acc_s3_checksum_name(acc_run_put_checksum(run));
    s->checksum_parts = acc_s3_checksum_name(run->settings.checksum);
    s->checksum_asked = run->options->object.checksum != NULL;
    s->checksums_kept = run->counts.kept;
    s->can = *acc_s3_can(run->s3);
    s->not_begun = run->counts.files - run->counts.sent - run->counts.already - s->failed -
                   run->counts.conflicts - run->counts.withheld - run->counts.parked;
    s->bytes_sent = run->counts.bytes_sent;
    s->bytes_parked = run->counts.bytes_parked;
    s->elapsed = acc_clock_now() - run->started;
    s->requests = stats->requests;
    s->write_requests = stats->write_requests;
    s->retries = stats->retries;
    s->written_after_refusal = run->halted ? stats->written_while_held : 0;
    s->write_once = how_write_once(run);
    s->dry_run = run->options->dry_run;
    s->to_send = run->counts.to_send;
    s->to_compare = run->counts.to_compare;
    s->not_known = run->counts.not_known;
    const struct acc_ledger_counts counts = counted->counts;
    if (run->counts.files == 0 || counted->err.code != ACC_OK)
        return; /* the end of the run reports it */
    s->bytes_archived = counts.bytes_archived;
    if (run->options->dry_run)
        return;
    s->sent = counts.archived;
    s->already = counts.already;
    s->failed = counts.failed;
    s->conflicts = counts.conflict;
    s->withheld = counts.withheld;
    s->parked = counts.unfinished_uploads;
    s->not_begun = counts.pending - counts.unfinished_uploads;
    s->bytes_parked = counts.bytes_parked;
}

static json_t *capabilities_json(const struct acc_capabilities *can)
{
    char time[ACC_TIME_TEXT];
    json_t *object = json_object();
    struct acc_capability one;
    for (unsigned i = 0; acc_capability_at(can, i, &one); i++)
        json_object_set_new(object, one.name,
                            one.known == ACC_KNOWN_NOT ? json_null()
                                                       : json_boolean(one.known == ACC_KNOWN_YES));
    if (can->since != 0)
        json_object_set_new(object, "since", json_string(acc_time_rfc3339(can->since, time)));
    return object;
}

static json_t *summary_json(const struct acc_ingest_summary *s)
{
    return json_pack(
        "{ss sI sI sI sI sI sI sI sI sI sI sI sI sI sI sI sI sI sI sI ss ss ss ss sI so}",
        "outcome", acc_code_name(s->outcome), "files", (json_int_t)s->files, "sent",
        (json_int_t)s->sent, "already", (json_int_t)s->already, "failed", (json_int_t)s->failed,
        "conflicts", (json_int_t)s->conflicts, "withheld", (json_int_t)s->withheld, "not_begun",
        (json_int_t)s->not_begun, "parked", (json_int_t)s->parked, "unlisted",
        (json_int_t)s->unlisted, "listed_twice", (json_int_t)s->coverage.repeated, "undigested",
        (json_int_t)s->coverage.undigested, "skipped", (json_int_t)s->coverage.skipped, "weak",
        (json_int_t)s->coverage.weak, "unconfirmed", (json_int_t)s->unconfirmed, "surplus",
        (json_int_t)s->surplus, "bytes_sent", (json_int_t)s->bytes_sent, "elapsed_ms",
        (json_int_t)s->elapsed, "requests", (json_int_t)s->requests, "retries",
        (json_int_t)s->retries, "write_once", acc_write_once_name(s->write_once), "checksum",
        s->checksum, "checksum_put", s->checksum_put, "checksum_parts", s->checksum_parts,
        "checksums_kept", (json_int_t)s->checksums_kept, "capabilities",
        capabilities_json(&s->can));
}

/* What differs at the source is not the user's to correct as a file is. */
static void advise_copy(struct acc_run *run)
{
    struct acc_ingest_summary *s = run->summary;
    if (!run->options->replicate || s->failed == 0 || s->hint[0] != '\0')
        return;
    snprintf(s->hint, sizeof s->hint,
             "Nothing refused was made visible. What is missing or differs at %s was changed there "
             "after it was archived: accession verify shows how. If the archived version still "
             "lies below a newer one, restore the bag from there, and ingest it to %s. If it is "
             "gone, bring it back from another copy or its source. Then run the same command.",
             run->source.path, run->location.url);
}

void acc_run_conclude(struct acc_run *run)
{
    struct counted counted;
    count(run, &counted);
    fill_summary(run, &counted);
    run->summary->outcome = outcome_of(run, &counted);
    advise_copy(run);
    if (!run->run_begun)
        return;
    acc_run_record_claim(run);
    if (!run->options->dry_run) /* what fails is asked again by the next run */
        acc_abilities_keep(&run->probing.abilities, run->ledger, run->s3, NULL);
    struct acc_ending ending = {
        .ledger = run->ledger,
        .run = run->id,
        .name = run->name,
        .leaves_receipt = run->counts.files > 0 && !run->options->dry_run,
        .prefix = run->location.prefix,
        .receipts = run->options->receipts,
        .premis = run->options->premis,
        .connection = &run->options->connection,
        .receipt = run->summary->receipt,
        .receipt_size = sizeof run->summary->receipt,
    };
    run->summary->outcome =
        acc_ending_record(&ending, run->summary->outcome, summary_json(run->summary), &run->err);
}
