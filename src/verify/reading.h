/* Reading one object and hashing it on the pool while it arrives.
 *
 *     curl ──on_data──> chunk being filled ──full──> chunks to hash ──job──> hasher ──> digests
 *                             ▲                                        │
 *                             └────────── ticket given back ◀──────────┘
 *
 * The bytes are copied once, into tickets of the common pool. When this object has its share of
 * them, or the pool has none left, the transfer pauses and TCP does the rest. A chunk is sealed before another ticket is asked for, so no reading ever waits while it
 * holds what others wait for.
 *
 * Chunks are hashed one after the other: their order is the object's. The hasher belongs to the job
 * while one runs, else to the loop.
 *
 * Threads: the loop's thread. on_done fires once for each start, from the loop, never inside start
 * or cancel.
 */
#ifndef ACC_VERIFY_READING_H
#define ACC_VERIFY_READING_H

#include "digest/hasher.h"
#include "loop/tickets.h"
#include "s3/ops/ops.h"

/* Few and small: what is hashed while it is still in the processor's caches costs less. */
#define ACC_READING_CHUNKS 4
/* Chunks that one job may take together; the others are filled meanwhile. */
#define ACC_READING_BATCH 2
#define ACC_READING_CHUNK ((size_t)1 << 18)

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
    /* set by the user */
    struct acc_reading_env *env;
    int64_t expected; /* size, to take no larger tickets than needed; -1 when not known */
    void (*on_done)(struct acc_reading *reading);

    /* results */
    struct acc_s3_call call;     /* its class says how it ended */
    struct acc_s3_object object; /* ETag and version of what was read */
    struct acc_digests digests;
    int64_t received;

    /* private */
    struct {
        struct acc_reading_chunk chunks[ACC_READING_CHUNKS]; /* a ring */
        unsigned first, sealed; /* sealed: to be hashed, those that a job is at included */
        unsigned hashing;       /* how many a job is at, 0: none runs */
        bool filling;           /* the chunk behind them has a ticket, or waits for one */
        bool has_ticket;
        bool paused, held_back, anew, ended;
    } loop_only;
    struct acc_job job;
    struct {
        struct acc_hasher hasher;
        unsigned count;
        struct {
            const void *bytes;
            size_t len;
        } pieces[ACC_READING_BATCH];
    } job_only;
};

/* `wanted` has a bit for each algorithm; version_id and etag may be NULL. */
void acc_reading_start(struct acc_reading *reading, const char *key, const char *version_id,
                       const char *etag, uint32_t wanted);
void acc_reading_cancel(struct acc_reading *reading);
/* Not while it runs. */
void acc_reading_release(struct acc_reading *reading);

#endif
