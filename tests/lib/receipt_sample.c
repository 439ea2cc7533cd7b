/* receipt_sample FOLDER ENTRIES FORMAT...: writes receipts of the sample run to
 * FOLDER/receipt.FORMAT and prints the peak memory of the writing in KiB. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/str.h"
#include "receipt/receipt.h"
#include "sample_ledger.h"

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    struct acc_str path = {0};
    struct acc_error err;
    int64_t run;
    acc_str_addf(&path, "%s/ledger.db", argv[1]);
    struct acc_ledger *ledger =
        acc_sample_ledger(acc_str_cstr(&path), (unsigned)atoi(argv[2]), &run);
    acc_ledger_close(ledger);
    if (acc_ledger_open_readonly(acc_str_cstr(&path), &ledger, &err) != ACC_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    for (int i = 3; i < argc; i++) {
        acc_str_clear(&path);
        acc_str_addf(&path, "%s/receipt.%s", argv[1], argv[i]);
        if (acc_receipt_save(ledger, run, acc_receipt_format_parse(argv[i]), "digitised/b24967646/",
                             acc_str_cstr(&path), &err) != ACC_OK) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
    }
    acc_ledger_close(ledger);
    acc_str_release(&path);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%ld\n", usage.ru_maxrss);
    return 0;
}
