/* Hashing a local file that is not sent: read once on the pool, some megabytes a job, so that a
 * cancel is soon obeyed and other files have their turn.
 *
 * Threads: the loop's thread. on_done fires once for each start, never inside it. Memory: one
 * buffer a pool thread at work.
 */
#ifndef ACC_PLAN_HASHING_H
#define ACC_PLAN_HASHING_H

#include "loop/loop.h"
#include "source/content.h"

struct acc_hashing {
    /* set by the user; borrowed until on_done */
    struct acc_loop *loop;
    const struct acc_source *source;
    const struct acc_algs *algs;
    uint32_t wanted; /* bits (1 << enum acc_alg) */
    const char *path;
    void (*on_done)(struct acc_hashing *hashing);

    /* results */
    enum acc_code code; /* as acc_content_open() and acc_content_finish() say, or ACC_INTERRUPTED */
    struct acc_error err;
    struct acc_digests digests; /* when ACC_OK */
    int64_t size;
    int64_t modified; /* wall clock, milliseconds */

    /* private */
    struct acc_job job;
    struct acc_content content;
    bool opened, over, cancelled;
};

void acc_hashing_start(struct acc_hashing *hashing);
/* The step that runs is the last one. */
void acc_hashing_cancel(struct acc_hashing *hashing);
/* Accepts a zeroed struct; nothing may be running. */
void acc_hashing_release(struct acc_hashing *hashing);

#endif
