/* A compressed manifest with one byte changed: it is refused, or read to the very text that was
 * compressed. The first two bytes say where, the third is what the byte there is changed by (0: not
 * at all, and then it must be read), the fourth how the text is divided into gzip members. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zlib.h>

#include "manifest/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static size_t compress_member(const uint8_t *text, size_t len, uint8_t *out, size_t size)
{
    z_stream z = {0};
    if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    z.next_in = (Bytef *)(uintptr_t)text;
    z.avail_in = (uInt)len;
    z.next_out = out;
    z.avail_out = (uInt)size;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    size_t written = size - z.avail_out;
    deflateEnd(&z);
    return written;
}

static int to_file(const uint8_t *bytes, size_t len, char path[64])
{
    int fd = memfd_create("manifest", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
        abort();
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

/* Reads all of it; aborts where the text differs from what was compressed. */
static enum acc_code read_back(const char *path, const uint8_t *text, size_t len)
{
    struct acc_input in;
    struct acc_error err;
    struct acc_digests self;
    char piece[1000];
    size_t got, total = 0;
    enum acc_code code = acc_input_open(&in, NULL, path, path, ACC_ENC_UTF8, false, 0, NULL, &err);
    if (code != ACC_OK)
        return code;
    bool same = true;
    while ((code = acc_input_take(&in, piece, sizeof piece, &got)) == ACC_OK && got > 0) {
        same = same && total + got <= len && memcmp(text + total, piece, got) == 0;
        total += got;
    }
    if (code == ACC_OK)
        code = acc_input_finish(&in, &self);
    acc_input_close(&in);
    if (code == ACC_OK && (!same || total != len))
        abort();
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len < 5)
        return 0;
    const uint8_t *text = bytes + 4;
    size_t size = len - 4, first = bytes[3] % size + 1, room = 2 * size + 256;
    uint8_t *packed = malloc(room);
    if (packed == NULL)
        abort();
    size_t packed_len = compress_member(text, first, packed, room);
    if (first < size)
        packed_len +=
            compress_member(text + first, size - first, packed + packed_len, room - packed_len);
    /* Behind the first header: without its magic bytes this is plain text, and another fuzzer's. */
    size_t at = 10 + (bytes[0] | (size_t)bytes[1] << 8) % (packed_len - 10);
    packed[at] ^= bytes[2];
    char path[64];
    int fd = to_file(packed, packed_len, path);
    enum acc_code code = read_back(path, text, size);
    if (bytes[2] == 0 && code != ACC_OK)
        abort();
    close(fd);
    free(packed);
    return 0;
}
