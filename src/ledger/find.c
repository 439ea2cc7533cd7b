/* One row by its path.
 *
 * A bucket lists its keys in the order of their bytes, which is that of entry's index. While the
 * ledger is held (ledger.h), a find therefore first takes a step on from where the last one ended,
 * which costs half of a look-up; only a path that lies elsewhere is looked up. Nothing is on the
 * walk that a look-up would not find: both read the snapshot of one transaction. Failure: SQLite's;
 * the walk ends. Close: acc_walk_end(), before the transaction's end. */
#include <string.h>

#include "base/mem.h"
#include "ledger/internal.h"

static const char entry_at[] = "SELECT id FROM entry WHERE destination = ?1 AND path = ?2";
static const char named_by[] =
    "SELECT 1 FROM entry e CROSS JOIN outcome u ON u.run = ?1 AND u.entry = e.id"
    " WHERE e.destination = (SELECT destination FROM run WHERE id = ?1) AND e.path = ?2";

enum acc_code acc_ledger_names(struct acc_ledger *ledger, int64_t run, const char *path,
                               bool *named, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    bool loaded = ledger->named.run == run;
    int64_t found = 0, where = loaded ? ledger->named.destination : run;
    enum acc_code code =
        acc_sql_number(sql, loaded ? entry_at : named_by,
                       ACC_SQL_ARGS(acc_sql_int(where), acc_sql_text(path)), 0, &found, err);
    *named = loaded ? acc_marks_of(&ledger->named.marks, found) != 0 : found != 0;
    return code;
}

/* ---- the walk ---- */

/* Also entries that the run does not name, without an outcome: a step passes over one entry and
 * never over thousands of another run's. The last column says whether the run names it. */
static const char walk_rows[] =
    "SELECT" ACC_ROW_COLUMNS ", u.run IS NOT NULL FROM entry e"
    " LEFT JOIN outcome u ON u.run = ?1 AND u.entry = e.id" ACC_ROW_OF_OUTCOME
    "WHERE e.destination = (SELECT destination FROM run WHERE id = ?1) AND e.path >= ?2"
    " ORDER BY e.path";
enum { PATH = 1 };

void acc_walk_end(struct acc_walk *walk)
{
    sqlite3_reset(walk->stmt); /* NULL is fine */
    walk->stmt = NULL;
}

void acc_walk_release(struct acc_walk *walk)
{
    acc_walk_end(walk);
    acc_str_release(&walk->begin);
    acc_str_release(&walk->sought);
}

static enum acc_code take_step(struct acc_walk *walk, struct acc_sql *sql, struct acc_error *err)
{
    enum acc_code code = acc_sql_step(sql, walk->stmt, &walk->row, err);
    if (code != ACC_OK)
        walk->stmt = NULL;
    return code;
}

static enum acc_code set_out(struct acc_walk *walk, struct acc_sql *sql, int64_t run,
                             const char *path, struct acc_error *err)
{
    acc_walk_end(walk);
    walk->run = run;
    acc_str_set(&walk->begin, path);
    enum acc_code code = acc_sql_start(
        sql, walk_rows, ACC_SQL_ARGS(acc_sql_int(run), acc_sql_text(acc_str_cstr(&walk->begin))),
        &walk->stmt, err);
    return code == ACC_OK ? take_step(walk, sql, err) : code;
}

/* How the walk's row lies to `path`; behind the last one there is nothing but what is behind. */
static int row_to(const struct acc_walk *walk, const char *path)
{
    return walk->row ? strcmp(acc_sql_column_text(walk->stmt, PATH), path) : 1;
}

/* Whether the walk's first row at or behind `path` is the one that it stands on. */
static bool stands_at(const struct acc_walk *walk, int64_t run, const char *path)
{
    return walk->stmt != NULL && walk->run == run &&
           strcmp(path, acc_str_cstr(&walk->sought)) >= 0 && row_to(walk, path) >= 0;
}

static enum acc_code walk_to(struct acc_walk *walk, struct acc_sql *sql, int64_t run,
                             const char *path, bool *found, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    bool ahead = walk->stmt != NULL && walk->run == run && row_to(walk, path) < 0;
    if (ahead)
        code = take_step(walk, sql, err);
    if (code == ACC_OK && !(ahead && row_to(walk, path) >= 0) && !stands_at(walk, run, path))
        code = set_out(walk, sql, run, path, err);
    if (code != ACC_OK)
        return code;
    acc_str_set(&walk->sought, path);
    *found = row_to(walk, path) == 0 &&
             sqlite3_column_int(walk->stmt, sqlite3_column_count(walk->stmt) - 1) != 0;
    return ACC_OK;
}

/* ---- one row ---- */

static const char find_row[] =
    "SELECT" ACC_ROW_COLUMNS "FROM entry e" ACC_ROW_TABLES
    "WHERE e.destination = (SELECT destination FROM run WHERE id = ?1) AND e.path = ?2";

static enum acc_code look_up(struct acc_ledger *ledger, int64_t run, const char *path, bool *found,
                             struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    enum acc_code code = acc_sql_first(
        sql, find_row, ACC_SQL_ARGS(acc_sql_int(run), acc_sql_text(path)), &stmt, found, err);
    if (code != ACC_OK)
        return code;
    if (*found)
        code = acc_held_row_read(sql, stmt, run, &ledger->owner_only.found, err);
    sqlite3_reset(stmt);
    return code;
}

enum acc_code acc_ledger_find(struct acc_ledger *ledger, int64_t run, const char *path,
                              struct acc_row *row, bool *found, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    struct acc_walk *walk = &ledger->owner_only.walk;
    bool there = false, walks = !sqlite3_get_autocommit(sql->db);
    enum acc_code code = walks ? walk_to(walk, sql, run, path, &there, err)
                               : look_up(ledger, run, path, &there, err);
    if (code == ACC_OK && walks && there)
        code = acc_held_row_read(sql, walk->stmt, run, &ledger->owner_only.found, err);
    if (code == ACC_OK && there)
        *row = ledger->owner_only.found.row;
    *found = code == ACC_OK && there;
    return code;
}

/* As the last run of any kind that names the entry sees it. */
static const char last_naming[] =
    "SELECT max(u.run) FROM destination d CROSS JOIN entry e ON e.destination = d.id"
    " CROSS JOIN outcome u ON u.entry = e.id AND u.run IN (SELECT id FROM run WHERE destination = "
    "d.id)"
    " WHERE d.canonical = ?1 AND e.path = ?2";

enum acc_code acc_ledger_find_object(struct acc_ledger *ledger, const char *destination,
                                     const char *path, struct acc_row *row, bool *found,
                                     struct acc_error *err)
{
    int64_t run = 0;
    *found = false;
    enum acc_code code =
        acc_sql_number(&ledger->owner_only.sql, last_naming,
                       ACC_SQL_ARGS(acc_sql_text(destination), acc_sql_text(path)), 0, &run, err);
    if (code == ACC_OK && run != 0)
        code = acc_ledger_find(ledger, run, path, row, found, err);
    *found = *found && row->archived_run != 0;
    return code;
}
