/* Looking through a whole ledger, and copying one. On files, by their paths; neither an open ledger
 * nor a lock is needed, and runs may go on meanwhile. Called on any thread. */
#ifndef ACC_LEDGER_INSPECT_H
#define ACC_LEDGER_INSPECT_H

#include <accession/ledger.h>

/* As acc_check_ledger(), for the file `path`; care->ledger is not read. */
enum acc_code acc_ledger_inspect(const char *path, const struct acc_ledger_care *care,
                                 struct acc_ledger_health *health, struct acc_error *err);
/* Copies `path` to `copy`, replacing that, with SQLite's online backup. Not synced. The
 * copy of an older version's ledger is brought up to date; `path` is only read. */
enum acc_code acc_ledger_copy(const char *path, const char *copy, struct acc_error *err);

#endif
