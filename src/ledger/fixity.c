/* The queries of a verification beside rows: everything that was archived, as its work; an earlier
 * verification to go on with; the time when an entry was last found as promised. Fails as every
 * read does; the load's part fails as loads do. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/load.h"

/* Nothing is asked: what was archived is itself the promise. */
static const char add_archived[] =
    "INSERT INTO outcome(run, entry, promise, asked, found, outcome, object)"
    " SELECT ?1, e.id, (SELECT max(run) FROM promise WHERE entry = e.id), 0, a.size, 0, a.seq"
    " FROM entry e CROSS JOIN object a ON a.entry = e.id"
    "  AND a.seq = (SELECT max(seq) FROM object WHERE entry = e.id) WHERE e.destination = ?2"
    " AND acc_takes(e.path)";
/* What was only heard of is a promise to compare with. */
static const char add_heard[] =
    "INSERT INTO outcome(run, entry, promise, asked, found, outcome)"
    " SELECT ?1, e.id, p.run, 1, p.size, 0 FROM entry e CROSS JOIN promise p ON p.entry = e.id"
    "  AND p.run = (SELECT max(q.run) FROM promise q WHERE q.entry = e.id"
    "   AND q.run IN (SELECT run FROM heard WHERE entry = e.id))"
    " WHERE e.destination = ?2 AND NOT EXISTS (SELECT 1 FROM object WHERE entry = e.id)"
    " AND acc_takes(e.path)";
static const char count_archived[] = "SELECT count(*) FROM entry e WHERE e.destination = ?1"
                                     " AND (EXISTS (SELECT 1 FROM object WHERE entry = e.id)"
                                     "  OR EXISTS (SELECT 1 FROM heard WHERE entry = e.id))";
static const char last_of_command[] =
    "SELECT p.id, p.outcome FROM run r JOIN run p ON p.destination = r.destination"
    " AND p.kind = r.kind AND p.command = r.command AND p.id < r.id"
    " WHERE r.id = ?1 ORDER BY p.id DESC LIMIT 1";
static const char last_good[] =
    "SELECT o.run, o.level, o.proof, o.at FROM outcome o WHERE o.entry = ?1"
    " AND o.level IS NOT NULL AND o.code = 'OK' AND (?2 = 0 OR o.run = ?2)"
    " AND instr(?3, o.level) > 0 AND EXISTS(SELECT 1 FROM outcome u"
    " " ACC_SAME_PROMISE " WHERE u.run = ?4 AND u.entry = ?1) ORDER BY o.at DESC LIMIT 1";

struct selection {
    acc_ledger_takes takes;
    void *arg;
};

static void takes_path(sqlite3_context *context, int count, sqlite3_value **args)
{
    const struct selection *selection = sqlite3_user_data(context);
    const char *path = (const char *)sqlite3_value_text(args[0]);
    (void)count;
    sqlite3_result_int(context, path != NULL && selection->takes(selection->arg, path));
}

enum acc_code acc_ledger_load_archived(struct acc_ledger_load *load, acc_ledger_takes takes,
                                       void *arg, uint64_t *all, struct acc_error *err)
{
    static const char *const sources[] = {add_archived, add_heard};
    struct selection selection = {takes, arg};
    enum acc_code code = acc_fresh_flush(&load->fresh, load->sql, &load->failure);
    if (code == ACC_OK &&
        sqlite3_create_function(load->sql->db, "acc_takes", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                &selection, takes_path, NULL, NULL) != SQLITE_OK)
        code = acc_sql_fail(load->sql, &load->failure);
    for (size_t i = 0; code == ACC_OK && i < ACC_COUNT_OF(sources); i++) {
        code = acc_sql_run(load->sql, sources[i],
                           ACC_SQL_ARGS(acc_sql_int(load->run), acc_sql_int(load->destination)),
                           &load->failure);
        if (code == ACC_OK)
            load->entries += (uint64_t)sqlite3_changes64(load->sql->db);
    }
    int64_t count = 0;
    if (code == ACC_OK)
        code = acc_load_mark(load, &load->failure);
    if (code == ACC_OK)
        code =
            acc_sql_number(load->sql, count_archived, ACC_SQL_ARGS(acc_sql_int(load->destination)),
                           0, &count, &load->failure);
    if (code != ACC_OK)
        acc_error_set(err, code, "%s", load->failure.message);
    *all = (uint64_t)count;
    return code;
}

static const char known_below[] =
    "SELECT 1 FROM destination d CROSS JOIN entry e ON e.destination = d.id AND e.path = ?2"
    " WHERE d.canonical = ?1 AND (EXISTS (SELECT 1 FROM object WHERE entry = e.id)"
    "  OR EXISTS (SELECT 1 FROM heard WHERE entry = e.id))";

enum acc_code acc_ledger_knows_key(struct acc_ledger *ledger, const char *key, bool *known,
                                   struct acc_error *err)
{
    struct acc_str above = {0};
    enum acc_code code = ACC_OK;
    int64_t found = 0;
    const char *slash = strrchr(key, '/');
    /* Every destination ends in a slash. */
    for (acc_str_set(&above, key); code == ACC_OK && !found && slash != NULL;) {
        size_t len = (size_t)(slash - key) + 1;
        acc_str_cut(&above, len);
        code = acc_sql_number(
            &ledger->owner_only.sql, known_below,
            ACC_SQL_ARGS(acc_sql_text(acc_str_cstr(&above)), acc_sql_text(key + len)), 0, &found,
            err);
        slash = memrchr(key, '/', len - 1);
    }
    acc_str_release(&above);
    *known = found != 0;
    return code;
}

static const char has_versions[] =
    "SELECT 1 FROM outcome u CROSS JOIN object a ON a.entry = u.entry"
    " WHERE EXISTS (SELECT 1 FROM object) AND u.run = ?1 AND a.version_id NOT IN ('', 'null')"
    " LIMIT 1";

enum acc_code acc_ledger_has_versions(struct acc_ledger *ledger, int64_t run, bool *some,
                                      struct acc_error *err)
{
    int64_t found = 0;
    enum acc_code code = acc_sql_number(&ledger->owner_only.sql, has_versions,
                                        ACC_SQL_ARGS(acc_sql_int(run)), 0, &found, err);
    *some = found != 0;
    return code;
}

enum acc_code acc_ledger_unfinished(struct acc_ledger *ledger, int64_t run, int64_t *earlier,
                                    struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    *earlier = 0;
    enum acc_code code =
        acc_sql_first(sql, last_of_command, ACC_SQL_ARGS(acc_sql_int(run)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    /* A verification that ends with differences has still finished. */
    if (row && acc_code_exit(acc_code_from_name(acc_sql_column_text(stmt, 1))) > 1)
        *earlier = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return ACC_OK;
}

enum acc_code acc_ledger_last_good(struct acc_ledger *ledger, int64_t run, int64_t entry,
                                   int64_t earlier, const char *levels,
                                   struct acc_good_check *check, bool *found, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    enum acc_code code = acc_sql_first(sql, last_good,
                                       ACC_SQL_ARGS(acc_sql_int(entry), acc_sql_int(earlier),
                                                    acc_sql_text(levels), acc_sql_int(run)),
                                       &stmt, found, err);
    if (code != ACC_OK)
        return code;
    if (*found) {
        check->run = sqlite3_column_int64(stmt, 0);
        snprintf(check->level, sizeof check->level, "%s", acc_sql_column_text(stmt, 1));
        snprintf(check->proof, sizeof check->proof, "%s", acc_sql_column_text(stmt, 2));
        check->at = sqlite3_column_int64(stmt, 3);
    }
    sqlite3_reset(stmt);
    return ACC_OK;
}
