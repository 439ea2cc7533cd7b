/* Inside src/ledger: rows of entries, kept back until there are enough for statements of many
 * rows. Belongs to a load; only its thread may use it. */
#ifndef ACC_LEDGER_LOAD_NEW_H
#define ACC_LEDGER_LOAD_NEW_H

#include <stdbool.h>

#include <accession/digest.h>
#include "base/entry.h"
#include "base/str.h"
#include "ledger/sql.h"

#define ACC_FRESH_ROWS 64

/* The tables that rows are kept back from. */
enum acc_fresh_table { ACC_FRESH_ENTRY, ACC_FRESH_PROMISE, ACC_FRESH_OUTCOME, ACC_FRESH_TABLES };

struct acc_fresh {
    int64_t destination, run;
    int64_t next_id; /* of the next new entry; the load's transaction keeps it ours */
    struct acc_str
        last; /* the destination's last path in bytewise order, rows kept back included */
    bool any; /* it has one */
    struct acc_str texts; /* paths of the rows kept back */
    size_t count;
    size_t lacking[ACC_FRESH_TABLES]; /* how many of them each table does not have yet */
    struct acc_fresh_row {
        int64_t id;
        bool lacks[ACC_FRESH_TABLES];
        size_t path, len; /* in `texts`, if the table of entries lacks it */
        uint8_t digests[ACC_DIGESTS_PACKED_MAX];
        size_t digests_len;
        int64_t size, found, origin, line;
        int64_t promise; /* the run that was asked this first */
        enum acc_role role;
    } * rows;
};

enum acc_code acc_fresh_begin(struct acc_fresh *fresh, struct acc_sql *sql, int64_t destination,
                              int64_t run, struct acc_error *err);
void acc_fresh_release(struct acc_fresh *fresh);

/* Adds the entry, whose path no run named so far, or says `*known`: then nothing was done. `nfc` is
 * the path's NFC form if that is another, else NULL. The tables have all of it after
 * acc_fresh_flush(), which must come before they are asked. */
enum acc_code acc_fresh_add(struct acc_fresh *fresh, struct acc_sql *sql,
                            const struct acc_entry *entry, const char *nfc, int64_t origin,
                            int64_t found, bool *known, struct acc_error *err);
/* Adds the outcome of an entry that the tables have, and that shares the promise of run `promise`.
 */
enum acc_code acc_fresh_add_outcome(struct acc_fresh *fresh, struct acc_sql *sql, int64_t entry,
                                    int64_t promise, int64_t found, struct acc_error *err);
enum acc_code acc_fresh_flush(struct acc_fresh *fresh, struct acc_sql *sql, struct acc_error *err);

#endif
