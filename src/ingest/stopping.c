/* STOPPING: whatever ends the run early, what is in progress comes to its end first.
 *
 * Happy path: nothing new begins, uploads are parked (what they sent is kept for the next run), and
 * after a time of grace what is still in progress is cancelled. Failure: nothing fails here. Close:
 * IDLE follows by itself. */
#include "base/mem.h"
#include "ingest/run.h"

/* How long requests in progress may take to end after a halt; after an interrupt, or a failure on
 * this side, of which the destination knows nothing; and how long what has begun since then. */
#define HALT_GRACE_MS 800
#define LEAVE_GRACE_MS 5000
#define AGAIN_GRACE_MS 500

static void park(struct acc_run *run, uint64_t grace_ms)
{
    acc_timer_start(&run->handles.grace, grace_ms);
    acc_s3_probe_cancel(&run->probing.probe);
    acc_run_park_all(run);
}

/* After these the run does not go on: what only looks is cancelled for good. */
static void leave(struct acc_run *run)
{
    run->facts.may_wait = false;
    atomic_store(&run->planning.stop, true);
    acc_source_stop(&run->source);
    acc_presence_cancel(&run->listing.presence);
    acc_run_quit_visit(run);
    acc_run_quit_comparing(run);
    acc_run_quit_glance(run);
    acc_orphans_cancel(&run->checking.orphans);
    acc_versions_cancel(&run->checking.versions);
    park(run, LEAVE_GRACE_MS);
}

void acc_run_stop_halted(struct acc_run *run)
{
    acc_run_state(run, "stopping");
    park(run, HALT_GRACE_MS);
}

void acc_run_stop_interrupted(struct acc_run *run)
{
    run->facts.wrong_bucket = false;
    leave(run);
}

void acc_run_stop_failed(struct acc_run *run)
{
    leave(run);
}

void acc_run_hurry(struct acc_run *run)
{
    park(run, AGAIN_GRACE_MS);
}

static void on_grace_over(struct acc_timer *timer)
{
    acc_run_post(ACC_CONTAINER_OF(timer, struct acc_run, handles.grace), ACC_RUN_ON_GRACE);
}

void acc_stopping_init(struct acc_run *run)
{
    acc_timer_init(&run->loop, &run->handles.grace, on_grace_over);
}
