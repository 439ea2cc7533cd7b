/* Counts, each by one statement over the run's events. */
#include "ledger/internal.h"

/* The size of an event's entry as far as anybody knows it. */
#define SIZE_OF_EVENT                                                                              \
    "coalesce(CASE WHEN ev.algs & 0x80000000 THEN e.size ELSE ev.found END,"                       \
    " (SELECT a.size FROM archived a WHERE a.id = ev.archived), 0)"

/* Outcomes are those of enum acc_entry_state. */
static const char count_entries[] =
    "SELECT count(*), sum(outcome = 0), sum(outcome = 1), sum(outcome = 1 AND at IS NULL), "
    "sum(outcome = 2),"
    " sum(outcome = 3), sum(size), sum(iif(outcome = 1, size, 0)), sum(sizeless) FROM"
    " (SELECT ev.outcome, ev.at, NOT ev.algs & 0x80000000 AS sizeless, " SIZE_OF_EVENT " AS size"
    "  FROM event ev CROSS JOIN entry e ON e.id = ev.entry WHERE ev.run = ?1)";

static const char count_uploads[] =
    "SELECT count(*), sum((SELECT coalesce(sum(size), 0) FROM part WHERE upload = u.id))"
    " FROM upload u CROSS JOIN event ev ON ev.run = ?1 AND ev.entry = u.entry WHERE u.ended IS "
    "NULL";

static const char count_checked[] =
    "SELECT count(*), sum(code = 'OK') FROM event WHERE run = ?1 AND level IS NOT NULL";

enum acc_code acc_ledger_count(struct acc_ledger *ledger, int64_t run,
                               struct acc_ledger_counts *counts, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    struct acc_ledger_counts got = {0};
    uint64_t *const numbers[] = {&got.entries,         &got.pending, &got.archived,
                                 &got.archived_before, &got.failed,  &got.conflict};
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code =
        acc_sql_first(sql, count_entries, ACC_SQL_ARGS(acc_sql_int(run)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    for (int i = 0; i < 6; i++)
        *numbers[i] = (uint64_t)sqlite3_column_int64(stmt, i);
    got.bytes = sqlite3_column_int64(stmt, 6);
    got.bytes_archived = sqlite3_column_int64(stmt, 7);
    got.without_size = (uint64_t)sqlite3_column_int64(stmt, 8);
    sqlite3_reset(stmt);

    code = acc_sql_first(sql, count_uploads, ACC_SQL_ARGS(acc_sql_int(run)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    got.unfinished_uploads = (uint64_t)sqlite3_column_int64(stmt, 0);
    got.bytes_parked = sqlite3_column_int64(stmt, 1);
    sqlite3_reset(stmt);
    *counts = got;
    return ACC_OK;
}

enum acc_code acc_ledger_count_checked(struct acc_ledger *ledger, int64_t run, uint64_t *checked,
                                       uint64_t *unchanged, struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code = acc_sql_first(&ledger->owner_only.sql, count_checked,
                                       ACC_SQL_ARGS(acc_sql_int(run)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    *checked = (uint64_t)sqlite3_column_int64(stmt, 0);
    *unchanged = (uint64_t)sqlite3_column_int64(stmt, 1);
    sqlite3_reset(stmt);
    return ACC_OK;
}
