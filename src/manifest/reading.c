/* Errors, notes, lines and entries for every reader. Pure bookkeeping: what is allocated here is
 * one string for showing names, released by the function that began the reading. */
#include "manifest/reading.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"

static const char *const remarks[ACC_REMARK_COUNT] = {
    [ACC_REMARK_BOM] = "begins with a byte order mark; it was skipped",
    [ACC_REMARK_UTF16] = "is UTF-16 text, by its byte order mark; it was read as that",
    [ACC_REMARK_CRLF] = "lines end in CR LF; the CR was taken as part of the line end",
    [ACC_REMARK_BLANK] = "blank lines were skipped",
    [ACC_REMARK_COMMENT] = "comment lines were skipped",
    [ACC_REMARK_UNTERMINATED] =
        "the last line has no line end; if the file was cut short, its name may be incomplete",
    [ACC_REMARK_BARE] =
        "one space stands between digest and name, without a marker for text or binary",
    [ACC_REMARK_STAR] =
        "names begin with the '*' of md5sum, which BagIt does not allow; it was removed",
    [ACC_REMARK_UNUSABLE] = "gives digests that cannot be compared; they were skipped",
    [ACC_REMARK_DOT] = "paths begin with './', which BagIt advises against; it was removed",
};

const struct acc_manifest_options acc_no_options;

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
    r->cr = cr && r->crlf;
    if (r->cr) {
        acc_reading_remark(r, ACC_REMARK_CRLF);
        (*line)[--*len] = '\0';
        if (*len > 0 && (*line)[*len - 1] == '\r')
            return acc_reading_fail(r, r->input.line,
                                    "ends in CR CR LF (\\x0D\\x0D\\x0A): the line ends were "
                                    "converted twice. Make the manifest again.");
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
    if (r->input.utf16)
        acc_reading_remark(r, ACC_REMARK_UTF16);
    return code;
}
