/* What the columns of a table mean: the first line, tried under each delimiter, and its names
 * looked up in a table. */
#include "manifest/header.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "manifest/table.h"

/* Folded names: lower case, one "_" for spaces and punctuation. Of several that are paths the
 * earlier one wins. Digest columns are not here: they are algorithm names, with or without "hash"
 * and the like: "SHA256_HASH", "sha256sum", "Checksum (SHA-256)". */
static const struct {
    const char *name;
    enum acc_column role;
    bool droid; /* counts as a sign of DROID */
} names[] = {
    {"path", ACC_COLUMN_PATH, false},
    {"file_path", ACC_COLUMN_PATH, false},
    {"filepath", ACC_COLUMN_PATH, false},
    {"relative_path", ACC_COLUMN_PATH, false},
    {"key", ACC_COLUMN_PATH, false},
    {"filename", ACC_COLUMN_PATH, false},
    {"file_name", ACC_COLUMN_PATH, false},
    {"file", ACC_COLUMN_PATH, false},
    {"name", ACC_COLUMN_PATH, false},
    {"full_path", ACC_COLUMN_PATH, false},
    {"fullpath", ACC_COLUMN_PATH, false},
    {"full_name", ACC_COLUMN_PATH, false},
    {"fullname", ACC_COLUMN_PATH, false},
    {"relativepath", ACC_COLUMN_PATH, false},
    {"pathname", ACC_COLUMN_PATH, false},
    {"size", ACC_COLUMN_SIZE, false},
    {"bytes", ACC_COLUMN_SIZE, false},
    {"file_size", ACC_COLUMN_SIZE, false},
    {"filesize", ACC_COLUMN_SIZE, false},
    {"size_bytes", ACC_COLUMN_SIZE, false},
    {"size_in_bytes", ACC_COLUMN_SIZE, false},
    {"length", ACC_COLUMN_SIZE, false},
    {"hash", ACC_COLUMN_HASH, false},
    {"checksum", ACC_COLUMN_HASH, false},
    {"digest", ACC_COLUMN_HASH, false},
    {"hash_value", ACC_COLUMN_HASH, false},
    {"hashvalue", ACC_COLUMN_HASH, false},
    {"checksum_value", ACC_COLUMN_HASH, false},
    {"checksumvalue", ACC_COLUMN_HASH, false},
    {"digest_value", ACC_COLUMN_HASH, false},
    {"message_digest", ACC_COLUMN_HASH, false},
    {"messagedigest", ACC_COLUMN_HASH, false},
    {"file_hash", ACC_COLUMN_HASH, false},
    {"algorithm", ACC_COLUMN_ALGORITHM, false},
    {"checksum_algorithm", ACC_COLUMN_ALGORITHM, false},
    {"hash_algorithm", ACC_COLUMN_ALGORITHM, false},
    {"checksum_type", ACC_COLUMN_ALGORITHM, false},
    {"checksumtype", ACC_COLUMN_ALGORITHM, false},
    {"checksumalgorithm", ACC_COLUMN_ALGORITHM, false},
    {"hashalgorithm", ACC_COLUMN_ALGORITHM, false},
    {"hash_type", ACC_COLUMN_ALGORITHM, false},
    {"hashtype", ACC_COLUMN_ALGORITHM, false},
    {"digest_algorithm", ACC_COLUMN_ALGORITHM, false},
    {"message_digest_algorithm", ACC_COLUMN_ALGORITHM, false},
    {"messagedigestalgorithm", ACC_COLUMN_ALGORITHM, false},
    {"alg", ACC_COLUMN_ALGORITHM, false},
    {"algo", ACC_COLUMN_ALGORITHM, false},
    {"uri", ACC_COLUMN_URI, true},
    {"type", ACC_COLUMN_TYPE, false},
    {"format_count", ACC_COLUMN_FORMAT_COUNT, true},
    {"parent_id", ACC_COLUMN_DROID_ONLY, true},
    {"method", ACC_COLUMN_DROID_ONLY, true},
    {"extension_mismatch", ACC_COLUMN_DROID_ONLY, true},
    {"puid", ACC_COLUMN_DROID_ONLY, true},
    {"format_name", ACC_COLUMN_DROID_ONLY, true},
    {"format_version", ACC_COLUMN_DROID_ONLY, true},
};

static const char *const digest_endings[] = {"_hash", "_checksum", "_digest", "_sum", "sum"};
static const char *const digest_beginnings[] = {"hash_", "checksum_", "digest_", "file_hash_"};

bool acc_header_is_droid(const struct acc_header *c)
{
    return c->droid_signs >= 2 && c->role[ACC_COLUMN_PATH] >= 0 &&
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

static void map_column(struct acc_header *c, int number, const char *name)
{
    enum acc_alg alg = digest_column(name);
    int *place = alg != ACC_ALG_COUNT ? &c->digest[alg] : NULL;
    for (size_t i = 0; place == NULL && i < ACC_COUNT_OF(names); i++) {
        if (strcmp(name, names[i].name) != 0)
            continue;
        place = &c->role[names[i].role];
        c->droid_signs += names[i].droid;
        if (names[i].role == ACC_COLUMN_DROID_ONLY)
            return;
        if (names[i].role == ACC_COLUMN_PATH && *place >= 0 && i != c->path_rank) {
            if (i > c->path_rank)
                return;
            *place = -1;
        }
        if (names[i].role == ACC_COLUMN_PATH)
            c->path_rank = i;
    }
    if (place == NULL)
        return;
    if (*place >= 0)
        c->twice = number;
    *place = number;
}

static void map_header(const struct acc_table *t, struct acc_header *c)
{
    *c = (struct acc_header){.count = t->count, .twice = -1};
    memset(c->role, -1, sizeof c->role);
    memset(c->digest, -1, sizeof c->digest);
    for (size_t i = 0; i < t->count; i++) {
        char name[40];
        fold(&t->fields[i], name, sizeof name);
        map_column(c, (int)i, name);
    }
}

bool acc_header_has_digest(const struct acc_header *c)
{
    bool found = c->role[ACC_COLUMN_HASH] >= 0;
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++)
        found = found || c->digest[alg] >= 0;
    return found;
}

/* Maps the first line under one delimiter; true when it is a header of ours. */
static bool header_under(const char *text, size_t len, char delimiter, struct acc_header *c)
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
    return split && c->role[ACC_COLUMN_PATH] >= 0 &&
           (acc_header_has_digest(c) || c->role[ACC_COLUMN_SIZE] >= 0);
}

static const char delimiters[] = ",\t;|";

char acc_header_find(const char *text, size_t len, struct acc_header *c, size_t *before)
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
