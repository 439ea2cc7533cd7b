/* 64 rows go into each table by one statement, each behind the row before. Most manifests list
 * their files in order: a path behind the last one of the destination is surely new, so nothing has
 * to be looked up, and its entry is kept back too. Any other is inserted to see whether it is new.
 *
 * Failure: that of SQLite; the load ends. Close: rows kept back are forgotten, with the load. */
#include "ledger/load_new.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TIMES_4(row) row "," row "," row "," row
#define TIMES_64(row) TIMES_4(TIMES_4(TIMES_4(row)))
_Static_assert(ACC_FRESH_ROWS == 64, "as many rows as the statements have");

#define ENTRY "INSERT INTO entry(id, destination, path) VALUES"
#define PROMISE "INSERT INTO promise(entry, run, digests, size, origin, line, role) VALUES"
#define OUTCOME "INSERT INTO outcome(run, entry, promise, asked, found, outcome) VALUES"

enum { ENTRY_VALUES = 3, PROMISE_VALUES = 7, OUTCOME_VALUES = 4 };
static const char entry_one[] = ENTRY "(?,?,?)";
static const char entry_many[] = ENTRY TIMES_64("(?,?,?)");
static const char promise_one[] = PROMISE "(?,?,?,?,?,?,?)";
static const char promise_many[] = PROMISE TIMES_64("(?,?,?,?,?,?,?)");
static const char outcome_one[] = OUTCOME "(?,?,?,1,?,0)";
static const char outcome_many[] = OUTCOME TIMES_64("(?,?,?,1,?,0)");

enum acc_code acc_fresh_begin(struct acc_fresh *fresh, struct acc_sql *sql, int64_t destination,
                              int64_t run, struct acc_error *err)
{
    static const char last_id[] = "SELECT max(id) FROM entry";
    static const char last_path[] =
        "SELECT path FROM entry WHERE destination = ?1 ORDER BY path DESC LIMIT 1";
    sqlite3_stmt *stmt;
    int64_t id = 0;
    *fresh = (struct acc_fresh){.destination = destination, .run = run};
    enum acc_code code = acc_sql_number(sql, last_id, ACC_SQL_NO_ARGS, 0, &id, err);
    if (code == ACC_OK)
        code = acc_sql_first(sql, last_path, ACC_SQL_ARGS(acc_sql_int(destination)), &stmt,
                             &fresh->any, err);
    if (code != ACC_OK)
        return code;
    if (fresh->any)
        acc_str_set(&fresh->last, acc_sql_column_text(stmt, 0));
    sqlite3_reset(stmt);
    fresh->next_id = id + 1;
    fresh->rows = acc_alloc(ACC_FRESH_ROWS * sizeof *fresh->rows);
    return ACC_OK;
}

void acc_fresh_release(struct acc_fresh *fresh)
{
    acc_str_release(&fresh->last);
    acc_str_release(&fresh->texts);
    free(fresh->rows);
    *fresh = (struct acc_fresh){0};
}

static bool surely_new(const struct acc_fresh *fresh, const char *path)
{
    return !fresh->any || strcmp(path, acc_str_cstr(&fresh->last)) > 0;
}

static enum acc_code insert_entry(struct acc_fresh *fresh, struct acc_sql *sql, const char *path,
                                  const char *nfc, bool *known, struct acc_error *err)
{
    static const char insert[] =
        "INSERT INTO entry(id, destination, path, nfc)"
        " VALUES(?1, ?2, ?3, ?4) ON CONFLICT(destination, path) DO NOTHING";
    enum acc_code code =
        fresh->lacking[ACC_FRESH_ENTRY] > 0 ? acc_fresh_flush(fresh, sql, err) : ACC_OK;
    if (code == ACC_OK)
        code =
            acc_sql_run(sql, insert,
                        ACC_SQL_ARGS(acc_sql_int(fresh->next_id), acc_sql_int(fresh->destination),
                                     acc_sql_text(path), acc_sql_text(nfc)),
                        err);
    if (code == ACC_OK)
        *known = sqlite3_changes(sql->db) == 0;
    return code;
}

static enum acc_code keep_back(struct acc_fresh *fresh, struct acc_sql *sql,
                               const struct acc_fresh_row *row, struct acc_error *err)
{
    fresh->rows[fresh->count++] = *row;
    for (int table = 0; table < ACC_FRESH_TABLES; table++)
        fresh->lacking[table] += row->lacks[table];
    return fresh->count == ACC_FRESH_ROWS ? acc_fresh_flush(fresh, sql, err) : ACC_OK;
}

enum acc_code acc_fresh_add(struct acc_fresh *fresh, struct acc_sql *sql,
                            const struct acc_entry *entry, const char *nfc, int64_t origin,
                            int64_t found, bool *known, struct acc_error *err)
{
    bool last = surely_new(fresh, entry->path), keep = last && nfc == NULL;
    *known = false;
    if (!keep) {
        enum acc_code code = insert_entry(fresh, sql, entry->path, nfc, known, err);
        if (code != ACC_OK || *known)
            return code;
    }
    struct acc_fresh_row row = {.id = fresh->next_id++,
                                .lacks = {keep, true, true},
                                .path = fresh->texts.len,
                                .len = keep ? strlen(entry->path) : 0,
                                .size = entry->size,
                                .found = found,
                                .origin = origin,
                                .line = (int64_t)entry->line,
                                .promise = fresh->run,
                                .role = entry->role};
    row.digests_len = acc_digests_pack(&entry->promised, row.digests);
    acc_str_add_n(&fresh->texts, entry->path, row.len);
    if (last)
        acc_str_set(&fresh->last, entry->path);
    fresh->any = true;
    return keep_back(fresh, sql, &row, err);
}

enum acc_code acc_fresh_add_outcome(struct acc_fresh *fresh, struct acc_sql *sql, int64_t entry,
                                    int64_t promise, int64_t found, struct acc_error *err)
{
    const struct acc_fresh_row row = {
        .id = entry, .lacks = {false, false, true}, .promise = promise, .found = found};
    return keep_back(fresh, sql, &row, err);
}

/* ---- values, row by row ---- */

static void entry_values(const struct acc_fresh *fresh, const struct acc_fresh_row *row,
                         struct acc_sql_value *to)
{
    to[0] = acc_sql_int(row->id);
    to[1] = acc_sql_int(fresh->destination);
    to[2] = (struct acc_sql_value){
        .type = SQLITE_TEXT, .data = fresh->texts.data + row->path, .len = row->len};
}

static void promise_values(const struct acc_fresh *fresh, const struct acc_fresh_row *row,
                           struct acc_sql_value *to)
{
    to[0] = acc_sql_int(row->id);
    to[1] = acc_sql_int(fresh->run);
    to[2] = acc_sql_blob(row->digests, row->digests_len);
    to[3] = acc_sql_size(row->size);
    to[4] = acc_sql_int(row->origin);
    to[5] = acc_sql_int(row->line);
    to[6] = acc_sql_int(row->role);
}

static void outcome_values(const struct acc_fresh *fresh, const struct acc_fresh_row *row,
                           struct acc_sql_value *to)
{
    to[0] = acc_sql_int(fresh->run);
    to[1] = acc_sql_int(row->id);
    to[2] = acc_sql_int(row->promise);
    to[3] = acc_sql_size(row->found);
}

struct table {
    const char *one, *many;
    size_t width;
    void (*values)(const struct acc_fresh *fresh, const struct acc_fresh_row *row,
                   struct acc_sql_value *to);
};
static const struct table tables[ACC_FRESH_TABLES] = {
    [ACC_FRESH_ENTRY] = {entry_one, entry_many, ENTRY_VALUES, entry_values},
    [ACC_FRESH_PROMISE] = {promise_one, promise_many, PROMISE_VALUES, promise_values},
    [ACC_FRESH_OUTCOME] = {outcome_one, outcome_many, OUTCOME_VALUES, outcome_values}};

static enum acc_code insert(const struct acc_fresh *fresh, struct acc_sql *sql,
                            enum acc_fresh_table which, struct acc_error *err)
{
    const struct table *table = &tables[which];
    bool many = fresh->lacking[which] == ACC_FRESH_ROWS;
    struct acc_sql_value values[ACC_FRESH_ROWS * PROMISE_VALUES];
    size_t filled = 0;
    enum acc_code code = ACC_OK;
    for (size_t i = 0; code == ACC_OK && i < fresh->count; i++) {
        if (!fresh->rows[i].lacks[which])
            continue;
        table->values(fresh, &fresh->rows[i], values + filled++ * table->width);
        if (many && filled < ACC_FRESH_ROWS)
            continue;
        code =
            acc_sql_run(sql, many ? table->many : table->one, values, filled * table->width, err);
        filled = 0;
    }
    return code;
}

enum acc_code acc_fresh_flush(struct acc_fresh *fresh, struct acc_sql *sql, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    for (int table = 0; code == ACC_OK && table < ACC_FRESH_TABLES; table++)
        code = insert(fresh, sql, (enum acc_fresh_table)table, err);
    fresh->count = 0;
    memset(fresh->lacking, 0, sizeof fresh->lacking);
    acc_str_clear(&fresh->texts);
    return code;
}
