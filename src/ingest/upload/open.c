/* Opening: one pool job opens the file and, when it fits one PutObject, reads and hashes all of it
 * into a ticket. What is wrong with the file is FILE_BAD. The file is closed when it has been read,
 * or when the upload ends. */
#include "ingest/upload/actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"

static void on_file_read(struct acc_job *job);

static uint32_t wanted_algs(const struct acc_upload *u)
{
    return u->entry.promised.present | 1u << ACC_SHA256;
}

static bool fits_one_put(const struct acc_upload *u, int64_t size)
{
    return size <= u->env->part_size;
}

/* Detected from the first bytes. Those of a large file are read separately; the next read finds
 * them in the cache. Only the name of the type is kept, nothing of this is sent.
 */
static void find_media_type(struct acc_upload *u)
{
    struct acc_content *content = &u->file.job_only.content;
    unsigned char first[ACC_MEDIA_TYPE_BYTES];
    const void *bytes = u->file.whole.data;
    struct acc_error ignored;
    ssize_t len = content->size < ACC_MEDIA_TYPE_BYTES ? content->size : ACC_MEDIA_TYPE_BYTES;
    if (u->env->media_types == NULL || u->attributes->typed)
        return;
    if (bytes == NULL) {
        len = acc_source_peek(&content->file, first, sizeof first, &ignored);
        bytes = first;
    }
    if (len >= 0)
        acc_media_type_of(u->env->media_types, bytes, (size_t)len, u->file.job_only.media_type);
}

/* On the pool: opens the file and, when it is small, reads and hashes all of it. */
static void work_open(struct acc_job *job)
{
    struct acc_upload *u = ACC_CONTAINER_OF(job, struct acc_upload, file.job);
    struct acc_content *content = &u->file.job_only.content;
    u->file.job_only.code = acc_content_open(content, u->env->source, u->env->algs, wanted_algs(u),
                                             u->entry.path, u->entry.size, &u->file.job_only.err);
    if (u->file.job_only.code == ACC_OK && u->entry.promised.present == 0 &&
        !u->env->undigested_accepted)
        u->file.job_only.code = acc_gate_no_digest(&u->entry, &u->file.job_only.err);
    if (u->file.job_only.code != ACC_OK)
        return;
    if (u->file.whole.data == NULL) {
        find_media_type(u);
        return;
    }
    if ((size_t)content->size > u->file.whole.size)
        u->file.job_only.code =
            acc_error_set(&u->file.job_only.err, ACC_FILE_CHANGED,
                          "grew after the run started. Run the same command again.");
    if (u->file.job_only.code == ACC_OK)
        u->file.job_only.code = acc_content_read(content, u->file.whole.data, (size_t)content->size,
                                                 &u->file.job_only.err);
    if (u->file.job_only.code == ACC_OK && acc_s3_checksum_joins(u->env->put_checksum))
        u->file.job_only.crc =
            acc_s3_checksum_crc(u->env->put_checksum, 0, u->file.whole.data, (size_t)content->size);
    if (u->file.job_only.code == ACC_OK && u->file.job_only.with_md5)
        acc_hash(u->env->algs, 1u << ACC_MD5, u->file.whole.data, (size_t)content->size,
                 &u->file.job_only.md5);
    if (u->file.job_only.code == ACC_OK)
        u->file.job_only.code =
            acc_content_finish(content, &u->file.job_only.digests, &u->file.job_only.err);
    if (u->file.job_only.code == ACC_OK)
        find_media_type(u);
}

static void start_open(struct acc_upload *u)
{
    u->file.job_only.with_md5 = acc_s3_demands_md5(u->env->s3);
    u->file.job.work = work_open;
    u->file.job.done = on_file_read;
    acc_upload_begin(u);
    acc_source_expect(u->env->source, u->entry.path);
    acc_job_start(u->env->loop, &u->file.job);
}

static void on_whole_ticket(struct acc_ticket *ticket)
{
    struct acc_upload *u = ACC_CONTAINER_OF(ticket, struct acc_upload, file.whole);
    start_open(u);
    acc_upload_end(u); /* of waiting for the ticket */
}

void acc_upload_do_open(struct acc_upload *u)
{
    acc_content_close(&u->file.job_only.content);
    u->file.hashed = u->file.reading = false;
    int64_t size = u->planned >= 0 ? u->planned : u->file.size;
    if (u->facts.has_upload || size < 0 || !fits_one_put(u, size)) {
        start_open(u);
        return;
    }
    u->file.whole.size = (size_t)size;
    u->file.whole.on_ticket = on_whole_ticket;
    if (acc_tickets_take(u->env->tickets, &u->file.whole))
        start_open(u);
    else
        acc_upload_begin(u);
}

/* A small file whose size was not known before it was opened: now get a buffer, and read it. */
static void reopen_small(struct acc_upload *u, int64_t size)
{
    u->file.size = size;
    acc_upload_do_open(u);
}

static void on_file_read(struct acc_job *job)
{
    struct acc_upload *u = ACC_CONTAINER_OF(job, struct acc_upload, file.job);
    struct acc_content *content = &u->file.job_only.content;
    if (content->file.mapped.len > 0 && u->env->on_note != NULL)
        u->env->on_note(u->env, u, acc_str_cstr(&content->file.mapped));
    if (u->file.job_only.code != ACC_OK) {
        acc_upload_file_failed(u);
        u->env->on_read(u->env, u);
    } else if (u->file.whole.data != NULL) {
        u->file.size = content->size;
        acc_content_close(content);
        u->env->on_read(u->env, u);
        acc_upload_post(u, ACC_ON_OPENED_WHOLE);
    } else if (u->state != ACC_UPLOAD_OPENING) {
        /* parked or aborted meanwhile */
    } else if (!u->facts.has_upload && fits_one_put(u, content->size)) {
        reopen_small(u, content->size);
    } else if (!acc_upload_set_parts(u, content->size)) {
        acc_upload_post(u, ACC_ON_FILE_BAD);
    } else {
        acc_upload_post(u, ACC_ON_OPENED_LARGE);
    }
    acc_upload_end(u);
}
