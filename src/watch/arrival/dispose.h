/* The steps after an arrival is judged: its verdict is recorded in the ledger; its folder is moved
 * or deleted. Jobs on the pool, since a ledger may be locked by a run that reads a long manifest.
 *
 * A folder is moved or deleted only if it still is what was judged, file for file (move.h,
 * delete.h). After a kill at any moment, acc_dispose_recover() puts back every arrival whose
 * deletion was not committed, and completes the others. */
#ifndef ACC_WATCH_DISPOSE_H
#define ACC_WATCH_DISPOSE_H

#include <accession/error.h>
#include "base/str.h"
#include "ledger/arrivals.h"
#include "loop/loop.h"

enum acc_disposal_kind { ACC_DISPOSE_RECORD, ACC_DISPOSE_MOVE, ACC_DISPOSE_DELETE };
enum acc_disposal_result {
    ACC_DISPOSAL_DONE,
    ACC_DISPOSAL_DIFFERS, /* not what was judged: what is there is in the drop folder */
    ACC_DISPOSAL_KEPT,    /* not deleted, since some of it is not archived: recorded so */
    ACC_DISPOSAL_FAILED   /* to be tried again */
};

struct acc_disposal {
    struct acc_job job;
    /* set by the user; strings live until done */
    enum acc_disposal_kind kind;
    struct acc_ledger *ledger;
    struct acc_arrival_row row; /* for RECORD what to write; else what is on record */
    const char *marker;         /* NAME of a marker beside the arrival, or NULL */
    struct acc_str text;        /* of WHY.txt or RECEIPT.txt */
    void (*on_done)(struct acc_disposal *disposal);
    void *arg;
    /* results; row.mark is what the ledger has now */
    enum acc_disposal_result result;
    struct acc_error err;
    struct acc_str place; /* where it was moved to, or where what was left is */
};

void acc_dispose_start(struct acc_loop *loop, struct acc_disposal *disposal);
void acc_disposal_release(struct acc_disposal *disposal);

/* At the start, before the first scan: deletions that a kill cut short. Waits for disk. `say` is
 * called with a sentence for each arrival that is in the drop folder again. */
enum acc_code acc_dispose_recover(struct acc_ledger *ledger, const char *folder,
                                  const char *destination,
                                  void (*say)(void *arg, const char *sentence), void *arg,
                                  struct acc_error *err);

#endif
