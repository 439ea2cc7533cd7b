/* A forgotten --endpoint-url or --region: the ledger knows on which server a URL was archived.
 *
 * Threads: the ledger's owner alone.
 */
#ifndef ACC_RUN_ELSEWHERE_H
#define ACC_RUN_ELSEWHERE_H

#include "ledger/ledger.h"

/* Appends to the error the option that is missing, if this ledger archived at or below `url` on
 * another server than `canonical`, the ledger's name for the URL on this one. Nothing is appended
 * if the ledger does not know the URL, or cannot be read. */
void acc_add_elsewhere(struct acc_error *err, struct acc_ledger *ledger, const char *url,
                       const char *canonical);

#endif
