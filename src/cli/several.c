/* Happy path: the sources are gathered from the line and the list, the batch runs, each end is a
 * line, and the summary repeats what failed. As JSON Lines, the runs' own lines are passed on, each
 * with its source as "delivery".
 *
 * Failure: a list that cannot be read is an error before any run begins. Close: the gathered names
 * and what was noted of the runs is freed at the end. */
#include "cli/several.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <accession/batch.h>
#include "base/mem.h"
#include "base/str.h"
#include "cli/json/line.h"
#include "cli/render/screen.h"

#define AT(member) offsetof(struct acc_several, member)
const struct acc_option acc_several_options[] = {
    {"sources-from", 0, "FILE", ACC_OPTION_STRING, AT(sources_from),
     "more sources, one a line; - is standard input. Lines that begin with # are passed over", 0, 0,
     NULL},
    {"parallel", 0, "N", ACC_OPTION_INT, AT(parallel),
     "with several sources: so many runs at the same time; default 1", 1, ACC_BATCH_PARALLEL_MAX,
     NULL},
    {0},
};
const struct acc_option acc_slice_options[] = {
    {"slice", 0, "N/M", ACC_OPTION_STRING, AT(slice),
     "with several sources: only the N-th of M parts of them, told by a hash of the name; auto or "
     "auto/M takes N from SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX",
     0, 0, NULL},
    {0},
};
#undef AT

/* Set for the runs: what the environment or the configuration says of a list is not for them. */
#define RUN_OF_SEVERAL "ACCESSION_RUN_OF_SEVERAL"
#define HALTED 3
#define SOME_FAILED 1 /* exit status: some files were refused */

/* Options of the batch, or set by it for its runs; --slice is one of them where it divides the
 * sources. */
static const char *const own[] = {
    "--sources-from=", "--parallel=", "--json=", "--quiet=", "--color=", "--no-progress=", NULL};

struct words {
    char **list; /* NULL-terminated */
    size_t count;
};

/* What is known of a run, while it is in progress and, if it failed, until the end. */
struct told {
    struct told *next;
    char *source, *message, *run;
    json_t *prefix;         /* its "delivery" */
    json_t *progress;       /* the last one */
    long long files, bytes; /* of its summary */
    int status;
};

struct several {
    struct acc_cli *cli;
    bool json, quiet, transient;
    struct acc_screen out, err;
    struct told *failed, **last;
    struct told *running[ACC_BATCH_PARALLEL_MAX];
    size_t ended;
};

static void add(struct words *words, const char *word, size_t len)
{
    words->list = acc_realloc(words->list, (words->count + 2) * sizeof *words->list);
    words->list[words->count++] = acc_strndup(word, len);
    words->list[words->count] = NULL;
}

static void release(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->list[i]);
    free(words->list);
}

bool acc_several_is_run(void)
{
    return getenv(RUN_OF_SEVERAL) != NULL;
}

bool acc_several_listed(const struct acc_several *several)
{
    return several->sources_from != NULL && !acc_several_is_run();
}

bool acc_several_given(const struct acc_several *several)
{
    size_t count = several->also != NULL;
    for (size_t i = 0; several->sources != NULL && several->sources[i] != NULL; i++)
        count++;
    return count > 1 || acc_several_listed(several);
}

/* ---- sources ---- */

static enum acc_code read_list(const char *path, struct words *sources, struct acc_error *err)
{
    bool input = strcmp(path, "-") == 0;
    FILE *file = input ? stdin : fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    if (file == NULL)
        return acc_error_set(err, ACC_USAGE, "--sources-from %s: %s.", path, strerror(errno));
    bool text = true;
    while (text && (len = getline(&line, &cap, file)) >= 0) {
        text = memchr(line, '\0', (size_t)len) == NULL;
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            len--;
        if (text && len > 0 && line[0] != '#')
            add(sources, line, (size_t)len);
    }
    bool broken = ferror(file) != 0;
    free(line);
    if (!input)
        fclose(file);
    if (!text)
        return acc_error_set(err, ACC_USAGE,
                             "--sources-from %s: has a zero byte. It has one source a line; find "
                             "without -print0 writes such a list.",
                             path);
    if (broken)
        return acc_error_set(err, ACC_USAGE, "--sources-from %s: cannot be read to its end.", path);
    return ACC_OK;
}

static enum acc_code gather(const struct acc_several *several, struct words *sources,
                            struct acc_error *err)
{
    for (size_t i = 0; several->sources != NULL && several->sources[i] != NULL; i++)
        add(sources, several->sources[i], strlen(several->sources[i]));
    if (several->also != NULL)
        add(sources, several->also, strlen(several->also));
    enum acc_code code =
        acc_several_listed(several) ? read_list(several->sources_from, sources, err) : ACC_OK;
    if (code == ACC_OK && sources->count == 0)
        return acc_error_set(err, ACC_USAGE,
                             "--sources-from %s: names no source. It has one a line.",
                             several->sources_from);
    for (size_t i = 0; code == ACC_OK && i < sources->count; i++)
        if (strcmp(sources->list[i], "-") == 0)
            code = acc_error_set(err, ACC_USAGE,
                                 "-: standard input cannot be one of several "
                                 "sources.");
    return code;
}

static void hand_on(struct acc_cli *cli, bool divides, bool progress, struct words *arguments)
{
    for (size_t i = 0; cli->given != NULL && cli->given[i] != NULL; i++) {
        bool ours = divides && acc_starts_with(cli->given[i], "--slice=");
        for (size_t j = 0; own[j] != NULL; j++)
            ours = ours || acc_starts_with(cli->given[i], own[j]);
        if (!ours)
            add(arguments, cli->given[i], strlen(cli->given[i]));
    }
    add(arguments, "--json", 6);
    if (!progress)
        add(arguments, "--no-progress", 13);
}

/* ---- the status line ---- */

static void erase(struct several *s)
{
    if (s->transient)
        fputs("\r\033[K", s->err.file);
}

static void add_progress(struct acc_str *line, const struct told *told)
{
    double all = json_number_value(json_object_get(told->progress, "bytes"));
    double done = json_number_value(json_object_get(told->progress, "bytes_done"));
    acc_str_add(line, ", ");
    acc_show_path(line, told->source);
    if (all > 0)
        acc_str_addf(line, " %.0f %%", 100 * done / all);
}

static void draw(struct several *s)
{
    struct acc_str line = {0}, cut = {0};
    double rate = 0;
    char shown[32];
    if (!s->transient)
        return;
    acc_str_addf(&line, "%zu ended", s->ended);
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
    struct several *s = arg;
    struct told *told = ACC_NEW(struct told);
    json_t *line = acc_line_begin("delivery");
    told->source = acc_strdup(run->source);
    acc_line_text(line, "delivery", run->source);
    told->prefix = json_incref(json_object_get(line, "delivery"));
    json_decref(line);
    run->mine = told;
    for (size_t i = 0; i < ACC_BATCH_PARALLEL_MAX; i++)
        if (s->running[i] == NULL) {
            s->running[i] = told;
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

static void on_line(void *arg, struct acc_batch_run *run, const char *text, size_t len)
{
    struct several *s = arg;
    struct told *told = run->mine;
    json_t *line = json_loadb(text, len, 0, NULL);
    const char *type = json_string_value(json_object_get(line, "type"));
    if (type == NULL) {
        json_decref(line);
        return;
    }
    if (strcmp(type, "summary") == 0) {
        keep_text(&told->message, line, "message");
        keep_text(&told->run, line, "run");
        told->files = number(line, "sent") + number(line, "already") +
                      number(json_object_get(line, "found"), "unchanged");
        told->bytes = number(line, "bytes_archived") + number(line, "bytes_read");
    } else if (strcmp(type, "progress") == 0 || strcmp(type, "planned") == 0) {
        json_decref(told->progress);
        told->progress = json_incref(line);
        draw(s);
    }
    if (s->json) {
        json_object_set(line, "delivery", told->prefix);
        json_dumpf(line, s->cli->out, JSON_COMPACT);
        fputc('\n', s->cli->out);
        fflush(s->cli->out);
    }
    json_decref(line);
}

static void show_end(struct several *s, const struct told *told)
{
    char files[40], bytes[32];
    struct acc_str text = {0};
    if (told->status == 0)
        acc_str_addf(&text, "%s, %s", acc_show_files((unsigned long long)told->files, files),
                     acc_show_bytes((double)told->bytes, bytes));
    else
        acc_str_addf(&text, "%s (exit status %d)", told->message, told->status);
    acc_screen_styled(&s->out, told->status == 0 ? ACC_GOOD : ACC_BAD,
                      told->status == 0 ? "done  " : "failed");
    fputs("  ", s->out.file);
    struct acc_str line = {0};
    acc_show_path(&line, told->source);
    acc_str_add(&line, ": ");
    acc_str_add(&line, acc_str_cstr(&text));
    acc_screen_paragraph(&s->out, 8, 8, acc_str_cstr(&line));
    fflush(s->out.file);
    acc_str_release(&line);
    acc_str_release(&text);
}

static void forget(struct told *told)
{
    json_decref(told->prefix);
    json_decref(told->progress);
    free(told->source);
    free(told->message);
    free(told->run);
    free(told);
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
    struct several *s = arg;
    struct told *told = run->mine;
    told->status = run->status;
    s->ended++;
    for (size_t i = 0; i < ACC_BATCH_PARALLEL_MAX; i++)
        if (s->running[i] == told)
            s->running[i] = NULL;
    if (told->status != 0 && told->message == NULL)
        told->message = last_words(run->said);
    erase(s);
    if (!s->json && !s->quiet)
        show_end(s, told);
    draw(s);
    if (told->status == 0) {
        forget(told);
        return;
    }
    told->next = NULL;
    *s->last = told;
    s->last = &told->next;
}

/* ---- the end ---- */

static json_t *failures(const struct several *s)
{
    json_t *list = json_array();
    for (const struct told *told = s->failed; told != NULL; told = told->next) {
        json_t *one = json_object();
        json_object_set(one, "delivery", told->prefix);
        acc_line_number(one, "exit_status", told->status);
        acc_line_text(one, "message", told->message);
        acc_line_text(one, "run", told->run);
        json_array_append_new(list, one);
    }
    return list;
}

static void end_as_json(const struct several *s, const struct acc_batch_summary *summary)
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
static void list_failures(struct several *s)
{
    for (const struct told *told = s->failed; told != NULL; told = told->next) {
        show_end(s, told);
        if (told->run != NULL && told->status == SOME_FAILED)
            fprintf(s->out.file, "        accession report --format html --run %s\n", told->run);
    }
}

static void end_as_text(struct several *s, const struct acc_batch_summary *summary)
{
    char counts[3][32];
    bool good = summary->succeeded == summary->sources;
    struct acc_str text = {0};
    if (summary->sources == 0) {
        fputs("No source falls into this slice: nothing to do.\n", s->out.file);
        return;
    }
    acc_str_addf(&text, "%s of %s %s done", acc_show_count(summary->succeeded, counts[0]),
                 acc_show_count(summary->sources, counts[1]),
                 summary->sources == 1 ? "source" : "sources");
    if (summary->failed > 0)
        acc_str_addf(&text, ", %s failed", acc_show_count(summary->failed, counts[2]));
    if (summary->not_begun > 0)
        acc_str_addf(&text, ", %s not begun", acc_show_count(summary->not_begun, counts[2]));
    fputc('\n', s->out.file);
    acc_screen_styled(&s->out, good ? ACC_GOOD : ACC_BAD, acc_str_cstr(&text));
    fputc('\n', s->out.file);
    acc_str_release(&text);
    list_failures(s);
    if (summary->exit_status == HALTED)
        acc_screen_paragraph(&s->out, 0, 0,
                             "Nothing is lost. What it means that a bucket refuses writes, and who "
                             "can mend it: man accession-readonly");
    if (!good)
        acc_screen_verbatim(&s->out, 0, "again:", 8, s->cli->command_line);
}

int acc_several_run(struct acc_cli *cli, const char *command, const struct acc_several *several,
                    const char *destination, const struct acc_output_options *output,
                    bool no_progress)
{
    struct several s = {.cli = cli, .json = output->json, .quiet = output->quiet};
    struct words sources = {0}, arguments = {0};
    struct acc_batch_summary summary = {0};
    struct acc_error err = {0};
    acc_screen_init(&s.out, cli->out, output->color);
    acc_screen_init(&s.err, cli->err, output->color);
    s.transient = s.err.terminal && !s.json && !s.quiet && !no_progress;
    s.last = &s.failed;
    hand_on(cli, several->slice != NULL, !no_progress && (s.transient || s.json), &arguments);
    struct acc_batch_options batch = {
        .command = command,
        .arguments = (const char *const *)arguments.list,
        .destination = destination,
        .parallel = several->parallel > 0 ? several->parallel : 1,
        .on_begin = on_begin,
        .on_line = on_line,
        .on_end = on_end,
        .arg = &s,
    };
    enum acc_code code = gather(several, &sources, &err);
    if (code == ACC_OK && several->slice != NULL)
        code = acc_batch_slice(several->slice, &batch.slice, &batch.slices, &err);
    setenv(RUN_OF_SEVERAL, "1", 1);
    batch.sources = (const char *const *)sources.list;
    if (code == ACC_OK)
        code = acc_batch(&batch, &summary, &err);
    if (code != ACC_OK) {
        summary.exit_status = acc_cli_fail(cli, &err);
    } else {
        erase(&s);
        if (s.json)
            end_as_json(&s, &summary);
        else if (!s.quiet || summary.exit_status != 0)
            end_as_text(&s, &summary);
    }
    while (s.failed != NULL) {
        struct told *told = s.failed;
        s.failed = told->next;
        forget(told);
    }
    unsetenv(RUN_OF_SEVERAL);
    release(&sources);
    release(&arguments);
    return summary.exit_status;
}
