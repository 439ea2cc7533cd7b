/* Events of a run: its phases post them to the machine (run/machine.h), which applies the rules of
 * ingest/run_rules.h.
 *
 * Threads: the loop's thread.
 */
#ifndef ACC_INGEST_RUN_EVENTS_H
#define ACC_INGEST_RUN_EVENTS_H

#include "ingest/run_rules.h"

struct acc_run;

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
