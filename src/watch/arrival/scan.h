/* A scan: the names in the drop folder, once, on the pool. */
#ifndef ACC_WATCH_SCAN_H
#define ACC_WATCH_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accession/error.h>
#include "loop/loop.h"

/* One folder in the drop folder; `stamp` changes when the folder itself does: another folder of
 * this name, a renaming, a name in it added or removed. */
struct acc_scanned {
    char *name;
    uint64_t stamp;
    bool package; /* a file, else a folder */
};

struct acc_scan {
    struct acc_job job;
    /* set by the user */
    const char *folder;
    void (*on_done)(struct acc_scan *scan);
    /* results; acc_scan_release() frees them */
    struct acc_error err;      /* code ACC_OK: the lot below is complete */
    struct acc_scanned *found; /* sorted by name */
    size_t count, cap;
    uint64_t loose; /* neither folders nor packages, and so not arrivals */
    uint64_t inode; /* of the drop folder itself */
    bool running;
};

void acc_scan_start(struct acc_loop *loop, struct acc_scan *scan);
void acc_scan_release(struct acc_scan *scan);

#define ACC_WATCH_DONE "done"
#define ACC_WATCH_REJECTED "rejected"
/* Names that are never arrivals: hidden ones, those of unfinished transfers, and our own. */
bool acc_scan_ignores(const char *name);

#endif
