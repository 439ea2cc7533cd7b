/* What is done once an arrival is judged: the ledger is told; its folder is moved or deleted. Jobs
 * on the pool, since a ledger may be locked by a run that reads a long manifest.
 *
 * A folder is moved or deleted only if it still is what was judged, file for file. Moving goes by
 * rename(2):
 *
 *     done/NAME/WHY.txt, receipt.json     written first
 *     done/NAME/NAME                      then the delivery itself
 *
 * Deleting first renames into .accession-deleting/, where no writer finds it by its name, and looks
 * again. Killed at any moment, acc_away_recover() puts back what was not yet given up, and ends
 * what was.
 */
#ifndef ACC_WATCH_AWAY_H
#define ACC_WATCH_AWAY_H

#include <stdatomic.h>

#include <accession/error.h>
#include "base/str.h"
#include "ledger/arrivals.h"
#include "loop/loop.h"
#include "watch/arrival/look.h"

enum acc_away_kind { ACC_AWAY_RECORD, ACC_AWAY_MOVE, ACC_AWAY_DELETE };
enum acc_away_result { ACC_AWAY_DONE, ACC_AWAY_DIFFERS, ACC_AWAY_FAILED };

struct acc_away {
    struct acc_job job;
    /* set by the user; strings live until done */
    enum acc_away_kind kind;
    struct acc_ledger *ledger;
    struct acc_arrival_row row; /* for RECORD what to write; else what is on record */
    const char *marker;         /* NAME of a marker beside the arrival, or NULL */
    struct acc_str why;         /* text of WHY.txt */
    struct acc_str receipt;     /* path of the receipt, "" for none */
    void (*on_done)(struct acc_away *away);
    void *arg;
    /* results */
    enum acc_away_result result;
    struct acc_error err;
    struct acc_str place; /* where it was moved to */
};

void acc_away_start(struct acc_loop *loop, struct acc_away *away);
void acc_away_release(struct acc_away *away);

/* At the start, before the first scan: deletions that a kill cut short. Waits for disk. */
enum acc_code acc_away_recover(struct acc_ledger *ledger, const char *folder,
                               const char *destination, struct acc_error *err);

#endif
