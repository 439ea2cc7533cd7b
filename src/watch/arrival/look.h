/* Looking at an arrival: what is there, whether it changed, whether it is complete.
 *
 * A look is a job on the pool. It walks the arrival, makes two fingerprints of it, and judges. It
 * changes nothing.
 *
 *     content    every path, size and modification time
 *     touched    every path, inode and change time, which no copying tool can set: a file replaced
 *                by one of the same size and time is seen
 */
#ifndef ACC_WATCH_LOOK_H
#define ACC_WATCH_LOOK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include <accession/watch.h>
#include "base/str.h"
#include "base/walk.h"
#include "loop/loop.h"

/* The result of a walk. Fingerprints are sums, so that the order of names means nothing. */
struct acc_sight {
    uint64_t content, touched;
    uint64_t files;
    int64_t bytes;
    int64_t
        newest; /* latest change time of anything but the arrival's own folder; wall clock, ms */
    int64_t renamed; /* change time of the arrival's own folder: of its last renaming, or later */
    bool marked;     /* the marker is there */
};

enum acc_look_verdict {
    ACC_LOOK_GONE,
    ACC_LOOK_UNFIT,   /* its name can be no key: `why` */
    ACC_LOOK_UNREADY, /* `why` says what is missing */
    ACC_LOOK_READY
};

/* How to judge; shared by all looks, read only. */
struct acc_look_rules {
    enum acc_watch_ready ready;
    const char *marker;
    const struct acc_manifest_rules *package; /* how packages are read; NULL: by the defaults */
    const char *const *manifests;             /* never NULL */
    int64_t settle, stale;                    /* milliseconds */
    bool trust_times;                         /* change times come from this machine's clock */
    atomic_bool *stop;                        /* ends a walk early, as ACC_LOOK_UNREADY */
};

struct acc_look {
    struct acc_job job;
    /* set by the user */
    const struct acc_look_rules *rules;
    const char *path, *name; /* live until done */
    struct acc_sight before; /* of the look before; zeroed for the first */
    int64_t still;           /* milliseconds since a look last saw a change */
    void (*on_done)(struct acc_look *look);
    void *arg;
    /* results */
    enum acc_look_verdict verdict;
    struct acc_sight sight;
    struct acc_error why;
};

void acc_look_start(struct acc_loop *loop, struct acc_look *look);

/* The walk alone, on the calling thread. `each`, unless NULL, is called for all but folders.
 * ACC_FILE_MISSING if the folder does not exist. */
enum acc_code acc_sight_take(const char *path, atomic_bool *stop, acc_walk_each each, void *arg,
                             struct acc_sight *sight, struct acc_error *err);
/* One file's contribution to both fingerprints, as one number. Pure. */
uint64_t acc_sight_mark(const char *path, const struct stat *st);
bool acc_sight_same(const struct acc_sight *a, const struct acc_sight *b);

/* How long nothing may change before an arrival of this size is believed to be still. Pure. */
int64_t acc_ready_quiet(const struct acc_look_rules *rules, int64_t bytes);
/* For how long nothing has changed. Pure; `now` is the wall clock. */
int64_t acc_ready_still(const struct acc_look_rules *rules, const struct acc_sight *sight,
                        int64_t observed, int64_t now);
/* Whether what a walk saw is complete by every rule but the manifest's. Pure. */
bool acc_ready_judge(const struct acc_look_rules *rules, const struct acc_sight *sight,
                     int64_t still, struct acc_error *why);

/* Reads the arrival's manifest and looks for every file it lists. ACC_OK: all are there with the
 * listed sizes. ACC_FILE_MISSING and ACC_FILE_SIZE: some are not (yet). Otherwise why the manifest
 * cannot be read (yet). In ready_manifest.c. */
enum acc_code acc_ready_manifest(const struct acc_look_rules *rules, const char *path,
                                 struct acc_error *why);

/* The path of the list beside an arrival that is not a bag; false if there is no list. */
bool acc_ready_find_list(const struct acc_look_rules *rules, const char *path,
                         struct acc_str *list);

#endif
