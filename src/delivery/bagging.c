/* A bag, made so that it appears at the end: everything is prepared in one folder of its own, and
 * the bag's declaration, bagit.txt, takes its place last. Killed before that, the content is
 * complete in SOURCE or in SOURCE/.accession-bag/data, and the next attempt says so. */
#include "delivery/bagging.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "digest/hasher.h"
#include "manifest/manifest.h"

static enum acc_code failed(const char *path, struct acc_error *err)
{
    return acc_error_set(err, ACC_LOCAL, "%s: %s. Check the permissions of its folder.", path,
                         strerror(errno));
}

static char *join(const char *folder, const char *name)
{
    struct acc_str path = {0};
    acc_str_addf(&path, "%s/%s", folder, name);
    return acc_str_detach(&path);
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* ---- beginning ---- */

static bool is_empty(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    if (dir == NULL)
        return false;
    do {
        errno = 0;
        entry = readdir(dir);
    } while (entry != NULL && is_dot(entry->d_name));
    bool empty = entry == NULL && errno == 0;
    closedir(dir);
    return empty;
}

static enum acc_code prepare_work(struct acc_bagging *b, struct acc_error *err)
{
    struct stat st;
    if (b->in_place && acc_bag_detect(b->folder))
        return acc_error_set(err, ACC_SOURCE, "%s: is a bag already.", b->folder);
    if (b->in_place && stat(b->work, &st) == 0)
        return acc_error_set(
            err, ACC_SOURCE,
            "%s: an earlier attempt to make a bag was interrupted. Move what lies in "
            "its data/ back to %s, remove the folder, and try again.",
            b->work, b->folder);
    if (mkdir(b->work, 0777) != 0 && (b->in_place || errno != EEXIST))
        return failed(b->work, err);
    if (!b->in_place && !is_empty(b->work))
        return acc_error_set(err, ACC_SOURCE,
                             "%s: is not empty. Name a new folder for the bag's tag files.",
                             b->work);
    return ACC_OK;
}

enum acc_code acc_bagging_begin(struct acc_bagging *b, const struct acc_source *source,
                                const char *output, enum acc_alg alg, struct acc_error *err)
{
    *b = (struct acc_bagging){
        .folder = output != NULL ? output : source->path, .in_place = output == NULL, .alg = alg};
    b->work = output != NULL ? acc_strdup(output) : join(source->path, ACC_BAGGING_FOLDER);
    enum acc_code code = prepare_work(b, err);
    if (code == ACC_OK) {
        struct acc_str path = {0};
        acc_str_addf(&path, "%s/manifest-%s.txt", b->work, acc_alg_name(alg));
        code = acc_file_begin(&b->manifest, path.data, err);
        acc_str_release(&path);
        if (code != ACC_OK)
            rmdir(b->work);
    }
    if (code != ACC_OK) {
        free(b->work);
        b->work = NULL;
    }
    return code;
}

/* RFC 8493, 2.1.3: CR, LF and % are percent-encoded, nothing else is. */
void acc_bagging_add(struct acc_bagging *b, const char *path, int64_t size,
                     const struct acc_digests *digests)
{
    char hex[ACC_DIGEST_MAX * 2 + 1];
    acc_digests_hex(digests, b->alg, hex);
    fprintf(b->manifest.stream, "%s  data/", hex);
    for (const char *c = path; *c; c++) {
        if (*c == '\n' || *c == '\r' || *c == '%')
            fprintf(b->manifest.stream, "%%%02X", (unsigned)*c);
        else
            fputc(*c, b->manifest.stream);
    }
    fputc('\n', b->manifest.stream);
    b->files++;
    b->bytes += size;
}

/* ---- tag files ---- */

static enum acc_code write_text(const char *path, const char *text, struct acc_error *err)
{
    struct acc_file_new file;
    enum acc_code code = acc_file_begin(&file, path, err);
    if (code != ACC_OK)
        return code;
    fputs(text, file.stream);
    return acc_file_commit(&file, err);
}

static enum acc_code write_info(const struct acc_bagging *b, const char *path,
                                const char *identifier, struct acc_error *err)
{
    struct acc_str text = {0};
    char date[16];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(date, sizeof date, "%Y-%m-%d", &utc);
    acc_str_addf(&text, "Bagging-Date: %s\nBag-Software-Agent: accession %s\n", date, ACC_VERSION);
    if (identifier != NULL)
        acc_str_addf(&text, "External-Identifier: %s\n", identifier);
    acc_str_addf(&text, "Payload-Oxum: %lld.%llu\n", (long long)b->bytes,
                 (unsigned long long)b->files);
    enum acc_code code = write_text(path, text.data, err);
    acc_str_release(&text);
    return code;
}

static enum acc_code hash_small(const struct acc_algs *algs, const char *path, enum acc_alg alg,
                                struct acc_digests *digests, struct acc_error *err)
{
    struct acc_hasher hasher = {0};
    char piece[65536];
    size_t got;
    FILE *in = fopen(path, "r");
    if (in == NULL)
        return failed(path, err);
    acc_hasher_init(&hasher, algs, 1u << alg);
    while ((got = fread(piece, 1, sizeof piece, in)) > 0)
        acc_hasher_update(&hasher, piece, got);
    bool bad = ferror(in) != 0;
    fclose(in);
    acc_hasher_finish(&hasher, digests);
    acc_hasher_release(&hasher);
    return bad ? failed(path, err) : ACC_OK;
}

static enum acc_code write_tag_manifest(const struct acc_bagging *b, const char *const *names,
                                        struct acc_error *err)
{
    struct acc_algs *algs;
    struct acc_str text = {0}, path = {0};
    enum acc_code code = acc_algs_new(&algs, err);
    if (code != ACC_OK)
        return code;
    for (size_t i = 0; code == ACC_OK && names[i] != NULL; i++) {
        char *file = join(b->work, names[i]), hex[ACC_DIGEST_MAX * 2 + 1];
        struct acc_digests digests = {0};
        code = hash_small(algs, file, b->alg, &digests, err);
        acc_digests_hex(&digests, b->alg, hex);
        acc_str_addf(&text, "%s  %s\n", hex, names[i]);
        free(file);
    }
    acc_str_addf(&path, "%s/tagmanifest-%s.txt", b->work, acc_alg_name(b->alg));
    if (code == ACC_OK)
        code = write_text(path.data, acc_str_cstr(&text), err);
    acc_str_release(&text);
    acc_str_release(&path);
    acc_algs_free(algs);
    return code;
}

/* ---- moving ---- */

/* One pass over `from`. */
static enum acc_code move_some(DIR *dir, const char *from, const char *to, bool *moved,
                               struct acc_error *err)
{
    const struct dirent *entry;
    enum acc_code code = ACC_OK;
    *moved = false;
    while (code == ACC_OK && (errno = 0, entry = readdir(dir)) != NULL) {
        if (is_dot(entry->d_name) || strcmp(entry->d_name, ACC_BAGGING_FOLDER) == 0)
            continue;
        char *source = join(from, entry->d_name), *target = join(to, entry->d_name);
        if (rename(source, target) != 0)
            code = failed(source, err);
        *moved = true;
        free(source);
        free(target);
    }
    return code == ACC_OK && errno != 0 ? failed(from, err) : code;
}

/* Renames all but the work folder from one folder into another. A name that is gone may hide
 * another from readdir(), so it goes on until a pass finds none. */
static enum acc_code move_all(const char *from, const char *to, struct acc_error *err)
{
    DIR *dir = opendir(from);
    bool moved = true;
    if (dir == NULL)
        return failed(from, err);
    enum acc_code code = ACC_OK;
    while (code == ACC_OK && moved) {
        rewinddir(dir);
        code = move_some(dir, from, to, &moved, err);
    }
    closedir(dir);
    return code;
}

/* The payload first, the declaration last: from then on it is a bag. */
static enum acc_code put_in_place(const struct acc_bagging *b, const char *const *names,
                                  struct acc_error *err)
{
    char *payload = join(b->work, "data");
    enum acc_code code = mkdir(payload, 0777) == 0 ? ACC_OK : failed(payload, err);
    if (code == ACC_OK && (code = move_all(b->folder, payload, err)) != ACC_OK)
        move_all(payload, b->folder, NULL);
    for (size_t i = 0; code == ACC_OK && names[i] != NULL; i++) {
        char *from = join(b->work, names[i]), *to = join(b->folder, names[i]);
        if (rename(from, to) != 0)
            code = failed(to, err);
        free(from);
        free(to);
    }
    if (code == ACC_OK && rmdir(b->work) != 0)
        code = failed(b->work, err);
    free(payload);
    return code;
}

enum acc_code acc_bagging_finish(struct acc_bagging *b, const char *identifier,
                                 struct acc_error *err)
{
    char manifest[64], tags[64];
    snprintf(manifest, sizeof manifest, "manifest-%s.txt", acc_alg_name(b->alg));
    snprintf(tags, sizeof tags, "tagmanifest-%s.txt", acc_alg_name(b->alg));
    const char *const described[] = {"bag-info.txt", "bagit.txt", manifest, NULL};
    const char *const placed[] = {"data", manifest, tags, "bag-info.txt", "bagit.txt", NULL};
    char *declaration = join(b->work, "bagit.txt"), *info = join(b->work, "bag-info.txt");
    enum acc_code code = acc_file_commit(&b->manifest, err);
    if (code == ACC_OK)
        code = write_text(declaration, "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
                          err);
    if (code == ACC_OK)
        code = write_info(b, info, identifier, err);
    if (code == ACC_OK)
        code = write_tag_manifest(b, described, err);
    if (code == ACC_OK && b->in_place)
        code = put_in_place(b, placed, err);
    free(declaration);
    free(info);
    free(b->work);
    *b = (struct acc_bagging){0};
    return code;
}

void acc_bagging_abandon(struct acc_bagging *b)
{
    acc_file_abandon(&b->manifest);
    rmdir(b->work);
    free(b->work);
    *b = (struct acc_bagging){0};
}
