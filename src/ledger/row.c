/* Happy path: from columns to a struct acc_row, strings copied into one block, so that no statement
 * stays open while the caller looks at it. Failure: a value that this program never wrote means a
 * damaged file, ACC_LEDGER. Close: acc_held_row_release(), which the next read does too. */
#include "ledger/row.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "ledger/internal.h"

/* The end of the year 9999: nothing later is a time. */
#define ACC_TIME_LAST INT64_C(253402300799999)

enum column {
    C_ID,
    C_PATH,
    C_ROLE,
    C_SIZE,
    C_PROMISED,
    C_ASKED,
    C_FOUND,
    C_ORIGIN,
    C_LINE,
    C_OUTCOME,
    C_CODE,
    C_DETAIL,
    C_RUN,
    C_DIGESTS,
    C_OBJECT_SIZE,
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
    C_UNFINISHED,
    C_GONE,
    C_REPLACED
};

enum acc_code acc_sql_digests(struct acc_sql *sql, sqlite3_stmt *stmt, int column,
                              struct acc_digests *digests, struct acc_error *err)
{
    const void *packed = sqlite3_column_blob(stmt, column);
    if (acc_digests_unpack(digests, packed, (size_t)sqlite3_column_bytes(stmt, column)))
        return ACC_OK;
    return acc_sql_damaged(sql, "a digest cannot be read", err);
}

enum acc_code acc_sql_number_in(struct acc_sql *sql, sqlite3_stmt *stmt, int column, int64_t least,
                                int64_t most, int64_t otherwise, int64_t *number,
                                struct acc_error *err)
{
    int type = sqlite3_column_type(stmt, column);
    int64_t value = type == SQLITE_NULL ? otherwise : sqlite3_column_int64(stmt, column);
    if ((type != SQLITE_NULL && type != SQLITE_INTEGER) ||
        (type != SQLITE_NULL && (value < least || value > most)))
        return acc_sql_damaged(sql, sqlite3_column_name(stmt, column), err);
    *number = value;
    return ACC_OK;
}

/* ---- strings ---- */

/* 16 bytes stand for 32 hex digits. */
static const char *unpack_etag(sqlite3_stmt *stmt, char room[33])
{
    if (sqlite3_column_type(stmt, C_ETAG) != SQLITE_BLOB)
        return acc_sql_column_text(stmt, C_ETAG);
    room[0] = '\0';
    if (sqlite3_column_bytes(stmt, C_ETAG) == 16)
        acc_hex_encode(sqlite3_column_blob(stmt, C_ETAG), 16, room);
    return room;
}

static const char *unpack_checksum(sqlite3_stmt *stmt, const struct acc_digests *digests,
                                   char room[64])
{
    const char *text = acc_sql_column_text(stmt, C_CHECKSUM);
    if (strcmp(text, ACC_OWN_SHA256) != 0)
        return text;
    strcpy(room, "sha256:");
    acc_base64_encode(digests->value[ACC_SHA256], ACC_SHA256_LEN, room + strlen(room));
    return room;
}

/* Copies the texts into one block and points `to` at them. */
static char *copy_texts(const char *const *texts, const char **const *to, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += strlen(texts[i]) + 1;
    char *block = acc_alloc(size), *at = block;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(texts[i]) + 1;
        memcpy(at, texts[i], len);
        *to[i] = at;
        at += len;
    }
    return block;
}

static void read_texts(sqlite3_stmt *stmt, struct acc_held_row *held)
{
    char etag[33], checksum[64];
    struct acc_row *row = &held->row;
    const char *const texts[] = {acc_sql_column_text(stmt, C_PATH),
                                 acc_sql_column_text(stmt, C_ORIGIN),
                                 acc_sql_column_text(stmt, C_DETAIL),
                                 unpack_etag(stmt, etag),
                                 acc_sql_column_text(stmt, C_VERSION),
                                 unpack_checksum(stmt, &row->archived.digests, checksum),
                                 acc_sql_column_text(stmt, C_LEVEL),
                                 acc_sql_column_text(stmt, C_CHECK_PROOF)};
    const char **const to[] = {
        &row->entry.path,    &row->entry.origin,        &row->reason,
        &row->archived.etag, &row->archived.version_id, &row->archived.checksum,
        &row->checked.level, &row->checked.proof};
    _Static_assert(sizeof texts / sizeof texts[0] == sizeof to / sizeof to[0], "one place each");
    held->strings = copy_texts(texts, to, ACC_COUNT_OF(texts));
}

/* ---- numbers ---- */

struct number {
    int column;
    int64_t least, most, otherwise;
    int64_t *to;
};

static enum acc_code read_numbers(struct acc_sql *sql, sqlite3_stmt *stmt,
                                  const struct number *numbers, size_t count, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    for (size_t i = 0; code == ACC_OK && i < count; i++)
        code = acc_sql_number_in(sql, stmt, numbers[i].column, numbers[i].least, numbers[i].most,
                                 numbers[i].otherwise, numbers[i].to, err);
    return code;
}

static enum acc_code read_entry(struct acc_sql *sql, sqlite3_stmt *stmt, struct acc_row *row,
                                struct acc_error *err)
{
    int64_t role = 0, line = 0, state = 0, promised = -1, found = -1;
    const struct number numbers[] = {
        {C_ROLE, ACC_ROLE_PAYLOAD, ACC_ROLES - 1, ACC_ROLE_PAYLOAD, &role},
        {C_LINE, 0, INT64_MAX, 0, &line},
        {C_OUTCOME, 0, ACC_ENTRY_STATES - 1, 0, &state},
        {C_SIZE, 0, ACC_SIZE_MAX, -1, &promised},
        {C_FOUND, 0, ACC_SIZE_MAX, -1, &found},
        {C_CHECK_AT, 0, ACC_TIME_LAST, 0, &row->checked.at},
    };
    enum acc_code code = read_numbers(sql, stmt, numbers, ACC_COUNT_OF(numbers), err);
    bool asked = sqlite3_column_int(stmt, C_ASKED) != 0;
    if (code == ACC_OK)
        code = acc_sql_digests(sql, stmt, C_PROMISED, &row->entry.promised, err);
    if (!asked)
        row->entry.promised = (struct acc_digests){0};
    row->entry.size = asked ? promised : -1;
    row->found = found;
    row->entry.role = (enum acc_role)role;
    row->entry.line = (uint64_t)line;
    row->state = (enum acc_entry_state)state;
    return code;
}

static enum acc_code read_object(struct acc_sql *sql, sqlite3_stmt *stmt, struct acc_row *row,
                                 struct acc_error *err)
{
    struct acc_archived *a = &row->archived;
    const struct number numbers[] = {
        {C_RUN, 1, INT64_MAX, 0, &row->archived_run},
        {C_OBJECT_SIZE, 0, ACC_SIZE_MAX, 0, &a->size},
        {C_PART_SIZE, 0, ACC_SIZE_MAX, 0, &a->part_size},
        {C_AT, 0, ACC_TIME_LAST, 0, &a->at},
        {C_DURATION, 0, ACC_TIME_LAST, 0, &a->duration},
    };
    enum acc_code code = read_numbers(sql, stmt, numbers, ACC_COUNT_OF(numbers), err);
    a->proof = acc_grounds_from_name(acc_sql_column_text(stmt, C_PROOF));
    row->gone = sqlite3_column_int(stmt, C_GONE) != 0;
    row->replaced = sqlite3_column_int(stmt, C_REPLACED) != 0;
    return code == ACC_OK ? acc_sql_digests(sql, stmt, C_DIGESTS, &a->digests, err) : code;
}

enum acc_code acc_held_row_read(struct acc_sql *sql, sqlite3_stmt *stmt, int64_t run,
                                struct acc_held_row *held, struct acc_error *err)
{
    acc_held_row_release(held);
    struct acc_row *row = &held->row;
    *row = (struct acc_row){.id = sqlite3_column_int64(stmt, C_ID),
                            .unfinished = sqlite3_column_int(stmt, C_UNFINISHED) != 0};
    enum acc_code code = read_entry(sql, stmt, row, err);
    if (code == ACC_OK)
        code = read_object(sql, stmt, row, err);
    const char *path = acc_sql_column_text(stmt, C_PATH);
    if (code == ACC_OK && acc_path_problem(path, strlen(path)) != NULL)
        code = acc_sql_damaged(sql, "a path is not one", err);
    if (code != ACC_OK)
        return code;
    row->fresh = row->archived_run == run;
    if (sqlite3_column_type(stmt, C_CODE) != SQLITE_NULL)
        row->reason_code = acc_code_from_name(acc_sql_column_text(stmt, C_CODE));
    read_texts(stmt, held);
    return ACC_OK;
}

void acc_held_row_release(struct acc_held_row *held)
{
    free(held->strings);
    held->strings = NULL;
}

/* ---- what totals need ---- */

/* A promised size counts only where there is no object: then only it is looked up. */
static const char brief_rows[] =
    "SELECT u.entry, u.outcome, u.code, coalesce(u.level, '') != '',"
    " CASE WHEN u.asked AND (a.seq IS NULL OR " ACC_ROW_GONE ")"
    "  THEN (SELECT size FROM promise WHERE entry = u.entry AND run = u.promise) END,"
    " u.found, a.run, a.size," ACC_ROW_GONE " FROM outcome u" ACC_ROW_OBJECT "WHERE u.run = ?1";
enum brief_column { B_ID, B_OUTCOME, B_CODE, B_CHECKED, B_SIZE, B_FOUND, B_RUN, B_OBJECT, B_GONE };

static enum acc_code read_brief(struct acc_sql *sql, sqlite3_stmt *stmt, struct acc_row *row,
                                struct acc_error *err)
{
    int64_t state = 0;
    *row = (struct acc_row){.id = sqlite3_column_int64(stmt, B_ID),
                            .gone = sqlite3_column_int(stmt, B_GONE) != 0,
                            .checked.level = sqlite3_column_int(stmt, B_CHECKED) ? "checked" : ""};
    const struct number numbers[] = {
        {B_OUTCOME, 0, ACC_ENTRY_STATES - 1, 0, &state},
        {B_SIZE, 0, ACC_SIZE_MAX, -1, &row->entry.size},
        {B_FOUND, 0, ACC_SIZE_MAX, -1, &row->found},
        {B_RUN, 1, INT64_MAX, 0, &row->archived_run},
        {B_OBJECT, 0, ACC_SIZE_MAX, 0, &row->archived.size},
    };
    enum acc_code code = read_numbers(sql, stmt, numbers, ACC_COUNT_OF(numbers), err);
    if (sqlite3_column_type(stmt, B_CODE) != SQLITE_NULL)
        row->reason_code = acc_code_from_name(acc_sql_column_text(stmt, B_CODE));
    row->state = (enum acc_entry_state)state;
    return code;
}

enum acc_code acc_ledger_each_brief(struct acc_ledger *ledger, int64_t run,
                                    enum acc_code (*each)(void *arg, const struct acc_row *row,
                                                          struct acc_error *err),
                                    void *arg, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    struct acc_row brief;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code =
        acc_sql_first(sql, brief_rows, ACC_SQL_ARGS(acc_sql_int(run)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    while (code == ACC_OK && row) {
        code = read_brief(sql, stmt, &brief, err);
        if (code == ACC_OK)
            code = each(arg, &brief, err);
        if (code == ACC_OK && (code = acc_sql_step(sql, stmt, &row, err)) != ACC_OK)
            return code;
    }
    sqlite3_reset(stmt);
    return code;
}
