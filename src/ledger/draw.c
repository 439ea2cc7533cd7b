/* Cursors. Opening one sorts the ids of its entries into a temporary table (on disk, so a million
 * entries take no memory); moving reads a page of rows by those ids and closes the statement. Where
 * all rows are wanted in the order of an index, nothing is drawn: the next page begins behind the
 * last path. Between pages nothing is held open, so the writer's checkpoints can empty the WAL.
 *
 * A cursor that fails stays where it is; closing it forgets its ids.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "ledger/internal.h"

#define PAGE 128

struct acc_ledger_cursor {
    struct acc_ledger *ledger;
    int64_t run;
    int64_t state;            /* rows in another state are passed over; -1 takes all */
    int64_t first, next, end; /* of temp.drawn.seq, if it was drawn */
    int64_t destination;      /* otherwise not 0 */
    struct acc_str from;      /* the least path of the rows that were not read yet */
    size_t page_len, page_at;
    struct acc_held_row page[PAGE];
};

static const char last_drawn[] = "SELECT max(seq) FROM temp.drawn";
static const char forget_drawn[] = "DELETE FROM temp.drawn WHERE seq >= ?1 AND seq < ?2";

/* Unknown sizes first (such a file may be the largest), then large to small: the long uploads begin
 * early, the short ones fill the end. Below 1 MiB the order is the manifest's: nothing is gained by
 * size there, while neighbours lie together on the source's disk and in these tables. */
static const char draw_work[] =
    "INSERT INTO temp.drawn(entry) SELECT entry FROM (SELECT u.entry AS entry,"
    " coalesce(p.size, u.found) AS size FROM outcome u CROSS JOIN promise p"
    "  ON p.entry = u.entry AND p.run = u.promise"
    " WHERE u.run = ?1 AND u.outcome = ?2 AND p.role = ?3)"
    " WHERE ifnull(size, 9223372036854775807) > ?4 AND ifnull(size, 9223372036854775807) <= ?5"
    " ORDER BY size IS NOT NULL, iif(size < 1048576, 0, -size), entry";
static const char draw_placed[] =
    "INSERT INTO temp.drawn(entry) SELECT entry FROM (SELECT u.entry AS entry, e.path AS path,"
    " coalesce(p.size, u.found) AS size FROM outcome u CROSS JOIN promise p"
    "  ON p.entry = u.entry AND p.run = u.promise CROSS JOIN entry e ON e.id = u.entry"
    " WHERE u.run = ?1 AND u.outcome = ?2 AND p.role = ?3)"
    " WHERE ifnull(size, 9223372036854775807) > ?4 AND ifnull(size, 9223372036854775807) <= ?5"
    " ORDER BY place_of(path), entry";
static const char draw_all[] =
    "INSERT INTO temp.drawn(entry) SELECT e.id FROM outcome u CROSS JOIN entry e ON e.id = u.entry"
    " WHERE u.run = ?1 ORDER BY e.path";

/* The index has the paths in order, so nothing is sorted. It covers the whole destination, so this
 * suits a run that names a good part of it. */
static const char draw_by_index[] =
    "INSERT INTO temp.drawn(entry) SELECT e.id FROM entry e CROSS JOIN outcome u"
    " ON u.run = ?1 AND u.entry = e.id"
    " WHERE e.destination = (SELECT destination FROM run WHERE id = ?1) ORDER BY e.path";
static const char names_a_good_part[] =
    "SELECT (SELECT count(*) FROM outcome WHERE run = ?1) * 4 >= (SELECT count(*) FROM entry"
    " WHERE destination = (SELECT destination FROM run WHERE id = ?1))";
static const char draw_known[] =
    "INSERT INTO temp.drawn(entry) SELECT u.entry FROM outcome u WHERE u.run = ?1"
    " AND EXISTS (SELECT 1 FROM object) AND u.outcome = 0"
    " AND EXISTS (SELECT 1 FROM object WHERE entry = u.entry)";

static const char destination_of[] = "SELECT destination FROM run WHERE id = ?1";

static const char path_at[] =
    "SELECT e.path FROM temp.drawn d JOIN entry e ON e.id = d.entry WHERE d.seq = ?1";

static const char read_page[] =
    "SELECT" ACC_ROW_COLUMNS "FROM temp.drawn d CROSS JOIN entry e ON e.id = d.entry" ACC_ROW_TABLES
    "WHERE d.seq >= ?2 AND d.seq < ?3 AND (?4 < 0 OR u.outcome = ?4) ORDER BY d.seq";

static const char read_page_from[] =
    "SELECT" ACC_ROW_COLUMNS "FROM entry e" ACC_ROW_TABLES
    "WHERE e.destination = ?2 AND e.path >= ?3 ORDER BY e.path LIMIT ?4";

static enum acc_code open_cursor(struct acc_ledger *ledger, int64_t run, int64_t state,
                                 const char *statement, const struct acc_sql_value *args,
                                 size_t count, struct acc_ledger_cursor **out,
                                 struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    int64_t last;
    enum acc_code code = acc_sql_number(sql, last_drawn, ACC_SQL_NO_ARGS, 0, &last, err);
    if (code == ACC_OK)
        code = acc_sql_run(sql, statement, args, count, err);
    if (code != ACC_OK)
        return code;
    struct acc_ledger_cursor *cursor = ACC_NEW(struct acc_ledger_cursor);
    cursor->ledger = ledger;
    cursor->run = run;
    cursor->state = state;
    cursor->first = cursor->next = last + 1;
    cursor->end = cursor->first + sqlite3_changes64(sql->db);
    *out = cursor;
    return ACC_OK;
}

static void place_of(sqlite3_context *context, int count, sqlite3_value **args)
{
    const struct acc_ledger *ledger = sqlite3_user_data(context);
    const char *path = (const char *)sqlite3_value_text(args[0]);
    (void)count;
    if (path != NULL)
        sqlite3_result_int64(context, ledger->owner_only.place(ledger->owner_only.place_arg, path));
    else
        sqlite3_result_error_nomem(context);
}

enum acc_code acc_ledger_draw_by(struct acc_ledger *ledger,
                                 int64_t (*place)(const void *arg, const char *path),
                                 const void *arg, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    ledger->owner_only.place = place;
    ledger->owner_only.place_arg = arg;
    int code = sqlite3_create_function_v2(sql->db, "place_of", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                          ledger, place_of, NULL, NULL, NULL);
    return code == SQLITE_OK ? ACC_OK : acc_sql_fail(sql, err);
}

enum acc_code acc_ledger_draw_open(struct acc_ledger *ledger, int64_t run,
                                   enum acc_entry_state state, enum acc_role role, int64_t above,
                                   int64_t up_to, struct acc_ledger_cursor **cursor,
                                   struct acc_error *err)
{
    return open_cursor(ledger, run, state,
                       ledger->owner_only.place != NULL ? draw_placed : draw_work,
                       ACC_SQL_ARGS(acc_sql_int(run), acc_sql_int(state), acc_sql_int(role),
                                    acc_sql_int(above), acc_sql_int(up_to)),
                       cursor, err);
}

static enum acc_code suits_index(struct acc_ledger *ledger, int64_t run, int64_t *suits,
                                 struct acc_error *err)
{
    return acc_sql_number(&ledger->owner_only.sql, names_a_good_part,
                          ACC_SQL_ARGS(acc_sql_int(run)), 0, suits, err);
}

enum acc_code acc_ledger_draw_rows(struct acc_ledger *ledger, int64_t run,
                                   struct acc_ledger_cursor **cursor, struct acc_error *err)
{
    int64_t by_index = 0;
    enum acc_code code = suits_index(ledger, run, &by_index, err);
    return code == ACC_OK ? open_cursor(ledger, run, -1, by_index ? draw_by_index : draw_all,
                                        ACC_SQL_ARGS(acc_sql_int(run)), cursor, err)
                          : code;
}

enum acc_code acc_ledger_rows_open(struct acc_ledger *ledger, int64_t run,
                                   struct acc_ledger_cursor **out, struct acc_error *err)
{
    int64_t by_index = 0, destination = 0;
    enum acc_code code = suits_index(ledger, run, &by_index, err);
    if (code != ACC_OK || !by_index)
        return code == ACC_OK ? acc_ledger_draw_rows(ledger, run, out, err) : code;
    code = acc_sql_number(&ledger->owner_only.sql, destination_of, ACC_SQL_ARGS(acc_sql_int(run)),
                          0, &destination, err);
    if (code != ACC_OK)
        return code;
    struct acc_ledger_cursor *cursor = ACC_NEW(struct acc_ledger_cursor);
    *cursor = (struct acc_ledger_cursor){
        .ledger = ledger, .run = run, .state = -1, .end = 1, .destination = destination};
    *out = cursor;
    return ACC_OK;
}

enum acc_code acc_ledger_known_open(struct acc_ledger *ledger, int64_t run,
                                    struct acc_ledger_cursor **cursor, struct acc_error *err)
{
    return open_cursor(ledger, run, ACC_ENTRY_PENDING, draw_known, ACC_SQL_ARGS(acc_sql_int(run)),
                       cursor, err);
}

uint64_t acc_ledger_cursor_rows(const struct acc_ledger_cursor *cursor)
{
    return (uint64_t)(cursor->end - cursor->first);
}

enum acc_code acc_ledger_cursor_path(struct acc_ledger_cursor *cursor, uint64_t at,
                                     struct acc_str *path, struct acc_error *err)
{
    struct acc_sql *sql = &cursor->ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code = acc_sql_first(
        sql, path_at, ACC_SQL_ARGS(acc_sql_int(cursor->first + (int64_t)at)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    acc_str_set(path, row ? acc_sql_column_text(stmt, 0) : "");
    sqlite3_reset(stmt);
    return ACC_OK;
}

/* Behind the last path, which nothing follows more closely than itself and the least byte. A page
 * that is not full is the last. */
static void step_behind(struct acc_ledger_cursor *cursor, size_t count)
{
    if (count < PAGE) {
        cursor->next = cursor->end;
        return;
    }
    acc_str_set(&cursor->from, cursor->page[count - 1].row.entry.path);
    acc_str_add_c(&cursor->from, '\1');
}

static enum acc_code fill_page(struct acc_ledger_cursor *cursor, struct acc_error *err)
{
    struct acc_sql *sql = &cursor->ledger->owner_only.sql;
    int64_t until = cursor->next + PAGE < cursor->end ? cursor->next + PAGE : cursor->end;
    bool drawn = cursor->destination == 0;
    const struct acc_sql_value by_ids[] = {acc_sql_int(cursor->run), acc_sql_int(cursor->next),
                                           acc_sql_int(until), acc_sql_int(cursor->state)};
    const struct acc_sql_value by_path[] = {
        acc_sql_int(cursor->run), acc_sql_int(cursor->destination),
        acc_sql_text(acc_str_cstr(&cursor->from)), acc_sql_int(PAGE)};
    size_t count = 0;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code =
        acc_sql_first(sql, drawn ? read_page : read_page_from, drawn ? by_ids : by_path,
                      ACC_COUNT_OF(by_ids), &stmt, &row, err);
    while (code == ACC_OK && row) {
        code = acc_held_row_read(sql, stmt, cursor->run, &cursor->page[count++], err);
        if (code == ACC_OK)
            code = acc_sql_step(sql, stmt, &row, err);
        else
            sqlite3_reset(stmt);
    }
    if (code != ACC_OK)
        return code;
    sqlite3_reset(stmt);
    if (drawn)
        cursor->next = until;
    else
        step_behind(cursor, count);
    cursor->page_at = 0;
    cursor->page_len = count;
    return ACC_OK;
}

enum acc_code acc_ledger_next(struct acc_ledger_cursor *cursor, struct acc_row *row, bool *more,
                              struct acc_error *err)
{
    while (cursor->page_at == cursor->page_len && cursor->next < cursor->end) {
        enum acc_code code = fill_page(cursor, err);
        if (code != ACC_OK)
            return code;
    }
    *more = cursor->page_at < cursor->page_len;
    if (*more)
        *row = cursor->page[cursor->page_at++].row;
    return ACC_OK;
}

void acc_ledger_cursor_close(struct acc_ledger_cursor *cursor)
{
    if (cursor == NULL)
        return;
    if (cursor->destination == 0)
        acc_sql_run(&cursor->ledger->owner_only.sql, forget_drawn,
                    ACC_SQL_ARGS(acc_sql_int(cursor->first), acc_sql_int(cursor->end)), NULL);
    for (size_t i = 0; i < PAGE; i++)
        acc_held_row_release(&cursor->page[i]);
    acc_str_release(&cursor->from);
    free(cursor);
}
