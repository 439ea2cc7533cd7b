/* The end of a run on record: its summary in the ledger, then its receipt, in a folder and, if
 * asked for, in a bucket (run/deposit.h).
 *
 * Threads: the loop's thread, when nothing is in progress any more.
 */
#ifndef ACC_RUN_ENDING_H
#define ACC_RUN_ENDING_H

#include <jansson.h>

#include <accession/connection.h>

#include "ledger/ledger.h"

struct acc_ending {
    struct acc_ledger *ledger;
    int64_t run;
    const char *name;
    bool leaves_receipt;
    const char *prefix; /* of the keys in the receipt */
    const char
        *receipts; /* a folder, or "s3://…": the default folder, and that; NULL: the default */
    bool premis;   /* the run's PREMIS beside it */
    const struct acc_connection *connection; /* for the bucket */
    char *receipt;                           /* filled with the receipt's path */
    size_t receipt_size;
};

/* Takes `summary`. Returns `outcome`. If that is ACC_OK or of single files (exit status 1) and the
 * end cannot be recorded, returns what failed and fills `err`: the run did its work, but there is
 * no proof of it to keep. */
enum acc_code acc_ending_record(const struct acc_ending *ending, enum acc_code outcome,
                                json_t *summary, struct acc_error *err);

#endif
