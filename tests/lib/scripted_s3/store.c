/* Lists and a sorted array; nothing here fails, since memory never does (base/mem.h). */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

void store_init(struct store *store)
{
    *store = (struct store){0};
    acc_list_init(&store->buckets);
}

void version_free(struct version *version)
{
    acc_list_remove(&version->link);
    free(version->id);
    free(version->etag);
    free(version->upload);
    acc_str_release(&version->content);
    http_pairs_release(&version->kept);
    free(version);
}

static void free_object(struct object *object)
{
    while (!acc_list_empty(&object->versions))
        version_free(ACC_CONTAINER_OF(object->versions.next, struct version, link));
    free(object->key);
    free(object);
}

static void free_bucket(struct bucket *bucket)
{
    acc_list_remove(&bucket->link);
    for (size_t i = 0; i < bucket->count; i++)
        free_object(bucket->objects[i]);
    while (!acc_list_empty(&bucket->uploads))
        store_remove_upload(ACC_CONTAINER_OF(bucket->uploads.next, struct upload, link));
    free(bucket->objects);
    free(bucket->policy);
    free(bucket->name);
    free(bucket);
}

void store_release(struct store *store)
{
    while (!acc_list_empty(&store->buckets))
        free_bucket(ACC_CONTAINER_OF(store->buckets.next, struct bucket, link));
}

struct bucket *store_bucket(struct store *store, const char *name)
{
    ACC_LIST_EACH (link, &store->buckets) {
        struct bucket *bucket = ACC_CONTAINER_OF(link, struct bucket, link);
        if (strcmp(bucket->name, name) == 0)
            return bucket;
    }
    return NULL;
}

struct bucket *store_add_bucket(struct store *store, const char *name, bool versioned)
{
    struct bucket *bucket = ACC_NEW(struct bucket);
    bucket->name = acc_strdup(name);
    bucket->versioning = versioned ? VERSIONING_ENABLED : VERSIONING_OFF;
    acc_list_init(&bucket->uploads);
    acc_list_push(&store->buckets, &bucket->link);
    return bucket;
}

size_t store_search(const struct bucket *bucket, const char *key, bool *found)
{
    size_t low = 0, high = bucket->count;
    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(bucket->objects[middle]->key, key);
        *found = order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return *found ? high : low;
}

struct object *store_object(const struct bucket *bucket, const char *key)
{
    bool found;
    size_t at = store_search(bucket, key, &found);
    return found ? bucket->objects[at] : NULL;
}

struct version *store_newest(const struct bucket *bucket, const char *key)
{
    struct object *object = store_object(bucket, key);
    return object ? ACC_CONTAINER_OF(object->versions.next, struct version, link) : NULL;
}

struct version *store_version(const struct bucket *bucket, const char *key, const char *id)
{
    struct object *object = store_object(bucket, key);
    if (object == NULL)
        return NULL;
    ACC_LIST_EACH (link, &object->versions) {
        struct version *version = ACC_CONTAINER_OF(link, struct version, link);
        if (strcmp(version->id, id) == 0)
            return version;
    }
    return NULL;
}

static struct object *add_object(struct bucket *bucket, const char *key)
{
    bool found;
    size_t at = store_search(bucket, key, &found);
    if (found)
        return bucket->objects[at];
    if (bucket->count == bucket->room) {
        bucket->room = bucket->room * 2 + 16;
        bucket->objects = acc_realloc(bucket->objects, bucket->room * sizeof *bucket->objects);
    }
    memmove(bucket->objects + at + 1, bucket->objects + at,
            (bucket->count - at) * sizeof *bucket->objects);
    struct object *object = bucket->objects[at] = ACC_NEW(struct object);
    object->key = acc_strdup(key);
    acc_list_init(&object->versions);
    bucket->count++;
    return object;
}

void store_put(struct store *store, struct bucket *bucket, const char *key, struct version *version)
{
    struct object *object = add_object(bucket, key);
    struct version *null = store_version(bucket, key, "null");
    if (bucket->versioning != VERSIONING_ENABLED && null != NULL)
        version_free(null);
    struct acc_str id = {0};
    if (bucket->versioning == VERSIONING_ENABLED)
        acc_str_addf(&id, "v%06lld.scripted", ++store->serial);
    else
        acc_str_set(&id, "null");
    version->id = acc_str_detach(&id);
    version->modified = acc_time_now();
    acc_list_push_front(&object->versions, &version->link);
}

void store_remove(struct bucket *bucket, const char *key, struct version *version)
{
    bool found;
    size_t at = store_search(bucket, key, &found);
    struct object *object = bucket->objects[at];
    version_free(version);
    if (!acc_list_empty(&object->versions))
        return;
    free_object(object);
    bucket->count--;
    memmove(bucket->objects + at, bucket->objects + at + 1,
            (bucket->count - at) * sizeof *bucket->objects);
}

struct upload *store_add_upload(struct store *store, struct bucket *bucket, const char *key)
{
    struct upload *upload = ACC_NEW(struct upload);
    struct acc_str id = {0};
    acc_str_addf(&id, "u%06lld.scripted", ++store->serial);
    upload->id = acc_str_detach(&id);
    upload->key = acc_strdup(key);
    upload->parts = acc_calloc(PARTS_MAX + 1, sizeof *upload->parts);
    upload->initiated = acc_time_now();
    acc_list_push(&bucket->uploads, &upload->link);
    return upload;
}

struct upload *store_upload(const struct bucket *bucket, const char *key, const char *id)
{
    ACC_LIST_EACH (link, &bucket->uploads) {
        struct upload *upload = ACC_CONTAINER_OF(link, struct upload, link);
        if (strcmp(upload->id, id) == 0 && strcmp(upload->key, key) == 0)
            return upload;
    }
    return NULL;
}

void part_clear(struct part *part)
{
    acc_str_release(&part->content);
    *part = (struct part){0};
}

void store_remove_upload(struct upload *upload)
{
    acc_list_remove(&upload->link);
    for (int i = 0; i <= PARTS_MAX; i++)
        part_clear(&upload->parts[i]);
    free(upload->parts);
    http_pairs_release(&upload->kept);
    free(upload->key);
    free(upload->id);
    free(upload);
}
