/* What a verification takes from the ledger: all that was archived, and earlier checks
 * (ledger/ledger.h). Threads: the owner, but for loading. */
#ifndef ACC_LEDGER_CHECKS_H
#define ACC_LEDGER_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include "ledger/promises.h"

struct acc_ledger;

/* Adds all that was ever archived at the run's destination, without a promise of any manifest
 * (rows then promise nothing): for a run whose work is what the ledger knows. Entries that have no
 * object on record, but that others reported (ledger/heard.h), promise what was reported. */
typedef bool (*acc_ledger_takes)(void *arg, const char *path);
/* Only paths that `takes` takes; it may not ask the ledger. `*all`: how many there are with those
 * that it does not take. */
enum acc_code acc_ledger_load_archived(struct acc_ledger_load *load, acc_ledger_takes takes,
                                       void *arg, uint64_t *all, struct acc_error *err);

/* Whether an object is on record, or was heard of, under this key: "ENDPOINT/BUCKET/KEY", whichever
 * destination has it. */
enum acc_code acc_ledger_knows_key(struct acc_ledger *ledger, const char *key, bool *known,
                                   struct acc_error *err);

/* The run before this one with its destination, kind and command, if that was interrupted or
 * halted; 0 if there is no such run. */
enum acc_code acc_ledger_unfinished(struct acc_ledger *ledger, int64_t run, int64_t *earlier,
                                    struct acc_error *err);

/* The latest check that found the entry to be what `run` promises, at one of `levels` ("stored
 * read"), in the run `earlier` or, with 0, in any run. What was promised otherwise when it was
 * checked does not count. */
struct acc_good_check {
    int64_t run;
    char level[16];
    char proof[40];
    int64_t at; /* wall clock, milliseconds */
};
enum acc_code acc_ledger_last_good(struct acc_ledger *ledger, int64_t run, int64_t entry,
                                   int64_t earlier, const char *levels,
                                   struct acc_good_check *check, bool *found,
                                   struct acc_error *err);

#endif
