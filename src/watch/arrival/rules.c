/* The table. Of several rows for one pair the first whose condition holds counts. News that comes
 * too late to matter (from a scan while work is in progress; any news once the arrival is gone) is
 * ignored; any other pair without a row cannot happen, and says so. */
#include "watch/arrival/rules.h"

#include <stddef.h>

#include "base/mem.h"

enum condition { ALWAYS, KEEPS, MOVES, DELETES, OLD_LOOK, CHECKS_FIRST };

struct row {
    enum acc_arrival_state state;
    enum acc_arrival_event event;
    enum condition when;
    struct acc_arrival_rule rule;
};

#define ROW(state, event, when, next, action)                                                      \
    {                                                                                              \
        ACC_ARRIVAL_##state, ACC_ARRIVAL_ON_##event, when,                                         \
        {                                                                                          \
            ACC_ARRIVAL_##next, ACC_ARRIVAL_DO_##action                                            \
        }                                                                                          \
    }

/* States in which a look may find anything, and every event from outside counts. */
#define OPEN_TO_LOOKS(state)                                                                       \
    ROW(state, LOOKED_UNREADY, ALWAYS, WAITING, WAIT),                                             \
        ROW(state, LOOKED_READY, ALWAYS, READY, QUEUE),                                            \
        ROW(state, LOOKED_ARCHIVED, KEEPS, KEPT, SETTLE),                                          \
        ROW(state, LOOKED_ARCHIVED, MOVES, MOVING, MOVE),                                          \
        ROW(state, LOOKED_ARCHIVED, DELETES, UNPROVEN, QUEUE),                                     \
        ROW(state, LOOKED_KEPT, MOVES, MOVING, MOVE),                                              \
        ROW(state, LOOKED_KEPT, ALWAYS, KEPT, SETTLE),                                             \
        ROW(state, LOOKED_REJECTED, MOVES, MOVING, MOVE),                                          \
        ROW(state, LOOKED_REJECTED, ALWAYS, REJECTED, SETTLE),                                     \
        ROW(state, LOOKED_UNFIT, ALWAYS, REFUSED, RECORD_REJECTED),                                \
        ROW(state, CHANGED, ALWAYS, SEEN, LOOK), ROW(state, VANISHED, ALWAYS, GONE, FORGET)

/* clang-format off */
static const struct row rows[] = {
    OPEN_TO_LOOKS(SEEN),
    OPEN_TO_LOOKS(WAITING),
    OPEN_TO_LOOKS(KEPT),
    OPEN_TO_LOOKS(REJECTED),

    ROW(READY, PLACE, OLD_LOOK, SEEN, LOOK),
    ROW(READY, PLACE, CHECKS_FIRST, CHECKING, CHECK),
    ROW(READY, PLACE, ALWAYS, RUNNING, RUN),
    ROW(READY, CHANGED, ALWAYS, SEEN, LOOK),
    ROW(READY, VANISHED, ALWAYS, GONE, FORGET),

    ROW(CHECKING, VERIFIED, ALWAYS, RUNNING, RUN),
    ROW(CHECKING, UNVERIFIED, ALWAYS, REFUSED, RECORD_REJECTED),
    ROW(CHECKING, ENDED_HALTED, ALWAYS, READY, HALT),
    ROW(CHECKING, ENDED_PARKED, ALWAYS, READY, QUEUE),
    ROW(CHECKING, ENDED_LATER, ALWAYS, WAITING, LATER),

    ROW(RUNNING, ENDED_ARCHIVED, ALWAYS, ARCHIVED, RECORD_ARCHIVED),
    ROW(RUNNING, ENDED_REJECTED, ALWAYS, REFUSED, RECORD_REJECTED),
    ROW(RUNNING, ENDED_HALTED, ALWAYS, READY, HALT),
    ROW(RUNNING, ENDED_PARKED, ALWAYS, READY, QUEUE),
    ROW(RUNNING, ENDED_LATER, ALWAYS, WAITING, LATER),

    ROW(ARCHIVED, REMEMBERED, KEEPS, KEPT, SETTLE),
    ROW(ARCHIVED, REMEMBERED, MOVES, MOVING, MOVE),
    ROW(ARCHIVED, REMEMBERED, DELETES, UNPROVEN, QUEUE),
    ROW(ARCHIVED, NOT_REMEMBERED, ALWAYS, WAITING, LATER), /* the next ingest finds all of it there */

    ROW(REFUSED, REMEMBERED, MOVES, MOVING, MOVE),
    ROW(REFUSED, REMEMBERED, ALWAYS, REJECTED, SETTLE),
    ROW(REFUSED, NOT_REMEMBERED, ALWAYS, WAITING, LATER),

    ROW(UNPROVEN, PLACE, ALWAYS, VERIFYING, VERIFY),
    ROW(UNPROVEN, CHANGED, ALWAYS, SEEN, LOOK),
    ROW(UNPROVEN, VANISHED, ALWAYS, GONE, FORGET),

    ROW(VERIFYING, VERIFIED, ALWAYS, DELETING, DELETE),
    ROW(VERIFYING, UNVERIFIED, ALWAYS, REFUSED, RECORD_REJECTED),
    ROW(VERIFYING, ENDED_HALTED, ALWAYS, UNPROVEN, HALT),
    ROW(VERIFYING, ENDED_PARKED, ALWAYS, UNPROVEN, QUEUE),
    ROW(VERIFYING, ENDED_LATER, ALWAYS, WAITING, LATER),

    ROW(MOVING, AWAY, ALWAYS, GONE, FORGET),
    ROW(MOVING, DIFFERS, ALWAYS, SEEN, LOOK),
    ROW(MOVING, NOT_AWAY, ALWAYS, WAITING, LATER),

    ROW(DELETING, AWAY, ALWAYS, GONE, FORGET),
    ROW(DELETING, DIFFERS, ALWAYS, SEEN, LOOK),
    ROW(DELETING, KEPT_BACK, ALWAYS, KEPT, SETTLE),
    ROW(DELETING, NOT_AWAY, ALWAYS, WAITING, LATER),
};
/* clang-format on */

static bool holds(enum condition when, const struct acc_arrival_facts *facts)
{
    switch (when) {
    case KEEPS:
        return facts->after == ACC_AFTER_KEEP;
    case MOVES:
        return facts->after == ACC_AFTER_MOVE;
    case DELETES:
        return facts->after == ACC_AFTER_DELETE;
    case OLD_LOOK:
        return facts->old_look;
    case CHECKS_FIRST:
        return facts->check_first;
    case ALWAYS:
        break;
    }
    return true;
}

/* A scan reports every folder in any state, and a look may end after the state has moved on. */
static bool may_come_late(enum acc_arrival_event event)
{
    return event == ACC_ARRIVAL_ON_CHANGED || event == ACC_ARRIVAL_ON_VANISHED ||
           event <= ACC_ARRIVAL_ON_LOOKED_UNFIT;
}

struct acc_arrival_rule acc_arrival_rule(enum acc_arrival_state state, enum acc_arrival_event event,
                                         const struct acc_arrival_facts *facts)
{
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++)
        if (rows[i].state == state && rows[i].event == event && holds(rows[i].when, facts))
            return rows[i].rule;
    bool late = state == ACC_ARRIVAL_GONE || may_come_late(event);
    return (struct acc_arrival_rule){state, late ? ACC_ARRIVAL_DO_NOTHING : ACC_ARRIVAL_DO_BUG};
}

bool acc_arrival_may_look(enum acc_arrival_state state)
{
    return state == ACC_ARRIVAL_SEEN || state == ACC_ARRIVAL_WAITING || state == ACC_ARRIVAL_KEPT ||
           state == ACC_ARRIVAL_REJECTED;
}

bool acc_arrival_is_queued(enum acc_arrival_state state)
{
    return state == ACC_ARRIVAL_READY || state == ACC_ARRIVAL_UNPROVEN;
}

const char *acc_arrival_state_name(enum acc_arrival_state state)
{
    static const char *const names[] = {
#define X(name, text) text,
        ACC_ARRIVAL_STATES(X)
#undef X
    };
    return names[state];
}

const char *acc_arrival_event_name(enum acc_arrival_event event)
{
    static const char *const names[] = {
#define X(name) #name,
        ACC_ARRIVAL_EVENTS(X)
#undef X
    };
    return names[event];
}
