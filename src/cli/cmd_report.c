/* accession report: writes what a run did, from the ledger alone. */
#include "cli/cli.h"
#include "cli/settings.h"

#include <accession/report.h>

#include "base/clock.h"
#include "base/str.h"

struct report_cli {
    struct acc_report_options report;
    const char *at;
};

static const char *const formats[] = {"json", "csv", "premis", "html", "manifest", NULL};

#define AT(member) offsetof(struct report_cli, member)
static const struct acc_option report_options[] = {
    {"run", 0, "NAME", ACC_OPTION_STRING, AT(report.run),
     "the run, or the start of its name (accession status lists them); default: the newest", 0, 0,
     NULL},
    {"url", 0, "URL", ACC_OPTION_STRING, AT(report.url),
     "instead of --run: the newest run at s3://BUCKET[/PREFIX] or below it", 0, 0, NULL},
    {"at", 0, "TIME", ACC_OPTION_STRING, AT(at),
     "instead of --run: the newest run that had begun by TIME (2026-11-22T10:04:11Z, or 3d ago as "
     "3d), with --url there",
     0, 0, NULL},
    {"operator", 0, "NAME", ACC_OPTION_STRING, AT(report.person),
     "who answers for the report, named in html; default USER@HOST", 0, 0, NULL},
    {"format", 'f', "FORMAT", ACC_OPTION_CHOICE, AT(report.format),
     "json (everything), csv, premis (PREMIS 3.0 XML), html (a page to read and print), or "
     "manifest (what was archived, for sha256sum -c)",
     0, 0, formats},
    {"output", 'o', "FILE", ACC_OPTION_STRING, AT(report.output),
     "write to FILE, which appears only when it is complete; a device or FIFO is written directly; "
     "- (the default) is standard output",
     0, 0, NULL},
    {"ledger", 0, "FILE", ACC_OPTION_STRING, AT(report.ledger),
     "the ledger; default $XDG_STATE_HOME/accession/ledger.db", 0, 0, NULL},
    {0},
};
#undef AT

static const struct acc_option_group groups[] = {{"Options", report_options, 0}, {0}};

static const char *const words[] = {NULL};

static const char *const examples[] = {
    "A page about the newest run, to read or to print",
    "accession report --format html --output report.html",
    "About the newest run of a bag, for its file",
    "accession report --url s3://wellcome-archive/digitised/b24967646 \\\n"
    "        --operator \"A. Archivist\" --format html --output report.html",
    "PREMIS for the catalogue, of one run",
    "accession report --run 2026-11-22T10-04-11Z-7f3a --format premis \\\n"
    "        --output premis.xml",
    "Check a copy that was fetched from the bucket into the folder copy",
    "accession report --format manifest | (cd copy && sha256sum -c)",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "the report is written"},
    {2, "no such run, the ledger cannot be read, or the report cannot be written"},
    {0, NULL},
};

static enum acc_code check_which(struct acc_cli *cli, struct report_cli *options,
                                 struct acc_error *err)
{
    struct acc_report_options *o = &options->report;
    const char *url = NULL, *section;
    long long ago;
    if (o->url != NULL &&
        acc_settings_resolve(cli->settings, o->url, &url, &section, err) != ACC_OK)
        return err->code;
    if (url != NULL)
        o->url = url;
    if (o->run != NULL && (o->url != NULL || options->at != NULL))
        return acc_error_set(
            err, ACC_USAGE,
            "--run names the run, --url and --at search for it. Give one or the other.");
    if (options->at == NULL)
        return ACC_OK;
    if (acc_parse_duration(options->at, &ago) && ago > 0)
        o->at = acc_time_now() - ago;
    else if (!acc_time_parse(options->at, &o->at) || o->at <= 0)
        return acc_error_set(err, ACC_USAGE,
                             "--at: is a time such as 2026-11-22T10:04:11Z, or how long ago: 3d.");
    return ACC_OK;
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct report_cli options = {.report = {.stream = cli->out}};
    const char *given[ACC_WORDS_MAX];
    struct acc_error err = {0};
    int status;
    if (acc_cli_parse(cli, &acc_command_report, argc, argv, &options, given, &status))
        return status;
    if (options.report.format == NULL) {
        acc_error_set(&err, ACC_USAGE, "--format is missing: json, csv, premis, html or manifest.");
        return acc_cli_fail(cli, &err);
    }
    if (check_which(cli, &options, &err) != ACC_OK)
        return acc_cli_fail(cli, &err);
    if (acc_report(&options.report, &err) == ACC_OK)
        return 0;
    /* acc_cli_main() reports that standard output failed. */
    return ferror(cli->out) ? acc_code_exit(err.code) : acc_cli_fail(cli, &err);
}

const struct acc_command acc_command_report = {
    .syntax = {.command = "report",
               .usage = "--format FORMAT [options]",
               .groups = groups,
               .words = words},
    .summary = "write what a run did: JSON, CSV, PREMIS, a page, or a checksum list",
    .about =
        "Shows from the ledger alone what a run was asked to do and the outcome of every entry. "
        "It sends no request and changes nothing. Every format comes from the "
        "same rows, and can be written again at any time.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
