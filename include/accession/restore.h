/* Restore: bring objects back from a bucket into a folder, each file there only when all of it was
 * read and compared with what was promised.
 *
 * acc_restore() does one run from beginning to end on the calling thread and returns its outcome:
 * ACC_OK when every selected file is in the folder with the promised content. What is promised
 * comes from manifests, or else from what the ledger archived, or others reported, at or below
 * the URL. Nothing that exists in the folder is replaced: a file with the promised content counts,
 * any other content is a conflict. Like acc_ingest() it handles SIGINT and SIGTERM, reports what
 * happens through `on_event`, and keeps memory within `memory` plus a fixed overhead. Nothing is
 * written to the bucket.
 */
#ifndef ACCESSION_RESTORE_H
#define ACCESSION_RESTORE_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/connection.h>
#include <accession/error.h>
#include <accession/event.h>
#include <accession/manifest.h>

struct acc_restore_options {
    struct acc_connection connection;
    const char *url;                 /* s3://BUCKET[/PREFIX] */
    const char *folder;              /* made if it does not exist */
    const char *const *manifests;    /* --manifest; NULL-terminated, or NULL: the ledger */
    const char *manifest_format;     /* NULL: detected from the content */
    const char *strip_prefix;        /* removed from the front of manifest paths, or NULL */
    struct acc_manifest_rules rules; /* what they must meet */
    const char *const *only;         /* globs of paths; NULL-terminated, or NULL: all */
    int64_t as_of;                   /* wall clock, milliseconds: as it was then; 0: now */
    const char *version_id;          /* of the one selected object; NULL: what was archived last */
    const char *thaw;      /* "TIER[:DAYS]": ask for what is in cold storage; NULL: report it, and
                              restore nothing */
    bool dry_run;          /* look at everything; read no object, write nothing, record nothing */
    const char *ledger;    /* NULL: $XDG_STATE_HOME/accession/ledger.db */
    const char *receipts;  /* folder; NULL: $XDG_STATE_HOME/accession/receipts; s3://BUCKET/PREFIX:
                              that folder, and the bucket too, compressed */
    bool premis;           /* leave the run's PREMIS beside its receipt */
    unsigned jobs;         /* objects in progress; 0: 16 */
    int64_t memory;        /* bytes for content in progress; 0: 64 MiB */
    const char *command;   /* the command line as the user would type it again */
    acc_on_event on_event; /* may be NULL */
    void *arg;
};

struct acc_restore_summary {
    enum acc_code outcome;
    char run[40];
    char url[1100], folder[4096];
    uint64_t files, selected;
    uint64_t restored, already, conflicts, failed, not_begun; /* of `selected` */
    uint64_t would;       /* of a dry run: would be read; with `would_bytes` */
    uint64_t cold, asked; /* of `failed`: in cold storage; asked for by this run */
    int64_t would_bytes;
    bool dry_run;
    int64_t bytes_read, elapsed; /* elapsed: milliseconds */
    uint64_t requests, write_requests, retries;
    uint64_t bags, bags_valid; /* of a run that restored everything: those in the folder */
    bool from_ledger;          /* what was promised is what the ledger archived, not a manifest */
    char manifest[1100];       /* the first one, with its digest */
    char receipt[1100], ledger[1100];
    int signal; /* when interrupted */
};

/* Returns summary->outcome; `err` has one line about it unless it is ACC_OK. */
enum acc_code acc_restore(const struct acc_restore_options *options,
                          struct acc_restore_summary *summary, struct acc_error *err);

#endif
