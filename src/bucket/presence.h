/* What exists already: one listing of the destination, compared with the ledger before anything is
 * sent. One page of a listing replaces a thousand HEAD requests.
 *
 * The outcome per entry is a few bits, looked up by the entry's id. If the listing is denied, or
 * the prefix holds far more than the manifest, nothing is known and each entry is looked up
 * separately.
 *
 * Threads: the loop's thread. on_done fires once, from the loop.
 */
#ifndef ACC_BUCKET_PRESENCE_H
#define ACC_BUCKET_PRESENCE_H

#include "base/marks.h"
#include "ledger/ledger.h"
#include "s3/ops/ops.h"

enum acc_presence_kind {
    ACC_PRESENCE_ABSENT,   /* not listed */
    ACC_PRESENCE_RECORDED, /* listed with the ETag and size that the ledger recorded when archiving
                              it */
    ACC_PRESENCE_OTHER     /* listed, but not as the ledger knows it, or unknown to it */
};

struct acc_presence {
    /* set by the user */
    struct acc_s3 *s3;
    struct acc_ledger *ledger;
    int64_t run;
    uint64_t entries; /* of the run: a listing much longer than that is given up */
    void (*on_done)(struct acc_presence *presence);

    /* results */
    bool known;         /* the listing is complete: what is not in it does not exist */
    enum acc_code code; /* not ACC_OK: the run cannot go on; `call` says why */
    struct acc_error err;
    uint64_t listed, pages;
    struct acc_s3_call call; /* the last one */

    /* private */
    struct acc_s3_page page;
    struct acc_marks marks; /* an enum acc_presence_kind by entry */
    bool cancelled;
};

void acc_presence_start(struct acc_presence *presence);
void acc_presence_cancel(struct acc_presence *presence);
enum acc_presence_kind acc_presence_of(const struct acc_presence *presence, int64_t entry);
void acc_presence_release(struct acc_presence *presence);

#endif
