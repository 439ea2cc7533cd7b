/* The status of a ledger: destinations as they are known now, then the latest runs with their
 * counts. The list of runs is read first and counted afterwards, since the ledger answers one
 * question at a time. Fails as the ledger does; the lines already reported are true. */
#include <accession/report.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "report/open.h"

#define DUE_DAYS 90
#define RUNS 10
#define DAY (INT64_C(24) * 3600 * 1000)

enum acc_code acc_report_open(const char *path, struct acc_ledger **ledger, struct acc_error *err)
{
    struct acc_str found = {0};
    acc_ledger_where(path, &found);
    enum acc_code code = acc_ledger_open_readonly(acc_str_cstr(&found), ledger, err);
    acc_str_release(&found);
    return code;
}

const char *acc_status_state(const struct acc_status_destination *d)
{
    return d->different > 0                                     ? "different"
           : d->refused > 0                                     ? "refused"
           : d->pending > 0 || d->withheld > 0 || d->parked > 0 ? "incomplete"
           : d->due > 0                                         ? "due"
           : d->archived == 0 && d->reported > 0                ? "reported"
                                                                : "complete";
}

struct acc_status_destination acc_report_destination_of(const struct acc_destination_info *d)
{
    return (struct acc_status_destination){
        .url = d->url,
        .canonical = d->canonical,
        .archived = d->archived,
        .refused = d->refused,
        .withheld = d->withheld,
        .pending = d->pending,
        .parked = d->parked,
        .bytes_archived = d->bytes_archived,
        .bytes_parked = d->bytes_parked,
        .different = d->different,
        .reported = d->reported,
        .bytes_reported = d->bytes_reported,
        .never_read = d->never_read,
        .due = d->due,
        .last_read = d->last_read,
        .last_checked = d->last_checked,
        .last_level = d->last_level,
        .first_archived = d->first_archived,
        .last_archived = d->last_archived,
        .identifier = d->identifier,
        .copies = d->copies,
        .copies_verified = d->copies_verified,
        .also_at = d->also_at,
    };
}

static void tell_destination(void *arg, const struct acc_destination_info *d)
{
    const struct acc_status_options *options = arg;
    const struct acc_status_destination reported = acc_report_destination_of(d);
    options->on_destination(options->arg, &reported);
}

char *acc_report_plain_url(const char *url)
{
    char *plain = url != NULL ? acc_strdup(url) : NULL;
    for (size_t len = plain != NULL ? strlen(plain) : 0; len > 0 && plain[len - 1] == '/'; len--)
        plain[len - 1] = '\0';
    return plain;
}

int64_t acc_report_due_before(unsigned due_days)
{
    return acc_time_now() - (due_days > 0 ? due_days : DUE_DAYS) * DAY;
}

struct run_ids {
    int64_t *ids;
    size_t count;
};

static void keep_run(void *arg, const struct acc_run_info *run)
{
    struct run_ids *runs = arg;
    runs->ids[runs->count++] = run->id;
}

static enum acc_code tell_run(struct acc_ledger *ledger, int64_t run,
                              const struct acc_status_options *options, struct acc_error *err)
{
    struct acc_run_info info = {0};
    struct acc_ledger_counts counts;
    uint64_t checked = 0, unchanged = 0;
    enum acc_code code = acc_ledger_run_info(ledger, run, &info, err);
    if (code == ACC_OK)
        code = acc_ledger_count(ledger, run, &counts, err);
    if (code == ACC_OK && strcmp(info.kind, "verify") == 0)
        code = acc_ledger_count_checked(ledger, run, &checked, &unchanged, err);
    if (code == ACC_OK) {
        const struct acc_status_run reported = {
            .name = info.name,
            .kind = info.kind,
            .url = info.url,
            .started = info.started,
            .finished = info.finished,
            .ended = info.ended,
            .outcome = info.outcome,
            .entries = counts.entries,
            .archived = counts.archived + counts.already,
            .refused = counts.failed + counts.conflict,
            .pending = counts.pending,
            .withheld = counts.withheld,
            .checked = checked,
            .unchanged = unchanged,
        };
        options->on_run(options->arg, &reported);
    }
    acc_run_info_release(&info);
    return code;
}

enum acc_code acc_status(const struct acc_status_options *options, struct acc_error *err)
{
    unsigned limit = options->runs > 0 ? options->runs : RUNS;
    char *url = acc_report_plain_url(options->url);
    const struct acc_ledger_list list = {
        .due_before = acc_report_due_before(options->due_days), .below = url, .sort = "attention"};
    struct run_ids runs = {.ids = acc_calloc(limit, sizeof *runs.ids)};
    struct acc_ledger *ledger = NULL;
    enum acc_code code = acc_report_open(options->ledger, &ledger, err);
    if (code == ACC_OK)
        code = acc_ledger_destinations(ledger, &list, tell_destination, (void *)options, err);
    if (code == ACC_OK)
        code = acc_ledger_runs(ledger, limit, url, keep_run, &runs, err);
    for (size_t i = 0; code == ACC_OK && i < runs.count; i++)
        code = tell_run(ledger, runs.ids[i], options, err);
    acc_ledger_close(ledger);
    free(runs.ids);
    free(url);
    return code;
}
