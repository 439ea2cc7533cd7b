/* A folder under $TMPDIR for a ledger that lives for one run: a dry run, or a verification that is
 * to leave no record. It goes with the run, whatever the ledger keeps beside its file. */
#ifndef ACC_RUN_SCRATCH_H
#define ACC_RUN_SCRATCH_H

#include <accession/error.h>

/* `*out` is the folder's path, the caller's to free; `what` is a part of its name. ACC_LOCAL when
 * it cannot be made. */
enum acc_code acc_scratch_make(const char *what, char **out, struct acc_error *err);
/* Removes the folder with the files in it. Safe while the ledger is open, from the loop's thread,
 * any number of times. NULL is accepted. */
void acc_scratch_remove(const char *folder);

#endif
