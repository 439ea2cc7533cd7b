/* Reports: what runs did and what a ledger knows, from the ledger alone. They ask no server and
 * write only the report itself. A run may be in progress meanwhile. */
#ifndef ACCESSION_REPORT_H
#define ACCESSION_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <accession/error.h>

struct acc_report_options {
    const char *ledger; /* NULL: $XDG_STATE_HOME/accession/ledger.db */
    const char *run;    /* name of a run or its beginning; NULL: the newest */
    const char *url;    /* instead: the newest run at this URL or below it; NULL: at any */
    int64_t at; /* instead, or with it: that had begun by then (wall clock, ms); 0: by now */
    const char *person; /* who answers for it, named by the page; NULL: USER@HOST */
    const char *format; /* one of acc_report_formats() */
    const char *output; /* file, which appears whole or not at all; NULL: `stream` */
    FILE *stream;
};

/* "json", "csv", "premis", "html", "manifest"; NULL-terminated, static. */
const char *const *acc_report_formats(void);

/* Memory stays flat for any number of entries. ACC_USAGE if the run or format does not exist,
 * ACC_LEDGER when the ledger cannot be read, ACC_LOCAL when the report cannot be written. */
enum acc_code acc_report(const struct acc_report_options *options, struct acc_error *err);

/* A run, newest first. Strings live until the callback returns; times are wall clock, milliseconds.
 */
struct acc_status_run {
    const char *name, *kind, *url;
    int64_t started, finished;
    bool ended; /* false: in progress, or killed */
    enum acc_code outcome;
    uint64_t entries, archived, refused, withheld, pending;
    uint64_t checked, unchanged; /* of a verification: looked at, and as promised */
};

/* A destination as it is known now, from all its runs. 0 stands for never. */
struct acc_status_destination {
    const char *url, *canonical; /* "s3://BUCKET/PREFIX"; with its endpoint */
    uint64_t archived, refused, pending;
    uint64_t withheld; /* nothing wrong with them; not sent until the refused are corrected */
    uint64_t parked;   /* unfinished uploads, which the next run goes on with; also pending */
    int64_t bytes_archived, bytes_parked;
    uint64_t different; /* the last check of them found a difference */
    uint64_t reported;  /* known from receipts, other ledgers or the bucket alone */
    int64_t bytes_reported;
    uint64_t never_read; /* not verified byte for byte since they were archived */
    uint64_t due;        /* not archived and not verified byte for byte within due_days */
    int64_t last_read, last_checked;
    const char *last_level; /* of the last check: "read", "stored", "listed"; "" for none */
    int64_t first_archived, last_archived;
    const char *identifier; /* the External-Identifiers of its bags, ", " between; "" for none */
    /* The copies of its content: 1, and those that replications connect with it. Of a copy that
     * counts as verified nothing waits, differs or is due, and it holds as many files as the
     * fullest.
     */
    uint64_t copies, copies_verified;
    const char *also_at; /* where the others are, each with its server; a newline between, or "" */
};

/* In one word: "different", "refused", "incomplete", "due", "reported" (nothing is archived by this
 * ledger, but others reported it) or "complete". */
const char *acc_status_state(const struct acc_status_destination *destination);

struct acc_status_options {
    const char *ledger; /* NULL: as above */
    const char *url;    /* this one and those below it; NULL: all */
    unsigned due_days;  /* 0: 90 */
    unsigned runs;      /* how many; 0: 10 */
    void (*on_destination)(void *arg, const struct acc_status_destination *destination);
    void (*on_run)(void *arg, const struct acc_status_run *run);
    void *arg;
};

/* Reports every destination that a run reached or that files wait for, those that need a person
 * first, then the latest runs, on the calling thread. */
enum acc_code acc_status(const struct acc_status_options *options, struct acc_error *err);

#endif
