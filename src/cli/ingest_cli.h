/* What commands that archive share: ingest, and replicate, whose source is a bucket. */
#ifndef ACC_CLI_INGEST_CLI_H
#define ACC_CLI_INGEST_CLI_H

#include <accession/ingest.h>
#include "cli/cli.h"
#include "cli/object_rules.h"
#include "cli/several.h"

struct acc_ingest_cli {
    struct acc_ingest_options ingest;
    struct acc_manifest_cli manifest;
    struct acc_output_options output;
    const char *const *rule_texts;
    struct acc_object_rules rules;
    struct acc_several several;
    const char *on_halt;
    const char *part_checksum;
    struct acc_progress_options progress;
};

/* Into a struct acc_ingest_cli: how a run goes about it. */
extern const struct acc_option acc_ingest_run_options[];

/* Checks the options, and does one run; returns the exit status. */
int acc_ingest_cli_run(struct acc_cli *cli, struct acc_ingest_cli *options);

#endif
