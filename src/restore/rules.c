/* Looks a pair up in the table; rows with a condition come before the one without. A pair that is
 * not there cannot happen, and ends in BUG. Nothing fails. */
#include "restore/rules.h"

#include <stddef.h>

enum condition { ALWAYS, IF_SURVEYS, IF_DRY, IF_THAWS, IF_ASKS, IF_RESUMED, IF_BOUND, IF_REREAD };

static bool holds(enum condition condition, const struct acc_item_facts *facts)
{
    switch (condition) {
    case IF_SURVEYS:
        return facts->surveys;
    case IF_DRY:
        return facts->dry;
    case IF_THAWS:
        return facts->thaws;
    case IF_ASKS:
        return facts->asks;
    case IF_RESUMED:
        return facts->resumed;
    case IF_BOUND:
        return facts->bound;
    case IF_REREAD:
        return facts->rereads < ACC_ITEM_REREADS;
    default:
        return true;
    }
}

static const struct row {
    enum acc_item_state state;
    enum acc_item_event event;
    enum condition condition;
    enum acc_item_state next;
    enum acc_item_action action;
} rows[] = {
#define ROW(state, event, condition, next, action)                                                 \
    {                                                                                              \
        ACC_ITEM_##state, ACC_ITEM_ON_##event, condition, ACC_ITEM_##next, ACC_ITEM_DO_##action    \
    }
    ROW(LOOKING, FREE, IF_DRY, OVER, WOULD),
    ROW(LOOKING, FREE, IF_ASKS, ASKING, ASK),
    ROW(LOOKING, FREE, IF_SURVEYS, CHECKING, CHECK),
    ROW(LOOKING, FREE, ALWAYS, READING, READ),
    ROW(LOOKING, SAME, ALWAYS, OVER, ALREADY),
    ROW(LOOKING, OTHER, ALWAYS, OVER, CONFLICT),

    ROW(ASKING, KNOWN, IF_SURVEYS, CHECKING, CHECK),
    ROW(ASKING, KNOWN, ALWAYS, READING, READ),
    ROW(ASKING, MISSING, ALWAYS, OVER, FAIL),
    ROW(ASKING, UNREADABLE, ALWAYS, OVER, FAIL),

    /* What else is wrong, the reading says. */
    ROW(CHECKING, READABLE, IF_SURVEYS, OVER, READY),
    ROW(CHECKING, READABLE, ALWAYS, OVER, FAIL),
    ROW(CHECKING, MISSING, IF_SURVEYS, OVER, READY),
    ROW(CHECKING, MISSING, ALWAYS, OVER, FAIL),
    ROW(CHECKING, UNREADABLE, IF_SURVEYS, OVER, READY),
    ROW(CHECKING, UNREADABLE, ALWAYS, OVER, FAIL),
    ROW(CHECKING, COLD, IF_THAWS, THAWING, THAW),
    ROW(CHECKING, COLD, ALWAYS, OVER, FAIL),
    ROW(CHECKING, WAITS, ALWAYS, OVER, FAIL),

    ROW(THAWING, READABLE, IF_SURVEYS, OVER, READY),
    ROW(THAWING, READABLE, ALWAYS, OVER, FAIL),
    ROW(THAWING, ASKED, ALWAYS, OVER, FAIL),
    ROW(THAWING, WAITS, ALWAYS, OVER, FAIL),
    ROW(THAWING, MISSING, ALWAYS, OVER, FAIL),
    ROW(THAWING, UNREADABLE, ALWAYS, OVER, FAIL),

    ROW(READING, COLD, ALWAYS, CHECKING, CHECK),
    ROW(READING, PASSES, ALWAYS, NAMING, NAME),
    /* An earlier run's bytes may have suffered with this machine. */
    ROW(READING, DIFFERS, IF_RESUMED, READING, READ_ANEW),
    ROW(READING, DIFFERS, ALWAYS, OVER, FAIL),
    ROW(READING, CHANGED, IF_RESUMED, READING, READ_ANEW),
    /* What lies on top may hold the same content: sent again, in other parts. */
    ROW(READING, CHANGED, IF_REREAD, READING, READ_TOP),
    ROW(READING, CHANGED, ALWAYS, OVER, FAIL),
    ROW(READING, MISSING, IF_BOUND, READING, READ_TOP),
    ROW(READING, MISSING, ALWAYS, OVER, FAIL),
    ROW(READING, UNREADABLE, ALWAYS, OVER, FAIL),

    ROW(NAMING, NAMED, ALWAYS, OVER, RESTORED),
    ROW(NAMING, TAKEN, ALWAYS, LOOKING, LOOK),
    ROW(NAMING, OTHER, ALWAYS, OVER, CONFLICT),
#undef ROW
};

struct acc_item_rule acc_item_rule(enum acc_item_state state, enum acc_item_event event,
                                   const struct acc_item_facts *facts)
{
    if (state == ACC_ITEM_OVER)
        return (struct acc_item_rule){ACC_ITEM_OVER, ACC_ITEM_DO_BUG};
    if (event == ACC_ITEM_ON_CANCELLED)
        return (struct acc_item_rule){ACC_ITEM_OVER, ACC_ITEM_DO_CANCEL};
    if (event == ACC_ITEM_ON_LOST || event == ACC_ITEM_ON_LOCAL)
        return (struct acc_item_rule){ACC_ITEM_OVER, ACC_ITEM_DO_LOSE};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].state == state && rows[i].event == event && holds(rows[i].condition, facts))
            return (struct acc_item_rule){rows[i].next, rows[i].action};
    return (struct acc_item_rule){ACC_ITEM_OVER, ACC_ITEM_DO_BUG};
}

const char *acc_item_state_name(enum acc_item_state state)
{
    static const char *const names[] = {
#define X(name) #name,
        ACC_ITEM_STATES(X)
#undef X
    };
    return names[state];
}

const char *acc_item_event_name(enum acc_item_event event)
{
    static const char *const names[] = {
#define X(name) #name,
        ACC_ITEM_EVENTS(X)
#undef X
    };
    return names[event];
}
