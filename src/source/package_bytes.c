/* The bytes of a tar, unpacked piece by piece. Gzip is undone by zlib, which compares every
 * member's CRC-32 and length (libarchive 3.6 passes over them); the other packings by libarchive,
 * whose libraries compare their own. Zip is not read here.
 *
 * Fails if a packing is damaged or ends early, or if something else follows it; after that every
 * call fails. */
#include "source/package.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "base/mem.h"

enum { IN = 64 * 1024, OUT = 256 * 1024 };

struct acc_package_bytes {
    const struct acc_package *package;
    int64_t at; /* in the package's file */
    uint8_t *in, *out;
    z_stream z;
    bool member, padding; /* inside one; zeros follow the last */
    struct archive *packed;
};

ssize_t acc_package_pread(int fd, void *buffer, size_t len, int64_t offset)
{
    size_t had = 0;
    while (had < len) {
        ssize_t got = pread(fd, (char *)buffer + had, len - had, offset + (int64_t)had);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        had += (size_t)got;
    }
    return (ssize_t)had;
}

/* ---- libarchive's packings ---- */

static la_ssize_t on_read(struct archive *a, void *arg, const void **piece)
{
    struct acc_package_bytes *b = arg;
    ssize_t got = acc_package_pread(b->package->fd, b->in, IN, b->at);
    if (got < 0)
        archive_set_error(a, errno, "%s", strerror(errno));
    else
        b->at += got;
    *piece = b->in;
    return got;
}

static enum acc_code open_packed(struct acc_package_bytes *b, struct acc_error *err)
{
    struct archive_entry *entry;
    b->packed = archive_read_new();
    archive_read_support_format_raw(b->packed);
    if (archive_read_support_filter_bzip2(b->packed) != ARCHIVE_OK ||
        archive_read_support_filter_xz(b->packed) != ARCHIVE_OK ||
        archive_read_support_filter_zstd(b->packed) != ARCHIVE_OK)
        return acc_error_set(err, ACC_CONFIG,
                             "this libarchive was built without bzip2, xz or zstd");
    if (archive_read_open(b->packed, b, NULL, on_read, NULL) != ARCHIVE_OK ||
        archive_read_next_header(b->packed, &entry) != ARCHIVE_OK)
        return acc_error_set(err, ACC_SOURCE, "%s", archive_error_string(b->packed));
    return ACC_OK;
}

static ssize_t fail(struct acc_error *err, const char *what)
{
    acc_error_set(err, ACC_SOURCE, "%s", what);
    return -1;
}

/* libarchive takes bytes behind the last bzip2 stream for none. */
static ssize_t next_packed(struct acc_package_bytes *b, const void **piece, struct acc_error *err)
{
    la_ssize_t got = archive_read_data(b->packed, b->out, OUT);
    *piece = b->out;
    if (got < 0)
        return fail(err, archive_error_string(b->packed));
    if (got == 0 && archive_filter_bytes(b->packed, -1) != b->package->st.st_size)
        return fail(err, "something else follows the packed data");
    return (ssize_t)got;
}

/* ---- gzip ---- */

/* 1: there are bytes; 0: none are left. */
static int refill(struct acc_package_bytes *b, struct acc_error *err)
{
    if (b->z.avail_in > 0)
        return 1;
    ssize_t got = acc_package_pread(b->package->fd, b->in, IN, b->at);
    if (got < 0)
        return (int)fail(err, strerror(errno));
    b->at += got;
    b->z.next_in = b->in;
    b->z.avail_in = (uInt)got;
    return got > 0;
}

/* Between members: another one, zeros to the end (as tapes have them), or the end. */
static int next_member(struct acc_package_bytes *b, struct acc_error *err)
{
    int more = refill(b, err);
    if (more <= 0)
        return more;
    if (*b->z.next_in == 0)
        b->padding = true;
    while (b->padding && more > 0) {
        while (b->z.avail_in > 0 && *b->z.next_in == 0)
            b->z.avail_in--, b->z.next_in++;
        if (b->z.avail_in > 0)
            return (int)fail(err, "something else follows the gzip data");
        more = refill(b, err);
    }
    if (more <= 0)
        return more;
    inflateReset(&b->z);
    b->member = true;
    return 1;
}

static ssize_t next_gzip(struct acc_package_bytes *b, const void **piece, struct acc_error *err)
{
    *piece = b->out;
    b->z.next_out = b->out;
    b->z.avail_out = OUT;
    while (b->z.avail_out == OUT) {
        int more = b->member ? refill(b, err) : next_member(b, err);
        if (more < 0)
            return -1;
        if (more == 0)
            return b->member ? fail(err, "the gzip data ends early") : 0;
        int code = inflate(&b->z, Z_NO_FLUSH);
        if (code == Z_STREAM_END)
            b->member = false;
        else if (code != Z_OK)
            return fail(err, b->z.msg != NULL ? b->z.msg : "the gzip data is damaged");
    }
    return OUT - (ssize_t)b->z.avail_out;
}

/* ---- all of them ---- */

enum acc_code acc_package_bytes_new(const struct acc_package *package,
                                    struct acc_package_bytes **bytes, struct acc_error *err)
{
    struct acc_package_bytes *b = ACC_NEW(struct acc_package_bytes);
    enum acc_code code = ACC_OK;
    b->package = package;
    b->in = acc_alloc(IN);
    b->out = acc_alloc(OUT);
    if (package->packing == ACC_PACKING_GZIP && inflateInit2(&b->z, 15 + 16) != Z_OK)
        code = acc_error_set(err, ACC_LOCAL, "zlib cannot be used");
    if (package->packing == ACC_PACKING_FILTER)
        code = open_packed(b, err);
    b->member = package->packing == ACC_PACKING_GZIP;
    *bytes = b;
    if (code != ACC_OK) {
        acc_package_bytes_free(b);
        *bytes = NULL;
    }
    return code;
}

ssize_t acc_package_bytes_next(struct acc_package_bytes *b, const void **piece,
                               struct acc_error *err)
{
    if (b->package->packing == ACC_PACKING_GZIP)
        return next_gzip(b, piece, err);
    if (b->package->packing == ACC_PACKING_FILTER)
        return next_packed(b, piece, err);
    ssize_t got = acc_package_pread(b->package->fd, b->out, OUT, b->at);
    *piece = b->out;
    if (got < 0)
        return fail(err, strerror(errno));
    b->at += got;
    return got;
}

void acc_package_bytes_free(struct acc_package_bytes *b)
{
    if (b == NULL)
        return;
    if (b->package->packing == ACC_PACKING_GZIP)
        inflateEnd(&b->z);
    archive_read_free(b->packed);
    free(b->in);
    free(b->out);
    free(b);
}
