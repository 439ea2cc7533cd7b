/* Manifests that lie in a source which is not a bag: SHA256SUMS and its kin; else the only *.sha256
 * (or *.sha512, *.md5); else the only METS document. What is found is used as if it had been given,
 * and a note says so. Several candidates of one kind are no choice for a program: ACC_MANIFEST. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "plan/planning.h"

#define FOUND_MAX 8

/* All of these that exist are used: each adds digests to the same files. */
static const char *const lists[] = {"SHA512SUMS", "SHA256SUMS", "SHA1SUMS", "MD5SUMS"};

static const char *const endings[] = {".sha512", ".sha256", ".md5"};

struct search {
    char *found[FOUND_MAX];
    size_t count;
};

static bool is_file(const char *folder, const char *name)
{
    struct acc_str path = {0};
    struct stat st;
    acc_str_addf(&path, "%s/%s", folder, name);
    bool found = stat(path.data, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
    acc_str_release(&path);
    return found;
}

static void add(struct search *s, const char *folder, const char *name)
{
    struct acc_str path = {0};
    acc_str_addf(&path, "%s/%s", folder, name);
    if (s->count < FOUND_MAX)
        s->found[s->count++] = acc_str_detach(&path);
    acc_str_release(&path);
}

static bool is_mets(const char *folder, const char *name)
{
    struct acc_str path = {0};
    acc_str_addf(&path, "%s/%s", folder, name);
    bool mets = strcmp(acc_manifest_sniff(path.data), "mets") == 0;
    acc_str_release(&path);
    return mets;
}

static void look(struct search *s, const char *folder, const char *ending)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name), end = strlen(ending);
        bool fits = len > end && strcasecmp(entry->d_name + len - end, ending) == 0;
        if (fits && is_file(folder, entry->d_name) &&
            (strcmp(ending, ".xml") != 0 || is_mets(folder, entry->d_name)))
            add(s, folder, entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
}

static enum acc_code too_many(const struct search *s, struct acc_error *err)
{
    struct acc_str names = {0};
    for (size_t i = 0; i < s->count; i++) {
        acc_str_add(&names, i > 0 ? ", " : "");
        acc_path_show(&names, s->found[i], strlen(s->found[i]));
    }
    acc_error_set(err, ACC_MANIFEST,
                  "the source holds several manifests, and none was named: %s. Name those that "
                  "count with --manifest.",
                  acc_str_cstr(&names));
    acc_str_release(&names);
    return ACC_MANIFEST;
}

static void search(struct search *s, const char *folder)
{
    for (size_t i = 0; i < ACC_COUNT_OF(lists); i++)
        if (is_file(folder, lists[i]))
            add(s, folder, lists[i]);
}

enum acc_code acc_plan_find_manifests(struct acc_planning *p, struct acc_error *err)
{
    const char *folder = p->plan->source->path;
    struct search s = {.count = 0};
    enum acc_code code = ACC_OK;
    search(&s, folder);
    if (s.count == 0) {
        for (size_t i = 0; i < ACC_COUNT_OF(endings) && s.count == 0; i++)
            look(&s, folder, endings[i]);
        if (s.count == 0)
            look(&s, folder, ".xml");
        if (s.count > 1)
            code = too_many(&s, err);
    }
    p->found = acc_alloc((FOUND_MAX + 1) * sizeof *p->found);
    memset(p->found, 0, (FOUND_MAX + 1) * sizeof *p->found);
    for (size_t i = 0; i < s.count; i++) {
        struct acc_str shown = {0};
        p->found[i] = s.found[i];
        acc_path_show(&shown, s.found[i], strlen(s.found[i]));
        if (code == ACC_OK)
            acc_plan_note(p, ACC_OK, "%s: found in the source and used as its manifest",
                          acc_str_cstr(&shown));
        acc_str_release(&shown);
    }
    if (s.count > 0)
        p->manifests = (const char *const *)p->found;
    return code;
}
