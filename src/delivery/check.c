/* acc_manifest_check(): the plan that an ingest would make, in a temporary ledger that goes with
 * it, then a look at each entry's file. Failures of the plan are returned as they are; the ledger's
 * folder is removed either way. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <accession/manifest.h>
#include "base/path.h"
#include "gate/gate.h"
#include "source/content.h"
#include "plan/plan.h"
#include "run/ledger_place.h"

struct checking {
    struct acc_manifest_check *check;
    struct acc_source source;
    struct acc_ledger_place place;
    struct acc_ledger *ledger;
    int64_t run;
    enum acc_code first; /* finding, or ACC_OK */
};

static void find(struct checking *c, enum acc_code code, const char *text)
{
    if (c->first == ACC_OK)
        c->first = code;
    c->check->on_finding(c->check->arg, code, text);
}

/* Unlisted files and names that cannot be keys are findings; every other note is a remark. */
static void on_note(void *arg, enum acc_code code, const char *text)
{
    struct checking *c = arg;
    if (code == ACC_UNLISTED ? !c->check->allow_unlisted : code == ACC_FILE_KEY)
        find(c, code, text);
    else
        c->check->on_finding(c->check->arg, code == ACC_UNLISTED ? code : ACC_OK, text);
}

static enum acc_code make_plan(struct checking *c, struct acc_error *err)
{
    struct acc_manifest_check *check = c->check;
    atomic_bool stop = false;
    struct acc_plan plan = {.manifests = check->manifests,
                            .manifest_format = check->format,
                            .strip_prefix = check->strip_prefix,
                            .rules = check->rules,
                            .source = &c->source,
                            .connection = check->connection,
                            .files_too = true,
                            .ledger = c->ledger,
                            .run = c->run,
                            .on_note = on_note,
                            .arg = c,
                            .stop = &stop};
    enum acc_code code = acc_plan_make(&plan, err);
    check->coverage = plan.coverage;
    snprintf(check->manifest, sizeof check->manifest, "%s", plan.manifest);
    snprintf(check->hint, sizeof check->hint, "%s", plan.hint);
    return code;
}

static enum acc_code look_at(struct checking *c, const struct acc_entry *entry,
                             struct acc_error *why)
{
    struct acc_source_file file;
    enum acc_code code = acc_source_open_file(&c->source, entry->path, &file, why);
    if (code != ACC_OK)
        return code;
    int64_t size = file.st.st_size;
    acc_source_shut(&file);
    code = acc_content_check_size(size, entry->size, why);
    if (code == ACC_OK && entry->promised.present == 0 &&
        c->check->rules.undigested != ACC_UNDIGESTED_ARCHIVE)
        code = acc_gate_no_digest(entry, why);
    return code;
}

static enum acc_code look_at_all(struct checking *c, struct acc_error *err)
{
    struct acc_ledger_cursor *cursor;
    struct acc_row row;
    struct acc_str text = {0};
    bool more = true;
    enum acc_code code = acc_ledger_rows_open(c->ledger, c->run, &cursor, err);
    if (code != ACC_OK)
        return code;
    while ((code = acc_ledger_next(cursor, &row, &more, err)) == ACC_OK && more) {
        struct acc_error why = {0};
        enum acc_code wrong = look_at(c, &row.entry, &why);
        if (wrong == ACC_OK)
            continue;
        acc_str_clear(&text);
        acc_path_show(&text, row.entry.path, strlen(row.entry.path));
        acc_str_addf(&text, ": %s", why.message);
        c->check->wrong++;
        find(c, wrong, acc_str_cstr(&text));
    }
    acc_ledger_cursor_close(cursor);
    acc_str_release(&text);
    return code;
}

static enum acc_code begin(struct checking *c, struct acc_error *err)
{
    char name[40];
    const struct acc_run_spec spec = {.kind = "verify",
                                      .source = c->source.path,
                                      .destination = "manifest check",
                                      .url = "",
                                      .command = ""};
    enum acc_code code = acc_ledger_place_find(&c->place, NULL, "manifest", err);
    if (code == ACC_OK)
        code = acc_ledger_place_open(&c->place, &c->ledger, err);
    return code == ACC_OK ? acc_ledger_run_begin(c->ledger, &spec, &c->run, name, err) : code;
}

static enum acc_code summarise(const struct checking *c, struct acc_error *err)
{
    const struct acc_manifest_check *check = c->check;
    char listed[40], unlisted[40];
    if (c->first == ACC_OK)
        return ACC_OK;
    return acc_error_set(
        err, c->first, "%llu of %s listed cannot be archived as found; %s not listed",
        (unsigned long long)check->wrong, acc_show_files(check->coverage.listed, listed),
        acc_show_files(check->coverage.unlisted, unlisted));
}

enum acc_code acc_manifest_check(struct acc_manifest_check *check, struct acc_error *err)
{
    struct checking c = {.check = check};
    check->wrong = 0;
    enum acc_code code =
        acc_source_open(check->source, &check->rules, check->connection, &c.source, err);
    if (code != ACC_OK)
        return code;
    code = begin(&c, err);
    if (code == ACC_OK)
        code = make_plan(&c, err);
    if (code == ACC_OK)
        code = look_at_all(&c, err);
    if (code == ACC_OK)
        code = summarise(&c, err);
    acc_ledger_close(c.ledger);
    acc_ledger_place_leave(&c.place);
    acc_ledger_place_release(&c.place);
    acc_source_close(&c.source);
    return code;
}
