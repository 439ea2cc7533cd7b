/* The machine of a run: post, drain, and the one place where the phase changes.
 *
 * Happy path: a callback stores its result and posts an event; drain() applies the rules to each
 * event in turn and calls the action. In STOPPING, IDLE follows by itself once nothing is in
 * progress. Failure: an event that cannot happen in a phase ends the process, before anything could
 * go wrong. Close: in OVER every event is ignored. */
#include "ingest/run_events.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/trace.h"
#include "ingest/run.h"

#define BIT(event) (1u << ACC_RUN_ON_##event)
#define STOPS (BIT(HALT) | BIT(INTERRUPT) | BIT(FAIL))

static void stop_at_bug(enum acc_phase phase, enum acc_run_event event)
{
    fprintf(stderr,
            "accession: the event %s cannot happen in phase %s. This is a bug. The run stopped "
            "before anything could go wrong; nothing archived is lost. Run the same command again, "
            "and please report this line.\n",
            acc_run_event_name(event), acc_phase_name(phase));
    abort();
}

/* ---- the one place where the phase changes ---- */

static void apply(struct acc_run *run, enum acc_run_event event)
{
    struct acc_run_machine *m = &run->machine;
    struct acc_run_rule rule = acc_run_rule(m->phase, event, &m->facts);
    if (rule.action == ACC_RUN_DO_BUG)
        stop_at_bug(m->phase, event);
    if (rule.next != m->phase)
        m->idle_told = false;
    acc_trace(ACC_TRACE_RUN, "%s, %s -> %s", acc_run_event_name(event), acc_phase_name(m->phase),
              acc_phase_name(rule.next));
    m->phase = rule.next;
    if (m->actions[rule.action] != NULL)
        m->actions[rule.action](run);
}

/* ---- events ---- */

static enum acc_run_event take(struct acc_run_machine *m)
{
    enum acc_run_event event = m->queue[m->first];
    m->first = (m->first + 1) % ACC_RUN_EVENT_COUNT;
    m->queued--;
    m->pending &= ~(1u << event);
    return event;
}

static void drain(struct acc_run *run)
{
    struct acc_run_machine *m = &run->machine;
    m->draining = true;
    for (;;) {
        if (m->queued > 0) {
            apply(run, take(m));
        } else if (m->phase == ACC_PHASE_STOPPING && m->busy == 0 && !m->idle_told) {
            m->idle_told = true;
            apply(run, ACC_RUN_ON_IDLE);
        } else {
            break;
        }
    }
    m->draining = false;
}

void acc_run_post(struct acc_run *run, enum acc_run_event event)
{
    struct acc_run_machine *m = &run->machine;
    if ((m->pending & 1u << event) == 0) {
        m->pending |= 1u << event;
        m->queue[(m->first + m->queued++) % ACC_RUN_EVENT_COUNT] = event;
    }
    if (!m->draining)
        drain(run);
}

void acc_run_begin(struct acc_run *run)
{
    run->machine.busy++;
}

void acc_run_end(struct acc_run *run)
{
    run->machine.busy--;
    if (!run->machine.draining)
        drain(run);
}

bool acc_run_stops(const struct acc_run *run)
{
    return acc_phase_stops(run->machine.phase) || (run->machine.pending & STOPS) != 0;
}

bool acc_run_may_begin(const struct acc_run *run)
{
    enum acc_phase phase = run->machine.phase;
    return (phase == ACC_PHASE_WORKING || phase == ACC_PHASE_DOUBTING) && !acc_run_stops(run);
}
