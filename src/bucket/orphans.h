/* Uploads that the server created but whose id was lost with its answer. They cannot be completed,
 * and would be paid for indefinitely. Examined, when a run ends, are the Creates
 * that it sent more than once, and those of earlier runs whose outcome they did not hear in full
 * (ACC_RECORD_UPLOAD_OPENING), for as long as these may still act. An upload is aborted only if it
 * was created for that key at that time (by the server's clock), holds no part, and is not in the
 * ledger.
 *
 * Threads: the loop's thread. on_done fires once for each start; inside it when nothing is in
 * doubt.
 */
#ifndef ACC_BUCKET_ORPHANS_H
#define ACC_BUCKET_ORPHANS_H

#include "ledger/ledger.h"
#include "s3/ops/ops.h"

/* Servers report times in whole seconds, and round either way. */
#define ACC_ORPHAN_SLACK_MS 2000
/* How long after its opening was recorded a Create may act: it may be sent again, and wait in a
 * proxy after its run has ended. */
#define ACC_ORPHAN_LATEST_MS 600000
/* More than these are left to a lifecycle rule, or to `accession uploads`. */
#define ACC_ORPHANS_MAX 256

struct acc_orphans {
    /* set by the user */
    struct acc_s3 *s3;
    struct acc_ledger *ledger;
    int64_t run;
    void (*on_done)(struct acc_orphans *orphans);

    /* results */
    unsigned aborted;
    bool complete; /* every key in doubt was looked at, and what was an orphan is gone */

    /* private */
    struct acc_doubt {
        char *key;
        int64_t from, to; /* by the server's clock, milliseconds */
    } doubts[ACC_ORPHANS_MAX];
    unsigned count, at;
    struct acc_s3_call call;
    struct acc_s3_page page, parts;
    char **found; /* upload ids of the key in hand */
    size_t found_count, found_at;
    bool has_parts, cancelled;
};

/* A finished Create that took more than one attempt, `elapsed` milliseconds after its first. */
void acc_orphans_doubt(struct acc_orphans *orphans, const struct acc_s3_call *create,
                       int64_t elapsed);
void acc_orphans_start(struct acc_orphans *orphans);
void acc_orphans_cancel(struct acc_orphans *orphans);
void acc_orphans_release(struct acc_orphans *orphans);

#endif
