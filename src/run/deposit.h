/* Receipts in a bucket: each file is compressed (gzip) and put under a name that no other has,
 * write-once and with its SHA-256, then looked at. For what must outlive this machine; it counts
 * for nothing in the run.
 *
 * Threads: any; it has a loop of its own and returns when all is done. */
#ifndef ACC_RUN_DEPOSIT_H
#define ACC_RUN_DEPOSIT_H

#include <stdbool.h>

#include <accession/connection.h>
#include <accession/error.h>

/* Whether receipts go to a bucket rather than to a folder. NULL is a folder. */
bool acc_deposit_asked(const char *receipts);

/* Puts each file, NULL-terminated, to URL/NAME.gz. One that lies there already with this very
 * content is left; with another, nothing is replaced. ACC_LOCAL, as for a folder that cannot be
 * written, with the server's words, the file's name and what to do. */
enum acc_code acc_deposit(const struct acc_connection *connection, const char *url,
                          const char *const *files, struct acc_error *err);

#endif
