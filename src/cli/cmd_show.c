/* accession show: everything that the ledger knows of one object or bag, in order of time. */
#include "cli/cli.h"

#include <accession/ask.h>

#include "cli/json/ask.h"
#include "cli/screen/ask.h"
#include "cli/screen/report.h"

struct show_cli {
    struct acc_show_options show;
    bool json;
    const char *color;
};

static const char *const colors[] = {"auto", "always", "never", NULL};

#define AT(member) offsetof(struct show_cli, member)
static const struct acc_option show_options[] = {
    {"due-after", 0, "DAYS", ACC_OPTION_INT, AT(show.due_days),
     "files are due that were not archived or read back for this many days; default 90", 1, 36500,
     NULL},
    {"ledger", 0, "FILE", ACC_OPTION_STRING, AT(show.ledger),
     "the ledger; default $XDG_STATE_HOME/accession/ledger.db", 0, 0, NULL},
    {"json", 0, NULL, ACC_OPTION_FLAG, AT(json),
     "JSON Lines: the object or bag, then one object for each event", 0, 0, NULL},
    {"color", 0, "WHEN", ACC_OPTION_CHOICE, AT(color),
     "auto, always or never; default auto: on a terminal, unless NO_COLOR is set", 0, 0, colors},
    {0},
};
#undef AT

static const struct acc_option_group groups[] = {{"Options", show_options, 0}, {0}};

static const char *const words[] = {"s3://BUCKET[/PREFIX]", NULL};

static const char *const examples[] = {
    "Is this file archived, since when, and when was it last verified?",
    "accession show s3://wellcome-archive/digitised/b24967646/data/sheet-3.tif",
    "The history of a bag",
    "accession show s3://wellcome-archive/digitised/b24967646",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "shown"},
    {1, "the ledger knows nothing of this URL"},
    {2, "the ledger is missing or cannot be read"},
    {0, NULL},
};

struct telling {
    struct acc_cli *cli;
    const struct show_cli *options;
    struct acc_screen screen;
    unsigned shown;
};

static void on_hit(void *arg, const struct acc_hit *hit)
{
    struct telling *t = arg;
    t->shown++;
    if (t->options->json)
        acc_json_hit(t->cli->out, hit);
    else {
        acc_ask_hit(&t->screen, hit);
        fputc('\n', t->cli->out);
    }
}

static void on_destination(void *arg, const struct acc_status_destination *d)
{
    struct telling *t = arg;
    t->shown++;
    if (t->options->json)
        acc_json_destination(t->cli->out, d);
    else
        acc_report_destination(&t->screen, d, t->options->show.due_days, t->options->show.ledger);
}

static void on_event(void *arg, const struct acc_chronicle *event)
{
    struct telling *t = arg;
    if (t->options->json)
        acc_json_chronicle(t->cli->out, event);
    else
        acc_ask_event(&t->screen, event);
}

/* ---- a URL above bags ---- */

static void on_bag(void *arg, const struct acc_status_destination *d)
{
    struct telling *t = arg;
    bool first = t->shown++ == 0;
    if (t->options->json)
        acc_json_destination(t->cli->out, d);
    else
        acc_ask_bag(&t->screen, d, first);
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct show_cli options = {.show.due_days = 90};
    struct telling telling = {.cli = cli, .options = &options};
    const char *given[ACC_WORDS_MAX] = {NULL};
    struct acc_error err = {0};
    int status;
    if (acc_cli_parse(cli, &acc_command_show, argc, argv, &options, given, &status))
        return status;
    acc_screen_init(&telling.screen, cli->out, options.color);
    options.show.url = given[0];
    options.show.on_hit = on_hit;
    options.show.on_destination = on_destination;
    options.show.on_event = on_event;
    options.show.arg = &telling;
    const struct acc_list_options below = {.ledger = options.show.ledger,
                                           .url = given[0],
                                           .due_days = options.show.due_days,
                                           .on_destination = on_bag,
                                           .arg = &telling};
    if (acc_show(&options.show, &err) != ACC_OK ||
        (telling.shown == 0 && acc_list(&below, &err) != ACC_OK))
        return acc_cli_fail(cli, &err);
    if (telling.shown == 0)
        acc_ask_nothing(
            cli->err, given[0],
            "accession list shows what it knows, and accession find searches for names");
    return telling.shown > 0 ? 0 : 1;
}

const struct acc_command acc_command_show = {
    .syntax = {.command = "show",
               .usage = "[options] s3://BUCKET[/PREFIX]",
               .groups = groups,
               .words = words},
    .summary = "show all that is known of one object or bag, in order of time",
    .about = "Shows from the ledger alone, in order of time: which manifest promised the object "
             "and in which line, which run archived it, under which ETag and version, what every "
             "later check found; of a bag, its state and its runs; of a URL above bags, the bags. "
             "It sends no request and writes nothing.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
