/* Nothing but the run's machine (run/machine.c) and what its phase means. Nothing fails. */
#include "ingest/run_events.h"

#include "ingest/run.h"

void acc_run_post(struct acc_run *run, enum acc_run_event event)
{
    acc_machine_post(&run->machine, event);
}

void acc_run_begin(struct acc_run *run)
{
    acc_machine_begin(&run->machine);
}

void acc_run_end(struct acc_run *run)
{
    acc_machine_end(&run->machine);
}

bool acc_run_stops(const struct acc_run *run)
{
    return acc_machine_stops(&run->machine);
}

bool acc_run_may_begin(const struct acc_run *run)
{
    unsigned phase = run->machine.phase;
    return (phase == ACC_PHASE_WORKING || phase == ACC_PHASE_DOUBTING) && !acc_run_stops(run);
}
