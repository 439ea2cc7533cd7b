/* hashdeep 1.0 (the md5deep project's audit files).
 *
 *     %%%% HASHDEEP-1.0
 *     %%%% size,md5,sha256,filename
 *     ## comments
 *     1024,d41d...,e3b0...,/data/a,b.tif
 *
 * Nothing is quoted: the name is last and takes every further comma. Columns of algorithms unknown
 * here (whirlpool, tiger) are passed over, as long as one known digest remains. A second header may
 * follow where files were concatenated. */
#include <string.h>

#include "base/mem.h"
#include "manifest/reading.h"

static const char magic[] = "%%%% HASHDEEP-";

enum { COLUMNS_MAX = 16 };

struct hashdeep {
    struct acc_reading *r;
    enum acc_alg column[COLUMNS_MAX]; /* between size and name; ACC_ALG_COUNT: passed over */
    size_t columns;                   /* 0: no header yet */
};

bool acc_sniff_hashdeep(const char *text, size_t len)
{
    return len >= sizeof magic - 1 && memcmp(text, magic, sizeof magic - 1) == 0;
}

static enum acc_code read_columns(struct hashdeep *h, const char *list)
{
    struct acc_reading *r = h->r;
    bool known = false;
    h->columns = 0;
    if (strncmp(list, "size,", 5) != 0)
        return acc_reading_fail(r, r->input.line,
                                "the first column must be 'size'. Make the list again.");
    const char *at = list + 5;
    for (const char *comma; (comma = strchr(at, ',')) != NULL; at = comma + 1) {
        if (h->columns == COLUMNS_MAX)
            return acc_reading_fail(r, r->input.line, "has more than %d columns.", COLUMNS_MAX);
        enum acc_alg alg = acc_alg_parse(at, (size_t)(comma - at));
        h->column[h->columns++] = alg;
        known = known || alg != ACC_ALG_COUNT;
    }
    if (strcmp(at, "filename") != 0 || !known)
        return acc_reading_fail(r, r->input.line,
                                "columns must be size, at least one of md5, sha1 and "
                                "sha256, and filename last. Make the list again.");
    return ACC_OK;
}

static enum acc_code read_header(struct hashdeep *h, const char *line)
{
    struct acc_reading *r = h->r;
    const char *text = line + 5;
    if (strncmp(line, magic, sizeof magic - 1) != 0)
        return read_columns(h, text);
    if (strcmp(text, "HASHDEEP-1.0") != 0)
        return acc_reading_fail(r, r->input.line,
                                "'%s' is a version not known here. Make the list with "
                                "hashdeep 1.0 to 4.x.",
                                acc_reading_show(r, text, strlen(text)));
    return ACC_OK;
}

static enum acc_code read_entry(struct hashdeep *h, char *line, size_t len)
{
    struct acc_reading *r = h->r;
    uint64_t number = r->input.line;
    struct acc_digests digests;
    digests.present = 0;
    int64_t size = -1;
    char *at = line;
    for (size_t i = 0; i <= h->columns; i++) {
        char *comma = memchr(at, ',', len - (size_t)(at - line));
        if (comma == NULL)
            return acc_reading_fail(r, number,
                                    "has %zu of %zu columns. If the list was cut short, make "
                                    "it again; else correct the line.",
                                    i + 1, h->columns + 2);
        size_t width = (size_t)(comma - at);
        if (i == 0 && !acc_parse_size(at, width, &size))
            return acc_reading_fail(r, number, "'%s' is not a size. Correct the line.",
                                    acc_reading_show(r, at, width));
        enum acc_alg alg = i > 0 ? h->column[i - 1] : ACC_ALG_COUNT;
        enum acc_code code = alg != ACC_ALG_COUNT && width > 0
                                 ? acc_reading_digest(r, number, alg, at, width, &digests)
                                 : ACC_OK;
        if (code != ACC_OK)
            return code;
        at = comma + 1;
    }
    len -= (size_t)(at - line);
    acc_reading_windows(r, at, len);
    return acc_reading_entry(r, number, ACC_ROLE_PAYLOAD, at, len, size, &digests, NULL);
}

enum acc_code acc_read_hashdeep(struct acc_reading *r)
{
    struct hashdeep h = {.r = r};
    for (;;) {
        char *line;
        size_t len;
        enum acc_code code = acc_reading_line(r, &line, &len);
        if (code != ACC_OK || line == NULL)
            return code;
        if (strncmp(line, "%%%% ", 5) == 0) {
            code = read_header(&h, line);
        } else if (line[0] == '#') {
            r->info->skipped++; /* the format's own comments: nothing to note */
        } else if (len == 0) {
            acc_reading_remark(r, ACC_REMARK_BLANK);
            r->info->skipped++;
        } else if (h.columns == 0) {
            code = acc_reading_fail(r, r->input.line,
                                    "comes before the line that names the columns "
                                    "(%%%%%%%% size,...). Make the list again.");
        } else {
            code = read_entry(&h, line, len);
        }
        if (code != ACC_OK)
            return code;
    }
}
