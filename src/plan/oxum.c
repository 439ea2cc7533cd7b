/* Finding the file that makes a Payload-Oxum wrong: the bag's manifests are read once more, and
 * each payload file they name is hashed, until one differs. A file that cannot be read counts as
 * one that differs. Nothing outlives the call. */
#include "plan/oxum.h"

#include <stdlib.h>

#include "base/mem.h"
#include "manifest/manifest.h"
#include "source/content.h"

#define BUFFER ((size_t)1 << 20)

struct search {
    const struct acc_source *source;
    const atomic_bool *stop;
    struct acc_algs *algs;
    void *buffer;
    struct acc_str *culprit;
};

static enum acc_code hash(const struct search *search, const struct acc_entry *entry,
                          struct acc_digests *found, struct acc_error *err)
{
    struct acc_content content = {0};
    enum acc_code code = acc_content_open(&content, search->source, search->algs,
                                          entry->promised.present, entry->path, entry->size, err);
    while (code == ACC_OK && content.offset < content.size) {
        int64_t left = content.size - content.offset;
        code = atomic_load(search->stop)
                   ? acc_error_set(err, ACC_INTERRUPTED, "interrupted while comparing digests")
                   : acc_content_read(&content, search->buffer,
                                      left < (int64_t)BUFFER ? (size_t)left : BUFFER, err);
    }
    if (code == ACC_OK)
        code = acc_content_finish(&content, found, err);
    acc_content_close(&content);
    return code;
}

static enum acc_code on_entry(void *arg, const struct acc_entry *entry, enum acc_taken *taken,
                              struct acc_error *err)
{
    struct search *search = arg;
    struct acc_digests found = {0};
    unsigned shared;
    (void)taken;
    if (entry->role != ACC_ROLE_PAYLOAD)
        return ACC_OK;
    enum acc_code code = hash(search, entry, &found, err);
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
    search.buffer = acc_alloc(BUFFER);
    code = acc_bag_read(source, &sink, &info, err);
    free(search.buffer);
    acc_algs_free(search.algs);
    return code == ACC_DIGEST && culprit->len > 0 ? ACC_OK : code;
}
