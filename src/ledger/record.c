/* The effect of each kind of record on the tables: one function per kind, in a table. A record for
 * an entry that the run does not have is a mistake of the program and fails the batch. A part of an
 * upload that has ended meanwhile is not a mistake, and is dropped. */
#include "ledger/record.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ledger/object.h"
#include "ledger/row.h"
#include "ledger/standing.h"

static const char open_upload[] = "SELECT id FROM upload WHERE entry = ?1 AND ended IS NULL";
static const char end_upload[] = "UPDATE upload SET ended = ?2 WHERE id = ?1";
static const char drop_parts[] = "DELETE FROM part WHERE upload = ?1";
static const char begin_upload[] =
    "INSERT INTO upload(entry, upload_id, token, part_size, begun, checksum, promised)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, coalesce((SELECT p.digests FROM outcome o JOIN promise p"
    "  ON p.entry = o.entry AND p.run = o.promise WHERE o.run = ?7 AND o.entry = ?1), x''))";
static const char add_part[] =
    "INSERT INTO part(upload, number, size, sha256, etag)"
    " SELECT id, ?2, ?3, ?4, ?5 FROM upload WHERE entry = ?1 AND ended IS NULL"
    " ON CONFLICT DO UPDATE SET size = excluded.size, sha256 = excluded.sha256, etag = "
    "excluded.etag";
static const char drop_part[] =
    "DELETE FROM part WHERE number = ?2"
    " AND upload = (SELECT id FROM upload WHERE entry = ?1 AND ended IS NULL)";
static const char gate_upload[] =
    "UPDATE upload SET gated = ?2, checksum = ?3 WHERE entry = ?1 AND ended IS NULL";
#define SUCCESS                                                                                    \
    "UPDATE outcome SET outcome = ?3,"                                                             \
    " object = (SELECT max(seq) FROM object WHERE entry = outcome.entry),"                         \
    " at = ?4, code = NULL, detail = NULL WHERE run = ?1 AND entry "
static const char success[] = SUCCESS "= ?2";
static const char successes[] = SUCCESS "BETWEEN ?2 AND ?5";
static const char open_within[] =
    "SELECT min(entry) FROM upload WHERE ended IS NULL AND entry BETWEEN ?1 AND ?2";
static const char refusal[] = "UPDATE outcome SET outcome = ?3, code = ?4, detail = ?5, at = ?6 "
                              "WHERE run = ?1 AND entry = ?2";
static const char check[] = "UPDATE outcome SET code = ?3, detail = ?4, level = ?5, proof = ?6,"
                            " at = ?7 WHERE run = ?1 AND entry = ?2";
static const char carry[] =
    "UPDATE outcome SET code = 'OK', detail = '', level = g.level, proof = g.proof, at = g.at"
    " FROM (SELECT o.level, o.proof, o.at FROM outcome o JOIN outcome u"
    "  ON u.run = ?1 AND u.entry = ?2 " ACC_SAME_PROMISE
    "  WHERE o.run = ?3 AND o.entry = ?2 AND o.code = 'OK' AND o.level IS NOT NULL) g"
    " WHERE run = ?1 AND entry = ?2";
static const char add_finding[] =
    "INSERT INTO finding(entry, object, run, gone, at) SELECT ?1, seq, ?2, ?3, ?4 FROM object"
    " WHERE entry = ?1 ORDER BY seq DESC LIMIT 1"
    " ON CONFLICT DO UPDATE SET gone = max(gone, excluded.gone)";
static const char add_opening[] = "INSERT INTO opening(run, key, at) VALUES(?1, ?2, ?3)";
static const char drop_opening[] = "DELETE FROM opening WHERE run = ?1 AND key = ?2";
static const char drop_openings[] =
    "DELETE FROM opening WHERE at < ?2 AND run IN (SELECT id FROM run WHERE id <= ?1"
    " AND destination = (SELECT destination FROM run WHERE id = ?1))";
static const char claim_gone[] = "UPDATE holder SET claim = 0 WHERE run = ?1";
static const char earlier_claims_gone[] =
    "UPDATE holder SET claim = 0 WHERE claim AND run < ?1 AND (SELECT destination FROM run r"
    " WHERE r.id = holder.run) = (SELECT destination FROM run r WHERE r.id = ?1)";
static const char add_note[] = "INSERT INTO note(run, code, text) VALUES(?1, ?2, ?3)";

static enum acc_code must_have_changed(struct acc_sql *sql, const struct acc_record *r,
                                       int64_t entries, struct acc_error *err)
{
    if (sqlite3_changes64(sql->db) == entries)
        return ACC_OK;
    return acc_error_set(err, ACC_INTERNAL,
                         "%s: a record of kind %d names entry %lld, which run %lld does not have",
                         sql->path, (int)r->kind, (long long)r->entry, (long long)r->run);
}

static enum acc_code apply_gone(struct acc_sql *sql, const struct acc_record *r,
                                struct acc_error *err)
{
    int64_t id;
    enum acc_code code =
        acc_sql_number(sql, open_upload, ACC_SQL_ARGS(acc_sql_int(r->entry)), 0, &id, err);
    if (code != ACC_OK || id == 0)
        return code;
    code = acc_sql_run(sql, drop_parts, ACC_SQL_ARGS(acc_sql_int(id)), err);
    if (code == ACC_OK)
        code = acc_sql_run(sql, end_upload,
                           ACC_SQL_ARGS(acc_sql_int(id), acc_sql_int(acc_time_now())), err);
    return code;
}

static enum acc_code apply_begun(struct acc_sql *sql, const struct acc_record *r,
                                 struct acc_error *err)
{
    enum acc_code code = apply_gone(sql, r, err);
    return code != ACC_OK
               ? code
               : acc_sql_run(
                     sql, begin_upload,
                     ACC_SQL_ARGS(acc_sql_int(r->entry), acc_sql_text_or_empty(r->upload_id),
                                  acc_sql_text_or_empty(r->token), acc_sql_int(r->part_size),
                                  acc_sql_int(acc_time_now()),
                                  acc_sql_text_or_empty(r->archived.checksum), acc_sql_int(r->run)),
                     err);
}

static enum acc_code apply_part(struct acc_sql *sql, const struct acc_record *r,
                                struct acc_error *err)
{
    return acc_sql_run(
        sql, add_part,
        ACC_SQL_ARGS(acc_sql_int(r->entry), acc_sql_int(r->part.number), acc_sql_int(r->part.size),
                     acc_sql_blob(r->part.sha256, ACC_SHA256_LEN), acc_sql_text(r->part.etag)),
        err);
}

static enum acc_code apply_forgotten(struct acc_sql *sql, const struct acc_record *r,
                                     struct acc_error *err)
{
    return acc_sql_run(sql, drop_part,
                       ACC_SQL_ARGS(acc_sql_int(r->entry), acc_sql_int(r->part.number)), err);
}

static enum acc_code apply_gated(struct acc_sql *sql, const struct acc_record *r,
                                 struct acc_error *err)
{
    uint8_t packed[ACC_DIGESTS_PACKED_MAX];
    size_t len = acc_digests_pack(&r->archived.digests, packed);
    return acc_sql_run(sql, gate_upload,
                       ACC_SQL_ARGS(acc_sql_int(r->entry), acc_sql_blob(packed, len),
                                    acc_sql_text_or_empty(r->archived.checksum)),
                       err);
}

/* The object is not on record as it was proven now. */
static enum acc_code succeed(struct acc_sql *sql, const struct acc_record *r,
                             enum acc_entry_state state, struct acc_error *err)
{
    enum acc_code code = acc_object_add(sql, r, err);
    /* The outcome's time is that of the object, which this run made. */
    if (code == ACC_OK)
        code = acc_sql_run(sql, success,
                           ACC_SQL_ARGS(acc_sql_int(r->run), acc_sql_int(r->entry),
                                        acc_sql_int(state), acc_sql_null()),
                           err);
    if (code == ACC_OK)
        code = must_have_changed(sql, r, 1, err);
    return code != ACC_OK ? code : apply_gone(sql, r, err);
}

static enum acc_code apply_archived(struct acc_sql *sql, const struct acc_record *r,
                                    struct acc_error *err)
{
    return succeed(sql, r, ACC_ENTRY_ARCHIVED, err);
}

enum acc_code acc_span_apply(struct acc_sql *sql, struct acc_span *span, struct acc_error *err)
{
    struct acc_record one = {.kind = (enum acc_record_kind)ACC_SUCCESS_ALREADY, .run = span->run};
    if (span->count == 0)
        return ACC_OK;
    enum acc_code code =
        acc_sql_run(sql, successes,
                    ACC_SQL_ARGS(acc_sql_int(span->run), acc_sql_int(span->first),
                                 acc_sql_int(ACC_ENTRY_ALREADY), acc_sql_int(acc_time_now()),
                                 acc_sql_int(span->last)),
                    err);
    one.entry = span->first;
    if (code == ACC_OK)
        code = must_have_changed(sql, &one, (int64_t)span->count, err);
    do {
        if (code == ACC_OK)
            code = acc_sql_number(sql, open_within,
                                  ACC_SQL_ARGS(acc_sql_int(span->first), acc_sql_int(span->last)),
                                  0, &one.entry, err);
        if (code == ACC_OK && one.entry != 0)
            code = apply_gone(sql, &one, err);
    } while (code == ACC_OK && one.entry != 0);
    span->count = 0;
    return code;
}

/* The facts on record stay the only ones. */
static bool adds_nothing(const struct acc_record *r)
{
    return r->kind == (enum acc_record_kind)ACC_SUCCESS_ALREADY &&
           r->archived.proof == ACC_GROUNDS_LEDGER;
}

static bool extends(const struct acc_span *span, const struct acc_record *r)
{
    return adds_nothing(r) && span->count > 0 && span->run == r->run && span->last + 1 == r->entry;
}

static enum acc_code apply_already(struct acc_sql *sql, const struct acc_record *r,
                                   struct acc_error *err)
{
    return succeed(sql, r, ACC_ENTRY_ALREADY, err);
}

static enum acc_code find_missing(struct acc_sql *sql, const struct acc_record *r,
                                  struct acc_error *err)
{
    return acc_sql_run(sql, add_finding,
                       ACC_SQL_ARGS(acc_sql_int(r->entry), acc_sql_int(r->run),
                                    acc_sql_int(r->checked.gone), acc_sql_int(acc_time_now())),
                       err);
}

static enum acc_code refuse(struct acc_sql *sql, const struct acc_record *r,
                            enum acc_entry_state state, struct acc_error *err)
{
    enum acc_code code =
        acc_sql_run(sql, refusal,
                    ACC_SQL_ARGS(acc_sql_int(r->run), acc_sql_int(r->entry), acc_sql_int(state),
                                 acc_sql_text(acc_code_name(r->code)), acc_sql_text(r->reason),
                                 acc_sql_int(acc_time_now())),
                    err);
    return code != ACC_OK ? code : must_have_changed(sql, r, 1, err);
}

static enum acc_code apply_failed(struct acc_sql *sql, const struct acc_record *r,
                                  struct acc_error *err)
{
    return refuse(sql, r, ACC_ENTRY_FAILED, err);
}

static enum acc_code apply_conflict(struct acc_sql *sql, const struct acc_record *r,
                                    struct acc_error *err)
{
    return refuse(sql, r, ACC_ENTRY_CONFLICT, err);
}

static enum acc_code apply_withheld(struct acc_sql *sql, const struct acc_record *r,
                                    struct acc_error *err)
{
    return refuse(sql, r, ACC_ENTRY_WITHHELD, err);
}

static enum acc_code apply_check(struct acc_sql *sql, const struct acc_record *r,
                                 struct acc_error *err)
{
    enum acc_code code = acc_sql_run(
        sql, check,
        ACC_SQL_ARGS(acc_sql_int(r->run), acc_sql_int(r->entry),
                     acc_sql_text(acc_code_name(r->code)), acc_sql_text(r->reason),
                     acc_sql_text_or_empty(r->checked.level),
                     acc_sql_text_or_empty(r->checked.proof), acc_sql_int(r->checked.at)),
        err);
    return code != ACC_OK ? code : must_have_changed(sql, r, 1, err);
}

static enum acc_code apply_differs(struct acc_sql *sql, const struct acc_record *r,
                                   struct acc_error *err)
{
    if (r->code == ACC_OK)
        return acc_error_set(err, ACC_INTERNAL,
                             "%s: a verification's success was recorded without the gate's value",
                             sql->path);
    enum acc_code code = apply_check(sql, r, err);
    return code == ACC_OK && r->code == ACC_DIFFERENCE ? find_missing(sql, r, err) : code;
}

static enum acc_code apply_carried(struct acc_sql *sql, const struct acc_record *r,
                                   struct acc_error *err)
{
    enum acc_code code = acc_sql_run(
        sql, carry,
        ACC_SQL_ARGS(acc_sql_int(r->run), acc_sql_int(r->entry), acc_sql_int(r->checked.run)), err);
    return code != ACC_OK ? code : must_have_changed(sql, r, 1, err);
}

static enum acc_code apply_note(struct acc_sql *sql, const struct acc_record *r,
                                struct acc_error *err)
{
    return acc_sql_run(sql, add_note,
                       ACC_SQL_ARGS(acc_sql_int(r->run), acc_sql_text(acc_code_name(r->code)),
                                    acc_sql_text_or_empty(r->reason)),
                       err);
}

static enum acc_code apply_opening(struct acc_sql *sql, const struct acc_record *r,
                                   struct acc_error *err)
{
    return acc_sql_run(
        sql, add_opening,
        ACC_SQL_ARGS(acc_sql_int(r->run), acc_sql_text(r->reason), acc_sql_int(r->at)), err);
}

static enum acc_code apply_opened(struct acc_sql *sql, const struct acc_record *r,
                                  struct acc_error *err)
{
    return acc_sql_run(sql, drop_opening,
                       ACC_SQL_ARGS(acc_sql_int(r->run), acc_sql_text(r->reason)), err);
}

static enum acc_code apply_openings_swept(struct acc_sql *sql, const struct acc_record *r,
                                          struct acc_error *err)
{
    return acc_sql_run(sql, drop_openings, ACC_SQL_ARGS(acc_sql_int(r->run), acc_sql_int(r->at)),
                       err);
}

static enum acc_code apply_claim_gone(struct acc_sql *sql, const struct acc_record *r,
                                      struct acc_error *err)
{
    return acc_sql_run(sql, claim_gone, ACC_SQL_ARGS(acc_sql_int(r->run)), err);
}

static enum acc_code apply_earlier_claims_gone(struct acc_sql *sql, const struct acc_record *r,
                                               struct acc_error *err)
{
    return acc_sql_run(sql, earlier_claims_gone, ACC_SQL_ARGS(acc_sql_int(r->run)), err);
}

static enum acc_code (*const appliers[])(struct acc_sql *, const struct acc_record *,
                                         struct acc_error *) = {
    [ACC_RECORD_UPLOAD_BEGUN] = apply_begun,
    [ACC_RECORD_PART_DONE] = apply_part,
    [ACC_RECORD_PART_FORGOTTEN] = apply_forgotten,
    [ACC_RECORD_UPLOAD_GATED] = apply_gated,
    [ACC_RECORD_UPLOAD_GONE] = apply_gone,
    [ACC_RECORD_LEARNT] = acc_object_learnt,
    [ACC_RECORD_MISSED] = find_missing,
    [ACC_RECORD_FAILED] = apply_failed,
    [ACC_RECORD_CONFLICT] = apply_conflict,
    [ACC_RECORD_WITHHELD] = apply_withheld,
    [ACC_RECORD_DIFFERS] = apply_differs,
    [ACC_RECORD_CARRIED] = apply_carried,
    [ACC_RECORD_UPLOAD_OPENING] = apply_opening,
    [ACC_RECORD_UPLOAD_OPENED] = apply_opened,
    [ACC_RECORD_OPENINGS_SWEPT] = apply_openings_swept,
    [ACC_RECORD_CLAIM_GONE] = apply_claim_gone,
    [ACC_RECORD_EARLIER_CLAIMS_GONE] = apply_earlier_claims_gone,
    [ACC_RECORD_NOTE] = apply_note,
    [ACC_SUCCESS_ARCHIVED] = apply_archived,
    [ACC_SUCCESS_ALREADY] = apply_already,
    [ACC_SUCCESS_UNCHANGED] = apply_check,
};

enum acc_code acc_record_apply(struct acc_sql *sql, struct acc_span *span,
                               const struct acc_record *record, struct acc_error *err)
{
    if (extends(span, record)) {
        span->last++;
        span->count++;
        return ACC_OK;
    }
    enum acc_code code = acc_span_apply(sql, span, err);
    if (code != ACC_OK || !adds_nothing(record))
        return code == ACC_OK ? appliers[record->kind](sql, record, err) : code;
    *span = (struct acc_span){
        .run = record->run, .first = record->entry, .last = record->entry, .count = 1};
    return ACC_OK;
}
