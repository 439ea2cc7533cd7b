/* One pass over a destination's entries adds up the totals and the days; memory grows with the days
 * alone. A run that changed nothing leaves them as they are. They are written into the ledger when
 * a run ends, and into temporary tables when somebody asks meanwhile.
 *
 * A verification's manifest may name files that were never meant to be archived here: if this
 * ledger did archive something, only entries named by a run of another kind count. Fails as SQLite
 * does; what was made is the transaction's, or the connection's. */
#include "ledger/standing.h"

#include <stdlib.h>
#include <string.h>

#include <accession/digest.h>

#include "base/mem.h"
#include "base/str.h"

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

static const char scratch[] = "CREATE TEMP TABLE IF NOT EXISTS attempt(run INTEGER PRIMARY KEY)";
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
    "SELECT a.size, a.at, CASE WHEN a.seq IS NULL THEN NULL"
    "  WHEN EXISTS (SELECT 1 FROM finding) THEN NOT EXISTS"
    "   (SELECT 1 FROM finding f WHERE f.entry = a.entry AND f.object = a.seq AND f.gone)"
    "  ELSE 1 END,"
    "  (SELECT u.outcome FROM temp.attempt t CROSS JOIN outcome u ON u.run = t.run"
    "    AND u.entry = e.id ORDER BY t.run DESC LIMIT 1),"
    "  s.code = 'DIFFERENCE' AND s.at >= coalesce(a.at, 0), " READ_AT ", s.at, s.level"
    " FROM entry e LEFT JOIN object a ON a.entry = e.id"
    "  AND a.seq = (SELECT max(seq) FROM object WHERE entry = e.id)"
    " LEFT JOIN outcome s ON s.entry = e.id AND s.run = " CHECKED_BY " WHERE e.destination = ?1";
enum gathered { G_SIZE, G_AT, G_HELD, G_OUTCOME, G_DIFFERENT, G_READ_AT, G_SEEN_AT, G_LEVEL };
/* An ingest that found everything there on record (ledger/record.c gives an outcome a time of its
 * own only then), added no finding, and came after the run that the standing is of: all that it
 * says holds of the new run too. */
static const char still_holds[] =
    "UPDATE main.standing SET run = n.id FROM (SELECT max(id) AS id FROM run WHERE destination = "
    "?1) n"
    " WHERE destination = ?1"
    " AND run = (SELECT max(id) FROM run WHERE destination = ?1 AND id < n.id)"
    " AND NOT EXISTS (SELECT 1 FROM outcome u WHERE u.run = n.id"
    "  AND (u.outcome != 4 OR u.at IS NULL OR u.level IS NOT NULL))"
    " AND NOT EXISTS (SELECT 1 FROM finding f WHERE f.run = n.id)";
static const char has_objects[] = "SELECT EXISTS (SELECT 1 FROM entry e JOIN object o ON o.entry = "
                                  "e.id WHERE e.destination = ?1)";

#define WRITE_STANDING(where)                                                                      \
    "INSERT OR REPLACE INTO " where ".standing VALUES(?1,"                                         \
    " coalesce((SELECT max(id) FROM run WHERE destination = ?1), 0),"                              \
    " ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
#define DROP_DAYS(where) "DELETE FROM " where ".day WHERE destination = ?1"
#define WRITE_DAY(where) "INSERT INTO " where ".day VALUES(?1, ?2, ?3, ?4, ?5, ?6)"

/* Where they are written. */
struct place {
    const char *standing, *drop_days, *day;
};
static const char keep_standing[] = WRITE_STANDING("main"),
                  show_standing[] = WRITE_STANDING("temp");
static const char drop_kept[] = DROP_DAYS("main"), drop_shown[] = DROP_DAYS("temp");
static const char keep_day[] = WRITE_DAY("main"), show_day[] = WRITE_DAY("temp");
static const struct place kept = {keep_standing, drop_kept, keep_day},
                          shown = {show_standing, drop_shown, show_day};

/* ---- adding up ---- */

struct day {
    int64_t day, archived, bytes, proven, proven_bytes;
};

struct sums {
    int64_t archived, refused, pending, withheld, bytes, different, never_read;
    int64_t last_read, last_seen, first_at, last_at;
    struct acc_str last_level;
    struct day *days; /* in order */
    size_t day_count, day_room, day_last;
};

static struct day *day_of(struct sums *sums, int64_t at)
{
    int64_t day = at / ACC_DAY_MS;
    size_t low = 0, high = sums->day_count;
    if (sums->day_last < high && sums->days[sums->day_last].day == day)
        return &sums->days[sums->day_last]; /* neighbours are mostly of one day */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sums->days[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    sums->day_last = low;
    if (low < sums->day_count && sums->days[low].day == day)
        return &sums->days[low];
    if (sums->day_count == sums->day_room) {
        sums->day_room = sums->day_room > 0 ? 2 * sums->day_room : 16;
        sums->days = acc_realloc(sums->days, sums->day_room * sizeof *sums->days);
    }
    memmove(&sums->days[low + 1], &sums->days[low], (sums->day_count - low) * sizeof *sums->days);
    sums->day_count++;
    sums->days[low] = (struct day){.day = day};
    return &sums->days[low];
}

static void add_held(struct sums *sums, int64_t size, int64_t at, int64_t read_at)
{
    struct day *archived = day_of(sums, at);
    archived->archived++;
    archived->bytes += size;
    struct day *proven = day_of(sums, read_at > at ? read_at : at);
    proven->proven++;
    proven->proven_bytes += size;
    sums->bytes += size;
    sums->never_read += read_at == 0;
    if (sums->archived == 0 || at < sums->first_at)
        sums->first_at = at;
    if (sums->archived == 0 || at > sums->last_at)
        sums->last_at = at;
    sums->archived++;
}

static void add_attempt(struct sums *sums, enum acc_entry_state outcome)
{
    bool refused = outcome == ACC_ENTRY_FAILED || outcome == ACC_ENTRY_CONFLICT;
    bool withheld = outcome == ACC_ENTRY_WITHHELD;
    sums->refused += refused;
    sums->withheld += withheld;
    sums->pending += !refused && !withheld;
}

/* An object counts until it is found gone, however later attempts ended. NULL is 0 as a number. */
static void add_entry(struct sums *sums, sqlite3_stmt *stmt)
{
    int64_t read_at = sqlite3_column_int64(stmt, G_READ_AT);
    int64_t seen_at = sqlite3_column_int64(stmt, G_SEEN_AT);
    if (sqlite3_column_int(stmt, G_HELD))
        add_held(sums, sqlite3_column_int64(stmt, G_SIZE), sqlite3_column_int64(stmt, G_AT),
                 read_at);
    else if (sqlite3_column_type(stmt, G_OUTCOME) != SQLITE_NULL)
        add_attempt(sums, (enum acc_entry_state)sqlite3_column_int(stmt, G_OUTCOME));
    sums->different += sqlite3_column_int(stmt, G_DIFFERENT);
    if (read_at > sums->last_read)
        sums->last_read = read_at;
    if (seen_at > sums->last_seen) {
        sums->last_seen = seen_at;
        acc_str_set(&sums->last_level, acc_sql_column_text(stmt, G_LEVEL));
    }
}

static enum acc_code step(struct acc_sql *sql, const char *text, int64_t destination,
                          struct acc_error *err)
{
    return acc_sql_run(sql, text, ACC_SQL_ARGS(acc_sql_int(destination)), err);
}

static enum acc_code add_entries(struct acc_sql *sql, int64_t destination, struct sums *sums,
                                 struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    int64_t objects = 0;
    enum acc_code code =
        acc_sql_number(sql, has_objects, ACC_SQL_ARGS(acc_sql_int(destination)), 0, &objects, err);
    if (code == ACC_OK)
        code = acc_sql_first(sql, gather, ACC_SQL_ARGS(acc_sql_int(destination)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    while (code == ACC_OK && row) {
        if (!objects || sqlite3_column_type(stmt, G_OUTCOME) != SQLITE_NULL)
            add_entry(sums, stmt);
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

/* ---- writing ---- */

static enum acc_code write_sums(struct acc_sql *sql, int64_t destination, const struct sums *sums,
                                const struct place *place, struct acc_error *err)
{
    enum acc_code code =
        acc_sql_run(sql, place->standing,
                    ACC_SQL_ARGS(acc_sql_int(destination), acc_sql_int(sums->archived),
                                 acc_sql_int(sums->refused), acc_sql_int(sums->pending),
                                 acc_sql_int(sums->withheld), acc_sql_int(sums->bytes),
                                 acc_sql_int(sums->different), acc_sql_int(sums->never_read),
                                 acc_sql_int(sums->last_read), acc_sql_int(sums->last_seen),
                                 acc_sql_text(acc_str_cstr(&sums->last_level)),
                                 acc_sql_int(sums->first_at), acc_sql_int(sums->last_at)),
                    err);
    if (code == ACC_OK)
        code = step(sql, place->drop_days, destination, err);
    for (size_t i = 0; code == ACC_OK && i < sums->day_count; i++) {
        const struct day *day = &sums->days[i];
        code = acc_sql_run(sql, place->day,
                           ACC_SQL_ARGS(acc_sql_int(destination), acc_sql_int(day->day),
                                        acc_sql_int(day->archived), acc_sql_int(day->bytes),
                                        acc_sql_int(day->proven), acc_sql_int(day->proven_bytes)),
                           err);
    }
    return code;
}

static enum acc_code make(struct acc_sql *sql, int64_t destination, const struct place *place,
                          struct acc_error *err)
{
    struct sums sums = {0};
    enum acc_code code = acc_sql_run(sql, forget_attempts, ACC_SQL_NO_ARGS, err);
    if (code == ACC_OK)
        code = step(sql, gather_attempts, destination, err);
    if (code == ACC_OK)
        code = add_entries(sql, destination, &sums, err);
    if (code == ACC_OK)
        code = write_sums(sql, destination, &sums, place, err);
    acc_str_release(&sums.last_level);
    free(sums.days);
    return code;
}

static enum acc_code keep(struct acc_sql *sql, int64_t destination, struct acc_error *err)
{
    enum acc_code code = step(sql, still_holds, destination, err);
    return code != ACC_OK || sqlite3_changes(sql->db) > 0 ? code
                                                          : make(sql, destination, &kept, err);
}

static enum acc_code show(struct acc_sql *sql, int64_t destination, struct acc_error *err)
{
    return make(sql, destination, &shown, err);
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
