/* LISTING: surveys the prefix, and reports what no manifest names.
 *
 * Happy path: a survey (verify/survey.h), then LISTED. A listing that is denied is a note: each key
 * is then asked about separately. Any other failure halts the run. When it stops, the survey's end
 * is all that is awaited. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "verify/run.h"

static struct acc_verify_run *run_of(struct acc_survey *survey)
{
    return ACC_CONTAINER_OF(survey, struct acc_verify_run, listing.survey);
}

static void on_extra(struct acc_survey *survey, const struct acc_s3_listed *item)
{
    acc_verify_extra(run_of(survey), item);
}

static void note_tags(struct acc_verify_run *run)
{
    char text[256], count[32];
    uint64_t tags = run->listing.tags_unnamed;
    if (tags == 0)
        return;
    snprintf(text, sizeof text,
             "%s objects outside data/ are taken for the bag's tag files. A payload manifest does "
             "not name them, so they were not checked",
             acc_show_count((unsigned long long)tags, count));
    acc_verify_note(run, ACC_OK, text);
}

static void report_survey(struct acc_verify_run *run)
{
    if (run->listing.survey.class == ACC_S3_DENIED)
        acc_verify_note(run, ACC_OK,
                        "these credentials may not list the bucket. accession asks about each key "
                        "separately, and cannot see objects that no manifest names");
    note_tags(run);
}

static void on_surveyed(struct acc_survey *survey)
{
    struct acc_verify_run *run = run_of(survey);
    run->summary->extra_known = survey->known;
    if (survey->code != ACC_OK) {
        acc_verify_halt(run, &survey->err);
    } else if (!acc_machine_stops(&run->machine)) {
        report_survey(run);
        acc_machine_post(&run->machine, ACC_VERIFY_ON_LISTED);
    }
    acc_machine_end(&run->machine);
}

static bool are_payload_manifests(const char *const *manifests)
{
    if (manifests == NULL || manifests[0] == NULL)
        return false;
    for (size_t i = 0; manifests[i] != NULL; i++) {
        const char *slash = strrchr(manifests[i], '/');
        const char *name = slash != NULL ? slash + 1 : manifests[i];
        if (!acc_starts_with(name, "manifest-") || !acc_ends_with(name, ".txt"))
            return false;
    }
    return true;
}

/* Rows come in path order, so the first and the last say where all of them are. */
static bool names_only_payload(struct acc_verify_run *run)
{
    struct acc_ledger_cursor *rows = run->checking.rows;
    uint64_t count = acc_ledger_cursor_rows(rows), ends[] = {0, count - 1};
    bool only =
        count > 0 && run->source.path == NULL && are_payload_manifests(run->options->manifests);
    for (size_t i = 0; only && i < ACC_COUNT_OF(ends); i++) {
        struct acc_str path = {0};
        struct acc_error err;
        only = acc_ledger_cursor_path(rows, ends[i], &path, &err) == ACC_OK &&
               acc_starts_with(acc_str_cstr(&path), "data/");
        acc_str_release(&path);
    }
    return only;
}

void acc_verify_list(struct acc_verify_run *run)
{
    struct acc_survey *survey = &run->listing.survey;
    struct acc_error err;
    uint64_t pages = run->summary->files / 1000 + 1;
    run->listing.payload_only = names_only_payload(run);
    acc_verify_state(run, "listing");
    survey->s3 = run->s3;
    survey->ledger = run->ledger;
    survey->run = run->record.id;
    survey->on_extra = on_extra;
    survey->on_done = on_surveyed;
    /* For few entries of many, asking about each costs less than listing all. */
    survey->first_page_only = run->summary->selected < pages;
    acc_machine_begin(&run->machine);
    if (acc_survey_start(survey, run->checking.rows, run->jobs, &err) != ACC_OK) {
        acc_verify_halt(run, &err);
        acc_machine_end(&run->machine);
    }
}
