/* Happy path: one listing finds every bagit.txt and the manifests beside it; each manifest is
 * fetched into the scratch folder, read as a checksum list, and every line becomes a claim. A bag
 * within another bag is payload of that one.
 *
 * Failure: a manifest that cannot be read is reported as a contradiction, and nothing of it is
 * kept; the others go on. Any other failure ends it. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "manifest/manifest.h"
#include "recover/rebuild.h"

static void add(char ***list, size_t *count, const char *text, size_t len)
{
    if ((*count & (*count - 1)) == 0)
        *list = acc_realloc(*list, (*count > 0 ? *count * 2 : 1) * sizeof **list);
    char *copy = acc_alloc(len + 1);
    memcpy(copy, text, len);
    copy[len] = '\0';
    (*list)[(*count)++] = copy;
}

static bool is_odd(const char *key)
{
    for (const char *at = strchr(key, '%'); at != NULL; at = strchr(at + 1, '%'))
        if (strncasecmp(at, "%0a", 3) == 0 || strncasecmp(at, "%0d", 3) == 0 ||
            strncmp(at, "%25", 3) == 0)
            return true;
    return false;
}

static void on_listed(void *arg, const struct acc_s3_listed *item)
{
    struct acc_rebuild *r = arg;
    const char *slash = strrchr(item->key, '/');
    const char *name = slash != NULL ? slash + 1 : item->key;
    if (!acc_starts_with(item->key, r->location.prefix))
        return;
    if (strcmp(name, "bagit.txt") == 0)
        add(&r->bags, &r->bag_count, item->key, (size_t)(name - item->key));
    else if (acc_bag_is_own_file(name) && item->size > 0)
        add(&r->manifests, &r->manifest_count, item->key, strlen(item->key));
    if (is_odd(item->key))
        acc_str_addf(&r->odd, "\n%s\n", item->key);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void drop_inner_bags(struct acc_rebuild *r)
{
    size_t kept = 0;
    qsort(r->bags, r->bag_count, sizeof *r->bags, by_text);
    for (size_t i = 0; i < r->bag_count; i++) {
        if (kept > 0 && acc_starts_with(r->bags[i], r->bags[kept - 1]))
            free(r->bags[i]);
        else
            r->bags[kept++] = r->bags[i];
    }
    r->bag_count = kept;
}

enum acc_code acc_rebuild_find_bags(struct acc_rebuild *r, struct acc_error *err)
{
    enum acc_code code = acc_rebuild_list(r, on_listed, NULL, r, err);
    if (code == ACC_OK && r->bag_count > 0)
        drop_inner_bags(r);
    return code;
}

void acc_rebuild_forget_bags(struct acc_rebuild *r)
{
    for (size_t i = 0; i < r->bag_count; i++)
        free(r->bags[i]);
    for (size_t i = 0; i < r->manifest_count; i++)
        free(r->manifests[i]);
    free(r->bags);
    free(r->manifests);
    acc_str_release(&r->odd);
}

/* ---- one manifest ---- */

struct lines {
    struct acc_rebuild *rebuild;
    const char *name;   /* "manifest-sha256.txt" */
    const char *origin; /* its URL */
    const char *bag;    /* the key of its folder */
};

/* Decodes what BagIt encodes, %0A, %0D and %25, unless only the literal name is in the bucket. */
static void decode(const struct lines *l, char *path)
{
    struct acc_str literal = {0};
    if (!is_odd(path))
        return;
    acc_str_addf(&literal, "\n%s%s\n", l->bag, path);
    bool there = strstr(acc_str_cstr(&l->rebuild->odd), acc_str_cstr(&literal)) != NULL;
    acc_str_release(&literal);
    if (there)
        return;
    char *to = path;
    for (const char *from = path; *from != '\0'; to++) {
        bool odd =
            *from == '%' && (strncasecmp(from, "%0a", 3) == 0 || strncasecmp(from, "%0d", 3) == 0 ||
                             strncmp(from, "%25", 3) == 0);
        *to = !odd ? *from : from[1] == '2' ? '%' : (from[2] | 0x20) == 'a' ? '\n' : '\r';
        from += odd ? 3 : 1;
    }
    *to = '\0';
}

static enum acc_role role_of(const char *path)
{
    return acc_starts_with(path, "data/")   ? ACC_ROLE_PAYLOAD
           : strcmp(path, "bagit.txt") == 0 ? ACC_ROLE_DECLARATION
           : acc_bag_is_own_file(path)      ? ACC_ROLE_MANIFEST
                                            : ACC_ROLE_TAG;
}

static enum acc_code on_entry(void *arg, const struct acc_entry *entry, enum acc_taken *taken,
                              struct acc_error *err)
{
    struct lines *l = arg;
    struct acc_rebuild *r = l->rebuild;
    (void)taken;
    if (entry->problem != NULL)
        return ACC_OK; /* no object can have that name */
    char *path = acc_strdup(entry->path);
    decode(l, path);
    const struct acc_claim claim = {.ground = ACC_GROUND_MANIFEST,
                                    .said = l->name,
                                    .path = path,
                                    .role = role_of(path),
                                    .digests = entry->promised,
                                    .size = -1,
                                    .at = r->at,
                                    .origin = l->origin,
                                    .line = entry->line};
    enum acc_code code = acc_taking_take(&r->taking, acc_str_cstr(&r->canonical),
                                         acc_str_cstr(&r->url), &claim, NULL, err);
    free(path);
    return code;
}

/* The first reading: nothing is reported of a manifest that turns out to be none. */
static enum acc_code on_look(void *arg, const struct acc_entry *entry, enum acc_taken *taken,
                             struct acc_error *err)
{
    (void)arg, (void)entry, (void)taken, (void)err;
    return ACC_OK;
}

static void on_note(void *arg, const struct acc_manifest_note *note)
{
    (void)arg, (void)note; /* deviations that the run which archived the bag has reported */
}

static enum acc_code read_lines(struct acc_rebuild *r, struct lines *l, struct acc_error *err)
{
    const char *dash = strchr(l->name, '-');
    enum acc_alg alg = acc_alg_parse(dash + 1, strlen(dash + 1) - strlen(".txt"));
    const struct acc_manifest_options options = {.name = l->origin,
                                                 .format = acc_manifest_format_of(alg)};
    const struct acc_manifest_sink look = {.entry = on_look, .note = on_note, .arg = l};
    const struct acc_manifest_sink sink = {.entry = on_entry, .note = on_note, .arg = l};
    struct acc_manifest_info info;
    struct acc_error why = {0};
    struct acc_recall before = *r->taking.recall;
    enum acc_code code = acc_manifest_read(r->fetch.path, &options, &look, &info, &why);
    if (code == ACC_OK)
        code = acc_manifest_read(r->fetch.path, &options, &sink, &info, &why);
    if (code == ACC_MANIFEST) {
        acc_taking_forget(&r->taking);
        *r->taking.recall = before;
        acc_rebuild_tell(r, ACC_REPORTED_CONFLICT, ACC_GROUND_MANIFEST, l->name, l->origin,
                         why.message);
        return ACC_OK;
    }
    if (code != ACC_OK)
        *err = why;
    return code == ACC_OK ? acc_taking_commit(&r->taking, err) : code;
}

/* Whether a manifest of that name lies right in a bag's folder; else it is payload, or no bag's. */
static bool is_of_a_bag(const struct acc_rebuild *r, const char *key, const char *name)
{
    struct acc_str bag = {0};
    acc_str_add_n(&bag, key, strlen(key) - strlen(name));
    const char *text = acc_str_cstr(&bag);
    bool found = strchr(name, '/') == NULL && r->bag_count > 0 &&
                 bsearch(&text, r->bags, r->bag_count, sizeof *r->bags, by_text) != NULL;
    acc_str_release(&bag);
    return found;
}

static enum acc_code read_manifest(struct acc_rebuild *r, const char *key, const char *name,
                                   struct acc_error *err)
{
    struct acc_str origin = {0}, bag = {0};
    acc_str_addf(&origin, "%s/%s", acc_str_cstr(&r->url), name);
    acc_str_add_n(&bag, key, strlen(key) - strlen(name));
    struct lines lines = {
        .rebuild = r, .name = name, .origin = acc_str_cstr(&origin), .bag = acc_str_cstr(&bag)};
    enum acc_code code = acc_rebuild_fetch(r, key, err);
    if (code == ACC_OK)
        code = read_lines(r, &lines, err);
    acc_str_release(&origin);
    acc_str_release(&bag);
    return code;
}

enum acc_code acc_rebuild_read_manifests(struct acc_rebuild *r, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    for (size_t i = 0; code == ACC_OK && i < r->manifest_count; i++) {
        const char *name = acc_rebuild_place(r, r->manifests[i]);
        if (is_of_a_bag(r, r->manifests[i], name))
            code = read_manifest(r, r->manifests[i], name, err);
    }
    r->taking.recall->sources = r->bag_count;
    return code;
}
