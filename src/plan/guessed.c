/* An algorithm that only the length of the digests showed may be the wrong one of that length:
 * B2SUMS written by b2sum looks like SHA-512. So the smallest files that the manifest names are
 * hashed by every algorithm of the length, before anything is compared in earnest. One that agrees
 * settles it. If only another algorithm agrees, the plan ends with ACC_MANIFEST and the option to
 * pass; if none does, a note says that the algorithm was guessed. Files are read, never kept. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/content.h"
#include "plan/planning.h"

#define LARGEST (INT64_C(1) << 30) /* bytes: what is larger is not worth reading twice */

void acc_plan_sample(struct acc_planning *p, const struct acc_entry *entry, int64_t found)
{
    size_t at = p->samples;
    if (entry->promised.present == 0 || found > LARGEST)
        return;
    for (; at > 0 && p->sample[at - 1].size > found; at--)
        ;
    if (at == ACC_PLAN_SAMPLE)
        return;
    if (p->samples == ACC_PLAN_SAMPLE)
        free(p->sample[--p->samples].path);
    for (size_t i = p->samples; i > at; i--)
        p->sample[i] = p->sample[i - 1];
    p->sample[at] = (struct acc_plan_sample){acc_strdup(entry->path), found, entry->promised};
    p->samples++;
}

void acc_plan_sample_clear(struct acc_planning *p)
{
    while (p->samples > 0)
        free(p->sample[--p->samples].path);
}

/* Every algorithm whose digests have the length of one in `guessed`. */
static uint32_t of_same_length(uint32_t guessed)
{
    uint32_t same = 0;
    for (enum acc_alg g = 0; g < ACC_ALG_COUNT; g++)
        for (enum acc_alg alg = 0; guessed >> g & 1u && alg < ACC_ALG_COUNT; alg++)
            if (acc_alg_len(alg) == acc_alg_len(g))
                same |= 1u << alg;
    return same;
}

/* The guessed algorithm whose digest is right, or the one of the same length that is right instead
 * (`*instead`); ACC_ALG_COUNT: none fits. */
static enum acc_alg fitting(const struct acc_digests *promised, const struct acc_digests *found,
                            uint32_t guessed, enum acc_alg *instead)
{
    *instead = ACC_ALG_COUNT;
    for (enum acc_alg g = 0; g < ACC_ALG_COUNT; g++) {
        if (!(guessed & promised->present & 1u << g))
            continue;
        for (enum acc_alg alg = 0; alg < ACC_ALG_COUNT; alg++) {
            if (acc_alg_len(alg) != acc_alg_len(g) || !acc_digests_has(found, alg) ||
                memcmp(found->value[alg], promised->value[g], acc_alg_len(g)) != 0)
                continue;
            if (alg != g)
                *instead = alg;
            return g;
        }
    }
    return ACC_ALG_COUNT;
}

static enum acc_code wrong_guess(const char *manifest, const struct acc_manifest_info *info,
                                 enum acc_alg guessed, enum acc_alg right, struct acc_error *err)
{
    bool list = strcmp(info->format, "checksums") == 0;
    return acc_error_set(
        err, ACC_MANIFEST,
        "%s: these are %s digests, not %s, which has the same length: the first file compared has "
        "that %s. %s%s. No further file was compared.",
        manifest, acc_alg_name(right), acc_alg_name(guessed), acc_alg_name(right),
        list ? "Pass --manifest-format " : "Name the algorithm in the manifest: ",
        list ? acc_manifest_format_of(right) : acc_alg_name(right));
}

static enum acc_code try_samples(struct acc_planning *p, const char *manifest,
                                 const struct acc_manifest_info *info, const struct acc_algs *algs,
                                 struct acc_error *err)
{
    for (size_t i = 0; i < p->samples; i++) {
        struct acc_digests found = {0};
        enum acc_alg instead;
        int64_t size = -1;
        enum acc_code code = acc_content_hash(p->plan->source, algs, of_same_length(info->guessed),
                                              p->sample[i].path, &size, p->plan->stop, &found, err);
        if (code == ACC_INTERRUPTED)
            return code;
        if (code != ACC_OK)
            continue; /* the file's own failure, which the run will report */
        enum acc_alg guess = fitting(&p->sample[i].promised, &found, info->guessed, &instead);
        if (guess != ACC_ALG_COUNT)
            return instead == ACC_ALG_COUNT ? ACC_OK
                                            : wrong_guess(manifest, info, guess, instead, err);
    }
    enum acc_alg first = (enum acc_alg)__builtin_ctz(info->guessed);
    if (p->samples > 0)
        acc_plan_note(
            p, ACC_OK,
            "%s: the algorithm, %s, was guessed from the length of the digests, and the "
            "%zu smallest files have other digests by it and by every algorithm of that "
            "length. If the manifest is of another algorithm (such as BLAKE3), make it again "
            "with SHA-256.",
            manifest, acc_alg_name(first), p->samples);
    return ACC_OK;
}

enum acc_code acc_plan_check_guess(struct acc_planning *p, const char *manifest,
                                   const struct acc_manifest_info *info, struct acc_error *err)
{
    struct acc_algs *algs;
    if (of_same_length(info->guessed) == info->guessed || p->samples == 0)
        return ACC_OK; /* there is no other */
    enum acc_code code = acc_algs_new(&algs, err);
    if (code == ACC_OK)
        code = try_samples(p, manifest, info, algs, err);
    acc_algs_free(algs);
    return code;
}
