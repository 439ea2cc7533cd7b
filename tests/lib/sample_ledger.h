/* A ledger for tests of whatever reads one: a run with every outcome there is, and names that are
 * hard on every format. */
#ifndef ACC_TESTS_SAMPLE_LEDGER_H
#define ACC_TESTS_SAMPLE_LEDGER_H

#include "ledger/ledger.h"

/* The odd names of the first run, in path order; each is archived. */
extern const char *const acc_sample_names[];
extern const size_t acc_sample_name_count;

/* Makes the ledger anew with one ended run: the odd names, "plain/N" up to `entries` in all, and
 * among them one failed, one in conflict, one parked, one not begun, one found in the bucket.
 * Ends the process with a message when the ledger fails. Close it. */
struct acc_ledger *acc_sample_ledger(const char *path, unsigned entries, int64_t *run);

#endif
