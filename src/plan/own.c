/* An external manifest is what proves the files, so it is archived with them, last: under its own
 * path when it lies in the source, under its name when it lies beside it. One that lies elsewhere,
 * or comes from standard input, is not; nor one beside a bag, whose own manifests are. It promises
 * the SHA-256 of the bytes that were read. Its origin is its own path, absolute for one that lies
 * outside: reports about the source's files recognise it by that. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "plan/planning.h"

/* The name of a file in the very folder that the source lies in, or NULL. Standard input lies in
 * none. */
static const char *beside(const char *source, const char *path)
{
    const char *slash = strrchr(source, '/'), *name = strrchr(path, '/') + 1;
    size_t parent = slash != NULL ? (size_t)(slash - source) : 0;
    bool same = slash != NULL && (size_t)(name - 1 - path) == parent;
    return same && strncmp(source, path, parent) == 0 ? name : NULL;
}

static bool is_taken(const struct acc_planning *p, const char *name)
{
    struct stat st;
    return acc_source_look(p->plan->source, name, AT_SYMLINK_NOFOLLOW, &st) == 0;
}

static enum acc_code add(struct acc_planning *p, const char *name, const char *origin, int64_t size,
                         const struct acc_digests *self, struct acc_error *err)
{
    struct acc_entry entry = {
        .path = name, .size = -1, .role = ACC_ROLE_MANIFEST, .promised = *self, .origin = origin};
    enum acc_taken taken;
    if (acc_path_problem(name, strlen(name)) != NULL)
        return ACC_OK; /* no key could be made of it */
    enum acc_code code = acc_s3_location_key(p->plan->location, name, &p->key, err);
    if (code == ACC_OK)
        code = acc_ledger_load_add(p->load, &entry, size, &taken, err);
    if (code == ACC_OK)
        p->own += taken == ACC_TAKEN_NEW;
    return code;
}

static enum acc_code own_inside(struct acc_planning *p, const char *file,
                                const struct acc_digests *self, struct acc_error *err)
{
    struct stat st;
    int64_t size = acc_source_look(p->plan->source, file, 0, &st) == 0 ? st.st_size : -1;
    return add(p, file, file, size, self, err);
}

static enum acc_code own_one(struct acc_planning *p, const char *file,
                             const struct acc_digests *self, struct acc_error *err)
{
    struct acc_plan *plan = p->plan;
    char *real = realpath(file, NULL);
    if (real == NULL)
        return ACC_OK; /* a pipe that has been read */
    struct stat st;
    bool regular = stat(real, &st) == 0 && S_ISREG(st.st_mode);
    const char *name = regular ? acc_source_below(plan->source, real) : NULL;
    enum acc_code code = ACC_OK;
    if (name != NULL) {
        code = add(p, name, name, st.st_size, self, err);
    } else if (regular && (name = beside(plan->source->path, real)) != NULL) {
        if (is_taken(p, name)) {
            acc_plan_note(p, ACC_OK,
                          "%s: is not archived with the files, since the source has a file of that "
                          "name",
                          file);
        } else {
            acc_source_add(plan->source, name, real);
            code = add(p, name, real, st.st_size, self, err);
        }
    }
    free(real);
    return code;
}

void acc_plan_own_remember(struct acc_planning *p, const char *file, bool inside,
                           const struct acc_digests *self)
{
    const struct acc_plan *plan = p->plan;
    if (plan->rules.leave_manifest || plan->is_bag || !plan->files_too || plan->location == NULL ||
        strcmp(file, "-") == 0)
        return;
    size_t n = p->own_count++;
    p->own_manifests = acc_realloc(p->own_manifests, p->own_count * sizeof *p->own_manifests);
    p->own_manifests[n] = (struct acc_plan_own){file, inside, *self};
}

enum acc_code acc_plan_own_manifests(struct acc_planning *p, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    for (size_t i = 0; code == ACC_OK && p->any_found && i < p->own_count; i++)
        code = (p->own_manifests[i].inside ? own_inside : own_one)(p, p->own_manifests[i].file,
                                                                   &p->own_manifests[i].self, err);
    return code;
}
