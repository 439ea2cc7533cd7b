/* The pending entries of a run, role by role: each role's rows are drawn when the one before has no
 * more. What became of a row meanwhile is seen when its role is begun.
 *
 *     struct acc_by_role draw = {.roles = roles, .count = n};
 *     acc_by_role_next(...) until `*more` is false, or acc_by_role_close()
 *
 * Threads: the ledger's owner. */
#ifndef ACC_INGEST_BY_ROLE_H
#define ACC_INGEST_BY_ROLE_H

#include "ledger/ledger.h"

struct acc_by_role {
    const enum acc_role *roles; /* static */
    unsigned count, at;
    struct acc_ledger_cursor *cursor;
};

/* The row lives until the next call. */
enum acc_code acc_by_role_next(struct acc_by_role *draw, struct acc_ledger *ledger, int64_t run,
                               struct acc_row *row, bool *more, struct acc_error *err);
/* There are no more rows from here on. A zeroed one is fine. */
void acc_by_role_close(struct acc_by_role *draw);

#endif
