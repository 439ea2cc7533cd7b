/* Digests of a package itself, which lie beside it: PACKAGE.sha256 and its kin, or a line in
 * SHA256SUMS and its kin. Happy path: what names the package is read, the package is hashed once
 * for all of it, and a note says what it was compared with. Where nothing names it, it is not read.
 *
 * A package that differs is refused (ACC_SOURCE), and so is one whose PACKAGE.sha256 cannot be
 * understood (ACC_MANIFEST); a list that cannot be may be about other files, and is noted. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "digest/hasher.h"
#include "plan/planning.h"

#define PROMISES_MAX 16

static const char *const endings[] = {".sha512", ".sha256", ".sha1", ".md5"};
static const char *const lists[] = {"SHA512SUMS", "SHA256SUMS", "SHA1SUMS", "MD5SUMS"};

struct sums {
    struct acc_planning *p;
    const char *package; /* its name */
    const char *file;    /* that is being read */
    bool own;            /* it is about this package alone */
    struct promise {
        const char *file;
        uint64_t line;
        struct acc_digests digests;
    } promises[PROMISES_MAX];
    size_t count, before;
    uint32_t wanted;
};

static void promise(struct sums *s, uint64_t line, const struct acc_digests *digests)
{
    if (s->count < PROMISES_MAX && digests->present != 0)
        s->promises[s->count++] = (struct promise){s->file, line, *digests};
    s->wanted |= digests->present;
}

static enum acc_code on_entry(void *arg, const struct acc_entry *entry, enum acc_taken *taken,
                              struct acc_error *err)
{
    struct sums *s = arg;
    (void)taken;
    if (strcmp(entry->path, s->package) == 0)
        promise(s, entry->line, &entry->promised);
    return acc_plan_stopped(s->p, err);
}

/* ---- reading ---- */

/* A file that holds a digest and nothing else. */
static bool is_bare(struct sums *s, const struct acc_source *at, const char *name)
{
    char text[2 * ACC_DIGEST_MAX + 16];
    struct acc_source_file file;
    struct acc_digests digests = {0};
    struct acc_error ignored;
    if (!s->own || acc_source_open_file(at, name, &file, &ignored) != ACC_OK)
        return false;
    const char *algorithm = strrchr(name, '.') + 1;
    ssize_t len = acc_source_peek(&file, text, sizeof text, &ignored);
    acc_source_shut(&file);
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    if (len <= 0 || !acc_digests_put_hex(&digests, acc_alg_parse(algorithm, strlen(algorithm)),
                                         text, (size_t)len))
        return false;
    promise(s, 1, &digests);
    return true;
}

static enum acc_code read_sums(struct sums *s, const struct acc_source *at, const char *name,
                               struct acc_error *err)
{
    const struct acc_manifest_sink sink = {.entry = on_entry, .arg = s};
    const struct acc_manifest_options options = {
        .source = at, .name = s->file, .names_only = s->own, .stop = s->p->plan->stop};
    struct acc_manifest_info info;
    struct acc_error why;
    if (is_bare(s, at, name))
        return ACC_OK;
    enum acc_code code = acc_manifest_read(name, &options, &sink, &info, &why);
    if (code == ACC_MANIFEST && !s->own) {
        s->count = s->before;
        acc_plan_note(s->p, ACC_OK, "%s So the package was not compared with it.", why.message);
        return ACC_OK;
    }
    if (code != ACC_OK)
        *err = why;
    else if (s->own && s->count == s->before)
        acc_plan_note(s->p, ACC_OK, "%s: does not name %s, so the package was not compared with it",
                      s->file, s->package);
    return code;
}

static enum acc_code look_for(struct sums *s, const char *name, bool own, struct acc_error *err)
{
    const struct acc_plan *plan = s->p->plan;
    struct acc_str folder = {0}, url = {0};
    struct acc_source at;
    enum acc_code code = ACC_OK;
    if (acc_source_above(plan->source, 1, name, &folder)) {
        bool in_bucket = acc_starts_with(folder.data, "s3://");
        acc_str_addf(&url, "%s/%s", folder.data, name);
        code = in_bucket ? acc_source_open_object(url.data, plan->connection, &at, err)
                         : acc_source_open(folder.data, NULL, NULL, &at, err);
        s->file = name;
        s->own = own;
        s->before = s->count;
        if (code == ACC_OK) {
            code = read_sums(s, &at, name, err);
            acc_source_close(&at);
        }
    }
    acc_str_release(&folder);
    acc_str_release(&url);
    return code;
}

/* ---- comparing ---- */

static enum acc_code compare(struct sums *s, const struct acc_digests *found, struct acc_error *err)
{
    struct acc_str agreeing = {0};
    for (size_t i = 0; i < s->count; i++) {
        const struct promise *promise = &s->promises[i];
        char has[ACC_DIGEST_MAX * 2 + 1], wants[ACC_DIGEST_MAX * 2 + 1];
        unsigned shared;
        enum acc_alg alg = acc_digests_differ(&promise->digests, found, &shared);
        if (shared == 0) {
            acc_plan_note(
                s->p, ACC_OK,
                "%s: OpenSSL lacks its algorithm, so the package was not compared with it",
                promise->file);
            continue;
        }
        if (alg != ACC_ALG_COUNT) {
            acc_str_release(&agreeing);
            acc_digests_hex(found, alg, has);
            acc_digests_hex(&promise->digests, alg, wants);
            return acc_error_set(err, ACC_SOURCE,
                                 "%s: is not the package that %s:%llu promises. Its %s is %s, and "
                                 "should be %s. Get it again.",
                                 s->p->plan->source->path, promise->file,
                                 (unsigned long long)promise->line, acc_alg_name(alg), has, wants);
        }
        acc_str_addf(&agreeing, "%s%s", agreeing.len > 0 ? ", " : "", promise->file);
    }
    if (agreeing.len > 0)
        acc_plan_note(s->p, ACC_OK, "%s: the package itself is as promised by %s", s->package,
                      agreeing.data);
    acc_str_release(&agreeing);
    return ACC_OK;
}

static enum acc_code hash_and_compare(struct sums *s, struct acc_error *err)
{
    struct acc_digests found = {0};
    struct acc_algs *algs;
    enum acc_code code = acc_algs_new(&algs, err);
    if (code != ACC_OK)
        return code;
    code =
        acc_source_hash_package(s->p->plan->source, algs, s->wanted, s->p->plan->stop, &found, err);
    acc_algs_free(algs);
    return code == ACC_OK ? compare(s, &found, err) : code;
}

enum acc_code acc_plan_check_package(struct acc_planning *p, struct acc_error *err)
{
    const struct acc_source *source = p->plan->source;
    enum acc_code code = ACC_OK;
    if (source == NULL || !acc_source_is_package(source) || *source->name == '\0')
        return ACC_OK; /* standard input has nothing beside it */
    struct sums *s = ACC_NEW(struct sums);
    char *names[ACC_COUNT_OF(endings)];
    s->p = p;
    s->package = strrchr(source->path, '/') + 1;
    for (size_t i = 0; i < ACC_COUNT_OF(endings); i++) {
        struct acc_str name = {0};
        acc_str_addf(&name, "%s%s", s->package, endings[i]);
        names[i] = acc_str_detach(&name);
        if (code == ACC_OK)
            code = look_for(s, names[i], true, err);
    }
    for (size_t i = 0; code == ACC_OK && i < ACC_COUNT_OF(lists); i++)
        code = look_for(s, lists[i], false, err);
    if (code == ACC_OK && s->count > 0)
        code = hash_and_compare(s, err);
    for (size_t i = 0; i < ACC_COUNT_OF(endings); i++)
        free(names[i]);
    free(s);
    return code;
}
