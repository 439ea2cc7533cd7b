/* receipt_sample FOLDER ENTRIES FORMAT...: makes FOLDER/ledger.db with an ingest and a verification
 * of it, writes their receipts to FOLDER/ingest.FORMAT and FOLDER/verify.FORMAT, and prints the
 * peak memory in KiB. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/str.h"
#include "receipt/receipt.h"
#include "sample_ledger.h"

static void must(enum acc_code code, const struct acc_error *err)
{
    if (code == ACC_OK)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"ingest", "verify"};
    struct acc_str path = {0};
    struct acc_error err;
    struct rusage usage;
    int64_t runs[2];
    if (argc < 3)
        return 2;
    unsigned entries = (unsigned)atoi(argv[2]);
    acc_str_addf(&path, "%s/ledger.db", argv[1]);
    struct acc_ledger *ledger = acc_sample_ledger(acc_str_cstr(&path), entries, &runs[0]);
    acc_sample_verification(ledger, entries, &runs[1]);
    acc_ledger_close(ledger);
    must(acc_ledger_open_readonly(acc_str_cstr(&path), &ledger, &err), &err);
    for (int i = 3; i < argc; i++)
        for (int kind = 0; kind < 2; kind++) {
            acc_str_clear(&path);
            acc_str_addf(&path, "%s/%s.%s", argv[1], kinds[kind], argv[i]);
            must(acc_receipt_save(ledger, runs[kind], acc_receipt_format_parse(argv[i]),
                                  "digitised/b24967646/", NULL, acc_str_cstr(&path), &err),
                 &err);
        }
    acc_ledger_close(ledger);
    acc_str_release(&path);
    getrusage(RUSAGE_SELF, &usage);
    printf("%ld\n", usage.ru_maxrss);
    return 0;
}
