/* How an entry that is offered again changes: rules without any SQL.
 *
 *     known    what the tables say of the path
 *     offer    what a manifest of the present run says of it */
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

struct acc_known_entry {
    int64_t id;
    int64_t promise; /* the run whose row says what follows; 0: none */
    enum acc_role role;
    int64_t size; /* promised, or -1 */
    struct acc_digests promised;
    struct acc_place first;
    struct acc_place further[ACC_PLACES_MAX];
    size_t further_count;
    bool in_run; /* the present run has named the entry before */
};

/* Says that a place was the first to give the size. */
#define ACC_PROMISED_SIZE (INT64_C(1) << 31)

/* The bits of what an entry promises: digests, and ACC_PROMISED_SIZE. */
int64_t acc_entry_algs(const struct acc_entry *entry);
int64_t acc_known_algs(const struct acc_known_entry *known);

/* The first promise that the offer contradicts: an algorithm's bit, ACC_PROMISED_SIZE, or 0 if it
 * contradicts none. */
int64_t acc_merge_contradiction(const struct acc_known_entry *known, const struct acc_entry *offer);
/* The place of this run that promised `bit`. */
const struct acc_place *acc_merge_place(const struct acc_known_entry *known, int64_t bit);
/* Whether a manifest of this run with that origin has named the entry before. */
bool acc_merge_repeated(const struct acc_known_entry *known, int64_t origin);

/* Adds the offer's promises, which do not contradict. */
void acc_merge_promises(struct acc_known_entry *known, const struct acc_entry *offer);
/* Whether an earlier run was asked the very same: digests, size, place and role. */
bool acc_merge_same(const struct acc_known_entry *known, const struct acc_entry *offer,
                    int64_t origin);

#endif
