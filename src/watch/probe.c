/* Probing the destination while halted: a child whose verdict resumes the watcher, or makes it wait
 * longer (halt.c). A probe that ended without a verdict counts as one that failed. */
#include "base/mem.h"
#include "watch/watcher.h"

static void on_probe_done(struct acc_child *child)
{
    struct acc_work *work = ACC_CONTAINER_OF(child, struct acc_work, child);
    struct acc_watcher *w = work->watcher;
    const struct acc_result *result = &work->result;
    bool answered = result->has_summary && child->status == acc_code_exit(result->code);
    w->halt.probe = NULL;
    if (!w->ending.stopping)
        acc_watcher_probed(w, answered ? result->code : ACC_INTERNAL, acc_work_message(work));
    acc_work_finish(work);
}

static void probe(struct acc_watcher *w)
{
    struct acc_arguments arguments = {0};
    acc_arguments_probe(&arguments, &w->o, w->place.url);
    w->halt.probe = acc_work_start(w, NULL, &arguments, on_probe_done);
}

void acc_watcher_probe_now(struct acc_watcher *w)
{
    if (!w->halt.halted || w->halt.probe != NULL || w->ending.stopping)
        return;
    acc_timer_stop(&w->halt.timer);
    probe(w);
}
