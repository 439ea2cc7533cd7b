/* The reports at the end of a run, laid out for people. Each writes to a screen and fails only by
 * the file's error flag. */
#ifndef ACC_CLI_REPORT_H
#define ACC_CLI_REPORT_H

#include <accession/report.h>
#include "cli/render/render.h"

/* The problems that a verification found, kept for the report: a bounded number of each kind. */
#define ACC_PROBLEMS_KEPT 100

struct acc_problem {
    char *path, *detail; /* showable */
};

struct acc_differences {
    struct acc_problem_list {
        struct acc_problem *kept;
        unsigned count;
    } of[ACC_FINDING_COUNT];
};
void acc_differences_add(struct acc_differences *problems, const struct acc_check_event *check,
                         const struct acc_glyphs *glyphs);
void acc_differences_release(struct acc_differences *problems);
void acc_report_verify(struct acc_render_setup *setup, const struct acc_verify_summary *summary,
                       const struct acc_error *err, const struct acc_differences *problems);

/* Refused files, kept for the report: a bounded number, however many there are. */
#define ACC_FAILURES_KEPT 50

struct acc_failure {
    char *path, *reason;    /* showable */
    char *promised, *found; /* "9b2f…41aa   (manifest-sha256.txt, line 118)", or NULL */
    bool of_object;         /* `found` is of the object in the bucket, not of a file */
};

struct acc_failures {
    struct acc_failure kept[ACC_FAILURES_KEPT];
    unsigned count;
    unsigned long long more; /* refused beyond those kept */
};
void acc_failures_add(struct acc_failures *failures, const struct acc_file_event *file,
                      const struct acc_glyphs *glyphs);
void acc_failures_release(struct acc_failures *failures);
/* Lists at most `most` of them, and how many more there are. */
void acc_failures_print(struct acc_screen *screen, const struct acc_failures *failures,
                        unsigned most, const char *receipt);

void acc_report_restore(struct acc_render_setup *setup, const struct acc_restore_summary *summary,
                        const struct acc_error *err, const struct acc_failures *failures);

/* Everything ends here: done, some refused, dry run, halted, interrupted, or an error. */
void acc_report_ingest(struct acc_render_setup *setup, const struct acc_ingest_summary *summary,
                       const struct acc_error *err, const struct acc_failures *failures);
/* The reports of runs that did not come to their end. */
void acc_report_stopped(struct acc_render_setup *setup, const struct acc_ingest_summary *summary,
                        const struct acc_error *err, const struct acc_failures *failures);
void acc_report_probe(struct acc_render_setup *setup, const struct acc_probe_result *result,
                      const struct acc_error *err);

/* The ledger's status: one call for each destination, then one for each run; `first` starts the
 * list. */
void acc_report_destination(struct acc_screen *screen,
                            const struct acc_status_destination *destination, unsigned due_days,
                            const char *ledger);
void acc_report_run(struct acc_screen *screen, const struct acc_status_run *run, bool first);

/* `out` becomes `command` with the bucket, region, source or prefix that the run found to be right.
 * `typed`: the destination as the command has it, a URL or "archive:".
 */
void acc_correct_command(struct acc_str *out, const char *command, const char *typed,
                         const struct acc_ingest_options *given,
                         const struct acc_ingest_summary *summary);

/* Likely causes, how to tell which applies, and who can fix it, for a halt with this code and S3's
 * own error code. Prints nothing for codes without general advice. */
#define ACC_REPORT_COLUMN 18
void acc_report_advice(struct acc_render_setup *setup, enum acc_code code, const char *s3_code);

/* A label and a sentence, which is made showable here. */
void acc_report_field(struct acc_screen *screen, unsigned column, const char *label,
                      const char *text);

/* Appends the bucket of an s3:// URL, showable. */
void acc_show_bucket(struct acc_str *out, const char *url);

/* Appends a sentence that the core wrote with "…" in it, showable, with the screen's own sign. */
void acc_show_abridged(struct acc_str *out, const char *text, const struct acc_glyphs *glyphs);

/* Appends the path, showable, with the user's home folder as "~". */
void acc_show_home_path(struct acc_str *out, const char *path);

#endif
