/* acc_manifest_create(): the tree is hashed once, each file written down as it comes, and the
 * output appears whole or not at all. A file that cannot be read, changes meanwhile or cannot be
 * listed ends it, with nothing written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <accession/manifest.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "delivery/bagging.h"
#include "delivery/hash_tree.h"

#define PROGRESS_MS 100

struct creating {
    struct acc_manifest_create *create;
    struct acc_source source;
    enum acc_alg alg;
    struct acc_file_new file;
    struct acc_bagging bag;
    int64_t reported; /* when progress was reported last */
};

static void report(struct creating *c, uint64_t files, int64_t bytes)
{
    int64_t now = acc_clock_now();
    if (c->create->on_progress == NULL || now - c->reported < PROGRESS_MS)
        return;
    c->reported = now;
    c->create->on_progress(c->create->arg, files, bytes);
}

/* All of a package is read, and hashed, before its files are written down. */
static void on_read(void *arg, uint64_t files, int64_t bytes)
{
    report(arg, files, bytes);
}

static void write_list_line(FILE *out, const char *path, const char *hex)
{
    bool escaped = strpbrk(path, "\n\r\\") != NULL;
    fprintf(out, "%s%s  ", escaped ? "\\" : "", hex);
    for (const char *c = path; *c; c++) {
        const char *escape = *c == '\n' ? "\\n" : *c == '\r' ? "\\r" : *c == '\\' ? "\\\\" : NULL;
        if (escape != NULL)
            fputs(escape, out);
        else
            fputc(*c, out);
    }
    fputc('\n', out);
}

/* RFC 4180: quoted where it must be, quotes doubled. */
static void write_csv_line(FILE *out, const char *path, int64_t size, const char *hex)
{
    bool quoted =
        strpbrk(path, ",\"\r\n") != NULL || path[0] == ' ' || path[strlen(path) - 1] == ' ';
    if (quoted)
        fputc('"', out);
    for (const char *c = path; *c; c++) {
        if (*c == '"')
            fputc('"', out);
        fputc(*c, out);
    }
    fprintf(out, "%s,%lld,%s\n", quoted ? "\"" : "", (long long)size, hex);
}

static enum acc_code on_file(void *arg, const char *path, int64_t size,
                             const struct acc_digests *digests, struct acc_error *err)
{
    struct creating *c = arg;
    struct acc_manifest_create *create = c->create;
    char hex[ACC_DIGEST_MAX * 2 + 1];
    (void)err;
    acc_digests_hex(digests, c->alg, hex);
    if (create->kind == ACC_MANIFEST_BAGIT)
        acc_bagging_add(&c->bag, path, size, digests);
    else if (create->kind == ACC_MANIFEST_CSV)
        write_csv_line(c->file.stream, path, size, hex);
    else
        write_list_line(c->file.stream, path, hex);
    create->files++;
    create->bytes += size;
    if (!acc_source_is_package(&c->source))
        report(c, create->files, create->bytes);
    return ACC_OK;
}

/* The output may lie in the folder that it describes. */
static bool is_output(void *arg, const struct stat *st)
{
    const struct creating *c = arg;
    struct stat out;
    if (c->file.stream != NULL && fstat(fileno(c->file.stream), &out) == 0 &&
        out.st_ino == st->st_ino && out.st_dev == st->st_dev)
        return true;
    return c->create->output != NULL && stat(c->create->output, &out) == 0 &&
           out.st_ino == st->st_ino && out.st_dev == st->st_dev;
}

static enum acc_code begin(struct creating *c, struct acc_error *err)
{
    const struct acc_manifest_create *create = c->create;
    if (create->kind == ACC_MANIFEST_BAGIT && create->output == NULL && c->source.fd < 0)
        return acc_error_set(err, ACC_USAGE,
                             "--format bagit: %s is not a folder, so its content cannot move into "
                             "data/. Unpack or copy it into a folder first; or write the bag's tag "
                             "files into a new one with --output FOLDER.",
                             c->source.path);
    if (create->kind == ACC_MANIFEST_BAGIT)
        return acc_bagging_begin(&c->bag, &c->source, create->output, c->alg, err);
    enum acc_code code =
        acc_file_begin(&c->file, create->output != NULL ? create->output : "-", err);
    if (code == ACC_OK && create->kind == ACC_MANIFEST_CSV)
        fprintf(c->file.stream, "path,size,%s\n", acc_alg_name(c->alg));
    return code;
}

static enum acc_code end(struct creating *c, enum acc_code code, struct acc_error *err)
{
    bool bag = c->create->kind == ACC_MANIFEST_BAGIT;
    if (code == ACC_OK)
        return bag ? acc_bagging_finish(&c->bag, c->create->external_identifier, err)
                   : acc_file_commit(&c->file, err);
    if (bag)
        acc_bagging_abandon(&c->bag);
    else
        acc_file_abandon(&c->file);
    return code;
}

enum acc_code acc_manifest_create(struct acc_manifest_create *create, struct acc_error *err)
{
    struct creating c = {.create = create, .alg = ACC_SHA256};
    const char *name = create->algorithm;
    create->files = 0;
    create->bytes = 0;
    if (name != NULL && (c.alg = acc_alg_parse(name, strlen(name))) == ACC_ALG_COUNT)
        return acc_error_set(err, ACC_USAGE,
                             "--algorithm %s: is not a known algorithm (sha256, ...).", name);
    enum acc_code code =
        acc_source_open(create->source, &create->rules, create->connection, &c.source, err);
    if (code != ACC_OK)
        return code;
    c.source.watcher = (struct acc_source_watcher){on_read, &c};
    code = acc_source_prepare(&c.source, 1u << c.alg, NULL, err);
    if (code == ACC_OK)
        code = begin(&c, err);
    if (code == ACC_OK) {
        const struct acc_hash_tree tree = {.source = &c.source,
                                           .threads = create->jobs,
                                           .leave_out = ACC_BAGGING_FOLDER,
                                           .skip = is_output,
                                           .wanted = 1u << c.alg,
                                           .on_file = on_file,
                                           .arg = &c};
        code = end(&c, acc_hash_tree(&tree, err), err);
    }
    acc_source_close(&c.source);
    return code;
}
