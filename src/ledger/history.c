/* The queries of reports beside rows: runs, and the manifests they read. Reads on the owner's
 * connection; fails as every read does, with ACC_LEDGER and the reason. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "ledger/internal.h"

#define RUN_COLUMNS                                                                                \
    "SELECT r.id, r.started, r.finished, r.outcome, r.name, r.kind, r.source, d.canonical, d.url," \
    " r.command, r.summary FROM run r JOIN destination d ON d.id = r.destination "

static const char run_by_id[] = RUN_COLUMNS "WHERE r.id = ?1";
/* A run that only heard has no entries of its own. */
static const char latest_runs[] =
    RUN_COLUMNS "WHERE r.kind != 'import'"
                " AND (?2 = '' OR d.url = ?2 OR substr(d.url, 1, length(?2) + 1) = ?2 || '/')"
                " ORDER BY r.id DESC LIMIT ?1";
/* An exact name is found before those that only begin so. */
static const char runs_named[] =
    "SELECT id, name = ?1 AS exact FROM run WHERE substr(name, 1, length(?1)) = ?1"
    " ORDER BY exact DESC, id DESC LIMIT 2";
static const char newest_run[] = "SELECT max(id) FROM run WHERE kind != 'import'";
static const char run_manifests[] =
    "SELECT path, format, sha256 FROM manifest WHERE run = ?1 ORDER BY idx";
static const char parked_then[] =
    "SELECT EXISTS(SELECT 1 FROM upload u JOIN run r ON r.id = ?1 WHERE u.entry = ?2"
    " AND (r.finished IS NULL OR u.begun <= r.finished)"
    " AND (u.ended IS NULL OR u.ended > r.finished))";

enum { C_ID, C_STARTED, C_FINISHED, C_OUTCOME, C_NAME };

/* Copies the texts from C_NAME on into one block, in the order of the pointers. */
static char *copy_texts(sqlite3_stmt *stmt, const char **const *to, size_t count)
{
    struct acc_str block = {0};
    for (size_t i = 0; i < count; i++) {
        const char *text = acc_sql_column_text(stmt, C_NAME + (int)i);
        acc_str_add_n(&block, text, strlen(text) + 1);
    }
    char *at = block.data;
    for (size_t i = 0; i < count; i++) {
        *to[i] = at;
        at += strlen(at) + 1;
    }
    return acc_str_detach(&block);
}

static void read_run(sqlite3_stmt *stmt, struct acc_run_info *i)
{
    *i = (struct acc_run_info){
        .id = sqlite3_column_int64(stmt, C_ID),
        .started = sqlite3_column_int64(stmt, C_STARTED),
        .finished = sqlite3_column_int64(stmt, C_FINISHED),
        .ended = sqlite3_column_type(stmt, C_OUTCOME) != SQLITE_NULL,
    };
    if (i->ended)
        i->outcome = acc_code_from_name(acc_sql_column_text(stmt, C_OUTCOME));
    const char **const to[] = {&i->name, &i->kind,    &i->source, &i->destination,
                               &i->url,  &i->command, &i->summary};
    i->strings = copy_texts(stmt, to, ACC_COUNT_OF(to));
}

enum acc_code acc_ledger_run_info(struct acc_ledger *ledger, int64_t run, struct acc_run_info *info,
                                  struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code =
        acc_sql_first(sql, run_by_id, ACC_SQL_ARGS(acc_sql_int(run)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    if (row)
        read_run(stmt, info);
    sqlite3_reset(stmt);
    return row ? ACC_OK
               : acc_error_set(err, ACC_LEDGER,
                               "%s: no run has the number %lld; see accession status", ledger->path,
                               (long long)run);
}

void acc_run_info_release(struct acc_run_info *info)
{
    free(info->strings);
    *info = (struct acc_run_info){0};
}

enum acc_code acc_ledger_runs(struct acc_ledger *ledger, unsigned limit, const char *below,
                              acc_ledger_each_run each, void *arg, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code = acc_sql_first(
        sql, latest_runs, ACC_SQL_ARGS(acc_sql_int(limit), acc_sql_text_or_empty(below)), &stmt,
        &row, err);
    while (code == ACC_OK && row) {
        struct acc_run_info info;
        read_run(stmt, &info);
        each(arg, &info);
        acc_run_info_release(&info);
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

static enum acc_code newest(struct acc_ledger *ledger, int64_t *run, struct acc_error *err)
{
    int64_t found = 0;
    enum acc_code code =
        acc_sql_number(&ledger->owner_only.sql, newest_run, ACC_SQL_NO_ARGS, 0, &found, err);
    if (code != ACC_OK)
        return code;
    if (found == 0)
        return acc_error_set(err, ACC_USAGE, "%s: holds no run yet. Start with accession ingest.",
                             ledger->path);
    *run = found;
    return ACC_OK;
}

enum acc_code acc_ledger_run_named(struct acc_ledger *ledger, const char *name, int64_t *run,
                                   struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false, another = false;
    if (name == NULL)
        return newest(ledger, run, err);
    enum acc_code code =
        acc_sql_first(sql, runs_named, ACC_SQL_ARGS(acc_sql_text(name)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    int64_t id = row ? sqlite3_column_int64(stmt, 0) : 0;
    bool exact = row && sqlite3_column_int(stmt, 1);
    if (row)
        code = acc_sql_step(sql, stmt, &another, err);
    if (code != ACC_OK)
        return code;
    sqlite3_reset(stmt);
    if (!row || (another && !exact))
        return acc_error_set(err, ACC_USAGE,
                             row ? "%s: several runs begin so. Give more of the name; accession "
                                   "status lists them."
                                 : "%s: no such run in this ledger. accession status lists them.",
                             name);
    *run = id;
    return ACC_OK;
}

enum acc_code acc_ledger_manifests(struct acc_ledger *ledger, int64_t run,
                                   acc_ledger_each_manifest each, void *arg, struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code =
        acc_sql_first(sql, run_manifests, ACC_SQL_ARGS(acc_sql_int(run)), &stmt, &row, err);
    while (code == ACC_OK && row) {
        uint8_t sha256[ACC_SHA256_LEN] = {0};
        if (sqlite3_column_bytes(stmt, 2) == ACC_SHA256_LEN)
            memcpy(sha256, sqlite3_column_blob(stmt, 2), ACC_SHA256_LEN);
        each(arg, acc_sql_column_text(stmt, 0), acc_sql_column_text(stmt, 1), sha256);
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

enum acc_code acc_ledger_was_parked(struct acc_ledger *ledger, int64_t run, int64_t entry,
                                    bool *parked, struct acc_error *err)
{
    int64_t there = 0;
    enum acc_code code =
        acc_sql_number(&ledger->owner_only.sql, parked_then,
                       ACC_SQL_ARGS(acc_sql_int(run), acc_sql_int(entry)), 0, &there, err);
    *parked = there != 0;
    return code;
}
