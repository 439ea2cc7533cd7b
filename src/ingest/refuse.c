/* An entry that is refused without an upload: recorded, counted, reported. Nothing fails here. */
#include "base/mem.h"
#include "ingest/run.h"

static void count(struct acc_run *run, const struct acc_row *row, enum acc_code code)
{
    int64_t size = acc_row_size(row);
    run->counts.done++;
    run->counts.bytes_total -= size > 0 ? size : 0;
    if (run->counts.first_failure == ACC_OK)
        run->counts.first_failure = code;
    if (code != ACC_CONFLICT) {
        run->counts.failed++;
        return;
    }
    if (run->counts.conflicts++ == 0)
        acc_str_set(&run->visiting.conflict, row->entry.path);
    if (row->entry.role >= ACC_ROLE_MANIFEST && run->visiting.other.len == 0)
        acc_str_set(&run->visiting.other, row->entry.path);
}

void acc_run_refuse(struct acc_run *run, const struct acc_row *row, const struct acc_error *why,
                    const struct acc_hashing *hashed)
{
    bool conflict = why->code == ACC_CONFLICT;
    struct acc_row refused = *row;
    struct acc_record record = {.kind = conflict ? ACC_RECORD_CONFLICT : ACC_RECORD_FAILED,
                                .run = run->id,
                                .entry = row->id,
                                .code = why->code,
                                .reason = why->message};
    acc_ledger_post(run->ledger, &record);
    count(run, row, why->code);
    refused.reason_code = why->code;
    refused.reason = why->message;
    if (hashed != NULL)
        acc_run_report_compared(run, &refused, hashed);
    else
        acc_run_report_row(run, &refused, conflict ? ACC_OUTCOME_CONFLICT : ACC_OUTCOME_FAILED);
}
