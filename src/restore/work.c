/* Keeping entries in progress, and recording how each ends. Payload is drawn first, manifests last,
 * as they were archived. A server that fails three entries in a row, or credentials, clock, bucket
 * or this machine, halt the run; a server that denies an object refuses that file, and the others
 * go on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "restore/run.h"

#define LOST_MAX 3
#define LARGE ((int64_t)32 << 20)

static void post(struct acc_restore_run *run, const struct acc_event *event)
{
    if (run->options->on_event != NULL)
        run->options->on_event(run->options->arg, event);
}

void acc_restore_note(struct acc_restore_run *run, enum acc_code code, const char *text)
{
    struct acc_record record = {
        .kind = ACC_RECORD_NOTE, .run = run->id, .code = code, .reason = text};
    acc_ledger_post(run->ledger, &record);
    post(run, &(struct acc_event){.kind = ACC_EVENT_NOTE, .code = code, .text = text});
}

void acc_restore_progress(struct acc_restore_run *run, enum acc_event_kind kind)
{
    const struct acc_restore_summary *s = run->summary;
    struct acc_progress p = {.activity = "Restoring",
                             .run = run->name,
                             .source = s->url,
                             .url = s->folder,
                             .files = s->selected,
                             .files_done = s->restored + s->already + s->failed + s->conflicts,
                             .bytes = run->bytes_total,
                             .bytes_done = run->bytes_done,
                             .sent = s->restored,
                             .already = s->already,
                             .failed = s->failed + s->conflicts,
                             .retries = acc_s3_stats(run->s3)->retries,
                             .last_retry = acc_s3_stats(run->s3)->last_retry,
                             .elapsed = acc_clock_now() - run->started,
                             .bytes_per_second = acc_samples_rate(&run->samples)};
    ACC_LIST_EACH (link, &run->items) {
        const struct acc_item *item = ACC_CONTAINER_OF(link, struct acc_item, link);
        p.bytes_done += acc_item_bytes(item);
        if (item->entry.size < LARGE || p.current_count == ACC_PROGRESS_FILES)
            continue;
        unsigned at = p.current_count++;
        p.current[at].path = item->entry.path;
        p.current[at].done = acc_item_bytes(item);
        p.current[at].size = item->entry.size;
        p.current[at].doing = "reading and hashing";
    }
    post(run, &(struct acc_event){.kind = kind, .progress = &p});
}

void acc_restore_stop(struct acc_restore_run *run)
{
    post(run, &(struct acc_event){.kind = ACC_EVENT_STATE, .text = "stopping"});
    acc_s3_call_cancel(&run->survey.call);
    for (struct acc_link *link = run->items.next, *next; link != &run->items; link = next) {
        next = link->next;
        acc_item_cancel(ACC_CONTAINER_OF(link, struct acc_item, link));
    }
}

static void halt(struct acc_restore_run *run, const struct acc_error *err)
{
    if (run->halted)
        return;
    run->halted = true;
    run->err = *err;
    acc_restore_stop(run);
}

/* ---- how an entry ended ---- */

static void record(struct acc_restore_run *run, struct acc_item *item)
{
    struct acc_record record = {.run = run->id,
                                .entry = item->entry_id,
                                .code = item->err.code,
                                .reason = item->err.message,
                                .archived = {.etag = item->reading.fetch.object.etag,
                                             .version_id = item->reading.fetch.object.version_id,
                                             .checksum = "",
                                             .at = acc_time_now(),
                                             .duration = item->took}};
    if (item->end == ACC_ITEM_RESTORED) {
        acc_ledger_post_restored(run->ledger, &record, item->restored);
    } else if (item->end == ACC_ITEM_ALREADY) {
        acc_ledger_post_already(run->ledger, &record, item->proven);
    } else {
        bool conflict = item->end == ACC_ITEM_CONFLICT;
        record.kind = conflict ? ACC_RECORD_CONFLICT : ACC_RECORD_FAILED;
        acc_ledger_post(run->ledger, &record);
    }
}

static void report(struct acc_restore_run *run, const struct acc_item *item)
{
    static const enum acc_outcome outcomes[] = {[ACC_ITEM_RESTORED] = ACC_OUTCOME_ARCHIVED,
                                                [ACC_ITEM_ALREADY] = ACC_OUTCOME_ALREADY,
                                                [ACC_ITEM_CONFLICT] = ACC_OUTCOME_CONFLICT,
                                                [ACC_ITEM_FAILED] = ACC_OUTCOME_FAILED};
    bool refused = item->end == ACC_ITEM_CONFLICT || item->end == ACC_ITEM_FAILED;
    const struct acc_file_event file = {
        .path = item->entry.path,
        .key = acc_str_cstr(&item->key),
        .outcome = outcomes[item->end],
        .code = refused ? item->err.code : ACC_OK,
        .reason = refused ? item->err.message : "",
        .size = item->err.code == ACC_DIGEST ? acc_item_bytes(item) : item->entry.size,
        .digests = item->digests,
        .etag = item->reading.fetch.object.etag,
        .version_id = item->reading.fetch.object.version_id,
        .checksum = "",
        .proof = refused ? "" : "read",
        .duration = item->took,
        .promised = item->err.code == ACC_DIGEST ? &item->entry.promised : NULL,
        .origin = item->entry.origin,
        .line = item->entry.line,
        .of_object = true,
    };
    post(run, &(struct acc_event){.kind = ACC_EVENT_FILE, .file = &file});
}

static void lose(struct acc_restore_run *run, const struct acc_item *item)
{
    bool server = item->err.code != ACC_LOCAL &&
                  (item->call_class == ACC_S3_RETRY || item->call_class == ACC_S3_UNREACHABLE ||
                   item->call_class == ACC_S3_UNKNOWN);
    bool spoke = acc_s3_stats(run->s3)->successes > 0;
    if (!server || !spoke || ++run->lost >= LOST_MAX)
        halt(run, &item->err);
    else if (run->err.code == ACC_OK)
        run->err = item->err;
}

static void settle(struct acc_restore_run *run, struct acc_item *item)
{
    struct acc_restore_summary *s = run->summary;
    bool refused = item->end == ACC_ITEM_CONFLICT || item->end == ACC_ITEM_FAILED;
    if (item->end == ACC_ITEM_LOST) {
        lose(run, item);
        return;
    }
    if (item->end == ACC_ITEM_CANCELLED || item->end == ACC_ITEM_READY)
        return;
    run->lost = 0;
    acc_marks_add(&run->planning.selected, item->entry_id, ACC_RESTORE_SETTLED);
    if (item->end == ACC_ITEM_WOULD) {
        s->would++;
        s->would_bytes += item->entry.size > 0 ? item->entry.size : 0;
        return;
    }
    s->cold += item->end == ACC_ITEM_FAILED && item->cold;
    s->asked += item->end == ACC_ITEM_FAILED && item->thawing;
    s->restored += item->end == ACC_ITEM_RESTORED;
    s->already += item->end == ACC_ITEM_ALREADY;
    s->conflicts += item->end == ACC_ITEM_CONFLICT;
    s->failed += item->end == ACC_ITEM_FAILED;
    if (refused && run->first_failure == ACC_OK)
        run->first_failure = item->err.code;
    run->bytes_done += item->entry.size > 0 ? item->entry.size : 0;
    record(run, item);
    report(run, item);
}

void acc_restore_on_item(struct acc_item *item)
{
    struct acc_restore_run *run = ACC_CONTAINER_OF(item->env, struct acc_restore_run, env);
    acc_list_remove(&item->link);
    run->active--;
    settle(run, item);
    acc_item_free(item);
    acc_restore_fill(run);
}

/* ---- drawing ---- */

static bool stops(const struct acc_restore_run *run)
{
    return run->interrupted || run->halted;
}

static void fail(struct acc_restore_run *run)
{
    struct acc_error err = run->err;
    run->halted = false;
    halt(run, &err);
}

/* In this pass: a survey draws what is to be checked, and what it settled is not drawn again. */
static bool is_due(const struct acc_restore_run *run, int64_t entry)
{
    unsigned marks = acc_marks_of(&run->planning.selected, entry);
    return (marks & ACC_RESTORE_SELECTED) != 0 && (marks & ACC_RESTORE_SETTLED) == 0 &&
           (!run->env.surveys || run->survey.all || (marks & ACC_RESTORE_TO_CHECK) != 0);
}

/* The next row to restore; false when there is none for now. */
static bool draw(struct acc_restore_run *run, struct acc_row *row)
{
    bool more = false;
    while (!run->drained) {
        if (run->rows == NULL && run->role >= ACC_ROLE_MANIFEST && run->active > 0)
            return false; /* manifests come when the rest is there */
        if (run->rows == NULL &&
            acc_ledger_draw_open(run->ledger, run->id, ACC_ENTRY_PENDING, run->role, -1, INT64_MAX,
                                 &run->rows, &run->err) != ACC_OK)
            break;
        if (acc_ledger_next(run->rows, row, &more, &run->err) != ACC_OK)
            break;
        if (more && is_due(run, row->id))
            return true;
        if (more)
            continue;
        acc_ledger_cursor_close(run->rows);
        run->rows = NULL;
        run->drained = ++run->role == ACC_ROLES;
    }
    if (!run->drained)
        fail(run);
    return false;
}

static void begin(struct acc_restore_run *run, const struct acc_row *row)
{
    struct acc_object_known known = {0};
    const char *version = run->options->version_id;
    bool found = false;
    if (run->known != NULL &&
        acc_ledger_find_known(run->known, acc_str_cstr(&run->canonical), row->entry.path,
                              run->env.as_of, version != NULL ? version : "", &known, &found,
                              &run->err) != ACC_OK) {
        fail(run);
        return;
    }
    if (!found && version != NULL) {
        snprintf(known.version_id, sizeof known.version_id, "%s", version);
        found = true;
    }
    struct acc_item *item = acc_item_new(&run->env, row, found ? &known : NULL);
    acc_list_push(&run->items, &item->link);
    run->active++;
    acc_item_start(item);
}

/* ---- the end ---- */

static void leave(struct acc_restore_run *run)
{
    run->over = true;
    acc_timer_stop(&run->tick);
    acc_loop_stop(&run->loop);
}

static void work_check(struct acc_job *job)
{
    struct acc_restore_run *run = ACC_CONTAINER_OF(job, struct acc_restore_run, checking.job);
    acc_restore_check_bags(run, &run->checking.err);
}

static void on_checked(struct acc_job *job)
{
    struct acc_restore_run *run = ACC_CONTAINER_OF(job, struct acc_restore_run, checking.job);
    if (run->err.code == ACC_OK)
        run->err = run->checking.err;
    leave(run);
}

/* A part of a bag is none, and one that lacks a file is known not to be valid. */
static bool is_whole(const struct acc_restore_run *run)
{
    const struct acc_restore_summary *s = run->summary;
    return !stops(run) && !s->dry_run && run->err.code == ACC_OK && s->selected == s->files &&
           s->restored + s->already == s->files;
}

/* The job reads what was recorded, and leaves no piece between the files that it looks at. */
static void end(struct acc_restore_run *run)
{
    if (run->over || run->checking.begun)
        return;
    if (!is_whole(run) || acc_ledger_flush(run->ledger, &run->err) != ACC_OK) {
        leave(run);
        return;
    }
    acc_target_clear(&run->target);
    run->checking.begun = true;
    run->checking.job.work = work_check;
    run->checking.job.done = on_checked;
    post(run, &(struct acc_event){.kind = ACC_EVENT_STATE, .text = "checking"});
    acc_job_start(&run->loop, &run->checking.job);
}

/* What is cold was counted and, with --thaw, asked for. Without, nothing else is started: a bag of
 * which half comes today and half in two days is better known before. */
static void end_survey(struct acc_restore_run *run)
{
    char objects[40];
    const struct acc_restore_summary *s = run->summary;
    struct acc_error err;
    run->env.surveys = false;
    run->role = 0;
    run->drained = false;
    if (s->cold == 0 || run->env.thaw.tier != NULL || run->options->dry_run)
        return;
    acc_error_set(&err, ACC_COLD,
                  "%llu of %s in cold storage, which cannot be read now. Nothing was "
                  "restored. To ask for them, add --thaw Bulk, or Standard or Expedited, which are "
                  "quicker and cost more.",
                  (unsigned long long)s->cold,
                  acc_show_number(s->selected, "object", "objects", objects));
    halt(run, &err);
}

void acc_restore_surveyed(struct acc_restore_run *run)
{
    if (run->survey.err.code != ACC_OK && !run->interrupted)
        halt(run, &run->survey.err);
    run->env.surveys = run->survey.some;
    acc_restore_fill(run);
}

void acc_restore_fill(struct acc_restore_run *run)
{
    struct acc_row row;
    while (!stops(run) && run->active < run->jobs && draw(run, &row))
        begin(run, &row);
    if (run->active == 0 && run->drained && run->env.surveys && !stops(run)) {
        end_survey(run);
        acc_restore_fill(run);
        return;
    }
    if (run->active == 0 && (stops(run) || run->drained))
        end(run);
}
