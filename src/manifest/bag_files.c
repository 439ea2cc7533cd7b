/* A bag's own files: what is there, and reading one of them as text.
 *
 * acc_bag_begin() opens a file and judges its byte order mark and line ends; acc_bag_end() keeps
 * its digests. A file that cannot be read, is compressed or is not regular is ACC_MANIFEST with its
 * name. acc_bag_end() closes the file whether the reading succeeded or not. */
#include "manifest/bag.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum acc_code acc_bag_fail(struct acc_bag *bag, const char *name, const char *what)
{
    return acc_error_set(bag->err, ACC_MANIFEST, "%s: %s", name, what);
}

bool acc_bag_has(const struct acc_bag *bag, const char *path)
{
    struct stat st;
    return acc_source_look(bag->source, path, AT_SYMLINK_NOFOLLOW, &st) == 0;
}

bool acc_bag_has_text(const struct acc_bag *bag, const char *path)
{
    struct stat st;
    return acc_source_look(bag->source, path, 0, &st) == 0 && st.st_size > 0;
}

bool acc_bag_is_manifest(const char *path)
{
    return strchr(path, '/') == NULL && acc_ends_with(path, ".txt") &&
           (acc_starts_with(path, "manifest-") || acc_starts_with(path, "tagmanifest-"));
}

bool acc_bag_is_own_file(const char *path)
{
    return acc_bag_is_manifest(path) || strcmp(path, "bagit.txt") == 0;
}

enum acc_role acc_bag_role(const char *path)
{
    return acc_bag_is_manifest(path)        ? ACC_ROLE_MANIFEST
           : strcmp(path, "bagit.txt") == 0 ? ACC_ROLE_DECLARATION
                                            : ACC_ROLE_TAG;
}

struct acc_bag_own *acc_bag_own(struct acc_bag *bag, const char *name)
{
    for (size_t i = 0; i < bag->own_count; i++)
        if (strcmp(bag->own[i].name, name) == 0)
            return &bag->own[i];
    return NULL;
}

void acc_bag_fingerprint(const struct acc_bag *bag, const char *path, size_t len, uint64_t out[2])
{
    struct acc_digests digest;
    acc_hash(bag->algs, 1u << ACC_SHA256, path, len, &digest);
    memcpy(out, digest.value[ACC_SHA256], 2 * sizeof *out);
}

enum acc_code acc_bag_begin(struct acc_bag *bag, const char *name, enum acc_encoding encoding,
                            struct acc_manifest_info *info, struct acc_reading *r)
{
    *r = (struct acc_reading){.name = name,
                              .options = &acc_no_options,
                              .alg = ACC_ALG_COUNT,
                              .sink = bag->sink,
                              .info = info,
                              .err = bag->err};
    enum acc_code code = acc_input_open(&r->input, bag->source, name, name, encoding, true,
                                        bag->tag_algs, NULL, bag->err);
    if (code != ACC_OK)
        return code;
    code = acc_reading_bom(r);
    bool bom = r->remarked >> ACC_REMARK_BOM & 1u;
    if (code == ACC_OK && bom && bag->version == 0)
        code = acc_bag_fail(bag, name,
                            "begins with a byte order mark, which BagIt forbids. Remove it.");
    /* RFC 8493, 2.3: lines may end in LF, CR or CR LF. */
    const char *text;
    size_t len;
    if (code == ACC_OK)
        code = acc_input_peek(&r->input, &text, &len);
    if (code == ACC_OK && memchr(text, '\n', len) == NULL && memchr(text, '\r', len) != NULL)
        r->input.delimiter = '\r';
    if (code != ACC_OK)
        acc_input_close(&r->input);
    return code;
}

enum acc_code acc_bag_end(struct acc_bag *bag, struct acc_reading *r, enum acc_code code)
{
    struct acc_digests found;
    if (code == ACC_OK)
        code = acc_input_finish(&r->input, &found);
    if (code == ACC_OK) {
        struct acc_bag_own *own = acc_bag_own(bag, r->name);
        if (own == NULL) {
            own = &bag->own[bag->own_count++];
            *own = (struct acc_bag_own){0};
            snprintf(own->name, sizeof own->name, "%s", r->name);
        }
        own->found = found;
    }
    acc_input_close(&r->input);
    acc_str_release(&r->shown);
    return code;
}
