/* Three questions, each a statement over an index: the last part of a path, the beginning of a
 * digest, the URL of a destination. Reads on the owner's connection; fails as every read does. */
#include "ledger/ask.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "ledger/internal.h"
#include "ledger/standing.h"

/* As the index entry_name has it. */
#define NAME "substr(e.path, length(rtrim(e.path, replace(e.path, '/', ''))) + 1)"

/* Of entry e and destination d; object a is its newest, s its newest check. */
#define HIT                                                                                        \
    "d.id, e.id, d.url, e.path, '', a.seq IS NOT NULL AND NOT EXISTS(SELECT 1 FROM finding f"      \
    "  WHERE f.entry = e.id AND f.object = a.seq AND f.gone), coalesce(a.size, (SELECT max(size) " \
    "FROM heard WHERE entry = e.id)), a.at, s.at, s.level, "                                       \
    "s.code,"                                                                                      \
    " coalesce(a.digests, (SELECT p.digests FROM promise p WHERE p.entry = e.id AND p.run IN"      \
    "  (SELECT run FROM heard WHERE entry = e.id) ORDER BY p.run DESC LIMIT 1)), a.seq IS NULL "   \
    "AND EXISTS(SELECT 1 FROM heard WHERE entry = e.id) "
#define HIT_TABLES                                                                                 \
    " CROSS JOIN destination d ON d.id = e.destination LEFT JOIN object a ON a.entry = e.id"       \
    "  AND a.seq = (SELECT max(seq) FROM object WHERE entry = e.id)"                               \
    " LEFT JOIN outcome s ON s.entry = e.id AND s.run = (SELECT run FROM outcome"                  \
    "  INDEXED BY outcome_checked WHERE entry = e.id AND level IS NOT NULL AND level != ''"        \
    "  ORDER BY at DESC LIMIT 1) "
/* Of destination d: others reported something there. */
#define HEARD_OF                                                                                   \
    "EXISTS(SELECT 1 FROM heard h JOIN entry x ON x.id = h.entry WHERE x.destination = d.id)"
#define BELOW                                                                                      \
    ACC_IN_ARCHIVE " AND (?1 = '' OR d.url = ?1 OR substr(d.url, 1, length(?1) + 1) = ?1 || '/'"   \
                   " OR substr(d.url || '/' || e.path, 1, length(?1) + 1) = ?1 || '/')"

/* ?2 and ?3: between which names lie those that begin as the pattern does; ?4: the pattern, ?5:
 * what it is compared with: 0 the name, 1 the path, 2 the URL. */
static const char by_name[] =
    "SELECT " HIT "FROM entry e" HIT_TABLES "WHERE " NAME " >= ?2 AND " NAME " < ?3 AND CASE ?5"
    " WHEN 0 THEN " NAME " WHEN 1 THEN e.path ELSE d.url || '/' || e.path END GLOB ?4 AND " BELOW
    " ORDER BY d.url, e.path";
static const char by_destination[] =
    "SELECT d.id, 0, d.url, '', coalesce(i.name, ''), s.archived > 0, s.bytes, s.last_at,"
    " s.last_seen, s.last_level, iif(s.different, 'DIFFERENCE', 'OK'), NULL, s.archived = 0 "
    "AND " HEARD_OF " FROM destination d"
    " JOIN " ACC_STANDINGS " s ON s.destination = d.id"
    " LEFT JOIN identifier i ON i.destination = d.id AND i.name GLOB ?2"
    " WHERE (s.archived + s.refused + s.pending + s.withheld + s.last_seen > 0 OR " HEARD_OF ")"
    " AND (i.name IS NOT NULL OR d.url GLOB ?2 OR d.url GLOB '*/' || ?2"
    "  AND instr(?2, '/') = 0 AND instr(substr(d.url, -length(?2)), '/') = 0)"
    " AND (?1 = '' OR d.url = ?1 OR substr(d.url, 1, length(?1) + 1) = ?1 || '/')"
    " AND " ACC_IN_ARCHIVE " ORDER BY d.url";
static const char by_digest[] =
    "SELECT " HIT "FROM digest g CROSS JOIN entry e ON e.id = g.entry" HIT_TABLES
    "WHERE g.short = ?2 AND " BELOW " ORDER BY d.url, e.path";
static const char by_url[] =
    "SELECT d.id, 0, d.url, '', '', 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 FROM destination d"
    " WHERE d.url = ?1 AND " ACC_IN_ARCHIVE
    " AND EXISTS(SELECT 1 FROM entry WHERE destination = d.id) ORDER BY d.canonical";
/* ?1 the URL of a destination above, ?2 the rest. */
static const char by_path[] =
    "SELECT " HIT
    "FROM destination d0 CROSS JOIN entry e ON e.destination = d0.id AND e.path = ?2" HIT_TABLES
    "WHERE d0.url = ?1 AND " ACC_IN_ARCHIVE " ORDER BY d.canonical";

struct search {
    struct acc_ledger *ledger;
    enum acc_alg alg; /* of the digest that is looked for, ACC_ALG_COUNT: any */
    const char *hex;  /* NULL: no digest is looked for */
    acc_ledger_each_hit each;
    void *arg;
    unsigned hits;
};

static enum acc_code read_hit(struct acc_sql *sql, sqlite3_stmt *stmt, struct acc_hit *hit,
                              struct acc_error *err)
{
    *hit = (struct acc_hit){
        .destination = sqlite3_column_int64(stmt, 0),
        .entry = sqlite3_column_int64(stmt, 1),
        .url = acc_sql_column_text(stmt, 2),
        .path = acc_sql_column_text(stmt, 3),
        .identifier = acc_sql_column_text(stmt, 4),
        .archived = sqlite3_column_int(stmt, 5) != 0,
        .size = sqlite3_column_int64(stmt, 6),
        .at = sqlite3_column_int64(stmt, 7),
        .last_checked = sqlite3_column_int64(stmt, 8),
        .last_level = acc_sql_column_text(stmt, 9),
        .last_code = acc_code_from_name(acc_sql_column_text(stmt, 10)),
        .alg = ACC_ALG_COUNT,
        .reported = sqlite3_column_int(stmt, 12) != 0,
    };
    return acc_sql_digests(sql, stmt, 11, &hit->digests, err);
}

/* Four bytes have agreed; the rest is compared here. */
static bool agrees(const struct search *search, struct acc_hit *hit)
{
    char hex[ACC_DIGEST_MAX * 2 + 1];
    if (search->hex == NULL)
        return true;
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++) {
        if (!acc_digests_has(&hit->digests, (enum acc_alg)alg) ||
            (search->alg != ACC_ALG_COUNT && search->alg != (enum acc_alg)alg))
            continue;
        acc_digests_hex(&hit->digests, (enum acc_alg)alg, hex);
        hit->alg = (enum acc_alg)alg;
        if (acc_starts_with(hex, search->hex))
            return true;
    }
    return false;
}

static enum acc_code run_search(struct search *search, const char *text,
                                const struct acc_sql_value *args, size_t count,
                                struct acc_error *err)
{
    struct acc_sql *sql = &search->ledger->owner_only.sql;
    sqlite3_stmt *stmt;
    bool row = false;
    struct acc_hit hit;
    enum acc_code code = acc_sql_first(sql, text, args, count, &stmt, &row, err);
    while (code == ACC_OK && row) {
        code = read_hit(sql, stmt, &hit, err);
        if (code != ACC_OK) {
            sqlite3_reset(stmt);
            return code;
        }
        if (agrees(search, &hit)) {
            search->hits++;
            search->each(search->arg, &hit);
        }
        code = acc_sql_step(sql, stmt, &row, err);
    }
    if (code == ACC_OK)
        sqlite3_reset(stmt);
    return code;
}

/* The texts that begin as the pattern's last part does lie from `first` to before `end`. */
static void bounds(const char *pattern, struct acc_str *first, struct acc_str *end)
{
    const char *slash = strrchr(pattern, '/'), *name = slash != NULL ? slash + 1 : pattern;
    acc_str_add_n(first, name, strcspn(name, "*?["));
    acc_str_add_n(end, acc_str_cstr(first), first->len);
    while (end->len > 0 && (unsigned char)end->data[end->len - 1] == 0xff)
        acc_str_cut(end, end->len - 1);
    if (end->len > 0)
        end->data[end->len - 1] = (char)((unsigned char)end->data[end->len - 1] + 1);
}

enum acc_code acc_ledger_find_names(struct acc_ledger *ledger, const char *pattern,
                                    const char *below, acc_ledger_each_hit each, void *arg,
                                    struct acc_error *err)
{
    struct search search = {.ledger = ledger, .each = each, .arg = arg};
    struct acc_str first = {0}, end = {0};
    const struct acc_sql_value within = acc_sql_text_or_empty(below);
    int with = acc_starts_with(pattern, "s3://") ? 2 : strchr(pattern, '/') != NULL ? 1 : 0;
    bounds(pattern, &first, &end);
    enum acc_code code = acc_standing_prepare(&ledger->owner_only.sql, err);
    if (code == ACC_OK)
        code =
            run_search(&search, by_destination, ACC_SQL_ARGS(within, acc_sql_text(pattern)), err);
    /* A blob comes after every text. */
    if (code == ACC_OK)
        code = run_search(
            &search, by_name,
            ACC_SQL_ARGS(within, acc_sql_text(acc_str_cstr(&first)),
                         end.len > 0 ? acc_sql_text(acc_str_cstr(&end)) : acc_sql_blob("", 0),
                         acc_sql_text(pattern), acc_sql_int(with)),
            err);
    acc_str_release(&first);
    acc_str_release(&end);
    return code;
}

enum acc_code acc_ledger_find_digest(struct acc_ledger *ledger, enum acc_alg alg, const char *hex,
                                     const char *below, acc_ledger_each_hit each, void *arg,
                                     struct acc_error *err)
{
    struct search search = {.ledger = ledger, .alg = alg, .hex = hex, .each = each, .arg = arg};
    uint8_t head[4];
    if (strlen(hex) < 8 || !acc_hex_decode(hex, sizeof head, head))
        return ACC_OK;
    return run_search(
        &search, by_digest,
        ACC_SQL_ARGS(acc_sql_text_or_empty(below), acc_sql_int(acc_digest_short(head))), err);
}

enum acc_code acc_ledger_find_url(struct acc_ledger *ledger, const char *url,
                                  acc_ledger_each_hit each, void *arg, struct acc_error *err)
{
    struct search search = {.ledger = ledger, .each = each, .arg = arg};
    char *above = acc_strdup(url), *slash;
    for (size_t len = strlen(above); len > 0 && above[len - 1] == '/'; len--)
        above[len - 1] = '\0';
    size_t whole = strlen(above);
    enum acc_code code = run_search(&search, by_url, ACC_SQL_ARGS(acc_sql_text(above)), err);
    while (code == ACC_OK && search.hits == 0 && (slash = strrchr(above, '/')) != NULL &&
           slash > above + strlen("s3://")) {
        *slash = '\0';
        size_t len = strlen(above);
        if (len < whole)
            code = run_search(&search, by_path,
                              ACC_SQL_ARGS(acc_sql_text(above), acc_sql_text(url + len + 1)), err);
    }
    free(above);
    return code;
}
