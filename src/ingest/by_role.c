/* One cursor at a time. Fails as the ledger does, and is then to be closed. */
#include "ingest/by_role.h"

enum acc_code acc_by_role_next(struct acc_by_role *draw, struct acc_ledger *ledger, int64_t run,
                               struct acc_row *row, bool *more, struct acc_error *err)
{
    for (*more = false; draw->at < draw->count; draw->at++) {
        enum acc_code code = ACC_OK;
        if (draw->cursor == NULL)
            code = acc_ledger_draw_open(ledger, run, ACC_ENTRY_PENDING, draw->roles[draw->at], -1,
                                        INT64_MAX, &draw->cursor, err);
        if (code == ACC_OK)
            code = acc_ledger_next(draw->cursor, row, more, err);
        if (code != ACC_OK || *more)
            return code;
        acc_ledger_cursor_close(draw->cursor);
        draw->cursor = NULL;
    }
    return ACC_OK;
}

void acc_by_role_close(struct acc_by_role *draw)
{
    acc_ledger_cursor_close(draw->cursor);
    draw->cursor = NULL;
    draw->at = draw->count;
}
