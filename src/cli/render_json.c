/* Telling a run to programs: JSON Lines, one object an event, the last of type "summary". README.md
 * documents every field.
 *
 * A name that is not valid UTF-8 cannot be a JSON string: it is written with U+FFFD for each
 * invalid byte, and beside it, with "_base64" added to the field's name, exactly. Lines are flushed
 * with progress, at most ten times a second, and at the end. Running out of space or readers is
 * left in the file's error flag. */
#include "cli/render.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"

#define PROGRESS_EVERY 1000 /* milliseconds; a log needs no more */

struct json_lines {
    struct acc_render base;
    int64_t last_progress; /* in the run's elapsed time */
};

static struct json_lines *json_of(struct acc_render *render)
{
    return ACC_CONTAINER_OF(render, struct json_lines, base);
}

/* jansson's memory comes from base/mem.h, so a NULL would mean a string that is not UTF-8: a fault
 * of this file. */
static void put(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        abort();
}

static void put_number(json_t *object, const char *name, long long value)
{
    put(object, name, json_integer(value));
}

static void put_base64(json_t *object, const char *name, const char *bytes, size_t len)
{
    struct acc_str field = {0};
    char *text = acc_alloc(ACC_BASE64_LEN(len));
    acc_base64_encode(bytes, len, text);
    acc_str_addf(&field, "%s_base64", name);
    put(object, field.data, json_string(text));
    acc_str_release(&field);
    free(text);
}

/* NULL and "" say nothing, and are left out. */
static void put_text(json_t *object, const char *name, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    size_t len = strlen(text);
    if (acc_utf8_valid(text, len)) {
        put(object, name, json_stringn(text, len));
        return;
    }
    struct acc_str valid = {0};
    for (size_t i = 0, step; i < len; i += step ? step : 1) {
        step = acc_utf8_len(text + i, len - i);
        if (step > 0)
            acc_str_add_n(&valid, text + i, step);
        else
            acc_str_add(&valid, "\xEF\xBF\xBD");
    }
    put(object, name, json_stringn(valid.data, valid.len));
    put_base64(object, name, text, len);
    acc_str_release(&valid);
}

static json_t *begin(const char *type)
{
    char time[ACC_TIME_TEXT];
    json_t *object = json_object();
    put(object, "type", json_string(type));
    put(object, "time", json_string(acc_time_rfc3339(acc_time_now(), time)));
    return object;
}

static void end(struct acc_render *render, json_t *object)
{
    FILE *out = render->setup.out.file;
    char *line = json_dumps(object, JSON_COMPACT);
    fputs(line, out);
    fputc('\n', out);
    free(line);
    json_decref(object);
}

static void put_digests(json_t *object, const char *name, const struct acc_digests *digests)
{
    char hex[ACC_DIGEST_MAX * 2 + 1];
    if (digests == NULL || digests->present == 0)
        return;
    json_t *values = json_object();
    for (enum acc_alg alg = 0; alg < ACC_ALG_COUNT; alg++) {
        if (!acc_digests_has(digests, alg))
            continue;
        acc_digests_hex(digests, alg, hex);
        put(values, acc_alg_name(alg), json_string(hex));
    }
    put(object, name, values);
}

static void file_event(struct acc_render *render, const struct acc_file_event *file)
{
    static const char *const outcomes[] = {[ACC_OUTCOME_ARCHIVED] = "archived",
                                           [ACC_OUTCOME_ALREADY] = "already",
                                           [ACC_OUTCOME_FAILED] = "failed",
                                           [ACC_OUTCOME_CONFLICT] = "conflict"};
    bool refused = file->outcome == ACC_OUTCOME_FAILED || file->outcome == ACC_OUTCOME_CONFLICT;
    if (render->setup.quiet && !refused)
        return;
    json_t *object = begin("file");
    put_text(object, "path", file->path);
    put_text(object, "key", file->key);
    put(object, "outcome", json_string(outcomes[file->outcome]));
    if (refused) {
        put(object, "code", json_string(acc_code_name(file->code)));
        put_text(object, "reason", file->reason);
    }
    if (file->size >= 0)
        put_number(object, "size", file->size);
    put_digests(object, "digests", file->digests);
    put_digests(object, "promised", file->promised);
    put_text(object, "manifest", file->origin);
    if (file->line > 0)
        put_number(object, "manifest_line", (long long)file->line);
    put_text(object, "etag", file->etag);
    put_text(object, "checksum", file->checksum);
    put_text(object, "version_id", file->version_id);
    put_text(object, "proof", file->proof);
    put_number(object, "duration_ms", file->duration);
    end(render, object);
}

static void check_event(struct acc_render *render, const struct acc_check_event *check)
{
    if (render->setup.quiet && check->finding == ACC_FINDING_UNCHANGED)
        return;
    json_t *object = begin("check");
    put_text(object, "path", check->path);
    put_text(object, "key", check->key);
    put(object, "finding", json_string(acc_finding_name(check->finding)));
    put(object, "code", json_string(acc_code_name(acc_finding_code(check->finding))));
    put(object, "level", json_string(acc_level_name(check->level)));
    put(object, "proof", json_string(acc_proof_name(check->proof)));
    put_text(object, "detail", check->detail);
    if (check->size >= 0)
        put_number(object, "size", check->size);
    put_digests(object, "digests", check->digests);
    put_digests(object, "promised", check->promised);
    put_text(object, "manifest", check->origin);
    if (check->line > 0)
        put_number(object, "manifest_line", (long long)check->line);
    put_text(object, "etag", check->etag);
    put_text(object, "version_id", check->version_id);
    if (check->carried)
        put(object, "carried", json_true());
    end(render, object);
}

static void progress_event(struct acc_render *render, const char *type,
                           const struct acc_progress *p)
{
    json_t *object = begin(type), *current = json_array();
    put_text(object, "run", p->run);
    put_text(object, "source", p->source);
    put_text(object, "url", p->url);
    put_number(object, "files", (long long)p->files);
    put_number(object, "files_done", (long long)p->files_done);
    put_number(object, "bytes", p->bytes);
    put_number(object, "bytes_done", p->bytes_done);
    put_number(object, "sent", (long long)p->sent);
    put_number(object, "already", (long long)p->already);
    put_number(object, "failed", (long long)p->failed);
    put_number(object, "retries", (long long)p->retries);
    put_text(object, "last_retry", p->last_retry);
    put_number(object, "elapsed_ms", p->elapsed);
    put_number(object, "bytes_per_second", p->bytes_per_second);
    for (unsigned i = 0; i < p->current_count; i++) {
        json_t *one = json_object();
        put_text(one, "path", p->current[i].path);
        put_number(one, "done", p->current[i].done);
        put_number(one, "size", p->current[i].size);
        put_text(one, "doing", p->current[i].doing);
        json_array_append_new(current, one);
    }
    put(object, "current", current);
    end(render, object);
    fflush(render->setup.out.file);
}

static void text_event(struct acc_render *render, const char *type, const struct acc_event *event)
{
    json_t *object = begin(type);
    if (event->code != ACC_OK)
        put(object, "code", json_string(acc_code_name(event->code)));
    put_text(object, "text", event->text);
    end(render, object);
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

static void put_outcome(struct acc_render *render, json_t *object, enum acc_code code, int signal,
                        const struct acc_error *err)
{
    put(object, "outcome", json_string(acc_code_name(code)));
    put_number(object, "exit_status", acc_render_exit(code, signal));
    if (code != ACC_OK)
        put_text(object, "message", err->message);
    put_text(object, "command", render->setup.command);
}

static void put_halt(json_t *object, const struct acc_halt *halt)
{
    char time[ACC_TIME_TEXT];
    json_t *value = json_object();
    put(value, "code", json_string(acc_code_name(halt->code)));
    put_text(value, "operation", halt->operation);
    put_text(value, "key", halt->key);
    put_number(value, "http_status", halt->status);
    put_text(value, "s3_code", halt->s3_code);
    put_text(value, "s3_message", halt->message);
    put_text(value, "request_id", halt->request_id);
    if (halt->at != 0)
        put(value, "at", json_string(acc_time_rfc3339(halt->at, time)));
    put(value, "probed", json_boolean(halt->probed));
    put_text(value, "probe_step", halt->probe_step);
    put(value, "reads_work", json_boolean(halt->reads_work));
    put_text(value, "open_probe", halt->open_probe);
    put_text(value, "advice", halt->advice);
    put_text(value, "right_bucket", halt->right_bucket);
    put_text(value, "right_region", halt->right_region);
    put(object, "halt", value);
}

static void put_counts(json_t *object, const struct acc_ingest_summary *s)
{
    const struct {
        const char *name;
        long long value;
    } counts[] = {
        {"files", (long long)s->files},
        {"sent", (long long)s->sent},
        {"already", (long long)s->already},
        {"failed", (long long)s->failed},
        {"conflicts", (long long)s->conflicts},
        {"not_begun", (long long)s->not_begun},
        {"parked", (long long)s->parked},
        {"unlisted", (long long)s->unlisted},
        {"lacking", (long long)s->lacking},
        {"bytes_sent", s->bytes_sent},
        {"bytes_archived", s->bytes_archived},
        {"bytes_parked", s->bytes_parked},
        {"elapsed_ms", s->elapsed},
        {"requests", (long long)s->requests},
        {"write_requests", (long long)s->write_requests},
        {"retries", (long long)s->retries},
        {"written_after_refusal", (long long)s->written_after_refusal},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(counts); i++)
        put_number(object, counts[i].name, counts[i].value);
}

static void ingest_done(struct acc_render *render, const struct acc_ingest_summary *s,
                        const struct acc_error *err)
{
    static const char *const write_once[] = {
        [ACC_WRITE_ONCE_SERVER] = "server",       [ACC_WRITE_ONCE_VERSIONS] = "versions",
        [ACC_WRITE_ONCE_AGAIN] = "checked-again", [ACC_WRITE_ONCE_CLAIMED] = "claimed",
        [ACC_WRITE_ONCE_CHECKED] = "checked",     [ACC_WRITE_ONCE_NOTHING_SENT] = "nothing-sent"};
    json_t *object = begin("summary");
    if (acc_code_exit(s->outcome) > 1)
        acc_render_error(&render->setup, err);
    put_outcome(render, object, s->outcome, s->signal, err);
    put_text(object, "run", s->run);
    put_text(object, "source", render->setup.source);
    put_text(object, "url", s->url[0] ? s->url : render->setup.url);
    put(object, "dry_run", json_boolean(s->dry_run));
    put_counts(object, s);
    put(object, "write_once", json_string(write_once[s->write_once]));
    put_text(object, "checksum", s->checksum);
    put_text(object, "checksum_put", s->checksum_put);
    put_text(object, "checksum_parts", s->checksum_parts);
    put_number(object, "checksums_kept", (long long)s->checksums_kept);
    put_text(object, "manifest", s->manifest);
    put_number(object, "manifest_count", s->manifest_count);
    put_text(object, "hint", s->hint);
    put_text(object, "receipt", s->receipt);
    put_text(object, "ledger", s->ledger);
    if (s->signal > 0)
        put_number(object, "signal", s->signal);
    if (s->halted)
        put_halt(object, &s->halt);
    end(render, object);
}

static void put_verify_counts(json_t *object, const struct acc_verify_summary *s)
{
    const struct {
        const char *name;
        long long value;
    } counts[] = {
        {"files", (long long)s->files},
        {"selected", (long long)s->selected},
        {"recent", (long long)s->recent},
        {"checked", (long long)s->checked},
        {"carried", (long long)s->carried},
        {"unlisted", (long long)s->unlisted},
        {"bytes_read", s->bytes_read},
        {"elapsed_ms", s->elapsed},
        {"requests", (long long)s->requests},
        {"list_requests", (long long)s->list_requests},
        {"write_requests", (long long)s->write_requests},
        {"retries", (long long)s->retries},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(counts); i++)
        put_number(object, counts[i].name, counts[i].value);
    json_t *found = json_object(), *proofs = json_object();
    for (unsigned i = 0; i < ACC_FINDING_COUNT; i++)
        put_number(found, acc_finding_name((enum acc_finding)i), (long long)s->found[i]);
    for (unsigned i = 0; i < ACC_PROOF_COUNT; i++)
        if (s->proofs[i] > 0)
            put_number(proofs, acc_proof_name((enum acc_proof)i), (long long)s->proofs[i]);
    put(object, "found", found);
    put(object, "proofs", proofs);
}

static void verify_done(struct acc_render *render, const struct acc_verify_summary *s,
                        const struct acc_error *err)
{
    json_t *object = begin("summary");
    if (acc_code_exit(s->outcome) > 1)
        acc_render_error(&render->setup, err);
    put_outcome(render, object, s->outcome, s->signal, err);
    put_text(object, "run", s->run);
    put_text(object, "source", render->setup.source);
    put_text(object, "url", s->url[0] ? s->url : render->setup.url);
    put(object, "level", json_string(acc_level_name(s->level)));
    put_text(object, "rests_on", acc_level_rests_on(s->level));
    put_text(object, "not_seen", acc_level_blind_to(s->level));
    put(object, "local", json_boolean(s->local));
    put_verify_counts(object, s);
    put(object, "extra_known", json_boolean(s->extra_known));
    put_text(object, "promised_by", s->ledger_promised ? "ledger" : "manifest");
    put_text(object, "manifest", s->manifest);
    put_number(object, "manifest_count", s->manifest_count);
    put_text(object, "receipt", s->receipt);
    put_text(object, "ledger", s->ledger);
    if (s->signal > 0)
        put_number(object, "signal", s->signal);
    end(render, object);
}

static void put_step(json_t *object, const char *name, const struct acc_probe_step *step)
{
    if (step->operation == NULL)
        return;
    json_t *value = json_object();
    put_text(value, "operation", step->operation);
    put_number(value, "http_status", step->status);
    put_text(value, "s3_code", step->code);
    put_text(value, "request_id", step->request_id);
    put(object, name, value);
}

static void probe_done(struct acc_render *render, const struct acc_probe_result *result,
                       const struct acc_error *err)
{
    json_t *object = begin("summary");
    if (result->verdict != ACC_OK)
        acc_render_error(&render->setup, err);
    put_outcome(render, object, result->verdict, 0, err);
    put_text(object, "url", render->setup.url);
    put_text(object, "endpoint", result->endpoint);
    put_text(object, "region", result->region);
    put_text(object, "reason", result->reason);
    put_step(object, "create", &result->create);
    put_step(object, "part", &result->part);
    put_step(object, "abort", &result->abort);
    put_step(object, "list", &result->list);
    put(object, "listing_works", json_boolean(result->listing_works));
    put_text(object, "left_open", result->left_open);
    end(render, object);
}

static void json_free(struct acc_render *render)
{
    free(json_of(render));
}

static const struct acc_renderer functions = {event, ingest_done, verify_done, probe_done,
                                              json_free};

struct acc_render *acc_render_json_new(const struct acc_render_setup *setup)
{
    struct json_lines *json = ACC_NEW(struct json_lines);
    json_set_alloc_funcs(acc_alloc, free);
    json->base.functions = &functions;
    json->base.setup = *setup;
    return &json->base;
}
