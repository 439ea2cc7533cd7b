/* Happy path: compress into a scratch folder, map it, HEAD (nothing there), PutObject with
 * If-None-Match and the SHA-256, HEAD again: the size and what the server and the metadata say of
 * the SHA-256 are what was sent.
 *
 * Failure: nothing is replaced. An answer that was lost is settled by the second HEAD. Close: the
 * client, the loop and the scratch folder, in any case. */
#include "run/deposit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "base/mem.h"
#include "digest/hasher.h"
#include "run/scratch.h"
#include "s3/ops/ops.h"

#define RETRIES 3
#define PIECE ((size_t)1 << 16)

struct deposit {
    struct acc_loop loop;
    struct acc_s3 *s3;
    struct acc_s3_call call;
    struct acc_s3_location location;
    struct acc_algs *algs;
    char *scratch;
    struct acc_str key, packed; /* of the file at hand */
    void *bytes;
    size_t len;
    struct acc_digests sha256;
    char hex[ACC_DIGEST_MAX * 2 + 1];
};

bool acc_deposit_asked(const char *receipts)
{
    return receipts != NULL && acc_starts_with(receipts, "s3://");
}

/* ---- the file ---- */

static enum acc_code local(const char *file, struct acc_error *err)
{
    return acc_error_set(err, ACC_LOCAL, "%s: cannot be read or compressed: %s", file,
                         strerror(errno));
}

static enum acc_code pack(struct deposit *d, const char *file, struct acc_error *err)
{
    FILE *in = fopen(file, "re");
    gzFile out = in != NULL ? gzopen(acc_str_cstr(&d->packed), "wbe") : NULL;
    bool good = out != NULL;
    char *piece = acc_alloc(PIECE);
    size_t got;
    while (good && (got = fread(piece, 1, PIECE, in)) > 0)
        good = gzwrite(out, piece, (unsigned)got) == (int)got;
    good = good && !ferror(in);
    if (out != NULL)
        good = gzclose(out) == Z_OK && good;
    enum acc_code code = good ? ACC_OK : local(file, err);
    if (in != NULL)
        fclose(in);
    free(piece);
    return code;
}

static enum acc_code map(struct deposit *d, const char *file, struct acc_error *err)
{
    struct stat st;
    int fd = open(acc_str_cstr(&d->packed), O_RDONLY | O_CLOEXEC);
    d->bytes = MAP_FAILED;
    if (fd >= 0 && fstat(fd, &st) == 0) {
        d->len = (size_t)st.st_size;
        d->bytes = mmap(NULL, d->len, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    enum acc_code code = d->bytes != MAP_FAILED ? ACC_OK : local(file, err);
    if (fd >= 0)
        close(fd);
    if (code != ACC_OK)
        return code;
    acc_hash(d->algs, 1u << ACC_SHA256, d->bytes, d->len, &d->sha256);
    acc_digests_hex(&d->sha256, ACC_SHA256, d->hex);
    return ACC_OK;
}

/* ---- the object ---- */

static void on_done(struct acc_s3_call *call)
{
    acc_loop_stop(&ACC_CONTAINER_OF(call, struct deposit, call)->loop);
}

static void ask(struct deposit *d)
{
    d->call.on_done = on_done;
    acc_s3_call_start(&d->call);
    acc_loop_run(&d->loop);
}

static void put(struct deposit *d, bool with_checksum)
{
    const uint8_t *sha256 = d->sha256.value[ACC_SHA256];
    struct acc_s3_sum sum = {0};
    if (with_checksum)
        sum = acc_s3_sum_sha256(sha256);
    acc_s3_put_object(&d->call, d->s3, acc_str_cstr(&d->key), d->bytes, d->len, sha256, &sum);
    acc_s3_call_header(&d->call, ACC_S3_META_SHA256, d->hex);
    acc_s3_call_header(&d->call, "content-type", "application/gzip");
    ask(d);
}

static bool is_ours(const struct deposit *d, const struct acc_s3_object *object)
{
    const char *kept = object->checksum[ACC_S3_CHECKSUM_SHA256];
    char sent[ACC_S3_SUM_TEXT];
    const struct acc_s3_sum sum = acc_s3_sum_sha256(d->sha256.value[ACC_SHA256]);
    acc_s3_sum_show(&sum, sent);
    return object->size == (int64_t)d->len && strcmp(object->meta_sha256, d->hex) == 0 &&
           (*kept == '\0' || strcmp(kept, sent) == 0);
}

/* What lies at the key: MISSING, OK (this very receipt), CONFLICT, or why it cannot be seen. */
static enum acc_code look(struct deposit *d, bool *there, struct acc_error *err)
{
    struct acc_s3_object object;
    acc_s3_head_object(&d->call, d->s3, acc_str_cstr(&d->key), NULL);
    ask(d);
    *there = d->call.class == ACC_S3_OK;
    if (d->call.class == ACC_S3_MISSING || d->call.class == ACC_S3_DENIED)
        return ACC_OK; /* credentials that may only write see nothing */
    if (d->call.class != ACC_S3_OK)
        return acc_s3_call_error(&d->call, err);
    acc_s3_read_object(&d->call, &object);
    if (is_ours(d, &object))
        return ACC_OK;
    return acc_error_set(err, ACC_CONFLICT,
                         "%s: another object lies at that key, and was left alone",
                         acc_str_cstr(&d->key));
}

static enum acc_code store(struct deposit *d, struct acc_error *err)
{
    bool there = false;
    enum acc_code code = look(d, &there, err);
    if (code != ACC_OK || there)
        return code;
    put(d, true);
    if (d->call.class != ACC_S3_OK && acc_s3_lacks(&d->call))
        put(d, false);
    enum acc_s3_class class = d->call.class;
    if (class != ACC_S3_OK)
        code = acc_s3_call_error(&d->call, err);
    struct acc_error seen = {0};
    enum acc_code found = look(d, &there, &seen);
    if (found == ACC_OK && there)
        return ACC_OK;
    if (found == ACC_CONFLICT)
        *err = seen;
    return code != ACC_OK ? code : found;
}

static enum acc_code deposit(struct deposit *d, const char *file, struct acc_error *err)
{
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    acc_str_clear(&d->key);
    acc_str_clear(&d->packed);
    acc_str_addf(&d->key, "%s%s.gz", d->location.prefix, name);
    acc_str_addf(&d->packed, "%s/receipt.gz", d->scratch);
    enum acc_code code = pack(d, file, err);
    if (code == ACC_OK)
        code = map(d, file, err);
    if (code == ACC_OK) {
        code = store(d, err);
        munmap(d->bytes, d->len);
    }
    return code;
}

static enum acc_code deposit_all(struct deposit *d, const char *const *files, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    for (size_t i = 0; code == ACC_OK && files[i] != NULL; i++) {
        code = deposit(d, files[i], err);
        if (code == ACC_OK)
            continue;
        acc_error_context(err,
                          "the run is on record, but its receipt could not be kept in %s. Copy "
                          "%s there",
                          d->location.url, files[i]);
        code = err->code = ACC_LOCAL; /* as for a folder: what the run did stands */
    }
    return code;
}

enum acc_code acc_deposit(const struct acc_connection *connection, const char *url,
                          const char *const *files, struct acc_error *err)
{
    struct deposit *d = ACC_NEW(struct deposit);
    struct acc_connection own = *connection;
    struct acc_error failed = {0};
    if (own.retries < 0 || own.retries > RETRIES)
        own.retries = RETRIES;
    enum acc_code code = acc_s3_location_parse(url, &d->location, &failed);
    if (code == ACC_OK)
        code = acc_algs_new(&d->algs, &failed);
    if (code == ACC_OK)
        code = acc_scratch_make("receipt", &d->scratch, &failed);
    if (code == ACC_OK)
        code = acc_loop_init(&d->loop, &failed);
    if (code == ACC_OK) {
        code = acc_s3_new(&d->loop, &own, &d->location, 1, &d->s3, &failed);
        if (code == ACC_OK)
            code = deposit_all(d, files, &failed);
        acc_s3_call_release(&d->call);
        acc_s3_free(d->s3);
        acc_loop_release(&d->loop);
    }
    if (code != ACC_OK)
        *err = failed;
    acc_scratch_remove(d->scratch);
    acc_algs_free(d->algs);
    acc_str_release(&d->key);
    acc_str_release(&d->packed);
    acc_s3_location_release(&d->location);
    free(d->scratch);
    free(d);
    return code;
}
