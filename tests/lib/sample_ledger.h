/* A ledger for tests of its readers: a run with every outcome there is, and names that are
 * hard on every format. */
#ifndef ACC_TESTS_SAMPLE_LEDGER_H
#define ACC_TESTS_SAMPLE_LEDGER_H

#include "ledger/ledger.h"

/* The odd names of the run; each is archived, and its content is the name itself. */
extern const char *const acc_sample_names[];
extern const size_t acc_sample_name_count;

/* Makes a new ledger with one ended run: the odd names, "plain/N" up to `entries` in all, and among
 * them one failed, one in conflict, one parked, one not begun, one found in the bucket. If the
 * ledger fails, the process ends with a message. Close it. */
struct acc_ledger *acc_sample_ledger(const char *path, unsigned entries, int64_t *run);

/* A verification of the odd names and the plain entries by the same ledger: most are unchanged at
 * level read, two at other levels; the first odd name is different, the second not readable, the
 * third not checked. Fails in the same way. */
void acc_sample_verification(struct acc_ledger *ledger, unsigned entries, int64_t *run);

/* Posts it with a value that the gate makes of its own digests and size. */
void acc_sample_post_archived(struct acc_ledger *ledger, struct acc_record *record);

#endif
