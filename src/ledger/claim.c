/* Uploads that are to be aborted from outside a run: no other process may be working on them
 * meanwhile. An ingest holds the destination's lock, so this takes the same lock, and the closing
 * ledger releases it. A ledger that does not have the upload has nothing to claim. That is not an
 * error of the ledger: the caller asks acc_ledger_knows_upload() first. */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ledger/internal.h"
#include "ledger/lock.h"

static const char destination_of[] =
    "SELECT d.id, d.canonical FROM upload u JOIN entry e ON e.id = u.entry"
    " JOIN destination d ON d.id = e.destination WHERE u.upload_id = ?1";
#define OPENED                                                                                     \
    " FROM opening o JOIN run r ON r.id = o.run JOIN destination d ON d.id = r.destination"        \
    " WHERE substr(d.canonical, 1, length(?1)) = ?1 AND o.key = ?2"
static const char destinations_opened[] = "SELECT DISTINCT d.id, d.canonical" OPENED;
static const char count_openings[] = "SELECT count(*)" OPENED " AND o.at BETWEEN ?3 AND ?4";
static const char end_upload[] =
    "UPDATE upload SET ended = ?2 WHERE upload_id = ?1 AND ended IS NULL";
static const char drop_parts[] =
    "DELETE FROM part WHERE upload IN (SELECT id FROM upload WHERE upload_id = ?1)";

/* Takes the lock of each destination that `sql` names; false in `found` if it names none. */
static enum acc_code claim(struct acc_ledger *ledger, const char *sql,
                           const struct acc_sql_value *args, size_t count, bool *found,
                           struct acc_error *err)
{
    struct acc_lock *lock;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code = acc_sql_first(&ledger->owner_only.sql, sql, args, count, &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    *found = row;
    while (code == ACC_OK && row) {
        /* Locks are listed by run; no run has a negative number. */
        int64_t holder = -sqlite3_column_int64(stmt, 0);
        if (!acc_locks_hold(&ledger->owner_only.locks, holder)) {
            code = acc_lock_take(ledger->path, acc_sql_column_text(stmt, 1), &lock, err);
            if (code == ACC_OK)
                acc_lock_assign(lock, &ledger->owner_only.locks, holder);
        }
        if (code == ACC_OK)
            code = acc_sql_step(&ledger->owner_only.sql, stmt, &row, err);
    }
    sqlite3_reset(stmt);
    return code;
}

enum acc_code acc_ledger_claim_upload(struct acc_ledger *ledger, const char *upload_id,
                                      struct acc_error *err)
{
    bool found = false;
    enum acc_code code =
        claim(ledger, destination_of, ACC_SQL_ARGS(acc_sql_text(upload_id)), &found, err);
    if (code == ACC_OK && !found)
        return acc_error_set(err, ACC_LEDGER, "upload %s: not of this ledger", upload_id);
    return code;
}

enum acc_code acc_ledger_claim_opening(struct acc_ledger *ledger, const char *bucket,
                                       const char *key, struct acc_error *err)
{
    bool found = false;
    return claim(ledger, destinations_opened, ACC_SQL_ARGS(acc_sql_text(bucket), acc_sql_text(key)),
                 &found, err);
}

enum acc_code acc_ledger_knows_opening(struct acc_ledger *ledger, const char *bucket,
                                       const char *key, int64_t from, int64_t to, bool *known,
                                       struct acc_error *err)
{
    int64_t count;
    enum acc_code code = acc_sql_number(
        &ledger->owner_only.sql, count_openings,
        ACC_SQL_ARGS(acc_sql_text(bucket), acc_sql_text(key), acc_sql_int(from), acc_sql_int(to)),
        0, &count, err);
    if (code == ACC_OK)
        *known = count > 0;
    return code;
}

enum acc_code acc_ledger_upload_aborted(struct acc_ledger *ledger, const char *upload_id,
                                        struct acc_error *err)
{
    const struct acc_sql_value id = acc_sql_text(upload_id);
    enum acc_code code = acc_ledger_turn_begin(ledger, err);
    if (code != ACC_OK)
        return code;
    code = acc_sql_run(&ledger->turn.sql, end_upload, ACC_SQL_ARGS(id, acc_sql_int(acc_time_now())),
                       err);
    if (code == ACC_OK)
        code = acc_sql_run(&ledger->turn.sql, drop_parts, ACC_SQL_ARGS(id), err);
    return acc_ledger_turn_end(ledger, code, err);
}
