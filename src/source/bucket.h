/* Inside src/source: objects below s3://BUCKET/PREFIX as a source. Their names are in an index
 * (source/index.h), made when the source is prepared; their bytes are fetched while they are read.
 *
 *     bucket.c          the kind: what source.h asks
 *     bucket_listing.c  what lies at its URL, keys into the index
 *     bucket_object.c   an object's bytes, in blocks that arrive ahead of the reader
 *     bucket_session.c  the thread with the loop and the client that all requests run on
 *
 *     readers (pool threads)                  session's thread
 *       open, read ──block wanted──> queue ──> GET, If-Match, Range ──> the block's memory
 *            ^                                                              │
 *            └──────────────── condition variable <── bytes arrived ────────┘
 *
 * The pool's threads wait in here, all of them if it comes to that; so nothing that runs on the
 * session's thread needs one of them. A block's answer always has room: no request ever waits for a
 * reader, so readers that wait for requests cannot lock each other out.
 */
#ifndef ACC_SOURCE_BUCKET_H
#define ACC_SOURCE_BUCKET_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/list.h"
#include "loop/loop.h"
#include "s3/config/location.h"
#include "s3/ops/fetch.h"
#include "source/index.h"
#include "source/source.h"

/* Work for the session's thread, embedded in what it is about. */
struct acc_bucket_order {
    void (*run)(struct acc_bucket_order *order);
    struct acc_link link;
};

struct acc_bucket {
    char *path; /* s3://BUCKET/PREFIX */
    struct acc_s3_location location;
    struct acc_index index;
    bool started, listed;

    struct {
        pthread_t thread;
        bool running;
        struct acc_loop loop;
        struct acc_s3 *s3;
        struct acc_wake wake;
        unsigned failing; /* requests that failed for the server's sake since one succeeded */
    } session;            /* its thread's, once that runs */

    pthread_mutex_t lock; /* of what follows */
    struct acc_link orders;
    struct acc_link objects; /* all that are in memory */
    struct acc_link waiting; /* of them, those expected that have no block yet */
    int64_t held;            /* bytes of memory in blocks */
    bool stopped, quitting;
};

/* Ends the session, if one runs, and frees it. No object may be open. */
void acc_bucket_free(struct acc_bucket *bucket);

/* ---- session ---- */

/* Starts it for `location`, which is set. On failure nothing runs. */
enum acc_code acc_bucket_start(struct acc_bucket *bucket, const struct acc_connection *connection,
                               struct acc_error *err);
/* Ends it, if it was started; no object may be open. */
void acc_bucket_finish(struct acc_bucket *bucket);
/* With the lock held. Runs soon, on the session's thread, in the order of posting. */
void acc_bucket_post(struct acc_bucket *bucket, struct acc_bucket_order *order);
/* On the session's thread: what a call that ended otherwise than ACC_S3_OK means to the source as a
 * whole. ACC_OK: nothing, its own object alone is at fault. */
enum acc_code acc_bucket_trouble(struct acc_bucket *bucket, const struct acc_s3_call *call,
                                 struct acc_error *err);

/* ---- listing ---- */

/* Whether the URL is that of an object. Then the source is the folder that this lies in, with it as
 * the only file. */
enum acc_code acc_bucket_look(struct acc_bucket *bucket, bool *found, struct acc_error *err);

/* Whether there is an object of this key, wherever in the bucket. What cannot be asked is not. */
bool acc_bucket_holds(struct acc_bucket *bucket, const char *key);

enum acc_code acc_bucket_list(struct acc_bucket *bucket, const atomic_bool *stop,
                              struct acc_error *err);

/* ---- objects ---- */

struct acc_bucket_object;

/* Its first bytes are asked for, if memory allows, without anything to wait for. */
void acc_bucket_expect(struct acc_bucket *bucket, const char *path,
                       const struct acc_index_entry *entry);
struct acc_bucket_object *acc_bucket_open(struct acc_bucket *bucket, const char *path,
                                          const struct acc_index_entry *entry);
ssize_t acc_bucket_read(struct acc_bucket_object *object, void *buffer, size_t len,
                        struct acc_error *err);
ssize_t acc_bucket_peek(struct acc_bucket_object *object, void *buffer, size_t len,
                        struct acc_error *err);
void acc_bucket_shut(struct acc_bucket_object *object);
/* Reads that wait, and all that follow, end with ACC_INTERRUPTED. */
void acc_bucket_stop(struct acc_bucket *bucket);
/* What was expected and is not open is not to be opened any more. */
void acc_bucket_forget(struct acc_bucket *bucket);

#endif
