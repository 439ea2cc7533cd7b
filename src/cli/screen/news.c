/* What happened, line by line, with no line for what did not; then what needs a person, and what to
 * type; then the archive as it stands. */
#include "cli/screen/news.h"

#include <string.h>

#include "base/clock.h"
#include "cli/screen/shell.h"

#define COLUMN 18

static void field(struct acc_screen *screen, const char *label, struct acc_str *text)
{
    acc_screen_field(screen, 2, label, COLUMN, acc_str_cstr(text));
    acc_str_clear(text);
}

static void count_field(struct acc_screen *screen, const char *label, uint64_t count,
                        const char *one, const char *many)
{
    char number[32];
    struct acc_str text = {0};
    if (count > 0) {
        acc_str_addf(&text, "%s %s", acc_show_count(count, number), count == 1 ? one : many);
        field(screen, label, &text);
    }
    acc_str_release(&text);
}

static void show_events(struct acc_screen *screen, const struct acc_news *n)
{
    char files[40], bytes[32], number[32];
    struct acc_str text = {0};
    if (n->arrived > 0) {
        acc_str_addf(&text, "%s deliver%s", acc_show_count(n->arrived, number),
                     n->arrived == 1 ? "y" : "ies");
        if (n->rejected > 0)
            acc_str_addf(&text, "; %s rejected", acc_show_count(n->rejected, number));
        field(screen, "arrived", &text);
    }
    acc_str_addf(&text, "%s, %s", acc_show_files(n->archived, files),
                 acc_show_bytes((double)n->sent, bytes));
    field(screen, "archived", &text);
    if (n->checked > 0) {
        acc_str_add(&text, acc_show_files(n->checked, files));
        if (n->different > 0)
            acc_str_addf(&text, "; %s NOT as promised", acc_show_count(n->different, number));
        field(screen, "verified", &text);
    }
    acc_str_release(&text);
    count_field(screen, "refused", n->refused, "file", "files");
    count_field(screen, "withheld", n->withheld, "file", "files");
    count_field(screen, "halted", n->halted, "run", "runs");
    count_field(screen, "not ended", n->unended, "run", "runs");
    count_field(screen, "stalled", n->stalled, "run, or it was killed",
                "runs, or they were killed");
}

static void show_report(struct acc_screen *screen, const char *run, const char *ledger)
{
    struct acc_str text = {0};
    acc_str_addf(&text, "accession report --run %s", run);
    if (ledger != NULL) {
        acc_str_add(&text, " --ledger ");
        acc_shell_quote(&text, ledger);
    }
    acc_str_add(&text, " --format html --output report.html");
    acc_screen_verbatim(screen, 4, "its report", COLUMN, acc_str_cstr(&text));
    acc_str_release(&text);
}

static void show_person(struct acc_screen *screen, const struct acc_news_run *run,
                        const char *ledger)
{
    char files[40];
    struct acc_str text = {0};
    acc_show_text(&text, run->url);
    fprintf(screen->file, "  %s\n    ", acc_str_cstr(&text));
    acc_screen_styled(screen, ACC_BAD, run->ended ? acc_code_text(run->outcome) : "not ended");
    fprintf(screen->file, "%s\n", strcmp(run->kind, "verify") == 0 ? " (verification)" : "");
    acc_str_clear(&text);
    for (size_t i = 0; i < run->refusal_count; i++) {
        const struct acc_news_refusal *r = &run->refusals[i];
        acc_str_addf(&text, "%s: %s (%s). The first: ", acc_show_files(r->count, files),
                     acc_code_text(r->code), acc_code_fault(r->code));
        acc_show_path(&text, r->path);
        acc_str_add(&text, r->reason[0] != '\0' ? ": " : "");
        acc_show_text(&text, r->reason);
        fputs("    ", screen->file);
        acc_screen_paragraph(screen, 4, 4, acc_str_cstr(&text));
        acc_str_clear(&text);
    }
    show_report(screen, run->name, ledger);
    fputc('\n', screen->file);
    acc_str_release(&text);
}

static void show_people(struct acc_screen *screen, const struct acc_news *n, const char *ledger)
{
    struct acc_str text = {0};
    if (n->people_count + n->arrival_count == 0) {
        fputs("\nNothing needs a person.\n\n", screen->file);
        return;
    }
    fputs("\nThis needs a person\n\n", screen->file);
    for (size_t i = 0; i < n->people_count; i++)
        show_person(screen, &n->people[i], ledger);
    for (size_t i = 0; i < n->arrival_count; i++) {
        acc_show_path(&text, n->arrivals[i].folder);
        acc_str_add_c(&text, '/');
        acc_show_path(&text, n->arrivals[i].name);
        fprintf(screen->file, "  %s\n    ", acc_str_cstr(&text));
        acc_str_clear(&text);
        acc_show_text(&text, n->arrivals[i].reason);
        acc_screen_paragraph(screen, 4, 4, acc_str_cstr(&text));
        acc_str_clear(&text);
        fputc('\n', screen->file);
    }
    acc_str_release(&text);
}

static void show_archive(struct acc_screen *screen, const struct acc_news *n)
{
    char bags[40], files[40], bytes[32], due[40];
    struct acc_str text = {0};
    acc_str_addf(&text, "%s, %s, %s",
                 acc_show_number(n->bags, "bag or prefix", "bags or prefixes", bags),
                 acc_show_files(n->files, files), acc_show_bytes((double)n->bytes, bytes));
    field(screen, "archive", &text);
    acc_str_addf(&text, "%s in %s bag%s", acc_show_files(n->due_files, due),
                 acc_show_count(n->due_bags, bags), n->due_bags == 1 ? "" : "s");
    field(screen, "due", &text);
    for (int i = 0; i < ACC_NEWS_AGE_COUNT; i++) {
        if (n->ages[i] == 0)
            continue;
        acc_str_addf(&text, "%s %s%s", acc_show_files(n->ages[i], files),
                     i < ACC_NEWS_AGE_OLDER ? "within " : "",
                     acc_news_age_text((enum acc_news_age)i));
        field(screen, "last proven", &text);
    }
    acc_str_release(&text);
}

void acc_show_news(struct acc_screen *screen, const struct acc_news *news,
                   const struct acc_news_options *options)
{
    char since[ACC_TIME_TEXT], until[ACC_TIME_TEXT];
    struct acc_str url = {0};
    if (news->url != NULL)
        acc_show_text(&url, news->url);
    fprintf(screen->file, "%s%sSince %s UTC, until %s UTC\n", acc_str_cstr(&url),
            news->url != NULL ? "\n" : "", acc_time_show(news->since, since),
            acc_time_show(news->until, until));
    acc_str_release(&url);
    show_events(screen, news);
    show_people(screen, news, options->ledger);
    show_archive(screen, news);
}
