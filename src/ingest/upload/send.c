/* Sending: create the multipart upload, pass the gate, commit, and read back what the object was to
 * carry. Each step ends with an event; records that must be durable before the next step post
 * theirs from the ledger's answer. */
#include "ingest/upload/actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"

/* Before a file that met a 409 is restarted; doubled with each try. */
#define RIVAL_MS 500

static void on_begun_durable(struct acc_record *record, const struct acc_error *failed)
{
    acc_upload_after_record(record, failed, ACC_ON_CREATED);
}

/* That a Create is about to be sent is on record before it is: if the process ends before the
 * answer, the next run looks for what it has left (bucket/orphans.h). */
static void post_opening(struct acc_upload *u, enum acc_record_kind kind,
                         void (*on_durable)(struct acc_record *, const struct acc_error *))
{
    struct acc_record record = {.kind = kind,
                                .run = u->env->run,
                                .entry = u->id,
                                .reason = acc_str_cstr(&u->key),
                                .at = acc_s3_now(u->env->s3),
                                .on_durable = on_durable};
    if (on_durable == NULL) {
        acc_ledger_post(u->env->ledger, &record);
        return;
    }
    u->record = record;
    acc_upload_begin(u);
    acc_ledger_post(u->env->ledger, &u->record);
}

static void on_created(struct acc_s3_call *call)
{
    struct acc_upload *u = ACC_CONTAINER_OF(call, struct acc_upload, call);
    bool doubtful = acc_s3_create_is_doubtful(call);
    if (call->attempts > 1)
        u->env->on_doubt(u->env, u);
    if (call->class == ACC_S3_OK && acc_s3_read_create_upload(call, &u->multipart.id)) {
        u->facts.has_upload = true;
        u->multipart.composite = acc_s3_read_composite(call, u->multipart.checksum);
        u->archived.checksum = acc_s3_checksum_name(u->multipart.checksum);
        acc_upload_record(u, ACC_RECORD_UPLOAD_BEGUN, on_begun_durable);
    } else {
        if (call->class == ACC_S3_OK)
            call->class = ACC_S3_PROTOCOL;
        acc_upload_call_failed(u, call);
    }
    if (!doubtful) /* after the id, so that it is never on record as neither */
        post_opening(u, ACC_RECORD_UPLOAD_OPENED, NULL);
    acc_upload_end(u);
}

static void new_token(struct acc_upload *u)
{
    uint8_t random[16];
    char hex[33];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        abort(); /* without it our object could not be recognised */
    acc_hex_encode(random, sizeof random, hex);
    snprintf(u->token, sizeof u->token, "%s", hex);
}

static void add_claims(struct acc_upload *u, struct acc_s3_call *call)
{
    char sha256[ACC_DIGEST_MAX * 2 + 1];
    acc_s3_call_header(call, ACC_S3_META_TOKEN, u->token);
    if (u->file.job_only.media_type[0] != '\0')
        acc_s3_call_header(call, "content-type", u->file.job_only.media_type);
    /* Metadata is fixed at Create, before the file is read: only what the manifest says can stand
     * there. */
    if (acc_digests_has(&u->entry.promised, ACC_SHA256)) {
        acc_digests_hex(&u->entry.promised, ACC_SHA256, sha256);
        acc_s3_call_header(call, ACC_S3_META_SHA256, sha256);
    }
}

static void create(struct acc_upload *u)
{
    new_token(u);
    u->multipart.checksum = u->env->checksum;
    acc_s3_create_upload(&u->call, u->env->s3, acc_str_cstr(&u->key), u->multipart.checksum);
    acc_s3_carry(&u->call, &u->attributes->headers);
    add_claims(u, &u->call);
    u->call.delay_ms = acc_upload_take_pause(u);
    u->call.on_done = on_created;
    u->multipart.create_started = acc_clock_now();
    acc_upload_begin(u);
    acc_s3_call_start(&u->call);
}

static void on_opening_durable(struct acc_record *record, const struct acc_error *failed)
{
    struct acc_upload *u = ACC_CONTAINER_OF(record, struct acc_upload, record);
    if (failed != NULL) {
        u->err = *failed;
        u->lost_class = ACC_S3_OK;
        acc_upload_post(u, ACC_ON_SERVER_LOST);
    } else if (u->state == ACC_UPLOAD_CREATING) {
        create(u);
    } else { /* parked meanwhile: none was sent */
        post_opening(u, ACC_RECORD_UPLOAD_OPENED, NULL);
    }
    acc_upload_end(u);
}

void acc_upload_do_create(struct acc_upload *u)
{
    post_opening(u, ACC_RECORD_UPLOAD_OPENING, on_opening_durable);
}

static void on_gated_durable(struct acc_record *record, const struct acc_error *failed)
{
    acc_upload_after_record(record, failed, ACC_ON_GATE_OPEN);
}

/* The additional checksum of a part; of NONE if the upload has none. */
static struct acc_s3_sum part_sum(const void *upload, int at)
{
    const struct acc_upload *u = upload;
    if (u->multipart.checksum == ACC_S3_CHECKSUM_SHA256)
        return acc_s3_sum_sha256(u->multipart.parts[at].sha256);
    if (u->multipart.crcs != NULL)
        return acc_s3_sum_crc(u->multipart.checksum, u->multipart.crcs[at]);
    return (struct acc_s3_sum){0};
}

/* What the object's checksum must be, from what was computed while it was read. */
static void sum_up(struct acc_upload *u)
{
    char text[ACC_S3_SUM_TEXT];
    bool multipart = u->facts.has_upload;
    enum acc_s3_checksum kind = multipart ? u->multipart.checksum : u->env->put_checksum;
    u->sum.whole = (struct acc_s3_sum){0};
    u->sum.parts[0] = '\0';
    if (acc_s3_checksum_joins(kind))
        u->sum.whole = acc_s3_sum_crc(kind, u->file.job_only.crc);
    else if (kind == ACC_S3_CHECKSUM_SHA256)
        u->sum.whole = acc_s3_sum_sha256(u->file.job_only.digests.value[ACC_SHA256]);
    acc_s3_sum_show(&u->sum.whole, text);
    if (multipart && part_sum(u, 0).kind != ACC_S3_CHECKSUM_NONE)
        acc_s3_sum_composite(part_sum, u, u->multipart.part_count, u->sum.parts);
    acc_s3_sum_record(kind, multipart && u->multipart.composite ? u->sum.parts : text,
                      u->sum.expected);
}

void acc_upload_do_gate(struct acc_upload *u)
{
    u->file.modified = u->file.job_only.content.file.st.st_mtim;
    struct acc_gate_facts facts = {
        .computed = &u->file.job_only.digests,
        .size = u->file.size,
        .modified = acc_time_of(u->file.modified),
        .undigested_accepted = u->env->undigested_accepted,
        .body = u->file.whole.data,
    };
    acc_verified_free(u->verified);
    u->verified = acc_gate_pass(&u->entry, &facts, &u->err);
    if (u->verified == NULL) {
        acc_upload_post(u, ACC_ON_GATE_SHUT);
        return;
    }
    sum_up(u);
    if (u->facts.has_upload) {
        /* On record before Complete is sent: a run that is killed in between must know that finding
         * the object there is success. */
        u->archived.digests = *acc_verified_digests(u->verified);
        u->archived.checksum = u->sum.expected[0] != '\0'
                                   ? u->sum.expected
                                   : acc_s3_checksum_name(u->multipart.checksum);
        acc_upload_record(u, ACC_RECORD_UPLOAD_GATED, on_gated_durable);
    } else {
        acc_upload_post(u, ACC_ON_GATE_OPEN);
    }
}

static void after_read_back(struct acc_readback *readback, enum acc_upload_event event)
{
    struct acc_upload *u =
        ACC_CONTAINER_OF(readback, struct acc_upload_inspection, readback)->upload;
    if (readback->lacking != 0)
        u->env->on_lacking(u->env, u);
    acc_upload_post(u, event);
    acc_upload_end(u);
}

static void on_read_back(struct acc_readback *readback)
{
    after_read_back(readback, ACC_ON_COMMITTED);
}

void acc_upload_on_proven_read_back(struct acc_readback *readback)
{
    after_read_back(readback, ACC_ON_PROVEN_SAME);
}

void acc_upload_read_back(struct acc_upload *u, bool look_only,
                          void (*on_done)(struct acc_readback *))
{
    if (u->inspection == NULL) {
        u->inspection = ACC_NEW(struct acc_upload_inspection);
        u->inspection->upload = u;
    }
    struct acc_readback *readback = &u->inspection->readback;
    readback->s3 = u->env->s3;
    readback->attributes = u->attributes;
    readback->key = acc_str_cstr(&u->key);
    readback->version_id = u->object.version_id;
    readback->look_only = look_only;
    readback->on_done = on_done;
    acc_upload_begin(u);
    acc_readback_start(readback);
}

/* It is written, but no word of the server's counts: only its bytes do. */
static void read_back_as_unproven(struct acc_upload *u)
{
    u->contradicted = true;
    u->known.archived = false;
    u->facts.key_exists = true;
    acc_upload_post(u, ACC_ON_EXISTS);
}

static void on_committed(struct acc_commit *commit)
{
    struct acc_upload *u = ACC_CONTAINER_OF(commit, struct acc_upload, commit);
    u->resent = u->resent || commit->resent;
    switch (commit->result) {
    case ACC_COMMIT_DONE:
        u->object = commit->object;
        u->unconfirmed = commit->unconfirmed;
        if (u->env->read_back_all) {
            read_back_as_unproven(u);
            break;
        }
        if (u->unconfirmed)
            acc_s3_call_error(&commit->call, &u->err);
        if (u->attributes->any)
            acc_upload_read_back(u, false, on_read_back);
        else
            acc_upload_post(u, ACC_ON_COMMITTED);
        break;
    case ACC_COMMIT_CONTRADICTED:
        u->env->on_contradicted(u->env, u);
        read_back_as_unproven(u);
        break;
    case ACC_COMMIT_EXISTS:
        u->facts.key_exists = true;
        acc_upload_post(u, ACC_ON_EXISTS);
        break;
    case ACC_COMMIT_RESTART:
        acc_s3_call_error(&commit->call, &u->err);
        if (commit->call.status == 409) { /* the other client needs a moment */
            acc_error_context(&u->err, "another client is writing this key at the same moment");
            u->pause_ms = (uint64_t)RIVAL_MS << u->tries;
        }
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

/* The server has shown that it knows the checksum: to the probe, or by its answer to a part. */
static bool knows_checksum(const struct acc_upload *u)
{
    return u->env->checksum_heard || u->multipart.heard;
}

/* S3 wants the parts' checksums in Complete for composite ones; versitygw 1.8 for all. SDKs list
 * them always; a server that was not heard to know them may refuse them. */
static void list_parts_for_complete(struct acc_upload *u)
{
    acc_s3_complete_begin(&u->multipart.xml);
    for (int32_t i = 0; i < u->multipart.part_count; i++) {
        struct acc_s3_sum none = {0}, sum = knows_checksum(u) ? part_sum(u, i) : none;
        acc_s3_complete_part(&u->multipart.xml, i + 1, u->multipart.parts[i].etag, &sum);
    }
    acc_s3_complete_end(&u->multipart.xml);
}

void acc_upload_do_commit(struct acc_upload *u)
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
    commit->upload_id = multipart ? acc_str_cstr(&u->multipart.id) : NULL;
    commit->parts_xml = &u->multipart.xml;
    commit->media_type = u->file.job_only.media_type;
    commit->headers = &u->attributes->headers;
    commit->md5 = acc_digests_has(&u->file.job_only.md5, ACC_MD5)
                      ? u->file.job_only.md5.value[ACC_MD5]
                      : NULL;
    commit->sum = u->sum.whole;
    commit->parts_sum = u->sum.parts;
    commit->composite = multipart && u->multipart.composite;
    commit->checksum_heard = knows_checksum(u);
    /* A large file takes long: what was listed at the start of the run may be old news by now. */
    commit->look_first = multipart || u->env->look_before_put ||
                         acc_s3_can(u->env->s3)->conditional_put == ACC_KNOWN_NO;
    commit->mind_rivals =
        multipart && !u->env->claimed && !acc_s3_complete_is_conditional(u->env->s3);
    commit->delay_ms = acc_upload_take_pause(u);
    commit->on_done = on_committed;
    acc_upload_begin(u);
    acc_commit_start(commit);
}
