/* accession status: what the ledger knows, for people and for programs. */
#include "cli/cli.h"

#include <string.h>

#include <accession/report.h>
#include <jansson.h>

#include "base/clock.h"
#include "cli/json/ask.h"
#include "cli/json/news.h"
#include "cli/screen/ask.h"
#include "cli/screen/news.h"
#include "cli/screen/overview.h"
#include "cli/screen/report.h"

struct status_cli {
    struct acc_status_options status;
    bool json, all;
    const char *color, *format, *output;
    int since; /* seconds; 0: no digest */
};

static const char *const formats[] = {"text", "json", "html", NULL};
static const char *const colors[] = {"auto", "always", "never", NULL};

#define AT(member) offsetof(struct status_cli, member)
static const struct acc_option status_options[] = {
    {"ledger", 0, "FILE", ACC_OPTION_STRING, AT(status.ledger),
     "the ledger; default $XDG_STATE_HOME/accession/ledger.db", 0, 0, NULL},
    {"all", 0, NULL, ACC_OPTION_FLAG, AT(all), "show every bag, as many as there are", 0, 0, NULL},
    {"since", 0, "TIME", ACC_OPTION_SECONDS, AT(since),
     "instead, a digest of what happened within TIME, such as 24h or 7d", 1, 2147483647, NULL},
    {"format", 'f', "FORMAT", ACC_OPTION_CHOICE, AT(format),
     "format of the digest: text (the default), json, or html (a page to read and print)", 0, 0,
     formats},
    {"output", 'o', "FILE", ACC_OPTION_STRING, AT(output),
     "with html: write the page to FILE, and beside it the report of each run that needs a person; "
     "- (the default) is standard output",
     0, 0, NULL},
    {"runs", 0, "N", ACC_OPTION_INT, AT(status.runs), "list the latest N runs; default 10", 1,
     100000, NULL},
    {"due-after", 0, "DAYS", ACC_OPTION_INT, AT(status.due_days),
     "files are due that were not archived or read back for this many days; default 90", 1, 36500,
     NULL},
    {"json", 0, NULL, ACC_OPTION_FLAG, AT(json),
     "JSON Lines: one object for each destination, then one for each run", 0, 0, NULL},
    {"color", 0, "WHEN", ACC_OPTION_CHOICE, AT(color),
     "auto, always or never; default auto: on a terminal, unless NO_COLOR is set", 0, 0, colors},
    {0},
};
#undef AT

static const struct acc_option_group groups[] = {{"Options", status_options, 0}, {0}};

static const char *const words[] = {"[s3://BUCKET[/PREFIX]]", NULL};

static const char *const examples[] = {
    "What is archived, what is parked, what is due for verification",
    "accession status",
    "Of one collection, every bag",
    "accession status --all s3://wellcome-archive/digitised",
    "What happened since yesterday, by mail",
    "accession status --since 24h | mail -s archive archivist@example.org",
    "The same as a page, with the reports that it links to",
    "accession status --since 24h --format html --output /srv/www/archive/index.html",
    "Due after a month, for a script",
    "accession status --due-after 30 --json",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "the status was shown"},
    {1, "the ledger knows nothing of this URL"},
    {2, "the ledger is missing or cannot be read"},
    {0, NULL},
};

struct telling {
    struct acc_cli *cli;
    struct acc_screen screen;
    const struct status_cli *options;
    struct acc_overview page;
    unsigned runs;
};

static void show_destination(void *arg, const struct acc_status_destination *destination)
{
    struct telling *telling = arg;
    acc_overview_add(&telling->page, destination);
    if (telling->options->all)
        acc_report_destination(&telling->screen, destination, telling->options->status.due_days,
                               telling->options->status.ledger);
}

/* Everything that is known of destinations came before. */
static void show_page(struct telling *telling)
{
    if (!telling->page.shown)
        acc_overview_show(&telling->page, &telling->screen, &telling->options->status,
                          telling->options->all);
}

static void show_run(void *arg, const struct acc_status_run *run)
{
    struct telling *telling = arg;
    show_page(telling);
    acc_report_run(&telling->screen, run, telling->runs++ == 0);
}

/* ---- JSON Lines ---- */

static json_t *time_or_null(int64_t ms)
{
    char text[ACC_TIME_TEXT];
    return ms > 0 ? json_string(acc_time_rfc3339(ms, text)) : json_null();
}

static void print_line(FILE *out, json_t *line)
{
    json_dumpf(line, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(line);
}

static void print_destination(void *arg, const struct acc_status_destination *d)
{
    struct telling *telling = arg;
    telling->page.count++;
    acc_json_destination(telling->cli->out, d);
}

static void print_run(void *arg, const struct acc_status_run *r)
{
    const struct telling *telling = arg;
    json_t *outcome = r->ended ? json_string(acc_code_name(r->outcome)) : json_null();
    json_t *line =
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:I}", "type", "run", "run", r->name, "kind",
                  r->kind, "url", r->url, "started", time_or_null(r->started), "finished",
                  time_or_null(r->ended ? r->finished : 0), "outcome", outcome, "entries",
                  (json_int_t)r->entries);
    json_t *counts = strcmp(r->kind, "verify") == 0
                         ? json_pack("{s:I, s:I}", "checked", (json_int_t)r->checked, "unchanged",
                                     (json_int_t)r->unchanged)
                         : json_pack("{s:I, s:I, s:I, s:I}", "archived", (json_int_t)r->archived,
                                     "refused", (json_int_t)r->refused, "withheld",
                                     (json_int_t)r->withheld, "pending", (json_int_t)r->pending);
    json_object_update(line, counts);
    json_decref(counts);
    print_line(telling->cli->out, line);
}

/* ---- the digest ---- */

/* The page, and that its folder got more files. */
static void tell_written(struct telling *telling, const struct acc_news *news)
{
    const char *output = telling->options->output;
    struct acc_str text = {0};
    char reports[40];
    if (output == NULL || strcmp(output, "-") == 0)
        return;
    acc_show_path(&text, output);
    if (news->people_count > 0)
        acc_str_addf(&text, ", and beside it %s that it links to (RUN.html)",
                     acc_show_number(news->people_count, "report", "reports", reports));
    acc_screen_styled(&telling->screen, ACC_GOOD, "Written");
    acc_screen_paragraph(&telling->screen, 7, 9, acc_str_cstr(&text));
    acc_str_release(&text);
}

static enum acc_code tell_news(struct telling *telling, const char *format,
                               const struct acc_news_options *wanted, struct acc_error *err)
{
    struct acc_news news;
    enum acc_code code = acc_news_collect(wanted, &news, err);
    if (code == ACC_OK && strcmp(format, "html") == 0)
        code = acc_news_html(wanted, &news, telling->options->output, err);
    else if (code == ACC_OK && strcmp(format, "json") == 0)
        acc_json_news(telling->cli->out, &news);
    else if (code == ACC_OK)
        acc_show_news(&telling->screen, &news, wanted);
    if (code == ACC_OK && strcmp(format, "html") == 0)
        tell_written(telling, &news);
    acc_news_release(&news);
    return code;
}

static int digest(struct acc_cli *cli, struct telling *telling)
{
    const struct status_cli *o = telling->options;
    const char *format = o->format != NULL ? o->format : o->json ? "json" : "text";
    struct acc_error err = {0};
    const struct acc_news_options wanted = {.ledger = o->status.ledger,
                                            .url = o->status.url,
                                            .period = o->since * 1000LL,
                                            .due_days = o->status.due_days};
    if (o->since == 0)
        acc_error_set(
            &err, ACC_USAGE,
            "--format and --output need a period to report: add --since TIME, such as 24h.");
    else if (o->output != NULL && strcmp(format, "html") != 0)
        acc_error_set(&err, ACC_USAGE, "--output: is for --format html.");
    else if (tell_news(telling, format, &wanted, &err) == ACC_OK)
        return 0;
    return acc_cli_fail(cli, &err);
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct status_cli options = {.status = {.due_days = 90}};
    struct telling telling = {.cli = cli, .options = &options};
    const char *given[ACC_WORDS_MAX] = {NULL};
    struct acc_error err = {0};
    int status;
    if (acc_cli_parse(cli, &acc_command_status, argc, argv, &options, given, &status))
        return status;
    acc_screen_init(&telling.screen, cli->out, options.color);
    options.status.url = given[0];
    if (options.since > 0 || options.format != NULL || options.output != NULL)
        return digest(cli, &telling);
    options.status.arg = &telling;
    options.status.on_destination = options.json ? print_destination : show_destination;
    options.status.on_run = options.json ? print_run : show_run;
    status = acc_status(&options.status, &err) == ACC_OK ? 0 : acc_cli_fail(cli, &err);
    if (status == 0 && !options.json)
        show_page(&telling);
    acc_overview_release(&telling.page);
    if (status != 0 || given[0] == NULL || telling.page.count + telling.runs > 0)
        return status;
    acc_ask_nothing(cli->err, given[0],
                    "accession list shows what it knows, and accession find searches for names");
    return 1;
}

const struct acc_command acc_command_status = {
    .syntax = {.command = "status",
               .usage = "[options] [s3://BUCKET[/PREFIX]]",
               .groups = groups,
               .words = words},
    .summary = "what is archived, parked, and due for verification",
    .about = "Shows from the ledger alone how much is archived, at the URL and below it or in all; "
             "then what needs a person: bags that differ from what was archived, hold refused "
             "files or wait for files; then what is due, the newest bags and the latest runs. If "
             "there are at most twelve bags, it shows each.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
