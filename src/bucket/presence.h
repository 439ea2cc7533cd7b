/* What exists already: one listing of the destination before anything is sent. One page of a
 * listing replaces a thousand HEAD requests. Each listed key that the run names is
 * shown to on_seen with its row, to be compared with what the ledger knows.
 *
 * If the ledger recorded versions, versions are listed: of each key the newest, with its id. If
 * that is refused, keys are listed without, and no entry with a version can be recognised by it.
 *
 * If the listing is denied, or the prefix holds far more than the manifest, nothing is known and
 * each entry is looked up separately.
 *
 * Threads: the loop's thread. on_done fires once, from the loop.
 */
#ifndef ACC_BUCKET_PRESENCE_H
#define ACC_BUCKET_PRESENCE_H

#include "base/marks.h"
#include "ledger/ledger.h"
#include "s3/ops/ops.h"

struct acc_presence {
    /* set by the user */
    struct acc_s3 *s3;
    struct acc_ledger *ledger;
    int64_t run;
    uint64_t entries; /* of the run: a listing much longer than that is given up */
    bool versions;    /* the ledger has recorded some */
    /* `item->version_id` is "" when the listing shows none. May post to the ledger, not ask it. */
    void (*on_seen)(struct acc_presence *presence, const struct acc_row *row,
                    const struct acc_s3_listed *item);
    /* A listed key below the prefix that no entry of the run has; may be NULL. */
    void (*on_unnamed)(struct acc_presence *presence, const char *path);
    void (*on_done)(struct acc_presence *presence);

    /* results */
    bool known;         /* the listing is complete: what is not in it does not exist */
    enum acc_code code; /* not ACC_OK: the run cannot go on; `call` says why */
    struct acc_error err;
    uint64_t listed, pages;
    struct acc_s3_call call; /* the last one */

    /* private */
    struct acc_s3_page page;
    struct acc_marks marks; /* by entry: 1 when it was listed */
    struct acc_str key;     /* the last one; of versions the newest comes first */
    bool cancelled;
};

void acc_presence_start(struct acc_presence *presence);
void acc_presence_cancel(struct acc_presence *presence);
/* Whether the entry's key was listed; means something when `known`. */
bool acc_presence_of(const struct acc_presence *presence, int64_t entry);
void acc_presence_release(struct acc_presence *presence);

#endif
