/* Part buffers: tickets of a fixed pool, the only back-pressure on reading.
 *
 * The pool never holds more than its budget, in use and kept for reuse together. A request that
 * does not fit waits in a queue, first come first served, so that a large one is never starved by
 * small ones. A ticket larger than the whole budget is refused.
 *
 * Threads: the pool belongs to the loop's thread; the bytes of a ticket belong to its holder.
 */
#ifndef ACC_LOOP_TICKETS_H
#define ACC_LOOP_TICKETS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "loop/loop.h"

struct acc_tickets;

struct acc_ticket {
    /* set by the user */
    size_t size;
    void (*on_ticket)(struct acc_ticket *ticket); /* `data` is there; never runs inside take() */
    /* set by the pool */
    unsigned char *data;
    size_t held;
    struct acc_link link;
};

struct acc_tickets *acc_tickets_new(struct acc_loop *loop, size_t budget);
/* All tickets must be back. Closes its timer: free before acc_loop_release(). */
void acc_tickets_free(struct acc_tickets *tickets);

/* True if the pool's budget can hold such a ticket at all. */
bool acc_tickets_possible(const struct acc_tickets *tickets, size_t size);
/* Takes one now (true), or queues the request and calls on_ticket later (false). */
bool acc_tickets_take(struct acc_tickets *tickets, struct acc_ticket *ticket);
/* Gives it back, or leaves the queue. A zeroed ticket is fine. */
void acc_tickets_give(struct acc_tickets *tickets, struct acc_ticket *ticket);

#endif
