/* Objects below a prefix as a source. Opening one starts its session, and asks whether the URL is
 * that of an object, which then may be a package (package.c); its index is made when it is
 * prepared, and answers every question that follows. A file is read from its object, which must
 * still be the one that was listed; there is no other change that could be noticed at the end, so
 * `again` answers what `look` did.
 *
 * Fails with the reason alone, as every kind does, but for what keeps the whole source from being
 * read: those sentences are whole. Close: the session ends, the index goes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/bucket.h"
#include "source/kinds.h"

enum acc_code acc_bucket_source(struct acc_source *source, const char *url,
                                const struct acc_connection *connection, bool *object,
                                struct acc_error *err)
{
    struct acc_bucket *b = ACC_NEW(struct acc_bucket);
    *source = (struct acc_source){.kind = &acc_source_bucket, .fd = -1, .bucket = b};
    enum acc_code code = acc_s3_location_parse(url, &b->location, err);
    if (code == ACC_OK) {
        source->path = acc_strdup(b->location.url);
        source->name = acc_strdup(strrchr(source->path, '/') + 1);
        b->path = source->path;
        code = acc_bucket_start(b, connection, err);
    }
    *object = false;
    if (code == ACC_OK && b->location.prefix[0] != '\0' && !acc_ends_with(url, "/"))
        code = acc_bucket_look(b, object, err);
    return code;
}

bool acc_bucket_holds_url(struct acc_bucket *b, const char *url)
{
    return acc_bucket_holds(b, url + strlen("s3://") + strlen(b->location.bucket) + 1);
}

void acc_bucket_canonical(const struct acc_bucket *bucket, struct acc_str *canonical)
{
    acc_s3_canonical(bucket->session.s3, canonical);
}

static enum acc_code prepare(struct acc_source *source, uint32_t wanted, const atomic_bool *stop,
                             struct acc_error *err)
{
    struct acc_bucket *b = source->bucket;
    (void)wanted;
    if (b->listed)
        return ACC_OK;
    enum acc_code code = acc_bucket_list(b, stop, err);
    b->listed = code == ACC_OK;
    return code;
}

static int look(const struct acc_source *source, const char *path, int flags, struct stat *st)
{
    return acc_index_look(&source->bucket->index, path, flags, st);
}

static int look_near(const struct acc_source *source, struct acc_folder *near, const char *path,
                     struct stat *st)
{
    (void)near;
    return look(source, path, 0, st);
}

static void expect(const struct acc_source *source, const char *path)
{
    struct acc_index_entry entry;
    if (acc_index_find(&source->bucket->index, path, true, &entry) == 0 &&
        entry.kind == ACC_INDEX_FILE)
        acc_bucket_expect(source->bucket, path, &entry);
}

static int open_file(struct acc_source_file *file, const char *path)
{
    struct acc_index_entry entry;
    if (acc_index_find(&file->source->bucket->index, path, true, &entry) != 0)
        return -1;
    acc_index_stat(&entry, &file->st);
    file->kind = &acc_source_bucket;
    if (entry.kind == ACC_INDEX_FILE)
        file->object = acc_bucket_open(file->source->bucket, path, &entry);
    return 0;
}

static ssize_t read_file(struct acc_source_file *file, void *buffer, size_t len,
                         struct acc_error *err)
{
    return acc_bucket_read(file->object, buffer, len, err);
}

static ssize_t peek(struct acc_source_file *file, void *buffer, size_t len, struct acc_error *err)
{
    return acc_bucket_peek(file->object, buffer, len, err);
}

static int again(struct acc_source_file *file, struct stat *now)
{
    *now = file->st;
    return 0;
}

static void shut(struct acc_source_file *file)
{
    if (file->object != NULL)
        acc_bucket_shut(file->object);
    file->object = NULL;
}

static enum acc_code walk(const struct acc_source *source, const char *below, acc_walk_each each,
                          acc_walk_enter enter, void *arg, struct acc_error *err)
{
    return acc_index_walk(&source->bucket->index, below, each, enter, arg, err);
}

static int list(const struct acc_source *source, void (*each)(void *arg, const char *name),
                void *arg)
{
    return acc_index_list(&source->bucket->index, each, arg);
}

static void stop(struct acc_source *source)
{
    acc_bucket_stop(source->bucket);
}

void acc_bucket_free(struct acc_bucket *b)
{
    if (b->started)
        acc_bucket_forget(b);
    acc_bucket_finish(b);
    acc_index_close(&b->index);
    acc_s3_location_release(&b->location);
    free(b);
}

static void close_bucket(struct acc_source *source)
{
    acc_bucket_free(source->bucket);
    source->bucket = NULL;
}

const struct acc_source_kind acc_source_bucket = {.name = "bucket",
                                                  .prepare = prepare,
                                                  .expect = expect,
                                                  .look = look,
                                                  .look_near = look_near,
                                                  .open = open_file,
                                                  .read = read_file,
                                                  .peek = peek,
                                                  .again = again,
                                                  .shut = shut,
                                                  .walk = walk,
                                                  .list = list,
                                                  .stop = stop,
                                                  .close = close_bucket};
