/* The writer thread: takes everything that is queued, commits it as one transaction, hands it back.
 *
 *     posted -> queued -> in a batch -> settled (durable, or failed) -> delivered
 *
 * The queue holds at most ACC_WRITER_QUEUE records; acc_ledger_post() waits for room. While a load
 * has the turn no batch can be committed, so post does not wait then: the loading thread may be the
 * owner, and would wait for itself.
 */
#ifndef ACC_LEDGER_WRITER_H
#define ACC_LEDGER_WRITER_H

#include <accession/error.h>

struct acc_ledger;
struct acc_writer;

#define ACC_WRITER_QUEUE 2048

enum acc_code acc_writer_new(struct acc_ledger *ledger, struct acc_writer **writer,
                             struct acc_error *err);
/* Commits what is queued, ends the thread, frees; nothing more is delivered. NULL is fine. */
void acc_writer_free(struct acc_writer *writer);

#endif
