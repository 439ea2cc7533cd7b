/* One command for several sources: each becomes a run of its own, as if the command had been typed
 * for it, in a process of its own.
 *
 * A source named NAME goes to DESTINATION/NAME. Runs end in any order. A bucket that refuses
 * writes, credentials that are not accepted and a server that is away (exit statuses 3, 4 and 5)
 * concern every source: no further run begins, and those in progress come to their own end. So does
 * a signal, which is passed on to them. acc_batch_summary reports what did not begin; the
 * same command continues.
 *
 * Threads: acc_batch() runs its own event loop on the calling thread; callbacks come from there. */
#ifndef ACCESSION_BATCH_H
#define ACCESSION_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include <accession/error.h>

#define ACC_BATCH_PARALLEL_MAX 64

struct acc_batch_run {
    const char *source;      /* as it was given */
    const char *destination; /* of this run, or NULL */
    int status;              /* when it has ended: its exit status, or 128 + signal */
    const char *said;        /* the end of what it wrote to standard error; showable, or "" */
    bool of_its_own;         /* set by on_line: what ends it is its source's own fault, whatever the
                                exit status */
    void *mine;              /* the caller's; NULL at first */
};

struct acc_batch_options {
    const char *command;          /* "ingest" */
    const char *const *arguments; /* options of every run; NULL-terminated, or NULL */
    const char *const *sources;   /* NULL-terminated */
    const char *const *names; /* of the sources at the destination, one each; "" is the destination
                                 itself. NULL: the last part of each source */
    bool places; /* the sources are places in buckets: "archive:BAG" has the last part BAG */
    const char *destination; /* a URL or a configured name; NULL: the runs get none */
    int parallel;            /* runs at the same time, 1 to ACC_BATCH_PARALLEL_MAX */
    unsigned slice, slices;  /* the slice-th of so many; slices == 0: all sources */
    const char *program;     /* NULL: the running one */
    void (*on_begin)(void *arg, struct acc_batch_run *run);
    /* One line of the run's standard output, without its newline. */
    void (*on_line)(void *arg, struct acc_batch_run *run, const char *line, size_t len);
    void (*on_end)(void *arg, struct acc_batch_run *run);
    void *arg;
};

struct acc_batch_summary {
    size_t sources;   /* of the slice */
    size_t succeeded; /* ended with exit status 0 */
    size_t failed;    /* ended with another one */
    size_t not_begun;
    int exit_status; /* the highest of all runs, or 128 + signal if one stopped the batch */
};

/* ACC_USAGE before any run begins if two sources have one name, or a source has none; otherwise
 * ACC_OK, however the runs end. */
enum acc_code acc_batch(const struct acc_batch_options *options, struct acc_batch_summary *summary,
                        struct acc_error *err);

/* "3/30", or "auto" and "auto/30": the number from a job array's environment, SLURM_ARRAY_TASK_ID
 * (with _MIN and, for "auto", _COUNT) or JOB_COMPLETION_INDEX, which begins at 0. */
enum acc_code acc_batch_slice(const char *text, unsigned *slice, unsigned *slices,
                              struct acc_error *err);

#endif
