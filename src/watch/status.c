/* The service manager's status, and the files of metrics and health.
 *
 * Happy path: a change makes them due; a moment later the status is sent, and a job writes the
 * files. They are written every few seconds even if nothing changes. Failure: none holds up or
 * fails the work; a file that cannot be written is logged once, and is tried again with the next
 * change. Close: the files are written a last time. */
#include "base/clock.h"
#include "base/mem.h"
#include "watch/watcher.h"

#define STATUS_SOON_MS 500
#define STATUS_EVERY_MS 15000

static void send_status(struct acc_watcher *w)
{
    const uint64_t *states = w->notices.numbers.states;
    struct acc_str text = {0};
    if (w->ending.stopping)
        acc_str_addf(&text, "STATUS=stopping; %u arrivals in progress", w->work.running);
    else if (w->halt.halted)
        acc_str_addf(&text, "STATUS=halted: %s; %llu arrivals are queued",
                     acc_code_text(w->halt.code), (unsigned long long)states[ACC_ARRIVAL_READY]);
    else
        acc_str_addf(&text,
                     "STATUS=%u in progress, %llu queued, %llu waiting to be complete; %llu "
                     "archived, %llu refused since the start",
                     w->work.running, (unsigned long long)states[ACC_ARRIVAL_READY],
                     (unsigned long long)states[ACC_ARRIVAL_WAITING],
                     (unsigned long long)w->notices.numbers.arrivals_archived,
                     (unsigned long long)w->notices.numbers.arrivals_rejected);
    acc_notify_send(&w->notices.notify, text.data);
    acc_str_release(&text);
}

static void write_files_now(struct acc_watcher *w)
{
    if (w->o.metrics != NULL)
        acc_metrics_write(w->o.metrics, &w->notices.metrics, &w->notices.err);
    if (w->o.health != NULL)
        acc_metrics_write(w->o.health, &w->notices.health, &w->notices.err);
}

static void work_files(struct acc_job *job)
{
    write_files_now(ACC_CONTAINER_OF(job, struct acc_watcher, notices.job));
}

static void render_files(struct acc_watcher *w)
{
    int64_t now = acc_clock_now();
    w->notices.numbers.queue_age = 0;
    ACC_LIST_EACH (link, &w->work.queue) {
        int64_t age = now - ACC_CONTAINER_OF(link, struct acc_arrival, queue)->ready_since;
        w->notices.numbers.queue_age =
            age > w->notices.numbers.queue_age ? age : w->notices.numbers.queue_age;
    }
    w->notices.numbers.events_dropped = w->notices.hook.dropped;
    acc_str_clear(&w->notices.metrics);
    acc_str_clear(&w->notices.health);
    acc_metrics_render(&w->notices.metrics, &w->notices.numbers, acc_time_now());
    acc_health_render(&w->notices.health, &w->notices.numbers, w->ending.closed, acc_time_now());
    w->notices.err = (struct acc_error){0};
}

static void files_written(struct acc_watcher *w)
{
    bool failed = w->notices.err.code != ACC_OK;
    if (failed && !w->notices.failed)
        ACC_WATCH_LOG(w, WARNING, "%s", w->notices.err.message);
    w->notices.failed = failed;
}

static void on_files_written(struct acc_job *job)
{
    struct acc_watcher *w = ACC_CONTAINER_OF(job, struct acc_watcher, notices.job);
    w->notices.writing = false;
    files_written(w);
    acc_watcher_wake(w);
}

static void publish(struct acc_watcher *w)
{
    w->notices.due = false;
    send_status(w);
    acc_timer_start(&w->notices.later, STATUS_EVERY_MS);
    if ((w->o.metrics == NULL && w->o.health == NULL) || w->notices.writing || w->ending.stopping)
        return;
    render_files(w);
    w->notices.writing = true;
    w->notices.job = (struct acc_job){.work = work_files, .done = on_files_written};
    acc_job_start(&w->loop, &w->notices.job);
}

static void on_soon(struct acc_timer *timer)
{
    publish(ACC_CONTAINER_OF(timer, struct acc_watcher, notices.soon));
}

static void on_later(struct acc_timer *timer)
{
    publish(ACC_CONTAINER_OF(timer, struct acc_watcher, notices.later));
}

static void on_watchdog(struct acc_timer *timer)
{
    struct acc_watcher *w = ACC_CONTAINER_OF(timer, struct acc_watcher, notices.watchdog);
    acc_notify_send(&w->notices.notify, "WATCHDOG=1");
    acc_timer_start(timer, w->notices.notify.watchdog_ms);
}

void acc_status_changed(struct acc_watcher *w)
{
    if (w->notices.due)
        return;
    w->notices.due = true;
    acc_timer_start(&w->notices.soon, STATUS_SOON_MS);
}

void acc_status_start(struct acc_watcher *w)
{
    acc_timer_init(&w->loop, &w->notices.soon, on_soon);
    acc_timer_init(&w->loop, &w->notices.later, on_later);
    acc_timer_init(&w->loop, &w->notices.watchdog, on_watchdog);
    if (w->notices.notify.watchdog_ms > 0)
        acc_timer_start(&w->notices.watchdog, w->notices.notify.watchdog_ms);
    acc_status_changed(w);
}

void acc_status_stop(struct acc_watcher *w)
{
    render_files(w);
    write_files_now(w);
    files_written(w);
    acc_timer_close(&w->notices.soon, NULL);
    acc_timer_close(&w->notices.later, NULL);
    acc_timer_close(&w->notices.watchdog, NULL);
    acc_str_release(&w->notices.metrics);
    acc_str_release(&w->notices.health);
}
