/* What a run that lost answers reports at its end: files that the server would not show after it
 * had answered the write with success, and versions that were written twice. Neither changes the
 * outcome. */
#include "base/mem.h"
#include "base/path.h"
#include "ingest/run.h"

static void add_files(struct acc_str *text, uint64_t count)
{
    char shown[32];
    acc_str_addf(text, "%s %s", acc_show_count(count, shown), count == 1 ? "file" : "files");
}

static void report_unconfirmed(struct acc_run *run)
{
    struct acc_str text = {0};
    bool one = run->counts.unconfirmed == 1;
    add_files(&text, run->counts.unconfirmed);
    acc_str_addf(&text,
                 ": the server answered the write with success, but then did not show the %s (%s). "
                 "The ETag is not on record. To confirm %s, allow s3:GetObject and run the same "
                 "command again",
                 one ? "object" : "objects", run->counts.unconfirmed_why, one ? "it" : "them");
    acc_run_note(run, ACC_OK, acc_str_cstr(&text));
    acc_str_release(&text);
}

static void report_surplus(struct acc_run *run)
{
    const struct acc_versions *v = &run->checking.versions;
    char count[32];
    struct acc_str text = {0};
    add_files(&text, v->surplus_keys);
    acc_str_addf(&text, ": %s surplus %s with the same content in the bucket. %s The first is of ",
                 acc_show_count(v->surplus, count), v->surplus == 1 ? "version" : "versions",
                 run->counts.resent > 0 || acc_s3_stats(run->s3)->retries > 0
                     ? "An answer was lost, and the file was sent again."
                     : "Another run wrote the file at the same time.");
    acc_path_show(&text, acc_str_cstr(&v->first_surplus_key), v->first_surplus_key.len);
    acc_run_note(run, ACC_OK, acc_str_cstr(&text));
    acc_str_release(&text);
}

static void report_resent(struct acc_run *run)
{
    struct acc_str text = {0};
    add_files(&text, run->counts.resent);
    acc_str_add(&text, ": sent again because an answer was lost. Each may have a surplus version "
                       "with the same content: the bucket's versions could not be listed");
    acc_run_note(run, ACC_OK, acc_str_cstr(&text));
    acc_str_release(&text);
}

void acc_run_report_doubts(struct acc_run *run)
{
    if (run->counts.unconfirmed > 0)
        report_unconfirmed(run);
    if (run->checking.versions.surplus > 0)
        report_surplus(run);
    else if (run->counts.resent > 0 && run->counts.versioned && !run->checking.versions.confirmed)
        report_resent(run);
}
