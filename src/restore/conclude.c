/* Outcome, summary, receipt. ACC_OK only if the ledger has a proven outcome for every selected
 * entry, and what was written is durable. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"
#include "restore/run.h"
#include "run/ending.h"

static enum acc_code count_rows(struct acc_restore_run *run, uint64_t *proven)
{
    struct acc_ledger_cursor *rows;
    struct acc_row row;
    bool more = true;
    *proven = 0;
    enum acc_code code = acc_ledger_flush(run->ledger, &run->err);
    if (code == ACC_OK)
        code = acc_ledger_rows_open(run->ledger, run->id, &rows, &run->err);
    if (code != ACC_OK)
        return code;
    while ((code = acc_ledger_next(rows, &row, &more, &run->err)) == ACC_OK && more)
        *proven += acc_row_succeeded(&row) && acc_marks_of(&run->planning.selected, row.id) != 0;
    acc_ledger_cursor_close(rows);
    return code;
}

static enum acc_code outcome_of(struct acc_restore_run *run)
{
    char files[40];
    const struct acc_restore_summary *s = run->summary;
    uint64_t proven;
    if (run->err.code != ACC_OK)
        return run->err.code;
    if (run->interrupted)
        return acc_error_set(&run->err, ACC_INTERRUPTED,
                             "interrupted; run the same command again to continue");
    if (acc_target_sync(&run->target, &run->err) != ACC_OK)
        return run->err.code;
    if (s->cold > 0 && s->cold == s->failed + s->conflicts)
        return acc_error_set(
            &run->err, ACC_COLD,
            "%llu of %s in cold storage, not restored yet. Run the same command again "
            "when it can be read.",
            (unsigned long long)s->cold, acc_show_files(s->selected, files));
    if (s->dry_run && s->failed + s->conflicts == 0)
        return ACC_OK;
    if (s->failed + s->conflicts > 0)
        return acc_error_set(&run->err, run->first_failure, "%llu of %s %s not restored",
                             (unsigned long long)(s->failed + s->conflicts),
                             acc_show_files(s->selected, files),
                             s->failed + s->conflicts == 1 ? "was" : "were");
    if (count_rows(run, &proven) != ACC_OK)
        return run->err.code;
    if (s->selected == 0 || proven != s->selected)
        return acc_error_set(&run->err, ACC_INTERNAL,
                             "%llu files, but %llu proven outcomes; this is a bug. Run again.",
                             (unsigned long long)s->selected, (unsigned long long)proven);
    return ACC_OK;
}

static void fill_summary(struct acc_restore_run *run)
{
    struct acc_restore_summary *s = run->summary;
    memcpy(s->run, run->name, sizeof s->run);
    snprintf(s->ledger, sizeof s->ledger, "%s", run->place.path);
    snprintf(s->manifest, sizeof s->manifest, "%s", run->planning.plan.manifest);
    s->not_begun = s->selected - s->restored - s->already - s->failed - s->conflicts - s->would;
    s->bytes_read = run->env.reading.bytes_read;
    s->elapsed = acc_clock_now() - run->started;
    s->requests = acc_s3_stats(run->s3)->requests;
    s->write_requests = acc_s3_stats(run->s3)->write_requests;
    s->retries = acc_s3_stats(run->s3)->retries;
}

void acc_restore_conclude(struct acc_restore_run *run)
{
    struct acc_restore_summary *s = run->summary;
    fill_summary(run);
    s->outcome = outcome_of(run);
    struct acc_ending ending = {.ledger = run->ledger,
                                .run = run->id,
                                .name = run->name,
                                .leaves_receipt = s->selected > 0 && !s->dry_run,
                                .prefix = run->location.prefix,
                                .receipts = run->options->receipts,
                                .premis = run->options->premis,
                                .connection = &run->options->connection,
                                .receipt = s->receipt,
                                .receipt_size = sizeof s->receipt};
    json_t *json = json_pack(
        "{ss sI sI sI sI sI sI sI sI sI sI sI sI sI}", "outcome", acc_code_name(s->outcome),
        "files", (json_int_t)s->files, "selected", (json_int_t)s->selected, "restored",
        (json_int_t)s->restored, "already", (json_int_t)s->already, "failed", (json_int_t)s->failed,
        "conflicts", (json_int_t)s->conflicts, "not_begun", (json_int_t)s->not_begun, "bytes_read",
        (json_int_t)s->bytes_read, "elapsed_ms", (json_int_t)s->elapsed, "bags",
        (json_int_t)s->bags, "bags_valid", (json_int_t)s->bags_valid, "cold", (json_int_t)s->cold,
        "asked", (json_int_t)s->asked);
    s->outcome = acc_ending_record(&ending, s->outcome, json, &run->err);
}
