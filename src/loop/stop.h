/* A request to stop: Ctrl-C or SIGTERM, once to end well, twice to exit immediately.
 *
 * timeout(1) and some supervisors signal the process and then its whole group: two signals for one
 * request. A second one counts only if it comes later than ACC_STOP_AGAIN_MS after the first. */
#ifndef ACC_LOOP_STOP_H
#define ACC_LOOP_STOP_H

#include "loop/loop.h"

#define ACC_STOP_AGAIN_MS 300

struct acc_stop {
    struct acc_signal interrupt, terminate;
    uint64_t first_at; /* the loop's clock, ms; 0 until the first */
    void (*on_stop)(struct acc_stop *stop, int number);
    /* The process ends when this returns; to remove what no later run would find. */
    void (*on_leave)(struct acc_stop *stop);
};

/* Both callbacks run on the loop's thread; the struct outlives the loop. */
void acc_stop_watch(struct acc_loop *loop, struct acc_stop *stop,
                    void (*on_stop)(struct acc_stop *, int), void (*on_leave)(struct acc_stop *));
void acc_stop_close(struct acc_stop *stop);

#endif
