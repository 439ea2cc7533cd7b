/* Happy path: a run that begins gets a place, its progress is a part of the status line, its end a
 * line, and the summary repeats what failed. As JSON Lines, the runs' own lines are passed on, each
 * with its source as "delivery".
 *
 * Failure: a line that is no JSON is passed over; a run without a summary is one by the last
 * line that it wrote to standard error. Close: what was kept of the runs that failed is freed. */
#include "cli/several_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "cli/json/line.h"

#define SOME_FAILED 1 /* exit status: some files were refused */
#define HALTED 3      /* the bucket refuses writes */

/* What is known of a run, while it is in progress and, if it failed, until the end. */
struct acc_several_one {
    struct acc_several_one *next;
    char *source, *message, *run;
    json_t *prefix;         /* its "delivery" */
    json_t *progress;       /* the last one */
    long long files, bytes; /* of its summary */
    int status;
};

/* ---- the status line ---- */

static void erase(struct acc_several_report *s)
{
    if (s->transient)
        fputs("\r\033[K", s->err.file);
}

/* Of one: how much of it is done, or -1 while that is not known. */
static double share(const struct acc_several_one *one)
{
    double all = json_number_value(json_object_get(one->progress, "bytes"));
    double done = json_number_value(json_object_get(one->progress, "bytes_done"));
    return all > 0 ? done / all : -1;
}

static void add_progress(struct acc_str *line, const struct acc_several_one *one)
{
    acc_str_add(line, ", ");
    acc_show_path(line, one->source);
    if (share(one) >= 0)
        acc_str_addf(line, " %.0f %%", 100 * share(one));
}

/* In the title every source counts the same, whatever its size: what has not begun has none yet. */
static void show_title(struct acc_several_report *s)
{
    struct acc_str text = {0};
    double done = (double)s->ended, all = (double)s->summary->sources;
    for (size_t i = 0; i < ACC_BATCH_PARALLEL_MAX; i++)
        if (s->running[i] != NULL && share(s->running[i]) > 0)
            done += share(s->running[i]);
    acc_str_addf(&text, "%s: %zu of %zu", s->command, s->ended, s->summary->sources);
    acc_title_show(&s->title, (unsigned)(100 * done / all), s->failed != NULL, text.data);
    acc_str_release(&text);
}

static void draw(struct acc_several_report *s)
{
    struct acc_str line = {0}, cut = {0};
    double rate = 0;
    char shown[32];
    if (!s->transient)
        return;
    show_title(s);
    acc_str_addf(&line, "%zu of %zu ended", s->ended, s->summary->sources);
    for (size_t i = 0; i < ACC_BATCH_PARALLEL_MAX; i++)
        if (s->running[i] != NULL) {
            add_progress(&line, s->running[i]);
            rate += json_number_value(json_object_get(s->running[i]->progress, "bytes_per_second"));
        }
    if (rate > 0)
        acc_str_addf(&line, ", %s/s", acc_show_bytes(rate, shown));
    acc_screen_measure(&s->err);
    acc_text_cut(&cut, acc_str_cstr(&line), s->err.width - 1, s->err.glyphs);
    fprintf(s->err.file, "\r\033[K%s", acc_str_cstr(&cut));
    fflush(s->err.file);
    acc_str_release(&line);
    acc_str_release(&cut);
}

/* ---- runs ---- */

static void on_begin(void *arg, struct acc_batch_run *run)
{
    struct acc_several_report *s = arg;
    struct acc_several_one *one = ACC_NEW(struct acc_several_one);
    json_t *line = acc_line_begin("delivery");
    one->source = acc_strdup(run->source);
    acc_line_text(line, "delivery", run->source);
    one->prefix = json_incref(json_object_get(line, "delivery"));
    json_decref(line);
    run->mine = one;
    for (size_t i = 0; i < ACC_BATCH_PARALLEL_MAX; i++)
        if (s->running[i] == NULL) {
            s->running[i] = one;
            break;
        }
    draw(s);
}

static void keep_text(char **to, const json_t *line, const char *name)
{
    const char *text = json_string_value(json_object_get(line, name));
    if (text == NULL)
        return;
    free(*to);
    *to = acc_strdup(text);
}

static long long number(const json_t *line, const char *name)
{
    return json_integer_value(json_object_get(line, name));
}

/* The server that this source lies on is no other source's. */
static bool is_of_source(json_t *summary)
{
    const char *outcome = json_string_value(json_object_get(summary, "outcome"));
    return outcome != NULL && strcmp(outcome, acc_code_name(ACC_SOURCE_UNREACHABLE)) == 0;
}

static void on_line(void *arg, struct acc_batch_run *run, const char *text, size_t len)
{
    struct acc_several_report *s = arg;
    struct acc_several_one *one = run->mine;
    json_t *line = json_loadb(text, len, 0, NULL);
    const char *type = json_string_value(json_object_get(line, "type"));
    if (type == NULL) {
        json_decref(line);
        return;
    }
    if (strcmp(type, "summary") == 0) {
        keep_text(&one->message, line, "message");
        keep_text(&one->run, line, "run");
        run->of_its_own = is_of_source(line);
        one->files = number(line, "sent") + number(line, "already") + number(line, "restored") +
                     number(json_object_get(line, "found"), "unchanged");
        one->bytes = number(line, "bytes_archived") + number(line, "bytes_read");
    } else if (strcmp(type, "progress") == 0 || strcmp(type, "planned") == 0) {
        json_decref(one->progress);
        one->progress = json_incref(line);
        draw(s);
    }
    if (s->json) {
        json_object_set(line, "delivery", one->prefix);
        json_dumpf(line, s->cli->out, JSON_COMPACT);
        fputc('\n', s->cli->out);
        fflush(s->cli->out);
    }
    json_decref(line);
}

static void show_end(struct acc_several_report *s, const struct acc_several_one *one)
{
    char files[40], bytes[32];
    struct acc_str text = {0};
    if (one->status == 0)
        acc_str_addf(&text, "%s, %s", acc_show_files((unsigned long long)one->files, files),
                     acc_show_bytes((double)one->bytes, bytes));
    else
        acc_str_addf(&text, "%s (exit status %d)", one->message, one->status);
    acc_screen_styled(&s->out, one->status == 0 ? ACC_GOOD : ACC_BAD,
                      one->status == 0 ? "done  " : "failed");
    fputs("  ", s->out.file);
    struct acc_str line = {0};
    acc_show_path(&line, one->source);
    acc_str_add(&line, ": ");
    acc_str_add(&line, acc_str_cstr(&text));
    acc_screen_paragraph(&s->out, 8, 8, acc_str_cstr(&line));
    fflush(s->out.file);
    acc_str_release(&line);
    acc_str_release(&text);
}

static void forget(struct acc_several_one *one)
{
    json_decref(one->prefix);
    json_decref(one->progress);
    free(one->source);
    free(one->message);
    free(one->run);
    free(one);
}

/* The last line of what a run wrote to standard error, without the program's name. Line ends are
 * shown there as \n. */
static char *last_words(const char *said)
{
    size_t len = strlen(said);
    while (len >= 2 && memcmp(said + len - 2, "\\n", 2) == 0)
        len -= 2;
    const char *begin = said + len;
    while (begin > said && !(begin - said >= 2 && memcmp(begin - 2, "\\n", 2) == 0))
        begin--;
    if (acc_starts_with(begin, "accession: "))
        begin += strlen("accession: ");
    len -= (size_t)(begin - said);
    return len > 0 ? acc_strndup(begin, len) : acc_strdup("it ended without a summary");
}

static void on_end(void *arg, struct acc_batch_run *run)
{
    struct acc_several_report *s = arg;
    struct acc_several_one *one = run->mine;
    one->status = run->status;
    s->ended++;
    for (size_t i = 0; i < ACC_BATCH_PARALLEL_MAX; i++)
        if (s->running[i] == one)
            s->running[i] = NULL;
    if (one->status != 0 && one->message == NULL)
        one->message = last_words(run->said);
    erase(s);
    if (!s->json && !s->quiet)
        show_end(s, one);
    if (one->status == 0) {
        forget(one);
    } else {
        one->next = NULL;
        *s->last = one;
        s->last = &one->next;
    }
    draw(s);
}

/* ---- the end ---- */

static json_t *failures(const struct acc_several_report *s)
{
    json_t *list = json_array();
    for (const struct acc_several_one *one = s->failed; one != NULL; one = one->next) {
        json_t *line = json_object();
        json_object_set(line, "delivery", one->prefix);
        acc_line_number(line, "exit_status", one->status);
        acc_line_text(line, "message", one->message);
        acc_line_text(line, "run", one->run);
        json_array_append_new(list, line);
    }
    return list;
}

static void end_as_json(const struct acc_several_report *s, const struct acc_batch_summary *summary)
{
    json_t *line = acc_line_begin("batch");
    acc_line_number(line, "sources", (long long)summary->sources);
    acc_line_number(line, "succeeded", (long long)summary->succeeded);
    acc_line_number(line, "failed", (long long)summary->failed);
    acc_line_number(line, "not_begun", (long long)summary->not_begun);
    acc_line_number(line, "exit_status", summary->exit_status);
    acc_line_put(line, "failures", failures(s));
    acc_line_end(s->cli->out, line);
}

/* What failed, once more, and where to read which files it were. */
static void list_failures(struct acc_several_report *s)
{
    for (const struct acc_several_one *one = s->failed; one != NULL; one = one->next) {
        show_end(s, one);
        if (one->run != NULL && one->status == SOME_FAILED)
            fprintf(s->out.file, "        accession report --format html --run %s\n", one->run);
    }
}

static void end_as_text(struct acc_several_report *s, const struct acc_batch_summary *summary)
{
    char counts[3][32];
    bool good = summary->succeeded == summary->sources;
    struct acc_str text = {0}, rest = {0};
    if (summary->sources == 0) {
        fputs("No source falls into this slice: nothing to do.\n", s->out.file);
        return;
    }
    acc_str_addf(&text, "%s of %s %s done", acc_show_count(summary->succeeded, counts[0]),
                 acc_show_count(summary->sources, counts[1]),
                 summary->sources == 1 ? "source" : "sources");
    acc_str_add(&text, summary->failed + summary->not_begun > 0 ? "," : "");
    if (summary->failed > 0)
        acc_str_addf(&rest, "%s failed%s", acc_show_count(summary->failed, counts[2]),
                     summary->not_begun > 0 ? ", " : "");
    if (summary->not_begun > 0)
        acc_str_addf(&rest, "%s not begun", acc_show_count(summary->not_begun, counts[2]));
    fputc('\n', s->out.file);
    acc_screen_styled(&s->out, good ? ACC_GOOD : ACC_BAD, acc_str_cstr(&text));
    acc_screen_paragraph(&s->out, acc_text_width(text.data), acc_text_width(text.data) + 1,
                         acc_str_cstr(&rest));
    acc_str_release(&rest);
    acc_str_release(&text);
    list_failures(s);
    if (summary->exit_status == HALTED)
        acc_screen_paragraph(&s->out, 0, 0,
                             "Nothing is lost. What it means that a bucket refuses writes, and who "
                             "can fix it: man accession-readonly");
    if (!good)
        acc_screen_verbatim(&s->out, 0, "again:", 8, s->cli->command_line);
}

void acc_several_report_begin(struct acc_several_report *s, struct acc_cli *cli,
                              const char *command, const struct acc_output_options *output,
                              const struct acc_progress_options *progress)
{
    *s = (struct acc_several_report){
        .cli = cli, .command = command, .json = output->json, .quiet = output->quiet};
    acc_screen_init(&s->out, cli->out, output->color);
    acc_screen_init(&s->err, cli->err, output->color);
    s->transient = s->err.terminal && !s->json && !s->quiet && !progress->hidden;
    acc_title_init(&s->title, &s->err, progress->title);
    s->last = &s->failed;
}

void acc_several_report_follow(struct acc_several_report *s, struct acc_batch_options *batch,
                               const struct acc_batch_summary *summary)
{
    s->summary = summary;
    batch->on_begin = on_begin;
    batch->on_line = on_line;
    batch->on_end = on_end;
    batch->arg = s;
}

void acc_several_report_end(struct acc_several_report *s, const struct acc_batch_summary *summary)
{
    erase(s);
    acc_title_restore(&s->title);
    if (s->json)
        end_as_json(s, summary);
    else if (!s->quiet || summary->exit_status != 0)
        end_as_text(s, summary);
}

void acc_several_report_release(struct acc_several_report *s)
{
    while (s->failed != NULL) {
        struct acc_several_one *one = s->failed;
        s->failed = one->next;
        forget(one);
    }
}
