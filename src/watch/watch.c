/* acc_watch(): checks what it was given, takes the drop folder's lock, opens the ledger, completes
 * deletions that an earlier process left half done, says READY, and runs the loop until a signal
 * stops it.
 *
 *     at work ──SIGTERM──> finishing ──grace nearly over, or a second signal──> parking ──> ended
 *        └─────SIGINT────────────────────────────────────────────────────────────^
 *
 * While finishing, no run starts; runs in progress may end. Parking sends them SIGTERM, upon which
 * an ingest parks its uploads; an ingest that still runs when the grace is over is killed, which
 * costs only time (the next start goes on from the ledger). */
#include <accession/watch.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "s3/config/location.h"
#include "watch/outside/lock.h"
#include "watch/watcher.h"

#define LAST_EVENTS_MS 5000

static const char *const default_manifests[] = {"SHA512SUMS", "SHA256SUMS", "SHA1SUMS", "MD5SUMS",
                                                NULL};

/* ---- stopping ---- */

static void park(struct acc_watcher *w, int signal)
{
    ACC_LIST_EACH (link, &w->work.children)
        acc_child_kill(&ACC_CONTAINER_OF(link, struct acc_work, link)->child, signal);
}

static void on_grace(struct acc_timer *timer)
{
    struct acc_watcher *w = ACC_CONTAINER_OF(timer, struct acc_watcher, ending.grace);
    if (w->work.running > 0)
        ACC_WATCH_LOG(w, NOTICE, "parking the runs in progress; the next start continues them");
    park(w, SIGTERM);
}

static void on_last_grace(struct acc_timer *timer)
{
    struct acc_watcher *w = ACC_CONTAINER_OF(timer, struct acc_watcher, ending.last_grace);
    park(w, SIGKILL);
    acc_hook_stop(&w->notices.hook);
}

/* The last quarter, ten seconds at most, is for parking. */
static void start_grace(struct acc_watcher *w, int signal)
{
    uint64_t grace = (uint64_t)w->o.grace_s * 1000, parking = grace / 4 < 10000 ? grace / 4 : 10000;
    acc_timer_start(&w->ending.grace, signal == SIGINT ? 0 : grace - parking);
    acc_timer_start(&w->ending.last_grace, grace);
}

static void close_all(struct acc_watcher *w)
{
    w->ending.closed = true;
    acc_folder_stop(w);
    acc_status_stop(w);
    acc_daily_stop(w);
    acc_hook_close(&w->notices.hook);
    acc_timer_close(&w->turn, NULL);
    acc_timer_close(&w->halt.timer, NULL);
    acc_timer_close(&w->ending.grace, NULL);
    acc_timer_close(&w->ending.last_grace, NULL);
    acc_signal_close(&w->ending.terminate);
    acc_signal_close(&w->ending.interrupt);
    acc_signal_close(&w->ending.hangup);
}

static void maybe_end(struct acc_watcher *w)
{
    if (!w->ending.stopping || w->ending.closed || !acc_list_empty(&w->work.children) ||
        w->looks.in_progress > 0 || w->work.disposals > 0 || w->scans.scan.running ||
        w->notices.writing)
        return;
    if (acc_hook_idle(&w->notices.hook))
        close_all(w); /* the loop ends when all of it is closed */
    else
        acc_timer_start(&w->ending.last_grace, LAST_EVENTS_MS);
}

static void stop(struct acc_watcher *w, int signal)
{
    if (w->ending.stopping) {
        park(w, SIGTERM);
        return;
    }
    w->ending.stopping = true;
    w->ending.signal = signal;
    atomic_store(&w->looks.stop, true);
    acc_notify_send(&w->notices.notify, "STOPPING=1");
    ACC_WATCH_LOG(w, NOTICE, "stopping; %u runs in progress", w->work.running);
    acc_timer_stop(&w->turn);
    acc_timer_stop(&w->scans.soon);
    acc_timer_stop(&w->scans.later);
    acc_timer_stop(&w->halt.timer);
    acc_timer_stop(&w->daily.timer);
    if (w->halt.probe != NULL)
        acc_child_kill(&w->halt.probe->child, SIGTERM);
    start_grace(w, signal);
    maybe_end(w);
}

/* ---- what calls ---- */

static void on_terminate(struct acc_signal *signal, int number)
{
    stop(ACC_CONTAINER_OF(signal, struct acc_watcher, ending.terminate), number);
}

static void on_interrupt(struct acc_signal *signal, int number)
{
    stop(ACC_CONTAINER_OF(signal, struct acc_watcher, ending.interrupt), number);
}

/* Children read credentials and configuration again anyway; the reason for the halt may be gone
 * now. */
static void on_hangup(struct acc_signal *signal, int number)
{
    struct acc_watcher *w = ACC_CONTAINER_OF(signal, struct acc_watcher, ending.hangup);
    struct acc_str text = {0};
    (void)number;
    acc_str_addf(&text, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)acc_clock_us());
    acc_notify_send(&w->notices.notify, text.data);
    acc_str_release(&text);
    ACC_WATCH_LOG(w, NOTICE, "SIGHUP: the next run reads credentials and configuration again");
    acc_watcher_progress(w);
    acc_watcher_probe_now(w);
    acc_folder_scan(w, 0);
    acc_notify_send(&w->notices.notify, "READY=1");
}

static void on_turn(struct acc_timer *timer)
{
    struct acc_watcher *w = ACC_CONTAINER_OF(timer, struct acc_watcher, turn);
    if (w->ending.stopping)
        maybe_end(w);
    else
        acc_watcher_turn(w);
}

static void on_probe_time(struct acc_timer *timer)
{
    acc_watcher_probe_now(ACC_CONTAINER_OF(timer, struct acc_watcher, halt.timer));
}

static void on_hook_trouble(struct acc_hook *hook, const char *text)
{
    ACC_WATCH_LOG(ACC_CONTAINER_OF(hook, struct acc_watcher, notices.hook), WARNING,
                  "the --on-event command %s", text);
}

static void on_hook_idle(struct acc_hook *hook)
{
    maybe_end(ACC_CONTAINER_OF(hook, struct acc_watcher, notices.hook));
}

/* ---- beginning ---- */

static void fill_in(int *value, int otherwise)
{
    if (*value == 0)
        *value = otherwise;
}

static void defaults(struct acc_watcher *w)
{
    struct acc_watch_options *o = &w->o;
    fill_in(&o->settle_s, o->ready == ACC_READY_SETTLE ? 60 : 5);
    fill_in(&o->stale_s, 3600);
    fill_in(&o->rescan_s, 180);
    fill_in(&o->grace_s, 60);
    fill_in(&o->probe_s, 30);
    fill_in(&o->probe_max_s, 900);
    if (o->probe_max_s < o->probe_s)
        o->probe_max_s = o->probe_s;
    if (o->parallel == 0)
        o->parallel = 2;
    if (o->due_days == 0)
        o->due_days = 90;
    if (o->program == NULL)
        o->program = "/proc/self/exe";
    w->looks.rules = (struct acc_look_rules){
        .ready = o->ready,
        .marker = o->ready == ACC_READY_MARKER ? o->marker : NULL,
        .package = &o->package,
        .manifests = o->manifests != NULL ? o->manifests : default_manifests,
        .settle = o->settle_s * INT64_C(1000),
        .stale = o->stale_s * INT64_C(1000),
        .trust_times = o->poll_s == 0, /* who polls has a server's clock to do with */
        .stop = &w->looks.stop,
    };
}

static enum acc_code check(const struct acc_watch_options *o, struct acc_error *err)
{
    if (o->after == ACC_AFTER_DELETE && !o->delete_confirmed)
        return acc_error_set(err, ACC_USAGE,
                             "deleting archived deliveries needs a second confirmation: add "
                             "--yes-delete-after-verify, or use --after move.");
    if (o->after == ACC_AFTER_DELETE && o->allow_unlisted)
        return acc_error_set(err, ACC_USAGE,
                             "files that no manifest names are not archived, so a delivery that "
                             "holds some must not be deleted. Use --after move with "
                             "--allow-unlisted.");
    if (o->ready == ACC_READY_MARKER &&
        (o->marker == NULL || *o->marker == '\0' || strchr(o->marker, '/') != NULL))
        return acc_error_set(err, ACC_USAGE,
                             "the marker must be the name of a file, such as marker:complete");
    return ACC_OK;
}

static enum acc_code find_folder(struct acc_watcher *w, struct acc_error *err)
{
    int fd = -1;
    enum acc_code code = acc_watch_lock(w->o.folder, &fd, err);
    if (code != ACC_OK)
        return code;
    w->place.lock = fd;
    w->place.folder = realpath(w->o.folder, NULL);
    return w->place.folder != NULL ? ACC_OK
                                   : acc_error_set(err, ACC_SOURCE, "%s: has no absolute path: %s.",
                                                   w->o.folder, strerror(errno));
}

static enum acc_code find_ledger(struct acc_watcher *w, struct acc_error *err)
{
    struct acc_str path = {0};
    acc_ledger_where(w->o.ledger, &path);
    w->place.ledger_path = acc_str_detach(&path);
    return acc_ledger_open(w->place.ledger_path, &w->place.ledger, err);
}

static void on_recovered(void *arg, const char *sentence)
{
    ACC_WATCH_LOG((struct acc_watcher *)arg, WARNING, "%s", sentence);
}

static enum acc_code find_destination(struct acc_watcher *w, struct acc_error *err)
{
    struct acc_s3_location location = {0};
    enum acc_code code = acc_s3_location_parse(w->o.destination, &location, err);
    if (code == ACC_OK)
        w->place.url = acc_strdup(location.url);
    acc_s3_location_release(&location);
    return code;
}

static void start(struct acc_watcher *w)
{
    struct acc_loop *loop = &w->loop;
    w->act = acc_arrival_act;
    acc_list_init(&w->work.queue);
    acc_list_init(&w->work.children);
    w->halt.wait = w->o.probe_s * INT64_C(1000);
    w->notices.numbers.started = acc_time_now();
    acc_timer_init(loop, &w->turn, on_turn);
    acc_timer_init(loop, &w->halt.timer, on_probe_time);
    acc_timer_init(loop, &w->ending.grace, on_grace);
    acc_timer_init(loop, &w->ending.last_grace, on_last_grace);
    acc_signal_start(loop, &w->ending.terminate, SIGTERM, on_terminate);
    acc_signal_start(loop, &w->ending.interrupt, SIGINT, on_interrupt);
    acc_signal_start(loop, &w->ending.hangup, SIGHUP, on_hangup);
    w->notices.hook.loop = loop;
    w->notices.hook.command = w->o.on_event;
    w->notices.hook.ledger = w->place.ledger;
    w->notices.hook.folder = w->place.folder;
    w->notices.hook.destination = w->place.url;
    w->notices.hook.on_trouble = on_hook_trouble;
    w->notices.hook.on_idle = on_hook_idle;
    acc_hook_init(&w->notices.hook);
    acc_status_start(w);
    acc_daily_start(w);
    acc_folder_start(w);
    ACC_WATCH_LOG(w, NOTICE, "watching %s for %s", w->place.folder, w->place.url);
    acc_notify_send(&w->notices.notify, "READY=1");
}

enum acc_code acc_watch(const struct acc_watch_options *options, struct acc_error *err)
{
    struct acc_watcher *w = ACC_NEW(struct acc_watcher);
    w->o = *options;
    w->place.lock = -1;
    w->notices.journal = acc_log_is_journal();
    defaults(w);
    enum acc_code code = check(&w->o, err);
    if (code == ACC_OK)
        code = find_destination(w, err);
    if (code == ACC_OK)
        code = find_folder(w, err);
    if (code == ACC_OK)
        code = find_ledger(w, err);
    if (code == ACC_OK)
        code = acc_dispose_recover(w->place.ledger, w->place.folder, w->place.url, on_recovered, w,
                                   err);
    if (code == ACC_OK)
        code = acc_daily_check(w, err);
    if (code == ACC_OK)
        code = acc_loop_init(&w->loop, err);
    if (code != ACC_OK)
        goto out;

    acc_notify_open(&w->notices.notify);
    start(w);
    acc_loop_run(&w->loop);
    acc_loop_release(&w->loop);
    acc_notify_close(&w->notices.notify);
    if (w->ending.signal == SIGINT)
        code = acc_error_set(err, ACC_INTERRUPTED, "interrupted; start it again to continue");

out:
    acc_arrivals_free(w);
    acc_scan_release(&w->scans.scan);
    acc_ledger_close(w->place.ledger);
    if (w->place.lock >= 0)
        close(w->place.lock);
    free(w->place.ledger_path);
    free(w->place.folder);
    free(w->place.url);
    free(w);
    return code;
}
