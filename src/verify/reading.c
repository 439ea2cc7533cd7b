/* Happy path: on_data copies into the chunk being filled, seals it when it is full, and starts the
 * hash job unless one runs; the job's end gives the ticket back and resumes the transfer. When the
 * answer has ended and the last chunk is hashed, on_done. An attempt that breaks starts again from
 * the first byte: bytes not hashed yet are dropped, and new bytes wait for the job in progress,
 * which still uses the hasher. Close: cancel, then on_done follows once the job has ended. */
#include "verify/reading.h"

#include <string.h>

#include "base/mem.h"

static struct acc_reading_chunk *chunk_at(struct acc_reading *r, unsigned behind)
{
    return &r->loop_only.chunks[(r->loop_only.first + behind) % ACC_READING_CHUNKS];
}

static void hold_back(struct acc_reading *r, bool held)
{
    r->env->held_back += (unsigned)held - (unsigned)r->loop_only.held_back;
    r->loop_only.held_back = held;
}

static void resume(struct acc_reading *r)
{
    if (!r->loop_only.paused)
        return;
    r->loop_only.paused = false;
    hold_back(r, false);
    acc_http_resume(&r->call.http);
}

static void give(struct acc_reading *r, struct acc_reading_chunk *chunk)
{
    acc_tickets_give(r->env->tickets, &chunk->ticket);
    chunk->len = 0;
}

static bool begin_anew(struct acc_reading *r)
{
    if (!r->loop_only.anew)
        return true;
    if (r->loop_only.hashing > 0)
        return false;
    r->loop_only.anew = false;
    acc_hasher_init(&r->job_only.hasher, r->env->algs, r->job_only.hasher.wanted);
    return true;
}

static void finish_if_over(struct acc_reading *r)
{
    if (!r->loop_only.ended || r->loop_only.hashing > 0 || r->loop_only.sealed > 0)
        return;
    r->loop_only.ended = false;
    begin_anew(r); /* an attempt that broke, then one without a byte */
    acc_hasher_finish(&r->job_only.hasher, &r->digests);
    r->on_done(r);
}

/* The chunks that one job may take together; the others are filled meanwhile. */

static void on_hashed(struct acc_job *job);

static void work_hash(struct acc_job *job)
{
    struct acc_reading *r = ACC_CONTAINER_OF(job, struct acc_reading, job);
    for (unsigned i = 0; i < r->job_only.count; i++)
        acc_hasher_update(&r->job_only.hasher, r->job_only.pieces[i].bytes,
                          r->job_only.pieces[i].len);
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
    for (unsigned i = 0; i < count; i++)
        give(r, chunk_at(r, i));
    r->loop_only.hashing = 0;
    r->loop_only.first = (r->loop_only.first + count) % ACC_READING_CHUNKS;
    r->loop_only.sealed -= count;
    hash_next(r);
    resume(r);
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
    resume(chunk->reading);
}

static size_t ticket_size(const struct acc_reading *r, size_t len)
{
    int64_t left = r->expected - r->received;
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

static bool on_data(struct acc_s3_call *call, const void *bytes, size_t len)
{
    struct acc_reading *r = ACC_CONTAINER_OF(call, struct acc_reading, call);
    bool behind = !begin_anew(r) || !make_room(r, len);
    if (behind) {
        r->loop_only.paused = true;
        hold_back(r, true);
        return false;
    }
    struct acc_reading_chunk *chunk = chunk_at(r, r->loop_only.sealed);
    memcpy(chunk->ticket.data + chunk->len, bytes, len);
    chunk->len += len;
    r->received += (int64_t)len;
    r->env->bytes_read += (int64_t)len;
    return true;
}

/* Drops what was received and not hashed, but for the chunk that a job is at. */
static void drop(struct acc_reading *r)
{
    unsigned keep = r->loop_only.hashing;
    if (r->loop_only.filling)
        give(r, chunk_at(r, r->loop_only.sealed));
    for (unsigned i = keep; i < r->loop_only.sealed; i++)
        give(r, chunk_at(r, i));
    if (r->loop_only.sealed > keep)
        r->loop_only.sealed = keep;
    r->loop_only.filling = r->loop_only.has_ticket = r->loop_only.paused = false;
    hold_back(r, false);
}

static void on_retry(struct acc_s3_call *call)
{
    struct acc_reading *r = ACC_CONTAINER_OF(call, struct acc_reading, call);
    drop(r);
    r->received = 0;
    r->loop_only.anew = true;
}

static void on_read(struct acc_s3_call *call)
{
    struct acc_reading *r = ACC_CONTAINER_OF(call, struct acc_reading, call);
    if (call->class == ACC_S3_OK)
        acc_s3_read_object(call, &r->object);
    else
        drop(r);
    seal(r);
    r->loop_only.ended = true;
    finish_if_over(r);
}

void acc_reading_start(struct acc_reading *r, const char *key, const char *version_id,
                       const char *etag, uint32_t wanted)
{
    acc_s3_get_object(&r->call, r->env->s3, key, version_id, etag);
    r->call.on_data = on_data;
    r->call.on_retry = on_retry;
    r->call.on_done = on_read;
    r->received = 0;
    r->loop_only.anew = false;
    acc_hasher_init(&r->job_only.hasher, r->env->algs, wanted);
    acc_s3_call_start(&r->call);
}

void acc_reading_cancel(struct acc_reading *r)
{
    acc_s3_call_cancel(&r->call);
}

void acc_reading_release(struct acc_reading *r)
{
    acc_s3_call_release(&r->call);
    acc_hasher_release(&r->job_only.hasher);
}
