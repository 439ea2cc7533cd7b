/* Inside src/watch: the watcher and its arrivals, and who looks after what.
 *
 *     watch.c      starts and stops it all; signals
 *     folder.c     events and scans of the drop folder
 *     looks.c      looks at arrivals, and gives them places
 *     actions.c    what each action of the table does
 *     probe.c      probes the destination while halted
 *     work.c       the children that archive and verify; the jobs that record, move and delete
 *     halt.c       pauses and resumes as a whole
 *     machine.c    an arrival's events, rules and state: the only setter
 *     set.c        the set of arrivals
 *     daily.c      what is said once a day: the digest, and what is due
 *     notices.c    log lines and events
 *     status.c     the service manager's status, the files of metrics and health
 *     why.c        the text of WHY.txt and RECEIPT.txt
 *
 * Each calls only those below it; machine.c reaches actions.c through `act`. Everything here is on
 * the loop's thread; jobs and children touch only their own structs.
 */
#ifndef ACC_WATCH_WATCHER_H
#define ACC_WATCH_WATCHER_H

#include <accession/watch.h>
#include <jansson.h>
#include "base/list.h"
#include "ledger/arrivals.h"
#include "loop/loop.h"
#include "watch/arrival/rules.h"
#include "watch/arrival/dispose.h"
#include "watch/outside/arguments.h"
#include "loop/child.h"
#include "watch/outside/hook.h"
#include "watch/outside/log.h"
#include "watch/arrival/look.h"
#include "watch/outside/metrics.h"
#include "watch/outside/notify.h"
#include "watch/arrival/result.h"
#include "watch/arrival/scan.h"

struct acc_watcher;

/* A child at work for an arrival, or probing (no arrival). */
struct acc_work {
    struct acc_child child;
    struct acc_link link; /* in the watcher's list */
    struct acc_watcher *watcher;
    struct acc_arrival *arrival;
    struct acc_result result;
};

/* Times are of the monotonic clock, milliseconds. */
struct acc_arrival {
    struct acc_watcher *watcher;
    char *name, *path, *url;
    enum acc_arrival_state state;
    uint64_t stamp;        /* of the last scan */
    struct acc_link queue; /* for a place */
    unsigned tries;        /* that ended in LATER */
    bool gone;             /* out of the set; to be freed when no look is in progress */

    struct acc_look *look; /* in progress, or NULL */
    struct acc_sight sight;
    bool looked;        /* `sight` says something */
    int64_t changed_at; /* a look first saw it so */
    int64_t looked_at;
    int64_t due;        /* for the next look; INT64_MAX: none */
    int64_t not_before; /* a floor under `due` */
    int64_t waiting_since, ready_since;

    /* What was logged of its waiting. */
    struct {
        int64_t at;
        char *reason;
        enum acc_code code;
        bool stale; /* that it has not been complete for long */
    } reported;

    /* The ledger's record of it; `mark` is 0 if it has none. */
    struct {
        enum acc_arrival_mark mark;
        uint64_t content, touched;
    } on_record;

    /* The last judgement, in this life or an earlier one. */
    struct {
        struct acc_sight sight;
        enum acc_code code;
        uint64_t files, sent, already; /* 0 when judged in an earlier life */
        int64_t bytes;
        struct acc_str run, receipt, message, reasons;
        uint64_t refused;
    } verdict;
};

/* What is watched, and what it is archived to. */
struct acc_watch_place {
    char *folder, *url, *ledger_path;
    struct acc_ledger *ledger;
    int lock;
};

struct acc_watch_set {
    struct acc_arrival **arrivals; /* sorted by name */
    size_t count, cap;
};

/* folder.c: events and scans of the drop folder */
struct acc_watch_scans {
    uv_fs_event_t events;
    bool events_ready, events_failed; /* the handle is set up; could not be started */
    uint64_t watched;                 /* inode that they are for, 0: none */
    struct acc_scan scan;
    struct acc_timer soon, later;
    bool again, failed, loose_reported;
};

struct acc_watch_looks {
    struct acc_look_rules rules;
    atomic_bool stop;
    unsigned in_progress;
    size_t next; /* where the search for the next look goes on */
};

struct acc_watch_work {
    struct acc_link queue; /* READY and UNPROVEN, in the order they came */
    struct acc_link children;
    unsigned running;   /* children at work for arrivals */
    unsigned disposals; /* in progress */
};

struct acc_watch_halt {
    bool halted;
    enum acc_code code;
    int64_t since;
    int64_t wait; /* before the next probe */
    struct acc_timer timer;
    struct acc_work *probe; /* in progress, or NULL */
};

/* notices.c and status.c */
struct acc_watch_notices {
    bool journal;
    struct acc_notify notify;
    struct acc_hook hook;
    struct acc_watch_numbers numbers;
    bool due; /* `soon` is running */
    struct acc_timer soon, later, watchdog;
    /* the files of metrics and health; the job's while `writing` */
    struct acc_job job;
    struct acc_str metrics, health;
    struct acc_error err;
    bool writing, failed;
};

/* daily.c */
struct acc_watch_daily {
    struct acc_timer timer;
    struct acc_str line; /* that digest */
};

struct acc_watch_ending {
    struct acc_signal terminate, interrupt, hangup;
    struct acc_timer grace, last_grace;
    bool stopping, closed;
    int signal;
};

struct acc_watcher {
    struct acc_watch_options o; /* as given, defaults filled in */
    /* Runs an action of the table; may free the arrival. */
    void (*act)(struct acc_arrival *a, enum acc_arrival_action action);
    struct acc_loop loop;
    struct acc_timer turn;
    struct acc_watch_place place;
    struct acc_watch_set set;
    struct acc_watch_scans scans;
    struct acc_watch_looks looks;
    struct acc_watch_work work;
    struct acc_watch_halt halt;
    struct acc_watch_notices notices;
    struct acc_watch_daily daily;
    struct acc_watch_ending ending;
};

/* Asks for a turn: looks, places, and while stopping the end. */
static inline void acc_watcher_wake(struct acc_watcher *w)
{
    if (!w->ending.closed)
        acc_timer_start(&w->turn, 0);
}

/* notices.c: log lines, and events for --on-event */
void acc_notice_waiting(struct acc_arrival *a, const struct acc_error *reason);
void acc_notice_archived(struct acc_arrival *a);
void acc_notice_rejected(struct acc_arrival *a);
void acc_notice_halt(struct acc_watcher *w, bool halted, const char *why);
/* Both borrow `digest`, which is what accession status --since printed. */
void acc_notice_due(struct acc_watcher *w, const json_t *digest, const struct acc_daily *daily);
void acc_notice_digest(struct acc_watcher *w, json_t *digest, const struct acc_daily *daily);
#define ACC_WATCH_LOG(w, level, ...) acc_log((w)->notices.journal, ACC_LOG_##level, __VA_ARGS__)

/* status.c */
void acc_status_start(struct acc_watcher *w);
void acc_status_stop(struct acc_watcher *w); /* writes the files a last time, immediately */
/* Status and files have changed: both are written soon, however often this is called. */
void acc_status_changed(struct acc_watcher *w);

/* why.c: the text of WHY.txt or RECEIPT.txt */
void acc_why_write(const struct acc_arrival *a, struct acc_str *out);

/* set.c */
/* Puts a new arrival into the set at its place. */
void acc_arrival_add(struct acc_watcher *w, size_t at, const struct acc_scanned *found);
/* Takes it out of the set and frees it as soon as no look is in progress. */
void acc_arrival_forget(struct acc_arrival *a);
void acc_arrivals_free(struct acc_watcher *w);

/* machine.c */
void acc_arrival_post(struct acc_arrival *a, enum acc_arrival_event event);
void acc_arrival_look_at(struct acc_arrival *a, int64_t due);

/* halt.c */
void acc_watcher_halt(struct acc_watcher *w, enum acc_code code, const char *why);
void acc_watcher_probed(struct acc_watcher *w, enum acc_code verdict, const char *why);
void acc_watcher_progress(struct acc_watcher *w); /* an arrival came to its end */

/* work.c */
void acc_work_check(struct acc_arrival *a);
void acc_work_ingest(struct acc_arrival *a);
void acc_work_verify(struct acc_arrival *a);
void acc_work_dispose(struct acc_arrival *a, enum acc_disposal_kind kind);
/* A child, for an arrival or for no particular one; releases `arguments`. `on_done` ends with
 * finish, which frees it. */
struct acc_work *acc_work_start(struct acc_watcher *w, struct acc_arrival *a,
                                struct acc_arguments *arguments,
                                void (*on_done)(struct acc_child *child));
void acc_work_finish(struct acc_work *work);
/* Why it ended as it did, in one line. */
const char *acc_work_message(const struct acc_work *work);

/* probe.c */
void acc_watcher_probe_now(struct acc_watcher *w);

/* daily.c; nothing without --on-event */
enum acc_code acc_daily_check(struct acc_watcher *w, struct acc_error *err); /* before the loop */
void acc_daily_start(struct acc_watcher *w);
void acc_daily_stop(struct acc_watcher *w);

/* actions.c */
void acc_arrival_act(struct acc_arrival *a, enum acc_arrival_action action);

/* looks.c */
/* Starts what may be started now: looks, and arrivals that have a place. */
void acc_watcher_turn(struct acc_watcher *w);

/* folder.c */
void acc_folder_start(struct acc_watcher *w);
void acc_folder_scan(struct acc_watcher *w, uint64_t delay_ms);
void acc_folder_stop(struct acc_watcher *w);

#endif
