/* What servers were seen to do, by bucket and with the time. Fails with ACC_LEDGER as every
 * statement does; nothing is kept open. */
#include <string.h>

#include "base/clock.h"
#include "ledger/internal.h"

static const char recall[] =
    "SELECT name, known, at FROM capability WHERE bucket = ?1 AND at >= ?2 ORDER BY name";
static const char keep[] = "INSERT INTO capability(bucket, name, known, at) VALUES(?1, ?2, ?3, ?4)"
                           " ON CONFLICT(bucket, name) DO UPDATE SET known = ?3, at = ?4";

enum acc_code acc_ledger_capabilities(struct acc_ledger *ledger, const char *bucket, int64_t after,
                                      struct acc_capabilities *can, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    *can = (struct acc_capabilities){0};
    enum acc_code code = acc_sql_first(
        sql, recall, ACC_SQL_ARGS(acc_sql_text(bucket), acc_sql_int(after)), &stmt, &row, err);
    while (code == ACC_OK && row) {
        int64_t at = sqlite3_column_int64(stmt, 2);
        acc_capability_set(can, acc_sql_column_text(stmt, 0),
                           sqlite3_column_int(stmt, 1) ? ACC_KNOWN_YES : ACC_KNOWN_NO);
        if (can->since == 0 || at < can->since)
            can->since = at;
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

enum acc_code acc_ledger_keep_capabilities(struct acc_ledger *ledger, const char *bucket,
                                           const struct acc_capabilities *can,
                                           struct acc_error *err)
{
    struct acc_capability one;
    enum acc_code code = acc_ledger_turn_begin(ledger, err);
    if (code != ACC_OK)
        return code;
    for (unsigned i = 0; code == ACC_OK && acc_capability_at(can, i, &one); i++)
        if (one.known != ACC_KNOWN_NOT)
            code = acc_sql_run(&ledger->turn.sql, keep,
                               ACC_SQL_ARGS(acc_sql_text(bucket), acc_sql_text(one.name),
                                            acc_sql_int(one.known == ACC_KNOWN_YES),
                                            acc_sql_int(acc_time_now())),
                               err);
    return acc_ledger_turn_end(ledger, code, err);
}
