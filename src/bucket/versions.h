/* After the run: is what was sent the only version of its key or, where there are no versions,
 * still what the key holds?
 *
 * RGW, for one, ignores If-None-Match on versioned buckets, and two clients that write one key at
 * the same instant both succeed: the versions show it. A newer version on top of ours, or other
 * content right beneath it, is a conflict to be reported; nothing is lost, since versions are kept.
 * Without versions other content in its place means that ours was replaced. A server that cannot
 * list versions is asked for its objects, too.
 *
 * The same content next to ours is a surplus version: a write was sent again because its answer was
 * lost, and both have acted. Nothing is wrong with it but what it costs, so it is counted.
 *
 * If the answer to the write had no ETag and HEAD could not be asked, the listing gives it.
 *
 * Threads: the loop's thread. on_done fires once, from the loop.
 */
#ifndef ACC_BUCKET_VERSIONS_H
#define ACC_BUCKET_VERSIONS_H

#include "ledger/ledger.h"
#include "s3/ops/ops.h"

struct acc_versions {
    /* set by the user */
    struct acc_s3 *s3;
    struct acc_ledger *ledger;
    int64_t run;
    uint64_t entries, sent;
    uint64_t delay_ms; /* before the first look */
    bool flat; /* the bucket keeps no versions: its objects are listed, since what servers list as
                  their "null" versions is not always what the keys hold (SeaweedFS) */
    /* `row` is the entry as archived by this run. */
    void (*on_conflict)(struct acc_versions *versions, const struct acc_row *row,
                        const char *reason);
    /* `row` is archived without an ETag or a version id, and `item` is what the listing has of it.
     */
    void (*on_learnt)(struct acc_versions *versions, const struct acc_row *row,
                      const struct acc_s3_listed *item);
    void (*on_done)(struct acc_versions *versions);

    /* results */
    bool confirmed; /* every key that was sent was looked at */
    uint64_t checked;
    uint64_t surplus,
        surplus_keys; /* versions beside ours with the same content, of so many keys */
    struct acc_str first_surplus_key; /* of these */

    /* private */
    struct acc_s3_call call;
    struct acc_s3_page page;
    struct acc_ledger_cursor *cursor; /* when keys are looked up one by one */
    struct acc_str one_key;
    struct acc_str key; /* whose versions are being read */
    bool ours_seen, interesting, surplus_seen;
    struct acc_s3_listed above;
    uint64_t pages;
    bool cancelled, failed;
};

void acc_versions_start(struct acc_versions *versions);
void acc_versions_cancel(struct acc_versions *versions);
void acc_versions_release(struct acc_versions *versions);

#endif
