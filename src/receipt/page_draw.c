/* The drawings: inline SVG whose colours are classes of the page's style, so that they follow
 * light, dark and print. Each has a title and a description in words; no fact is shown by colour
 * alone. Pure output; errors of the stream are found by the caller. */
#include <stdio.h>

#include "base/clock.h"
#include "receipt/page.h"

#define BAR_WIDTH 1000 /* of the bar of outcomes, in units that are stretched to the page */
#define WIDTH 500      /* of a figure, about a pixel each */
#define HEIGHT 200
#define LEFT 82 /* what labels need */
#define TOP 10
#define BASE (HEIGHT - 28) /* y of the time axis */

/* ---- outcomes: one bar, and its legend in numbers ---- */

/* Each outcome that occurs has a little width of its own: one file among a million is to be seen.
 */
static void outcome_bar(FILE *out, const struct acc_receipt_tally *tally)
{
    const double least = 4;
    double at = 0, left = BAR_WIDTH;
    for (enum acc_row_outcome o = 0; o < ACC_ROW_OUTCOME_COUNT; o++)
        left -= tally->outcomes[o] > 0 ? least : 0;
    for (enum acc_row_outcome o = 0; o < ACC_ROW_OUTCOME_COUNT; o++) {
        if (tally->outcomes[o] == 0)
            continue;
        double width = least + left * (double)tally->outcomes[o] / (double)tally->entries;
        fprintf(out, "<rect class=\"%s\" x=\"%.2f\" width=\"%.2f\" height=\"1\"/>\n",
                acc_page_colour(o), at, width);
        at += width;
    }
}

void acc_page_outcomes(struct acc_receipt *receipt, const struct acc_page_stats *stats)
{
    const struct acc_receipt_tally *tally = &stats->tally;
    FILE *out = receipt->out;
    fprintf(out,
            "<svg class=\"outcomes\" viewBox=\"0 0 %d 1\" preserveAspectRatio=\"none\""
            " aria-hidden=\"true\">\n<rect class=\"ground\" width=\"%d\" height=\"1\"/>\n",
            BAR_WIDTH, BAR_WIDTH);
    outcome_bar(out, tally);
    fputs("</svg>\n<dl class=\"figures\">\n", out);
    for (enum acc_row_outcome o = 0; o < ACC_ROW_OUTCOME_COUNT; o++) {
        char number[32], size[32] = "";
        if (tally->outcomes[o] == 0)
            continue;
        if (tally->bytes_of[o] > 0)
            acc_show_bytes((double)tally->bytes_of[o], size);
        fprintf(out, "<div><dt class=\"o %s\">%s</dt><dd>%s <small>%s</small></dd></div>\n",
                acc_page_colour(o), acc_page_outcome(o), acc_show_count(tally->outcomes[o], number),
                size);
    }
    fputs("</dl>\n", out);
}

/* ---- throughput ---- */

static double highest(const struct acc_page_stats *stats)
{
    double peak = 0;
    for (unsigned i = 0; i < ACC_PAGE_BINS; i++)
        if (stats->bin_bytes[i] > peak)
            peak = stats->bin_bytes[i];
    return peak;
}

/* The least of 1, 2, 5 times a power of ten times 1024^n that is not below `value`. */
static double round_up(double value)
{
    static const double steps[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1024};
    double unit = 1;
    while (value > unit * 1024)
        unit *= 1024;
    for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (value <= unit * steps[i])
            return unit * steps[i];
    return unit * 1024;
}

static void grid(FILE *out, double top)
{
    for (int quarter = 0; quarter <= 4; quarter += 2) {
        char text[32];
        double y = BASE - (double)(BASE - TOP) * quarter / 4;
        fprintf(out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>\n", LEFT,
                WIDTH, y, y);
        if (quarter > 0)
            fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s/s</text>\n", LEFT - 8,
                    y + 4, acc_show_bytes(top * quarter / 4, text));
    }
}

static void time_axis(FILE *out, const struct acc_page_stats *stats)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    for (int i = 0; i < 3; i++) {
        char time[ACC_TIME_TEXT];
        acc_time_show(stats->from + (stats->until - stats->from) * i / 2, time);
        fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n",
                LEFT + (WIDTH - LEFT) * i / 2, BASE + 20, anchors[i], time + sizeof "2026-11-22");
    }
}

static void throughput(FILE *out, const struct acc_page_stats *stats)
{
    double seconds = (double)(stats->until - stats->from) / 1000, total = 0;
    double per_second = ACC_PAGE_BINS / seconds, step = (double)(WIDTH - LEFT) / ACC_PAGE_BINS;
    double peak = highest(stats) * per_second, top = round_up(peak);
    char mean_text[32], peak_text[32], span[32];
    for (unsigned i = 0; i < ACC_PAGE_BINS; i++)
        total += stats->bin_bytes[i];
    fprintf(out,
            "<figure>\n<figcaption><h3>Throughput</h3><p>%s/s on average, %s/s at most, for "
            "%s.</p></figcaption>\n<svg viewBox=\"0 0 %d %d\" role=\"img\""
            " aria-label=\"Bytes a second over the time of the work\">\n",
            acc_show_bytes(total / seconds, mean_text), acc_show_bytes(peak, peak_text),
            acc_show_duration(stats->until - stats->from, span), WIDTH, HEIGHT);
    grid(out, top);
    fprintf(out, "<path class=\"area\" d=\"M%d %d", LEFT, BASE);
    for (unsigned i = 0; i < ACC_PAGE_BINS; i++)
        fprintf(out, "L%.1f %.1fH%.1f", LEFT + step * i,
                BASE - (BASE - TOP) * stats->bin_bytes[i] * per_second / top,
                LEFT + step * (i + 1));
    fprintf(out, "V%dZ\"/>\n", BASE);
    time_axis(out, stats);
    fputs("</svg>\n</figure>\n", out);
}

/* ---- sizes ---- */

static uint64_t most_of(const struct acc_page_stats *stats)
{
    uint64_t most = 1;
    for (unsigned i = 0; i < ACC_PAGE_SIZES; i++)
        most = stats->sizes[i] > most ? stats->sizes[i] : most;
    return most;
}

static void size_bar(FILE *out, unsigned class, double y, uint64_t count, double width)
{
    const char *below = acc_page_size_class(class);
    char number[32];
    fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s%s</text>\n", LEFT - 8, y + 11.5,
            class == 0      ? ""
            : below != NULL ? "&lt; "
                            : "larger",
            below != NULL ? below : "");
    if (count > 0)
        fprintf(out,
                "<rect class=\"bar\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"14\"/>\n"
                "<text class=\"value\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                LEFT, y, width, LEFT + width + 6, y + 11.5, acc_show_count(count, number));
}

static void sizes(FILE *out, const struct acc_page_stats *stats)
{
    const double slot = (double)(HEIGHT - TOP) / ACC_PAGE_SIZES, room = WIDTH - LEFT - 80;
    double per_entry = room / (double)most_of(stats);
    uint64_t known = 0;
    char number[32], total[32];
    for (unsigned i = 0; i < ACC_PAGE_SIZES; i++)
        known += stats->sizes[i];
    fprintf(out,
            "<figure>\n<figcaption><h3>Sizes</h3><p>%s files of known size, %s in all.</p>"
            "</figcaption>\n<svg viewBox=\"0 0 %d %d\" role=\"img\""
            " aria-label=\"Number of files by size\">\n",
            acc_show_count(known, number), acc_show_bytes((double)stats->tally.bytes, total), WIDTH,
            HEIGHT);
    for (unsigned i = 0; i < ACC_PAGE_SIZES; i++) {
        double width = per_entry * (double)stats->sizes[i];
        size_bar(out, i, TOP + slot * i, stats->sizes[i], width < 2 ? 2 : width);
    }
    fprintf(out,
            "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n</svg>\n</figure>\n",
            LEFT, LEFT, TOP - 4, HEIGHT);
}

void acc_page_drawings(struct acc_receipt *receipt, const struct acc_page_stats *stats)
{
    fputs("<section aria-label=\"Drawings\" class=\"drawings\">\n", receipt->out);
    if (stats->until - stats->from >= 1000)
        throughput(receipt->out, stats);
    sizes(receipt->out, stats);
    fputs("</section>\n", receipt->out);
}
