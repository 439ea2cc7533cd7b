/* Looking at arrivals, and giving them places. Looks are rationed: two concurrently, each arrival
 * again after a quarter of the time it has been still. So a delivery in progress is followed
 * closely, and one that has been there for a week costs nothing. The end of a look is an event of
 * its arrival; a look that fails says what it found, and is repeated. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/trace.h"
#include "watch/watcher.h"

#define LOOKS_MAX 2
/* Longest between looks: at what may be completed or corrected, and at what is archived. */
#define LOOK_MAX_MS (60 * 1000)
#define LOOK_KEPT_MAX_MS (6 * 3600 * 1000)
#define LOOK_MIN_MS 500

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* The ledger's verdict counts only for the very folder that was judged. An arrival that stays where
 * it is (keep) may have been touched by a backup. Before it is moved, deleted or refused again, it
 * must be the same file for file. */
static bool is_on_record(const struct acc_arrival *a, enum acc_arrival_mark mark)
{
    bool content = a->on_record.mark == mark && a->on_record.content == a->sight.content;
    bool lenient = mark == ACC_MARK_ARCHIVED && a->watcher->o.after == ACC_AFTER_KEEP;
    return content && (lenient || a->on_record.touched == a->sight.touched);
}

static enum acc_arrival_event event_of(struct acc_arrival *a, const struct acc_look *look)
{
    if (look->verdict == ACC_LOOK_GONE)
        return ACC_ARRIVAL_ON_VANISHED;
    if (is_on_record(a, ACC_MARK_ARCHIVED))
        return ACC_ARRIVAL_ON_LOOKED_ARCHIVED;
    if (is_on_record(a, ACC_MARK_REJECTED))
        return ACC_ARRIVAL_ON_LOOKED_REJECTED;
    if (is_on_record(a, ACC_MARK_KEPT))
        return ACC_ARRIVAL_ON_LOOKED_KEPT;
    switch (look->verdict) {
    case ACC_LOOK_UNFIT:
        return ACC_ARRIVAL_ON_LOOKED_UNFIT;
    case ACC_LOOK_READY:
        return ACC_ARRIVAL_ON_LOOKED_READY;
    default:
        return ACC_ARRIVAL_ON_LOOKED_UNREADY;
    }
}

static void schedule_next_look(struct acc_arrival *a)
{
    const struct acc_look_rules *rules = &a->watcher->looks.rules;
    int64_t now = acc_clock_now(), observed = now - a->changed_at;
    int64_t still = acc_ready_still(rules, &a->sight, observed, acc_time_now());
    int64_t missing = acc_ready_quiet(rules, a->sight.bytes) - still;
    int64_t longest = a->state == ACC_ARRIVAL_KEPT ? LOOK_KEPT_MAX_MS : LOOK_MAX_MS;
    int64_t wait = clamp(observed / 4, LOOK_MIN_MS, longest);
    if (missing > 0 && rules->ready != ACC_READY_MARKER)
        wait = clamp(missing + 20, LOOK_MIN_MS, longest);
    acc_arrival_look_at(a, now + wait);
}

/* This look judged it: a restart found it judged already, or its name cannot be a key. */
static void adopt_verdict(struct acc_arrival *a, enum acc_arrival_event event,
                          const struct acc_look *look)
{
    if (event == ACC_ARRIVAL_ON_LOOKED_READY || event == ACC_ARRIVAL_ON_LOOKED_UNREADY)
        return;
    a->verdict.sight = a->sight;
    if (event == ACC_ARRIVAL_ON_LOOKED_UNFIT) {
        a->verdict.code = ACC_FILE_KEY;
        acc_str_set(&a->verdict.message, look->why.message);
    }
}

static void on_looked(struct acc_look *look)
{
    struct acc_arrival *a = look->arg;
    struct acc_watcher *w = a->watcher;
    int64_t now = acc_clock_now();
    w->looks.in_progress--;
    w->notices.numbers.looks++;
    a->look = NULL;
    if (a->gone) {
        acc_arrival_forget(a);
    } else if (!w->ending.stopping) {
        if (a->looked && !acc_sight_same(&a->sight, &look->sight))
            a->changed_at = now;
        a->looked = look->verdict != ACC_LOOK_GONE;
        a->looked_at = now;
        a->sight = look->sight;
        enum acc_arrival_event event = event_of(a, look);
        if (acc_arrival_may_look(a->state)) {
            adopt_verdict(a, event, look);
            schedule_next_look(a);
            if (event == ACC_ARRIVAL_ON_LOOKED_UNREADY)
                acc_notice_waiting(a, &look->why);
        }
        acc_arrival_post(a, event);
    }
    free(look);
    acc_watcher_wake(w);
}

static void start_look(struct acc_arrival *a)
{
    struct acc_watcher *w = a->watcher;
    struct acc_look *look = ACC_NEW(struct acc_look);
    look->rules = &w->looks.rules;
    look->path = a->path;
    look->name = a->name;
    look->before = a->looked ? a->sight : (struct acc_sight){0};
    look->still = acc_clock_now() - a->changed_at;
    look->on_done = on_looked;
    look->arg = a;
    a->look = look;
    a->due = INT64_MAX;
    w->looks.in_progress++;
    acc_look_start(&w->loop, look);
}

static bool wants_look(const struct acc_arrival *a)
{
    return a->look == NULL && acc_arrival_may_look(a->state);
}

/* Goes round the arrivals, so that none is looked at twice before another once. */
static void start_looks(struct acc_watcher *w, int64_t now)
{
    for (size_t seen = 0; seen < w->set.count && w->looks.in_progress < LOOKS_MAX; seen++) {
        w->looks.next = w->looks.next + 1 < w->set.count ? w->looks.next + 1 : 0;
        struct acc_arrival *a = w->set.arrivals[w->looks.next];
        if (wants_look(a) && a->due <= now)
            start_look(a);
    }
}

/* ---- places ---- */

static void fill_places(struct acc_watcher *w)
{
    while (!w->halt.halted && w->work.running < w->o.parallel && !acc_list_empty(&w->work.queue)) {
        struct acc_link *first = acc_list_pop(&w->work.queue);
        acc_arrival_post(ACC_CONTAINER_OF(first, struct acc_arrival, queue), ACC_ARRIVAL_ON_PLACE);
    }
}

void acc_watcher_turn(struct acc_watcher *w)
{
    int64_t now = acc_clock_now(), soonest = INT64_MAX;
    fill_places(w);
    start_looks(w, now);
    if (w->looks.in_progress == LOOKS_MAX)
        return; /* the end of one is the next turn */
    for (size_t i = 0; i < w->set.count; i++)
        if (wants_look(w->set.arrivals[i]) && w->set.arrivals[i]->due < soonest)
            soonest = w->set.arrivals[i]->due;
    if (soonest != INT64_MAX)
        acc_timer_start(&w->turn, soonest > now ? (uint64_t)(soonest - now) : 1);
}
