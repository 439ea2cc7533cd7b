/* The work for an arrival: a child that archives or verifies it, or a job that records, moves or
 * deletes it. Each ends in one event to its arrival. A child is judged by its last line and its
 * exit status (result.h); the bytes it sent count however it ends. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "manifest/manifest.h"
#include "watch/outside/arguments.h"
#include "watch/watcher.h"

/* ---- children ---- */

static void on_line(struct acc_child *child, const char *line, size_t len)
{
    acc_result_take(&ACC_CONTAINER_OF(child, struct acc_work, child)->result, line, len);
}

struct acc_work *acc_work_start(struct acc_watcher *w, struct acc_arrival *a,
                                struct acc_arguments *arguments,
                                void (*on_done)(struct acc_child *child))
{
    struct acc_work *work = ACC_NEW(struct acc_work);
    work->watcher = w;
    work->arrival = a;
    work->child.on_line = on_line;
    work->child.on_done = on_done;
    acc_list_push(&w->work.children, &work->link);
    w->work.running += a != NULL;
    acc_child_start(&w->loop, &work->child, w->o.program, (const char *const *)arguments->list,
                    NULL);
    acc_arguments_release(arguments);
    return work;
}

void acc_work_finish(struct acc_work *work)
{
    struct acc_watcher *w = work->watcher;
    acc_list_remove(&work->link);
    w->work.running -= work->arrival != NULL;
    acc_result_release(&work->result);
    free(work);
    acc_watcher_wake(w);
}

/* The best there is to say of a child's end. */
const char *acc_work_message(const struct acc_work *work)
{
    if (work->result.message.len > 0)
        return work->result.message.data;
    return work->child.tail[0] != '\0' ? work->child.tail : "it ended without a message";
}

static void count(struct acc_watcher *w, const struct acc_result *result,
                  enum acc_arrival_event event)
{
    struct acc_watch_numbers *n = &w->notices.numbers;
    n->files_archived += result->sent;
    n->bytes_archived += result->bytes_sent;
    for (int code = 0; code < ACC_CODE_COUNT; code++)
        n->failures[code] += result->by_code[code];
    if (event == ACC_ARRIVAL_ON_ENDED_REJECTED && result->refused == 0)
        n->failures[result->code]++;
}

static void keep_verdict(struct acc_arrival *a, struct acc_work *work)
{
    struct acc_result *result = &work->result;
    acc_str_set(&a->verdict.message, acc_work_message(work));
    acc_str_set(&a->verdict.reasons, acc_str_cstr(&result->reasons));
    a->verdict.code = result->code;
    a->verdict.refused = result->refused;
    a->verdict.sight = a->sight;
    if (a->state == ACC_ARRIVAL_CHECKING)
        return; /* a check here is not a run: it has no row in the ledger and no receipt */
    if (result->run.len > 0)
        acc_str_set(&a->verdict.run, result->run.data);
    if (result->receipt.len > 0)
        acc_str_set(&a->verdict.receipt, result->receipt.data);
}

/* Common to ingest and verification: what concerns the watcher as a whole, then the arrival. */
static void end_work(struct acc_work *work, enum acc_arrival_event event)
{
    struct acc_arrival *a = work->arrival;
    struct acc_watcher *w = work->watcher;
    if (event == ACC_ARRIVAL_ON_ENDED_HALTED)
        acc_watcher_halt(w, work->result.code, acc_work_message(work));
    else if (event == ACC_ARRIVAL_ON_ENDED_LATER)
        ACC_WATCH_LOG(w, WARNING, "%s: could not be finished now; accession tries again: %s",
                      a->name, acc_work_message(work));
    else if (event != ACC_ARRIVAL_ON_ENDED_PARKED)
        acc_watcher_progress(w);
    acc_arrival_post(a, event);
    acc_work_finish(work);
}

static bool is_there(const struct acc_arrival *a)
{
    struct stat st;
    return lstat(a->path, &st) == 0;
}

static void on_ingest_done(struct acc_child *child)
{
    struct acc_work *work = ACC_CONTAINER_OF(child, struct acc_work, child);
    struct acc_arrival *a = work->arrival;
    enum acc_arrival_event event = acc_result_judge(&work->result, child->status, child->signal);
    /* Taken away while it was read: no fault of the delivery's. The next scan forgets it. */
    if (event == ACC_ARRIVAL_ON_ENDED_REJECTED && !is_there(a))
        event = ACC_ARRIVAL_ON_ENDED_LATER;
    count(work->watcher, &work->result, event);
    if (event == ACC_ARRIVAL_ON_ENDED_ARCHIVED || event == ACC_ARRIVAL_ON_ENDED_REJECTED) {
        keep_verdict(a, work);
        a->verdict.files = work->result.files;
        a->verdict.sent = work->result.sent;
        a->verdict.already = work->result.already;
        a->verdict.bytes = a->sight.bytes;
    }
    end_work(work, event);
}

static void on_verify_done(struct acc_child *child)
{
    struct acc_work *work = ACC_CONTAINER_OF(child, struct acc_work, child);
    enum acc_arrival_event event =
        acc_result_judge_verify(&work->result, child->status, child->signal);
    if (event == ACC_ARRIVAL_ON_UNVERIFIED) {
        count(work->watcher, &work->result, ACC_ARRIVAL_ON_ENDED_REJECTED);
        keep_verdict(work->arrival, work);
        work->arrival->verdict.files = work->result.files;
        if (!is_there(work->arrival))
            event = ACC_ARRIVAL_ON_ENDED_LATER;
    }
    end_work(work, event);
}

/* A bag brings its manifests; another folder's is found by its name. */
static char *manifest_of(const struct acc_arrival *a)
{
    struct acc_str list = {0};
    bool found =
        !acc_bag_detect(a->path) && acc_ready_find_list(&a->watcher->looks.rules, a->path, &list);
    char *manifest = found ? acc_str_detach(&list) : NULL;
    acc_str_release(&list);
    return manifest;
}

void acc_work_check(struct acc_arrival *a)
{
    struct acc_arguments arguments = {0};
    char *manifest = manifest_of(a);
    ACC_WATCH_LOG(a->watcher, INFO, "%s: complete; comparing it with its manifest", a->name);
    acc_arguments_check(&arguments, &a->watcher->o, a->path, manifest);
    free(manifest);
    acc_work_start(a->watcher, a, &arguments, on_verify_done);
}

void acc_work_ingest(struct acc_arrival *a)
{
    struct acc_watcher *w = a->watcher;
    struct acc_arguments arguments = {0};
    char *manifest = manifest_of(a), size[32], files[40];
    ACC_WATCH_LOG(w, INFO, "%s: complete (%s, %s); archiving it to %s", a->name,
                  acc_show_files(a->sight.files, files),
                  acc_show_bytes((double)a->sight.bytes, size), a->url);
    acc_arguments_ingest(&arguments, &w->o, w->place.ledger_path, a->path, a->url, manifest);
    free(manifest);
    acc_work_start(w, a, &arguments, on_ingest_done);
}

void acc_work_verify(struct acc_arrival *a)
{
    struct acc_watcher *w = a->watcher;
    struct acc_arguments arguments = {0};
    char *manifest = manifest_of(a);
    ACC_WATCH_LOG(w, INFO, "%s: reading it back from %s before it is deleted", a->name, a->url);
    acc_arguments_verify(&arguments, &w->o, w->place.ledger_path, a->path, a->url, manifest);
    free(manifest);
    acc_work_start(w, a, &arguments, on_verify_done);
}

/* ---- jobs ---- */

static void put_on_record(struct acc_arrival *a, const struct acc_disposal *disposal)
{
    a->on_record.mark = disposal->row.mark;
    a->on_record.content = disposal->row.content;
    a->on_record.touched = disposal->row.touched;
}

static enum acc_arrival_event recorded(struct acc_arrival *a, const struct acc_disposal *disposal)
{
    if (disposal->result != ACC_DISPOSAL_DONE) {
        ACC_WATCH_LOG(a->watcher, ERROR, "%s: %s", a->name, disposal->err.message);
        return ACC_ARRIVAL_ON_NOT_REMEMBERED;
    }
    put_on_record(a, disposal);
    if (a->state == ACC_ARRIVAL_ARCHIVED) {
        a->watcher->notices.numbers.arrivals_archived++;
        a->watcher->notices.numbers.last_success = acc_time_now();
        acc_notice_archived(a);
    } else {
        a->watcher->notices.numbers.arrivals_rejected++;
        acc_notice_rejected(a);
    }
    return ACC_ARRIVAL_ON_REMEMBERED;
}

static enum acc_arrival_event disposed(struct acc_arrival *a, const struct acc_disposal *disposal)
{
    struct acc_watcher *w = a->watcher;
    switch (disposal->result) {
    case ACC_DISPOSAL_DIFFERS:
        ACC_WATCH_LOG(w, WARNING, "%s", disposal->err.message);
        return ACC_ARRIVAL_ON_DIFFERS;
    case ACC_DISPOSAL_KEPT:
        put_on_record(a, disposal);
        ACC_WATCH_LOG(w, WARNING, "%s", disposal->err.message);
        return ACC_ARRIVAL_ON_KEPT_BACK;
    case ACC_DISPOSAL_FAILED:
        ACC_WATCH_LOG(w, ERROR, "%s", disposal->err.message);
        return ACC_ARRIVAL_ON_NOT_AWAY;
    case ACC_DISPOSAL_DONE:
        break;
    }
    if (disposal->kind == ACC_DISPOSE_MOVE)
        ACC_WATCH_LOG(w, INFO, "%s: moved to %s", a->name, acc_str_cstr(&disposal->place));
    else
        ACC_WATCH_LOG(w, INFO, "%s: verified byte for byte in the bucket, and deleted here",
                      a->name);
    return ACC_ARRIVAL_ON_AWAY;
}

static void on_disposed(struct acc_disposal *disposal)
{
    struct acc_arrival *a = disposal->arg;
    struct acc_watcher *w = a->watcher;
    w->work.disposals--;
    enum acc_arrival_event event =
        disposal->kind == ACC_DISPOSE_RECORD ? recorded(a, disposal) : disposed(a, disposal);
    acc_disposal_release(disposal);
    free(disposal);
    acc_arrival_post(a, event);
    acc_watcher_wake(w);
}

void acc_work_dispose(struct acc_arrival *a, enum acc_disposal_kind kind)
{
    struct acc_watcher *w = a->watcher;
    struct acc_disposal *disposal = ACC_NEW(struct acc_disposal);
    disposal->kind = kind;
    disposal->ledger = w->place.ledger;
    disposal->row = (struct acc_arrival_row){
        .folder = w->place.folder,
        .destination = w->place.url,
        .name = a->name,
        .mark = a->state == ACC_ARRIVAL_REFUSED ? ACC_MARK_REJECTED : ACC_MARK_ARCHIVED,
        .content = a->verdict.sight.content,
        .touched = a->verdict.sight.touched,
        .code = a->verdict.code,
        .run = acc_str_cstr(&a->verdict.run),
        .reason = a->verdict.code != ACC_OK ? acc_str_cstr(&a->verdict.message) : "",
        .receipt = acc_str_cstr(&a->verdict.receipt),
    };
    disposal->marker = w->looks.rules.marker;
    if (kind == ACC_DISPOSE_MOVE)
        acc_why_write(a, &disposal->text);
    disposal->on_done = on_disposed;
    disposal->arg = a;
    w->work.disposals++;
    acc_dispose_start(&w->loop, disposal);
}
