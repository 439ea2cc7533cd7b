/* The commit's driver: one call at a time, each answer leading to the next stage by the diagram in
 * commit.h. Ends with a result, never by silence; on cancel the running call ends it with LOST. */
#include "ingest/upload/commit.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* A write whose outcome is still unknown after this many attempts is left for the next run. */
#define WRITES_MAX 5
/* What a write without an answer may still need to act, once the server answers again. */
#define LATE_MS 1000
/* For what was answered with success and is not shown. */
#define LOOKS_MAX 3
/* An older rival that is about to complete has done so by then. One that is still sending parts
 * will look for itself, and find ours. */
#define STEP_BACK_MS 2000

static void start_stage(struct acc_commit *commit, enum acc_commit_stage stage);

static void finish(struct acc_commit *commit, enum acc_commit_result result)
{
    commit->result = result;
    commit->on_done(commit);
}

static void remember_unknown(struct acc_commit *commit)
{
    const struct acc_s3_call *call = &commit->call;
    commit->unknown.op = call->op;
    commit->unknown.status = call->status;
    commit->unknown.at = call->at;
    memcpy(commit->unknown.code, call->code, sizeof call->code);
    memcpy(commit->unknown.message, call->message, sizeof call->message);
    memcpy(commit->unknown.request_id, call->request_id, sizeof call->request_id);
}

/* The write may have been done or not, and finding out failed in a way that says nothing about it:
 * the write is what to report, and the file is neither archived nor refused. */
static void finish_unknown(struct acc_commit *commit)
{
    struct acc_s3_call *call = &commit->call;
    call->class = ACC_S3_UNKNOWN;
    call->op = commit->unknown.op;
    call->status = commit->unknown.status;
    call->at = commit->unknown.at;
    memcpy(call->code, commit->unknown.code, sizeof call->code);
    memcpy(call->message, commit->unknown.message, sizeof call->message);
    memcpy(call->request_id, commit->unknown.request_id, sizeof call->request_id);
    finish(commit, ACC_COMMIT_LOST);
}

static void finish_by_class(struct acc_commit *commit)
{
    switch (commit->call.class) {
    case ACC_S3_DENIED:
        finish(commit, ACC_COMMIT_DENIED);
        return;
    case ACC_S3_KEY:
    case ACC_S3_MISSING:
        finish(commit, ACC_COMMIT_REFUSED);
        return;
    case ACC_S3_RESTART:
        finish(commit, ACC_COMMIT_RESTART);
        return;
    default:
        finish(commit, ACC_COMMIT_LOST);
        return;
    }
}

static void on_rival(void *arg, const struct acc_s3_listed *item)
{
    struct acc_commit *commit = arg;
    if (strcmp(item->key, commit->key) != 0)
        return;
    if (strcmp(item->upload_id, commit->upload_id) == 0) {
        commit->rivals.ours = item->modified;
    } else if (commit->rivals.other == 0 || item->modified < commit->rivals.other) {
        commit->rivals.other = item->modified;
        commit->rivals.first = strcmp(item->upload_id, commit->upload_id) < 0;
    }
}

/* If uploads may not be listed, or anything else goes wrong here, the look comes next. */
static void after_rivals(struct acc_commit *commit)
{
    commit->rivals.ours = commit->rivals.other = 0;
    bool read = commit->call.class == ACC_S3_OK &&
                acc_s3_read_list_uploads(&commit->call, &commit->page, on_rival, commit);
    acc_s3_page_release(&commit->page);
    if (commit->call.class == ACC_S3_CANCELLED) {
        finish(commit, ACC_COMMIT_LOST);
        return;
    }
    commit->step_back = read && commit->rivals.other != 0 &&
                        (commit->rivals.other < commit->rivals.ours ||
                         (commit->rivals.other == commit->rivals.ours && commit->rivals.first));
    start_stage(commit, ACC_COMMIT_LOOK);
}

static void after_look(struct acc_commit *commit)
{
    switch (commit->call.class) {
    case ACC_S3_OK:
    case ACC_S3_KEY: /* HEAD's errors carry no text: proving reads, and learns more */
        finish(commit, ACC_COMMIT_EXISTS);
        return;
    case ACC_S3_MISSING:
    case ACC_S3_DENIED: /* may write but not look: If-None-Match is then all there is */
        start_stage(commit, ACC_COMMIT_WRITE);
        return;
    default:
        finish_by_class(commit);
        return;
    }
}

/* Compares the checksum that the server shows with the one that was sent: the whole's, or the
 * parts'. */
static void finish_written(struct acc_commit *commit)
{
    char whole[ACC_S3_SUM_TEXT];
    const char *kept = commit->object.checksum[commit->sum.kind];
    acc_s3_sum_show(&commit->sum, whole);
    bool same = strcmp(kept, acc_s3_sum_is_composite(kept) ? commit->parts_sum : whole) == 0;
    finish(commit, *kept == '\0' || same ? ACC_COMMIT_DONE : ACC_COMMIT_CONTRADICTED);
}

static bool is_ours(const struct acc_commit *commit, const struct acc_s3_object *found)
{
    return strcmp(found->token, commit->token) == 0 &&
           found->size == acc_verified_size(commit->verified);
}

/* Without an answer only the write's own is known, and it said 2xx. */
static void finish_answered(struct acc_commit *commit)
{
    commit->unconfirmed = commit->object.etag[0] == '\0';
    finish_written(commit);
}

/* A server may take a moment to show what it has taken. If it never does, the file is neither
 * archived nor refused, and the next run asks again. */
static void after_success_without_object(struct acc_commit *commit)
{
    if (commit->looks < LOOKS_MAX) {
        start_stage(commit, ACC_COMMIT_CONFIRM);
        return;
    }
    snprintf(commit->unknown.message, sizeof commit->unknown.message,
             "answered with success, but the server shows no object there");
    finish_unknown(commit);
}

static void after_confirm(struct acc_commit *commit)
{
    struct acc_s3_object found;
    if (commit->call.class == ACC_S3_MISSING && commit->object.etag[0] == '\0') {
        after_success_without_object(commit);
        return;
    }
    if (commit->call.class != ACC_S3_OK) {
        finish_answered(commit);
        return;
    }
    acc_s3_read_object(&commit->call, &found);
    if (commit->object.etag[0] != '\0') {
        memcpy(commit->object.checksum, found.checksum, sizeof found.checksum);
        finish_written(commit);
    } else if (is_ours(commit, &found)) {
        commit->object = found;
        finish_written(commit);
    } else if (found.token[0] != '\0' && commit->object.version_id[0] == '\0') {
        finish(commit, ACC_COMMIT_EXISTS); /* another client has replaced it since */
    } else {
        finish_answered(commit); /* without metadata nothing shows whose it is */
    }
}

static void written(struct acc_commit *commit)
{
    enum acc_s3_checksum kind = commit->sum.kind;
    bool kept_unknown = kind != ACC_S3_CHECKSUM_NONE && commit->checksum_heard &&
                        commit->object.checksum[kind][0] == '\0';
    remember_unknown(commit);
    if (kept_unknown || commit->object.etag[0] == '\0')
        start_stage(commit, ACC_COMMIT_CONFIRM);
    else
        finish_written(commit);
}

/* A 2xx without a body, where S3 sends one: the write is done unless the server says otherwise. */
static bool is_bare_success(const struct acc_s3_call *call)
{
    return call->class == ACC_S3_UNKNOWN && call->status >= 200 && call->status < 300 &&
           call->status != 202 && call->code[0] == '\0' && call->http.reply.len == 0;
}

static void after_write(struct acc_commit *commit)
{
    bool upload_gone = strcmp(commit->call.code, "NoSuchUpload") == 0;
    commit->answered = is_bare_success(&commit->call);
    if (commit->call.class == ACC_S3_OK) {
        acc_s3_read_object(&commit->call, &commit->object);
        written(commit);
    } else if (commit->call.class == ACC_S3_PRECONDITION) {
        /* An earlier write of ours, whose answer was lost, may be what is there. */
        if (commit->writes > 1)
            start_stage(commit, ACC_COMMIT_FIND);
        else
            finish(commit, ACC_COMMIT_EXISTS);
    } else if (commit->call.class == ACC_S3_UNKNOWN || upload_gone) {
        remember_unknown(commit);
        start_stage(commit, commit->upload_id != NULL ? ACC_COMMIT_LIST : ACC_COMMIT_FIND);
    } else {
        finish_by_class(commit);
    }
}

static void write_again(struct acc_commit *commit)
{
    commit->resent = commit->resent || commit->upload_id == NULL;
    if (commit->writes < WRITES_MAX &&
        commit->writes <= (unsigned)acc_s3_settings(commit->s3)->retries)
        start_stage(commit, ACC_COMMIT_WRITE);
    else
        finish_unknown(commit);
}

/* A refusal here is one of the question, not of the write. */
static void finish_asking(struct acc_commit *commit)
{
    if (commit->answered)
        finish_answered(commit);
    else if (commit->call.class == ACC_S3_KEY || commit->call.class == ACC_S3_DENIED)
        finish_unknown(commit);
    else
        finish(commit, ACC_COMMIT_LOST);
}

static void after_list(struct acc_commit *commit)
{
    switch (commit->call.class) {
    case ACC_S3_OK:
        write_again(commit);
        return;
    case ACC_S3_RESTART: /* NoSuchUpload */
    case ACC_S3_MISSING: /* RGW's NoSuchKey for the same */
        start_stage(commit, ACC_COMMIT_FIND);
        return;
    default:
        finish_asking(commit);
        return;
    }
}

static void after_nothing_found(struct acc_commit *commit)
{
    if (commit->answered)
        after_success_without_object(commit);
    else if (commit->upload_id != NULL)
        finish(commit, ACC_COMMIT_RESTART);
    else if (commit->looks < 2)
        start_stage(commit, ACC_COMMIT_FIND);
    else
        write_again(commit);
}

static void after_find(struct acc_commit *commit)
{
    if (commit->call.class == ACC_S3_OK) {
        struct acc_s3_object found;
        acc_s3_read_object(&commit->call, &found);
        if (is_ours(commit, &found)) {
            commit->object = found;
            finish_written(commit);
        } else {
            finish(commit, ACC_COMMIT_EXISTS);
        }
    } else if (commit->call.class == ACC_S3_MISSING) {
        after_nothing_found(commit);
    } else {
        finish_asking(commit);
    }
}

static void on_call_done(struct acc_s3_call *call)
{
    static void (*const after[])(struct acc_commit *) = {
        [ACC_COMMIT_RIVALS] = after_rivals,   [ACC_COMMIT_LOOK] = after_look,
        [ACC_COMMIT_WRITE] = after_write,     [ACC_COMMIT_LIST] = after_list,
        [ACC_COMMIT_CONFIRM] = after_confirm, [ACC_COMMIT_FIND] = after_find,
    };
    struct acc_commit *commit = ACC_CONTAINER_OF(call, struct acc_commit, call);
    after[commit->stage](commit);
}

static void prepare_write(struct acc_commit *commit)
{
    struct acc_s3_call *call = &commit->call;
    struct acc_s3_sum none = {0};
    if (commit->upload_id != NULL) {
        bool whole =
            acc_s3_checksum_joins(commit->sum.kind) && !commit->composite && commit->checksum_heard;
        acc_s3_complete_upload(call, commit->s3, commit->key, commit->upload_id, commit->parts_xml,
                               whole ? &commit->sum : &none, acc_verified_size(commit->verified));
    } else {
        const struct acc_digests *digests = acc_verified_digests(commit->verified);
        char sha256[ACC_DIGEST_MAX * 2 + 1];
        acc_digests_hex(digests, ACC_SHA256, sha256);
        acc_s3_put_object(call, commit->s3, commit->key, acc_verified_body(commit->verified),
                          (size_t)acc_verified_size(commit->verified), digests->value[ACC_SHA256],
                          &commit->sum);
        acc_s3_carry(call, commit->headers);
        call->body_md5 = commit->md5;
        acc_s3_call_header(call, ACC_S3_META_SHA256, sha256);
        acc_s3_call_header(call, ACC_S3_META_TOKEN, commit->token);
        if (commit->media_type[0] != '\0')
            acc_s3_call_header(call, "content-type", commit->media_type);
    }
    if (commit->writes > 0 && commit->upload_id != NULL)
        call->delay_ms = (uint64_t)250 << commit->writes;
    commit->writes++;
    commit->looks = 0;
}

/* What is unversioned is asked for without a version: not every server takes its own "null" back.
 */
static const char *version_of(const struct acc_s3_object *object)
{
    return strcmp(object->version_id, "null") == 0 ? NULL : object->version_id;
}

static void start_stage(struct acc_commit *commit, enum acc_commit_stage stage)
{
    struct acc_s3_call *call = &commit->call;
    commit->stage = stage;
    switch (stage) {
    case ACC_COMMIT_WRITE:
        prepare_write(commit);
        break;
    case ACC_COMMIT_LIST:
        acc_s3_list_parts(call, commit->s3, commit->key, commit->upload_id, &commit->page);
        break;
    case ACC_COMMIT_RIVALS:
        acc_s3_list_uploads(call, commit->s3, commit->key, &commit->page);
        break;
    case ACC_COMMIT_LOOK:
        acc_s3_head_object(call, commit->s3, commit->key, NULL);
        call->delay_ms = commit->step_back ? STEP_BACK_MS : 0;
        break;
    case ACC_COMMIT_CONFIRM:
    case ACC_COMMIT_FIND:
        acc_s3_head_object(call, commit->s3, commit->key, version_of(&commit->object));
        if (++commit->looks > 1)
            call->delay_ms = (uint64_t)LATE_MS << (commit->writes - 1);
        break;
    }
    call->delay_ms += commit->delay_ms;
    commit->delay_ms = 0;
    call->on_done = on_call_done;
    acc_s3_call_start(call);
}

void acc_commit_start(struct acc_commit *commit)
{
    commit->writes = 0;
    commit->step_back = commit->unconfirmed = commit->resent = commit->answered = false;
    commit->object = (struct acc_s3_object){.size = -1};
    start_stage(commit, commit->mind_rivals  ? ACC_COMMIT_RIVALS
                        : commit->look_first ? ACC_COMMIT_LOOK
                                             : ACC_COMMIT_WRITE);
}

void acc_commit_cancel(struct acc_commit *commit)
{
    acc_s3_call_cancel(&commit->call);
}

void acc_commit_release(struct acc_commit *commit)
{
    acc_s3_call_release(&commit->call);
    acc_s3_page_release(&commit->page);
}
