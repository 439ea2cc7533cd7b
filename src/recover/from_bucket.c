/* Happy path: list, then fetch each receipt into the scratch folder, compare its SHA-256 with the
 * one that was put with it, read it, commit. Failure: as from_bucket.h says. Close: everything. */
#include "recover/from_bucket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "digest/hasher.h"
#include "recover/documents.h"
#include "recover/rebuild.h"

#define PIECE ((size_t)1 << 16)

struct there {
    struct acc_rebuild rebuild; /* its client; the claims go into `taking` */
    struct acc_taking *taking;
    char **keys;
    size_t count;
};

static void on_listed(void *arg, const struct acc_s3_listed *item)
{
    struct there *t = arg;
    if (!acc_ends_with(item->key, ".json") && !acc_ends_with(item->key, ".json.gz"))
        return;
    if ((t->count & (t->count - 1)) == 0)
        t->keys = acc_realloc(t->keys, (t->count > 0 ? t->count * 2 : 1) * sizeof *t->keys);
    t->keys[t->count++] = acc_strdup(item->key);
}

static enum acc_code take(void *arg, const char *destination, const char *url,
                          const struct acc_claim *claim, struct acc_error *err)
{
    return acc_taking_take(arg, destination, url, claim, NULL, err);
}

/* True if its metadata says nothing, too. */
static bool is_as_it_was(struct there *t, enum acc_code *code, struct acc_error *err)
{
    struct acc_s3_object object;
    struct acc_algs *algs;
    struct acc_digests was = {0}, is = {0};
    struct acc_hasher hasher = {0};
    unsigned shared;
    acc_s3_read_object(&t->rebuild.call, &object);
    if (!acc_digests_put_hex(&was, ACC_SHA256, object.meta_sha256, strlen(object.meta_sha256)))
        return true;
    *code = acc_algs_new(&algs, err);
    if (*code != ACC_OK)
        return false;
    FILE *in = fopen(t->rebuild.fetch.path, "re");
    char *piece = acc_alloc(PIECE);
    size_t got;
    acc_hasher_init(&hasher, algs, 1u << ACC_SHA256);
    while (in != NULL && (got = fread(piece, 1, PIECE, in)) > 0)
        acc_hasher_update(&hasher, piece, got);
    if (in == NULL || ferror(in))
        *code = acc_error_set(err, ACC_LOCAL, "%s: cannot be read: %s.", t->rebuild.fetch.path,
                              strerror(errno));
    acc_hasher_finish(&hasher, &is);
    acc_hasher_release(&hasher);
    acc_algs_free(algs);
    free(piece);
    if (in != NULL)
        fclose(in);
    return *code == ACC_OK && acc_digests_differ(&was, &is, &shared) == ACC_ALG_COUNT && shared > 0;
}

static void tell_unreadable(struct there *t, const char *key, const char *reason)
{
    struct acc_recall *recall = t->taking->recall;
    const struct acc_digests none = {0};
    struct acc_str url = {0};
    acc_str_addf(&url, "s3://%s", t->rebuild.location.bucket);
    const struct acc_reported_fact fact = {.reported = ACC_REPORTED_CONFLICT,
                                           .ground = acc_ground_name(ACC_GROUND_ARCHIVED),
                                           .url = acc_str_cstr(&url),
                                           .path = key,
                                           .origin = key,
                                           .reason = reason,
                                           .digests = &none};
    recall->reported[ACC_REPORTED_CONFLICT]++;
    if (recall->on_fact != NULL)
        recall->on_fact(recall->arg, &fact);
    acc_str_release(&url);
}

static enum acc_code import_one(struct there *t, const char *key, struct acc_error *err)
{
    struct acc_str name = {0};
    struct acc_error why = {0};
    struct acc_recall *recall = t->taking->recall, before = *recall;
    enum acc_code code = acc_rebuild_fetch(&t->rebuild, key, err);
    if (code != ACC_OK)
        return code;
    if (!is_as_it_was(t, &code, err)) {
        if (code == ACC_OK)
            tell_unreadable(t, key,
                            "it was changed after it was written: its SHA-256 differs from the "
                            "one in its metadata. Nothing of it was taken over");
        return code;
    }
    acc_str_addf(&name, "s3://%s/%s", t->rebuild.location.bucket, key);
    code = acc_documents_read(t->rebuild.fetch.path, acc_str_cstr(&name), take, t->taking, recall,
                              &why);
    acc_str_release(&name);
    if (code == ACC_OK)
        return acc_taking_commit(t->taking, err);
    acc_taking_forget(t->taking);
    if (code != ACC_MANIFEST) {
        *err = why;
        return code;
    }
    *recall = before;
    tell_unreadable(t, key, why.message);
    return ACC_OK;
}

static enum acc_code import_all(struct there *t, struct acc_error *err)
{
    enum acc_code code = acc_rebuild_list(&t->rebuild, on_listed, NULL, t, err);
    if (code == ACC_OK && t->count == 0)
        code =
            acc_error_set(err, ACC_USAGE,
                          "no receipt (RUN.json.gz) lies at or below it. Check the bucket and the "
                          "prefix.");
    for (size_t i = 0; code == ACC_OK && i < t->count; i++)
        code = import_one(t, t->keys[i], err);
    return code;
}

enum acc_code acc_import_from_bucket(struct acc_taking *taking, const char *url,
                                     struct acc_error *err)
{
    struct there *t = ACC_NEW(struct there);
    struct acc_error own = {0};
    t->taking = taking;
    t->rebuild.taking.recall = taking->recall;
    enum acc_code code = acc_rebuild_open(&t->rebuild, url, &own);
    if (code == ACC_OK) {
        own = (struct acc_error){0};
        code = import_all(t, &own);
        if (code != ACC_OK)
            acc_error_context(&own, "%s", t->rebuild.location.url);
    }
    if (code != ACC_OK)
        *err = own;
    acc_rebuild_close(&t->rebuild);
    for (size_t i = 0; i < t->count; i++)
        free(t->keys[i]);
    free(t->keys);
    free(t);
    return code;
}
