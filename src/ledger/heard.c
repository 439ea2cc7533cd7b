/* Happy path: the claim is compared with each object on record or, without one, with what was heard
 * before; then it becomes a row of `heard`. If it adds a digest or a size to what was heard of an
 * entry without an object, their union becomes the promise of this run, which a verification
 * compares with.
 *
 * Failure: a contradiction is an answer, not an error; nothing of the claim is kept. An error of
 * SQLite rolls the hearing back. Close: the turn is given away, whatever happened. */
#include "ledger/heard.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "ledger/internal.h"
#include "ledger/standing.h"

struct acc_hearing {
    struct acc_ledger *ledger;
    struct acc_sql *sql; /* the turn's */
    int64_t run, destination;
    int64_t origin; /* id of the last one, or 0 */
    struct acc_str origin_name;
    struct acc_str copy_of; /* on record already */
    enum acc_code failed;
};

static const char *const names[ACC_GROUND_COUNT] = {
#define X(id, name) name,
    ACC_GROUND_NAMES(X)
#undef X
};

const char *acc_ground_name(enum acc_ground ground)
{
    return names[ground];
}

bool acc_ground_from_name(const char *name, enum acc_ground *ground)
{
    for (unsigned i = 0; i < ACC_GROUND_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            *ground = (enum acc_ground)i;
            return true;
        }
    }
    return false;
}

static const char run_destination[] = "SELECT destination FROM run WHERE id = ?1";
static const char add_entry[] =
    "INSERT INTO entry(destination, path, nfc) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING";
static const char find_entry[] = "SELECT id FROM entry WHERE destination = ?1 AND path = ?2";
static const char add_origin[] = "INSERT INTO origin(name) VALUES(?1) ON CONFLICT DO NOTHING";
static const char find_origin[] = "SELECT id FROM origin WHERE name = ?1";
static const char objects[] =
    "SELECT a.digests, a.size, r.name FROM object a JOIN run r ON r.id = a.run"
    " WHERE a.entry = ?1 ORDER BY a.seq DESC";
static const char promised[] =
    "SELECT p.digests, p.size, o.name, p.role, p.origin, p.line FROM promise p JOIN origin o ON "
    "o.id = p.origin"
    " WHERE p.entry = ?1 AND p.run IN (SELECT run FROM heard WHERE entry = ?1)"
    " ORDER BY p.run DESC LIMIT 1";
/* A receipt reports an object that an earlier one reported too. */
static const char same_object[] =
    "SELECT 1 FROM heard WHERE entry = ?1 AND ground = 'archived' AND etag = ?2"
    " AND version_id = ?3 AND at = ?4 AND digests = ?5 LIMIT 1";
static const char add_heard[] =
    "INSERT INTO heard(entry, ground, said, run, digests, size, etag, version_id, checksum, proof,"
    " part_size, at, origin, line)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT DO NOTHING";
static const char add_copy[] = "INSERT OR IGNORE INTO copy(destination, source) VALUES(?1, ?2)";
static const char add_digest[] = "INSERT OR IGNORE INTO digest(short, entry) VALUES(?1, ?2)";
static const char write_promise[] =
    "INSERT OR REPLACE INTO promise(entry, run, digests, size, origin, line, role)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)";

enum acc_code acc_hearing_begin(struct acc_ledger *ledger, int64_t run,
                                struct acc_hearing **hearing, struct acc_error *err)
{
    enum acc_code code = acc_ledger_turn_begin(ledger, err);
    if (code != ACC_OK)
        return code;
    struct acc_hearing *h = ACC_NEW(struct acc_hearing);
    h->ledger = ledger;
    h->sql = &ledger->turn.sql;
    h->run = run;
    code = acc_sql_number(h->sql, run_destination, ACC_SQL_ARGS(acc_sql_int(run)), 0,
                          &h->destination, err);
    if (code != ACC_OK) {
        free(h);
        return acc_ledger_turn_end(ledger, code, err);
    }
    *hearing = h;
    return ACC_OK;
}

enum acc_code acc_hearing_end(struct acc_hearing *h, bool commit, struct acc_error *err)
{
    struct acc_ledger *ledger = h->ledger;
    enum acc_code code = h->failed != ACC_OK ? h->failed : commit ? ACC_OK : ACC_INTERRUPTED;
    acc_str_release(&h->origin_name);
    acc_str_release(&h->copy_of);
    free(h);
    code = acc_ledger_turn_end(ledger, code, err);
    return commit ? code : ACC_OK;
}

/* ---- what is known ---- */

/* What is known of an entry's content: one object, or all that was heard. */
struct known {
    struct acc_digests digests;
    int64_t size; /* -1: not known */
    enum acc_role role;
    struct acc_str from;  /* who says so */
    int64_t origin, line; /* where, of what was heard */
    bool some;
};

enum comparison { NOTHING_SHARED, AGREES, CONTRADICTS };

static enum comparison compare(const struct known *known, const struct acc_claim *claim)
{
    unsigned shared;
    bool sized = known->size >= 0 && claim->size >= 0;
    if (acc_digests_differ(&known->digests, &claim->digests, &shared) != ACC_ALG_COUNT ||
        (sized && known->size != claim->size))
        return CONTRADICTS;
    return shared > 0 ? AGREES : NOTHING_SHARED;
}

static void explain(const struct known *known, const struct acc_claim *claim, struct acc_error *why)
{
    unsigned shared;
    char here[ACC_DIGEST_MAX * 2 + 1], there[ACC_DIGEST_MAX * 2 + 1];
    enum acc_alg alg = acc_digests_differ(&known->digests, &claim->digests, &shared);
    const char *origin = claim->origin != NULL ? claim->origin : "";
    if (alg == ACC_ALG_COUNT) {
        acc_error_set(why, ACC_CONFLICT, "%s says %lld bytes; %s says %lld", origin,
                      (long long)claim->size, acc_str_cstr(&known->from), (long long)known->size);
        return;
    }
    acc_digests_hex(&claim->digests, alg, there);
    acc_digests_hex(&known->digests, alg, here);
    acc_error_set(why, ACC_CONFLICT, "%s says %s %s; %s says %s", origin, acc_alg_name(alg), there,
                  acc_str_cstr(&known->from), here);
}

static enum acc_code read_known(struct acc_hearing *h, sqlite3_stmt *stmt, const char *what,
                                struct known *known, struct acc_error *err)
{
    known->some = true;
    acc_str_set(&known->from, what);
    acc_str_add(&known->from, acc_sql_column_text(stmt, 2));
    enum acc_code code = acc_sql_digests(h->sql, stmt, 0, &known->digests, err);
    if (code == ACC_OK)
        code = acc_sql_number_in(h->sql, stmt, 1, 0, ACC_SIZE_MAX, -1, &known->size, err);
    return code;
}

/* Compares with the objects on record, the newest first: one that agrees is enough. */
static enum acc_code compare_objects(struct acc_hearing *h, int64_t entry,
                                     const struct acc_claim *claim, struct known *known,
                                     enum comparison *answer, struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool row;
    *answer = NOTHING_SHARED;
    enum acc_code code =
        acc_sql_first(h->sql, objects, ACC_SQL_ARGS(acc_sql_int(entry)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    while (code == ACC_OK && row && *answer != AGREES) {
        struct known object = {0};
        code = read_known(h, stmt, "this ledger's run ", &object, err);
        enum comparison found = compare(&object, claim);
        if (found == AGREES || *answer == NOTHING_SHARED) {
            *answer = found;
            acc_str_release(&known->from);
            *known = object;
        } else {
            acc_str_release(&object.from);
        }
        if (code == ACC_OK)
            code = acc_sql_step(h->sql, stmt, &row, err);
    }
    sqlite3_reset(stmt);
    return code;
}

static enum acc_code compare_heard(struct acc_hearing *h, int64_t entry,
                                   const struct acc_claim *claim, struct known *known,
                                   enum comparison *answer, struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool row;
    int64_t role = 0;
    *known = (struct known){.size = -1};
    enum acc_code code =
        acc_sql_first(h->sql, promised, ACC_SQL_ARGS(acc_sql_int(entry)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    if (row)
        code = read_known(h, stmt, "", known, err);
    if (row && code == ACC_OK)
        code = acc_sql_number_in(h->sql, stmt, 3, 0, ACC_ROLES - 1, 0, &role, err);
    known->role = (enum acc_role)role;
    known->origin = row ? sqlite3_column_int64(stmt, 4) : 0;
    known->line = row ? sqlite3_column_int64(stmt, 5) : 0;
    sqlite3_reset(stmt);
    *answer = compare(known, claim);
    return code;
}

/* ---- adding ---- */

static enum acc_code entry_of(struct acc_hearing *h, const char *path, int64_t *entry,
                              struct acc_error *err)
{
    char *form = acc_path_nfc(path);
    const char *nfc = form != NULL && strcmp(form, path) != 0 ? form : NULL;
    const struct acc_sql_value destination = acc_sql_int(h->destination);
    enum acc_code code = acc_sql_run(
        h->sql, add_entry, ACC_SQL_ARGS(destination, acc_sql_text(path), acc_sql_text(nfc)), err);
    if (code == ACC_OK)
        code = acc_sql_number(h->sql, find_entry, ACC_SQL_ARGS(destination, acc_sql_text(path)), 0,
                              entry, err);
    free(form);
    return code;
}

static enum acc_code origin_of(struct acc_hearing *h, const char *name, struct acc_error *err)
{
    if (h->origin != 0 && strcmp(acc_str_cstr(&h->origin_name), name) == 0)
        return ACC_OK;
    enum acc_code code = acc_sql_run(h->sql, add_origin, ACC_SQL_ARGS(acc_sql_text(name)), err);
    if (code == ACC_OK)
        code = acc_sql_number(h->sql, find_origin, ACC_SQL_ARGS(acc_sql_text(name)), 0, &h->origin,
                              err);
    acc_str_set(&h->origin_name, name);
    return code;
}

static enum acc_code keep(struct acc_hearing *h, int64_t entry, const struct acc_claim *c,
                          enum acc_heard *heard, struct acc_error *err)
{
    uint8_t packed[ACC_DIGESTS_PACKED_MAX];
    const struct acc_sql_value digests =
        acc_sql_blob(packed, acc_digests_pack(&c->digests, packed));
    int64_t there = 0;
    enum acc_code code = ACC_OK;
    *heard = ACC_HEARD_KNOWN;
    if (c->ground == ACC_GROUND_ARCHIVED)
        code = acc_sql_number(h->sql, same_object,
                              ACC_SQL_ARGS(acc_sql_int(entry), acc_sql_text_or_empty(c->etag),
                                           acc_sql_text_or_empty(c->version_id), acc_sql_int(c->at),
                                           digests),
                              0, &there, err);
    if (code != ACC_OK || there != 0)
        return code;
    code = acc_sql_run(
        h->sql, add_heard,
        ACC_SQL_ARGS(acc_sql_int(entry), acc_sql_text(acc_ground_name(c->ground)),
                     acc_sql_text_or_empty(c->said), acc_sql_int(h->run), digests,
                     acc_sql_size(c->size), acc_sql_text_or_empty(c->etag),
                     acc_sql_text_or_empty(c->version_id), acc_sql_text_or_empty(c->checksum),
                     acc_sql_text_or_empty(c->proof), acc_sql_int(c->part_size), acc_sql_int(c->at),
                     acc_sql_int(h->origin), acc_sql_int((int64_t)c->line)),
        err);
    if (code != ACC_OK || sqlite3_changes(h->sql->db) == 0)
        return code;
    *heard = ACC_HEARD_NEW;
    for (int alg = 0; code == ACC_OK && alg < ACC_ALG_COUNT; alg++)
        if (acc_digests_has(&c->digests, (enum acc_alg)alg))
            code = acc_sql_run(h->sql, add_digest,
                               ACC_SQL_ARGS(acc_sql_int(acc_digest_short(c->digests.value[alg])),
                                            acc_sql_int(entry)),
                               err);
    return code;
}

/* Only of an entry without an object: with one, that is what a verification compares with. */
static enum acc_code promise(struct acc_hearing *h, int64_t entry, const struct acc_claim *c,
                             struct known *known, struct acc_error *err)
{
    uint8_t packed[ACC_DIGESTS_PACKED_MAX];
    uint32_t before = known->digests.present;
    bool sizes = known->size < 0 && c->size >= 0, later = c->role > known->role;
    acc_digests_merge(&known->digests, &c->digests);
    if (known->some && known->digests.present == before && !sizes && !later)
        return ACC_OK;
    size_t len = acc_digests_pack(&known->digests, packed);
    /* The place that gave the first digest stays. */
    bool first = !known->some || before == 0;
    return acc_sql_run(h->sql, write_promise,
                       ACC_SQL_ARGS(acc_sql_int(entry), acc_sql_int(h->run),
                                    acc_sql_blob(packed, len),
                                    acc_sql_size(known->size >= 0 ? known->size : c->size),
                                    acc_sql_int(first ? h->origin : known->origin),
                                    acc_sql_int(first ? (int64_t)c->line : known->line),
                                    acc_sql_int(later ? c->role : known->role)),
                       err);
}

/* Of a destination as a whole: its first claim says it, and those that follow repeat it. */
static enum acc_code keep_copy(struct acc_hearing *h, const struct acc_claim *c,
                               struct acc_error *err)
{
    if (c->copy_of == NULL || *c->copy_of == '\0' ||
        strcmp(acc_str_cstr(&h->copy_of), c->copy_of) == 0)
        return ACC_OK;
    acc_str_set(&h->copy_of, c->copy_of);
    return acc_sql_run(h->sql, add_copy,
                       ACC_SQL_ARGS(acc_sql_int(h->destination), acc_sql_text(c->copy_of)), err);
}

static enum acc_code add(struct acc_hearing *h, const struct acc_claim *claim,
                         enum acc_heard *heard, int64_t *entry, struct acc_error *why,
                         struct acc_error *err)
{
    struct known known = {.size = -1};
    enum comparison answer = NOTHING_SHARED;
    enum acc_code code = origin_of(h, claim->origin != NULL ? claim->origin : "", err);
    if (code == ACC_OK)
        code = entry_of(h, claim->path, entry, err);
    if (code == ACC_OK)
        code = keep_copy(h, claim, err);
    if (code == ACC_OK)
        code = compare_objects(h, *entry, claim, &known, &answer, err);
    bool on_record = known.some;
    if (code == ACC_OK && !on_record)
        code = compare_heard(h, *entry, claim, &known, &answer, err);
    if (code == ACC_OK && answer == CONTRADICTS) {
        *heard = ACC_HEARD_CONFLICT;
        explain(&known, claim, why);
    } else if (code == ACC_OK) {
        code = keep(h, *entry, claim, heard, err);
        if (code == ACC_OK && !on_record && *heard == ACC_HEARD_NEW)
            code = promise(h, *entry, claim, &known, err);
    }
    acc_str_release(&known.from);
    return code;
}

enum acc_code acc_hearing_add(struct acc_hearing *h, const struct acc_claim *claim,
                              enum acc_heard *heard, int64_t *entry, struct acc_error *why,
                              struct acc_error *err)
{
    const char *problem = acc_path_problem(claim->path, strlen(claim->path));
    if (problem != NULL) {
        struct acc_str shown = {0};
        acc_path_show(&shown, claim->path, strlen(claim->path));
        h->failed = acc_error_set(err, ACC_MANIFEST, "%s: the path '%s' %s", claim->origin,
                                  acc_str_cstr(&shown), problem);
        acc_str_release(&shown);
    } else {
        h->failed = add(h, claim, heard, entry, why, err);
    }
    return h->failed;
}
