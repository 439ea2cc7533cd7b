/* The end of a restore that brought back everything: is each bag in the folder valid? Its own
 * manifests are planned against the folder, as an ingest of it would be: every file that they name
 * is there, none of the payload is unnamed, Payload-Oxum agrees. Their digests are compared with
 * those of the bytes that this run wrote; a file is read again only if those do not decide.
 *
 * Fails with ACC_DIFFERENCE when a bag is not valid. Runs on the pool while the loop waits; its
 * ledger is a scratch one, which goes at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "restore/run.h"
#include "source/source.h"

#define DECLARATION "bagit.txt"
#define STEP ((size_t)1 << 18)

struct bag {
    struct acc_restore_run *run;
    const char *below; /* path of the bag in the folder, with a slash at its end, or "" */
    struct acc_source source;
    struct acc_ledger_place place;
    struct acc_ledger *ledger;
    struct acc_plan plan;
    int64_t id;
    struct acc_error *first; /* the first note about what it lacks */
};

static void on_note(void *arg, enum acc_code code, const char *text)
{
    struct bag *bag = arg;
    if (code != ACC_OK && bag->first->code == ACC_OK)
        acc_error_set(bag->first, code, "%s", text);
}

static enum acc_code read_again(struct bag *bag, const struct acc_entry *entry,
                                struct acc_error *err)
{
    struct acc_source_file file;
    struct acc_hasher hasher = {0};
    struct acc_digests digests;
    struct acc_gate_facts facts = {.computed = &digests};
    unsigned char *buffer;
    ssize_t got;
    enum acc_code code = acc_source_open_file(&bag->source, entry->path, &file, err);
    if (code != ACC_OK)
        return code;
    buffer = acc_alloc(STEP);
    acc_hasher_init(&hasher, bag->run->algs, entry->promised.present | 1u << ACC_SHA256);
    while ((got = acc_source_read(&file, buffer, STEP, err)) > 0) {
        acc_hasher_update(&hasher, buffer, (size_t)got);
        facts.size += got;
    }
    acc_hasher_finish(&hasher, &digests);
    acc_hasher_release(&hasher);
    acc_source_shut(&file);
    free(buffer);
    if (got < 0)
        return err->code;
    struct acc_restored *same = acc_gate_restore(entry, &facts, err);
    code = same != NULL ? ACC_OK : err->code;
    acc_restored_free(same);
    return code;
}

/* Files that the bag has and the restore did not bring, which may lie there already, are read. */
static enum acc_code compare(struct bag *bag, const struct acc_entry *entry, struct acc_error *err)
{
    struct acc_str path = {0};
    struct acc_row row;
    bool found;
    acc_str_addf(&path, "%s%s", bag->below, entry->path);
    enum acc_code code =
        acc_ledger_find(bag->run->ledger, bag->run->id, acc_str_cstr(&path), &row, &found, err);
    acc_str_release(&path);
    if (code != ACC_OK)
        return code;
    if (found && acc_row_succeeded(&row)) {
        struct acc_error differs;
        const struct acc_gate_facts facts = {.computed = &row.archived.digests,
                                             .size = row.archived.size};
        struct acc_restored *same = acc_gate_restore(entry, &facts, &differs);
        acc_restored_free(same);
        if (same != NULL)
            return ACC_OK;
    }
    return read_again(bag, entry, err);
}

static enum acc_code compare_all(struct bag *bag, struct acc_error *err)
{
    struct acc_ledger_cursor *rows;
    struct acc_row row;
    bool more = true;
    enum acc_code code = acc_ledger_rows_open(bag->ledger, bag->id, &rows, err);
    if (code != ACC_OK)
        return code;
    while ((code = acc_ledger_next(rows, &row, &more, err)) == ACC_OK && more) {
        struct acc_error why = {0};
        if (compare(bag, &row.entry, &why) == ACC_OK)
            continue;
        struct acc_str shown = {0};
        acc_path_show(&shown, row.entry.path, strlen(row.entry.path));
        code = acc_error_set(err, why.code, "%s: %s", acc_str_cstr(&shown), why.message);
        acc_str_release(&shown);
        break;
    }
    acc_ledger_cursor_close(rows);
    return code;
}

static enum acc_code plan(struct bag *bag, struct acc_error *err)
{
    char name[40];
    const struct acc_run_spec spec = {.kind = "verify",
                                      .source = bag->source.path,
                                      .destination = "bag",
                                      .url = "",
                                      .command = ""};
    enum acc_code code = acc_ledger_run_begin(bag->ledger, &spec, &bag->id, name, err);
    bag->plan = (struct acc_plan){.source = &bag->source,
                                  .files_too = true,
                                  .ledger = bag->ledger,
                                  .run = bag->id,
                                  .on_note = on_note,
                                  .arg = bag,
                                  .stop = &bag->run->planning.stop};
    return code == ACC_OK ? acc_plan_make(&bag->plan, err) : code;
}

static enum acc_code look(struct bag *bag, struct acc_error *err)
{
    char files[40];
    enum acc_code code = plan(bag, err);
    const struct acc_coverage *c = &bag->plan.coverage;
    if (code == ACC_OK && (c->missing > 0 || c->unlisted > 0 || bag->plan.oxum_differs)) {
        *err = *bag->first;
        if (err->code == ACC_OK)
            acc_error_set(err, ACC_DIFFERENCE, "%s missing, %llu not listed",
                          acc_show_files(c->missing, files), (unsigned long long)c->unlisted);
        code = err->code;
    }
    return code == ACC_OK ? compare_all(bag, err) : code;
}

static enum acc_code check(struct acc_restore_run *run, const char *below, struct acc_error *err)
{
    struct acc_error first = {0}, why = {0};
    struct bag bag = {.run = run, .below = below, .first = &first};
    struct acc_str folder = {0};
    acc_str_addf(&folder, "%s/%s", run->target.path, below);
    enum acc_code code = acc_source_open(acc_str_cstr(&folder), NULL, NULL, &bag.source, &why);
    if (code == ACC_OK)
        code = acc_ledger_place_find(&bag.place, NULL, "bag", &why);
    if (code == ACC_OK)
        code = acc_ledger_place_open(&bag.place, &bag.ledger, &why);
    if (code == ACC_OK)
        code = look(&bag, &why);
    acc_ledger_close(bag.ledger);
    acc_ledger_place_leave(&bag.place);
    acc_ledger_place_release(&bag.place);
    acc_source_close(&bag.source);
    run->summary->bags++;
    run->summary->bags_valid += code == ACC_OK;
    if (code != ACC_OK && code != ACC_INTERRUPTED)
        code = acc_error_set(err, acc_code_exit(code) == 1 ? ACC_DIFFERENCE : code,
                             "every file is restored, but %s is not a valid bag: %s",
                             acc_str_cstr(&folder), why.message);
    acc_str_release(&folder);
    return code;
}

enum acc_code acc_restore_check_bags(struct acc_restore_run *run, struct acc_error *err)
{
    struct acc_ledger_cursor *rows;
    struct acc_row row;
    bool more = true;
    enum acc_code code = acc_ledger_rows_open(run->ledger, run->id, &rows, err);
    if (code != ACC_OK)
        return code;
    while (code == ACC_OK && !atomic_load(&run->planning.stop) &&
           (code = acc_ledger_next(rows, &row, &more, err)) == ACC_OK && more) {
        const char *slash = strrchr(row.entry.path, '/');
        size_t below = slash != NULL ? (size_t)(slash + 1 - row.entry.path) : 0;
        if (strcmp(row.entry.path + below, DECLARATION) != 0)
            continue;
        char *folder = acc_strndup(row.entry.path, below);
        code = check(run, folder, err);
        free(folder);
    }
    acc_ledger_cursor_close(rows);
    return code;
}
