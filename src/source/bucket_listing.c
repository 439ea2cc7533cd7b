/* What lies at the source's URL: one object, or keys below it, which go into the index. Happy path:
 * a page is asked for on the session's thread, its keys are added there, the next page follows; the
 * thread that prepares the source waits. A key that ends in "/" and holds nothing is the mark of a
 * folder, as consoles leave it. A key that cannot be a file's relative path stays under its own
 * name, beside the others: no manifest can name it, so it is posted as a file that none names.
 *
 * Fails as acc_bucket_trouble() says, or with ACC_LOCAL when the index has no room. Interrupted:
 * the call is cancelled, and its end awaited. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "source/bucket.h"

#define STOP_STEP_MS 200

struct listing {
    struct acc_bucket *bucket;
    struct acc_bucket_order begin, cancel;
    const char *key; /* of one object that is looked at */
    struct acc_s3_call call;
    struct acc_s3_page page;
    int64_t place;
    struct acc_str at;
    struct acc_error err;
    pthread_cond_t over;
    bool cancelled;
    bool done, posted, heard; /* with the bucket's lock: of the cancel */
};

/* ---- on the session's thread ---- */

static void end(struct listing *l)
{
    pthread_mutex_lock(&l->bucket->lock);
    l->done = true;
    pthread_cond_signal(&l->over);
    pthread_mutex_unlock(&l->bucket->lock);
}

/* An object that is listed twice is one; one whose name a folder has taken would be lost. */
static void check_twice(struct listing *l, const char *path)
{
    struct acc_index_entry there;
    int found = acc_index_find(&l->bucket->index, path, true, &there);
    if (found != 0 && errno == EIO)
        acc_error_set(&l->err, ACC_LOCAL,
                      "the index of the source in the temporary folder cannot be read; see that "
                      "the folder has room");
    else if (found != 0 || there.kind == ACC_INDEX_FOLDER)
        acc_error_set(&l->err, ACC_SOURCE,
                      "%s: the server lists %s behind what lies below it. Copy the files to a "
                      "bucket that lists in order.",
                      l->bucket->path, path);
}

static void on_key(void *arg, const struct acc_s3_listed *item)
{
    struct listing *l = arg;
    const char *path = item->key + strlen(l->bucket->location.prefix);
    enum acc_index_clash clash;
    struct acc_index_entry entry = {.kind = ACC_INDEX_FILE,
                                    .place = l->place++,
                                    .offset = -1,
                                    .size = item->size,
                                    .seconds = item->modified / 1000,
                                    .nanoseconds = item->modified % 1000 * 1000000};
    if (l->err.code != ACC_OK || !acc_starts_with(item->key, l->bucket->location.prefix) ||
        *path == '\0')
        return;
    snprintf(entry.tag, sizeof entry.tag, "%s", item->etag);
    struct acc_str name = {0};
    acc_str_set(&name, path);
    if (item->size == 0 && acc_ends_with(path, "/")) {
        acc_str_cut(&name, name.len - 1);
        entry.kind = ACC_INDEX_FOLDER;
    }
    if (name.len > 0 &&
        acc_index_add(&l->bucket->index, name.data, &entry, NULL, &clash, &l->at, &l->err) ==
            ACC_OK &&
        clash == ACC_INDEX_TWICE)
        check_twice(l, name.data);
    acc_str_release(&name);
}

static void ask(struct listing *l);

static void on_page(struct acc_s3_call *call)
{
    struct listing *l = ACC_CONTAINER_OF(call, struct listing, call);
    if (call->class == ACC_S3_OK && !acc_s3_read_list_objects(call, &l->page, on_key, l))
        call->class = ACC_S3_PROTOCOL;
    if (call->class != ACC_S3_OK)
        acc_bucket_trouble(l->bucket, call, &l->err);
    if (l->err.code == ACC_OK && l->page.more && !l->cancelled)
        ask(l);
    else
        end(l);
}

static void ask(struct listing *l)
{
    acc_s3_list_objects(&l->call, l->bucket->session.s3, l->bucket->location.prefix, 0, &l->page);
    l->call.on_done = on_page;
    acc_s3_call_start(&l->call);
}

static void begin(struct acc_bucket_order *order)
{
    ask(ACC_CONTAINER_OF(order, struct listing, begin));
}

static void cancel(struct acc_bucket_order *order)
{
    struct listing *l = ACC_CONTAINER_OF(order, struct listing, cancel);
    l->cancelled = true;
    acc_s3_call_cancel(&l->call);
    pthread_mutex_lock(&l->bucket->lock);
    l->heard = true;
    pthread_cond_signal(&l->over);
    pthread_mutex_unlock(&l->bucket->lock);
}

static void on_head(struct acc_s3_call *call)
{
    struct listing *l = ACC_CONTAINER_OF(call, struct listing, call);
    if (call->class != ACC_S3_OK && call->class != ACC_S3_MISSING && call->class != ACC_S3_DENIED)
        acc_bucket_trouble(l->bucket, call, &l->err);
    end(l);
}

static void look(struct acc_bucket_order *order)
{
    struct listing *l = ACC_CONTAINER_OF(order, struct listing, begin);
    acc_s3_head_object(&l->call, l->bucket->session.s3, l->key, NULL);
    l->call.on_done = on_head;
    acc_s3_call_start(&l->call);
}

/* ---- on the thread that waits ---- */

static void await(struct listing *l, const atomic_bool *stop)
{
    struct acc_bucket *b = l->bucket;
    pthread_mutex_lock(&b->lock);
    acc_bucket_post(b, &l->begin);
    while (!l->done || l->posted != l->heard) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += STOP_STEP_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&l->over, &b->lock, &until);
        if (!l->done && !l->posted && (b->stopped || (stop != NULL && atomic_load(stop)))) {
            l->posted = true;
            acc_bucket_post(b, &l->cancel);
        }
    }
    pthread_mutex_unlock(&b->lock);
}

/* Once it is over. */
static enum acc_code judge(struct listing *l, struct acc_error *err)
{
    if (l->cancelled)
        acc_error_set(&l->err, ACC_INTERRUPTED, "interrupted while listing %s", l->bucket->path);
    else if (l->err.code == ACC_OK && l->place == 0)
        acc_error_set(&l->err, ACC_SOURCE,
                      "%s: no object lies there. Correct the source's bucket or prefix.",
                      l->bucket->path);
    if (l->err.code != ACC_OK)
        *err = l->err;
    return l->err.code;
}

enum acc_code acc_bucket_list(struct acc_bucket *b, const atomic_bool *stop, struct acc_error *err)
{
    struct listing l = {.bucket = b, .begin.run = begin, .cancel.run = cancel};
    enum acc_code code = acc_index_open(&b->index, err);
    if (code != ACC_OK)
        return code;
    pthread_cond_init(&l.over, NULL);
    await(&l, stop);
    code = judge(&l, err);
    acc_s3_call_release(&l.call);
    acc_s3_page_release(&l.page);
    acc_str_release(&l.at);
    pthread_cond_destroy(&l.over);
    return code;
}

/* The object becomes the only file of a source that is the folder it lies in. */
static enum acc_code take_object(struct listing *l, struct acc_error *err)
{
    struct acc_bucket *b = l->bucket;
    struct acc_s3_object object;
    const char *slash = strrchr(l->key, '/'), *name = slash != NULL ? slash + 1 : l->key;
    char text[64];
    int64_t modified = 0;
    enum acc_index_clash clash;
    acc_s3_read_object(&l->call, &object);
    if (acc_http_header(&l->call.http, "last-modified", text, sizeof text) != NULL)
        acc_time_parse(text, &modified);
    struct acc_index_entry entry = {
        .kind = ACC_INDEX_FILE, .offset = -1, .size = object.size, .seconds = modified / 1000};
    memcpy(entry.tag, object.etag, sizeof entry.tag);
    enum acc_code code = acc_index_open(&b->index, err);
    if (code == ACC_OK)
        code = acc_index_add(&b->index, name, &entry, NULL, &clash, &l->at, err);
    b->location.prefix[name - l->key] = '\0';
    b->listed = true;
    return code;
}

/* Asks for the object; the listing is the caller's to release. */
static enum acc_code head(struct listing *l, struct acc_error *err)
{
    l->begin.run = look;
    l->cancel.run = cancel;
    pthread_cond_init(&l->over, NULL);
    await(l, NULL);
    pthread_cond_destroy(&l->over);
    if (l->err.code != ACC_OK)
        *err = l->err;
    return l->err.code;
}

enum acc_code acc_bucket_look(struct acc_bucket *b, bool *found, struct acc_error *err)
{
    char *key = acc_strdup(b->location.prefix);
    key[strlen(key) - 1] = '\0';
    struct listing l = {.bucket = b, .key = key};
    enum acc_code code = head(&l, err);
    *found = code == ACC_OK && l.call.class == ACC_S3_OK;
    if (*found)
        code = take_object(&l, err);
    acc_s3_call_release(&l.call);
    acc_str_release(&l.at);
    free(key);
    return code;
}

bool acc_bucket_holds(struct acc_bucket *b, const char *key)
{
    struct listing l = {.bucket = b, .key = key};
    struct acc_error err;
    bool holds = head(&l, &err) == ACC_OK && l.call.class == ACC_S3_OK;
    acc_s3_call_release(&l.call);
    return holds;
}
