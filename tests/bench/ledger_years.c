/* Makes a ledger as years of work leave one: bags, their objects, a run that archived each, and
 * nightly verifications. By SQL, in minutes for ten million objects. It is for measuring
 * (BENCHMARKS.md has the figures) and, small, for tests.
 *
 *     ledger_years LEDGER [BAGS] [OBJECTS] [VERIFIED]
 *
 * OBJECTS in all, of which the bags before VERIFIED were read back once. Object N of bag B is
 * s3://archive/shelf-S/bag-B/data/page-N.tif; its SHA-256 is that of no file: eight bytes of a
 * mixed N, four times. Every bag has an External-Identifier ID-B. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ledger/ledger.h"
#include "ledger/sql.h"
#include "ledger/standing.h"

#define DAY ACC_DAY_MS

static struct acc_error err;

static void must(enum acc_code code)
{
    if (code == ACC_OK)
        return;
    fprintf(stderr, "ledger_years: %s\n", err.message);
    exit(1);
}

/* Packed as acc_digests_pack() does. */
static void fake_digest(sqlite3_context *context, int count, sqlite3_value **args)
{
    uint64_t mixed = (uint64_t)sqlite3_value_int64(args[0]) + 0x9e3779b97f4a7c15;
    uint8_t packed[1 + ACC_SHA256_LEN] = {ACC_SHA256 + 1};
    (void)count;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    mixed ^= mixed >> 31;
    for (int i = 0; i < ACC_SHA256_LEN; i++)
        packed[1 + i] = (uint8_t)(mixed >> (8 * (i % 8)));
    sqlite3_result_blob(context, packed, sizeof packed, SQLITE_TRANSIENT);
}

/* ?1 bags, ?2 objects in a bag, ?3 now, ?4 bags verified. Run B archived bag B, run ?1 + B read it.
 * Bags came one after another, the first four years ago; readings follow half a year later. */
static const char bags[] =
    "WITH RECURSIVE n(b) AS (SELECT 1 UNION ALL SELECT b + 1 FROM n WHERE b < ?1)"
    " INSERT INTO destination(id, canonical, url) SELECT b,"
    "  format('http://localhost/archive/shelf-%03d/bag-%06d/', b / 100, b),"
    "  format('s3://archive/shelf-%03d/bag-%06d', b / 100, b) FROM n";
static const char identifiers[] =
    "INSERT INTO identifier SELECT id, format('ID-%06d', id), id FROM destination";
#define CAME "(?3 - 4 * 365 * 86400000 + b * (4 * 364 * 86400000 / ?1))"
static const char runs[] =
    "WITH RECURSIVE n(b) AS (SELECT 1 UNION ALL SELECT b + 1 FROM n WHERE b < ?1)"
    " INSERT INTO run(id, name, destination, kind, source, command, started, finished, outcome,"
    "  summary) SELECT b, format('2022-11-26T00-00-00Z-%06x', b), b, 'ingest', '/drop/bag',"
    "  'accession ingest', " CAME ", " CAME " + 60000, 'OK', '{}' FROM n UNION ALL"
    "  SELECT ?1 + b, format('2023-11-26T00-00-00Z-%06x', b), b, 'verify', '', 'accession verify',"
    "   " CAME " + 180 * 86400000, " CAME " + 180 * 86400000, 'OK', '{}' FROM n WHERE b <= ?4";
static const char origin[] = "INSERT INTO origin VALUES(1, 'manifest-sha256.txt')";
static const char manifests[] =
    "INSERT INTO manifest SELECT id, 0, 'manifest-sha256.txt', 'bagit', zeroblob(32) FROM run"
    " WHERE kind = 'ingest'";
static const char entries[] =
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 * ?2 - 1)"
    " INSERT INTO entry(id, destination, path) SELECT i + 1, i / ?2 + 1,"
    "  format('data/page-%08d.tif', i) FROM n";
static const char promises[] =
    "INSERT INTO promise SELECT id, destination, fake_digest(id), NULL, 1, (id - 1) % ?2 + 1, 0,"
    " NULL FROM entry";
static const char objects[] =
    "INSERT INTO object SELECT e.id, 1, r.id, fake_digest(e.id), 1000 + e.id % 100000,"
    " substr(fake_digest(e.id), 2, 16), '', 'sent', 'sha256:=', 0, r.finished, 12"
    " FROM entry e JOIN run r ON r.id = e.destination";
static const char outcomes[] = "INSERT INTO outcome SELECT destination, id, destination, 1, NULL, "
                               "1, NULL, NULL, 1, NULL, NULL,"
                               " NULL FROM entry";
static const char checks[] =
    "INSERT INTO outcome SELECT r.id, e.id, e.destination, 0, NULL, 4, 'OK', NULL, 1, 'read', "
    "'read',"
    " r.finished FROM run r JOIN entry e ON e.destination = r.destination WHERE r.kind = 'verify'";

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: ledger_years LEDGER [BAGS] [OBJECTS] [VERIFIED]\n");
        return 2;
    }
    int64_t count = argc > 2 ? atoll(argv[2]) : 10000, all = argc > 3 ? atoll(argv[3]) : 10000000;
    int64_t verified = argc > 4 ? atoll(argv[4]) : count / 2;
    static const char *const steps[] = {bags,    identifiers, runs,    origin,   manifests,
                                        entries, promises,    objects, outcomes, checks};
    struct acc_ledger *ledger;
    struct acc_sql sql = {0};
    must(acc_ledger_open(argv[1], &ledger, &err));
    acc_ledger_close(ledger);
    must(acc_sql_open(&sql, argv[1], argv[1], SQLITE_OPEN_READWRITE, &err));
    sqlite3_create_function(sql.db, "fake_digest", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                            fake_digest, NULL, NULL);
    must(
        acc_sql_script(&sql, "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN", &err));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        sqlite3_stmt *stmt;
        const int64_t values[] = {count, all / count, acc_time_now(), verified};
        if (sqlite3_prepare_v2(sql.db, steps[i], -1, &stmt, NULL) != SQLITE_OK)
            must(acc_sql_fail(&sql, &err));
        for (int v = 0; v < sqlite3_bind_parameter_count(stmt); v++)
            sqlite3_bind_int64(stmt, v + 1, values[v]);
        if (sqlite3_step(stmt) != SQLITE_DONE)
            must(acc_sql_fail(&sql, &err));
        sqlite3_finalize(stmt);
    }
    must(acc_standing_fill(&sql, &err));
    must(acc_sql_script(&sql, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)", &err));
    acc_sql_close(&sql);
    return 0;
}
