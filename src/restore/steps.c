/* What an entry's states do. Each step ends in one event. Work on files runs on the pool; requests
 * and readings on the loop's thread. What fails fills `err` and says by its event whose fault it
 * was. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "restore/item.h"

#define STEP ((size_t)1 << 18)
#define SECONDS_MOST 9200000000LL /* from 1970, either way */

static void on_job(struct acc_job *job)
{
    struct acc_item *item = ACC_CONTAINER_OF(job, struct acc_item, job);
    if (item->job_only.err.code != ACC_OK)
        item->err = item->job_only.err;
    item->post(item, item->job_only.event);
}

static void start_job(struct acc_item *item, void (*work)(struct acc_job *),
                      void (*done)(struct acc_job *))
{
    item->job_only.err.code = ACC_OK;
    item->job.work = work;
    item->job.done = done;
    acc_job_start(item->env->reading.loop, &item->job);
}

/* ---- LOOKING: what has the name ---- */

/* Feeds `limit` bytes at most, from where the file stands, to the hasher or the reading. */
static bool feed(struct acc_item *item, int fd, int64_t limit, struct acc_hasher *hasher,
                 int64_t *fed)
{
    unsigned char *buffer = acc_alloc(STEP);
    bool good = true;
    *fed = 0;
    while (good && *fed < limit && !atomic_load(&item->stop)) {
        int64_t left = limit - *fed;
        ssize_t got = read(fd, buffer, left < (int64_t)STEP ? (size_t)left : STEP);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            good = got == 0;
            break;
        }
        if (hasher != NULL)
            acc_hasher_update(hasher, buffer, (size_t)got);
        else
            acc_reading_feed(&item->reading, buffer, (size_t)got);
        *fed += got;
    }
    free(buffer);
    return good;
}

static enum acc_item_event compare(struct acc_item *item, int fd)
{
    struct acc_error apart;
    struct stat st;
    int64_t size = 0;
    acc_error_set(&item->job_only.err, ACC_CONFLICT,
                  "a file of this name exists with other content, and was left alone");
    if (fstat(fd, &st) == 0 && item->entry.size >= 0 && st.st_size != item->entry.size)
        return ACC_ITEM_ON_OTHER;
    acc_hasher_init(&item->job_only.hasher, item->env->reading.algs,
                    item->entry.promised.present | 1u << ACC_SHA256);
    if (!feed(item, fd, INT64_MAX, &item->job_only.hasher, &size)) {
        acc_error_set(&item->job_only.err, acc_code_of_errno(errno, ACC_CONFLICT),
                      "a file of this name exists and cannot be read: %s", strerror(errno));
        return item->job_only.err.code == ACC_LOCAL ? ACC_ITEM_ON_LOCAL : ACC_ITEM_ON_OTHER;
    }
    acc_hasher_finish(&item->job_only.hasher, &item->job_only.digests);
    const struct acc_gate_evidence evidence = {.kind = ACC_EVIDENCE_READ,
                                               .digests = &item->job_only.digests,
                                               .now = {.etag = "", .size = size}};
    return acc_gate_present(&item->entry, &evidence, &item->proven, &apart) == ACC_GATE_PROVEN
               ? ACC_ITEM_ON_SAME
               : ACC_ITEM_ON_OTHER;
}

static void work_look(struct acc_job *job)
{
    struct acc_item *item = ACC_CONTAINER_OF(job, struct acc_item, job);
    int fd;
    enum acc_code code =
        acc_target_look(item->env->target, item->entry.path, &fd, &item->job_only.err);
    item->job_only.event = code == ACC_LOCAL ? ACC_ITEM_ON_LOCAL
                           : code != ACC_OK  ? ACC_ITEM_ON_OTHER
                                             : ACC_ITEM_ON_FREE;
    if (fd < 0)
        return;
    item->job_only.event = compare(item, fd);
    close(fd);
}

void acc_item_look(struct acc_item *item)
{
    start_job(item, work_look, on_job);
}

/* ---- answers ---- */

enum acc_item_event acc_item_answered(struct acc_item *item, const struct acc_s3_call *call)
{
    item->call_class = call->class;
    acc_s3_call_error(call, &item->err);
    switch (call->class) {
    case ACC_S3_MISSING:
        acc_error_set(&item->err, ACC_DIFFERENCE, "missing: the bucket has no such object");
        return ACC_ITEM_ON_MISSING;
    case ACC_S3_PRECONDITION:
        acc_error_set(&item->err, ACC_DIFFERENCE,
                      "the object was replaced again and again while it was being read");
        return ACC_ITEM_ON_CHANGED;
    case ACC_S3_DENIED:
        return ACC_ITEM_ON_UNREADABLE;
    case ACC_S3_KEY:
    case ACC_S3_DESTINATION: /* of a reading: its KMS key is disabled, or the like */
        return strcmp(call->code, "InvalidObjectState") == 0 ? ACC_ITEM_ON_COLD
                                                             : ACC_ITEM_ON_UNREADABLE;
    case ACC_S3_CANCELLED:
        return ACC_ITEM_ON_CANCELLED;
    default:
        return ACC_ITEM_ON_LOST;
    }
}

/* ---- ASKING: which content is meant ---- */

static void on_head(struct acc_s3_call *call)
{
    struct acc_item *item = ACC_CONTAINER_OF(call, struct acc_item, call);
    struct acc_s3_object object;
    if (call->class != ACC_S3_OK) {
        item->post(item, acc_item_answered(item, call));
        return;
    }
    acc_s3_read_object(call, &object);
    snprintf(item->etag, sizeof item->etag, "%s", object.etag);
    item->facts.bound = item->etag[0] != '\0';
    item->post(item, ACC_ITEM_ON_KNOWN);
}

/* Newest first: the first that existed at that time is meant, unless it is a deletion. */
static void on_version(void *arg, const struct acc_s3_listed *listed)
{
    struct acc_item *item = arg;
    if (item->version_found || strcmp(listed->key, acc_str_cstr(&item->key)) != 0 ||
        listed->modified > item->env->as_of)
        return;
    item->version_found = true;
    if (listed->delete_marker)
        return;
    snprintf(item->etag, sizeof item->etag, "%s", listed->etag);
    snprintf(item->version_id, sizeof item->version_id, "%s",
             strcmp(listed->version_id, "null") == 0 ? "" : listed->version_id);
    item->facts.bound = true;
}

static void on_versions(struct acc_s3_call *call)
{
    struct acc_item *item = ACC_CONTAINER_OF(call, struct acc_item, call);
    if (call->class == ACC_S3_OK && !acc_s3_read_list_versions(call, &item->page, on_version, item))
        call->class = ACC_S3_PROTOCOL;
    if (call->class != ACC_S3_OK) {
        item->post(item, acc_item_answered(item, call));
        return;
    }
    if (!item->facts.bound)
        acc_error_set(&item->err, ACC_DIFFERENCE, "missing: it had no version at that time");
    item->post(item, item->facts.bound ? ACC_ITEM_ON_KNOWN : ACC_ITEM_ON_MISSING);
}

void acc_item_ask(struct acc_item *item)
{
    const char *key = acc_str_cstr(&item->key);
    if (item->env->as_of != INT64_MAX) {
        acc_s3_list_versions(&item->call, item->env->reading.s3, key, &item->page);
        item->call.on_done = on_versions;
    } else {
        acc_s3_head_object(&item->call, item->env->reading.s3, key, NULL);
        item->call.on_done = on_head;
    }
    acc_s3_call_start(&item->call);
}

/* ---- READING: bucket -> piece ---- */

/* Where no earlier run can have left a piece, it is made when there is something to write. */
static enum acc_code make(struct acc_item *item, struct acc_error *err)
{
    struct acc_piece *piece = &item->job_only.piece;
    return piece->fd >= 0 ? ACC_OK : acc_target_begin(item->env->target, piece, true, err);
}

static enum acc_code take(struct acc_reading *reading, const void *bytes, size_t len,
                          struct acc_error *err)
{
    struct acc_item *item = ACC_CONTAINER_OF(reading, struct acc_item, reading);
    struct acc_piece *piece = &item->job_only.piece;
    if (item->entry.size >= 0 && (int64_t)len > item->entry.size - piece->size)
        return acc_error_set(err, ACC_DIFFERENCE,
                             "the object is longer than the %lld bytes that were promised",
                             (long long)item->entry.size);
    enum acc_code code = make(item, err);
    return code == ACC_OK ? acc_piece_write(piece, bytes, len, err) : code;
}

/* Seconds since 1970, as rclone and s3fs keep them: "1700000000.123456789". Nanoseconds in 64 bits
 * reach from 1678 to 2261; a time beyond that is not kept. */
static int64_t modified_of(const struct acc_s3_call *call)
{
    char text[64], part[10] = "000000000";
    long long seconds, nanoseconds;
    if (acc_http_header(&call->http, "x-amz-meta-mtime", text, sizeof text) == NULL)
        return INT64_MIN;
    char *dot = strchr(text, '.');
    if (dot != NULL) {
        size_t len = strspn(dot + 1, "0123456789");
        memcpy(part, dot + 1, len < 9 ? len : 9);
        *dot = '\0';
    }
    return acc_parse_int(text, -SECONDS_MOST, SECONDS_MOST, &seconds) &&
                   acc_parse_int(part, 0, 999999999, &nanoseconds)
               ? seconds * 1000000000 + (text[0] == '-' ? -nanoseconds : nanoseconds)
               : INT64_MIN;
}

static void judge(struct acc_item *item)
{
    const struct acc_gate_facts facts = {.computed = &item->reading.digests,
                                         .size = acc_item_bytes(item)};
    item->digests = &item->reading.digests;
    item->job_only.piece.modified = modified_of(&item->reading.fetch.call);
    item->restored = acc_gate_restore(&item->entry, &facts, &item->err);
    item->post(item, item->restored != NULL ? ACC_ITEM_ON_PASSES : ACC_ITEM_ON_DIFFERS);
}

static void on_read(struct acc_reading *reading)
{
    struct acc_item *item = ACC_CONTAINER_OF(reading, struct acc_item, reading);
    if (reading->err.code != ACC_OK) {
        item->err = reading->err;
        item->post(item,
                   item->err.code == ACC_DIFFERENCE ? ACC_ITEM_ON_DIFFERS : ACC_ITEM_ON_LOCAL);
    } else if (reading->fetch.call.status == 416 && item->facts.resumed) {
        item->post(item, ACC_ITEM_ON_CHANGED);
    } else if (reading->fetch.call.class != ACC_S3_OK) {
        item->post(item, acc_item_answered(item, &reading->fetch.call));
    } else {
        judge(item);
    }
}

/* The last byte is always asked for: the answer shows that the content is still the same. */
static void work_begin(struct acc_job *job)
{
    struct acc_item *item = ACC_CONTAINER_OF(job, struct acc_item, job);
    struct acc_piece *piece = &item->job_only.piece;
    int64_t fed = 0;
    item->job_only.event = ACC_ITEM_ON_KNOWN;
    acc_piece_leave(piece);
    if (acc_target_begin(item->env->target, piece, item->job_only.anew, &item->job_only.err) !=
        ACC_OK) {
        item->job_only.event = ACC_ITEM_ON_LOCAL;
        return;
    }
    int64_t most = item->entry.size > 0 ? item->entry.size - 1 : 0;
    int64_t resume = piece->size < most ? piece->size : most;
    bool good = ftruncate(piece->fd, resume) == 0 && lseek(piece->fd, 0, SEEK_SET) == 0 &&
                feed(item, piece->fd, resume, NULL, &fed);
    if (!good || (fed != resume && !atomic_load(&item->stop))) {
        acc_error_set(&item->job_only.err, ACC_LOCAL, "%s: its temporary file cannot be read: %s",
                      piece->path, strerror(errno));
        item->job_only.event = ACC_ITEM_ON_LOCAL;
    }
    piece->size = fed;
}

static void start_reading(struct acc_item *item)
{
    struct acc_reading *reading = &item->reading;
    reading->fetch.from = item->job_only.piece.size;
    reading->expected = item->entry.size >= 0 ? item->entry.size - reading->fetch.from : -1;
    reading->take = take;
    reading->on_done = on_read;
    item->facts.resumed = reading->fetch.from > 0;
    acc_reading_start(reading, acc_str_cstr(&item->key), item->version_id, item->etag);
}

static void on_begun(struct acc_job *job)
{
    struct acc_item *item = ACC_CONTAINER_OF(job, struct acc_item, job);
    if (item->job_only.event != ACC_ITEM_ON_KNOWN || atomic_load(&item->stop))
        on_job(job);
    else
        start_reading(item);
}

void acc_item_read(struct acc_item *item, bool anew)
{
    item->job_only.anew = anew;
    acc_reading_prepare(&item->reading, &item->env->reading,
                        item->entry.promised.present | 1u << ACC_SHA256);
    if (item->env->target->empty && item->job_only.piece.fd < 0)
        start_reading(item);
    else
        start_job(item, work_begin, on_begun);
}

/* ---- NAMING: piece -> file ---- */

static void work_name(struct acc_job *job)
{
    struct acc_item *item = ACC_CONTAINER_OF(job, struct acc_item, job);
    enum acc_code code = make(item, &item->job_only.err);
    if (code == ACC_OK)
        code = acc_target_publish(item->env->target, &item->job_only.piece, item->restored,
                                  &item->job_only.err);
    item->job_only.event = code == ACC_OK         ? ACC_ITEM_ON_NAMED
                           : code == ACC_CONFLICT ? ACC_ITEM_ON_TAKEN
                                                  : ACC_ITEM_ON_LOCAL;
}

static void on_named(struct acc_job *job)
{
    struct acc_item *item = ACC_CONTAINER_OF(job, struct acc_item, job);
    if (item->job_only.event != ACC_ITEM_ON_NAMED) {
        acc_restored_free(item->restored);
        item->restored = NULL;
    }
    on_job(job);
}

void acc_item_name(struct acc_item *item)
{
    start_job(item, work_name, on_named);
}
