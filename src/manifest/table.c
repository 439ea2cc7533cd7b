/* Splitting is done twice over a record with quotes: once to find the fields without touching them,
 * so that an open quote can take the next line in, then to unquote in place. Records without
 * quotes, the bulk of every export, are split where they lie. */
#include "manifest/table.h"

#include <string.h>

/* Finds the end of the field that begins at `at`. */
static enum acc_split field_end(const struct acc_table *t, const char *at, const char *end,
                                const char **field_end_out)
{
    if (at < end && *at == '"') {
        for (at++;; at += 2) {
            at = memchr(at, '"', (size_t)(end - at));
            if (at == NULL)
                return ACC_SPLIT_OPEN;
            if (at + 1 == end || at[1] != '"')
                break;
        }
        at++;
        *field_end_out = at;
        return at == end || *at == t->delimiter ? ACC_SPLIT_OK : ACC_SPLIT_STRAY_QUOTE;
    }
    const char *stop = memchr(at, t->delimiter, (size_t)(end - at));
    *field_end_out = stop != NULL ? stop : end;
    bool stray = t->delimiter != '\t' && memchr(at, '"', (size_t)(*field_end_out - at)) != NULL;
    return stray ? ACC_SPLIT_STRAY_QUOTE : ACC_SPLIT_OK;
}

static void unquote(struct acc_field *f)
{
    char *to = f->text;
    for (size_t i = 1; i + 1 < f->len; i++) {
        i += f->text[i] == '"'; /* the first of a doubled pair */
        *to++ = f->text[i];
    }
    f->len = (size_t)(to - f->text);
}

enum acc_split acc_table_split(struct acc_table *t, char *text, size_t len)
{
    const char *end = text + len;
    t->count = 0;
    for (char *at = text;;) {
        const char *stop = NULL;
        enum acc_split result = field_end(t, at, end, &stop);
        if (result == ACC_SPLIT_OK && t->count == ACC_FIELDS_MAX)
            result = ACC_SPLIT_TOO_MANY;
        if (result != ACC_SPLIT_OK)
            return result;
        t->fields[t->count++] = (struct acc_field){at, (size_t)(stop - at), at < end && *at == '"'};
        if (stop == end)
            break;
        at += (stop - at) + 1;
    }
    for (size_t i = 0; i < t->count; i++) {
        if (t->fields[i].quoted)
            unquote(&t->fields[i]);
        t->fields[i].text[t->fields[i].len] = '\0';
    }
    return ACC_SPLIT_OK;
}

/* Takes lines in until no quote is open. A line end within quotes belongs to the field as it is. */
static enum acc_code gather(struct acc_table *t, struct acc_reading *r, enum acc_split *result)
{
    while (*result == ACC_SPLIT_OPEN) {
        char *line;
        size_t len;
        if (r->cr)
            acc_str_add_c(&t->record, '\r');
        enum acc_code code = acc_reading_line(r, &line, &len);
        if (code != ACC_OK)
            return code;
        if (line == NULL || t->record.len + len >= ACC_LINE_MAX)
            return acc_reading_fail(r, t->line,
                                    line == NULL
                                        ? "a quoted field has no end. The manifest was cut "
                                          "short, or a quote is missing; make it again."
                                        : "a quoted field goes on for too long. Is a quote "
                                          "missing?");
        acc_str_add_c(&t->record, '\n');
        acc_str_add_n(&t->record, line, len);
        *result = acc_table_split(t, t->record.data, t->record.len);
    }
    return ACC_OK;
}

enum acc_code acc_table_next(struct acc_table *t, struct acc_reading *r, bool *more)
{
    char *line;
    size_t len;
    enum acc_code code = acc_reading_line(r, &line, &len);
    *more = code == ACC_OK && line != NULL;
    if (!*more)
        return code;
    t->line = r->input.line;
    enum acc_split result = acc_table_split(t, line, len);
    if (result == ACC_SPLIT_OPEN) {
        acc_str_clear(&t->record);
        acc_str_add_n(&t->record, line, len);
        code = gather(t, r, &result);
    }
    if (code == ACC_OK && result == ACC_SPLIT_STRAY_QUOTE)
        return acc_reading_fail(r, t->line,
                                "a quote stands where RFC 4180 allows none. Put the whole "
                                "field in quotes and double those inside.");
    if (code == ACC_OK && result == ACC_SPLIT_TOO_MANY)
        return acc_reading_fail(r, t->line, "has more than %d fields. Is the delimiter right?",
                                ACC_FIELDS_MAX);
    return code;
}

void acc_table_release(struct acc_table *t)
{
    acc_str_release(&t->record);
}
