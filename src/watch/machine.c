/* The machine of an arrival: events are posted, the table (arrival/rules.h) decides, the state is
 * set here and nowhere else, and the watcher's `act` runs the action (actions.c). An action may
 * free the arrival; it is not touched afterwards. Nothing fails. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/trace.h"
#include "watch/watcher.h"

/* A look this old is repeated before the arrival is archived. */
#define LOOK_OLD_MS (60 * 1000)

void acc_arrival_look_at(struct acc_arrival *a, int64_t due)
{
    a->due = due > a->not_before ? due : a->not_before;
}

static void set_state(struct acc_arrival *a, enum acc_arrival_state next)
{
    struct acc_watcher *w = a->watcher;
    int64_t now = acc_clock_now();
    if (next == a->state)
        return;
    if (next == ACC_ARRIVAL_WAITING || next == ACC_ARRIVAL_SEEN) {
        if (a->state != ACC_ARRIVAL_WAITING && a->state != ACC_ARRIVAL_SEEN)
            a->waiting_since = now;
        if (next == ACC_ARRIVAL_WAITING)
            a->ready_since = 0;
    } else {
        a->reported.stale = false;
        free(a->reported.reason);
        a->reported.reason = NULL;
    }
    acc_trace(ACC_TRACE_ARRIVAL, "%s: %s -> %s", a->name, acc_arrival_state_name(a->state),
              acc_arrival_state_name(next));
    w->notices.numbers.states[a->state]--;
    w->notices.numbers.states[next]++;
    a->state = next;
    if (!acc_arrival_is_queued(next))
        acc_list_remove(&a->queue);
    acc_status_changed(w);
}

void acc_arrival_post(struct acc_arrival *a, enum acc_arrival_event event)
{
    const struct acc_arrival_facts facts = {
        .after = a->watcher->o.after,
        .old_look = acc_clock_now() - a->looked_at > LOOK_OLD_MS,
        .check_first = a->watcher->o.check_first,
    };
    struct acc_arrival_rule rule = acc_arrival_rule(a->state, event, &facts);
    if (rule.action != ACC_ARRIVAL_DO_FORGET)
        set_state(a, rule.next);
    a->watcher->act(a, rule.action);
}
