/* One pass over the run's rows; a mark for each entry that is due. Fails as the ledger does, and
 * ends early when the plan is stopped. */
#include "verify/select.h"

#include "verify/schedule.h"

enum { SELECTED = 1 };

static const char *levels_from(enum acc_level level)
{
    static const char *const sets[ACC_LEVEL_COUNT] = {[ACC_LEVEL_LISTED] = "listed stored read",
                                                      [ACC_LEVEL_STORED] = "stored read",
                                                      [ACC_LEVEL_READ] = "read"};
    return sets[level];
}

static enum acc_code is_due(struct acc_verify_run *run, const struct acc_row *row, bool *due,
                            struct acc_error *err)
{
    struct acc_good_check check;
    bool found = false;
    int64_t last = 0;
    enum acc_code code = ACC_OK;
    *due = true;
    if (run->options->older_than <= 0)
        return ACC_OK;
    code = acc_ledger_last_good(run->ledger, run->record.id, row->id, 0,
                                levels_from(run->options->level), &check, &found, err);
    /* A check from before the entry was archived again was of another object. */
    if (code == ACC_OK && found && (row->archived_run == 0 || check.at >= row->archived.at))
        last = check.at;
    if (row->archived_run != 0 && row->archived.proof == ACC_GROUNDS_READ &&
        row->archived.at > last)
        last = row->archived.at;
    *due = acc_schedule_due(run->options, last, run->record.at);
    return code;
}

enum acc_code acc_verify_select(struct acc_verify_run *run, struct acc_error *err)
{
    struct acc_row row;
    bool more = true, due;
    struct acc_ledger_cursor *rows;
    struct acc_verify_summary *s = run->summary;
    enum acc_code code = acc_ledger_rows_open(run->ledger, run->record.id, &rows, err);
    if (code != ACC_OK)
        return code;
    while (code == ACC_OK && !atomic_load(&run->planning.stop) &&
           (code = acc_ledger_next(rows, &row, &more, err)) == ACC_OK && more) {
        s->files++;
        if ((run->options->limit > 0 && s->selected >= run->options->limit) ||
            !acc_schedule_takes(run->options, row.entry.path))
            continue;
        code = is_due(run, &row, &due, err);
        s->recent += !due;
        if (code != ACC_OK || !due)
            continue;
        int64_t size = acc_rules_size(&row);
        acc_marks_add(&run->planning.selected, row.id, SELECTED);
        s->selected++;
        run->bytes_total += size > 0 ? size : 0;
    }
    acc_ledger_cursor_close(rows);
    return code;
}

bool acc_verify_is_selected(const struct acc_verify_run *run, int64_t entry)
{
    return acc_marks_of(&run->planning.selected, entry) == SELECTED;
}
