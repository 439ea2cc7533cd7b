/* Everything the watcher says: log lines, events for --on-event, the service manager's status, the
 * files of metrics and health. None of it can hold up or fail the work: a failed write is reported
 * once on standard error and tried again with the next news. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "watch/watcher.h"

#define TELL_SOON_MS 500
#define TELL_EVERY_MS 15000
/* The reason that an arrival waits changes with every file; the same kind of reason is logged at
 * most once in this time. */
#define WAITING_EVERY_MS (10 * 60 * 1000)
#define REASONS_LOGGED 600 /* bytes */

/* ---- status and files ---- */

static void send_status(struct acc_watcher *w)
{
    const uint64_t *states = w->numbers.states;
    struct acc_str text = {0};
    if (w->stopping)
        acc_str_addf(&text, "STATUS=stopping; %u arrivals at work", w->running);
    else if (w->halt.halted)
        acc_str_addf(&text, "STATUS=halted: %s; %llu arrivals are queued",
                     acc_code_text(w->halt.code), (unsigned long long)states[ACC_ARRIVAL_READY]);
    else
        acc_str_addf(&text,
                     "STATUS=%u at work, %llu queued, %llu waiting to be complete; %llu "
                     "archived, %llu refused since the start",
                     w->running, (unsigned long long)states[ACC_ARRIVAL_READY],
                     (unsigned long long)states[ACC_ARRIVAL_WAITING],
                     (unsigned long long)w->numbers.arrivals_archived,
                     (unsigned long long)w->numbers.arrivals_rejected);
    acc_notify_send(&w->notify, text.data);
    acc_str_release(&text);
}

static void write_files_now(struct acc_watcher *w)
{
    if (w->o.metrics != NULL)
        acc_metrics_write(w->o.metrics, &w->metrics_text, &w->files_err);
    if (w->o.health != NULL)
        acc_metrics_write(w->o.health, &w->health_text, &w->files_err);
}

static void work_files(struct acc_job *job)
{
    write_files_now(ACC_CONTAINER_OF(job, struct acc_watcher, files_job));
}

static void render_files(struct acc_watcher *w)
{
    int64_t now = acc_clock_now();
    w->numbers.queue_age = 0;
    ACC_LIST_EACH (link, &w->queue) {
        int64_t age = now - ACC_CONTAINER_OF(link, struct acc_arrival, queue)->ready_since;
        w->numbers.queue_age = age > w->numbers.queue_age ? age : w->numbers.queue_age;
    }
    w->numbers.events_dropped = w->hook.dropped;
    acc_str_clear(&w->metrics_text);
    acc_str_clear(&w->health_text);
    acc_metrics_render(&w->metrics_text, &w->numbers, acc_time_now());
    acc_health_render(&w->health_text, &w->numbers, w->closed, acc_time_now());
    w->files_err = (struct acc_error){0};
}

static void files_written(struct acc_watcher *w)
{
    bool failed = w->files_err.code != ACC_OK;
    if (failed && !w->files_failed)
        ACC_TELL(w, WARNING, "%s", w->files_err.message);
    w->files_failed = failed;
}

static void on_files_written(struct acc_job *job)
{
    struct acc_watcher *w = ACC_CONTAINER_OF(job, struct acc_watcher, files_job);
    w->writing_files = false;
    files_written(w);
    acc_watcher_wake(w);
}

static void tell_now(struct acc_watcher *w)
{
    w->tell_waits = false;
    send_status(w);
    acc_timer_start(&w->tell_later, TELL_EVERY_MS);
    if ((w->o.metrics == NULL && w->o.health == NULL) || w->writing_files || w->stopping)
        return;
    render_files(w);
    w->writing_files = true;
    w->files_job = (struct acc_job){.work = work_files, .done = on_files_written};
    acc_job_start(&w->loop, &w->files_job);
}

static void on_tell_soon(struct acc_timer *timer)
{
    tell_now(ACC_CONTAINER_OF(timer, struct acc_watcher, tell_soon));
}

static void on_tell_later(struct acc_timer *timer)
{
    tell_now(ACC_CONTAINER_OF(timer, struct acc_watcher, tell_later));
}

static void on_watchdog(struct acc_timer *timer)
{
    struct acc_watcher *w = ACC_CONTAINER_OF(timer, struct acc_watcher, watchdog);
    acc_notify_send(&w->notify, "WATCHDOG=1");
    acc_timer_start(timer, w->notify.watchdog_ms);
}

void acc_tell(struct acc_watcher *w)
{
    if (w->tell_waits)
        return;
    w->tell_waits = true;
    acc_timer_start(&w->tell_soon, TELL_SOON_MS);
}

void acc_tell_start(struct acc_watcher *w)
{
    acc_timer_init(&w->loop, &w->tell_soon, on_tell_soon);
    acc_timer_init(&w->loop, &w->tell_later, on_tell_later);
    acc_timer_init(&w->loop, &w->watchdog, on_watchdog);
    if (w->notify.watchdog_ms > 0)
        acc_timer_start(&w->watchdog, w->notify.watchdog_ms);
    acc_tell(w);
}

void acc_tell_stop(struct acc_watcher *w)
{
    render_files(w);
    write_files_now(w);
    files_written(w);
    acc_timer_close(&w->tell_soon, NULL);
    acc_timer_close(&w->tell_later, NULL);
    acc_timer_close(&w->watchdog, NULL);
    acc_str_release(&w->metrics_text);
    acc_str_release(&w->health_text);
}

/* ---- events ---- */

/* Names need not be UTF-8, which JSON strings must be. */
static void put_text(json_t *object, const char *name, const char *text)
{
    struct acc_str shown = {0};
    if (*text != '\0') {
        acc_text_show(&shown, text, strlen(text));
        json_object_set_new(object, name, json_string(acc_str_cstr(&shown)));
    }
    acc_str_release(&shown);
}

static json_t *new_event(struct acc_watcher *w, const char *kind)
{
    char time[ACC_TIME_TEXT];
    json_t *object = json_object();
    put_text(object, "event", kind);
    put_text(object, "time", acc_time_rfc3339(acc_time_now(), time));
    put_text(object, "folder", w->folder);
    put_text(object, "destination", w->url);
    json_object_set_new(object, "queued",
                        json_integer((json_int_t)w->numbers.states[ACC_ARRIVAL_READY]));
    return object;
}

static void send_event(struct acc_watcher *w, json_t *event)
{
    char *text = json_dumps(event, JSON_COMPACT);
    struct acc_str line = {0};
    acc_str_addf(&line, "%s\n", text);
    free(text);
    json_decref(event);
    acc_hook_post(&w->hook, acc_str_detach(&line));
}

static void send_arrival(struct acc_arrival *a, const char *kind)
{
    json_t *event = new_event(a->watcher, kind);
    put_text(event, "arrival", a->name);
    put_text(event, "url", a->url);
    put_text(event, "run", acc_str_cstr(&a->verdict.run));
    put_text(event, "receipt", acc_str_cstr(&a->verdict.receipt));
    json_object_set_new(event, "files", json_integer((json_int_t)a->verdict.files));
    if (a->verdict.code != ACC_OK) {
        put_text(event, "code", acc_code_name(a->verdict.code));
        put_text(event, "reason", acc_str_cstr(&a->verdict.message));
        json_object_set_new(event, "refused", json_integer((json_int_t)a->verdict.refused));
    }
    send_event(a->watcher, event);
}

static void send_stalled(struct acc_arrival *a, const struct acc_error *reason)
{
    json_t *event = new_event(a->watcher, "stalled");
    put_text(event, "arrival", a->name);
    put_text(event, "url", a->url);
    put_text(event, "code", acc_code_name(reason->code));
    put_text(event, "reason", reason->message);
    send_event(a->watcher, event);
}

/* ---- what happens ---- */

void acc_tell_waiting(struct acc_arrival *a, const struct acc_error *reason)
{
    const char *why = reason->message;
    struct acc_watcher *w = a->watcher;
    int64_t now = acc_clock_now();
    char time[32];
    bool stale = !a->warned && now - a->waiting_since >= w->rules.stale;
    bool other = a->told != NULL && strcmp(a->told, why) != 0;
    bool news = a->told == NULL ||
                (other && (a->told_code != reason->code || now - a->told_at >= WAITING_EVERY_MS));
    if (!stale && !news)
        return;
    if (stale) {
        ACC_TELL(w, WARNING, "%s: has not been complete for %s: %s", a->name,
                 acc_show_duration(now - a->waiting_since, time), why);
        send_stalled(a, reason);
    } else {
        ACC_TELL(w, INFO, "%s: waiting: %s", a->name, why);
    }
    a->warned = a->warned || stale;
    a->told_at = now;
    a->told_code = reason->code;
    free(a->told);
    a->told = acc_strdup(why);
}

void acc_tell_archived(struct acc_arrival *a)
{
    char size[32];
    ACC_TELL(a->watcher, NOTICE, "%s: archived and verified, %llu files, %s, run %s", a->name,
             (unsigned long long)a->verdict.files, acc_show_bytes((double)a->verdict.bytes, size),
             acc_str_cstr(&a->verdict.run));
    send_arrival(a, "archived");
}

/* The paragraphs of WHY.txt on one line. */
static void flatten(const struct acc_str *text, struct acc_str *line)
{
    for (const char *c = acc_str_cstr(text); *c && line->len < REASONS_LOGGED; c++)
        if (*c != ' ' && *c != '\n')
            acc_str_add_c(line, *c);
        else if (line->len > 0 && line->data[line->len - 1] != ' ')
            acc_str_add_c(line, ' ');
}

void acc_tell_rejected(struct acc_arrival *a)
{
    struct acc_str reasons = {0};
    flatten(&a->verdict.reasons, &reasons);
    ACC_TELL(a->watcher, WARNING, "%s: refused: %s%s%s", a->name, acc_str_cstr(&a->verdict.message),
             reasons.len > 0 ? ": " : "", acc_str_cstr(&reasons));
    acc_str_release(&reasons);
    send_arrival(a, "rejected");
}

void acc_tell_halt(struct acc_watcher *w, bool halted, const char *why)
{
    json_t *event = new_event(w, halted ? "halted" : "resumed");
    char time[32];
    bool ended = acc_ends_with(why, "?") || acc_ends_with(why, ".");
    if (halted)
        ACC_TELL(w, ERROR,
                 "halted: %s%s Nothing is lost; arrivals are queued, and it goes on by itself", why,
                 ended ? "" : ".");
    else
        ACC_TELL(w, NOTICE, "resumed after %s: %s",
                 acc_show_duration(acc_clock_now() - w->halt.since, time), why);
    put_text(event, "code", acc_code_name(halted ? w->halt.code : ACC_OK));
    put_text(event, "reason", why);
    send_event(w, event);
    acc_tell(w);
}

/* ---- WHY.txt and RECEIPT.txt ---- */

static void add_shown(struct acc_str *out, const char *before, const char *path)
{
    acc_str_add(out, before);
    acc_path_show(out, path, strlen(path));
    acc_str_add(out, "\n");
}

static void add_refusal(const struct acc_arrival *a, struct acc_str *out)
{
    add_shown(out, "\nWhy\n  ", acc_str_cstr(&a->verdict.message));
    if (a->verdict.reasons.len > 0)
        acc_str_addf(out, "\n%s", a->verdict.reasons.data);
    if (a->verdict.refused > ACC_RESULT_REASONS)
        acc_str_addf(out, "  and %llu more; the receipt lists all of them\n",
                     (unsigned long long)(a->verdict.refused - ACC_RESULT_REASONS));
    add_shown(out,
              "\nWhat to do\n"
              "  None of the files named above is visible in the bucket. Files that are not named\n"
              "  may be archived already, and are safe. Correct the delivery, or make it again,\n"
              "  and put it into the drop folder under the same name:\n    ",
              a->path);
    acc_str_add(out, "  accession then sends only what is missing.\n");
}

/* Says no more than the run's summary does. */
static void add_success(const struct acc_arrival *a, struct acc_str *out)
{
    unsigned long long files = a->verdict.files, sent = a->verdict.sent,
                       already = a->verdict.already;
    if (files > 0 && sent + already == files)
        acc_str_addf(
            out,
            "\nAll %llu files that its manifests name are in the bucket. Each was compared "
            "with its manifest:\n"
            "  %llu before they became visible, in this run\n"
            "  %llu found in the bucket, as an earlier run left them\n",
            files, sent, already);
    else
        acc_str_add(out, "\nIts run ended without an error. The receipt says for each file how its "
                         "content is known.\n");
}

void acc_tell_why(const struct acc_arrival *a, struct acc_str *out)
{
    char time[ACC_TIME_TEXT];
    bool archived = a->verdict.code == ACC_OK;
    acc_time_show(acc_time_now(), time);
    acc_path_show(out, a->name, strlen(a->name));
    acc_str_addf(out, " was %s on %s UTC.\n", archived ? "archived" : "refused", time);
    if (archived)
        add_success(a, out);
    else
        add_refusal(a, out);
    add_shown(out, "\nWhere  ", a->url);
    if (a->verdict.run.len > 0)
        acc_str_addf(out, "Run    %s (accession report shows it)\n", a->verdict.run.data);
    if (a->verdict.receipt.len > 0)
        acc_str_add(out, "Proof  receipt.json, beside this file\n");
}
