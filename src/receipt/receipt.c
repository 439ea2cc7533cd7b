/* The way to a receipt: look up the run, let the format write, flush. A stream that failed (a full
 * disk) is noticed at the end and named; a saved receipt is then not made at all. Rows are held one
 * at a time.
 */
#include "receipt/receipt.h"

#include "base/str.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "receipt/internal.h"

static const struct {
    const char *name;
    enum acc_code (*write)(struct acc_receipt *, struct acc_error *);
} formats[ACC_RECEIPT_FORMAT_COUNT] = {
    [ACC_RECEIPT_JSON] = {"json", acc_receipt_json},
    [ACC_RECEIPT_CSV] = {"csv", acc_receipt_csv},
    [ACC_RECEIPT_PREMIS] = {"premis", acc_receipt_premis},
    [ACC_RECEIPT_HTML] = {"html", acc_receipt_html},
    [ACC_RECEIPT_MANIFEST] = {"manifest", acc_receipt_manifest},
};

static const struct {
    const char *name;
    bool is_problem;
} outcomes[ACC_ROW_OUTCOME_COUNT] = {
    [ACC_ROW_ARCHIVED] = {"archived", false},    [ACC_ROW_ALREADY] = {"already", false},
    [ACC_ROW_FAILED] = {"failed", true},         [ACC_ROW_CONFLICT] = {"conflict", true},
    [ACC_ROW_PARKED] = {"parked", false},        [ACC_ROW_NOT_BEGUN] = {"not_begun", false},
    [ACC_ROW_UNCHANGED] = {"unchanged", false},  [ACC_ROW_DIFFERENT] = {"different", true},
    [ACC_ROW_UNREADABLE] = {"unreadable", true}, [ACC_ROW_NOT_CHECKED] = {"not_checked", false},
};

enum acc_receipt_format acc_receipt_format_parse(const char *name)
{
    enum acc_receipt_format format = 0;
    while (format < ACC_RECEIPT_FORMAT_COUNT && strcmp(name, formats[format].name) != 0)
        format++;
    return format;
}

const char *acc_receipt_format_name(enum acc_receipt_format format)
{
    return formats[format].name;
}

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

int64_t acc_receipt_size(const struct acc_receipt_row *seen)
{
    const struct acc_row *row = seen->row;
    return row->state == ACC_ENTRY_ARCHIVED ? row->archived.size : row->entry.size;
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

static enum acc_row_outcome archived_outcome(const struct acc_row *row)
{
    bool sent = row->fresh && strcmp(row->archived.proof, "sent") == 0;
    return sent ? ACC_ROW_ARCHIVED : ACC_ROW_ALREADY;
}

static enum acc_code outcome_of(struct acc_receipt *receipt, const struct acc_row *row,
                                enum acc_row_outcome *outcome, struct acc_error *err)
{
    static const enum acc_row_outcome states[] = {
        [ACC_ENTRY_FAILED] = ACC_ROW_FAILED, [ACC_ENTRY_CONFLICT] = ACC_ROW_CONFLICT};
    bool parked = false;
    enum acc_code code = ACC_OK;
    if (acc_receipt_verifies(receipt)) {
        *outcome = checked_outcome(row);
    } else if (row->state == ACC_ENTRY_ARCHIVED) {
        *outcome = archived_outcome(row);
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
    /* A reader that went away, a full disk: nothing more can be told, the caller will see it. */
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

enum acc_code acc_receipt_count(struct acc_receipt *receipt, struct acc_receipt_tally *tally,
                                struct acc_error *err)
{
    *tally = (struct acc_receipt_tally){0};
    return acc_receipt_rows(receipt, acc_receipt_count_row, tally, err);
}

enum acc_code acc_receipt_write(struct acc_ledger *ledger, int64_t run,
                                enum acc_receipt_format format, const char *prefix, FILE *out,
                                struct acc_error *err)
{
    struct acc_receipt receipt = {.ledger = ledger, .prefix = prefix, .out = out};
    enum acc_code code = acc_ledger_run_info(ledger, run, &receipt.run, err);
    if (code == ACC_OK)
        code = formats[format].write(&receipt, err);
    errno = 0; /* what a failed write said may be overwritten since; flushing says it again */
    if (code == ACC_OK && (fflush(out) != 0 || ferror(out)))
        code = acc_error_set(err, ACC_LOCAL,
                             "the receipt cannot be written%s%s. Make room, then write it with "
                             "accession report",
                             errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
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

enum acc_code acc_receipt_leave(struct acc_ledger *ledger, int64_t run, const char *name,
                                const char *prefix, const char *folder, char *written, size_t size,
                                struct acc_error *err)
{
    struct acc_str path = {0};
    if (folder != NULL) {
        acc_str_set(&path, folder);
    } else {
        acc_state_dir(&path);
        acc_str_add(&path, "/receipts");
    }
    enum acc_code code = acc_mkdirs(acc_str_cstr(&path), err);
    acc_str_addf(&path, "/%s.json", name);
    if (code == ACC_OK)
        code = acc_receipt_save(ledger, run, ACC_RECEIPT_JSON, prefix, acc_str_cstr(&path), err);
    if (code == ACC_OK)
        snprintf(written, size, "%s", acc_str_cstr(&path));
    acc_str_release(&path);
    return code;
}
