/* The turn: one thread writes at a time, in one transaction each.
 *
 * Happy path: wait for the turn, begin; commit, give it away. Failure: the transaction is rolled
 * back, and the turn given away all the same. */
#include "base/trace.h"
#include "ledger/internal.h"

static void give_turn(struct acc_ledger *ledger)
{
    pthread_mutex_lock(&ledger->turn.mutex);
    ledger->turn.taken = false;
    pthread_cond_signal(&ledger->turn.free);
    pthread_mutex_unlock(&ledger->turn.mutex);
}

enum acc_code acc_ledger_turn_begin(struct acc_ledger *ledger, struct acc_error *err)
{
    static const char begin[] = "BEGIN IMMEDIATE";
    pthread_mutex_lock(&ledger->turn.mutex);
    while (ledger->turn.taken)
        pthread_cond_wait(&ledger->turn.free, &ledger->turn.mutex);
    ledger->turn.taken = true;
    pthread_mutex_unlock(&ledger->turn.mutex);
    enum acc_code code = acc_sql_run(&ledger->turn.sql, begin, ACC_SQL_NO_ARGS, err);
    if (code != ACC_OK)
        give_turn(ledger);
    return code;
}

enum acc_code acc_ledger_turn_end(struct acc_ledger *ledger, enum acc_code code,
                                  struct acc_error *err)
{
    static const char commit[] = "COMMIT", rollback[] = "ROLLBACK";
    struct acc_sql *sql = &ledger->turn.sql;
    if (code == ACC_OK)
        code = acc_sql_run(sql, commit, ACC_SQL_NO_ARGS, err);
    /* A full disk may have ended the transaction already. */
    if (code != ACC_OK && !sqlite3_get_autocommit(sql->db))
        acc_sql_run(sql, rollback, ACC_SQL_NO_ARGS, NULL);
    acc_trace(ACC_TRACE_LEDGER, "%s", code == ACC_OK ? "commit" : acc_code_name(code));
    give_turn(ledger);
    return code;
}
