/* A bag, in this order: the root folder is listed for manifests; bagit.txt; tag manifests; payload
 * manifests; bag-info.txt; fetch.txt; then what must agree is compared; last, everything outside
 * data/ that the reading relied on or that no tag manifest names is sent with its SHA-256 as found.
 *
 * The first failure ends it. Nothing stays open or allocated afterwards. Memory: 8 bytes for each
 * tag file; nothing for payload files. */
#include "manifest/bag.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

bool acc_bag_detect(const char *folder)
{
    struct acc_str path = {0};
    struct stat st;
    acc_str_addf(&path, "%s/bagit.txt", folder);
    bool found = stat(path.data, &st) == 0 && S_ISREG(st.st_mode);
    acc_str_release(&path);
    return found;
}

/* ---- the root folder ---- */

/* What list_root() hands to the source. */
struct root {
    struct acc_bag *bag;
    enum acc_code code;
};

/* "manifest-sha256.txt" and "tagmanifest-sha256.txt". */
static enum acc_code list_manifest(struct acc_bag *bag, const char *name)
{
    struct acc_bag_info *info = bag->info;
    bool tags = acc_starts_with(name, "tagmanifest-");
    const char *alg_name = strchr(name, '-') + 1;
    enum acc_alg alg = acc_alg_parse(alg_name, strlen(alg_name) - strlen(".txt"));
    if (alg == ACC_ALG_COUNT || strlen(name) >= sizeof info->manifests[0].name) {
        struct acc_manifest_note note = {name, 0,
                                         "its algorithm is not known here; it is archived but "
                                         "nothing was checked against it"};
        if (bag->sink->note != NULL)
            bag->sink->note(bag->sink->arg, &note);
        return ACC_OK;
    }
    unsigned at = info->manifest_count;
    for (unsigned i = 0; i < at; i++)
        if (info->manifests[i].tags == tags && info->manifests[i].alg == alg)
            return acc_bag_fail(bag, name,
                                "is a second manifest of one algorithm. Keep one of them.");
    /* Tag manifests go first; among their own kind the order is that of the algorithms. */
    for (; at > 0; at--) {
        const struct acc_bag_manifest *before = &info->manifests[at - 1];
        if (before->tags != tags ? before->tags : before->alg < alg)
            break;
        info->manifests[at] = *before;
    }
    info->manifests[at] = (struct acc_bag_manifest){.alg = alg, .tags = tags};
    snprintf(info->manifests[at].name, sizeof info->manifests[at].name, "%s", name);
    info->manifest_count++;
    if (tags)
        bag->tag_algs |= 1u << alg;
    return ACC_OK;
}

static void on_name(void *arg, const char *name)
{
    struct root *root = arg;
    if (root->code == ACC_OK && acc_bag_is_manifest(name))
        root->code = list_manifest(root->bag, name);
}

static enum acc_code list_root(struct acc_bag *bag)
{
    struct root root = {bag, ACC_OK};
    if (acc_source_list(bag->source, on_name, &root) != 0)
        return acc_error_set(bag->err, acc_code_of_errno(errno, ACC_SOURCE),
                             "%s: cannot be read: %s.", bag->source->path, strerror(errno));
    return root.code;
}

/* ---- tag files as found ---- */

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static bool is_tagged(const struct acc_bag *bag, const char *path)
{
    uint64_t print[2];
    acc_bag_fingerprint(bag, path, strlen(path), print);
    return bag->tagged_count > 0 &&
           bsearch(print, bag->tagged, bag->tagged_count, sizeof *print, by_value) != NULL;
}

/* Hashes a tag file of any kind of content; bag->own does not grow. */
static enum acc_code hash_file(struct acc_bag *bag, const char *path, struct acc_digests *found)
{
    struct acc_hasher hasher = {0};
    struct acc_source_file file;
    struct acc_error why;
    enum { PIECE = 65536 };
    char *piece = acc_alloc(PIECE);
    ssize_t got = -1;
    acc_hasher_init(&hasher, bag->algs, 1u << ACC_SHA256);
    enum acc_code opened = acc_source_open_file(bag->source, path, &file, &why);
    if (opened == ACC_OK) {
        while ((got = acc_source_read(&file, piece, PIECE, &why)) > 0)
            acc_hasher_update(&hasher, piece, (size_t)got);
        acc_source_shut(&file);
    }
    acc_hasher_finish(&hasher, found);
    acc_hasher_release(&hasher);
    free(piece);
    if (opened == ACC_FILE_KIND) {
        *found = (struct acc_digests){0}; /* a link that leads outside: the run refuses that file */
        return ACC_OK;
    }
    if (got < 0 && why.code != ACC_LOCAL && acc_source_fails_all(bag->source, why.code))
        return acc_error_set(bag->err, why.code, "%s", why.message);
    if (opened == ACC_OK && got < 0)
        acc_error_context(&why, "cannot be read");
    if (got < 0)
        return acc_error_set(bag->err, why.code == ACC_LOCAL ? ACC_LOCAL : ACC_SOURCE,
                             "%s/%s: %s. Check its permissions.", bag->source->path, path,
                             why.message);
    return ACC_OK;
}

static enum acc_code send_found(struct acc_bag *bag, const char *path,
                                const struct acc_digests *found)
{
    struct acc_manifest_info info = {0};
    struct acc_reading r = {.name = path,
                            .options = &acc_no_options,
                            .alg = ACC_ALG_COUNT,
                            .sink = bag->sink,
                            .info = &info,
                            .err = bag->err};
    struct acc_digests sha256 = {0};
    if (acc_digests_has(found, ACC_SHA256))
        acc_digests_put(&sha256, ACC_SHA256, found->value[ACC_SHA256]);
    char *copy = acc_strdup(path);
    enum acc_taken taken;
    enum acc_code code =
        acc_reading_entry(&r, 0, acc_bag_role(path), copy, strlen(copy), -1, &sha256, &taken);
    if (code == ACC_OK && bag->tag_algs != 0 && !acc_starts_with(path, "tagmanifest-") &&
        !is_tagged(bag, path))
        acc_reading_note(&r, 0, "no tag manifest names this file; it is archived as found");
    acc_str_release(&r.shown);
    free(copy);
    return code;
}

static enum acc_code visit_tag_file(void *arg, const char *path, const struct stat *st,
                                    struct acc_error *err)
{
    struct acc_bag *bag = arg;
    const struct acc_bag_own *own = acc_bag_own(bag, path);
    struct acc_digests found;
    if (own != NULL && own->found.present != 0)
        return send_found(bag, path, &own->found);
    if (is_tagged(bag, path))
        return ACC_OK;
    struct stat target = *st;
    if (S_ISLNK(st->st_mode) && acc_source_look(bag->source, path, 0, &target) != 0)
        return ACC_OK; /* leads nowhere: the search for unlisted files reports it */
    if (!S_ISREG(target.st_mode))
        return ACC_OK;
    enum acc_code code = hash_file(bag, path, &found);
    return code != ACC_OK ? code : send_found(bag, path, &found);
}

static int outside_data(void *arg, const char *path)
{
    return strcmp(path, "data") != 0;
}

static enum acc_code send_tag_files(struct acc_bag *bag)
{
    if (bag->tagged_count > 0)
        qsort(bag->tagged, bag->tagged_count, sizeof *bag->tagged, by_value);
    struct acc_manifest_note note = {"bagit.txt", 0,
                                     "the bag has no tag manifest; its tag files and "
                                     "manifests are archived as found"};
    if (bag->tag_algs == 0 && bag->sink->note != NULL)
        bag->sink->note(bag->sink->arg, &note);
    return acc_source_walk(bag->source, "", visit_tag_file, outside_data, bag, bag->err);
}

static enum acc_code read_bag(struct acc_bag *bag)
{
    enum acc_code code = list_root(bag);
    if (code == ACC_OK)
        code = acc_bag_read_declaration(bag);
    for (unsigned i = 0; code == ACC_OK && i < bag->info->manifest_count; i++)
        code = acc_bag_read_list(bag, i);
    if (code == ACC_OK)
        code = acc_bag_read_info(bag);
    if (code == ACC_OK)
        code = acc_bag_read_fetch(bag);
    if (code == ACC_OK)
        code = acc_bag_check(bag);
    return code == ACC_OK ? send_tag_files(bag) : code;
}

enum acc_code acc_bag_read(const struct acc_source *source, const struct acc_manifest_sink *sink,
                           struct acc_bag_info *info, struct acc_error *err)
{
    struct acc_bag_info *found = ACC_NEW(struct acc_bag_info);
    struct acc_bag *bag = ACC_NEW(struct acc_bag);
    *bag = (struct acc_bag){.source = source, .sink = sink, .info = found, .err = err};
    enum acc_code code = acc_algs_new(&bag->algs, err);
    if (code == ACC_OK)
        code = read_bag(bag);
    if (code == ACC_OK)
        *info = *found;
    acc_algs_free(bag->algs);
    free(bag->tagged);
    free(bag);
    free(found);
    return code;
}

enum acc_code acc_bag_read_folder(const char *folder, const struct acc_manifest_sink *sink,
                                  struct acc_bag_info *info, struct acc_error *err)
{
    struct acc_source source = {0};
    enum acc_code code = acc_source_open(folder, NULL, NULL, &source, err);
    if (code == ACC_OK)
        code = acc_bag_read(&source, sink, info, err);
    acc_source_close(&source);
    return code;
}
