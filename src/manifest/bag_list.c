/* manifest-ALG.txt and tagmanifest-ALG.txt (RFC 8493, 2.1.3 and 2.2.1), and how a name in them
 * becomes a path. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "manifest/bag.h"

struct list {
    struct acc_bag *bag;
    struct acc_reading *r;
    struct acc_bag_manifest *manifest;
    struct acc_path_sum *sum;
};

/* Decodes %0A, %0D and %25, the three that BagIt encodes; "%7E" stays as it is. */
static size_t percent_decode(const char *path, size_t len, char *out)
{
    size_t to = 0;
    for (size_t i = 0; i < len; i++) {
        char c = path[i];
        if (c == '%' && i + 2 < len) {
            char high = path[i + 1], low = (char)toupper((unsigned char)path[i + 2]);
            char decoded = high == '0' && low == 'A'   ? '\n'
                           : high == '0' && low == 'D' ? '\r'
                           : high == '2' && low == '5' ? '%'
                                                       : '\0';
            if (decoded != '\0') {
                c = decoded;
                i += 2;
            }
        }
        out[to++] = c;
    }
    out[to] = '\0';
    return to;
}

size_t acc_bag_path(struct acc_bag *bag, struct acc_reading *r, char *path, size_t len)
{
    len = acc_path_clean(path, len);
    path[len] = '\0';
    if (memchr(path, '%', len) == NULL)
        return len;
    char *decoded = acc_alloc(len + 1);
    size_t decoded_len = percent_decode(path, len, decoded);
    bool differs = decoded_len != len;
    /* 1.0 encodes; many tools never did, and before 1.0 none had to. What is there decides; where
     * neither is, the version's own rule does. */
    bool encodes = bag->version >= 100;
    bool take = encodes ? acc_bag_has(bag, decoded) || !acc_bag_has(bag, path)
                        : !acc_bag_has(bag, path) && acc_bag_has(bag, decoded);
    if (differs && take != encodes)
        acc_reading_note(r, r->input.line, "'%s' is taken %s, since only that file is there",
                         acc_reading_show(r, path, len), take ? "percent-decoded" : "literally");
    if (differs && take) {
        memcpy(path, decoded, decoded_len + 1);
        len = decoded_len;
    }
    free(decoded);
    return len;
}

/* md5sum and its kin write " *name"; BagIt has no such mark. */
static void strip_star(struct list *l, char **path, size_t *len)
{
    if (*len < 2 || (*path)[0] != '*' || acc_bag_has(l->bag, *path))
        return;
    acc_reading_remark(l->r, ACC_REMARK_STAR);
    (*path)++;
    (*len)--;
}

static void remember_tagged(struct acc_bag *bag, const char *path, size_t len)
{
    uint64_t print[2];
    acc_bag_fingerprint(bag, path, len, print);
    if (bag->tagged_count == bag->tagged_cap) {
        bag->tagged_cap = bag->tagged_cap ? bag->tagged_cap * 2 : 64;
        bag->tagged = acc_realloc(bag->tagged, bag->tagged_cap * sizeof *bag->tagged);
    }
    bag->tagged[bag->tagged_count++] = print[0];
}

static void add_to_sum(struct list *l, const char *path, size_t len)
{
    uint64_t print[2];
    acc_bag_fingerprint(l->bag, path, len, print);
    l->sum->count++;
    l->sum->low += print[0];
    l->sum->high += print[1];
}

/* What a tag manifest says of a file that this reading relies on, kept to compare. */
static void promise_own(struct acc_bag *bag, const char *path, const struct acc_digests *digests)
{
    struct acc_bag_own *own = acc_bag_own(bag, path);
    for (unsigned i = 0; own == NULL && i < bag->info->manifest_count; i++) {
        if (strcmp(bag->info->manifests[i].name, path) == 0) {
            own = &bag->own[bag->own_count++];
            *own = (struct acc_bag_own){0};
            strcpy(own->name, path); /* both are char[64] */
        }
    }
    if (own != NULL)
        acc_digests_merge(&own->promised, digests);
}

/* Where the file may lie, and what it is. */
static enum acc_code place(struct list *l, const char *path, size_t len, enum acc_role *role)
{
    struct acc_reading *r = l->r;
    bool in_data = acc_starts_with(path, "data/");
    /* A path with another problem is refused for that; one that is not UTF-8 refuses its file
     * alone, so its place counts. */
    bool judged = acc_path_problem(path, len) == NULL || !acc_utf8_valid(path, len);
    if (in_data == l->manifest->tags && judged)
        return acc_reading_fail(
            r, r->input.line, "'%s' is %s data/. Correct the line.", acc_reading_show(r, path, len),
            in_data ? "in a tag manifest, yet in" : "in a payload manifest, yet not in");
    *role = l->manifest->tags ? acc_bag_role(path) : ACC_ROLE_PAYLOAD;
    return ACC_OK;
}

static enum acc_code send(struct list *l, char *path, size_t len, const struct acc_digests *digests)
{
    struct acc_reading *r = l->r;
    uint64_t line = r->input.line;
    bool strict = l->bag->version >= 100;
    enum acc_taken taken = ACC_TAKEN_NEW;
    enum acc_role role = ACC_ROLE_PAYLOAD;
    enum acc_code code = place(l, path, len, &role);
    if (code == ACC_OK)
        code = acc_reading_entry(r, line, role, path, len, -1, digests, strict ? &taken : NULL);
    if (code != ACC_OK)
        return code;
    if (strict && taken == ACC_TAKEN_REPEATED)
        return acc_reading_fail(r, line,
                                "'%s' is listed a second time, which BagIt 1.0 forbids. Remove "
                                "one of the lines.",
                                acc_reading_show(r, path, len));
    if (l->manifest->tags) {
        remember_tagged(l->bag, path, len);
        promise_own(l->bag, path, digests);
    } else if (strict) {
        add_to_sum(l, path, len);
    }
    return ACC_OK;
}

static enum acc_code list_line(struct list *l, char *line, size_t len)
{
    struct acc_reading *r = l->r;
    size_t hex = 0;
    while (hex < len && line[hex] != ' ' && line[hex] != '\t')
        hex++;
    if (hex == len)
        return acc_reading_fail(r, r->input.line,
                                "'%s' is not \"DIGEST NAME\". Correct the line; if the "
                                "manifest was cut short, fetch it again.",
                                acc_reading_show(r, line, len < 60 ? len : 60));
    struct acc_digests digests;
    digests.present = 0;
    enum acc_code code =
        acc_reading_digest(r, r->input.line, l->manifest->alg, line, hex, &digests);
    if (code != ACC_OK)
        return code;
    char *path = line + hex;
    while (*path == ' ' || *path == '\t')
        path++;
    len -= (size_t)(path - line);
    strip_star(l, &path, &len);
    if (len > 2 && path[0] == '.' && path[1] == '/')
        acc_reading_remark(r, ACC_REMARK_DOT);
    len = acc_bag_path(l->bag, r, path, len);
    return send(l, path, len, &digests);
}

enum acc_code acc_bag_read_list(struct acc_bag *bag, size_t manifest)
{
    struct acc_bag_manifest *m = &bag->info->manifests[manifest];
    struct acc_reading r;
    struct acc_manifest_info info = {0};
    struct list l = {bag, &r, m, &bag->sums[manifest]};
    enum acc_code code = acc_bag_begin(bag, m->name, bag->encoding, &info, &r);
    if (code != ACC_OK)
        return code;
    while (code == ACC_OK) {
        char *line;
        size_t len;
        code = acc_reading_line(&r, &line, &len);
        if (code != ACC_OK || line == NULL)
            break;
        if (strspn(line, " \t") >= len)
            acc_reading_remark(&r, ACC_REMARK_BLANK);
        else
            code = list_line(&l, line, len);
    }
    /* A bag may have no payload; its tag manifests always have something to name. */
    if (code == ACC_OK && info.entries == 0 && m->tags)
        code = acc_reading_fail(&r, 0,
                                "names no file at all. A manifest without entries proves nothing.");
    code = acc_bag_end(bag, &r, code);
    m->entries = info.entries;
    if (code == ACC_OK)
        m->self = acc_bag_own(bag, m->name)->found;
    return code;
}
