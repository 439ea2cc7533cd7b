/* After a commit: does the object have what it was sent with? HEAD, then for each thing that it
 * lacks and that can be set afterwards one call on that very version, then HEAD again.
 *
 * Threads: the loop's thread. on_done fires once for each start, never inside it.
 */
#ifndef ACC_INGEST_READBACK_H
#define ACC_INGEST_READBACK_H

#include "s3/ops/attributes.h"

struct acc_readback {
    /* set by the user; borrowed until on_done */
    struct acc_s3 *s3;
    const struct acc_s3_attributes *attributes;
    const char *key;
    const char *version_id;
    bool look_only; /* the object is not of this program's making: compare, change nothing */
    void (*on_done)(struct acc_readback *readback);

    /* results */
    unsigned fixed;
    unsigned lacking;     /* enum acc_s3_lack bits that could not be fixed */
    struct acc_error err; /* why, when a call failed */

    /* private */
    struct acc_s3_call call;
    struct acc_str body;
    unsigned to_fix;
};

void acc_readback_start(struct acc_readback *readback);
void acc_readback_cancel(struct acc_readback *readback);
void acc_readback_release(struct acc_readback *readback);

#endif
