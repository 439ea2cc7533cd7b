/* Checksum lists as md5sum, sha256sum and their kin write them (coreutils manual, "md5sum
 * invocation"), in GNU form, BSD form (--tag) and NUL-delimited (-z), also as `openssl dgst` prints
 * them.
 *
 * The algorithm comes, in this order, from the format's name, a BSD tag, a comment that names one
 * and so begins a section ("# SHA256"), the file's name ("manifest-sha512.txt", "SHA256SUMS"), the
 * digest's length. GNU lines of a section must agree on one: a digest of another length is far more
 * often a damaged line than a second algorithm. Lines that begin with '#' are comments (so
 * coreutils treats them; no entry can begin so), and those with ';' are TeraCopy's and HashCheck's;
 * blank lines hold nothing. Both are noted. Any other line that is not an entry is an error. */
#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "manifest/reading.h"

/* The first entry decides for the file, as it does in coreutils. */
enum form { FORM_UNKNOWN, FORM_MARKED, FORM_BARE };

struct list {
    struct acc_reading *r;
    enum acc_alg alg; /* of GNU lines; ACC_ALG_COUNT until known */
    bool guessed;     /* only the length showed `alg` */
    enum form form;
};

static bool is_comment(const char *line, size_t len)
{
    return len > 0 && (line[0] == '#' || line[0] == ';');
}

static size_t hex_run(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && isxdigit((unsigned char)text[n]))
        n++;
    return n;
}

static bool is_blank(const char *line, size_t len)
{
    return strspn(line, " \t\r\f\v") >= len;
}

/* The digest's hex digits when the text is of GNU form, even with a digest of no known length (that
 * is then reported as such), or 0. */
static size_t gnu_hex(const char *text, size_t len)
{
    size_t n = hex_run(text, len);
    return n >= 16 && n < len && (text[n] == ' ' || text[n] == '\t') ? n : 0;
}

/* "ALG (name) = hex" or "ALG(name)= hex": the parts, or false. */
struct bsd {
    size_t alg_len, name, name_len, hex;
};

static bool bsd_split(const char *text, size_t len, struct bsd *parts)
{
    size_t n = 0;
    while (n < len && (isalnum((unsigned char)text[n]) || strchr("-_/", text[n]) != NULL) &&
           text[n])
        n++;
    parts->alg_len = n;
    if (n == 0)
        return false;
    n += n < len && text[n] == ' ';
    if (n == len || text[n] != '(')
        return false;
    parts->name = n + 1;
    /* The name may hold ")"; the digest cannot, so the last one ends the name. */
    const char *close = memrchr(text + parts->name, ')', len - parts->name);
    if (close == NULL)
        return false;
    parts->name_len = (size_t)(close - text) - parts->name;
    n = (size_t)(close - text) + 1;
    while (n < len && (text[n] == ' ' || text[n] == '\t'))
        n++;
    if (n == len || text[n] != '=')
        return false;
    for (n++; n < len && (text[n] == ' ' || text[n] == '\t');)
        n++;
    parts->hex = n;
    return true;
}

static bool is_entry(const char *text, size_t len)
{
    struct bsd parts;
    if (len > 0 && text[0] == '\\')
        text++, len--;
    return gnu_hex(text, len) > 0 || bsd_split(text, len, &parts);
}

bool acc_sniff_checksums(const char *text, size_t len)
{
    while (len > 0) {
        size_t line = 0;
        while (line < len && text[line] != '\n' && text[line] != '\0')
            line++;
        size_t blank = 0;
        while (blank < line && strchr(" \t\r", text[blank]) != NULL)
            blank++;
        if (blank < line && !is_comment(text, line))
            return is_entry(text, line);
        line += line < len;
        text += line;
        len -= line;
    }
    return false;
}

/* Undoes "\n", "\r" and "\\" in place. False for any other backslash. */
static bool unescape(char *name, size_t *len)
{
    size_t to = 0;
    for (size_t from = 0; from < *len; from++) {
        char c = name[from];
        if (c == '\\') {
            from++;
            if (from == *len)
                return false;
            c = name[from] == 'n'    ? '\n'
                : name[from] == 'r'  ? '\r'
                : name[from] == '\\' ? '\\'
                                     : '\0';
            if (c == '\0')
                return false;
        }
        name[to++] = c;
    }
    *len = to;
    return true;
}

/* The one algorithm that the file's name mentions as a word, or as a word ending in "sum" or
 * "sums". */
static enum acc_alg alg_of_file_name(const char *path)
{
    const char *base = strrchr(path, '/');
    base = base != NULL ? base + 1 : path;
    enum acc_alg found = ACC_ALG_COUNT;
    for (const char *at = base; *at; at++) {
        if (!isalnum((unsigned char)*at) || (at > base && isalnum((unsigned char)at[-1])))
            continue;
        for (size_t n = strnlen(at, 8); n >= 3; n--) {
            enum acc_alg alg = acc_alg_parse(at, n);
            bool ends = !isalnum((unsigned char)at[n]) || strncasecmp(at + n, "sum", 3) == 0;
            if (alg == ACC_ALG_COUNT || !ends)
                continue;
            if (found != ACC_ALG_COUNT && found != alg)
                return ACC_ALG_COUNT;
            found = alg;
            at += n - 1;
            break;
        }
    }
    return found;
}

static enum acc_code send(struct list *l, bool escaped, char *name, size_t name_len,
                          const struct acc_digests *digests)
{
    struct acc_reading *r = l->r;
    if (escaped && !unescape(name, &name_len))
        return acc_reading_fail(
            r, r->input.line,
            "the line begins with '\\', yet its name has a '\\' that isn't \\n, \\r "
            "or \\\\. Make the list again.");
    acc_reading_windows(r, name, name_len);
    return acc_reading_entry(r, r->input.line, ACC_ROLE_PAYLOAD, name, name_len, -1, digests, NULL);
}

/* "# SHA-256", "# MD5 checksums:", "#sha1#name#date": the algorithm that a comment names, and
 * nothing else. ACC_ALG_COUNT: just a comment. */
static enum acc_alg section_of(const char *text, size_t len)
{
    static const char *const nouns[] = {"checksums", "checksum", "hashes",
                                        "hash",      "sums",     "digests"};
    while (len > 0 && strchr("#; \t", *text) != NULL)
        text++, len--;
    const char *end = memchr(text, '#', len);
    len = end != NULL ? (size_t)(end - text) : len;
    while (len > 0 && strchr(" \t:.", text[len - 1]) != NULL)
        len--;
    for (size_t i = 0; i < ACC_COUNT_OF(nouns); i++) {
        size_t noun = strlen(nouns[i]);
        if (len > noun && strncasecmp(text + len - noun, nouns[i], noun) == 0 &&
            text[len - noun - 1] == ' ') {
            len -= noun + 1;
            break;
        }
    }
    return acc_alg_parse(text, len);
}

static enum acc_code comment(struct list *l, const char *line, size_t len)
{
    struct acc_reading *r = l->r;
    enum acc_alg alg = section_of(line, len);
    r->info->skipped++;
    if (alg == ACC_ALG_COUNT) {
        acc_reading_remark(r, ACC_REMARK_COMMENT);
        return ACC_OK;
    }
    if (r->alg != ACC_ALG_COUNT && r->alg != alg)
        return acc_reading_fail(r, r->input.line,
                                "begins a section of %s, but --manifest-format says %s. Leave the "
                                "option out.",
                                acc_alg_name(alg), acc_alg_name(r->alg));
    l->alg = alg;
    l->guessed = false;
    l->form = FORM_UNKNOWN;
    return ACC_OK;
}

static bool is_mark(char c)
{
    return c == ' ' || c == '*';
}

/* Perl's shasum marks names that it read with -U by 'U', and with -0 by '^'. Without such a mark
 * the letter belongs to the name: the source decides, else the lines that follow. */
static bool is_shasum_mark(struct list *l, const char *text, size_t len, size_t hex)
{
    struct acc_reading *r = l->r;
    const char *name = text + hex + 1, *next;
    size_t left;
    bool plain_seen = false;
    if (hex + 2 >= len || (*name != 'U' && *name != '^'))
        return false;
    if (r->options->exists != NULL && r->options->exists(r->options->arg, name))
        return false;
    if (r->options->exists != NULL && r->options->exists(r->options->arg, name + 1))
        return true;
    if (acc_input_peek(&r->input, &next, &left) != ACC_OK)
        return false;
    while (left > 0) {
        const char *end = memchr(next, '\n', left);
        size_t line = end != NULL ? (size_t)(end - next) : left, digits = gnu_hex(next, line);
        char mark = digits > 0 && digits + 2 < line ? next[digits + 1] : '\0';
        if (digits > 0 && !is_mark(mark) && mark != 'U' && mark != '^')
            return false;
        plain_seen = plain_seen || is_mark(mark);
        line += end != NULL;
        next += line;
        left -= line;
    }
    return plain_seen;
}

/* `b2sum` writes its name into no line, and its digests are as long as SHA-512's. */
static enum acc_code check_b2(struct acc_reading *r)
{
    const char *base = strrchr(r->name, '/');
    base = base != NULL ? base + 1 : r->name;
    if (strncasecmp(base, "b2sum", 5) != 0)
        return ACC_OK;
    return acc_reading_fail(
        r, r->input.line,
        "the digest's length fits SHA-512 and BLAKE2b, and only the file's name "
        "suggests the latter. Pass --manifest-format b2sum, or sha512sum.");
}

static enum acc_code gnu_entry(struct list *l, bool escaped, char *text, size_t len, size_t hex)
{
    struct acc_reading *r = l->r;
    uint64_t line = r->input.line;
    if (l->guessed && hex != acc_alg_len(l->alg) * 2)
        return acc_reading_fail(r, line,
                                "digest has %zu hex digits, the lines before have %zu. If the list "
                                "has two algorithms, put a line such as '# MD5' or '# SHA256' "
                                "before each part; else correct the line.",
                                hex, acc_alg_len(l->alg) * 2);
    if (l->alg == ACC_ALG_COUNT) {
        l->alg = acc_reading_guess(r, hex);
        l->guessed = true;
        if (l->alg == ACC_SHA512 && check_b2(r) != ACC_OK)
            return r->err->code;
    }
    if (l->alg == ACC_ALG_COUNT)
        return acc_reading_fail(
            r, line,
            "digest has %zu hex digits, which no known algorithm has (md5 32, sha1 "
            "40, sha224 56, sha256 64, sha384 96, sha512 128). Correct the line.",
            hex);
    struct acc_digests digests;
    digests.present = 0;
    enum acc_code code = acc_reading_digest(r, line, l->alg, text, hex, &digests);
    if (code != ACC_OK)
        return code;
    size_t at = hex + 1;
    bool marker = at + 1 < len && is_mark(text[at]);
    if (l->form == FORM_UNKNOWN)
        l->form = marker || is_shasum_mark(l, text, len, hex) ? FORM_MARKED : FORM_BARE;
    marker = marker || (at + 1 < len && (text[at] == 'U' || text[at] == '^'));
    if (l->form == FORM_BARE)
        acc_reading_remark(r, ACC_REMARK_BARE);
    else if (!marker)
        return acc_reading_fail(r, line,
                                "a digest, a space and ' ' or '*' were expected before the "
                                "name, as on the lines before. Correct the line.");
    at += l->form == FORM_MARKED;
    return send(l, escaped, text + at, len - at, &digests);
}

static enum acc_code bsd_entry(struct list *l, bool escaped, char *text, size_t len,
                               const struct bsd *p)
{
    struct acc_reading *r = l->r;
    uint64_t line = r->input.line;
    enum acc_alg alg = acc_alg_parse(text, p->alg_len);
    if (alg == ACC_ALG_COUNT)
        return acc_reading_fail(
            r, line,
            "'%s' is not a supported algorithm (md5, sha1, sha224, sha256, sha384, sha512, "
            "sha512-256, sha3-256, sha3-512, blake2b, blake2s, ripemd160, sm3). Make the list with "
            "one of them.",
            acc_reading_show(r, text, p->alg_len));
    if (r->alg != ACC_ALG_COUNT && r->alg != alg)
        return acc_reading_fail(r, line,
                                "gives %s, but --manifest-format says %s. Correct one of them.",
                                acc_alg_name(alg), acc_alg_name(r->alg));
    struct acc_digests digests;
    digests.present = 0;
    enum acc_code code = acc_reading_digest(r, line, alg, text + p->hex, len - p->hex, &digests);
    return code != ACC_OK ? code : send(l, escaped, text + p->name, p->name_len, &digests);
}

/* A newline inside a NUL-delimited record may be part of the name. If an entry follows it, this is
 * rather a list of lines with a stray NUL, and the name would swallow the entries after it. */
static bool swallows_lines(const char *text, size_t len)
{
    const char *end = text + len;
    for (const char *at = text; (at = memchr(at, '\n', (size_t)(end - at))) != NULL;) {
        at++;
        size_t rest = (size_t)(end - at);
        struct bsd parts;
        if (gnu_hex(at, rest) > 0 ||
            (bsd_split(at, rest, &parts) && acc_alg_parse(at, parts.alg_len) != ACC_ALG_COUNT))
            return true;
    }
    return false;
}

static enum acc_code read_record(struct list *l, char *text, size_t len)
{
    struct acc_reading *r = l->r;
    bool zero = r->input.delimiter == '\0', escaped = !zero && text[0] == '\\';
    if (zero && swallows_lines(text, len))
        return acc_reading_fail(r, r->input.line,
                                "mixes NUL and newline as ends of lines. The list is "
                                "damaged; make it again.");
    if (escaped)
        text++, len--;
    size_t hex = gnu_hex(text, len);
    struct bsd parts;
    if (hex > 0)
        return gnu_entry(l, escaped, text, len, hex);
    if (bsd_split(text, len, &parts))
        return bsd_entry(l, escaped, text, len, &parts);
    return acc_reading_fail(
        r, r->input.line,
        "'%s' is neither \"DIGEST  NAME\" nor \"ALGORITHM (NAME) = DIGEST\". Correct "
        "the line; if the list was cut short, make it again.",
        acc_reading_show(r, text, len < 60 ? len : 60));
}

enum acc_code acc_read_checksums(struct acc_reading *r)
{
    struct list l = {.r = r, .alg = r->alg != ACC_ALG_COUNT ? r->alg : alg_of_file_name(r->name)};
    const char *text;
    size_t len;
    enum acc_code code = acc_input_peek(&r->input, &text, &len);
    if (code == ACC_OK && memchr(text, '\0', len) != NULL)
        r->input.delimiter = '\0';
    while (code == ACC_OK) {
        char *line;
        code = acc_reading_line(r, &line, &len);
        if (code != ACC_OK || line == NULL)
            break;
        if (r->input.delimiter == '\n' && is_comment(line, len)) {
            code = comment(&l, line, len);
        } else if (r->input.delimiter == '\n' && is_blank(line, len)) {
            acc_reading_remark(r, ACC_REMARK_BLANK);
            r->info->skipped++;
        } else {
            code = read_record(&l, line, len);
        }
    }
    return code;
}
