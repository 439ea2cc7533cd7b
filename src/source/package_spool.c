/* A package is read twice, so all that standard input or a bucket gives of it is kept: a little in
 * memory, more in a file without a name in the temporary folder, which vanishes with the process
 * however that ends. An object is fetched once; its size is known, so room for it is looked for
 * before.
 *
 * Fails with ACC_LOCAL, before the folder is full, if what came does not fit and leave room;
 * ACC_INTERRUPTED once `stop` is set. Close: the caller closes the descriptor. */
#include "source/package.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "source/bucket.h"

enum { PIECE = 256 * 1024, STOP_STEP_MS = 200 };
#define IN_MEMORY ((int64_t)16 << 20)
#define LEFT_FREE ((int64_t)64 << 20)
#define LOOK_EVERY ((int64_t)16 << 20)

static const char *folder(void)
{
    const char *named = getenv("TMPDIR");
    return named != NULL && *named == '/' ? named : "/var/tmp";
}

struct spool {
    const struct acc_package *package;
    const atomic_bool *stop;
    struct acc_bucket_object *object; /* NULL: standard input */
    int64_t size;                     /* -1: not known */
    int64_t had;
    int fd;
    char *piece;
};

static enum acc_code check_space(const struct spool *s, struct acc_error *err)
{
    struct statvfs fs;
    int64_t more = s->size > s->had ? s->size - s->had : 0;
    if (fstatvfs(s->fd, &fs) != 0 ||
        (int64_t)fs.f_bavail > (LEFT_FREE + more) / (int64_t)fs.f_frsize)
        return ACC_OK;
    return acc_error_set(err, ACC_LOCAL,
                         "%s: has no room for the package %s, of which %lld bytes have come. Set "
                         "TMPDIR to a folder on a larger disk, or pass the package as a file.",
                         folder(), s->package->path, (long long)s->had);
}

static enum acc_code failed(const char *what, struct acc_error *err)
{
    return acc_error_set(err, ACC_LOCAL, "%s: %s: %s.", folder(), what, strerror(errno));
}

static enum acc_code write_all(int fd, const char *bytes, size_t len, struct acc_error *err)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return failed("the package cannot be kept there", err);
        bytes += put;
        len -= (size_t)put;
    }
    return ACC_OK;
}

/* From memory into a file. */
static enum acc_code move_out(struct spool *s, struct acc_error *err)
{
    int memory = s->fd;
    int64_t at = 0;
    ssize_t got = 0;
    char *piece = acc_alloc(PIECE);
    s->fd = open(folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    enum acc_code code =
        s->fd >= 0 ? check_space(s, err) : failed("no temporary file can be made there", err);
    while (code == ACC_OK && (got = acc_package_pread(memory, piece, PIECE, at)) > 0) {
        code = write_all(s->fd, piece, (size_t)got, err);
        at += got;
    }
    close(memory);
    free(piece);
    return code;
}

static ssize_t interrupted(const struct spool *s, struct acc_error *err)
{
    acc_error_set(err, ACC_INTERRUPTED, "interrupted while reading %s", s->package->path);
    return -1;
}

static ssize_t read_input(const struct spool *s, struct acc_error *err)
{
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    for (;;) {
        if (s->stop != NULL && atomic_load(s->stop))
            return interrupted(s, err);
        if (poll(&ready, 1, STOP_STEP_MS) == 0)
            continue;
        ssize_t got = read(STDIN_FILENO, s->piece, PIECE);
        if (got >= 0)
            return got;
        if (errno != EINTR && errno != EAGAIN) {
            acc_error_set(err, ACC_SOURCE, "standard input: cannot be read: %s.", strerror(errno));
            return -1;
        }
    }
}

static ssize_t read_object(const struct spool *s, struct acc_error *err)
{
    if (s->stop != NULL && atomic_load(s->stop))
        return interrupted(s, err);
    ssize_t got = acc_bucket_read(s->object, s->piece, PIECE, err);
    if (got < 0 && (err->code == ACC_FILE_CHANGED || err->code == ACC_FILE_UNREADABLE))
        acc_error_set(err, ACC_SOURCE, "%s: %s", s->package->path, err->message);
    return got;
}

static ssize_t read_piece(const struct spool *s, struct acc_error *err)
{
    return s->object != NULL ? read_object(s, err) : read_input(s, err);
}

static enum acc_code take_all(struct spool *s, struct acc_error *err)
{
    int64_t looked = 0;
    ssize_t got = 0;
    enum acc_code code = ACC_OK;
    s->fd = memfd_create("package", MFD_CLOEXEC);
    if (s->fd < 0)
        code = failed("no memory for the package", err);
    while (code == ACC_OK && (got = read_piece(s, err)) > 0) {
        if (s->had <= IN_MEMORY && s->had + got > IN_MEMORY)
            code = move_out(s, err);
        s->had += got;
        if (s->package->watcher.on_read != NULL)
            s->package->watcher.on_read(s->package->watcher.arg, 0, s->had);
        if (code == ACC_OK && s->had > IN_MEMORY && s->had - looked > LOOK_EVERY) {
            looked = s->had;
            code = check_space(s, err);
        }
        if (code == ACC_OK)
            code = write_all(s->fd, s->piece, (size_t)got, err);
    }
    return code == ACC_OK && got == 0 ? ACC_OK : err->code;
}

enum acc_code acc_package_spool(struct acc_package *p, const atomic_bool *stop,
                                struct acc_error *err)
{
    struct spool s = {.package = p, .stop = stop, .size = -1, .fd = -1};
    const char *name = p->bucket != NULL ? strrchr(p->path, '/') + 1 : NULL;
    struct acc_index_entry entry;
    if (name != NULL && acc_index_find(&p->bucket->index, name, true, &entry) == 0) {
        s.object = acc_bucket_open(p->bucket, name, &entry);
        s.size = entry.size;
    }
    s.piece = acc_alloc(PIECE);
    enum acc_code code = take_all(&s, err);
    if (s.object != NULL)
        acc_bucket_shut(s.object);
    free(s.piece);
    if (code == ACC_OK)
        p->fd = s.fd;
    else if (s.fd >= 0)
        close(s.fd);
    return code;
}
