/* CSV and TSV with a header, and DROID exports, which are CSV with columns of their own.
 *
 * A row has as many fields as the header (so a cut last line is seen), and a path. A row without a
 * digest is an entry without one. DROID rows that are folders or lie inside archives are skipped
 * and counted, and its rows repeat a file for each format it was taken for. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "manifest/header.h"
#include "manifest/table.h"

static char delimiter_of(const char *text, size_t len, struct acc_header *c)
{
    size_t before;
    return acc_header_find(text, len, c, &before);
}

bool acc_sniff_droid(const char *text, size_t len)
{
    struct acc_header c;
    return delimiter_of(text, len, &c) != '\0' && acc_header_is_droid(&c);
}

bool acc_sniff_csv(const char *text, size_t len)
{
    struct acc_header c;
    char delimiter = delimiter_of(text, len, &c);
    return delimiter != '\0' && delimiter != '\t';
}

bool acc_sniff_tsv(const char *text, size_t len)
{
    struct acc_header c;
    return delimiter_of(text, len, &c) == '\t';
}

/* ---- rows ---- */

struct rows {
    struct acc_reading *r;
    struct acc_table table;
    struct acc_header header;
    bool droid;
};

static struct acc_field cell(const struct rows *s, int column)
{
    if (column < 0)
        return (struct acc_field){.text = (char *)"", .len = 0};
    struct acc_field f = s->table.fields[column];
    while (f.len > 0 && isspace((unsigned char)f.text[0]))
        f.text++, f.len--;
    while (f.len > 0 && isspace((unsigned char)f.text[f.len - 1]))
        f.len--;
    return f;
}

static enum acc_code generic_digest(struct rows *s, struct acc_digests *digests)
{
    struct acc_reading *r = s->r;
    struct acc_field hash = cell(s, s->header.role[ACC_COLUMN_HASH]),
                     named = cell(s, s->header.role[ACC_COLUMN_ALGORITHM]);
    if (hash.len == 0)
        return ACC_OK;
    enum acc_alg alg =
        named.len > 0 ? acc_alg_parse(named.text, named.len) : acc_reading_guess(r, hash.len);
    if (alg == ACC_ALG_COUNT && named.len > 0)
        return acc_reading_algorithm(r, s->table.line, named.text, named.len, &alg);
    if (alg == ACC_ALG_COUNT)
        return acc_reading_fail(
            r, s->table.line,
            "digest '%s' has %zu characters, which no known algorithm's has. Correct "
            "the row.",
            acc_reading_show(r, hash.text, hash.len), hash.len);
    return acc_reading_digest(r, s->table.line, alg, hash.text, hash.len, digests);
}

static enum acc_code row_digests(struct rows *s, struct acc_digests *digests)
{
    enum acc_code code = generic_digest(s, digests);
    for (int alg = 0; code == ACC_OK && alg < ACC_ALG_COUNT; alg++) {
        struct acc_field f = cell(s, s->header.digest[alg]);
        if (f.len > 0)
            code =
                acc_reading_digest(s->r, s->table.line, (enum acc_alg)alg, f.text, f.len, digests);
    }
    return code;
}

/* A row with another number of fields than the header has. DROID appends four more for each further
 * format of a file; anything else is a damaged or cut line. */
static bool width_fits(const struct rows *s)
{
    size_t have = s->table.count, want = s->header.count;
    struct acc_field formats = cell(s, have >= want ? s->header.role[ACC_COLUMN_FORMAT_COUNT] : -1);
    int64_t n;
    bool more = s->droid && acc_parse_size(formats.text, formats.len, &n) && n > 1;
    return have == want || (have > want && more);
}

/* "zip:file:/a.zip!/b", "tar:gz:s3://bucket/...": the ACC_COLUMN_URI of what lies inside an archive
 * begins with the archive's own. */
static bool is_inside(const char *uri)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t outer = strspn(uri, letters);
    size_t inner = uri[outer] == ':' ? strspn(uri + outer + 1, letters) : 0;
    return inner > 1 && uri[outer + 1 + inner] == ':';
}

static bool is_no_file(const struct rows *s, const struct acc_digests *digests)
{
    struct acc_field type = cell(s, s->header.role[ACC_COLUMN_TYPE]),
                     uri = cell(s, s->header.role[ACC_COLUMN_URI]);
    bool folder = type.len == 6 && strncasecmp(type.text, "Folder", 6) == 0;
    return s->droid && ((folder && digests->present == 0) || is_inside(uri.text));
}

static enum acc_code read_row(struct rows *s)
{
    struct acc_reading *r = s->r;
    const struct acc_header *c = &s->header;
    if (s->table.count == 1 && s->table.fields[0].len == 0 && c->count > 1) {
        acc_reading_remark(r, ACC_REMARK_BLANK);
        r->info->skipped++;
        return ACC_OK;
    }
    if (!width_fits(s))
        return acc_reading_fail(r, s->table.line,
                                "has %zu fields, the header has %zu. Quote fields that hold the "
                                "delimiter; if the file was cut short, make it again.",
                                s->table.count, c->count);
    struct acc_digests digests;
    digests.present = 0;
    enum acc_code code = row_digests(s, &digests);
    if (code != ACC_OK)
        return code;
    if (is_no_file(s, &digests)) {
        r->info->skipped++;
        return ACC_OK;
    }
    if (s->droid && digests.present == 0 && c->role[ACC_COLUMN_TYPE] < 0)
        return acc_reading_fail(
            r, s->table.line,
            "has no digest, and without the column ACC_COLUMN_TYPE it may be a folder. "
            "Export with hashes and with the column ACC_COLUMN_TYPE.");
    int64_t size = -1;
    struct acc_field f = cell(s, c->role[ACC_COLUMN_SIZE]);
    if (f.len > 0 && !acc_parse_size(f.text, f.len, &size))
        return acc_reading_fail(r, s->table.line, "'%s' is not a size in bytes. Correct the row.",
                                acc_reading_show(r, f.text, f.len));
    f = s->table.fields[c->role[ACC_COLUMN_PATH]];
    acc_reading_windows(r, f.text, f.len);
    enum acc_taken taken;
    return acc_reading_entry(r, s->table.line, ACC_ROLE_PAYLOAD, f.text, f.len, size, &digests,
                             s->droid ? &taken : NULL);
}

static enum acc_code read_header(struct rows *s)
{
    struct acc_reading *r = s->r;
    const char *text;
    size_t len;
    enum acc_code code = acc_input_peek(&r->input, &text, &len);
    if (code != ACC_OK)
        return code;
    size_t before;
    s->table.delimiter = acc_header_find(text, len, &s->header, &before);
    if (s->table.delimiter == '\0')
        return acc_reading_fail(r, 1,
                                "the header names no path column (path, file_path, filename, ...), "
                                "or nothing beside it. Add a first line such as "
                                "path,size,sha256.");
    if (!acc_header_has_digest(&s->header))
        return acc_reading_fail(r, 1,
                                "the header names no digest column (sha256, md5, ..., hash, "
                                "checksum). Export with digests.");
    if (s->header.twice >= 0)
        return acc_reading_fail(r, 1,
                                "column %d gives what an earlier column gives already. Remove one.",
                                s->header.twice + 1);
    s->droid = acc_header_is_droid(&s->header);
    for (char *line; code == ACC_OK && before > 0; before--) {
        code = acc_reading_line(r, &line, &len);
        r->info->skipped++;
    }
    bool more;
    return code == ACC_OK ? acc_table_next(&s->table, r, &more) : code;
}

enum acc_code acc_read_columns(struct acc_reading *r)
{
    struct rows *s = ACC_NEW(struct rows);
    s->r = r;
    bool more = true;
    enum acc_code code = read_header(s);
    while (code == ACC_OK && more) {
        code = acc_table_next(&s->table, r, &more);
        if (code == ACC_OK && more)
            code = read_row(s);
    }
    acc_table_release(&s->table);
    free(s);
    return code;
}
