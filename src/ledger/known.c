/* Objects on record by their keys, whichever destination and run they belong to: what a restore is
 * promised. A key is a destination and a path; the same key may be on record under several
 * destinations, of which one begins with the other. Fails as every read does. */
#include "ledger/known.h"

#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "ledger/internal.h"
#include "ledger/row.h"

/* ?1 the place, ?2 the latest time, ?3 the version, or "". Destinations that begin with the place,
 * and those that the place begins with. */
#define KNOWN                                                                                      \
    "SELECT d.canonical, e.path, a.size, a.at, a.digests, a.etag, a.version_id,"                   \
    " coalesce((SELECT role FROM promise WHERE entry = e.id ORDER BY run DESC LIMIT 1), 0)"        \
    " FROM destination d CROSS JOIN entry e ON e.destination = d.id"                               \
    " CROSS JOIN object a ON a.entry = e.id AND a.seq ="                                           \
    "  (SELECT max(seq) FROM object WHERE entry = e.id AND at <= ?2"                               \
    "   AND (?3 = '' OR version_id = ?3))"
static const char known_objects[] =
    KNOWN " WHERE substr(d.canonical, 1, length(?1)) = ?1"
          " OR substr(?1, 1, length(d.canonical)) = d.canonical ORDER BY d.id, e.path";
/* Without an object, but with a promise by what others reported (ledger/heard.h). */
static const char reported_objects[] =
    "SELECT d.canonical, e.path, p.size, 0, p.digests, '', '', p.role FROM destination d"
    " CROSS JOIN entry e ON e.destination = d.id CROSS JOIN promise p ON p.entry = e.id"
    "  AND p.run = (SELECT max(q.run) FROM promise q WHERE q.entry = e.id"
    "   AND q.run IN (SELECT run FROM heard WHERE entry = e.id))"
    " WHERE (substr(d.canonical, 1, length(?1)) = ?1"
    "  OR substr(?1, 1, length(d.canonical)) = d.canonical)"
    " AND NOT EXISTS (SELECT 1 FROM object WHERE entry = e.id) ORDER BY d.id, e.path";
/* Also ?4 the whole key. The longest destination is the closest. */
static const char known_object[] = KNOWN " WHERE (substr(d.canonical, 1, length(?1)) = ?1"
                                         "  OR substr(?1, 1, length(d.canonical)) = d.canonical)"
                                         " AND substr(?4, 1, length(d.canonical)) = d.canonical"
                                         " AND e.path = substr(?4, length(d.canonical) + 1)"
                                         " ORDER BY length(d.canonical) DESC LIMIT 1";

enum column { C_PLACE, C_PATH, C_SIZE, C_AT, C_DIGESTS, C_ETAG, C_VERSION, C_ROLE };

static void copy(char *out, size_t size, const char *text)
{
    size_t len = strlen(text) < size ? strlen(text) : size - 1;
    memcpy(out, text, len);
    out[len] = '\0';
}

static enum acc_code read_known(struct acc_sql *sql, sqlite3_stmt *stmt,
                                struct acc_object_known *object, struct acc_error *err)
{
    int64_t role = 0;
    *object = (struct acc_object_known){.destination = acc_sql_column_text(stmt, C_PLACE),
                                        .path = acc_sql_column_text(stmt, C_PATH),
                                        .at = sqlite3_column_int64(stmt, C_AT)};
    copy(object->version_id, sizeof object->version_id, acc_sql_column_text(stmt, C_VERSION));
    if (sqlite3_column_type(stmt, C_ETAG) == SQLITE_BLOB &&
        sqlite3_column_bytes(stmt, C_ETAG) == 16)
        acc_hex_encode(sqlite3_column_blob(stmt, C_ETAG), 16, object->etag);
    else
        copy(object->etag, sizeof object->etag, acc_sql_column_text(stmt, C_ETAG));
    if (acc_path_problem(object->path, strlen(object->path)) != NULL)
        return acc_sql_damaged(sql, "a path is not one", err);
    enum acc_code code =
        acc_sql_number_in(sql, stmt, C_SIZE, 0, ACC_SIZE_MAX, -1, &object->size, err);
    if (code == ACC_OK)
        code = acc_sql_number_in(sql, stmt, C_ROLE, ACC_ROLE_PAYLOAD, ACC_ROLES - 1,
                                 ACC_ROLE_PAYLOAD, &role, err);
    object->role = (enum acc_role)role;
    return code == ACC_OK ? acc_sql_digests(sql, stmt, C_DIGESTS, &object->digests, err) : code;
}

static enum acc_code for_each(struct acc_sql *sql, const char *text,
                              const struct acc_sql_value *args, size_t count, acc_each_object each,
                              void *arg, struct acc_error *err)
{
    struct acc_object_known object;
    sqlite3_stmt *stmt;
    bool row = false;
    enum acc_code code = acc_sql_first(sql, text, args, count, &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    while (code == ACC_OK && row) {
        code = read_known(sql, stmt, &object, err);
        if (code == ACC_OK)
            code = each(arg, &object, err);
        if (code == ACC_OK && (code = acc_sql_step(sql, stmt, &row, err)) != ACC_OK)
            return code;
    }
    sqlite3_reset(stmt);
    return code;
}

enum acc_code acc_ledger_each_known(struct acc_ledger *ledger, const char *canonical,
                                    int64_t before, const char *version, acc_each_object each,
                                    void *arg, struct acc_error *err)
{
    return for_each(
        &ledger->owner_only.sql, known_objects,
        ACC_SQL_ARGS(acc_sql_text(canonical), acc_sql_int(before), acc_sql_text(version)), each,
        arg, err);
}

enum acc_code acc_ledger_each_reported(struct acc_ledger *ledger, const char *canonical,
                                       acc_each_object each, void *arg, struct acc_error *err)
{
    return for_each(&ledger->owner_only.sql, reported_objects,
                    ACC_SQL_ARGS(acc_sql_text(canonical)), each, arg, err);
}

enum acc_code acc_ledger_find_known(struct acc_ledger *ledger, const char *canonical,
                                    const char *path, int64_t before, const char *version,
                                    struct acc_object_known *object, bool *found,
                                    struct acc_error *err)
{
    struct acc_sql *sql = &ledger->owner_only.sql;
    struct acc_str key = {0};
    sqlite3_stmt *stmt;
    bool row = false;
    acc_str_addf(&key, "%s%s", canonical, path);
    *found = false;
    enum acc_code code =
        acc_sql_first(sql, known_object,
                      ACC_SQL_ARGS(acc_sql_text(canonical), acc_sql_int(before),
                                   acc_sql_text(version), acc_sql_text(acc_str_cstr(&key))),
                      &stmt, &row, err);
    if (code == ACC_OK) {
        if (row)
            code = read_known(sql, stmt, object, err);
        *found = code == ACC_OK && row;
        object->destination = object->path = NULL; /* they go with the statement */
        sqlite3_reset(stmt);
    }
    acc_str_release(&key);
    return code;
}
