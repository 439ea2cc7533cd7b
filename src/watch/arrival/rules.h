/* The life of one arrival, as a pure table: (state, event, facts) -> (state, action).
 *
 *              ┌── changed, or not yet complete ──┐
 *              v                                  │
 *   SEEN ──> WAITING ──complete──> READY ──place──> RUNNING ─┬─> REFUSED ──> REJECTED
 *    ^                              ^  ^              │      │      └─move─> MOVING ──> GONE
 *    │                              │  └─ halted, parked     │
 *    │                              └─ not remembered        │
 *    │                                                       └─> ARCHIVED ─keep──> KEPT
 *    │                                                             │  └─move──> MOVING ──> GONE
 *    │                                                             └─delete
 *    │                                                                v
 *    └─ changed: KEPT, REJECTED, READY, and                        UNPROVEN ─place─> VERIFYING
 *       MOVING or DELETING when the folder is not what was archived   ^── halted ──────┘  │
 *                                                                        GONE <── DELETING
 *
 * With check_first READY leads to CHECKING, and that to RUNNING or REFUSED.
 *
 * ARCHIVED and REFUSED wait until the ledger has it durably: nothing is said, moved or deleted
 * before. After a restart every folder is SEEN; what the ledger remembers of it then decides.
 */
#ifndef ACC_WATCH_ARRIVAL_RULES_H
#define ACC_WATCH_ARRIVAL_RULES_H

#include <stdbool.h>

#include <accession/watch.h>

#define ACC_ARRIVAL_STATES(X)                                                                      \
    X(SEEN, "seen")           /* in the folder; not looked at since it came or changed */          \
    X(WAITING, "waiting")     /* not complete, or to be tried again later */                       \
    X(READY, "ready")         /* complete; waits for a place */                                    \
    X(CHECKING, "checking")   /* every file is compared here before anything is sent */            \
    X(RUNNING, "running")     /* its ingest is at work */                                          \
    X(ARCHIVED, "archived")   /* archived; the ledger is being updated */                          \
    X(REFUSED, "refused")     /* refused; the ledger is being updated */                           \
    X(UNPROVEN, "unproven")   /* archived; its verification waits for a place */                   \
    X(VERIFYING, "verifying") /* every byte is read back */                                        \
    X(MOVING, "moving")       /* to done/ or rejected/ */                                          \
    X(DELETING, "deleting")   /* verified; being removed */                                        \
    X(KEPT, "kept")           /* archived and left where it is */                                  \
    X(REJECTED, "rejected")   /* refused and left where it is */                                   \
    X(GONE, "gone")           /* moved, deleted, or taken away by a user */

#define ACC_ARRIVAL_EVENTS(X)                                                                      \
    X(LOOKED_UNREADY)  /* something is missing or still moving */                                  \
    X(LOOKED_READY)    /* complete */                                                              \
    X(LOOKED_ARCHIVED) /* just as it was when it was archived */                                   \
    X(LOOKED_REJECTED) /* just as it was when it was refused */                                    \
    X(LOOKED_KEPT)     /* just as it was when it was archived but not deleted */                   \
    X(LOOKED_UNFIT)    /* its name can be no key */                                                \
    X(CHANGED)         /* a scan found its folder changed */                                       \
    X(VANISHED)        /* it is no longer in the drop folder */                                    \
    X(PLACE)           /* it may run now */                                                        \
    X(ENDED_ARCHIVED)  /* the ingest archived all of it */                                         \
    X(ENDED_REJECTED)  /* the ingest refused some of it, or its manifest */                        \
    X(ENDED_HALTED)    /* destination, credentials, server or this machine: not the arrival */     \
    X(ENDED_PARKED)    /* interrupted by us */                                                     \
    X(ENDED_LATER)     /* another run is at work there, or accession failed: try again */          \
    X(REMEMBERED)      /* durable in the ledger */                                                 \
    X(NOT_REMEMBERED)  /* the ledger failed */                                                     \
    X(VERIFIED)        /* every byte (here or in the bucket) is what was promised */               \
    X(UNVERIFIED)      /* it is not */                                                             \
    X(AWAY)            /* moved or deleted */                                                      \
    X(DIFFERS)         /* the folder is not what was judged: left alone */                         \
    X(KEPT_BACK)       /* not deleted, since some of it is not archived */                         \
    X(NOT_AWAY)        /* could not be moved or deleted */

enum acc_arrival_state {
#define X(name, text) ACC_ARRIVAL_##name,
    ACC_ARRIVAL_STATES(X)
#undef X
        ACC_ARRIVAL_STATE_COUNT
};

enum acc_arrival_event {
#define X(name) ACC_ARRIVAL_ON_##name,
    ACC_ARRIVAL_EVENTS(X)
#undef X
        ACC_ARRIVAL_EVENT_COUNT
};

enum acc_arrival_action {
    ACC_ARRIVAL_DO_NOTHING,
    ACC_ARRIVAL_DO_LOOK,            /* look at it as soon as may be */
    ACC_ARRIVAL_DO_WAIT,            /* say what it waits for; look again later */
    ACC_ARRIVAL_DO_QUEUE,           /* to the end of the queue for a place */
    ACC_ARRIVAL_DO_CHECK,           /* compare every file with the manifest, here */
    ACC_ARRIVAL_DO_RUN,             /* start its ingest */
    ACC_ARRIVAL_DO_RECORD_ARCHIVED, /* update the ledger */
    ACC_ARRIVAL_DO_RECORD_REJECTED,
    ACC_ARRIVAL_DO_VERIFY, /* start its verification */
    ACC_ARRIVAL_DO_MOVE,
    ACC_ARRIVAL_DO_DELETE,
    ACC_ARRIVAL_DO_SETTLE, /* nothing more to do, unless it changes */
    ACC_ARRIVAL_DO_HALT,   /* back to the queue; the watcher pauses */
    ACC_ARRIVAL_DO_LATER,  /* try again after a growing time */
    ACC_ARRIVAL_DO_FORGET, /* free it */
    ACC_ARRIVAL_DO_BUG     /* the pair cannot happen */
};

struct acc_arrival_facts {
    enum acc_watch_after after;
    bool old_look;    /* it was looked at too long ago to begin on it */
    bool check_first; /* compare everything before anything is sent */
};

struct acc_arrival_rule {
    enum acc_arrival_state next;
    enum acc_arrival_action action;
};

struct acc_arrival_rule acc_arrival_rule(enum acc_arrival_state state, enum acc_arrival_event event,
                                         const struct acc_arrival_facts *facts);

/* Whether a look at it makes sense: no other work is in progress. */
bool acc_arrival_may_look(enum acc_arrival_state state);
/* Whether it waits for a place. */
bool acc_arrival_is_queued(enum acc_arrival_state state);
/* "waiting", for logs and metrics. */
const char *acc_arrival_state_name(enum acc_arrival_state state);
const char *acc_arrival_event_name(enum acc_arrival_event event);

#endif
