/* One entry of a run as a row, read from the tables and owned by the caller. The file is input:
 * every value is checked before it is used, and an invalid one means a damaged ledger. */
#ifndef ACC_LEDGER_ROW_H
#define ACC_LEDGER_ROW_H

#include "ledger/ledger.h"
#include "ledger/sql.h"

struct acc_held_row {
    struct acc_row row; /* its strings lie in `strings` */
    char *strings;
};

/* The object that outcome u is about, as run ?1 knew it, and whether it had been found gone. Most
 * ledgers have no finding, and no upload that is open: then they are not looked up for each row. */
#define ACC_ROW_OBJECT                                                                             \
    " LEFT JOIN object a ON a.entry = u.entry AND a.seq = coalesce(u.object,"                      \
    "  (SELECT seq FROM object WHERE entry = u.entry AND run <= ?1 ORDER BY seq DESC LIMIT 1)) "
#define ACC_ROW_FOUND(what)                                                                        \
    " (EXISTS(SELECT 1 FROM finding) AND EXISTS(SELECT 1 FROM finding WHERE entry = a.entry"       \
    "  AND object = a.seq AND " what "))"
#define ACC_ROW_GONE ACC_ROW_FOUND("gone AND run <= ?1")

/* For statements over entry e: the columns that acc_held_row_read() takes, and the tables they come
 * from; ?1 is the run. A run sees what it was asked, and what was known of the object by then. */
#define ACC_ROW_COLUMNS                                                                            \
    " e.id, e.path, p.role, p.size, p.digests, u.asked, u.found, o.name, p.line, u.outcome,"       \
    " u.code, u.detail, a.run, a.digests, a.size, a.etag, a.version_id, a.proof, a.checksum,"      \
    " a.part_size, a.at, a.duration, u.level, u.proof, u.at,"                                      \
    " (EXISTS(SELECT 1 FROM upload WHERE ended IS NULL)"                                           \
    "  AND EXISTS(SELECT 1 FROM upload WHERE entry = e.id AND ended IS NULL))," ACC_ROW_GONE       \
    "," ACC_ROW_FOUND("NOT gone AND run = ?1") " "
#define ACC_ROW_TABLES " CROSS JOIN outcome u ON u.run = ?1 AND u.entry = e.id" ACC_ROW_OF_OUTCOME
#define ACC_ROW_OF_OUTCOME                                                                         \
    " LEFT JOIN promise p ON p.entry = e.id AND p.run = u.promise"                                 \
    " LEFT JOIN origin o ON o.id = p.origin" ACC_ROW_OBJECT

/* Joins the promise of outcome u to that of an earlier outcome o of the same entry: a row when both
 * were asked the same, or both only what the ledger knew. */
#define ACC_SAME_PROMISE                                                                           \
    "JOIN promise p ON p.entry = u.entry AND p.run = u.promise"                                    \
    " JOIN promise q ON q.entry = o.entry AND q.run = o.promise AND o.asked = u.asked"             \
    " AND (u.asked = 0 OR (p.digests = q.digests AND p.size IS q.size))"

/* Replaces what `held` holds by the row that the statement stands on. */
enum acc_code acc_held_row_read(struct acc_sql *sql, sqlite3_stmt *stmt, int64_t run,
                                struct acc_held_row *held, struct acc_error *err);
void acc_held_row_release(struct acc_held_row *held);

/* Stands in object.checksum for the SHA-256 among the row's digests. */
#define ACC_OWN_SHA256 "sha256:="

/* Unpacks a column. */
enum acc_code acc_sql_digests(struct acc_sql *sql, sqlite3_stmt *stmt, int column,
                              struct acc_digests *digests, struct acc_error *err);
/* A column's number, which must be from `least` to `most`; NULL is `otherwise`. */
enum acc_code acc_sql_number_in(struct acc_sql *sql, sqlite3_stmt *stmt, int column, int64_t least,
                                int64_t most, int64_t otherwise, int64_t *number,
                                struct acc_error *err);
#endif
