/* Reading a large file and sending its parts.
 *
 * One read job at a time fills the ticket of the next part and feeds the file's digests. The part's
 * own digest comes out of the same pass where the processor can do that and cores are scarce
 * (hash_in_one_pass), else of a job of its own while the next part is being read. The part is sent
 * from that very buffer. Tickets bound how far reading runs ahead. A part that the server
 * already holds with this very digest is not sent again.
 *
 * The first error posts its event and nothing more is started; jobs and requests in progress come
 * to their end, and each part gives its ticket back when it has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ingest/upload/actions.h"

struct acc_upload_part {
    struct acc_upload *upload;
    struct acc_link link; /* in upload->multipart.sending */
    int32_t number;
    size_t len;
    struct acc_ticket ticket;
    struct acc_job job;
    struct acc_digests digests; /* job_only while the job runs, as are the two below */
    uint32_t wanted;            /* those that the job computes */
    uint64_t crc;
    struct acc_s3_call call;
    bool is_last, waiting; /* for its ticket */
};

static void read_next(struct acc_upload *u);

bool acc_upload_set_parts(struct acc_upload *u, int64_t file_size)
{
    if (!u->facts.has_upload || u->multipart.part_size <= 0)
        u->multipart.part_size = acc_s3_part_size(file_size, u->env->part_size);
    if (u->multipart.part_size == 0 ||
        !acc_tickets_possible(u->env->tickets, (size_t)u->multipart.part_size) ||
        (file_size + u->multipart.part_size - 1) / u->multipart.part_size > ACC_S3_PARTS_MAX) {
        char bytes[32], part[32];
        if (u->facts.has_upload && u->multipart.part_size > 0) {
            u->multipart.stays = true;
            return acc_error_set(
                       &u->err, ACC_FILE_TOO_LARGE,
                       "an earlier run started this upload with parts of %s, and --memory is "
                       "too small for them. The parts already sent are kept. Run again with "
                       "--memory at least three times that.",
                       acc_show_bytes((double)u->multipart.part_size, part)) == ACC_OK;
        }
        acc_error_set(&u->err, ACC_FILE_TOO_LARGE,
                      "%s in 10,000 parts needs parts of %s. Run again with --memory at "
                      "least three times that.",
                      acc_show_bytes((double)file_size, bytes),
                      acc_show_bytes((double)u->multipart.part_size, part));
        return false;
    }
    u->file.size = file_size;
    /* A file found empty when its upload is resumed has one part of no bytes. */
    u->multipart.part_count =
        file_size > 0 ? (int32_t)((file_size + u->multipart.part_size - 1) / u->multipart.part_size)
                      : 1;
    u->multipart.next_part = u->multipart.parts_done = 0;
    u->multipart.bytes_sent = u->multipart.bytes_kept = 0;
    free(u->multipart.parts);
    free(u->multipart.crcs);
    u->multipart.parts = acc_calloc((size_t)u->multipart.part_count, sizeof *u->multipart.parts);
    u->multipart.crcs = acc_s3_checksum_joins(u->multipart.checksum)
                            ? acc_calloc((size_t)u->multipart.part_count, sizeof *u->multipart.crcs)
                            : NULL;
    return true;
}

void acc_upload_transfer_release(struct acc_upload *u)
{
    free(u->multipart.parts);
    free(u->multipart.on_server);
    free(u->multipart.crcs);
    u->multipart.parts = u->multipart.on_server = NULL;
    u->multipart.crcs = NULL;
    u->multipart.part_count = u->multipart.next_part = u->multipart.parts_done = 0;
}

static void free_part(struct acc_upload_part *part)
{
    struct acc_upload *u = part->upload;
    acc_tickets_give(u->env->tickets, &part->ticket);
    acc_list_remove(&part->link);
    acc_s3_call_release(&part->call);
    free(part);
}

static bool may_go_on(const struct acc_upload *u)
{
    return u->state == ACC_UPLOAD_TRANSFERRING;
}

/* Only if the user asks for it: a run without --part-checksum finishes such an upload with signed
 * parts. */
static bool sends_unsigned(const struct acc_upload *u)
{
    return u->multipart.checksum == ACC_S3_CHECKSUM_CRC32C && u->env->unsigned_parts;
}

static struct acc_s3_sum sum_of(const struct acc_upload_part *part)
{
    enum acc_s3_checksum kind = part->upload->multipart.checksum;
    if (acc_s3_checksum_joins(kind))
        return acc_s3_sum_crc(kind, part->crc);
    if (kind == ACC_S3_CHECKSUM_SHA256)
        return acc_s3_sum_sha256(part->digests.value[ACC_SHA256]);
    return (struct acc_s3_sum){0};
}

/* ---- a part is on the server ---- */

static void part_is_there(struct acc_upload_part *part, const char *etag)
{
    struct acc_upload *u = part->upload;
    struct acc_part_row *row = &u->multipart.parts[part->number - 1];
    row->number = part->number;
    row->size = (int64_t)part->len;
    memcpy(row->sha256, part->digests.value[ACC_SHA256], ACC_SHA256_LEN);
    snprintf(row->etag, sizeof row->etag, "%s", etag);
    if (u->multipart.crcs != NULL)
        u->multipart.crcs[part->number - 1] = part->crc;
    u->multipart.parts_done++;
    u->multipart.bytes_sent += row->size;
}

static void record_part(struct acc_upload_part *part)
{
    struct acc_upload *u = part->upload;
    struct acc_record record = {.kind = ACC_RECORD_PART_DONE,
                                .run = u->env->run,
                                .entry = u->id,
                                .part = u->multipart.parts[part->number - 1]};
    acc_ledger_post(u->env->ledger, &record);
}

static void part_over(struct acc_upload_part *part)
{
    struct acc_upload *u = part->upload;
    free_part(part);
    if (may_go_on(u) && u->file.hashed && u->multipart.parts_done == u->multipart.part_count)
        acc_upload_post(u, ACC_ON_TRANSFERRED);
    acc_upload_end(u);
}

static void on_part_sent(struct acc_s3_call *call)
{
    struct acc_upload_part *part = ACC_CONTAINER_OF(call, struct acc_upload_part, call);
    struct acc_upload *u = part->upload;
    struct acc_s3_sum sum = sum_of(part);
    bool heard = call->class == ACC_S3_OK && acc_s3_confirms(call, &sum);
    u->multipart.heard = u->multipart.heard || heard;
    if (call->class == ACC_S3_OK && call->unsigned_body && !heard) {
        /* The server has not checked what arrived. It must not look as if it had. */
        call->class = ACC_S3_PROTOCOL;
        snprintf(call->message, sizeof call->message, "it did not check x-amz-checksum-crc32c");
        acc_upload_call_failed(u, call);
    } else if (call->class == ACC_S3_OK) {
        struct acc_s3_object object;
        acc_s3_read_object(call, &object);
        part_is_there(part, object.etag);
        record_part(part);
    } else if (call->class == ACC_S3_RESTART && may_go_on(u)) {
        acc_s3_call_error(call, &u->err);
        acc_upload_post(u, ACC_ON_RESTART);
    } else if (call->class != ACC_S3_RESTART) {
        acc_upload_call_failed(u, call);
    }
    part_over(part);
}

/* ---- hashing a part ---- */

/* What the server holds under this number is this part, by the SHA-256 on record. */
static bool is_on_server(const struct acc_upload_part *part)
{
    const struct acc_upload *u = part->upload;
    if (u->multipart.on_server == NULL || u->multipart.on_server[part->number - 1].number == 0)
        return false;
    const struct acc_part_row *there = &u->multipart.on_server[part->number - 1];
    return there->size == (int64_t)part->len &&
           memcmp(there->sha256, part->digests.value[ACC_SHA256], ACC_SHA256_LEN) == 0;
}

static void work_hash_part(struct acc_job *job)
{
    struct acc_upload_part *part = ACC_CONTAINER_OF(job, struct acc_upload_part, job);
    struct acc_digests digests = {0};
    acc_hash(part->upload->env->algs, part->wanted, part->ticket.data, part->len, &digests);
    acc_digests_merge(&part->digests, &digests);
}

/* The part's digests are known. */
static void send_part(struct acc_upload_part *part)
{
    struct acc_upload *u = part->upload;
    if (is_on_server(part)) {
        part_is_there(part, u->multipart.on_server[part->number - 1].etag);
        u->multipart.bytes_kept += (int64_t)part->len;
        part_over(part);
        return;
    }
    struct acc_s3_sum sum = sum_of(part);
    acc_s3_upload_part(&part->call, u->env->s3, acc_str_cstr(&u->key),
                       acc_str_cstr(&u->multipart.id), part->number, part->ticket.data, part->len,
                       part->digests.value[ACC_SHA256], &sum);
    part->call.unsigned_body = sends_unsigned(u);
    if (acc_digests_has(&part->digests, ACC_MD5))
        part->call.body_md5 = part->digests.value[ACC_MD5];
    part->call.on_done = on_part_sent;
    acc_s3_call_start(&part->call);
}

static void on_part_hashed(struct acc_job *job)
{
    struct acc_upload_part *part = ACC_CONTAINER_OF(job, struct acc_upload_part, job);
    if (may_go_on(part->upload))
        send_part(part);
    else
        part_over(part);
}

static void hash_and_send(struct acc_upload_part *part)
{
    struct acc_upload *u = part->upload;
    const struct acc_part_row *there =
        u->multipart.on_server ? &u->multipart.on_server[part->number - 1] : NULL;
    bool held = there != NULL && there->number != 0;
    part->wanted = sends_unsigned(u) && !held ? 0 : 1u << ACC_SHA256;
    if (acc_s3_demands_md5(u->env->s3))
        part->wanted |= 1u << ACC_MD5;
    part->wanted &= ~part->digests.present;
    if (part->wanted == 0) {
        send_part(part);
        return;
    }
    part->job.work = work_hash_part;
    part->job.done = on_part_hashed;
    acc_job_start(u->env->loop, &part->job);
}

/* ---- reading ---- */

static void work_read_part(struct acc_job *job)
{
    struct acc_upload_part *part = ACC_CONTAINER_OF(job, struct acc_upload_part, job);
    struct acc_upload *u = part->upload;
    struct acc_content *content = &u->file.job_only.content;
    u->file.job_only.code =
        acc_content_read(content, part->ticket.data, part->len, &u->file.job_only.err);
    if (u->file.job_only.code == ACC_OK && (content->parts & ACC_CONTENT_PARTS_SHA256)) {
        acc_content_part_sha256(content, part->digests.value[ACC_SHA256]);
        part->digests.present = 1u << ACC_SHA256;
    }
    if (u->file.job_only.code == ACC_OK && acc_s3_checksum_joins(u->multipart.checksum)) {
        part->crc = acc_content_part_crc(content);
        u->file.job_only.crc =
            acc_s3_checksum_join(u->multipart.checksum, u->file.job_only.crc, part->crc, part->len);
    }
    if (u->file.job_only.code == ACC_OK && part->is_last)
        u->file.job_only.code =
            acc_content_finish(content, &u->file.job_only.digests, &u->file.job_only.err);
}

static void on_part_read(struct acc_job *job)
{
    struct acc_upload_part *part = ACC_CONTAINER_OF(job, struct acc_upload_part, job);
    struct acc_upload *u = part->upload;
    u->file.reading = false;
    if (!may_go_on(u)) {
        part_over(part);
    } else if (u->file.job_only.code != ACC_OK) {
        acc_upload_file_failed(u);
        u->env->on_read(u->env, u);
        part_over(part);
    } else {
        u->file.hashed = part->is_last;
        if (part->is_last) {
            acc_content_close(&u->file.job_only.content);
            u->env->on_read(u->env, u);
        }
        read_next(u);
        hash_and_send(part);
    }
}

static void start_read(struct acc_upload_part *part)
{
    part->waiting = false;
    part->job.work = work_read_part;
    part->job.done = on_part_read;
    acc_job_start(part->upload->env->loop, &part->job);
}

static void on_ticket(struct acc_ticket *ticket)
{
    struct acc_upload_part *part = ACC_CONTAINER_OF(ticket, struct acc_upload_part, ticket);
    if (may_go_on(part->upload)) {
        start_read(part);
    } else {
        part->upload->file.reading = false;
        part_over(part);
    }
}

static void read_next(struct acc_upload *u)
{
    if (u->file.reading || u->multipart.next_part == u->multipart.part_count)
        return;
    struct acc_upload_part *part = ACC_NEW(struct acc_upload_part);
    int64_t offset = u->multipart.next_part * u->multipart.part_size, left = u->file.size - offset;
    part->upload = u;
    part->number = ++u->multipart.next_part;
    part->len = (size_t)(left < u->multipart.part_size ? left : u->multipart.part_size);
    part->is_last = u->multipart.next_part == u->multipart.part_count;
    part->ticket.size = (size_t)u->multipart.part_size;
    part->ticket.on_ticket = on_ticket;
    acc_list_push(&u->multipart.sending, &part->link);
    u->file.reading = true;
    acc_upload_begin(u);
    if (acc_tickets_take(u->env->tickets, &part->ticket))
        start_read(part);
    else
        part->waiting = true;
}

/* Two digests in one pass are less work than two passes, but one job's work. With cores to spare
 * two jobs are done sooner. */
static bool hash_in_one_pass(const struct acc_upload *u)
{
    unsigned cores = uv_available_parallelism();
    return cores < 4 || *u->env->large_under_way * 2 >= cores;
}

void acc_upload_do_transfer(struct acc_upload *u)
{
    unsigned parts = u->multipart.checksum == ACC_S3_CHECKSUM_CRC32C ? ACC_CONTENT_PARTS_CRC32C
                     : u->multipart.checksum == ACC_S3_CHECKSUM_CRC64NVME
                         ? ACC_CONTENT_PARTS_CRC64NVME
                         : 0;
    if (!sends_unsigned(u) && hash_in_one_pass(u))
        parts |= ACC_CONTENT_PARTS_SHA256;
    u->file.job_only.crc = 0;
    acc_content_in_parts(&u->file.job_only.content, parts);
    read_next(u);
}

void acc_upload_transfer_cancel(struct acc_upload *u, bool waiting_only)
{
    for (struct acc_link *link = u->multipart.sending.next, *next; link != &u->multipart.sending;
         link = next) {
        struct acc_upload_part *part = ACC_CONTAINER_OF(link, struct acc_upload_part, link);
        next = link->next;
        if (part->waiting) {
            u->file.reading = false;
            free_part(part);
            u->machine.busy--; /* called while draining, which looks at it next */
        } else if (waiting_only) {
            acc_s3_call_cancel_waiting(&part->call);
        } else {
            acc_s3_call_cancel(&part->call);
        }
    }
}
