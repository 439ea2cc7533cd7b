/* Loading a path that the tables know: from an earlier run (revive) or from this one (merge).
 *
 * Happy path: an unchanged rerun reads each entry and writes its outcome's row, nothing else: it
 * shares the promise of the earlier run. Most manifests list their files in order, which is that of
 * entry's index: the next path is first looked for one step on, which costs a third of a look-up.
 * Failure: a contradiction within the run is ACC_MANIFEST and names both places. Nothing is kept
 * but rows. */
#include "ledger/load.h"

#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "ledger/merge.h"

/* The newest promise is that of this run, if it named the entry, and else what the last run was
 * asked: only one run at a time writes to a destination. */
static const char walk_known[] =
    "SELECT e.id, p.role, p.size, p.digests, p.origin, p.line, p.places, p.run, e.path"
    " FROM entry e LEFT JOIN promise p ON p.entry = e.id"
    " WHERE e.destination = ?1 AND e.path >= ?2 ORDER BY e.path, p.run DESC";
enum { PATH = 8 };
static const char update_promise[] =
    "INSERT OR REPLACE INTO promise(entry, run, digests, size, origin, line, role, places)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
static const char update_outcome[] =
    "UPDATE outcome SET promise = ?1 WHERE run = ?1 AND entry = ?2";
static const char origin_name[] = "SELECT name FROM origin WHERE id = ?1";

/* promise.places is an array of struct acc_place as bytes: three 64-bit numbers each, of this
 * machine's order; it matters during the load alone. */
static void read_places(sqlite3_stmt *stmt, int column, struct acc_known_entry *known)
{
    size_t len = (size_t)sqlite3_column_bytes(stmt, column);
    if (len > sizeof known->further)
        len = sizeof known->further;
    known->further_count = len / sizeof known->further[0];
    if (len > 0)
        memcpy(known->further, sqlite3_column_blob(stmt, column), len);
}

/* ---- the walk ---- */

void acc_load_walk_end(struct acc_ledger_load *load)
{
    sqlite3_reset(load->walk.stmt); /* NULL is fine */
    load->walk.stmt = NULL;
    acc_str_release(&load->walk.begin);
}

static enum acc_code take_step(struct acc_ledger_load *load, struct acc_error *err)
{
    enum acc_code code = acc_sql_step(load->sql, load->walk.stmt, &load->walk.row, err);
    if (code != ACC_OK)
        load->walk.stmt = NULL;
    return code;
}

/* How the walk's row lies to `path`; behind the last one there is nothing but what is behind. */
static int row_to(const struct acc_load_walk *walk, const char *path)
{
    return walk->row ? strcmp(acc_sql_column_text(walk->stmt, PATH), path) : 1;
}

/* One step, over what earlier runs were asked of the entry before; else the walk begins at `path`.
 * The row that it then stands on was read just now, with all that this load wrote. */
static enum acc_code walk_to(struct acc_ledger_load *load, const char *path, bool *there,
                             struct acc_error *err)
{
    struct acc_load_walk *walk = &load->walk;
    enum acc_code code = ACC_OK;
    *there = false;
    if (walk->stmt != NULL && row_to(walk, path) < 0) {
        int64_t left = sqlite3_column_int64(walk->stmt, 0);
        do
            code = take_step(load, err);
        while (code == ACC_OK && walk->row && sqlite3_column_int64(walk->stmt, 0) == left);
        if (code != ACC_OK)
            return code;
        *there = row_to(walk, path) == 0;
    }
    if (*there)
        return ACC_OK;
    sqlite3_reset(walk->stmt);
    walk->stmt = NULL;
    acc_str_set(&walk->begin, path);
    code = acc_sql_start(
        load->sql, walk_known,
        ACC_SQL_ARGS(acc_sql_int(load->destination), acc_sql_text(acc_str_cstr(&walk->begin))),
        &walk->stmt, err);
    if (code == ACC_OK)
        code = take_step(load, err);
    *there = code == ACC_OK && row_to(walk, path) == 0;
    return code;
}

static enum acc_code read_known(struct acc_ledger_load *load, const char *path, bool *there,
                                struct acc_known_entry *known, struct acc_error *err)
{
    int64_t role = 0;
    enum acc_code code = walk_to(load, path, there, err);
    sqlite3_stmt *stmt = load->walk.stmt;
    if (code != ACC_OK || !*there)
        return code;
    known->id = sqlite3_column_int64(stmt, 0);
    known->first = (struct acc_place){.origin = sqlite3_column_int64(stmt, 4),
                                      .line = sqlite3_column_int64(stmt, 5)};
    known->promise = sqlite3_column_int64(stmt, 7);
    known->in_run = acc_marks_of(&load->named, known->id) != 0;
    read_places(stmt, 6, known);
    code = acc_sql_number_in(load->sql, stmt, 1, ACC_ROLE_PAYLOAD, ACC_ROLES - 1, ACC_ROLE_PAYLOAD,
                             &role, err);
    if (code == ACC_OK)
        code = acc_sql_number_in(load->sql, stmt, 2, 0, ACC_SIZE_MAX, -1, &known->size, err);
    if (code == ACC_OK)
        code = acc_sql_digests(load->sql, stmt, 3, &known->promised, err);
    known->role = (enum acc_role)role;
    return code;
}

/* "sha256 9b2f…" of a promise, or "size 12"; hex whole, people compare it by eye and by machine. */
static void show_promise(struct acc_str *out, int64_t bit, const struct acc_digests *digests,
                         int64_t size)
{
    char hex[ACC_DIGEST_MAX * 2 + 1];
    if (bit == ACC_PROMISED_SIZE) {
        acc_str_addf(out, "size %lld", (long long)size);
        return;
    }
    enum acc_alg alg = (enum acc_alg)__builtin_ctzll((unsigned long long)bit);
    acc_digests_hex(digests, alg, hex);
    acc_str_addf(out, "%s %s", acc_alg_name(alg), hex);
}

static enum acc_code contradiction(struct acc_ledger_load *load,
                                   const struct acc_known_entry *known,
                                   const struct acc_entry *entry, int64_t bit,
                                   struct acc_error *err)
{
    const struct acc_place *place = acc_merge_place(known, bit);
    struct acc_str path = {0}, here = {0}, there = {0};
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code = acc_sql_first(load->sql, origin_name,
                                       ACC_SQL_ARGS(acc_sql_int(place->origin)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    acc_path_show(&path, entry->path, strlen(entry->path));
    show_promise(&here, bit, &entry->promised, entry->size);
    show_promise(&there, bit, &known->promised, known->size);
    const char *origin = acc_sql_column_text(stmt, 0);
    /* Line 0: what the reader of the bag found the file itself to be. */
    if (entry->line == 0 || place->line == 0)
        code = acc_error_set(err, ACC_MANIFEST,
                             "'%s' has %s, but %s:%lld promises %s. The file was changed, or the "
                             "manifest is wrong. Correct the one that is wrong.",
                             acc_str_cstr(&path), acc_str_cstr(entry->line == 0 ? &here : &there),
                             entry->line == 0 ? origin : entry->origin,
                             entry->line == 0 ? (long long)place->line : (long long)entry->line,
                             acc_str_cstr(entry->line == 0 ? &there : &here));
    else
        code = acc_error_set(
            err, ACC_MANIFEST,
            "%s:%llu and %s:%lld contradict each other about '%s': %s here, %s there; correct the "
            "one that is wrong",
            entry->origin, (unsigned long long)entry->line, origin, (long long)place->line,
            acc_str_cstr(&path), acc_str_cstr(&here), acc_str_cstr(&there));
    sqlite3_reset(stmt);
    acc_str_release(&path);
    acc_str_release(&here);
    acc_str_release(&there);
    return code;
}

/* As this run's own row, which may be there already. */
static enum acc_code write_promise(struct acc_ledger_load *load,
                                   const struct acc_known_entry *known, struct acc_error *err)
{
    uint8_t packed[ACC_DIGESTS_PACKED_MAX];
    size_t len = acc_digests_pack(&known->promised, packed);
    size_t places = known->further_count * sizeof known->further[0];
    return acc_sql_run(
        load->sql, update_promise,
        ACC_SQL_ARGS(acc_sql_int(known->id), acc_sql_int(load->run), acc_sql_blob(packed, len),
                     acc_sql_size(known->size), acc_sql_int(known->first.origin),
                     acc_sql_int(known->first.line), acc_sql_int(known->role),
                     places > 0 ? acc_sql_blob(known->further, places) : acc_sql_null()),
        err);
}

/* Named by an earlier run: promised the same, or something else. */
static enum acc_code revive(struct acc_ledger_load *load, struct acc_known_entry *known,
                            const struct acc_entry *entry, int64_t origin, int64_t found,
                            struct acc_error *err)
{
    int64_t promise = load->run;
    enum acc_code code = ACC_OK;
    if (acc_merge_same(known, entry, origin)) {
        promise = known->promise;
    } else {
        known->promised = entry->promised;
        known->size = entry->size;
        known->role = entry->role;
        known->first = (struct acc_place){.origin = origin, .line = (int64_t)entry->line};
        known->further_count = 0;
        code = write_promise(load, known, err);
    }
    if (code != ACC_OK)
        return code;
    acc_load_count(load, known->id);
    return acc_fresh_add_outcome(&load->fresh, load->sql, known->id, promise, found, err);
}

static enum acc_code merge(struct acc_ledger_load *load, struct acc_known_entry *known,
                           const struct acc_entry *entry, int64_t origin, enum acc_taken *taken,
                           struct acc_error *err)
{
    int64_t bit = acc_merge_contradiction(known, entry);
    if (bit != 0)
        return contradiction(load, known, entry, bit, err);
    *taken = acc_merge_repeated(known, origin) ? ACC_TAKEN_REPEATED : ACC_TAKEN_MERGED;
    if (known->further_count == ACC_PLACES_MAX)
        return acc_error_set(err, ACC_MANIFEST,
                             "%s:%llu: more than %d places name one path; merge the manifests",
                             entry->origin, (unsigned long long)entry->line, ACC_PLACES_MAX);
    enum acc_role role = known->role;
    int64_t news = acc_entry_algs(entry) & ~acc_known_algs(known);
    if (*taken == ACC_TAKEN_MERGED || news != 0)
        known->further[known->further_count++] =
            (struct acc_place){.origin = origin, .line = (int64_t)entry->line, .algs = news};
    else if (entry->role <= role)
        return ACC_OK;
    acc_merge_promises(known, entry);
    /* A path may be payload in one manifest and a tag file in another: the later role counts. */
    known->role = entry->role > role ? entry->role : role;
    load->merged = true;
    enum acc_code code = write_promise(load, known, err);
    if (code == ACC_OK && known->promise != load->run)
        code = acc_fresh_flush(&load->fresh, load->sql, err);
    if (code == ACC_OK && known->promise != load->run)
        code = acc_sql_run(load->sql, update_outcome,
                           ACC_SQL_ARGS(acc_sql_int(load->run), acc_sql_int(known->id)), err);
    return code;
}

enum acc_code acc_load_known(struct acc_ledger_load *load, const struct acc_entry *entry,
                             int64_t origin, int64_t found, bool *there, enum acc_taken *taken,
                             struct acc_error *err)
{
    struct acc_known_entry known;
    enum acc_code code = load->fresh.lacking[ACC_FRESH_PROMISE] > 0
                             ? acc_fresh_flush(&load->fresh, load->sql, err)
                             : ACC_OK;
    if (code == ACC_OK)
        code = read_known(load, entry->path, there, &known, err);
    if (code != ACC_OK || !*there)
        return code;
    return known.in_run ? merge(load, &known, entry, origin, taken, err)
                        : revive(load, &known, entry, origin, found, err);
}
