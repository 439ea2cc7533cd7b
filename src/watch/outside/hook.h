/* --on-event: a shell command that gets each event as one JSON object on its standard input.
 *
 *     posted -> kept in the ledger -> sent -> ended with 0: forgotten
 *                     ^                 |
 *                     └── failed: again in 1, 2, 4, … 60 minutes, for a day
 *
 * One runs at a time, in a process group of its own, for at most 30 seconds. An event has an id
 * that stays when it is sent again, also after a restart. Those that the ledger could not keep are
 * sent once. At most 64 wait to be kept; beyond that the oldest is dropped and counted. The
 * watcher's work never waits for any of it: the ledger is written by jobs of the pool.
 *
 * Threads: the loop's thread. */
#ifndef ACC_WATCH_HOOK_H
#define ACC_WATCH_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/notices.h"
#include "loop/child.h"
#include "loop/loop.h"

#define ACC_HOOK_QUEUE 64

struct acc_hook_event {
    char *id, *json;
    struct acc_daily daily; /* kept with it, if it is one of a day */
};

struct acc_hook {
    /* set by the user */
    struct acc_loop *loop;
    const char *command; /* NULL: nothing is ever run */
    struct acc_ledger *ledger;
    const char *folder, *destination;                            /* whose events these are */
    void (*on_trouble)(struct acc_hook *hook, const char *text); /* it failed, or was ended */
    void (*on_idle)(struct acc_hook *hook);

    uint64_t dropped;

    /* private */
    struct acc_child child;
    struct acc_timer limit; /* of the command */
    struct acc_timer wake;  /* for the next one that is due */
    struct acc_job job;
    struct acc_hook_event queue[ACC_HOOK_QUEUE], unkept[ACC_HOOK_QUEUE];
    unsigned count, unkept_count;
    struct acc_notice now; /* that is being sent; id NULL: it is not in the ledger */
    struct {
        struct acc_hook_event events[ACC_HOOK_QUEUE]; /* to be kept */
        bool kept[ACC_HOOK_QUEUE];
        unsigned count;
        char *id;     /* of one that was sent: */
        int64_t next; /* when it is to be sent again; 0: it is forgotten */
        bool failed;
        struct acc_error err;
    } job_only;    /* while `writing` */
    char *sent_id; /* as in job_only, waiting for the job */
    int64_t sent_next;
    bool running, writing, ended, stopped;
};

void acc_hook_init(struct acc_hook *hook);
/* Takes over its strings (free()). */
void acc_hook_post(struct acc_hook *hook, struct acc_hook_event event);
/* Nothing runs, and nothing waits but what is to be sent again later. */
bool acc_hook_idle(const struct acc_hook *hook);
/* Kills what runs and starts nothing more; on_idle follows. What is in the ledger stays there. */
void acc_hook_stop(struct acc_hook *hook);
/* Only when idle. */
void acc_hook_close(struct acc_hook *hook);

#endif
