/* Summary, outcome and receipt. An outcome of ACC_OK means that every selected entry was found as
 * promised, and that there was something to find: what could not be looked at, or a selection that
 * holds nothing, is never a success. */
#include "verify/run.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"
#include "run/elsewhere.h"
#include "run/ending.h"
#include "verify/schedule.h"

typedef unsigned long long count_t;

static uint64_t differences(const struct acc_verify_summary *s)
{
    return s->found[ACC_FINDING_DIFFERENT] + s->found[ACC_FINDING_SIZE] +
           s->found[ACC_FINDING_MISSING] + s->found[ACC_FINDING_REPLACED];
}

static enum acc_code nothing_selected(struct acc_verify_run *run)
{
    char text[40];
    if (acc_schedule_is_idle(run->options, run->summary->recent))
        return ACC_OK;
    return acc_error_set(&run->err, ACC_NOT_CHECKED,
                         "the schedule selects none of %s: nothing was checked",
                         acc_show_number(run->summary->files, "entry", "entries", text));
}

static enum acc_code outcome_of_entries(struct acc_verify_run *run)
{
    char text[40];
    const struct acc_verify_summary *s = run->summary;
    uint64_t unseen = s->found[ACC_FINDING_UNREADABLE] + s->found[ACC_FINDING_COLD] +
                      s->found[ACC_FINDING_UNPROVEN];
    uint64_t extra = run->options->allow_extra ? 0 : s->found[ACC_FINDING_EXTRA];
    uint64_t unlisted = run->options->allow_extra ? 0 : run->planning.plan.coverage.unlisted;
    if (s->selected > 0 && s->found[ACC_FINDING_UNREADABLE] == s->selected && !s->local &&
        !run->listing.survey.known)
        return acc_error_set(&run->err, ACC_CREDENTIALS,
                             "these credentials may neither list the bucket nor read any of the "
                             "%llu objects: nothing was checked",
                             (count_t)s->selected);
    if (differences(s) > 0)
        return acc_error_set(&run->err, ACC_DIFFERENCE, "%llu of %s %s not as promised",
                             (count_t)differences(s),
                             acc_show_number(s->selected, "entry", "entries", text),
                             differences(s) == 1 ? "is" : "are");
    if (unseen > 0)
        return acc_error_set(
            &run->err, ACC_NOT_CHECKED,
            "%llu of %s could not be checked as closely as asked (--level %s)", (count_t)unseen,
            acc_show_number(s->selected, "entry", "entries", text), acc_level_name(s->level));
    if (extra + unlisted > 0)
        return acc_error_set(
            &run->err, ACC_UNLISTED, "%s that no manifest names (--allow-extra accepts them)",
            s->local ? acc_show_files(extra + unlisted, text)
                     : acc_show_number(extra + unlisted, "object", "objects", text));
    return ACC_OK;
}

/* The server of another endpoint, or of none, was asked. */
static void add_elsewhere(struct acc_verify_run *run)
{
    int exit = acc_code_exit(run->err.code);
    if (run->s3 == NULL || !run->record.kept || (exit != 4 && exit != 5))
        return;
    struct acc_str canonical = {0};
    acc_s3_canonical(run->s3, &canonical);
    acc_add_elsewhere(&run->err, run->ledger, run->summary->url, acc_str_cstr(&canonical));
    acc_str_release(&canonical);
}

static enum acc_code outcome_of(struct acc_verify_run *run)
{
    const struct acc_verify_summary *s = run->summary;
    if (run->err.code != ACC_OK) {
        add_elsewhere(run);
        return run->err.code;
    }
    if (run->interrupted)
        return acc_error_set(
            &run->err, ACC_INTERRUPTED,
            run->record.kept
                ? "interrupted; run the same command again to continue"
                : "interrupted; without a ledger the next run starts from the beginning");
    if (run->losses.err.code != ACC_OK) {
        run->err = run->losses.err;
        add_elsewhere(run);
        return run->err.code;
    }
    if (s->selected == 0)
        return nothing_selected(run);
    enum acc_code code = outcome_of_entries(run);
    if (code == ACC_OK && s->found[ACC_FINDING_UNCHANGED] != s->selected)
        code = acc_error_set(&run->err, ACC_INTERNAL,
                             "%llu entries, but %llu results; this is a bug. Run again.",
                             (count_t)s->selected, (count_t)s->found[ACC_FINDING_UNCHANGED]);
    return code;
}

static void fill_summary(struct acc_verify_run *run)
{
    struct acc_verify_summary *s = run->summary;
    memcpy(s->run, run->record.name, sizeof s->run);
    if (run->record.kept)
        snprintf(s->ledger, sizeof s->ledger, "%s", run->place.path);
    s->bytes_read = run->checking.env.reading.bytes_read;
    s->elapsed = acc_clock_now() - run->started;
    s->list_requests = run->listing.survey.requests;
    s->unlisted = run->planning.plan.coverage.unlisted;
    s->coverage = run->planning.plan.coverage;
    if (run->s3 == NULL)
        return;
    s->requests = acc_s3_stats(run->s3)->requests;
    s->write_requests = acc_s3_stats(run->s3)->write_requests;
    s->retries = acc_s3_stats(run->s3)->retries;
}

static json_t *summary_json(const struct acc_verify_summary *s)
{
    json_t *found = json_object();
    for (unsigned i = 0; i < ACC_FINDING_COUNT; i++)
        json_object_set_new(found, acc_finding_name((enum acc_finding)i),
                            json_integer((json_int_t)s->found[i]));
    json_t *json =
        json_pack("{ss ss sI sI sI sI so sb sI sI sI sI sI}", "outcome", acc_code_name(s->outcome),
                  "level", acc_level_name(s->level), "files", (json_int_t)s->files, "selected",
                  (json_int_t)s->selected, "checked", (json_int_t)s->checked, "carried",
                  (json_int_t)s->carried, "found", found, "extra_known", s->extra_known,
                  "bytes_read", (json_int_t)s->bytes_read, "elapsed_ms", (json_int_t)s->elapsed,
                  "requests", (json_int_t)s->requests, "list_requests",
                  (json_int_t)s->list_requests, "retries", (json_int_t)s->retries);
    return json;
}

void acc_verify_conclude(struct acc_verify_run *run)
{
    fill_summary(run);
    run->summary->outcome = outcome_of(run);
    struct acc_ending ending = {
        .ledger = run->ledger,
        .run = run->record.id,
        .name = run->record.name,
        .leaves_receipt = run->record.kept && run->summary->selected > 0 &&
                          !(run->options->receipt_of_problems && run->summary->outcome == ACC_OK),
        .prefix = run->location.prefix,
        .receipts = run->options->receipts,
        .premis = run->options->premis,
        .connection = &run->options->connection,
        .receipt = run->summary->receipt,
        .receipt_size = sizeof run->summary->receipt,
    };
    run->summary->outcome =
        acc_ending_record(&ending, run->summary->outcome, summary_json(run->summary), &run->err);
}
