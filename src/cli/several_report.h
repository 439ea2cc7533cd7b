/* What is shown of a batch: each run's end, the progress of all on one line and in the window's
 * title, and the summary. */
#ifndef ACC_CLI_SEVERAL_REPORT_H
#define ACC_CLI_SEVERAL_REPORT_H

#include <jansson.h>

#include <accession/batch.h>
#include "cli/cli.h"
#include "cli/render/screen.h"
#include "cli/screen/title.h"

struct acc_several_one;

struct acc_several_report {
    struct acc_cli *cli;
    const char *command;
    const struct acc_batch_summary *summary; /* its number of sources */
    bool json, quiet;
    bool transient; /* the progress line is drawn */
    struct acc_screen out, err;
    struct acc_title title;
    struct acc_several_one *failed, **last;
    struct acc_several_one *running[ACC_BATCH_PARALLEL_MAX];
    size_t ended;
};

void acc_several_report_begin(struct acc_several_report *report, struct acc_cli *cli,
                              const char *command, const struct acc_output_options *output,
                              const struct acc_progress_options *progress);
/* Sets the batch's callbacks; `report` and the batch's summary outlive it. */
void acc_several_report_follow(struct acc_several_report *report, struct acc_batch_options *batch,
                               const struct acc_batch_summary *summary);
void acc_several_report_end(struct acc_several_report *report,
                            const struct acc_batch_summary *summary);
/* In any case, at the end. */
void acc_several_report_release(struct acc_several_report *report);

#endif
