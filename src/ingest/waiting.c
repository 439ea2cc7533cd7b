/* Waiting out a halt (--on-halt wait): everything is parked as for the end of the run, but the run
 * stays, asks again after 30 seconds (sooner when it may not wait for long), then after ever longer
 * times up to 15 minutes, and goes on where it was. What can mend by itself or by an administrator
 * is waited for; a wrong bucket name is not. Credentials are looked for anew each time: whoever
 * mends the file that they come from is believed without a restart. */
#include "base/clock.h"
#include "base/mem.h"
#include "ingest/run.h"

#define INTERVAL_FIRST_MS 30000
#define INTERVAL_LAST_MS 900000
/* However short the time, it is asked about more than once. */
#define INTERVALS_LEAST 8

bool acc_run_may_wait(const struct acc_run *run)
{
    if (run->options->wait_on_halt <= 0 || run->interrupted || run->err.code != ACC_OK)
        return false;
    switch (run->summary->halt.code) {
    case ACC_REFUSED:
    case ACC_CREDENTIALS:
    case ACC_UNREACHABLE:
    case ACC_SERVER:
        break;
    default:
        return false;
    }
    return run->waiting_since == 0 ||
           acc_clock_now() - run->waiting_since < run->options->wait_on_halt;
}

static void on_again(struct acc_timer *timer)
{
    struct acc_run *run = ACC_CONTAINER_OF(timer, struct acc_run, again);
    run->halted = false; /* the probe decides anew */
    run->summary->halted = false;
    acc_s3_renew_credentials(run->s3);
    if (run->listed) {
        run->phase = ACC_PHASE_PROBING;
        acc_run_probe(run);
    } else {
        acc_run_list(run);
    }
}

void acc_waiting_init(struct acc_run *run)
{
    acc_timer_init(&run->loop, &run->again, on_again);
}

static void tell_why(struct acc_run *run)
{
    const struct acc_halt *halt = &run->summary->halt;
    struct acc_str text = {0};
    char time[32];
    acc_str_addf(&text, "%s: %s", run->location.url, acc_code_text(halt->code));
    if (halt->status != 0)
        acc_str_addf(&text, " (%s: %d %s)", halt->operation, halt->status, halt->s3_code);
    acc_str_addf(&text,
                 ". Nothing is lost. Asking again from time to time, for at most %s; after "
                 "Ctrl-C the same command goes on.",
                 acc_show_duration(run->options->wait_on_halt, time));
    acc_run_note(run, halt->code, acc_str_cstr(&text));
    acc_str_release(&text);
}

static int64_t first_interval(const struct acc_run *run)
{
    int64_t share = run->options->wait_on_halt / INTERVALS_LEAST;
    return share < INTERVAL_FIRST_MS ? share : INTERVAL_FIRST_MS;
}

void acc_run_wait(struct acc_run *run)
{
    int64_t now = acc_clock_now();
    if (run->phase ==
        ACC_PHASE_WAITING) /* the halt and the last upload to park may both end here */
        return;
    run->phase = ACC_PHASE_WAITING;
    acc_timer_stop(&run->grace);
    if (run->waiting_since == 0) {
        run->waiting_since = now;
        run->interval = first_interval(run);
        tell_why(run);
        acc_run_state(run, "waiting");
    }
    int64_t left = run->waiting_since + run->options->wait_on_halt - now;
    acc_timer_start(&run->again, (uint64_t)(run->interval < left ? run->interval
                                            : left > 0           ? left
                                                                 : 0));
    run->interval = run->interval * 2 < INTERVAL_LAST_MS ? run->interval * 2 : INTERVAL_LAST_MS;
}

void acc_run_stop_waiting(struct acc_run *run)
{
    acc_timer_stop(&run->again);
    run->waiting_since = 0;
    /* What was parked is drawn again, and is then no longer parked. */
    run->parked = 0;
    run->bytes_parked = 0;
    run->lost = 0;
    run->lost_code = ACC_OK;
}
