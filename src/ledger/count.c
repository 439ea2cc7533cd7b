/* Counts, each by one statement over the run's outcomes. */
#include "base/mem.h"
#include "ledger/internal.h"

/* Outcomes are those of enum acc_entry_state. A successful entry has the size of its object. Each
 * aggregate and each look-up is paid for a million times: what follows from others is not asked. */
static const char count_entries[] =
    "SELECT count(*), sum(u.outcome = 1), sum(u.outcome = 4), sum(u.outcome = 2),"
    " sum(u.outcome = 3), sum(u.outcome = 5), sum(o.size) FILTER (WHERE u.outcome IN (1, 4))"
    " FROM outcome u LEFT JOIN object o ON o.entry = u.entry AND o.seq = u.object WHERE u.run = ?1";

static const char count_asked[] =
    "SELECT count(*), sum(coalesce(p.size, u.found)) FROM outcome u"
    " LEFT JOIN promise p ON p.entry = u.entry AND p.run = u.promise WHERE u.run = ?1";

static const char count_uploads[] =
    "SELECT count(*), sum((SELECT coalesce(sum(size), 0) FROM part WHERE upload = l.id))"
    " FROM upload l CROSS JOIN outcome u ON u.run = ?1 AND u.entry = l.entry"
    " WHERE l.ended IS NULL AND u.outcome = 0";

static const char unproven[] = "SELECT EXISTS (SELECT 1 FROM outcome u JOIN promise p ON p.entry = "
                               "u.entry AND p.run = u.promise"
                               " WHERE u.run = ?1 AND u.outcome NOT IN (1, 4) AND p.role < ?2)";

static const char count_checked[] =
    "SELECT count(*), sum(code = 'OK') FROM outcome WHERE run = ?1 AND level IS NOT NULL";

enum acc_code acc_ledger_count(struct acc_ledger *ledger, int64_t run,
                               struct acc_ledger_counts *counts, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    struct acc_ledger_counts got = {0};
    uint64_t *const numbers[] = {&got.entries, &got.archived, &got.already,
                                 &got.failed,  &got.conflict, &got.withheld};
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code =
        acc_sql_first(sql, count_entries, ACC_SQL_ARGS(acc_sql_int(run)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    for (int i = 0; i < (int)ACC_COUNT_OF(numbers); i++)
        *numbers[i] = (uint64_t)sqlite3_column_int64(stmt, i);
    got.pending =
        got.entries - got.archived - got.already - got.failed - got.conflict - got.withheld;
    got.bytes_archived = sqlite3_column_int64(stmt, 6);
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

enum acc_code acc_ledger_count_asked(struct acc_ledger *ledger, int64_t run, uint64_t *entries,
                                     int64_t *bytes, struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code = acc_sql_first(&ledger->owner_only.sql, count_asked,
                                       ACC_SQL_ARGS(acc_sql_int(run)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    *entries = (uint64_t)sqlite3_column_int64(stmt, 0);
    *bytes = sqlite3_column_int64(stmt, 1);
    sqlite3_reset(stmt);
    return ACC_OK;
}

enum acc_code acc_ledger_unproven(struct acc_ledger *ledger, int64_t run, enum acc_role role,
                                  bool *some, struct acc_error *err)
{
    int64_t found = 0;
    enum acc_code code =
        acc_sql_number(&ledger->owner_only.sql, unproven,
                       ACC_SQL_ARGS(acc_sql_int(run), acc_sql_int(role)), 0, &found, err);
    *some = found != 0;
    return code;
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
