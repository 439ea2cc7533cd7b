/* Pausing and resuming as a whole.
 *
 *     at work ──an arrival's run halted──> halted ──probe accepted──> at work
 *                                            │ ^
 *                                            └─┘ probe refused: wait twice as long
 *
 * One halted run is enough: no other arrival starts, and the runs in progress end by themselves.
 * The wait before a probe doubles up to its maximum, and also from one halt to the next unless an
 * arrival came to its end in between, so that a destination that only seems to work is not hammered
 * either. */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "watch/watcher.h"

static void wait_for_probe(struct acc_watcher *w)
{
    int64_t longest = w->o.probe_max_s * INT64_C(1000);
    acc_timer_start(&w->halt.timer, (uint64_t)w->halt.wait);
    w->halt.wait = 2 * w->halt.wait < longest ? 2 * w->halt.wait : longest;
}

void acc_watcher_halt(struct acc_watcher *w, enum acc_code code, const char *why)
{
    if (w->halt.halted)
        return; /* other runs in progress report the same */
    w->halt.halted = w->notices.numbers.halted = true;
    w->halt.code = w->notices.numbers.halt_code = code;
    w->halt.since = acc_clock_now();
    acc_notice_halt(w, true, why);
    if (!w->ending.stopping)
        wait_for_probe(w);
}

void acc_watcher_probed(struct acc_watcher *w, enum acc_code verdict, const char *why)
{
    w->notices.numbers.probes[verdict]++;
    if (!w->halt.halted)
        return;
    if (verdict == ACC_OK) {
        w->halt.halted = w->notices.numbers.halted = false;
        acc_notice_halt(w, false, "the destination accepts writes again");
        return;
    }
    if (verdict != w->halt.code)
        ACC_WATCH_LOG(w, WARNING, "still halted, for another reason: %s", why);
    w->halt.code = w->notices.numbers.halt_code = verdict;
    wait_for_probe(w);
    acc_status_changed(w);
}

void acc_watcher_progress(struct acc_watcher *w)
{
    w->halt.wait = w->o.probe_s * INT64_C(1000);
}
