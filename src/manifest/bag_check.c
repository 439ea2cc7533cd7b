/* What must agree once a bag's text files have been read: the files themselves with the tag
 * manifests, and payload manifests with each other. The files in data/ are
 * counted, and the caller compares that with Payload-Oxum. */
#include <fcntl.h>

#include "manifest/bag.h"

/* The bag's own files against the tag manifests: a manifest that was changed is found before
 * anything is read on its word. */
static enum acc_code check_own(struct acc_bag *bag)
{
    for (size_t i = 0; i < bag->own_count; i++) {
        unsigned shared;
        enum acc_alg differs =
            acc_digests_differ(&bag->own[i].found, &bag->own[i].promised, &shared);
        if (differs != ACC_ALG_COUNT)
            return acc_error_set(
                bag->err, ACC_MANIFEST,
                "%s: its %s is not the one in tagmanifest-%s.txt; one of the two files "
                "was changed. Find out which, from another copy of the bag.",
                bag->own[i].name, acc_alg_name(differs), acc_alg_name(differs));
    }
    return ACC_OK;
}

/* 1.0: every payload manifest lists every payload file, every tag manifest every payload manifest.
 */
static enum acc_code check_complete(struct acc_bag *bag)
{
    const struct acc_bag_info *info = bag->info;
    unsigned first = 0;
    while (first < info->manifest_count && info->manifests[first].tags)
        first++;
    if (first == info->manifest_count)
        return acc_bag_fail(bag, bag->source->path,
                            "has no payload manifest (manifest-sha256.txt or the like). "
                            "Complete the bag.");
    bag->info->payload_listed = info->manifests[first].entries;
    for (unsigned i = first; bag->version >= 100 && i < info->manifest_count; i++) {
        const struct acc_path_sum *a = &bag->sums[first], *b = &bag->sums[i];
        if (a->count != b->count || a->low != b->low || a->high != b->high)
            return acc_error_set(
                bag->err, ACC_MANIFEST,
                "%s: lists %llu files, %s lists %llu, and not the same; BagIt 1.0 wants "
                "every payload file in every payload manifest. Complete them.",
                info->manifests[i].name, (unsigned long long)b->count, info->manifests[first].name,
                (unsigned long long)a->count);
        const struct acc_bag_own *own = acc_bag_own(bag, info->manifests[i].name);
        if ((own->promised.present & bag->tag_algs) != bag->tag_algs)
            return acc_bag_fail(bag, own->name,
                                "is not in every tag manifest, as BagIt 1.0 wants. Complete them.");
    }
    return ACC_OK;
}

static enum acc_code count_file(void *arg, const char *path, const struct stat *st,
                                struct acc_error *err)
{
    struct acc_bag *bag = arg;
    struct acc_str full = {0};
    struct stat target = *st;
    acc_str_addf(&full, "data/%s", path);
    if (S_ISLNK(st->st_mode) && acc_source_look(bag->source, full.data, 0, &target) != 0)
        target.st_mode = S_IFLNK;
    acc_str_release(&full);
    if (S_ISREG(target.st_mode)) {
        bag->info->found_files++;
        bag->info->found_bytes += (uint64_t)target.st_size;
    }
    return ACC_OK;
}

static bool names_payload(const struct acc_bag_info *info)
{
    for (unsigned i = 0; i < info->manifest_count; i++)
        if (!info->manifests[i].tags && info->manifests[i].entries > 0)
            return true;
    return false;
}

static enum acc_code count_payload(struct acc_bag *bag)
{
    struct stat st;
    if (acc_source_look(bag->source, "data", 0, &st) != 0 || !S_ISDIR(st.st_mode))
        return acc_bag_fail(bag, bag->source->path, "has no folder data/. Complete the bag.");
    bool listed = names_payload(bag->info);
    if (!bag->info->has_oxum && listed)
        return ACC_OK;
    enum acc_code code = acc_source_walk(bag->source, "data", count_file, NULL, bag, bag->err);
    if (code == ACC_OK && !listed && bag->info->found_files > 0)
        code = acc_bag_fail(bag, bag->source->path,
                            "has files in data/, but its payload manifests name no file at all. "
                            "Make them again.");
    return code;
}

enum acc_code acc_bag_check(struct acc_bag *bag)
{
    enum acc_code code = check_own(bag);
    if (code == ACC_OK)
        code = check_complete(bag);
    return code == ACC_OK ? count_payload(bag) : code;
}
