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

void acc_run_listed(struct acc_run *run)
{
    if (!sends_anything(run) && !run->options->dry_run) {
        run->phase = ACC_PHASE_WORKING;
        acc_run_worked(run);
        return;
    }
    run->phase = ACC_PHASE_PROBING;
    acc_run_probe(run);
}

static void turn(struct acc_run *run)
{
    run->started = acc_clock_now();
    acc_run_plan(run);
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
