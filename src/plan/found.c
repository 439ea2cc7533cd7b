/* Manifests that lie in a source which is not a bag: SHA256SUMS and its kin; else the only *.sha256
 * (or *.sha512, *.md5); else the only METS document. What is found is used as if it had been given,
 * and a note says so. Several candidates of one kind are no choice for a program: ACC_MANIFEST. */
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
    const struct acc_source *source;
    const char *ending;
    char *found[FOUND_MAX];
    size_t count;
};

/* Not empty: an empty list proves nothing. */
static bool is_file(const struct acc_source *source, const char *name)
{
    struct stat st;
    return acc_source_look(source, name, 0, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

static void add(struct search *s, const char *name)
{
    if (s->count < FOUND_MAX)
        s->found[s->count++] = acc_strdup(name);
}

static void on_name(void *arg, const char *name)
{
    struct search *s = arg;
    size_t len = strlen(name), end = strlen(s->ending);
    bool fits = len > end && strcasecmp(name + len - end, s->ending) == 0;
    if (fits && is_file(s->source, name) &&
        (strcmp(s->ending, ".xml") != 0 ||
         strcmp(acc_manifest_sniff(s->source, name), "mets") == 0))
        add(s, name);
}

static void look(struct search *s, const char *ending)
{
    s->ending = ending;
    acc_source_list(s->source, on_name, s);
}

static enum acc_code too_many(const struct search *s, struct acc_error *err)
{
    struct acc_str names = {0};
    for (size_t i = 0; i < s->count; i++) {
        acc_str_add(&names, i > 0 ? ", " : "");
        acc_str_addf(&names, "%s/", s->source->path);
        acc_path_show(&names, s->found[i], strlen(s->found[i]));
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
        if (is_file(s->source, lists[i]))
            add(s, lists[i]);
}

enum acc_code acc_plan_find_manifests(struct acc_planning *p, struct acc_error *err)
{
    struct search s = {.source = p->plan->source};
    enum acc_code code = ACC_OK;
    search(&s);
    if (s.count == 0) {
        for (size_t i = 0; i < ACC_COUNT_OF(endings) && s.count == 0; i++)
            look(&s, endings[i]);
        if (s.count == 0)
            look(&s, ".xml");
        if (s.count > 1)
            code = too_many(&s, err);
    }
    p->found = acc_alloc((FOUND_MAX + 1) * sizeof *p->found);
    memset(p->found, 0, (FOUND_MAX + 1) * sizeof *p->found);
    for (size_t i = 0; i < s.count; i++) {
        struct acc_str shown = {0};
        p->found[i] = s.found[i];
        acc_str_addf(&shown, "%s/", p->plan->source->path);
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
