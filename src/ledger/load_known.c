/* Loading a path that the tables know: from an earlier run (revive) or from this one (merge).
 *
 * An unchanged rerun reads each entry and writes its event, nothing else. A value that replaces one
 * that an earlier run relies on is kept in `former`, so that the receipt of that run stays what it
 * was.
 */
#include "ledger/load.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "ledger/merge.h"
#include "ledger/schema.h"

static const char find_known[] =
    "SELECT e.id, e.role, e.size, e.promised, e.origin, e.line, e.state, e.archived,"
    " a.digests, a.size, a.at, ev.entry, ev.algs, ev.merged, ev.archived"
    " FROM entry e LEFT JOIN event ev ON ev.run = ?3 AND ev.entry = e.id"
    " LEFT JOIN archived a ON a.id = e.archived WHERE e.destination = ?1 AND e.path = ?2";
static const char keep_former[] = "INSERT INTO former(entry, until, size, promised) SELECT id, ?2, "
                                  "size, promised FROM entry WHERE id = ?1"
                                  " ON CONFLICT DO NOTHING";
static const char update_entry[] = "UPDATE entry SET role = ?2, size = ?3, promised = ?4, origin = "
                                   "?5, line = ?6, state = ?7 WHERE id = ?1";
const char acc_load_add_event[] =
    "INSERT INTO event(run, entry, algs, outcome, code, detail, archived, found)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
static const char update_event[] = "UPDATE event SET algs = ?3, outcome = ?4, code = ?5, detail = "
                                   "?6, merged = ?7 WHERE run = ?1 AND entry = ?2";
static const char origin_name[] = "SELECT name FROM origin WHERE id = ?1";

/* event.merged is an array of struct acc_place as bytes: three 64-bit numbers each, of this
 * machine's order; it matters during the load alone. */
static void read_places(sqlite3_stmt *stmt, int column, struct acc_known *known)
{
    size_t len = (size_t)sqlite3_column_bytes(stmt, column);
    if (len > sizeof known->further)
        len = sizeof known->further;
    known->further_count = len / sizeof known->further[0];
    if (len > 0)
        memcpy(known->further, sqlite3_column_blob(stmt, column), len);
}

static enum acc_code read_known(struct acc_ledger_load *load, const char *path,
                                struct acc_known *known, struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code = acc_sql_first(
        load->sql, find_known,
        ACC_SQL_ARGS(acc_sql_int(load->destination), acc_sql_text(path), acc_sql_int(load->run)),
        &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    known->further_count = 0;
    known->id = sqlite3_column_int64(stmt, 0);
    known->role = (enum acc_role)sqlite3_column_int(stmt, 1);
    known->size = sqlite3_column_type(stmt, 2) == SQLITE_NULL ? -1 : sqlite3_column_int64(stmt, 2);
    known->first = (struct acc_place){.origin = sqlite3_column_int64(stmt, 4),
                                      .line = sqlite3_column_int64(stmt, 5)};
    known->state = (enum acc_entry_state)sqlite3_column_int(stmt, 6);
    known->archived = sqlite3_column_int64(stmt, 7);
    known->archived_size = sqlite3_column_int64(stmt, 9);
    known->archived_at = sqlite3_column_int64(stmt, 10);
    known->in_run = sqlite3_column_type(stmt, 11) != SQLITE_NULL;
    known->algs = sqlite3_column_int64(stmt, 12);
    read_places(stmt, 13, known);
    known->was_archived = known->in_run
                              ? sqlite3_column_type(stmt, 14) != SQLITE_NULL
                              : known->archived != 0;
    code = acc_sql_digests(load->sql, stmt, 3, &known->promised, err);
    if (code == ACC_OK)
        code = acc_sql_digests(load->sql, stmt, 8, &known->archived_digests, err);
    sqlite3_reset(stmt);
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

static enum acc_code contradiction(struct acc_ledger_load *load, const struct acc_known *known,
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
        code = acc_error_set(
            err, ACC_MANIFEST,
            "'%s' has %s, but %s:%lld promises %s. The file was changed, or the manifest is "
            "wrong; correct that one.",
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

static enum acc_code write_entry(struct acc_ledger_load *load, const struct acc_known *known,
                                 enum acc_entry_state state, bool replaced, struct acc_error *err)
{
    uint8_t packed[ACC_DIGESTS_PACKED_MAX];
    size_t len = acc_digests_pack(&known->promised, packed);
    enum acc_code code = ACC_OK;
    if (replaced)
        code = acc_sql_run(load->sql, keep_former,
                           ACC_SQL_ARGS(acc_sql_int(known->id), acc_sql_int(load->run)), err);
    return code != ACC_OK
               ? code
               : acc_sql_run(load->sql, update_entry,
                             ACC_SQL_ARGS(acc_sql_int(known->id), acc_sql_int(known->role),
                                          acc_sql_size(known->size), acc_sql_blob(packed, len),
                                          acc_sql_int(known->first.origin),
                                          acc_sql_int(known->first.line), acc_sql_int(state)),
                             err);
}

/* Why the entry is in CONFLICT before anything was sent. */
static void explain(const struct acc_known *known, const struct acc_entry *entry,
                    struct acc_str *out)
{
    int64_t bit = acc_merge_difference(known);
    char when[ACC_TIME_TEXT];
    acc_str_addf(out, "archived at %s with ", acc_time_rfc3339(known->archived_at, when));
    show_promise(out, bit, &known->archived_digests, known->archived_size);
    acc_str_addf(out, "; %s:%llu now promises ", entry->origin, (unsigned long long)entry->line);
    show_promise(out, bit, &known->promised, known->size);
}

/* Writes the event of this run: a new row, or the one that is there. */
static enum acc_code write_event(struct acc_ledger_load *load, const struct acc_known *known,
                                 const struct acc_entry *entry, enum acc_entry_state state,
                                 int64_t found, struct acc_error *err)
{
    struct acc_str detail = {0};
    bool conflict = state == ACC_ENTRY_CONFLICT;
    if (conflict)
        explain(known, entry, &detail);
    const struct acc_sql_value run = acc_sql_int(load->run), id = acc_sql_int(known->id),
                               algs = acc_sql_int(known->algs), outcome = acc_sql_int(state),
                               name = acc_sql_text(conflict ? acc_code_name(ACC_CONFLICT) : NULL),
                               text = acc_sql_text(detail.data);
    enum acc_code code;
    load->entries += !known->in_run;
    if (known->in_run)
        code = acc_sql_run(load->sql, update_event,
                           ACC_SQL_ARGS(run, id, algs, outcome, name, text,
                                        acc_sql_blob(known->further, known->further_count *
                                                                         sizeof known->further[0])),
                           err);
    else
        code = acc_sql_run(
            load->sql, acc_load_add_event,
            ACC_SQL_ARGS(run, id, algs, outcome, name, text,
                         known->was_archived ? acc_sql_int(known->archived) : acc_sql_null(),
                         acc_sql_size(found)),
            err);
    acc_str_release(&detail);
    return code;
}

static enum acc_code revive(struct acc_ledger_load *load, struct acc_known *known,
                            const struct acc_entry *entry, int64_t origin, int64_t found,
                            struct acc_error *err)
{
    struct acc_known before = *known;
    known->algs = 0;
    bool replaced = acc_merge_promises(known, entry);
    known->role = entry->role;
    known->first = (struct acc_place){.origin = origin, .line = (int64_t)entry->line};
    enum acc_entry_state state = acc_merge_state(known);
    enum acc_code code = ACC_OK;
    if (replaced || state != before.state || known->role != before.role ||
        known->size != before.size || known->promised.present != before.promised.present ||
        origin != before.first.origin || known->first.line != before.first.line)
        code = write_entry(load, known, state, replaced, err);
    return code != ACC_OK ? code : write_event(load, known, entry, state, found, err);
}

static enum acc_code merge(struct acc_ledger_load *load, struct acc_known *known,
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
    int64_t news = acc_entry_algs(entry) & ~known->algs;
    if (*taken == ACC_TAKEN_MERGED || news != 0)
        known->further[known->further_count++] =
            (struct acc_place){.origin = origin, .line = (int64_t)entry->line, .algs = news};
    bool replaced = acc_merge_promises(known, entry);
    /* What one manifest takes for payload another knows to be a tag file: the later role counts. */
    known->role = entry->role > role ? entry->role : role;
    enum acc_entry_state state = acc_merge_state(known);
    enum acc_code code = ACC_OK;
    if (news != 0 || known->role != role)
        code = write_entry(load, known, state, replaced, err);
    return code != ACC_OK ? code : write_event(load, known, entry, state, -1, err);
}

enum acc_code acc_load_known(struct acc_ledger_load *load, const struct acc_entry *entry,
                             int64_t origin, int64_t found, enum acc_taken *taken,
                             struct acc_error *err)
{
    struct acc_known known;
    enum acc_code code = read_known(load, entry->path, &known, err);
    if (code != ACC_OK)
        return code;
    return known.in_run ? merge(load, &known, entry, origin, taken, err)
                        : revive(load, &known, entry, origin, found, err);
}
