#include "manifest_support.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "digest/hasher.h"

static char folder[64];

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    return remove(path);
}

static void remove_scratch(void)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch(void)
{
    if (folder[0] == '\0') {
        strcpy(folder, "/tmp/acc-manifest-XXXXXX");
        assert_non_null(mkdtemp(folder));
        atexit(remove_scratch);
    }
    return folder;
}

static const char *path_of(const char *name)
{
    static char paths[4][4096];
    static int turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", scratch(), name);
    return path;
}

const char *put_bytes(const char *name, const void *bytes, size_t len)
{
    const char *path = path_of(name);
    char *parent = acc_strndup(path, (size_t)(strrchr(path, '/') - path));
    assert_int_equal(acc_mkdirs(parent, NULL), ACC_OK);
    free(parent);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
    return path;
}

const char *put(const char *name, const char *text)
{
    return put_bytes(name, text, strlen(text));
}

const char *put_gzip(const char *name, const void *bytes, size_t len)
{
    const char *path = put_bytes(name, "", 0);
    gzFile out = gzopen(path, "w");
    assert_int_equal(gzwrite(out, bytes, (unsigned)len), (int)len);
    assert_int_equal(gzclose(out), Z_OK);
    return path;
}

static enum acc_code on_entry(void *arg, const struct acc_entry *entry, enum acc_taken *taken,
                              struct acc_error *err)
{
    struct collected *c = arg;
    if (c->stop_after > 0 && c->count + 1 == c->stop_after)
        return acc_error_set(err, ACC_LEDGER, "the sink says no");
    for (size_t i = 0; i < c->count && c->count < 1000; i++) {
        const struct got *g = &c->entries[i];
        unsigned shared;
        if (strcmp(g->path, entry->path) != 0 || strcmp(g->origin, entry->origin) != 0)
            continue;
        if (acc_digests_differ(&g->promised, &entry->promised, &shared) != ACC_ALG_COUNT)
            return acc_error_set(err, ACC_MANIFEST, "contradiction");
        *taken = ACC_TAKEN_REPEATED;
        return ACC_OK;
    }
    if ((c->count & (c->count - 1)) == 0)
        c->entries = acc_realloc(c->entries, (c->count ? c->count * 2 : 1) * sizeof *c->entries);
    c->entries[c->count++] = (struct got){acc_strdup(entry->path),
                                          acc_strdup(entry->origin),
                                          entry->size,
                                          entry->role,
                                          entry->promised,
                                          entry->line,
                                          entry->problem};
    return ACC_OK;
}

static void on_note(void *arg, const struct acc_manifest_note *note)
{
    struct collected *c = arg;
    struct acc_str text = {0};
    acc_str_addf(&text, "%s%s:%llu: %s\n", c->notes ? c->notes : "", note->file,
                 (unsigned long long)note->line, note->text);
    free(c->notes);
    c->notes = acc_str_detach(&text);
}

void forget(struct collected *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free(c->entries[i].path);
        free(c->entries[i].origin);
    }
    free(c->entries);
    free(c->notes);
    *c = (struct collected){0};
}

enum acc_code read_file_as(struct collected *c, const char *path, const char *format,
                           const char *strip)
{
    size_t stop = c->stop_after;
    struct acc_manifest_options options = c->options;
    forget(c);
    c->stop_after = stop;
    c->options = options;
    options.format = format;
    options.strip_prefix = strip;
    struct acc_manifest_sink sink = {.entry = on_entry, .note = on_note, .arg = c};
    c->code = acc_manifest_read(path, &options, &sink, &c->info, &c->err);
    return c->code;
}

enum acc_code read_text(struct collected *c, const char *name, const char *text)
{
    return read_file_as(c, put(name, text), NULL, NULL);
}

enum acc_code read_bag(struct collected *c, const char *bag)
{
    forget(c);
    struct acc_manifest_sink sink = {.entry = on_entry, .note = on_note, .arg = c};
    c->code = acc_bag_read_folder(bag, &sink, &c->bag, &c->err);
    return c->code;
}

const struct got *find_from(const struct collected *c, const char *path, const char *origin)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->entries[i].path, path) == 0 &&
            (origin == NULL || strcmp(c->entries[i].origin, origin) == 0))
            return &c->entries[i];
    return NULL;
}

const struct got *find(const struct collected *c, const char *path)
{
    return find_from(c, path, NULL);
}

void expect_entry(const struct collected *c, const char *path, int64_t size, enum acc_alg alg,
                  const char *hex)
{
    if (c->code != ACC_OK)
        fail_msg("reading failed: %s", c->err.message);
    const struct got *g = find(c, path);
    if (g == NULL)
        fail_msg("no entry '%s'", path);
    assert_int_equal(g->size, size);
    assert_true(acc_digests_has(&g->promised, alg));
    char text[ACC_DIGEST_MAX * 2 + 1];
    acc_digests_hex(&g->promised, alg, text);
    assert_string_equal(text, hex);
}

void expect_refused(const struct collected *c, const char *text)
{
    if (c->code != ACC_MANIFEST)
        fail_msg("code %s, wanted MANIFEST with '%s' (%s)", acc_code_name(c->code), text,
                 c->code ? c->err.message : "");
    if (strstr(c->err.message, text) == NULL)
        fail_msg("message '%s' lacks '%s'", c->err.message, text);
    assert_null(strchr(c->err.message, '\n'));
}

const char *hex_of(enum acc_alg alg, const char *text)
{
    static char hex[4][ACC_DIGEST_MAX * 2 + 1];
    static int turn;
    char *out = hex[turn++ % 4];
    struct acc_algs *algs;
    struct acc_digests digests;
    assert_int_equal(acc_algs_new(&algs, NULL), ACC_OK);
    acc_hash(algs, 1u << alg, text, strlen(text), &digests);
    acc_digests_hex(&digests, alg, out);
    acc_algs_free(algs);
    return out;
}

const char *data(const char *name)
{
    static char path[4096];
    const char *root = getenv("ACC_TEST_DATA");
    snprintf(path, sizeof path, "%s/manifests/%s", root ? root : "tests/data", name);
    return path;
}
