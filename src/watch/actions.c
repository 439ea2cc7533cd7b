/* The actions of the table: each schedules a look, queues the arrival, or starts its work. The end
 * of each work is an event again. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "watch/watcher.h"

/* Before another try of what failed without being to blame: doubles from the first to the last. */
#define LATER_FIRST_MS 2000
#define LATER_LAST_MS (15 * 60 * 1000)
/* After the settling time, so that one more look finds it settled. */
#define SETTLED_MS 500

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static void later(struct acc_arrival *a)
{
    unsigned doublings = a->tries < 20 ? a->tries : 20;
    int64_t wait = clamp((int64_t)LATER_FIRST_MS << doublings, LATER_FIRST_MS, LATER_LAST_MS);
    a->tries++;
    a->not_before = acc_clock_now() + wait;
    acc_arrival_look_at(a, a->not_before);
}

static void enqueue(struct acc_arrival *a)
{
    if (a->ready_since == 0)
        a->ready_since = acc_clock_now();
    a->due = INT64_MAX;
    if (!acc_link_in_list(&a->queue))
        acc_list_push(&a->watcher->work.queue, &a->queue);
}

/* A refused or archived arrival may have changed meanwhile: one more look, soon. */
static void settle(struct acc_arrival *a)
{
    a->tries = 0;
    a->not_before = a->ready_since = 0;
    if (a->due == INT64_MAX)
        acc_arrival_look_at(a, acc_clock_now() + a->watcher->looks.rules.settle + SETTLED_MS);
}

void acc_arrival_act(struct acc_arrival *a, enum acc_arrival_action action)
{
    switch (action) {
    case ACC_ARRIVAL_DO_NOTHING:
    case ACC_ARRIVAL_DO_WAIT: /* the look that found it so has logged it */
        return;
    case ACC_ARRIVAL_DO_LOOK:
        acc_arrival_look_at(a, acc_clock_now());
        return;
    case ACC_ARRIVAL_DO_QUEUE:
        enqueue(a);
        return;
    case ACC_ARRIVAL_DO_CHECK:
        acc_work_check(a);
        return;
    case ACC_ARRIVAL_DO_RUN:
        acc_work_ingest(a);
        return;
    case ACC_ARRIVAL_DO_VERIFY:
        acc_work_verify(a);
        return;
    case ACC_ARRIVAL_DO_RECORD_ARCHIVED:
    case ACC_ARRIVAL_DO_RECORD_REJECTED:
        acc_work_dispose(a, ACC_DISPOSE_RECORD);
        return;
    case ACC_ARRIVAL_DO_MOVE:
        acc_work_dispose(a, ACC_DISPOSE_MOVE);
        return;
    case ACC_ARRIVAL_DO_DELETE:
        acc_work_dispose(a, ACC_DISPOSE_DELETE);
        return;
    case ACC_ARRIVAL_DO_SETTLE:
        settle(a);
        return;
    case ACC_ARRIVAL_DO_HALT: /* first in the queue again: it has waited for longest */
        a->due = INT64_MAX;
        acc_list_push_front(&a->watcher->work.queue, &a->queue);
        return;
    case ACC_ARRIVAL_DO_LATER:
        later(a);
        return;
    case ACC_ARRIVAL_DO_FORGET:
        acc_arrival_forget(a);
        return;
    case ACC_ARRIVAL_DO_BUG:
        break;
    }
    fprintf(stderr,
            "accession: an arrival is in an impossible state. This is a bug; please report it\n");
    abort();
}
