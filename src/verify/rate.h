/* Limits the bytes a second of all readers together: a token bucket that fills with time. A reader
 * asks before it takes bytes, and then reports how many it took. If it may not take any now, it
 * waits in the queue and is called when it may.
 *
 * Threads: the loop's thread. */
#ifndef ACC_VERIFY_RATE_H
#define ACC_VERIFY_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "loop/loop.h"

struct acc_rate_wait {
    void (*on_turn)(struct acc_rate_wait *wait);
    struct acc_link link;
    bool granted; /* it is its turn: the next time it asks it may */
};

struct acc_rate {
    int64_t per_second; /* 0: no limit */
    double tokens;      /* may be negative: readers report afterwards what they took */
    int64_t at;
    struct acc_link waiting;
    struct acc_timer timer;
};

void acc_rate_init(struct acc_rate *rate, struct acc_loop *loop, int64_t per_second);
void acc_rate_close(struct acc_rate *rate);
/* True when bytes may be taken now; else `wait` is called when they may, once. */
bool acc_rate_ask(struct acc_rate *rate, struct acc_rate_wait *wait);
void acc_rate_spend(struct acc_rate *rate, int64_t bytes);
/* Harmless when it does not wait. */
void acc_rate_leave(struct acc_rate_wait *wait);

#endif
