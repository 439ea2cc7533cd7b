/* The ledger's destinations and runs, for people: first what is safe, then what waits, then what is
 * wrong, then what to do next. */
#include "cli/screen/report.h"

#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "cli/screen/shell.h"

#define COLUMN 18
#define NARROW 60 /* cells; below, a run has a line for each of its facts */
#define DAY (INT64_C(24) * 3600 * 1000)

static void field(struct acc_screen *screen, const char *label, struct acc_str *text)
{
    acc_screen_field(screen, 2, label, COLUMN, acc_str_cstr(text));
    acc_str_clear(text);
}

static void add_files(struct acc_str *text, uint64_t count, int64_t bytes)
{
    char files[40], size[32];
    acc_str_add(text, acc_show_files(count, files));
    if (bytes > 0)
        acc_str_addf(text, ", %s", acc_show_bytes((double)bytes, size));
}

/* "2026-11-22 10:04:11 UTC (12 days ago)" */
static void add_time(struct acc_str *text, int64_t at)
{
    char time[ACC_TIME_TEXT];
    int64_t days = (acc_time_now() - at) / DAY;
    acc_str_addf(text, "%s UTC", acc_time_show(at, time));
    if (days > 0)
        acc_str_addf(text, " (%lld day%s ago)", (long long)days, days == 1 ? "" : "s");
}

/* One URL may name two destinations: then their servers are shown to distinguish them. */
static void server_field(struct acc_screen *screen, const struct acc_status_destination *d,
                         struct acc_str *text)
{
    const char *bucket = acc_starts_with(d->url, "s3://") ? strstr(d->url, "://") + 2 : "";
    const char *end = *bucket ? strstr(d->canonical, bucket) : NULL;
    if (end == NULL || !acc_starts_with(d->canonical, "http"))
        return;
    acc_str_add_n(text, d->canonical, (size_t)(end - d->canonical));
    field(screen, "server", text);
}

static void waiting(struct acc_screen *screen, const struct acc_status_destination *d,
                    struct acc_str *text)
{
    uint64_t not_begun = d->pending > d->parked ? d->pending - d->parked : 0;
    if (d->parked > 0) {
        add_files(text, d->parked, 0);
        if (d->bytes_parked > 0) {
            char size[32];
            acc_str_addf(text, ", %s of them sent already",
                         acc_show_bytes((double)d->bytes_parked, size));
        }
        field(screen, "parked", text);
    }
    if (not_begun > 0) {
        add_files(text, not_begun, 0);
        field(screen, "not started", text);
    }
}

static void wrong(struct acc_screen *screen, const struct acc_status_destination *d,
                  struct acc_str *text)
{
    if (d->refused > 0) {
        add_files(text, d->refused, 0);
        field(screen, "refused", text);
        acc_str_set(text, "accession report --format html --url ");
        acc_shell_quote(text, d->url);
        acc_screen_verbatim(screen, 2, "see", COLUMN, text->data);
        acc_str_clear(text);
    }
    if (d->withheld > 0) {
        add_files(text, d->withheld, 0);
        acc_str_add(text, ", until every file of the delivery is archived");
        field(screen, "withheld", text);
    }
    if (d->different > 0) {
        add_files(text, d->different, 0);
        acc_str_addf(text, " %s not as promised when last checked; accession verify lists %s",
                     d->different == 1 ? "was" : "were", d->different == 1 ? "it" : "them");
        field(screen, "DIFFERENT", text);
    }
}

static void verified(struct acc_screen *screen, const struct acc_status_destination *d,
                     unsigned due_days, struct acc_str *text)
{
    char number[40];
    if (d->last_read > 0)
        add_time(text, d->last_read);
    else
        acc_str_add(text, "never read back since it was archived");
    if (d->last_read > 0 && d->never_read > 0)
        acc_str_addf(text, "; %s never read back", acc_show_files(d->never_read, number));
    if (d->last_checked > d->last_read) {
        acc_str_add(text, "; looked at without reading ");
        add_time(text, d->last_checked);
    }
    field(screen, "last verified", text);
    if (d->due > 0)
        acc_str_addf(text, "%s not archived or read back for %u days",
                     acc_show_files(d->due, number), due_days);
    else
        acc_str_addf(text, "nothing: all archived or read back within %u days", due_days);
    field(screen, "due", text);
}

/* What is one copy alone is not mentioned. */
static void copies(struct acc_screen *screen, const struct acc_status_destination *d,
                   unsigned due_days, struct acc_str *text)
{
    if (d->copies < 2)
        return;
    acc_str_addf(text, "%llu of %llu copies verified within %u days",
                 (unsigned long long)d->copies_verified, (unsigned long long)d->copies, due_days);
    field(screen, "copies", text);
    for (const char *at = d->also_at, *end; *at != '\0'; at = *end != '\0' ? end + 1 : end) {
        end = at + strcspn(at, "\n");
        acc_path_show(text, at, (size_t)(end - at));
        acc_screen_verbatim(screen, 2, at == d->also_at ? "also at" : "", COLUMN,
                            acc_str_cstr(text));
        acc_str_clear(text);
    }
}

static void next_step(struct acc_screen *screen, const struct acc_status_destination *d,
                      unsigned due_days, const char *ledger, struct acc_str *text)
{
    if (d->due == 0)
        return;
    acc_str_add(text, "accession verify");
    if (ledger != NULL) {
        acc_str_add(text, " --ledger ");
        acc_shell_quote(text, ledger);
    }
    acc_str_addf(text, " --older-than %ud ", due_days);
    acc_shell_quote(text, d->url);
    acc_screen_verbatim(screen, 2, "next", COLUMN, acc_str_cstr(text));
    acc_str_clear(text);
}

void acc_report_destination(struct acc_screen *screen,
                            const struct acc_status_destination *destination, unsigned due_days,
                            const char *ledger)
{
    const struct acc_status_destination *d = destination;
    struct acc_str text = {0};
    bool bad = d->refused > 0 || d->different > 0,
         waits = d->pending > 0 || d->withheld > 0 || d->due > 0;
    acc_show_text(&text, d->url);
    acc_screen_styled(screen, bad ? ACC_BAD : waits ? ACC_WAITING : ACC_GOOD, text.data);
    fputc('\n', screen->file);
    acc_str_clear(&text);
    server_field(screen, d, &text);
    if (d->identifier[0] != '\0') {
        acc_show_text(&text, d->identifier);
        field(screen, "identifier", &text);
    }
    if (d->archived > 0 || d->reported == 0) {
        add_files(&text, d->archived, d->bytes_archived);
        field(screen, "archived", &text);
    }
    waiting(screen, d, &text);
    wrong(screen, d, &text);
    if (d->reported > 0) {
        add_files(&text, d->reported, d->bytes_reported);
        acc_str_add(&text, ", known from others alone; accession verify compares them");
        field(screen, "reported", &text);
    }
    if (d->archived > 0 || d->last_read > 0)
        verified(screen, d, due_days, &text);
    copies(screen, d, due_days, &text);
    next_step(screen, d, due_days, ledger, &text);
    fputc('\n', screen->file);
    acc_str_release(&text);
}

static void add_run_counts(struct acc_str *text, const struct acc_status_run *run)
{
    char share[32], all[32];
    if (run->entries == 0)
        acc_str_add(text, "nothing was started");
    else if (strcmp(run->kind, "verify") != 0)
        acc_str_addf(text, "%s of %s %s", acc_show_count(run->archived, share),
                     acc_show_count(run->entries, all),
                     strcmp(run->kind, "restore") == 0 ? "restored" : "archived");
    else if (run->checked == 0)
        acc_str_add(text, "nothing was checked");
    else
        acc_str_addf(text, "%s of %s checked as promised", acc_show_count(run->unchanged, share),
                     acc_show_count(run->checked, all));
}

void acc_report_run(struct acc_screen *screen, const struct acc_status_run *run, bool first)
{
    struct acc_str text = {0};
    bool narrow = screen->width < NARROW;
    if (first)
        fputs("Runs, the newest first\n", screen->file);
    acc_str_addf(&text, narrow ? "  %s  %s\n    " : "  %s  %-9s  ", run->name, run->kind);
    fputs(text.data, screen->file);
    acc_str_clear(&text);
    acc_screen_styled(screen,
                      !run->ended              ? ACC_WAITING
                      : run->outcome == ACC_OK ? ACC_GOOD
                                               : ACC_BAD,
                      !run->ended              ? "not ended"
                      : run->outcome == ACC_OK ? "complete"
                                               : acc_code_text(run->outcome));
    acc_str_add(&text, "\n    ");
    add_run_counts(&text, run);
    acc_str_add(&text, narrow ? "\n    " : ", ");
    acc_show_text(&text, run->url);
    fprintf(screen->file, "%s\n", text.data);
    acc_str_release(&text);
}
