/* Telling a run to people. While it works: the progress block on standard error where that is a
 * terminal, and notes. At the end: the block goes, the report is written to standard output.
 * Refused files are kept, a bounded number of them, for the report. */
#include "cli/render/render.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/screen/progress.h"
#include "cli/screen/report.h"
#include "cli/screen/title.h"

#define NOTES_IN_A_ROW 20 /* of one kind */

struct terminal {
    struct acc_render base;
    struct acc_block block;
    struct acc_lines lines;
    struct acc_graph graph;
    struct acc_title title;
    struct acc_failures failures;
    struct acc_differences problems;
    struct acc_str state;     /* "" or what the run is doing beside its work */
    bool planned;             /* the work is known */
    enum acc_code noted;      /* of the latest note, */
    unsigned long long notes; /* and how many in a row were of that code */
};

static struct terminal *terminal_of(struct acc_render *render)
{
    return ACC_CONTAINER_OF(render, struct terminal, base);
}

static bool has_block(const struct terminal *t)
{
    const struct acc_render_setup *setup = &t->base.setup;
    return setup->err.terminal && !setup->quiet && !setup->no_progress;
}

static void show_title(struct terminal *t, const struct acc_progress *progress)
{
    struct acc_str text = {0};
    acc_str_addf(&text, "%s ", progress->activity);
    acc_show_path(&text, progress->source[0] != '\0' ? progress->source : progress->url);
    acc_title_show(&t->title, acc_progress_percent(progress), progress->failed > 0, text.data);
    acc_str_release(&text);
}

static void draw(struct terminal *t, const struct acc_progress *progress)
{
    struct acc_screen *screen = &t->base.setup.err;
    if (!has_block(t))
        return;
    acc_screen_measure(screen);
    /* The last column stays free: some terminals wrap as soon as it is filled. */
    struct acc_progress as_typed = *progress;
    as_typed.source = t->base.setup.source;
    acc_graph_note(&t->graph, progress->elapsed, progress->bytes_done);
    acc_progress_lines(&t->lines, &as_typed, &t->graph, acc_str_cstr(&t->state), screen->width - 1,
                       screen->glyphs);
    acc_block_draw(&t->block, screen, &t->lines);
    show_title(t, &as_typed);
}

static void note_line(struct terminal *t, const char *text)
{
    struct acc_screen *screen = &t->base.setup.err;
    struct acc_str shown = {0};
    /* The block comes back with the next progress, a tenth of a second later. */
    acc_block_erase(&t->block, screen);
    acc_show_text(&shown, text);
    acc_screen_field(screen, 0, "note:", 6, acc_str_cstr(&shown));
    fflush(screen->file);
    acc_str_release(&shown);
}

/* A bucket that was emptied would fill the screen with one note for each file. */
static void end_of_notes(struct terminal *t)
{
    char text[80], count[32];
    if (t->notes > NOTES_IN_A_ROW) {
        snprintf(text, sizeof text, "and %s more of these; --json lists all",
                 acc_show_count(t->notes - NOTES_IN_A_ROW, count));
        note_line(t, text);
    }
    t->notes = 0;
}

static void note(struct terminal *t, enum acc_code code, const char *text)
{
    if (t->base.setup.quiet && code == ACC_OK)
        return;
    if (code != t->noted || code == ACC_OK)
        end_of_notes(t);
    t->noted = code;
    if (++t->notes <= NOTES_IN_A_ROW)
        note_line(t, text);
}

/* The state as a headline, where there is nothing to draw but this. */
static void headline(const struct terminal *t, struct acc_str *out)
{
    acc_show_text(out, acc_str_cstr(&t->state));
    out->data[0] = (char)toupper((unsigned char)out->data[0]);
}

/* The work is not known yet, and what comes before it takes long. */
static void delayed(struct terminal *t, const struct acc_progress *progress)
{
    struct acc_str text = {0};
    struct acc_screen *screen = &t->base.setup.err;
    if (!has_block(t) || t->planned || t->state.len == 0)
        return;
    acc_screen_measure(screen);
    headline(t, &text);
    acc_progress_delayed(&t->lines, progress, text.data, screen->width - 1, screen->glyphs);
    acc_block_draw(&t->block, screen, &t->lines);
    acc_str_release(&text);
}

static void state(struct terminal *t, const char *text)
{
    acc_str_set(&t->state, strcmp(text, "working") == 0 ? "" : text);
    /* A second Ctrl-C ends the process on the spot. */
    if (strcmp(text, "stopping") == 0)
        acc_title_restore(&t->title);
    if (!has_block(t) || t->planned || t->state.len == 0)
        return;
    t->lines.count = 1;
    acc_str_clear(&t->lines.line[0]);
    headline(t, &t->lines.line[0]);
    acc_str_add(&t->lines.line[0], t->base.setup.err.glyphs->ellipsis);
    acc_block_draw(&t->block, &t->base.setup.err, &t->lines);
}

static void event(struct acc_render *render, const struct acc_event *event)
{
    struct terminal *t = terminal_of(render);
    switch (event->kind) {
    case ACC_EVENT_NOTE:
        note(t, event->code, event->text);
        break;
    case ACC_EVENT_FILE:
        if (event->file->outcome == ACC_OUTCOME_FAILED ||
            event->file->outcome == ACC_OUTCOME_CONFLICT)
            acc_failures_add(&t->failures, event->file, render->setup.out.glyphs);
        break;
    case ACC_EVENT_CHECK:
        if (event->check->finding != ACC_FINDING_UNCHANGED)
            acc_differences_add(&t->problems, event->check, render->setup.out.glyphs);
        break;
    case ACC_EVENT_PLANNED:
    case ACC_EVENT_PROGRESS:
        t->planned = true;
        draw(t, event->progress);
        break;
    case ACC_EVENT_STATE:
        state(t, event->text);
        break;
    case ACC_EVENT_DELAYED:
        delayed(t, event->progress);
        break;
    }
}

static void end_of_work(struct terminal *t)
{
    end_of_notes(t);
    acc_block_erase(&t->block, &t->base.setup.err);
    acc_title_restore(&t->title);
    acc_screen_measure(&t->base.setup.out); /* the window may have another size by now */
    acc_screen_measure(&t->base.setup.err);
}

static void ingest_done(struct acc_render *render, const struct acc_ingest_summary *summary,
                        const struct acc_error *err)
{
    struct terminal *t = terminal_of(render);
    end_of_work(t);
    acc_report_ingest(&render->setup, summary, err, &t->failures);
}

static void verify_done(struct acc_render *render, const struct acc_verify_summary *summary,
                        const struct acc_error *err)
{
    struct terminal *t = terminal_of(render);
    end_of_work(t);
    acc_report_verify(&render->setup, summary, err, &t->problems);
}

static void restore_done(struct acc_render *render, const struct acc_restore_summary *summary,
                         const struct acc_error *err)
{
    struct terminal *t = terminal_of(render);
    end_of_work(t);
    acc_report_restore(&render->setup, summary, err, &t->failures);
}

static void probe_done(struct acc_render *render, const struct acc_probe_result *result,
                       const struct acc_error *err)
{
    acc_report_probe(&render->setup, result, err);
}

static void terminal_free(struct acc_render *render)
{
    struct terminal *t = terminal_of(render);
    acc_failures_release(&t->failures);
    acc_differences_release(&t->problems);
    acc_lines_release(&t->lines);
    acc_str_release(&t->state);
    free(t);
}

static const struct acc_renderer functions = {event,        ingest_done, verify_done,
                                              restore_done, probe_done,  terminal_free};

struct acc_render *acc_render_terminal_new(const struct acc_render_setup *setup)
{
    struct terminal *t = ACC_NEW(struct terminal);
    t->base.functions = &functions;
    t->base.setup = *setup;
    acc_title_init(&t->title, &t->base.setup.err, setup->title);
    return &t->base;
}
