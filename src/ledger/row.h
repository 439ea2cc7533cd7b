/* One entry of a run as a row, read from the tables and owned by whoever holds it. */
#ifndef ACC_LEDGER_ROW_H
#define ACC_LEDGER_ROW_H

#include "ledger/ledger.h"
#include "ledger/sql.h"

struct acc_held_row {
    struct acc_row row; /* its strings lie in `strings` */
    char *strings;
};

/* For statements over entry e: the columns that acc_held_row_read() takes, and the tables they come
 * from; ?1 is the run. A run sees what was promised in its time (former), and what was archived by
 * then. */
#define ACC_ROW_COLUMNS                                                                            \
    " e.id, e.path, e.role, ev.algs, iif(f.entry IS NULL, e.size, f.size),"                        \
    " iif(f.entry IS NULL, e.promised, f.promised), ev.found, o.name, e.line, ev.outcome, "        \
    "ev.code,"                                                                                     \
    " ev.detail, a.run, a.digests, a.size, a.etag, a.version_id, a.proof, a.checksum, "            \
    "a.part_size,"                                                                                 \
    " a.at, a.duration, ev.level, ev.proof, ev.at,"                                                \
    " EXISTS(SELECT 1 FROM upload WHERE entry = e.id AND ended IS NULL) "
#define ACC_ROW_TABLES                                                                             \
    " CROSS JOIN event ev ON ev.run = ?1 AND ev.entry = e.id"                                      \
    " CROSS JOIN origin o ON o.id = e.origin"                                                      \
    " LEFT JOIN former f ON f.entry = e.id AND f.until ="                                          \
    "  (SELECT min(until) FROM former WHERE entry = e.id AND until > ?1)"                          \
    " LEFT JOIN archived a ON a.id = coalesce(ev.archived, e.archived) AND a.run <= ?1 "

/* Replaces what `held` holds by the row that the statement stands on. */
enum acc_code acc_held_row_read(struct acc_sql *sql, sqlite3_stmt *stmt, int64_t run,
                                struct acc_held_row *held, struct acc_error *err);
void acc_held_row_release(struct acc_held_row *held);

/* Keeps those digests whose bit is in `algs`. */
void acc_digests_restrict(struct acc_digests *set, int64_t algs);

/* Unpacks a column; a value that cannot be is a damaged ledger. */
enum acc_code acc_sql_digests(struct acc_sql *sql, sqlite3_stmt *stmt, int column,
                              struct acc_digests *digests, struct acc_error *err);

#endif
