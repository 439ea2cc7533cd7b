/* Planning, on the pool: what is promised goes into the ledger, then the schedule selects. The
 * loop's thread leaves the ledger alone meanwhile; remarks wait until it has it back. */
#include <stdlib.h>

#include "base/mem.h"
#include "verify/run.h"

struct note {
    struct acc_link link;
    enum acc_code code;
    char *text;
};

static void on_note(void *arg, enum acc_code code, const char *text)
{
    struct acc_verify_run *run = arg;
    struct note *note = ACC_NEW(struct note);
    note->code = code;
    note->text = acc_strdup(text);
    acc_list_push(&run->plan_notes, &note->link);
}

void acc_verify_plan_notes(struct acc_verify_run *run)
{
    struct acc_link *link;
    while ((link = acc_list_pop(&run->plan_notes)) != NULL) {
        struct note *note = ACC_CONTAINER_OF(link, struct note, link);
        acc_verify_note(run, note->code, note->text);
        free(note->text);
        free(note);
    }
}

static enum acc_code take_archived(struct acc_verify_run *run, struct acc_error *err)
{
    struct acc_ledger_load *load;
    enum acc_code code = acc_ledger_load_begin(run->ledger, run->id, &load, err);
    if (code != ACC_OK)
        return code;
    code = acc_ledger_load_archived(load, err);
    if (code == ACC_OK && acc_ledger_load_entries(load) == 0)
        code = acc_error_set(err, ACC_LEDGER,
                             "%s: nothing was archived at %s by this ledger, so nothing could be "
                             "checked. accession status tells what it knows; or give a manifest.",
                             acc_ledger_path(run->ledger), run->summary->url);
    struct acc_error end_err;
    enum acc_code ended =
        acc_ledger_load_end(load, code == ACC_OK, code == ACC_OK ? err : &end_err);
    return code == ACC_OK ? ended : code;
}

static void work_plan(struct acc_job *job)
{
    struct acc_verify_run *run = ACC_CONTAINER_OF(job, struct acc_verify_run, plan_job);
    run->plan_code = run->summary->ledger_promised ? take_archived(run, &run->plan_err)
                                                   : acc_plan_make(&run->plan, &run->plan_err);
    if (run->plan_code == ACC_OK)
        run->plan_code = acc_verify_select(run, &run->plan_err);
}

void acc_verify_plan_start(struct acc_verify_run *run, void (*on_planned)(struct acc_job *job))
{
    const struct acc_verify_options *o = run->options;
    acc_list_init(&run->plan_notes);
    run->plan = (struct acc_plan){
        .manifests = o->manifests,
        .manifest_format = o->manifest_format,
        .strip_prefix = o->strip_prefix,
        .source = o->source != NULL ? &run->source : NULL,
        .files_too = o->local,
        .location = o->local ? NULL : &run->location,
        .ledger = run->ledger,
        .run = run->id,
        .on_note = on_note,
        .arg = run,
        .stop = &run->plan_stop,
    };
    run->plan_job.work = work_plan;
    run->plan_job.done = on_planned;
    acc_job_start(&run->loop, &run->plan_job);
}
