/* The way to a receipt: look up the run, let the format write, flush. A stream that failed (a full
 * disk) is noticed at the end and named; a saved receipt is then not made at all. Rows are held one
 * at a time.
 */
#include "receipt/receipt.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "receipt/internal.h"

static enum acc_code (*const formats[ACC_RECEIPT_FORMAT_COUNT])(struct acc_receipt *,
                                                                struct acc_error *) = {
    [ACC_RECEIPT_JSON] = acc_receipt_json,
};

static const char *const outcome_names[ACC_ROW_OUTCOME_COUNT] = {
    [ACC_ROW_ARCHIVED] = "archived", [ACC_ROW_ALREADY] = "already",
    [ACC_ROW_FAILED] = "failed",     [ACC_ROW_CONFLICT] = "conflict",
    [ACC_ROW_PARKED] = "parked",     [ACC_ROW_NOT_BEGUN] = "not_begun",
};

const char *acc_row_outcome_name(enum acc_row_outcome outcome)
{
    return outcome_names[outcome];
}

static enum acc_code outcome_of(struct acc_receipt *receipt, const struct acc_row *row,
                                enum acc_row_outcome *outcome, struct acc_error *err)
{
    bool parked = false;
    enum acc_code code = ACC_OK;
    switch (row->state) {
    case ACC_ENTRY_ARCHIVED:
        *outcome = row->fresh && strcmp(row->archived.proof, "sent") == 0 ? ACC_ROW_ARCHIVED
                                                                          : ACC_ROW_ALREADY;
        break;
    case ACC_ENTRY_FAILED:
        *outcome = ACC_ROW_FAILED;
        break;
    case ACC_ENTRY_CONFLICT:
        *outcome = ACC_ROW_CONFLICT;
        break;
    case ACC_ENTRY_PENDING:
        code = acc_ledger_was_parked(receipt->ledger, receipt->run.id, row->id, &parked, err);
        *outcome = parked ? ACC_ROW_PARKED : ACC_ROW_NOT_BEGUN;
        break;
    }
    return code;
}

enum acc_code acc_receipt_rows(struct acc_receipt *receipt,
                               void (*each)(void *arg, const struct acc_receipt_row *row),
                               void *arg, struct acc_error *err)
{
    struct acc_ledger_cursor *cursor;
    enum acc_code code = acc_ledger_rows_open(receipt->ledger, receipt->run.id, &cursor, err);
    if (code != ACC_OK)
        return code;
    for (;;) {
        struct acc_row row;
        bool more;
        code = acc_ledger_next(cursor, &row, &more, err);
        if (code != ACC_OK || !more)
            break;
        struct acc_receipt_row seen = {.row = &row};
        code = outcome_of(receipt, &row, &seen.outcome, err);
        if (code != ACC_OK)
            break;
        acc_str_set(&receipt->key, receipt->prefix);
        acc_str_add(&receipt->key, row.entry.path);
        seen.key = acc_str_cstr(&receipt->key);
        each(arg, &seen);
    }
    acc_ledger_cursor_close(cursor);
    return code;
}

static void count_row(void *arg, const struct acc_receipt_row *seen)
{
    struct acc_receipt_tally *tally = arg;
    const struct acc_row *row = seen->row;
    bool there = row->state == ACC_ENTRY_ARCHIVED;
    int64_t size = there ? row->archived.size : row->entry.size > 0 ? row->entry.size : 0;
    tally->entries++;
    tally->outcomes[seen->outcome]++;
    tally->bytes += size;
    if (seen->outcome == ACC_ROW_ARCHIVED)
        tally->bytes_archived += size;
    else if (there)
        tally->bytes_already += size;
}

enum acc_code acc_receipt_count(struct acc_receipt *receipt, struct acc_receipt_tally *tally,
                                struct acc_error *err)
{
    *tally = (struct acc_receipt_tally){0};
    return acc_receipt_rows(receipt, count_row, tally, err);
}

enum acc_code acc_receipt_write(struct acc_ledger *ledger, int64_t run,
                                enum acc_receipt_format format, const char *prefix, FILE *out,
                                struct acc_error *err)
{
    struct acc_receipt receipt = {.ledger = ledger, .prefix = prefix, .out = out};
    enum acc_code code = acc_ledger_run_info(ledger, run, &receipt.run, err);
    if (code == ACC_OK)
        code = formats[format](&receipt, err);
    if (code == ACC_OK && (fflush(out) != 0 || ferror(out)))
        code = acc_error_set(err, ACC_LOCAL,
                             "the receipt cannot be written: %s; make room and run "
                             "accession report",
                             strerror(errno));
    acc_str_release(&receipt.key);
    acc_run_info_release(&receipt.run);
    return code;
}

enum acc_code acc_receipt_save(struct acc_ledger *ledger, int64_t run,
                               enum acc_receipt_format format, const char *prefix, const char *path,
                               struct acc_error *err)
{
    struct acc_file_new file;
    enum acc_code code = acc_file_begin(&file, path, err);
    if (code != ACC_OK)
        return code;
    code = acc_receipt_write(ledger, run, format, prefix, file.stream, err);
    if (code == ACC_OK)
        return acc_file_commit(&file, err);
    acc_file_abandon(&file);
    acc_error_context(err, "%s", path);
    return code;
}
