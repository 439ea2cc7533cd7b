/* Limits the bytes a second of all transfers together: a token bucket that fills with time, at the
 * rate that a plan gives for the hour. A user asks before it moves bytes, and then reports how many
 * it moved. If it may not move any now, it waits in the queue, first come first served, and is
 * called when it may.
 *
 * The bucket holds a quarter of a second: over some seconds the rate is kept within a few percent,
 * whatever the number of users.
 *
 * Threads: the loop's thread. */
#ifndef ACC_LOOP_RATE_H
#define ACC_LOOP_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/rate_plan.h"
#include "loop/loop.h"

struct acc_rate_wait {
    void (*on_turn)(struct acc_rate_wait *wait);
    struct acc_link link;
    int64_t granted; /* bytes set aside for it: the next time it asks it may */
};

struct acc_rate {
    struct acc_rate_plan plan;
    int64_t per_second; /* what the plan says for now; 0: no limit */
    double tokens;      /* may be negative: users report afterwards what they moved */
    int64_t at;
    struct acc_link waiting;
    struct acc_timer timer;
};

void acc_rate_init(struct acc_rate *rate, struct acc_loop *loop, const struct acc_rate_plan *plan);
void acc_rate_close(struct acc_rate *rate, void (*on_closed)(struct acc_timer *timer));
/* True when bytes may be moved now; else `wait` is called when they may, once. */
bool acc_rate_ask(struct acc_rate *rate, struct acc_rate_wait *wait);
void acc_rate_spend(struct acc_rate *rate, int64_t bytes);
/* How many of `bytes` a user should move at a time: little enough that all get their turn. */
size_t acc_rate_slice(const struct acc_rate *rate, size_t bytes);
/* Harmless when it does not wait. */
void acc_rate_leave(struct acc_rate *rate, struct acc_rate_wait *wait);

#endif
