/* One statement a call. Fails as every write and read of the ledger does: ACC_LEDGER, with the file
 * and the reason; nothing is half written. */
#include "ledger/arrivals.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/internal.h"

static const char put[] =
    "INSERT OR REPLACE INTO arrival(folder, destination, name, mark, content, touched, code, run,"
    " reason, receipt, at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
static const char find[] = "SELECT mark, content, touched, code, run, reason, receipt FROM arrival"
                           " WHERE folder = ?1 AND destination = ?2 AND name = ?3";

enum acc_code acc_ledger_put_arrival(struct acc_ledger *ledger, const struct acc_arrival_row *row,
                                     struct acc_error *err)
{
    enum acc_code code = acc_ledger_turn_begin(ledger, err);
    if (code != ACC_OK)
        return code;
    code = acc_sql_run(&ledger->turn.sql, put,
                       ACC_SQL_ARGS(acc_sql_text(row->folder), acc_sql_text(row->destination),
                                    acc_sql_text(row->name), acc_sql_int(row->mark),
                                    acc_sql_int((int64_t)row->content),
                                    acc_sql_int((int64_t)row->touched),
                                    acc_sql_text(acc_code_name(row->code)), acc_sql_text(row->run),
                                    acc_sql_text(row->reason), acc_sql_text(row->receipt),
                                    acc_sql_int(acc_time_now())),
                       err);
    return acc_ledger_turn_end(ledger, code, err);
}

static void copy_texts(struct acc_ledger *ledger, sqlite3_stmt *stmt, struct acc_arrival_row *row)
{
    const char **const texts[] = {&row->run, &row->reason, &row->receipt};
    struct acc_str block = {0};
    size_t starts[ACC_COUNT_OF(texts)];
    for (int i = 0; i < (int)ACC_COUNT_OF(texts); i++) {
        const char *text = acc_sql_column_text(stmt, 4 + i);
        starts[i] = block.len;
        acc_str_add_n(&block, text, strlen(text) + 1);
    }
    free(ledger->owner_only.arrival);
    ledger->owner_only.arrival = acc_str_detach(&block);
    for (size_t i = 0; i < ACC_COUNT_OF(texts); i++)
        *texts[i] = ledger->owner_only.arrival + starts[i];
}

enum acc_code acc_ledger_find_arrival(struct acc_ledger *ledger, const char *folder,
                                      const char *destination, const char *name,
                                      struct acc_arrival_row *row, bool *found,
                                      struct acc_error *err)
{
    sqlite3_stmt *stmt;
    enum acc_code code = acc_sql_first(
        &ledger->owner_only.sql, find,
        ACC_SQL_ARGS(acc_sql_text(folder), acc_sql_text(destination), acc_sql_text(name)), &stmt,
        found, err);
    if (code != ACC_OK)
        return code;
    int64_t mark = 0;
    if (*found)
        code = acc_sql_number_in(&ledger->owner_only.sql, stmt, 0, ACC_MARK_ARCHIVED, ACC_MARK_KEPT,
                                 ACC_MARK_ARCHIVED, &mark, err);
    if (code == ACC_OK && *found) {
        *row = (struct acc_arrival_row){
            .folder = folder,
            .destination = destination,
            .name = name,
            .mark = (enum acc_arrival_mark)mark,
            .content = (uint64_t)sqlite3_column_int64(stmt, 1),
            .touched = (uint64_t)sqlite3_column_int64(stmt, 2),
            .code = acc_code_from_name(acc_sql_column_text(stmt, 3)),
        };
        copy_texts(ledger, stmt, row);
    }
    sqlite3_reset(stmt);
    return code;
}
