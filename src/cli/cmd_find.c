/* accession find: where a name, a digest or an External-Identifier is archived. */
#include "cli/cli.h"

#include <accession/ask.h>

#include "cli/json/ask.h"
#include "cli/screen/ask.h"

struct find_cli {
    struct acc_find_options find;
    unsigned limit;
    bool json;
    const char *color;
};

static const char *const colors[] = {"auto", "always", "never", NULL};

#define AT(member) offsetof(struct find_cli, member)
static const struct acc_option find_options[] = {
    {"limit", 0, "N", ACC_OPTION_INT, AT(limit), "show at most N", 1, 2147483647, NULL},
    {"ledger", 0, "FILE", ACC_OPTION_STRING, AT(find.ledger),
     "the ledger; default $XDG_STATE_HOME/accession/ledger.db", 0, 0, NULL},
    {"json", 0, NULL, ACC_OPTION_FLAG, AT(json), "JSON Lines: one object for each", 0, 0, NULL},
    {"color", 0, "WHEN", ACC_OPTION_CHOICE, AT(color),
     "auto, always or never; default auto: on a terminal, unless NO_COLOR is set", 0, 0, colors},
    {0},
};
#undef AT

static const struct acc_option_group groups[] = {{"Options", find_options, 0}, {0}};

static const char *const words[] = {"PATTERN", "[s3://BUCKET[/PREFIX]]", NULL};

static const char *const examples[] = {
    "A file by its name",
    "accession find sheet-3.tif",
    "All names that begin so, below a prefix",
    "accession find 'sheet-*' s3://wellcome-archive/digitised",
    "By the beginning of a digest",
    "accession find sha256:d16f03c2",
    "A bag by its External-Identifier, or by the last part of its URL",
    "accession find b24967646",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "found"},
    {1, "nothing in the ledger matches"},
    {2, "the ledger is missing or cannot be read"},
    {0, NULL},
};

struct telling {
    struct acc_cli *cli;
    const struct find_cli *options;
    struct acc_screen screen;
    unsigned long long hits;
};

static void on_hit(void *arg, const struct acc_hit *hit)
{
    struct telling *t = arg;
    t->hits++;
    if (t->options->limit > 0 && t->hits > t->options->limit)
        return;
    if (t->options->json)
        acc_json_hit(t->cli->out, hit);
    else
        acc_ask_hit(&t->screen, hit);
}

static void show_end(struct telling *t)
{
    char all[32], shown[32];
    unsigned limit = t->options->limit;
    if (limit > 0 && t->hits > limit)
        fprintf(t->screen.file, "%s of %s\n", acc_show_count(limit, shown),
                acc_show_count(t->hits, all));
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct find_cli options = {0};
    struct telling telling = {.cli = cli, .options = &options};
    const char *given[ACC_WORDS_MAX] = {NULL};
    struct acc_error err = {0};
    int status;
    if (acc_cli_parse(cli, &acc_command_find, argc, argv, &options, given, &status))
        return status;
    acc_screen_init(&telling.screen, cli->out, options.color);
    options.find.pattern = given[0];
    options.find.url = given[1];
    options.find.on_hit = on_hit;
    options.find.arg = &telling;
    if (acc_find(&options.find, &err) != ACC_OK)
        return acc_cli_fail(cli, &err);
    if (telling.hits == 0)
        acc_ask_nothing(cli->err, given[0],
                        "a pattern is compared with whole names: try '*' before and after it. A "
                        "digest needs 8 digits or more");
    else if (!options.json)
        show_end(&telling);
    return telling.hits > 0 ? 0 : 1;
}

const struct acc_command acc_command_find = {
    .syntax = {.command = "find",
               .usage = "[options] PATTERN [s3://BUCKET[/PREFIX]]",
               .groups = groups,
               .words = words},
    .summary = "find a file or bag by name, digest or External-Identifier",
    .about =
        "Finds in the ledger alone: a file by its name (*, ? and [] stand for what they do in a "
        "shell, but * matches / too), by its path if PATTERN has a /, or by 8 or more digits of a "
        "digest; a bag by its External-Identifier or the last part of its URL. Every "
        "algorithm of the manifests can be searched, once the object is archived.\n\n"
        "Names that begin with * are slower to find: every name is looked at.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
