/* Telling a run to programs: JSON Lines, one object an event, the last of type "summary".
 * accession(1) documents every field.
 *
 * Lines are flushed with progress, at most ten times a second, with a new state, and at the end.
 * Running out of space or readers is left in the file's error flag. */
#include "cli/json/json.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/json/line.h"

#define PROGRESS_EVERY 1000 /* milliseconds; a log needs no more */

struct json_lines {
    struct acc_render base;
    int64_t last_progress; /* in the run's elapsed time */
};

static struct json_lines *json_of(struct acc_render *render)
{
    return ACC_CONTAINER_OF(render, struct json_lines, base);
}

static void file_event(struct acc_render *render, const struct acc_file_event *file)
{
    static const char *const outcomes[] = {[ACC_OUTCOME_ARCHIVED] = "archived",
                                           [ACC_OUTCOME_ALREADY] = "already",
                                           [ACC_OUTCOME_FAILED] = "failed",
                                           [ACC_OUTCOME_CONFLICT] = "conflict",
                                           [ACC_OUTCOME_WITHHELD] = "withheld"};
    bool refused = file->outcome != ACC_OUTCOME_ARCHIVED && file->outcome != ACC_OUTCOME_ALREADY;
    if (render->setup.quiet && !refused)
        return;
    json_t *object = acc_line_begin("file");
    acc_line_text(object, "path", file->path);
    acc_line_text(object, "key", file->key);
    acc_line_put(object, "outcome", json_string(outcomes[file->outcome]));
    if (refused) {
        acc_line_put(object, "code", json_string(acc_code_name(file->code)));
        acc_line_text(object, "reason", file->reason);
    }
    if (file->size >= 0)
        acc_line_number(object, "size", file->size);
    acc_line_digests(object, "digests", file->digests);
    acc_line_digests(object, "promised", file->promised);
    acc_line_text(object, "manifest", file->origin);
    if (file->line > 0)
        acc_line_number(object, "manifest_line", (long long)file->line);
    acc_line_text(object, "etag", file->etag);
    acc_line_text(object, "checksum", file->checksum);
    acc_line_text(object, "version_id", file->version_id);
    acc_line_text(object, "proof", file->proof);
    acc_line_number(object, "duration_ms", file->duration);
    acc_line_end(render->setup.out.file, object);
}

static void check_event(struct acc_render *render, const struct acc_check_event *check)
{
    if (render->setup.quiet && check->finding == ACC_FINDING_UNCHANGED)
        return;
    json_t *object = acc_line_begin("check");
    acc_line_text(object, "path", check->path);
    acc_line_text(object, "key", check->key);
    acc_line_put(object, "finding", json_string(acc_finding_name(check->finding)));
    acc_line_put(object, "code", json_string(acc_code_name(acc_finding_code(check->finding))));
    acc_line_put(object, "level", json_string(acc_level_name(check->level)));
    acc_line_put(object, "proof", json_string(acc_proof_name(check->proof)));
    acc_line_text(object, "detail", check->detail);
    if (check->size >= 0)
        acc_line_number(object, "size", check->size);
    acc_line_digests(object, "digests", check->digests);
    acc_line_digests(object, "promised", check->promised);
    acc_line_text(object, "manifest", check->origin);
    if (check->line > 0)
        acc_line_number(object, "manifest_line", (long long)check->line);
    acc_line_text(object, "etag", check->etag);
    acc_line_text(object, "version_id", check->version_id);
    if (check->carried)
        acc_line_put(object, "carried", json_true());
    acc_line_end(render->setup.out.file, object);
}

static void progress_event(struct acc_render *render, const char *type,
                           const struct acc_progress *p)
{
    json_t *object = acc_line_begin(type), *current = json_array();
    acc_line_text(object, "run", p->run);
    acc_line_text(object, "source", p->source);
    acc_line_text(object, "url", p->url);
    acc_line_number(object, "files", (long long)p->files);
    acc_line_number(object, "files_done", (long long)p->files_done);
    acc_line_number(object, "bytes", p->bytes);
    acc_line_number(object, "bytes_done", p->bytes_done);
    acc_line_number(object, "sent", (long long)p->sent);
    acc_line_number(object, "already", (long long)p->already);
    acc_line_number(object, "failed", (long long)p->failed);
    acc_line_number(object, "retries", (long long)p->retries);
    acc_line_text(object, "last_retry", p->last_retry);
    acc_line_number(object, "elapsed_ms", p->elapsed);
    acc_line_number(object, "bytes_per_second", p->bytes_per_second);
    for (unsigned i = 0; i < p->current_count; i++) {
        json_t *one = json_object();
        acc_line_text(one, "path", p->current[i].path);
        acc_line_number(one, "done", p->current[i].done);
        acc_line_number(one, "size", p->current[i].size);
        acc_line_text(one, "doing", p->current[i].doing);
        json_array_append_new(current, one);
    }
    acc_line_put(object, "current", current);
    acc_line_end(render->setup.out.file, object);
    fflush(render->setup.out.file);
}

static void text_event(struct acc_render *render, const char *type, const struct acc_event *event)
{
    json_t *object = acc_line_begin(type);
    if (event->code != ACC_OK)
        acc_line_put(object, "code", json_string(acc_code_name(event->code)));
    acc_line_text(object, "text", event->text);
    acc_line_end(render->setup.out.file, object);
}

static void event(struct acc_render *render, const struct acc_event *event)
{
    struct json_lines *json = json_of(render);
    bool quiet = render->setup.quiet;
    switch (event->kind) {
    case ACC_EVENT_FILE:
        file_event(render, event->file);
        break;
    case ACC_EVENT_CHECK:
        check_event(render, event->check);
        break;
    case ACC_EVENT_NOTE:
        if (!quiet || event->code != ACC_OK)
            text_event(render, "note", event);
        break;
    case ACC_EVENT_STATE:
        if (!quiet)
            text_event(render, "state", event);
        fflush(render->setup.out.file); /* it may be the only news for hours */
        break;
    case ACC_EVENT_DELAYED: /* the state says what it is doing */
        break;
    case ACC_EVENT_PLANNED:
        if (!quiet)
            progress_event(render, "planned", event->progress);
        break;
    case ACC_EVENT_PROGRESS:
        if (!quiet && !render->setup.no_progress &&
            event->progress->elapsed - json->last_progress >= PROGRESS_EVERY) {
            json->last_progress = event->progress->elapsed;
            progress_event(render, "progress", event->progress);
        } else {
            fflush(render->setup.out.file);
        }
        break;
    }
}

static void json_free(struct acc_render *render)
{
    free(json_of(render));
}

static const struct acc_renderer functions = {event,
                                              acc_render_json_ingest,
                                              acc_render_json_verify,
                                              acc_render_json_restore,
                                              acc_render_json_probe,
                                              json_free};

struct acc_render *acc_render_json_new(const struct acc_render_setup *setup)
{
    struct json_lines *json = ACC_NEW(struct json_lines);
    json->base.functions = &functions;
    json->base.setup = *setup;
    return &json->base;
}
