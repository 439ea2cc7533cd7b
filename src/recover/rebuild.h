/* Inside src/recover: a ledger rebuilt from what lies in a bucket. rebuild.c says what follows
 * what, rebuild_bags.c finds bags and reads their manifests, rebuild_objects.c asks about each
 * object.
 *
 * Threads: the one that calls acc_rebuild_ledger(); the loop runs inside it, one step at a time. */
#ifndef ACC_RECOVER_REBUILD_H
#define ACC_RECOVER_REBUILD_H

#include <stdio.h>

#include "base/marks.h"
#include "base/str.h"
#include "loop/loop.h"
#include "recover/taking.h"
#include "s3/ops/ops.h"

/* Objects that are asked about concurrently. */
#define ACC_REBUILD_CONNECTIONS 16

struct acc_rebuild {
    struct acc_taking taking;
    struct acc_loop loop;
    struct acc_s3 *s3;
    struct acc_s3_location location;
    struct acc_s3_call call; /* one request at a time, but for those about objects */
    int64_t at;              /* wall clock, milliseconds: when it began */
    char *scratch;           /* the folder that manifests are read from */
    struct acc_marks there;  /* entries of which an object was seen */

    struct {
        FILE *file; /* the manifest that is being fetched */
        char *path;
        bool failed;
    } fetch;
    bool has_loop;

    char **bags; /* keys of their folders, "" or ending in "/"; sorted, none within another */
    size_t bag_count;
    char **manifests; /* keys */
    size_t manifest_count;
    struct acc_str odd; /* keys with %0A, %0D or %25, each between two newlines */

    struct acc_str bucket_url, bucket_canonical; /* what stands before a key */
    struct acc_str url, canonical;               /* of the destination at hand */
};

/* Sends `call`, which is made ready, and waits for its end: ACC_OK when the server said yes. */
enum acc_code acc_rebuild_ask(struct acc_rebuild *r, struct acc_error *err);
/* Lists every object at or below the prefix. `each_page` runs after each page; may be NULL. */
enum acc_code acc_rebuild_list(struct acc_rebuild *r, acc_s3_each each,
                               enum acc_code (*each_page)(void *arg, struct acc_error *err),
                               void *arg, struct acc_error *err);
/* Sets `url` and `canonical` to the destination that a key belongs to, the bag that it lies in or
 * else the prefix that was asked for, and returns the key's path in it. */
const char *acc_rebuild_place(struct acc_rebuild *r, const char *key);

/* What no claim says, of a path at the destination at hand. */
void acc_rebuild_tell(struct acc_rebuild *r, enum acc_reported reported, enum acc_ground ground,
                      const char *path, const char *origin, const char *reason);

/* The bucket's side of a rebuild: location, loop and client. Close what was opened, also after an
 * error. */
enum acc_code acc_rebuild_open(struct acc_rebuild *r, const char *url, struct acc_error *err);
void acc_rebuild_close(struct acc_rebuild *r);
/* Fetches an object into the scratch folder; `fetch.path` is the file, which the next one
 * replaces. */
enum acc_code acc_rebuild_fetch(struct acc_rebuild *r, const char *key, struct acc_error *err);

enum acc_code acc_rebuild_find_bags(struct acc_rebuild *r, struct acc_error *err);
enum acc_code acc_rebuild_read_manifests(struct acc_rebuild *r, struct acc_error *err);
enum acc_code acc_rebuild_look_at_objects(struct acc_rebuild *r, struct acc_error *err);
void acc_rebuild_forget_bags(struct acc_rebuild *r);

#endif
