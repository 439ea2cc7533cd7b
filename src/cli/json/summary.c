/* The last line of a run for programs: its summary, of an ingest, a verification or a probe. If an
 * error ended the run, it is reported on standard error as well. */
#include "cli/json/line.h"
#include "cli/json/json.h"

#include <stddef.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"

/* A number of a summary: every count in it has 64 bits. */
struct count {
    const char *name;
    size_t at, fits; /* `fits` fails to compile for any other width */
};

#define COUNT_AS(summary, name, member)                                                            \
    {                                                                                              \
        name, offsetof(struct summary, member),                                                    \
            sizeof(char[sizeof((struct summary){0}.member) == sizeof(int64_t) ? 1 : -1])           \
    }
#define COUNT(summary, member) COUNT_AS(summary, #member, member)

static void put_counts(json_t *object, const struct count *counts, size_t count,
                       const void *summary)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value;
        memcpy(&value, (const char *)summary + counts[i].at, sizeof value);
        acc_line_number(object, counts[i].name, value);
    }
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

/* What every summary of a run begins with; `run` is the run's name, `url` is "" if unknown. */
static json_t *begin_run(struct acc_render *render, enum acc_code outcome, int signal,
                         const struct acc_error *err, const char *run, const char *url)
{
    json_t *object = acc_line_begin("summary");
    if (acc_code_exit(outcome) > 1)
        acc_render_error(&render->setup, err);
    put_outcome(render, object, outcome, signal, err);
    acc_line_text(object, "run", run);
    acc_line_text(object, "source", render->setup.source);
    acc_line_text(object, "url", *url ? url : render->setup.url);
    return object;
}

static void put_places(json_t *object, const char *receipt, const char *ledger, int signal)
{
    acc_line_text(object, "receipt", receipt);
    acc_line_text(object, "ledger", ledger);
    if (signal > 0)
        acc_line_number(object, "signal", signal);
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

/* clang-format off */
static const struct count ingest_counts[] = {
    COUNT(acc_ingest_summary, files),
    COUNT(acc_ingest_summary, sent),
    COUNT(acc_ingest_summary, already),
    COUNT(acc_ingest_summary, failed),
    COUNT(acc_ingest_summary, conflicts),
    COUNT(acc_ingest_summary, withheld),
    COUNT(acc_ingest_summary, not_begun),
    COUNT(acc_ingest_summary, parked),
    COUNT(acc_ingest_summary, to_send),
    COUNT(acc_ingest_summary, to_compare),
    COUNT(acc_ingest_summary, not_known),
    COUNT(acc_ingest_summary, unlisted),
    COUNT_AS(acc_ingest_summary, "listed_twice", coverage.repeated),
    COUNT_AS(acc_ingest_summary, "undigested", coverage.undigested),
    COUNT_AS(acc_ingest_summary, "skipped", coverage.skipped),
    COUNT_AS(acc_ingest_summary, "weak", coverage.weak),
    COUNT(acc_ingest_summary, lacking),
    COUNT(acc_ingest_summary, unconfirmed),
    COUNT(acc_ingest_summary, surplus),
    COUNT(acc_ingest_summary, bytes_sent),
    COUNT(acc_ingest_summary, bytes_archived),
    COUNT(acc_ingest_summary, bytes_parked),
    COUNT_AS(acc_ingest_summary, "elapsed_ms", elapsed),
    COUNT(acc_ingest_summary, requests),
    COUNT(acc_ingest_summary, write_requests),
    COUNT(acc_ingest_summary, retries),
    COUNT(acc_ingest_summary, written_after_refusal),
};
/* clang-format on */

void acc_render_json_ingest(struct acc_render *render, const struct acc_ingest_summary *s,
                            const struct acc_error *err)
{
    json_t *object = begin_run(render, s->outcome, s->signal, err, s->run, s->url);
    acc_line_put(object, "dry_run", json_boolean(s->dry_run));
    put_counts(object, ingest_counts, ACC_COUNT_OF(ingest_counts), s);
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
    put_places(object, s->receipt, s->ledger, s->signal);
    if (s->halted)
        put_halt(object, &s->halt);
    acc_line_end(render->setup.out.file, object);
}

/* clang-format off */
static const struct count restore_counts[] = {
    COUNT(acc_restore_summary, files),
    COUNT(acc_restore_summary, selected),
    COUNT(acc_restore_summary, restored),
    COUNT(acc_restore_summary, already),
    COUNT(acc_restore_summary, conflicts),
    COUNT(acc_restore_summary, failed),
    COUNT(acc_restore_summary, not_begun),
    COUNT(acc_restore_summary, would),
    COUNT(acc_restore_summary, would_bytes),
    COUNT(acc_restore_summary, cold),
    COUNT(acc_restore_summary, asked),
    COUNT(acc_restore_summary, bags),
    COUNT(acc_restore_summary, bags_valid),
    COUNT(acc_restore_summary, bytes_read),
    COUNT_AS(acc_restore_summary, "elapsed_ms", elapsed),
    COUNT(acc_restore_summary, requests),
    COUNT(acc_restore_summary, write_requests),
    COUNT(acc_restore_summary, retries),
};

void acc_render_json_restore(struct acc_render *render, const struct acc_restore_summary *s,
                             const struct acc_error *err)
{
    json_t *object = begin_run(render, s->outcome, s->signal, err, s->run, s->folder);
    put_counts(object, restore_counts, ACC_COUNT_OF(restore_counts), s);
    acc_line_put(object, "dry_run", json_boolean(s->dry_run));
    acc_line_text(object, "promised_by", s->from_ledger ? "ledger" : "manifest");
    acc_line_text(object, "manifest", s->manifest);
    put_places(object, s->receipt, s->ledger, s->signal);
    acc_line_end(render->setup.out.file, object);
}

static const struct count verify_counts[] = {
    COUNT(acc_verify_summary, files),
    COUNT(acc_verify_summary, selected),
    COUNT(acc_verify_summary, recent),
    COUNT(acc_verify_summary, checked),
    COUNT(acc_verify_summary, carried),
    COUNT(acc_verify_summary, unlisted),
    COUNT(acc_verify_summary, bytes_read),
    COUNT_AS(acc_verify_summary, "elapsed_ms", elapsed),
    COUNT(acc_verify_summary, requests),
    COUNT(acc_verify_summary, list_requests),
    COUNT(acc_verify_summary, write_requests),
    COUNT(acc_verify_summary, retries),
};
/* clang-format on */

static void put_findings(json_t *object, const struct acc_verify_summary *s)
{
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
    json_t *object = begin_run(render, s->outcome, s->signal, err, s->run, s->url);
    acc_line_put(object, "level", json_string(acc_level_name(s->level)));
    acc_line_text(object, "rests_on", acc_level_rests_on(s->level));
    acc_line_text(object, "not_seen", acc_level_blind_to(s->level));
    acc_line_put(object, "local", json_boolean(s->local));
    put_counts(object, verify_counts, ACC_COUNT_OF(verify_counts), s);
    put_findings(object, s);
    if (s->destinations > 0)
        acc_line_number(object, "destinations", s->destinations);
    if (s->copies > 0) {
        acc_line_number(object, "copies", (long long)s->copies);
        acc_line_number(object, "copies_verified", (long long)s->copies_verified);
    }
    acc_line_put(object, "extra_known", json_boolean(s->extra_known));
    acc_line_text(object, "promised_by", s->ledger_promised ? "ledger" : "manifest");
    acc_line_text(object, "manifest", s->manifest);
    acc_line_number(object, "manifest_count", s->manifest_count);
    put_places(object, s->receipt, s->ledger, s->signal);
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
