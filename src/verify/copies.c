/* When a verification has ended: how many copies there are of what it looked at, and how many of
 * them are verified, as the ledger knows them now. Of several bags below a URL they add up.
 *
 * Failure: a ledger that cannot be read leaves the counts at 0, which says nothing; whatever is
 * wrong with it, the verification has reported. */
#include "verify/run.h"

#include "base/clock.h"
#include "ledger/standing.h"

struct counting {
    const char *canonical;
    struct acc_verify_summary *summary;
};

static void count(void *arg, const struct acc_destination_info *info)
{
    const struct counting *counting = arg;
    if (info->copies < 2 || !acc_starts_with(info->canonical, counting->canonical))
        return;
    counting->summary->copies += info->copies;
    counting->summary->copies_verified += info->copies_verified;
}

void acc_verify_count_copies(const char *canonical, struct acc_verify_summary *summary)
{
    struct acc_ledger *ledger;
    struct counting counting = {canonical, summary};
    const struct acc_ledger_list list = {
        .due_before = acc_time_now() - ACC_VERIFY_DUE_DAYS * ACC_DAY_MS, .below = summary->url};
    if (summary->ledger[0] == '\0' ||
        acc_ledger_open_readonly(summary->ledger, &ledger, NULL) != ACC_OK)
        return;
    acc_ledger_destinations(ledger, &list, count, &counting, NULL);
    acc_ledger_close(ledger);
}
