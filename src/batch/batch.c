/* Happy path: the names are checked, then so many runs begin as may be in progress; each that ends
 * makes room for the next source, and with the last one the loop ends.
 *
 * Failure: a run that fails for a reason of its own is counted, and the others go on; one that
 * fails for the destination's or its server's sake keeps the rest from beginning. Close: a signal
 * is passed on to the runs in progress, which park their work; a second one ends this process, and
 * they end without it. */
#include <accession/batch.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/sha.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "loop/stop.h"

#define ALL_OF_THE_BUCKET_FROM 3 /* exit statuses 3, 4 and 5 */
#define ALL_OF_THE_BUCKET_TO 5

struct source {
    const char *path;
    char *name;
    bool in_slice;
};

struct batch {
    const struct acc_batch_options *options;
    struct acc_batch_summary *summary;
    struct acc_loop loop;
    struct acc_stop stop;
    struct acc_link running;
    struct source *sources;
    size_t count, next;
    int in_progress;
    int stopped_by; /* a signal, or 0 */
    bool ends;      /* nothing more begins */
};

struct one {
    struct batch *batch;
    struct acc_link link;
    struct acc_child child;
    struct acc_batch_run run;
    char *destination;
};

/* ---- names ---- */

/* The last part of a path, or of a place in a bucket; its length is 0 for "", "/", ".", "..", a
 * configured name alone and standard input. */
static const char *last_part(const char *path, bool place, size_t *len)
{
    size_t end = strlen(path), begin, colon = place ? strcspn(path, ":/") : end;
    while (end > 0 && path[end - 1] == '/')
        end--;
    for (begin = end; begin > 0 && path[begin - 1] != '/' && begin - 1 != colon; begin--)
        ;
    *len = end - begin;
    if ((strncmp(path + begin, "..", *len) == 0 && *len <= 2) || strcmp(path, "-") == 0)
        *len = 0;
    return path + begin;
}

/* By the name alone, without the ending that a package may have: what the disk shows at that moment
 * must not move a source to another slice. */
static bool is_in_slice(const struct acc_batch_options *o, const char *name)
{
    uint8_t sum[SHA256_DIGEST_LENGTH];
    uint64_t number = 0;
    if (o->slices == 0)
        return true;
    SHA256((const uint8_t *)name, acc_path_without_packing(name), sum);
    for (int i = 0; i < 8; i++)
        number = number << 8 | sum[i];
    return number % o->slices == o->slice - 1;
}

/* What the sources are called at the destination is decided once, before any run begins. */
static void take_sources(struct batch *b)
{
    const char *const *sources = b->options->sources;
    size_t count = 0, len;
    struct stat st;
    while (sources[count] != NULL)
        count++;
    b->sources = acc_calloc(count + 1, sizeof *b->sources);
    for (size_t i = 0; i < count; i++) {
        struct source *source = &b->sources[i];
        const char *name = last_part(sources[i], b->options->places, &len);
        bool named = b->options->names != NULL;
        source->path = sources[i];
        source->name = named ? acc_strdup(b->options->names[i]) : acc_strndup(name, len);
        source->in_slice = is_in_slice(b->options, source->name);
        if (!named && !b->options->places && len > 0 && stat(source->path, &st) == 0 &&
            S_ISREG(st.st_mode))
            source->name[acc_path_without_packing(source->name)] = '\0';
        b->summary->sources += source->in_slice;
    }
    b->count = count;
}

static void release_sources(struct batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        free(b->sources[i].name);
    free(b->sources);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct source *)a)->name, ((const struct source *)b)->name);
}

static enum acc_code refuse_name(const char *what, const char *source, const char *other,
                                 struct acc_error *err)
{
    struct acc_str shown = {0};
    acc_path_show(&shown, source, strlen(source));
    if (other != NULL) {
        acc_str_add(&shown, " and ");
        acc_path_show(&shown, other, strlen(other));
    }
    acc_error_set(err, ACC_USAGE, "%s: %s", acc_str_cstr(&shown), what);
    acc_str_release(&shown);
    return ACC_USAGE;
}

static enum acc_code check_names(const struct batch *b, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    for (size_t i = 0; i < b->count && b->options->names == NULL; i++)
        if (*b->sources[i].name == '\0')
            return refuse_name("has no name of its own, and each source goes to a folder of its "
                               "name. Write the name.",
                               b->sources[i].path, NULL, err);
    struct source *sorted = acc_calloc(b->count + 1, sizeof *sorted);
    memcpy(sorted, b->sources, b->count * sizeof *sorted);
    qsort(sorted, b->count, sizeof *sorted, by_name);
    for (size_t i = 1; i < b->count && code == ACC_OK; i++)
        if (strcmp(sorted[i - 1].name, sorted[i].name) == 0)
            code = refuse_name("have one name, and would go to one place. Name them one by "
                               "one, each with a place of its own.",
                               sorted[i - 1].path, sorted[i].path, err);
    free(sorted);
    return code;
}

/* ---- runs ---- */

static void fill(struct batch *b);

static void on_line(struct acc_child *child, const char *line, size_t len)
{
    struct one *one = ACC_CONTAINER_OF(child, struct one, child);
    one->batch->options->on_line(one->batch->options->arg, &one->run, line, len);
}

static void count(struct batch *b, const struct acc_batch_run *run)
{
    int status = run->status;
    b->in_progress--;
    b->summary->succeeded += status == 0;
    b->summary->failed += status != 0;
    if (status > b->summary->exit_status)
        b->summary->exit_status = status;
    if (status >= ALL_OF_THE_BUCKET_FROM && status <= ALL_OF_THE_BUCKET_TO && !run->of_its_own)
        b->ends = true;
}

static void on_done(struct acc_child *child)
{
    struct one *one = ACC_CONTAINER_OF(child, struct one, child);
    struct batch *b = one->batch;
    one->run.status = child->signal != 0 ? 128 + child->signal : child->status;
    if (one->run.status < 0) /* it could not be started: this machine is short of something */
        one->run.status = acc_code_exit(ACC_LOCAL);
    one->run.said = child->tail;
    acc_list_remove(&one->link);
    count(b, &one->run);
    b->options->on_end(b->options->arg, &one->run);
    free(one->destination);
    free(one);
    fill(b);
}

static char *destination_of(const char *destination, const char *name)
{
    struct acc_str url = {0};
    acc_str_set(&url, destination);
    if (*name != '\0' && !acc_ends_with(destination, "/") && !acc_ends_with(destination, ":"))
        acc_str_add_c(&url, '/');
    acc_str_add(&url, name);
    return acc_str_detach(&url);
}

static void begin(struct batch *b, const struct source *source)
{
    const struct acc_batch_options *o = b->options;
    struct one *one = ACC_NEW(struct one);
    size_t given = 0, at = 0;
    while (o->arguments != NULL && o->arguments[given] != NULL)
        given++;
    one->batch = b;
    one->destination = o->destination != NULL ? destination_of(o->destination, source->name) : NULL;
    one->run =
        (struct acc_batch_run){.source = source->path, .destination = one->destination, .said = ""};
    one->child.on_line = on_line;
    one->child.on_done = on_done;
    const char **argv = acc_calloc(given + 6, sizeof *argv);
    argv[at++] = "accession";
    argv[at++] = o->command;
    for (size_t i = 0; i < given; i++)
        argv[at++] = o->arguments[i];
    argv[at++] = "--"; /* a name may begin with "-" */
    argv[at++] = source->path;
    argv[at] = one->destination;
    acc_list_push(&b->running, &one->link);
    b->in_progress++;
    o->on_begin(o->arg, &one->run);
    acc_child_start(&b->loop, &one->child, o->program != NULL ? o->program : "/proc/self/exe", argv,
                    NULL);
    free(argv);
}

static void fill(struct batch *b)
{
    const struct acc_batch_options *o = b->options;
    for (; !b->ends && b->in_progress < o->parallel && b->next < b->count; b->next++)
        if (b->sources[b->next].in_slice)
            begin(b, &b->sources[b->next]);
    if (b->in_progress == 0)
        acc_loop_stop(&b->loop);
}

/* ---- stopping ---- */

static void on_stop(struct acc_stop *stop, int number)
{
    struct batch *b = ACC_CONTAINER_OF(stop, struct batch, stop);
    b->stopped_by = number;
    b->ends = true;
    ACC_LIST_EACH (link, &b->running)
        acc_child_kill(&ACC_CONTAINER_OF(link, struct one, link)->child, number);
}

static void on_leave(struct acc_stop *stop)
{
    on_stop(stop, SIGTERM);
}

enum acc_code acc_batch(const struct acc_batch_options *options, struct acc_batch_summary *summary,
                        struct acc_error *err)
{
    struct batch b = {.options = options, .summary = summary};
    *summary = (struct acc_batch_summary){0};
    take_sources(&b);
    enum acc_code code = check_names(&b, err);
    if (code == ACC_OK)
        code = acc_loop_init(&b.loop, err);
    if (code != ACC_OK) {
        release_sources(&b);
        return code;
    }
    acc_list_init(&b.running);
    acc_stop_watch(&b.loop, &b.stop, on_stop, on_leave);
    if (summary->sources > 0) {
        fill(&b);
        acc_loop_run(&b.loop);
    }
    acc_stop_close(&b.stop);
    acc_loop_release(&b.loop);
    release_sources(&b);
    summary->not_begun = summary->sources - summary->succeeded - summary->failed;
    if (b.stopped_by != 0)
        summary->exit_status = 128 + b.stopped_by;
    return ACC_OK;
}
