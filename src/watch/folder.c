/* The drop folder. Any event in it, whatever it names, asks for a scan a moment later; the scan is
 * what counts. So an event that is lost, coalesced or dropped with a full queue (inotify's
 * IN_Q_OVERFLOW, which libuv does not pass on) costs nothing as long as another follows, and a scan
 * every few minutes is there for when none does. Changes inside an arrival are found by looking
 * at it (looks.c), since events of a folder do not report changes in its subfolders.
 *
 * A scan that fails changes nothing; it is tried again. A drop folder that was replaced by another
 * of its name is watched again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "watch/watcher.h"

/* Events come in crowds. */
#define AFTER_EVENT_MS 200
#define AFTER_FAILURE_MS 15000

/* Both lists are sorted: one walk over the two. Posting CHANGED or VANISHED takes at most the
 * arrival at hand out of the set. */
static void merge(struct acc_watcher *w, const struct acc_scan *scan)
{
    size_t i = 0, j = 0;
    while (i < w->set.count || j < scan->count) {
        int order = i == w->set.count  ? 1
                    : j == scan->count ? -1
                                       : strcmp(w->set.arrivals[i]->name, scan->found[j].name);
        if (order > 0) {
            acc_arrival_add(w, i++, &scan->found[j++]);
            continue;
        }
        struct acc_arrival *a = w->set.arrivals[i];
        if (order < 0) {
            acc_arrival_post(a, ACC_ARRIVAL_ON_VANISHED);
        } else if (a->stamp != scan->found[j].stamp) {
            a->stamp = scan->found[j].stamp;
            acc_arrival_post(a, ACC_ARRIVAL_ON_CHANGED);
        }
        i += i < w->set.count && w->set.arrivals[i] == a;
        j += order == 0;
    }
}

/* ---- events ---- */

static void on_folder_event(uv_fs_event_t *handle, const char *name, int events, int status)
{
    struct acc_watcher *w = handle->data;
    (void)name;
    (void)events;
    (void)status; /* an event that could not be read is an event */
    acc_folder_scan(w, AFTER_EVENT_MS);
}

static const char *limit_of(int result)
{
    if (result == UV_ENOSPC)
        return ": raise fs.inotify.max_user_watches";
    return result == UV_EMFILE ? ": raise fs.inotify.max_user_instances, or ulimit -n" : "";
}

static void watch_events(struct acc_watcher *w, uint64_t inode)
{
    if (!w->scans.events_ready || (inode != 0 && w->scans.watched == inode))
        return;
    uv_fs_event_stop(&w->scans.events);
    int result = uv_fs_event_start(&w->scans.events, on_folder_event, w->place.folder, 0);
    w->scans.watched = result == 0 ? inode : 0;
    if (result != 0 && !w->scans.events_failed)
        ACC_WATCH_LOG(
            w, WARNING,
            "%s: the kernel reports no changes of it (%s%s). accession scans it every %d s",
            w->place.folder, uv_strerror(result), limit_of(result), AFTER_FAILURE_MS / 1000);
    w->scans.events_failed = result != 0;
}

/* ---- scans ---- */

static uint64_t next_scan(const struct acc_watcher *w)
{
    uint64_t usual = (uint64_t)(w->o.poll_s > 0 ? w->o.poll_s : w->o.rescan_s) * 1000;
    bool sooner = (w->scans.failed || w->scans.events_failed) && usual > AFTER_FAILURE_MS;
    return sooner ? AFTER_FAILURE_MS : usual;
}

static void on_scanned(struct acc_scan *scan)
{
    struct acc_watcher *w = ACC_CONTAINER_OF(scan, struct acc_watcher, scans.scan);
    w->notices.numbers.scans++;
    if (w->ending.stopping) {
        acc_watcher_wake(w);
        return;
    }
    bool failed = scan->err.code != ACC_OK;
    if (failed && !w->scans.failed)
        ACC_WATCH_LOG(w, ERROR, "%s", scan->err.message);
    if (!failed && w->scans.failed)
        ACC_WATCH_LOG(w, NOTICE, "%s: the drop folder can be read again", w->place.folder);
    w->scans.failed = failed;
    if (failed) {
        w->scans.watched = 0;
    } else {
        /* Watch first if the folder is a new one, then scan what came before the watch. */
        bool anew = w->scans.events_ready && w->scans.watched != scan->inode;
        watch_events(w, scan->inode);
        w->scans.again = w->scans.again || (anew && w->scans.watched != 0);
        w->notices.numbers.loose = scan->loose;
        if (scan->loose > 0 && !w->scans.loose_reported && w->looks.rules.marker == NULL)
            ACC_WATCH_LOG(w, NOTICE,
                          "%s: an arrival is a folder, or a package (tar, zip); other files "
                          "directly in the drop folder (%llu now) are ignored",
                          w->place.folder, (unsigned long long)scan->loose);
        w->scans.loose_reported = scan->loose > 0;
        merge(w, scan);
    }
    if (w->scans.again)
        acc_folder_scan(w, AFTER_EVENT_MS);
    acc_timer_start(&w->scans.later, next_scan(w));
    acc_status_changed(w);
    acc_watcher_wake(w);
}

static void scan_now(struct acc_watcher *w)
{
    if (w->ending.stopping)
        return;
    if (w->scans.scan.running) {
        w->scans.again = true;
        return;
    }
    w->scans.again = false;
    w->scans.scan.folder = w->place.folder;
    w->scans.scan.on_done = on_scanned;
    acc_scan_start(&w->loop, &w->scans.scan);
}

static void on_scan_soon(struct acc_timer *timer)
{
    scan_now(ACC_CONTAINER_OF(timer, struct acc_watcher, scans.soon));
}

static void on_scan_later(struct acc_timer *timer)
{
    scan_now(ACC_CONTAINER_OF(timer, struct acc_watcher, scans.later));
}

void acc_folder_scan(struct acc_watcher *w, uint64_t delay_ms)
{
    if (!w->ending.stopping && !uv_is_active((uv_handle_t *)&w->scans.soon.uv))
        acc_timer_start(&w->scans.soon, delay_ms);
}

void acc_folder_start(struct acc_watcher *w)
{
    acc_timer_init(&w->loop, &w->scans.soon, on_scan_soon);
    acc_timer_init(&w->loop, &w->scans.later, on_scan_later);
    if (w->o.poll_s == 0) {
        w->scans.events_ready = uv_fs_event_init(&w->loop.uv, &w->scans.events) == 0;
        w->scans.events.data = w;
        watch_events(w, 0);
    }
    acc_folder_scan(w, 0);
}

void acc_folder_stop(struct acc_watcher *w)
{
    if (w->scans.events_ready)
        uv_close((uv_handle_t *)&w->scans.events, NULL);
    acc_timer_close(&w->scans.soon, NULL);
    acc_timer_close(&w->scans.later, NULL);
}
