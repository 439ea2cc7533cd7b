/* Inside src/receipt: what every format writes from. A format is one function that walks the rows
 * as often as its order demands; it returns an error of the ledger's, while errors of the stream
 * are looked for once, at the end. */
#ifndef ACC_RECEIPT_INTERNAL_H
#define ACC_RECEIPT_INTERNAL_H

#include <stdbool.h>

#include "base/str.h"
#include "receipt/receipt.h"

/* The outcome of an entry in the run. */
enum acc_row_outcome {
    ACC_ROW_ARCHIVED,  /* sent by this run */
    ACC_ROW_ALREADY,   /* found in the bucket, or archived by an earlier run */
    ACC_ROW_FAILED,    /* refused; nothing of it is visible */
    ACC_ROW_CONFLICT,  /* the key holds other content */
    ACC_ROW_PARKED,    /* partly sent, not visible; the next run goes on */
    ACC_ROW_NOT_BEGUN, /* nothing was sent */
    /* of a verification: */
    ACC_ROW_UNCHANGED,   /* as it was promised, at the level that was asked */
    ACC_ROW_DIFFERENT,   /* missing, or other than promised */
    ACC_ROW_UNREADABLE,  /* nothing can be said: the server would not let it be read */
    ACC_ROW_NOT_CHECKED, /* not part of the sample, or the run ended before */
    ACC_ROW_WITHHELD,    /* not sent, because others were refused */
    ACC_ROW_OUTCOME_COUNT
};

struct acc_receipt {
    struct acc_ledger *ledger;
    const char *prefix;
    const char *person; /* "" if no one is named */
    FILE *out;
    struct acc_run_info run;
    struct acc_str key; /* of the row at hand */
};

/* A row as receipts see it; lives until the next one. */
struct acc_receipt_row {
    const struct acc_row *row;
    const char *key;
    enum acc_row_outcome outcome;
};

/* The entries that an archivist must look at: all but those archived, already there, unchanged, or
 * not yet reached. */
bool acc_row_is_problem(enum acc_row_outcome outcome);

/* `text` itself, or where it is not UTF-8 (a server's words in a reason; paths and keys always are)
 * its form for terminals, which is, made in `scratch`. */
const char *acc_receipt_utf8(struct acc_str *scratch, const char *text);

/* "not_begun"; static. */
const char *acc_row_outcome_name(enum acc_row_outcome outcome);

/* Calls `each` for every entry of the run in path order. */
enum acc_code acc_receipt_rows(struct acc_receipt *receipt,
                               void (*each)(void *arg, const struct acc_receipt_row *row),
                               void *arg, struct acc_error *err);

/* The totals of the run. */
struct acc_receipt_tally {
    uint64_t entries, outcomes[ACC_ROW_OUTCOME_COUNT];
    int64_t bytes; /* of all entries, as far as sizes are known */
    int64_t bytes_of[ACC_ROW_OUTCOME_COUNT];
};
/* Adds one row to the tally that `arg` is. */
void acc_receipt_count_row(void *arg, const struct acc_receipt_row *seen);
enum acc_code acc_receipt_count(struct acc_receipt *receipt, struct acc_receipt_tally *tally,
                                struct acc_error *err);

/* Whether the run is a verification. */
bool acc_receipt_verifies(const struct acc_receipt *receipt);
/* Whether it brought objects back: its URL is then a folder, and its source the bucket. */
bool acc_receipt_restores(const struct acc_receipt *receipt);
/* Whether it made a copy in another bucket: its source is then the place that was copied. */
bool acc_receipt_replicates(const struct acc_receipt *receipt);
/* Archived by choice although no manifest gave a digest (--undigested archive): nothing was
 * compared. */
bool acc_receipt_undigested(const struct acc_receipt_row *seen);
/* Whether the bucket is known to hold an object at the key, regardless of the entry's outcome. Its
 * facts are then what is shown of it, never what a refused delivery promised. */
bool acc_receipt_has_object(const struct acc_receipt_row *seen);
/* The size of what the bucket holds, else what was promised; -1 when neither is known. */
int64_t acc_receipt_size(const struct acc_receipt_row *seen);
/* When this run archived or checked it, wall clock in milliseconds; 0 when it did neither. */
int64_t acc_receipt_time(const struct acc_receipt_row *seen);

enum acc_code acc_receipt_json(struct acc_receipt *receipt, struct acc_error *err);
enum acc_code acc_receipt_csv(struct acc_receipt *receipt, struct acc_error *err);
enum acc_code acc_receipt_manifest(struct acc_receipt *receipt, struct acc_error *err);
enum acc_code acc_receipt_premis(struct acc_receipt *receipt, struct acc_error *err);
enum acc_code acc_receipt_html(struct acc_receipt *receipt, struct acc_error *err);

#endif
