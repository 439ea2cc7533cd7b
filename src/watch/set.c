/* The set of arrivals, sorted by name. One that leaves it is freed as soon as no look at it is in
 * progress. A ledger that cannot be read is logged; the arrival then counts as a new one. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "watch/watcher.h"

static void free_arrival(struct acc_arrival *a)
{
    acc_str_release(&a->verdict.run);
    acc_str_release(&a->verdict.receipt);
    acc_str_release(&a->verdict.message);
    acc_str_release(&a->verdict.reasons);
    free(a->reported.reason);
    free(a->name);
    free(a->path);
    free(a->url);
    free(a);
}

static char *joined(const char *folder, const char *name)
{
    struct acc_str path = {0};
    acc_str_addf(&path, "%s/%s", folder, name);
    return acc_str_detach(&path);
}

static void remember(struct acc_arrival *a)
{
    struct acc_watcher *w = a->watcher;
    struct acc_arrival_row row;
    struct acc_error err;
    bool found = false;
    if (acc_ledger_find_arrival(w->place.ledger, w->place.folder, w->place.url, a->name, &row,
                                &found, &err) != ACC_OK)
        ACC_WATCH_LOG(w, ERROR, "%s", err.message);
    if (!found || row.mark == ACC_MARK_LEFT)
        return;
    a->on_record.mark = row.mark;
    a->on_record.content = row.content;
    a->on_record.touched = row.touched;
    a->verdict.code = row.code;
    acc_str_set(&a->verdict.run, row.run);
    acc_str_set(&a->verdict.receipt, row.receipt);
    acc_str_set(&a->verdict.message, row.reason);
}

static struct acc_arrival *new_arrival(struct acc_watcher *w, const struct acc_scanned *found)
{
    struct acc_arrival *a = ACC_NEW(struct acc_arrival);
    int64_t now = acc_clock_now();
    a->watcher = w;
    a->name = acc_strdup(found->name);
    a->path = joined(w->place.folder, found->name);
    a->url = joined(w->place.url, found->name);
    if (found->package)
        a->url[strlen(a->url) - strlen(a->name) + acc_path_without_packing(a->name)] = '\0';
    a->stamp = found->stamp;
    a->changed_at = a->waiting_since = a->due = now;
    w->notices.numbers.states[a->state]++;
    remember(a);
    return a;
}

static void take_out(struct acc_arrival *a)
{
    struct acc_watcher *w = a->watcher;
    size_t i = 0;
    while (w->set.arrivals[i] != a)
        i++;
    memmove(&w->set.arrivals[i], &w->set.arrivals[i + 1],
            (--w->set.count - i) * sizeof(struct acc_arrival *));
    w->notices.numbers.states[a->state]--;
    acc_list_remove(&a->queue);
    a->gone = true;
}

void acc_arrival_forget(struct acc_arrival *a)
{
    if (!a->gone)
        take_out(a);
    if (a->look == NULL)
        free_arrival(a);
}

void acc_arrivals_free(struct acc_watcher *w)
{
    for (size_t i = 0; i < w->set.count; i++)
        free_arrival(w->set.arrivals[i]);
    free(w->set.arrivals);
}

static void insert(struct acc_watcher *w, size_t at, struct acc_arrival *a)
{
    if (w->set.count == w->set.cap) {
        w->set.cap = w->set.cap > 0 ? 2 * w->set.cap : 64;
        w->set.arrivals = acc_realloc(w->set.arrivals, w->set.cap * sizeof(struct acc_arrival *));
    }
    memmove(&w->set.arrivals[at + 1], &w->set.arrivals[at],
            (w->set.count++ - at) * sizeof(struct acc_arrival *));
    w->set.arrivals[at] = a;
}

void acc_arrival_add(struct acc_watcher *w, size_t at, const struct acc_scanned *found)
{
    insert(w, at, new_arrival(w, found));
}
