/* Ending: proving what is there, recording, and the ways out: quiet, settle, abort, begin again. An
 * upload that is over has nothing in progress, holds no ticket and no open file. */
#include "ingest/upload/actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"

/* Restarting a file more often than this is no use. */
#define TRIES_MAX 4

/* By an upload of an earlier run that was completed without its hearing of it. */
static bool was_sent(const struct acc_upload *u)
{
    return acc_proven_by(u->proof->prove.proven) == ACC_GROUNDS_SENT;
}

/* What the ledger has was read back when it was written. An upload of ours whose Complete was not
 * heard of was not, and may lack its lock; what others wrote is compared and left alone. */
static void prove_attributes(struct acc_upload *u)
{
    if (u->attributes->any && !u->proof->prove.on_record)
        acc_upload_read_back(u, !was_sent(u) && !u->contradicted, acc_upload_on_proven_read_back);
    else
        acc_upload_post(u, ACC_ON_PROVEN_SAME);
}

static void on_proven(struct acc_prove *prove)
{
    struct acc_upload *u = ACC_CONTAINER_OF(prove, struct acc_upload_proof, prove)->upload;
    switch (prove->result) {
    case ACC_PROVE_SAME:
        u->object = prove->object;
        prove_attributes(u);
        break;
    case ACC_PROVE_OTHER:
        u->err = prove->err;
        acc_upload_post(u, ACC_ON_PROVEN_OTHER);
        break;
    case ACC_PROVE_FILE:
        u->file.job_only.err = prove->err;
        acc_upload_file_failed(u);
        break;
    case ACC_PROVE_ABSENT:
        /* A server may keep reporting a key that it does not show, so tries are counted. */
        acc_error_set(
            &u->err, ACC_KEY_REFUSED,
            "the server reports that the key exists, but shows no object there. Run the same "
            "command again. If that does not help, ask the server's operator.");
        u->facts.key_exists = u->facts.gated = false;
        acc_upload_post(u, ACC_ON_PROVEN_ABSENT);
        break;
    case ACC_PROVE_DENIED:
    case ACC_PROVE_REFUSED:
        if (u->contradicted) { /* it is visible, so it cannot be called refused */
            acc_s3_call_error(&prove->call, &u->err);
            acc_error_context(&u->err, "written and answered with success, but the server shows "
                                       "another checksum than it was sent and does not let the "
                                       "object be read");
            u->err.code = ACC_CONFLICT;
            acc_upload_post(u, ACC_ON_PROVEN_OTHER);
            break;
        }
        /* fall through */
    case ACC_PROVE_UNREAD:
    case ACC_PROVE_LOST:
        acc_upload_call_failed(u, &prove->call);
        break;
    }
    acc_upload_end(u);
}

void acc_upload_do_prove(struct acc_upload *u)
{
    if (u->proof == NULL) {
        u->proof = ACC_NEW(struct acc_upload_proof);
        u->proof->upload = u;
    }
    struct acc_prove *prove = &u->proof->prove;
    prove->loop = u->env->loop;
    prove->s3 = u->env->s3;
    prove->algs = u->env->algs;
    prove->source = u->env->source;
    prove->entry = &u->entry;
    prove->key = acc_str_cstr(&u->key);
    prove->known = (struct acc_sighting){.etag = u->known.archived ? u->known.etag : NULL,
                                         .version_id = u->known.version_id,
                                         .size = u->known.size};
    prove->known_digests = &u->known.digests;
    prove->sent = (struct acc_sighting){.token = u->facts.gated ? u->token : NULL,
                                        .size = u->known.gated_size};
    prove->gated = &u->archived.digests;
    prove->bytes_only = u->contradicted;
    prove->undigested_accepted = u->env->undigested_accepted;
    prove->compares_file = u->env->compares_files && !u->contradicted; /* else it just was */
    prove->expected = u->sum.expected;
    prove->on_done = on_proven;
    acc_upload_begin(u);
    acc_prove_start(prove);
}

static void on_archived_durable(struct acc_record *record, const struct acc_error *failed)
{
    acc_upload_after_record(record, failed, ACC_ON_RECORDED);
}

/* What is recorded of the object's checksum: what the server says it keeps, if that is what this
 * program sent, or stands there while the content was proven. */
static void record_checksum(struct acc_upload *u, enum acc_grounds proof)
{
    bool ours = proof == ACC_GROUNDS_SENT;
    u->stored_checksum[0] = '\0';
    for (int i = ACC_S3_CHECKSUM_NONE + 1; i < ACC_S3_CHECKSUM_COUNT; i++) {
        char record[ACC_S3_SUM_RECORD];
        acc_s3_sum_record((enum acc_s3_checksum)i, u->object.checksum[i], record);
        bool sent = u->verified != NULL ? (enum acc_s3_checksum)i == u->commit.sum.kind
                                        : strcmp(record, u->sum.expected) == 0;
        if (record[0] != '\0' && (sent || !ours)) {
            memcpy(u->stored_checksum, record, sizeof record);
            return;
        }
    }
}

/* What is on record of the object beside digests and size, which come from the gate. */
static void describe_object(struct acc_upload *u, enum acc_grounds proof)
{
    u->archived = (struct acc_archived){
        .etag = u->object.etag,
        .version_id = u->object.version_id,
        .proof = proof,
        .checksum = u->stored_checksum,
        .part_size = u->facts.has_upload ? u->multipart.part_size : 0,
        .at = acc_time_now(),
        .duration = acc_clock_now() - u->started,
    };
    /* The buffer goes on to the next file while the record becomes durable. */
    acc_tickets_give(u->env->tickets, &u->file.whole);
    acc_upload_prepare_record(u, on_archived_durable);
}

static void record_archived(struct acc_upload *u, enum acc_grounds proof)
{
    record_checksum(u, proof);
    describe_object(u, proof);
    acc_ledger_post_archived(u->env->ledger, &u->record, u->verified);
    u->archived.digests = *acc_verified_digests(u->verified);
    u->archived.size = acc_verified_size(u->verified);
}

void acc_upload_do_record(struct acc_upload *u)
{
    record_archived(u, ACC_GROUNDS_SENT);
}

void acc_upload_forget(struct acc_upload *u)
{
    if (u->facts.has_upload)
        acc_upload_record(u, ACC_RECORD_UPLOAD_GONE, NULL);
    u->facts.has_upload = u->facts.gated = false;
    acc_str_clear(&u->multipart.id);
    acc_upload_transfer_release(u);
}

static void cancel_proof(struct acc_upload *u)
{
    if (u->proof != NULL)
        acc_prove_cancel(&u->proof->prove);
}

void acc_upload_do_quiet(struct acc_upload *u)
{
    acc_upload_transfer_cancel(u, false);
    acc_s3_call_cancel(&u->call);
    acc_commit_cancel(&u->commit);
    cancel_proof(u);
    if (u->inspection != NULL)
        acc_readback_cancel(&u->inspection->readback);
    if (acc_link_in_list(&u->file.whole.link)) {
        acc_tickets_give(u->env->tickets, &u->file.whole);
        u->machine.busy--; /* drain() looks at it next */
    }
}

/* Requests that wait for their turn are cancelled; those in progress come to their end. */
void acc_upload_do_settle(struct acc_upload *u)
{
    acc_upload_transfer_cancel(u, true);
    acc_s3_call_cancel_waiting(&u->call);
    acc_s3_call_cancel_waiting(&u->commit.call);
    cancel_proof(u);
    if (acc_link_in_list(&u->file.whole.link)) {
        acc_tickets_give(u->env->tickets, &u->file.whole);
        u->machine.busy--;
    }
}

static void after_abort(struct acc_upload *u, const struct acc_s3_call *call)
{
    bool gone =
        call->class == ACC_S3_OK || call->class == ACC_S3_RESTART || call->class == ACC_S3_MISSING;
    if (gone) {
        acc_upload_forget(u);
    } else if (u->env->on_note != NULL) {
        struct acc_error err;
        acc_s3_call_error(call, &err);
        acc_error_context(&err, "an unfinished upload is left in the bucket, upload id %s",
                          acc_str_cstr(&u->multipart.id));
        struct acc_record note = {
            .kind = ACC_RECORD_NOTE, .run = u->env->run, .code = err.code, .reason = err.message};
        acc_ledger_post(u->env->ledger, &note);
    }
}

static void abort_upload(struct acc_upload *u, void (*on_done)(struct acc_s3_call *))
{
    acc_s3_abort_upload(&u->call, u->env->s3, acc_str_cstr(&u->key),
                        acc_str_cstr(&u->multipart.id));
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

void acc_upload_do_abort(struct acc_upload *u)
{
    if (u->facts.has_upload && !u->multipart.stays)
        abort_upload(u, on_aborted);
    else
        acc_upload_post(u, ACC_ON_ABORTED);
}

void acc_upload_do_hurry(struct acc_upload *u)
{
    if (u->hurried)
        acc_s3_call_cancel(&u->call);
    u->hurried = true;
}

static void record_already(struct acc_upload *u)
{
    const struct acc_proven *proven = u->proof->prove.proven;
    enum acc_grounds by = acc_proven_by(proven);
    if (u->contradicted) { /* this run sent it, and read it back */
        record_archived(u, by);
        return;
    }
    if (by != ACC_GROUNDS_LEDGER)
        record_checksum(u, by);
    describe_object(u, by);
    acc_ledger_post_already(u->env->ledger, &u->record, proven);
    u->archived.digests = *acc_proven_digests(proven);
    u->archived.size = acc_proven_size(proven);
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
void acc_upload_do_record_already(struct acc_upload *u)
{
    u->already = !u->contradicted;
    if (u->facts.has_upload && !was_sent(u) && !u->contradicted)
        abort_upload(u, on_needless_aborted);
    else
        record_already(u);
}

void acc_upload_let_go(struct acc_upload *u)
{
    acc_content_close(&u->file.job_only.content);
    acc_tickets_give(u->env->tickets, &u->file.whole);
    acc_upload_transfer_release(u);
}

void acc_upload_do_begin_again(struct acc_upload *u)
{
    acc_upload_let_go(u);
    u->contradicted = false;
    if (++u->tries >= TRIES_MAX) {
        if (u->err.code == ACC_SERVER) { /* of this key alone: the others succeed */
            acc_error_context(&u->err, "gave up after %d attempts", TRIES_MAX);
            u->err.code = ACC_KEY_REFUSED;
        }
        acc_upload_post(u, ACC_ON_REQUEST_BAD);
        return;
    }
    acc_upload_post(u, ACC_ON_START);
}

static bool has_version(const char *version_id)
{
    return *version_id != '\0' && strcmp(version_id, "null") != 0;
}

/* Other content stands where the object on record was: an older version now, or without versions
 * gone. */
static void record_replaced(struct acc_upload *u)
{
    struct acc_record record = {.kind = ACC_RECORD_MISSED,
                                .run = u->record.run,
                                .entry = u->record.entry,
                                .checked.gone = !has_version(u->known.version_id)};
    acc_ledger_post(u->env->ledger, &record);
}

void acc_upload_do_finish(struct acc_upload *u)
{
    acc_upload_let_go(u);
    acc_str_release(&u->multipart.xml);
    if (u->state != ACC_UPLOAD_FAILED)
        return;
    bool conflict = u->err.code == ACC_CONFLICT;
    acc_upload_prepare_record(u, NULL);
    u->record.kind = conflict ? ACC_RECORD_CONFLICT : ACC_RECORD_FAILED;
    acc_ledger_post(u->env->ledger, &u->record);
    if (conflict && u->known.archived && !(u->proof != NULL && u->proof->prove.on_record))
        record_replaced(u);
}
