/* One walk through a package with libarchive: entries in their order, then the end mark.
 *
 * libarchive takes a tar that ends at an entry's border for a whole one, and reads nothing beyond
 * the end mark; both are looked at here. Names are taken as bytes: for a tar in the C locale, in
 * which no conversion changes them; a zip's are UTF-8 where the zip says so.
 *
 * Fails if the package is damaged or cut short, whatever libarchive would make of it: its warnings
 * count. After a failure every call fails. */
#include "source/package.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { PIECE = 64 * 1024, BLOCK = 512 };

struct acc_package_reader {
    struct acc_package *package;
    struct archive *archive;
    locale_t locale;
    struct acc_package_bytes *bytes; /* of a tar */
    int64_t unpacked, last; /* bytes unpacked so far; the end of the last that is not zero */
    struct acc_error why;   /* of `bytes` */
    bool broken;
    int64_t at; /* in a zip's file */
    char *piece;
    int64_t place;
    int64_t had; /* bytes of the entry that were read */
    const char *block;
    size_t block_len;
};

static enum acc_code damaged(struct acc_package_reader *r, struct acc_error *err)
{
    const char *reason = r->broken ? r->why.message : archive_error_string(r->archive);
    if (r->broken && r->why.code != ACC_SOURCE)
        return acc_error_set(err, r->why.code, "%s: %s.", r->package->path, reason);
    return acc_error_set(err, ACC_SOURCE,
                         "%s: the package is damaged or cut short: %s. Get it again.",
                         r->package->path, reason != NULL ? reason : "it cannot be read");
}

/* ---- what libarchive reads ---- */

static void count(struct acc_package_reader *r, const char *piece, size_t len)
{
    size_t end = len;
    while (end > 0 && piece[end - 1] == 0)
        end--;
    if (end > 0)
        r->last = r->unpacked + (int64_t)end;
    r->unpacked += (int64_t)len;
}

static la_ssize_t read_tar(struct archive *a, void *arg, const void **piece)
{
    struct acc_package_reader *r = arg;
    ssize_t got = acc_package_bytes_next(r->bytes, piece, &r->why);
    r->broken = got < 0;
    if (got < 0)
        archive_set_error(a, EIO, "%s", r->why.message);
    else
        count(r, *piece, (size_t)got);
    return got;
}

static la_ssize_t read_zip(struct archive *a, void *arg, const void **piece)
{
    struct acc_package_reader *r = arg;
    ssize_t got = acc_package_pread(r->package->fd, r->piece, PIECE, r->at);
    if (got < 0)
        archive_set_error(a, errno, "%s", strerror(errno));
    else
        r->at += got;
    *piece = r->piece;
    return got;
}

static la_int64_t seek_zip(struct archive *a, void *arg, la_int64_t offset, int whence)
{
    struct acc_package_reader *r = arg;
    int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? r->at : r->package->st.st_size;
    (void)a;
    if (offset < -from || offset > INT64_MAX - from)
        return ARCHIVE_FATAL;
    return r->at = from + offset;
}

/* ---- opening ---- */

static int open_archive(struct acc_package_reader *r)
{
    r->archive = archive_read_new();
    if (r->package->packing != ACC_PACKING_ZIP) {
        archive_read_support_format_tar(r->archive);
        return archive_read_open(r->archive, r, NULL, read_tar, NULL);
    }
    archive_read_support_format_zip_seekable(r->archive);
    archive_read_set_seek_callback(r->archive, seek_zip);
    return archive_read_open(r->archive, r, NULL, read_zip, NULL);
}

enum acc_code acc_package_reader_new(struct acc_package *package,
                                     struct acc_package_reader **reader, struct acc_error *err)
{
    bool zip = package->packing == ACC_PACKING_ZIP;
    struct acc_package_reader *r = ACC_NEW(struct acc_package_reader);
    enum acc_code code = ACC_OK;
    r->package = package;
    r->place = -1;
    r->locale = newlocale(LC_ALL_MASK, zip ? "C.UTF-8" : "C", (locale_t)0);
    r->piece = acc_alloc(PIECE);
    if (r->locale == (locale_t)0)
        code =
            acc_error_set(err, ACC_CONFIG,
                          "this machine has no locale C.UTF-8, without which no zip can be read. "
                          "Install it (Debian: libc-bin).");
    if (code == ACC_OK && !zip && acc_package_bytes_new(package, &r->bytes, &r->why) != ACC_OK) {
        r->broken = true;
        code = damaged(r, err);
    }
    locale_t before = code == ACC_OK ? uselocale(r->locale) : (locale_t)0;
    if (code == ACC_OK && open_archive(r) != ARCHIVE_OK)
        code = damaged(r, err);
    if (before != (locale_t)0)
        uselocale(before);
    if (code != ACC_OK)
        acc_package_reader_free(r);
    else
        *reader = r;
    return code;
}

void acc_package_reader_free(struct acc_package_reader *r)
{
    if (r == NULL)
        return;
    archive_read_free(r->archive);
    acc_package_bytes_free(r->bytes);
    if (r->locale != (locale_t)0)
        freelocale(r->locale);
    free(r->piece);
    free(r);
}

/* ---- reading ---- */

/* At libarchive's end, of a tar: the mark, two blocks of zeros, and nothing but zeros behind. */
static enum acc_code check_end(struct acc_package_reader *r, struct acc_error *err)
{
    const void *piece;
    ssize_t got;
    if (r->package->packing == ACC_PACKING_ZIP)
        return acc_package_zip_check(r->package, r->place, err);
    int64_t mark = archive_read_header_position(r->archive);
    if (archive_filter_bytes(r->archive, 0) - mark < BLOCK)
        return acc_error_set(err, ACC_SOURCE,
                             "%s: the package is cut short: the mark at its end is missing. Get it "
                             "again.",
                             r->package->path);
    while ((got = acc_package_bytes_next(r->bytes, &piece, &r->why)) > 0)
        count(r, piece, (size_t)got);
    r->broken = got < 0;
    if (r->broken)
        return damaged(r, err);
    return r->last <= mark
               ? ACC_OK
               : acc_error_set(err, ACC_SOURCE,
                               "%s: the package goes on after the mark at its end, where no file "
                               "would be found. Pack it again.",
                               r->package->path);
}

enum acc_code acc_package_reader_next(struct acc_package_reader *r, struct archive_entry **entry,
                                      struct acc_error *err)
{
    locale_t before = uselocale(r->locale);
    int code = archive_read_next_header(r->archive, entry);
    uselocale(before);
    r->place++;
    r->had = 0;
    r->block_len = 0;
    if (code == ARCHIVE_EOF) {
        *entry = NULL;
        return check_end(r, err);
    }
    /* A name that the C locale cannot show is no damage: its bytes are there. A header of which
     * something was passed over (archive_errno() is then -1) may have held another name. */
    bool whole = code == ARCHIVE_OK ||
                 (code == ARCHIVE_WARN && r->bytes != NULL && archive_errno(r->archive) > 0);
    return whole && !r->broken ? ACC_OK : damaged(r, err);
}

/* The next block, which must follow the last one: a gap is a hole of a sparse file. */
static int next_block(struct acc_package_reader *r, struct acc_error *err)
{
    const void *block = NULL;
    la_int64_t offset = 0;
    int code = archive_read_data_block(r->archive, &block, &r->block_len, &offset);
    if (code == ARCHIVE_EOF)
        return 0;
    if (code != ARCHIVE_OK || r->broken) {
        damaged(r, err);
        return -1;
    }
    if (offset != r->had) {
        acc_error_set(err, ACC_SOURCE,
                      "%s: the package has a sparse file, whose holes are no bytes that can be "
                      "compared. Pack it without --sparse.",
                      r->package->path);
        return -1;
    }
    r->block = block;
    return 1;
}

ssize_t acc_package_reader_read(struct acc_package_reader *r, void *buffer, size_t len,
                                struct acc_error *err)
{
    while (r->block_len == 0) {
        int more = next_block(r, err);
        if (more <= 0)
            return more;
    }
    size_t step = len < r->block_len ? len : r->block_len;
    memcpy(buffer, r->block, step);
    r->block += step;
    r->block_len -= step;
    r->had += (int64_t)step;
    return (ssize_t)step;
}

int64_t acc_package_reader_place(const struct acc_package_reader *r)
{
    return r->place;
}

int64_t acc_package_reader_offset(const struct acc_package_reader *r)
{
    bool zip = r->package->packing == ACC_PACKING_ZIP;
    const char *name = zip ? archive_format_name(r->archive) : NULL;
    bool as_it_is = r->package->packing == ACC_PACKING_NONE ||
                    (name != NULL && strstr(name, "(uncompressed)") != NULL);
    return as_it_is ? archive_filter_bytes(r->archive, 0) : -1;
}

int64_t acc_package_reader_unpacked(const struct acc_package_reader *r)
{
    return r->unpacked;
}
