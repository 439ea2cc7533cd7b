/* The index: a private database that SQLite keeps in memory while it is small and in a
 * file without a name when it is not. Paths are blobs, so that their order is that of their bytes:
 * what lies in a folder lies together.
 *
 * Fails with ACC_LOCAL if the temporary folder has no room; then the source cannot be used.
 * Closing it is all there is to clean up. */
#include "source/index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { LINKS_MAX = 16 };

static const char schema[] =
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8192;"
    "CREATE TABLE entry(path BLOB PRIMARY KEY, kind INTEGER, place INTEGER, offset INTEGER,"
    " size INTEGER, seconds INTEGER, nanoseconds INTEGER, kept INTEGER, target BLOB, digests BLOB,"
    " tag TEXT)"
    " WITHOUT ROWID;"
    "CREATE UNIQUE INDEX by_place ON entry(place) WHERE place >= 0;"
    "CREATE TABLE kept(place INTEGER, at INTEGER, bytes BLOB, PRIMARY KEY(place, at))"
    " WITHOUT ROWID;";

static const char add_entry[] =
    "INSERT OR IGNORE INTO entry VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL, ?10)";
static const char kind_of[] = "SELECT kind FROM entry WHERE path = ?1";
static const char set_digests[] = "UPDATE entry SET digests = ?2 WHERE place = ?1";
static const char add_kept[] = "INSERT INTO kept VALUES(?1, ?2, ?3)";
static const char read_kept[] =
    "SELECT at, bytes FROM kept WHERE place = ?1 AND at <= ?2 ORDER BY at DESC LIMIT 1";
#define COLUMNS                                                                                    \
    "SELECT path, kind, place, offset, size, seconds, nanoseconds, kept, target, digests, tag "    \
    "FROM entry "
static const char find_entry[] = COLUMNS "WHERE path = ?1";
static const char next_entry[] = COLUMNS "WHERE path >= ?1 ORDER BY path LIMIT 1";
static const char count_others[] =
    "SELECT count(*) FROM (SELECT 1 FROM entry WHERE path <> ?1 AND NOT (path > ?2 AND path < ?3)"
    " LIMIT 1)";

static struct acc_sql_value blob(const char *text)
{
    return acc_sql_blob(text, strlen(text));
}

/* What fails is the temporary folder's, whatever the index was asked. */
static enum acc_code local(struct acc_error *err)
{
    if (err != NULL)
        err->code = ACC_LOCAL;
    return ACC_LOCAL;
}

enum acc_code acc_index_open(struct acc_index *index, struct acc_error *err)
{
    pthread_mutex_init(&index->lock, NULL);
    index->opened = true;
    enum acc_code code =
        acc_sql_open(&index->sql, "the index of the source in the temporary folder", "",
                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    if (code == ACC_OK)
        code = acc_sql_script(&index->sql, schema, err);
    return code == ACC_OK ? ACC_OK : local(err);
}

void acc_index_close(struct acc_index *index)
{
    if (!index->opened)
        return;
    acc_sql_close(&index->sql);
    acc_str_release(&index->root);
    pthread_mutex_destroy(&index->lock);
    index->opened = false;
}

static enum acc_code insert(struct acc_index *index, const char *path,
                            const struct acc_index_entry *e, const char *target, bool *added,
                            struct acc_error *err)
{
    enum acc_code code = acc_sql_run(&index->sql, add_entry,
                                     ACC_SQL_ARGS(blob(path), acc_sql_int(e->kind),
                                                  acc_sql_int(e->place), acc_sql_int(e->offset),
                                                  acc_sql_int(e->size), acc_sql_int(e->seconds),
                                                  acc_sql_int(e->nanoseconds), acc_sql_int(e->kept),
                                                  target != NULL ? blob(target) : acc_sql_null(),
                                                  acc_sql_text(e->tag[0] ? e->tag : NULL)),
                                     err);
    *added = code == ACC_OK && sqlite3_changes(index->sql.db) > 0;
    return code;
}

static enum acc_code is_folder(struct acc_index *index, const char *path, bool *folder,
                               struct acc_error *err)
{
    int64_t kind = -1;
    enum acc_code code =
        acc_sql_number(&index->sql, kind_of, ACC_SQL_ARGS(blob(path)), -1, &kind, err);
    *folder = kind == ACC_INDEX_FOLDER;
    return code;
}

static enum acc_code add_parents(struct acc_index *index, const char *path,
                                 enum acc_index_clash *clash, struct acc_str *at,
                                 struct acc_error *err)
{
    static const struct acc_index_entry folder = {
        .kind = ACC_INDEX_FOLDER, .place = -1, .offset = -1};
    char *parent = acc_strdup(path);
    enum acc_code code = ACC_OK;
    for (char *slash = strrchr(parent, '/'); code == ACC_OK && slash != NULL && slash != parent;
         slash = strrchr(parent, '/')) {
        bool added, stands = true;
        *slash = '\0';
        code = insert(index, parent, &folder, NULL, &added, err);
        if (code != ACC_OK || added)
            continue;
        code = is_folder(index, parent, &stands, err);
        if (!stands) {
            *clash = ACC_INDEX_IN_FILE;
            acc_str_set(at, parent);
        }
        break; /* its own parents are there */
    }
    free(parent);
    return code;
}

enum acc_code acc_index_add(struct acc_index *index, const char *path,
                            const struct acc_index_entry *entry, const char *target,
                            enum acc_index_clash *clash, struct acc_str *at, struct acc_error *err)
{
    bool added = false, folder = false;
    *clash = ACC_INDEX_CLEAR;
    acc_str_set(at, path);
    pthread_mutex_lock(&index->lock);
    enum acc_code code = insert(index, path, entry, target, &added, err);
    if (code == ACC_OK && added)
        code = add_parents(index, path, clash, at, err);
    else if (code == ACC_OK)
        code = is_folder(index, path, &folder, err);
    pthread_mutex_unlock(&index->lock);
    if (!added && entry->kind != ACC_INDEX_FOLDER)
        *clash = ACC_INDEX_TWICE;
    else if (!added && !folder)
        *clash = ACC_INDEX_NO_FOLDER;
    return code;
}

enum acc_code acc_index_set_digests(struct acc_index *index, int64_t place,
                                    const struct acc_digests *digests, struct acc_error *err)
{
    uint8_t packed[ACC_DIGESTS_PACKED_MAX];
    size_t len = acc_digests_pack(digests, packed);
    pthread_mutex_lock(&index->lock);
    enum acc_code code = acc_sql_run(
        &index->sql, set_digests, ACC_SQL_ARGS(acc_sql_int(place), acc_sql_blob(packed, len)), err);
    pthread_mutex_unlock(&index->lock);
    return code;
}

enum acc_code acc_index_keep(struct acc_index *index, int64_t place, int64_t at, const void *bytes,
                             size_t len, struct acc_error *err)
{
    pthread_mutex_lock(&index->lock);
    enum acc_code code = acc_sql_run(
        &index->sql, add_kept,
        ACC_SQL_ARGS(acc_sql_int(place), acc_sql_int(at), acc_sql_blob(bytes, len)), err);
    pthread_mutex_unlock(&index->lock);
    return code;
}

ssize_t acc_index_kept(struct acc_index *index, int64_t place, int64_t at, void *buffer, size_t len,
                       struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    ssize_t got = 0;
    pthread_mutex_lock(&index->lock);
    enum acc_code code =
        acc_sql_first(&index->sql, read_kept, ACC_SQL_ARGS(acc_sql_int(place), acc_sql_int(at)),
                      &stmt, &row, err);
    if (code == ACC_OK && row) {
        int64_t skip = at - sqlite3_column_int64(stmt, 0);
        int64_t left = sqlite3_column_bytes(stmt, 1) - skip;
        got = left <= 0 ? 0 : (ssize_t)(left < (int64_t)len ? left : (int64_t)len);
        if (got > 0)
            memcpy(buffer, (const char *)sqlite3_column_blob(stmt, 1) + skip, (size_t)got);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    pthread_mutex_unlock(&index->lock);
    return code == ACC_OK ? got : -1;
}

/* ---- finding ---- */

static void read_row(sqlite3_stmt *stmt, struct acc_str *path, struct acc_index_entry *e,
                     struct acc_str *target)
{
    *e = (struct acc_index_entry){
        .kind = (enum acc_index_kind)sqlite3_column_int(stmt, 1),
        .place = sqlite3_column_int64(stmt, 2),
        .offset = sqlite3_column_int64(stmt, 3),
        .size = sqlite3_column_int64(stmt, 4),
        .seconds = sqlite3_column_int64(stmt, 5),
        .nanoseconds = sqlite3_column_int64(stmt, 6),
        .kept = sqlite3_column_int(stmt, 7) != 0,
    };
    snprintf(e->tag, sizeof e->tag, "%s", acc_sql_column_text(stmt, 10));
    acc_str_clear(path);
    acc_str_add_n(path, sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
    if (target != NULL) {
        acc_str_clear(target);
        acc_str_add_n(target, sqlite3_column_blob(stmt, 8), (size_t)sqlite3_column_bytes(stmt, 8));
    }
    acc_digests_unpack(&e->digests, sqlite3_column_blob(stmt, 9),
                       (size_t)sqlite3_column_bytes(stmt, 9));
}

static enum acc_code get(struct acc_index *index, const char *statement, struct acc_sql_value key,
                         struct acc_str *path, struct acc_index_entry *entry,
                         struct acc_str *target, bool *row, struct acc_error *err)
{
    sqlite3_stmt *stmt;
    *row = false;
    enum acc_code code = acc_sql_first(&index->sql, statement, &key, 1, &stmt, row, err);
    if (code != ACC_OK)
        return local(err);
    if (*row)
        read_row(stmt, path, entry, target);
    sqlite3_reset(stmt);
    return ACC_OK;
}

/* Replaces the first part of `full` that is a link by where that leads: 0, or an errno. */
static int follow_folder(struct acc_index *index, struct acc_str *full, struct acc_str *scrap)
{
    struct acc_index_entry entry;
    struct acc_str target = {0};
    int number = ENOENT;
    for (char *slash = strchr(full->data, '/'); slash != NULL && number == ENOENT;
         slash = strchr(slash + 1, '/')) {
        struct acc_sql_value folder = acc_sql_blob(full->data, (size_t)(slash - full->data));
        bool found;
        if (get(index, find_entry, folder, scrap, &entry, &target, &found, NULL) != ACC_OK)
            number = EIO;
        else if (found && entry.kind == ACC_INDEX_LINK)
            number = 0;
        if (number == 0) {
            acc_str_add(&target, target.len > 0 ? slash : slash + 1);
            acc_str_set(full, acc_str_cstr(&target));
            break;
        }
    }
    acc_str_release(&target);
    return number;
}

static int resolve(struct acc_index *index, struct acc_str *full, bool follow,
                   struct acc_index_entry *entry)
{
    struct acc_str path = {0}, target = {0};
    int number = ELOOP, problem;
    for (int links = 0; links < LINKS_MAX && number == ELOOP; links++) {
        bool found;
        if (get(index, find_entry, acc_sql_blob(full->data, full->len), &path, entry, &target,
                &found, NULL) != ACC_OK)
            number = EIO;
        else if (found &&
                 (entry->kind == ACC_INDEX_HARD_LINK || (entry->kind == ACC_INDEX_LINK && follow)))
            acc_str_set(full, acc_str_cstr(&target));
        else if (found)
            number = 0;
        else if (full->len == 0)
            number = ENOENT;
        else if ((problem = follow_folder(index, full, &path)) != 0)
            number = problem;
    }
    acc_str_release(&path);
    acc_str_release(&target);
    return number;
}

int acc_index_find(struct acc_index *index, const char *path, bool follow,
                   struct acc_index_entry *entry)
{
    struct acc_str full = {0};
    if (*path == '\0') {
        *entry = (struct acc_index_entry){.kind = ACC_INDEX_FOLDER, .place = -1, .offset = -1};
        return 0;
    }
    acc_str_addf(&full, "%s%s", acc_str_cstr(&index->root), path);
    pthread_mutex_lock(&index->lock);
    int number = resolve(index, &full, follow, entry);
    pthread_mutex_unlock(&index->lock);
    if (number == 0 && !acc_starts_with(acc_str_cstr(&full), acc_str_cstr(&index->root)))
        number = EXDEV;
    acc_str_release(&full);
    errno = number;
    return number == 0 ? 0 : -1;
}

enum acc_code acc_index_next(struct acc_index *index, const struct acc_str *from,
                             struct acc_str *path, struct acc_index_entry *entry, bool *row,
                             struct acc_error *err)
{
    struct acc_str full = {0}, found = {0};
    const struct acc_str *root = &index->root;
    acc_str_add_n(&full, acc_str_cstr(root), root->len);
    acc_str_add_n(&full, acc_str_cstr(from), from->len);
    pthread_mutex_lock(&index->lock);
    enum acc_code code = get(index, next_entry, acc_sql_blob(acc_str_cstr(&full), full.len), &found,
                             entry, NULL, row, err);
    pthread_mutex_unlock(&index->lock);
    *row = *row && acc_starts_with(acc_str_cstr(&found), acc_str_cstr(root));
    if (*row)
        acc_str_set(path, found.data + root->len);
    acc_str_release(&full);
    acc_str_release(&found);
    return code;
}

enum acc_code acc_index_find_root(struct acc_index *index, struct acc_error *err)
{
    struct acc_str from = {0}, first = {0}, inside = {0}, behind = {0};
    struct acc_index_entry entry;
    int64_t others = 0;
    bool any;
    enum acc_code code = acc_index_next(index, &from, &first, &entry, &any, err);
    if (code == ACC_OK && any && entry.kind == ACC_INDEX_FOLDER) {
        acc_str_addf(&inside, "%s/", first.data);
        acc_str_addf(&behind, "%s0", first.data); /* "0" follows "/" */
        code = acc_sql_number(&index->sql, count_others,
                              ACC_SQL_ARGS(blob(first.data), blob(inside.data), blob(behind.data)),
                              0, &others, err);
        if (code == ACC_OK && others == 0)
            acc_str_add(&index->root, inside.data);
    }
    acc_str_release(&first);
    acc_str_release(&inside);
    acc_str_release(&behind);
    return code;
}
