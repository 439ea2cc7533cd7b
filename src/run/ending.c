/* Happy path: the ledger's row of the run is closed, the receipt is written from the ledger.
 * Failure: it changes an outcome only if everything else went well. */
#include "run/ending.h"

#include <stdlib.h>

#include "receipt/receipt.h"

enum acc_code acc_ending_record(const struct acc_ending *e, enum acc_code outcome, json_t *summary,
                                struct acc_error *err)
{
    struct acc_error failed = {0};
    char *text = json_dumps(summary, JSON_COMPACT);
    enum acc_code code = acc_ledger_run_end(e->ledger, e->run, outcome, text, &failed);
    free(text);
    json_decref(summary);
    if (code == ACC_OK && e->leaves_receipt)
        code = acc_receipt_leave(e->ledger, e->run, e->name, e->prefix, e->receipts, e->receipt,
                                 e->receipt_size, &failed);
    if (code == ACC_OK || outcome != ACC_OK)
        return outcome;
    *err = failed;
    return code;
}
