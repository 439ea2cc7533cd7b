/* What the user's rules say once all manifests are read. Before the load ends: the pin, the bag's
 * identifiers and its profile, the portable names; what they refuse leaves nothing in the ledger.
 * After it, one walk over the entries, where somebody asked for it or something was seen that has
 * to be counted: digests that are missing, weak, or not of the algorithm required. */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "plan/planning.h"

static enum acc_code check_pin(const struct acc_planning *p, struct acc_error *err)
{
    if (p->plan->rules.manifest_sha256 == NULL || p->pinned_seen)
        return ACC_OK;
    return acc_error_set(err, ACC_MANIFEST,
                         "--manifest-sha256: no manifest has the SHA-256 %s. Read: %s. Fetch the "
                         "manifest again, from the place that the digest comes from.",
                         p->plan->rules.manifest_sha256, acc_str_cstr(&p->manifests_read));
}

static bool has_line(const char *lines, const char *wanted)
{
    size_t len = strlen(wanted);
    for (const char *at = lines; *at; at += strcspn(at, "\n"), at += *at == '\n')
        if (strncmp(at, wanted, len) == 0 && (at[len] == '\n' || at[len] == '\0'))
            return true;
    return false;
}

static enum acc_code check_identifier(const struct acc_planning *p, struct acc_error *err)
{
    const char *wanted = p->plan->rules.external_identifier;
    if (wanted == NULL || has_line(acc_str_cstr(&p->external_identifiers), wanted))
        return ACC_OK;
    if (!p->plan->is_bag)
        return acc_error_set(err, ACC_MANIFEST,
                             "--expect-external-identifier: the source is not a bag, so it has no "
                             "External-Identifier.");
    struct acc_str found = {0};
    acc_path_show(&found, acc_str_cstr(&p->external_identifiers), p->external_identifiers.len);
    acc_error_set(err, ACC_MANIFEST,
                  "bag-info.txt: External-Identifier is %s%s%s, not '%s'. Is this another bag?",
                  found.len > 0 ? "'" : "missing", acc_str_cstr(&found), found.len > 0 ? "'" : "",
                  wanted);
    acc_str_release(&found);
    return ACC_MANIFEST;
}

static void note_names(struct acc_planning *p)
{
    static const char *const texts[ACC_NAME_TROUBLES] = {
        [ACC_NAME_SYSTEM] = "files that an operating system leaves behind are in the manifest",
        [ACC_NAME_FORM] = "names are not in Unicode's form NFC; other programs may not find them",
        [ACC_NAME_FOREIGN] = NULL, /* common, and no fault where nobody asks for it */
        [ACC_NAME_TWIN] = "names differ in case alone; Windows and macOS hold only one of them",
    };
    for (int trouble = 0; trouble < ACC_NAME_TROUBLES; trouble++) {
        const char *first = acc_str_cstr(&p->names.found[trouble].first);
        if (p->names.found[trouble].count > 0 && texts[trouble] != NULL)
            acc_plan_note(p, ACC_OK, "%llu %s%s%s",
                          (unsigned long long)p->names.found[trouble].count, texts[trouble],
                          *first ? "; the first is " : "", first);
    }
}

static enum acc_code check_names(struct acc_planning *p, struct acc_error *err)
{
    acc_names_settle(&p->names);
    if (!p->plan->rules.portable_names) {
        note_names(p);
        return ACC_OK;
    }
    uint64_t foreign = p->names.found[ACC_NAME_FOREIGN].count;
    if (foreign > 0)
        return acc_error_set(err, ACC_MANIFEST,
                             "--portable-names: %llu names cannot be held everywhere. The first, "
                             "%s, %s. Rename the files, in the manifest too.",
                             (unsigned long long)foreign,
                             p->names.found[ACC_NAME_FOREIGN].first.data,
                             p->names.found[ACC_NAME_FOREIGN].reason);
    if (p->names.found[ACC_NAME_TWIN].count > 0)
        return acc_error_set(
            err, ACC_MANIFEST,
            "--portable-names: %llu names differ from another one in case alone, "
            "and Windows and macOS hold only one of them. accession manifest check "
            "lists them. Rename the files, in the manifest too.",
            (unsigned long long)p->names.found[ACC_NAME_TWIN].count);
    return ACC_OK;
}

enum acc_code acc_plan_judge_manifests(struct acc_planning *p, struct acc_error *err)
{
    enum acc_code code = check_pin(p, err);
    if (code == ACC_OK)
        code = check_identifier(p, err);
    if (code == ACC_OK && p->plan->rules.refuse_repetition && p->plan->coverage.repeated > 0)
        code =
            acc_error_set(err, ACC_MANIFEST,
                          "the manifest lists %llu paths more than once. Remove the repetitions.",
                          (unsigned long long)p->plan->coverage.repeated);
    return code == ACC_OK ? check_names(p, err) : code;
}

static void count_row(struct acc_planning *p, const struct acc_row *row, uint64_t *without,
                      struct acc_str *first)
{
    const struct acc_digests *promised = &row->entry.promised;
    struct acc_coverage *c = &p->plan->coverage;
    bool lacks = p->required != ACC_ALG_COUNT && !acc_digests_has(promised, p->required) &&
                 promised->present != 0;
    c->undigested += promised->present == 0;
    c->weak += acc_digests_weak(promised);
    if (lacks && (*without)++ == 0)
        acc_path_show(first, row->entry.path, strlen(row->entry.path));
}

enum acc_code acc_plan_judge_entries(struct acc_planning *p, struct acc_error *err)
{
    struct acc_ledger_cursor *cursor;
    struct acc_row row;
    struct acc_str first = {0};
    uint64_t without = 0;
    bool more = true;
    if (!p->coverage_seen && p->required == ACC_ALG_COUNT)
        return ACC_OK;
    enum acc_code code = acc_ledger_rows_open(p->plan->ledger, p->plan->run, &cursor, err);
    if (code != ACC_OK)
        return code;
    while ((code = acc_ledger_next(cursor, &row, &more, err)) == ACC_OK && more) {
        count_row(p, &row, &without, &first);
        if ((code = acc_plan_stopped(p, err)) != ACC_OK)
            break;
    }
    acc_ledger_cursor_close(cursor);
    if (code == ACC_OK && without > 0)
        code =
            acc_error_set(err, ACC_MANIFEST,
                          "--require %s: %llu of %llu files have no such digest; the first is %s. "
                          "Give a manifest with %s.",
                          acc_alg_name(p->required), (unsigned long long)without,
                          (unsigned long long)p->plan->coverage.listed, acc_str_cstr(&first),
                          acc_alg_name(p->required));
    acc_str_release(&first);
    return code;
}
