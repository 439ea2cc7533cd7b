/* Reading claims: what this ledger can say of archived objects to another, and what it heard. One
 * statement, read row by row. Fails as every read does, and with what the caller's function
 * returns. */
#include <string.h>

#include "base/str.h"
#include "ledger/heard.h"
#include "ledger/internal.h"
#include "ledger/standing.h"

#define ETAG(table)                                                                                \
    "CASE typeof(" table ".etag) WHEN 'blob' THEN lower(hex(" table ".etag)) ELSE " table ".etag"  \
    " END"
#define ROLE                                                                                       \
    "coalesce((SELECT p.role FROM promise p WHERE p.entry = e.id ORDER BY p.run DESC LIMIT 1), 0)"

/* What a destination is a copy of: the newest replication, or what others reported. */
#define REPLICATED                                                                                 \
    " LEFT JOIN (SELECT destination, source, max(id) FROM run WHERE kind = 'replicate'"            \
    "  GROUP BY destination) c ON c.destination = d.id"
#define COPY_OF "coalesce((SELECT source FROM copy WHERE destination = d.id LIMIT 1), '')"

static const char claims[] =
    "SELECT d.canonical, d.url, e.path, " ROLE ", 'archived', r.name, a.digests, a.size, " ETAG(
        "a") ", a.version_id, a.checksum, a.proof, a.part_size, a.at, 0, "
             "coalesce(c.source, " COPY_OF ")"
             " FROM object a JOIN entry e ON e.id = a.entry JOIN destination d ON d.id = "
             "e.destination"
             " JOIN run r ON r.id = a.run" REPLICATED " WHERE NOT EXISTS (SELECT 1 FROM finding f"
             "  WHERE f.entry = a.entry AND f.object = a.seq AND f.gone) AND " ACC_IN_ARCHIVE
             " UNION ALL SELECT d.canonical, d.url, e.path, " ROLE ", 'checked', r.name,"
             " iif(u.asked, p.digests, a.digests), iif(u.asked, p.size, a.size), '', '', '', "
             "u.proof, 0,"
             " u.at, 0, '' FROM (SELECT entry, run, promise, asked, object, proof, max(at) AS at "
             "FROM "
             "outcome"
             "  WHERE level = 'read' AND code = 'OK' GROUP BY entry) u"
             " JOIN entry e ON e.id = u.entry JOIN destination d ON d.id = e.destination"
             " JOIN run r ON r.id = u.run"
             " LEFT JOIN promise p ON p.entry = u.entry AND p.run = u.promise"
             " LEFT JOIN object a ON a.entry = u.entry AND a.seq = u.object WHERE " ACC_IN_ARCHIVE
             " UNION ALL SELECT d.canonical, d.url, e.path, " ROLE
             ", h.ground, h.said, h.digests, h.size,"
             " h.etag, h.version_id, h.checksum, h.proof, h.part_size, h.at, h.line, " COPY_OF
             " FROM heard h JOIN entry e ON e.id = h.entry JOIN destination d ON d.id = "
             "e.destination WHERE " ACC_IN_ARCHIVE " ORDER BY 1, 3, 14";

static enum acc_code read_claim(struct acc_sql *sql, sqlite3_stmt *stmt, char sum[64],
                                struct acc_claim *c, struct acc_error *err)
{
    int64_t role = 0, line = 0;
    *c = (struct acc_claim){.path = acc_sql_column_text(stmt, 2),
                            .said = acc_sql_column_text(stmt, 5),
                            .etag = acc_sql_column_text(stmt, 8),
                            .version_id = acc_sql_column_text(stmt, 9),
                            .checksum = acc_sql_column_text(stmt, 10),
                            .proof = acc_sql_column_text(stmt, 11),
                            .copy_of = acc_sql_column_text(stmt, 15)};
    if (!acc_ground_from_name(acc_sql_column_text(stmt, 4), &c->ground))
        return acc_sql_damaged(sql, "a ground is not known", err);
    enum acc_code code = acc_sql_number_in(sql, stmt, 3, 0, ACC_ROLES - 1, 0, &role, err);
    if (code == ACC_OK && sqlite3_column_type(stmt, 6) != SQLITE_NULL)
        code = acc_sql_digests(sql, stmt, 6, &c->digests, err);
    if (code == ACC_OK)
        code = acc_sql_number_in(sql, stmt, 7, 0, ACC_SIZE_MAX, -1, &c->size, err);
    if (code == ACC_OK)
        code = acc_sql_number_in(sql, stmt, 12, 0, ACC_SIZE_MAX, 0, &c->part_size, err);
    if (code == ACC_OK)
        code = acc_sql_number_in(sql, stmt, 13, 0, INT64_MAX, 0, &c->at, err);
    if (code == ACC_OK)
        code = acc_sql_number_in(sql, stmt, 14, 0, INT64_MAX, 0, &line, err);
    c->role = (enum acc_role)role;
    c->line = (uint64_t)line;
    if (strcmp(c->checksum, ACC_OWN_SHA256) == 0) {
        strcpy(sum, "sha256:");
        acc_base64_encode(c->digests.value[ACC_SHA256], ACC_SHA256_LEN, sum + strlen(sum));
        c->checksum = sum;
    }
    return code;
}

enum acc_code acc_ledger_claims(struct acc_ledger *ledger, acc_each_claim each, void *arg,
                                struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code = acc_sql_first(sql, claims, ACC_SQL_NO_ARGS, &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    while (code == ACC_OK && row) {
        struct acc_claim claim;
        char sum[64];
        code = read_claim(sql, stmt, sum, &claim, err);
        if (code == ACC_OK)
            code =
                each(arg, acc_sql_column_text(stmt, 0), acc_sql_column_text(stmt, 1), &claim, err);
        if (code == ACC_OK)
            code = acc_sql_step(sql, stmt, &row, err);
    }
    sqlite3_reset(stmt);
    return code;
}

static const char claimed[] =
    "SELECT DISTINCT e.id, e.path, (SELECT o.name FROM heard x JOIN origin o ON o.id = x.origin"
    "  WHERE x.entry = e.id AND x.ground = ?2 LIMIT 1)"
    " FROM entry e WHERE e.destination = (SELECT destination FROM run WHERE id = ?1)"
    " AND EXISTS (SELECT 1 FROM heard h WHERE h.entry = e.id AND h.ground = ?2) ORDER BY e.path";

enum acc_code acc_ledger_claimed_paths(struct acc_ledger *ledger, int64_t run,
                                       enum acc_ground ground,
                                       void (*each)(void *arg, int64_t entry, const char *path,
                                                    const char *origin),
                                       void *arg, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code = acc_sql_first(
        sql, claimed, ACC_SQL_ARGS(acc_sql_int(run), acc_sql_text(acc_ground_name(ground))), &stmt,
        &row, err);
    if (code != ACC_OK)
        return code;
    while (code == ACC_OK && row) {
        each(arg, sqlite3_column_int64(stmt, 0), acc_sql_column_text(stmt, 1),
             acc_sql_column_text(stmt, 2));
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}
