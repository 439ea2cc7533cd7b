/* One entry being checked: what is promised, what was found, and the operation that finds it.
 *
 *     acc_check_new -> acc_check_begin (bucket) or acc_check_begin_local -> on_done ->
 * acc_check_free
 *
 * Threads: the loop's thread. on_done fires at most once, from the loop, never inside begin.
 */
#ifndef ACC_VERIFY_CHECK_H
#define ACC_VERIFY_CHECK_H

#include "loop/rate.h"
#include "source/content.h"
#include "bucket/reading.h"
#include "verify/check_rules.h"

struct acc_check;

struct acc_check_env {
    struct acc_reading_env reading;
    const struct acc_source *source; /* local, as is the rate */
    struct acc_rate *rate;
    const char *prefix;
    enum acc_level level;
    void (*on_done)(struct acc_check *check);
};

enum acc_check_end {
    ACC_CHECK_FOUND,    /* the verdict is there */
    ACC_CHECK_LOST,     /* the server failed (`lost_class`), or this machine (ACC_LOCAL): `err` */
    ACC_CHECK_CANCELLED /* nothing is known */
};

struct acc_check {
    struct acc_check_env *env;
    struct acc_link link; /* in its user's list */
    int64_t entry_id;
    struct acc_entry entry; /* strings belong to this struct, as do those of `archived` */
    struct acc_archived archived;
    struct acc_str key;

    /* results, when on_done fires or begin said that it is over */
    enum acc_check_end end;
    struct acc_verdict verdict;
    enum acc_s3_class lost_class;
    struct acc_error err;
    int64_t size;                      /* found, -1 when not known */
    const struct acc_digests *digests; /* computed, or NULL */
    const char *etag, *version_id;     /* of what was looked at, "" when not known */

    /* private */
    struct acc_facts facts;
    unsigned questions;
    enum acc_question asked;
    struct acc_s3_call call;
    struct acc_s3_page page;
    struct acc_reading reading;
    bool stop;
    struct {
        struct acc_job job;
        struct acc_rate_wait rate_wait;
        struct acc_content content;
        void *buffer;
        int64_t step; /* bytes that one job reads */
        size_t read;
        bool opened, over;
        enum acc_code code;
        struct acc_digests digests;
        struct acc_error err;
    } local;       /* the job's while one runs */
    int64_t taken; /* bytes of a local file that jobs have read: the loop's */
};

/* Copies what it needs of the row. */
struct acc_check *acc_check_new(struct acc_check_env *env, const struct acc_row *row);
/* True when the verdict is there already and on_done will not fire. */
bool acc_check_begin(struct acc_check *check, enum acc_listing listed);
/* Hashes the source's file on the pool. */
void acc_check_begin_local(struct acc_check *check);
void acc_check_cancel(struct acc_check *check);
void acc_check_free(struct acc_check *check);
/* Bytes of it that were read so far. */
int64_t acc_check_bytes(const struct acc_check *check);

#endif
