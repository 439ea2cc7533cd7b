/* Happy path: an event is kept by a job, then the first one that is due is sent to a child of
 * /bin/sh, whose output goes to our standard error; it ends with 0, and a job forgets it.
 *
 * Failure: a failed command is reported, and the event is sent again later, for a day. An event
 * that the ledger could not keep (its disk may be what the event is about) is sent once. If the end
 * of one could not be recorded, that is tried again before anything else is sent. Close: what is in
 * the ledger stays for the next start. */
#include "watch/outside/hook.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#define LIMIT_MS 30000
#define MINUTE INT64_C(60000)
#define LONGEST (60 * MINUTE)
#define GIVEN_UP (24 * 60 * MINUTE)

static void step(struct acc_hook *hook);

static void forget(struct acc_hook_event *event)
{
    free(event->id);
    free(event->json);
}

/* ---- the ledger ---- */

static void work(struct acc_job *job)
{
    struct acc_hook *h = ACC_CONTAINER_OF(job, struct acc_hook, job);
    struct acc_error *err = &h->job_only.err;
    enum acc_code code = ACC_OK;
    if (h->job_only.id != NULL)
        code = h->job_only.next > 0
                   ? acc_ledger_postpone_notice(h->ledger, h->job_only.id, h->job_only.next, err)
                   : acc_ledger_drop_notice(h->ledger, h->job_only.id, err);
    h->job_only.failed = code != ACC_OK;
    for (unsigned i = 0; i < h->job_only.count; i++) {
        const struct acc_hook_event *event = &h->job_only.events[i];
        const struct acc_daily *daily = event->daily.event[0] != '\0' ? &event->daily : NULL;
        h->job_only.kept[i] = acc_ledger_put_notice(h->ledger, h->folder, h->destination, event->id,
                                                    event->json, daily, err) == ACC_OK;
    }
}

static void send_once(struct acc_hook *h, struct acc_hook_event *event)
{
    if (h->unkept_count < ACC_HOOK_QUEUE) {
        h->unkept[h->unkept_count++] = *event;
        return;
    }
    h->dropped++;
    forget(event);
}

static void on_written(struct acc_job *job)
{
    struct acc_hook *h = ACC_CONTAINER_OF(job, struct acc_hook, job);
    bool failed = h->job_only.failed;
    h->writing = false;
    for (unsigned i = 0; i < h->job_only.count; i++) {
        failed = failed || !h->job_only.kept[i];
        if (h->job_only.kept[i])
            forget(&h->job_only.events[i]);
        else
            send_once(h, &h->job_only.events[i]);
    }
    if (failed)
        h->on_trouble(h, h->job_only.err.message);
    /* Nothing is sent before this is recorded. */
    bool again = h->job_only.failed && !h->stopped;
    if (again) {
        h->sent_id = h->job_only.id;
        h->sent_next = h->job_only.next;
        acc_timer_start(&h->wake, MINUTE);
    } else {
        free(h->job_only.id);
    }
    h->job_only.id = NULL;
    h->job_only.count = 0;
    if (!again) /* whatever came meanwhile: events, or the end of a command */
        step(h);
}

static void start_writing(struct acc_hook *h)
{
    memcpy(h->job_only.events, h->queue, h->count * sizeof h->queue[0]);
    h->job_only.count = h->count;
    h->job_only.id = h->sent_id;
    h->job_only.next = h->sent_next;
    h->count = 0;
    h->sent_id = NULL;
    h->writing = true;
    h->job.work = work;
    h->job.done = on_written;
    acc_job_start(h->loop, &h->job);
}

/* ---- the command ---- */

static void start_child(struct acc_hook *h)
{
    const char *const argv[] = {"sh", "-c", h->command, NULL};
    h->ended = false;
    h->running = true;
    acc_timer_start(&h->limit, LIMIT_MS);
    acc_child_start(h->loop, &h->child, "/bin/sh", argv, h->now.json);
}

/* True when one was started. */
static bool send_next(struct acc_hook *h)
{
    struct acc_error err;
    bool found = false;
    int64_t now = acc_time_now();
    acc_notice_release(&h->now);
    if (h->unkept_count > 0) {
        h->now.json = h->unkept[0].json;
        free(h->unkept[0].id);
        memmove(h->unkept, h->unkept + 1, --h->unkept_count * sizeof h->unkept[0]);
        start_child(h);
        return true;
    }
    if (acc_ledger_next_notice(h->ledger, h->folder, h->destination, &h->now, &found, &err) !=
        ACC_OK) {
        h->on_trouble(h, err.message);
        acc_timer_start(&h->wake, MINUTE);
        return false;
    }
    if (found && h->now.next <= now) {
        start_child(h);
        return true;
    }
    if (found)
        acc_timer_start(&h->wake,
                        (uint64_t)(h->now.next - now < LONGEST ? h->now.next - now : LONGEST));
    acc_notice_release(&h->now);
    return false;
}

static void on_limit(struct acc_timer *timer)
{
    struct acc_hook *h = ACC_CONTAINER_OF(timer, struct acc_hook, limit);
    h->ended = true;
    acc_child_kill(&h->child, SIGKILL);
}

static void on_wake(struct acc_timer *timer)
{
    step(ACC_CONTAINER_OF(timer, struct acc_hook, wake));
}

static void describe(const struct acc_hook *h, const struct acc_child *child, struct acc_str *text)
{
    if (h->ended)
        acc_str_addf(text, "took longer than %d s and was ended", LIMIT_MS / 1000);
    else if (child->status < 0 && child->signal == 0)
        acc_str_add(text, child->tail);
    else
        acc_str_addf(text, "ended with %s %d", child->signal ? "signal" : "status",
                     child->signal ? child->signal : child->status);
}

/* When it is to be sent again, with what is said of it; 0: no more. */
static int64_t judge(struct acc_hook *h, const struct acc_child *child)
{
    struct acc_str text = {0};
    char wait[32];
    int64_t now = acc_time_now(), doubled = MINUTE << (h->now.tries < 6 ? h->now.tries : 6);
    int64_t interval = doubled < LONGEST ? doubled : LONGEST, next = 0;
    if (child->status == 0)
        return 0;
    describe(h, child, &text);
    if (h->now.id != NULL && now - h->now.made < GIVEN_UP) {
        next = now + interval;
        acc_str_addf(&text, "; the event is sent again in %s", acc_show_duration(interval, wait));
    } else if (h->now.id != NULL) {
        acc_str_add(&text, "; the event is a day old and is given up");
        h->dropped++;
    }
    if (!h->stopped)
        h->on_trouble(h, acc_str_cstr(&text));
    acc_str_release(&text);
    return next;
}

static void on_done(struct acc_child *child)
{
    struct acc_hook *h = ACC_CONTAINER_OF(child, struct acc_hook, child);
    acc_timer_stop(&h->limit);
    h->running = false;
    h->sent_next = judge(h, child);
    h->sent_id = h->now.id;
    h->now.id = NULL;
    step(h);
}

/* ---- what comes next ---- */

static void step(struct acc_hook *h)
{
    if (h->command == NULL || h->writing)
        return;
    if (h->count > 0 || h->sent_id != NULL)
        start_writing(h);
    else if (!h->running && !h->stopped && send_next(h))
        return;
    if (acc_hook_idle(h))
        h->on_idle(h);
}

void acc_hook_init(struct acc_hook *h)
{
    h->child.on_done = on_done;
    h->child.own_group = true;
    h->child.foreign = true;
    acc_timer_init(h->loop, &h->limit, on_limit);
    acc_timer_init(h->loop, &h->wake, on_wake);
    acc_timer_start(&h->wake, 0); /* what an earlier watcher left */
}

void acc_hook_post(struct acc_hook *h, struct acc_hook_event event)
{
    if (h->command == NULL) {
        forget(&event);
        return;
    }
    if (h->count == ACC_HOOK_QUEUE) {
        forget(&h->queue[0]);
        memmove(h->queue, h->queue + 1, --h->count * sizeof h->queue[0]);
        if (h->dropped++ == 0)
            h->on_trouble(h, "is too slow: events are being dropped");
    }
    h->queue[h->count++] = event;
    step(h);
}

bool acc_hook_idle(const struct acc_hook *h)
{
    return !h->running && !h->writing && h->count == 0 &&
           (h->stopped || (h->unkept_count == 0 && h->sent_id == NULL));
}

void acc_hook_stop(struct acc_hook *h)
{
    h->stopped = true;
    h->ended = true;
    if (acc_hook_idle(h))
        h->on_idle(h);
    else
        acc_child_kill(&h->child, SIGKILL);
}

void acc_hook_close(struct acc_hook *h)
{
    for (unsigned i = 0; i < h->unkept_count; i++)
        forget(&h->unkept[i]);
    h->unkept_count = 0;
    free(h->sent_id);
    h->sent_id = NULL;
    acc_notice_release(&h->now);
    acc_timer_close(&h->limit, NULL);
    acc_timer_close(&h->wake, NULL);
}
