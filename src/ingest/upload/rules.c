/* The table. A row names a state, an event and what follows; a condition picks between rows of the
 * same pair. Pairs without a row: in the three settling states and in HELD and the final ones they
 * are late news and are ignored; anywhere else they cannot happen, and say so. */
#include "ingest/upload/rules.h"

#include <stddef.h>

#include "base/mem.h"

enum condition { ALWAYS, HAS_UPLOAD, KEY_EXISTS, WAS_GATED };

struct row {
    enum acc_upload_state state;
    enum acc_upload_event event;
    enum condition when;
    struct acc_upload_rule rule;
};

#define ROW(state, event, when, next, action)                                                      \
    {                                                                                              \
        ACC_UPLOAD_##state, ACC_ON_##event, when,                                                  \
        {                                                                                          \
            ACC_UPLOAD_##next, ACC_DO_##action                                                     \
        }                                                                                          \
    }

/* What may go wrong in any state that has requests or reads in progress. */
#define TROUBLE(state)                                                                             \
    ROW(state, FILE_BAD, ALWAYS, ABORTING, QUIET),                                                 \
        ROW(state, REQUEST_BAD, ALWAYS, ABORTING, QUIET), ROW(state, DENIED, ALWAYS, HELD, HOLD),  \
        ROW(state, SERVER_LOST, ALWAYS, PARKING, LOSE), ROW(state, PARK, ALWAYS, PARKING, SETTLE)

/* clang-format off */
static const struct row rows[] = {
    ROW(PLANNED, START, HAS_UPLOAD, ADOPTING, ADOPT),
    ROW(PLANNED, START, KEY_EXISTS, PROVING, PROVE),
    ROW(PLANNED, START, ALWAYS, OPENING, OPEN),
    ROW(PLANNED, PARK, ALWAYS, PARKED, FINISH),

    ROW(ADOPTING, ADOPTED, ALWAYS, OPENING, OPEN),
    ROW(ADOPTING, ADOPT_GONE, WAS_GATED, PROVING, PROVE),
    ROW(ADOPTING, ADOPT_GONE, KEY_EXISTS, PROVING, PROVE),
    ROW(ADOPTING, ADOPT_GONE, ALWAYS, OPENING, FORGET_OPEN),
    TROUBLE(ADOPTING),

    ROW(OPENING, OPENED_WHOLE, ALWAYS, GATING, GATE),
    ROW(OPENING, OPENED_LARGE, HAS_UPLOAD, TRANSFERRING, TRANSFER),
    ROW(OPENING, OPENED_LARGE, ALWAYS, CREATING, CREATE),
    TROUBLE(OPENING),

    ROW(CREATING, CREATED, ALWAYS, TRANSFERRING, TRANSFER),
    TROUBLE(CREATING),

    ROW(TRANSFERRING, TRANSFERRED, ALWAYS, GATING, GATE),
    ROW(TRANSFERRING, RESTART, ALWAYS, RESTARTING, QUIET),
    TROUBLE(TRANSFERRING),

    ROW(GATING, GATE_OPEN, ALWAYS, COMPLETING, COMMIT),
    ROW(GATING, GATE_SHUT, ALWAYS, ABORTING, QUIET),
    ROW(GATING, SERVER_LOST, ALWAYS, PARKING, LOSE),
    ROW(GATING, PARK, ALWAYS, PARKING, SETTLE),

    ROW(COMPLETING, COMMITTED, ALWAYS, RECORDING, RECORD),
    ROW(COMPLETING, EXISTS, ALWAYS, PROVING, PROVE),
    ROW(COMPLETING, RESTART, ALWAYS, RESTARTING, QUIET),
    TROUBLE(COMPLETING),

    ROW(PROVING, PROVEN_SAME, ALWAYS, RECORDING, RECORD_ALREADY),
    ROW(PROVING, PROVEN_OTHER, ALWAYS, ABORTING, QUIET),
    ROW(PROVING, PROVEN_ABSENT, ALWAYS, RESTARTING, QUIET),
    TROUBLE(PROVING),

    ROW(RECORDING, RECORDED, ALWAYS, DONE, FINISH),
    ROW(RECORDING, SERVER_LOST, ALWAYS, PARKING, LOSE), /* the ledger is lost: it is there, but not on record */
    ROW(RECORDING, PARK, ALWAYS, RECORDING, HURRY),

    ROW(HELD, VERDICT_AGAIN, ALWAYS, RESTARTING, QUIET),
    ROW(HELD, VERDICT_KEY, ALWAYS, ABORTING, QUIET),
    ROW(HELD, PARK, ALWAYS, PARKING, SETTLE),
    ROW(HELD, COMMITTED, ALWAYS, RECORDING, RECORD),

    ROW(RESTARTING, IDLE, ALWAYS, PLANNED, BEGIN_AGAIN),
    ROW(RESTARTING, PARK, ALWAYS, PARKING, SETTLE),
    ROW(RESTARTING, COMMITTED, ALWAYS, RECORDING, RECORD),
    ROW(PLANNED, REQUEST_BAD, ALWAYS, ABORTING, QUIET), /* no tries left */

    ROW(ABORTING, IDLE, ALWAYS, ABORTING, ABORT),
    ROW(ABORTING, ABORTED, ALWAYS, FAILED, FINISH),
    ROW(ABORTING, PARK, ALWAYS, ABORTING, HURRY),
    ROW(ABORTING, COMMITTED, ALWAYS, RECORDING, RECORD),

    ROW(PARKING, IDLE, ALWAYS, PARKED, FINISH),
    ROW(PARKING, COMMITTED, ALWAYS, RECORDING, RECORD),
    ROW(PARKING, PROVEN_SAME, ALWAYS, RECORDING, RECORD_ALREADY),
    ROW(PARKING, PARK, ALWAYS, PARKING, QUIET), /* a second one: it has had its time */
};
/* clang-format on */

static bool holds(enum condition when, const struct acc_upload_facts *facts)
{
    switch (when) {
    case HAS_UPLOAD:
        return facts->has_upload;
    case KEY_EXISTS:
        return facts->key_exists;
    case WAS_GATED:
        return facts->gated;
    case ALWAYS:
        break;
    }
    return true;
}

static bool ignores_late_news(enum acc_upload_state state)
{
    return state == ACC_UPLOAD_HELD || state == ACC_UPLOAD_RESTARTING ||
           state == ACC_UPLOAD_ABORTING || state == ACC_UPLOAD_PARKING || acc_upload_is_over(state);
}

struct acc_upload_rule acc_upload_rule(enum acc_upload_state state, enum acc_upload_event event,
                                       const struct acc_upload_facts *facts)
{
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++)
        if (rows[i].state == state && rows[i].event == event && holds(rows[i].when, facts))
            return rows[i].rule;
    return (struct acc_upload_rule){state, ignores_late_news(state) ? ACC_DO_NOTHING : ACC_DO_BUG};
}

bool acc_upload_is_over(enum acc_upload_state state)
{
    return state == ACC_UPLOAD_DONE || state == ACC_UPLOAD_FAILED || state == ACC_UPLOAD_PARKED;
}

const char *acc_upload_state_name(enum acc_upload_state state)
{
    static const char *const names[] = {
#define X(name) #name,
        ACC_UPLOAD_STATES(X)
#undef X
    };
    return names[state];
}

const char *acc_upload_event_name(enum acc_upload_event event)
{
    static const char *const names[] = {
#define X(name) #name,
        ACC_UPLOAD_EVENTS(X)
#undef X
    };
    return names[event];
}
