/* File to text. fill() is the whole path: read a piece, hash it, inflate or decode it, append it to
 * the text; every other call looks at the text and fills when it runs short.
 *
 * Fails with ACC_MANIFEST and "FILE: ..." when the file cannot be read, the compressed data is
 * damaged or ends early, or a line is too long. Closing frees everything at any point. */
#include "manifest/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { PIECE = 128 * 1024, STOP_STEP_MS = 200 };

static enum acc_code fail(struct acc_input *in, const char *what)
{
    return acc_error_set(in->err, ACC_MANIFEST, "%s: %s", in->name, what);
}

/* Waits for a pipe in steps, so that a stop is heeded while nothing comes. */
static enum acc_code await_bytes(struct acc_input *in)
{
    struct pollfd ready = {.fd = in->fd, .events = POLLIN};
    do
        if (in->stop != NULL && atomic_load(in->stop))
            return acc_error_set(in->err, ACC_INTERRUPTED, "interrupted while reading %s",
                                 in->name);
    while (in->waits && poll(&ready, 1, STOP_STEP_MS) == 0);
    return ACC_OK;
}

static enum acc_code read_piece(struct acc_input *in)
{
    if (in->raw_at < in->raw_len || in->raw_end)
        return ACC_OK;
    struct acc_error why;
    ssize_t got = 0;
    enum acc_code code = ACC_OK;
    do {
        code = await_bytes(in);
        if (code != ACC_OK)
            return code;
        got = in->fd >= 0 ? read(in->fd, in->raw, PIECE)
                          : acc_source_read(&in->file, in->raw, PIECE, &why);
    } while (got < 0 && in->fd >= 0 && (errno == EINTR || errno == EAGAIN));
    if (got < 0 && in->fd >= 0)
        acc_error_set(&why, acc_code_of_errno(errno, ACC_MANIFEST), "%s", strerror(errno));
    if (got < 0 && in->fd < 0 && why.code != ACC_LOCAL &&
        acc_source_fails_all(in->file.source, why.code))
        return acc_error_set(in->err, why.code, "%s", why.message);
    if (got < 0)
        return acc_error_set(in->err, why.code == ACC_LOCAL ? ACC_LOCAL : ACC_MANIFEST,
                             "%s: cannot be read: %s.", in->name, why.message);
    acc_hasher_update(&in->hasher, in->raw, (size_t)got);
    in->stored += (uint64_t)got;
    in->raw_at = 0;
    in->raw_len = (size_t)got;
    in->raw_end = got == 0;
    return ACC_OK;
}

/* gzip(1) may pad its last member with zeros, as tapes do; anything else after it is not ours. */
static enum acc_code between_members(struct acc_input *in)
{
    while (in->raw_at < in->raw_len && in->raw[in->raw_at] == 0)
        in->raw_at++;
    if (in->raw_at == in->raw_len)
        return ACC_OK;
    if (in->raw[in->raw_at] != 0x1F)
        return fail(in, "has other bytes after the end of the compressed data. "
                        "Compress the manifest again.");
    inflateReset(&in->z);
    in->member = true;
    return ACC_OK;
}

static enum acc_code inflate_piece(struct acc_input *in)
{
    if (!in->member) {
        in->text_end = in->raw_end;
        enum acc_code code = between_members(in);
        if (code != ACC_OK || !in->member)
            return code;
    }
    acc_str_reserve(&in->text, PIECE);
    in->z.next_in = in->raw + in->raw_at;
    in->z.avail_in = (uInt)(in->raw_len - in->raw_at);
    in->z.next_out = (Bytef *)in->text.data + in->text.len;
    in->z.avail_out = PIECE;
    int result = inflate(&in->z, Z_NO_FLUSH);
    in->raw_at = in->raw_len - in->z.avail_in;
    in->text.len += PIECE - in->z.avail_out;
    in->member = result != Z_STREAM_END;
    if (result == Z_BUF_ERROR && in->raw_end)
        return fail(in, "is cut short: the compressed data has no end. "
                        "Fetch or make the manifest again.");
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        return fail(in, "has damaged compressed data. Fetch or make the manifest again.");
    return ACC_OK;
}

static enum acc_code decode_piece(struct acc_input *in)
{
    bool good = acc_decode(&in->decoder, in->raw + in->raw_at, in->raw_len - in->raw_at, &in->text);
    in->raw_at = in->raw_len;
    in->text_end = in->raw_end;
    if (!good || (in->text_end && !acc_decode_end(&in->decoder)))
        return fail(in, in->utf16 ? "is not UTF-16 text, although its byte order mark says so. If "
                                    "it was cut short, make it again."
                                  : "is not in the encoding that bagit.txt declares. Correct "
                                    "Tag-File-Character-Encoding, or the file.");
    return ACC_OK;
}

/* Adds text, or finds its end. What was given out moves away first, so the text stays within
 * ACC_LINE_MAX and one piece (three pieces where Latin-1 and UTF-16 grow). */
static enum acc_code fill(struct acc_input *in)
{
    if (in->at > 0) {
        memmove(in->text.data, in->text.data + in->at, in->text.len - in->at);
        in->text.len -= in->at;
        in->at = 0;
    }
    size_t before = in->text.len;
    while (in->text.len == before && !in->text_end) {
        enum acc_code code = read_piece(in);
        if (code == ACC_OK)
            code = in->gzip ? inflate_piece(in) : decode_piece(in);
        if (code != ACC_OK)
            return code;
    }
    return ACC_OK;
}

/* As Windows' PowerShell writes what is sent to a file. */
static bool has_utf16_mark(const struct acc_input *in)
{
    return in->raw_len >= 2 &&
           (memcmp(in->raw, "\xFF\xFE", 2) == 0 || memcmp(in->raw, "\xFE\xFF", 2) == 0);
}

/* A pipe may be a manifest; opening one must not hang. */
static enum acc_code open_on_disk(struct acc_input *in, const char *path)
{
    struct stat st;
    in->fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                    : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    in->waits = in->fd >= 0 && (fstat(in->fd, &st) != 0 || !S_ISREG(st.st_mode));
    if (in->fd >= 0)
        return ACC_OK;
    return acc_error_set(in->err, acc_code_of_errno(errno, ACC_MANIFEST),
                         "%s: cannot be opened: %s. Give a manifest that can be read.", in->name,
                         strerror(errno));
}

static enum acc_code open_within(struct acc_input *in, const struct acc_source *source,
                                 const char *path)
{
    struct acc_error why;
    enum acc_code code = acc_source_open_file(source, path, &in->file, &why);
    if (code == ACC_FILE_KIND)
        return acc_error_set(in->err, ACC_MANIFEST,
                             "%s: %s. Replace it, or remove it from the bag.", in->name,
                             why.message);
    if (code != ACC_OK)
        return acc_error_set(in->err, code == ACC_LOCAL ? ACC_LOCAL : ACC_MANIFEST,
                             "%s: %s. Give a manifest that can be read.", in->name, why.message);
    return ACC_OK;
}

enum acc_code acc_input_open(struct acc_input *in, const struct acc_source *source,
                             const char *path, const char *name, enum acc_encoding encoding,
                             bool plain_only, uint32_t algs, const atomic_bool *stop,
                             struct acc_error *err)
{
    *in = (struct acc_input){.name = name,
                             .err = err,
                             .stop = stop,
                             .fd = -1,
                             .delimiter = '\n',
                             .decoder.from = encoding};
    enum acc_code code = acc_algs_new(&in->algs, err);
    if (code != ACC_OK)
        return code;
    acc_hasher_init(&in->hasher, in->algs,
                    (algs | 1u << ACC_SHA256) & acc_algs_available(in->algs));
    in->raw = acc_alloc(PIECE);
    acc_str_reserve(&in->text, ACC_LINE_MAX + PIECE);
    code = source != NULL ? open_within(in, source, path) : open_on_disk(in, path);
    if (code == ACC_OK)
        code = read_piece(in);
    if (code == ACC_OK && in->stored == 0 && !plain_only)
        code = fail(in, "is empty (0 bytes). An empty manifest proves nothing; make it again.");
    in->gzip = in->raw_len >= 2 && in->raw[0] == 0x1F && in->raw[1] == 0x8B;
    in->utf16 = !plain_only && has_utf16_mark(in);
    if (in->utf16)
        in->decoder.from = ACC_ENC_UTF16;
    if (code == ACC_OK && in->gzip && plain_only)
        code = fail(in, "is compressed; BagIt wants text. Decompress it with gunzip.");
    if (code == ACC_OK && in->gzip && inflateInit2(&in->z, 15 + 16) != Z_OK)
        code = fail(in, "cannot be decompressed: zlib does not start.");
    in->member = in->gzip;
    if (code != ACC_OK)
        acc_input_close(in);
    return code;
}

enum acc_code acc_input_peek(struct acc_input *in, const char **text, size_t *len)
{
    enum acc_code code = ACC_OK;
    while (code == ACC_OK && in->text.len - in->at < ACC_LINE_MAX && !in->text_end)
        code = fill(in);
    *text = in->text.data + in->at;
    *len = in->text.len - in->at;
    return code;
}

void acc_input_skip(struct acc_input *in, size_t len)
{
    in->at += len;
}

enum acc_code acc_input_line(struct acc_input *in, char **line, size_t *len)
{
    size_t searched = 0;
    for (;;) {
        char *start = in->text.data + in->at;
        size_t avail = in->text.len - in->at;
        char *end = memchr(start + searched, in->delimiter, avail - searched);
        if (end == NULL && !in->text_end && avail <= ACC_LINE_MAX) {
            searched = avail;
            enum acc_code code = fill(in);
            if (code != ACC_OK)
                return code;
            continue;
        }
        *len = end != NULL ? (size_t)(end - start) : avail;
        *line = end != NULL || avail > 0 ? start : NULL;
        in->line += *line != NULL;
        if (*len > ACC_LINE_MAX)
            return acc_error_set(in->err, ACC_MANIFEST,
                                 "%s:%llu: line is longer than %d bytes. Is this a manifest?",
                                 in->name, (unsigned long long)in->line, ACC_LINE_MAX);
        in->unterminated = end == NULL;
        start[*len] = '\0'; /* the delimiter's place, or the one byte that acc_str keeps spare */
        in->at += *len + (end != NULL);
        return ACC_OK;
    }
}

enum acc_code acc_input_take(struct acc_input *in, char *out, size_t size, size_t *len)
{
    enum acc_code code = ACC_OK;
    if (in->at == in->text.len && !in->text_end)
        code = fill(in);
    size_t avail = in->text.len - in->at;
    *len = code != ACC_OK ? 0 : avail < size ? avail : size;
    memcpy(out, in->text.data + in->at, *len);
    in->at += *len;
    return code;
}

enum acc_code acc_input_finish(struct acc_input *in, struct acc_digests *self)
{
    enum acc_code code = ACC_OK;
    while (code == ACC_OK && !in->text_end) {
        in->at = in->text.len;
        code = fill(in);
    }
    if (code == ACC_OK) {
        *self = (struct acc_digests){0};
        acc_hasher_finish(&in->hasher, self);
    }
    return code;
}

void acc_input_close(struct acc_input *in)
{
    if (in->fd >= 0)
        close(in->fd);
    acc_source_shut(&in->file);
    if (in->gzip)
        inflateEnd(&in->z);
    acc_hasher_release(&in->hasher);
    acc_algs_free(in->algs);
    acc_str_release(&in->text);
    free(in->raw);
    *in = (struct acc_input){.fd = -1};
}
