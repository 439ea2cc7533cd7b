/* acc_restore(): one restore from beginning to end (phases in restore/run.h).
 *
 * Happy path: open folder, client and ledger; plan; restore; record how it went. Failure: an error
 * before the loop turns is returned; afterwards it is stored and what is in progress ends, so that
 * there is one way out. Close: every part closes its handles, then the loop runs until they are
 * gone. Pieces stay in the folder unless the run came to its end. */
#include <accession/restore.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "restore/run.h"

#define TICK_MS 100
#define JOBS 16
#define MEMORY ((int64_t)64 << 20)

static void report_note(void *arg, enum acc_code code, const char *text)
{
    acc_restore_note(arg, code, text);
}

static void work_plan(struct acc_job *job)
{
    struct acc_restore_run *run = ACC_CONTAINER_OF(job, struct acc_restore_run, planning.job);
    run->planning.code = acc_restore_plan(run, &run->planning.err);
}

static void on_planned(struct acc_job *job)
{
    struct acc_restore_run *run = ACC_CONTAINER_OF(job, struct acc_restore_run, planning.job);
    acc_plan_notes_report(&run->planning.notes, report_note, run);
    if (run->planning.code != ACC_OK && !run->interrupted) {
        run->halted = true;
        run->err = run->planning.err;
    }
    if (run->halted || run->interrupted) {
        acc_restore_fill(run);
        return;
    }
    run->planned = true;
    acc_restore_progress(run, ACC_EVENT_PLANNED);
    acc_restore_survey(run);
}

static void on_tick(struct acc_timer *timer)
{
    struct acc_restore_run *run = ACC_CONTAINER_OF(timer, struct acc_restore_run, tick);
    acc_samples_add(&run->samples, run->env.reading.bytes_read);
    if (run->planned)
        acc_restore_progress(run, ACC_EVENT_PROGRESS);
    acc_timer_start(&run->tick, TICK_MS);
}

static void on_stop(struct acc_stop *stop, int number)
{
    struct acc_restore_run *run = ACC_CONTAINER_OF(stop, struct acc_restore_run, stop);
    run->interrupted = true;
    run->summary->signal = number;
    atomic_store(&run->planning.stop, true);
    acc_restore_stop(run);
}

/* Pieces and records made so far stay; the next run goes on from there. */
static void on_leave(struct acc_stop *stop)
{
    acc_ledger_place_leave(&ACC_CONTAINER_OF(stop, struct acc_restore_run, stop)->place);
}

static void turn(struct acc_restore_run *run)
{
    int64_t memory = run->options->memory ? run->options->memory : MEMORY;
    /* Each object in progress may hold a chunk that is half full: twice as many keep all going. */
    int64_t least = 2 * (int64_t)run->jobs * (int64_t)ACC_READING_CHUNK;
    acc_timer_init(&run->loop, &run->tick, on_tick);
    acc_stop_watch(&run->loop, &run->stop, on_stop, on_leave);
    run->tickets = acc_tickets_new(&run->loop, (size_t)(memory > least ? memory : least));
    run->env.reading = (struct acc_reading_env){
        .loop = &run->loop, .s3 = run->s3, .algs = run->algs, .tickets = run->tickets};
    run->env.target = &run->target;
    run->env.prefix = run->location.prefix;
    run->env.on_done = acc_restore_on_item;
    acc_plan_notes_init(&run->planning.notes);
    run->planning.job.work = work_plan;
    run->planning.job.done = on_planned;
    acc_job_start(&run->loop, &run->planning.job);
    acc_timer_start(&run->tick, TICK_MS);
    acc_loop_run(&run->loop);
    acc_ledger_cursor_close(run->rows);
    acc_restore_conclude(run);
    acc_timer_close(&run->tick, NULL);
    acc_stop_close(&run->stop);
    acc_tickets_free(run->tickets);
}

static enum acc_code begin_run(struct acc_restore_run *run, struct acc_error *err)
{
    struct acc_str folder = {0};
    acc_s3_canonical(run->s3, &run->canonical);
    acc_str_addf(&folder, ACC_FOLDER_SCHEME "%s", run->target.path);
    const struct acc_run_spec spec = {.kind = "restore",
                                      .source = run->summary->url,
                                      .destination = acc_str_cstr(&folder),
                                      .url = run->target.path,
                                      .command =
                                          run->options->command ? run->options->command : ""};
    enum acc_code code = acc_ledger_run_begin(run->ledger, &spec, &run->id, run->name, err);
    acc_str_release(&folder);
    return code;
}

/* A dry run leaves no trace: its own ledger is a scratch one, and goes with it. */
static enum acc_code open_known(struct acc_restore_run *run, struct acc_error *err)
{
    struct acc_str path = {0};
    run->known = run->ledger;
    if (!run->options->dry_run)
        return ACC_OK;
    acc_ledger_where(run->options->ledger, &path);
    enum acc_code code = acc_ledger_open_if_there(acc_str_cstr(&path), &run->known, err);
    acc_str_release(&path);
    return code;
}

static enum acc_code with_client(struct acc_restore_run *run, struct acc_error *err)
{
    const char *scratch = run->options->dry_run ? "dry-run" : NULL;
    enum acc_code code = acc_ledger_place_find(&run->place, run->options->ledger, scratch, err);
    if (code == ACC_OK)
        code = acc_ledger_place_open(&run->place, &run->ledger, err);
    if (code == ACC_OK)
        code = open_known(run, err);
    if (code == ACC_OK)
        code = begin_run(run, err);
    if (code == ACC_OK) {
        turn(run);
        code = run->summary->outcome;
        if (err != NULL)
            *err = run->err;
    }
    if (run->known != run->ledger)
        acc_ledger_close(run->known);
    acc_ledger_close(run->ledger);
    acc_ledger_place_leave(&run->place);
    return code;
}

static enum acc_code with_loop(struct acc_restore_run *run, struct acc_error *err)
{
    enum acc_code code = acc_loop_init(&run->loop, err);
    if (code != ACC_OK)
        return code;
    code =
        acc_s3_new(&run->loop, &run->options->connection, &run->location, run->jobs, &run->s3, err);
    if (code == ACC_OK)
        code = with_client(run, err);
    acc_s3_free(run->s3);
    acc_loop_release(&run->loop);
    return code;
}

/* What did not come to its end goes on from its pieces. */
static bool is_over(enum acc_code code)
{
    return acc_code_exit(code) <= 1 && code != ACC_COLD;
}

enum acc_code acc_restore(const struct acc_restore_options *options,
                          struct acc_restore_summary *summary, struct acc_error *err)
{
    struct acc_restore_run *run = ACC_NEW(struct acc_restore_run);
    *summary = (struct acc_restore_summary){0};
    run->options = options;
    run->summary = summary;
    run->target.fd = run->target.work = -1;
    run->jobs = options->jobs ? options->jobs : JOBS;
    run->env.as_of = options->as_of ? options->as_of : INT64_MAX;
    run->started = acc_clock_now();
    acc_list_init(&run->items);
    run->env.dry = summary->dry_run = options->dry_run;
    summary->from_ledger = options->manifests == NULL || options->manifests[0] == NULL;
    enum acc_code code = acc_s3_location_parse(options->url, &run->location, err);
    if (code == ACC_OK)
        code = acc_algs_new(&run->algs, err);
    if (code == ACC_OK && options->thaw != NULL && !acc_thaw_parse(options->thaw, &run->env.thaw))
        code = acc_error_set(err, ACC_USAGE,
                             "--thaw %s: is Expedited, Standard or Bulk, with days from 1 to 3650 "
                             "behind a colon if wanted: Bulk:14.",
                             options->thaw);
    if (code == ACC_OK)
        code = acc_target_open(&run->target, options->folder, options->dry_run, err);
    if (code == ACC_OK) {
        snprintf(summary->url, sizeof summary->url, "%s", run->location.url);
        snprintf(summary->folder, sizeof summary->folder, "%s", run->target.path);
        code = with_loop(run, err);
    }
    summary->outcome = code;
    acc_target_close(&run->target, is_over(code));
    acc_algs_free(run->algs);
    acc_s3_location_release(&run->location);
    acc_s3_call_release(&run->survey.call);
    acc_s3_page_release(&run->survey.page);
    acc_marks_release(&run->planning.selected);
    acc_ledger_place_release(&run->place);
    acc_str_release(&run->canonical);
    free(run);
    return code;
}
