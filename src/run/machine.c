/* The machine of a run: post, drain, and the one place where the phase changes.
 *
 * Happy path: a callback stores its result and posts an event; drain() applies the rules to each
 * event in turn and calls the action. In the stopping phase, `idle` follows by itself once nothing
 * is in progress. Failure: an event that cannot happen in a phase ends the process, before anything
 * could go wrong. Close: in the last phase every event is ignored. */
#include "run/machine.h"

#include "base/trace.h"

/* ---- the one place where the phase changes ---- */

static void apply(struct acc_machine *m, unsigned event)
{
    const struct acc_transitions *table = &m->kind->table;
    struct acc_step step = acc_transitions_step(table, m->phase, event, m->facts);
    if (step.action == table->bug)
        acc_transitions_bug(table, m->phase, event);
    if (step.next != m->phase)
        m->idle_posted = false;
    acc_trace(ACC_TRACE_RUN, "%s: %s, %s -> %s", m->kind->name, table->events[event],
              table->states[m->phase], table->states[step.next]);
    m->phase = step.next;
    m->act(m, step.action);
}

/* ---- events ---- */

static unsigned take(struct acc_machine *m)
{
    unsigned event = m->queue[m->first];
    m->first = (m->first + 1) % ACC_MACHINE_EVENTS_MAX;
    m->queued--;
    m->pending &= ~ACC_BIT(event);
    return event;
}

static void drain(struct acc_machine *m)
{
    m->draining = true;
    for (;;) {
        if (m->queued > 0) {
            apply(m, take(m));
        } else if (m->phase == m->kind->stopping && m->busy == 0 && !m->idle_posted) {
            m->idle_posted = true;
            apply(m, m->kind->idle);
        } else {
            break;
        }
    }
    m->draining = false;
}

void acc_machine_post(struct acc_machine *m, unsigned event)
{
    if ((m->pending & ACC_BIT(event)) == 0) {
        m->pending |= ACC_BIT(event);
        m->queue[(m->first + m->queued++) % ACC_MACHINE_EVENTS_MAX] = (unsigned char)event;
    }
    if (!m->draining)
        drain(m);
}

void acc_machine_begin(struct acc_machine *m)
{
    m->busy++;
}

void acc_machine_end(struct acc_machine *m)
{
    m->busy--;
    if (!m->draining)
        drain(m);
}

bool acc_machine_stops(const struct acc_machine *m)
{
    return m->phase >= m->kind->stopping || (m->pending & m->kind->stops) != 0;
}
