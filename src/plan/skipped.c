/* Files that a manifest names without a digest, where the user wants them left out. Another
 * manifest may still give the digest, so they wait in a temporary file until all manifests are in
 * the ledger; what is not named there by then is skipped, noted and counted. ACC_LOCAL when the
 * temporary file cannot be used. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "plan/planning.h"

static enum acc_code spool_failed(struct acc_error *err)
{
    return acc_error_set(err, ACC_LOCAL,
                         "a temporary file cannot be used: %s. Free some space, or set TMPDIR.",
                         strerror(errno));
}

enum acc_code acc_plan_skip(struct acc_planning *p, const struct acc_entry *entry,
                            struct acc_error *err)
{
    if (p->skipped == NULL && (p->skipped = tmpfile()) == NULL)
        return spool_failed(err);
    size_t len = strlen(entry->path) + 1;
    return fwrite(entry->path, 1, len, p->skipped) == len ? ACC_OK : spool_failed(err);
}

/* FNV-1a, 64 bits: a collision hides one unlisted file among 2^64. */
static uint64_t fingerprint(const char *path)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (; *path; path++)
        hash = (hash ^ (uint8_t)*path) * 0x100000001B3u;
    return hash;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void skip(struct acc_planning *p, const char *path)
{
    size_t n = p->skipped_count++;
    if ((n & (n - 1)) == 0)
        p->skipped_names = acc_realloc(p->skipped_names, (n > 0 ? 2 * n : 1) * sizeof(uint64_t));
    p->skipped_names[n] = fingerprint(path);
    if (n < ACC_PLAN_NAMED) {
        struct acc_str shown = {0};
        acc_path_show(&shown, path, strlen(path));
        acc_plan_note(p, ACC_NO_DIGEST,
                      "%s: is named without a usable digest, so it is not archived",
                      acc_str_cstr(&shown));
        acc_str_release(&shown);
    }
}

static enum acc_code read_spool(struct acc_planning *p, struct acc_error *err)
{
    char *path = NULL;
    size_t size = 0;
    enum acc_code code = ACC_OK;
    rewind(p->skipped);
    while (code == ACC_OK && getdelim(&path, &size, '\0', p->skipped) > 0) {
        bool named = false;
        code = acc_ledger_names(p->plan->ledger, p->plan->run, path, &named, err);
        if (code == ACC_OK && !named)
            skip(p, path);
    }
    if (code == ACC_OK && ferror(p->skipped))
        code = spool_failed(err);
    free(path);
    return code;
}

enum acc_code acc_plan_settle_skipped(struct acc_planning *p, struct acc_error *err)
{
    if (p->skipped == NULL)
        return ACC_OK;
    enum acc_code code = read_spool(p, err);
    if (p->skipped_count > 0)
        qsort(p->skipped_names, p->skipped_count, sizeof(uint64_t), by_value);
    /* A path may have been named several times. */
    for (size_t i = 0; i < p->skipped_count; i++)
        p->plan->coverage.skipped += i == 0 || p->skipped_names[i] != p->skipped_names[i - 1];
    p->plan->coverage.undigested += p->plan->coverage.skipped;
    if (p->skipped_count > ACC_PLAN_NAMED)
        acc_plan_note(p, ACC_NO_DIGEST, "and %zu more files that are named without a usable digest",
                      p->skipped_count - ACC_PLAN_NAMED);
    return code;
}

bool acc_plan_skipped(const struct acc_planning *p, const char *path)
{
    uint64_t wanted = fingerprint(path);
    return p->skipped_count > 0 &&
           bsearch(&wanted, p->skipped_names, p->skipped_count, sizeof wanted, by_value) != NULL;
}
