/* The last line of a run for programs: its summary, of an ingest, a verification or a probe. If an
 * error ended the run, it is reported on standard error as well. */
#include "cli/json/line.h"
#include "cli/json/json.h"

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"

struct count {
    const char *name;
    long long value;
};

static void put_all(json_t *object, const struct count *counts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        acc_line_number(object, counts[i].name, counts[i].value);
}

static void put_outcome(struct acc_render *render, json_t *object, enum acc_code code, int signal,
                        const struct acc_error *err)
{
    acc_line_put(object, "outcome", json_string(acc_code_name(code)));
    acc_line_number(object, "exit_status", acc_render_exit(code, signal));
    if (code != ACC_OK)
        acc_line_text(object, "message", err->message);
    acc_line_text(object, "command", render->setup.command);
}

static void put_capabilities(json_t *object, const struct acc_capabilities *can)
{
    char time[ACC_TIME_TEXT];
    json_t *value = json_object();
    struct acc_capability one;
    for (unsigned i = 0; acc_capability_at(can, i, &one); i++)
        acc_line_put(value, one.name,
                     one.known == ACC_KNOWN_NOT ? json_null()
                                                : json_boolean(one.known == ACC_KNOWN_YES));
    if (can->since != 0)
        acc_line_text(value, "since", acc_time_rfc3339(can->since, time));
    acc_line_put(object, "capabilities", value);
}

static void put_halt(json_t *object, const struct acc_halt *halt)
{
    char time[ACC_TIME_TEXT];
    json_t *value = json_object();
    acc_line_put(value, "code", json_string(acc_code_name(halt->code)));
    acc_line_text(value, "operation", halt->operation);
    acc_line_text(value, "key", halt->key);
    acc_line_number(value, "http_status", halt->status);
    acc_line_text(value, "s3_code", halt->s3_code);
    acc_line_text(value, "s3_message", halt->message);
    acc_line_text(value, "request_id", halt->request_id);
    if (halt->at != 0)
        acc_line_put(value, "at", json_string(acc_time_rfc3339(halt->at, time)));
    acc_line_put(value, "probed", json_boolean(halt->probed));
    acc_line_text(value, "probe_step", halt->probe_step);
    acc_line_put(value, "reads_work", json_boolean(halt->reads_work));
    acc_line_text(value, "open_probe", halt->open_probe);
    acc_line_text(value, "advice", halt->advice);
    acc_line_text(value, "right_bucket", halt->right_bucket);
    acc_line_text(value, "right_region", halt->right_region);
    acc_line_put(object, "halt", value);
}

static void put_counts(json_t *object, const struct acc_ingest_summary *s)
{
    const struct count counts[] = {
        {"files", (long long)s->files},
        {"sent", (long long)s->sent},
        {"already", (long long)s->already},
        {"failed", (long long)s->failed},
        {"conflicts", (long long)s->conflicts},
        {"withheld", (long long)s->withheld},
        {"not_begun", (long long)s->not_begun},
        {"parked", (long long)s->parked},
        {"to_send", (long long)s->to_send},
        {"to_compare", (long long)s->to_compare},
        {"not_known", (long long)s->not_known},
        {"unlisted", (long long)s->unlisted},
        {"listed_twice", (long long)s->coverage.repeated},
        {"undigested", (long long)s->coverage.undigested},
        {"skipped", (long long)s->coverage.skipped},
        {"weak", (long long)s->coverage.weak},
        {"lacking", (long long)s->lacking},
        {"unconfirmed", (long long)s->unconfirmed},
        {"surplus", (long long)s->surplus},
        {"bytes_sent", s->bytes_sent},
        {"bytes_archived", s->bytes_archived},
        {"bytes_parked", s->bytes_parked},
        {"elapsed_ms", s->elapsed},
        {"requests", (long long)s->requests},
        {"write_requests", (long long)s->write_requests},
        {"retries", (long long)s->retries},
        {"written_after_refusal", (long long)s->written_after_refusal},
    };
    put_all(object, counts, ACC_COUNT_OF(counts));
}

void acc_render_json_ingest(struct acc_render *render, const struct acc_ingest_summary *s,
                            const struct acc_error *err)
{
    json_t *object = acc_line_begin("summary");
    if (acc_code_exit(s->outcome) > 1)
        acc_render_error(&render->setup, err);
    put_outcome(render, object, s->outcome, s->signal, err);
    acc_line_text(object, "run", s->run);
    acc_line_text(object, "source", render->setup.source);
    acc_line_text(object, "url", s->url[0] ? s->url : render->setup.url);
    acc_line_put(object, "dry_run", json_boolean(s->dry_run));
    put_counts(object, s);
    acc_line_put(object, "write_once", json_string(acc_write_once_name(s->write_once)));
    acc_line_text(object, "checksum", s->checksum);
    acc_line_text(object, "checksum_put", s->checksum_put);
    acc_line_text(object, "checksum_parts", s->checksum_parts);
    acc_line_number(object, "checksums_kept", (long long)s->checksums_kept);
    put_capabilities(object, &s->can);
    acc_line_text(object, "manifest", s->manifest);
    acc_line_number(object, "manifest_count", s->manifest_count);
    acc_line_text(object, "hint", s->hint);
    acc_line_text(object, "holds", s->holds);
    acc_line_text(object, "right_url", s->right_url);
    acc_line_text(object, "receipt", s->receipt);
    acc_line_text(object, "ledger", s->ledger);
    if (s->signal > 0)
        acc_line_number(object, "signal", s->signal);
    if (s->halted)
        put_halt(object, &s->halt);
    acc_line_end(render->setup.out.file, object);
}

static void put_verify_counts(json_t *object, const struct acc_verify_summary *s)
{
    const struct count counts[] = {
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
    put_all(object, counts, ACC_COUNT_OF(counts));
    json_t *found = json_object(), *proofs = json_object();
    for (unsigned i = 0; i < ACC_FINDING_COUNT; i++)
        acc_line_number(found, acc_finding_name((enum acc_finding)i), (long long)s->found[i]);
    for (unsigned i = 0; i < ACC_PROOF_COUNT; i++)
        if (s->proofs[i] > 0)
            acc_line_number(proofs, acc_proof_name((enum acc_proof)i), (long long)s->proofs[i]);
    acc_line_put(object, "found", found);
    acc_line_put(object, "proofs", proofs);
}

void acc_render_json_verify(struct acc_render *render, const struct acc_verify_summary *s,
                            const struct acc_error *err)
{
    json_t *object = acc_line_begin("summary");
    if (acc_code_exit(s->outcome) > 1)
        acc_render_error(&render->setup, err);
    put_outcome(render, object, s->outcome, s->signal, err);
    acc_line_text(object, "run", s->run);
    acc_line_text(object, "source", render->setup.source);
    acc_line_text(object, "url", s->url[0] ? s->url : render->setup.url);
    acc_line_put(object, "level", json_string(acc_level_name(s->level)));
    acc_line_text(object, "rests_on", acc_level_rests_on(s->level));
    acc_line_text(object, "not_seen", acc_level_blind_to(s->level));
    acc_line_put(object, "local", json_boolean(s->local));
    put_verify_counts(object, s);
    acc_line_put(object, "extra_known", json_boolean(s->extra_known));
    acc_line_text(object, "promised_by", s->ledger_promised ? "ledger" : "manifest");
    acc_line_text(object, "manifest", s->manifest);
    acc_line_number(object, "manifest_count", s->manifest_count);
    acc_line_text(object, "receipt", s->receipt);
    acc_line_text(object, "ledger", s->ledger);
    if (s->signal > 0)
        acc_line_number(object, "signal", s->signal);
    acc_line_end(render->setup.out.file, object);
}

static void put_step(json_t *object, const char *name, const struct acc_probe_step *step)
{
    if (step->operation == NULL)
        return;
    json_t *value = json_object();
    acc_line_text(value, "operation", step->operation);
    acc_line_number(value, "http_status", step->status);
    acc_line_text(value, "s3_code", step->code);
    acc_line_text(value, "request_id", step->request_id);
    acc_line_put(object, name, value);
}

void acc_render_json_probe(struct acc_render *render, const struct acc_probe_result *result,
                           const struct acc_error *err)
{
    json_t *object = acc_line_begin("summary");
    if (result->verdict != ACC_OK)
        acc_render_error(&render->setup, err);
    put_outcome(render, object, result->verdict, 0, err);
    acc_line_text(object, "url", render->setup.url);
    acc_line_text(object, "endpoint", result->endpoint);
    acc_line_text(object, "region", result->region);
    acc_line_text(object, "reason", result->reason);
    put_step(object, "create", &result->create);
    put_step(object, "part", &result->part);
    put_step(object, "abort", &result->abort);
    put_step(object, "list", &result->list);
    acc_line_put(object, "listing_works", json_boolean(result->listing_works));
    put_capabilities(object, &result->can);
    acc_line_text(object, "left_open", result->left_open);
    acc_line_end(render->setup.out.file, object);
}
