/* The digest as one page: what happened, what needs a person, how the archive has grown, and how
 * long ago its files were last proven. It uses the style of receipts, and no script. Everything
 * that comes from outside is escaped. Fails as files do; a page appears whole or not at all. */
#include <accession/news.h>

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include <accession/report.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "receipt/page.h"

#define DAY (INT64_C(24) * 3600 * 1000)
#define WIDTH 560
#define HEIGHT 200
#define LEFT 70 /* for the scale */

struct sheet {
    FILE *out;
    const struct acc_news *news;
    bool linked; /* each run has a page beside this one */
};

static void figure(FILE *out, const char *label, const char *text, const char *class)
{
    fprintf(out, "<div><dt>%s</dt><dd class=\"%s\">%s</dd></div>\n", label, class, text);
}

static void count_figure(FILE *out, const char *label, uint64_t count, bool bad)
{
    char text[32];
    figure(out, label, acc_show_count(count, text), bad && count > 0 ? "o bad" : "");
}

static void write_masthead(const struct sheet *sheet)
{
    const struct acc_news *n = sheet->news;
    FILE *out = sheet->out;
    char from[ACC_TIME_TEXT], until[ACC_TIME_TEXT], bytes[32], files[40];
    size_t people = n->people_count + n->arrival_count;
    fputs("<header>\n<p class=\"kicker\">accession · digest</p>\n", out);
    if (people == 0)
        fputs("<h1 class=\"ok\">Nothing needs a person</h1>\n", out);
    else
        fprintf(out, "<h1 class=\"bad\">%zu %s a person</h1>\n", people,
                people == 1 ? "thing needs" : "things need");
    fputs("<p class=\"where\"><bdi>", out);
    acc_page_path(out, n->url != NULL ? n->url : "all bags of the ledger");
    fprintf(out, "</bdi><br>%s to %s UTC</p>\n", acc_time_show(n->since, from),
            acc_time_show(n->until, until));
    fputs("<dl class=\"figures\">\n", out);
    count_figure(out, "arrived", n->arrived, false);
    count_figure(out, "rejected", n->rejected, true);
    figure(out, "archived", acc_show_files(n->archived, files), "");
    figure(out, "sent", acc_show_bytes((double)n->sent, bytes), "");
    count_figure(out, "refused", n->refused, true);
    count_figure(out, "withheld", n->withheld, true);
    count_figure(out, "verified", n->checked, false);
    count_figure(out, "not as promised", n->different, true);
    count_figure(out, "halted runs", n->halted, true);
    count_figure(out, "stalled runs", n->stalled, true);
    count_figure(out, "files due", n->due_files, false);
    fputs("</dl>\n</header>\n<main>\n", out);
}

static void write_refusals(const struct sheet *sheet, const struct acc_news_run *run)
{
    char count[40];
    for (size_t i = 0; i < run->refusal_count; i++) {
        const struct acc_news_refusal *r = &run->refusals[i];
        fprintf(sheet->out, "<p class=\"reason\">%s: %s (%s)<br><bdi>",
                acc_show_files(r->count, count), acc_code_text(r->code), acc_code_fault(r->code));
        acc_page_path(sheet->out, r->path);
        fputs("</bdi> ", sheet->out);
        acc_page_text(sheet->out, r->reason);
        fputs("</p>\n", sheet->out);
    }
}

static void write_run(const struct sheet *sheet, const struct acc_news_run *run)
{
    FILE *out = sheet->out;
    char time[ACC_TIME_TEXT];
    fprintf(out, "<tr><td>%s<br><small>%s</small></td><th scope=\"row\"><bdi>",
            acc_time_show(run->started, time), run->kind);
    acc_page_path(out, run->url);
    fputs("</bdi>\n", out);
    write_refusals(sheet, run);
    if (sheet->linked)
        fprintf(out, "<a href=\"%s.html\">its report</a>", run->name);
    else
        fprintf(out, "<code>accession report --run %s --format html</code>", run->name);
    fprintf(out, "</th><td class=\"reason\">%s</td></tr>\n",
            !run->ended ? "not ended" : acc_code_text(run->outcome));
}

static void write_people(const struct sheet *sheet)
{
    const struct acc_news *n = sheet->news;
    FILE *out = sheet->out;
    if (n->people_count + n->arrival_count == 0)
        return;
    fputs("<section id=\"people\">\n<h2>What needs a person</h2>\n<table class=\"problems\">\n"
          "<thead><tr><th>Run</th><th>Where, and what</th><th>Outcome</th></tr></thead>\n<tbody>\n",
          out);
    for (size_t i = 0; i < n->people_count; i++)
        write_run(sheet, &n->people[i]);
    for (size_t i = 0; i < n->arrival_count; i++) {
        fputs("<tr><td>arrival</td><th scope=\"row\"><bdi>", out);
        acc_page_path(out, n->arrivals[i].folder);
        fputs("/", out);
        acc_page_path(out, n->arrivals[i].name);
        fputs("</bdi><p class=\"reason\">", out);
        acc_page_text(out, n->arrivals[i].reason);
        fprintf(out, "</p></th><td class=\"reason\">%s</td></tr>\n",
                acc_code_text(n->arrivals[i].code));
    }
    fputs("</tbody>\n</table>\n</section>\n", out);
}

/* ---- drawings ---- */

static double total_bytes(const struct acc_news *n)
{
    double sum = 0;
    for (size_t i = 0; i < n->day_count; i++)
        sum += (double)n->days[i].bytes;
    return sum;
}

/* The bytes in the archive, day by day, as steps. */
static void draw_growth(const struct sheet *sheet)
{
    const struct acc_news *n = sheet->news;
    FILE *out = sheet->out;
    double all = total_bytes(n), sum = 0;
    int64_t first = n->days[0].day, span = n->until / DAY - first + 1;
    char bytes[32], from[ACC_TIME_TEXT];
    acc_time_show(first * DAY, from)[10] = '\0';
    fprintf(out,
            "<figure>\n<figcaption><h3>Growth</h3><p>%s since %s</p></figcaption>\n"
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s since %s\">\n",
            acc_show_bytes(all, bytes), from, WIDTH, HEIGHT + 30, bytes, from);
    fprintf(out, "<line class=\"grid\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", LEFT, HEIGHT,
            WIDTH, HEIGHT);
    fprintf(out, "<path class=\"area\" d=\"M%d %d", LEFT, HEIGHT);
    for (size_t i = 0; i < n->day_count; i++) {
        double x = LEFT + (double)(n->days[i].day - first) * (WIDTH - LEFT) / (double)span;
        fprintf(out, " L%.1f %.1f", x, HEIGHT - (all > 0 ? sum / all : 0) * (HEIGHT - 15));
        sum += (double)n->days[i].bytes;
        fprintf(out, " L%.1f %.1f", x, HEIGHT - (all > 0 ? sum / all : 0) * (HEIGHT - 15));
    }
    fprintf(out, " L%d 15 L%d %d Z\"/>\n", WIDTH, WIDTH, HEIGHT);
    fprintf(out,
            "<text x=\"0\" y=\"20\">%s</text><text x=\"%d\" y=\"%d\">%s</text>"
            "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">today</text>\n</svg>\n</figure>\n",
            bytes, LEFT, HEIGHT + 20, from, WIDTH, HEIGHT + 20);
}

/* How long ago each file was last archived or read back. */
static void draw_ages(const struct sheet *sheet)
{
    const struct acc_news *n = sheet->news;
    FILE *out = sheet->out;
    uint64_t most = 1;
    char count[32];
    for (int i = 0; i < ACC_NEWS_AGE_COUNT; i++)
        most = n->ages[i] > most ? n->ages[i] : most;
    fprintf(out,
            "<figure>\n<figcaption><h3>Fixity</h3><p>Files, by when each was last archived or "
            "read back</p></figcaption>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" "
            "aria-label=\"Files by age of their last proof\">\n",
            WIDTH, 30 * ACC_NEWS_AGE_COUNT);
    for (int i = 0; i < ACC_NEWS_AGE_COUNT; i++) {
        double width = (double)n->ages[i] * (WIDTH - 220) / (double)most;
        fprintf(out,
                "<text x=\"0\" y=\"%d\">%s%s</text><rect class=\"bar\" x=\"110\" y=\"%d\" "
                "width=\"%.1f\" height=\"16\"/><text class=\"value\" x=\"%.1f\" "
                "y=\"%d\">%s</text>\n",
                30 * i + 18, i < ACC_NEWS_AGE_OLDER ? "within " : "",
                acc_news_age_text((enum acc_news_age)i), 30 * i + 5, width, 118 + width,
                30 * i + 18, acc_show_count(n->ages[i], count));
    }
    fputs("</svg>\n</figure>\n", out);
}

static void write_archive(const struct sheet *sheet)
{
    const struct acc_news *n = sheet->news;
    FILE *out = sheet->out;
    char bags[40], files[40], bytes[32], due[40];
    fprintf(out,
            "<section id=\"archive\">\n<h2>The archive today</h2>\n<p>%s, %s, %s. "
            "%s due for verification.</p>\n",
            acc_show_number(n->bags, "bag or prefix", "bags or prefixes", bags),
            acc_show_files(n->files, files), acc_show_bytes((double)n->bytes, bytes),
            acc_show_files(n->due_files, due));
    if (n->day_count > 0) {
        fputs("<div class=\"drawings\">\n", out);
        draw_growth(sheet);
        draw_ages(sheet);
        fputs("</div>\n", out);
    }
    fputs("</section>\n", out);
}

static enum acc_code write_page(const struct sheet *sheet, struct acc_error *err)
{
    char now[ACC_TIME_TEXT];
    enum acc_code code = acc_page_begin(sheet->out, "Digest", err);
    if (code != ACC_OK)
        return code;
    write_masthead(sheet);
    write_people(sheet);
    write_archive(sheet);
    fprintf(sheet->out,
            "</main>\n<footer>Written by accession %s on %s UTC from the ledger alone.</footer>\n"
            "</body>\n</html>\n",
            ACC_VERSION, acc_time_show(sheet->news->until, now));
    return ACC_OK;
}

/* RUN.html beside the page. */
static enum acc_code write_reports(const struct acc_news_options *options,
                                   const struct acc_news *news, const char *output,
                                   struct acc_error *err)
{
    char *copy = acc_strdup(output);
    const char *folder = dirname(copy);
    enum acc_code code = ACC_OK;
    for (size_t i = 0; code == ACC_OK && i < news->people_count; i++) {
        struct acc_str path = {0};
        acc_str_addf(&path, "%s/%s.html", folder, news->people[i].name);
        const struct acc_report_options report = {.ledger = options->ledger,
                                                  .run = news->people[i].name,
                                                  .format = "html",
                                                  .output = acc_str_cstr(&path)};
        code = acc_report(&report, err);
        acc_str_release(&path);
    }
    free(copy);
    return code;
}

enum acc_code acc_news_html(const struct acc_news_options *options, const struct acc_news *news,
                            const char *output, struct acc_error *err)
{
    struct acc_file_new file;
    struct sheet sheet = {.out = stdout, .news = news};
    if (output == NULL || strcmp(output, "-") == 0)
        return write_page(&sheet, err);
    enum acc_code code = write_reports(options, news, output, err);
    if (code == ACC_OK)
        code = acc_file_begin(&file, output, err);
    if (code != ACC_OK)
        return code;
    sheet.out = file.stream;
    sheet.linked = true;
    code = write_page(&sheet, err);
    if (code == ACC_OK)
        return acc_file_commit(&file, err);
    acc_file_abandon(&file);
    return code;
}
