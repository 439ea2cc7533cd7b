/* The table. A row names a phase, an event and what follows; a condition picks between rows of the
 * same pair. Pairs without a row: from STOPPING on they are late news and are ignored; in any
 * earlier phase they cannot happen, and say so. */
#include "ingest/run_rules.h"

#include <assert.h>
#include <stddef.h>

#include "base/mem.h"

#define ROW(phase, event, fact, next, action)                                                      \
    {                                                                                              \
        ACC_PHASE_##phase, ACC_RUN_ON_##event, fact, ACC_PHASE_##next, ACC_RUN_DO_##action         \
    }
#define ALWAYS ACC_ALWAYS
#define IF(name) ACC_FACT(acc_run_facts, name)

/* What may end any phase that has something in progress. */
#define TROUBLE(phase)                                                                             \
    ROW(phase, HALT, ALWAYS, STOPPING, HALT), ROW(phase, INTERRUPT, ALWAYS, STOPPING, QUIT),       \
        ROW(phase, FAIL, ALWAYS, STOPPING, GIVE_UP)

/* clang-format off */
static const struct acc_transition rows[] = {
    ROW(PLANNING, PLANNED, ALWAYS, LISTING, LIST),
    TROUBLE(PLANNING),

    ROW(LISTING, LISTED, IF(all_there), CHECKING, CHECK),
    ROW(LISTING, LISTED, IF(visit), VISITING, VISIT),
    ROW(LISTING, LISTED, IF(check_first), COMPARING, COMPARE),
    ROW(LISTING, LISTED, ALWAYS, PROBING, PROBE),
    TROUBLE(LISTING),

    ROW(VISITING, VISITED, IF(refused), RELEASING, RELEASE),
    ROW(VISITING, VISITED, IF(check_first), COMPARING, COMPARE),
    ROW(VISITING, VISITED, ALWAYS, PROBING, PROBE),
    TROUBLE(VISITING),

    ROW(COMPARING, COMPARED, IF(refused), RELEASING, RELEASE),
    ROW(COMPARING, COMPARED, ALWAYS, PROBING, PROBE),
    TROUBLE(COMPARING),

    ROW(PROBING, PROBED, IF(dry_run), REHEARSING, REHEARSE),
    ROW(PROBING, PROBED, IF(needs_claim), CLAIMING, CLAIM),
    ROW(PROBING, PROBED, ALWAYS, WORKING, WORK),
    TROUBLE(PROBING),

    ROW(CLAIMING, CLAIMED, IF(relist), RELISTING, LIST),
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

    ROW(STOPPING, IDLE, IF(wrong_bucket), ADVISING, ADVISE),
    ROW(STOPPING, IDLE, ALWAYS, RELEASING, RELEASE),
    ROW(STOPPING, INTERRUPT, ALWAYS, STOPPING, QUIT),
    ROW(STOPPING, FAIL, ALWAYS, STOPPING, GIVE_UP),
    ROW(STOPPING, GRACE, ALWAYS, STOPPING, HURRY),

    ROW(ADVISING, ADVISED, ALWAYS, RELEASING, RELEASE),
    ROW(ADVISING, INTERRUPT, ALWAYS, ADVISING, QUIT_ADVICE),

    ROW(RELEASING, RELEASED, IF(may_wait), WAITING, WAIT),
    ROW(RELEASING, RELEASED, ALWAYS, OVER, END),
    ROW(RELEASING, INTERRUPT, IF(may_wait), RELEASING, FORGET_WAIT),

    ROW(WAITING, AGAIN, IF(listed), PROBING, PROBE),
    ROW(WAITING, AGAIN, ALWAYS, LISTING, LIST),
    ROW(WAITING, INTERRUPT, ALWAYS, RELEASING, LEAVE_WAIT),
};
/* clang-format on */

#define X(name) #name,
static const char *const phases[] = {ACC_PHASES(X)};
static const char *const events[] = {ACC_RUN_EVENTS(X)};
#undef X

static_assert(ACC_RUN_EVENT_COUNT <= ACC_MACHINE_EVENTS_MAX, "the machine's queue holds each once");

const struct acc_machine_kind acc_run_machine = {
    .name = "run",
    .table = {.rows = rows,
              .count = ACC_COUNT_OF(rows),
              .states = phases,
              .events = events,
              .late_from = ACC_PHASE_STOPPING,
              .nothing = ACC_RUN_DO_NOTHING,
              .bug = ACC_RUN_DO_BUG},
    .stopping = ACC_PHASE_STOPPING,
    .idle = ACC_RUN_ON_IDLE,
    .stops = ACC_BIT(ACC_RUN_ON_HALT) | ACC_BIT(ACC_RUN_ON_INTERRUPT) | ACC_BIT(ACC_RUN_ON_FAIL),
};

struct acc_run_rule acc_run_rule(enum acc_phase phase, enum acc_run_event event,
                                 const struct acc_run_facts *facts)
{
    struct acc_step step = acc_transitions_step(&acc_run_machine.table, phase, event, facts);
    return (struct acc_run_rule){(enum acc_phase)step.next, (enum acc_run_action)step.action};
}

bool acc_phase_stops(enum acc_phase phase)
{
    return phase >= ACC_PHASE_STOPPING;
}

const char *acc_phase_name(enum acc_phase phase)
{
    return phases[phase];
}

const char *acc_run_event_name(enum acc_run_event event)
{
    return events[event];
}
