/* PLANNING, on the pool: what is promised goes into the ledger, then the schedule selects. The
 * loop's thread leaves the ledger alone meanwhile; remarks wait until it has it back.
 *
 * Happy path: PLANNED. Failure: the run halts with the job's error. When it stops, the job ends
 * early, and its end is awaited. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "run/elsewhere.h"
#include "verify/run.h"
#include "verify/schedule.h"
#include "verify/select.h"

/* Destinations named where the one asked for is not known. */
#define KNOWN_NAMED 5

/* ---- what the ledger archived ---- */

struct known {
    struct acc_str list;
    unsigned count;
};

static void add_known(void *arg, const char *url, uint64_t files, int64_t bytes)
{
    struct known *known = arg;
    (void)files, (void)bytes;
    if (known->count++ < KNOWN_NAMED) {
        acc_str_add(&known->list, known->list.len > 0 ? ", " : "");
        acc_path_show(&known->list, url, strlen(url));
    }
}

/* "canonical" without the prefix: the bucket on its server. */
static void list_known(struct acc_verify_run *run, struct known *known)
{
    struct acc_str bucket = {0};
    acc_s3_canonical(run->s3, &bucket);
    acc_str_cut(&bucket, bucket.len - strlen(run->location.prefix));
    acc_ledger_archived_below(run->ledger, acc_str_cstr(&bucket), add_known, known, NULL);
    acc_str_release(&bucket);
}

/* Of a mistyped prefix; the error lists the known destinations. */
static enum acc_code nothing_archived(struct acc_verify_run *run, struct acc_error *err)
{
    struct known known = {0};
    list_known(run, &known);
    if (known.count > KNOWN_NAMED)
        acc_str_addf(&known.list, " and %u more", known.count - KNOWN_NAMED);
    acc_error_set(
        err, ACC_NOT_ON_RECORD,
        "%s: nothing was archived at or below it by the ledger %s, so nothing could be checked. "
        "%s%s%s or give a manifest.",
        run->summary->url, acc_ledger_path(run->ledger),
        known.count > 0 ? "It archived to " : "accession status shows what it knows;",
        acc_str_cstr(&known.list), known.count > 0 ? ": name one of these," : "");
    acc_add_elsewhere(err, run->ledger, run->summary->url, acc_str_cstr(&run->below.canonical));
    acc_str_release(&known.list);
    return ACC_NOT_ON_RECORD;
}

static void add_below(void *arg, const char *url, uint64_t files, int64_t bytes)
{
    acc_verify_below_add(arg, url, files, bytes);
}

enum acc_code acc_verify_look_below(struct acc_verify_run *run, struct acc_error *err)
{
    struct acc_verify_below *below = &run->below;
    if (run->s3 == NULL)
        return ACC_OK;
    acc_s3_canonical(run->s3, &below->canonical);
    if (!run->summary->ledger_promised)
        return ACC_OK;
    enum acc_code code = acc_ledger_archived_below(run->ledger, acc_str_cstr(&below->canonical),
                                                   add_below, below, err);
    if (code == ACC_OK && below->count == 0)
        code = nothing_archived(run, err);
    if (below->count == 1 && strcmp(below->children[0].url, run->summary->url) == 0)
        acc_verify_below_empty(below);
    return code;
}

/* What the schedule leaves out by its path needs no row: of ten million a thirtieth each night. */
static bool takes(void *arg, const char *path)
{
    const struct acc_verify_run *run = arg;
    return acc_schedule_takes(run->options, path);
}

static enum acc_code take_archived(struct acc_verify_run *run, struct acc_error *err)
{
    struct acc_ledger_load *load;
    uint64_t all = 0;
    enum acc_code code = acc_ledger_load_begin(run->ledger, run->record.id, &load, err);
    if (code != ACC_OK)
        return code;
    code = acc_ledger_load_archived(load, takes, run, &all, err);
    if (code == ACC_OK && all == 0)
        code = nothing_archived(run, err);
    if (code == ACC_OK)
        run->summary->files =
            all - acc_ledger_load_entries(load); /* the others are counted later */
    struct acc_error end_err;
    enum acc_code ended =
        acc_ledger_load_end(load, code == ACC_OK, code == ACC_OK ? err : &end_err);
    return code == ACC_OK ? ended : code;
}

static void work_plan(struct acc_job *job)
{
    struct acc_verify_run *run = ACC_CONTAINER_OF(job, struct acc_verify_run, planning.job);
    run->planning.code = run->summary->ledger_promised
                             ? take_archived(run, &run->planning.err)
                             : acc_plan_make(&run->planning.plan, &run->planning.err);
    if (run->planning.code == ACC_OK)
        run->planning.code = acc_verify_select(run, &run->planning.err);
}

/* ---- the job ends ---- */

static void report_note(void *arg, enum acc_code code, const char *text)
{
    acc_verify_note(arg, code, text);
}

static void on_planned(struct acc_job *job)
{
    struct acc_verify_run *run = ACC_CONTAINER_OF(job, struct acc_verify_run, planning.job);
    struct acc_verify_planning *p = &run->planning;
    acc_plan_notes_report(&p->notes, report_note, run);
    run->summary->manifest_count = p->plan.manifest_count;
    snprintf(run->summary->manifest, sizeof run->summary->manifest, "%s", p->plan.manifest);
    if (p->code == ACC_OK)
        p->code = acc_ledger_draw_rows(run->ledger, run->record.id, &run->checking.rows, &p->err);
    run->facts.nothing_selected = run->summary->selected == 0;
    if (p->code != ACC_OK)
        acc_verify_halt(run, &p->err);
    else
        acc_machine_post(&run->machine, ACC_VERIFY_ON_PLANNED);
    acc_machine_end(&run->machine);
}

void acc_verify_plan(struct acc_verify_run *run)
{
    const struct acc_verify_options *o = run->options;
    acc_plan_notes_init(&run->planning.notes);
    run->planning.plan = (struct acc_plan){
        .manifests = o->manifests,
        .manifest_format = o->manifest_format,
        .strip_prefix = o->strip_prefix,
        .rules = o->rules,
        .source = o->source != NULL ? &run->source : NULL,
        .connection = &o->source_connection,
        .files_too = o->local,
        .location = o->local ? NULL : &run->location,
        .ledger = run->ledger,
        .run = run->record.id,
        .on_note = acc_plan_notes_add,
        .arg = &run->planning.notes,
        .stop = &run->planning.stop,
    };
    acc_plan_notes_watch(&run->planning.notes, &run->source);
    acc_verify_state(run, acc_source_is_package(&run->source) ? "reading the package"
                                                              : "reading manifests");
    run->planning.job.work = work_plan;
    run->planning.job.done = on_planned;
    acc_machine_begin(&run->machine);
    acc_job_start(&run->loop, &run->planning.job);
}
