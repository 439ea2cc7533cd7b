/* One transaction a call. Fails as every write and read of the ledger does: ACC_LEDGER, with the
 * file and the reason; nothing is half written. */
#include "ledger/notices.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ledger/internal.h"

static const char put[] = "INSERT INTO notice(id, folder, destination, json, made, next, tries)"
                          " VALUES(?1, ?2, ?3, ?4, ?5, ?5, 0)";
static const char put_day[] = "INSERT OR REPLACE INTO daily(folder, destination, event, at, bags)"
                              " VALUES(?1, ?2, ?3, ?4, ?5)";
static const char last_day[] =
    "SELECT at, bags FROM daily WHERE folder = ?1 AND destination = ?2 AND event = ?3";
static const char postpone[] = "UPDATE notice SET next = ?2, tries = tries + 1 WHERE id = ?1";
static const char drop[] = "DELETE FROM notice WHERE id = ?1";
static const char first[] = "SELECT id, json, made, next, tries FROM notice WHERE folder = ?1"
                            " AND destination = ?2 ORDER BY next, seq LIMIT 1";

static enum acc_code write(struct acc_ledger *ledger, const char *text,
                           const struct acc_sql_value *args, size_t count, struct acc_error *err)
{
    enum acc_code code = acc_ledger_turn_begin(ledger, err);
    if (code != ACC_OK)
        return code;
    code = acc_sql_run(&ledger->turn.sql, text, args, count, err);
    return acc_ledger_turn_end(ledger, code, err);
}

static enum acc_code run_put_day(struct acc_ledger *ledger, const char *folder,
                                 const char *destination, const struct acc_daily *daily,
                                 struct acc_error *err)
{
    return acc_sql_run(&ledger->turn.sql, put_day,
                       ACC_SQL_ARGS(acc_sql_text(folder), acc_sql_text(destination),
                                    acc_sql_text(daily->event), acc_sql_int(daily->at),
                                    acc_sql_int((int64_t)daily->bags)),
                       err);
}

enum acc_code acc_ledger_put_notice(struct acc_ledger *ledger, const char *folder,
                                    const char *destination, const char *id, const char *json,
                                    const struct acc_daily *daily, struct acc_error *err)
{
    enum acc_code code = acc_ledger_turn_begin(ledger, err);
    if (code != ACC_OK)
        return code;
    code =
        acc_sql_run(&ledger->turn.sql, put,
                    ACC_SQL_ARGS(acc_sql_text(id), acc_sql_text(folder), acc_sql_text(destination),
                                 acc_sql_text(json), acc_sql_int(acc_time_now())),
                    err);
    if (code == ACC_OK && daily != NULL)
        code = run_put_day(ledger, folder, destination, daily, err);
    return acc_ledger_turn_end(ledger, code, err);
}

enum acc_code acc_ledger_put_daily(struct acc_ledger *ledger, const char *folder,
                                   const char *destination, const struct acc_daily *daily,
                                   struct acc_error *err)
{
    enum acc_code code = acc_ledger_turn_begin(ledger, err);
    if (code != ACC_OK)
        return code;
    return acc_ledger_turn_end(ledger, run_put_day(ledger, folder, destination, daily, err), err);
}

enum acc_code acc_ledger_postpone_notice(struct acc_ledger *ledger, const char *id, int64_t next,
                                         struct acc_error *err)
{
    return write(ledger, postpone, ACC_SQL_ARGS(acc_sql_text(id), acc_sql_int(next)), err);
}

enum acc_code acc_ledger_drop_notice(struct acc_ledger *ledger, const char *id,
                                     struct acc_error *err)
{
    return write(ledger, drop, ACC_SQL_ARGS(acc_sql_text(id)), err);
}

enum acc_code acc_ledger_next_notice(struct acc_ledger *ledger, const char *folder,
                                     const char *destination, struct acc_notice *notice,
                                     bool *found, struct acc_error *err)
{
    sqlite3_stmt *stmt;
    enum acc_code code = acc_sql_first(
        &ledger->owner_only.sql, first,
        ACC_SQL_ARGS(acc_sql_text(folder), acc_sql_text(destination)), &stmt, found, err);
    if (code != ACC_OK)
        return code;
    if (*found)
        *notice = (struct acc_notice){.id = acc_strdup(acc_sql_column_text(stmt, 0)),
                                      .json = acc_strdup(acc_sql_column_text(stmt, 1)),
                                      .made = sqlite3_column_int64(stmt, 2),
                                      .next = sqlite3_column_int64(stmt, 3),
                                      .tries = sqlite3_column_int64(stmt, 4)};
    sqlite3_reset(stmt);
    return ACC_OK;
}

enum acc_code acc_ledger_daily(struct acc_ledger *ledger, const char *folder,
                               const char *destination, struct acc_daily *daily,
                               struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool found;
    daily->at = 0;
    daily->bags = 0;
    enum acc_code code = acc_sql_first(
        &ledger->owner_only.sql, last_day,
        ACC_SQL_ARGS(acc_sql_text(folder), acc_sql_text(destination), acc_sql_text(daily->event)),
        &stmt, &found, err);
    if (code != ACC_OK)
        return code;
    if (found) {
        daily->at = sqlite3_column_int64(stmt, 0);
        daily->bags = (uint64_t)sqlite3_column_int64(stmt, 1);
    }
    sqlite3_reset(stmt);
    return ACC_OK;
}

void acc_notice_release(struct acc_notice *notice)
{
    free(notice->id);
    free(notice->json);
    *notice = (struct acc_notice){0};
}
