/* LISTING and RELISTING: the listing of the bucket is compared with the ledger (bucket/presence.h).
 *
 * Happy path: the entries that are there count as done, the others remain to be sent. Failure: a
 * server that refuses the listing halts the run, the ledger's failure ends it; after a listing that
 * is denied or too long, each key is looked up separately. Close: an interrupt cancels the listing,
 * which then ends. */
#include "ingest/run.h"

#include "base/mem.h"

/* Compares what the ledger says is archived with the listing: it is still there as recorded, or
 * not. */
static enum acc_code confirm_archived(struct acc_run *run, struct acc_error *err)
{
    struct acc_ledger_cursor *cursor;
    struct acc_row row;
    bool more = true;
    enum acc_code code = acc_ledger_rows_open(run->ledger, run->id, &cursor, err);
    if (code != ACC_OK)
        return code;
    while (code == ACC_OK && (code = acc_ledger_next(cursor, &row, &more, err)) == ACC_OK && more) {
        if (row.state == ACC_ENTRY_CONFLICT) {
            run->counts.done++;
            run->counts.conflicts++;
            run->counts.first_failure = ACC_CONFLICT;
            run->counts.bytes_total -= row.entry.size > 0 ? row.entry.size : 0;
            acc_run_report_row(run, &row, ACC_OUTCOME_CONFLICT);
        } else if (row.state == ACC_ENTRY_ARCHIVED && run->listing.known) {
            if (acc_presence_of(&run->listing.presence, row.id) == ACC_PRESENCE_RECORDED) {
                run->counts.done++;
                run->counts.already++;
                run->counts.bytes_total -= row.archived.size;
                acc_run_report_row(run, &row, ACC_OUTCOME_ALREADY);
            } else {
                struct acc_record record = {
                    .kind = ACC_RECORD_VANISHED, .run = run->id, .entry = row.id};
                acc_ledger_post(run->ledger, &record);
                struct acc_str text = {0};
                acc_str_addf(&text,
                             "%s: was archived, but the bucket no longer holds it as recorded; "
                             "looking it up again",
                             row.entry.path);
                acc_run_note(run, ACC_DIFFERENCE, acc_str_cstr(&text));
                acc_str_release(&text);
            }
        }
    }
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
    run->machine.facts.listed = true;
    if (!run->listing.known)
        explain_unlisted(run);
    if (confirm_archived(run, &err) != ACC_OK) {
        acc_run_fail(run, &err);
        return;
    }
    run->machine.facts.all_there = !run->options->dry_run && run->counts.done == run->counts.files;
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
    acc_run_state(run, "listing");
    run->listing.presence.s3 = run->s3;
    run->listing.presence.ledger = run->ledger;
    run->listing.presence.run = run->id;
    run->listing.presence.entries = run->counts.files;
    run->listing.presence.on_done = on_listed;
    acc_run_begin(run);
    acc_presence_start(&run->listing.presence);
}
