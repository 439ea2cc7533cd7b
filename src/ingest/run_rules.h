/* The life of a run, as a pure table: (phase, event, facts) -> (phase, action).
 *
 *   LISTING: VISITING and COMPARING (--check-first) may follow, and either may refuse the delivery.
 *
 *   PLANNING ──> LISTING ──> PROBING ──> CLAIMING ──> RELISTING ──> WORKING ──> CHECKING ──┐
 *                  ^  │         │ │ └───────┴──────────────────────>   ^ v                 │
 *                  │  │         │ └─> REHEARSING (dry run) ──┐      DOUBTING               │
 *                  │  └─────────│── all is there ────────────│─────────────> CHECKING      │
 *                  │            ^                            v                             │
 *                  └─again── WAITING <──(may wait)── RELEASING ──> OVER                    │
 *                                                        ^  ^──────────────────────────────┘
 *   Halt, interrupt or failure in any phase:  STOPPING ──┴─idle (after ADVISING, if the bucket
 *                                                        does not exist)
 *
 * STOPPING waits until nothing of the run is in progress ("idle"); what still comes in is then
 * ignored. RELEASING gives the claim back (bucket/claim.h): it is the only way to the end, and the
 * only way to waiting.
 */
#ifndef ACC_INGEST_RUN_RULES_H
#define ACC_INGEST_RUN_RULES_H

#include <stdbool.h>

#include "run/machine.h"

#define ACC_PHASES(X)                                                                              \
    X(PLANNING)   /* a job reads the manifests into the ledger */                                  \
    X(LISTING)    /* asking the bucket what exists */                                              \
    X(VISITING)   /* does the destination hold another delivery? */                                \
    X(COMPARING)  /* every file is compared before anything is sent */                             \
    X(PROBING)    /* does the destination take writes? */                                          \
    X(CLAIMING)   /* keeping other runs out */                                                     \
    X(RELISTING)  /* the claim is held: what exists may have changed while another run had it */   \
    X(WORKING)    /* archiving */                                                                  \
    X(DOUBTING)   /* a write was denied: all writes are held while a probe finds out why */        \
    X(CHECKING)   /* all is sent: lost uploads and versions are looked at */                       \
    X(REHEARSING) /* a dry run opens each file */                                                  \
    X(STOPPING)   /* what is in progress comes to its end */                                       \
    X(ADVISING)   /* the bucket does not exist: is there one of a similar name? */                 \
    X(RELEASING)  /* giving the claim back */                                                      \
    X(WAITING)    /* --on-halt wait: the bucket is asked again later */                            \
    X(OVER)       /* the loop stops */

#define ACC_RUN_EVENTS(X)                                                                          \
    X(PLANNED)   /* the entries are in the ledger */                                               \
    X(LISTED)    /* what exists is known, or cannot be known */                                    \
    X(VISITED)   /* it is known, or cannot be known, whose the destination is */                   \
    X(COMPARED)  /* every file was compared with its manifest */                                   \
    X(PROBED)    /* writes are accepted */                                                         \
    X(CLAIMED)   /* no other run writes here, as far as that can be had */                         \
    X(SENT)      /* every entry has its outcome */                                                 \
    X(CHECKED)   /* what was sent was looked at again */                                           \
    X(REHEARSED) /* every file was opened */                                                       \
    X(DENIED)    /* a write was denied */                                                          \
    X(HALT)      /* the destination does not take what is sent */                                  \
    X(INTERRUPT) /* a signal */                                                                    \
    X(FAIL)      /* this side is at fault: plan, ledger, a claim that was lost */                  \
    X(GRACE)     /* what is in progress has had its time */                                        \
    X(IDLE)      /* nothing is in progress */                                                      \
    X(ADVISED)   /* the account's buckets were listed, or could not be */                          \
    X(RELEASED)  /* no claim of this run is left, or it cannot be aborted */                       \
    X(AGAIN)     /* time to ask again */

enum acc_phase {
#define X(name) ACC_PHASE_##name,
    ACC_PHASES(X)
#undef X
        ACC_PHASE_COUNT
};

enum acc_run_event {
#define X(name) ACC_RUN_ON_##name,
    ACC_RUN_EVENTS(X)
#undef X
        ACC_RUN_EVENT_COUNT
};

enum acc_run_action {
    ACC_RUN_DO_NOTHING,
    ACC_RUN_DO_LIST,
    ACC_RUN_DO_VISIT,
    ACC_RUN_DO_COMPARE,
    ACC_RUN_DO_PROBE,
    ACC_RUN_DO_CLAIM,
    ACC_RUN_DO_WORK,
    ACC_RUN_DO_PROBE_AGAIN,  /* after a denial */
    ACC_RUN_DO_GIVE_VERDICT, /* the probe passed: the uploads that are held go on */
    ACC_RUN_DO_CHECK,
    ACC_RUN_DO_REHEARSE,
    ACC_RUN_DO_HALT,        /* park the uploads; a wait may follow */
    ACC_RUN_DO_QUIT,        /* interrupted: cancel what only looks, park the uploads */
    ACC_RUN_DO_GIVE_UP,     /* failed: likewise, with less time */
    ACC_RUN_DO_HURRY,       /* cancel what is still in progress */
    ACC_RUN_DO_ADVISE,      /* list the account's buckets */
    ACC_RUN_DO_QUIT_ADVICE, /* or rather not */
    ACC_RUN_DO_RELEASE,
    ACC_RUN_DO_WAIT,
    ACC_RUN_DO_FORGET_WAIT, /* interrupted before the wait: it will not begin */
    ACC_RUN_DO_LEAVE_WAIT,  /* interrupted in it: release; OVER follows */
    ACC_RUN_DO_END,
    ACC_RUN_DO_BUG, /* the pair cannot happen */
    ACC_RUN_ACTION_COUNT
};

/* Bools alone: a row names one by its place (base/transitions.h). */
struct acc_run_facts {
    bool dry_run;
    bool all_there;    /* nothing is left to send */
    bool needs_claim;  /* neither server nor versions keep two writers of one key apart */
    bool relist;       /* the claim is held, and what was listed before may be out of date */
    bool listed;       /* what exists was asked once */
    bool wrong_bucket; /* the halt says that the bucket does not exist */
    bool visit;        /* the destination may hold another delivery */
    bool check_first;  /* compare every file before anything is sent */
    bool refused;      /* nothing of the delivery may be sent */
    bool may_wait;     /* the halt is of a kind that can pass, and time is left */
};

extern const struct acc_machine_kind acc_run_machine;

struct acc_run_rule {
    enum acc_phase next;
    enum acc_run_action action;
};

struct acc_run_rule acc_run_rule(enum acc_phase phase, enum acc_run_event event,
                                 const struct acc_run_facts *facts);

/* STOPPING and all that follows: nothing is sent any more, unless a wait ends. */
bool acc_phase_stops(enum acc_phase phase);
const char *acc_phase_name(enum acc_phase phase);
const char *acc_run_event_name(enum acc_run_event event);

#endif
