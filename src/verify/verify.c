/* acc_verify(): one verification from beginning to end (phases in verify/run.h).
 *
 * Happy path: open ledger and client; plan; survey the prefix; check; record how it went. Failure:
 * an error before the loop turns is returned; afterwards acc_verify_halt() stores it and ends the
 * checks in progress, so that there is one way out. Close: every part closes its handles, then the
 * loop runs until they are gone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "verify/conclude.h"
#include "verify/run.h"

#define TICK_MS 100
#define JOBS 16
#define MEMORY ((int64_t)64 << 20)

/* ---- the phases ---- */

static void begin_checking(struct acc_verify_run *run)
{
    acc_verify_enter(run, ACC_VERIFY_CHECKING);
    acc_verify_progress(run, ACC_EVENT_PLANNED);
    acc_verify_state(run, "working");
    acc_verify_fill(run);
}

static void on_extra(struct acc_survey *survey, const struct acc_s3_listed *item)
{
    acc_verify_extra(ACC_CONTAINER_OF(survey, struct acc_verify_run, survey), item);
}

static void note_tags(struct acc_verify_run *run)
{
    char text[256], count[32];
    if (run->tags_unnamed == 0)
        return;
    snprintf(text, sizeof text,
             "%s objects outside data/ are taken for the bag's tag files. A payload manifest does "
             "not name them, so they were not checked",
             acc_show_count((unsigned long long)run->tags_unnamed, count));
    acc_verify_note(run, ACC_OK, text);
}

static void on_surveyed(struct acc_survey *survey)
{
    struct acc_verify_run *run = ACC_CONTAINER_OF(survey, struct acc_verify_run, survey);
    run->summary->extra_known = survey->known;
    if (run->interrupted) {
        acc_verify_enter(run, ACC_VERIFY_OVER);
    } else if (survey->code != ACC_OK) {
        acc_verify_halt(run, &survey->err);
        acc_verify_enter(run, ACC_VERIFY_OVER);
    } else {
        if (survey->class == ACC_S3_DENIED)
            acc_verify_note(
                run, ACC_OK,
                "these credentials may not list the bucket. accession asks about each key "
                "separately, and cannot see objects that no manifest names");
        note_tags(run);
        begin_checking(run);
    }
}

static bool are_payload_manifests(const char *const *manifests)
{
    if (manifests == NULL || manifests[0] == NULL)
        return false;
    for (size_t i = 0; manifests[i] != NULL; i++) {
        const char *slash = strrchr(manifests[i], '/');
        const char *name = slash != NULL ? slash + 1 : manifests[i];
        if (!acc_starts_with(name, "manifest-") || !acc_ends_with(name, ".txt"))
            return false;
    }
    return true;
}

/* Rows come in path order, so the first and the last say where all of them are. */
static bool names_only_payload(struct acc_verify_run *run)
{
    uint64_t rows = acc_ledger_cursor_rows(run->rows), ends[] = {0, rows - 1};
    bool only =
        rows > 0 && run->source.path == NULL && are_payload_manifests(run->options->manifests);
    for (size_t i = 0; only && i < ACC_COUNT_OF(ends); i++) {
        struct acc_str path = {0};
        struct acc_error err;
        only = acc_ledger_cursor_path(run->rows, ends[i], &path, &err) == ACC_OK &&
               acc_starts_with(acc_str_cstr(&path), "data/");
        acc_str_release(&path);
    }
    return only;
}

static void begin_listing(struct acc_verify_run *run)
{
    run->payload_only = names_only_payload(run);
    struct acc_survey *survey = &run->survey;
    struct acc_error err;
    uint64_t pages = run->summary->files / 1000 + 1;
    acc_verify_enter(run, ACC_VERIFY_LISTING);
    acc_verify_state(run, "listing");
    survey->s3 = run->s3;
    survey->ledger = run->ledger;
    survey->run = run->id;
    survey->on_extra = on_extra;
    survey->on_done = on_surveyed;
    /* For few entries of many, asking about each costs less than listing all. */
    survey->first_page_only = run->summary->selected < pages;
    if (acc_survey_start(survey, run->rows, run->jobs, &err) != ACC_OK) {
        acc_verify_halt(run, &err);
        acc_verify_enter(run, ACC_VERIFY_OVER);
    }
}

static void report_note(void *arg, enum acc_code code, const char *text)
{
    acc_verify_note(arg, code, text);
}

static void on_planned(struct acc_job *job)
{
    struct acc_verify_run *run = ACC_CONTAINER_OF(job, struct acc_verify_run, plan_job);
    acc_plan_notes_report(&run->plan_notes, report_note, run);
    run->summary->manifest_count = run->plan.manifest_count;
    snprintf(run->summary->manifest, sizeof run->summary->manifest, "%s", run->plan.manifest);
    if (run->plan_code == ACC_OK)
        run->plan_code = acc_ledger_rows_open(run->ledger, run->id, &run->rows, &run->plan_err);
    if (run->plan_code != ACC_OK && !run->interrupted)
        run->err = run->plan_err;
    if (run->plan_code != ACC_OK || run->interrupted || run->summary->selected == 0)
        acc_verify_enter(run, ACC_VERIFY_OVER);
    else if (run->options->local)
        begin_checking(run);
    else
        begin_listing(run);
}

/* ---- timers and signals ---- */

static void on_tick(struct acc_timer *timer)
{
    struct acc_verify_run *run = ACC_CONTAINER_OF(timer, struct acc_verify_run, tick);
    if (run->phase == ACC_VERIFY_CHECKING) {
        acc_samples_add(&run->samples, run->env.reading.bytes_read);
        acc_verify_progress(run, ACC_EVENT_PROGRESS);
    }
    acc_timer_start(&run->tick, TICK_MS);
    acc_verify_grow(run);
    acc_verify_fill(run);
}

static void on_drawn(struct acc_timer *timer)
{
    acc_verify_fill(ACC_CONTAINER_OF(timer, struct acc_verify_run, drawn));
}

static void on_stop(struct acc_stop *stop, int number)
{
    struct acc_verify_run *run = ACC_CONTAINER_OF(stop, struct acc_verify_run, stop);
    run->interrupted = true;
    run->summary->signal = number;
    atomic_store(&run->plan_stop, true);
    acc_verify_state(run, "stopping");
    acc_verify_stop(run);
    acc_verify_fill(run); /* ends the phase if no check was in progress */
}

/* The records made so far stay; the next run goes on from there. */
static void on_leave(struct acc_stop *stop)
{
    acc_ledger_place_leave(&ACC_CONTAINER_OF(stop, struct acc_verify_run, stop)->place);
}

/* ---- setting up ---- */

static enum acc_code check_options(struct acc_verify_run *run, struct acc_error *err)
{
    const struct acc_verify_options *o = run->options;
    bool from_ledger = o->source == NULL && (o->manifests == NULL || o->manifests[0] == NULL);
    run->jobs = o->jobs ? o->jobs : JOBS;
    run->keeps_record = !o->no_ledger && !o->local;
    run->summary->ledger_promised = from_ledger;
    run->summary->level = o->local ? ACC_LEVEL_READ : o->level;
    run->summary->local = o->local;
    if (o->local && o->source == NULL)
        return acc_error_set(err, ACC_USAGE, "--local: needs SOURCE, the folder to look at.");
    if (!o->local && o->destination == NULL)
        return acc_error_set(err, ACC_USAGE, "s3://BUCKET[/PREFIX] is missing.");
    if (from_ledger && o->no_ledger)
        return acc_error_set(
            err, ACC_USAGE,
            "--no-ledger: needs a manifest. Without one, only the ledger knows what "
            "the bucket should hold. Give --manifest FILE or SOURCE.");
    if (o->slices > 0 && (o->slice == 0 || o->slice > o->slices))
        return acc_error_set(err, ACC_USAGE, "--slice: is N/M, N from 1 to M.");
    return ACC_OK;
}

static enum acc_code open_ledger(struct acc_verify_run *run, struct acc_error *err)
{
    const char *scratch = run->keeps_record ? NULL : "verify";
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

static enum acc_code open_source(struct acc_verify_run *run, struct acc_error *err)
{
    const struct acc_verify_options *o = run->options;
    enum acc_code code = ACC_OK;
    if (o->source != NULL)
        code = acc_source_open(o->source, &run->source, err);
    if (code == ACC_OK && !o->local)
        code = acc_s3_location_parse(o->destination, &run->location, err);
    if (code == ACC_OK)
        snprintf(run->summary->url, sizeof run->summary->url, "%s",
                 o->local ? run->source.path : run->location.url);
    return code;
}

static enum acc_code begin_run(struct acc_verify_run *run, struct acc_error *err)
{
    struct acc_str canonical = {0};
    if (run->s3 != NULL)
        acc_s3_canonical(run->s3, &canonical);
    else
        acc_str_addf(&canonical, "file://%s", run->source.path);
    struct acc_run_spec spec = {
        .kind = "verify",
        .source = run->source.path != NULL ? run->source.path : "",
        .destination = acc_str_cstr(&canonical),
        .url = run->summary->url,
        .command = run->options->command ? run->options->command : "",
    };
    enum acc_code code = acc_ledger_run_begin(run->ledger, &spec, &run->id, run->name, err);
    run->run_begun = code == ACC_OK;
    acc_str_release(&canonical);
    if (code == ACC_OK && run->keeps_record)
        code = acc_ledger_unfinished(run->ledger, run->id, &run->earlier, err);
    return code;
}

static void start_handles(struct acc_verify_run *run)
{
    int64_t memory = run->options->memory ? run->options->memory : MEMORY;
    /* Each check in progress may hold a chunk that is half full: twice as many keep all going. */
    int64_t least = 2 * (int64_t)run->jobs * (int64_t)ACC_READING_CHUNK;
    acc_list_init(&run->checks);
    acc_timer_init(&run->loop, &run->tick, on_tick);
    acc_timer_init(&run->loop, &run->drawn, on_drawn);
    struct acc_rate_plan max_rate = {0}; /* of local files; transfers have their own */
    if (run->options->local && run->options->connection.max_rate != NULL)
        acc_rate_plan_parse(run->options->connection.max_rate, &max_rate);
    acc_rate_init(&run->rate, &run->loop, &max_rate);
    acc_stop_watch(&run->loop, &run->stop, on_stop, on_leave);
    run->tickets = acc_tickets_new(&run->loop, (size_t)(memory > least ? memory : least));
    if (run->options->local) /* one file a processor, and one to be opened meanwhile */
        run->jobs = run->loop.pool_threads + 1;
    /* Two for each that hashes: while one's answer is awaited, the other's is at hand. */
    unsigned few = 2 * run->loop.pool_threads;
    run->places = few < run->jobs ? few : run->jobs;
    run->env = (struct acc_check_env){
        .reading = {.loop = &run->loop, .s3 = run->s3, .algs = run->algs, .tickets = run->tickets},
        .rate = &run->rate,
        .source = run->options->local ? &run->source : NULL,
        .prefix = run->location.prefix != NULL ? run->location.prefix : "",
        .level = run->options->level,
        .on_done = acc_verify_on_check,
    };
}

static void stop_handles(struct acc_verify_run *run)
{
    acc_timer_close(&run->tick, NULL);
    acc_timer_close(&run->drawn, NULL);
    acc_rate_close(&run->rate, NULL);
    acc_stop_close(&run->stop);
    acc_tickets_free(run->tickets);
}

static void turn(struct acc_verify_run *run)
{
    run->started = acc_clock_now();
    run->begun = acc_time_now();
    acc_verify_state(run, "reading manifests");
    acc_verify_plan_start(run, on_planned);
    acc_timer_start(&run->tick, TICK_MS);
    acc_loop_run(&run->loop);
    acc_ledger_cursor_close(run->rows);
}

/* ---- from beginning to end ---- */

static enum acc_code with_ledger(struct acc_verify_run *run, struct acc_error *err)
{
    enum acc_code code = open_ledger(run, err);
    if (code == ACC_OK)
        code = begin_run(run, err);
    if (code == ACC_OK) {
        start_handles(run);
        turn(run);
        acc_verify_conclude(run);
        stop_handles(run);
        code = run->summary->outcome;
        if (err != NULL)
            *err = run->err;
    }
    acc_ledger_close(run->ledger);
    acc_ledger_place_leave(&run->place);
    return code;
}

static enum acc_code with_loop(struct acc_verify_run *run, struct acc_error *err)
{
    enum acc_code code = acc_loop_init(&run->loop, err);
    if (code != ACC_OK)
        return code;
    if (!run->options->local)
        code = acc_s3_new(&run->loop, &run->options->connection, &run->location, run->jobs,
                          &run->s3, err);
    if (code == ACC_OK)
        code = with_ledger(run, err);
    acc_survey_release(&run->survey);
    acc_s3_free(run->s3);
    acc_loop_release(&run->loop);
    return code;
}

enum acc_code acc_verify(const struct acc_verify_options *options,
                         struct acc_verify_summary *summary, struct acc_error *err)
{
    struct acc_verify_run *run = ACC_NEW(struct acc_verify_run);
    *summary = (struct acc_verify_summary){0};
    run->options = options;
    run->summary = summary;
    enum acc_code code = check_options(run, err);
    if (code == ACC_OK)
        code = open_source(run, err);
    if (code == ACC_OK)
        code = acc_algs_new(&run->algs, err);
    if (code == ACC_OK)
        code = with_loop(run, err);
    summary->outcome = code;
    acc_algs_free(run->algs);
    acc_source_close(&run->source);
    acc_s3_location_release(&run->location);
    acc_marks_release(&run->selected);
    acc_ledger_place_release(&run->place);
    free(run);
    return code;
}
