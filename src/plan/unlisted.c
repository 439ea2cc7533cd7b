/* Files in the source that no manifest names. The folder is walked once and each name looked up in
 * the ledger; the first are noted by name, the others counted. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "plan/planning.h"

/* A hold must not last, however slow the folder is. */
#define NAMES_A_HOLD 256

/* Or has gone, between listing and looking. */
static bool is_a_manifest(const struct acc_planning *p, const char *path)
{
    const char *const *external = p->manifests;
    struct stat st;
    bool there = acc_source_look(p->plan->source, path, AT_SYMLINK_NOFOLLOW, &st) == 0;
    if (!there && errno == ENOENT)
        return true;
    for (size_t i = 0; external != NULL && external[i] != NULL; i++) {
        struct stat manifest;
        const char *inside = p->found.count > 0 ? external[i] : NULL;
        if (acc_starts_with(external[i], "s3://"))
            inside = acc_source_below(p->plan->source, external[i]);
        if (inside != NULL && strcmp(inside, path) == 0)
            return true;
        if (there && stat(external[i], &manifest) == 0 && manifest.st_ino == st.st_ino &&
            manifest.st_dev == st.st_dev)
            return true;
    }
    return false;
}

/* Under this very name, or under another normal form of it for which this file is opened. */
static enum acc_code is_listed(struct acc_planning *p, const char *path, bool *listed,
                               struct acc_error *err)
{
    enum acc_code code = acc_ledger_names(p->plan->ledger, p->plan->run, path, listed, err);
    if (code != ACC_OK || *listed)
        return code;
    char *forms[] = {acc_path_nfc(path), acc_path_nfd(path)};
    for (size_t i = 0; i < ACC_COUNT_OF(forms); i++) {
        bool named = false;
        if (code == ACC_OK && !*listed && forms[i] != NULL)
            code = acc_ledger_names(p->plan->ledger, p->plan->run, forms[i], &named, err);
        if (named)
            *listed = acc_source_stands_for(p->plan->source, path, forms[i]);
        free(forms[i]);
    }
    return code;
}

/* A key of a bucket may be what no file's path can be. */
static void note_unlisted(struct acc_planning *p, const char *path, const char *shown)
{
    size_t len = strlen(path);
    const char *problem = acc_utf8_valid(path, len) ? acc_path_problem(path, len) : NULL;
    if (problem != NULL)
        acc_plan_note(p, ACC_UNLISTED,
                      "%s: is in the source, but no manifest can name it: as a path it %s", shown,
                      problem);
    else
        acc_plan_note(p, ACC_UNLISTED, "%s: is in the source, but %s", shown,
                      p->plan->from_record ? "not on record as archived; it is not copied"
                                           : "no manifest names it");
}

/* On record as archived to another destination, which a replication of its own copies. */
static enum acc_code is_of_another(struct acc_planning *p, const char *path, bool *listed,
                                   struct acc_error *err)
{
    struct acc_str key = {0};
    acc_str_addf(&key, "%s%s", p->plan->recorded_at, path);
    enum acc_code code = acc_ledger_knows_key(p->plan->record, acc_str_cstr(&key), listed, err);
    acc_str_release(&key);
    return code;
}

static enum acc_code on_walked(void *arg, const char *path, const struct stat *st,
                               struct acc_error *err)
{
    struct acc_planning *p = arg;
    struct acc_str shown = {0};
    bool listed = false, valid = acc_utf8_valid(path, strlen(path));
    acc_path_show(&shown, path, strlen(path));
    enum acc_code code = acc_plan_stopped(p, err);
    if (++p->walked % NAMES_A_HOLD == 0) {
        acc_ledger_let_go(p->plan->ledger);
        acc_ledger_hold(p->plan->ledger);
    }
    /* A name that is not UTF-8 is in the ledger as it is shown. */
    if (code == ACC_OK)
        code = is_listed(p, valid ? path : acc_str_cstr(&shown), &listed, err);
    if (code == ACC_OK && !listed && p->plan->from_record)
        code = is_of_another(p, path, &listed, err);
    if (code == ACC_OK && !listed && !is_a_manifest(p, path) && !acc_plan_skipped(p, path) &&
        p->plan->coverage.unlisted++ < ACC_PLAN_NAMED)
        note_unlisted(p, path, acc_str_cstr(&shown));
    acc_str_release(&shown);
    return code;
}

enum acc_code acc_plan_unlisted(struct acc_planning *p, struct acc_error *err)
{
    acc_ledger_hold(p->plan->ledger);
    enum acc_code code = acc_source_walk_names(p->plan->source, on_walked, p, err);
    acc_ledger_let_go(p->plan->ledger);
    if (code == ACC_OK && p->plan->coverage.unlisted > ACC_PLAN_NAMED)
        acc_plan_note(p, ACC_UNLISTED, "and %llu more files that no manifest names",
                      (unsigned long long)(p->plan->coverage.unlisted - ACC_PLAN_NAMED));
    return code;
}
