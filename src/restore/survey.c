/* Before the first byte: one listing finds the objects that may be in cold storage, each of which
 * is then checked (cold.c). A listing that shows versions shows those below the newest too.
 *
 * Failure: where listing is refused, or the prefix holds far more than is to be restored, every
 * selected object is checked by itself. Close: the call is cancelled, and the run ends. */
#include "base/mem.h"
#include "restore/run.h"

#include <string.h>

#define FAR_MORE 20
#define SOME 10000

static void list(struct acc_restore_run *run);

static void on_listed(void *arg, const struct acc_s3_listed *item)
{
    struct acc_restore_run *run = arg;
    size_t prefix = strlen(run->location.prefix);
    struct acc_row row;
    bool found = false;
    run->survey.listed++;
    if (item->delete_marker || !acc_thaw_may_be_cold(item->storage_class) ||
        strncmp(item->key, run->location.prefix, prefix) != 0 || run->survey.err.code != ACC_OK)
        return;
    if (acc_ledger_find(run->ledger, run->id, item->key + prefix, &row, &found, &run->survey.err) !=
            ACC_OK ||
        !found || (acc_marks_of(&run->planning.selected, row.id) & ACC_RESTORE_SELECTED) == 0)
        return;
    acc_marks_add(&run->planning.selected, row.id, ACC_RESTORE_TO_CHECK);
    run->survey.some = true;
}

static void finish(struct acc_restore_run *run)
{
    acc_s3_page_release(&run->survey.page);
    acc_restore_surveyed(run);
}

static void on_page(struct acc_s3_call *call)
{
    struct acc_restore_run *run = ACC_CONTAINER_OF(call, struct acc_restore_run, survey.call);
    bool read =
        call->class == ACC_S3_OK &&
        (run->survey.versions ? acc_s3_read_list_versions(call, &run->survey.page, on_listed, run)
                              : acc_s3_read_list_objects(call, &run->survey.page, on_listed, run));
    bool too_many = run->survey.listed > FAR_MORE * run->summary->selected + SOME;
    if (read && run->survey.page.more && !too_many && run->survey.err.code == ACC_OK) {
        list(run);
        return;
    }
    if (call->class == ACC_S3_DENIED || call->class == ACC_S3_KEY || too_many) {
        run->survey.some = run->survey.all = true;
    } else if (!read && call->class != ACC_S3_CANCELLED) {
        acc_s3_call_error(call, &run->survey.err);
        if (call->class == ACC_S3_OK)
            acc_error_set(&run->survey.err, ACC_PROTOCOL, "the server's listing of %s is not valid",
                          run->summary->url);
    }
    finish(run);
}

static void list(struct acc_restore_run *run)
{
    struct acc_s3_call *call = &run->survey.call;
    if (run->survey.versions)
        acc_s3_list_versions(call, run->s3, run->location.prefix, &run->survey.page);
    else
        acc_s3_list_objects(call, run->s3, run->location.prefix, 0, &run->survey.page);
    call->on_done = on_page;
    acc_s3_call_start(call);
}

void acc_restore_survey(struct acc_restore_run *run)
{
    run->survey.versions |= run->options->as_of != 0 || run->options->version_id != NULL;
    list(run);
}
