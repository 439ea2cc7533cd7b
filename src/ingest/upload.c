/* One entry on its way into the bucket.
 *
 * Happy path of a small file: one job opens, reads and hashes it into a ticket, the gate compares,
 * one PutObject makes it visible, one ledger record makes it durable. Of a large one: Create, then
 * reading with parts sent behind it (transfer.c), the gate, Complete, the record. Failure: every
 * error becomes one of four events (FILE_BAD, REQUEST_BAD, DENIED, SERVER_LOST) with its reason in
 * `err`; the rules decide whether to abort, hold or park. End: DONE, FAILED or PARKED, with nothing
 * under way any more. */
#include "ingest/upload.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"

/* Beginning a file again more often than this helps nobody. */
#define TRIES_MAX 4

static void apply(struct acc_upload *u, enum acc_upload_event event);

/* ---- the machine ---- */

static bool is_settling(enum acc_upload_state state)
{
    return state == ACC_UPLOAD_ABORTING || state == ACC_UPLOAD_PARKING ||
           state == ACC_UPLOAD_RESTARTING;
}

static void drain(struct acc_upload *u)
{
    u->draining = true;
    for (;;) {
        if (u->queued > 0) {
            enum acc_upload_event event = u->queue[u->first];
            u->first = (u->first + 1) % ACC_UPLOAD_EVENTS_QUEUED;
            u->queued--;
            apply(u, event);
        } else if (is_settling(u->state) && u->busy == 0 && !u->idle_told) {
            u->idle_told = true;
            apply(u, ACC_ON_IDLE);
        } else {
            break;
        }
    }
    u->draining = false;
}

void acc_upload_post(struct acc_upload *u, enum acc_upload_event event)
{
    if (u->queued == ACC_UPLOAD_EVENTS_QUEUED)
        abort(); /* each operation posts at most one, and fewer than that run at once but for parts'
                    errors */
    u->queue[(u->first + u->queued++) % ACC_UPLOAD_EVENTS_QUEUED] = event;
    if (u->draining)
        return;
    drain(u);
    if (acc_upload_is_over(u->state) && u->busy == 0)
        u->env->on_over(u->env, u);
}

void acc_upload_begin(struct acc_upload *u)
{
    u->busy++;
}

void acc_upload_end(struct acc_upload *u)
{
    u->busy--;
    if (u->draining)
        return;
    drain(u);
    if (acc_upload_is_over(u->state) && u->busy == 0)
        u->env->on_over(u->env, u);
}

void acc_upload_call_failed(struct acc_upload *u, struct acc_s3_call *call)
{
    switch (u->state) {
    case ACC_UPLOAD_HELD:
    case ACC_UPLOAD_ABORTING:
    case ACC_UPLOAD_PARKING:
    case ACC_UPLOAD_RESTARTING:
        return; /* the first reason is the one to tell */
    default:
        break;
    }
    acc_s3_call_error(call, &u->err);
    u->trouble = call;
    u->lost_class = call->class;
    switch (call->class) {
    case ACC_S3_DENIED:
        acc_upload_post(u, ACC_ON_DENIED);
        break;
    case ACC_S3_KEY:
    case ACC_S3_MISSING:
    case ACC_S3_PRECONDITION:
        acc_upload_post(u, ACC_ON_REQUEST_BAD);
        break;
    default:
        acc_upload_post(u, ACC_ON_SERVER_LOST);
        break;
    }
    u->trouble = NULL;
}

/* ---- actions ---- */

static void on_file_read(struct acc_job *job);

static uint32_t wanted_algs(const struct acc_upload *u)
{
    return u->entry.promised.present | 1u << ACC_SHA256;
}

static bool fits_one_put(const struct acc_upload *u, int64_t size)
{
    return size <= u->env->part_size;
}

/* Told from the first bytes; of a large file they are read apart, from the cache that the next read
 * of the same bytes will find them in. Only the name of the type is kept, nothing of this is sent.
 */
static void find_media_type(struct acc_upload *u)
{
    const struct acc_content *content = &u->job_only.content;
    unsigned char first[ACC_MEDIA_TYPE_BYTES];
    const void *bytes = u->whole.data;
    ssize_t len = content->size < ACC_MEDIA_TYPE_BYTES ? content->size : ACC_MEDIA_TYPE_BYTES;
    if (u->env->media_types == NULL)
        return;
    if (bytes == NULL) {
        len = pread(content->fd, first, sizeof first, 0);
        bytes = first;
    }
    if (len >= 0)
        acc_media_type_of(u->env->media_types, bytes, (size_t)len, u->job_only.media_type);
}

/* On the pool: opens the file and, when it is small, reads and hashes all of it. */
static void work_open(struct acc_job *job)
{
    struct acc_upload *u = ACC_CONTAINER_OF(job, struct acc_upload, file_job);
    struct acc_content *content = &u->job_only.content;
    u->job_only.code = acc_content_open(content, u->env->source, u->env->algs, wanted_algs(u),
                                        u->entry.path, u->entry.size, &u->job_only.err);
    if (u->job_only.code != ACC_OK)
        return;
    if (u->whole.data == NULL) {
        find_media_type(u);
        return;
    }
    if ((size_t)content->size > u->whole.size)
        u->job_only.code =
            acc_error_set(&u->job_only.err, ACC_FILE_CHANGED,
                          "became longer since the run began. Run the same command again.");
    if (u->job_only.code == ACC_OK)
        u->job_only.code =
            acc_content_read(content, u->whole.data, (size_t)content->size, &u->job_only.err);
    if (u->job_only.code == ACC_OK)
        u->job_only.code = acc_content_finish(content, &u->job_only.digests, &u->job_only.err);
    if (u->job_only.code == ACC_OK)
        find_media_type(u);
}

static void start_open(struct acc_upload *u)
{
    u->file_job.work = work_open;
    u->file_job.done = on_file_read;
    acc_upload_begin(u);
    acc_job_start(u->env->loop, &u->file_job);
}

static void on_whole_ticket(struct acc_ticket *ticket)
{
    struct acc_upload *u = ACC_CONTAINER_OF(ticket, struct acc_upload, whole);
    start_open(u);
    acc_upload_end(u); /* of waiting for the ticket */
}

static void do_open(struct acc_upload *u)
{
    acc_content_close(&u->job_only.content);
    u->hashed = u->reading = false;
    int64_t size = u->entry.size >= 0 ? u->entry.size : u->known_size;
    if (u->facts.has_upload || size < 0 || !fits_one_put(u, size)) {
        start_open(u);
        return;
    }
    u->whole.size = (size_t)size;
    u->whole.on_ticket = on_whole_ticket;
    if (acc_tickets_take(u->env->tickets, &u->whole))
        start_open(u);
    else
        acc_upload_begin(u);
}

/* A small file whose size nobody knew before it was opened: now get a buffer, and read it. */
static void reopen_small(struct acc_upload *u, int64_t size)
{
    u->known_size = size;
    do_open(u);
}

static void on_file_read(struct acc_job *job)
{
    struct acc_upload *u = ACC_CONTAINER_OF(job, struct acc_upload, file_job);
    struct acc_content *content = &u->job_only.content;
    if (content->mapped.len > 0 && u->env->on_note != NULL)
        u->env->on_note(u->env, u, acc_str_cstr(&content->mapped));
    if (u->job_only.code != ACC_OK) {
        u->err = u->job_only.err;
        acc_upload_post(u, ACC_ON_FILE_BAD);
    } else if (u->whole.data != NULL) {
        u->file_size = content->size;
        acc_content_close(content);
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

/* Posts a record whose durability is the next event. */
static void post_record(struct acc_upload *u, enum acc_record_kind kind,
                        void (*on_durable)(struct acc_record *, const struct acc_error *))
{
    u->record = (struct acc_record){
        .kind = kind,
        .run = u->env->run,
        .entry = u->id,
        .upload_id = acc_str_cstr(&u->upload_id),
        .token = u->token,
        .part_size = u->part_size,
        .archived = u->archived,
        .code = u->err.code,
        .reason = u->err.message,
        .on_durable = on_durable,
    };
    if (on_durable != NULL)
        acc_upload_begin(u);
    acc_ledger_post(u->env->ledger, &u->record);
}

static void after_record(struct acc_record *record, const struct acc_error *failed,
                         enum acc_upload_event event)
{
    struct acc_upload *u = ACC_CONTAINER_OF(record, struct acc_upload, record);
    if (failed != NULL) {
        u->err = *failed;
        u->lost_class = ACC_S3_OK;
        acc_upload_post(u, ACC_ON_SERVER_LOST);
    } else {
        acc_upload_post(u, event);
    }
    acc_upload_end(u);
}

static void on_begun_durable(struct acc_record *record, const struct acc_error *failed)
{
    after_record(record, failed, ACC_ON_CREATED);
}

static void on_created(struct acc_s3_call *call)
{
    struct acc_upload *u = ACC_CONTAINER_OF(call, struct acc_upload, call);
    if (call->attempts > 1)
        u->env->on_doubt(u->env, u);
    if (call->class == ACC_S3_OK && acc_s3_read_create_upload(call, &u->upload_id)) {
        u->facts.has_upload = true;
        post_record(u, ACC_RECORD_UPLOAD_BEGUN, on_begun_durable);
    } else {
        if (call->class == ACC_S3_OK)
            call->class = ACC_S3_PROTOCOL;
        acc_upload_call_failed(u, call);
    }
    acc_upload_end(u);
}

static void new_token(struct acc_upload *u)
{
    uint8_t random[16];
    char hex[33];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        abort(); /* without it an upload could not be told from another's */
    acc_hex_encode(random, sizeof random, hex);
    snprintf(u->token, sizeof u->token, "%s", hex);
}

static const char crc32c_mark[] = "-crc32c";

/* A later run that takes up the upload learns from the token which checksum its parts have. */
static void begin_checksum(struct acc_upload *u)
{
    u->checksum = u->env->part_checksum;
    if (u->checksum == ACC_S3_CHECKSUM_CRC32C)
        strcat(u->token, crc32c_mark);
}

static void add_claims(struct acc_upload *u, struct acc_s3_call *call)
{
    char sha256[ACC_DIGEST_MAX * 2 + 1];
    acc_s3_call_header(call, ACC_S3_META_TOKEN, u->token);
    if (u->job_only.media_type[0] != '\0')
        acc_s3_call_header(call, "content-type", u->job_only.media_type);
    /* Metadata is fixed at Create, before the file is read: only what the manifest says can stand
     * there. */
    if (acc_digests_has(&u->entry.promised, ACC_SHA256)) {
        acc_digests_hex(&u->entry.promised, ACC_SHA256, sha256);
        acc_s3_call_header(call, ACC_S3_META_SHA256, sha256);
    }
}

static void do_create(struct acc_upload *u)
{
    new_token(u);
    begin_checksum(u);
    acc_s3_create_upload(&u->call, u->env->s3, acc_str_cstr(&u->key), u->checksum);
    add_claims(u, &u->call);
    u->call.on_done = on_created;
    u->create_started = acc_clock_now();
    acc_upload_begin(u);
    acc_s3_call_start(&u->call);
}

static void on_gated_durable(struct acc_record *record, const struct acc_error *failed)
{
    after_record(record, failed, ACC_ON_GATE_OPEN);
}

static void do_gate(struct acc_upload *u)
{
    u->modified = u->job_only.content.first.st_mtim;
    struct acc_gate_facts facts = {
        .computed = &u->job_only.digests,
        .size = u->file_size,
        .modified = u->modified.tv_sec * 1000 + u->modified.tv_nsec / 1000000,
        .body = u->whole.data,
    };
    acc_verified_free(u->verified);
    u->verified = acc_gate_pass(&u->entry, &facts, &u->err);
    if (u->verified == NULL) {
        acc_upload_post(u, ACC_ON_GATE_SHUT);
    } else if (u->facts.has_upload) {
        /* On record before Complete is sent: a run that is killed in between must know that finding
         * the object there is success. */
        u->archived.digests = *acc_verified_digests(u->verified);
        post_record(u, ACC_RECORD_UPLOAD_GATED, on_gated_durable);
    } else {
        acc_upload_post(u, ACC_ON_GATE_OPEN);
    }
}

static void after_read_back(struct acc_readback *readback, enum acc_upload_event event)
{
    struct acc_upload *u = ACC_CONTAINER_OF(readback, struct acc_upload, readback);
    if (readback->lacking != 0)
        u->env->on_lacking(u->env, u);
    acc_upload_post(u, event);
    acc_upload_end(u);
}

static void on_read_back(struct acc_readback *readback)
{
    after_read_back(readback, ACC_ON_COMMITTED);
}

static void on_proven_read_back(struct acc_readback *readback)
{
    after_read_back(readback, ACC_ON_PROVEN_SAME);
}

static void read_back(struct acc_upload *u, bool look_only, void (*on_done)(struct acc_readback *))
{
    u->readback.s3 = u->env->s3;
    u->readback.attributes = u->env->attributes;
    u->readback.key = acc_str_cstr(&u->key);
    u->readback.version_id = u->object.version_id;
    u->readback.look_only = look_only;
    u->readback.on_done = on_done;
    acc_upload_begin(u);
    acc_readback_start(&u->readback);
}

static void on_committed(struct acc_commit *commit)
{
    struct acc_upload *u = ACC_CONTAINER_OF(commit, struct acc_upload, commit);
    switch (commit->result) {
    case ACC_COMMIT_DONE:
        u->object = commit->object;
        if (u->env->attributes->any)
            read_back(u, false, on_read_back);
        else
            acc_upload_post(u, ACC_ON_COMMITTED);
        break;
    case ACC_COMMIT_EXISTS:
        u->facts.key_exists = true;
        acc_upload_post(u, ACC_ON_EXISTS);
        break;
    case ACC_COMMIT_RESTART:
        acc_s3_call_error(&commit->call, &u->err);
        acc_upload_post(u, ACC_ON_RESTART);
        break;
    case ACC_COMMIT_DENIED:
    case ACC_COMMIT_REFUSED:
    case ACC_COMMIT_LOST:
        acc_upload_call_failed(u, &commit->call);
        break;
    }
    acc_upload_end(u);
}

static void list_parts_for_complete(struct acc_upload *u)
{
    acc_s3_complete_begin(&u->parts_xml);
    for (int32_t i = 0; i < u->part_count; i++) {
        uint32_t crc32c = u->crc32c != NULL ? htonl(u->crc32c[i]) : 0;
        acc_s3_complete_part(&u->parts_xml, i + 1, u->parts[i].etag, u->checksum,
                             u->crc32c != NULL ? (const uint8_t *)&crc32c : u->parts[i].sha256);
    }
    acc_s3_complete_end(&u->parts_xml);
}

static void do_commit(struct acc_upload *u)
{
    struct acc_commit *commit = &u->commit;
    bool multipart = u->facts.has_upload;
    if (multipart)
        list_parts_for_complete(u);
    else
        new_token(u);
    commit->s3 = u->env->s3;
    commit->verified = u->verified;
    commit->key = acc_str_cstr(&u->key);
    commit->token = u->token;
    commit->upload_id = multipart ? acc_str_cstr(&u->upload_id) : NULL;
    commit->parts_xml = &u->parts_xml;
    commit->media_type = u->job_only.media_type;
    /* A large file takes long: what was listed at the start of the run may be old news by now. */
    commit->look_first = multipart || u->env->look_before_put;
    commit->mind_rivals = multipart && !acc_s3_complete_is_conditional(u->env->s3);
    commit->on_done = on_committed;
    acc_upload_begin(u);
    acc_commit_start(commit);
}

/* What the ledger has was read back when it was written. An upload of ours whose Complete was not
 * heard of was not, and may lack its lock; what others wrote is compared and left alone. */
static void prove_attributes(struct acc_upload *u)
{
    if (u->env->attributes->any && strcmp(u->prove.proof, "ledger") != 0)
        read_back(u, strcmp(u->prove.proof, "sent") != 0, on_proven_read_back);
    else
        acc_upload_post(u, ACC_ON_PROVEN_SAME);
}

static void on_proven(struct acc_prove *prove)
{
    struct acc_upload *u = ACC_CONTAINER_OF(prove, struct acc_upload, prove);
    switch (prove->result) {
    case ACC_PROVE_SAME:
        u->object = prove->object;
        prove_attributes(u);
        break;
    case ACC_PROVE_OTHER:
        u->err = prove->err;
        acc_upload_post(u, ACC_ON_PROVEN_OTHER);
        break;
    case ACC_PROVE_ABSENT:
        /* A server may go on saying that a key exists and show nothing there: tries are counted. */
        acc_error_set(&u->err, ACC_KEY_REFUSED,
                      "the server says that the key exists, yet shows no object there. Run the same "
                      "command again; if it stays so, ask whoever runs the server.");
        u->facts.key_exists = u->facts.gated = false;
        acc_upload_post(u, ACC_ON_PROVEN_ABSENT);
        break;
    case ACC_PROVE_DENIED:
    case ACC_PROVE_REFUSED:
    case ACC_PROVE_LOST:
        acc_upload_call_failed(u, &prove->call);
        break;
    }
    acc_upload_end(u);
}

static void do_prove(struct acc_upload *u)
{
    struct acc_prove *prove = &u->prove;
    prove->s3 = u->env->s3;
    prove->algs = u->env->algs;
    prove->entry = &u->entry;
    prove->key = acc_str_cstr(&u->key);
    prove->known_etag = u->was_archived ? u->known.etag : NULL;
    prove->known_size = u->known_size;
    prove->known_digests = &u->known_digests;
    prove->token = u->facts.gated ? u->token : NULL;
    prove->gated = &u->archived.digests;
    prove->on_done = on_proven;
    acc_upload_begin(u);
    acc_prove_start(prove);
}

static void on_archived_durable(struct acc_record *record, const struct acc_error *failed)
{
    after_record(record, failed, ACC_ON_RECORDED);
}

static const uint8_t *part_sha256(const void *arg, int at)
{
    const struct acc_upload *u = arg;
    return u->parts[at].sha256;
}

static void record_archived(struct acc_upload *u, const struct acc_digests *digests, int64_t size,
                            const char *proof)
{
    char composite[ACC_S3_COMPOSITE];
    const char *checksum = u->object.checksum_sha256;
    if (*checksum == '\0' && u->part_count > 0 && u->parts_done == u->part_count) {
        /* Kept for a later verification, instead of all the parts' digests. */
        acc_s3_composite_sha256(part_sha256, u, u->part_count, composite);
        checksum = composite;
    }
    if (*checksum != '\0')
        snprintf(u->stored_checksum, sizeof u->stored_checksum, "sha256:%s", checksum);
    u->archived = (struct acc_archived){
        .digests = *digests,
        .size = size,
        .etag = u->object.etag,
        .version_id = u->object.version_id,
        .proof = proof,
        .checksum = u->stored_checksum,
        .part_size = u->facts.has_upload ? u->part_size : 0,
        .at = acc_time_now(),
        .duration = acc_clock_now() - u->started,
    };
    /* The buffer goes on to the next file while the record becomes durable. */
    acc_tickets_give(u->env->tickets, &u->whole);
    post_record(u, ACC_RECORD_ARCHIVED, on_archived_durable);
}

static void do_record(struct acc_upload *u)
{
    record_archived(u, acc_verified_digests(u->verified), acc_verified_size(u->verified), "sent");
}

static void forget_upload(struct acc_upload *u)
{
    if (u->facts.has_upload)
        post_record(u, ACC_RECORD_UPLOAD_GONE, NULL);
    u->facts.has_upload = u->facts.gated = false;
    acc_str_clear(&u->upload_id);
    acc_upload_transfer_release(u);
}

static void do_quiet(struct acc_upload *u)
{
    acc_upload_transfer_cancel(u, false);
    acc_s3_call_cancel(&u->call);
    acc_commit_cancel(&u->commit);
    acc_prove_cancel(&u->prove);
    acc_readback_cancel(&u->readback);
    if (acc_link_in_list(&u->whole.link)) {
        acc_tickets_give(u->env->tickets, &u->whole);
        u->busy--; /* drain() looks at it next */
    }
}

/* Requests that wait for their turn have no claim to it any more; those under way come to their
 * end. */
static void do_settle(struct acc_upload *u)
{
    acc_upload_transfer_cancel(u, true);
    acc_s3_call_cancel_waiting(&u->call);
    acc_s3_call_cancel_waiting(&u->commit.call);
    acc_prove_cancel(&u->prove);
    if (acc_link_in_list(&u->whole.link)) {
        acc_tickets_give(u->env->tickets, &u->whole);
        u->busy--;
    }
}

static void after_abort(struct acc_upload *u, const struct acc_s3_call *call)
{
    bool gone =
        call->class == ACC_S3_OK || call->class == ACC_S3_RESTART || call->class == ACC_S3_MISSING;
    if (gone) {
        forget_upload(u);
    } else if (u->env->on_note != NULL) {
        struct acc_error err;
        acc_s3_call_error(call, &err);
        acc_error_context(&err, "an unfinished upload is left in the bucket, upload id %s",
                          acc_str_cstr(&u->upload_id));
        struct acc_record note = {
            .kind = ACC_RECORD_NOTE, .run = u->env->run, .code = err.code, .reason = err.message};
        acc_ledger_post(u->env->ledger, &note);
    }
}

static void abort_upload(struct acc_upload *u, void (*on_done)(struct acc_s3_call *))
{
    acc_s3_abort_upload(&u->call, u->env->s3, acc_str_cstr(&u->key), acc_str_cstr(&u->upload_id));
    u->call.on_done = on_done;
    acc_upload_begin(u);
    acc_s3_call_start(&u->call);
}

static void on_aborted(struct acc_s3_call *call)
{
    struct acc_upload *u = ACC_CONTAINER_OF(call, struct acc_upload, call);
    after_abort(u, call);
    acc_upload_post(u, ACC_ON_ABORTED);
    acc_upload_end(u);
}

static void do_abort(struct acc_upload *u)
{
    if (u->facts.has_upload)
        abort_upload(u, on_aborted);
    else
        acc_upload_post(u, ACC_ON_ABORTED);
}

static void do_hurry(struct acc_upload *u)
{
    if (u->hurried)
        acc_s3_call_cancel(&u->call);
    u->hurried = true;
}

static void record_already(struct acc_upload *u)
{
    if (strcmp(u->prove.proof, "ledger") == 0) {
        u->archived = (struct acc_archived){.digests = u->prove.digests,
                                            .size = u->known_size,
                                            .etag = u->object.etag,
                                            .version_id = u->object.version_id,
                                            .proof = "ledger",
                                            .checksum = ""};
        acc_upload_post(
            u, ACC_ON_RECORDED); /* it is on record already, with the time it was archived */
        return;
    }
    record_archived(u, &u->prove.digests, u->object.size >= 0 ? u->object.size : u->prove.received,
                    u->prove.proof);
}

static void on_needless_aborted(struct acc_s3_call *call)
{
    struct acc_upload *u = ACC_CONTAINER_OF(call, struct acc_upload, call);
    after_abort(u, call);
    record_already(u);
    acc_upload_end(u);
}

/* Another client was faster, with the same content: an upload of ours is needless, and must go
 * while the ledger still knows it. One that was completed ("sent") is gone. */
static void do_record_already(struct acc_upload *u)
{
    u->already = true;
    if (u->facts.has_upload && strcmp(u->prove.proof, "sent") != 0)
        abort_upload(u, on_needless_aborted);
    else
        record_already(u);
}

static void let_go_of_file(struct acc_upload *u)
{
    acc_content_close(&u->job_only.content);
    acc_tickets_give(u->env->tickets, &u->whole);
    acc_upload_transfer_release(u);
}

static void do_begin_again(struct acc_upload *u)
{
    let_go_of_file(u);
    if (++u->tries >= TRIES_MAX) {
        acc_upload_post(u, ACC_ON_REQUEST_BAD);
        return;
    }
    acc_upload_post(u, ACC_ON_START);
}

static void do_finish(struct acc_upload *u)
{
    let_go_of_file(u);
    acc_str_release(&u->parts_xml);
    if (u->state == ACC_UPLOAD_FAILED)
        post_record(u, u->err.code == ACC_CONFLICT ? ACC_RECORD_CONFLICT : ACC_RECORD_FAILED, NULL);
}

/* ---- the one place where the state changes ---- */

static void act(struct acc_upload *u, enum acc_upload_action action)
{
    switch (action) {
    case ACC_DO_NOTHING:
        break;
    case ACC_DO_ADOPT:
        acc_upload_adopt(u);
        break;
    case ACC_DO_OPEN:
        do_open(u);
        break;
    case ACC_DO_FORGET_OPEN:
        forget_upload(u);
        do_open(u);
        break;
    case ACC_DO_CREATE:
        do_create(u);
        break;
    case ACC_DO_TRANSFER:
        acc_upload_transfer(u);
        break;
    case ACC_DO_GATE:
        do_gate(u);
        break;
    case ACC_DO_COMMIT:
        do_commit(u);
        break;
    case ACC_DO_PROVE:
        do_prove(u);
        break;
    case ACC_DO_RECORD:
        do_record(u);
        break;
    case ACC_DO_RECORD_ALREADY:
        do_record_already(u);
        break;
    case ACC_DO_HOLD:
        u->denials++;
        u->env->on_denied(u->env, u);
        break;
    case ACC_DO_QUIET:
        do_quiet(u);
        break;
    case ACC_DO_LOSE:
        u->env->on_lost(u->env, u);
        do_settle(u);
        break;
    case ACC_DO_SETTLE:
        do_settle(u);
        break;
    case ACC_DO_ABORT:
        do_abort(u);
        break;
    case ACC_DO_HURRY:
        do_hurry(u);
        break;
    case ACC_DO_BEGIN_AGAIN:
        do_begin_again(u);
        break;
    case ACC_DO_FINISH:
        do_finish(u);
        break;
    case ACC_DO_BUG:
        break; /* apply() has ended the process */
    }
}

static void stop_at_bug(const struct acc_upload *u, enum acc_upload_event event)
{
    fprintf(stderr,
            "accession: the event %s cannot happen in state %s; this is a bug. Stopped before "
            "anything could go "
            "wrong: nothing archived is lost, run the same command again and please report this "
            "line.\n",
            acc_upload_event_name(event), acc_upload_state_name(u->state));
    abort();
}

static void apply(struct acc_upload *u, enum acc_upload_event event)
{
    struct acc_upload_rule rule = acc_upload_rule(u->state, event, &u->facts);
    if (rule.action == ACC_DO_BUG)
        stop_at_bug(u, event);
    if (rule.next != u->state)
        u->idle_told = false;
    u->state = rule.next;
    act(u, rule.action);
}

/* ---- birth and death ---- */

static void remember_archived(struct acc_upload *u, const struct acc_row *row)
{
    u->was_archived = row->archived_run != 0;
    if (!u->was_archived)
        return;
    snprintf(u->known.etag, sizeof u->known.etag, "%s", row->archived.etag);
    u->known_digests = row->archived.digests;
    u->known_size = row->archived.size;
}

struct acc_upload *acc_upload_new(struct acc_upload_env *env, const struct acc_row *row,
                                  bool key_exists, const char *key)
{
    struct acc_upload *u = ACC_NEW(struct acc_upload);
    u->env = env;
    u->id = row->id;
    u->entry = row->entry;
    u->entry.path = acc_strdup(row->entry.path);
    u->entry.origin = acc_strdup(row->entry.origin);
    acc_str_set(&u->key, key);
    u->known_size = -1;
    u->job_only.content.fd = -1;
    u->started = acc_clock_now();
    u->facts.key_exists = key_exists;
    acc_list_init(&u->sending);
    remember_archived(u, row);
    u->checksum = env->part_checksum;
    u->facts.has_upload = row->unfinished && acc_upload_load_unfinished(u);
    if (u->facts.has_upload)
        u->checksum =
            acc_ends_with(u->token, crc32c_mark) ? ACC_S3_CHECKSUM_CRC32C : ACC_S3_CHECKSUM_SHA256;
    return u;
}

void acc_upload_free(struct acc_upload *u)
{
    if (u == NULL)
        return;
    let_go_of_file(u);
    acc_verified_free(u->verified);
    acc_commit_release(&u->commit);
    acc_prove_release(&u->prove);
    acc_readback_release(&u->readback);
    acc_s3_call_release(&u->call);
    acc_s3_page_release(&u->page);
    acc_str_release(&u->key);
    acc_str_release(&u->upload_id);
    acc_str_release(&u->parts_xml);
    free((char *)u->entry.path);
    free((char *)u->entry.origin);
    free(u);
}
