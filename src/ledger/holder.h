/* Which process each run is, and where its ledger was: inside the transaction that begins a run. */
#ifndef ACC_LEDGER_HOLDER_H
#define ACC_LEDGER_HOLDER_H

#include "ledger/internal.h"

/* With the destination's lock held. ACC_LEDGER_BUSY if an earlier run of this destination is at
 * work with the ledger that this one is a copy of. */
enum acc_code acc_holder_judge_earlier(struct acc_sql *sql, const char *ledger_path,
                                       int64_t destination, struct acc_error *err);
enum acc_code acc_holder_add(struct acc_sql *sql, const char *ledger_path, int64_t run,
                             struct acc_error *err);

#endif
