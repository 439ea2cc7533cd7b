/* A package of any bytes, as a source: refused, or every file in it can be looked up, read to its
 * end, and has the digests that pass one computed. The first byte chooses what the rest becomes:
 * itself, or a tar packed with gzip, so that mutations reach the tar and not a checksum. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "source/content.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct reading {
    const struct acc_source *source;
    const struct acc_algs *algs;
};

static void put(int fd, const uint8_t *bytes, size_t len)
{
    if (write(fd, bytes, len) != (ssize_t)len)
        abort();
}

static void put_packed(int fd, const uint8_t *bytes, size_t len)
{
    size_t room = len + 1024;
    uint8_t *out = malloc(room);
    z_stream z = {0};
    if (out == NULL || deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    z.next_in = (Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)len;
    z.next_out = out;
    z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    put(fd, out, room - z.avail_out);
    deflateEnd(&z);
    free(out);
}

/* Whatever pass one let through must be the same bytes again. */
static void read_again(const struct reading *r, const char *path)
{
    struct acc_content content = {0};
    struct acc_digests digests, known;
    struct acc_error err;
    struct stat st;
    char piece[700];
    enum acc_code code =
        acc_content_open(&content, r->source, r->algs, 1u << ACC_SHA256, path, -1, &err);
    while (code == ACC_OK && content.offset < content.size) {
        int64_t left = content.size - content.offset;
        code = acc_content_read(&content, piece,
                                left < (int64_t)sizeof piece ? (size_t)left : sizeof piece, &err);
    }
    if (code == ACC_OK)
        code = acc_content_finish(&content, &digests, &err);
    if (acc_source_known(r->source, path, 1u << ACC_SHA256, &known, &st)) {
        unsigned shared;
        if (code != ACC_OK || acc_digests_differ(&digests, &known, &shared) != ACC_ALG_COUNT ||
            shared != 1)
            abort();
    } else if (code == ACC_OK) {
        abort();
    }
    acc_content_close(&content);
}

static enum acc_code on_walked(void *arg, const char *path, const struct stat *st,
                               struct acc_error *err)
{
    if (path[0] == '/' || strstr(path, "../") != NULL)
        abort();
    read_again(arg, path);
    return ACC_OK;
}

static void on_name(void *arg, const char *name)
{
    if (strchr(name, '/') != NULL || *name == '\0')
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct acc_manifest_rules rules = {.archive_encoding = "CP437"};
    struct acc_source source;
    struct acc_error err;
    struct acc_algs *algs;
    char path[64];
    if (len == 0)
        return 0;
    snprintf(path, sizeof path, "/dev/shm/fuzz_package.%d", (int)getpid());
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || acc_algs_new(&algs, &err) != ACC_OK)
        abort();
    (bytes[0] & 1 ? put_packed : put)(fd, bytes + 1, len - 1);
    close(fd);
    if (acc_source_open(path, &rules, NULL, &source, &err) == ACC_OK) {
        struct reading r = {&source, algs};
        if (acc_source_prepare(&source, 0, NULL, &err) == ACC_OK) {
            acc_source_list(&source, on_name, NULL);
            if (acc_source_walk(&source, "", on_walked, NULL, &r, &err) != ACC_OK)
                abort();
        }
        acc_source_close(&source);
    }
    unlink(path);
    acc_algs_free(algs);
    return 0;
}
