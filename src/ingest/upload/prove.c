/* Happy path: HEAD, and the gate decides by what is known of that very write. Where the evidence
 * lacks a promised digest, the local file is hashed; where there is nothing else, the object is
 * read back by a GET bound to that version and ETag. Failure: an object that is replaced between
 * two requests is looked at again, READS_MAX times; then it is a conflict. Cancel ends the request
 * or the job that runs. */
#include "ingest/upload/prove.h"

#include <string.h>

#include "base/mem.h"

#define READS_MAX 3

static void start_head(struct acc_prove *prove);

static void finish(struct acc_prove *prove, enum acc_prove_result result)
{
    prove->result = result;
    prove->on_done(prove);
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

static struct acc_sighting now(const struct acc_prove *prove)
{
    return (struct acc_sighting){.etag = prove->object.etag,
                                 .version_id = prove->object.version_id,
                                 .size = prove->object.size,
                                 .token = prove->object.token};
}

/* True when the gate has decided, and on_done was called. */
static bool decided(struct acc_prove *prove, const struct acc_gate_evidence *evidence)
{
    switch (acc_gate_present(prove->entry, evidence, &prove->proven, &prove->err)) {
    case ACC_GATE_PROVEN:
        finish(prove, ACC_PROVE_SAME);
        return true;
    case ACC_GATE_DIFFERS:
        conflict(prove);
        return true;
    default:
        return false;
    }
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

static void start_hashing(struct acc_prove *prove);

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
    acc_hasher_finish(&prove->hasher, &prove->read);
    if (prove->object.etag[0] == '\0') /* HEAD was refused */
        acc_s3_read_object(call, &prove->object);
    prove->object.size = prove->received;
    const struct acc_gate_evidence evidence = {
        .kind = ACC_EVIDENCE_READ, .digests = &prove->read, .now = now(prove)};
    if (!prove->compares_file && decided(prove, &evidence))
        return;
    if (prove->compares_file ||
        (prove->entry->promised.present == 0 && prove->undigested_accepted)) {
        prove->bridge = evidence;
        start_hashing(prove);
        return;
    }
    if (prove->entry->promised.present == 0) {
        acc_gate_no_digest(prove->entry, &prove->err);
        finish(prove, ACC_PROVE_FILE);
        return;
    }
    acc_error_set(
        &prove->err, ACC_INTERNAL,
        "OpenSSL lacks an algorithm that the manifest promises, so the object in the bucket "
        "could not be compared. See openssl list -digest-algorithms.");
    finish(prove, ACC_PROVE_FILE);
}

static void start_read(struct acc_prove *prove)
{
    if (prove->reads_nothing) {
        finish(prove, ACC_PROVE_UNREAD);
        return;
    }
    prove->reads++;
    acc_s3_get_object(&prove->call, prove->s3, prove->key, prove->object.version_id,
                      prove->object.etag);
    prove->call.on_data = on_data;
    prove->call.on_retry = begin_hash;
    prove->call.on_done = on_read;
    begin_hash(&prove->call);
    acc_s3_call_start(&prove->call);
}

/* ---- the local file ---- */

static void on_hashed(struct acc_hashing *hashing)
{
    struct acc_prove *prove = ACC_CONTAINER_OF(hashing, struct acc_prove, hashing);
    const struct acc_gate_facts local = {.computed = &hashing->digests,
                                         .size = hashing->size,
                                         .modified = hashing->modified,
                                         .undigested_accepted = prove->undigested_accepted};
    prove->hashing_now = false;
    if (hashing->cancelled) {
        prove->call.class = ACC_S3_CANCELLED;
        finish(prove, ACC_PROVE_LOST);
        return;
    }
    if (hashing->code != ACC_OK &&
        (prove->compares_file || prove->bridge.kind == ACC_EVIDENCE_READ)) {
        prove->err = hashing->err; /* there is nothing else to ask */
        finish(prove, ACC_PROVE_FILE);
        return;
    }
    if (hashing->code != ACC_OK) {
        start_read(prove); /* without a file that can be read the object alone can decide */
        return;
    }
    switch (acc_gate_bridge(prove->entry, &prove->bridge, &local, &prove->proven, &prove->err)) {
    case ACC_GATE_PROVEN:
        finish(prove, ACC_PROVE_SAME);
        break;
    case ACC_GATE_DIFFERS:
        conflict(prove);
        break;
    case ACC_GATE_REFUSED:
        finish(prove, ACC_PROVE_FILE);
        break;
    case ACC_GATE_UNDECIDED:
        start_read(prove);
        break;
    }
}

static void start_hashing(struct acc_prove *prove)
{
    struct acc_hashing *h = &prove->hashing;
    h->loop = prove->loop;
    h->source = prove->source;
    h->algs = prove->algs;
    h->wanted = prove->entry->promised.present | 1u << ACC_SHA256;
    h->path = prove->entry->path;
    h->on_done = on_hashed;
    prove->hashing_now = true;
    acc_hashing_start(h);
}

/* ---- what HEAD shows ---- */

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

static bool has_server_sha256(struct acc_prove *prove)
{
    const char *stored = prove->object.checksum[ACC_S3_CHECKSUM_SHA256];
    uint8_t value[ACC_SHA256_LEN];
    prove->server = (struct acc_digests){0};
    if (acc_s3_sum_is_composite(stored) ||
        acc_base64_decode(stored, value, sizeof value) != ACC_SHA256_LEN)
        return false;
    acc_digests_put(&prove->server, ACC_SHA256, value);
    return true;
}

/* What is known of the object without reading it, the strongest first. */
static size_t gather(struct acc_prove *prove, struct acc_gate_evidence evidence[3])
{
    size_t count = 0;
    if (prove->bytes_only)
        return 0;
    if (prove->known.etag != NULL)
        evidence[count++] = (struct acc_gate_evidence){.kind = ACC_EVIDENCE_LEDGER,
                                                       .digests = prove->known_digests,
                                                       .recorded = prove->known,
                                                       .now = now(prove)};
    if (prove->sent.token != NULL && !contradicts(prove))
        evidence[count++] = (struct acc_gate_evidence){.kind = ACC_EVIDENCE_SENT,
                                                       .digests = prove->gated,
                                                       .recorded = prove->sent,
                                                       .now = now(prove)};
    if (has_server_sha256(prove))
        evidence[count++] = (struct acc_gate_evidence){
            .kind = ACC_EVIDENCE_SERVER, .digests = &prove->server, .now = now(prove)};
    return count;
}

static void weigh(struct acc_prove *prove)
{
    struct acc_gate_evidence evidence[3];
    size_t count = gather(prove, evidence);
    if (prove->entry->promised.present == 0 && !prove->undigested_accepted) {
        acc_gate_no_digest(prove->entry, &prove->err);
        finish(prove, ACC_PROVE_FILE);
        return;
    }
    for (size_t i = 0; i < count && !prove->compares_file; i++)
        if (decided(prove, &evidence[i]))
            return;
    if (prove->entry->size >= 0 && prove->object.size >= 0 &&
        prove->entry->size != prove->object.size) {
        acc_error_set(&prove->err, ACC_FILE_SIZE, "it has %lld bytes, the manifest says %lld",
                      (long long)prove->object.size, (long long)prove->entry->size);
        conflict(prove);
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (!prove->reads_nothing && acc_gate_can_bridge(&evidence[i])) {
            prove->bridge = evidence[i];
            start_hashing(prove);
            return;
        }
    start_read(prove);
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
    const struct acc_sighting seen = now(prove);
    prove->on_record = prove->known.etag != NULL && acc_sighting_same(&prove->known, &seen);
    weigh(prove);
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
    prove->on_record = false;
    acc_proven_free(prove->proven);
    prove->proven = NULL;
    start_head(prove);
}

void acc_prove_cancel(struct acc_prove *prove)
{
    if (prove->hashing_now)
        acc_hashing_cancel(&prove->hashing);
    else
        acc_s3_call_cancel(&prove->call);
}

void acc_prove_release(struct acc_prove *prove)
{
    acc_proven_free(prove->proven);
    acc_s3_call_release(&prove->call);
    acc_hasher_release(&prove->hasher);
    acc_hashing_release(&prove->hashing);
}
