/* Events: what happens in a run, reported while it happens. Ingest and verify share them.
 *
 * Events come on the thread that called the run. Everything an event points at lives until the
 * callback returns.
 */
#ifndef ACCESSION_EVENT_H
#define ACCESSION_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accession/digest.h>
#include <accession/error.h>

struct acc_check_event; /* accession/verify.h */

enum acc_event_kind {
    ACC_EVENT_NOTE,     /* a remark: `text` (and `code` when it is about an error) */
    ACC_EVENT_PLANNED,  /* the manifests are read, the work is known: `progress` */
    ACC_EVENT_FILE,     /* ingest: one entry reached its outcome: `file` */
    ACC_EVENT_CHECK,    /* verify: one entry or object was checked: `check` */
    ACC_EVENT_PROGRESS, /* some time has passed, at most ten times a second: `progress` */
    ACC_EVENT_STATE,    /* the run as a whole changed: `text` says to what ("probing", "waiting",
                           "stopping"); "working" when it is back at its ordinary work */
    ACC_EVENT_DELAYED   /* the work is not known yet, and that has taken some seconds; at most ten
                           times a second: `progress`, with what was tried so far, and in
                           bytes_done what was read of a package */
};

enum acc_outcome {
    ACC_OUTCOME_ARCHIVED, /* sent in this run, verified, durable */
    ACC_OUTCOME_ALREADY,  /* was in the bucket already, with proven content */
    ACC_OUTCOME_FAILED,   /* refused: nothing of it is visible */
    ACC_OUTCOME_CONFLICT, /* the key holds other content, which was left alone */
    ACC_OUTCOME_WITHHELD  /* nothing is wrong with it; sent once every other file is archived */
};

struct acc_file_event {
    const char *path;
    const char *key;
    enum acc_outcome outcome;
    enum acc_code code;                /* when failed or in conflict */
    const char *reason;                /* one line; may hold several sentences */
    int64_t size;                      /* -1 when not known */
    const struct acc_digests *digests; /* computed; NULL if nothing was read */
    const char *etag, *version_id;     /* "" when not known */
    const char
        *checksum; /* "sha256:BASE64" as the server keeps it, "" when it is not known to keep one */
    const char *proof;                  /* "sent", "ledger", "server-checksum", "read", "file" */
    int64_t duration;                   /* milliseconds */
    const struct acc_digests *promised; /* when `code` is ACC_DIGEST; NULL otherwise */
    const char *origin;                 /* the manifest's name, or NULL */
    uint64_t line;                      /* where in it, 0 when lines mean nothing */
    int64_t modified; /* of the file, when `code` is ACC_DIGEST: wall clock, milliseconds */
    bool of_object;   /* digests and size are of the object in the bucket, not of a file */
};

#define ACC_PROGRESS_FILES 3

struct acc_progress {
    const char *activity; /* static: "Archiving", "Verifying" */
    const char *run;      /* name of the run, "2026-11-22T10-04-11Z-7f3a" */
    const char *source, *url;
    uint64_t files, files_done; /* done: archived, already there, failed or in conflict */
    int64_t bytes,
        bytes_done; /* of the files that are not already there; parts in flight count as sent */
    uint64_t sent, already, failed;
    uint64_t retries;
    const char *last_retry;   /* "503 SlowDown", or "" */
    int64_t elapsed;          /* milliseconds since the work began */
    int64_t bytes_per_second; /* over the last few seconds */
    /* Large files in progress. */
    unsigned current_count;
    struct {
        const char *path;
        int64_t done, size;
        const char *doing; /* "hashing and sending", "completing" */
    } current[ACC_PROGRESS_FILES];
};

struct acc_event {
    enum acc_event_kind kind;
    enum acc_code code;
    const char *text;
    const struct acc_file_event *file;
    const struct acc_check_event *check;
    const struct acc_progress *progress;
};

typedef void (*acc_on_event)(void *arg, const struct acc_event *event);

#endif
