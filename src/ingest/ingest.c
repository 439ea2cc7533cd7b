/* acc_ingest(): one run from beginning to end (phases in ingest/run.h).
 *
 * Happy path: open source, ledger and client; plan; list; probe; work; look at versions; write the
 * receipt. Failure: what goes wrong before the loop turns is returned; afterwards acc_run_fail()
 * stores it and parks what is under way, so that there is one way out. Close: every part closes its
 * handles, then the loop runs until they are gone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "ingest/run.h"
#include "plan/scratch.h"

#define TICK_MS 100

static void begin_probe_or_work(struct acc_run *run);

/* ---- the end ---- */

static bool sends_anything(const struct acc_run *run)
{
    return run->done < run->files;
}

static void on_claim_released(struct acc_claim *claim)
{
    struct acc_run *run = ACC_CONTAINER_OF(claim, struct acc_run, claim);
    acc_run_tell_left_claim(run);
    acc_loop_stop(&run->loop);
}

void acc_run_over(struct acc_run *run)
{
    run->phase = ACC_PHASE_OVER;
    acc_timer_stop(&run->tick);
    acc_timer_stop(&run->grace);
    acc_claim_release(&run->claim, on_claim_released);
}

void acc_run_fail(struct acc_run *run, const struct acc_error *err)
{
    if (run->err.code != ACC_OK)
        return;
    run->err = *err;
    acc_s3_hold_writes(run->s3, true);
    acc_timer_start(&run->grace,
                    0); /* parks, but not here: the caller may be walking the uploads */
}

/* Requests are signed with the server's time once it has refused ours; people should still know. */
static void tell_clock(struct acc_run *run)
{
    int64_t offset = acc_s3_clock_offset(run->s3);
    char apart[32], text[256];
    if (offset == 0)
        return;
    acc_show_duration(offset < 0 ? -offset : offset, apart);
    snprintf(text, sizeof text,
             "the clock is %s %s the server's; S3 refuses signatures more than 15 minutes off. "
             "Went on with the server's "
             "time; set the clock (timedatectl)",
             apart, offset > 0 ? "behind" : "ahead of");
    acc_run_note(run, ACC_CLOCK, text);
}

void acc_run_worked(struct acc_run *run)
{
    if (run->phase >= ACC_PHASE_CHECKING || run->probing || acc_run_ask_bucket_hint(run))
        return; /* what is still asked comes back here */
    acc_run_give_up_places(run);
    if (run->halted && acc_run_may_wait(run)) {
        acc_run_wait(run);
        return;
    }
    if (run->halted || run->interrupted || run->err.code != ACC_OK) {
        acc_run_over(run);
        return;
    }
    acc_run_check(run);
}

/* ---- PROBING ---- */

void acc_run_probed(struct acc_run *run)
{
    if (run->options->dry_run) {
        acc_run_rehearse(run, &run->err);
        acc_run_over(run);
        return;
    }
    acc_run_stop_waiting(run);
    if (acc_run_needs_claim(run))
        acc_run_claim(run);
    else
        acc_run_claimed(run);
}

void acc_run_claimed(struct acc_run *run)
{
    run->unclaimed = run->unclaimed || run->claim.result != ACC_CLAIM_HELD;
    acc_run_state(run, "working");
    run->phase = ACC_PHASE_WORKING;
    acc_run_work(run);
}

static void begin_probe_or_work(struct acc_run *run)
{
    if (!sends_anything(run) && !run->options->dry_run) {
        run->phase = ACC_PHASE_WORKING;
        acc_run_worked(run);
        return;
    }
    run->phase = ACC_PHASE_PROBING;
    acc_run_probe(run);
}

/* ---- LISTING ---- */

/* What the ledger says is archived, held against the listing: still there as recorded, or not. */
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
            run->done++;
            run->conflicts++;
            run->first_failure = ACC_CONFLICT;
            run->bytes_total -= row.entry.size > 0 ? row.entry.size : 0;
            acc_run_tell_row(run, &row, ACC_OUTCOME_CONFLICT);
        } else if (row.state == ACC_ENTRY_ARCHIVED && run->presence_known) {
            if (acc_presence_of(&run->presence, row.id) == ACC_PRESENCE_RECORDED) {
                run->done++;
                run->already++;
                run->bytes_total -= row.archived.size;
                acc_run_tell_row(run, &row, ACC_OUTCOME_ALREADY);
            } else {
                struct acc_record record = {
                    .kind = ACC_RECORD_VANISHED, .run = run->id, .entry = row.id};
                acc_ledger_post(run->ledger, &record);
                struct acc_str text = {0};
                acc_str_addf(&text,
                             "%s: was archived, but is not in the bucket as recorded any more; "
                             "asking about it anew",
                             row.entry.path);
                acc_run_note(run, ACC_DIFFERENCE, acc_str_cstr(&text));
                acc_str_release(&text);
            }
        }
    }
    acc_ledger_cursor_close(cursor);
    return code == ACC_OK ? acc_ledger_flush(run->ledger, err) : code;
}

static void on_listed(struct acc_presence *presence)
{
    struct acc_run *run = ACC_CONTAINER_OF(presence, struct acc_run, presence);
    struct acc_error err = {0};
    if (run->interrupted || presence->cancelled) {
        acc_run_over(run);
    } else if (presence->code != ACC_OK && presence->call.class != ACC_S3_OK) {
        acc_run_halt_call(run, &presence->call, presence->code);
        acc_run_worked(run);
    } else if (presence->code != ACC_OK) {
        run->err = presence->err;
        acc_run_over(run);
    } else {
        run->listed = true;
        run->presence_known = presence->known;
        if (!presence->known)
            acc_run_note(run, ACC_OK,
                         presence->call.class == ACC_S3_DENIED
                             ? "the bucket may not be listed with these credentials: each key is "
                               "asked about by itself"
                             : "the destination holds far more than this source: each key is asked "
                               "about by itself");
        if (confirm_archived(run, &err) != ACC_OK) {
            run->err = err;
            acc_run_over(run);
            return;
        }
        acc_run_tell_progress(run, ACC_EVENT_PLANNED);
        begin_probe_or_work(run);
    }
}

void acc_run_list(struct acc_run *run)
{
    run->phase = ACC_PHASE_LISTING;
    acc_run_state(run, "listing");
    run->presence.s3 = run->s3;
    run->presence.ledger = run->ledger;
    run->presence.run = run->id;
    run->presence.entries = run->files;
    run->presence.on_done = on_listed;
    acc_presence_start(&run->presence);
}

/* ---- PLANNING ---- */

/* Notes of the planning thread wait for the loop's. */
struct plan_note {
    struct acc_link link;
    enum acc_code code;
    char *text;
};

struct plan_notes {
    struct acc_link list;
};

static void on_plan_note(void *arg, enum acc_code code, const char *text)
{
    struct acc_link *notes = arg;
    struct plan_note *note = ACC_NEW(struct plan_note);
    note->code = code;
    note->text = acc_strdup(text);
    acc_list_push(notes, &note->link);
}

static void tell_plan_notes(struct acc_run *run, struct acc_link *notes)
{
    struct acc_link *link;
    while ((link = acc_list_pop(notes)) != NULL) {
        struct plan_note *note = ACC_CONTAINER_OF(link, struct plan_note, link);
        acc_run_note(run, note->code, note->text);
        free(note->text);
        free(note);
    }
}

/* On the pool. The loop's thread leaves the ledger alone until this is done: the job owns it. */
static void work_plan(struct acc_job *job)
{
    struct acc_run *run = ACC_CONTAINER_OF(job, struct acc_run, plan_job);
    run->plan_code = acc_plan_make(&run->plan, &run->plan_err);
}

static void on_planned(struct acc_job *job)
{
    struct acc_run *run = ACC_CONTAINER_OF(job, struct acc_run, plan_job);
    struct acc_ledger_counts counts;
    tell_plan_notes(run, run->plan.arg);
    run->summary->unlisted = run->plan.unlisted;
    run->summary->manifest_count = run->plan.manifest_count;
    snprintf(run->summary->manifest, sizeof run->summary->manifest, "%s", run->plan.manifest);
    memcpy(run->summary->hint, run->plan.hint, sizeof run->summary->hint);
    memcpy(run->summary->right_prefix, run->plan.right_prefix, sizeof run->plan.right_prefix);
    memcpy(run->summary->right_source, run->plan.right_source, sizeof run->plan.right_source);
    if (run->plan_code == ACC_OK)
        run->plan_code = acc_ledger_count(run->ledger, run->id, &counts, &run->plan_err);
    if (run->plan_code != ACC_OK || run->interrupted) {
        if (!run->interrupted)
            run->err = run->plan_err;
        acc_run_over(run);
        return;
    }
    run->files = counts.entries;
    run->bytes_total = counts.bytes;
    acc_run_list(run);
}

static void turn(struct acc_run *run)
{
    struct acc_link notes;
    acc_list_init(&notes);
    run->started = acc_clock_now();
    run->plan = (struct acc_plan){
        .manifests = run->options->manifests,
        .manifest_format = run->options->manifest_format,
        .strip_prefix = run->options->strip_prefix,
        .source = &run->source,
        .files_too = true,
        .location = &run->location,
        .ledger = run->ledger,
        .run = run->id,
        .on_note = on_plan_note,
        .arg = &notes,
        .stop = &run->plan_stop,
    };
    acc_run_state(run, "reading manifests");
    run->plan_job.work = work_plan;
    run->plan_job.done = on_planned;
    acc_job_start(&run->loop, &run->plan_job);
    acc_timer_start(&run->tick, TICK_MS);
    acc_loop_run(&run->loop);
    tell_clock(run);
}

enum acc_code acc_ingest(const struct acc_ingest_options *options,
                         struct acc_ingest_summary *summary, struct acc_error *err)
{
    struct acc_run *run = ACC_NEW(struct acc_run);
    *summary = (struct acc_ingest_summary){0};
    run->options = options;
    run->summary = summary;

    enum acc_code code = acc_run_check_options(run, err);
    if (code == ACC_OK)
        code = acc_s3_location_parse(options->destination, &run->location, err);
    if (code == ACC_OK)
        code = acc_source_open(options->source, &run->source, err);
    if (code == ACC_OK)
        code = acc_algs_new(&run->algs, err);
    if (code != ACC_OK)
        goto no_loop;
    code = acc_loop_init(&run->loop, err);
    if (code != ACC_OK)
        goto no_loop;
    code = acc_s3_new(&run->loop, &options->connection, &run->location, run->jobs, &run->s3, err);
    if (code == ACC_OK)
        code = acc_s3_attributes_apply(&run->attributes, &options->object, acc_time_now(), run->s3,
                                       err);
    if (code == ACC_OK && options->object.content_type != NULL &&
        strcmp(options->object.content_type, "auto") == 0)
        code = acc_media_types_new(&run->media_types, err);
    if (code == ACC_OK)
        code = acc_run_open_ledger(run, err);
    if (code != ACC_OK)
        goto no_ledger;
    code = acc_run_begin(run, err);
    if (code != ACC_OK)
        goto no_run;

    acc_run_start_handles(run);
    turn(run);
    acc_run_conclude(run);
    acc_scratch_remove(run->scratch); /* from here on a signal ends the process on the spot */
    acc_run_stop_handles(run);
    code = run->summary->outcome;
    if (err != NULL)
        *err = run->err;

no_run:
    acc_ledger_close(run->ledger);
no_ledger:
    acc_scratch_remove(run->scratch);
    acc_media_types_free(run->media_types);
    acc_s3_attributes_release(&run->attributes);
    acc_s3_call_release(&run->hint);
    acc_orphans_release(&run->orphans);
    acc_versions_release(&run->versions);
    acc_presence_release(&run->presence);
    acc_s3_free(run->s3);
    acc_loop_release(&run->loop);
no_loop:
    summary->outcome = code;
    acc_algs_free(run->algs);
    acc_source_close(&run->source);
    acc_s3_location_release(&run->location);
    free(run->ledger_path);
    free(run->scratch);
    free(run);
    return code;
}
