/* What the watcher reports: log lines, and events for --on-event. Nothing here holds up or fails
 * the work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "watch/watcher.h"

/* The reason that an arrival waits changes with every file; the same kind of reason is logged at
 * most once in this time. */
#define WAITING_EVERY_MS (10 * 60 * 1000)
#define REASONS_LOGGED 600 /* bytes */

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

/* Of this event alone, wherever it happens: receivers know a repeat by it. */
static void put_id(json_t *object, int64_t now)
{
    uint64_t random;
    char time[ACC_TIME_TEXT], id[64];
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = acc_clock_us();
    snprintf(id, sizeof id, "%s-%016llx", acc_time_amz(now, time), (unsigned long long)random);
    put_text(object, "id", id);
}

static json_t *new_event(struct acc_watcher *w, const char *kind)
{
    char time[ACC_TIME_TEXT];
    json_t *object = json_object();
    put_id(object, acc_time_now());
    put_text(object, "event", kind);
    put_text(object, "time", acc_time_rfc3339(acc_time_now(), time));
    put_text(object, "folder", w->place.folder);
    put_text(object, "destination", w->place.url);
    json_object_set_new(object, "queued",
                        json_integer((json_int_t)w->notices.numbers.states[ACC_ARRIVAL_READY]));
    return object;
}

/* `daily` is NULL for what happens at any time. */
static void send_event(struct acc_watcher *w, json_t *event, const struct acc_daily *daily)
{
    char *text = json_dumps(event, JSON_COMPACT);
    struct acc_str line = {0};
    char *id = acc_strdup(json_string_value(json_object_get(event, "id")));
    acc_str_addf(&line, "%s\n", text);
    free(text);
    json_decref(event);
    struct acc_hook_event posted = {.id = id, .json = acc_str_detach(&line)};
    if (daily != NULL)
        posted.daily = *daily;
    acc_hook_post(&w->notices.hook, posted);
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
    send_event(a->watcher, event, NULL);
}

static void send_stalled(struct acc_arrival *a, const struct acc_error *reason)
{
    json_t *event = new_event(a->watcher, "stalled");
    put_text(event, "arrival", a->name);
    put_text(event, "url", a->url);
    put_text(event, "code", acc_code_name(reason->code));
    put_text(event, "reason", reason->message);
    send_event(a->watcher, event, NULL);
}

/* ---- what happens ---- */

void acc_notice_waiting(struct acc_arrival *a, const struct acc_error *reason)
{
    const char *why = reason->message;
    struct acc_watcher *w = a->watcher;
    int64_t now = acc_clock_now();
    char time[32];
    bool stale = !a->reported.stale && now - a->waiting_since >= w->looks.rules.stale;
    bool other = a->reported.reason != NULL && strcmp(a->reported.reason, why) != 0;
    bool news =
        a->reported.reason == NULL ||
        (other && (a->reported.code != reason->code || now - a->reported.at >= WAITING_EVERY_MS));
    if (!stale && !news)
        return;
    if (stale) {
        ACC_WATCH_LOG(w, WARNING, "%s: has not been complete for %s: %s", a->name,
                      acc_show_duration(now - a->waiting_since, time), why);
        send_stalled(a, reason);
    } else {
        ACC_WATCH_LOG(w, INFO, "%s: waiting: %s", a->name, why);
    }
    a->reported.stale = a->reported.stale || stale;
    a->reported.at = now;
    a->reported.code = reason->code;
    free(a->reported.reason);
    a->reported.reason = acc_strdup(why);
}

void acc_notice_archived(struct acc_arrival *a)
{
    char size[32], files[40];
    ACC_WATCH_LOG(a->watcher, NOTICE, "%s: archived and verified, %s, %s, run %s", a->name,
                  acc_show_files(a->verdict.files, files),
                  acc_show_bytes((double)a->verdict.bytes, size), acc_str_cstr(&a->verdict.run));
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

void acc_notice_rejected(struct acc_arrival *a)
{
    struct acc_str reasons = {0};
    flatten(&a->verdict.reasons, &reasons);
    ACC_WATCH_LOG(a->watcher, WARNING, "%s: refused: %s%s%s", a->name,
                  acc_str_cstr(&a->verdict.message), reasons.len > 0 ? ": " : "",
                  acc_str_cstr(&reasons));
    acc_str_release(&reasons);
    send_arrival(a, "rejected");
}

void acc_notice_halt(struct acc_watcher *w, bool halted, const char *why)
{
    json_t *event = new_event(w, halted ? "halted" : "resumed");
    char time[32];
    bool ended = acc_ends_with(why, "?") || acc_ends_with(why, ".");
    if (halted)
        ACC_WATCH_LOG(w, ERROR,
                      "halted: %s%s Nothing is lost; arrivals are queued, and accession resumes "
                      "automatically",
                      why, ended ? "" : ".");
    else
        ACC_WATCH_LOG(w, NOTICE, "resumed after %s: %s",
                      acc_show_duration(acc_clock_now() - w->halt.since, time), why);
    put_text(event, "code", acc_code_name(halted ? w->halt.code : ACC_OK));
    put_text(event, "reason", why);
    send_event(w, event, NULL);
    acc_status_changed(w);
}

/* The bags that are due, as the digest has them. */
void acc_notice_due(struct acc_watcher *w, const json_t *digest, const struct acc_daily *daily)
{
    static const char *const taken[] = {"due_bags", "due_files", "due", NULL};
    json_t *event = new_event(w, daily->event);
    json_object_set_new(event, "due_after", json_integer((json_int_t)w->o.due_days));
    for (size_t i = 0; taken[i] != NULL; i++)
        json_object_set(event, taken[i], json_object_get(digest, taken[i]));
    ACC_WATCH_LOG(w, NOTICE, "%llu bags are due for verification", (unsigned long long)daily->bags);
    send_event(w, event, daily);
}

void acc_notice_digest(struct acc_watcher *w, json_t *digest, const struct acc_daily *daily)
{
    json_t *event = new_event(w, daily->event);
    json_object_set(event, "digest", digest);
    send_event(w, event, daily);
}
