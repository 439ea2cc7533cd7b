/* The bytes of an object, or of a range of it, in order, over any number of broken answers.
 *
 *     acc_s3_fetch_start -> [on_bytes...] -> on_done -> ... -> acc_s3_fetch_release
 *
 * An answer that breaks off is asked for again from the byte where it broke (Range), bound to the
 * ETag that the first answer showed (If-Match). As long as bytes arrive the attempts are counted
 * anew, so a large object outlives any number of broken connections. A server that answers a range
 * with the whole object is passed over up to that byte, and cut off behind the last that is wanted.
 * An object that was replaced meanwhile ends as ACC_S3_PRECONDITION, whether the server refuses the
 * ETag or shows another.
 *
 * Threads: the loop's thread only. on_done fires once for each start, from the loop, never inside
 * start or cancel.
 */
#ifndef ACC_S3_FETCH_H
#define ACC_S3_FETCH_H

#include "s3/ops/ops.h"

struct acc_s3_fetch {
    /* set by the user before start */
    int64_t from;  /* the first byte */
    int64_t until; /* the byte behind the last; -1: to the object's end */
    /* Each byte once, in order. False: there is no room; the same bytes come again after
     * acc_s3_fetch_resume(). */
    bool (*on_bytes)(struct acc_s3_fetch *fetch, const void *bytes, size_t len);
    /* Of each answer, before its first bytes: whether that is the object which is wanted. NULL:
     * whatever object it is. */
    bool (*accepts)(struct acc_s3_fetch *fetch, const struct acc_s3_object *object);
    void (*on_paused)(struct acc_s3_fetch *fetch, bool paused); /* for want of room; may be NULL */
    void (*on_done)(struct acc_s3_fetch *fetch);

    /* results */
    struct acc_s3_call call;     /* its class says how it ended */
    struct acc_s3_object object; /* as the first answer showed it; its size is that of the answer */
    int64_t received;            /* bytes that were taken, from `from` on */
    unsigned resumed;            /* how often it went on after an answer that broke off */

    /* private */
    int64_t skip;  /* bytes of the answer that were received before */
    bool answered; /* this attempt showed what it is of */
    bool paused, changed, cut;
};

/* Forgets results; `from` is 0 and `until` -1 then. */
void acc_s3_fetch_init(struct acc_s3_fetch *fetch);
/* version_id and etag may be NULL; they bind it to that version and that content. */
void acc_s3_fetch_start(struct acc_s3_fetch *fetch, struct acc_s3 *s3, const char *key,
                        const char *version_id, const char *etag);
/* There is room again; nothing when it is not paused. */
void acc_s3_fetch_resume(struct acc_s3_fetch *fetch);
void acc_s3_fetch_cancel(struct acc_s3_fetch *fetch);
/* Not while it runs. */
void acc_s3_fetch_release(struct acc_s3_fetch *fetch);

#endif
