/* The life of one entry of a restore, as a pure table: (state, event, facts) -> (state, action).
 *
 *   LOOKING ──free──> (ASKING) ──> READING ──passes──> NAMING ──named──> OVER
 *      │ ^                          │  ^ └──differs, changed──> OVER        │
 *      │ └──────── taken ───────────┼──┼─────────────────────── taken ──────┘
 *      └─ same, other ──> OVER      └──┘ anew, or what lies on top
 *
 * LOOKING hashes what has the name already. ASKING learns which content is meant, if nothing on
 * record says so and it matters: the version of a point in time, or the ETag that binds a large
 * object's pieces together. READING writes the bytes to a piece; the gate decides. NAMING gives it
 * its name.
 *
 * CHECKING comes before all that for what may lie in cold storage (a survey: it ends before the
 * first byte is read), or when a reading finds that it does; THAWING asks for it. A dry run ends at
 * FREE.
 *
 * Every end leaves the folder with either the whole, compared file or nothing under that name. */
#ifndef ACC_RESTORE_RULES_H
#define ACC_RESTORE_RULES_H

#include <stdbool.h>

#define ACC_ITEM_STATES(X)                                                                         \
    X(LOOKING)  /* is the name taken, and by what? */                                              \
    X(ASKING)   /* which version, which ETag? */                                                   \
    X(CHECKING) /* can it be read now? */                                                          \
    X(THAWING)  /* asking for a readable copy */                                                   \
    X(READING)  /* bucket -> piece */                                                              \
    X(NAMING)   /* piece -> file */                                                                \
    X(OVER)

#define ACC_ITEM_EVENTS(X)                                                                         \
    X(FREE)       /* nothing has the name */                                                       \
    X(SAME)       /* a file with the promised content has it */                                    \
    X(OTHER)      /* something else has it */                                                      \
    X(KNOWN)      /* the content that is meant is known */                                         \
    X(PASSES)     /* all bytes are written, and the gate let them through */                       \
    X(DIFFERS)    /* it did not */                                                                 \
    X(CHANGED)    /* it is not, or not any more, the content that was asked for */                 \
    X(MISSING)    /* nor is it there */                                                            \
    X(UNREADABLE) /* denied, refused */                                                            \
    X(COLD)       /* in cold storage */                                                            \
    X(WAITS)      /* likewise, and asked for by an earlier run */                                  \
    X(ASKED)      /* likewise, and asked for just now */                                           \
    X(READABLE)   /* it can be read */                                                             \
    X(NAMED)                                                                                       \
    X(TAKEN)     /* by another, meanwhile */                                                       \
    X(LOST)      /* the server fails */                                                            \
    X(LOCAL)     /* this machine fails: full disk, no rights */                                    \
    X(CANCELLED) /* the run stops */

enum acc_item_state {
#define X(name) ACC_ITEM_##name,
    ACC_ITEM_STATES(X)
#undef X
        ACC_ITEM_STATE_COUNT
};

enum acc_item_event {
#define X(name) ACC_ITEM_ON_##name,
    ACC_ITEM_EVENTS(X)
#undef X
        ACC_ITEM_EVENT_COUNT
};

enum acc_item_action {
    ACC_ITEM_DO_LOOK,
    ACC_ITEM_DO_ASK,
    ACC_ITEM_DO_CHECK,
    ACC_ITEM_DO_THAW,
    ACC_ITEM_DO_READ,      /* behind the bytes that the piece has */
    ACC_ITEM_DO_READ_ANEW, /* the same content, from its first byte */
    ACC_ITEM_DO_READ_TOP,  /* what has the key now, whatever it is: the gate decides */
    ACC_ITEM_DO_NAME,
    ACC_ITEM_DO_RESTORED, /* from here on: how it ends */
    ACC_ITEM_DO_ALREADY,
    ACC_ITEM_DO_READY, /* of a survey: to be read in its turn */
    ACC_ITEM_DO_WOULD, /* of a dry run: would be read */
    ACC_ITEM_DO_CONFLICT,
    ACC_ITEM_DO_FAIL,
    ACC_ITEM_DO_LOSE,   /* the piece stays: the next run goes on */
    ACC_ITEM_DO_CANCEL, /* likewise */
    ACC_ITEM_DO_BUG,
    ACC_ITEM_ACTION_COUNT
};

/* Reads of one entry that found the content replaced, before it is given up. */
#define ACC_ITEM_REREADS 2

struct acc_item_facts {
    bool surveys;     /* ends before anything is read */
    bool dry;         /* likewise, and sooner */
    bool thaws;       /* what is cold is asked for */
    bool asks;        /* ASKING has a question */
    bool bound;       /* READING asks for a content on record, not for what lies on top */
    bool resumed;     /* the piece had bytes of an earlier run */
    unsigned rereads; /* reads of what lies on top */
};

struct acc_item_rule {
    enum acc_item_state next;
    enum acc_item_action action;
};

struct acc_item_rule acc_item_rule(enum acc_item_state state, enum acc_item_event event,
                                   const struct acc_item_facts *facts);
const char *acc_item_state_name(enum acc_item_state state);
const char *acc_item_event_name(enum acc_item_event event);

#endif
