/* Withholding: a tag file, a manifest or a checksum list is not sent while anything that it speaks
 * of is not archived. So what looks like a whole delivery is one, and a corrected manifest finds
 * its key free.
 *
 * Happy path: before the scheduler begins a role, the ledger is asked whether an entry of an
 * earlier one lacks a proven outcome (it was refused, is in conflict, or was parked); none does,
 * and nothing is withheld. Otherwise every entry that is still pending is recorded as withheld, the
 * manifests first, and the run goes to its end with the exit status of what was refused. Files that
 * no manifest names withhold as well, unless they are allowed: the manifest that will name them is
 * another one. What --undigested skip leaves out does not: that was asked for.
 *
 * Failure: the ledger's. Close: nothing is kept. The next run begins with the same entries pending,
 * whatever this one made of them; a run that is halted or killed leaves them pending. */
#include <stdio.h>

#include "base/mem.h"
#include "ingest/run.h"

static const char *const reasons[] = {
    [ACC_FOR_FILES] = "kept back until every file of the delivery is archived",
    [ACC_FOR_NAMES] = "kept back until a manifest names every file of the source",
    [ACC_FOR_ROOM] = "kept back, since the destination holds another delivery",
};

bool acc_run_lacks_a_manifest(const struct acc_run *run)
{
    return run->planning.plan.coverage.unlisted > 0 && !run->options->allow_unlisted &&
           !run->planning.plan.from_record;
}

static void withhold(struct acc_run *run, struct acc_row *row, const char *reason)
{
    struct acc_record record = {.kind = ACC_RECORD_WITHHELD,
                                .run = run->id,
                                .entry = row->id,
                                .code = ACC_WITHHELD,
                                .reason = reason};
    acc_ledger_post(run->ledger, &record);
    if (run->counts.withheld++ == 0)
        snprintf(run->summary->withheld_first, sizeof run->summary->withheld_first, "%s",
                 row->entry.path);
    run->counts.done++;
    run->counts.bytes_total -= acc_row_size(row) > 0 ? acc_row_size(row) : 0;
    row->reason_code = ACC_WITHHELD;
    row->reason = reason;
    acc_run_report_row(run, row, ACC_OUTCOME_WITHHELD);
}

enum acc_code acc_run_withhold(struct acc_run *run, enum acc_role role, enum acc_withheld why,
                               struct acc_error *err)
{
    /* The manifest is what people know a delivery by: it goes first. */
    static const enum acc_role order[ACC_ROLES] = {ACC_ROLE_MANIFEST, ACC_ROLE_DECLARATION,
                                                   ACC_ROLE_TAG, ACC_ROLE_PAYLOAD};
    struct acc_by_role draw = {.roles = order, .count = ACC_COUNT_OF(order)};
    struct acc_row row;
    bool more = true;
    enum acc_code code;
    while ((code = acc_by_role_next(&draw, run->ledger, run->id, &row, &more, err)) == ACC_OK &&
           more)
        if (row.entry.role >= role)
            withhold(run, &row, reasons[why]);
    acc_by_role_close(&draw);
    return code;
}

enum acc_code acc_run_withhold_from(struct acc_run *run, enum acc_role role, bool *withheld,
                                    struct acc_error *err)
{
    bool unproven = false;
    enum acc_code code = acc_ledger_flush(run->ledger, err);
    if (code == ACC_OK)
        code = acc_ledger_unproven(run->ledger, run->id, role, &unproven, err);
    *withheld = code == ACC_OK && (unproven || acc_run_lacks_a_manifest(run));
    return *withheld ? acc_run_withhold(run, role, unproven ? ACC_FOR_FILES : ACC_FOR_NAMES, err)
                     : code;
}
