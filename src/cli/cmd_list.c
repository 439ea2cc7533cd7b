/* accession list: the bags and prefixes that the ledger knows, as a table, JSON Lines or CSV. */
#include "cli/cli.h"

#include <string.h>

#include <accession/ask.h>

#include "base/clock.h"
#include "cli/json/ask.h"
#include "cli/screen/ask.h"

struct list_cli {
    struct acc_list_options list;
    const char *state, *color;
    int archived_since, older_than; /* seconds */
    unsigned limit;
    bool json, csv;
};

static const char *const sorts[] = {"url", "files", "bytes", "archived", "verified", "due", NULL};
static const char *const states[] = {"complete",  "due",      "incomplete", "refused",
                                     "different", "reported", NULL};
static const char *const colors[] = {"auto", "always", "never", NULL};

#define YEARS_100 (100 * 366 * 24 * 3600LL)
#define LONGEST (YEARS_100 > 2147483647 ? 2147483647 : YEARS_100)
#define AT(member) offsetof(struct list_cli, member)
static const struct acc_option list_options[] = {
    {"state", 0, "STATE", ACC_OPTION_CHOICE, AT(state),
     "only those in this state: complete, due (for verification), incomplete, refused, different "
     "(from what was archived) or reported (by others alone)",
     0, 0, states},
    {"archived-since", 0, "TIME", ACC_OPTION_SECONDS, AT(archived_since),
     "only those to which something was archived within TIME, such as 24h or 30d", 1, LONGEST,
     NULL},
    {"older-than", 0, "TIME", ACC_OPTION_SECONDS, AT(older_than),
     "only those that were not verified within TIME, at any level", 1, LONGEST, NULL},
    {"sort", 0, "BY", ACC_OPTION_CHOICE, AT(list.sort),
     "url (the default), files, bytes or due (largest first), archived (newest first), or verified "
     "(longest ago first)",
     0, 0, sorts},
    {"reverse", 0, NULL, ACC_OPTION_FLAG, AT(list.reverse), "the other way round", 0, 0, NULL},
    {"limit", 0, "N", ACC_OPTION_INT, AT(limit), "at most N", 1, 2147483647, NULL},
    {"due-after", 0, "DAYS", ACC_OPTION_INT, AT(list.due_days),
     "files are due that were not archived or read back for this many days; default 90", 1, 36500,
     NULL},
    {"ledger", 0, "FILE", ACC_OPTION_STRING, AT(list.ledger),
     "the ledger; default $XDG_STATE_HOME/accession/ledger.db", 0, 0, NULL},
    {"json", 0, NULL, ACC_OPTION_FLAG, AT(json), "JSON Lines: one object for each", 0, 0, NULL},
    {"csv", 0, NULL, ACC_OPTION_FLAG, AT(csv), "CSV, with a line of names", 0, 0, NULL},
    {"color", 0, "WHEN", ACC_OPTION_CHOICE, AT(color),
     "auto, always or never; default auto: on a terminal, unless NO_COLOR is set", 0, 0, colors},
    {0},
};
#undef AT

static const struct acc_option_group groups[] = {{"Options", list_options, 0}, {0}};

static const char *const words[] = {"[s3://BUCKET[/PREFIX]]", NULL};

static const char *const examples[] = {
    "Every bag",
    "accession list",
    "What lies below a prefix and was not verified for half a year, the longest ago first",
    "accession list --older-than 180d --sort verified s3://wellcome-archive/digitised",
    "For a spreadsheet",
    "accession list --csv > bags.csv",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "listed"},
    {1, "the ledger knows nothing that was asked for"},
    {2, "the ledger is missing or cannot be read"},
    {0, NULL},
};

struct telling {
    struct acc_cli *cli;
    const struct list_cli *options;
    struct acc_screen screen;
    struct acc_list_totals totals;
    int64_t now;
};

static bool wanted(const struct telling *t, const struct acc_status_destination *d)
{
    const struct list_cli *o = t->options;
    return (o->limit == 0 || t->totals.bags < o->limit) &&
           (o->state == NULL || strcmp(o->state, acc_status_state(d)) == 0) &&
           (o->archived_since == 0 || d->last_archived >= t->now - o->archived_since * 1000LL) &&
           (o->older_than == 0 || d->last_checked < t->now - o->older_than * 1000LL);
}

static void on_destination(void *arg, const struct acc_status_destination *d)
{
    struct telling *t = arg;
    if (!wanted(t, d))
        return;
    bool first = t->totals.bags++ == 0;
    t->totals.files += d->archived;
    t->totals.bytes += d->bytes_archived;
    t->totals.reported += d->reported;
    t->totals.bytes_reported += d->bytes_reported;
    if (t->options->json)
        acc_json_destination(t->cli->out, d);
    else if (t->options->csv)
        acc_csv_destination(t->cli->out, d, first);
    else
        acc_ask_bag(&t->screen, d, first);
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct list_cli options = {0};
    struct telling telling = {.cli = cli, .options = &options, .now = acc_time_now()};
    const char *given[ACC_WORDS_MAX] = {NULL};
    struct acc_error err = {0};
    int status;
    if (acc_cli_parse(cli, &acc_command_list, argc, argv, &options, given, &status))
        return status;
    if (options.json && options.csv) {
        acc_error_set(&err, ACC_USAGE, "--json and --csv: choose one of them.");
        return acc_cli_fail(cli, &err);
    }
    bool filtered = given[0] != NULL || options.state != NULL || options.archived_since > 0 ||
                    options.older_than > 0;
    acc_screen_init(&telling.screen, cli->out, options.color);
    options.list.url = given[0];
    options.list.on_destination = on_destination;
    options.list.arg = &telling;
    if (acc_list(&options.list, &err) != ACC_OK)
        return acc_cli_fail(cli, &err);
    if (telling.totals.bags > 0 && !options.json && !options.csv)
        acc_ask_totals(&telling.screen, &telling.totals);
    if (telling.totals.bags == 0)
        acc_ask_nothing(cli->err, given[0] != NULL ? given[0] : "what was asked for",
                        filtered
                            ? "accession list, without a URL or filter, shows all that the ledger "
                              "knows"
                            : "it has no run that archived anything. --ledger names another");
    return telling.totals.bags > 0 ? 0 : 1;
}

const struct acc_command acc_command_list = {
    .syntax = {.command = "list",
               .usage = "[options] [s3://BUCKET[/PREFIX]]",
               .groups = groups,
               .words = words},
    .summary = "list bags and prefixes: files, archived when, last verified when and how",
    .about = "Lists from the ledger alone every bag or prefix that was archived at or below the "
             "URL: its state, files and bytes, when something was last archived there, and when "
             "and how any of it was last verified. It sends no request and writes nothing.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
