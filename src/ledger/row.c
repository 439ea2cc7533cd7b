/* Rows: from columns to a struct acc_row, strings copied into one block, so that no statement stays
 * open while the caller looks at it. Digests that do not unpack mean a damaged file: ACC_LEDGER.
 */
#include "ledger/row.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/internal.h"
#include "ledger/schema.h"

enum column {
    C_ID,
    C_PATH,
    C_ROLE,
    C_ALGS,
    C_SIZE,
    C_PROMISED,
    C_FOUND,
    C_ORIGIN,
    C_LINE,
    C_OUTCOME,
    C_CODE,
    C_DETAIL,
    C_RUN,
    C_DIGESTS,
    C_ARCHIVED_SIZE,
    C_ETAG,
    C_VERSION,
    C_PROOF,
    C_CHECKSUM,
    C_PART_SIZE,
    C_AT,
    C_DURATION,
    C_LEVEL,
    C_CHECK_PROOF,
    C_CHECK_AT,
    C_UNFINISHED
};

void acc_digests_restrict(struct acc_digests *set, int64_t algs)
{
    set->present &= (uint32_t)(algs & (ACC_PROMISED_SIZE - 1));
}

enum acc_code acc_sql_digests(struct acc_sql *sql, sqlite3_stmt *stmt, int column,
                              struct acc_digests *digests, struct acc_error *err)
{
    const void *packed = sqlite3_column_blob(stmt, column);
    if (acc_digests_unpack(digests, packed, (size_t)sqlite3_column_bytes(stmt, column)))
        return ACC_OK;
    return acc_error_set(
        err, ACC_LEDGER,
        "%s: the ledger is damaged (a digest cannot be read); move it aside and run again, a new "
        "one finds out from the bucket what is archived",
        sql->path);
}

/* Copies the texts of `columns` into one block and points `to` at them. */
static char *copy_texts(sqlite3_stmt *stmt, const enum column *columns, const char **const *to,
                        size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        acc_sql_column_text(stmt, columns[i]);
        size += (size_t)sqlite3_column_bytes(stmt, columns[i]) + 1;
    }
    char *block = acc_alloc(size), *at = block;
    for (size_t i = 0; i < count; i++) {
        size_t len = (size_t)sqlite3_column_bytes(stmt, columns[i]);
        memcpy(at, acc_sql_column_text(stmt, columns[i]), len + 1);
        *to[i] = at;
        at += len + 1;
    }
    return block;
}

static int64_t promised_size(sqlite3_stmt *stmt)
{
    int from = sqlite3_column_int64(stmt, C_ALGS) & ACC_PROMISED_SIZE ? C_SIZE : C_FOUND;
    return sqlite3_column_type(stmt, from) == SQLITE_NULL ? -1 : sqlite3_column_int64(stmt, from);
}

static enum acc_code read_archived(struct acc_sql *sql, sqlite3_stmt *stmt, struct acc_archived *a,
                                   struct acc_error *err)
{
    if (sqlite3_column_type(stmt, C_RUN) == SQLITE_NULL)
        return ACC_OK;
    a->size = sqlite3_column_int64(stmt, C_ARCHIVED_SIZE);
    a->proof = acc_grounds_from_name(acc_sql_column_text(stmt, C_PROOF));
    a->part_size = sqlite3_column_int64(stmt, C_PART_SIZE);
    a->at = sqlite3_column_int64(stmt, C_AT);
    a->duration = sqlite3_column_int64(stmt, C_DURATION);
    return acc_sql_digests(sql, stmt, C_DIGESTS, &a->digests, err);
}

enum acc_code acc_held_row_read(struct acc_sql *sql, sqlite3_stmt *stmt, int64_t run,
                                struct acc_held_row *held, struct acc_error *err)
{
    static const enum column texts[] = {C_PATH,    C_ORIGIN,   C_DETAIL, C_ETAG,
                                        C_VERSION, C_CHECKSUM, C_LEVEL,  C_CHECK_PROOF};
    acc_held_row_release(held);
    struct acc_row *row = &held->row;
    *row = (struct acc_row){
        .id = sqlite3_column_int64(stmt, C_ID),
        .entry = {.size = promised_size(stmt),
                  .role = (enum acc_role)sqlite3_column_int(stmt, C_ROLE),
                  .line = (uint64_t)sqlite3_column_int64(stmt, C_LINE)},
        .state = (enum acc_entry_state)sqlite3_column_int(stmt, C_OUTCOME),
        .archived_run = sqlite3_column_int64(stmt, C_RUN),
        .unfinished = sqlite3_column_int(stmt, C_UNFINISHED) != 0,
    };
    row->fresh = row->state == ACC_ENTRY_ARCHIVED && row->archived_run == run;
    if (sqlite3_column_type(stmt, C_CODE) != SQLITE_NULL)
        row->reason_code = acc_code_from_name(acc_sql_column_text(stmt, C_CODE));
    const char **const to[] = {
        &row->entry.path,    &row->entry.origin,        &row->reason,
        &row->archived.etag, &row->archived.version_id, &row->archived.checksum,
        &row->checked.level, &row->checked.proof};
    row->checked.at = sqlite3_column_int64(stmt, C_CHECK_AT);
    held->strings = copy_texts(stmt, texts, to, ACC_COUNT_OF(texts));
    enum acc_code code = acc_sql_digests(sql, stmt, C_PROMISED, &row->entry.promised, err);
    acc_digests_restrict(&row->entry.promised, sqlite3_column_int64(stmt, C_ALGS));
    return code != ACC_OK ? code : read_archived(sql, stmt, &row->archived, err);
}

void acc_held_row_release(struct acc_held_row *held)
{
    free(held->strings);
    held->strings = NULL;
}

static const char named_by[] =
    "SELECT 1 FROM entry e CROSS JOIN event ev ON ev.run = ?1 AND ev.entry = e.id"
    " WHERE e.destination = (SELECT destination FROM run WHERE id = ?1) AND e.path = ?2";

enum acc_code acc_ledger_names(struct acc_ledger *ledger, int64_t run, const char *path,
                               bool *named, struct acc_error *err)
{
    int64_t found = 0;
    enum acc_code code =
        acc_sql_number(&ledger->owner_only.sql, named_by,
                       ACC_SQL_ARGS(acc_sql_int(run), acc_sql_text(path)), 0, &found, err);
    *named = found != 0;
    return code;
}

static const char find_row[] =
    "SELECT" ACC_ROW_COLUMNS "FROM entry e" ACC_ROW_TABLES
    "WHERE e.destination = (SELECT destination FROM run WHERE id = ?1) AND e.path = ?2";

enum acc_code acc_ledger_find(struct acc_ledger *ledger, int64_t run, const char *path,
                              struct acc_row *row, bool *found, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    struct acc_held_row *held = &ledger->owner_only.found;
    sqlite3_stmt *stmt;
    bool is_there;
    enum acc_code code = acc_sql_first(
        sql, find_row, ACC_SQL_ARGS(acc_sql_int(run), acc_sql_text(path)), &stmt, &is_there, err);
    if (code != ACC_OK)
        return code;
    if (is_there)
        code = acc_held_row_read(sql, stmt, run, held, err);
    sqlite3_reset(stmt);
    if (code == ACC_OK && is_there)
        *row = held->row;
    *found = code == ACC_OK && is_there;
    return code;
}

/* Outcomes are those of enum acc_entry_state. */
static const char recognise[] =
    "SELECT e.id, ev.outcome = 1 AND a.etag != '' AND a.etag = ?3 AND a.size = ?4"
    " FROM entry e CROSS JOIN event ev ON ev.run = ?1 AND ev.entry = e.id"
    " LEFT JOIN archived a ON a.id = coalesce(ev.archived, e.archived) AND a.run <= ?1"
    " WHERE e.destination = (SELECT destination FROM run WHERE id = ?1) AND e.path = ?2";

enum acc_code acc_ledger_recognise(struct acc_ledger *ledger, int64_t run, const char *path,
                                   const char *etag, int64_t size, int64_t *id, bool *recorded,
                                   struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool is_there;
    enum acc_code code = acc_sql_first(
        &ledger->owner_only.sql, recognise,
        ACC_SQL_ARGS(acc_sql_int(run), acc_sql_text(path), acc_sql_text(etag), acc_sql_int(size)),
        &stmt, &is_there, err);
    if (code != ACC_OK)
        return code;
    *id = is_there ? sqlite3_column_int64(stmt, 0) : 0;
    *recorded = is_there && sqlite3_column_int(stmt, 1) != 0;
    sqlite3_reset(stmt);
    return ACC_OK;
}
