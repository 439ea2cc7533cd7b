/* The lock of a destination: a file beside the ledger, "accession.INODE.HASH.lock", locked with
 * flock() and holding the pid in text. INODE is the ledger's and the folder is that of the file
 * itself, so one ledger has one lock whatever names it goes by: symbolic links, or another name
 * since it was opened. The kernel frees it with the process, however that ends. */
#ifndef ACC_LEDGER_LOCK_H
#define ACC_LEDGER_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include "base/list.h"

/* Takes the lock, of run 0 until acc_lock_assign(); ACC_LEDGER_BUSY naming the holder's pid. */
struct acc_lock;
enum acc_code acc_lock_take(const char *ledger_path, const char *destination,
                            struct acc_lock **lock, struct acc_error *err);
/* Puts it into the list as the lock of `run`. */
void acc_lock_assign(struct acc_lock *lock, struct acc_link *locks, int64_t run);
/* Removes the file and frees the lock. NULL is fine. */
void acc_lock_release(struct acc_lock *lock);

bool acc_locks_hold(struct acc_link *locks, int64_t run);
void acc_locks_release(struct acc_link *locks, int64_t run);
void acc_locks_release_all(struct acc_link *locks);

#endif
