/* accession ledger: check a ledger, back it up, and outlive it. A subcommand is a row of the table.
 */
#include "cli/ledger_cli.h"

#include <string.h>

#include <accession/ledger.h>

#include "cli/json/line.h"
#include "cli/screen/report.h"

static const struct acc_option own_options[] = {
    {"ledger", 0, "FILE", ACC_OPTION_STRING, offsetof(struct acc_ledger_cli, ledger),
     "the ledger; default $XDG_STATE_HOME/accession/ledger.db", 0, 0, NULL},
    {0},
};

static const struct acc_option_group groups[] = {
    {"Options", own_options, 0},
    {"Connection of import s3://... and rebuild (default: AWS_* variables, ~/.aws/config)",
     acc_connection_options, offsetof(struct acc_ledger_cli, connection)},
    {"Output", acc_output_options, offsetof(struct acc_ledger_cli, output)},
    {0},
};

static const char *const words[] = {"check|backup|export|import|merge|rebuild", "[FILE...]", NULL};
static const struct acc_option rest = {.name = "",
                                       .value = "FILE|s3://BUCKET[/PREFIX]",
                                       .kind = ACC_OPTION_LIST,
                                       .offset = offsetof(struct acc_ledger_cli, files)};

static const char *const examples[] = {
    "Whether the ledger is as this program wrote it",
    "accession ledger check",
    "A copy that is checked, with its SHA-256 in /backup/ledger.db.sha256",
    "accession ledger backup /backup/ledger.db",
    "A lost ledger from the receipts that its runs left",
    "accession ledger import ~/.local/state/accession/receipts/*.json",
    "A lost ledger from the bucket alone",
    "accession ledger rebuild s3://archive",
    "One ledger of two machines",
    "accession ledger merge /mnt/other/ledger.db",
    "And what it knows compared with the bucket",
    "accession verify s3://archive/bag",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "the ledger has no fault; the copy was made; all that was reported is known now"},
    {1, "the ledger has faults; a reported fact contradicts what is known, or is missing from the "
        "bucket"},
    {2, "the ledger is missing or not usable, a file cannot be read or written, or a run is in "
        "progress; no backup of a ledger with faults"},
    {3, "rebuild: the bucket refuses"},
    {4, "rebuild: the credentials, the clock, or the bucket's name or region are wrong"},
    {5, "rebuild: the server cannot be reached, or keeps failing"},
    {0, NULL},
};

static void on_fault(void *arg, const char *check, const char *text)
{
    struct acc_ledger_cli *l = arg;
    if (l->output.json) {
        json_t *line = acc_line_begin("fault");
        acc_line_text(line, "check", check);
        acc_line_text(line, "text", text);
        acc_line_end(l->cli->out, line);
        return;
    }
    acc_report_field(&l->screen, ACC_REPORT_COLUMN, check, text);
}

static int check(struct acc_ledger_cli *l)
{
    const struct acc_ledger_care care = {.ledger = l->ledger, .on_fault = on_fault, .arg = l};
    struct acc_ledger_health health;
    struct acc_error err = {0};
    struct acc_str text = {0};
    if (acc_check_ledger(&care, &health, &err) != ACC_OK)
        return acc_cli_fail(l->cli, &err);
    if (l->output.json) {
        json_t *line = acc_line_begin("health");
        acc_line_number(line, "faults", (long long)health.faults);
        acc_line_number(line, "runs", (long long)health.runs);
        acc_line_number(line, "entries", (long long)health.entries);
        acc_line_number(line, "objects", (long long)health.objects);
        acc_line_number(line, "outcomes", (long long)health.outcomes);
        acc_line_end(l->cli->out, line);
    } else if (health.faults > 0) {
        acc_screen_styled(&l->screen, ACC_BAD, "Damaged");
        acc_screen_paragraph(
            &l->screen, 7, ACC_REPORT_COLUMN,
            "Restore the ledger from a backup. Without one, move it aside: accession "
            "ledger import and rebuild make a new one of receipts and the bucket.");
    } else if (!l->output.quiet) {
        acc_screen_styled(&l->screen, ACC_GOOD, "Sound");
        char runs[40], entries[40], objects[40], outcomes[40];
        acc_str_addf(&text, "%s, %s, %s and %s fit together.",
                     acc_show_number(health.runs, "run", "runs", runs),
                     acc_show_number(health.entries, "entry", "entries", entries),
                     acc_show_number(health.objects, "object", "objects", objects),
                     acc_show_number(health.outcomes, "outcome", "outcomes", outcomes));
        acc_screen_paragraph(&l->screen, 5, ACC_REPORT_COLUMN, acc_str_cstr(&text));
    }
    acc_str_release(&text);
    return health.faults > 0 ? 1 : 0;
}

static int backup(struct acc_ledger_cli *l)
{
    const struct acc_ledger_care care = {.ledger = l->ledger};
    const char *file = l->files[0];
    struct acc_error err = {0};
    struct acc_digests self;
    struct acc_str text = {0};
    char hex[ACC_DIGEST_MAX * 2 + 1];
    if (acc_backup_ledger(&care, file, &self, &err) != ACC_OK)
        return acc_cli_fail(l->cli, &err);
    acc_digests_hex(&self, ACC_SHA256, hex);
    if (l->output.json) {
        json_t *line = acc_line_begin("backup");
        acc_line_text(line, "file", file);
        acc_line_text(line, "sha256", hex);
        acc_line_end(l->cli->out, line);
    } else if (!l->output.quiet) {
        acc_screen_styled(&l->screen, ACC_GOOD, "Backed up");
        acc_show_path(&text, file);
        acc_screen_paragraph(&l->screen, 9, ACC_REPORT_COLUMN, acc_str_cstr(&text));
        acc_screen_verbatim(&l->screen, 2, "sha256", ACC_REPORT_COLUMN, hex);
    }
    acc_str_release(&text);
    return 0;
}

static const struct subcommand {
    const char *name;
    int (*run)(struct acc_ledger_cli *l);
    const char *missing; /* what must follow; NULL: nothing may */
    bool several;
} subcommands[] = {
    {"check", check, NULL, false},
    {"backup", backup, "FILE is missing: where the copy goes", false},
    {"export", acc_ledger_cli_export,
     "FILE is missing: where the facts go, or - for standard output", false},
    {"import", acc_ledger_cli_import,
     "FILE is missing: receipts or exports, - for standard input, or s3://BUCKET/PREFIX", true},
    {"merge", acc_ledger_cli_merge, "LEDGER is missing: the ledgers to merge into this one", true},
    {"rebuild", acc_ledger_cli_rebuild, "s3://BUCKET[/PREFIX] is missing: what to look at", false},
};

static int dispatch(struct acc_ledger_cli *l, const char *name)
{
    struct acc_error err;
    struct acc_str shown = {0};
    const struct subcommand *found = NULL;
    unsigned given = 0;
    for (size_t i = 0; i < sizeof subcommands / sizeof subcommands[0]; i++)
        if (strcmp(subcommands[i].name, name) == 0)
            found = &subcommands[i];
    while (l->files != NULL && l->files[given] != NULL)
        given++;
    if (found != NULL && (found->missing == NULL) == (given == 0) && (given < 2 || found->several))
        return found->run(l);
    acc_show_path(&shown, name);
    if (found == NULL)
        acc_error_set(&err, ACC_USAGE,
                      "ledger %s: must be check, backup, export, import, merge or rebuild.",
                      acc_str_cstr(&shown));
    else if (given == 0)
        acc_error_set(&err, ACC_USAGE, "ledger %s: %s.", found->name, found->missing);
    else
        acc_error_set(&err, ACC_USAGE,
                      "ledger %s: unexpected argument. Usage: accession ledger %s%s.", found->name,
                      found->name, found->missing != NULL ? " FILE" : "");
    acc_str_release(&shown);
    return acc_cli_fail(l->cli, &err);
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct acc_ledger_cli options = {.cli = cli};
    const char *given[ACC_WORDS_MAX];
    int status;
    acc_connection_defaults(&options.connection);
    if (!acc_cli_parse(cli, &acc_command_ledger, argc, argv, &options, given, &status)) {
        acc_screen_init(&options.screen, cli->out, options.output.color);
        status = dispatch(&options, given[0]);
    }
    acc_options_release(&acc_command_ledger.syntax, &options);
    return status;
}

const struct acc_command acc_command_ledger = {
    .syntax = {.command = "ledger",
               .usage = "[options] check|backup|export|import|merge|rebuild [FILE...]",
               .groups = groups,
               .words = words,
               .rest = &rest},
    .summary = "check the ledger, back it up, rebuild it, join others to it",
    .about =
        "ledger check looks through the whole file: its pages, its layout, the references "
        "between its rows, outcomes against the objects that they rest on, and each row as "
        "reports read it. It writes nothing, and runs may be in progress meanwhile.\n\n"
        "ledger backup copies the ledger as it is at one moment, also during a run. The copy "
        "is checked in the same way before FILE appears; FILE.sha256 has its digest, for "
        "sha256sum -c. Nothing is replaced. The copy of an older version's ledger is brought up to "
        "date; the ledger itself stays as it is.\n\n"
        "ledger export writes all that the ledger can say of archived objects into FILE: JSON, "
        "one fact a line, compressed if the name ends in .gz.\n\n"
        "ledger import takes over what receipts and exports say (- is standard input), and ledger "
        "merge what other "
        "ledgers say, which are only read. Receipts of restores say nothing of an "
        "archive, and are passed over. Facts are only added, and doing it again changes nothing. A "
        "fact that contradicts what is known is reported and left out. What was "
        "taken over is kept apart, with where it comes from: it is something to compare with, "
        "and never counts as archived or verified by this ledger. accession verify reads it; "
        "accession ingest decides as if nothing were known.\n\n"
        "ledger rebuild does the same with what lies in a bucket: each bag's manifests, and of "
        "each object the server's SHA-256, the SHA-256 in its metadata (x-amz-meta-sha256), and "
        "its size. It reads bags' manifests and no other content, and writes nothing there. A "
        "file that a manifest names and the bucket does not have is reported as missing, and "
        "an object whose key no delivery can have as a path, which the ledger cannot hold. Every "
        "folder with a bagit.txt becomes a destination of its own; objects in no bag count as "
        "of the prefix that is given.\n\n"
        "With --json, import, merge and rebuild list each fact with its ground. The last line has "
        "the type recalled, with outcome, exit_status and the counts, also if the command failed; "
        "then message has the reason.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
