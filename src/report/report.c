/* A report is a receipt of a run that is already in a ledger: open it for reading, find the run and
 * the prefix of its keys, hand over to src/receipt. Fails as those do; closes what it opened.
 */
#include <accession/report.h>

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "ledger/news.h"
#include "receipt/receipt.h"
#include "report/open.h"
#include "s3/config/location.h"

_Static_assert(ACC_RECEIPT_FORMAT_COUNT == 5, "a format was added: see acc_report_formats()");

const char *const *acc_report_formats(void)
{
    static const char *const names[] = {"json", "csv", "premis", "html", "manifest", NULL};
    return names;
}

static enum acc_code prefix_of(struct acc_ledger *ledger, int64_t run,
                               struct acc_s3_location *location, struct acc_error *err)
{
    struct acc_run_info info;
    enum acc_code code = acc_ledger_run_info(ledger, run, &info, err);
    if (code != ACC_OK)
        return code;
    /* A restore's URL is its folder; its keys are those of its source. */
    const char *url = strcmp(info.kind, "restore") == 0 ? info.source : info.url;
    code = acc_s3_location_parse(url, location, err);
    acc_run_info_release(&info);
    return code;
}

/* By name, or the newest at or below a URL that had begun by a time. */
static enum acc_code run_asked_for(struct acc_ledger *ledger,
                                   const struct acc_report_options *options, int64_t *run,
                                   struct acc_error *err)
{
    if (options->url == NULL && options->at == 0)
        return acc_ledger_run_named(ledger, options->run, run, err);
    char *url = acc_report_plain_url(options->url);
    enum acc_code code =
        acc_ledger_run_of(ledger, url, options->at != 0 ? options->at : INT64_MAX, run, err);
    free(url);
    return code;
}

/* "user@host", if no one is named. */
static char *person_of(const struct acc_report_options *options)
{
    char host[256] = "";
    struct acc_str text = {0};
    const struct passwd *user = getpwuid(geteuid());
    if (options->person != NULL)
        return acc_strdup(options->person);
    gethostname(host, sizeof host - 1);
    if (user != NULL)
        acc_str_add(&text, user->pw_name);
    else
        acc_str_addf(&text, "%u", (unsigned)geteuid());
    acc_str_addf(&text, "@%s", host);
    return acc_str_detach(&text);
}

static enum acc_code write_report(struct acc_ledger *ledger,
                                  const struct acc_report_options *options,
                                  enum acc_receipt_format format, struct acc_error *err)
{
    struct acc_s3_location location = {0};
    int64_t run = 0;
    char *person = person_of(options);
    enum acc_code code = run_asked_for(ledger, options, &run, err);
    if (code == ACC_OK)
        code = prefix_of(ledger, run, &location, err);
    bool to_file = options->output != NULL && strcmp(options->output, "-") != 0;
    if (code == ACC_OK && to_file)
        code = acc_receipt_save(ledger, run, format, location.prefix, person, options->output, err);
    else if (code == ACC_OK)
        code =
            acc_receipt_write(ledger, run, format, location.prefix, person, options->stream, err);
    acc_s3_location_release(&location);
    free(person);
    return code;
}

enum acc_code acc_report(const struct acc_report_options *options, struct acc_error *err)
{
    enum acc_receipt_format format = acc_receipt_format_parse(options->format);
    struct acc_ledger *ledger = NULL;
    if (format == ACC_RECEIPT_FORMAT_COUNT)
        return acc_error_set(err, ACC_USAGE,
                             "%s: no such format. There are json, csv, premis, html and manifest.",
                             options->format);
    enum acc_code code = acc_report_open(options->ledger, &ledger, err);
    if (code == ACC_OK)
        code = write_report(ledger, options, format, err);
    acc_ledger_close(ledger);
    return code;
}
