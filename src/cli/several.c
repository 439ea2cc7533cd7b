/* Happy path: the sources are gathered from the line and the list, the options that the runs get
 * are copied, and the batch runs (several_report.h shows it).
 *
 * Failure: a list that cannot be read is an error before any run begins. Close: the gathered words
 * are freed. */
#include "cli/several.h"

#include <stdlib.h>
#include <string.h>

#include <accession/batch.h>
#include "base/mem.h"
#include "base/str.h"
#include "cli/several_report.h"
#include "cli/source_list.h"

#define AT(member) offsetof(struct acc_several, member)
const struct acc_option acc_several_options[] = {
    {"sources-from", 0, "FILE", ACC_OPTION_STRING, AT(sources_from),
     "more sources, one a line; - is standard input. Lines that begin with # are passed over", 0, 0,
     NULL},
    {"parallel", 0, "N", ACC_OPTION_INT, AT(parallel),
     "with several sources: N runs at the same time; default 1", 1, ACC_BATCH_PARALLEL_MAX, NULL},
    {0},
};
const struct acc_option acc_slice_options[] = {
    {"slice", 0, "N/M", ACC_OPTION_STRING, AT(slice),
     "with several sources: only the N-th of M parts of them, chosen by a hash of the name; auto "
     "or "
     "auto/M takes N from SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX",
     0, 0, NULL},
    {0},
};
#undef AT

/* Set for the runs: what the environment or the configuration says of a list is not for them. */
#define RUN_OF_SEVERAL "ACCESSION_RUN_OF_SEVERAL"

/* Options of the batch, or set by it for its runs; --slice is one of them where it divides the
 * sources. */
static const char *const own[] = {"--sources-from=", "--parallel=",    "--json=",  "--quiet=",
                                  "--color=",        "--no-progress=", "--title=", NULL};

struct words {
    char **list; /* NULL-terminated */
    size_t count;
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

static void on_source(void *arg, const char *source, size_t len)
{
    add(arg, source, len);
}

static enum acc_code gather(const struct acc_several *several, struct words *sources,
                            struct acc_error *err)
{
    for (size_t i = 0; several->sources != NULL && several->sources[i] != NULL; i++)
        add(sources, several->sources[i], strlen(several->sources[i]));
    if (several->also != NULL)
        add(sources, several->also, strlen(several->also));
    enum acc_code code = acc_several_listed(several)
                             ? acc_source_list_read(several->sources_from, on_source, sources, err)
                             : ACC_OK;
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

int acc_several_run(struct acc_cli *cli, const char *command, const struct acc_several *several,
                    const char *destination, const struct acc_output_options *output,
                    const struct acc_progress_options *progress)
{
    struct acc_several_report report;
    struct words sources = {0}, arguments = {0};
    struct acc_batch_summary summary = {0};
    struct acc_error err = {0};
    acc_several_report_begin(&report, cli, command, output, progress);
    hand_on(cli, several->slice != NULL, !progress->hidden && (report.transient || report.json),
            &arguments);
    struct acc_batch_options batch = {
        .command = command,
        .arguments = (const char *const *)arguments.list,
        .destination = destination,
        .parallel = several->parallel > 0 ? several->parallel : 1,
    };
    acc_several_report_follow(&report, &batch, &summary);
    enum acc_code code = gather(several, &sources, &err);
    if (code == ACC_OK && several->slice != NULL)
        code = acc_batch_slice(several->slice, &batch.slice, &batch.slices, &err);
    setenv(RUN_OF_SEVERAL, "1", 1);
    batch.sources = (const char *const *)sources.list;
    batch.names = several->names;
    batch.places = several->places;
    if (code == ACC_OK)
        code = acc_batch(&batch, &summary, &err);
    unsetenv(RUN_OF_SEVERAL);
    if (code != ACC_OK)
        summary.exit_status = acc_cli_fail(cli, &err);
    else
        acc_several_report_end(&report, &summary);
    acc_several_report_release(&report);
    release(&sources);
    release(&arguments);
    return summary.exit_status;
}
