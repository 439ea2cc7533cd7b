/* One entry being restored, from the look at its name in the folder to its name in the folder.
 *
 *     acc_item_new -> acc_item_start -> on_done -> acc_item_free
 *
 * rules.h says what follows what; item.c posts events and is the only setter of the state; steps.c
 * and cold.c do the work of each state.
 *
 * Threads: the loop's thread. on_done fires once, from the loop, never inside start or cancel. */
#ifndef ACC_RESTORE_ITEM_H
#define ACC_RESTORE_ITEM_H

#include <stdatomic.h>

#include "base/entry.h"
#include "bucket/reading.h"
#include "gate/gate.h"
#include "ledger/known.h"
#include "restore/rules.h"
#include "restore/target.h"
#include "restore/thaw.h"

struct acc_item;

struct acc_item_env {
    struct acc_reading_env reading;
    const struct acc_target *target;
    const char *prefix;   /* before each path in its key */
    int64_t as_of;        /* wall clock, milliseconds; INT64_MAX: now */
    bool surveys, dry;    /* as in acc_item_facts */
    struct acc_thaw thaw; /* its tier is NULL: nothing is asked for */
    void (*on_done)(struct acc_item *item);
};

enum acc_item_end {
    ACC_ITEM_RESTORED, /* `restored` is set */
    ACC_ITEM_ALREADY,  /* `proven` is set */
    ACC_ITEM_READY,    /* of a survey: to be read in its turn */
    ACC_ITEM_WOULD,    /* of a dry run: would be read */
    ACC_ITEM_CONFLICT, /* `err`: something else has the name */
    ACC_ITEM_FAILED,   /* `err`: nothing has the name */
    ACC_ITEM_LOST,     /* the server (`call_class`) or this machine (ACC_LOCAL) failed: `err` */
    ACC_ITEM_CANCELLED
};

struct acc_item {
    struct acc_item_env *env;
    struct acc_link link; /* in its user's list */
    int64_t entry_id;
    struct acc_entry entry; /* strings belong to this struct */
    struct acc_str key;

    /* which content is meant; "" when not known */
    char etag[ACC_S3_ETAG], version_id[1024];

    /* results */
    enum acc_item_end end;
    enum acc_s3_class call_class;
    bool cold, thawing; /* in cold storage; asked for just now */
    struct acc_error err;
    struct acc_restored *restored;
    struct acc_proven *proven;
    const struct acc_digests *digests; /* computed, or NULL */
    int64_t began, took;               /* monotonic; milliseconds */

    /* private */
    void (*post)(struct acc_item *item, enum acc_item_event event); /* the steps report here */
    enum acc_item_state state;
    struct acc_item_facts facts;
    struct acc_reading reading;
    struct acc_s3_call call; /* of ASKING */
    struct acc_s3_page page;
    bool version_found;
    char class[32];         /* storage class, or "" */
    struct acc_str request; /* of THAWING */
    atomic_bool stop;
    struct acc_job job;
    struct {
        struct acc_piece piece;
        enum acc_item_event event;
        struct acc_hasher hasher; /* of the file that has the name */
        struct acc_digests digests;
        struct acc_error err;
        bool anew;
    } job_only; /* while a job runs, or bytes are being taken */
};

/* Copies what it needs of the row. `known` may be NULL. */
struct acc_item *acc_item_new(struct acc_item_env *env, const struct acc_row *row,
                              const struct acc_object_known *known);
void acc_item_start(struct acc_item *item);
void acc_item_cancel(struct acc_item *item);
void acc_item_free(struct acc_item *item);
/* Bytes of it that were read so far. */
static inline int64_t acc_item_bytes(const struct acc_item *item)
{
    return item->reading.fetch.from + item->reading.fetch.received;
}

/* ---- between item.c, steps.c and cold.c ---- */

void acc_item_look(struct acc_item *item);
void acc_item_ask(struct acc_item *item);
void acc_item_read(struct acc_item *item, bool anew);
void acc_item_name(struct acc_item *item);
void acc_item_check(struct acc_item *item);
void acc_item_thaw(struct acc_item *item);
/* The event that a refused call is; fills `err`. */
enum acc_item_event acc_item_answered(struct acc_item *item, const struct acc_s3_call *call);

#endif
