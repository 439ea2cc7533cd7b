/* What --on-event gets once a day, when a day ends (UTC): the digest of accession status --since,
 * and what is due for verification.
 *
 * Happy path: at the end of a day a child makes the digest of the time since the last one. It is
 * sent as it is. Before it goes what is due: if more bags are due than the last digest had, or if
 * the last such event is a week old. The ledger keeps with each event that its day had it, so that
 * neither a kill nor a restart loses or repeats one; the end of a day without a watcher is made
 * up for by the next start.
 *
 * Failure: a digest that could not be made is logged, and tried again in an hour. Close: a child
 * that is parked has made none; the next start does. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "watch/watcher.h"

#define HOUR (INT64_C(3600) * 1000)
#define DAY (24 * HOUR)

static const char digest_event[] = "digest", due_event[] = "due";

/* When this folder last had it. A ledger that cannot be read now is asked again later. */
static bool last_of(struct acc_watcher *w, const char *event, struct acc_daily *daily)
{
    struct acc_error err;
    *daily = (struct acc_daily){0};
    memcpy(daily->event, event, strlen(event));
    if (acc_ledger_daily(w->place.ledger, w->place.folder, w->place.url, daily, &err) == ACC_OK)
        return true;
    ACC_WATCH_LOG(w, WARNING, "%s", err.message);
    return false;
}

/* A timer's clock stands still while the machine sleeps, hence the hour. */
static void wait_until(struct acc_watcher *w, int64_t time)
{
    int64_t left = time - acc_time_now();
    if (!w->ending.stopping)
        acc_timer_start(&w->daily.timer, (uint64_t)(left > HOUR ? HOUR : left > 0 ? left : 1));
}

static int64_t end_of_day(int64_t time)
{
    return (time / DAY + 1) * DAY;
}

/* ---- a day has ended ---- */

static bool is_time_to_remind(const struct acc_daily *last, const struct acc_daily *reminded,
                              uint64_t bags, int64_t now)
{
    bool today = reminded->at / DAY == now / DAY;
    return !today && bags > 0 && (bags > last->bags || now - reminded->at >= 7 * DAY);
}

/* False if the last events of a day cannot be looked up. */
static bool send_events(struct acc_watcher *w, json_t *digest)
{
    struct acc_daily last, reminded;
    int64_t now = acc_time_now();
    if (!last_of(w, digest_event, &last) || !last_of(w, due_event, &reminded))
        return false;
    uint64_t bags = (uint64_t)json_integer_value(json_object_get(digest, "due_bags"));
    if (is_time_to_remind(&last, &reminded, bags, now)) {
        reminded.at = now;
        reminded.bags = bags;
        acc_notice_due(w, digest, &reminded);
    }
    last.at = now;
    last.bags = bags;
    acc_notice_digest(w, digest, &last);
    wait_until(w, end_of_day(now));
    return true;
}

static void on_line(struct acc_child *child, const char *line, size_t len)
{
    struct acc_watcher *w = ACC_CONTAINER_OF(child, struct acc_work, child)->watcher;
    acc_str_clear(&w->daily.line);
    acc_str_add_n(&w->daily.line, line, len);
}

static void on_done(struct acc_child *child)
{
    struct acc_work *work = ACC_CONTAINER_OF(child, struct acc_work, child);
    struct acc_watcher *w = work->watcher;
    json_t *digest = json_loadb(acc_str_cstr(&w->daily.line), w->daily.line.len, 0, NULL);
    if (child->status == 0 && digest == NULL) /* a line beyond ACC_CHILD_LINE */
        digest = json_pack("{s:s}", "reason",
                           "too long for an event; accession status --since shows it");
    bool made = child->status == 0 && digest != NULL;
    if (!made && !w->ending.stopping)
        ACC_WATCH_LOG(w, WARNING, "the daily digest could not be made; accession tries again: %s",
                      acc_work_message(work));
    if (!made || !send_events(w, digest))
        wait_until(w, acc_time_now() + HOUR);
    json_decref(digest);
    acc_work_finish(work);
}

static void make(struct acc_watcher *w, int64_t since)
{
    struct acc_arguments arguments = {0};
    int64_t period = acc_time_now() - since;
    acc_str_clear(&w->daily.line);
    acc_arguments_digest(&arguments, &w->o, w->place.ledger_path, w->place.url,
                         (period > DAY ? period : DAY) / 1000);
    acc_work_start(w, NULL, &arguments, on_done)->child.on_line = on_line;
}

static void on_timer(struct acc_timer *timer)
{
    struct acc_watcher *w = ACC_CONTAINER_OF(timer, struct acc_watcher, daily.timer);
    struct acc_daily last;
    if (!last_of(w, digest_event, &last))
        wait_until(w, acc_time_now() + HOUR);
    else if (end_of_day(last.at) <= acc_time_now())
        make(w, last.at);
    else
        wait_until(w, end_of_day(last.at));
}

/* ---- the watcher ---- */

/* A folder's first day begins with its first watcher. */
enum acc_code acc_daily_check(struct acc_watcher *w, struct acc_error *err)
{
    struct acc_daily first = {.event = "digest"};
    if (w->o.on_event == NULL)
        return ACC_OK;
    enum acc_code code =
        acc_ledger_daily(w->place.ledger, w->place.folder, w->place.url, &first, err);
    if (code != ACC_OK || first.at > 0)
        return code;
    first.at = acc_time_now();
    return acc_ledger_put_daily(w->place.ledger, w->place.folder, w->place.url, &first, err);
}

void acc_daily_start(struct acc_watcher *w)
{
    acc_timer_init(&w->loop, &w->daily.timer, on_timer);
    if (w->o.on_event != NULL)
        acc_timer_start(&w->daily.timer, 0);
}

void acc_daily_stop(struct acc_watcher *w)
{
    acc_timer_close(&w->daily.timer, NULL);
    acc_str_release(&w->daily.line);
}
