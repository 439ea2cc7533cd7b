/* Pure rules; see ledger.h, acc_ledger_load_add(), for what they are for.
 *
 * Within a run promises must agree. Across runs they may not: a manifest can be corrected, so a new
 * run's values replace older ones, and only what was archived is a fact to compare with.
 */
#include "ledger/merge.h"

#include "ledger/row.h"
#include "ledger/schema.h"

int64_t acc_entry_algs(const struct acc_entry *entry)
{
    return (int64_t)entry->promised.present | (entry->size >= 0 ? ACC_PROMISED_SIZE : 0);
}

static int64_t first_difference(const struct acc_digests *a, const struct acc_digests *b,
                                unsigned *shared)
{
    enum acc_alg alg = acc_digests_differ(a, b, shared);
    return alg == ACC_ALG_COUNT ? 0 : INT64_C(1) << alg;
}

int64_t acc_merge_contradiction(const struct acc_known *known, const struct acc_entry *offer)
{
    struct acc_digests promised = known->promised;
    unsigned shared;
    acc_digests_restrict(&promised, known->algs);
    int64_t bit = first_difference(&promised, &offer->promised, &shared);
    if (bit == 0 && (known->algs & ACC_PROMISED_SIZE) && offer->size >= 0 &&
        known->size != offer->size)
        bit = ACC_PROMISED_SIZE;
    return bit;
}

const struct acc_place *acc_merge_place(const struct acc_known *known, int64_t bit)
{
    for (size_t i = 0; i < known->further_count; i++)
        if (known->further[i].algs & bit)
            return &known->further[i];
    return &known->first;
}

bool acc_merge_repeated(const struct acc_known *known, int64_t origin)
{
    for (size_t i = 0; i < known->further_count; i++)
        if (known->further[i].origin == origin)
            return true;
    return known->first.origin == origin;
}

bool acc_merge_promises(struct acc_known *known, const struct acc_entry *offer)
{
    unsigned shared;
    bool size_changes = offer->size >= 0 && known->size >= 0 && known->size != offer->size;
    bool replaced =
        size_changes || first_difference(&known->promised, &offer->promised, &shared) != 0;
    struct acc_digests merged = offer->promised;
    acc_digests_merge(&merged, &known->promised);
    known->promised = merged;
    if (offer->size >= 0)
        known->size = offer->size;
    known->algs |= acc_entry_algs(offer);
    return replaced;
}

int64_t acc_merge_difference(const struct acc_known *known)
{
    struct acc_digests promised = known->promised;
    unsigned shared;
    acc_digests_restrict(&promised, known->algs);
    int64_t bit = first_difference(&promised, &known->archived_digests, &shared);
    if (bit == 0 && (known->algs & ACC_PROMISED_SIZE) && known->size != known->archived_size)
        bit = ACC_PROMISED_SIZE;
    return bit;
}

enum acc_entry_state acc_merge_state(const struct acc_known *known)
{
    if (!known->was_archived)
        return ACC_ENTRY_PENDING;
    if (acc_merge_difference(known) != 0)
        return ACC_ENTRY_CONFLICT;
    /* Nothing in common is nothing compared, which is not agreement. */
    struct acc_digests promised = known->promised;
    unsigned shared;
    acc_digests_restrict(&promised, known->algs);
    acc_digests_differ(&promised, &known->archived_digests, &shared);
    return shared > 0 ? ACC_ENTRY_ARCHIVED : ACC_ENTRY_PENDING;
}
