/* Errors, notes, lines and entries for every reader. Pure bookkeeping: what is allocated here is
 * one string for showing names, released by whoever began the reading. */
#include "manifest/reading.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"

static const char *const remarks[ACC_REMARK_COUNT] = {
    [ACC_REMARK_BOM] = "begins with a byte order mark; it was skipped",
    [ACC_REMARK_CRLF] = "lines end in CR LF; the CR was taken as part of the line end",
    [ACC_REMARK_BLANK] = "blank lines were skipped",
    [ACC_REMARK_COMMENT] = "lines that begin with '#' were skipped as comments",
    [ACC_REMARK_UNTERMINATED] =
        "the last line has no line end; if the file was cut short, the last "
        "name may be incomplete",
    [ACC_REMARK_BARE] =
        "one space stands between digest and name, without a marker for text or binary",
    [ACC_REMARK_STAR] =
        "names have the '*' of md5sum before them, which BagIt does not know; it was "
        "taken off",
};

enum acc_code acc_reading_fail(struct acc_reading *r, uint64_t line, const char *format, ...)
{
    char what[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (line == 0)
        return acc_error_set(r->err, ACC_MANIFEST, "%s: %s", r->name, what);
    return acc_error_set(r->err, ACC_MANIFEST, "%s:%llu: %s", r->name, (unsigned long long)line,
                         what);
}

void acc_reading_note(struct acc_reading *r, uint64_t line, const char *format, ...)
{
    char text[1024];
    if (r->sink->note == NULL)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct acc_manifest_note note = {r->name, line, text};
    r->sink->note(r->sink->arg, &note);
}

void acc_reading_remark(struct acc_reading *r, enum acc_remark remark)
{
    if (r->remarked >> remark & 1u)
        return;
    r->remarked |= 1u << remark;
    acc_reading_note(r, r->input.line, "%s", remarks[remark]);
}

const char *acc_reading_show(struct acc_reading *r, const char *bytes, size_t len)
{
    acc_str_clear(&r->shown);
    acc_path_show(&r->shown, bytes, len < 200 ? len : 200);
    if (len > 200)
        acc_str_add(&r->shown, "...");
    return acc_str_cstr(&r->shown);
}

enum acc_code acc_reading_line(struct acc_reading *r, char **line, size_t *len)
{
    enum acc_code code = acc_input_line(&r->input, line, len);
    if (code != ACC_OK || *line == NULL)
        return code;
    if (r->input.unterminated)
        acc_reading_remark(r, ACC_REMARK_UNTERMINATED);
    bool cr = *len > 0 && (*line)[*len - 1] == '\r' && r->input.delimiter == '\n';
    r->crlf = r->begun ? r->crlf : cr;
    r->begun = true;
    if (cr && r->crlf) {
        acc_reading_remark(r, ACC_REMARK_CRLF);
        (*line)[--*len] = '\0';
    }
    if (r->input.delimiter != '\0' && memchr(*line, '\0', *len) != NULL)
        return acc_reading_fail(r, r->input.line,
                                "has a NUL byte. The manifest is damaged, or isn't "
                                "text; make it again.");
    return ACC_OK;
}

enum acc_code acc_reading_bom(struct acc_reading *r)
{
    const char *text;
    size_t len;
    enum acc_code code = acc_input_peek(&r->input, &text, &len);
    if (code == ACC_OK && len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        acc_input_skip(&r->input, 3);
        acc_reading_remark(r, ACC_REMARK_BOM);
    }
    return code;
}

static bool has_drive(const char *path, size_t len, char separator)
{
    return len >= 3 && isalpha((unsigned char)path[0]) && path[1] == ':' && path[2] == separator;
}

void acc_reading_windows(struct acc_reading *r, char *path, size_t len)
{
    if (!has_drive(path, len, '\\') && !(len >= 2 && path[0] == '\\' && path[1] == '\\'))
        return;
    r->windows = true;
    for (size_t i = 0; i < len; i++)
        if (path[i] == '\\')
            path[i] = '/';
}

static bool same(const struct acc_reading *r, char in_prefix, char in_path)
{
    return in_prefix == in_path || (r->windows && in_prefix == '\\' && in_path == '/');
}

/* Takes the prefix off, whole components only. */
static enum acc_code strip(struct acc_reading *r, uint64_t line, char **path, size_t *len)
{
    size_t n = r->strip_prefix != NULL ? strlen(r->strip_prefix) : 0, i = 0;
    if (n == 0)
        return ACC_OK;
    while (i < n && i < *len && same(r, r->strip_prefix[i], (*path)[i]))
        i++;
    bool whole = i == n && (i == *len || (*path)[i] == '/' || (*path)[i - 1] == '/');
    if (!whole)
        return acc_reading_fail(r, line,
                                "'%s' does not begin with the folder to strip, '%.200s'. Correct "
                                "--strip-prefix.",
                                acc_reading_show(r, *path, *len), r->strip_prefix);
    while (i < *len && (*path)[i] == '/')
        i++;
    *path += i;
    *len -= i;
    return ACC_OK;
}

enum acc_code acc_reading_entry(struct acc_reading *r, uint64_t line, enum acc_role role,
                                char *path, size_t len, int64_t size,
                                const struct acc_digests *promised, enum acc_taken *taken)
{
    enum acc_code code = strip(r, line, &path, &len);
    if (code != ACC_OK)
        return code;
    bool drive = r->windows && has_drive(path, len, '/');
    bool absolute = drive || (len > 0 && path[0] == '/');
    len = acc_path_clean(path, len);
    path[len] = '\0';
    const char *problem = drive ? "is absolute" : acc_path_problem(path, len);
    if (problem != NULL)
        return acc_reading_fail(r, line, "path '%s' %s. %s", acc_reading_show(r, path, len),
                                problem,
                                absolute ? "Make it relative with --strip-prefix."
                                         : "Correct the line, or rename the file.");
    struct acc_entry entry = {.path = path,
                              .size = size,
                              .role = role,
                              .promised = *promised,
                              .origin = r->name,
                              .line = line};
    enum acc_taken answer = ACC_TAKEN_NEW;
    code = r->sink->entry(r->sink->arg, &entry, &answer, r->err);
    if (code != ACC_OK)
        return code;
    bool again = answer == ACC_TAKEN_REPEATED;
    r->info->entries += !again;
    r->info->undigested += !again && promised->present == 0;
    r->info->skipped += again;
    if (taken != NULL)
        *taken = answer;
    else if (again)
        acc_reading_note(r, line, "'%s' is listed more than once, with agreeing digests",
                         acc_reading_show(r, path, len));
    return ACC_OK;
}

static bool all_hex(const char *text, size_t len)
{
    return strspn(text, "0123456789abcdefABCDEF") >= len;
}

/* Real algorithms, so no spelling mistakes: the rest of METS's CHECKSUMTYPE, hashdeep's columns,
 * and check sums that guard against accidents only. Folded as below. */
static bool is_unusable(const char *name, size_t len)
{
    static const char *const known[] = {"adler32",   "crc",   "crc16", "crc32",    "crc32c",
                                        "crc64",     "haval", "md2",   "md4",      "mnp",
                                        "whirlpool", "tiger", "xxh64", "xxh3",     "xxh128",
                                        "blake3",    "sum",   "cksum", "crc64nvme"};
    char folded[16];
    size_t n = 0;
    for (size_t i = 0; i < len && n + 1 < sizeof folded; i++)
        if (name[i] != '-' && name[i] != '_' && name[i] != ' ')
            folded[n++] = (char)tolower((unsigned char)name[i]);
    folded[n] = '\0';
    for (size_t i = 0; i < ACC_COUNT_OF(known); i++)
        if (strcmp(folded, known[i]) == 0)
            return true;
    return false;
}

enum acc_code acc_reading_algorithm(struct acc_reading *r, uint64_t line, const char *name,
                                    size_t len, enum acc_alg *alg)
{
    /* PREMIS also takes terms of a vocabulary: ".../cryptographicHashFunctions/sha256". */
    if (memmem(name, len, "://", 3) != NULL)
        for (size_t i = len; i-- > 0;)
            if (name[i] == '/' || name[i] == '#') {
                name += i + 1;
                len -= i + 1;
                break;
            }
    *alg = acc_alg_parse(name, len);
    if (*alg != ACC_ALG_COUNT)
        return ACC_OK;
    if (!is_unusable(name, len))
        return acc_reading_fail(r, line,
                                "'%s' is not a known algorithm. Correct its spelling, or make the "
                                "manifest with SHA-256.",
                                acc_reading_show(r, name, len));
    if (!(r->remarked >> ACC_REMARK_UNUSABLE & 1u))
        acc_reading_note(r, line, "%s digests cannot be compared; they are passed over",
                         acc_reading_show(r, name, len));
    r->remarked |= 1u << ACC_REMARK_UNUSABLE;
    return ACC_OK;
}

enum acc_code acc_reading_digest(struct acc_reading *r, uint64_t line, enum acc_alg alg,
                                 const char *hex, size_t len, struct acc_digests *digests)
{
    if (acc_digests_put_hex(digests, alg, hex, len))
        return ACC_OK;
    if (!all_hex(hex, len))
        return acc_reading_fail(r, line, "'%s' is no digest in hexadecimal. Correct the line.",
                                acc_reading_show(r, hex, len));
    return acc_reading_fail(r, line,
                            "digest has %zu hex digits, %s needs %zu. Correct the line, or pass "
                            "--manifest-format if this isn't %s.",
                            len, acc_alg_name(alg), acc_alg_len(alg) * 2, acc_alg_name(alg));
}

enum acc_alg acc_alg_of_length(size_t hex_len)
{
    int alg = 0;
    while (alg < ACC_ALG_COUNT && acc_alg_len((enum acc_alg)alg) * 2 != hex_len)
        alg++;
    return (enum acc_alg)alg;
}

bool acc_parse_size(const char *text, size_t len, int64_t *size)
{
    int64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text[i] - '0', &value))
            return false;
    }
    *size = value;
    return len > 0;
}
