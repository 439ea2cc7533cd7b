/* Finding the file that makes a Payload-Oxum wrong: the bag's manifests are read once more, and
 * each payload file they name is hashed, until one differs. A file that cannot be read counts as
 * one that differs. Nothing outlives the call. */
#include "plan/oxum.h"

#include "manifest/manifest.h"
#include "source/content.h"

struct search {
    const struct acc_source *source;
    const atomic_bool *stop;
    struct acc_algs *algs;
    struct acc_str *culprit;
};

static enum acc_code on_entry(void *arg, const struct acc_entry *entry, enum acc_taken *taken,
                              struct acc_error *err)
{
    struct search *search = arg;
    struct acc_digests found = {0};
    unsigned shared;
    (void)taken;
    if (entry->role != ACC_ROLE_PAYLOAD)
        return ACC_OK;
    int64_t size = entry->size;
    enum acc_code code = acc_content_hash(search->source, search->algs, entry->promised.present,
                                          entry->path, &size, search->stop, &found, err);
    if (code == ACC_INTERRUPTED)
        return code;
    if (code == ACC_OK && acc_digests_differ(&entry->promised, &found, &shared) == ACC_ALG_COUNT)
        return ACC_OK;
    acc_str_set(search->culprit, entry->path);
    return ACC_DIGEST; /* ends the reading */
}

enum acc_code acc_oxum_find_culprit(const struct acc_source *source, const atomic_bool *stop,
                                    struct acc_str *culprit, struct acc_error *err)
{
    struct search search = {.source = source, .stop = stop, .culprit = culprit};
    struct acc_manifest_sink sink = {.entry = on_entry, .arg = &search};
    struct acc_bag_info info = {0};
    enum acc_code code = acc_algs_new(&search.algs, err);
    if (code != ACC_OK)
        return code;
    code = acc_bag_read(source, &sink, &info, err);
    acc_algs_free(search.algs);
    return code == ACC_DIGEST && culprit->len > 0 ? ACC_OK : code;
}
