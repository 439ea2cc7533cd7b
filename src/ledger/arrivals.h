/* The arrivals of a watched folder and their outcomes: one row for each name that ever arrived in a
 * drop folder for a destination. Rows are kept when the folder is gone; they are the record of
 * it. */
#ifndef ACC_LEDGER_ARRIVALS_H
#define ACC_LEDGER_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/ledger.h"

enum acc_arrival_mark {
    ACC_MARK_ARCHIVED = 1, /* archived, and still in the drop folder */
    ACC_MARK_REJECTED,     /* refused, and still there */
    ACC_MARK_DELETING,     /* archived and verified; its folder is being removed */
    ACC_MARK_LEFT,         /* archived or refused, then moved or deleted by the watcher */
    ACC_MARK_KEPT          /* archived and verified, but not deleted: some of it is not archived */
};

/* Strings are borrowed for the call that takes the row; those of a row that was found live until
 * the next call on the ledger. */
struct acc_arrival_row {
    const char *folder;      /* absolute path of the drop folder */
    const char *destination; /* URL that arrivals go below */
    const char *name;
    enum acc_arrival_mark mark;
    uint64_t content, touched; /* fingerprints of what was judged */
    enum acc_code code;        /* ACC_OK, or why it was refused */
    const char *run;           /* name of the last run, "" before the first */
    const char *reason;        /* "" when archived */
    const char *receipt;       /* path, or "" */
};

/* Any thread; waits for the turn, and so for a load of another process. */
enum acc_code acc_ledger_put_arrival(struct acc_ledger *ledger, const struct acc_arrival_row *row,
                                     struct acc_error *err);
/* The owner's thread. `row` is filled when `*found`. */
enum acc_code acc_ledger_find_arrival(struct acc_ledger *ledger, const char *folder,
                                      const char *destination, const char *name,
                                      struct acc_arrival_row *row, bool *found,
                                      struct acc_error *err);

#endif
