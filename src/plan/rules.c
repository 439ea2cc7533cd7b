/* What the user's rules say once all manifests are read. Before the load ends: the pin, the bag's
 * identifiers, repetitions; what they refuse leaves nothing in the ledger. After it, one walk over
 * the entries, if it was asked for or something was seen that has to be counted or named: digests
 * that are missing, weak, or not of the required algorithm; names that other systems cannot hold.
 */
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
        [ACC_NAME_FOREIGN] = NULL, /* common, and no fault unless asked for */
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
    return code;
}

/* What the walk over the entries finds. */
struct tally {
    uint64_t without;     /* of the required algorithm */
    struct acc_str first; /* of these */
    uint64_t named;       /* names that were noted */
};

static void judge_name(struct acc_planning *p, const char *path, struct tally *t)
{
    struct acc_str shown = {0};
    const char *reason = p->plan->rules.portable_names ? acc_name_foreign(path) : NULL;
    if (reason == NULL && acc_names_is_twin(&p->names, path))
        reason = "differs from another name in case alone";
    if (reason == NULL || t->named++ >= ACC_PLAN_NAMED)
        return;
    acc_path_show(&shown, path, strlen(path));
    acc_plan_note(p, ACC_OK, "%s: %s", shown.data, reason);
    acc_str_release(&shown);
}

static void judge_row(struct acc_planning *p, const struct acc_row *row, struct tally *t)
{
    const struct acc_digests *promised = &row->entry.promised;
    struct acc_coverage *c = &p->plan->coverage;
    bool lacks = p->required != ACC_ALG_COUNT && !acc_digests_has(promised, p->required) &&
                 promised->present != 0;
    c->undigested += promised->present == 0;
    c->weak += acc_digests_weak(promised);
    if (lacks && t->without++ == 0)
        acc_path_show(&t->first, row->entry.path, strlen(row->entry.path));
    judge_name(p, row->entry.path, t);
}

static enum acc_code judge_rows(struct acc_planning *p, struct tally *t, struct acc_error *err)
{
    struct acc_ledger_cursor *cursor;
    struct acc_row row;
    bool more = true;
    enum acc_code code = acc_ledger_rows_open(p->plan->ledger, p->plan->run, &cursor, err);
    if (code != ACC_OK)
        return code;
    while ((code = acc_ledger_next(cursor, &row, &more, err)) == ACC_OK && more) {
        judge_row(p, &row, t);
        if ((code = acc_plan_stopped(p, err)) != ACC_OK)
            break;
    }
    acc_ledger_cursor_close(cursor);
    return code;
}

static enum acc_code refuse_names(const struct acc_planning *p, struct acc_error *err)
{
    uint64_t foreign = p->names.found[ACC_NAME_FOREIGN].count,
             twins = p->names.found[ACC_NAME_TWIN].count;
    if (!p->plan->rules.portable_names || foreign + twins == 0)
        return ACC_OK;
    if (foreign > 0)
        return acc_error_set(
            err, ACC_MANIFEST,
            "--portable-names: %llu names are not valid on every system. The first, "
            "%s, %s. Rename the files, in the manifest too.",
            (unsigned long long)foreign, p->names.found[ACC_NAME_FOREIGN].first.data,
            p->names.found[ACC_NAME_FOREIGN].reason);
    return acc_error_set(
        err, ACC_MANIFEST,
        "--portable-names: %llu names differ from another one in case alone, and "
        "Windows and macOS hold only one of them. Rename the files, in the manifest "
        "too.",
        (unsigned long long)twins);
}

enum acc_code acc_plan_judge_entries(struct acc_planning *p, struct acc_error *err)
{
    struct tally t = {0};
    enum acc_code code = ACC_OK;
    acc_names_settle(&p->names);
    note_names(p);
    bool names = p->names.found[ACC_NAME_TWIN].count > 0 ||
                 (p->plan->rules.portable_names && p->names.found[ACC_NAME_FOREIGN].count > 0);
    if (p->coverage_seen || names || p->required != ACC_ALG_COUNT)
        code = judge_rows(p, &t, err);
    if (code == ACC_OK)
        code = refuse_names(p, err);
    if (code == ACC_OK && t.without > 0)
        code =
            acc_error_set(err, ACC_MANIFEST,
                          "--require %s: %llu of %llu files have no such digest; the first is %s. "
                          "Give a manifest with %s.",
                          acc_alg_name(p->required), (unsigned long long)t.without,
                          (unsigned long long)p->plan->coverage.listed, acc_str_cstr(&t.first),
                          acc_alg_name(p->required));
    acc_str_release(&t.first);
    return code;
}
