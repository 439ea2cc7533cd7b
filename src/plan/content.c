/* Reading with read(2) in steps small enough to stay in the processor's cache between the kernel's
 * copy and the hash. A file that shrinks, grows or changes meanwhile is refused: what was hashed
 * would be no state the file was ever in. */
#include "plan/content.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "digest/crc32c.h"
#include "digest/crc64nvme.h"

#define STEP ((size_t)1 << 18)

static enum acc_code changed(struct acc_error *err, const char *how)
{
    return acc_error_set(err, ACC_FILE_CHANGED,
                         "%s while it was being read. When nothing writes to it any more, run the "
                         "same command again.",
                         how);
}

enum acc_code acc_content_check_size(int64_t size, int64_t promised, struct acc_error *err)
{
    char has[32], wants[32];
    if (promised < 0 || promised == size)
        return ACC_OK;
    return acc_error_set(err, ACC_FILE_SIZE, "has %s bytes; the manifest says %s",
                         acc_show_count((unsigned long long)size, has),
                         acc_show_count((unsigned long long)promised, wants));
}

enum acc_code acc_content_open(struct acc_content *c, const struct acc_source *source,
                               const struct acc_algs *algs, uint32_t wanted, const char *path,
                               int64_t promised, struct acc_error *err)
{
    enum acc_code code = acc_source_open_file(source, path, &c->fd, &c->first, &c->mapped, err);
    if (code != ACC_OK) {
        c->fd = -1;
        return code;
    }
    c->size = c->first.st_size;
    c->offset = 0;
    c->parts = 0;
    acc_hasher_init(&c->hasher, algs, wanted);
    code = acc_content_check_size(c->size, promised, err);
    if (code != ACC_OK)
        return code;
    if (c->size > (int64_t)STEP)
        posix_fadvise(c->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return ACC_OK;
}

/* A read may give less than it was asked for without being at the end. */
static enum acc_code read_all(struct acc_content *c, unsigned char *to, size_t len,
                              struct acc_error *err)
{
    while (len > 0) {
        ssize_t got = read(c->fd, to, len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return acc_error_set(err, acc_code_of_errno(errno, ACC_FILE_UNREADABLE),
                                 "cannot be read at byte %lld: %s", (long long)c->offset,
                                 strerror(errno));
        if (got == 0)
            return changed(err, "became shorter");
        to += got;
        len -= (size_t)got;
        c->offset += got;
    }
    return ACC_OK;
}

static void feed_crc(struct acc_content *c, const void *bytes, size_t len)
{
    if (c->parts & ACC_CONTENT_PARTS_CRC32C)
        c->crc = acc_crc32c((uint32_t)c->crc, bytes, len);
    else if (c->parts & ACC_CONTENT_PARTS_CRC64NVME)
        c->crc = acc_crc64nvme(c->crc, bytes, len);
}

enum acc_code acc_content_read(struct acc_content *c, void *buffer, size_t len,
                               struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    for (unsigned char *to = buffer; len > 0 && code == ACC_OK;) {
        size_t step = len < STEP ? len : STEP;
        code = read_all(c, to, step, err);
        if (code == ACC_OK) {
            acc_hasher_update(&c->hasher, to, step);
            feed_crc(c, to, step);
        }
        to += step;
        len -= step;
    }
    return code;
}

void acc_content_in_parts(struct acc_content *c, unsigned parts)
{
    c->crc = 0;
    c->parts = parts;
    if ((parts & ACC_CONTENT_PARTS_SHA256) && !acc_hasher_pair(&c->hasher))
        c->parts &= ~(unsigned)ACC_CONTENT_PARTS_SHA256;
}

void acc_content_part_sha256(struct acc_content *c, uint8_t sha256[ACC_SHA256_LEN])
{
    acc_hasher_part(&c->hasher, sha256);
}

uint64_t acc_content_part_crc(struct acc_content *c)
{
    uint64_t crc = c->crc;
    c->crc = 0;
    return crc;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

enum acc_code acc_content_finish(struct acc_content *c, struct acc_digests *digests,
                                 struct acc_error *err)
{
    struct stat now;
    char beyond;
    ssize_t more = read(c->fd, &beyond, 1);
    if (more > 0)
        return changed(err, "became longer");
    if (more < 0)
        return acc_error_set(err, acc_code_of_errno(errno, ACC_FILE_UNREADABLE),
                             "cannot be read at its end: %s", strerror(errno));
    if (fstat(c->fd, &now) != 0)
        return acc_error_set(err, acc_code_of_errno(errno, ACC_FILE_UNREADABLE),
                             "cannot be examined: %s", strerror(errno));
    if (now.st_size != c->first.st_size || !same_time(now.st_mtim, c->first.st_mtim) ||
        !same_time(now.st_ctim, c->first.st_ctim) || now.st_ino != c->first.st_ino)
        return changed(err, "changed");
    acc_hasher_finish(&c->hasher, digests);
    return ACC_OK;
}

void acc_content_close(struct acc_content *c)
{
    if (c->hasher.algs != NULL && c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    acc_hasher_release(&c->hasher);
    acc_str_release(&c->mapped);
}
