/* Receipts and exports read as a stream of claims. A file holds one JSON object after another:
 * a receipt (accession-receipt(5)), or the head and the facts of an export (recover/export.c).
 * gzip is decompressed on the way; of a receipt one entry is in memory at a time.
 *
 * Threads: any, one file each. */
#ifndef ACC_RECOVER_DOCUMENTS_H
#define ACC_RECOVER_DOCUMENTS_H

#include "ledger/heard.h"

/* Calls `each` for each claim, with `name`, what people call the file, as its origin. ACC_MANIFEST
 * with the byte for what is neither, or is cut off; ACC_FILE_MISSING or ACC_FILE_UNREADABLE; or
 * what `each` returned.
 * `*documents` counts the receipts and the exports. */
enum acc_code acc_documents_read(const char *file, const char *name, acc_each_claim each, void *arg,
                                 uint64_t *documents, struct acc_error *err);

#endif
