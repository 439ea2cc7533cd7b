/* Receipts that runs left in a bucket (run/deposit.h), imported from there. */
#ifndef ACC_RECOVER_FROM_BUCKET_H
#define ACC_RECOVER_FROM_BUCKET_H

#include "recover/taking.h"

/* Every receipt and export at or below the URL, by its name: *.json and *.json.gz. One that is not
 * what it was when it was put there, or cannot be read, is reported as a contradiction, and the
 * others go on. Fails as S3's calls do. Threads: the one that calls it. */
enum acc_code acc_import_from_bucket(struct acc_taking *taking, const char *url,
                                     struct acc_error *err);

#endif
