/* What becomes of an entry that is offered again: rules without any SQL.
 *
 *     known    what the tables say of the path
 *     offer    what a manifest of the present run says of it
 */
#ifndef ACC_LEDGER_MERGE_H
#define ACC_LEDGER_MERGE_H

#include "ledger/ledger.h"

/* One place that names an entry, and what it was the first to say about it. */
struct acc_place {
    int64_t origin;
    int64_t line;
    int64_t algs;
};

#define ACC_PLACES_MAX 64

struct acc_known {
    int64_t id;
    enum acc_role role;
    int64_t size;                /* promised by any run, or -1 */
    struct acc_digests promised; /* by any run */
    struct acc_place first;
    enum acc_entry_state state;
    int64_t archived; /* row of what was archived last, or 0 */
    /* Of that row. */
    struct acc_digests archived_digests;
    int64_t archived_size, archived_at;
    /* Of the present run, when it has named the entry before. */
    bool in_run;
    bool was_archived; /* when the run first named it */
    int64_t algs;      /* what its manifests promise so far */
    struct acc_place further[ACC_PLACES_MAX];
    size_t further_count;
};

/* The bits of what an entry promises: digests, and ACC_PROMISED_SIZE. */
int64_t acc_entry_algs(const struct acc_entry *entry);

/* The first promise of this run that the offer contradicts: an algorithm's bit, ACC_PROMISED_SIZE,
 * or 0 for none. */
int64_t acc_merge_contradiction(const struct acc_known *known, const struct acc_entry *offer);
/* The place of this run that promised `bit`. */
const struct acc_place *acc_merge_place(const struct acc_known *known, int64_t bit);
/* Whether a manifest of this run with that origin has named the entry before. */
bool acc_merge_repeated(const struct acc_known *known, int64_t origin);

/* Puts the offer's promises into `known`. True when a value that an earlier run relies on changed.
 */
bool acc_merge_promises(struct acc_known *known, const struct acc_entry *offer);

/* The state the entry has in this run, promises merged. */
enum acc_entry_state acc_merge_state(const struct acc_known *known);
/* The bit in which the promises differ from what was archived, or 0. */
int64_t acc_merge_difference(const struct acc_known *known);

#endif
