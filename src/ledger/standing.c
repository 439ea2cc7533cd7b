/* One pass over a destination's entries into a temporary table, then the totals and the days from
 * it. The same statements write into the ledger when a run ends, and into temporary tables when
 * somebody asks meanwhile.
 *
 * A verification's manifest may name files that were never meant to be archived here: if this
 * ledger did archive something, only entries named by a run of another kind count. Fails as SQLite
 * does; what was made is the transaction's, or the connection's. */
#include "ledger/standing.h"

#include <stdlib.h>

#include <accession/digest.h>

#include "base/mem.h"

#define STANDING_COLUMNS                                                                           \
    "destination INTEGER PRIMARY KEY,"                                                             \
    " run INTEGER NOT NULL," /* its newest when this was found */                                  \
    " archived INTEGER NOT NULL, refused INTEGER NOT NULL, pending INTEGER NOT NULL,"              \
    " withheld INTEGER NOT NULL, bytes INTEGER NOT NULL, different INTEGER NOT NULL,"              \
    " never_read INTEGER NOT NULL, last_read INTEGER NOT NULL, last_seen INTEGER NOT NULL,"        \
    " last_level TEXT NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL"
#define DAY_COLUMNS                                                                                \
    "destination INTEGER NOT NULL, day INTEGER NOT NULL," /* since 1970-01-01 UTC */               \
    " archived INTEGER NOT NULL, bytes INTEGER NOT NULL," /* on that day */                        \
    " proven INTEGER NOT NULL," /* archived or last read back on that day */                       \
    " proven_bytes INTEGER NOT NULL, PRIMARY KEY(destination, day)"

const char acc_standing_schema[] =
    "CREATE TABLE standing(" STANDING_COLUMNS ") STRICT;"
    "CREATE TABLE day(" DAY_COLUMNS ") STRICT, WITHOUT ROWID;"

    /* The External-Identifiers of the bags that a destination was sent. */
    "CREATE TABLE identifier("
    " destination INTEGER NOT NULL REFERENCES destination(id),"
    " name TEXT NOT NULL,"
    " run INTEGER NOT NULL," /* the first that read it */
    " PRIMARY KEY(destination, name)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX identifier_name ON identifier(name);"

    /* For finding: the first four bytes of each digest of an object. */
    "CREATE TABLE digest("
    " short INTEGER NOT NULL,"
    " entry INTEGER NOT NULL,"
    " PRIMARY KEY(short, entry)) STRICT, WITHOUT ROWID;"
    /* The last part of the path. */
    "CREATE INDEX entry_name ON"
    " entry(substr(path, length(rtrim(path, replace(path, '/', ''))) + 1));"
    "CREATE INDEX destination_url ON destination(url);";

static const char scratch[] =
    "CREATE TEMP TABLE IF NOT EXISTS known(entry INTEGER PRIMARY KEY, size INTEGER, at INTEGER,"
    " held INTEGER, outcome INTEGER, different INTEGER, read_at INTEGER, seen_at INTEGER,"
    " level TEXT);"
    "CREATE TEMP TABLE IF NOT EXISTS attempt(run INTEGER PRIMARY KEY)";
static const char forget[] = "DELETE FROM temp.known";
static const char forget_attempts[] = "DELETE FROM temp.attempt";

/* ?1 the destination. */
static const char gather_attempts[] = "INSERT INTO temp.attempt SELECT id FROM run"
                                      " WHERE destination = ?1 AND kind != 'verify'";
/* The newest check of an entry, and the newest that read it, are found by the index of checks
 * alone. Nothing is sorted or gathered, so memory stays flat. A ledger without any check, or
 * without any finding, is looked at once and not for each entry. */
#define CHECKS "outcome INDEXED BY outcome_checked WHERE entry = e.id AND level IS NOT NULL"
#define IF_CHECKED(what)                                                                           \
    "CASE WHEN EXISTS (SELECT 1 FROM outcome INDEXED BY outcome_checked WHERE level IS NOT NULL)"  \
    " THEN (SELECT " what " ORDER BY at DESC LIMIT 1) END"
#define READ_AT IF_CHECKED("at FROM " CHECKS " AND level = 'read' AND code = 'OK'")
#define CHECKED_BY IF_CHECKED("run FROM " CHECKS " AND level != ''")
static const char gather[] =
    "INSERT INTO temp.known SELECT e.id, a.size, a.at, CASE WHEN a.seq IS NULL THEN NULL"
    "  WHEN EXISTS (SELECT 1 FROM finding) THEN NOT EXISTS"
    "   (SELECT 1 FROM finding f WHERE f.entry = a.entry AND f.object = a.seq AND f.gone)"
    "  ELSE 1 END,"
    "  (SELECT u.outcome FROM temp.attempt t CROSS JOIN outcome u ON u.run = t.run"
    "    AND u.entry = e.id ORDER BY t.run DESC LIMIT 1),"
    "  s.code = 'DIFFERENCE' AND s.at >= coalesce(a.at, 0), " READ_AT ", s.at, s.level"
    " FROM entry e LEFT JOIN object a ON a.entry = e.id"
    "  AND a.seq = (SELECT max(seq) FROM object WHERE entry = e.id)"
    " LEFT JOIN outcome s ON s.entry = e.id AND s.run = " CHECKED_BY " WHERE e.destination = ?1";
static const char drop_strangers[] =
    "DELETE FROM temp.known WHERE outcome IS NULL"
    " AND EXISTS (SELECT 1 FROM temp.known WHERE held IS NOT NULL)";

/* Outcomes are those of enum acc_entry_state. An object counts until it is found gone, however
 * later attempts ended. */
#define WRITE_STANDING(where)                                                                      \
    "INSERT OR REPLACE INTO " where ".standing SELECT ?1,"                                         \
    " coalesce((SELECT max(id) FROM run WHERE destination = ?1), 0), coalesce(sum(held), 0),"      \
    " coalesce(sum(held IS NOT 1 AND outcome IN (2, 3)), 0),"                                      \
    " coalesce(sum(held IS NOT 1 AND outcome NOT IN (2, 3, 5)), 0),"                               \
    " coalesce(sum(held IS NOT 1 AND outcome = 5), 0), coalesce(sum(iif(held, size, 0)), 0),"      \
    " coalesce(sum(different), 0), coalesce(sum(held AND read_at IS NULL), 0),"                    \
    " coalesce(max(read_at), 0), coalesce(max(seen_at), 0),"                                       \
    " coalesce((SELECT level FROM temp.known ORDER BY seen_at DESC LIMIT 1), ''),"                 \
    " coalesce(min(iif(held, at, NULL)), 0), coalesce(max(iif(held, at, NULL)), 0)"                \
    " FROM temp.known"
#define DROP_DAYS(where) "DELETE FROM " where ".day WHERE destination = ?1"
#define WRITE_DAYS(where)                                                                          \
    "INSERT INTO " where ".day SELECT ?1, day, sum(archived), sum(bytes), sum(proven),"            \
    " sum(proven_bytes) FROM (SELECT at / 86400000 AS day, 1 AS archived, size AS bytes,"          \
    "  0 AS proven, 0 AS proven_bytes FROM temp.known WHERE held UNION ALL"                        \
    "  SELECT max(at, coalesce(read_at, 0)) / 86400000, 0, 0, 1, size FROM temp.known WHERE held)" \
    " GROUP BY day"

static const char keep_standing[] = WRITE_STANDING("main"),
                  show_standing[] = WRITE_STANDING("temp");
static const char drop_days[] = DROP_DAYS("main");
static const char keep_days[] = WRITE_DAYS("main"), show_days[] = WRITE_DAYS("temp");

static enum acc_code step(struct acc_sql *sql, const char *text, int64_t destination,
                          struct acc_error *err)
{
    return acc_sql_run(sql, text, ACC_SQL_ARGS(acc_sql_int(destination)), err);
}

static enum acc_code gather_known(struct acc_sql *sql, int64_t destination, struct acc_error *err)
{
    enum acc_code code = acc_sql_run(sql, forget, ACC_SQL_NO_ARGS, err);
    if (code == ACC_OK)
        code = acc_sql_run(sql, forget_attempts, ACC_SQL_NO_ARGS, err);
    if (code == ACC_OK)
        code = step(sql, gather_attempts, destination, err);
    if (code == ACC_OK)
        code = step(sql, gather, destination, err);
    return code == ACC_OK ? acc_sql_run(sql, drop_strangers, ACC_SQL_NO_ARGS, err) : code;
}

static enum acc_code keep(struct acc_sql *sql, int64_t destination, struct acc_error *err)
{
    enum acc_code code = gather_known(sql, destination, err);
    if (code == ACC_OK)
        code = step(sql, keep_standing, destination, err);
    if (code == ACC_OK)
        code = step(sql, drop_days, destination, err);
    if (code == ACC_OK)
        code = step(sql, keep_days, destination, err);
    return code == ACC_OK ? acc_sql_run(sql, forget, ACC_SQL_NO_ARGS, err) : code;
}

static enum acc_code show(struct acc_sql *sql, int64_t destination, struct acc_error *err)
{
    enum acc_code code = gather_known(sql, destination, err);
    if (code == ACC_OK)
        code = step(sql, show_standing, destination, err);
    return code == ACC_OK ? step(sql, show_days, destination, err) : code;
}

enum acc_code acc_standing_keep(struct acc_sql *sql, int64_t destination, struct acc_error *err)
{
    enum acc_code code = acc_sql_script(sql, scratch, err);
    return code == ACC_OK ? keep(sql, destination, err) : code;
}

/* The ids come first: the ledger answers one question at a time. */
static enum acc_code for_each(struct acc_sql *sql, const char *ids,
                              enum acc_code (*act)(struct acc_sql *, int64_t, struct acc_error *),
                              struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    int64_t *list = NULL;
    size_t count = 0, room = 0;
    enum acc_code code = acc_sql_first(sql, ids, ACC_SQL_NO_ARGS, &stmt, &row, err);
    while (code == ACC_OK && row) {
        if (count == room)
            list = acc_realloc(list, (room = room > 0 ? 2 * room : 64) * sizeof *list);
        list[count++] = sqlite3_column_int64(stmt, 0);
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    for (size_t i = 0; code == ACC_OK && i < count; i++)
        code = act(sql, list[i], err);
    free(list);
    return code;
}

enum acc_code acc_standing_prepare(struct acc_sql *sql, struct acc_error *err)
{
    static const char tables[] =
        "DROP TABLE IF EXISTS temp.standing; DROP TABLE IF EXISTS temp.day;"
        "CREATE TEMP TABLE standing(" STANDING_COLUMNS ");"
        "CREATE TEMP TABLE day(" DAY_COLUMNS ") WITHOUT ROWID;";
    static const char stale[] =
        "SELECT d.id FROM destination d LEFT JOIN main.standing s ON s.destination = d.id WHERE"
        " s.run IS NOT (SELECT max(id) FROM run WHERE destination = d.id)";
    enum acc_code code = acc_sql_script(sql, scratch, err);
    if (code == ACC_OK)
        code = acc_sql_script(sql, tables, err);
    return code == ACC_OK ? for_each(sql, stale, show, err) : code;
}

/* acc_short(DIGESTS, N): the first four bytes of the N-th packed digest; NULL if there is none. */
static void short_digest(sqlite3_context *context, int count, sqlite3_value **args)
{
    struct acc_digests set;
    int wanted = sqlite3_value_int(args[1]);
    (void)count;
    if (!acc_digests_unpack(&set, sqlite3_value_blob(args[0]),
                            (size_t)sqlite3_value_bytes(args[0])) ||
        wanted < 0 || wanted >= ACC_ALG_COUNT || !acc_digests_has(&set, (enum acc_alg)wanted))
        return;
    sqlite3_result_int64(context, acc_digest_short(set.value[wanted]));
}

static enum acc_code index_digests(struct acc_sql *sql, struct acc_error *err)
{
    static const char fill[] =
        "WITH RECURSIVE alg(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM alg WHERE n < ?1)"
        " INSERT OR IGNORE INTO digest SELECT short, entry FROM"
        "  (SELECT acc_short(o.digests, n) AS short, o.entry FROM object o CROSS JOIN alg)"
        " WHERE short IS NOT NULL ORDER BY short, entry";
    if (sqlite3_create_function(sql->db, "acc_short", 2,
                                SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL,
                                short_digest, NULL, NULL) != SQLITE_OK)
        return acc_sql_fail(sql, err);
    return acc_sql_run(sql, fill, ACC_SQL_ARGS(acc_sql_int(ACC_ALG_COUNT - 1)), err);
}

enum acc_code acc_standing_fill(struct acc_sql *sql, struct acc_error *err)
{
    static const char ended[] = "SELECT destination FROM (SELECT destination, max(id), finished"
                                " FROM run GROUP BY destination) WHERE finished IS NOT NULL";
    enum acc_code code = acc_sql_script(sql, scratch, err);
    if (code == ACC_OK)
        code = index_digests(sql, err);
    return code == ACC_OK ? for_each(sql, ended, keep, err) : code;
}
