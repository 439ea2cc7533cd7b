/* Opening: make the folder, open two connections on the file, refuse what is not a ledger, bring it
 * up to date, start the writer thread. Whatever fails undoes all of it and leaves no file that was
 * not there, an empty one apart. Closing lets the writer finish what is posted; the last connection
 * to close folds the WAL back into the file.
 */
#include "ledger/ledger.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/internal.h"
#include "ledger/lock.h"
#include "ledger/schema.h"

/* A load by another run in another process keeps the file locked for as long as it reads manifests.
 */
#define BUSY_TIMEOUT_MS (120 * 1000)

/* cache_size is in KiB when negative: what bounds the ledger's memory. */
static const char read_pragmas[] =
    "PRAGMA cache_size = -3072; "
    "CREATE TEMP TABLE drawn(seq INTEGER PRIMARY KEY, entry INTEGER NOT NULL)";
static const char wait_for_disk[] = "PRAGMA synchronous = FULL";
/* Nobody looks for a file's name in a ledger that is temporary, and the index costs a quarter of a
 * load. */
static const char nothing_to_find[] = "DROP INDEX IF EXISTS entry_name";
static const char leave_to_system[] = "PRAGMA synchronous = OFF";
static const char references[] =
    "PRAGMA foreign_keys = ON"; /* after migrations, which drop tables */
static const char write_pragmas[] =
    "PRAGMA cache_size = -8192;"
    "PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864";

/* SQLite's own timeout asks ever more rarely, and then a process that commits without pause leaves
 * another no chance. */
static int wait_for_lock(void *arg, int tries)
{
    usleep(1000);
    return tries < BUSY_TIMEOUT_MS;
}

static enum acc_code make_folder(const char *path, struct acc_error *err)
{
    char *copy = acc_strdup(path);
    enum acc_code code = acc_mkdirs(dirname(copy), err);
    if (code != ACC_OK) {
        acc_error_context(err, "%s", path);
        code = acc_error_set(err, ACC_LEDGER, "%s; name a ledger elsewhere with --ledger",
                             err->message);
    }
    free(copy);
    return code;
}

/* Why an existing file is unusable. SQLite cannot say so: it silently opens an unwritable file for
 * reading. */
static enum acc_code check_file(const char *path, int mode, struct acc_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return errno == ENOENT
                   ? ACC_OK
                   : acc_error_set(
                         err, ACC_LEDGER,
                         "%s: the ledger cannot be opened: %s; name another with --ledger", path,
                         strerror(errno));
    if (!S_ISREG(st.st_mode))
        return acc_error_set(err, ACC_LEDGER,
                             "%s: not a ledger: not a regular file; name another with --ledger",
                             path);
    if (eaccess(path, mode) != 0)
        return acc_error_set(
            err, ACC_LEDGER,
            "%s: the ledger cannot be %s: %s; change its mode, or name another with --ledger", path,
            mode & W_OK ? "written" : "read", strerror(errno));
    return ACC_OK;
}

static enum acc_code check_folder(const char *path, struct acc_error *err)
{
    char *copy = acc_strdup(path);
    const char *folder = dirname(copy);
    enum acc_code code = ACC_OK;
    if (eaccess(folder, W_OK | X_OK) != 0)
        code = acc_error_set(
            err, ACC_LEDGER,
            "%s: the ledger's folder cannot be written: %s; change its mode, or name a ledger "
            "elsewhere with --ledger",
            path, strerror(errno));
    free(copy);
    return code;
}

/* Several processes may make one ledger at the same moment. SQLite does not wait for the lock that
 * the change to WAL needs, so it is asked again; once changed the file stays so. */
static enum acc_code use_wal(struct acc_sql *sql, struct acc_error *err)
{
    static const char wal[] = "PRAGMA journal_mode = WAL";
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code;
    int64_t until = acc_clock_now() + BUSY_TIMEOUT_MS;
    while ((code = acc_sql_first(sql, wal, ACC_SQL_NO_ARGS, &stmt, &row, err)) != ACC_OK &&
           acc_sql_is_busy(sql) && acc_clock_now() < until)
        usleep(10000);
    if (code != ACC_OK)
        return code;
    if (!row || strcmp(acc_sql_column_text(stmt, 0), "wal") != 0)
        code = acc_error_set(err, ACC_LEDGER,
                             "%s: this file system cannot hold a ledger (no shared memory for "
                             "SQLite's WAL); name a ledger on a local disk with --ledger",
                             sql->path);
    sqlite3_reset(stmt);
    return code;
}

static struct acc_ledger *new_ledger(const char *path)
{
    struct acc_ledger *ledger = ACC_NEW(struct acc_ledger);
    ledger->path = acc_strdup(path);
    acc_list_init(&ledger->owner_only.locks);
    pthread_mutex_init(&ledger->turn.mutex, NULL);
    pthread_cond_init(&ledger->turn.free, NULL);
    return ledger;
}

static enum acc_code open_write(struct acc_ledger *ledger, const char *durability,
                                struct acc_error *err)
{
    struct acc_sql *sql = &ledger->turn.sql;
    enum acc_code code = acc_sql_open(sql, ledger->path, ledger->path,
                                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    if (code != ACC_OK)
        return code;
    sqlite3_busy_handler(sql->db, wait_for_lock, NULL);
    /* Look before the first write: another program's database must stay as it is. */
    code = acc_schema_check(sql, err);
    if (code == ACC_OK)
        code = acc_sql_script(sql, durability, err);
    if (code == ACC_OK)
        code = use_wal(sql, err);
    if (code == ACC_OK)
        code = acc_sql_script(sql, write_pragmas, err);
    if (code == ACC_OK)
        code = acc_schema_migrate(sql, err);
    if (code == ACC_OK)
        code = acc_sql_script(sql, references, err);
    return code;
}

static enum acc_code open_read(struct acc_ledger *ledger, const char *uri, int flags,
                               struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    enum acc_code code = acc_sql_open(sql, ledger->path, uri, flags, err);
    if (code != ACC_OK)
        return code;
    sql->reads_only = true;
    sqlite3_busy_handler(sql->db, wait_for_lock, NULL);
    return acc_sql_script(sql, read_pragmas, err);
}

static enum acc_code open_both(const char *path, const char *durability, struct acc_ledger **out,
                               struct acc_error *err)
{
    enum acc_code code = make_folder(path, err);
    if (code == ACC_OK)
        code = check_file(path, R_OK | W_OK, err);
    if (code == ACC_OK)
        code = check_folder(path, err);
    if (code != ACC_OK)
        return code;
    struct acc_ledger *ledger = new_ledger(path);
    code = open_write(ledger, durability, err);
    if (code == ACC_OK)
        code = open_read(ledger, path, SQLITE_OPEN_READWRITE, err);
    if (code == ACC_OK)
        code = acc_writer_new(ledger, &ledger->writer, err);
    if (code == ACC_OK)
        *out = ledger;
    else
        acc_ledger_close(ledger);
    return code;
}

enum acc_code acc_ledger_open(const char *path, struct acc_ledger **out, struct acc_error *err)
{
    return open_both(path, wait_for_disk, out, err);
}

enum acc_code acc_ledger_open_temporary(const char *path, struct acc_ledger **out,
                                        struct acc_error *err)
{
    enum acc_code code = open_both(path, leave_to_system, out, err);
    if (code != ACC_OK)
        return code;
    (*out)->temporary = true;
    code = acc_sql_script(&(*out)->turn.sql, nothing_to_find, err);
    if (code != ACC_OK) {
        acc_ledger_close(*out);
        *out = NULL;
    }
    return code;
}

/* On a medium that cannot be written SQLite has no place for the WAL's index. Without a WAL the
 * file alone is the ledger, and no process can change it there: "immutable" says so. */
static bool is_sealed(const char *path)
{
    struct acc_str wal = {0};
    acc_str_addf(&wal, "%s-wal", path);
    struct stat st;
    bool no_wal = stat(acc_str_cstr(&wal), &st) != 0 || st.st_size == 0;
    acc_str_release(&wal);
    return no_wal && check_folder(path, NULL) != ACC_OK;
}

static void immutable_uri(struct acc_str *uri, const char *path)
{
    acc_str_add(uri, "file:");
    for (const char *c = path; *c; c++) {
        if (strchr("%?#", *c) != NULL)
            acc_str_addf(uri, "%%%02X", (unsigned char)*c);
        else
            acc_str_add_c(uri, *c);
    }
    acc_str_add(uri, "?immutable=1");
}

enum acc_code acc_ledger_open_readonly(const char *path, struct acc_ledger **out,
                                       struct acc_error *err)
{
    if (access(path, F_OK) != 0)
        return acc_error_set(err, ACC_LEDGER,
                             "%s: there is no ledger: %s; name it with --ledger, or begin one "
                             "with accession ingest",
                             path, strerror(errno));
    enum acc_code code = check_file(path, R_OK, err);
    if (code != ACC_OK)
        return code;
    struct acc_ledger *ledger = new_ledger(path);
    struct acc_str uri = {0};
    bool sealed = is_sealed(path);
    if (sealed)
        immutable_uri(&uri, path);
    code = open_read(ledger, sealed ? acc_str_cstr(&uri) : path,
                     SQLITE_OPEN_READONLY | (sealed ? SQLITE_OPEN_URI : 0), err);
    acc_str_release(&uri);
    if (code == ACC_OK)
        code = acc_schema_check_current(&ledger->owner_only.sql, err);
    if (code == ACC_OK)
        *out = ledger;
    else
        acc_ledger_close(ledger);
    return code;
}

enum acc_code acc_ledger_open_if_there(const char *path, struct acc_ledger **out,
                                       struct acc_error *err)
{
    *out = NULL;
    bool missing = access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
    return missing ? ACC_OK : acc_ledger_open_readonly(path, out, err);
}

/* Holding only makes reading cheaper: if it fails, each statement reports its own error. */
void acc_ledger_hold(struct acc_ledger *ledger)
{
    acc_sql_script(&ledger->owner_only.sql, "BEGIN", NULL);
}

void acc_ledger_let_go(struct acc_ledger *ledger)
{
    acc_walk_end(&ledger->owner_only.walk);
    acc_sql_script(&ledger->owner_only.sql, "END", NULL);
}

void acc_ledger_close(struct acc_ledger *ledger)
{
    if (ledger == NULL)
        return;
    acc_writer_free(ledger->writer);
    acc_held_row_release(&ledger->owner_only.found);
    acc_walk_release(&ledger->owner_only.walk);
    acc_marks_release(&ledger->named.marks);
    free(ledger->owner_only.arrival);
    acc_sql_close(&ledger->owner_only.sql);
    acc_sql_close(&ledger->turn.sql);
    acc_locks_release_all(&ledger->owner_only.locks);
    pthread_cond_destroy(&ledger->turn.free);
    pthread_mutex_destroy(&ledger->turn.mutex);
    free(ledger->path);
    free(ledger);
}

void acc_ledger_where(const char *asked, struct acc_str *out)
{
    if (asked != NULL) {
        acc_str_set(out, asked);
    } else {
        acc_str_clear(out);
        acc_state_dir(out);
        acc_str_add(out, "/ledger.db");
    }
}

const char *acc_ledger_path(const struct acc_ledger *ledger)
{
    return ledger->path;
}
