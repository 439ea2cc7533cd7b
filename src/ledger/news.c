/* Queries over runs since a time, and over days. Reads on the owner's connection; fails as every
 * read does, with ACC_LEDGER and the reason. */
#include "ledger/news.h"

#include "base/str.h"
#include "ledger/internal.h"
#include "ledger/standing.h"

#define BELOW(n)                                                                                   \
    "(" n " = '' OR d.url = " n " OR substr(d.url, 1, length(" n ") + 1) = " n " || '/')"

static const char runs_since[] =
    "SELECT r.id, r.started, r.finished, r.outcome, r.name, r.kind, d.url FROM run r"
    " JOIN destination d ON d.id = r.destination WHERE r.kind != 'import'"
    " AND (r.started >= ?1 OR r.finished >= ?1 OR r.finished IS NULL) AND " BELOW(
        "?2") " ORDER BY r.id DESC";
static const char refusals[] =
    "SELECT u.code, count(*), min(e.path), coalesce(u.detail, '') FROM outcome u"
    " JOIN entry e ON e.id = u.entry WHERE u.run = ?1 AND u.code != 'OK'"
    " AND (u.outcome IN (2, 3) OR u.level IS NOT NULL) GROUP BY u.code ORDER BY count(*) DESC";
static const char sent_bytes[] =
    "SELECT sum(a.size) FROM outcome u JOIN object a ON a.entry = u.entry AND a.seq = u.object"
    " WHERE u.run = ?1 AND u.outcome = 1";
static const char arrivals_since[] =
    "SELECT folder, name, code, reason FROM arrival WHERE at >= ?1 AND (?2 = ''"
    " OR destination = ?2 OR substr(destination, 1, length(?2) + 1) = ?2 || '/') ORDER BY at";
static const char days[] =
    "SELECT y.day, sum(y.archived), sum(y.bytes), sum(y.proven), sum(y.proven_bytes) FROM " ACC_DAYS
    " y JOIN destination d ON d.id = y.destination WHERE " ACC_IN_ARCHIVE
    " AND " BELOW("?1") " GROUP BY y.day ORDER BY y.day";
static const char run_of[] =
    "SELECT r.id FROM run r JOIN destination d ON d.id = r.destination WHERE r.kind != 'import'"
    " AND r.started <= ?1 AND " BELOW("?2") " ORDER BY r.id DESC LIMIT 1";
static const char identifiers[] =
    "SELECT group_concat(i.name, ', ') FROM run r JOIN identifier i ON i.destination ="
    " r.destination WHERE r.id = ?1";

enum acc_code acc_ledger_runs_since(struct acc_ledger *ledger, int64_t since, const char *below,
                                    acc_ledger_each_run each, void *arg, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code = acc_sql_first(
        sql, runs_since, ACC_SQL_ARGS(acc_sql_int(since), acc_sql_text_or_empty(below)), &stmt,
        &row, err);
    while (code == ACC_OK && row) {
        const char *outcome = acc_sql_column_text(stmt, 3);
        const struct acc_run_info info = {
            .id = sqlite3_column_int64(stmt, 0),
            .started = sqlite3_column_int64(stmt, 1),
            .finished = sqlite3_column_int64(stmt, 2),
            .ended = outcome[0] != '\0',
            .outcome = outcome[0] != '\0' ? acc_code_from_name(outcome) : ACC_OK,
            .name = acc_sql_column_text(stmt, 4),
            .kind = acc_sql_column_text(stmt, 5),
            .url = acc_sql_column_text(stmt, 6),
        };
        each(arg, &info);
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

enum acc_code acc_ledger_refusals(struct acc_ledger *ledger, int64_t run,
                                  acc_ledger_each_refusal each, void *arg, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code =
        acc_sql_first(sql, refusals, ACC_SQL_ARGS(acc_sql_int(run)), &stmt, &row, err);
    while (code == ACC_OK && row) {
        each(arg, acc_code_from_name(acc_sql_column_text(stmt, 0)),
             (uint64_t)sqlite3_column_int64(stmt, 1), acc_sql_column_text(stmt, 2),
             acc_sql_column_text(stmt, 3));
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

enum acc_code acc_ledger_sent_bytes(struct acc_ledger *ledger, int64_t run, int64_t *bytes,
                                    struct acc_error *err)
{
    return acc_sql_number(&ledger->owner_only.sql, sent_bytes, ACC_SQL_ARGS(acc_sql_int(run)), 0,
                          bytes, err);
}

enum acc_code acc_ledger_arrivals_since(struct acc_ledger *ledger, int64_t since, const char *below,
                                        acc_ledger_each_arrival each, void *arg,
                                        struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code = acc_sql_first(
        sql, arrivals_since, ACC_SQL_ARGS(acc_sql_int(since), acc_sql_text_or_empty(below)), &stmt,
        &row, err);
    while (code == ACC_OK && row) {
        each(arg, acc_sql_column_text(stmt, 0), acc_sql_column_text(stmt, 1),
             acc_code_from_name(acc_sql_column_text(stmt, 2)), acc_sql_column_text(stmt, 3));
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

enum acc_code acc_ledger_days(struct acc_ledger *ledger, const char *below,
                              void (*each)(void *arg, const struct acc_ledger_day *day), void *arg,
                              struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code = acc_standing_prepare(sql, err);
    if (code == ACC_OK)
        code =
            acc_sql_first(sql, days, ACC_SQL_ARGS(acc_sql_text_or_empty(below)), &stmt, &row, err);
    while (code == ACC_OK && row) {
        const struct acc_ledger_day day = {
            .day = sqlite3_column_int64(stmt, 0),
            .files = sqlite3_column_int64(stmt, 1),
            .bytes = sqlite3_column_int64(stmt, 2),
            .proven = sqlite3_column_int64(stmt, 3),
            .proven_bytes = sqlite3_column_int64(stmt, 4),
        };
        each(arg, &day);
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

enum acc_code acc_ledger_run_of(struct acc_ledger *ledger, const char *below, int64_t at,
                                int64_t *run, struct acc_error *err)
{
    *run = 0;
    enum acc_code code =
        acc_sql_number(&ledger->owner_only.sql, run_of,
                       ACC_SQL_ARGS(acc_sql_int(at), acc_sql_text_or_empty(below)), 0, run, err);
    if (code == ACC_OK && *run == 0)
        return acc_error_set(err, ACC_USAGE,
                             "%s: no run to %s had begun by then; accession status lists runs",
                             ledger->path, below != NULL ? below : "anywhere");
    return code;
}

enum acc_code acc_ledger_identifiers(struct acc_ledger *ledger, int64_t run, struct acc_str *out,
                                     struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code = acc_sql_first(&ledger->owner_only.sql, identifiers,
                                       ACC_SQL_ARGS(acc_sql_int(run)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    if (row)
        acc_str_add(out, acc_sql_column_text(stmt, 0));
    sqlite3_reset(stmt);
    return ACC_OK;
}
