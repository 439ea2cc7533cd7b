/* Uploads whose Create succeeded and whose id was never heard, since the answer was lost: nobody
 * can complete them, and their parts could be paid for for ever. Only Creates that were sent more
 * than once in this run are looked into, when it ends; what is aborted was begun for that very key
 * in that very moment (by the server's clock), holds not one part, and is not on record.
 *
 * Threads: the loop's thread. on_done fires once for each start; inside it when nothing is in
 * doubt.
 */
#ifndef ACC_INGEST_ORPHANS_H
#define ACC_INGEST_ORPHANS_H

#include "ledger/ledger.h"
#include "s3/ops/ops.h"

/* What is more is left to a lifecycle rule, or to `accession uploads`. */
#define ACC_ORPHANS_MAX 256

struct acc_orphans {
    /* set by the user */
    struct acc_s3 *s3;
    struct acc_ledger *ledger;
    void (*on_done)(struct acc_orphans *orphans);

    /* results */
    unsigned aborted;

    /* private */
    struct acc_doubt {
        char *key;
        int64_t from, to; /* the server's clock, milliseconds */
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
