/* Pure rules; see ledger.h, acc_ledger_load_add(), for what they are for. Within a run promises
 * must agree. Across runs they may not: a manifest can be corrected. */
#include "ledger/merge.h"

int64_t acc_entry_algs(const struct acc_entry *entry)
{
    return (int64_t)entry->promised.present | (entry->size >= 0 ? ACC_PROMISED_SIZE : 0);
}

int64_t acc_known_algs(const struct acc_known_entry *known)
{
    return (int64_t)known->promised.present | (known->size >= 0 ? ACC_PROMISED_SIZE : 0);
}

int64_t acc_merge_contradiction(const struct acc_known_entry *known, const struct acc_entry *offer)
{
    unsigned shared;
    enum acc_alg alg = acc_digests_differ(&known->promised, &offer->promised, &shared);
    if (alg != ACC_ALG_COUNT)
        return INT64_C(1) << alg;
    return known->size >= 0 && offer->size >= 0 && known->size != offer->size ? ACC_PROMISED_SIZE
                                                                              : 0;
}

const struct acc_place *acc_merge_place(const struct acc_known_entry *known, int64_t bit)
{
    for (size_t i = 0; i < known->further_count; i++)
        if (known->further[i].algs & bit)
            return &known->further[i];
    return &known->first;
}

bool acc_merge_repeated(const struct acc_known_entry *known, int64_t origin)
{
    for (size_t i = 0; i < known->further_count; i++)
        if (known->further[i].origin == origin)
            return true;
    return known->first.origin == origin;
}

void acc_merge_promises(struct acc_known_entry *known, const struct acc_entry *offer)
{
    acc_digests_merge(&known->promised, &offer->promised);
    if (known->size < 0)
        known->size = offer->size;
}

bool acc_merge_same(const struct acc_known_entry *known, const struct acc_entry *offer,
                    int64_t origin)
{
    unsigned shared;
    return known->promise != 0 && known->further_count == 0 &&
           known->promised.present == offer->promised.present &&
           acc_digests_differ(&known->promised, &offer->promised, &shared) == ACC_ALG_COUNT &&
           known->size == offer->size && known->role == offer->role &&
           known->first.origin == origin && known->first.line == (int64_t)offer->line;
}
