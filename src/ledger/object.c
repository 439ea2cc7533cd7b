/* What the ledger keeps of an object: its facts, packed, and all its digests to be found by. An
 * object of an entry has a number; a later one never replaces an earlier one. */
#include "ledger/object.h"

#include <string.h>

#include "base/mem.h"
#include "ledger/row.h"
#include "ledger/standing.h"

static const char newest_object[] =
    "SELECT seq, digests FROM object WHERE entry = ?1 ORDER BY seq DESC LIMIT 1";
static const char add_digest[] = "INSERT OR IGNORE INTO digest(short, entry) VALUES(?1, ?2)";
static const char add_object[] =
    "INSERT INTO object(entry, seq, run, digests, size, etag, version_id, proof, checksum,"
    " part_size, at, duration) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
static const char learn[] =
    "UPDATE object SET etag = iif(etag = '', ?3, etag),"
    " version_id = iif(version_id = '', ?4, version_id) WHERE entry = ?1 AND run = ?2";

/* 32 lower-case hex digits take 16 bytes. */
static struct acc_sql_value pack_etag(const char *etag, uint8_t packed[16])
{
    if (etag != NULL && strlen(etag) == 32 && strspn(etag, "0123456789abcdef") == 32 &&
        acc_hex_decode(etag, 16, packed))
        return acc_sql_blob(packed, 16);
    return acc_sql_text_or_empty(etag);
}

/* Nearly every checksum of an object in one piece is its SHA-256, which is there already. */
static struct acc_sql_value pack_checksum(const struct acc_archived *a)
{
    char own[sizeof ACC_OWN_SHA256 + ACC_BASE64_LEN(ACC_SHA256_LEN)] = "sha256:";
    if (a->checksum == NULL || !acc_digests_has(&a->digests, ACC_SHA256))
        return acc_sql_text_or_empty(a->checksum);
    acc_base64_encode(a->digests.value[ACC_SHA256], ACC_SHA256_LEN, own + strlen(own));
    return acc_sql_text(strcmp(a->checksum, own) == 0 ? ACC_OWN_SHA256 : a->checksum);
}

/* The newest object of the entry: its number (0 if the entry has no object) and its digests. */
static enum acc_code find_newest(struct acc_sql *sql, int64_t entry, int64_t *seq,
                                 struct acc_digests *digests, struct acc_error *err)
{
    sqlite3_stmt *stmt;
    bool row;
    enum acc_code code =
        acc_sql_first(sql, newest_object, ACC_SQL_ARGS(acc_sql_int(entry)), &stmt, &row, err);
    if (code != ACC_OK)
        return code;
    if (row) {
        *seq = sqlite3_column_int64(stmt, 0);
        code = acc_sql_digests(sql, stmt, 1, digests, err);
    }
    sqlite3_reset(stmt);
    return code;
}

/* An object of the same SHA-256 has the same bytes, and so every digest that was computed of them:
 * a later manifest in another algorithm must not make this one forgotten. */
static struct acc_digests all_digests(const struct acc_digests *proven,
                                      const struct acc_digests *newest)
{
    struct acc_digests all = *proven;
    if (acc_digests_has(proven, ACC_SHA256) && acc_digests_has(newest, ACC_SHA256) &&
        memcmp(proven->value[ACC_SHA256], newest->value[ACC_SHA256], ACC_SHA256_LEN) == 0)
        acc_digests_merge(&all, newest);
    return all;
}

/* For finding the object by any of its digests. */
static enum acc_code index_digests(struct acc_sql *sql, int64_t entry,
                                   const struct acc_digests *digests, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    for (int alg = 0; code == ACC_OK && alg < ACC_ALG_COUNT; alg++)
        if (acc_digests_has(digests, (enum acc_alg)alg))
            code = acc_sql_run(sql, add_digest,
                               ACC_SQL_ARGS(acc_sql_int(acc_digest_short(digests->value[alg])),
                                            acc_sql_int(entry)),
                               err);
    return code;
}

static enum acc_code insert_object(struct acc_sql *sql, const struct acc_record *r, int64_t seq,
                                   const struct acc_digests *digests, struct acc_error *err)
{
    const struct acc_archived *a = &r->archived;
    uint8_t packed[ACC_DIGESTS_PACKED_MAX], etag[16];
    size_t len = acc_digests_pack(digests, packed);
    enum acc_code code = acc_sql_run(
        sql, add_object,
        ACC_SQL_ARGS(acc_sql_int(r->entry), acc_sql_int(seq), acc_sql_int(r->run),
                     acc_sql_blob(packed, len), acc_sql_int(a->size), pack_etag(a->etag, etag),
                     acc_sql_text_or_empty(a->version_id), acc_sql_text(acc_grounds_name(a->proof)),
                     pack_checksum(a), acc_sql_int(a->part_size), acc_sql_int(a->at),
                     acc_sql_int(a->duration)),
        err);
    return code == ACC_OK ? index_digests(sql, r->entry, digests, err) : code;
}

enum acc_code acc_object_add(struct acc_sql *sql, const struct acc_record *r, struct acc_error *err)
{
    int64_t seq = 0;
    struct acc_digests newest = {0}, all;
    enum acc_code code = find_newest(sql, r->entry, &seq, &newest, err);
    if (code != ACC_OK)
        return code;
    all = all_digests(&r->archived.digests, &newest);
    return insert_object(sql, r, seq + 1, &all, err);
}

enum acc_code acc_object_learnt(struct acc_sql *sql, const struct acc_record *r,
                                struct acc_error *err)
{
    uint8_t etag[16];
    return acc_sql_run(sql, learn,
                       ACC_SQL_ARGS(acc_sql_int(r->entry), acc_sql_int(r->run),
                                    pack_etag(r->archived.etag, etag),
                                    acc_sql_text_or_empty(r->archived.version_id)),
                       err);
}
