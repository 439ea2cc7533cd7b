/* What a verification stands on: options, source, ledger, handles.
 *
 * Happy path: acc_verify() calls these in order. Failure: the first error is returned, and what was
 * opened before is the caller's to close. Close: the handles, when nothing is in progress. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "verify/run.h"

#define TICK_MS 100
#define DELAY_MS 3000 /* what comes before the checks says more of itself from then on */
#define JOBS 16
#define MEMORY ((int64_t)64 << 20)

/* ---- timers and signals ---- */

static void on_tick(struct acc_timer *timer)
{
    struct acc_verify_run *run = ACC_CONTAINER_OF(timer, struct acc_verify_run, handles.tick);
    if (run->machine.phase == ACC_VERIFY_CHECKING) {
        acc_samples_add(&run->samples, run->checking.env.reading.bytes_read);
        acc_verify_progress(run, ACC_EVENT_PROGRESS);
    } else if (acc_clock_now() - run->started >= DELAY_MS) {
        acc_verify_progress(run, ACC_EVENT_DELAYED);
    }
    acc_timer_start(&run->handles.tick, TICK_MS);
    acc_verify_draw_more(run);
}

static void on_stop(struct acc_stop *stop, int number)
{
    acc_verify_interrupt(ACC_CONTAINER_OF(stop, struct acc_verify_run, handles.stop), number);
}

/* The records made so far stay; the next run goes on from there. */
static void on_leave(struct acc_stop *stop)
{
    acc_ledger_place_leave(&ACC_CONTAINER_OF(stop, struct acc_verify_run, handles.stop)->place);
}

/* ---- setting up ---- */

enum acc_code acc_verify_check_options(struct acc_verify_run *run, struct acc_error *err)
{
    const struct acc_verify_options *o = run->options;
    bool from_ledger = o->source == NULL && (o->manifests == NULL || o->manifests[0] == NULL);
    run->jobs = o->jobs ? o->jobs : JOBS;
    run->record.kept = !o->no_ledger && !o->local;
    run->summary->ledger_promised = from_ledger;
    run->summary->level = o->local ? ACC_LEVEL_READ : o->level;
    run->summary->local = o->local;
    if (o->local && o->source == NULL)
        return acc_error_set(err, ACC_USAGE, "--local: needs SOURCE, the files to look at.");
    if (!o->local && o->destination == NULL)
        return acc_error_set(err, ACC_USAGE, "s3://BUCKET[/PREFIX] is missing.");
    if (from_ledger && o->no_ledger)
        return acc_error_set(
            err, ACC_USAGE,
            "--no-ledger: needs a manifest. Without one, only the ledger knows what "
            "the bucket should hold. Give --manifest FILE or SOURCE.");
    if (o->slices > 0 && (o->slice == 0 || o->slice > o->slices))
        return acc_error_set(err, ACC_USAGE, "--slice: must be N/M, with N from 1 to M.");
    return ACC_OK;
}

enum acc_code acc_verify_open_ledger(struct acc_verify_run *run, struct acc_error *err)
{
    const char *scratch = run->record.kept ? NULL : "verify";
    enum acc_code code = acc_ledger_place_find(&run->place, run->options->ledger, scratch, err);
    if (code != ACC_OK)
        return code;
    if (run->summary->ledger_promised && access(run->place.path, F_OK) != 0)
        return acc_error_set(
            err, ACC_LEDGER,
            "%s: no ledger found, and no manifest was given, so nothing says "
            "what the bucket should hold. Give --manifest FILE, SOURCE or --ledger "
            "FILE.",
            run->place.path);
    return acc_ledger_place_open(&run->place, &run->ledger, err);
}

enum acc_code acc_verify_open_source(struct acc_verify_run *run, struct acc_error *err)
{
    const struct acc_verify_options *o = run->options;
    enum acc_code code = ACC_OK;
    if (o->source != NULL)
        code = acc_source_open(o->source, &o->rules, &o->source_connection, &run->source, err);
    if (code == ACC_OK && !o->local)
        code = o->source != NULL
                   ? acc_s3_location_for(o->destination, run->source.name, &run->location, err)
                   : acc_s3_location_parse(o->destination, &run->location, err);
    if (code == ACC_OK)
        snprintf(run->summary->url, sizeof run->summary->url, "%s",
                 o->local ? run->source.path : run->location.url);
    return code;
}

enum acc_code acc_verify_register(struct acc_verify_run *run, struct acc_error *err)
{
    struct acc_str canonical = {0};
    if (run->s3 != NULL)
        acc_s3_canonical(run->s3, &canonical);
    else if (!acc_source_canonical(&run->source, &canonical))
        acc_str_addf(&canonical, ACC_FOLDER_SCHEME "%s", run->source.path);
    struct acc_run_spec spec = {
        .kind = "verify",
        .source = run->source.path != NULL ? run->source.path : "",
        .destination = acc_str_cstr(&canonical),
        .url = run->summary->url,
        .command = run->options->command ? run->options->command : "",
    };
    enum acc_code code =
        acc_ledger_run_begin(run->ledger, &spec, &run->record.id, run->record.name, err);
    run->record.begun = code == ACC_OK;
    acc_str_release(&canonical);
    if (code == ACC_OK && run->record.kept)
        code = acc_ledger_unfinished(run->ledger, run->record.id, &run->record.earlier, err);
    return code;
}

void acc_verify_start_handles(struct acc_verify_run *run)
{
    int64_t memory = run->options->memory ? run->options->memory : MEMORY;
    /* Each check in progress may hold a chunk that is half full: twice as many keep all going. */
    int64_t least = 2 * (int64_t)run->jobs * (int64_t)ACC_READING_CHUNK;
    acc_timer_init(&run->loop, &run->handles.tick, on_tick);
    struct acc_rate_plan max_rate = {0}; /* of local files; transfers have their own */
    if (run->options->local && run->options->connection.max_rate != NULL)
        acc_rate_plan_parse(run->options->connection.max_rate, &max_rate);
    acc_rate_init(&run->rate, &run->loop, &max_rate);
    acc_stop_watch(&run->loop, &run->handles.stop, on_stop, on_leave);
    run->tickets = acc_tickets_new(&run->loop, (size_t)(memory > least ? memory : least));
    acc_verify_checking_init(run);
    acc_timer_start(&run->handles.tick, TICK_MS);
}

void acc_verify_stop_handles(struct acc_verify_run *run)
{
    acc_timer_close(&run->handles.tick, NULL);
    acc_timer_close(&run->checking.drawn, NULL);
    acc_rate_close(&run->rate, NULL);
    acc_stop_close(&run->handles.stop);
    acc_tickets_free(run->tickets);
}
