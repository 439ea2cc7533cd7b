/* Composes the progress block and draws it over the last one. A terminal made narrower since then
 * has wrapped the old lines: they are counted as the rows they now take. Nothing fails. */
#include "cli/screen/progress.h"

#include <string.h>

#define LABEL_COLUMN 11
#define NARROW 70 /* cells; below, some things are left out */

void acc_lines_release(struct acc_lines *lines)
{
    for (unsigned i = 0; i < ACC_BLOCK_LINES; i++)
        acc_str_release(&lines->line[i]);
    lines->count = 0;
}

static struct acc_str *new_line(struct acc_lines *lines)
{
    /* The tallest block has 15 lines (three current files at 40 cells). */
    struct acc_str *line = &lines->line[lines->count];
    if (lines->count + 1 < ACC_BLOCK_LINES)
        lines->count++;
    acc_str_clear(line);
    return line;
}

/* Puts `text` behind the line's content, `gap` cells away, or on a line of its own when it does not
 * fit. */
static struct acc_str *flow(struct acc_lines *lines, struct acc_str *line, unsigned gap,
                            const char *text, unsigned width)
{
    unsigned at = acc_text_width(acc_str_cstr(line));
    if (at + gap + acc_text_width(text) > width) {
        line = new_line(lines);
        acc_text_pad(line, 0, 2);
    } else {
        acc_text_pad(line, 0, at + gap);
    }
    acc_str_add(line, text);
    return line;
}

static void headline(struct acc_lines *lines, const struct acc_progress *p, unsigned width,
                     const struct acc_glyphs *glyphs)
{
    struct acc_str *line = new_line(lines), source = {0}, url = {0};
    acc_show_path(&source, p->source);
    acc_show_text(&url, p->url);
    unsigned arrow = 4 + acc_text_width(glyphs->arrow);
    acc_str_add(line, p->activity);
    acc_text_pad(line, 0, LABEL_COLUMN);
    if (source.len == 0) { /* verify by the ledger, or by a manifest alone */
        acc_text_cut(line, acc_str_cstr(&url), width - LABEL_COLUMN, glyphs);
    } else if (LABEL_COLUMN + acc_text_width(acc_str_cstr(&source)) + arrow +
                   acc_text_width(acc_str_cstr(&url)) <=
               width) {
        acc_str_addf(line, "%s  %s  %s", source.data, glyphs->arrow, url.data);
    } else {
        acc_text_cut(line, acc_str_cstr(&source), width - LABEL_COLUMN, glyphs);
        line = new_line(lines);
        acc_text_pad(line, 0, LABEL_COLUMN - arrow + 2);
        acc_str_addf(line, "%s  ", glyphs->arrow);
        acc_text_cut(line, acc_str_cstr(&url), width - acc_text_width(line->data), glyphs);
    }
    acc_str_release(&source);
    acc_str_release(&url);
}

unsigned acc_progress_percent(const struct acc_progress *p)
{
    double done = p->bytes > 0   ? (double)p->bytes_done / (double)p->bytes
                  : p->files > 0 ? (double)p->files_done / (double)p->files
                                 : 0;
    unsigned value = (unsigned)(done * 100);
    /* The last percent is earned by the last file. */
    return value >= 100 && p->files_done < p->files ? 99 : value > 100 ? 100 : value;
}

static void totals(struct acc_lines *lines, const struct acc_progress *p, unsigned width)
{
    char done[32], all[32];
    struct acc_str text = {0}, *line = new_line(lines);
    acc_show_count(p->files, all);
    acc_str_addf(line, "  files    %*s / %s", (int)strlen(all), acc_show_count(p->files_done, done),
                 all);
    bool narrow = width < NARROW;
    acc_str_add(&text, narrow ? "bytes    " : "bytes  ");
    acc_show_share(&text, (double)p->bytes_done, (double)p->bytes);
    line = flow(lines, line, narrow ? width : 6, text.data, width);
    acc_str_clear(&text);
    acc_str_addf(&text, "%u%%", acc_progress_percent(p));
    flow(lines, line, 6, text.data, width);
    acc_str_release(&text);
}

static void time_left(struct acc_str *out, const struct acc_progress *p)
{
    char text[32];
    if (p->bytes_per_second <= 0 || p->bytes <= p->bytes_done)
        return;
    long long seconds = (p->bytes - p->bytes_done) / p->bytes_per_second;
    if (seconds > 1000LL * 86400) /* it hardly moves: no estimate is possible */
        return;
    if (seconds < 10)
        acc_str_addf(out, "%lld s left", seconds + 1);
    else
        acc_str_addf(out, "%s left", acc_show_duration(seconds * 1000, text));
}

static void bar(struct acc_lines *lines, const struct acc_progress *p, unsigned width,
                const struct acc_glyphs *glyphs)
{
    char rate[32];
    struct acc_str text = {0}, *line = new_line(lines);
    unsigned cells = width < 44 ? 8 : width > 96 ? 60 : width - 36;
    unsigned full = cells * acc_progress_percent(p) / 100;
    acc_str_add(line, "  [");
    for (unsigned i = 0; i < cells; i++)
        acc_str_add(line, i < full ? glyphs->full : glyphs->empty);
    acc_str_add(line, "]");
    acc_str_addf(&text, "%s/s", acc_show_bytes((double)p->bytes_per_second, rate));
    line = flow(lines, line, 2, text.data, width);
    acc_str_clear(&text);
    time_left(&text, p);
    if (text.len > 0)
        flow(lines, line, 3, text.data, width);
    acc_str_release(&text);
}

static void rates(struct acc_lines *lines, const struct acc_graph *graph, unsigned width,
                  const struct acc_glyphs *glyphs)
{
    char rate[32];
    struct acc_str bars = {0}, text = {0};
    int64_t highest = acc_graph_bars(&bars, graph, width - LABEL_COLUMN, glyphs);
    if (highest > 0) {
        struct acc_str *line = new_line(lines);
        acc_str_addf(line, "  rate     %s", bars.data);
        acc_str_addf(&text, "last minute, peak %s/s", acc_show_bytes((double)highest, rate));
        if (width >= NARROW)
            flow(lines, line, 3, text.data, width);
    }
    acc_str_release(&bars);
    acc_str_release(&text);
}

static unsigned widest(const struct acc_str *texts, unsigned count)
{
    unsigned most = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned width = acc_text_width(acc_str_cstr(&texts[i]));
        most = width > most ? width : most;
    }
    return most;
}

static void share_of_file(struct acc_str *out, const struct acc_progress *p, unsigned i,
                          unsigned width)
{
    double done = (double)p->current[i].done, size = (double)p->current[i].size;
    if (width >= NARROW)
        acc_show_share(out, done, size);
    else /* paths matter more */
        acc_str_addf(out, "%3d%%", size > 0 ? (int)(done * 100 / size) : 0);
}

static void current_files(struct acc_lines *lines, const struct acc_progress *p, unsigned width,
                          const struct acc_glyphs *glyphs)
{
    struct acc_str paths[ACC_PROGRESS_FILES] = {0}, shares[ACC_PROGRESS_FILES] = {0};
    for (unsigned i = 0; i < p->current_count; i++) {
        acc_show_path(&paths[i], p->current[i].path);
        share_of_file(&shares[i], p, i, width);
    }
    unsigned share = widest(shares, p->current_count);
    unsigned doing = width >= NARROW ? 2 + acc_text_width("hashing and sending") : 0;
    unsigned room = width - LABEL_COLUMN - 3 - share - doing;
    unsigned path = widest(paths, p->current_count);
    path = path < room ? path : room;
    for (unsigned i = 0; i < p->current_count; i++) {
        struct acc_str *line = new_line(lines);
        acc_str_add(line, i == 0 ? "  now      " : "           ");
        acc_text_cut(line, acc_str_cstr(&paths[i]), path, glyphs);
        acc_text_pad(line, 0, LABEL_COLUMN + path + 3 + share - acc_text_width(shares[i].data));
        acc_str_add(line, shares[i].data);
        if (doing > 0)
            acc_str_addf(line, "  %s", p->current[i].doing);
        acc_str_release(&paths[i]);
        acc_str_release(&shares[i]);
    }
}

static void troubles(struct acc_lines *lines, const struct acc_progress *p, const char *state,
                     unsigned width)
{
    char count[32];
    struct acc_str text = {0}, *line = new_line(lines);
    acc_str_addf(line, "  retries %s", acc_show_count(p->retries, count));
    if (p->last_retry[0] != '\0') {
        acc_str_add(&text, "(");
        acc_show_text(&text, p->last_retry);
        acc_str_add(&text, ")");
        line = flow(lines, line, 1, text.data, width);
        acc_str_clear(&text);
    }
    acc_str_addf(&text, "failed %s", acc_show_count(p->failed, count));
    line = flow(lines, line, 5, text.data, width);
    if (state[0] != '\0') {
        acc_str_clear(&text);
        acc_show_text(&text, state);
        flow(lines, line, 5, text.data, width);
    }
    acc_str_release(&text);
}

void acc_progress_lines(struct acc_lines *lines, const struct acc_progress *progress,
                        const struct acc_graph *graph, const char *state, unsigned width,
                        const struct acc_glyphs *glyphs)
{
    lines->count = 0;
    headline(lines, progress, width, glyphs);
    totals(lines, progress, width);
    bar(lines, progress, width, glyphs);
    rates(lines, graph, width, glyphs);
    current_files(lines, progress, width, glyphs);
    troubles(lines, progress, state, width);
}

void acc_progress_delayed(struct acc_lines *lines, const struct acc_progress *progress,
                          const char *state, unsigned width, const struct acc_glyphs *glyphs)
{
    char text[32];
    struct acc_str place = {0}, shown = {0}, last = {0}, *line;
    lines->count = 0;
    line = new_line(lines);
    acc_str_add(line, state);
    acc_str_add(line, glyphs->ellipsis);
    acc_show_text(&shown, progress->url);
    acc_text_cut(&place, acc_str_cstr(&shown), width - 2, glyphs);
    line = flow(lines, line, 2, acc_str_cstr(&place), width);
    line = flow(lines, line, 2, acc_show_duration(progress->elapsed, text), width);
    if (progress->bytes_done > 0) {
        acc_str_clear(&shown);
        acc_str_addf(&shown, "%s read", acc_show_bytes((double)progress->bytes_done, text));
        flow(lines, line, 2, acc_str_cstr(&shown), width);
    }
    acc_str_release(&place);
    acc_str_release(&shown);
    if (progress->retries == 0)
        return;
    line = new_line(lines);
    acc_str_addf(line, "  retries %s", acc_show_count(progress->retries, text));
    acc_show_text(&last, progress->last_retry);
    if (last.len > 0)
        acc_str_addf(line, " (%s)", last.data);
    acc_str_release(&last);
}

/* Moves the cursor to where the block begins. */
static void go_up(const struct acc_block *block, const struct acc_screen *screen,
                  struct acc_str *out)
{
    unsigned rows = 0;
    for (unsigned i = 0; i < block->count; i++)
        rows += block->widths[i] == 0 ? 1 : (block->widths[i] + screen->width - 1) / screen->width;
    if (rows > 0)
        acc_str_addf(out, "\033[%uA", rows);
    acc_str_add(out, "\r");
}

static void write_out(struct acc_screen *screen, struct acc_str *out)
{
    fwrite(out->data, 1, out->len, screen->file);
    fflush(screen->file);
    acc_str_release(out);
}

void acc_block_draw(struct acc_block *block, struct acc_screen *screen,
                    const struct acc_lines *lines)
{
    struct acc_str out = {0};
    /* A block taller than the screen could not be gone back to: its lower lines are left out. */
    unsigned count = lines->count;
    if (screen->rows > 1 && count > screen->rows - 1)
        count = screen->rows - 1;
    /* The cursor is hidden while it moves, so that it does not flicker. No line wraps, not even in
     * the moment before a terminal reports that it became narrower. */
    acc_str_add(&out, "\033[?25l\033[?7l");
    go_up(block, screen, &out);
    for (unsigned i = 0; i < count; i++) {
        /* Cleared before it is written: terminals then forget that an old line was wrapped here. */
        acc_str_addf(&out, "\033[K%s\n", acc_str_cstr(&lines->line[i]));
        block->widths[i] = acc_text_width(acc_str_cstr(&lines->line[i]));
    }
    acc_str_add(&out, "\033[J\033[?7h\033[?25h");
    block->count = count;
    write_out(screen, &out);
}

void acc_block_erase(struct acc_block *block, struct acc_screen *screen)
{
    struct acc_str out = {0};
    if (block->count == 0)
        return;
    go_up(block, screen, &out);
    acc_str_add(&out, "\033[J");
    block->count = 0;
    write_out(screen, &out);
}
