/* Records which process runs, and where the ledger was when it started. So if the ledger is copied
 * during a run, the copy does not take that run for a killed one.
 *
 * The destination's lock keeps out every other run that uses this very file. So an earlier run that
 * has not ended was killed, unless the row came here in a copy: then its process may be at work
 * with the original. If that process is alive here, the new run is refused. If it cannot be judged
 * (another machine), the uploads it left are dropped rather than adopted: two runs must not fill
 * one upload. */
#include "ledger/holder.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/process.h"

#define HOME_TEXT (ACC_PROCESS_TEXT + 24)

static const char unended[] =
    "SELECT r.name, h.process, h.home FROM holder h JOIN run r ON r.id = h.run"
    " WHERE r.destination = ?1 AND r.finished IS NULL";
static const char forget_uploads[] = "UPDATE upload SET ended = ?2 WHERE ended IS NULL"
                                     " AND entry IN (SELECT id FROM entry WHERE destination = ?1)";
static const char forget_openings[] =
    "DELETE FROM opening WHERE run IN (SELECT id FROM run WHERE destination = ?1)";
static const char openings[] =
    "SELECT o.key, o.at FROM opening o JOIN run r ON r.id = o.run WHERE r.id != ?1"
    " AND r.destination = (SELECT destination FROM run WHERE id = ?1) ORDER BY o.id";
static const char add_holder[] =
    "INSERT INTO holder(run, process, home, claim) VALUES(?1, ?2, ?3, 1)";
static const char claims_left[] =
    "SELECT count(*) FROM holder h JOIN run r ON r.id = h.run WHERE h.claim AND r.id != ?1"
    " AND r.destination = (SELECT destination FROM run WHERE id = ?1)";

/* The machine and the inode: what a copy does not have. */
static void find_home(const char *ledger_path, const char *process, char home[HOME_TEXT])
{
    char host[ACC_PROCESS_TEXT];
    struct stat st = {0};
    stat(ledger_path, &st);
    snprintf(home, HOME_TEXT, "%s:%" PRIx64, acc_process_host(process, host), (uint64_t)st.st_ino);
}

static enum acc_code judge(const char *ledger_path, const char *name, const char *process,
                           struct acc_error *err)
{
    if (acc_process_state(process) != ACC_PROCESS_ALIVE)
        return ACC_OK;
    return acc_error_set(err, ACC_LEDGER_BUSY,
                         "%s: this ledger is a copy of one that the run %s is using now. Wait for "
                         "its end, then copy the ledger again, or name another with --ledger",
                         ledger_path, name);
}

enum acc_code acc_holder_judge_earlier(struct acc_sql *sql, const char *ledger_path,
                                       int64_t destination, struct acc_error *err)
{
    char self[ACC_PROCESS_TEXT], home[HOME_TEXT];
    sqlite3_stmt *stmt;
    bool row = false, elsewhere = false;
    find_home(ledger_path, acc_process_self(self), home);
    enum acc_code code =
        acc_sql_first(sql, unended, ACC_SQL_ARGS(acc_sql_int(destination)), &stmt, &row, err);
    while (code == ACC_OK && row) {
        const char *its_home = acc_sql_column_text(stmt, 2);
        if (strcmp(its_home, home) != 0) {
            elsewhere = true;
            code =
                judge(ledger_path, acc_sql_column_text(stmt, 0), acc_sql_column_text(stmt, 1), err);
        }
        if (code == ACC_OK)
            code = acc_sql_step(sql, stmt, &row, err);
    }
    sqlite3_reset(stmt);
    if (code == ACC_OK && elsewhere)
        code =
            acc_sql_run(sql, forget_uploads,
                        ACC_SQL_ARGS(acc_sql_int(destination), acc_sql_int(acc_time_now())), err);
    if (code == ACC_OK && elsewhere)
        code = acc_sql_run(sql, forget_openings, ACC_SQL_ARGS(acc_sql_int(destination)), err);
    return code;
}

enum acc_code acc_holder_add(struct acc_sql *sql, const char *ledger_path, int64_t run,
                             struct acc_error *err)
{
    char self[ACC_PROCESS_TEXT], home[HOME_TEXT];
    find_home(ledger_path, acc_process_self(self), home);
    return acc_sql_run(sql, add_holder,
                       ACC_SQL_ARGS(acc_sql_int(run), acc_sql_text(self), acc_sql_text(home)), err);
}

enum acc_code acc_ledger_claims_left(struct acc_ledger *ledger, int64_t run, uint64_t *count,
                                     struct acc_error *err)
{
    int64_t found;
    enum acc_code code = acc_sql_number(&ledger->owner_only.sql, claims_left,
                                        ACC_SQL_ARGS(acc_sql_int(run)), 0, &found, err);
    if (code == ACC_OK)
        *count = (uint64_t)found;
    return code;
}

enum acc_code acc_ledger_openings(struct acc_ledger *ledger, int64_t run,
                                  void (*each)(void *arg, const char *key, int64_t at), void *arg,
                                  struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code =
        acc_sql_first(sql, openings, ACC_SQL_ARGS(acc_sql_int(run)), &stmt, &row, err);
    while (code == ACC_OK && row) {
        each(arg, acc_sql_column_text(stmt, 0), sqlite3_column_int64(stmt, 1));
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}
