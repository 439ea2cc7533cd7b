/* The reports and records of a verification: an event, a count and a line in the ledger for each
 * finding. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "verify/run.h"

/* Extra objects that are also noted in the ledger; all are reported. */
#define EXTRA_NOTED 1000
/* Larger ones are named in the progress. */
#define LARGE ((int64_t)32 << 20)

static void post(struct acc_verify_run *run, const struct acc_event *event)
{
    if (run->options->on_event != NULL)
        run->options->on_event(run->options->arg, event);
}

static void record_note(struct acc_verify_run *run, enum acc_code code, const char *text)
{
    struct acc_record record = {
        .kind = ACC_RECORD_NOTE, .run = run->record.id, .code = code, .reason = text};
    if (run->record.begun)
        acc_ledger_post(run->ledger, &record);
}

void acc_verify_note(struct acc_verify_run *run, enum acc_code code, const char *text)
{
    record_note(run, code, text);
    post(run, &(struct acc_event){.kind = ACC_EVENT_NOTE, .code = code, .text = text});
}

void acc_verify_state(struct acc_verify_run *run, const char *text)
{
    post(run, &(struct acc_event){.kind = ACC_EVENT_STATE, .text = text});
}

/* ---- progress ---- */

static void add_current(const struct acc_verify_run *run, struct acc_progress *progress)
{
    ACC_LIST_EACH (link, &run->checking.checks) {
        const struct acc_check *check = ACC_CONTAINER_OF(link, struct acc_check, link);
        int64_t bytes = acc_check_bytes(check);
        if (run->options->level == ACC_LEVEL_READ)
            progress->bytes_done += bytes;
        if (check->facts.size < LARGE || progress->current_count == ACC_PROGRESS_FILES)
            continue;
        unsigned at = progress->current_count++;
        progress->current[at].path = check->entry.path;
        progress->current[at].done = bytes;
        progress->current[at].size = check->facts.size;
        progress->current[at].doing = "reading and hashing";
    }
}

static uint64_t problems(const struct acc_verify_summary *s)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < ACC_FINDING_COUNT; i++)
        if (i != ACC_FINDING_UNCHANGED)
            count += s->found[i];
    return count;
}

void acc_verify_progress(struct acc_verify_run *run, enum acc_event_kind kind)
{
    const struct acc_verify_summary *s = run->summary;
    struct acc_progress progress = {
        .activity = "Verifying",
        .run = run->record.name,
        .source = run->options->source != NULL      ? run->options->source
                  : run->options->manifests != NULL ? run->options->manifests[0]
                                                    : run->place.path,
        .url = s->url,
        .files = s->selected,
        .files_done = s->checked,
        .bytes = run->bytes_total,
        .bytes_done = run->machine.phase == ACC_VERIFY_PLANNING
                          ? acc_plan_notes_read(&run->planning.notes)
                          : run->bytes_done,
        .already = s->carried,
        .failed = problems(s),
        .last_retry = "",
        .elapsed = acc_clock_now() - run->started,
        .bytes_per_second = acc_samples_rate(&run->samples),
    };
    if (run->s3 != NULL) {
        progress.retries = acc_s3_stats(run->s3)->retries;
        progress.last_retry = acc_s3_stats(run->s3)->last_retry;
    }
    add_current(run, &progress);
    post(run, &(struct acc_event){.kind = kind, .progress = &progress});
}

/* ---- findings ---- */

static void tell_check(struct acc_verify_run *run, const struct acc_check_event *check)
{
    post(run, &(struct acc_event){.kind = ACC_EVENT_CHECK,
                                  .code = acc_finding_code(check->finding),
                                  .text = check->detail,
                                  .check = check});
}

/* "wrong size: 9,412 of 12,582,912 bytes" */
static void record_check(struct acc_verify_run *run, const struct acc_check *check)
{
    const struct acc_verdict *v = &check->verdict;
    char reason[720];
    struct acc_record record = {.kind = ACC_RECORD_DIFFERS,
                                .run = run->record.id,
                                .entry = check->entry_id,
                                .checked = {.level = acc_level_name(run->options->level),
                                            .proof = acc_proof_name(v->proof),
                                            .at = acc_time_now(),
                                            .gone = v->finding == ACC_FINDING_MISSING},
                                .code = acc_finding_code(v->finding),
                                .reason = v->detail};
    if (v->unchanged != NULL) {
        acc_ledger_post_unchanged(run->ledger, &record, v->unchanged);
        return;
    }
    snprintf(reason, sizeof reason, "%s%s%s", acc_finding_text(v->finding),
             v->detail[0] != '\0' ? ": " : "", v->detail);
    record.reason = reason;
    acc_ledger_post(run->ledger, &record);
}

static void count(struct acc_verify_run *run, enum acc_finding finding, enum acc_proof proof)
{
    struct acc_verify_summary *s = run->summary;
    s->found[finding]++;
    s->checked++;
    if (finding == ACC_FINDING_UNCHANGED)
        s->proofs[proof]++;
}

void acc_verify_found(struct acc_verify_run *run, const struct acc_check *check)
{
    const struct acc_verdict *v = &check->verdict;
    count(run, v->finding, v->proof);
    record_check(run, check);
    tell_check(run, &(struct acc_check_event){
                        .path = check->entry.path,
                        .key = run->options->local ? "" : acc_str_cstr(&check->key),
                        .finding = v->finding,
                        .level = run->options->level,
                        .proof = v->proof,
                        .detail = v->detail,
                        .size = check->size,
                        .digests = check->digests,
                        .promised = &check->entry.promised,
                        .etag = check->etag,
                        .version_id = check->version_id,
                        .origin = check->entry.origin,
                        .line = check->entry.line,
                    });
}

static enum acc_proof proof_named(const char *name)
{
    unsigned proof = 0;
    while (proof < ACC_PROOF_NONE && strcmp(acc_proof_name((enum acc_proof)proof), name) != 0)
        proof++;
    return (enum acc_proof)proof;
}

void acc_verify_carried(struct acc_verify_run *run, const struct acc_row *row,
                        const struct acc_good_check *check)
{
    struct acc_str key = {0};
    enum acc_proof proof = proof_named(check->proof);
    int64_t size = acc_rules_size(row);
    struct acc_record record = {.kind = ACC_RECORD_CARRIED,
                                .run = run->record.id,
                                .entry = row->id,
                                .checked.run = check->run};
    acc_str_addf(&key, "%s%s", run->checking.env.prefix, row->entry.path);
    count(run, ACC_FINDING_UNCHANGED, proof);
    run->summary->carried++;
    run->bytes_done += size > 0 ? size : 0;
    acc_ledger_post(run->ledger, &record);
    tell_check(run, &(struct acc_check_event){
                        .path = row->entry.path,
                        .key = acc_str_cstr(&key),
                        .finding = ACC_FINDING_UNCHANGED,
                        .level = run->options->level,
                        .proof = proof,
                        .detail = "checked before the interruption",
                        .size = size,
                        .promised = &row->entry.promised,
                        .etag = "",
                        .version_id = "",
                        .origin = row->entry.origin,
                        .line = row->entry.line,
                        .carried = true,
                    });
    acc_str_release(&key);
}

/* The schedule left it out, or another destination below this one has it. */
static bool is_known(struct acc_verify_run *run, const struct acc_s3_listed *item)
{
    struct acc_str key = {0};
    struct acc_error err;
    bool known = false;
    if (!run->summary->ledger_promised)
        return false;
    acc_s3_canonical(run->s3, &key);
    acc_str_cut(&key, key.len - strlen(run->location.prefix));
    acc_str_add(&key, item->key);
    if (acc_ledger_knows_key(run->ledger, acc_str_cstr(&key), &known, &err) != ACC_OK)
        known = false;
    acc_str_release(&key);
    return known;
}

void acc_verify_extra(struct acc_verify_run *run, const struct acc_s3_listed *item)
{
    struct acc_str text = {0};
    if (is_known(run, item))
        return;
    if (acc_verify_own_manifest(run, item, &text))
        return;
    if (run->listing.payload_only &&
        !acc_starts_with(item->key + strlen(run->location.prefix), "data/")) {
        run->listing.tags_unnamed++;
        acc_str_release(&text);
        return;
    }
    if (text.len > 0)
        acc_verify_note(run, ACC_UNLISTED, acc_str_cstr(&text));
    acc_str_clear(&text);
    char size[32];
    run->summary->found[ACC_FINDING_EXTRA]++;
    if (run->listing.extra_noted < EXTRA_NOTED) {
        run->listing.extra_noted++;
        acc_path_show(&text, item->key, strlen(item->key));
        acc_str_add(&text, ": is in the bucket, but in no manifest");
        record_note(run, ACC_UNLISTED, acc_str_cstr(&text));
        acc_str_clear(&text);
    }
    acc_str_addf(&text, "%s bytes",
                 acc_show_count((unsigned long long)(item->size > 0 ? item->size : 0), size));
    tell_check(run, &(struct acc_check_event){
                        .path = item->key + strlen(run->location.prefix),
                        .key = item->key,
                        .finding = ACC_FINDING_EXTRA,
                        .level = run->options->level,
                        .proof = ACC_PROOF_NONE,
                        .detail = acc_str_cstr(&text),
                        .size = item->size,
                        .etag = item->etag,
                        .version_id = "",
                    });
    acc_str_release(&text);
}
