/* A run: its lock is taken first, then its row is made in one transaction. A run that was killed is
 * closed by the next one to its destination, which can be sure of it since it holds the lock.
 * Ending waits for the writer, so that what the summary says is in the file before the summary is.
 * When the ledger fails the lock is let go all the same.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "ledger/holder.h"
#include "ledger/internal.h"
#include "ledger/lock.h"
#include "ledger/standing.h"

static const char add_destination[] =
    "INSERT INTO destination(canonical, url) VALUES(?1, ?2)"
    " ON CONFLICT(canonical) DO UPDATE SET url = excluded.url WHERE url != excluded.url";
/* What others report never changes where a destination lies. */
static const char add_reported_destination[] =
    "INSERT INTO destination(canonical, url) VALUES(?1, ?2) ON CONFLICT(canonical) DO NOTHING";
static const char find_destination[] = "SELECT id FROM destination WHERE canonical = ?1";
static const char close_killed[] =
    "UPDATE run SET outcome = ?2, finished = coalesce("
    "  (SELECT max(max(coalesce(u.at, 0), coalesce(a.at, 0))) FROM outcome u LEFT JOIN object a"
    "    ON a.entry = u.entry AND a.seq = u.object AND a.run = u.run WHERE u.run = run.id), "
    "started)"
    " WHERE destination = ?1 AND finished IS NULL";
static const char add_run[] = "INSERT INTO run(name, destination, kind, source, command, started) "
                              "VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
static const char unnoted[] = "SELECT entries FROM repair WHERE noted IS NULL";
static const char noted[] = "UPDATE repair SET noted = ?1 WHERE noted IS NULL";
static const char add_note[] = "INSERT INTO note(run, code, text) VALUES(?1, 'OK', ?2)";
static const char name_taken[] = "SELECT 1 FROM run WHERE name = ?1";
static const char end_run[] =
    "UPDATE run SET finished = ?2, outcome = ?3, summary = ?4 WHERE id = ?1";
static const char run_destination[] = "SELECT destination FROM run WHERE id = ?1";
static const char add_identifier[] = "INSERT OR IGNORE INTO identifier(destination, name, run)"
                                     " SELECT destination, ?2, id FROM run WHERE id = ?1";
static const char copy_identifiers[] =
    "INSERT OR IGNORE INTO identifier(destination, name, run) SELECT r.destination, i.name, r.id"
    " FROM run r JOIN destination d ON d.canonical = ?2 JOIN identifier i ON i.destination = d.id"
    " WHERE r.id = ?1";
static const char add_manifest[] =
    "INSERT INTO manifest(run, idx, path, format, sha256) VALUES(?1,"
    " (SELECT coalesce(max(idx) + 1, 0) FROM manifest WHERE run = ?1), ?2, ?3, ?4)";
static const char run_notes[] = "SELECT code, text FROM note WHERE run = ?1 ORDER BY id";

/* "2026-11-22T10-04-11Z-7f3a": sorts by time, and is a file name anywhere. */
static void make_name(int64_t now, char name[40])
{
    uint16_t random;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = (uint16_t)acc_clock_us();
    char time[ACC_TIME_TEXT];
    acc_time_rfc3339(now, time);
    for (char *c = time; *c; c++)
        if (*c == ':')
            *c = '-';
    snprintf(name, 40, "%.19sZ-%04x", time, random);
}

static enum acc_code free_name(struct acc_sql *sql, int64_t now, char name[40],
                               struct acc_error *err)
{
    int64_t taken = 1;
    enum acc_code code = ACC_OK;
    while (code == ACC_OK && taken) {
        make_name(now, name);
        code = acc_sql_number(sql, name_taken, ACC_SQL_ARGS(acc_sql_text(name)), 0, &taken, err);
    }
    return code;
}

static enum acc_code insert_run(struct acc_sql *sql, const char *ledger_path,
                                const struct acc_run_spec *spec, int64_t *run, char name[40],
                                struct acc_error *err)
{
    int64_t destination = 0, now = acc_time_now();
    const struct acc_sql_value canonical = acc_sql_text(spec->destination);
    bool reported = strcmp(spec->kind, "import") == 0;
    enum acc_code code = acc_sql_run(sql, reported ? add_reported_destination : add_destination,
                                     ACC_SQL_ARGS(canonical, acc_sql_text(spec->url)), err);
    if (code == ACC_OK)
        code = acc_sql_number(sql, find_destination, ACC_SQL_ARGS(canonical), 0, &destination, err);
    if (code == ACC_OK)
        code = acc_holder_judge_earlier(sql, ledger_path, destination, err);
    if (code == ACC_OK)
        code = acc_sql_run(
            sql, close_killed,
            ACC_SQL_ARGS(acc_sql_int(destination), acc_sql_text(acc_code_name(ACC_INTERRUPTED))),
            err);
    if (code == ACC_OK)
        code = free_name(sql, now, name, err);
    if (code == ACC_OK)
        code = acc_sql_run(sql, add_run,
                           ACC_SQL_ARGS(acc_sql_text(name), acc_sql_int(destination),
                                        acc_sql_text(spec->kind), acc_sql_text(spec->source),
                                        acc_sql_text(spec->command), acc_sql_int(now)),
                           err);
    if (code != ACC_OK)
        return code;
    *run = sqlite3_last_insert_rowid(sql->db);
    if (strcmp(spec->kind, "ingest") == 0 || strcmp(spec->kind, "replicate") == 0)
        code = acc_holder_add(sql, ledger_path, *run, err);
    return code;
}

/* The first run after a migration reports what was repaired. */
static enum acc_code note_repair(struct acc_sql *sql, int64_t run, struct acc_error *err)
{
    int64_t entries = 0;
    char text[256];
    enum acc_code code = acc_sql_number(sql, unnoted, ACC_SQL_NO_ARGS, 0, &entries, err);
    if (code != ACC_OK || entries == 0)
        return code;
    snprintf(text, sizeof text,
             "the ledger was brought up to date: %lld archived file%s that a refused attempt had "
             "marked otherwise count%s as archived again. accession verify compares them with the "
             "bucket.",
             (long long)entries, entries == 1 ? "" : "s", entries == 1 ? "s" : "");
    code = acc_sql_run(sql, add_note, ACC_SQL_ARGS(acc_sql_int(run), acc_sql_text(text)), err);
    return code == ACC_OK ? acc_sql_run(sql, noted, ACC_SQL_ARGS(acc_sql_int(run)), err) : code;
}

enum acc_code acc_ledger_run_begin(struct acc_ledger *ledger, const struct acc_run_spec *spec,
                                   int64_t *run, char name[40], struct acc_error *err)
{
    struct acc_lock *lock;
    int64_t id = 0;
    enum acc_code code = acc_lock_take(ledger->path, spec->destination, &lock, err);
    if (code != ACC_OK)
        return code;
    code = acc_ledger_turn_begin(ledger, err);
    if (code == ACC_OK) {
        code = insert_run(&ledger->turn.sql, ledger->path, spec, &id, name, err);
        if (code == ACC_OK)
            code = note_repair(&ledger->turn.sql, id, err);
        code = acc_ledger_turn_end(ledger, code, err);
    }
    if (code != ACC_OK) {
        acc_lock_release(lock);
        return code;
    }
    acc_lock_assign(lock, &ledger->owner_only.locks, id);
    *run = id;
    return ACC_OK;
}

enum acc_code acc_ledger_run_end(struct acc_ledger *ledger, int64_t run, enum acc_code outcome,
                                 const char *summary_json, struct acc_error *err)
{
    int64_t destination = 0;
    enum acc_code code = acc_ledger_flush(ledger, err);
    if (code == ACC_OK)
        code = acc_ledger_turn_begin(ledger, err);
    if (code == ACC_OK) {
        code = acc_sql_run(&ledger->turn.sql, end_run,
                           ACC_SQL_ARGS(acc_sql_int(run), acc_sql_int(acc_time_now()),
                                        acc_sql_text(acc_code_name(outcome)),
                                        acc_sql_text(summary_json)),
                           err);
        if (code == ACC_OK)
            code = acc_sql_number(&ledger->turn.sql, run_destination,
                                  ACC_SQL_ARGS(acc_sql_int(run)), 0, &destination, err);
        if (code == ACC_OK && !ledger->temporary)
            code = acc_standing_keep(&ledger->turn.sql, destination, err);
        code = acc_ledger_turn_end(ledger, code, err);
    }
    acc_locks_release(&ledger->owner_only.locks, run);
    return code;
}

enum acc_code acc_ledger_add_manifest(struct acc_ledger *ledger, int64_t run, const char *path,
                                      const char *format, const uint8_t sha256[ACC_SHA256_LEN],
                                      struct acc_error *err)
{
    bool in_load = atomic_load(&ledger->loading) == run;
    enum acc_code code = in_load ? ACC_OK : acc_ledger_turn_begin(ledger, err);
    if (code != ACC_OK)
        return code;
    code = acc_sql_run(&ledger->turn.sql, add_manifest,
                       ACC_SQL_ARGS(acc_sql_int(run), acc_sql_text(path), acc_sql_text(format),
                                    acc_sql_blob(sha256, ACC_SHA256_LEN)),
                       err);
    return in_load ? code : acc_ledger_turn_end(ledger, code, err);
}

enum acc_code acc_ledger_add_identifier(struct acc_ledger *ledger, int64_t run, const char *name,
                                        struct acc_error *err)
{
    bool in_load = atomic_load(&ledger->loading) == run;
    enum acc_code code = in_load ? ACC_OK : acc_ledger_turn_begin(ledger, err);
    if (code != ACC_OK)
        return code;
    code = acc_sql_run(&ledger->turn.sql, add_identifier,
                       ACC_SQL_ARGS(acc_sql_int(run), acc_sql_text(name)), err);
    return in_load ? code : acc_ledger_turn_end(ledger, code, err);
}

enum acc_code acc_ledger_copy_identifiers(struct acc_ledger *ledger, int64_t run,
                                          const char *canonical, struct acc_error *err)
{
    bool in_load = atomic_load(&ledger->loading) == run;
    enum acc_code code = in_load ? ACC_OK : acc_ledger_turn_begin(ledger, err);
    if (code != ACC_OK)
        return code;
    code = acc_sql_run(&ledger->turn.sql, copy_identifiers,
                       ACC_SQL_ARGS(acc_sql_int(run), acc_sql_text(canonical)), err);
    return in_load ? code : acc_ledger_turn_end(ledger, code, err);
}

enum acc_code acc_ledger_notes(struct acc_ledger *ledger, int64_t run,
                               void (*each)(void *arg, enum acc_code code, const char *text),
                               void *arg, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code =
        acc_sql_first(sql, run_notes, ACC_SQL_ARGS(acc_sql_int(run)), &stmt, &row, err);
    while (code == ACC_OK && row) {
        each(arg, acc_code_from_name(acc_sql_column_text(stmt, 0)), acc_sql_column_text(stmt, 1));
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}
