/* The life of a verification, as a pure table: (phase, event, facts) -> (phase, action).
 *
 *   PLANNING ──> LISTING ──> CHECKING ──> OVER
 *      │ (local) └──────────────▲  │
 *      │  nothing selected ────────│────────────────────> OVER
 *      └── any phase, on interrupt, halt or failure ──> STOPPING ──idle──> OVER
 *
 * STOPPING waits until nothing of the run is in progress ("idle"); what still comes in is then
 * ignored.
 */
#ifndef ACC_VERIFY_RUN_RULES_H
#define ACC_VERIFY_RUN_RULES_H

#include <stdbool.h>

#include "run/machine.h"

#define ACC_VERIFY_PHASES(X)                                                                       \
    X(PLANNING) /* a job reads manifests into the ledger, or takes what it archived, and selects   \
                 */                                                                                \
    X(LISTING)  /* the prefix is listed and compared with the selection */                         \
    X(CHECKING) /* the selected entries are drawn in path order and checked */                     \
    X(STOPPING) /* what is in progress comes to its end */                                         \
    X(OVER)     /* the loop stops */

#define ACC_VERIFY_EVENTS(X)                                                                       \
    X(PLANNED)   /* the entries are in the ledger, and the due ones are selected */                \
    X(LISTED)    /* what exists is known, or cannot be known */                                    \
    X(CHECKED)   /* every selected entry was looked at */                                          \
    X(HALT)      /* the server, the credentials or this machine fail */                            \
    X(INTERRUPT) /* a signal */                                                                    \
    X(IDLE)      /* nothing is in progress */

enum acc_verify_phase {
#define X(name) ACC_VERIFY_##name,
    ACC_VERIFY_PHASES(X)
#undef X
        ACC_VERIFY_PHASE_COUNT
};

enum acc_verify_event {
#define X(name) ACC_VERIFY_ON_##name,
    ACC_VERIFY_EVENTS(X)
#undef X
        ACC_VERIFY_EVENT_COUNT
};

enum acc_verify_action {
    ACC_VERIFY_DO_NOTHING,
    ACC_VERIFY_DO_LIST,
    ACC_VERIFY_DO_CHECK,
    ACC_VERIFY_DO_STOP, /* cancel what is in progress */
    ACC_VERIFY_DO_END,
    ACC_VERIFY_DO_BUG, /* the pair cannot happen */
    ACC_VERIFY_ACTION_COUNT
};

/* Bools alone: a row names one by its place (base/transitions.h). */
struct acc_verify_run_facts {
    bool nothing_selected;
    bool local; /* no bucket: there is nothing to list */
};

extern const struct acc_machine_kind acc_verify_machine;

#endif
