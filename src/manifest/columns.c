/* CSV and TSV with a header, and DROID exports, which are CSV with columns of their own.
 *
 * Columns are found by name, never by position; unknown ones are passed over. A row has as many
 * fields as the header (so a cut last line is seen), and a path. A row without a digest
 * is an entry without one. DROID rows that are folders or lie inside archives are skipped and
 * counted, and its rows repeat a file for each format it was taken for. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "manifest/table.h"

enum role { PATH, SIZE, HASH, ALGORITHM, URI, TYPE, FORMAT_COUNT, DROID_ONLY, ROLE_COUNT };

/* Folded names: lower case, one "_" for spaces and punctuation. Of several that are paths the
 * earlier one wins. Digest columns are not here: they are algorithm names, with or without "hash"
 * and the like: "SHA256_HASH", "sha256sum", "Checksum (SHA-256)". */
static const struct {
    const char *name;
    enum role role;
    bool droid; /* counts as a sign of DROID */
} names[] = {
    {"path", PATH, false},
    {"file_path", PATH, false},
    {"filepath", PATH, false},
    {"relative_path", PATH, false},
    {"key", PATH, false},
    {"filename", PATH, false},
    {"file_name", PATH, false},
    {"file", PATH, false},
    {"name", PATH, false},
    {"full_path", PATH, false},
    {"fullpath", PATH, false},
    {"full_name", PATH, false},
    {"fullname", PATH, false},
    {"relativepath", PATH, false},
    {"pathname", PATH, false},
    {"size", SIZE, false},
    {"bytes", SIZE, false},
    {"file_size", SIZE, false},
    {"filesize", SIZE, false},
    {"size_bytes", SIZE, false},
    {"size_in_bytes", SIZE, false},
    {"length", SIZE, false},
    {"hash", HASH, false},
    {"checksum", HASH, false},
    {"digest", HASH, false},
    {"hash_value", HASH, false},
    {"hashvalue", HASH, false},
    {"checksum_value", HASH, false},
    {"checksumvalue", HASH, false},
    {"digest_value", HASH, false},
    {"message_digest", HASH, false},
    {"messagedigest", HASH, false},
    {"file_hash", HASH, false},
    {"algorithm", ALGORITHM, false},
    {"checksum_algorithm", ALGORITHM, false},
    {"hash_algorithm", ALGORITHM, false},
    {"checksum_type", ALGORITHM, false},
    {"checksumtype", ALGORITHM, false},
    {"checksumalgorithm", ALGORITHM, false},
    {"hashalgorithm", ALGORITHM, false},
    {"hash_type", ALGORITHM, false},
    {"hashtype", ALGORITHM, false},
    {"digest_algorithm", ALGORITHM, false},
    {"message_digest_algorithm", ALGORITHM, false},
    {"messagedigestalgorithm", ALGORITHM, false},
    {"alg", ALGORITHM, false},
    {"algo", ALGORITHM, false},
    {"uri", URI, true},
    {"type", TYPE, false},
    {"format_count", FORMAT_COUNT, true},
    {"parent_id", DROID_ONLY, true},
    {"method", DROID_ONLY, true},
    {"extension_mismatch", DROID_ONLY, true},
    {"puid", DROID_ONLY, true},
    {"format_name", DROID_ONLY, true},
    {"format_version", DROID_ONLY, true},
};

static const char *const digest_endings[] = {"_hash", "_checksum", "_digest", "_sum", "sum"};
static const char *const digest_beginnings[] = {"hash_", "checksum_", "digest_", "file_hash_"};

struct columns {
    int role[ROLE_COUNT];      /* column number, or -1 */
    int digest[ACC_ALG_COUNT]; /* likewise */
    size_t path_rank;          /* row of `names` */
    size_t count;
    unsigned droid_signs;
    int twice; /* a column that gives what an earlier one gave, or -1 */
};

static bool is_droid(const struct columns *c)
{
    return c->droid_signs >= 2 && c->role[PATH] >= 0 &&
           strcmp(names[c->path_rank].name, "file_path") == 0;
}

static enum acc_alg digest_column(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < ACC_COUNT_OF(digest_endings); i++)
        if (acc_ends_with(name, digest_endings[i]))
            return acc_alg_parse(name, len - strlen(digest_endings[i]));
    for (size_t i = 0; i < ACC_COUNT_OF(digest_beginnings); i++)
        if (acc_starts_with(name, digest_beginnings[i]))
            return acc_alg_parse(name + strlen(digest_beginnings[i]),
                                 len - strlen(digest_beginnings[i]));
    return acc_alg_parse(name, len);
}

static void fold(const struct acc_field *field, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < field->len && n + 1 < size; i++) {
        char c = field->text[i];
        bool joint = strchr(" -_:()[]/", c) != NULL;
        if (!joint)
            out[n++] = (char)tolower((unsigned char)c);
        else if (n > 0 && out[n - 1] != '_')
            out[n++] = '_';
    }
    while (n > 0 && out[n - 1] == '_')
        n--;
    out[n] = '\0';
}

static void map_column(struct columns *c, int number, const char *name)
{
    enum acc_alg alg = digest_column(name);
    int *place = alg != ACC_ALG_COUNT ? &c->digest[alg] : NULL;
    for (size_t i = 0; place == NULL && i < ACC_COUNT_OF(names); i++) {
        if (strcmp(name, names[i].name) != 0)
            continue;
        place = &c->role[names[i].role];
        c->droid_signs += names[i].droid;
        if (names[i].role == DROID_ONLY)
            return;
        if (names[i].role == PATH && *place >= 0 && i != c->path_rank) {
            if (i > c->path_rank)
                return;
            *place = -1;
        }
        if (names[i].role == PATH)
            c->path_rank = i;
    }
    if (place == NULL)
        return;
    if (*place >= 0)
        c->twice = number;
    *place = number;
}

static void map_header(const struct acc_table *t, struct columns *c)
{
    *c = (struct columns){.count = t->count, .twice = -1};
    memset(c->role, -1, sizeof c->role);
    memset(c->digest, -1, sizeof c->digest);
    for (size_t i = 0; i < t->count; i++) {
        char name[40];
        fold(&t->fields[i], name, sizeof name);
        map_column(c, (int)i, name);
    }
}

static bool has_digest(const struct columns *c)
{
    bool found = c->role[HASH] >= 0;
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++)
        found = found || c->digest[alg] >= 0;
    return found;
}

/* Maps the first line under one delimiter; true when it is a header of ours. */
static bool header_under(const char *text, size_t len, char delimiter, struct columns *c)
{
    const char *end = memchr(text, '\n', len);
    size_t line = end != NULL ? (size_t)(end - text) : len;
    line -= line > 0 && text[line - 1] == '\r';
    if (memchr(text, '\0', line) != NULL)
        return false;
    char *copy = acc_strndup(text, line);
    struct acc_table t = {.delimiter = delimiter};
    bool split = acc_table_split(&t, copy, line) == ACC_SPLIT_OK;
    if (split)
        map_header(&t, c);
    free(copy);
    return split && c->role[PATH] >= 0 && (has_digest(c) || c->role[SIZE] >= 0);
}

static const char delimiters[] = ",\t;|";

/* The delimiter under which the first line is a header, or NUL. Lines that begin with '#', as
 * PowerShell's "#TYPE ..." does, may come before it; `*before` is how many. */
static char find_header(const char *text, size_t len, struct columns *c, size_t *before)
{
    for (*before = 0; len > 0; ++*before) {
        for (const char *d = delimiters; *d; d++)
            if (header_under(text, len, *d, c))
                return *d;
        const char *end = memchr(text, '\n', len);
        if (*text != '#' || end == NULL)
            break;
        len -= (size_t)(end + 1 - text);
        text = end + 1;
    }
    return '\0';
}

static char delimiter_of(const char *text, size_t len, struct columns *c)
{
    size_t before;
    return find_header(text, len, c, &before);
}

bool acc_sniff_droid(const char *text, size_t len)
{
    struct columns c;
    return delimiter_of(text, len, &c) != '\0' && is_droid(&c);
}

bool acc_sniff_csv(const char *text, size_t len)
{
    struct columns c;
    char delimiter = delimiter_of(text, len, &c);
    return delimiter != '\0' && delimiter != '\t';
}

bool acc_sniff_tsv(const char *text, size_t len)
{
    struct columns c;
    return delimiter_of(text, len, &c) == '\t';
}

/* ---- rows ---- */

struct rows {
    struct acc_reading *r;
    struct acc_table table;
    struct columns columns;
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
    struct acc_field hash = cell(s, s->columns.role[HASH]),
                     named = cell(s, s->columns.role[ALGORITHM]);
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
        struct acc_field f = cell(s, s->columns.digest[alg]);
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
    size_t have = s->table.count, want = s->columns.count;
    struct acc_field formats = cell(s, have >= want ? s->columns.role[FORMAT_COUNT] : -1);
    int64_t n;
    bool more = s->droid && acc_parse_size(formats.text, formats.len, &n) && n > 1;
    return have == want || (have > want && more);
}

/* "zip:file:/a.zip!/b", "tar:gz:s3://bucket/...": the URI of what lies inside an archive begins
 * with the archive's own. */
static bool is_inside(const char *uri)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t outer = strspn(uri, letters);
    size_t inner = uri[outer] == ':' ? strspn(uri + outer + 1, letters) : 0;
    return inner > 1 && uri[outer + 1 + inner] == ':';
}

static bool is_no_file(const struct rows *s, const struct acc_digests *digests)
{
    struct acc_field type = cell(s, s->columns.role[TYPE]), uri = cell(s, s->columns.role[URI]);
    bool folder = type.len == 6 && strncasecmp(type.text, "Folder", 6) == 0;
    return s->droid && ((folder && digests->present == 0) || is_inside(uri.text));
}

static enum acc_code read_row(struct rows *s)
{
    struct acc_reading *r = s->r;
    const struct columns *c = &s->columns;
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
    if (s->droid && digests.present == 0 && c->role[TYPE] < 0)
        return acc_reading_fail(r, s->table.line,
                                "has no digest, and without the column TYPE it may be a folder. "
                                "Export with hashes and with the column TYPE.");
    int64_t size = -1;
    struct acc_field f = cell(s, c->role[SIZE]);
    if (f.len > 0 && !acc_parse_size(f.text, f.len, &size))
        return acc_reading_fail(r, s->table.line, "'%s' is not a size in bytes. Correct the row.",
                                acc_reading_show(r, f.text, f.len));
    f = s->table.fields[c->role[PATH]];
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
    s->table.delimiter = find_header(text, len, &s->columns, &before);
    if (s->table.delimiter == '\0')
        return acc_reading_fail(r, 1,
                                "the header names no path column (path, file_path, filename, ...), "
                                "or nothing beside it. Add a first line such as "
                                "path,size,sha256.");
    if (!has_digest(&s->columns))
        return acc_reading_fail(r, 1,
                                "the header names no digest column (sha256, md5, ..., hash, "
                                "checksum). Export with digests.");
    if (s->columns.twice >= 0)
        return acc_reading_fail(r, 1,
                                "column %d gives what an earlier column gives already. Remove one.",
                                s->columns.twice + 1);
    s->droid = is_droid(&s->columns);
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
