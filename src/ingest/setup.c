/* What a run stands on: options checked, its ledger, the loop's handles and what they call. Opened
 * in the order of acc_ingest(), closed in reverse; the handles' memory lives until the loop is
 * released. */

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ingest/run.h"

#define TICK_MS 100
#define DELAY_MS 3000 /* what comes before the work says more of itself from then on */

/* ---- timers and signals ---- */

static void on_tick(struct acc_timer *timer)
{
    struct acc_run *run = ACC_CONTAINER_OF(timer, struct acc_run, handles.tick);
    bool compares = run->machine.phase == ACC_PHASE_COMPARING;
    /* Looking at every version of a large bag takes as long as some deliveries. */
    bool checks = run->machine.phase == ACC_PHASE_CHECKING;
    if (acc_run_is_sending(run) || compares || checks) {
        acc_samples_add(&run->samples, compares ? run->comparing.bytes : acc_run_bytes_new(run));
        acc_run_report_progress(run, ACC_EVENT_PROGRESS);
    } else if (acc_clock_now() - run->started >= DELAY_MS) {
        acc_run_report_progress(run, ACC_EVENT_DELAYED);
    }
    acc_timer_start(&run->handles.tick, TICK_MS);
}

static void on_stop(struct acc_stop *stop, int number)
{
    acc_run_interrupt(ACC_CONTAINER_OF(stop, struct acc_run, handles.stop), number);
}

/* The next run finds again what is in progress now. */
static void on_leave(struct acc_stop *stop)
{
    acc_ledger_place_leave(&ACC_CONTAINER_OF(stop, struct acc_run, handles.stop)->place);
}

static void on_ledger_wake(struct acc_wake *wake)
{
    struct acc_run *run = ACC_CONTAINER_OF(wake, struct acc_run, handles.ledger_wake);
    acc_ledger_deliver(run->ledger);
    acc_run_fill(run); /* drawing may have waited for the backlog to shrink */
}

static void wake_from_ledger(void *arg)
{
    acc_wake_send(arg);
}

/* ---- setting up ---- */

/* A dry run leaves no trace: it plans in a ledger of its own, and only reads what real runs know,
 * if there were any. */
static enum acc_code open_for_dry_run(struct acc_run *run, struct acc_error *err)
{
    struct acc_str known = {0};
    acc_ledger_where(run->options->ledger, &known);
    enum acc_code code = acc_ledger_open_if_there(acc_str_cstr(&known), &run->listing.ledger, err);
    acc_str_release(&known);
    return code == ACC_OK ? acc_ledger_place_find(&run->place, NULL, "dry-run", err) : code;
}

enum acc_code acc_run_open_ledger(struct acc_run *run, struct acc_error *err)
{
    enum acc_code code = run->options->dry_run
                             ? open_for_dry_run(run, err)
                             : acc_ledger_place_find(&run->place, run->options->ledger, NULL, err);
    return code == ACC_OK ? acc_ledger_place_open(&run->place, &run->ledger, err) : code;
}

enum acc_code acc_run_check_options(struct acc_run *run, struct acc_error *err)
{
    const struct acc_ingest_options *o = run->options;
    run->settings.jobs = o->jobs ? o->jobs : ACC_INGEST_JOBS;
    run->settings.part_size =
        acc_s3_part_size(0, o->part_size ? o->part_size : ACC_INGEST_PART_SIZE);
    run->settings.memory = o->memory ? o->memory : ACC_INGEST_MEMORY;
    if (acc_s3_checksum_option(o->object.checksum, &run->settings.checksum, err) != ACC_OK)
        return err->code;
    run->settings.checksum_auto = run->settings.checksum == ACC_S3_CHECKSUM_AUTO;
    if (o->unsigned_parts && run->settings.checksum != ACC_S3_CHECKSUM_CRC32C)
        return acc_error_set(err, ACC_USAGE,
                             "--part-checksum crc32c: parts that are not signed need --checksum "
                             "crc32c.");
    if (run->settings.part_size == 0)
        return acc_error_set(err, ACC_USAGE, "--part-size: S3 accepts parts of 5 MiB to 5 GiB.");
    return acc_ingest_check_memory(o, err);
}

void acc_run_start_handles(struct acc_run *run)
{
    acc_list_init(&run->sending.uploads);
    acc_wake_init(&run->loop, &run->handles.ledger_wake, on_ledger_wake);
    acc_timer_init(&run->loop, &run->handles.tick, on_tick);
    acc_stopping_init(run);
    acc_waiting_init(run);
    acc_rivals_init(run);
    acc_s3_probe_init(&run->probing.probe, &run->loop);
    acc_stop_watch(&run->loop, &run->handles.stop, on_stop, on_leave);
    run->tickets = acc_tickets_new(&run->loop, (size_t)run->settings.memory);
    acc_ledger_set_wake(run->ledger, wake_from_ledger, &run->handles.ledger_wake);
}

void acc_run_stop_handles(struct acc_run *run)
{
    acc_wake_close(&run->handles.ledger_wake, NULL);
    acc_timer_close(&run->handles.tick, NULL);
    acc_timer_close(&run->handles.grace, NULL);
    acc_timer_close(&run->waiting.timer, NULL);
    acc_s3_probe_close(&run->probing.probe);
    acc_claim_close(&run->rivals.claim);
    acc_stop_close(&run->handles.stop);
    acc_tickets_free(run->tickets);
}

/* A copy that lies within what it is a copy of would be copied by the next run. */
static enum acc_code check_apart(const struct acc_run *run, const char *destination,
                                 struct acc_error *err)
{
    const char *source = acc_str_cstr(&run->planning.place);
    bool same = strcmp(source, destination) == 0;
    if (!acc_starts_with(source, destination) && !acc_starts_with(destination, source))
        return ACC_OK;
    return acc_error_set(err, ACC_USAGE, "%s: %s. A copy belongs in another bucket.",
                         run->location.url,
                         same ? "is the source itself" : "and the source lie within one another");
}

enum acc_code acc_run_register(struct acc_run *run, struct acc_error *err)
{
    struct acc_str canonical = {0};
    bool replicates = run->options->replicate;
    acc_s3_canonical(run->s3, &canonical);
    if (replicates && check_apart(run, acc_str_cstr(&canonical), err) != ACC_OK) {
        acc_str_release(&canonical);
        return err->code;
    }
    struct acc_run_spec spec = {
        .kind = replicates ? "replicate" : "ingest",
        .source = replicates ? acc_str_cstr(&run->planning.place) : run->source.path,
        .destination = acc_str_cstr(&canonical),
        .url = run->location.url,
        .command = run->options->command ? run->options->command : "",
    };
    enum acc_code code = acc_ledger_run_begin(run->ledger, &spec, &run->id, run->name, err);
    run->run_begun = code == ACC_OK;
    acc_str_release(&canonical);
    return code;
}
