/* --on-event: a shell command that gets each event as one JSON object on its standard input.
 *
 * One runs at a time, in a process group of its own, for at most 30 seconds. Events wait in a queue
 * of 64; when it is full the oldest is dropped and counted. The watcher's work never waits for the
 * queue. */
#ifndef ACC_WATCH_HOOK_H
#define ACC_WATCH_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/loop.h"
#include "loop/child.h"

#define ACC_HOOK_QUEUE 64

struct acc_hook {
    /* set by the user */
    struct acc_loop *loop;
    const char *command;                                         /* NULL: nothing is ever run */
    void (*on_trouble)(struct acc_hook *hook, const char *text); /* it failed, or was ended */
    void (*on_idle)(struct acc_hook *hook);

    uint64_t dropped;

    /* private */
    struct acc_child child;
    struct acc_timer limit;
    char *queue[ACC_HOOK_QUEUE];
    unsigned first, count;
    bool running, ended;
};

void acc_hook_init(struct acc_hook *hook);
/* Takes over `json` (free()). */
void acc_hook_post(struct acc_hook *hook, char *json);
bool acc_hook_idle(const struct acc_hook *hook);
/* Drops what is queued and kills what runs; on_idle follows. */
void acc_hook_stop(struct acc_hook *hook);
/* Only when idle. */
void acc_hook_close(struct acc_hook *hook);

#endif
