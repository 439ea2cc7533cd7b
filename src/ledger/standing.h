/* What each destination has come to: its totals, and what was archived and read back on which day.
 * They are the result of a query over its rows, kept beside the number of its newest run; one that
 * is not of the newest run is worth nothing, and is made again where it is asked for. So nothing
 * else has to keep them true: no counter goes up or down. */
#ifndef ACC_LEDGER_STANDING_H
#define ACC_LEDGER_STANDING_H

#include "ledger/ledger.h"
#include "ledger/sql.h"

/* What the digest table has of a digest: its first four bytes. */
static inline int64_t acc_digest_short(const uint8_t *digest)
{
    return (int64_t)digest[0] << 24 | digest[1] << 16 | digest[2] << 8 | digest[3];
}

/* Of destination d: not a folder that a restore wrote or a verification read. */
#define ACC_IN_ARCHIVE "d.canonical NOT GLOB '" ACC_FOLDER_SCHEME "*'"

#define ACC_DAY_MS INT64_C(86400000)

extern const char acc_standing_schema[];

/* Makes and keeps the standing of one destination; within a transaction of the caller's. */
enum acc_code acc_standing_keep(struct acc_sql *sql, int64_t destination, struct acc_error *err);
/* For a ledger that had none: the standing of every destination whose last run has ended, and the
 * digests of all objects. */
enum acc_code acc_standing_fill(struct acc_sql *sql, struct acc_error *err);

/* Makes temp.standing and temp.day of those that are not current: for reading, on a connection that
 * may write nothing else. Cheap while no run is in progress, else it looks at all entries of that
 * run's destination. */
enum acc_code acc_standing_prepare(struct acc_sql *sql, struct acc_error *err);

/* The current rows of all destinations, after that. */
#define ACC_STANDINGS                                                                              \
    "(SELECT * FROM temp.standing UNION ALL SELECT s.* FROM main.standing s"                       \
    " WHERE NOT EXISTS (SELECT 1 FROM temp.standing t WHERE t.destination = s.destination))"
#define ACC_DAYS                                                                                   \
    "(SELECT * FROM temp.day UNION ALL SELECT y.* FROM main.day y"                                 \
    " WHERE NOT EXISTS (SELECT 1 FROM temp.standing t WHERE t.destination = y.destination))"

#endif
