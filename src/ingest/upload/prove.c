/* HEAD, then, where that proves nothing, GET bound to that version and ETag. An object replaced
 * between the two begins again; one replaced again and again is a conflict. */
#include "ingest/upload/prove.h"

#include <string.h>

#include "base/mem.h"
#include "gate/gate.h"

#define READS_MAX 3

static void start_head(struct acc_prove *prove);

static void finish(struct acc_prove *prove, enum acc_prove_result result)
{
    prove->result = result;
    prove->on_done(prove);
}

static void finish_same(struct acc_prove *prove, const char *proof)
{
    prove->proof = proof;
    finish(prove, ACC_PROVE_SAME);
}

static void finish_by_class(struct acc_prove *prove)
{
    switch (prove->call.class) {
    case ACC_S3_MISSING:
        finish(prove, ACC_PROVE_ABSENT);
        return;
    case ACC_S3_DENIED:
        finish(prove, ACC_PROVE_DENIED);
        return;
    case ACC_S3_KEY:
        finish(prove, ACC_PROVE_REFUSED);
        return;
    default:
        finish(prove, ACC_PROVE_LOST);
        return;
    }
}

static void conflict(struct acc_prove *prove)
{
    acc_error_context(&prove->err,
                      "the key exists already with other content, which was left alone");
    prove->err.code = ACC_CONFLICT;
    finish(prove, ACC_PROVE_OTHER);
}

/* ---- reading it back ---- */

static bool on_data(struct acc_s3_call *call, const void *bytes, size_t len)
{
    struct acc_prove *prove = ACC_CONTAINER_OF(call, struct acc_prove, call);
    acc_hasher_update(&prove->hasher, bytes, len);
    prove->received += (int64_t)len;
    return true;
}

static void begin_hash(struct acc_s3_call *call)
{
    struct acc_prove *prove = ACC_CONTAINER_OF(call, struct acc_prove, call);
    acc_hasher_init(&prove->hasher, prove->algs, prove->entry->promised.present | 1u << ACC_SHA256);
    prove->received = 0;
}

static void on_read(struct acc_s3_call *call)
{
    struct acc_prove *prove = ACC_CONTAINER_OF(call, struct acc_prove, call);
    if (call->class == ACC_S3_PRECONDITION && prove->reads < READS_MAX) {
        start_head(prove);
        return;
    }
    if (call->class != ACC_S3_OK) {
        finish_by_class(prove);
        return;
    }
    acc_hasher_finish(&prove->hasher, &prove->digests);
    struct acc_gate_facts facts = {.computed = &prove->digests, .size = prove->received};
    if (acc_gate_compare(prove->entry, &facts, "the object in the bucket", &prove->err) == ACC_OK)
        finish_same(prove, "read");
    else
        conflict(prove);
}

static void start_read(struct acc_prove *prove)
{
    prove->reads++;
    acc_s3_get_object(&prove->call, prove->s3, prove->key, prove->object.version_id,
                      prove->object.etag);
    prove->call.on_data = on_data;
    prove->call.on_retry = begin_hash;
    prove->call.on_done = on_read;
    begin_hash(&prove->call);
    acc_s3_call_start(&prove->call);
}

/* ---- what HEAD tells ---- */

static bool ledger_knows_it(const struct acc_prove *prove)
{
    return prove->known_etag != NULL && prove->known_etag[0] != '\0' &&
           strcmp(prove->known_etag, prove->object.etag) == 0 &&
           prove->known_size == prove->object.size;
}

/* The server holds a checksum of the kind that was sent, and of the same form, and it differs. */
static bool contradicts(const struct acc_prove *prove)
{
    for (int i = ACC_S3_CHECKSUM_NONE + 1; i < ACC_S3_CHECKSUM_COUNT; i++) {
        const char *stored = prove->object.checksum[i];
        const char *sent = acc_s3_sum_recorded(prove->expected, (enum acc_s3_checksum)i);
        if (sent != NULL && *stored != '\0' &&
            acc_s3_sum_is_composite(sent) == acc_s3_sum_is_composite(stored) &&
            strcmp(sent, stored) != 0)
            return true;
    }
    return false;
}

static bool is_our_upload(const struct acc_prove *prove)
{
    return prove->token != NULL && strcmp(prove->token, prove->object.token) == 0 &&
           (prove->entry->size < 0 || prove->entry->size == prove->object.size) &&
           !contradicts(prove);
}

/* The server's checksum speaks only for SHA-256, and only when it is of the whole object. */
static bool checksum_matches(const struct acc_prove *prove)
{
    char base64[ACC_BASE64_LEN(ACC_SHA256_LEN)];
    if (prove->entry->promised.present != 1u << ACC_SHA256)
        return false;
    acc_base64_encode(prove->entry->promised.value[ACC_SHA256], ACC_SHA256_LEN, base64);
    return strcmp(base64, prove->object.checksum[ACC_S3_CHECKSUM_SHA256]) == 0;
}

static void on_head(struct acc_s3_call *call)
{
    struct acc_prove *prove = ACC_CONTAINER_OF(call, struct acc_prove, call);
    if (call->class == ACC_S3_KEY) {
        prove->object = (struct acc_s3_object){.size = -1};
        start_read(prove); /* HEAD's errors have no words; GET's do */
        return;
    }
    if (call->class != ACC_S3_OK) {
        finish_by_class(prove);
        return;
    }
    acc_s3_read_object(call, &prove->object);
    if (ledger_knows_it(prove)) {
        prove->digests = *prove->known_digests;
        finish_same(prove, "ledger");
    } else if (is_our_upload(prove)) {
        prove->digests = *prove->gated;
        finish_same(prove, "sent");
    } else if (prove->entry->size >= 0 && prove->object.size >= 0 &&
               prove->entry->size != prove->object.size) {
        acc_error_set(&prove->err, ACC_FILE_SIZE, "it has %lld bytes, the manifest says %lld",
                      (long long)prove->object.size, (long long)prove->entry->size);
        conflict(prove);
    } else if (checksum_matches(prove)) {
        prove->digests = prove->entry->promised;
        finish_same(prove, "server-checksum");
    } else {
        start_read(prove);
    }
}

static void start_head(struct acc_prove *prove)
{
    acc_s3_head_object(&prove->call, prove->s3, prove->key, NULL);
    prove->call.on_done = on_head;
    acc_s3_call_start(&prove->call);
}

void acc_prove_start(struct acc_prove *prove)
{
    prove->reads = 0;
    start_head(prove);
}

void acc_prove_cancel(struct acc_prove *prove)
{
    acc_s3_call_cancel(&prove->call);
}

void acc_prove_release(struct acc_prove *prove)
{
    acc_s3_call_release(&prove->call);
    acc_hasher_release(&prove->hasher);
}
