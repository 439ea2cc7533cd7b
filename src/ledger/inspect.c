/* One check after the other, from the file up: pages, layout, references, outcomes, rows. Each
 * finds faults by one statement that gives a text for each; the last reads every row of every run
 * as reports do. A file whose pages are damaged is not asked further.
 *
 * Failure: if the check cannot be made, that is the error; a fault that it finds is not. Nothing is
 * written, and all is closed at the end. */
#include "ledger/inspect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "ledger/ledger.h"
#include "ledger/schema.h"
#include "ledger/sql.h"

struct inspection {
    const struct acc_ledger_care *care;
    struct acc_ledger_health *health;
    struct acc_sql sql;
};

static void fault(struct inspection *i, const char *check, const char *text)
{
    i->health->faults++;
    if (i->care->on_fault != NULL)
        i->care->on_fault(i->care->arg, check, text);
}

static const struct check {
    const char *name, *sql;
} checks[] = {
    {"references", "SELECT format('%s row %s names a row of %s that is missing', \"table\","
                   " coalesce(rowid, '?'), parent) FROM pragma_foreign_key_check LIMIT 20"},
    {"references", "SELECT format('run %d, entry %d: an outcome of a run that is missing', run,"
                   " entry) FROM outcome WHERE run NOT IN (SELECT id FROM run) LIMIT 20"},
    {"references", "SELECT format('run %d: an outcome of entry %d, which is missing', run, entry)"
                   " FROM outcome u WHERE NOT EXISTS(SELECT 1 FROM entry WHERE id = u.entry)"
                   " LIMIT 20"},
    {"references", "SELECT format('run %d, entry %d: the promise of run %d is missing', run, entry,"
                   " promise) FROM outcome u WHERE NOT EXISTS(SELECT 1 FROM promise"
                   " WHERE entry = u.entry AND run = u.promise) LIMIT 20"},
    {"references", "SELECT format('a promise of entry %d, which is missing', entry) FROM promise p"
                   " WHERE NOT EXISTS(SELECT 1 FROM entry WHERE id = p.entry) LIMIT 20"},
    {"references", "SELECT format('an object of entry %d, which is missing', entry) FROM object o"
                   " WHERE NOT EXISTS(SELECT 1 FROM entry WHERE id = o.entry) LIMIT 20"},
    {"references", "SELECT format('entry %d, object %d: the run that learnt it is missing', entry,"
                   " seq) FROM object WHERE run NOT IN (SELECT id FROM run) LIMIT 20"},
    {"references", "SELECT format('entry %d: a finding about object %d, which is missing', entry,"
                   " object) FROM finding f WHERE NOT EXISTS(SELECT 1 FROM object"
                   " WHERE entry = f.entry AND seq = f.object) LIMIT 20"},
    {"outcomes", "SELECT format('run %d, entry %d: rests on object %d, which is missing', run,"
                 " entry, object) FROM outcome u WHERE object IS NOT NULL AND NOT EXISTS(SELECT 1"
                 " FROM object WHERE entry = u.entry AND seq = u.object) LIMIT 20"},
    {"outcomes", "SELECT format('run %d, entry %d: a success that rests on no object', run, entry)"
                 " FROM outcome WHERE outcome IN (1, 4) AND object IS NULL LIMIT 20"},
    {"outcomes", "SELECT format('run %d, entry %d: sent, but its object is one of run %d', u.run,"
                 " u.entry, o.run) FROM outcome u JOIN object o ON o.entry = u.entry"
                 " AND o.seq = u.object WHERE u.outcome = 1 AND o.run != u.run LIMIT 20"},
};

/* Each row of the statement is a fault, but for "ok". */
static enum acc_code ask(struct inspection *i, const char *name, const char *text,
                         struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code = acc_sql_first(&i->sql, text, ACC_SQL_NO_ARGS, &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    while (code == ACC_OK && row) {
        const char *said = acc_sql_column_text(stmt, 0);
        if (strcmp(said, "ok") != 0)
            fault(i, name, said);
        code = acc_sql_step(&i->sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

/* ---- the layout, compared with that of a new ledger ---- */

static enum acc_code read_layout(struct acc_sql *sql, struct acc_str *out, struct acc_error *err)
{
    /* SQLite puts quotes around a name that it has changed itself. */
    static const char layout[] = "SELECT type || ' ' || name || ': ' || coalesce(replace(sql, '\"',"
                                 " ''), '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'"
                                 " ORDER BY type, name";
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code = acc_sql_first(sql, layout, ACC_SQL_NO_ARGS, &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    while (code == ACC_OK && row) {
        acc_str_addf(out, "%s\n", acc_sql_column_text(stmt, 0));
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

static enum acc_code compare_layout(struct inspection *i, struct acc_error *err)
{
    struct acc_sql model = {0};
    struct acc_str ours = {0}, there = {0};
    enum acc_code code = acc_sql_open(&model, "a new ledger",
                                      ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    if (code == ACC_OK)
        code = acc_schema_migrate(&model, err);
    if (code == ACC_OK)
        code = read_layout(&model, &ours, err);
    if (code == ACC_OK)
        code = read_layout(&i->sql, &there, err);
    if (code == ACC_OK && strcmp(acc_str_cstr(&ours), acc_str_cstr(&there)) != 0)
        fault(i, "layout", "the tables are not those that this version of accession makes");
    acc_sql_close(&model);
    acc_str_release(&ours);
    acc_str_release(&there);
    return code;
}

/* ---- every row, as reports read it ---- */

struct runs {
    int64_t *ids;
    size_t count;
};

static void keep_run(void *arg, const struct acc_run_info *info)
{
    struct runs *runs = arg;
    runs->ids[runs->count++] = info->id;
}

static void read_run(struct inspection *i, struct acc_ledger *ledger, int64_t run)
{
    struct acc_ledger_cursor *cursor = NULL;
    struct acc_row row;
    struct acc_error problem = {0};
    bool more = true;
    enum acc_code code = acc_ledger_rows_open(ledger, run, &cursor, &problem);
    while (code == ACC_OK && more)
        code = acc_ledger_next(cursor, &row, &more, &problem);
    acc_ledger_cursor_close(cursor);
    if (code != ACC_OK)
        fault(i, "rows", problem.message);
}

static enum acc_code read_rows(struct inspection *i, const char *path, struct acc_error *err)
{
    struct acc_ledger *ledger = NULL;
    struct runs runs = {.ids = acc_calloc(i->health->runs + 1, sizeof *runs.ids)};
    enum acc_code code = acc_ledger_open_readonly(path, &ledger, err);
    if (code == ACC_OK && i->health->runs > 0)
        code = acc_ledger_runs(ledger, (unsigned)i->health->runs, NULL, keep_run, &runs, err);
    for (size_t n = 0; code == ACC_OK && n < runs.count; n++)
        read_run(i, ledger, runs.ids[n]);
    acc_ledger_close(ledger);
    free(runs.ids);
    return code;
}

static enum acc_code count(struct inspection *i, struct acc_error *err)
{
    static const char counts[] = "SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM entry),"
                                 " (SELECT count(*) FROM object), (SELECT count(*) FROM outcome)";
    uint64_t *const numbers[] = {&i->health->runs, &i->health->entries, &i->health->objects,
                                 &i->health->outcomes};
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code = acc_sql_first(&i->sql, counts, ACC_SQL_NO_ARGS, &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    for (size_t n = 0; n < ACC_COUNT_OF(numbers); n++)
        *numbers[n] = (uint64_t)sqlite3_column_int64(stmt, (int)n);
    sqlite3_reset(stmt);
    return ACC_OK;
}

static enum acc_code look(struct inspection *i, const char *path, struct acc_error *err)
{
    static const char pages[] = "PRAGMA integrity_check(20)";
    enum acc_code code = ask(i, "pages", pages, err);
    if (code != ACC_OK && (sqlite3_errcode(i->sql.db) & 0xFF) == SQLITE_CORRUPT) {
        fault(i, "pages", err->message);
        code = ACC_OK;
    }
    if (code != ACC_OK || i->health->faults > 0)
        return code;
    code = acc_schema_check_current(&i->sql, err);
    if (code == ACC_OK)
        code = compare_layout(i, err);
    if (code != ACC_OK || i->health->faults > 0)
        return code;
    code = count(i, err);
    for (size_t n = 0; code == ACC_OK && n < ACC_COUNT_OF(checks); n++)
        code = ask(i, checks[n].name, checks[n].sql, err);
    return code == ACC_OK ? read_rows(i, path, err) : code;
}

static enum acc_code open_for_reading(struct acc_sql *sql, const char *path, struct acc_error *err)
{
    if (access(path, F_OK) != 0)
        return acc_error_set(err, ACC_LEDGER, "%s: there is no ledger: %s; name it with --ledger",
                             path, strerror(errno));
    enum acc_code code = acc_sql_open(sql, path, path, SQLITE_OPEN_READONLY, err);
    if (code == ACC_OK)
        sqlite3_busy_timeout(sql->db, 120 * 1000);
    sql->reads_only = true;
    return code;
}

enum acc_code acc_ledger_inspect(const char *path, const struct acc_ledger_care *care,
                                 struct acc_ledger_health *health, struct acc_error *err)
{
    struct inspection i = {.care = care, .health = health};
    *health = (struct acc_ledger_health){0};
    enum acc_code code = open_for_reading(&i.sql, path, err);
    if (code == ACC_OK)
        code = look(&i, path, err);
    acc_sql_close(&i.sql);
    return code;
}

enum acc_code acc_ledger_copy(const char *path, const char *copy, struct acc_error *err)
{
    struct acc_sql from = {0}, to = {0};
    enum acc_code code = open_for_reading(&from, path, err);
    if (code == ACC_OK)
        code = acc_schema_check_begun(&from, err);
    if (code == ACC_OK)
        code = acc_sql_open(&to, copy, copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    sqlite3_backup *backup =
        code == ACC_OK ? sqlite3_backup_init(to.db, "main", from.db, "main") : NULL;
    /* A lock that is in the way is no error to the end of a backup: all was copied, or it failed.
     */
    bool copied = backup != NULL && sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    if (code == ACC_OK && (sqlite3_backup_finish(backup) != SQLITE_OK || !copied))
        code = acc_sql_fail(&to, err);
    if (code == ACC_OK)
        code = acc_schema_migrate(&to, err);
    acc_sql_close(&to);
    acc_sql_close(&from);
    return code;
}
