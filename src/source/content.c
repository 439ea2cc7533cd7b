/* Reading with read(2) in steps small enough to stay in the processor's cache between the kernel's
 * copy and the hash. A file that shrinks, grows or changes meanwhile is refused: what was hashed
 * would be no state the file was ever in. */
#include "source/content.h"

#include <stdlib.h>

#include "base/mem.h"
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
    enum acc_code code = acc_source_open_file(source, path, &c->file, err);
    if (code != ACC_OK)
        return code;
    c->size = c->file.st.st_size;
    c->offset = 0;
    c->parts = 0;
    acc_hasher_init(&c->hasher, algs, wanted);
    return acc_content_check_size(c->size, promised, err);
}

/* What keeps every file from being read says so itself. */
static enum acc_code unread(const struct acc_content *c, struct acc_error *err)
{
    if (err->code != ACC_LOCAL && acc_source_fails_all(c->file.source, err->code))
        return err->code;
    return acc_error_context(err, "cannot be read at byte %lld", (long long)c->offset);
}

/* A read may give less than it was asked for without being at the end. */
static enum acc_code read_all(struct acc_content *c, unsigned char *to, size_t len,
                              struct acc_error *err)
{
    while (len > 0) {
        ssize_t got = acc_source_read(&c->file, to, len, err);
        if (got < 0)
            return unread(c, err);
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

enum acc_code acc_content_finish(struct acc_content *c, struct acc_digests *digests,
                                 struct acc_error *err)
{
    char beyond;
    ssize_t more = acc_source_read(&c->file, &beyond, 1, err);
    if (more > 0)
        return changed(err, "became longer");
    if (more < 0)
        return unread(c, err);
    enum acc_code code = acc_source_unchanged(&c->file, err);
    if (code == ACC_OK)
        acc_hasher_finish(&c->hasher, digests);
    return code;
}

void acc_content_close(struct acc_content *c)
{
    acc_source_shut(&c->file);
    acc_hasher_release(&c->hasher);
}

static enum acc_code hash_all(struct acc_content *c, const atomic_bool *stop,
                              struct acc_digests *digests, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    void *buffer = acc_alloc(c->size < (int64_t)STEP ? (size_t)c->size + 1 : STEP);
    while (code == ACC_OK && c->offset < c->size) {
        int64_t left = c->size - c->offset;
        code = stop != NULL && atomic_load(stop)
                   ? acc_error_set(err, ACC_INTERRUPTED, "interrupted while comparing digests")
                   : acc_content_read(c, buffer, left < (int64_t)STEP ? (size_t)left : STEP, err);
    }
    free(buffer);
    return code == ACC_OK ? acc_content_finish(c, digests, err) : code;
}

enum acc_code acc_content_hash(const struct acc_source *source, const struct acc_algs *algs,
                               uint32_t wanted, const char *path, int64_t *size,
                               const atomic_bool *stop, struct acc_digests *digests,
                               struct acc_error *err)
{
    struct acc_content content = {0};
    struct stat st;
    int64_t promised = *size;
    if (acc_source_known(source, path, wanted, digests, &st)) {
        *size = st.st_size;
        return acc_content_check_size(st.st_size, promised, err);
    }
    enum acc_code code = acc_content_open(&content, source, algs, wanted, path, promised, err);
    *size = content.size;
    if (code == ACC_OK)
        code = hash_all(&content, stop, digests, err);
    acc_content_close(&content);
    return code;
}
