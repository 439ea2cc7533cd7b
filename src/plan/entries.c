/* What the readers send, on its way into the ledger: a key that is acceptable, a size where the
 * file is there, and counts of what is missing or weak. An entry that cannot be taken ends the plan
 * with ACC_MANIFEST and its place. Nothing is opened but to find a name's other normal form. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "plan/planning.h"

/* The entry's file by its very name, or by its other normal form. */
static bool find_file(struct acc_planning *p, const struct acc_entry *entry, struct stat *st)
{
    struct acc_source_file file;
    if (acc_source_look_near(p->plan->source, &p->folder, entry->path, st) == 0)
        return S_ISREG(st->st_mode);
    if ((errno == ENOENT || errno == ENOTDIR) && p->plan->source->extra_count == 0 &&
        acc_is_ascii(entry->path))
        return false;
    if (acc_source_open_file(p->plan->source, entry->path, &file, NULL) != ACC_OK)
        return false;
    *st = file.st;
    acc_source_shut(&file);
    return true;
}

/* Sizes let progress and part sizes be known early; what is wrong here, a file too large for any
 * object too, is reported for each file later. -1: there is no such file, or files are not looked
 * at. */
static int64_t size_on_disk(struct acc_planning *p, const struct acc_entry *entry)
{
    struct stat st;
    if (!p->plan->files_too || !find_file(p, entry, &st))
        return -1;
    return st.st_size < ACC_SIZE_MAX ? st.st_size : ACC_SIZE_MAX;
}

/* Of an entry that is new to the run. */
static void count_file(struct acc_planning *p, const struct acc_entry *entry, int64_t found)
{
    bool payload = entry->role == ACC_ROLE_PAYLOAD, missing = found < 0;
    if (!p->plan->files_too)
        return;
    p->plan->coverage.missing += missing;
    p->payload.files += payload;
    p->payload.missing += payload && missing;
    p->any_found |= !missing;
    if (missing && p->first_missing.len == 0)
        acc_str_set(&p->first_missing, entry->path);
    if (payload && !missing)
        p->payload.bytes += (uint64_t)(entry->size >= 0 ? entry->size : found);
}

/* A bag that lies in a bag's payload is payload (RFC 8493 knows no nesting). */
static void count_nested(struct acc_planning *p, const struct acc_entry *entry)
{
    if (entry->role != ACC_ROLE_PAYLOAD || p->external || !acc_ends_with(entry->path, "/bagit.txt"))
        return;
    if (p->nested++ == 0)
        acc_str_set(&p->first_nested, entry->path);
}

/* A package is hashed before its manifests are known: what they promise besides is computed at the
 * end of the plan, for all files in one go. */
static void note_algorithms(struct acc_planning *p, const struct acc_entry *entry, int64_t found)
{
    struct acc_digests digests;
    struct stat st;
    p->promised |= entry->promised.present;
    if (found >= 0 && acc_source_is_package(p->plan->source))
        p->unhashed |=
            !acc_source_known(p->plan->source, entry->path, entry->promised.present, &digests, &st);
}

/* A manifest made beside a bag may name payload from the bag's folder or from within data/. */
static const char *path_in_bag(struct acc_planning *p, const struct acc_entry *entry,
                               struct acc_str *inside)
{
    struct stat st;
    if (acc_source_look(p->plan->source, entry->path, 0, &st) == 0)
        return entry->path;
    acc_str_addf(inside, "data/%s", entry->path);
    return acc_source_look(p->plan->source, acc_str_cstr(inside), 0, &st) == 0
               ? acc_str_cstr(inside)
               : entry->path;
}

/* A file that is missing by a name with "\\", but there with "/". */
static void look_for_windows(struct acc_planning *p, const struct acc_entry *entry)
{
    if (strchr(entry->path, '\\') == NULL || entry->problem != NULL)
        return;
    char *turned = acc_strdup(entry->path);
    for (char *at = turned; *at; at++)
        *at = *at == '\\' ? '/' : *at;
    if (acc_source_has(p->plan->source, turned) && p->windows++ == 0)
        acc_str_set(&p->first_windows, entry->path);
    free(turned);
}

static enum acc_code refuse_stranger(const struct acc_entry *entry, struct acc_error *err)
{
    struct acc_str shown = {0};
    acc_path_show(&shown, entry->path, strlen(entry->path));
    acc_error_set(err, ACC_MANIFEST,
                  "%s:%llu: names %s, which the bag's own manifests do not. They must agree; "
                  "correct the one that is wrong.",
                  entry->origin, (unsigned long long)entry->line, acc_str_cstr(&shown));
    acc_str_release(&shown);
    return ACC_MANIFEST;
}

static enum acc_code check_size(const struct acc_entry *entry, struct acc_error *err)
{
    if (entry->size <= ACC_SIZE_MAX)
        return ACC_OK;
    return acc_error_set(err, ACC_MANIFEST,
                         "%s:%llu: gives a size of %lld bytes, and no object can be larger than "
                         "48.8 TiB. Correct the manifest.",
                         entry->origin, (unsigned long long)entry->line, (long long)entry->size);
}

static enum acc_code check_key(struct acc_planning *p, const struct acc_entry *entry,
                               struct acc_error *err)
{
    if (p->plan->location == NULL)
        return ACC_OK;
    enum acc_code code = acc_s3_location_key(p->plan->location, entry->path, &p->key, err);
    if (code == ACC_FILE_KEY) {
        acc_error_context(err, "%s:%llu", entry->origin, (unsigned long long)entry->line);
        err->code = code = ACC_MANIFEST;
    }
    return code;
}

static enum acc_code take(struct acc_planning *p, const struct acc_entry *entry,
                          enum acc_taken *taken, struct acc_error *err)
{
    bool skips = p->plan->rules.undigested == ACC_UNDIGESTED_SKIP;
    if (skips && entry->promised.present == 0)
        return acc_plan_skip(p, entry, err);
    int64_t found = size_on_disk(p, entry);
    enum acc_code code = acc_ledger_load_add(p->load, entry, found, taken, err);
    if (code != ACC_OK)
        return code;
    p->coverage_seen |= entry->promised.present == 0 || acc_digests_weak(&entry->promised);
    p->plan->coverage.repeated += *taken == ACC_TAKEN_REPEATED && entry->line > 0;
    if (*taken != ACC_TAKEN_NEW)
        return ACC_OK;
    if (p->plan->is_bag && p->external)
        return refuse_stranger(entry, err);
    if (entry->problem != NULL)
        acc_plan_note(p, ACC_FILE_KEY,
                      "%s:%llu: the name '%s' %s. Rename the file, in the manifest too.",
                      entry->origin, (unsigned long long)entry->line, entry->path, entry->problem);
    count_file(p, entry, found);
    count_nested(p, entry);
    note_algorithms(p, entry, found);
    if (p->plan->files_too && found < 0)
        look_for_windows(p, entry);
    if (p->external && found >= 0)
        acc_plan_sample(p, entry, found);
    acc_names_add(&p->names, entry->path);
    return ACC_OK;
}

enum acc_code acc_plan_entry(void *arg, const struct acc_entry *given, enum acc_taken *taken,
                             struct acc_error *err)
{
    struct acc_planning *p = arg;
    struct acc_entry entry = *given;
    struct acc_str inside = {0};
    if (p->plan->is_bag && p->external)
        entry.path = path_in_bag(p, given, &inside);
    enum acc_code code = acc_plan_stopped(p, err);
    if (code == ACC_OK)
        code = check_size(&entry, err);
    if (code == ACC_OK)
        code = check_key(p, &entry, err);
    if (code == ACC_OK)
        code = take(p, &entry, taken, err);
    acc_str_release(&inside);
    return code;
}
