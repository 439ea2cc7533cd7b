/* Manifests that lie in a source which is not a bag: SHA256SUMS and its kin; else the only *.sha256
 * (or *.sha512, *.md5); else the only METS document. What is found is used as if it had been given,
 * and a note says so. Several candidates of one kind are no choice for a program: ACC_MANIFEST. A
 * source that cannot be looked through may hold more than was seen: ACC_LOCAL or ACC_SOURCE. */
#include "plan/found.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "manifest/manifest.h"

/* All of these that exist are used: each adds digests to the same files. */
static const char *const lists[] = {"SHA512SUMS", "SHA256SUMS", "SHA1SUMS", "MD5SUMS"};

static const char *const endings[] = {".sha512", ".sha256", ".md5"};

struct search {
    const struct acc_source *source;
    const char *ending;
    struct acc_found *found;
    enum acc_code code;
    struct acc_error *err;
};

static void unreadable(struct search *s)
{
    if (s->code == ACC_OK)
        s->code = acc_error_set(s->err, acc_code_of_errno(errno, ACC_SOURCE),
                                "%s: cannot be read: %s.", s->source->path, strerror(errno));
}

/* Not empty: an empty list proves nothing. */
static bool is_file(struct search *s, const char *name)
{
    struct stat st;
    if (acc_source_look(s->source, name, 0, &st) == 0)
        return S_ISREG(st.st_mode) && st.st_size > 0;
    if (!acc_source_lacks(errno))
        unreadable(s);
    return false;
}

static void add(struct search *s, const char *name)
{
    if (s->found->count < ACC_FOUND_MAX)
        s->found->names[s->found->count++] = acc_strdup(name);
}

static void on_name(void *arg, const char *name)
{
    struct search *s = arg;
    size_t len = strlen(name), end = strlen(s->ending);
    bool fits = len > end && strcasecmp(name + len - end, s->ending) == 0;
    if (fits && is_file(s, name) &&
        (strcmp(s->ending, ".xml") != 0 ||
         strcmp(acc_manifest_sniff(s->source, name), "mets") == 0))
        add(s, name);
}

static void look(struct search *s, const char *ending)
{
    s->ending = ending;
    if (acc_source_list(s->source, on_name, s) != 0)
        unreadable(s);
}

static enum acc_code too_many(const struct search *s, struct acc_error *err)
{
    struct acc_str names = {0};
    for (size_t i = 0; i < s->found->count; i++) {
        acc_str_add(&names, i > 0 ? ", " : "");
        acc_str_addf(&names, "%s/", s->source->path);
        acc_path_show(&names, s->found->names[i], strlen(s->found->names[i]));
    }
    acc_error_set(err, ACC_MANIFEST,
                  "the source holds several manifests, and none was named: %s. Name those that "
                  "count with --manifest.",
                  acc_str_cstr(&names));
    acc_str_release(&names);
    return ACC_MANIFEST;
}

static void search(struct search *s)
{
    for (size_t i = 0; i < ACC_COUNT_OF(lists); i++)
        if (is_file(s, lists[i]))
            add(s, lists[i]);
}

enum acc_code acc_found_manifests(const struct acc_source *source, struct acc_found *found,
                                  struct acc_error *err)
{
    struct search s = {.source = source, .found = found, .err = err};
    *found = (struct acc_found){0};
    search(&s);
    bool usual = found->count > 0;
    for (size_t i = 0; i < ACC_COUNT_OF(endings) && found->count == 0; i++)
        look(&s, endings[i]);
    if (found->count == 0)
        look(&s, ".xml");
    if (s.code == ACC_OK && !usual && found->count > 1)
        s.code = too_many(&s, err);
    if (s.code != ACC_OK)
        acc_found_release(found);
    return s.code;
}

void acc_found_release(struct acc_found *found)
{
    for (size_t i = 0; i < found->count; i++)
        free(found->names[i]);
    *found = (struct acc_found){0};
}
