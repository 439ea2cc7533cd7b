/* Tickets come in sizes of powers of two from 64 KiB, so that a returned buffer fits the next file.
 * Buffers given back are kept in a list per size; when the budget is short, kept ones of other
 * sizes are freed first. Large buffers are mmap'ed by malloc, so freeing returns them to the
 * system. */
#include "loop/tickets.h"

#include <stdlib.h>

#include "base/mem.h"

#define SMALLEST 65536u
#define SIZES 40

struct kept {
    struct kept *next;
};

struct acc_tickets {
    size_t budget;
    size_t used; /* in use and kept */
    struct kept *kept[SIZES];
    struct acc_link waiting;
    struct acc_timer deliver;
};

static unsigned size_class(size_t size)
{
    unsigned class = 0;
    while ((size_t)SMALLEST << class < size)
        class ++;
    return class;
}

static size_t class_bytes(unsigned class)
{
    return (size_t)SMALLEST << class;
}

/* A part of 9 MiB would waste 7 in a power of two: what is not small is rounded to 1 MiB instead.
 */
static size_t held_bytes(size_t size)
{
    const size_t step = 1u << 20;
    return size <= step ? class_bytes(size_class(size)) : (size + step - 1) / step * step;
}

static unsigned char *take_kept(struct acc_tickets *tickets, size_t held)
{
    unsigned class = size_class(held);
    struct kept *buffer = tickets->kept[class];
    if (class_bytes(class) != held || buffer == NULL)
        return NULL;
    tickets->kept[class] = buffer->next;
    return (unsigned char *)buffer;
}

static void free_kept_until(struct acc_tickets *tickets, size_t budget)
{
    for (unsigned class = SIZES; class -- > 0;)
        while (tickets->kept[class] != NULL && tickets->used > budget) {
            free(take_kept(tickets, class_bytes(class)));
            tickets->used -= class_bytes(class);
        }
}

static bool grant(struct acc_tickets *tickets, struct acc_ticket *ticket)
{
    size_t held = held_bytes(ticket->size);
    unsigned char *data = take_kept(tickets, held);
    if (data == NULL) {
        if (held > tickets->budget - tickets->used)
            free_kept_until(tickets, tickets->budget - held);
        if (held > tickets->budget - tickets->used)
            return false;
        data = acc_alloc(held);
        tickets->used += held;
    }
    ticket->data = data;
    ticket->held = held;
    return true;
}

static void on_deliver(struct acc_timer *timer)
{
    struct acc_tickets *tickets = ACC_CONTAINER_OF(timer, struct acc_tickets, deliver);
    while (!acc_list_empty(&tickets->waiting)) {
        struct acc_ticket *first = ACC_CONTAINER_OF(tickets->waiting.next, struct acc_ticket, link);
        if (!grant(tickets, first))
            return;
        acc_list_remove(&first->link);
        first->on_ticket(first);
    }
}

struct acc_tickets *acc_tickets_new(struct acc_loop *loop, size_t budget)
{
    struct acc_tickets *tickets = ACC_NEW(struct acc_tickets);
    tickets->budget = budget;
    acc_list_init(&tickets->waiting);
    acc_timer_init(loop, &tickets->deliver, on_deliver);
    return tickets;
}

static void on_closed(struct acc_timer *timer)
{
    free(ACC_CONTAINER_OF(timer, struct acc_tickets, deliver));
}

void acc_tickets_free(struct acc_tickets *tickets)
{
    if (tickets == NULL)
        return;
    free_kept_until(tickets, 0);
    acc_timer_close(&tickets->deliver, on_closed);
}

bool acc_tickets_possible(const struct acc_tickets *tickets, size_t size)
{
    return held_bytes(size) <= tickets->budget;
}

bool acc_tickets_take(struct acc_tickets *tickets, struct acc_ticket *ticket)
{
    if (acc_list_empty(&tickets->waiting) && grant(tickets, ticket))
        return true;
    acc_list_push(&tickets->waiting, &ticket->link);
    return false;
}

void acc_tickets_give(struct acc_tickets *tickets, struct acc_ticket *ticket)
{
    acc_list_remove(&ticket->link);
    if (ticket->data != NULL) {
        unsigned class = size_class(ticket->held);
        if (class_bytes(class) == ticket->held) {
            struct kept *buffer = (struct kept *)(void *)ticket->data;
            buffer->next = tickets->kept[class];
            tickets->kept[class] = buffer;
        } else {
            free(ticket->data);
            tickets->used -= ticket->held;
        }
        ticket->data = NULL;
        ticket->held = 0;
    }
    if (!acc_list_empty(&tickets->waiting))
        acc_timer_start(&tickets->deliver, 0);
}
