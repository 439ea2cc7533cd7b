/* The table. From STOPPING on, pairs without a row are late news and are ignored; in any earlier
 * phase they cannot happen, and say so. */
#include "verify/run_rules.h"

#include "base/mem.h"

#define ROW(phase, event, fact, next, action)                                                      \
    {                                                                                              \
        ACC_VERIFY_##phase, ACC_VERIFY_ON_##event, fact, ACC_VERIFY_##next, ACC_VERIFY_DO_##action \
    }
#define IF(name) ACC_FACT(acc_verify_run_facts, name)

/* What may end any phase that has something in progress. */
#define TROUBLE(phase)                                                                             \
    ROW(phase, HALT, ACC_ALWAYS, STOPPING, STOP), ROW(phase, INTERRUPT, ACC_ALWAYS, STOPPING, STOP)

/* clang-format off */
static const struct acc_transition rows[] = {
    ROW(PLANNING, PLANNED, IF(nothing_selected), OVER, END),
    ROW(PLANNING, PLANNED, IF(local), CHECKING, CHECK),
    ROW(PLANNING, PLANNED, ACC_ALWAYS, LISTING, LIST),
    TROUBLE(PLANNING),

    ROW(LISTING, LISTED, ACC_ALWAYS, CHECKING, CHECK),
    TROUBLE(LISTING),

    ROW(CHECKING, CHECKED, ACC_ALWAYS, OVER, END),
    TROUBLE(CHECKING),

    ROW(STOPPING, IDLE, ACC_ALWAYS, OVER, END),
    ROW(STOPPING, INTERRUPT, ACC_ALWAYS, STOPPING, STOP),
};
/* clang-format on */

#define X(name) #name,
static const char *const phases[] = {ACC_VERIFY_PHASES(X)};
static const char *const events[] = {ACC_VERIFY_EVENTS(X)};
#undef X

const struct acc_machine_kind acc_verify_machine = {
    .name = "verify",
    .table = {.rows = rows,
              .count = ACC_COUNT_OF(rows),
              .states = phases,
              .events = events,
              .late_from = ACC_VERIFY_STOPPING,
              .nothing = ACC_VERIFY_DO_NOTHING,
              .bug = ACC_VERIFY_DO_BUG},
    .stopping = ACC_VERIFY_STOPPING,
    .idle = ACC_VERIFY_ON_IDLE,
    .stops = ACC_BIT(ACC_VERIFY_ON_HALT) | ACC_BIT(ACC_VERIFY_ON_INTERRUPT),
};
