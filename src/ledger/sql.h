/* The little of SQLite that the ledger needs: prepared statements kept per connection, typed
 * arguments, and errors as one clear line.
 *
 * A statement's text is a constant array; its address is its name in the cache, so pass the same
 * array each time. Text and blob arguments are borrowed until the statement is reset.
 *
 * Threads: a connection belongs to one thread at a time (they are opened without SQLite's mutex).
 */
#ifndef ACC_LEDGER_SQL_H
#define ACC_LEDGER_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include <accession/error.h>

struct acc_sql {
    sqlite3 *db;
    const char *path; /* borrowed; for messages */
    bool reads_only;  /* what it writes are temporary tables */
    unsigned count, cap;
    struct acc_sql_kept {
        const char *text;
        sqlite3_stmt *stmt;
    } * kept;
};

/* An argument of a statement: NULL when `type` is 0. */
struct acc_sql_value {
    int type;
    int64_t number;
    const void *data;
    size_t len;
};

static inline struct acc_sql_value acc_sql_int(int64_t number)
{
    return (struct acc_sql_value){.type = SQLITE_INTEGER, .number = number};
}

/* NULL stays NULL. */
struct acc_sql_value acc_sql_text(const char *text);

/* NULL becomes "". */
static inline struct acc_sql_value acc_sql_text_or_empty(const char *text)
{
    return acc_sql_text(text != NULL ? text : "");
}

static inline struct acc_sql_value acc_sql_blob(const void *data, size_t len)
{
    return (struct acc_sql_value){.type = SQLITE_BLOB, .data = data, .len = len};
}

static inline struct acc_sql_value acc_sql_null(void)
{
    return (struct acc_sql_value){0};
}

/* NULL for a size that is not known, which is a negative one. */
static inline struct acc_sql_value acc_sql_size(int64_t size)
{
    return size < 0 ? acc_sql_null() : acc_sql_int(size);
}

/* ?1, ?2, … of a statement, as the two arguments `args, count`. */
#define ACC_SQL_ARGS(...)                                                                          \
    (const struct acc_sql_value[]){__VA_ARGS__},                                                   \
        sizeof((const struct acc_sql_value[]){__VA_ARGS__}) / sizeof(struct acc_sql_value)
#define ACC_SQL_NO_ARGS NULL, 0

/* Opens the file with the flags of sqlite3_open_v2(); `path` is borrowed for the connection's life.
 */
enum acc_code acc_sql_open(struct acc_sql *sql, const char *path, const char *uri, int flags,
                           struct acc_error *err);
/* Finalises the statements and closes; a zeroed struct is fine. */
void acc_sql_close(struct acc_sql *sql);

/* Runs a statement to its end, ignoring rows. */
enum acc_code acc_sql_run(struct acc_sql *sql, const char *text, const struct acc_sql_value *args,
                          size_t count, struct acc_error *err);
/* Runs several statements without arguments, kept nowhere: schema, pragmas. */
enum acc_code acc_sql_script(struct acc_sql *sql, const char *text, struct acc_error *err);

/* Binds and returns the statement, ready to be stepped; end it with sqlite3_reset(). On error it is
 * NULL, which may be reset, too. */
enum acc_code acc_sql_start(struct acc_sql *sql, const char *text, const struct acc_sql_value *args,
                            size_t count, sqlite3_stmt **stmt, struct acc_error *err);
/* `*row` is false at the end. On error the statement has been reset; once more does no harm. */
enum acc_code acc_sql_step(struct acc_sql *sql, sqlite3_stmt *stmt, bool *row,
                           struct acc_error *err);
/* Start and the first step in one; sqlite3_reset() it when ACC_OK was returned. */
enum acc_code acc_sql_first(struct acc_sql *sql, const char *text, const struct acc_sql_value *args,
                            size_t count, sqlite3_stmt **stmt, bool *row, struct acc_error *err);
/* The first column of the first row as a number; `otherwise` if there is no row or it is NULL. */
enum acc_code acc_sql_number(struct acc_sql *sql, const char *text,
                             const struct acc_sql_value *args, size_t count, int64_t otherwise,
                             int64_t *number, struct acc_error *err);

/* A column's text, "" when it is NULL; lives until the statement moves. */
const char *acc_sql_column_text(sqlite3_stmt *stmt, int column);

/* Whether the last error was a lock held by another process or connection. */
bool acc_sql_is_busy(struct acc_sql *sql);
/* The connection's last error as one line: file, reason, next step. */
enum acc_code acc_sql_fail(struct acc_sql *sql, struct acc_error *err);

/* Sets and returns ACC_LEDGER: `what` in the file is not what this program wrote there. */
enum acc_code acc_sql_damaged(struct acc_sql *sql, const char *what, struct acc_error *err);

#endif
