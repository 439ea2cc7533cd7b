/* Making the plan, in one transaction of the ledger: the bag's own manifests, then the external
 * ones, a stat for each entry. Then the folder is walked and what no manifest names is counted.
 * Fails with one line naming file and line; the transaction is then rolled back. */
#include "plan/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/walk.h"
#include "manifest/manifest.h"
#include "plan/guess.h"
#include "plan/oxum.h"

#define UNLISTED_NAMED 20

struct planning {
    struct acc_plan *plan;
    struct acc_ledger_load *load;
    struct acc_str key;
    bool external; /* a manifest beside a bag is being read */
    struct {
        uint64_t files, bytes, missing;
    } payload; /* as the manifests list it; bytes of missing files are not known */
    bool any_found;
    struct acc_str first_missing;
};

static void note(struct planning *p, enum acc_code code, const char *text)
{
    p->plan->on_note(p->plan->arg, code, text);
}

static enum acc_code stopped(const struct planning *p, struct acc_error *err)
{
    return atomic_load(p->plan->stop)
               ? acc_error_set(err, ACC_INTERRUPTED, "interrupted while reading the manifests")
               : ACC_OK;
}

/* ---- entries ---- */

/* The entry's file by its very name, or by its other normal form. */
static bool find_file(struct planning *p, const struct acc_entry *entry, struct stat *st)
{
    struct acc_str mapped = {0};
    int fd;
    if (fstatat(p->plan->source->fd, entry->path, st, 0) == 0)
        return S_ISREG(st->st_mode);
    if (acc_source_open_file(p->plan->source, entry->path, &fd, st, &mapped, NULL) != ACC_OK)
        fd = -1;
    acc_str_release(&mapped);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

/* Sizes let progress and part sizes be known early; what is wrong here is told per file later. -1:
 * there is no such file, or files are not looked at. */
static int64_t size_on_disk(struct planning *p, const struct acc_entry *entry)
{
    struct stat st;
    return p->plan->files_too && find_file(p, entry, &st) ? st.st_size : -1;
}

/* Of an entry that is new to the run. */
static void count_file(struct planning *p, const struct acc_entry *entry, int64_t found)
{
    bool payload = entry->role == ACC_ROLE_PAYLOAD, missing = found < 0;
    if (!p->plan->files_too)
        return;
    p->payload.files += payload;
    p->payload.missing += payload && missing;
    p->any_found |= !missing;
    if (missing && p->first_missing.len == 0)
        acc_str_set(&p->first_missing, entry->path);
    if (payload && !missing)
        p->payload.bytes += (uint64_t)(entry->size >= 0 ? entry->size : found);
}

/* A manifest made beside a bag may name payload from the bag's folder or from within data/. */
static const char *path_in_bag(struct planning *p, const struct acc_entry *entry,
                               struct acc_str *inside)
{
    struct stat st;
    if (fstatat(p->plan->source->fd, entry->path, &st, 0) == 0)
        return entry->path;
    acc_str_addf(inside, "data/%s", entry->path);
    return fstatat(p->plan->source->fd, acc_str_cstr(inside), &st, 0) == 0 ? acc_str_cstr(inside)
                                                                           : entry->path;
}

static enum acc_code on_entry(void *arg, const struct acc_entry *given, enum acc_taken *taken,
                              struct acc_error *err)
{
    struct planning *p = arg;
    struct acc_entry entry = *given;
    struct acc_str inside = {0};
    if (p->plan->is_bag && p->external)
        entry.path = path_in_bag(p, given, &inside);
    enum acc_code code = stopped(p, err);
    if (code == ACC_OK && p->plan->location != NULL)
        code = acc_s3_location_key(p->plan->location, entry.path, &p->key, err);
    if (code == ACC_FILE_KEY) {
        acc_error_context(err, "%s:%llu", entry.origin, (unsigned long long)entry.line);
        err->code = code = ACC_MANIFEST;
    }
    int64_t found = code == ACC_OK ? size_on_disk(p, &entry) : -1;
    if (code == ACC_OK)
        code = acc_ledger_load_add(p->load, &entry, found, taken, err);
    bool fresh = *taken == ACC_TAKEN_NEW;
    if (code == ACC_OK && fresh && p->plan->is_bag && p->external) {
        struct acc_str shown = {0};
        acc_path_show(&shown, entry.path, strlen(entry.path));
        code = acc_error_set(err, ACC_MANIFEST,
                             "%s:%llu: names %s, which the bag's own manifests do not. They must "
                             "agree; correct the one "
                             "that is wrong.",
                             entry.origin, (unsigned long long)entry.line, acc_str_cstr(&shown));
        acc_str_release(&shown);
    }
    if (code == ACC_OK && fresh)
        count_file(p, &entry, found);
    acc_str_release(&inside);
    return code;
}

static void on_manifest_note(void *arg, const struct acc_manifest_note *remark)
{
    struct planning *p = arg;
    struct acc_str text = {0};
    if (remark->line > 0)
        acc_str_addf(&text, "%s:%llu: %s", remark->file, (unsigned long long)remark->line,
                     remark->text);
    else
        acc_str_addf(&text, "%s: %s", remark->file, remark->text);
    note(p, ACC_OK, acc_str_cstr(&text));
    acc_str_release(&text);
}

/* ---- manifests ---- */

static void remember_manifest(struct acc_plan *plan, const char *name,
                              const struct acc_digests *self)
{
    char hex[ACC_DIGEST_MAX * 2 + 1];
    if (plan->manifest_count++ > 0)
        return;
    acc_digests_hex(self, ACC_SHA256, hex);
    snprintf(plan->manifest, sizeof plan->manifest, "%.900s (sha256 %.4s…%s)", name, hex, hex + 60);
}

/* Payload-Oxum that data/ does not have is no reason to refuse the bag when the manifests do have
 * it: then files are missing, changed in size or too many, and each of them is told by itself.
 * Where the source's files are not looked at, it says nothing of what is asked. */
static bool oxum_explained(const struct planning *p, const struct acc_bag_info *info)
{
    bool as_found =
        info->found_files == info->payload_files && info->found_bytes == info->payload_bytes;
    bool as_listed = p->payload.files == info->payload_files &&
                     (p->payload.missing > 0 || p->payload.bytes == info->payload_bytes);
    return !p->plan->files_too || !info->has_oxum || as_found || as_listed;
}

/* As many files are listed as promised, yet of other bytes in all: one that its digest refuses
 * explains that. A number of files that differs is explained by nothing: what neither data/ nor a
 * manifest holds is lost, and no digest can tell. */
static enum acc_code find_changed_file(struct planning *p, const struct acc_bag_info *info,
                                       struct acc_error *err)
{
    struct acc_str culprit = {0}, text = {0};
    enum acc_code code = ACC_OK;
    if (p->payload.files == info->payload_files)
        code = acc_oxum_find_culprit(p->plan->source, p->plan->stop, &culprit, err);
    p->plan->oxum_differs = code == ACC_OK && culprit.len > 0;
    if (p->plan->oxum_differs) {
        acc_path_show(&text, culprit.data, culprit.len);
        acc_str_addf(&text,
                     ": is not as the manifest says; Payload-Oxum promises %llu bytes, data/ holds "
                     "%llu",
                     (unsigned long long)info->payload_bytes,
                     (unsigned long long)info->found_bytes);
        note(p, ACC_DIGEST, text.data);
    }
    acc_str_release(&text);
    acc_str_release(&culprit);
    return code;
}

static enum acc_code check_oxum(struct planning *p, const struct acc_bag_info *info,
                                struct acc_error *err)
{
    if (oxum_explained(p, info))
        return ACC_OK;
    enum acc_code code = find_changed_file(p, info, err);
    if (code != ACC_OK || p->plan->oxum_differs)
        return code;
    return acc_error_set(
        err, ACC_MANIFEST,
        "%s: Payload-Oxum promises %llu bytes in %llu files, data/ holds %llu "
        "bytes in %llu files, and the manifests name %llu files. %s bag-info.txt is wrong; "
        "correct it.",
        p->plan->source->path, (unsigned long long)info->payload_bytes,
        (unsigned long long)info->payload_files, (unsigned long long)info->found_bytes,
        (unsigned long long)info->found_files, (unsigned long long)p->payload.files,
        p->payload.files == info->payload_files ? "Every digest agrees, so"
                                                : "A file is missing, or");
}

static enum acc_code read_bag(struct planning *p, const struct acc_manifest_sink *sink,
                              struct acc_error *err)
{
    struct acc_plan *plan = p->plan;
    struct acc_bag_info info = {0};
    enum acc_code code = acc_bag_read(plan->source->path, sink, &info, err);
    if (code == ACC_OK)
        code = check_oxum(p, &info, err);
    /* The payload manifest is the one people know the bag by: it goes first. */
    for (int tags = 0; code == ACC_OK && tags < 2; tags++)
        for (unsigned i = 0; code == ACC_OK && i < info.manifest_count; i++) {
            const struct acc_bag_manifest *m = &info.manifests[i];
            if (m->tags != (tags == 1))
                continue;
            remember_manifest(plan, m->name, &m->self);
            code = acc_ledger_add_manifest(plan->ledger, plan->run, m->name, "bagit",
                                           m->self.value[ACC_SHA256], err);
        }
    return code;
}

static enum acc_code read_manifest(struct planning *p, const char *file,
                                   const struct acc_manifest_sink *sink, struct acc_error *err)
{
    struct acc_plan *plan = p->plan;
    struct acc_manifest_options options = {.format = plan->manifest_format,
                                           .strip_prefix = plan->strip_prefix};
    struct acc_manifest_info info = {0};
    enum acc_code code = acc_manifest_read(file, &options, sink, &info, err);
    if (code != ACC_OK)
        return code;
    remember_manifest(plan, file, &info.self);
    return acc_ledger_add_manifest(plan->ledger, plan->run, file, info.format,
                                   info.self.value[ACC_SHA256], err);
}

static enum acc_code no_manifest(const struct acc_plan *plan, struct acc_error *err)
{
    struct acc_str bag = {0};
    if (plan->source != NULL)
        acc_guess_bag(plan->source, &bag);
    acc_error_set(err, ACC_MANIFEST,
                  "%s: is not a BagIt bag (it has no bagit.txt), and there is no --manifest to "
                  "compare its files with. %s%s%s",
                  plan->source != NULL ? plan->source->path : "no SOURCE",
                  bag.len > 0 ? "Did you mean the bag " : "Name the checksum list with --manifest ",
                  bag.len > 0 ? bag.data : "FILE", bag.len > 0 ? "?" : ".");
    acc_str_release(&bag);
    return ACC_MANIFEST;
}

static enum acc_code read_all(struct planning *p, struct acc_error *err)
{
    struct acc_plan *plan = p->plan;
    struct acc_manifest_sink sink = {.entry = on_entry, .note = on_manifest_note, .arg = p};
    const char *const *external = plan->manifests;
    bool any = external != NULL && external[0] != NULL;
    plan->is_bag = plan->source != NULL && acc_bag_detect(plan->source->path);
    if (!plan->is_bag && !any)
        return no_manifest(plan, err);
    enum acc_code code = plan->is_bag ? read_bag(p, &sink, err) : ACC_OK;
    p->external = true;
    for (size_t i = 0; any && code == ACC_OK && external[i] != NULL; i++)
        code = read_manifest(p, external[i], &sink, err);
    return code;
}

/* ---- a folder that is another one ---- */

static void set_text(char *out, size_t size, const struct acc_str *text)
{
    snprintf(out, size, "%s", text->len < size ? acc_str_cstr(text) : "");
}

static void hint_at_place(struct planning *p)
{
    struct acc_plan *plan = p->plan;
    struct acc_str text = {0}, prefix = {0};
    struct acc_guess guess = {0};
    char files[32];
    acc_guess_place(plan->source, p->first_missing.data, &guess);
    acc_str_addf(&text, "Of the %s files that the manifest names not one is there. The first, ",
                 acc_show_count(plan->entries, files));
    acc_path_show(&text, p->first_missing.data, p->first_missing.len);
    acc_str_addf(&text, ", was looked for in %s", plan->source->path);
    if (guess.prefix.len > 0) {
        if (plan->strip_prefix != NULL)
            acc_str_addf(&prefix, "%s/", plan->strip_prefix);
        acc_str_add(&prefix, guess.prefix.data);
        acc_str_add(&text, "; it would be found with --strip-prefix ");
        acc_path_show(&text, prefix.data, prefix.len);
        acc_str_add(&text, ".");
    } else if (guess.folder.len > 0) {
        acc_str_add(&text, "; it is in ");
        acc_path_show(&text, guess.folder.data, guess.folder.len);
        acc_str_add(&text, ": give that as SOURCE.");
    } else {
        acc_str_add(&text,
                    ". Give as SOURCE the folder that the manifest's paths begin in, or take "
                    "off their beginning with --strip-prefix.");
    }
    set_text(plan->hint, sizeof plan->hint, &text);
    set_text(plan->right_source, sizeof plan->right_source, &guess.folder);
    if (plan->strip_prefix == NULL)
        set_text(plan->right_prefix, sizeof plan->right_prefix, &prefix);
    acc_str_release(&text);
    acc_str_release(&prefix);
    acc_guess_release(&guess);
}

/* ---- what no manifest names ---- */

static bool is_a_manifest(const struct planning *p, const struct stat *st)
{
    const char *const *external = p->plan->manifests;
    for (size_t i = 0; external != NULL && external[i] != NULL; i++) {
        struct stat manifest;
        if (stat(external[i], &manifest) == 0 && manifest.st_ino == st->st_ino &&
            manifest.st_dev == st->st_dev)
            return true;
    }
    return false;
}

static enum acc_code is_listed(struct planning *p, const char *path, bool *listed,
                               struct acc_error *err)
{
    enum acc_code code = acc_ledger_names(p->plan->ledger, p->plan->run, path, listed, err);
    if (code != ACC_OK || *listed)
        return code;
    char *forms[] = {acc_path_nfc(path), acc_path_nfd(path)};
    for (size_t i = 0; i < ACC_COUNT_OF(forms); i++) {
        if (code == ACC_OK && !*listed && forms[i] != NULL)
            code = acc_ledger_names(p->plan->ledger, p->plan->run, forms[i], listed, err);
        free(forms[i]);
    }
    return code;
}

static enum acc_code on_walked(void *arg, const char *path, const struct stat *st,
                               struct acc_error *err)
{
    struct planning *p = arg;
    bool listed = false;
    enum acc_code code = stopped(p, err);
    /* A name that no manifest can hold cannot be in one; asking the ledger would be in vain. */
    if (code == ACC_OK && acc_utf8_valid(path, strlen(path)))
        code = is_listed(p, path, &listed, err);
    if (code != ACC_OK || listed || is_a_manifest(p, st))
        return code;
    if (p->plan->unlisted++ < UNLISTED_NAMED) {
        struct acc_str text = {0};
        acc_path_show(&text, path, strlen(path));
        acc_str_add(&text, ": is in the source, but no manifest names it");
        note(p, ACC_UNLISTED, acc_str_cstr(&text));
        acc_str_release(&text);
    }
    return ACC_OK;
}

enum acc_code acc_plan_make(struct acc_plan *plan, struct acc_error *err)
{
    struct planning p = {.plan = plan};
    enum acc_code code = acc_ledger_load_begin(plan->ledger, plan->run, &p.load, err);
    if (code != ACC_OK)
        return code;
    code = read_all(&p, err);
    if (code == ACC_OK && (plan->entries = acc_ledger_load_entries(p.load)) == 0)
        code = acc_error_set(err, ACC_MANIFEST, "%s: not a single entry. Nothing could be checked.",
                             plan->source != NULL ? plan->source->path : plan->manifest);
    struct acc_error end_err;
    enum acc_code ended =
        acc_ledger_load_end(p.load, code == ACC_OK, code == ACC_OK ? err : &end_err);
    if (code == ACC_OK)
        code = ended;
    if (code == ACC_OK && !plan->is_bag && !p.any_found && p.first_missing.len > 0)
        hint_at_place(&p);
    if (code == ACC_OK && plan->files_too)
        code = acc_walk(plan->source->path, on_walked, NULL, &p, err);
    if (code == ACC_OK && plan->unlisted > UNLISTED_NAMED) {
        char text[128];
        snprintf(text, sizeof text, "and %llu more files that no manifest names",
                 (unsigned long long)(plan->unlisted - UNLISTED_NAMED));
        note(&p, ACC_UNLISTED, text);
    }
    acc_str_release(&p.key);
    acc_str_release(&p.first_missing);
    return code;
}
