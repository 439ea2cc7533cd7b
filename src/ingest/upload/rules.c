/* The table. A row names a state, an event and what follows; a condition picks between rows of the
 * same pair. Pairs without a row: in the three settling states and in HELD and the final ones they
 * are late news and are ignored; anywhere else they cannot happen, and say so. */
#include "ingest/upload/rules.h"

#include <stddef.h>

#include "base/mem.h"

#define ROW(state, event, fact, next, action)                                                      \
    {                                                                                              \
        ACC_UPLOAD_##state, ACC_ON_##event, fact, ACC_UPLOAD_##next, ACC_DO_##action               \
    }
#define ALWAYS ACC_ALWAYS
#define IF(name) ACC_FACT(acc_upload_facts, name)

/* What may go wrong in any state that has requests or reads in progress. */
#define TROUBLE(state)                                                                             \
    ROW(state, FILE_BAD, ALWAYS, ABORTING, QUIET),                                                 \
        ROW(state, REQUEST_BAD, ALWAYS, ABORTING, QUIET), ROW(state, DENIED, ALWAYS, HELD, HOLD),  \
        ROW(state, SERVER_LOST, ALWAYS, PARKING, LOSE), ROW(state, PARK, ALWAYS, PARKING, SETTLE)

/* clang-format off */
static const struct acc_transition rows[] = {
    ROW(PLANNED, START, IF(has_upload), ADOPTING, ADOPT),
    ROW(PLANNED, START, IF(key_exists), PROVING, PROVE),
    ROW(PLANNED, START, ALWAYS, OPENING, OPEN),
    ROW(PLANNED, PARK, ALWAYS, PARKED, FINISH),

    ROW(ADOPTING, ADOPTED, ALWAYS, OPENING, OPEN),
    ROW(ADOPTING, ADOPT_GONE, IF(gated), PROVING, PROVE),
    ROW(ADOPTING, ADOPT_GONE, IF(key_exists), PROVING, PROVE),
    ROW(ADOPTING, ADOPT_GONE, ALWAYS, OPENING, FORGET_OPEN),
    TROUBLE(ADOPTING),

    ROW(OPENING, OPENED_WHOLE, ALWAYS, GATING, GATE),
    ROW(OPENING, OPENED_LARGE, IF(has_upload), TRANSFERRING, TRANSFER),
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
    ROW(PARKING, PARK, IF(was_parked), PARKING, QUIET), /* a second one: it has had its time */
    ROW(PARKING, PARK, ALWAYS, PARKING, SETTLE), /* it was lost, and the run ends for that */
};
/* clang-format on */

#define X(name) #name,
static const char *const states[] = {ACC_UPLOAD_STATES(X)};
static const char *const events[] = {ACC_UPLOAD_EVENTS(X)};
#undef X

const struct acc_transitions acc_upload_rules = {.rows = rows,
                                                 .count = ACC_COUNT_OF(rows),
                                                 .states = states,
                                                 .events = events,
                                                 .late_from = ACC_UPLOAD_HELD,
                                                 .nothing = ACC_DO_NOTHING,
                                                 .bug = ACC_DO_BUG};

struct acc_upload_rule acc_upload_rule(enum acc_upload_state state, enum acc_upload_event event,
                                       const struct acc_upload_facts *facts)
{
    struct acc_step step = acc_transitions_step(&acc_upload_rules, state, event, facts);
    return (struct acc_upload_rule){(enum acc_upload_state)step.next,
                                    (enum acc_upload_action)step.action};
}

bool acc_upload_is_over(enum acc_upload_state state)
{
    return state == ACC_UPLOAD_DONE || state == ACC_UPLOAD_FAILED || state == ACC_UPLOAD_PARKED;
}

const char *acc_upload_state_name(enum acc_upload_state state)
{
    return states[state];
}

const char *acc_upload_event_name(enum acc_upload_event event)
{
    return events[event];
}
