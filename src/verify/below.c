/* Happy path: one verification after the other; their events are passed on with the destination
 * before each path, and their counts added up. Failure: the first of the worst outcomes is the
 * whole one's. Close: each has closed what it opened before the next begins. */
#include "verify/below.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "verify/schedule.h"

void acc_verify_below_add(struct acc_verify_below *below, const char *url, uint64_t files,
                          int64_t bytes)
{
    if (below->count == below->room) {
        below->room = below->room > 0 ? 2 * below->room : 16;
        below->children = acc_realloc(below->children, below->room * sizeof below->children[0]);
    }
    below->children[below->count++] =
        (struct acc_verify_child){.url = acc_strdup(url), .files = files, .bytes = bytes};
}

void acc_verify_below_empty(struct acc_verify_below *below)
{
    for (size_t i = 0; i < below->count; i++)
        free(below->children[i].url);
    below->count = 0;
}

void acc_verify_below_release(struct acc_verify_below *below)
{
    acc_verify_below_empty(below);
    free(below->children);
    acc_str_release(&below->canonical);
    *below = (struct acc_verify_below){0};
}

struct all {
    const struct acc_verify_options *options;
    const char *url;
    struct acc_verify_summary *summary;
    const char *child; /* its URL below the whole one, "" for that itself */
    struct acc_str text;
    int64_t started; /* monotonic */
    double share;    /* of the files that the schedule takes, as far as that is known before */
    /* of those that have ended, and of those that have not begun */
    int64_t files_done, bytes_done, files_left, bytes_left;
    int64_t child_files, child_bytes; /* of the one in progress */
    uint64_t failed, already, retries;
    bool planned;
};

/* ---- events ---- */

static const char *below_whole(struct all *all, const char *text, const char *between)
{
    acc_str_clear(&all->text);
    acc_str_addf(&all->text, "%s%s%s", all->child, all->child[0] != '\0' ? between : "", text);
    return acc_str_cstr(&all->text);
}

static void pass_progress(struct all *all, const struct acc_event *event)
{
    struct acc_progress progress = *event->progress;
    struct acc_event passed = *event;
    all->child_files = (int64_t)progress.files;
    all->child_bytes = progress.bytes;
    progress.url = all->url;
    progress.files += (uint64_t)(all->files_done + all->files_left);
    progress.files_done += (uint64_t)all->files_done;
    progress.bytes += all->bytes_done + all->bytes_left;
    progress.bytes_done += all->bytes_done;
    progress.failed += all->failed;
    progress.already += all->already;
    progress.retries += all->retries;
    progress.elapsed = acc_clock_now() - all->started;
    passed.progress = &progress;
    if (event->kind == ACC_EVENT_PLANNED && all->planned)
        passed.kind = ACC_EVENT_PROGRESS;
    all->planned = true;
    all->options->on_event(all->options->arg, &passed);
}

static void on_event(void *arg, const struct acc_event *event)
{
    struct all *all = arg;
    struct acc_event passed = *event;
    struct acc_check_event check;
    if (all->options->on_event == NULL)
        return;
    if (event->progress != NULL) {
        pass_progress(all, event);
        return;
    }
    if (event->kind == ACC_EVENT_CHECK) {
        check = *event->check;
        check.path = below_whole(all, check.path, "/");
        passed.check = &check;
    } else if (event->kind == ACC_EVENT_NOTE) {
        passed.text = below_whole(all, event->text, ": ");
    }
    all->options->on_event(all->options->arg, &passed);
}

/* ---- the summary ---- */

static void add_up(struct acc_verify_summary *s, const struct acc_verify_summary *one)
{
    s->files += one->files;
    s->selected += one->selected;
    s->recent += one->recent;
    s->checked += one->checked;
    s->carried += one->carried;
    for (unsigned i = 0; i < ACC_FINDING_COUNT; i++)
        s->found[i] += one->found[i];
    for (unsigned i = 0; i < ACC_PROOF_COUNT; i++)
        s->proofs[i] += one->proofs[i];
    s->extra_known = s->extra_known && (one->extra_known || one->selected == 0);
    s->bytes_read += one->bytes_read;
    s->requests += one->requests;
    s->list_requests += one->list_requests;
    s->retries += one->retries;
    s->write_requests += one->write_requests;
    s->signal = one->signal;
    memcpy(s->run, one->run, sizeof s->run);
    memcpy(s->ledger, one->ledger, sizeof s->ledger);
    if (one->receipt[0] != '\0')
        memcpy(s->receipt, one->receipt, sizeof s->receipt);
}

/* Nothing selected in one of them is no failure while something is in another. */
static bool is_empty(const struct acc_verify_summary *one)
{
    return one->outcome == ACC_NOT_CHECKED && one->selected == 0;
}

/* The next one would end in the same way. */
static bool ends_all(enum acc_code code)
{
    return acc_code_exit(code) > 2;
}

/* By exit status; of those of 1, as one verification judges. */
static int badness(enum acc_code code)
{
    return code == ACC_OK            ? 0
           : code == ACC_UNLISTED    ? 11
           : code == ACC_NOT_CHECKED ? 12
           : code == ACC_DIFFERENCE  ? 13
                                     : 20 + acc_code_exit(code);
}

static void conclude(struct all *all, struct acc_error *worst, struct acc_error *err)
{
    struct acc_verify_summary *s = all->summary;
    char text[40];
    if (worst->code == ACC_OK && s->selected == 0 && !acc_schedule_is_idle(all->options, s->recent))
        acc_error_set(worst, ACC_NOT_CHECKED,
                      "the schedule selects none of %s: nothing was checked",
                      acc_show_number(s->files, "entry", "entries", text));
    else if (worst->code != ACC_OK && acc_code_exit(worst->code) <= 1)
        acc_error_set(worst, worst->code, "%llu of %s not as promised, or not checked",
                      (unsigned long long)(s->checked - s->found[ACC_FINDING_UNCHANGED] +
                                           s->found[ACC_FINDING_EXTRA]),
                      acc_show_number(s->selected, "entry", "entries", text));
    s->outcome = worst->code;
    s->elapsed = acc_clock_now() - all->started;
    *err = *worst;
}

/* ---- one after the other ---- */

static void begin_child(struct all *all, const struct acc_verify_child *child)
{
    size_t len = strlen(all->url);
    all->child = strlen(child->url) > len ? child->url + len + 1 : "";
    all->files_left -= (int64_t)((double)child->files * all->share);
    all->bytes_left -= (int64_t)((double)child->bytes * all->share);
    all->child_files = all->child_bytes = 0;
}

static void end_child(struct all *all, const struct acc_verify_summary *one)
{
    all->files_done += (int64_t)one->checked;
    all->bytes_done += all->child_bytes;
    all->failed += one->checked - one->found[ACC_FINDING_UNCHANGED] + one->found[ACC_FINDING_EXTRA];
    all->already += one->carried;
    all->retries += one->retries;
    add_up(all->summary, one);
}

static void begin_all(struct all *all, const struct acc_verify_below *below)
{
    const struct acc_verify_options *o = all->options;
    struct acc_verify_summary *s = all->summary;
    *s = (struct acc_verify_summary){
        .level = o->level, .ledger_promised = true, .extra_known = true};
    snprintf(s->url, sizeof s->url, "%s", all->url);
    s->destinations = (unsigned)below->count;
    all->share = (o->slices > 0 ? 1.0 / o->slices : 1.0) * (o->sample > 0 ? o->sample : 1.0);
    for (size_t i = 0; i < below->count; i++) {
        all->files_left += (int64_t)((double)below->children[i].files * all->share);
        all->bytes_left += (int64_t)((double)below->children[i].bytes * all->share);
    }
}

enum acc_code acc_verify_each(const struct acc_verify_options *options,
                              const struct acc_verify_below *below, const char *url,
                              acc_verify_one verify, struct acc_verify_summary *summary,
                              struct acc_error *err)
{
    struct all all = {
        .options = options, .url = url, .summary = summary, .started = acc_clock_now()};
    struct acc_verify_options child = *options;
    struct acc_verify_summary *one = ACC_NEW(struct acc_verify_summary);
    struct acc_error worst = {0};
    begin_all(&all, below);
    child.on_event = on_event;
    child.arg = &all;
    child.receipt_of_problems = true;
    for (size_t i = 0; i < below->count && !ends_all(worst.code); i++) {
        struct acc_error problem = {0};
        if (options->limit > 0 && summary->selected >= options->limit)
            break;
        child.limit = options->limit > 0 ? options->limit - summary->selected : 0;
        child.destination = below->children[i].url;
        begin_child(&all, &below->children[i]);
        enum acc_code code = verify(&child, one, &problem);
        if (code != ACC_OK && !is_empty(one) && badness(code) > badness(worst.code))
            acc_error_set(&worst, code, "%s: %s", child.destination, problem.message);
        end_child(&all, one);
    }
    conclude(&all, &worst, err);
    acc_str_release(&all.text);
    free(one);
    return summary->outcome;
}
