/* What drives a run through its rules (ingest/run_rules.h): events are posted and drained here, and
 * only here does the phase change. The files of the phases work above it: they start something,
 * count it as in progress, and post what comes of it. What each action does is in the table that
 * ingest.c gives to the run.
 *
 * Threads: the loop's thread.
 */
#ifndef ACC_INGEST_RUN_EVENTS_H
#define ACC_INGEST_RUN_EVENTS_H

#include "ingest/run_rules.h"

struct acc_run;

typedef void (*acc_run_action_fn)(struct acc_run *run);

struct acc_run_machine {
    enum acc_phase phase;
    struct acc_run_facts facts;
    const acc_run_action_fn *actions; /* by enum acc_run_action; NULL does nothing */

    /* private */
    enum acc_run_event queue[ACC_RUN_EVENT_COUNT]; /* each event at most once */
    unsigned queued, first;
    unsigned pending; /* a bit for each event in `queue` */
    unsigned busy;    /* jobs, requests and uploads in progress */
    bool draining, idle_told;
};

/* Something of the run is in progress. */
void acc_run_begin(struct acc_run *run);
/* It has ended; call after posting its event. */
void acc_run_end(struct acc_run *run);
/* Applies the rule immediately or, from inside an action, after it. An event that waits already is
 * not queued again. */
void acc_run_post(struct acc_run *run, enum acc_run_event event);

/* STOPPING or later, or about to be: nothing new may begin. */
bool acc_run_stops(const struct acc_run *run);
/* Uploads may begin: WORKING or DOUBTING, and nothing is about to end that. */
bool acc_run_may_begin(const struct acc_run *run);

#endif
