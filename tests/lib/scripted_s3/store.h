/* The state of a healthy server: buckets, objects with their versions, open multipart uploads.
 * Plain data in memory; the operations that change it are in object.c, multipart.c, bucket.c. */
#ifndef SCRIPTED_STORE_H
#define SCRIPTED_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/str.h"
#include "checksum.h"
#include "http.h"

struct version {
    struct acc_link link;
    char *id;    /* "null" when it was written without versioning */
    bool marker; /* a delete marker */
    struct acc_str content;
    char sha256[65];
    char *etag;   /* without quotes */
    char *upload; /* the multipart upload that made it, or NULL */
    struct checksum checksum;
    struct http_pairs kept; /* request headers that come back on GET and HEAD */
    int64_t modified;
    bool asked_for; /* in cold storage, by RestoreObject */
};

struct object {
    char *key;
    struct acc_link versions; /* newest first; never empty */
};

struct part {
    struct acc_str content;
    char sha256[65];
    char md5[33];
    struct checksum checksum;
    int64_t modified;
    bool present;
};

#define PARTS_MAX 10000

struct upload {
    struct acc_link link;
    char *id, *key;
    struct http_pairs kept;
    struct checksum checksum; /* algorithm and type as asked for on Create; no value */
    struct part *parts;       /* PARTS_MAX + 1, by number */
    int64_t initiated;
};

enum versioning { VERSIONING_OFF, VERSIONING_ENABLED, VERSIONING_SUSPENDED };

struct bucket {
    struct acc_link link;
    char *name;
    enum versioning versioning;
    struct object **objects; /* in the order of their keys' bytes */
    size_t count, room;
    struct acc_link uploads;
    char *policy;
};

struct store {
    struct acc_link buckets;
    long long serial; /* makes version and upload ids */
};

void store_init(struct store *store);
void store_release(struct store *store);

struct bucket *store_bucket(struct store *store, const char *name);
struct bucket *store_add_bucket(struct store *store, const char *name, bool versioned);

/* The index of the key, or of where it belongs; `found` says which. */
size_t store_search(const struct bucket *bucket, const char *key, bool *found);
struct object *store_object(const struct bucket *bucket, const char *key);
/* The newest version, a delete marker too; NULL without one. */
struct version *store_newest(const struct bucket *bucket, const char *key);
struct version *store_version(const struct bucket *bucket, const char *key, const char *id);
/* Takes `version`; replaces the null version where the bucket's state says so, and gives it its id.
 */
void store_put(struct store *store, struct bucket *bucket, const char *key,
               struct version *version);
/* Frees one version, and the object with its last one. */
void store_remove(struct bucket *bucket, const char *key, struct version *version);
void version_free(struct version *version);

struct upload *store_add_upload(struct store *store, struct bucket *bucket, const char *key);
struct upload *store_upload(const struct bucket *bucket, const char *key, const char *id);
void store_remove_upload(struct upload *upload);
void part_clear(struct part *part);

#endif
