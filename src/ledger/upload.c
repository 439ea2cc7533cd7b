/* Unfinished uploads as rows: read whole with their parts (at most 10,000), owned by the caller. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/internal.h"

#define PART_SIZE_MAX (INT64_C(5) << 30) /* S3's */

static const char open_upload[] =
    "SELECT id, upload_id, token, part_size, begun, gated, checksum, promised FROM upload"
    " WHERE entry = ?1 AND ended IS NULL";
static const char its_parts[] =
    "SELECT number, size, sha256, etag FROM part WHERE upload = ?1 ORDER BY number";
static const char all_open[] =
    "SELECT d.canonical || e.path, u.upload_id, u.begun FROM upload u JOIN entry e ON e.id = "
    "u.entry"
    " JOIN destination d ON d.id = e.destination WHERE u.ended IS NULL ORDER BY 1";
static const char knows[] = "SELECT 1 FROM upload WHERE upload_id = ?1";

static void read_part(sqlite3_stmt *stmt, struct acc_part_row *part)
{
    *part = (struct acc_part_row){.number = sqlite3_column_int(stmt, 0),
                                  .size = sqlite3_column_int64(stmt, 1)};
    if (sqlite3_column_bytes(stmt, 2) == ACC_SHA256_LEN)
        memcpy(part->sha256, sqlite3_column_blob(stmt, 2), ACC_SHA256_LEN);
    strncpy(part->etag, acc_sql_column_text(stmt, 3), sizeof part->etag - 1);
}

static enum acc_code read_parts(struct acc_sql *sql, int64_t id, struct acc_upload_row *upload,
                                struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    size_t cap = 0;
    enum acc_code code =
        acc_sql_first(sql, its_parts, ACC_SQL_ARGS(acc_sql_int(id)), &stmt, &row, err);
    while (code == ACC_OK && row) {
        if (upload->part_count == cap) {
            cap = cap ? cap * 2 : 16;
            upload->parts = acc_realloc(upload->parts, cap * sizeof *upload->parts);
        }
        read_part(stmt, &upload->parts[upload->part_count++]);
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

enum acc_code acc_ledger_upload(struct acc_ledger *ledger, int64_t entry,
                                struct acc_upload_row *upload, bool *found, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    struct acc_upload_row read = {0};
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code =
        acc_sql_first(sql, open_upload, ACC_SQL_ARGS(acc_sql_int(entry)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    int64_t id = sqlite3_column_int64(stmt, 0);
    if (row) {
        read.upload_id = acc_strdup(acc_sql_column_text(stmt, 1));
        read.token = acc_strdup(acc_sql_column_text(stmt, 2));
        read.part_size = sqlite3_column_int64(stmt, 3);
        read.begun = sqlite3_column_int64(stmt, 4);
        read.checksum = acc_strdup(acc_sql_column_text(stmt, 6));
        read.gated = sqlite3_column_type(stmt, 5) != SQLITE_NULL;
        code = acc_sql_digests(sql, stmt, 7, &read.promised, err);
        if (code == ACC_OK && read.gated)
            code = acc_sql_digests(sql, stmt, 5, &read.digests, err);
        if (code == ACC_OK)
            code = acc_sql_number_in(sql, stmt, 3, 1, PART_SIZE_MAX, 1, &read.part_size, err);
    }
    sqlite3_reset(stmt);
    if (code == ACC_OK && row)
        code = read_parts(sql, id, &read, err);
    if (code != ACC_OK) {
        acc_upload_row_release(&read);
        return code;
    }
    *found = row;
    if (row)
        *upload = read;
    return ACC_OK;
}

void acc_upload_row_release(struct acc_upload_row *upload)
{
    free(upload->upload_id);
    free(upload->token);
    free(upload->checksum);
    free(upload->parts);
    *upload = (struct acc_upload_row){0};
}

enum acc_code acc_ledger_knows_upload(struct acc_ledger *ledger, const char *upload_id, bool *known,
                                      struct acc_error *err)
{
    int64_t found;
    enum acc_code code = acc_sql_number(&ledger->owner_only.sql, knows,
                                        ACC_SQL_ARGS(acc_sql_text(upload_id)), 0, &found, err);
    if (code == ACC_OK)
        *known = found != 0;
    return code;
}

enum acc_code acc_ledger_open_uploads(struct acc_ledger *ledger,
                                      void (*each)(void *arg, const char *object,
                                                   const char *upload_id, int64_t begun),
                                      void *arg, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code = acc_sql_first(sql, all_open, ACC_SQL_NO_ARGS, &stmt, &row, err);
    while (code == ACC_OK && row) {
        each(arg, acc_sql_column_text(stmt, 0), acc_sql_column_text(stmt, 1),
             sqlite3_column_int64(stmt, 2));
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}
