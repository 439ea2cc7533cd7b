/* Statements are prepared at first use and kept until the connection closes. Whatever fails becomes
 * ACC_LEDGER through one table of reasons; the caller gets a statement back reset, or not at all.
 */
#include "ledger/sql.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const struct {
    int code;
    const char *problem;
} problems[] = {
    {SQLITE_FULL, "the disk is full; free some space there, then run the same command again"},
    {SQLITE_READONLY,
     "the ledger cannot be written; make the file and its folder writable, or name "
     "another with --ledger"},
    {SQLITE_CANTOPEN,
     "the ledger cannot be opened or made there; see that the folder exists and is "
     "writable, or name another with --ledger"},
    {SQLITE_PERM, "the ledger may not be opened; check its owner and mode, or name another with "
                  "--ledger"},
    {SQLITE_NOTADB, "not a ledger: this is no SQLite file; name another with --ledger"},
    {SQLITE_CORRUPT, "the ledger is damaged (see accession ledger check); move it aside and run "
                     "again, a new one finds out from "
                     "the bucket what is archived"},
    {SQLITE_BUSY, "another program keeps the ledger locked; end it, or wait, then run again"},
    {SQLITE_LOCKED, "another program keeps the ledger locked; end it, or wait, then run again"},
};

static const char *problem_of(int code)
{
    for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++)
        if (problems[i].code == code)
            return problems[i].problem;
    return NULL;
}

/* The errno behind the last error. A commit keeps it with the WAL's file alone. */
static int system_reason(sqlite3 *db)
{
    int reason = sqlite3_system_errno(db);
    sqlite3_file *wal = NULL;
    if (reason == 0 &&
        sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) == SQLITE_OK &&
        wal != NULL && wal->pMethods != NULL)
        wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &reason);
    return reason;
}

enum acc_code acc_sql_fail(struct acc_sql *sql, struct acc_error *err)
{
    int code = sqlite3_errcode(sql->db) & 0xFF;
    int reason = code == SQLITE_IOERR ? system_reason(sql->db) : 0;
    /* SQLite knows ENOSPC only; a quota and a file size limit count as full disks too. */
    if (code == SQLITE_IOERR && (reason == EDQUOT || reason == EFBIG || reason == ENOSPC))
        code = SQLITE_FULL;
    if (code == SQLITE_FULL && sql->reads_only)
        return acc_error_set(
            err, ACC_LEDGER,
            "%s: the folder for temporary files is full; free some space there, or "
            "name another in TMPDIR",
            sql->path);
    const char *problem = problem_of(code);
    if (problem != NULL)
        return acc_error_set(err, ACC_LEDGER, "%s: %s", sql->path, problem);
    if (code == SQLITE_IOERR)
        return acc_error_set(err, ACC_LEDGER,
                             "%s: reading or writing the ledger failed: %s; check the disk",
                             sql->path, reason ? strerror(reason) : sqlite3_errmsg(sql->db));
    return acc_error_set(err, ACC_LEDGER, "%s: the ledger's database failed: %s", sql->path,
                         sqlite3_errmsg(sql->db));
}

bool acc_sql_is_busy(struct acc_sql *sql)
{
    int code = sqlite3_errcode(sql->db) & 0xFF;
    return code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

/* The file is input: nothing in its schema runs, and cells are checked before use. */
static enum acc_code distrust(struct acc_sql *sql, struct acc_error *err)
{
    static const struct {
        int option, value;
    } settings[] = {{SQLITE_DBCONFIG_DEFENSIVE, 1},
                    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                    {SQLITE_DBCONFIG_ENABLE_VIEW, 0}};
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (sqlite3_db_config(sql->db, settings[i].option, settings[i].value, NULL) != SQLITE_OK)
            return acc_sql_fail(sql, err);
    return acc_sql_script(sql, "PRAGMA cell_size_check = ON", err);
}

/* Counting its memory costs SQLite a lock for each allocation. */
static void count_no_memory(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum acc_code acc_sql_open(struct acc_sql *sql, const char *path, const char *uri, int flags,
                           struct acc_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, count_no_memory);
    *sql = (struct acc_sql){.path = path};
    int code =
        sqlite3_open_v2(uri, &sql->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    return code == SQLITE_OK ? distrust(sql, err) : acc_sql_fail(sql, err);
}

void acc_sql_close(struct acc_sql *sql)
{
    for (unsigned i = 0; i < sql->count; i++)
        sqlite3_finalize(sql->kept[i].stmt);
    sqlite3_close(sql->db);
    free(sql->kept);
    *sql = (struct acc_sql){0};
}

struct acc_sql_value acc_sql_text(const char *text)
{
    return text == NULL
               ? acc_sql_null()
               : (struct acc_sql_value){.type = SQLITE_TEXT, .data = text, .len = strlen(text)};
}

static enum acc_code prepared(struct acc_sql *sql, const char *text, sqlite3_stmt **stmt,
                              struct acc_error *err)
{
    for (unsigned i = 0; i < sql->count; i++) {
        if (sql->kept[i].text == text) {
            *stmt = sql->kept[i].stmt;
            return ACC_OK;
        }
    }
    if (sqlite3_prepare_v3(sql->db, text, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL) != SQLITE_OK)
        return acc_sql_fail(sql, err);
    if (sql->count == sql->cap) {
        sql->cap = sql->cap ? sql->cap * 2 : 16;
        sql->kept = acc_realloc(sql->kept, sql->cap * sizeof *sql->kept);
    }
    sql->kept[sql->count++] = (struct acc_sql_kept){.text = text, .stmt = *stmt};
    return ACC_OK;
}

static int bind_value(sqlite3_stmt *stmt, int index, const struct acc_sql_value *value)
{
    switch (value->type) {
    case SQLITE_INTEGER:
        return sqlite3_bind_int64(stmt, index, value->number);
    case SQLITE_TEXT:
        return sqlite3_bind_text64(stmt, index, value->data, value->len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case SQLITE_BLOB:
        return sqlite3_bind_blob64(stmt, index, value->data, value->len, SQLITE_STATIC);
    default:
        return sqlite3_bind_null(stmt, index);
    }
}

enum acc_code acc_sql_start(struct acc_sql *sql, const char *text, const struct acc_sql_value *args,
                            size_t count, sqlite3_stmt **stmt, struct acc_error *err)
{
    sqlite3_stmt *found;
    *stmt = NULL;
    enum acc_code code = prepared(sql, text, &found, err);
    if (code != ACC_OK)
        return code;
    assert((size_t)sqlite3_bind_parameter_count(found) == count);
    for (size_t i = 0; i < count; i++)
        if (bind_value(found, (int)i + 1, &args[i]) != SQLITE_OK)
            return acc_sql_fail(sql, err);
    *stmt = found;
    return ACC_OK;
}

enum acc_code acc_sql_step(struct acc_sql *sql, sqlite3_stmt *stmt, bool *row,
                           struct acc_error *err)
{
    int code = sqlite3_step(stmt);
    *row = code == SQLITE_ROW;
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        return ACC_OK;
    enum acc_code failed = acc_sql_fail(sql, err);
    sqlite3_reset(stmt);
    return failed;
}

enum acc_code acc_sql_first(struct acc_sql *sql, const char *text, const struct acc_sql_value *args,
                            size_t count, sqlite3_stmt **stmt, bool *row, struct acc_error *err)
{
    enum acc_code code = acc_sql_start(sql, text, args, count, stmt, err);
    return code != ACC_OK ? code : acc_sql_step(sql, *stmt, row, err);
}

enum acc_code acc_sql_run(struct acc_sql *sql, const char *text, const struct acc_sql_value *args,
                          size_t count, struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool row = true;
    enum acc_code code = acc_sql_start(sql, text, args, count, &stmt, err);
    while (code == ACC_OK && row)
        code = acc_sql_step(sql, stmt, &row, err);
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

enum acc_code acc_sql_script(struct acc_sql *sql, const char *text, struct acc_error *err)
{
    return sqlite3_exec(sql->db, text, NULL, NULL, NULL) == SQLITE_OK ? ACC_OK
                                                                      : acc_sql_fail(sql, err);
}

enum acc_code acc_sql_number(struct acc_sql *sql, const char *text,
                             const struct acc_sql_value *args, size_t count, int64_t otherwise,
                             int64_t *number, struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code = acc_sql_first(sql, text, args, count, &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    *number = row && sqlite3_column_type(stmt, 0) != SQLITE_NULL ? sqlite3_column_int64(stmt, 0)
                                                                 : otherwise;
    sqlite3_reset(stmt);
    return ACC_OK;
}

const char *acc_sql_column_text(sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    /* A text that memory is missing for must not be taken for an empty one. */
    if (text == NULL && sqlite3_errcode(sqlite3_db_handle(stmt)) == SQLITE_NOMEM)
        acc_out_of_memory();
    return text ? text : "";
}

enum acc_code acc_sql_damaged(struct acc_sql *sql, const char *what, struct acc_error *err)
{
    return acc_error_set(
        err, ACC_LEDGER,
        "%s: the ledger is damaged (%s); see accession ledger check. Restore it from a "
        "backup, or move it aside "
        "and run again: a new ledger finds out from the bucket what is archived.",
        sql->path, what);
}
