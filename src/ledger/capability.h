/* What the server of a bucket was seen to do, with its date (ledger/ledger.h). Threads: the owner.
 */
#ifndef ACC_LEDGER_CAPABILITY_H
#define ACC_LEDGER_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/capabilities.h>
#include <accession/error.h>

struct acc_ledger;

/* What runs to this bucket, "ENDPOINT/BUCKET", have seen of its server after that time (wall clock,
 * milliseconds). */
enum acc_code acc_ledger_capabilities(struct acc_ledger *ledger, const char *bucket, int64_t after,
                                      struct acc_capabilities *can, struct acc_error *err);
/* What is known in `can` was seen now. Durable when it returns. */
enum acc_code acc_ledger_keep_capabilities(struct acc_ledger *ledger, const char *bucket,
                                           const struct acc_capabilities *can,
                                           struct acc_error *err);

#endif
