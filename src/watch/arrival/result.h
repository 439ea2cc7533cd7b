/* A child's report of its run: read from its JSON Lines, judged together with its exit status.
 * Pure: no process, no loop. */
#ifndef ACC_WATCH_RESULT_H
#define ACC_WATCH_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include "base/str.h"
#include "watch/arrival/rules.h"

/* Refused files whose reasons are kept; the others are in the receipt. */
#define ACC_RESULT_REASONS 50

struct acc_result {
    bool has_summary;
    enum acc_code code;            /* the run's outcome */
    struct acc_str message;        /* one line, showable */
    struct acc_str run;            /* its name, "" when it did not get one */
    struct acc_str receipt;        /* path, or "" */
    struct acc_str reasons;        /* "  PATH\n      REASON\n" for each file kept; showable */
    uint64_t files, sent, already; /* already: in the bucket before, and proven so by this run */
    int64_t bytes_sent;
    uint64_t read;    /* entries of a verification that were read to the last byte */
    uint64_t refused; /* files refused, kept or not */
    uint64_t by_code[ACC_CODE_COUNT]; /* of those */
};

void acc_result_take(struct acc_result *result, const char *line, size_t len);
void acc_result_release(struct acc_result *result); /* leaves an empty one */

/* What the end of an ingest means for its arrival. Codes that blame the manifest or the folder
 * refuse it. Codes that blame destination, credentials, server, configuration, ledger or this
 * machine halt. A run that ended without a last line, or met another run, is to be tried again. */
enum acc_arrival_event acc_result_judge(const struct acc_result *result, int status, int signal);
/* The same for a verification, which counts only if every entry was read. */
enum acc_arrival_event acc_result_judge_verify(const struct acc_result *result, int status,
                                               int signal);

#endif
