/* Happy path: on_bytes copies into the chunk being filled, seals it when it is full, and starts the
 * job unless one runs; the job's end gives the ticket back and resumes the transfer. When the
 * answer has ended and the last chunk is taken, on_done. Failure: an attempt that breaks goes on
 * behind the last byte received; chunks and job are not touched by it. A take() that fails cancels
 * the call. Close: cancel, then on_done follows once the job has ended. */
#include "bucket/reading.h"

#include <string.h>

#include "base/mem.h"

static struct acc_reading_chunk *chunk_at(struct acc_reading *r, unsigned behind)
{
    return &r->loop_only.chunks[(r->loop_only.first + behind) % ACC_READING_CHUNKS];
}

static void give(struct acc_reading *r, struct acc_reading_chunk *chunk)
{
    acc_tickets_give(r->env->tickets, &chunk->ticket);
    chunk->len = 0;
}

static void finish_if_over(struct acc_reading *r)
{
    if (!r->loop_only.ended || r->loop_only.hashing > 0 || r->loop_only.sealed > 0)
        return;
    r->loop_only.ended = false;
    r->err = r->job_only.err;
    if (r->err.code != ACC_OK && r->fetch.call.class != ACC_S3_PRECONDITION)
        r->fetch.call.class = ACC_S3_CANCELLED; /* the last bytes came before the cancel did */
    acc_hasher_finish(&r->job_only.hasher, &r->digests);
    r->on_done(r);
}

/* ---- the chunks that one job takes together; the others are filled meanwhile ---- */

static void on_hashed(struct acc_job *job);

static void work_hash(struct acc_job *job)
{
    struct acc_reading *r = ACC_CONTAINER_OF(job, struct acc_reading, job);
    for (unsigned i = 0; i < r->job_only.count && r->job_only.err.code == ACC_OK; i++) {
        const void *bytes = r->job_only.pieces[i].bytes;
        size_t len = r->job_only.pieces[i].len;
        acc_hasher_update(&r->job_only.hasher, bytes, len);
        if (r->take != NULL)
            r->job_only.err.code = r->take(r, bytes, len, &r->job_only.err);
    }
}

static void hash_next(struct acc_reading *r)
{
    unsigned count =
        r->loop_only.sealed < ACC_READING_BATCH ? r->loop_only.sealed : ACC_READING_BATCH;
    if (r->loop_only.hashing > 0 || count == 0)
        return;
    for (unsigned i = 0; i < count; i++) {
        struct acc_reading_chunk *chunk = chunk_at(r, i);
        r->job_only.pieces[i].bytes = chunk->ticket.data;
        r->job_only.pieces[i].len = chunk->len;
    }
    r->loop_only.hashing = r->job_only.count = count;
    r->job.work = work_hash;
    r->job.done = on_hashed;
    acc_job_start(r->env->loop, &r->job);
}

static void on_hashed(struct acc_job *job)
{
    struct acc_reading *r = ACC_CONTAINER_OF(job, struct acc_reading, job);
    unsigned count = r->loop_only.hashing;
    bool failed = r->job_only.err.code != ACC_OK; /* the next job may change it */
    for (unsigned i = 0; i < count; i++)
        give(r, chunk_at(r, i));
    r->loop_only.hashing = 0;
    r->loop_only.first = (r->loop_only.first + count) % ACC_READING_CHUNKS;
    r->loop_only.sealed -= count;
    hash_next(r);
    if (failed)
        acc_s3_fetch_cancel(&r->fetch);
    acc_s3_fetch_resume(&r->fetch);
    finish_if_over(r);
}

static void seal(struct acc_reading *r)
{
    if (!r->loop_only.filling)
        return;
    struct acc_reading_chunk *chunk = chunk_at(r, r->loop_only.sealed);
    r->loop_only.filling = r->loop_only.has_ticket = false;
    if (chunk->len == 0) {
        give(r, chunk);
        return;
    }
    r->loop_only.sealed++;
    hash_next(r);
}

/* ---- receiving ---- */

static void on_ticket(struct acc_ticket *ticket)
{
    struct acc_reading_chunk *chunk = ACC_CONTAINER_OF(ticket, struct acc_reading_chunk, ticket);
    chunk->reading->loop_only.has_ticket = true;
    acc_s3_fetch_resume(&chunk->reading->fetch);
}

static size_t ticket_size(const struct acc_reading *r, size_t len)
{
    int64_t left = r->expected - r->fetch.received;
    if (r->expected < 0 || left >= (int64_t)ACC_READING_CHUNK)
        return ACC_READING_CHUNK;
    return left > (int64_t)len ? (size_t)left : len;
}

/* Makes room for `len` more bytes; false when that has to wait. */
static bool make_room(struct acc_reading *r, size_t len)
{
    struct acc_reading_chunk *chunk = chunk_at(r, r->loop_only.sealed);
    if (r->loop_only.filling && !r->loop_only.has_ticket)
        return false;
    if (r->loop_only.filling && chunk->ticket.size - chunk->len >= len)
        return true;
    seal(r);
    if (r->loop_only.sealed == ACC_READING_CHUNKS)
        return false;
    chunk = chunk_at(r, r->loop_only.sealed);
    chunk->reading = r;
    chunk->len = 0;
    chunk->ticket.size = ticket_size(r, len);
    chunk->ticket.on_ticket = on_ticket;
    r->loop_only.filling = true;
    r->loop_only.has_ticket = acc_tickets_take(r->env->tickets, &chunk->ticket);
    return r->loop_only.has_ticket;
}

static bool on_bytes(struct acc_s3_fetch *fetch, const void *bytes, size_t len)
{
    struct acc_reading *r = ACC_CONTAINER_OF(fetch, struct acc_reading, fetch);
    if (!make_room(r, len))
        return false;
    struct acc_reading_chunk *chunk = chunk_at(r, r->loop_only.sealed);
    memcpy(chunk->ticket.data + chunk->len, bytes, len);
    chunk->len += len;
    r->env->bytes_read += (int64_t)len;
    return true;
}

static void on_paused(struct acc_s3_fetch *fetch, bool paused)
{
    struct acc_reading *r = ACC_CONTAINER_OF(fetch, struct acc_reading, fetch);
    r->env->held_back += paused ? 1u : -1u;
}

static void on_fetched(struct acc_s3_fetch *fetch)
{
    struct acc_reading *r = ACC_CONTAINER_OF(fetch, struct acc_reading, fetch);
    seal(r);
    r->loop_only.ended = true;
    finish_if_over(r);
}

void acc_reading_prepare(struct acc_reading *r, struct acc_reading_env *env, uint32_t wanted)
{
    r->env = env;
    r->expected = -1;
    acc_s3_fetch_init(&r->fetch);
    r->err.code = r->job_only.err.code = ACC_OK;
    acc_hasher_init(&r->job_only.hasher, env->algs, wanted);
}

void acc_reading_feed(struct acc_reading *r, const void *bytes, size_t len)
{
    acc_hasher_update(&r->job_only.hasher, bytes, len);
}

void acc_reading_start(struct acc_reading *r, const char *key, const char *version_id,
                       const char *etag)
{
    r->fetch.on_bytes = on_bytes;
    r->fetch.on_paused = on_paused;
    r->fetch.on_done = on_fetched;
    acc_s3_fetch_start(&r->fetch, r->env->s3, key, version_id, etag);
}

void acc_reading_cancel(struct acc_reading *r)
{
    acc_s3_fetch_cancel(&r->fetch);
}

void acc_reading_release(struct acc_reading *r)
{
    acc_s3_fetch_release(&r->fetch);
    acc_hasher_release(&r->job_only.hasher);
}
