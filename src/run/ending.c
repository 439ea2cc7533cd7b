/* Happy path: the ledger's row of the run is closed, the receipt is written from the ledger.
 * Failure: it changes an outcome unless the run itself failed: what it says of single files stands
 * in the ledger and is shown in any case. */
#include "run/ending.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "receipt/receipt.h"
#include "run/deposit.h"

/* RUN.json, and RUN.premis.xml beside it. */
static enum acc_code write_files(const struct acc_ending *e, struct acc_str *premis,
                                 struct acc_error *err)
{
    const char *folder = acc_deposit_asked(e->receipts) ? NULL : e->receipts;
    enum acc_code code = acc_receipt_leave(e->ledger, e->run, e->name, e->prefix, folder,
                                           e->receipt, e->receipt_size, err);
    if (code != ACC_OK || !e->premis)
        return code;
    acc_str_set(premis, e->receipt);
    acc_str_cut(premis, premis->len - strlen(".json"));
    acc_str_add(premis, ".premis.xml");
    return acc_receipt_save(e->ledger, e->run, ACC_RECEIPT_PREMIS, e->prefix, NULL,
                            acc_str_cstr(premis), err);
}

static enum acc_code leave_receipt(const struct acc_ending *e, struct acc_error *err)
{
    struct acc_str premis = {0};
    enum acc_code code = write_files(e, &premis, err);
    if (code == ACC_OK && acc_deposit_asked(e->receipts)) {
        const char *const files[] = {e->receipt, premis.len > 0 ? acc_str_cstr(&premis) : NULL,
                                     NULL};
        code = acc_deposit(e->connection, e->receipts, files, err);
    }
    acc_str_release(&premis);
    return code;
}

enum acc_code acc_ending_record(const struct acc_ending *e, enum acc_code outcome, json_t *summary,
                                struct acc_error *err)
{
    struct acc_error failed = {0};
    char *text = json_dumps(summary, JSON_COMPACT);
    enum acc_code code = acc_ledger_run_end(e->ledger, e->run, outcome, text, &failed);
    free(text);
    json_decref(summary);
    if (code == ACC_OK && e->leaves_receipt)
        code = leave_receipt(e, &failed);
    if (code == ACC_OK || acc_code_exit(outcome) > 1)
        return outcome;
    *err = failed;
    return code;
}
