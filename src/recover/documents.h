/* Receipts and exports read as a stream of claims. A file holds one JSON object after another:
 * a receipt (accession-receipt(5)), or the head and the facts of an export (recover/export.c).
 * gzip is decompressed on the way; of a receipt one entry is in memory at a time.
 *
 * Threads: any, one file each. */
#ifndef ACC_RECOVER_DOCUMENTS_H
#define ACC_RECOVER_DOCUMENTS_H

#include <accession/ledger.h>
#include "ledger/heard.h"

/* `file` "-" is standard input. Calls `each` for each claim of what an archive holds, with `name`,
 * what people call the file, as its origin. ACC_MANIFEST with the byte for what is neither, or is
 * cut off; ACC_SOURCE for what cannot be read; or what `each` returned. A receipt of a folder
 * (a restore wrote it, or a verification read it) makes no claim and is only counted, in
 * `recall->passed_over`; receipts and exports that are read are counted in `recall->sources`. */
enum acc_code acc_documents_read(const char *file, const char *name, acc_each_claim each, void *arg,
                                 struct acc_recall *recall, struct acc_error *err);

#endif
