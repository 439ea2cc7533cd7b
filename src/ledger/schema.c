/* A file is ours when its application_id says so; PRAGMA user_version counts the migrations that it
 * has seen. Opening runs those that are missing, all in one transaction, so a crash leaves the file
 * as it was. A number higher than the table's length was written by a newer version: refused,
 * untouched.
 */
#include "ledger/schema.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/separate.h"
#include "ledger/standing.h"

/* One row per version: what leads from version i to i + 1. Rows are never edited once released. */
static const char *const migrations[] = {
    /* Where runs send to. One set of entries and one lock each. */
    "CREATE TABLE destination("
    " id INTEGER PRIMARY KEY,"
    " canonical TEXT NOT NULL UNIQUE,"
    " url TEXT NOT NULL) STRICT;"

    "CREATE TABLE run("
    " id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE,"
    " destination INTEGER NOT NULL REFERENCES destination(id),"
    " kind TEXT NOT NULL,"
    " source TEXT NOT NULL,"
    " command TEXT NOT NULL,"
    " started INTEGER NOT NULL," /* wall clock, milliseconds, as every time here */
    " finished INTEGER,"
    " outcome TEXT,"         /* name of an acc_code; NULL while it runs or when it was killed */
    " summary TEXT) STRICT;" /* JSON */
    "CREATE INDEX run_destination ON run(destination);"

    "CREATE TABLE manifest("
    " run INTEGER NOT NULL REFERENCES run(id),"
    " idx INTEGER NOT NULL,"
    " path TEXT NOT NULL,"
    " format TEXT NOT NULL,"
    " sha256 BLOB NOT NULL,"
    " PRIMARY KEY(run, idx)) STRICT, WITHOUT ROWID;"

    /* Names of manifests, kept once instead of a million times. */
    "CREATE TABLE origin(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"

    /* A key of a destination, with its present state. promised and size collect what any run's
     * manifests gave; event.algs shows which of it a run relies on. */
    "CREATE TABLE entry("
    " id INTEGER PRIMARY KEY,"
    " destination INTEGER NOT NULL REFERENCES destination(id),"
    " path TEXT NOT NULL,"
    " nfc TEXT,"              /* NULL when the path is its own NFC form */
    " role INTEGER NOT NULL," /* enum acc_role */
    " size INTEGER,"
    " promised BLOB NOT NULL," /* acc_digests_pack() */
    " origin INTEGER NOT NULL REFERENCES origin(id),"
    " line INTEGER NOT NULL,"
    " state INTEGER NOT NULL," /* enum acc_entry_state */
    " archived INTEGER REFERENCES archived(id),"
    " UNIQUE(destination, path)) STRICT;"
    "CREATE INDEX entry_nfc ON entry(destination, nfc) WHERE nfc IS NOT NULL;"

    /* An entry's promise as it was before run `until` gave other values. */
    "CREATE TABLE former("
    " entry INTEGER NOT NULL REFERENCES entry(id),"
    " until INTEGER NOT NULL REFERENCES run(id),"
    " size INTEGER,"
    " promised BLOB NOT NULL,"
    " PRIMARY KEY(entry, until)) STRICT, WITHOUT ROWID;"

    /* Each time an entry was archived. */
    "CREATE TABLE archived("
    " id INTEGER PRIMARY KEY,"
    " entry INTEGER NOT NULL REFERENCES entry(id),"
    " run INTEGER NOT NULL REFERENCES run(id),"
    " digests BLOB NOT NULL,"
    " size INTEGER NOT NULL,"
    " etag TEXT NOT NULL,"
    " version_id TEXT NOT NULL,"
    " proof TEXT NOT NULL,"
    " checksum TEXT NOT NULL,"
    " part_size INTEGER NOT NULL,"
    " at INTEGER NOT NULL,"
    " duration INTEGER NOT NULL) STRICT;"

    /* The outcome of an entry in a run: one row per run and entry, so several per entry over the
     * years. It is made when the run's manifests name the entry. level and proof are a
     * verification's. */
    "CREATE TABLE event("
    " run INTEGER NOT NULL REFERENCES run(id),"
    " entry INTEGER NOT NULL REFERENCES entry(id),"
    " algs INTEGER NOT NULL,"    /* see ACC_PROMISED_SIZE */
    " merged BLOB,"              /* further places that name the entry: see load_known.c */
    " found INTEGER,"            /* size on disk where no manifest gives one */
    " outcome INTEGER NOT NULL," /* enum acc_entry_state */
    " code TEXT,"                /* name of an acc_code */
    " detail TEXT,"
    " level TEXT,"
    " proof TEXT,"
    " at INTEGER," /* NULL: unchanged since the run began */
    " archived INTEGER REFERENCES archived(id),"
    " PRIMARY KEY(run, entry)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX event_checked ON event(entry, at) WHERE level IS NOT NULL;"

    /* Uploads stay when they have ended, without their parts: the ledger always recognises its
     * own. */
    "CREATE TABLE upload("
    " id INTEGER PRIMARY KEY,"
    " entry INTEGER NOT NULL REFERENCES entry(id),"
    " upload_id TEXT NOT NULL,"
    " token TEXT NOT NULL,"
    " part_size INTEGER NOT NULL,"
    " begun INTEGER NOT NULL,"
    " gated BLOB," /* digests; NULL until they were compared and agreed */
    " ended INTEGER) STRICT;"
    "CREATE UNIQUE INDEX upload_open ON upload(entry) WHERE ended IS NULL;"
    "CREATE INDEX upload_name ON upload(upload_id);"
    "CREATE INDEX upload_entry ON upload(entry);"

    "CREATE TABLE part("
    " upload INTEGER NOT NULL REFERENCES upload(id),"
    " number INTEGER NOT NULL,"
    " size INTEGER NOT NULL,"
    " sha256 BLOB NOT NULL,"
    " etag TEXT NOT NULL,"
    " PRIMARY KEY(upload, number)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE note("
    " id INTEGER PRIMARY KEY,"
    " run INTEGER NOT NULL REFERENCES run(id),"
    " code TEXT NOT NULL,"
    " text TEXT NOT NULL) STRICT;"
    "CREATE INDEX note_run ON note(run);",

    /* The arrivals of a watched folder (ledger/arrivals.h). */
    "CREATE TABLE arrival("
    " folder TEXT NOT NULL,"
    " destination TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " mark INTEGER NOT NULL," /* enum acc_arrival_mark */
    " content INTEGER NOT NULL,"
    " touched INTEGER NOT NULL,"
    " code TEXT NOT NULL," /* name of an acc_code */
    " run TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " receipt TEXT NOT NULL,"
    " at INTEGER NOT NULL,"
    " PRIMARY KEY(folder, destination, name)) STRICT, WITHOUT ROWID;",

    /* The name of the additional checksum that an upload was started with; once it is gated, the
     * value that the finished object must have ("crc64nvme:BASE64"). Earlier schemas encoded it in
     * the token's end. */
    "ALTER TABLE upload ADD COLUMN checksum TEXT NOT NULL DEFAULT 'sha256';"
    "UPDATE upload SET checksum = 'crc32c' WHERE token LIKE '%-crc32c';"
    "UPDATE upload SET checksum = 'crc64nvme' WHERE token LIKE '%-crc64';",

    /* Which process a run is, where its ledger was, and whether its claim may still be in the
     * bucket. And uploads that were about to be created: until their id is on record, or the
     * server has refused. */
    "CREATE TABLE holder("
    " run INTEGER PRIMARY KEY REFERENCES run(id),"
    " process TEXT NOT NULL,"
    " home TEXT NOT NULL,"
    " claim INTEGER NOT NULL) STRICT;"
    "CREATE INDEX holder_claim ON holder(run) WHERE claim;"
    "CREATE TABLE opening("
    " id INTEGER PRIMARY KEY,"
    " run INTEGER NOT NULL REFERENCES run(id),"
    " key TEXT NOT NULL,"
    " at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX opening_key ON opening(run, key);",

    acc_separate_schema,

    /* The same tables, with an outcome and a role that earlier versions do not know: 5 withheld,
     * and 3 for the declaration of a bag. */
    "SELECT 1;",

    /* What each bucket's server was seen to do, and when (ledger/capabilities.c). */
    "CREATE TABLE capability("
    " bucket TEXT NOT NULL," /* ENDPOINT/BUCKET */
    " name TEXT NOT NULL,"
    " known INTEGER NOT NULL," /* 1: yes, 0: no */
    " at INTEGER NOT NULL,"
    " PRIMARY KEY(bucket, name)) STRICT, WITHOUT ROWID;",

    /* What others say of objects, kept apart from what this ledger saw (ledger/heard.h). */
    "CREATE TABLE heard("
    " entry INTEGER NOT NULL,"
    " ground TEXT NOT NULL," /* acc_ground_name() */
    " said TEXT NOT NULL,"   /* the run or the manifest that says so */
    " run INTEGER NOT NULL," /* the run of this ledger that heard it */
    " digests BLOB NOT NULL,"
    " size INTEGER,"
    " etag TEXT NOT NULL,"
    " version_id TEXT NOT NULL,"
    " checksum TEXT NOT NULL,"
    " proof TEXT NOT NULL," /* what the other gave as proof */
    " part_size INTEGER NOT NULL,"
    " at INTEGER NOT NULL,"
    " origin INTEGER NOT NULL," /* with line: where it was read */
    " line INTEGER NOT NULL,"
    " PRIMARY KEY(entry, ground, said)) STRICT, WITHOUT ROWID;",

    acc_standing_schema,

    /* Events of a watched folder that --on-event has not accepted yet (ledger/notices.h). */
    "CREATE TABLE notice("
    " seq INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL UNIQUE,"
    " folder TEXT NOT NULL,"
    " destination TEXT NOT NULL,"
    " json TEXT NOT NULL,"
    " made INTEGER NOT NULL,"
    " next INTEGER NOT NULL,"          /* when it is to be sent */
    " tries INTEGER NOT NULL) STRICT;" /* that failed */
    "CREATE INDEX notice_next ON notice(folder, destination, next, seq);",

    /* Which destination is a copy of which: a replication's source is the canonical destination
     * that it read. */
    "CREATE INDEX run_replicated ON run(source, destination) WHERE kind = 'replicate';",

    /* When a watched folder last had each of its daily events (ledger/notices.h). */
    "CREATE TABLE daily("
    " folder TEXT NOT NULL,"
    " destination TEXT NOT NULL,"
    " event TEXT NOT NULL,"
    " at INTEGER NOT NULL,"
    " bags INTEGER NOT NULL," /* that were due for verification */
    " PRIMARY KEY(folder, destination, event)) STRICT, WITHOUT ROWID;",

    /* Which destination is a copy of which, as receipts and other ledgers report it: a source is a
     * canonical destination, which this ledger may not know. */
    "CREATE TABLE copy("
    " destination INTEGER NOT NULL,"
    " source TEXT NOT NULL,"
    " PRIMARY KEY(destination, source)) STRICT, WITHOUT ROWID;",
};

/* The layout that has the tables of acc_standing_schema, which begin filled. */
#define WITH_STANDING 9

static const int newest = (int)ACC_COUNT_OF(migrations);

struct standing {
    int64_t application;
    int64_t version;
    int64_t tables;
    int64_t programs; /* triggers and views, of which this program makes none */
};

/* One statement, so one snapshot: another process may be making the tables at this moment. */
static enum acc_code read_standing(struct acc_sql *sql, struct standing *found,
                                   struct acc_error *err)
{
    static const char standing[] =
        "SELECT count(*), (SELECT application_id FROM pragma_application_id),"
        " (SELECT user_version FROM pragma_user_version),"
        " coalesce(sum(type IN ('trigger', 'view')), 0) FROM sqlite_schema";
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code = acc_sql_first(sql, standing, ACC_SQL_NO_ARGS, &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    found->tables = sqlite3_column_int64(stmt, 0);
    found->application = sqlite3_column_int64(stmt, 1);
    found->version = sqlite3_column_int64(stmt, 2);
    found->programs = sqlite3_column_int64(stmt, 3);
    sqlite3_reset(stmt);
    return ACC_OK;
}

static bool is_blank(const struct standing *found)
{
    return found->application == 0 && found->version == 0 && found->tables == 0;
}

/* ACC_OK when nothing stands against using the file, though it may lack migrations. */
static enum acc_code judge(struct acc_sql *sql, const struct standing *found, struct acc_error *err)
{
    if (is_blank(found))
        return ACC_OK;
    if (found->application != ACC_LEDGER_APPLICATION_ID)
        return acc_error_set(
            err, ACC_LEDGER,
            "%s: not a ledger: this SQLite file belongs to another program; name another "
            "with --ledger",
            sql->path);
    if (found->version < 1)
        return acc_sql_damaged(sql, "its layout has no number", err);
    if (found->programs > 0)
        return acc_sql_damaged(sql, "it has triggers or views, which accession never makes", err);
    if (found->version > newest)
        return acc_error_set(
            err, ACC_LEDGER,
            "%s: made by a newer version of accession (layout %lld, this one knows %d); "
            "use that version, or name another file with --ledger",
            sql->path, (long long)found->version, newest);
    return ACC_OK;
}

/* Ledgers of up to 64 MiB, some 250,000 files, are looked through whole, which takes a tenth of a
 * second. In larger ones each page and each row is looked at when it is read. */
#define PAGES_LOOKED_THROUGH 16384

static enum acc_code look_through(struct acc_sql *sql, struct acc_error *err)
{
    static const char pages[] = "PRAGMA page_count", look[] = "PRAGMA quick_check(1)";
    sqlite3_stmt *stmt;
    bool row = false;
    int64_t count = 0;
    enum acc_code code = acc_sql_number(sql, pages, ACC_SQL_NO_ARGS, 0, &count, err);
    if (code != ACC_OK || count > PAGES_LOOKED_THROUGH)
        return code;
    code = acc_sql_first(sql, look, ACC_SQL_NO_ARGS, &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    if (row && strcmp(acc_sql_column_text(stmt, 0), "ok") != 0)
        code = acc_sql_damaged(sql, "its pages do not fit together", err);
    sqlite3_reset(stmt);
    return code;
}

enum acc_code acc_schema_check(struct acc_sql *sql, struct acc_error *err)
{
    struct standing found;
    enum acc_code code = read_standing(sql, &found, err);
    if (code == ACC_OK)
        code = judge(sql, &found, err);
    return code == ACC_OK && !is_blank(&found) ? look_through(sql, err) : code;
}

static enum acc_code check_begun(struct acc_sql *sql, struct standing *found, struct acc_error *err)
{
    enum acc_code code = read_standing(sql, found, err);
    if (code == ACC_OK)
        code = judge(sql, found, err);
    if (code == ACC_OK && is_blank(found))
        code = acc_error_set(
            err, ACC_LEDGER,
            "%s: the ledger is empty: no run has begun yet; start one with accession ingest",
            sql->path);
    return code == ACC_OK ? look_through(sql, err) : code;
}

enum acc_code acc_schema_check_begun(struct acc_sql *sql, struct acc_error *err)
{
    struct standing found;
    return check_begun(sql, &found, err);
}

enum acc_code acc_schema_check_current(struct acc_sql *sql, struct acc_error *err)
{
    struct standing found;
    enum acc_code code = check_begun(sql, &found, err);
    if (code != ACC_OK || found.version == newest)
        return code;
    return acc_error_set(err, ACC_LEDGER,
                         "%s: made by an older version of accession. The next ingest or verify "
                         "brings it up to date; first make a copy: accession ledger backup FILE. "
                         "The copy can be read now, with --ledger FILE",
                         sql->path);
}

enum acc_code acc_schema_migrate(struct acc_sql *sql, struct acc_error *err)
{
    struct standing found;
    enum acc_code code = read_standing(sql, &found, err);
    if (code != ACC_OK || found.version == newest)
        return code;
    code = acc_sql_script(sql, "BEGIN IMMEDIATE", err);
    if (code != ACC_OK)
        return code;
    /* Somebody else may have been here since the first look, so look again inside the transaction.
     */
    code = read_standing(sql, &found, err);
    if (code == ACC_OK)
        code = judge(sql, &found, err);
    if (code == ACC_OK)
        code = acc_separate_functions(sql, err);
    for (int64_t version = found.version; code == ACC_OK && version < newest; version++)
        code = acc_sql_script(sql, migrations[version], err);
    if (code == ACC_OK && found.version > 0 && found.version < WITH_STANDING)
        code = acc_standing_fill(sql, err);
    char stamp[96];
    snprintf(stamp, sizeof stamp, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
             ACC_LEDGER_APPLICATION_ID, newest);
    if (code == ACC_OK)
        code = acc_sql_script(sql, stamp, err);
    if (code != ACC_OK && !sqlite3_get_autocommit(sql->db))
        acc_sql_script(sql, "ROLLBACK", NULL);
    return code;
}
