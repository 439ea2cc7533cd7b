/* Receipts: what a run did, written from the ledger's rows alone, in one of several formats.
 *
 * A receipt is written as a stream: memory stays flat for any number of entries. It can be
 * written any time after its run has started, and again later with the same content, since the
 * ledger keeps each run's outcome for each entry.
 *
 *     json      everything, one entry a line; manifests/schema/receipt.schema.json describes it
 *     csv       RFC 4180, a header and one record an entry
 *     premis    PREMIS 3.0 XML: objects, events, and this program as their agent
 *     html      one page to read and print, with nothing loaded from outside
 *     manifest  what was archived, as a list that `sha256sum -c` accepts
 *
 * Threads: that of the ledger's owner. Nothing else may move the ledger meanwhile. Errors:
 * ACC_LEDGER when the ledger cannot be read, ACC_LOCAL when the file cannot be written. */
#ifndef ACC_RECEIPT_RECEIPT_H
#define ACC_RECEIPT_RECEIPT_H

#include <stdint.h>
#include <stdio.h>

#include <accession/error.h>
#include "ledger/ledger.h"

enum acc_receipt_format {
    ACC_RECEIPT_JSON,
    ACC_RECEIPT_CSV,
    ACC_RECEIPT_PREMIS,
    ACC_RECEIPT_HTML,
    ACC_RECEIPT_MANIFEST,
    ACC_RECEIPT_FORMAT_COUNT
};

/* The format of this name, or ACC_RECEIPT_FORMAT_COUNT if it is unknown. */
enum acc_receipt_format acc_receipt_format_parse(const char *name);
/* "json"; static. */
const char *acc_receipt_format_name(enum acc_receipt_format format);

/* Writes the receipt to `out`, which stays open. `prefix` is what stands before a path in its key:
 * "" or ending in "/". `person`: who
 * answers for it, for the page that people file; NULL: no one is named. */
enum acc_code acc_receipt_write(struct acc_ledger *ledger, int64_t run,
                                enum acc_receipt_format format, const char *prefix,
                                const char *person, FILE *out, struct acc_error *err);
/* The same into a file that appears whole or not at all; one that exists is replaced. The folder
 * must exist. */
enum acc_code acc_receipt_save(struct acc_ledger *ledger, int64_t run,
                               enum acc_receipt_format format, const char *prefix,
                               const char *person, const char *path, struct acc_error *err);

/* The receipt that each run leaves: FOLDER/NAME.json, with the folder made if it is not there; NULL
 * is $XDG_STATE_HOME/accession/receipts. `written` receives the path, cut at `size`. */
enum acc_code acc_receipt_leave(struct acc_ledger *ledger, int64_t run, const char *name,
                                const char *prefix, const char *folder, char *written, size_t size,
                                struct acc_error *err);

#endif
