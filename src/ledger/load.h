/* Inside src/ledger: a load in progress. load.c starts and ends it; load_new.c adds new paths;
 * load_known.c handles paths that the tables contain already. */
#ifndef ACC_LEDGER_LOAD_H
#define ACC_LEDGER_LOAD_H

#include "base/marks.h"
#include "base/str.h"
#include "ledger/internal.h"
#include "ledger/load_new.h"

struct acc_ledger_load {
    struct acc_ledger *ledger;
    struct acc_sql *sql; /* the turn's */
    int64_t run;
    int64_t destination;
    bool merged; /* several places name one path */
    bool known;  /* the tables had the last path; then they most likely have the next */
    struct acc_load_walk {
        sqlite3_stmt *stmt; /* stands at a row, or behind the last one; NULL: no walk */
        bool row;
        struct acc_str begin; /* what the statement is bound to */
    } walk;
    struct acc_marks named; /* the entries of this run */
    bool has_nfc;           /* some path of the destination is not its own NFC form */
    int64_t origin;         /* id of the last origin, or 0 */
    struct acc_str origin_name;
    struct acc_fresh fresh;   /* new entries that the tables do not have yet */
    uint64_t entries;         /* different paths so far */
    struct acc_error failure; /* the first */
};

/* Marks the entries that the tables say the run names. */
enum acc_code acc_load_mark(struct acc_ledger_load *load, struct acc_error *err);
/* The entry is named by this run from now on. */
static inline void acc_load_count(struct acc_ledger_load *load, int64_t entry)
{
    load->entries++;
    acc_marks_add(&load->named, entry, 1);
}
/* Before the transaction's end. */
void acc_load_walk_end(struct acc_ledger_load *load);

/* Merges an entry if the tables know its path, else `*known` is false and nothing was done; `found`
 * as for acc_ledger_load_add(). */
enum acc_code acc_load_known(struct acc_ledger_load *load, const struct acc_entry *entry,
                             int64_t origin, int64_t found, bool *known, enum acc_taken *taken,
                             struct acc_error *err);

#endif
