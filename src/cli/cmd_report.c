/* accession report: writes what a run did, from the ledger alone. */
#include "cli/cli.h"

#include <accession/report.h>

struct report_cli {
    struct acc_report_options report;
};

static const char *const formats[] = {"json", "csv", "premis", "html", "manifest", NULL};

#define AT(member) offsetof(struct report_cli, member)
static const struct acc_option report_options[] = {
    {"run", 0, "NAME", ACC_OPTION_STRING, AT(report.run),
     "the run, or the start of its name (accession status lists them); default: the newest", 0, 0,
     NULL},
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
