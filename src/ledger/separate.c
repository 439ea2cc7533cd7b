/* From the fourth layout to the fifth.
 *
 * Until then an entry had one state: an attempt that was refused changed what was known of the
 * object. Four tables keep apart now:
 *
 *     object    what the bucket holds at a key: facts, never changed, one row each time it was
 * learnt finding   an object was found gone, or other content in its place, with the time promise
 * what a run was asked: digests and size of a key. A run that is asked the same again shares the
 * row of the earlier one outcome   what became of it: one row for each run and entry
 *
 * The `archived` rows of entries whose state was changed by a refused attempt are still there: they
 * become objects like all others, and the next run notes how many there were (table repair).
 * Everything happens in the transaction of the migration; what fails leaves the file as it was. */
#include "ledger/separate.h"

#include "base/mem.h"
#include "ledger/row.h"

const char acc_separate_schema[] =
    "CREATE TABLE promise("
    " entry INTEGER NOT NULL,"
    " run INTEGER NOT NULL,"    /* the first that was asked this */
    " digests BLOB NOT NULL,"   /* acc_digests_pack() */
    " size INTEGER,"            /* NULL: no manifest gives it */
    " origin INTEGER NOT NULL," /* with line: the first place that names the entry */
    " line INTEGER NOT NULL,"
    " role INTEGER NOT NULL," /* enum acc_role */
    " places BLOB,"           /* further ones: see load_known.c */
    " PRIMARY KEY(entry, run)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE object("
    " entry INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " run INTEGER NOT NULL," /* that learnt it */
    " digests BLOB NOT NULL,"
    " size INTEGER NOT NULL,"
    " etag ANY NOT NULL," /* a blob of 16 bytes stands for 32 hex digits */
    " version_id TEXT NOT NULL,"
    " proof TEXT NOT NULL,"    /* how it is known */
    " checksum TEXT NOT NULL," /* 'sha256:=' stands for the digest of that name */
    " part_size INTEGER NOT NULL,"
    " at INTEGER NOT NULL,"
    " duration INTEGER NOT NULL,"
    " PRIMARY KEY(entry, seq)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE finding("
    " entry INTEGER NOT NULL,"
    " object INTEGER NOT NULL," /* object.seq */
    " run INTEGER NOT NULL,"
    " gone INTEGER NOT NULL," /* 0: another version lies on top of it */
    " at INTEGER NOT NULL,"
    " PRIMARY KEY(entry, object, run)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE outcome("
    " run INTEGER NOT NULL,"
    " entry INTEGER NOT NULL,"
    " promise INTEGER NOT NULL," /* promise.run */
    " asked INTEGER NOT NULL,"   /* 0: the promise only gives the entry its place; nothing was asked
                                  */
    " found INTEGER,"            /* size on disk when the run was planned */
    " outcome INTEGER NOT NULL," /* enum acc_entry_state */
    " code TEXT,"                /* name of an acc_code */
    " detail TEXT,"
    " object INTEGER," /* object.seq that it rests on */
    " level TEXT,"     /* with proof: a verification's */
    " proof TEXT,"
    " at INTEGER,"
    " PRIMARY KEY(run, entry)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE repair("
    " at INTEGER NOT NULL,"
    " entries INTEGER NOT NULL,"
    " noted INTEGER) STRICT;" /* the run that has the note */

    /* The promises of each run, as the fourth layout has them. */
    "CREATE TEMP TABLE asked AS"
    " SELECT v.run, v.entry, acc_restrict(iif(f.entry IS NULL, e.promised, f.promised), v.algs)"
    "  AS digests, CASE WHEN v.algs & 0x80000000 THEN iif(f.entry IS NULL, e.size, f.size) END"
    "  AS size, e.origin, e.line, e.role"
    " FROM main.event v JOIN main.entry e ON e.id = v.entry LEFT JOIN main.former f"
    "  ON f.entry = e.id AND f.until ="
    "   (SELECT min(until) FROM main.former WHERE entry = e.id AND until > v.run)"
    " WHERE v.algs != 0;"
    "INSERT INTO promise SELECT entry, run, digests, size, origin, line, role, NULL FROM"
    " (SELECT *, lag(run) OVER w IS NULL OR digests IS NOT lag(digests) OVER w"
    "   OR size IS NOT lag(size) OVER w AS changed"
    "  FROM temp.asked WINDOW w AS (PARTITION BY entry ORDER BY run)) WHERE changed;"
    "DROP TABLE temp.asked;"

    "INSERT INTO object SELECT entry, row_number() OVER (PARTITION BY entry ORDER BY id), run,"
    " digests, size, etag, version_id, proof, checksum, part_size, at, duration FROM archived;"
    /* Seen by their ids below. */
    "CREATE TEMP TABLE numbered(id INTEGER PRIMARY KEY, seq INTEGER, run INTEGER, proof TEXT,"
    " version_id TEXT);"
    "INSERT INTO temp.numbered SELECT id, row_number() OVER (PARTITION BY entry ORDER BY id), run,"
    " proof, version_id FROM main.archived;"

    /* A run that only took what is archived named nothing: its rows had the state already. */
    "INSERT INTO outcome SELECT v.run, v.entry,"
    " coalesce((SELECT max(run) FROM promise WHERE entry = v.entry AND run <= v.run), v.run),"
    " v.algs != 0, v.found,"
    " CASE WHEN v.outcome != 1 THEN v.outcome WHEN n.run = v.run AND n.proof = 'sent' THEN 1"
    "  ELSE 4 END,"
    " v.code, v.detail, n.seq, v.level, v.proof, v.at"
    " FROM event v LEFT JOIN temp.numbered n ON n.id = v.archived;"

    "INSERT OR IGNORE INTO promise SELECT o.entry, o.promise, x'', NULL, e.origin, e.line, e.role,"
    " NULL FROM outcome o JOIN entry e ON e.id = o.entry;"

    /* An entry that a run took for archived, and that ended otherwise: its object had been missed.
     * A conflict that was known before the bucket was looked at says "archived at". */
    "INSERT INTO finding SELECT v.entry, n.seq, v.run, v.outcome != 3"
    " OR n.version_id IN ('', 'null'), v.at FROM event v JOIN temp.numbered n ON n.id = v.archived"
    " WHERE v.at IS NOT NULL AND v.level IS NULL AND (v.outcome IN (0, 2) OR (v.outcome = 3"
    "  AND v.detail NOT LIKE 'archived at %'));"
    "INSERT INTO finding SELECT v.entry, n.seq, v.run, v.detail LIKE 'missing%', v.at FROM event v"
    " JOIN temp.numbered n ON n.id = v.archived WHERE v.level != '' AND v.code = 'DIFFERENCE';"

    "INSERT INTO repair SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), "
    "count(*), NULL"
    " FROM entry e WHERE e.state != 1 AND e.archived IS NOT NULL AND NOT EXISTS"
    "  (SELECT 1 FROM finding f JOIN temp.numbered n ON n.id = e.archived"
    "   WHERE f.entry = e.id AND f.object = n.seq AND f.gone) HAVING count(*) > 0;"

    /* The promise that an unfinished upload was started for. */
    "ALTER TABLE upload ADD COLUMN promised BLOB NOT NULL DEFAULT x'';"
    "UPDATE upload SET promised = coalesce((SELECT p.digests FROM promise p JOIN run r ON r.id = "
    "p.run"
    " WHERE p.entry = upload.entry AND r.started <= upload.begun ORDER BY p.run DESC LIMIT 1), "
    "x'');"

    "DROP TABLE temp.numbered;"
    "CREATE TABLE key("
    " id INTEGER PRIMARY KEY,"
    " destination INTEGER NOT NULL REFERENCES destination(id),"
    " path TEXT NOT NULL,"
    " nfc TEXT," /* NULL when the path is its own NFC form */
    " UNIQUE(destination, path)) STRICT;"
    "INSERT INTO key SELECT id, destination, path, nfc FROM entry;"
    "DROP TABLE event; DROP TABLE former; DROP TABLE archived; DROP TABLE entry;"
    "ALTER TABLE key RENAME TO entry;"
    "CREATE INDEX entry_nfc ON entry(destination, nfc) WHERE nfc IS NOT NULL;"
    "CREATE INDEX outcome_checked ON outcome(entry, at) WHERE level IS NOT NULL;";

/* acc_restrict(DIGESTS, BITS): the packed digests whose bit is set. NULL for what cannot be
 * unpacked, which the column refuses. */
static void restrict_digests(sqlite3_context *context, int count, sqlite3_value **args)
{
    struct acc_digests set;
    uint8_t packed[ACC_DIGESTS_PACKED_MAX];
    (void)count;
    if (!acc_digests_unpack(&set, sqlite3_value_blob(args[0]),
                            (size_t)sqlite3_value_bytes(args[0])))
        return;
    set.present &= (uint32_t)(sqlite3_value_int64(args[1]) & ((INT64_C(1) << ACC_ALG_COUNT) - 1));
    sqlite3_result_blob(context, packed, (int)acc_digests_pack(&set, packed), SQLITE_TRANSIENT);
}

enum acc_code acc_separate_functions(struct acc_sql *sql, struct acc_error *err)
{
    int code = sqlite3_create_function(sql->db, "acc_restrict", 2,
                                       SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL,
                                       restrict_digests, NULL, NULL);
    return code == SQLITE_OK ? ACC_OK : acc_sql_fail(sql, err);
}
