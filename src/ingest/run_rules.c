/* The table. A row names a phase, an event and what follows; a condition picks between rows of the
 * same pair. Pairs without a row: from STOPPING on they are late news and are ignored; in any
 * earlier phase they cannot happen, and say so. */
#include "ingest/run_rules.h"

#include <stddef.h>

#include "base/mem.h"

enum condition {
    ALWAYS,
    DRY_RUN,
    ALL_THERE,
    NEEDS_CLAIM,
    RELIST,
    LISTED_BEFORE,
    WRONG_BUCKET,
    VISIT,
    CHECK_FIRST,
    REFUSED,
    MAY_WAIT
};

struct row {
    enum acc_phase phase;
    enum acc_run_event event;
    enum condition when;
    struct acc_run_rule rule;
};

#define ROW(phase, event, when, next, action)                                                      \
    {                                                                                              \
        ACC_PHASE_##phase, ACC_RUN_ON_##event, when,                                               \
        {                                                                                          \
            ACC_PHASE_##next, ACC_RUN_DO_##action                                                  \
        }                                                                                          \
    }

/* What may end any phase that has something in progress. */
#define TROUBLE(phase)                                                                             \
    ROW(phase, HALT, ALWAYS, STOPPING, HALT), ROW(phase, INTERRUPT, ALWAYS, STOPPING, QUIT),       \
        ROW(phase, FAIL, ALWAYS, STOPPING, GIVE_UP)

/* clang-format off */
static const struct row rows[] = {
    ROW(PLANNING, PLANNED, ALWAYS, LISTING, LIST),
    TROUBLE(PLANNING),

    ROW(LISTING, LISTED, ALL_THERE, CHECKING, CHECK),
    ROW(LISTING, LISTED, VISIT, VISITING, VISIT),
    ROW(LISTING, LISTED, CHECK_FIRST, COMPARING, COMPARE),
    ROW(LISTING, LISTED, ALWAYS, PROBING, PROBE),
    TROUBLE(LISTING),

    ROW(VISITING, VISITED, REFUSED, RELEASING, RELEASE),
    ROW(VISITING, VISITED, CHECK_FIRST, COMPARING, COMPARE),
    ROW(VISITING, VISITED, ALWAYS, PROBING, PROBE),
    TROUBLE(VISITING),

    ROW(COMPARING, COMPARED, REFUSED, RELEASING, RELEASE),
    ROW(COMPARING, COMPARED, ALWAYS, PROBING, PROBE),
    TROUBLE(COMPARING),

    ROW(PROBING, PROBED, DRY_RUN, REHEARSING, REHEARSE),
    ROW(PROBING, PROBED, NEEDS_CLAIM, CLAIMING, CLAIM),
    ROW(PROBING, PROBED, ALWAYS, WORKING, WORK),
    TROUBLE(PROBING),

    ROW(CLAIMING, CLAIMED, RELIST, RELISTING, LIST),
    ROW(CLAIMING, CLAIMED, ALWAYS, WORKING, WORK),
    TROUBLE(CLAIMING),

    ROW(RELISTING, LISTED, ALWAYS, WORKING, WORK),
    TROUBLE(RELISTING),

    ROW(WORKING, SENT, ALWAYS, CHECKING, CHECK),
    ROW(WORKING, DENIED, ALWAYS, DOUBTING, PROBE_AGAIN),
    TROUBLE(WORKING),

    ROW(DOUBTING, PROBED, ALWAYS, WORKING, GIVE_VERDICT),
    ROW(DOUBTING, DENIED, ALWAYS, DOUBTING, NOTHING), /* the verdict will be this one's too */
    ROW(DOUBTING, SENT, ALWAYS, DOUBTING, NOTHING), /* found again after the verdict */
    TROUBLE(DOUBTING),

    ROW(CHECKING, CHECKED, ALWAYS, RELEASING, RELEASE),
    ROW(CHECKING, FAIL, ALWAYS, CHECKING, NOTHING), /* what was sent is looked at all the same */
    TROUBLE(CHECKING),

    ROW(REHEARSING, REHEARSED, ALWAYS, RELEASING, RELEASE),
    TROUBLE(REHEARSING),

    ROW(STOPPING, IDLE, WRONG_BUCKET, ADVISING, ADVISE),
    ROW(STOPPING, IDLE, ALWAYS, RELEASING, RELEASE),
    ROW(STOPPING, INTERRUPT, ALWAYS, STOPPING, QUIT),
    ROW(STOPPING, FAIL, ALWAYS, STOPPING, GIVE_UP),
    ROW(STOPPING, GRACE, ALWAYS, STOPPING, HURRY),

    ROW(ADVISING, ADVISED, ALWAYS, RELEASING, RELEASE),
    ROW(ADVISING, INTERRUPT, ALWAYS, ADVISING, QUIT_ADVICE),

    ROW(RELEASING, RELEASED, MAY_WAIT, WAITING, WAIT),
    ROW(RELEASING, RELEASED, ALWAYS, OVER, END),
    ROW(RELEASING, INTERRUPT, MAY_WAIT, RELEASING, FORGET_WAIT),

    ROW(WAITING, AGAIN, LISTED_BEFORE, PROBING, PROBE),
    ROW(WAITING, AGAIN, ALWAYS, LISTING, LIST),
    ROW(WAITING, INTERRUPT, ALWAYS, RELEASING, LEAVE_WAIT),
};
/* clang-format on */

static bool holds(enum condition when, const struct acc_run_facts *facts)
{
    switch (when) {
    case DRY_RUN:
        return facts->dry_run;
    case ALL_THERE:
        return facts->all_there;
    case NEEDS_CLAIM:
        return facts->needs_claim;
    case RELIST:
        return facts->relist;
    case LISTED_BEFORE:
        return facts->listed;
    case WRONG_BUCKET:
        return facts->wrong_bucket;
    case VISIT:
        return facts->visit;
    case CHECK_FIRST:
        return facts->check_first;
    case REFUSED:
        return facts->refused;
    case MAY_WAIT:
        return facts->may_wait;
    case ALWAYS:
        break;
    }
    return true;
}

struct acc_run_rule acc_run_rule(enum acc_phase phase, enum acc_run_event event,
                                 const struct acc_run_facts *facts)
{
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++)
        if (rows[i].phase == phase && rows[i].event == event && holds(rows[i].when, facts))
            return rows[i].rule;
    return (struct acc_run_rule){phase,
                                 acc_phase_stops(phase) ? ACC_RUN_DO_NOTHING : ACC_RUN_DO_BUG};
}

bool acc_phase_stops(enum acc_phase phase)
{
    return phase >= ACC_PHASE_STOPPING;
}

const char *acc_phase_name(enum acc_phase phase)
{
    static const char *const names[] = {
#define X(name) #name,
        ACC_PHASES(X)
#undef X
    };
    return names[phase];
}

const char *acc_run_event_name(enum acc_run_event event)
{
    static const char *const names[] = {
#define X(name) #name,
        ACC_RUN_EVENTS(X)
#undef X
    };
    return names[event];
}
