/* A package as a source. Opening one looks at its first bytes; pass one (package_scan.c) comes with
 * the plan, and what it finds answers every question that follows. A file's bytes are read where
 * they lie if the package holds them as they are; else through a reader that walks there from where
 * it is. Files asked for in the package's order cost one walk; any other order works, and is slow.
 *
 * Fails with the reason alone, as every kind does. What was hashed is compared again by who sends
 * it, and a package that changes meanwhile is refused with each of its files. Close: readers, index
 * and the package itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "source/bucket.h"
#include "source/kinds.h"
#include "source/package.h"

#define PIECE ((size_t)1 << 18)

struct acc_packed_file {
    struct acc_index_entry entry;
    int64_t at;
    struct acc_package_reader *reader; /* on this very entry, or NULL */
    struct acc_str ahead;              /* read by a peek; `ahead_at` of them were given out */
    size_t ahead_at;
};

/* ---- looking ---- */

static int look(const struct acc_source *source, const char *path, int flags, struct stat *st)
{
    return acc_index_look(&source->package->index, path, flags, st);
}

static int look_near(const struct acc_source *source, struct acc_folder *near, const char *path,
                     struct stat *st)
{
    (void)near;
    return look(source, path, 0, st);
}

static bool is_unchanged(const struct acc_package *p)
{
    struct stat now;
    return fstat(p->fd, &now) == 0 && now.st_size == p->st.st_size &&
           now.st_mtim.tv_sec == p->st.st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == p->st.st_mtim.tv_nsec;
}

static bool known(const struct acc_source *source, const char *path, uint32_t wanted,
                  struct acc_digests *digests, struct stat *st)
{
    struct acc_index_entry entry;
    if (acc_index_find(&source->package->index, path, true, &entry) != 0 ||
        entry.kind != ACC_INDEX_FILE || (entry.digests.present & wanted) != wanted ||
        !is_unchanged(source->package))
        return false;
    *digests = entry.digests;
    acc_index_stat(&entry, st);
    return true;
}

static int64_t place(const struct acc_source *source, const char *path)
{
    struct acc_index_entry entry;
    bool there = acc_index_find(&source->package->index, path, true, &entry) == 0;
    return there && entry.offset < 0 && !entry.kept ? entry.place : -1;
}

bool acc_package_is_packed(const struct acc_package *package)
{
    return package->packed;
}

struct acc_bucket *acc_package_bucket(const struct acc_package *package)
{
    return package->bucket;
}

/* ---- reading ---- */

static int open_file(struct acc_source_file *file, const char *path)
{
    struct acc_index_entry entry;
    if (acc_index_find(&file->source->package->index, path, true, &entry) != 0)
        return -1;
    acc_index_stat(&entry, &file->st);
    file->kind = &acc_source_package;
    file->packed = ACC_NEW(struct acc_packed_file);
    file->packed->entry = entry;
    return 0;
}

static struct acc_package_reader *take_idle(struct acc_package *p, int64_t place)
{
    struct acc_package_reader *reader = NULL;
    pthread_mutex_lock(&p->lock);
    if (p->idle != NULL && acc_package_reader_place(p->idle) < place) {
        reader = p->idle;
        p->idle = NULL;
    }
    pthread_mutex_unlock(&p->lock);
    return reader;
}

/* A reader that stands at the beginning of the file. */
static enum acc_code walk_there(struct acc_package *p, struct acc_packed_file *f,
                                struct acc_error *err)
{
    struct archive_entry *entry = NULL;
    struct acc_package_reader *reader = take_idle(p, f->entry.place);
    enum acc_code code = reader == NULL ? acc_package_reader_new(p, &reader, err) : ACC_OK;
    while (code == ACC_OK && acc_package_reader_place(reader) < f->entry.place) {
        code = acc_package_reader_next(reader, &entry, err);
        if (code == ACC_OK && entry == NULL)
            code = acc_error_set(err, ACC_FILE_CHANGED, "the package has become shorter");
    }
    if (code == ACC_OK)
        f->reader = reader;
    else
        acc_package_reader_free(reader);
    return code;
}

static ssize_t read_on(struct acc_source_file *file, void *buffer, size_t len,
                       struct acc_error *err)
{
    struct acc_package *p = file->source->package;
    struct acc_packed_file *f = file->packed;
    ssize_t got;
    if (f->entry.kept) {
        got = acc_index_kept(&p->index, f->entry.place, f->at, buffer, len, err);
    } else if (f->entry.offset >= 0) {
        int64_t left = f->entry.size - f->at;
        got = acc_package_pread(p->fd, buffer, left < (int64_t)len ? (size_t)left : len,
                                f->entry.offset + f->at);
        if (got < 0)
            acc_error_set(err, acc_code_of_errno(errno, ACC_FILE_UNREADABLE), "%s",
                          strerror(errno));
    } else {
        if (f->reader == NULL && walk_there(p, f, err) != ACC_OK)
            return -1;
        got = acc_package_reader_read(f->reader, buffer, len, err);
    }
    f->at += got > 0 ? got : 0;
    return got;
}

static ssize_t read_file(struct acc_source_file *file, void *buffer, size_t len,
                         struct acc_error *err)
{
    struct acc_packed_file *f = file->packed;
    size_t left = f->ahead.len - f->ahead_at;
    if (left == 0)
        return read_on(file, buffer, len, err);
    len = len < left ? len : left;
    memcpy(buffer, f->ahead.data + f->ahead_at, len);
    f->ahead_at += len;
    return (ssize_t)len;
}

static ssize_t peek(struct acc_source_file *file, void *buffer, size_t len, struct acc_error *err)
{
    struct acc_str *ahead = &file->packed->ahead;
    ssize_t got = 1;
    acc_str_reserve(ahead, len);
    while (got > 0 && ahead->len < len) {
        got = read_on(file, ahead->data + ahead->len, len - ahead->len, err);
        ahead->len += got > 0 ? (size_t)got : 0;
    }
    if (got < 0)
        return -1;
    len = len < ahead->len ? len : ahead->len;
    memcpy(buffer, ahead->data, len);
    return (ssize_t)len;
}

/* The package's own times stand for those of each file in it. */
static int again(struct acc_source_file *file, struct stat *now)
{
    *now = file->st;
    if (!is_unchanged(file->source->package))
        now->st_size = -1;
    return 0;
}

/* The reader stays for a later file. */
static void shut(struct acc_source_file *file)
{
    struct acc_package *p = file->source->package;
    struct acc_package_reader *spare = file->packed->reader;
    if (spare != NULL) {
        pthread_mutex_lock(&p->lock);
        struct acc_package_reader *before = p->idle;
        p->idle = spare;
        spare = before;
        pthread_mutex_unlock(&p->lock);
    }
    acc_package_reader_free(spare);
    acc_str_release(&file->packed->ahead);
    free(file->packed);
    file->packed = NULL;
}

/* The package's own bytes. */
enum acc_code acc_package_hash(const struct acc_package *p, const struct acc_algs *algs,
                               uint32_t wanted, const atomic_bool *stop,
                               struct acc_digests *digests, struct acc_error *err)
{
    struct acc_hasher hasher = {0};
    enum acc_code code = ACC_OK;
    char *piece = acc_alloc(PIECE);
    ssize_t got = 1;
    acc_hasher_init(&hasher, algs, wanted);
    for (int64_t at = 0; code == ACC_OK && got > 0; at += got) {
        got = acc_package_pread(p->fd, piece, PIECE, at);
        if (got > 0)
            acc_hasher_update(&hasher, piece, (size_t)got);
        if (got < 0)
            code = acc_error_set(err, acc_code_of_errno(errno, ACC_SOURCE),
                                 "%s: cannot be read: %s.", p->path, strerror(errno));
        else if (stop != NULL && atomic_load(stop))
            code = acc_error_set(err, ACC_INTERRUPTED, "interrupted while reading %s", p->path);
    }
    acc_hasher_finish(&hasher, digests);
    acc_hasher_release(&hasher);
    free(piece);
    return code;
}

/* ---- walking ---- */

static enum acc_code walk(const struct acc_source *source, const char *below, acc_walk_each each,
                          acc_walk_enter enter, void *arg, struct acc_error *err)
{
    return acc_index_walk(&source->package->index, below, each, enter, arg, err);
}

static int list(const struct acc_source *source, void (*each)(void *arg, const char *name),
                void *arg)
{
    return acc_index_list(&source->package->index, each, arg);
}

/* ---- opening ---- */

enum acc_code acc_package_open(struct acc_source *source, int fd,
                               const struct acc_manifest_rules *rules, struct acc_error *err)
{
    struct acc_package *p = ACC_NEW(struct acc_package);
    p->path = source->path;
    p->fd = fd;
    p->encoding = rules != NULL ? rules->archive_encoding : NULL;
    p->max_expansion = rules != NULL ? rules->max_expansion : 0;
    pthread_mutex_init(&p->lock, NULL);
    source->kind = &acc_source_package;
    source->package = p;
    p->bucket = source->bucket;
    source->bucket = NULL;
    source->fd = -1;
    if (fd < 0)
        return ACC_OK; /* spooled when it is prepared */
    if (fstat(fd, &p->st) != 0)
        return acc_error_set(err, ACC_SOURCE, "%s: %s.", p->path, strerror(errno));
    return acc_package_detect(p, err);
}

static enum acc_code prepare(struct acc_source *source, uint32_t wanted, const atomic_bool *stop,
                             struct acc_error *err)
{
    struct acc_package *p = source->package;
    enum acc_code code = ACC_OK;
    if (p->scanned && wanted == 0)
        return ACC_OK;
    p->watcher = source->watcher;
    if (p->fd < 0) {
        code = acc_package_spool(p, stop, err);
        if (code == ACC_OK && fstat(p->fd, &p->st) != 0)
            code = acc_error_set(err, ACC_LOCAL, "%s: %s.", p->path, strerror(errno));
        if (code == ACC_OK)
            code = acc_package_detect(p, err);
    }
    return code == ACC_OK ? acc_package_scan(p, wanted, stop, err) : code;
}

static void stop_package(struct acc_source *source)
{
    if (source->package->bucket != NULL)
        acc_bucket_stop(source->package->bucket);
}

static void close_package(struct acc_source *source)
{
    struct acc_package *p = source->package;
    if (p->bucket != NULL)
        acc_bucket_free(p->bucket);
    acc_package_reader_free(p->idle);
    acc_index_close(&p->index);
    pthread_mutex_destroy(&p->lock);
    if (p->fd >= 0)
        close(p->fd);
    free(p);
    source->package = NULL;
}

const struct acc_source_kind acc_source_package = {.name = "package",
                                                   .prepare = prepare,
                                                   .known = known,
                                                   .place = place,
                                                   .look = look,
                                                   .look_near = look_near,
                                                   .open = open_file,
                                                   .read = read_file,
                                                   .peek = peek,
                                                   .again = again,
                                                   .shut = shut,
                                                   .walk = walk,
                                                   .list = list,
                                                   .stop = stop_package,
                                                   .close = close_package};
