/* Happy path: find the bags, take over what their manifests promise, then ask about each object;
 * last, what a manifest names and the listing did not have is reported as missing. The manifests
 * come first: what contradicts them is then reported, and the manifests stand as what a
 * verification compares with.
 *
 * Failure: the request that failed ends it. What was taken is kept, and running it again goes on.
 * Close: everything, in reverse order. */
#include "recover/rebuild.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ledger/ledger.h"

/* ---- what is missing ---- */

static void tell_missing(void *arg, int64_t entry, const char *path, const char *origin)
{
    struct acc_rebuild *r = arg;
    if (acc_marks_of(&r->there, entry) == 0)
        acc_rebuild_tell(r, ACC_REPORTED_MISSING, ACC_GROUND_MANIFEST, path, origin,
                         "a manifest names it, but it is not in the bucket");
}

static enum acc_code find_missing(struct acc_rebuild *r, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    for (size_t i = 0; code == ACC_OK && i < r->bag_count; i++) {
        int64_t run = 0;
        acc_rebuild_place(r, r->bags[i]);
        code = acc_taking_run(&r->taking, acc_str_cstr(&r->canonical), acc_str_cstr(&r->url), &run,
                              err);
        if (code == ACC_OK)
            code = acc_ledger_claimed_paths(r->taking.ledger, run, ACC_GROUND_MANIFEST,
                                            tell_missing, r, err);
    }
    return code;
}

/* ---- all of it ---- */

static void learn_names(struct acc_rebuild *r)
{
    size_t prefix = strlen(r->location.prefix);
    acc_s3_canonical(r->s3, &r->bucket_canonical);
    acc_str_cut(&r->bucket_canonical, r->bucket_canonical.len - prefix);
    acc_str_addf(&r->bucket_url, "s3://%s", r->location.bucket);
}

static enum acc_code rebuild(struct acc_rebuild *r, struct acc_error *err)
{
    learn_names(r);
    enum acc_code code = acc_rebuild_find_bags(r, err);
    if (code == ACC_OK)
        code = acc_rebuild_read_manifests(r, err);
    if (code == ACC_OK)
        code = acc_rebuild_look_at_objects(r, err);
    if (code == ACC_OK)
        code = find_missing(r, err);
    const struct acc_recall *recall = r->taking.recall;
    if (code == ACC_OK &&
        recall->reported[ACC_REPORTED_NEW] + recall->reported[ACC_REPORTED_KNOWN] == 0)
        code =
            acc_error_set(err, ACC_USAGE,
                          "no object lies at or below it, so there is nothing to know. Check the "
                          "bucket and the prefix.");
    return code;
}

enum acc_code acc_rebuild_ledger(struct acc_recall *recall, const char *url, struct acc_error *err)
{
    struct acc_rebuild *r = ACC_NEW(struct acc_rebuild);
    struct acc_error own = {0};
    r->at = acc_time_now();
    enum acc_code code = acc_taking_open(&r->taking, recall, "accession ledger rebuild", &own);
    if (code == ACC_OK)
        code = acc_rebuild_open(r, url, &own);
    if (code == ACC_OK) {
        own = (struct acc_error){0}; /* left by a look for files that need not exist */
        code = rebuild(r, &own);
        if (code != ACC_OK)
            acc_error_context(&own, "%s", r->location.url);
    }
    if (code != ACC_OK)
        *err = own;
    acc_rebuild_close(r);
    code = acc_taking_close(&r->taking, code, err);
    acc_rebuild_forget_bags(r);
    acc_marks_release(&r->there);
    acc_str_release(&r->bucket_url);
    acc_str_release(&r->bucket_canonical);
    acc_str_release(&r->url);
    acc_str_release(&r->canonical);
    free(r);
    return code;
}
