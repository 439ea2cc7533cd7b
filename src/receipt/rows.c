/* A run's rows, as every format reads them: the ledger's rows in turn, each with its outcome and
 * key, one in memory at a time. Stops at a ledger that cannot be read, and at a stream that failed,
 * which acc_receipt_write() reports. Always closes its cursor.
 */
#include "receipt/internal.h"

#include <string.h>

#include "base/path.h"
#include "base/str.h"

static const struct {
    const char *name;
    bool is_problem;
} outcomes[ACC_ROW_OUTCOME_COUNT] = {
    [ACC_ROW_ARCHIVED] = {"archived", false},    [ACC_ROW_ALREADY] = {"already", false},
    [ACC_ROW_FAILED] = {"failed", true},         [ACC_ROW_CONFLICT] = {"conflict", true},
    [ACC_ROW_PARKED] = {"parked", false},        [ACC_ROW_NOT_BEGUN] = {"not_begun", false},
    [ACC_ROW_UNCHANGED] = {"unchanged", false},  [ACC_ROW_DIFFERENT] = {"different", true},
    [ACC_ROW_UNREADABLE] = {"unreadable", true}, [ACC_ROW_NOT_CHECKED] = {"not_checked", false},
    [ACC_ROW_WITHHELD] = {"withheld", false},
};

const char *acc_row_outcome_name(enum acc_row_outcome outcome)
{
    return outcomes[outcome].name;
}

bool acc_row_is_problem(enum acc_row_outcome outcome)
{
    return outcomes[outcome].is_problem;
}

const char *acc_receipt_utf8(struct acc_str *scratch, const char *text)
{
    size_t len = strlen(text);
    if (acc_utf8_valid(text, len))
        return text;
    acc_str_clear(scratch);
    acc_path_show(scratch, text, len);
    return acc_str_cstr(scratch);
}

bool acc_receipt_verifies(const struct acc_receipt *receipt)
{
    return strcmp(receipt->run.kind, "verify") == 0;
}

bool acc_receipt_restores(const struct acc_receipt *receipt)
{
    return strcmp(receipt->run.kind, "restore") == 0;
}

bool acc_receipt_replicates(const struct acc_receipt *receipt)
{
    return strcmp(receipt->run.kind, "replicate") == 0;
}

bool acc_receipt_has_object(const struct acc_receipt_row *seen)
{
    return seen->row->archived_run != 0 && !seen->row->gone;
}

int64_t acc_receipt_size(const struct acc_receipt_row *seen)
{
    const struct acc_row *row = seen->row;
    return acc_receipt_has_object(seen) ? row->archived.size : acc_row_size(row);
}

int64_t acc_receipt_time(const struct acc_receipt_row *seen)
{
    const struct acc_row *row = seen->row;
    if (row->checked.level[0] != '\0')
        return row->checked.at;
    return row->fresh ? row->archived.at : 0;
}

static enum acc_row_outcome checked_outcome(const struct acc_row *row)
{
    if (row->checked.level[0] == '\0')
        return ACC_ROW_NOT_CHECKED;
    if (row->reason_code == ACC_OK)
        return ACC_ROW_UNCHANGED;
    return row->reason_code == ACC_DIFFERENCE ? ACC_ROW_DIFFERENT : ACC_ROW_UNREADABLE;
}

static enum acc_code outcome_of(struct acc_receipt *receipt, const struct acc_row *row,
                                enum acc_row_outcome *outcome, struct acc_error *err)
{
    static const enum acc_row_outcome states[] = {[ACC_ENTRY_ARCHIVED] = ACC_ROW_ARCHIVED,
                                                  [ACC_ENTRY_ALREADY] = ACC_ROW_ALREADY,
                                                  [ACC_ENTRY_FAILED] = ACC_ROW_FAILED,
                                                  [ACC_ENTRY_CONFLICT] = ACC_ROW_CONFLICT,
                                                  [ACC_ENTRY_WITHHELD] = ACC_ROW_WITHHELD};
    bool parked = false;
    enum acc_code code = ACC_OK;
    if (acc_receipt_verifies(receipt)) {
        *outcome = checked_outcome(row);
    } else if (row->state == ACC_ENTRY_PENDING) {
        code = acc_ledger_was_parked(receipt->ledger, receipt->run.id, row->id, &parked, err);
        *outcome = parked ? ACC_ROW_PARKED : ACC_ROW_NOT_BEGUN;
    } else {
        *outcome = states[row->state];
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
    /* The reader went away or the disk is full: writing more is useless, and the caller sees the
     * error. */
    while (!ferror(receipt->out)) {
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

void acc_receipt_count_row(void *arg, const struct acc_receipt_row *seen)
{
    struct acc_receipt_tally *tally = arg;
    int64_t size = acc_receipt_size(seen);
    tally->entries++;
    tally->outcomes[seen->outcome]++;
    tally->bytes += size > 0 ? size : 0;
    tally->bytes_of[seen->outcome] += size > 0 ? size : 0;
}

struct counting {
    struct acc_receipt *receipt;
    struct acc_receipt_tally *tally;
};

static enum acc_code count_brief(void *arg, const struct acc_row *row, struct acc_error *err)
{
    struct counting *counting = arg;
    struct acc_receipt_row seen = {.row = row};
    enum acc_code code = outcome_of(counting->receipt, row, &seen.outcome, err);
    if (code == ACC_OK)
        acc_receipt_count_row(counting->tally, &seen);
    return code;
}

enum acc_code acc_receipt_count(struct acc_receipt *receipt, struct acc_receipt_tally *tally,
                                struct acc_error *err)
{
    struct counting counting = {.receipt = receipt, .tally = tally};
    *tally = (struct acc_receipt_tally){0};
    return acc_ledger_each_brief(receipt->ledger, receipt->run.id, count_brief, &counting, err);
}

bool acc_receipt_undigested(const struct acc_receipt_row *seen)
{
    return seen->row->entry.promised.present == 0 &&
           (seen->outcome == ACC_ROW_ARCHIVED || seen->outcome == ACC_ROW_ALREADY);
}
