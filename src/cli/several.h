/* A command that was given several sources: each is a run of its own (accession/batch.h), shown as
 * one. */
#ifndef ACC_CLI_SEVERAL_H
#define ACC_CLI_SEVERAL_H

#include "cli/cli.h"

struct acc_several {
    const char *const *sources; /* those of the line; NULL-terminated, or NULL */
    const char *const *names;   /* what they are at the destination (accession/batch.h), or NULL */
    bool places;                /* the sources are places in buckets (accession/batch.h) */
    const char *also;           /* one more, or NULL */
    const char *sources_from;   /* --sources-from */
    const char *slice;          /* --slice */
    int parallel;               /* --parallel; 0: 1 */
};
/* --sources-from and --parallel, and --slice for commands that divide the sources by it; into a
 * struct acc_several. */
extern const struct acc_option acc_several_options[];
extern const struct acc_option acc_slice_options[];

/* Whether this process is one of the runs. It has one source, whatever is configured. */
bool acc_several_is_run(void);
/* Whether a list was named. */
bool acc_several_listed(const struct acc_several *several);
/* Whether there is more than what one run takes: several sources, or a list of them. */
bool acc_several_given(const struct acc_several *several);

/* `destination` as it was typed, or NULL for a command that has none. Shows the runs, and returns
 * the exit status. */
int acc_several_run(struct acc_cli *cli, const char *command, const struct acc_several *several,
                    const char *destination, const struct acc_output_options *output,
                    const struct acc_progress_options *progress);

#endif
