/* The life of one entry, as a pure table: (state, event, facts) -> (state, action).
 *
 *   PLANNED ─┬─> ADOPTING ─┬────────────────────────────> PROVING ──> RECORDING ──> DONE
 *            │             v                                ^             ^
 *            ├──────────> OPENING ─┬─> CREATING ─┐          │ exists      │ committed
 *            │                     ├─────────────┴> TRANSFERRING ─> GATING ─> COMPLETING
 *            │                     └──────────────────────────────────^
 *            └─> PROVING (the key exists already)
 *
 *   Anything refused:  HELD ──verdict──> RESTARTING ──idle──> OPENING / ADOPTING
 *                        └─────────────> ABORTING or PARKING
 *   Anything wrong:    ABORTING ──idle──> (abort the upload) ──> FAILED
 *   Halt, interrupt, server gone:  PARKING ──idle──> PARKED   (uploads are kept, to be resumed)
 *
 * ABORTING, PARKING and RESTARTING wait until nothing of the entry is in progress ("idle"); what
 * still comes in is then ignored, but for one thing: a commit that succeeded is always recorded.
 */
#ifndef ACC_INGEST_UPLOAD_RULES_H
#define ACC_INGEST_UPLOAD_RULES_H

#include <stdbool.h>

#include "base/transitions.h"

#define ACC_UPLOAD_STATES(X)                                                                       \
    X(PLANNED)      /* drawn from the ledger */                                                    \
    X(ADOPTING)     /* asking the server which parts of an earlier run's upload it holds */        \
    X(OPENING)      /* opening the file; a small one is read and hashed in the same job */         \
    X(CREATING)     /* CreateMultipartUpload is in progress */                                     \
    X(TRANSFERRING) /* reading, hashing and sending parts */                                       \
    X(GATING)       /* all bytes hashed: compare with the manifest */                              \
    X(COMPLETING)   /* the write that makes it visible is in progress */                           \
    X(PROVING)      /* the key exists: is its content what the manifest promises? */               \
    X(RECORDING)    /* in the bucket; waiting for the ledger to be durable */                      \
    X(HELD)         /* a request was denied; a probe decides what that means */                    \
    X(RESTARTING)   /* to be restarted, once idle */                                               \
    X(ABORTING)     /* to be refused, once idle; then the upload is aborted */                     \
    X(PARKING)      /* to be left as it is, once idle */                                           \
    X(DONE)         /* archived and durable */                                                     \
    X(FAILED)       /* refused; nothing of it is visible */                                        \
    X(PARKED)       /* unfinished; a later run continues from here */

#define ACC_UPLOAD_EVENTS(X)                                                                       \
    X(START)         /* the scheduler gave it a place */                                           \
    X(ADOPTED)       /* the upload is on the server; its parts are known */                        \
    X(ADOPT_GONE)    /* it is not */                                                               \
    X(OPENED_WHOLE)  /* the whole file is read and hashed */                                       \
    X(OPENED_LARGE)  /* the file is open */                                                        \
    X(FILE_BAD)      /* missing, changed, unreadable, too large… */                              \
    X(CREATED)       /* there is an upload id */                                                   \
    X(TRANSFERRED)   /* every part is on the server and every byte hashed */                       \
    X(GATE_OPEN)     /* digests agree */                                                           \
    X(GATE_SHUT)     /* they do not */                                                             \
    X(COMMITTED)     /* the server says it is visible */                                           \
    X(EXISTS)        /* the key exists with content of unknown origin */                           \
    X(RESTART)       /* the upload is gone or unusable, or 409 */                                  \
    X(PROVEN_SAME)   /* what is there is what was promised */                                      \
    X(PROVEN_OTHER)  /* it is not */                                                               \
    X(PROVEN_ABSENT) /* there is nothing after all */                                              \
    X(RECORDED)      /* durable */                                                                 \
    X(DENIED)        /* 403 AccessDenied */                                                        \
    X(REQUEST_BAD)   /* the server refuses this request for good */                                \
    X(SERVER_LOST)   /* retries used up, or a halting error */                                     \
    X(VERDICT_AGAIN) /* the probe passes: try again */                                             \
    X(VERDICT_KEY)   /* the probe passes and it was denied again: this key alone */                \
    X(PARK)          /* the run halts or is interrupted */                                         \
    X(IDLE)          /* nothing of it is in progress */                                            \
    X(ABORTED)       /* the abort was answered, one way or the other */

enum acc_upload_state {
#define X(name) ACC_UPLOAD_##name,
    ACC_UPLOAD_STATES(X)
#undef X
        ACC_UPLOAD_STATE_COUNT
};

enum acc_upload_event {
#define X(name) ACC_ON_##name,
    ACC_UPLOAD_EVENTS(X)
#undef X
        ACC_UPLOAD_EVENT_COUNT
};

enum acc_upload_action {
    ACC_DO_NOTHING,
    ACC_DO_ADOPT,
    ACC_DO_OPEN,
    ACC_DO_CREATE,
    ACC_DO_TRANSFER,
    ACC_DO_GATE,
    ACC_DO_COMMIT,
    ACC_DO_PROVE,
    ACC_DO_RECORD,         /* archived by this upload */
    ACC_DO_RECORD_ALREADY, /* proven to be there */
    ACC_DO_FORGET_OPEN,    /* the upload is gone: drop it from the ledger, then open the file */
    ACC_DO_HOLD,           /* ask for a verdict */
    ACC_DO_QUIET,          /* cancel what is in progress; IDLE follows */
    ACC_DO_LOSE,           /* report that server or ledger failed; then as SETTLE */
    ACC_DO_SETTLE,         /* start nothing more, let what is in progress end; IDLE follows */
    ACC_DO_ABORT,          /* abort the upload on the server, if there is one */
    ACC_DO_HURRY,          /* asked a second time: cancel that abort, too */
    ACC_DO_BEGIN_AGAIN,    /* from the top, if tries are left (else REQUEST_BAD follows) */
    ACC_DO_FINISH,         /* the end: report to the scheduler */
    ACC_DO_BUG,            /* the pair cannot happen */
    ACC_UPLOAD_ACTION_COUNT
};

/* Bools alone: a row names one by its place (base/transitions.h). */
struct acc_upload_facts {
    bool has_upload; /* the ledger knows an unfinished upload */
    bool key_exists; /* the key was seen in the bucket */
    bool gated;      /* that upload passed the gate in an earlier run */
    bool was_parked; /* PARK came before */
};

extern const struct acc_transitions acc_upload_rules;

struct acc_upload_rule {
    enum acc_upload_state next;
    enum acc_upload_action action;
};

struct acc_upload_rule acc_upload_rule(enum acc_upload_state state, enum acc_upload_event event,
                                       const struct acc_upload_facts *facts);

bool acc_upload_is_over(enum acc_upload_state state);
const char *acc_upload_state_name(enum acc_upload_state state);
const char *acc_upload_event_name(enum acc_upload_event event);

#endif
