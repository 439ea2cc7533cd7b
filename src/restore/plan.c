/* What is to be restored: promises into the ledger, from manifests or from what the ledger
 * archived; then the selection, and a look at the names. Fails with one line, before the first
 * byte. */
#include <fnmatch.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "restore/file_names.h"
#include "restore/run.h"
#include "run/elsewhere.h"

#define NAMED 20

/* The path below the URL, or NULL: a destination may lie above it. */
static const char *below(const struct acc_restore_run *run, const struct acc_object_known *object,
                         struct acc_str *room)
{
    const char *place = acc_str_cstr(&run->canonical);
    acc_str_set(room, object->destination);
    acc_str_add(room, object->path);
    return acc_starts_with(acc_str_cstr(room), place) ? acc_str_cstr(room) + strlen(place) : NULL;
}

static enum acc_code add_known(void *arg, const struct acc_object_known *object,
                               struct acc_error *err)
{
    struct acc_restore_run *run = arg;
    struct acc_str room = {0};
    enum acc_taken taken;
    const char *path = below(run, object, &room);
    enum acc_code code = ACC_OK;
    run->survey.versions |= object->version_id[0] != '\0';
    if (path != NULL && *path != '\0') {
        const struct acc_entry entry = {.path = path,
                                        .size = object->size,
                                        .role = object->role,
                                        .promised = object->digests,
                                        .origin = "the ledger"};
        code = acc_ledger_load_add(run->planning.load, &entry, object->size, &taken, err);
    }
    acc_str_release(&room);
    return code;
}

static enum acc_code from_ledger(struct acc_restore_run *run, struct acc_error *err)
{
    struct acc_error end_err;
    const char *version = run->options->version_id;
    if (run->known == NULL)
        return acc_error_set(
            err, ACC_NOT_ON_RECORD,
            "no ledger found, so accession cannot know what the objects at %s should be. "
            "Give --manifest FILE, or --ledger with the ledger that archived them.",
            run->summary->url);
    enum acc_code code = acc_ledger_load_begin(run->ledger, run->id, &run->planning.load, err);
    if (code != ACC_OK)
        return code;
    code = acc_ledger_each_known(run->known, acc_str_cstr(&run->canonical), run->env.as_of,
                                 version != NULL ? version : "", add_known, run, err);
    /* What only others report (receipts, a rebuild) says how it is now, of no version or time. */
    bool as_it_is = version == NULL && run->options->as_of == 0;
    if (code == ACC_OK && as_it_is)
        code = acc_ledger_each_reported(run->known, acc_str_cstr(&run->canonical), add_known, run,
                                        err);
    if (code == ACC_OK && acc_ledger_load_entries(run->planning.load) == 0) {
        code = acc_error_set(
            err, ACC_NOT_ON_RECORD,
            "%s: nothing%s was archived at or below it%s by the ledger %s, so nothing "
            "says what its objects should be. accession list shows what it knows. "
            "For one file, name the bag's URL and --only FILE. Else give --manifest "
            "FILE, or --ledger with the ledger that archived it.",
            run->summary->url, version != NULL ? " of that version" : "",
            run->options->as_of != 0 ? " until then" : "", acc_ledger_path(run->known));
        if (as_it_is)
            acc_add_elsewhere(err, run->known, run->summary->url, acc_str_cstr(&run->canonical));
    }
    enum acc_code ended =
        acc_ledger_load_end(run->planning.load, code == ACC_OK, code == ACC_OK ? err : &end_err);
    return code == ACC_OK ? ended : code;
}

static bool is_wanted(const struct acc_restore_run *run, const char *path)
{
    const char *const *only = run->options->only;
    for (size_t i = 0; only != NULL && only[i] != NULL; i++)
        if (fnmatch(only[i], path, 0) == 0)
            return true;
    return only == NULL || only[0] == NULL;
}

/* A file and a folder cannot have one name. Rows come in path order, so a folder's files follow
 * each other and only the first of them is asked about. */
static enum acc_code is_folder_too(struct acc_restore_run *run, const char *path,
                                   struct acc_str *last, bool *both, struct acc_error *err)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash != NULL ? (size_t)(slash - path) : 0;
    enum acc_code code = ACC_OK;
    *both = false;
    if (len == 0 || (last->len == len && memcmp(last->data, path, len) == 0))
        return ACC_OK;
    acc_str_clear(last);
    acc_str_add_n(last, path, len);
    for (char *at = last->data + 1; code == ACC_OK && !*both; at++) {
        char kept = *at;
        if (kept != '/' && kept != '\0')
            continue;
        *at = '\0';
        code = acc_ledger_names(run->ledger, run->id, last->data, both, err);
        *at = kept;
        if (kept == '\0')
            break;
    }
    return code;
}

static void refuse_name(struct acc_restore_run *run, const char *path, const char *why,
                        unsigned *refused)
{
    struct acc_str text = {0};
    acc_path_show(&text, path, strlen(path));
    acc_str_addf(&text, ": %s", why);
    if ((*refused)++ < NAMED)
        acc_plan_notes_add(&run->planning.notes, ACC_FILE_KEY, acc_str_cstr(&text));
    acc_str_release(&text);
}

static enum acc_code take_row(struct acc_restore_run *run, const struct acc_row *row,
                              const struct acc_file_names *names, struct acc_str *last,
                              unsigned *refused, struct acc_error *err)
{
    int64_t size = acc_row_size(row);
    bool both;
    run->summary->files++;
    if (!is_wanted(run, row->entry.path))
        return ACC_OK;
    acc_marks_add(&run->planning.selected, row->id, ACC_RESTORE_SELECTED);
    run->summary->selected++;
    run->bytes_total += size > 0 ? size : 0;
    enum acc_code code = is_folder_too(run, row->entry.path, last, &both, err);
    const char *problem = acc_file_name_problem(&run->target, names, row->entry.path);
    if (code == ACC_OK && (problem != NULL || both))
        refuse_name(run, row->entry.path,
                    problem != NULL ? problem : "lies in a folder that is also the name of a file",
                    refused);
    return code;
}

static enum acc_code select_rows(struct acc_restore_run *run, struct acc_error *err)
{
    struct acc_file_names names;
    struct acc_ledger_cursor *rows;
    struct acc_row row;
    struct acc_str last = {0};
    unsigned refused = 0;
    bool more = true;
    enum acc_code code = acc_ledger_rows_open(run->ledger, run->id, &rows, err);
    if (code != ACC_OK)
        return code;
    acc_file_names_probe(&run->target, &names);
    while (code == ACC_OK && !atomic_load(&run->planning.stop) &&
           (code = acc_ledger_next(rows, &row, &more, err)) == ACC_OK && more)
        code = take_row(run, &row, &names, &last, &refused, err);
    acc_ledger_cursor_close(rows);
    acc_str_release(&last);
    if (code == ACC_OK && refused > 0)
        code = acc_error_set(err, ACC_FILE_KEY,
                             "%u names cannot be held by the file system of %s; nothing was "
                             "restored. Choose another folder, or others with --only.",
                             refused, run->target.path);
    if (code == ACC_OK && run->summary->selected == 0)
        code = acc_error_set(err, ACC_USAGE, "--only: none of %llu files match; nothing was done.",
                             (unsigned long long)run->summary->files);
    if (code == ACC_OK && run->options->version_id != NULL && run->summary->selected > 1)
        code = acc_error_set(err, ACC_USAGE,
                             "--version-id: is of one object, and %llu files are named; choose one "
                             "with --only.",
                             (unsigned long long)run->summary->selected);
    return code;
}

enum acc_code acc_restore_plan(struct acc_restore_run *run, struct acc_error *err)
{
    const struct acc_restore_options *o = run->options;
    struct acc_plan *plan = &run->planning.plan;
    *plan = (struct acc_plan){.manifests = o->manifests,
                              .manifest_format = o->manifest_format,
                              .strip_prefix = o->strip_prefix,
                              .rules = o->rules,
                              .location = &run->location,
                              .ledger = run->ledger,
                              .run = run->id,
                              .on_note = acc_plan_notes_add,
                              .arg = &run->planning.notes,
                              .stop = &run->planning.stop};
    enum acc_code code =
        run->summary->from_ledger ? from_ledger(run, err) : acc_plan_make(plan, err);
    return code == ACC_OK ? select_rows(run, err) : code;
}
