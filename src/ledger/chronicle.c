/* Everything that is on record of one entry, or of a destination, in order of time: one statement
 * over the tables that have it. Reads on the owner's connection; fails as every read does. */
#include "ledger/ask.h"
#include "ledger/internal.h"

#include <stdio.h>
#include <string.h>

/* kind, at, run, text, line, size, digests, etag, version, checksum, level, proof, code, ended */
static const char of_entry[] =
    "SELECT 0 AS kind, r.started AS at, r.name, o.name, p.line, p.size, p.digests, '', '', '', '',"
    " '', 'OK', 1 FROM promise p JOIN run r ON r.id = p.run JOIN origin o ON o.id = p.origin"
    " WHERE p.entry = ?1 AND length(p.digests) > 0 AND r.kind != 'import'"
    " UNION ALL SELECT 1, begun, '', upload_id, 0, part_size, NULL, '', '', '', '', '', 'OK', 0"
    "  FROM upload WHERE entry = ?1 AND ended IS NULL"
    " UNION ALL SELECT 2, a.at, r.name, a.proof, 0, a.size, a.digests, a.etag, a.version_id,"
    "  a.checksum, '', '', 'OK', 1 FROM object a JOIN run r ON r.id = a.run WHERE a.entry = ?1"
    " UNION ALL SELECT 3, coalesce(u.at, r.finished, r.started), r.name, coalesce(u.detail, ''), 0,"
    "  -1, NULL, '', '', '', '', '', u.code, r.finished IS NOT NULL FROM run r"
    "  CROSS JOIN outcome u ON u.run = r.id AND u.entry = ?1"
    "  WHERE r.destination = ?2 AND u.level IS NULL AND u.outcome IN (2, 3, 5)"
    " UNION ALL SELECT iif(f.gone, 4, 5), f.at, r.name, '', 0, -1, NULL, '', '', '', '', '',"
    "  'DIFFERENCE', 1 FROM finding f JOIN run r ON r.id = f.run WHERE f.entry = ?1"
    " UNION ALL SELECT 6, u.at, r.name, coalesce(u.detail, ''), 0, -1, NULL, '', '', '', u.level,"
    "  coalesce(u.proof, ''), coalesce(u.code, 'OK'), 1 FROM outcome u INDEXED BY outcome_checked"
    "  JOIN run r ON r.id = u.run WHERE u.entry = ?1 AND u.level IS NOT NULL AND u.level != ''"
    " UNION ALL SELECT 8, h.at, r.name, iif(h.ground IN ('archived', 'checked'),"
    "   o.name || ', run ' || h.said, o.name), h.line, h.size, h.digests, h.etag, h.version_id,"
    "  h.checksum, h.ground, h.proof, 'OK', 1 FROM heard h JOIN run r ON r.id = h.run"
    "  JOIN origin o ON o.id = h.origin WHERE h.entry = ?1"
    " ORDER BY at, kind";
static const char of_destination[] =
    "SELECT 7, r.started, r.name, coalesce((SELECT group_concat(path, ', ') FROM (SELECT path FROM"
    "  manifest WHERE run = r.id ORDER BY idx)), ''), 0, -1, NULL, '', '', '', r.kind, r.source,"
    " coalesce(r.outcome, 'OK'), r.finished IS NOT NULL FROM run r WHERE r.destination = ?2"
    " AND ?1 = 0 ORDER BY r.id";

static enum acc_code read_event(struct acc_sql *sql, sqlite3_stmt *stmt, char etag[33],
                                struct acc_chronicle *event, struct acc_error *err)
{
    int64_t kind;
    enum acc_code code = acc_sql_number_in(sql, stmt, 0, 0, ACC_CHRONICLE_KINDS - 1, 0, &kind, err);
    if (code != ACC_OK)
        return code;
    *event = (struct acc_chronicle){
        .kind = (enum acc_chronicle_kind)kind,
        .at = sqlite3_column_int64(stmt, 1),
        .run = acc_sql_column_text(stmt, 2),
        .text = acc_sql_column_text(stmt, 3),
        .line = sqlite3_column_int64(stmt, 4),
        .size = sqlite3_column_type(stmt, 5) == SQLITE_NULL ? -1 : sqlite3_column_int64(stmt, 5),
        .version = acc_sql_column_text(stmt, 8),
        .checksum = acc_sql_column_text(stmt, 9),
        .level = acc_sql_column_text(stmt, 10),
        .proof = acc_sql_column_text(stmt, 11),
        .code = acc_code_from_name(acc_sql_column_text(stmt, 12)),
        .ended = sqlite3_column_int(stmt, 13) != 0,
    };
    /* 16 bytes stand for the 32 digits of most ETags; "sha256:=" for the digest that is shown. */
    if (sqlite3_column_type(stmt, 7) == SQLITE_BLOB && sqlite3_column_bytes(stmt, 7) == 16) {
        acc_hex_encode(sqlite3_column_blob(stmt, 7), 16, etag);
        event->etag = etag;
    } else {
        event->etag = acc_sql_column_text(stmt, 7);
    }
    if (strcmp(event->checksum, ACC_OWN_SHA256) == 0)
        event->checksum = "sha256";
    return acc_sql_digests(sql, stmt, 6, &event->digests, err);
}

enum acc_code acc_ledger_chronicle(struct acc_ledger *ledger, const struct acc_hit *of,
                                   acc_ledger_each_chronicle each, void *arg, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    struct acc_chronicle event;
    char etag[33];
    enum acc_code code = acc_sql_first(
        sql, of->entry != 0 ? of_entry : of_destination,
        ACC_SQL_ARGS(acc_sql_int(of->entry), acc_sql_int(of->destination)), &stmt, &row, err);
    while (code == ACC_OK && row) {
        code = read_event(sql, stmt, etag, &event, err);
        if (code != ACC_OK) {
            sqlite3_reset(stmt);
            return code;
        }
        each(arg, &event);
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}
