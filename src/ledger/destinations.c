/* Destinations as they are known now, from all their runs. What is slow to find is kept, or made
 * again (ledger/standing.h); the rest is asked for here. Reads on the owner's connection; fails as
 * every read does, with ACC_LEDGER and the reason.
 *
 * A destination that no run ever reached is a mistyped name, and is left out; so is a folder that
 * was restored or verified. */
#include "ledger/internal.h"
#include "ledger/standing.h"

/* ?1 the day before which what was last proven is due, ?2 the URL at or below which ('' for all),
 * ?3 what orders, ?4 whether backwards. */
#define ORDERED_BY                                                                                 \
    "CASE ?3 WHEN 'files' THEN -archived WHEN 'bytes' THEN -bytes WHEN 'archived' THEN -last_at"   \
    " WHEN 'verified' THEN last_seen WHEN 'due' THEN -due"                                         \
    " WHEN 'attention' THEN -(8 * (different > 0) + 4 * (refused > 0)"                             \
    "  + 2 * (pending + withheld + parked > 0) + (due > 0)) ELSE 0 END"

/* All copies of one content: what replications, here or as others report, lead to from a
 * destination, in either direction and over several steps. One counts as verified while nothing of
 * it waits, differs or is due, and it holds as many files as the fullest of them. */
#define COPIES                                                                                     \
    " made(source, d) AS MATERIALIZED (SELECT source, destination FROM run"                        \
    "   INDEXED BY run_replicated WHERE kind = 'replicate'"                                        \
    "  UNION SELECT source, destination FROM main.copy),"                                          \
    " link(a, b) AS MATERIALIZED (SELECT o.id, m.d FROM made m"                                    \
    "   CROSS JOIN destination o ON o.canonical = m.source"                                        \
    "  UNION SELECT m.d, o.id FROM made m"                                                         \
    "   CROSS JOIN destination o ON o.canonical = m.source),"                                      \
    " reach(d, m) AS (SELECT a, a FROM link"                                                       \
    "  UNION SELECT r.d, l.b FROM reach r JOIN link l ON l.a = r.m),"                              \
    " member AS MATERIALIZED (SELECT r.d, r.m, s.archived, s.archived > 0 AND s.different +"       \
    "   s.refused + s.pending + s.withheld = 0 AND coalesce(v.due, 0) = 0 AS sound FROM reach r"   \
    "  CROSS JOIN " ACC_STANDINGS " s ON s.destination = r.m"                                      \
    "  LEFT JOIN overdue v ON v.destination = r.m ORDER BY r.d, r.m),"                             \
    " fullest AS MATERIALIZED (SELECT d, max(archived) AS archived FROM member GROUP BY d),"       \
    " copy AS MATERIALIZED (SELECT m.d, count(*) AS copies,"                                       \
    "   sum(m.sound AND m.archived = f.archived) AS verified,"                                     \
    "   group_concat(iif(m.m = m.d, NULL, x.canonical), char(10)) AS others FROM member m"         \
    "  CROSS JOIN fullest f ON f.d = m.d JOIN destination x ON x.id = m.m GROUP BY m.d),"

static const char destinations[] =
    "WITH RECURSIVE open AS MATERIALIZED (SELECT x.destination, count(*) AS parked, coalesce(sum("
    "  (SELECT sum(size) FROM part WHERE upload = u.id)), 0) AS sent FROM upload u"
    "  INDEXED BY upload_open CROSS JOIN entry x ON x.id = u.entry WHERE u.ended IS NULL"
    "  GROUP BY x.destination),"
    " overdue AS MATERIALIZED (SELECT destination, sum(proven) AS due FROM " ACC_DAYS
    "  WHERE day < ?1 GROUP BY destination),"
    /* Known from others alone. */
    " others AS MATERIALIZED (SELECT e.destination, count(*) AS reported,"
    "  coalesce(sum(h.size), 0) AS reported_bytes FROM"
    "  (SELECT entry, max(size) AS size FROM heard GROUP BY entry) h CROSS JOIN entry e ON e.id = "
    "h.entry"
    "  WHERE NOT EXISTS (SELECT 1 FROM object WHERE entry = e.id) GROUP BY e.destination)," COPIES
    " reported AS MATERIALIZED (SELECT d.id, d.url, d.canonical, s.archived, s.refused, s.pending,"
    "  coalesce(o.parked, 0) AS parked, s.bytes, coalesce(o.sent, 0) AS sent, s.different,"
    "  s.never_read, coalesce(v.due, 0) AS due, s.last_read, s.last_seen, s.withheld,"
    "  s.last_level, s.first_at, s.last_at, coalesce(h.reported, 0) AS reported,"
    "  coalesce(h.reported_bytes, 0) AS reported_bytes FROM " ACC_STANDINGS " s"
    "  CROSS JOIN destination d ON d.id = s.destination"
    "  LEFT JOIN overdue v ON v.destination = d.id LEFT JOIN open o ON o.destination = d.id"
    "  LEFT JOIN others h ON h.destination = d.id"
    "  WHERE " ACC_IN_ARCHIVE
    "   AND (?2 = '' OR d.url = ?2 OR substr(d.url, 1, length(?2) + 1) = ?2 || '/')),"
    /* The newest run's outcome, where it says that no such place was found. */
    " lost AS (SELECT t.id, (SELECT r.outcome FROM run r WHERE r.destination = t.id"
    "   ORDER BY r.id DESC LIMIT 1) AS outcome FROM reported t"
    "  WHERE t.archived + t.refused + t.withheld + t.parked + t.last_seen + t.reported = 0)"
    " SELECT url, canonical, archived, refused, pending, parked, bytes, sent, different,"
    "  never_read, due, last_read, last_seen, withheld, last_level, first_at, last_at,"
    "  (SELECT group_concat(name, ', ') FROM identifier WHERE destination = t.id), id,"
    "  reported, reported_bytes, coalesce(c.copies, 1), coalesce(c.verified, archived > 0"
    "   AND different + refused + pending + withheld = 0 AND due = 0), coalesce(c.others, '')"
    "  FROM reported t LEFT JOIN copy c ON c.d = t.id"
    " WHERE archived + refused + withheld + pending + parked + last_seen + reported > 0 AND NOT "
    "EXISTS"
    "  (SELECT 1 FROM lost l WHERE l.id = t.id AND (l.outcome = 'BUCKET'"
    /* A wrong endpoint, of which the right one is known by now. */
    "   OR l.outcome IN ('UNREACHABLE', 'PROTOCOL') AND EXISTS (SELECT 1 FROM destination o"
    "    JOIN " ACC_STANDINGS " k ON k.destination = o.id WHERE o.url = t.url AND k.archived > 0)))"
    " ORDER BY CASE WHEN ?4 THEN -(" ORDERED_BY ") ELSE " ORDERED_BY " END,"
    "  CASE WHEN ?4 AND ?3 = 'url' THEN url END DESC, url, canonical";

/* What was only heard of can be verified too. */
#define HOLDS_ANYTHING                                                                             \
    "(EXISTS (SELECT 1 FROM entry e JOIN object a ON a.entry = e.id WHERE e.destination = d.id)"   \
    "  OR EXISTS (SELECT 1 FROM entry e JOIN heard h ON h.entry = e.id WHERE e.destination = "     \
    "d.id))"

static const char archived_below[] =
    "SELECT d.url, coalesce(s.archived, 0), coalesce(s.bytes, 0) FROM destination d"
    " LEFT JOIN main.standing s ON s.destination = d.id"
    " WHERE substr(d.canonical, 1, length(?1)) = ?1 AND " HOLDS_ANYTHING
    " ORDER BY coalesce(s.last_seen, 0), d.url";

static struct acc_destination_info read_info(sqlite3_stmt *stmt)
{
    return (struct acc_destination_info){
        .url = acc_sql_column_text(stmt, 0),
        .canonical = acc_sql_column_text(stmt, 1),
        .archived = (uint64_t)sqlite3_column_int64(stmt, 2),
        .refused = (uint64_t)sqlite3_column_int64(stmt, 3),
        .pending = (uint64_t)sqlite3_column_int64(stmt, 4),
        .parked = (uint64_t)sqlite3_column_int64(stmt, 5),
        .bytes_archived = sqlite3_column_int64(stmt, 6),
        .bytes_parked = sqlite3_column_int64(stmt, 7),
        .different = (uint64_t)sqlite3_column_int64(stmt, 8),
        .never_read = (uint64_t)sqlite3_column_int64(stmt, 9),
        .due = (uint64_t)sqlite3_column_int64(stmt, 10),
        .last_read = sqlite3_column_int64(stmt, 11),
        .last_checked = sqlite3_column_int64(stmt, 12),
        .withheld = (uint64_t)sqlite3_column_int64(stmt, 13),
        .last_level = acc_sql_column_text(stmt, 14),
        .first_archived = sqlite3_column_int64(stmt, 15),
        .last_archived = sqlite3_column_int64(stmt, 16),
        .identifier = acc_sql_column_text(stmt, 17),
        .id = sqlite3_column_int64(stmt, 18),
        .reported = (uint64_t)sqlite3_column_int64(stmt, 19),
        .bytes_reported = sqlite3_column_int64(stmt, 20),
        .copies = (uint64_t)sqlite3_column_int64(stmt, 21),
        .copies_verified = (uint64_t)sqlite3_column_int64(stmt, 22),
        .also_at = acc_sql_column_text(stmt, 23),
    };
}

enum acc_code acc_ledger_destinations(struct acc_ledger *ledger, const struct acc_ledger_list *list,
                                      void (*each)(void *arg,
                                                   const struct acc_destination_info *destination),
                                      void *arg, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code = acc_standing_prepare(sql, err);
    if (code == ACC_OK)
        code = acc_sql_first(sql, destinations,
                             ACC_SQL_ARGS(acc_sql_int(list->due_before / ACC_DAY_MS),
                                          acc_sql_text_or_empty(list->below),
                                          acc_sql_text(list->sort != NULL ? list->sort : "url"),
                                          acc_sql_int(list->reverse)),
                             &stmt, &row, err);
    while (code == ACC_OK && row) {
        const struct acc_destination_info info = read_info(stmt);
        each(arg, &info);
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

static const char by_url[] =
    "SELECT d.canonical FROM destination d WHERE (d.url = ?1"
    "  OR substr(d.url, 1, length(?1) + 1) = ?1 || '/') AND " HOLDS_ANYTHING
    " ORDER BY d.id DESC LIMIT 1";

enum acc_code acc_ledger_server_of(struct acc_ledger *ledger, const char *url,
                                   struct acc_str *canonical, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    acc_str_clear(canonical);
    enum acc_code code =
        acc_sql_first(sql, by_url, ACC_SQL_ARGS(acc_sql_text(url)), &stmt, &row, err);
    if (code == ACC_OK && row)
        acc_str_set(canonical, acc_sql_column_text(stmt, 0));
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

enum acc_code acc_ledger_archived_below(struct acc_ledger *ledger, const char *canonical,
                                        acc_ledger_each_below each, void *arg,
                                        struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code =
        acc_sql_first(sql, archived_below, ACC_SQL_ARGS(acc_sql_text(canonical)), &stmt, &row, err);
    while (code == ACC_OK && row) {
        each(arg, acc_sql_column_text(stmt, 0), (uint64_t)sqlite3_column_int64(stmt, 1),
             sqlite3_column_int64(stmt, 2));
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}
