/* A manifest that is no bag's, given or found in the source, is archived with the files that it
 * names, under its name or under its path in the source, so it is no stranger in the bucket. Its
 * name and its size are not enough for that.
 *
 * Happy path: the object is the write that the ledger recorded, and its SHA-256 is that of the
 * manifest at hand; or, without a record, its ETag is the manifest's MD5. Failure: what differs, or
 * cannot be compared, is an extra object, and `why` says what was compared. Read on the loop's
 * thread, once for each manifest that has a namesake. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "verify/run.h"

#define BUFFER ((size_t)1 << 16)
#define WANTED (1u << ACC_SHA256 | 1u << ACC_MD5)

static bool is_named(const char *file, const char *path)
{
    size_t all = strlen(file), len = strlen(path);
    return all >= len && strcmp(file + all - len, path) == 0 &&
           (all == len || file[all - len - 1] == '/');
}

static bool hash_on_disk(const struct acc_verify_run *run, const char *file, int64_t size,
                         struct acc_digests *digests)
{
    struct acc_hasher hasher = {0};
    struct stat st;
    FILE *in = fopen(file, "rbe");
    if (in == NULL || fstat(fileno(in), &st) != 0 || st.st_size != size) {
        if (in != NULL)
            fclose(in);
        return false;
    }
    char *buffer = acc_alloc(BUFFER);
    size_t got;
    acc_hasher_init(&hasher, run->algs, WANTED);
    while ((got = fread(buffer, 1, BUFFER, in)) > 0)
        acc_hasher_update(&hasher, buffer, got);
    bool read = !ferror(in);
    acc_hasher_finish(&hasher, digests);
    acc_hasher_release(&hasher);
    free(buffer);
    fclose(in);
    return read;
}

static bool hash_in(const struct acc_verify_run *run, const struct acc_source *source,
                    const char *path, int64_t size, struct acc_digests *digests)
{
    struct acc_error why;
    return acc_content_hash(source, run->algs, WANTED, path, &size, NULL, digests, &why) == ACC_OK;
}

static bool hash_object(const struct acc_verify_run *run, const char *url, int64_t size,
                        struct acc_digests *digests)
{
    struct acc_source source;
    struct acc_error why;
    if (acc_source_open_object(url, &run->options->source_connection, &source, &why) != ACC_OK)
        return false;
    bool hashed = hash_in(run, &source, source.name, size, digests);
    acc_source_close(&source);
    return hashed;
}

/* The manifest at hand, as the ledger names it. False where it has not that size. */
static bool hash(const struct acc_verify_run *run, const char *file, int64_t size,
                 struct acc_digests *digests)
{
    const char *inside = run->source.kind != NULL ? acc_source_below(&run->source, file) : NULL;
    return inside != NULL                   ? hash_in(run, &run->source, inside, size, digests)
           : acc_starts_with(file, "s3://") ? hash_object(run, file, size, digests)
                                            : hash_on_disk(run, file, size, digests);
}

/* By the ledger's record of that very write; else by the ETag, where that is an MD5. */
static bool is_same(const struct acc_verify_run *run, const struct acc_s3_listed *item,
                    const char *path, const struct acc_digests *own)
{
    struct acc_str canonical = {0};
    struct acc_row row;
    bool known = false;
    char md5[ACC_DIGEST_MAX * 2 + 1] = "";
    acc_s3_canonical(run->s3, &canonical);
    acc_ledger_find_object(run->ledger, acc_str_cstr(&canonical), path, &row, &known, NULL);
    acc_str_release(&canonical);
    if (known && strcmp(row.archived.etag, item->etag) == 0 && row.archived.size == item->size &&
        acc_digests_has(&row.archived.digests, ACC_SHA256))
        return memcmp(row.archived.digests.value[ACC_SHA256], own->value[ACC_SHA256],
                      ACC_SHA256_LEN) == 0;
    if (acc_digests_has(own, ACC_MD5))
        acc_digests_hex(own, ACC_MD5, md5);
    return md5[0] != '\0' && strcmp(md5, item->etag) == 0;
}

struct asked {
    const struct acc_verify_run *run;
    const struct acc_s3_listed *item;
    const char *path; /* below the destination */
    struct acc_str *why;
    bool own;
};

static void compare(void *arg, const char *file, const char *format, const uint8_t *sha256)
{
    struct asked *asked = arg;
    struct acc_digests own = {0};
    (void)format;
    (void)sha256; /* of what was read, which a gzip file holds packed */
    if (asked->own || !is_named(file, asked->path) ||
        !hash(asked->run, file, asked->item->size, &own))
        return;
    asked->own = is_same(asked->run, asked->item, asked->path, &own);
    if (asked->own)
        return;
    acc_path_show(asked->why, asked->path, strlen(asked->path));
    acc_str_add(asked->why, ": has the name and the size of ");
    acc_path_show(asked->why, file, strlen(file));
    acc_str_add(asked->why,
                ", but neither the ledger nor its ETag shows that it has the same content");
}

bool acc_verify_own_manifest(const struct acc_verify_run *run, const struct acc_s3_listed *item,
                             struct acc_str *why)
{
    struct asked asked = {
        .run = run, .item = item, .path = item->key + strlen(run->location.prefix), .why = why};
    struct acc_error err;
    return acc_ledger_manifests(run->ledger, run->record.id, compare, &asked, &err) == ACC_OK &&
           asked.own;
}
