/* An object's bytes, read in order from blocks that arrive ahead of the reader. Happy path: a block
 * is given memory and posted; its GET fills it on the session's thread; the reader takes what has
 * come, frees the block behind it, and asks for others ahead while memory allows. The one block
 * that a reader waits for is always asked for. An object that is expected has its first block asked
 * for before it is opened, in the order of expecting.
 *
 * Every request is bound to the ETag that the listing showed, and to the version that the first
 * answer showed: an object that was replaced or deleted meanwhile is ACC_FILE_CHANGED. Failures are
 * kept with the block, and are reported in the bytes' order. Close: requests are cancelled; the
 * last of them to end frees the object. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/bucket.h"

/* A block is a request of its own. Large enough that a distant server is no brake, since several
 * are ahead; small enough that each thread that reads may have one beyond the common limit. */
#define BLOCK ((int64_t)2 << 20)
/* Of one object. */
#define BLOCKS_AHEAD 4
/* Memory for what is asked for ahead, of all objects. */
#define HELD_MAX ((int64_t)24 << 20)

struct block {
    struct acc_bucket_object *object;
    struct acc_bucket_order start, cancel;
    struct acc_s3_fetch fetch; /* the session's thread's */
    unsigned char *bytes;
    int64_t from, size;
    /* with the bucket's lock */
    int64_t arrived;
    bool over, retired; /* its request has ended; its bytes were read */
    struct acc_error err;
};

struct acc_bucket_object {
    struct acc_bucket *bucket;
    char *path, *key;
    char tag[ACC_INDEX_TAG];
    int64_t size;
    /* with the bucket's lock */
    struct acc_link link, waiting;
    struct block *blocks[BLOCKS_AHEAD + 1]; /* in order; the first is being read */
    unsigned count;
    int64_t asked, at; /* bytes that blocks were made for; that were read */
    bool open, shut;
    unsigned pending; /* blocks whose request is not over */
    pthread_cond_t arrival;
    char version[ACC_S3_VERSION]; /* the session's thread's */
};

/* ---- memory; all with the lock ---- */

static void start_block(struct acc_bucket_order *order);
static void cancel_block(struct acc_bucket_order *order);

static bool may_ask_ahead(const struct acc_bucket_object *o)
{
    int64_t left = o->size - o->asked, size = left < BLOCK ? left : BLOCK;
    return left > 0 && o->count <= BLOCKS_AHEAD && o->bucket->held + size <= HELD_MAX;
}

static void ask(struct acc_bucket_object *o)
{
    struct block *block = ACC_NEW(struct block);
    int64_t left = o->size - o->asked;
    block->object = o;
    block->start.run = start_block;
    block->cancel.run = cancel_block;
    block->from = o->asked;
    block->size = left < BLOCK ? left : BLOCK;
    block->bytes = acc_alloc((size_t)block->size);
    o->asked += block->size;
    o->bucket->held += block->size;
    o->blocks[o->count++] = block;
    o->pending++;
    acc_list_remove(&o->waiting);
    acc_bucket_post(o->bucket, &block->start);
}

/* Memory has become free: those that were expected first come first. */
static void ask_for_waiting(struct acc_bucket *b)
{
    while (!acc_list_empty(&b->waiting)) {
        struct acc_bucket_object *o =
            ACC_CONTAINER_OF(b->waiting.next, struct acc_bucket_object, waiting);
        if (!may_ask_ahead(o))
            return;
        ask(o);
    }
}

static void free_block(struct block *block)
{
    block->object->bucket->held -= block->size;
    acc_list_remove(&block->start.link);
    acc_list_remove(&block->cancel.link);
    acc_s3_fetch_release(&block->fetch);
    free(block->bytes);
    free(block);
}

/* When its reader is gone and no request of it is left. */
static void free_if_over(struct acc_bucket_object *o)
{
    if (!o->shut || o->pending > 0)
        return;
    struct acc_bucket *b = o->bucket;
    for (unsigned i = 0; i < o->count; i++)
        free_block(o->blocks[i]);
    ask_for_waiting(b);
    acc_list_remove(&o->link);
    acc_list_remove(&o->waiting);
    pthread_cond_destroy(&o->arrival);
    free(o->path);
    free(o->key);
    free(o);
}

static void cancel_all(struct acc_bucket_object *o)
{
    o->shut = true;
    for (unsigned i = 0; i < o->count; i++)
        if (!o->blocks[i]->over)
            acc_bucket_post(o->bucket, &o->blocks[i]->cancel);
    free_if_over(o);
}

void acc_bucket_forget(struct acc_bucket *b)
{
    pthread_mutex_lock(&b->lock);
    for (struct acc_link *link = b->objects.next, *next; link != &b->objects; link = next) {
        struct acc_bucket_object *o = ACC_CONTAINER_OF(link, struct acc_bucket_object, link);
        next = link->next;
        if (!o->open && !o->shut)
            cancel_all(o);
    }
    pthread_mutex_unlock(&b->lock);
}

/* ---- on the session's thread ---- */

static void describe(struct block *block, struct acc_error *err)
{
    const struct acc_s3_call *call = &block->fetch.call;
    if (acc_bucket_trouble(block->object->bucket, call, err) != ACC_OK)
        return;
    if (call->class == ACC_S3_PRECONDITION || call->class == ACC_S3_MISSING) {
        acc_error_set(err, ACC_FILE_CHANGED,
                      "was %s in the bucket since it was listed. When nothing writes there any "
                      "more, run the same command again.",
                      call->class == ACC_S3_MISSING ? "deleted" : "replaced");
        return;
    }
    acc_s3_call_error(call, err);
    err->code = ACC_FILE_UNREADABLE;
}

static void end_block(struct block *block, const struct acc_error *err)
{
    struct acc_bucket_object *o = block->object;
    struct acc_bucket *b = o->bucket;
    pthread_mutex_lock(&b->lock);
    if (err != NULL)
        block->err = *err;
    block->over = true;
    o->pending--;
    pthread_cond_signal(&o->arrival);
    if (block->retired) {
        free_block(block);
        ask_for_waiting(b);
    }
    free_if_over(o);
    if (b->quitting)
        acc_wake_send(&b->session.wake);
    pthread_mutex_unlock(&b->lock);
}

/* Whether the answer is of the object that was listed, in the version that was met first. */
static bool accepts(struct acc_s3_fetch *fetch, const struct acc_s3_object *met)
{
    struct acc_bucket_object *o = ACC_CONTAINER_OF(fetch, struct block, fetch)->object;
    if (o->version[0] == '\0')
        memcpy(o->version, met->version_id, sizeof o->version);
    return strcmp(o->version, met->version_id) == 0 &&
           (o->tag[0] == '\0' || met->etag[0] == '\0' || strcmp(o->tag, met->etag) == 0);
}

static bool on_bytes(struct acc_s3_fetch *fetch, const void *bytes, size_t len)
{
    struct block *block = ACC_CONTAINER_OF(fetch, struct block, fetch);
    struct acc_bucket_object *o = block->object;
    if (fetch->received + (int64_t)len > block->size) {
        acc_s3_call_refuse(&fetch->call); /* it has become longer */
        return true;
    }
    memcpy(block->bytes + fetch->received, bytes, len);
    pthread_mutex_lock(&o->bucket->lock);
    block->arrived = fetch->received + (int64_t)len;
    pthread_cond_signal(&o->arrival);
    pthread_mutex_unlock(&o->bucket->lock);
    return true;
}

static void on_done(struct acc_s3_fetch *fetch)
{
    struct block *block = ACC_CONTAINER_OF(fetch, struct block, fetch);
    struct acc_error err = {0};
    if (fetch->received > block->size ||
        (fetch->call.class == ACC_S3_OK && fetch->received < block->size))
        fetch->call.class =
            ACC_S3_PRECONDITION; /* the server did not notice that it was replaced */
    if (fetch->call.class == ACC_S3_OK)
        block->object->bucket->session.failing = 0;
    else
        describe(block, &err);
    end_block(block, err.code != ACC_OK ? &err : NULL);
}

static void start_block(struct acc_bucket_order *order)
{
    struct block *block = ACC_CONTAINER_OF(order, struct block, start);
    struct acc_bucket_object *o = block->object;
    static const struct acc_error unread = {.code = ACC_INTERRUPTED};
    pthread_mutex_lock(&o->bucket->lock);
    bool shut = o->shut;
    pthread_mutex_unlock(&o->bucket->lock);
    if (shut) {
        end_block(block, &unread);
        return;
    }
    acc_s3_fetch_init(&block->fetch);
    block->fetch.from = block->from;
    if (block->size < o->size)
        block->fetch.until = block->from + block->size;
    block->fetch.accepts = accepts;
    block->fetch.on_bytes = on_bytes;
    block->fetch.on_done = on_done;
    acc_s3_fetch_start(&block->fetch, o->bucket->session.s3, o->key, NULL, o->tag);
}

static void cancel_block(struct acc_bucket_order *order)
{
    acc_s3_fetch_cancel(&ACC_CONTAINER_OF(order, struct block, cancel)->fetch);
}

/* ---- readers ---- */

static struct acc_bucket_object *make(struct acc_bucket *b, const char *path,
                                      const struct acc_index_entry *entry)
{
    struct acc_bucket_object *o = ACC_NEW(struct acc_bucket_object);
    struct acc_str key = {0};
    acc_str_addf(&key, "%s%s", b->location.prefix, path);
    o->bucket = b;
    o->path = acc_strdup(path);
    o->key = acc_str_detach(&key);
    o->size = entry->size;
    memcpy(o->tag, entry->tag, sizeof o->tag);
    pthread_cond_init(&o->arrival, NULL);
    acc_list_push(&b->objects, &o->link);
    return o;
}

void acc_bucket_expect(struct acc_bucket *b, const char *path, const struct acc_index_entry *entry)
{
    if (entry->size <= 0)
        return;
    pthread_mutex_lock(&b->lock);
    struct acc_bucket_object *o = make(b, path, entry);
    acc_list_push(&b->waiting, &o->waiting);
    ask_for_waiting(b);
    pthread_mutex_unlock(&b->lock);
}

struct acc_bucket_object *acc_bucket_open(struct acc_bucket *b, const char *path,
                                          const struct acc_index_entry *entry)
{
    struct acc_bucket_object *o = NULL;
    pthread_mutex_lock(&b->lock);
    ACC_LIST_EACH (link, &b->objects) {
        struct acc_bucket_object *other = ACC_CONTAINER_OF(link, struct acc_bucket_object, link);
        if (!other->open && !other->shut && strcmp(other->path, path) == 0) {
            o = other;
            break;
        }
    }
    if (o == NULL)
        o = make(b, path, entry);
    o->open = true;
    acc_list_remove(&o->waiting);
    pthread_mutex_unlock(&b->lock);
    return o;
}

/* With the lock held: the block that is to be read next, once `need` of its bytes have come. NULL
 * at the end, and on failure. */
static struct block *await(struct acc_bucket_object *o, int64_t need, struct acc_error *err)
{
    if (o->count == 0 && o->asked < o->size)
        ask(o);
    while (may_ask_ahead(o))
        ask(o);
    struct block *block = o->count > 0 ? o->blocks[0] : NULL;
    while (block != NULL && block->arrived < need && !block->over && !o->bucket->stopped)
        pthread_cond_wait(&o->arrival, &o->bucket->lock);
    if (block == NULL || block->arrived >= need)
        return block;
    if (block->over)
        *err = block->err;
    else
        acc_error_set(err, ACC_INTERRUPTED, "interrupted while reading the source");
    return NULL;
}

static void retire_first(struct acc_bucket_object *o)
{
    struct block *block = o->blocks[0];
    o->count--;
    for (unsigned i = 0; i < o->count; i++)
        o->blocks[i] = o->blocks[i + 1];
    block->retired = true;
    if (block->over)
        free_block(block);
    ask_for_waiting(o->bucket);
}

ssize_t acc_bucket_read(struct acc_bucket_object *o, void *buffer, size_t len,
                        struct acc_error *err)
{
    pthread_mutex_lock(&o->bucket->lock);
    err->code = ACC_OK;
    int64_t in_block = o->count > 0 ? o->at - o->blocks[0]->from : 0, got = 0;
    struct block *block = await(o, in_block + 1, err);
    if (block != NULL)
        got = block->arrived - in_block < (int64_t)len ? block->arrived - in_block : (int64_t)len;
    pthread_mutex_unlock(&o->bucket->lock);
    if (block == NULL)
        return err->code == ACC_OK ? 0 : -1;
    memcpy(buffer, block->bytes + in_block, (size_t)got);
    pthread_mutex_lock(&o->bucket->lock);
    o->at += got;
    if (in_block + got == block->size)
        retire_first(o);
    pthread_mutex_unlock(&o->bucket->lock);
    return (ssize_t)got;
}

ssize_t acc_bucket_peek(struct acc_bucket_object *o, void *buffer, size_t len,
                        struct acc_error *err)
{
    int64_t want = o->size < (int64_t)len ? o->size : (int64_t)len;
    pthread_mutex_lock(&o->bucket->lock);
    err->code = ACC_OK;
    struct block *block = await(o, want, err);
    if (block != NULL)
        memcpy(buffer, block->bytes, (size_t)want);
    pthread_mutex_unlock(&o->bucket->lock);
    if (block == NULL)
        return err->code == ACC_OK ? 0 : -1;
    return (ssize_t)want;
}

void acc_bucket_shut(struct acc_bucket_object *o)
{
    struct acc_bucket *b = o->bucket;
    pthread_mutex_lock(&b->lock);
    cancel_all(o);
    pthread_mutex_unlock(&b->lock);
}

void acc_bucket_stop(struct acc_bucket *b)
{
    pthread_mutex_lock(&b->lock);
    b->stopped = true;
    ACC_LIST_EACH (link, &b->objects)
        pthread_cond_broadcast(&ACC_CONTAINER_OF(link, struct acc_bucket_object, link)->arrival);
    pthread_mutex_unlock(&b->lock);
}
