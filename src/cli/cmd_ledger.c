/* accession ledger: check a ledger, and back it up. A subcommand is a row of the table. No network.
 */
#include "cli/cli.h"

#include <string.h>

#include <accession/ledger.h>

#include "cli/json/line.h"
#include "cli/screen/report.h"

struct ledger_cli {
    const char *ledger;
    struct acc_output_options output;
};

static const struct acc_option own_options[] = {
    {"ledger", 0, "FILE", ACC_OPTION_STRING, offsetof(struct ledger_cli, ledger),
     "the ledger; default $XDG_STATE_HOME/accession/ledger.db", 0, 0, NULL},
    {0},
};

static const struct acc_option_group groups[] = {
    {"Options", own_options, 0},
    {"Output", acc_output_options, offsetof(struct ledger_cli, output)},
    {0},
};

static const char *const words[] = {"check|backup", "[FILE]", NULL};

static const char *const examples[] = {
    "Whether the ledger is as this program wrote it",
    "accession ledger check",
    "A copy that is checked, with its SHA-256 in /backup/ledger.db.sha256",
    "accession ledger backup /backup/ledger.db",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "the ledger has no fault, or the backup was made"},
    {1, "the ledger has faults"},
    {2,
     "the ledger is missing or not usable, or the backup cannot be written; no backup of a ledger "
     "with faults"},
    {0, NULL},
};

struct telling {
    struct acc_cli *cli;
    const struct ledger_cli *options;
    struct acc_screen screen;
};

static void on_fault(void *arg, const char *check, const char *text)
{
    struct telling *t = arg;
    if (t->options->output.json) {
        json_t *line = acc_line_begin("fault");
        acc_line_text(line, "check", check);
        acc_line_text(line, "text", text);
        acc_line_end(t->cli->out, line);
        return;
    }
    acc_report_field(&t->screen, ACC_REPORT_COLUMN, check, text);
}

static int check(struct telling *t, const struct acc_ledger_care *care, const char *file)
{
    struct acc_ledger_health health;
    struct acc_error err = {0};
    struct acc_str text = {0};
    (void)file;
    if (acc_check_ledger(care, &health, &err) != ACC_OK)
        return acc_cli_fail(t->cli, &err);
    if (t->options->output.json) {
        json_t *line = acc_line_begin("health");
        acc_line_number(line, "faults", (long long)health.faults);
        acc_line_number(line, "runs", (long long)health.runs);
        acc_line_number(line, "entries", (long long)health.entries);
        acc_line_number(line, "objects", (long long)health.objects);
        acc_line_number(line, "outcomes", (long long)health.outcomes);
        acc_line_end(t->cli->out, line);
    } else if (health.faults > 0) {
        acc_screen_styled(&t->screen, ACC_BAD, "Damaged");
        acc_screen_paragraph(&t->screen, 7, ACC_REPORT_COLUMN,
                             "Restore the ledger from a backup. Without one, move it aside and run "
                             "again: a new ledger finds out from the bucket what is archived.");
    } else if (!t->options->output.quiet) {
        acc_screen_styled(&t->screen, ACC_GOOD, "Sound");
        acc_str_addf(&text, "%llu runs, %llu entries, %llu objects and %llu outcomes fit together.",
                     (unsigned long long)health.runs, (unsigned long long)health.entries,
                     (unsigned long long)health.objects, (unsigned long long)health.outcomes);
        acc_screen_paragraph(&t->screen, 5, ACC_REPORT_COLUMN, acc_str_cstr(&text));
    }
    acc_str_release(&text);
    return health.faults > 0 ? 1 : 0;
}

static int backup(struct telling *t, const struct acc_ledger_care *care, const char *file)
{
    struct acc_error err = {0};
    struct acc_digests self;
    struct acc_str text = {0};
    char hex[ACC_DIGEST_MAX * 2 + 1];
    if (file == NULL) {
        acc_error_set(&err, ACC_USAGE, "ledger backup: FILE is missing: where the copy goes.");
        return acc_cli_fail(t->cli, &err);
    }
    if (acc_backup_ledger(care, file, &self, &err) != ACC_OK)
        return acc_cli_fail(t->cli, &err);
    acc_digests_hex(&self, ACC_SHA256, hex);
    if (t->options->output.json) {
        json_t *line = acc_line_begin("backup");
        acc_line_text(line, "file", file);
        acc_line_text(line, "sha256", hex);
        acc_line_end(t->cli->out, line);
    } else if (!t->options->output.quiet) {
        acc_screen_styled(&t->screen, ACC_GOOD, "Backed up");
        acc_show_path(&text, file);
        acc_screen_paragraph(&t->screen, 9, ACC_REPORT_COLUMN, acc_str_cstr(&text));
        acc_screen_verbatim(&t->screen, 2, "sha256", ACC_REPORT_COLUMN, hex);
    }
    acc_str_release(&text);
    return 0;
}

static const struct subcommand {
    const char *name;
    int (*run)(struct telling *telling, const struct acc_ledger_care *care, const char *file);
} subcommands[] = {{"check", check}, {"backup", backup}};

static int dispatch(struct telling *t, const char *name, const char *file)
{
    const struct acc_ledger_care care = {
        .ledger = t->options->ledger, .on_fault = on_fault, .arg = t};
    struct acc_error err;
    struct acc_str shown = {0};
    for (size_t i = 0; i < sizeof subcommands / sizeof subcommands[0]; i++)
        if (strcmp(subcommands[i].name, name) == 0)
            return subcommands[i].run(t, &care, file);
    acc_show_path(&shown, name);
    acc_error_set(&err, ACC_USAGE, "ledger %s: must be check or backup.", acc_str_cstr(&shown));
    acc_str_release(&shown);
    return acc_cli_fail(t->cli, &err);
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct ledger_cli options = {0};
    struct telling telling = {.cli = cli, .options = &options};
    const char *given[ACC_WORDS_MAX];
    int status;
    if (!acc_cli_parse(cli, &acc_command_ledger, argc, argv, &options, given, &status)) {
        acc_screen_init(&telling.screen, cli->out, options.output.color);
        status = dispatch(&telling, given[0], given[1]);
    }
    acc_options_release(&acc_command_ledger.syntax, &options);
    return status;
}

const struct acc_command acc_command_ledger = {
    .syntax = {.command = "ledger",
               .usage = "[options] check|backup [FILE]",
               .groups = groups,
               .words = words},
    .summary = "check the ledger, or back it up",
    .about = "ledger check looks through the whole file: its pages, its layout, the references "
             "between its rows, outcomes against the objects that they rest on, and each row as "
             "reports read it. It writes nothing, and runs may be in progress meanwhile.\n\n"
             "ledger backup copies the ledger as it is at one moment, also during a run. The copy "
             "is checked in the same way before FILE appears; FILE.sha256 has its digest, for "
             "sha256sum -c. Nothing is replaced.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
