/* LISTING and RELISTING: what exists in the bucket is listed (bucket/presence.h), and the gate
 * compares each entry's promise with what the ledger knows of the very write that is listed.
 *
 * Happy path: entries that are proven to be there are recorded so, the others remain to be sent or
 * proven one by one. Failure: a server that refuses the listing halts the run, the ledger's failure
 * ends it; after a listing that is denied or too long, each key is looked up
 * separately. Close: an interrupt cancels the listing, which then ends. */
#include "ingest/run.h"

#include <string.h>

#include "base/mem.h"
#include "gate/gate.h"

static void count_present(struct acc_run *run, const struct acc_row *row,
                          const struct acc_proven *proven)
{
    struct acc_record record = {.run = run->id, .entry = row->id};
    acc_ledger_post_already(run->ledger, &record, proven);
    run->counts.done++;
    run->counts.already++;
    run->counts.bytes_total -= acc_proven_size(proven);
    acc_run_report_row(run, row, ACC_OUTCOME_ALREADY);
}

/* The object on record is gone, or another write took its place. */
static void miss(struct acc_run *run, const struct acc_row *row, bool gone)
{
    struct acc_record record = {
        .kind = ACC_RECORD_MISSED, .run = run->id, .entry = row->id, .checked.gone = gone};
    struct acc_str text = {0};
    acc_ledger_post(run->ledger, &record);
    acc_str_addf(
        &text,
        "%s: was archived, but the bucket no longer holds it as recorded; looking it up again",
        row->entry.path);
    acc_run_note(run, ACC_DIFFERENCE, acc_str_cstr(&text));
    acc_str_release(&text);
}

static bool has_version(const char *version_id)
{
    return *version_id != '\0' && strcmp(version_id, "null") != 0;
}

/* What a dry run knows of the object is in the ledger of the real runs. */
static bool look_up_object(struct acc_run *run, struct acc_row *row)
{
    struct acc_str canonical = {0};
    struct acc_row known;
    bool found = false;
    if (run->listing.ledger == NULL)
        return row->archived_run != 0;
    acc_s3_canonical(run->s3, &canonical);
    acc_ledger_find_object(run->listing.ledger, acc_str_cstr(&canonical), row->entry.path, &known,
                           &found, NULL);
    acc_str_release(&canonical);
    if (found) {
        row->archived = known.archived;
        row->archived_run = known.archived_run;
        row->gone = known.gone;
    }
    return found;
}

/* Other content is there. An upload of ours that an earlier run left open has to go before that is
 * recorded: the entry stays pending, and its upload finds the conflict and aborts. */
static void refuse(struct acc_run *run, const struct acc_row *row, const struct acc_error *why)
{
    if (!row->unfinished || run->options->dry_run)
        acc_run_refuse(run, row, why, NULL);
}

/* Of an object that the ledger does not know, a promised size may say that it is another. */
static void compare_size(struct acc_run *run, const struct acc_row *row,
                         const struct acc_s3_listed *item)
{
    struct acc_error err;
    if (row->entry.size < 0 || item->size < 0 || row->entry.size == item->size)
        return;
    acc_error_set(&err, ACC_CONFLICT,
                  "the key exists already with other content, which was left alone: it has %lld "
                  "bytes, the manifest says %lld",
                  (long long)item->size, (long long)row->entry.size);
    refuse(run, row, &err);
}

static void on_seen(struct acc_presence *presence, const struct acc_row *listed,
                    const struct acc_s3_listed *item)
{
    struct acc_run *run = ACC_CONTAINER_OF(presence, struct acc_run, listing.presence);
    struct acc_row row = *listed;
    if (row.state != ACC_ENTRY_PENDING)
        return;
    /* What was once found replaced is no evidence: another object can have the same ETag. */
    if (!look_up_object(run, &row) || row.gone) {
        compare_size(run, &row, item);
        return;
    }
    const struct acc_gate_evidence evidence = {
        .kind = ACC_EVIDENCE_LEDGER,
        .digests = &row.archived.digests,
        .recorded = {.etag = row.archived.etag,
                     .version_id = row.archived.version_id,
                     .size = row.archived.size},
        .now = {.etag = item->etag,
                .version_id = presence->versions ? item->version_id : NULL,
                .size = item->size},
    };
    bool comparable = presence->versions || !has_version(row.archived.version_id);
    struct acc_proven *proven = NULL;
    struct acc_error err = {0};
    switch (acc_gate_present(&row.entry, &evidence, &proven, &err)) {
    case ACC_GATE_PROVEN:
        if (!run->options->compare_all) /* else the upload compares the local file too */
            count_present(run, &row, proven);
        break;
    case ACC_GATE_DIFFERS:
        acc_error_context(&err, "the key exists already with other content, which was left alone");
        err.code = ACC_CONFLICT;
        refuse(run, &row, &err);
        break;
    default: /* the upload will prove it */
        if (!run->options->dry_run && comparable &&
            !acc_sighting_same(&evidence.recorded, &evidence.now))
            miss(run, &row, !has_version(row.archived.version_id));
        break;
    }
    acc_proven_free(proven);
}

static void on_unnamed(struct acc_presence *presence, const char *path)
{
    acc_run_see_stranger(ACC_CONTAINER_OF(presence, struct acc_run, listing.presence), path);
}

/* What the ledger has, and the listing did not show. */
static enum acc_code find_missing(struct acc_run *run, struct acc_error *err)
{
    struct acc_ledger_cursor *cursor;
    struct acc_row row;
    bool more = true;
    enum acc_code code = acc_ledger_flush(run->ledger, err);
    if (code != ACC_OK || !run->listing.known || run->counts.done == run->counts.files)
        return code;
    code = acc_ledger_known_open(run->ledger, run->id, &cursor, err);
    if (code != ACC_OK)
        return code;
    while ((code = acc_ledger_next(cursor, &row, &more, err)) == ACC_OK && more)
        if (!row.gone && !acc_presence_of(&run->listing.presence, row.id))
            miss(run, &row, true);
    acc_ledger_cursor_close(cursor);
    return code == ACC_OK ? acc_ledger_flush(run->ledger, err) : code;
}

static void explain_unlisted(struct acc_run *run)
{
    acc_run_note(run, ACC_OK,
                 run->listing.presence.call.class == ACC_S3_DENIED
                     ? "these credentials may not list the bucket; looking up each key "
                       "separately"
                     : "the destination holds far more than this source; looking up each key "
                       "separately");
}

/* The first listing: what the ledger has is compared with it, and the plan is shown. */
static void look_through(struct acc_run *run)
{
    struct acc_error err = {0};
    run->facts.listed = true;
    if (!run->listing.known)
        explain_unlisted(run);
    if (find_missing(run, &err) != ACC_OK) {
        acc_run_fail(run, &err);
        return;
    }
    run->facts.visit = !run->options->into_existing;
    run->facts.check_first = run->options->check_first || acc_source_is_package(&run->source);
    /* Where all that is there is in conflict, it still has to be said what is there. */
    bool visit = run->counts.conflicts > 0 && run->facts.visit;
    run->facts.all_there =
        !run->options->dry_run && !visit && run->counts.done == run->counts.files;
    acc_run_report_progress(run, ACC_EVENT_PLANNED);
    acc_run_post(run, ACC_RUN_ON_LISTED);
}

static void on_listed(struct acc_presence *presence)
{
    struct acc_run *run = ACC_CONTAINER_OF(presence, struct acc_run, listing.presence);
    if (acc_run_stops(run)) {
        /* cancelled; what it found means nothing */
    } else if (presence->code != ACC_OK && presence->call.class != ACC_S3_OK) {
        acc_run_halt_call(run, &presence->call, presence->code);
    } else if (presence->code != ACC_OK) {
        acc_run_fail(run, &presence->err);
    } else {
        run->listing.known = presence->known;
        if (run->machine.phase == ACC_PHASE_RELISTING)
            acc_run_post(run, ACC_RUN_ON_LISTED);
        else
            look_through(run);
    }
    acc_run_end(run);
}

void acc_run_list(struct acc_run *run)
{
    struct acc_error err;
    struct acc_presence *presence = &run->listing.presence;
    presence->versions = run->listing.ledger != NULL;
    if (run->listing.ledger == NULL &&
        acc_ledger_has_versions(run->ledger, run->id, &presence->versions, &err) != ACC_OK) {
        acc_run_fail(run, &err);
        return;
    }
    presence->on_seen = on_seen;
    presence->on_unnamed = on_unnamed;
    acc_run_state(run, "listing");
    presence->s3 = run->s3;
    presence->ledger = run->ledger;
    presence->run = run->id;
    presence->entries = run->counts.files;
    presence->on_done = on_listed;
    acc_run_begin(run);
    acc_presence_start(presence);
}
