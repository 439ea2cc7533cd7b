/* Making the plan, in one transaction of the ledger: the bag's own manifests, then the external
 * ones, a stat for each entry. Then the folder is walked and what no manifest names is counted.
 * Fails with one line naming file and line; the transaction is then rolled back. */
#include "plan/planning.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "manifest/manifest.h"
#include "plan/guess.h"
#include "plan/oxum.h"

static void on_manifest_note(void *arg, const struct acc_manifest_note *remark)
{
    struct acc_planning *p = arg;
    struct acc_str text = {0};
    if (remark->line > 0)
        acc_str_addf(&text, "%s:%llu: %s", remark->file, (unsigned long long)remark->line,
                     remark->text);
    else
        acc_str_addf(&text, "%s: %s", remark->file, remark->text);
    acc_plan_note(p, ACC_OK, "%s", acc_str_cstr(&text));
    acc_str_release(&text);
}

/* ---- manifests ---- */

static void remember_manifest(struct acc_planning *p, const char *name,
                              const struct acc_digests *self)
{
    struct acc_plan *plan = p->plan;
    char hex[ACC_DIGEST_MAX * 2 + 1];
    acc_digests_hex(self, ACC_SHA256, hex);
    if (plan->rules.manifest_sha256 != NULL) {
        p->pinned_seen = p->pinned_seen || strcasecmp(hex, plan->rules.manifest_sha256) == 0;
        acc_str_addf(&p->manifests_read, "%s%s (sha256 %s)", p->manifests_read.len > 0 ? ", " : "",
                     name, hex);
    }
    if (plan->manifest_count++ == 0)
        snprintf(plan->manifest, sizeof plan->manifest, "%.900s (sha256 %.4s…%s)", name, hex,
                 hex + 60);
}

/* A Payload-Oxum that data/ does not have does not refuse the bag when the manifests do have it:
 * then files are missing, changed in size or too many, and each of them is reported by itself.
 * Where the source's files are not looked at, it says nothing of what is asked. */
static bool oxum_explained(const struct acc_planning *p, const struct acc_bag_info *info)
{
    bool as_found =
        info->found_files == info->payload_files && info->found_bytes == info->payload_bytes;
    bool as_listed = p->payload.files == info->payload_files &&
                     (p->payload.missing > 0 || p->payload.bytes == info->payload_bytes);
    return !p->plan->files_too || !info->has_oxum || as_found || as_listed;
}

/* As many files are listed as promised, yet of other bytes in all: one that its digest refuses
 * explains that. A number of files that differs is explained by nothing: what neither data/ nor a
 * manifest holds is lost, and no digest can show it. */
static enum acc_code find_changed_file(struct acc_planning *p, const struct acc_bag_info *info,
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
        acc_plan_note(p, ACC_DIGEST, "%s", text.data);
    }
    acc_str_release(&text);
    acc_str_release(&culprit);
    return code;
}

static enum acc_code check_oxum(struct acc_planning *p, const struct acc_bag_info *info,
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

static void on_tag(void *arg, const char *label, const char *value)
{
    struct acc_planning *p = arg;
    if (p->profile != NULL)
        acc_profile_tag(p->profile, label, value);
    if (strcasecmp(label, "External-Identifier") == 0)
        acc_str_addf(&p->external_identifiers, "%s%s", p->external_identifiers.len > 0 ? "\n" : "",
                     value);
}

static enum acc_code check_profile(struct acc_planning *p, const struct acc_bag_info *info,
                                   struct acc_error *err)
{
    struct acc_str faults = {0}, notes = {0};
    enum acc_code code = ACC_OK;
    if (p->profile == NULL)
        return ACC_OK;
    acc_profile_check(p->profile, p->plan->source, info, &faults, &notes);
    if (notes.len > 0)
        acc_plan_note(p, ACC_OK, "%s", notes.data);
    if (faults.len > 0)
        code = acc_error_set(err, ACC_MANIFEST, "%s: does not meet the BagIt Profile %s: %.1200s.",
                             p->plan->source->path, p->plan->rules.bagit_profile, faults.data);
    acc_str_release(&faults);
    acc_str_release(&notes);
    return code;
}

/* They stand one a line. */
static enum acc_code keep_identifiers(struct acc_planning *p, struct acc_error *err)
{
    char *list = acc_strdup(acc_str_cstr(&p->external_identifiers)), *rest = list, *name;
    enum acc_code code = ACC_OK;
    while (code == ACC_OK && (name = strsep(&rest, "\n")) != NULL)
        if (*name != '\0')
            code = acc_ledger_add_identifier(p->plan->ledger, p->plan->run, name, err);
    free(list);
    return code;
}

static enum acc_code read_bag(struct acc_planning *p, const struct acc_manifest_sink *sink,
                              struct acc_error *err)
{
    struct acc_plan *plan = p->plan;
    struct acc_bag_info info = {0};
    enum acc_code code = acc_bag_read(plan->source, sink, &info, err);
    if (code == ACC_OK)
        code = check_profile(p, &info, err);
    if (code == ACC_OK)
        code = check_oxum(p, &info, err);
    if (code == ACC_OK)
        code = keep_identifiers(p, err);
    /* The payload manifest is the one people know the bag by: it goes first. */
    for (int tags = 0; code == ACC_OK && tags < 2; tags++)
        for (unsigned i = 0; code == ACC_OK && i < info.manifest_count; i++) {
            const struct acc_bag_manifest *m = &info.manifests[i];
            if (m->tags != (tags == 1))
                continue;
            remember_manifest(p, m->name, &m->self);
            code = acc_ledger_add_manifest(plan->ledger, plan->run, m->name, "bagit",
                                           m->self.value[ACC_SHA256], err);
        }
    return code;
}

static bool source_has(void *arg, const char *path)
{
    const struct acc_planning *p = arg;
    return acc_source_has(p->plan->source, path);
}

static enum acc_code read_from(struct acc_planning *p, const char *file,
                               const struct acc_source *source, const char *name, bool inside,
                               const struct acc_manifest_sink *sink, struct acc_error *err)
{
    struct acc_plan *plan = p->plan;
    struct acc_manifest_options options = {.source = source,
                                           .name = name,
                                           .format = plan->manifest_format,
                                           .strip_prefix = plan->strip_prefix,
                                           .windows_paths = plan->rules.windows_paths,
                                           .exists = plan->files_too ? source_has : NULL,
                                           .arg = p,
                                           .stop = plan->stop};
    struct acc_manifest_info info = {0};
    acc_plan_sample_clear(p);
    enum acc_code code = acc_manifest_read(file, &options, sink, &info, err);
    if (code == ACC_OK)
        code = acc_plan_check_guess(p, name, &info, err);
    if (code == ACC_OK) {
        if (inside || source == NULL)
            acc_plan_own_remember(p, file, inside, &info.self);
        remember_manifest(p, name, &info.self);
        code = acc_ledger_add_manifest(plan->ledger, plan->run, name, info.format,
                                       info.self.value[ACC_SHA256], err);
    }
    return code;
}

/* From a bucket: it is an object of the source, or one of another place. */
static enum acc_code read_object(struct acc_planning *p, const char *url,
                                 const struct acc_manifest_sink *sink, struct acc_error *err)
{
    const struct acc_plan *plan = p->plan;
    const char *path = plan->source != NULL ? acc_source_below(plan->source, url) : NULL;
    struct acc_source source;
    if (path != NULL && !acc_source_is_package(plan->source))
        return read_from(p, path, plan->source, url, true, sink, err);
    enum acc_code code = acc_source_open_object(url, plan->connection, &source, err);
    if (code != ACC_OK)
        return code == ACC_SOURCE ? acc_error_set(err, ACC_MANIFEST, "%s", err->message) : code;
    code = read_from(p, source.name, &source, url, false, sink, err);
    acc_source_close(&source);
    return code;
}

static enum acc_code read_manifest(struct acc_planning *p, const char *file,
                                   const struct acc_manifest_sink *sink, struct acc_error *err)
{
    struct acc_str full = {0};
    if (p->found.count == 0 && p->plan->connection != NULL && acc_starts_with(file, "s3://"))
        return read_object(p, file, sink, err);
    if (p->found.count == 0)
        return read_from(p, file, NULL, strcmp(file, "-") == 0 ? "standard input" : file, false,
                         sink, err);
    acc_str_addf(&full, "%s/%s", p->plan->source->path, file);
    enum acc_code code = read_from(p, file, p->plan->source, full.data, true, sink, err);
    acc_str_release(&full);
    return code;
}

/* What lies in the source is used as if it had been given, and a note says so. */
static enum acc_code find_manifests(struct acc_planning *p, struct acc_error *err)
{
    struct acc_str shown = {0};
    enum acc_code code = acc_found_manifests(p->plan->source, &p->found, err);
    for (size_t i = 0; i < p->found.count; i++) {
        acc_str_clear(&shown);
        acc_str_addf(&shown, "%s/", p->plan->source->path);
        acc_path_show(&shown, p->found.names[i], strlen(p->found.names[i]));
        acc_plan_note(p, ACC_OK, "%s: found in the source and used as its manifest", shown.data);
    }
    acc_str_release(&shown);
    if (p->found.count > 0)
        p->manifests = (const char *const *)p->found.names;
    return code;
}

/* A source that nothing describes: the recipe for it. A list is made of a folder only. */
static enum acc_code no_manifest(const struct acc_plan *plan, struct acc_error *err)
{
    struct acc_str next = {0}, bag = {0};
    const char *source = plan->source != NULL ? plan->source->path : "no SOURCE";
    bool several = plan->source != NULL && acc_guess_bag(plan->source, &bag);
    if (several)
        acc_str_addf(&next, "It holds several bags: name them, as in %s/*.", source);
    else if (bag.len > 0)
        acc_str_addf(&next, "Did you mean the bag %s?", bag.data);
    else if (plan->source != NULL && acc_source_is_package(plan->source))
        acc_str_addf(&next, "Name the checksum list of the files in it with --manifest FILE.");
    else
        acc_str_addf(&next,
                     "Name the checksum list with --manifest FILE, or make one: accession manifest "
                     "create %s --output SHA256SUMS.",
                     source);
    acc_error_set(err, ACC_MANIFEST,
                  "%s: is not a BagIt bag (it has no bagit.txt), and there is no --manifest to "
                  "compare its files with. %s",
                  source, next.data);
    acc_str_release(&next);
    acc_str_release(&bag);
    return ACC_MANIFEST;
}

/* The declaration makes a bag. If it cannot be looked for, the run cannot go on. */
static enum acc_code look_for_declaration(struct acc_plan *plan, struct acc_error *err)
{
    struct stat st;
    bool there = plan->source != NULL && acc_source_look(plan->source, "bagit.txt", 0, &st) == 0;
    plan->is_bag = there && S_ISREG(st.st_mode);
    if (there || plan->source == NULL || acc_source_lacks(errno))
        return ACC_OK;
    return acc_error_set(err, acc_code_of_errno(errno, ACC_SOURCE),
                         "%s/bagit.txt: cannot be read: %s.", plan->source->path, strerror(errno));
}

static enum acc_code read_all(struct acc_planning *p, struct acc_error *err)
{
    struct acc_plan *plan = p->plan;
    struct acc_manifest_sink sink = {
        .entry = acc_plan_entry, .note = on_manifest_note, .tag = on_tag, .arg = p};
    enum acc_code code = look_for_declaration(plan, err);
    p->manifests = plan->manifests;
    p->names.wanted = plan->is_bag || plan->rules.portable_names;
    bool any = p->manifests != NULL && p->manifests[0] != NULL;
    if (code == ACC_OK && !plan->is_bag && !any && plan->source != NULL) {
        code = find_manifests(p, err);
        any = p->manifests != NULL;
    }
    if (code == ACC_OK && !plan->is_bag && !any)
        return no_manifest(plan, err);
    if (code == ACC_OK && plan->is_bag)
        code = read_bag(p, &sink, err);
    p->external = true;
    for (size_t i = 0; any && code == ACC_OK && p->manifests[i] != NULL; i++)
        code = read_manifest(p, p->manifests[i], &sink, err);
    if (code == ACC_OK)
        code = acc_plan_judge_manifests(p, err);
    return code == ACC_OK ? acc_plan_own_manifests(p, err) : code;
}

/* What the rules name must be usable before anything is read. */
static enum acc_code open_rules(struct acc_planning *p, struct acc_error *err)
{
    const struct acc_manifest_rules *rules = &p->plan->rules;
    const char *name = rules->require;
    p->required = name != NULL ? acc_alg_parse(name, strlen(name)) : ACC_ALG_COUNT;
    if (name != NULL && p->required == ACC_ALG_COUNT)
        return acc_error_set(err, ACC_USAGE,
                             "--require %s: is not a known algorithm (sha256, ...).", name);
    return rules->bagit_profile != NULL ? acc_profile_open(rules->bagit_profile, &p->profile, err)
                                        : ACC_OK;
}

static enum acc_code load(struct acc_planning *p, struct acc_error *err)
{
    struct acc_plan *plan = p->plan;
    enum acc_code code = acc_ledger_load_begin(plan->ledger, plan->run, &p->load, err);
    if (code != ACC_OK)
        return code;
    if (plan->recorded_at != NULL && plan->record != NULL)
        code = acc_plan_from_record(p, err);
    if (code == ACC_OK && !plan->from_record)
        code = read_all(p, err);
    if (code == ACC_OK && p->unhashed)
        code = acc_source_prepare(plan->source, p->promised, plan->stop, err);
    plan->entries = acc_ledger_load_entries(p->load);
    plan->coverage.listed = plan->entries - p->own;
    if (code == ACC_OK && plan->coverage.listed == 0 && p->skipped == NULL)
        code = acc_error_set(err, ACC_MANIFEST, "%s: has no entries. Nothing could be checked.",
                             plan->source != NULL ? plan->source->path : plan->manifest);
    struct acc_error end_err;
    enum acc_code ended =
        acc_ledger_load_end(p->load, code == ACC_OK, code == ACC_OK ? err : &end_err);
    return code == ACC_OK ? ended : code;
}

static void release(struct acc_planning *p)
{
    acc_found_release(&p->found);
    acc_plan_sample_clear(p);
    free(p->own_manifests);
    acc_names_release(&p->names);
    acc_folder_release(&p->folder);
    acc_profile_free(p->profile);
    if (p->skipped != NULL)
        fclose(p->skipped);
    free(p->skipped_names);
    acc_str_release(&p->external_identifiers);
    acc_str_release(&p->manifests_read);
    acc_str_release(&p->key);
    acc_str_release(&p->first_missing);
    acc_str_release(&p->first_nested);
    acc_str_release(&p->first_windows);
}

enum acc_code acc_plan_make(struct acc_plan *plan, struct acc_error *err)
{
    struct acc_planning p = {.plan = plan};
    enum acc_code code = open_rules(&p, err);
    if (code == ACC_OK && plan->source != NULL)
        code = acc_source_prepare(plan->source, 0, plan->stop, err);
    if (code == ACC_OK)
        code = acc_plan_check_package(&p, err);
    if (code == ACC_OK)
        code = load(&p, err);
    if (code == ACC_OK)
        code = acc_plan_settle_skipped(&p, err);
    if (code == ACC_OK)
        code = acc_plan_judge_entries(&p, err);
    if (code == ACC_OK && !plan->is_bag && !plan->from_record && !p.any_found &&
        p.first_missing.len > 0)
        acc_plan_hint(&p);
    if (code == ACC_OK)
        acc_plan_note_names(&p);
    if (code == ACC_OK && plan->files_too)
        code = acc_plan_unlisted(&p, err);
    release(&p);
    return code;
}
