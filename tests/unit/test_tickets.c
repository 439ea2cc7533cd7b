/* The pool of part buffers: never more than its budget, in order, nothing lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "loop/tickets.h"

#define MIB ((size_t)1 << 20)

static struct {
    struct acc_loop loop;
    struct acc_tickets *tickets;
    unsigned granted[64];
    unsigned count;
} pool;

struct wanted {
    struct acc_ticket ticket;
    unsigned number;
};

static void on_ticket(struct acc_ticket *ticket)
{
    pool.granted[pool.count++] = ACC_CONTAINER_OF(ticket, struct wanted, ticket)->number;
}

static void begin(size_t budget)
{
    struct acc_error err;
    memset(&pool, 0, sizeof pool);
    assert_int_equal(acc_loop_init(&pool.loop, &err), ACC_OK);
    pool.tickets = acc_tickets_new(&pool.loop, budget);
}

static void end(void)
{
    acc_tickets_free(pool.tickets);
    acc_loop_release(&pool.loop);
}

static bool take(struct wanted *wanted, unsigned number, size_t size)
{
    *wanted = (struct wanted){.ticket = {.size = size, .on_ticket = on_ticket}, .number = number};
    bool now = acc_tickets_take(pool.tickets, &wanted->ticket);
    if (now)
        memset(wanted->ticket.data, (int)number, size); /* all of it is really there */
    return now;
}

static void give(struct wanted *wanted)
{
    acc_tickets_give(pool.tickets, &wanted->ticket);
    assert_null(wanted->ticket.data);
}

static void test_budget(void **state)
{
    struct wanted w[5];
    (void)state;
    begin(4 * MIB);
    assert_true(acc_tickets_possible(pool.tickets, 4 * MIB));
    assert_false(acc_tickets_possible(pool.tickets, 4 * MIB + 1));
    for (unsigned i = 0; i < 4; i++)
        assert_true(take(&w[i], i, MIB));
    assert_false(take(&w[4], 4, 1));
    give(&w[0]);
    assert_int_equal(pool.count, 0); /* never inside give() */
    acc_loop_run(&pool.loop);
    assert_int_equal(pool.count, 1);
    for (unsigned i = 1; i < 5; i++)
        give(&w[i]);
    end();
}

/* A large one at the head is not starved by small ones that would fit. */
static void test_first_come_first_served(void **state)
{
    struct wanted a, b, large, small;
    (void)state;
    begin(4 * MIB);
    assert_true(take(&a, 0, 2 * MIB));
    assert_true(take(&b, 1, MIB));
    assert_false(take(&large, 2, 3 * MIB));
    assert_false(take(&small, 3, 1)); /* would fit, but waits its turn */
    give(&b);
    acc_loop_run(&pool.loop);
    assert_int_equal(pool.count, 0);
    give(&a);
    acc_loop_run(&pool.loop);
    assert_int_equal(pool.count, 2);
    assert_int_equal(pool.granted[0], 2);
    assert_int_equal(pool.granted[1], 3);
    give(&large);
    give(&small);
    end();
}

static void test_leaving_the_queue(void **state)
{
    struct wanted a, gone, next;
    (void)state;
    begin(2 * MIB);
    assert_true(take(&a, 0, 2 * MIB));
    assert_false(take(&gone, 1, 2 * MIB));
    assert_false(take(&next, 2, MIB));
    give(&gone); /* it changed its mind */
    give(&a);
    acc_loop_run(&pool.loop);
    assert_int_equal(pool.count, 1);
    assert_int_equal(pool.granted[0], 2);
    give(&next);
    struct wanted zeroed = {0};
    give(&zeroed);
    end();
}

/* Kept buffers of other sizes make room; the head goes on when the one before it leaves. */
static void test_sizes_come_and_go(void **state)
{
    struct wanted w[40];
    bool held[40] = {false};
    (void)state;
    srand(7);
    begin(8 * MIB);
    for (unsigned round = 0; round < 5000; round++) {
        unsigned i = (unsigned)rand() % 40;
        if (held[i]) {
            give(&w[i]);
            held[i] = false;
        } else {
            size_t size = (size_t)rand() % (3 * MIB);
            held[i] = take(&w[i], i, size);
            if (!held[i])
                give(&w[i]);
        }
    }
    for (unsigned i = 0; i < 40; i++)
        if (held[i])
            give(&w[i]);
    struct wanted all;
    assert_true(take(&all, 1, 8 * MIB)); /* nothing was lost on the way */
    give(&all);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_first_come_first_served),
        cmocka_unit_test(test_leaving_the_queue),
        cmocka_unit_test(test_sizes_come_and_go),
    };
    return cmocka_run_group_tests_name("tickets", tests, NULL, NULL);
}
