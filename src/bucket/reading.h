/* The one reader of objects: their bytes in order, hashed and handed on while they arrive.
 *
 *     curl ──on_data──> chunk being filled ──full──> chunks in turn ──job──> take() + hasher
 *                             ▲                                        │
 *                             └────────── ticket given back ◀──────────┘
 *
 *     acc_reading_prepare -> [acc_reading_feed...] -> acc_reading_start -> [take...] -> on_done
 *
 * The bytes are copied once, into tickets of the common pool. When this object has its share of
 * them, or the pool has none left, the transfer pauses and TCP does the rest. A chunk is sealed
 * before another ticket is asked for, so no reading ever waits while it holds what others wait for.
 * take() and the hasher see one chunk after the other, each byte once, in the object's order.
 *
 * The object itself is fetched as s3/ops/fetch.h says: over broken answers, bound to its content;
 * as bytes go on, chunks and hasher do not notice.
 *
 * Who reads: verify compares the digests, restore writes what it takes to a file.
 *
 * Threads: the loop's thread, but for take() and acc_reading_feed(), which run on the pool, one
 * call at a time. on_done fires once for each start, from the loop, never inside start or cancel.
 */
#ifndef ACC_BUCKET_READING_H
#define ACC_BUCKET_READING_H

#include "digest/hasher.h"
#include "loop/tickets.h"
#include "s3/ops/fetch.h"

/* Few and small: what is hashed while it is still in the processor's caches costs less. */
#define ACC_READING_CHUNKS 4
/* Chunks that one job may take together; the others are filled meanwhile. */
#define ACC_READING_BATCH 2
#define ACC_READING_CHUNK ((size_t)1 << 18)

/* What readings of one run share. */
struct acc_reading_env {
    struct acc_loop *loop;
    struct acc_s3 *s3;
    const struct acc_algs *algs;
    struct acc_tickets *tickets;
    int64_t bytes_read; /* by all readings */
    unsigned held_back; /* readings that are paused because hashing is behind */
};

struct acc_reading;
struct acc_reading_chunk {
    struct acc_ticket ticket;
    struct acc_reading *reading;
    size_t len;
};

struct acc_reading {
    /* set by the user before start, besides fetch.from */
    struct acc_reading_env *env;
    int64_t expected; /* bytes to come, to take no larger tickets than needed; -1 when not known */
    /* Takes the next bytes, on the pool; NULL: they are hashed only. What it returns other than
     * ACC_OK ends the reading. */
    enum acc_code (*take)(struct acc_reading *reading, const void *bytes, size_t len,
                          struct acc_error *err);
    void (*on_done)(struct acc_reading *reading);

    /* results */
    struct acc_s3_fetch fetch;  /* its call's class says how it ended */
    struct acc_error err;       /* ACC_OK, or what take() returned; the call was then cancelled */
    struct acc_digests digests; /* of what was fed and read, when the class is ACC_S3_OK */

    /* private */
    struct {
        struct acc_reading_chunk chunks[ACC_READING_CHUNKS]; /* a ring */
        unsigned first, sealed; /* sealed: to be hashed, those that a job is at included */
        unsigned hashing;       /* how many a job is at, 0: none runs */
        bool filling;           /* the chunk behind them has a ticket, or waits for one */
        bool has_ticket;
        bool ended;
    } loop_only;
    struct acc_job job;
    struct {
        struct acc_hasher hasher;
        struct acc_error err;
        unsigned count;
        struct {
            const void *bytes;
            size_t len;
        } pieces[ACC_READING_BATCH];
    } job_only;
};

/* `wanted` has a bit for each algorithm. */
void acc_reading_prepare(struct acc_reading *reading, struct acc_reading_env *env, uint32_t wanted);
/* Hashes bytes that come before `fetch.from` and are at hand already: the beginning of an object
 * that an earlier run read. take() does not see them. Any one thread, between prepare and start. */
void acc_reading_feed(struct acc_reading *reading, const void *bytes, size_t len);
/* version_id and etag may be NULL; they bind the reading to that version and that content. */
void acc_reading_start(struct acc_reading *reading, const char *key, const char *version_id,
                       const char *etag);
void acc_reading_cancel(struct acc_reading *reading);
/* Not while it runs. */
void acc_reading_release(struct acc_reading *reading);

#endif
