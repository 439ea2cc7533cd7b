/* PLANNING: the manifests are read into the ledger by a job of the pool (plan/plan.h).
 *
 * Happy path: the counts of the plan become the run's, and LISTING follows. Failure: the plan's
 * error ends the run. Close: an interrupt sets plan_stop, and the job ends soon after. */
#include "ingest/run.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static void report_note(void *arg, enum acc_code code, const char *text)
{
    acc_run_note(arg, code, text);
}

/* On the pool. The loop's thread leaves the ledger alone until this is done: the job owns it. */
static void work_plan(struct acc_job *job)
{
    struct acc_run *run = ACC_CONTAINER_OF(job, struct acc_run, planning.job);
    run->planning.code = acc_plan_make(&run->planning.plan, &run->planning.err);
}

static void on_planned(struct acc_job *job)
{
    struct acc_run *run = ACC_CONTAINER_OF(job, struct acc_run, planning.job);
    uint64_t entries = 0;
    int64_t bytes = 0;
    acc_plan_notes_report(&run->planning.notes, report_note, run);
    run->summary->coverage = run->planning.plan.coverage;
    run->summary->unlisted = run->planning.plan.coverage.unlisted;
    run->summary->right_windows = run->planning.plan.right_windows;
    run->summary->manifest_count = run->planning.plan.manifest_count;
    snprintf(run->summary->manifest, sizeof run->summary->manifest, "%s",
             run->planning.plan.manifest);
    memcpy(run->summary->hint, run->planning.plan.hint, sizeof run->summary->hint);
    memcpy(run->summary->right_prefix, run->planning.plan.right_prefix,
           sizeof run->planning.plan.right_prefix);
    memcpy(run->summary->right_source, run->planning.plan.right_source,
           sizeof run->planning.plan.right_source);
    if (run->planning.code == ACC_OK)
        run->planning.code =
            acc_ledger_count_asked(run->ledger, run->id, &entries, &bytes, &run->planning.err);
    if (acc_run_stops(run)) {
        /* interrupted: the plan may have ended for that */
    } else if (run->planning.code == ACC_OK) {
        run->counts.files = entries;
        run->counts.bytes_total = bytes;
        acc_run_post(run, ACC_RUN_ON_PLANNED);
    } else {
        acc_run_fail(run, &run->planning.err);
    }
    acc_run_end(run);
}

void acc_run_plan(struct acc_run *run)
{
    acc_plan_notes_init(&run->planning.notes);
    run->planning.plan = (struct acc_plan){
        .manifests = run->options->manifests,
        .manifest_format = run->options->manifest_format,
        .strip_prefix = run->options->strip_prefix,
        .rules = run->options->rules,
        .source = &run->source,
        .connection = &run->options->source_connection,
        .files_too = true,
        .recorded_at = run->options->replicate ? acc_str_cstr(&run->planning.place) : NULL,
        .record = run->options->dry_run ? run->listing.ledger : run->ledger,
        .location = &run->location,
        .ledger = run->ledger,
        .run = run->id,
        .on_note = acc_plan_notes_add,
        .arg = &run->planning.notes,
        .stop = &run->planning.stop,
    };
    acc_plan_notes_watch(&run->planning.notes, &run->source);
    acc_run_state(run, acc_source_is_package(&run->source) ? "reading the package"
                                                           : "reading manifests");
    run->planning.job.work = work_plan;
    run->planning.job.done = on_planned;
    acc_run_begin(run);
    acc_job_start(&run->loop, &run->planning.job);
}
