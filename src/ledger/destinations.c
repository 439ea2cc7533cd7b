/* Destinations as they are known now, from all their runs. Reads on the owner's connection; fails
 * as every read does, with ACC_LEDGER and the reason.
 *
 * A verification's manifest may name files that were never meant to be archived here: if this
 * ledger did archive something, only entries named by a run of another kind count. A destination
 * that no run ever reached is a mistyped name, and is left out. */
#include "ledger/internal.h"

/* ?1 the time before which what was last proven is due. Outcomes are those of enum acc_entry_state.
 * An object counts until it is found gone, however later attempts ended. */
static const char destinations[] =
    "WITH seen AS MATERIALIZED (SELECT entry, code, max(at) AS at,"
    "  max(CASE WHEN level = 'read' AND code = 'OK' THEN at END) AS read_at"
    "  FROM outcome WHERE level != '' GROUP BY entry),"
    " tried AS MATERIALIZED (SELECT u.entry, max(u.run) AS run, u.outcome FROM run r"
    "  CROSS JOIN outcome u ON u.run = r.id WHERE r.kind != 'verify' GROUP BY u.entry),"
    " held AS MATERIALIZED (SELECT a.entry, max(a.seq) AS seq, a.size, a.at, EXISTS("
    "   SELECT 1 FROM finding f WHERE f.entry = a.entry AND f.object = a.seq AND f.gone) AS gone"
    "  FROM object a GROUP BY a.entry),"
    " kept AS MATERIALIZED (SELECT DISTINCT e.destination FROM held h"
    "  CROSS JOIN entry e ON e.id = h.entry),"
    " known AS (SELECT e.id, e.destination, h.size, h.at, h.gone = 0 AS archived, t.outcome"
    "  FROM entry e LEFT JOIN held h ON h.entry = e.id LEFT JOIN tried t ON t.entry = e.id),"
    " told AS (SELECT d.id, d.url, d.canonical, coalesce(sum(k.archived), 0) AS archived,"
    "  coalesce(sum(k.archived IS NOT 1 AND k.outcome IN (2, 3)), 0) AS refused,"
    "  coalesce(sum(k.archived IS NOT 1 AND k.outcome NOT IN (2, 3, 5)), 0) AS pending,"
    "  coalesce(sum(k.archived IS NOT 1 AND k.outcome = 5), 0) AS withheld,"
    "  (SELECT count(*) FROM upload u JOIN entry x ON x.id = u.entry"
    "    WHERE u.ended IS NULL AND x.destination = d.id) AS parked,"
    "  coalesce(sum(CASE WHEN k.archived THEN k.size END), 0) AS bytes,"
    "  (SELECT coalesce(sum(p.size), 0) FROM upload u JOIN entry x ON x.id = u.entry"
    "    JOIN part p ON p.upload = u.id WHERE u.ended IS NULL AND x.destination = d.id) AS sent,"
    "  coalesce(sum(seen.code = 'DIFFERENCE' AND seen.at >= coalesce(k.at, 0)), 0) AS different,"
    "  coalesce(sum(k.archived AND seen.read_at IS NULL), 0) AS never_read,"
    "  coalesce(sum(k.archived AND max(k.at, coalesce(seen.read_at, 0)) < ?1), 0) AS due,"
    "  coalesce(max(seen.read_at), 0) AS last_read, coalesce(max(seen.at), 0) AS last_seen"
    "  FROM destination d JOIN known k ON k.destination = d.id"
    "   AND d.canonical NOT LIKE 'file://%'" /* the folders of restores */
    "   AND (k.outcome IS NOT NULL OR d.id NOT IN (SELECT destination FROM kept))"
    "  LEFT JOIN seen ON seen.entry = k.id GROUP BY d.id),"
    /* The newest run's outcome, where it says that no such place was found. */
    " lost AS (SELECT t.id, (SELECT r.outcome FROM run r WHERE r.destination = t.id"
    "   ORDER BY r.id DESC LIMIT 1) AS outcome FROM told t"
    "  WHERE t.archived + t.refused + t.withheld + t.parked + t.last_seen = 0)"
    " SELECT url, canonical, archived, refused, pending, parked, bytes, sent, different,"
    "  never_read, due, last_read, last_seen, withheld FROM told t"
    " WHERE archived + refused + withheld + pending + parked + last_seen > 0 AND NOT EXISTS"
    "  (SELECT 1 FROM lost l WHERE l.id = t.id AND (l.outcome = 'BUCKET'"
    /* A wrong endpoint, of which the right one is known by now. */
    "   OR l.outcome IN ('UNREACHABLE', 'PROTOCOL') AND EXISTS (SELECT 1 FROM destination o"
    "    WHERE o.url = t.url AND o.id IN (SELECT destination FROM kept))))"
    " ORDER BY url, canonical";

static const char archived_below[] =
    "SELECT d.url FROM destination d WHERE substr(d.canonical, 1, length(?1)) = ?1"
    " AND EXISTS (SELECT 1 FROM entry e JOIN object a ON a.entry = e.id"
    "  WHERE e.destination = d.id) ORDER BY d.url";

enum acc_code acc_ledger_destinations(struct acc_ledger *ledger, int64_t due_before,
                                      void (*each)(void *arg,
                                                   const struct acc_destination_info *destination),
                                      void *arg, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code =
        acc_sql_first(sql, destinations, ACC_SQL_ARGS(acc_sql_int(due_before)), &stmt, &row, err);
    while (code == ACC_OK && row) {
        const struct acc_destination_info info = {
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
        };
        each(arg, &info);
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

enum acc_code acc_ledger_archived_below(struct acc_ledger *ledger, const char *canonical,
                                        void (*each)(void *arg, const char *url), void *arg,
                                        struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code =
        acc_sql_first(sql, archived_below, ACC_SQL_ARGS(acc_sql_text(canonical)), &stmt, &row, err);
    while (code == ACC_OK && row) {
        each(arg, acc_sql_column_text(stmt, 0));
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}
