/* A load holds the turn, and so one transaction, from begin to end. A path that is new is inserted
 * (load_new.c); one that is known is read, merged by the rules of merge.c, and written where it
 * changed.
 *
 * The first error ends the load: whatever the caller does then, its end rolls back, and the tables
 * are as they were.
 */
#include "ledger/load.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "ledger/merge.h"

static const char run_destination[] = "SELECT destination FROM run WHERE id = ?1";
static const char has_nfc[] =
    "SELECT 1 FROM entry WHERE destination = ?1 AND nfc IS NOT NULL LIMIT 1";
static const char named_before[] = "SELECT entry FROM outcome WHERE run = ?1";
static const char add_origin[] = "INSERT INTO origin(name) VALUES(?1) ON CONFLICT DO NOTHING";
static const char find_origin[] = "SELECT id FROM origin WHERE name = ?1";
/* Several manifests together often make the same promise as last time. */
static const char share_promises[] =
    "UPDATE outcome SET promise = p.run FROM promise n, promise p"
    " WHERE outcome.run = ?1 AND outcome.promise = ?1 AND n.entry = outcome.entry AND n.run = ?1"
    " AND n.places IS NOT NULL AND p.entry = n.entry"
    " AND p.run = (SELECT max(run) FROM promise WHERE entry = n.entry AND run < ?1)"
    " AND p.digests = n.digests AND p.size IS n.size AND p.origin = n.origin AND p.line = n.line"
    " AND p.role = n.role AND p.places IS n.places";
static const char drop_shared[] =
    "DELETE FROM promise WHERE run = ?1 AND places IS NOT NULL AND entry IN"
    " (SELECT entry FROM outcome WHERE run = ?1 AND promise != ?1)";
/* Another path of this run with the NFC form ?3. */
#define TWIN                                                                                       \
    "SELECT e.path, o.name, p.line FROM entry e"                                                   \
    " CROSS JOIN outcome u ON u.run = ?2 AND u.entry = e.id"                                       \
    " CROSS JOIN promise p ON p.entry = e.id AND p.run = u.promise"                                \
    " CROSS JOIN origin o ON o.id = p.origin WHERE e.destination = ?1 AND e.path != ?4"
static const char find_twin[] = TWIN " AND e.nfc = ?3 UNION ALL " TWIN " AND e.path = ?3";

enum acc_code acc_load_mark(struct acc_ledger_load *load, struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code = acc_sql_first(load->sql, named_before,
                                       ACC_SQL_ARGS(acc_sql_int(load->run)), &stmt, &row, err);
    while (code == ACC_OK && row) {
        acc_marks_add(&load->named, sqlite3_column_int64(stmt, 0), 1);
        code = acc_sql_step(load->sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

enum acc_code acc_ledger_load_begin(struct acc_ledger *ledger, int64_t run,
                                    struct acc_ledger_load **out, struct acc_error *err)
{
    enum acc_code code = acc_ledger_turn_begin(ledger, err);
    if (code != ACC_OK)
        return code;
    struct acc_ledger_load *load = ACC_NEW(struct acc_ledger_load);
    int64_t odd = 0;
    load->ledger = ledger;
    load->sql = &ledger->turn.sql;
    load->run = run;
    code = acc_sql_number(load->sql, run_destination, ACC_SQL_ARGS(acc_sql_int(run)), 0,
                          &load->destination, err);
    if (code == ACC_OK)
        code = acc_sql_number(load->sql, has_nfc, ACC_SQL_ARGS(acc_sql_int(load->destination)), 0,
                              &odd, err);
    if (code == ACC_OK)
        code = acc_fresh_begin(&load->fresh, load->sql, load->destination, run, err);
    if (code == ACC_OK)
        code = acc_load_mark(load, err); /* by an earlier load of the run */
    if (code != ACC_OK) {
        acc_marks_release(&load->named);
        acc_fresh_release(&load->fresh);
        free(load);
        return acc_ledger_turn_end(ledger, code, err);
    }
    load->has_nfc = odd != 0;
    atomic_store(&ledger->loading, run);
    *out = load;
    return ACC_OK;
}

static void share(struct acc_ledger_load *load)
{
    if (acc_sql_run(load->sql, share_promises, ACC_SQL_ARGS(acc_sql_int(load->run)),
                    &load->failure) == ACC_OK)
        acc_sql_run(load->sql, drop_shared, ACC_SQL_ARGS(acc_sql_int(load->run)), &load->failure);
}

/* What the ledger then knows without asking the tables: which entries the run names. */
static void name_entries(struct acc_ledger_load *load)
{
    struct acc_ledger *ledger = load->ledger;
    acc_marks_release(&ledger->named.marks);
    ledger->named.run = load->run;
    ledger->named.destination = load->destination;
    ledger->named.marks = load->named;
    load->named = (struct acc_marks){0};
}

enum acc_code acc_ledger_load_end(struct acc_ledger_load *load, bool commit, struct acc_error *err)
{
    struct acc_ledger *ledger = load->ledger;
    if (commit && load->failure.code == ACC_OK)
        acc_fresh_flush(&load->fresh, load->sql, &load->failure);
    if (commit && load->failure.code == ACC_OK && load->merged)
        share(load);
    acc_load_walk_end(load);
    enum acc_code code = load->failure.code;
    if (code != ACC_OK && commit)
        acc_error_set(err, code, "%s", load->failure.message);
    atomic_store(&ledger->loading, 0);
    if (commit)
        code = acc_ledger_turn_end(ledger, code, err);
    else
        acc_ledger_turn_end(ledger, ACC_INTERRUPTED, NULL);
    if (commit && code == ACC_OK)
        name_entries(load);
    acc_marks_release(&load->named);
    acc_fresh_release(&load->fresh);
    acc_str_release(&load->origin_name);
    free(load);
    return commit ? code : ACC_OK;
}

/* Remembers the first error, which the end of the load reports again. */
static enum acc_code failed(struct acc_ledger_load *load, enum acc_code code,
                            const struct acc_error *err)
{
    if (code != ACC_OK && load->failure.code == ACC_OK)
        load->failure = *err;
    return code;
}

static enum acc_code origin_id(struct acc_ledger_load *load, const char *name, int64_t *id,
                               struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    if (load->origin == 0 || strcmp(acc_str_cstr(&load->origin_name), name) != 0) {
        code = acc_sql_run(load->sql, add_origin, ACC_SQL_ARGS(acc_sql_text(name)), err);
        if (code == ACC_OK)
            code = acc_sql_number(load->sql, find_origin, ACC_SQL_ARGS(acc_sql_text(name)), 0,
                                  &load->origin, err);
        acc_str_set(&load->origin_name, name);
    }
    *id = load->origin;
    return code;
}

static enum acc_code twin_error(sqlite3_stmt *stmt, const struct acc_entry *entry,
                                struct acc_error *err)
{
    struct acc_str one = {0}, other = {0};
    const char *path = acc_sql_column_text(stmt, 0);
    acc_path_show(&one, path, strlen(path));
    acc_path_show(&other, entry->path, strlen(entry->path));
    enum acc_code code = acc_error_set(
        err, ACC_MANIFEST,
        "%s:%llu and %s:%lld: '%s' and '%s' are one name in Unicode (their NFC forms are equal); "
        "rename one of the "
        "files, in the manifest too",
        entry->origin, (unsigned long long)entry->line, acc_sql_column_text(stmt, 1),
        (long long)sqlite3_column_int64(stmt, 2), acc_str_cstr(&other), acc_str_cstr(&one));
    acc_str_release(&one);
    acc_str_release(&other);
    return code;
}

/* `form` is the path's NFC form, which may be the path itself. Nearly every manifest holds nothing
 * but NFC, and then nothing is looked up. */
static enum acc_code refuse_twin(struct acc_ledger_load *load, const struct acc_entry *entry,
                                 const char *form, struct acc_error *err)
{
    if (!load->has_nfc)
        return ACC_OK;
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code = acc_fresh_flush(&load->fresh, load->sql, err);
    if (code == ACC_OK)
        code = acc_sql_first(load->sql, find_twin,
                             ACC_SQL_ARGS(acc_sql_int(load->destination), acc_sql_int(load->run),
                                          acc_sql_text(form), acc_sql_text(entry->path)),
                             &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    if (row)
        code = twin_error(stmt, entry, err);
    sqlite3_reset(stmt);
    return code;
}

static enum acc_code add_new(struct acc_ledger_load *load, const struct acc_entry *entry,
                             const char *nfc, int64_t origin, int64_t found, bool *known,
                             enum acc_taken *taken, struct acc_error *err)
{
    int64_t id = load->fresh.next_id; /* if it is new */
    enum acc_code code =
        acc_fresh_add(&load->fresh, load->sql, entry, nfc, origin, found, known, err);
    if (code == ACC_OK && *known)
        return acc_load_known(load, entry, origin, found, known, taken, err);
    if (code == ACC_OK)
        acc_load_count(load, id);
    return code;
}

static enum acc_code add(struct acc_ledger_load *load, const struct acc_entry *entry, int64_t found,
                         enum acc_taken *taken, struct acc_error *err)
{
    int64_t origin;
    bool known = false;
    char *form = acc_path_nfc(entry->path);
    const char *nfc = form != NULL && strcmp(form, entry->path) != 0 ? form : NULL;
    enum acc_code code = origin_id(load, entry->origin, &origin, err);
    if (nfc != NULL)
        load->has_nfc = true;
    if (code == ACC_OK)
        code = refuse_twin(load, entry, nfc ? nfc : entry->path, err);
    if (code == ACC_OK && load->known)
        code = acc_load_known(load, entry, origin, found, &known, taken, err);
    if (code == ACC_OK && !known)
        code = add_new(load, entry, nfc, origin, found, &known, taken, err);
    load->known = known;
    free(form);
    return code;
}

enum acc_code acc_ledger_load_add(struct acc_ledger_load *load, const struct acc_entry *entry,
                                  int64_t found, enum acc_taken *taken, struct acc_error *err)
{
    struct acc_error problem = {0};
    *taken = ACC_TAKEN_NEW;
    enum acc_code code = add(load, entry, found, taken, &problem);
    if (code != ACC_OK)
        acc_error_set(err, problem.code, "%s", problem.message);
    return failed(load, code, &problem);
}

uint64_t acc_ledger_load_entries(const struct acc_ledger_load *load)
{
    return load->entries;
}
