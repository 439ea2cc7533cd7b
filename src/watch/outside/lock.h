/* The lock of a drop folder: two watchers never share one, on one machine or on several that mount
 * it. The kernel lets it go with the process, however that ends. */
#ifndef ACC_WATCH_LOCK_H
#define ACC_WATCH_LOCK_H

#include <accession/error.h>

/* `*fd` holds the lock until it is closed. ACC_SOURCE when the folder cannot be read, or another
 * watcher has it. */
enum acc_code acc_watch_lock(const char *folder, int *fd, struct acc_error *err);

#endif
