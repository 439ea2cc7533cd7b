/* WAITING out a halt (--on-halt wait).
 *
 * Happy path: the uploads are parked and the claim is given back as for the end of the run, but the
 * run stays. It asks again after 30 seconds (sooner if it may not wait for long), then at longer
 * intervals, up to 15 minutes, and continues where it was. Credentials are looked for again each
 * time, so a corrected file is used without a restart. Failure: only what can pass by itself, or
 * what an administrator can fix, is waited for; a wrong bucket name is not. Close: an interrupt
 * ends the wait, and the run. */
#include "base/clock.h"
#include "base/mem.h"
#include "ingest/run.h"

#define INTERVAL_FIRST_MS 30000
#define INTERVAL_LAST_MS 900000
/* However short the wait, the bucket is asked several times. */
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
    return run->waiting.since == 0 ||
           acc_clock_now() - run->waiting.since < run->options->wait_on_halt;
}

static void on_again(struct acc_timer *timer)
{
    struct acc_run *run = ACC_CONTAINER_OF(timer, struct acc_run, waiting.timer);
    run->halted = run->summary->halted = false; /* the next probe decides */
    acc_s3_renew_credentials(run->s3);
    acc_run_post(run, ACC_RUN_ON_AGAIN);
}

void acc_waiting_init(struct acc_run *run)
{
    acc_timer_init(&run->loop, &run->waiting.timer, on_again);
}

static void explain_wait(struct acc_run *run)
{
    const struct acc_halt *halt = &run->summary->halt;
    struct acc_str text = {0};
    char time[32];
    acc_str_addf(&text, "%s: %s", run->location.url, acc_code_text(halt->code));
    if (halt->status != 0)
        acc_str_addf(&text, " (%s: %d %s)", halt->operation, halt->status, halt->s3_code);
    acc_str_addf(&text,
                 ". Nothing is lost. Trying again at intervals, for at most %s. After Ctrl-C, the "
                 "same command continues.",
                 acc_show_duration(run->options->wait_on_halt, time));
    acc_run_note(run, halt->code, acc_str_cstr(&text));
    acc_str_release(&text);
}

static int64_t first_interval(const struct acc_run *run)
{
    int64_t share = run->options->wait_on_halt / INTERVALS_LEAST;
    return share < INTERVAL_FIRST_MS ? share : INTERVAL_FIRST_MS;
}

static uint64_t next_interval(struct acc_run *run)
{
    int64_t left = run->waiting.since + run->options->wait_on_halt - acc_clock_now();
    int64_t interval = run->waiting.interval < left ? run->waiting.interval : left > 0 ? left : 0;
    run->waiting.interval =
        run->waiting.interval * 2 < INTERVAL_LAST_MS ? run->waiting.interval * 2 : INTERVAL_LAST_MS;
    return (uint64_t)interval;
}

void acc_run_wait(struct acc_run *run)
{
    run->facts.may_wait = false; /* the next halt decides */
    if (run->waiting.since == 0) {
        run->waiting.since = acc_clock_now();
        run->waiting.interval = first_interval(run);
        explain_wait(run);
        acc_run_state(run, "waiting");
    }
    acc_timer_start(&run->waiting.timer, next_interval(run));
}

void acc_run_stop_waiting(struct acc_run *run)
{
    acc_timer_stop(&run->waiting.timer);
    run->waiting.since = 0;
    /* What was parked is drawn again, and is then no longer parked. */
    run->counts.parked = 0;
    run->counts.bytes_parked = 0;
    run->suspicion.lost = 0;
    run->suspicion.lost_code = ACC_OK;
}

void acc_run_forget_wait(struct acc_run *run)
{
    run->facts.may_wait = false;
    run->halted = run->summary->halted = false;
    acc_run_stop_waiting(run);
}
