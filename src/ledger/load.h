/* Inside src/ledger: a load in progress. load.c starts and ends it; load_new.c adds new paths;
 * load_known.c handles paths that the tables contain already. */
#ifndef ACC_LEDGER_LOAD_H
#define ACC_LEDGER_LOAD_H

#include "base/str.h"
#include "ledger/internal.h"
#include "ledger/load_new.h"

struct acc_ledger_load {
    struct acc_ledger *ledger;
    struct acc_sql *sql; /* the turn's */
    int64_t run;
    int64_t destination;
    bool merged;    /* several places name one path */
    bool known;     /* the tables had the last path; then they most likely have the next */
    bool has_nfc;   /* some path of the destination is not its own NFC form */
    int64_t origin; /* id of the last origin, or 0 */
    struct acc_str origin_name;
    struct acc_fresh fresh;   /* new entries that the tables do not have yet */
    uint64_t entries;         /* different paths so far */
    struct acc_error failure; /* the first */
};

/* Makes the entry one of this run, which shares the promise of run `promise`. */
enum acc_code acc_load_add_outcome(struct acc_ledger_load *load, int64_t entry, int64_t promise,
                                   int64_t found, struct acc_error *err);

/* Merges an entry if the tables know its path, else `*known` is false and nothing was done; `found`
 * as for acc_ledger_load_add(). */
enum acc_code acc_load_known(struct acc_ledger_load *load, const struct acc_entry *entry,
                             int64_t origin, int64_t found, bool *known, enum acc_taken *taken,
                             struct acc_error *err);

#endif
