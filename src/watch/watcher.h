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
 *     notices.c    log, events, status, metrics
 *
 * Each calls only those below it; machine.c reaches actions.c through `act`. Everything here is on
 * the loop's thread; jobs and children touch only their own structs.
 */
#ifndef ACC_WATCH_WATCHER_H
#define ACC_WATCH_WATCHER_H

#include <accession/watch.h>
#include "base/list.h"
#include "ledger/arrivals.h"
#include "loop/loop.h"
#include "watch/arrival/rules.h"
#include "watch/arrival/dispose.h"
#include "watch/outside/arguments.h"
#include "watch/outside/child.h"
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
    bool warned;           /* that it is stale */
    bool gone;             /* out of the set; to be freed when no look is in progress */

    struct acc_look *look; /* in progress, or NULL */
    struct acc_sight sight;
    bool looked;        /* `sight` says something */
    int64_t changed_at; /* a look first saw it so */
    int64_t looked_at;
    int64_t due;        /* for the next look; INT64_MAX: none */
    int64_t not_before; /* a floor under `due` */
    int64_t waiting_since, ready_since;
    int64_t told_at; /* what it waits for */
    char *told;
    enum acc_code told_code;

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

struct acc_watcher {
    struct acc_watch_options o; /* as given, defaults filled in */
    /* Runs an action of the table; may free the arrival. */
    void (*act)(struct acc_arrival *a, enum acc_arrival_action action);
    struct acc_loop loop;
    struct acc_ledger *ledger;
    char *folder, *url, *ledger_path;
    int lock;
    bool journal;
    struct acc_notify notify;

    struct acc_arrival **arrivals; /* sorted by name */
    size_t count, cap;
    struct acc_link queue; /* READY and UNPROVEN, in the order they came */

    struct acc_look_rules rules;
    atomic_bool stop_walks;
    unsigned looking, disposing; /* jobs in progress */
    size_t look_next;            /* where the search for the next look goes on */
    struct acc_timer turn;

    uv_fs_event_t events;
    bool events_ready, events_failed; /* the handle is set up; could not be started */
    uint64_t watched;                 /* inode that they are for, 0: none */
    struct acc_scan scan;
    struct acc_timer scan_soon, scan_later;
    bool scan_again, scan_failed, told_loose;

    struct acc_link works; /* children at work for arrivals */
    unsigned running;

    struct {
        bool halted;
        enum acc_code code;
        int64_t since;
        int64_t wait; /* before the next probe */
        struct acc_timer timer;
        struct acc_work *probe; /* in progress, or NULL */
    } halt;

    struct acc_hook hook;
    struct acc_watch_numbers numbers;
    struct acc_timer tell_soon, tell_later, watchdog;
    struct acc_job files_job;
    struct acc_str metrics_text, health_text;
    struct acc_error files_err;
    bool writing_files, files_failed, files_again, tell_waits;

    struct acc_signal terminate, interrupt, hangup;
    struct acc_timer grace, last_grace;
    bool stopping, closed;
    int signal;
};

/* Asks for a turn: looks, places, and while stopping the end. */
static inline void acc_watcher_wake(struct acc_watcher *w)
{
    if (!w->closed)
        acc_timer_start(&w->turn, 0);
}

/* notices.c */
void acc_tell_start(struct acc_watcher *w);
void acc_tell_stop(struct acc_watcher *w); /* writes the files a last time, now */
/* Status and files have changed: both are written soon, however often this is called. */
void acc_tell(struct acc_watcher *w);
void acc_tell_waiting(struct acc_arrival *a, const struct acc_error *reason);
void acc_tell_archived(struct acc_arrival *a);
void acc_tell_rejected(struct acc_arrival *a);
void acc_tell_halt(struct acc_watcher *w, bool halted, const char *why);
/* The text of WHY.txt or RECEIPT.txt. */
void acc_tell_why(const struct acc_arrival *a, struct acc_str *out);
#define ACC_TELL(w, level, ...) acc_log((w)->journal, ACC_LOG_##level, __VA_ARGS__)

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
