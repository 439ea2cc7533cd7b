/* How a verification is stopped early: the first reason is stored and posted, and what is in
 * progress is cancelled. Nothing fails; the end of what was in progress ends the run. */
#include "base/mem.h"
#include "verify/run.h"

void acc_verify_halt(struct acc_verify_run *run, const struct acc_error *err)
{
    if (acc_machine_stops(&run->machine))
        return;
    run->err = *err;
    acc_machine_post(&run->machine, ACC_VERIFY_ON_HALT);
}

void acc_verify_interrupt(struct acc_verify_run *run, int signal)
{
    run->interrupted = true;
    run->summary->signal = signal;
    acc_machine_post(&run->machine, ACC_VERIFY_ON_INTERRUPT);
}

void acc_verify_stop(struct acc_verify_run *run)
{
    struct acc_link *checks = &run->checking.checks;
    acc_verify_state(run, "stopping");
    atomic_store(&run->planning.stop, true);
    acc_source_stop(&run->source);
    acc_survey_cancel(&run->listing.survey);
    for (struct acc_link *link = checks->next, *next; link != checks; link = next) {
        next = link->next;
        acc_check_cancel(ACC_CONTAINER_OF(link, struct acc_check, link));
    }
}
