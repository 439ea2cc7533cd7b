/* What happened since a time, and how the archive has grown (ledger/ledger.h). Threads: the owner.
 * What is given to `each` lives until it returns; it may not ask the ledger. `below` as in
 * acc_ledger_list. */
#ifndef ACC_LEDGER_NEWS_H
#define ACC_LEDGER_NEWS_H

#include <stdint.h>

#include <accession/error.h>
#include "ledger/history.h"

/* Runs that began or ended since then, or have not ended; the newest first. */
enum acc_code acc_ledger_runs_since(struct acc_ledger *ledger, int64_t since, const char *below,
                                    acc_ledger_each_run each, void *arg, struct acc_error *err);
/* What a run refused or found different: one call for each code, with the first path. */
typedef void (*acc_ledger_each_refusal)(void *arg, enum acc_code code, uint64_t count,
                                        const char *path, const char *reason);
enum acc_code acc_ledger_refusals(struct acc_ledger *ledger, int64_t run,
                                  acc_ledger_each_refusal each, void *arg, struct acc_error *err);
/* The bytes that a run sent. */
enum acc_code acc_ledger_sent_bytes(struct acc_ledger *ledger, int64_t run, int64_t *bytes,
                                    struct acc_error *err);
/* Arrivals that were judged since then: of how many the outcome was success, and the others. */
typedef void (*acc_ledger_each_arrival)(void *arg, const char *folder, const char *name,
                                        enum acc_code code, const char *reason);
enum acc_code acc_ledger_arrivals_since(struct acc_ledger *ledger, int64_t since, const char *below,
                                        acc_ledger_each_arrival each, void *arg,
                                        struct acc_error *err);
/* Day by day (since 1970-01-01, UTC): archived then, and last proven then (archived or read). */
struct acc_ledger_day {
    int64_t day, files, bytes, proven, proven_bytes;
};
enum acc_code acc_ledger_days(struct acc_ledger *ledger, const char *below,
                              void (*each)(void *arg, const struct acc_ledger_day *day), void *arg,
                              struct acc_error *err);

/* The newest run at or below the URL (NULL: anywhere) that had begun by `at`. ACC_USAGE if there is
 * none. */
enum acc_code acc_ledger_run_of(struct acc_ledger *ledger, const char *below, int64_t at,
                                int64_t *run, struct acc_error *err);
/* The External-Identifiers of the run's destination, ", " between. Appends. */
struct acc_str;
enum acc_code acc_ledger_identifiers(struct acc_ledger *ledger, int64_t run, struct acc_str *out,
                                     struct acc_error *err);

#endif
