/* Happy path: line by line, each either blank, a comment, more of the value above it, a [section]
 * or a setting; afterwards the values of several lines are joined or taken apart. The first line
 * that cannot be read ends the reading with its number. Nothing stays open. */
#include "s3/config/ini.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

struct reading {
    struct acc_ini *ini;
    struct acc_ini_fault *fault;
    struct acc_ini_section *section; /* NULL before the first one */
    struct acc_str value;            /* of the section's last setting, while `open` */
    bool open;                       /* lines may still be added to it */
    size_t indent;                   /* of the last line that continued nothing, in characters */
    int line;
};

static bool refuse(struct reading *r, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool refuse(struct reading *r, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->fault->why, sizeof r->fault->why, format, args);
    va_end(args);
    r->fault->line = line;
    return false;
}

/* ---- white space, as Python knows it ---- */

/* The bytes of the white space that `at` begins with; 0 when it begins with none. */
static size_t space(const char *at, const char *end)
{
    static const char *const wide[] = {"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80",
                                       "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
                                       "\xe2\x81\x9f", "\xe3\x80\x80"};
    unsigned char c = at < end ? (unsigned char)*at : 'x';
    if (c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f))
        return 1;
    for (size_t i = 0; i < ACC_COUNT_OF(wide); i++)
        if ((size_t)(end - at) >= strlen(wide[i]) && memcmp(at, wide[i], strlen(wide[i])) == 0)
            return strlen(wide[i]);
    if (end - at >= 3 && memcmp(at, "\xe2\x80", 2) == 0 && (at[2] & 0xff) >= 0x80 &&
        (at[2] & 0xff) <= 0x8a)
        return 3;
    return 0;
}

/* Returns how many characters of white space `from` begins with, and moves it behind them. */
static size_t skip_space(const char **from, const char *end)
{
    size_t count = 0;
    for (size_t len; (len = space(*from, end)) > 0; count++)
        *from += len;
    return count;
}

/* Where the text ends when the white space at its end does not count. */
static const char *before_space(const char *from, const char *end)
{
    for (size_t len = 1; len <= 3 && (size_t)(end - from) >= len; len++)
        if (space(end - len, end) == len) {
            end -= len;
            len = 0;
        }
    return end;
}

/* ---- lines ---- */

static void close_value(struct reading *r)
{
    if (!r->open)
        return;
    const char *text = acc_str_cstr(&r->value);
    size_t len = (size_t)(before_space(text, text + r->value.len) - text);
    r->section->settings[r->section->count - 1].value = acc_strndup(text, len);
    acc_str_wipe(&r->value);
    r->open = false;
}

static bool open_section(struct reading *r, const char *name, size_t len)
{
    struct acc_ini *ini = r->ini;
    for (size_t i = 0; i < ini->count; i++) {
        struct acc_ini_section *old = &ini->sections[i];
        if (strlen(old->name) != len || memcmp(old->name, name, len) != 0)
            continue;
        r->section = old;
        return strcmp(old->name, ACC_INI_DEFAULTS) == 0 ||
               refuse(r, r->line,
                      "line %d begins the same section, and the aws command line refuses such a "
                      "file. Remove one of the two, or merge them",
                      old->line);
    }
    if (ini->count == ini->cap) {
        ini->cap = ini->cap ? ini->cap * 2 : 8;
        ini->sections = acc_realloc(ini->sections, ini->cap * sizeof *ini->sections);
    }
    r->section = &ini->sections[ini->count++];
    *r->section = (struct acc_ini_section){.name = acc_strndup(name, len), .line = r->line};
    return true;
}

/* Takes the name over; the value follows. */
static struct acc_ini_setting *add(struct acc_ini_section *s, char *name, char *value, int line)
{
    if (s->count == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 8;
        s->settings = acc_realloc(s->settings, s->cap * sizeof *s->settings);
    }
    s->settings[s->count] = (struct acc_ini_setting){name, value, line};
    return &s->settings[s->count++];
}

static bool open_setting(struct reading *r, const char *from, const char *end)
{
    const char *delimiter = from;
    while (delimiter < end && *delimiter != '=' && *delimiter != ':')
        delimiter++;
    size_t len = (size_t)(before_space(from, delimiter) - from);
    if (delimiter == end || len == 0)
        return refuse(r, r->line,
                      "the line is neither a [section] nor a setting (name = value). Correct it");
    char *name = acc_strndup(from, len);
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    const struct acc_ini_setting *old = acc_ini_find(r->section, name);
    if (old != NULL) {
        free(name);
        return refuse(r, r->line,
                      "line %d is the same setting in the same section, and the aws command line "
                      "refuses such a file. Remove one of the two",
                      old->line);
    }
    add(r->section, name, NULL, r->line);
    r->open = true;
    const char *value = delimiter + 1;
    skip_space(&value, end);
    acc_str_add_n(&r->value, value, (size_t)(end - value));
    return true;
}

static bool read_line(struct reading *r, const char *from, const char *end)
{
    size_t indent = skip_space(&from, end);
    end = before_space(from, end);
    if (from < end && (*from == '#' || *from == ';'))
        return true;
    if (from == end || (r->open && indent > r->indent)) {
        if (r->open) {
            acc_str_add_c(&r->value, '\n');
            acc_str_add_n(&r->value, from, (size_t)(end - from));
        }
        return true;
    }
    close_value(r);
    r->indent = indent;
    const char *bracket = *from == '[' ? memrchr(from, ']', (size_t)(end - from)) : NULL;
    if (bracket != NULL && bracket > from + 1)
        return open_section(r, from + 1, (size_t)(bracket - from - 1));
    if (r->section == NULL)
        return refuse(r, r->line,
                      "it is before any [section]. Put a line such as [default] above it");
    return open_setting(r, from, end);
}

/* ---- afterwards ---- */

/* Takes "\nNAME = VALUE\nNAME = VALUE" apart. */
static bool read_nested(struct reading *r, struct acc_ini_section *s, const char *parent,
                        const char *text, int line)
{
    for (const char *at = text; *at != '\0'; at += *at == '\n') {
        const char *from = at, *end = strchrnul(at, '\n'),
                   *equals = memchr(at, '=', (size_t)(end - at));
        at = end;
        skip_space(&from, end);
        if (from == end)
            continue;
        if (equals == NULL)
            return refuse(r, line,
                          "the indented lines below it must be settings (name = value), since it "
                          "has no value itself. Correct them");
        const char *value = equals + 1;
        skip_space(&value, end);
        struct acc_str name = {0};
        acc_str_addf(&name, "%s.", parent);
        acc_str_add_n(&name, from, (size_t)(before_space(from, equals) - from));
        add(s, acc_str_detach(&name),
            acc_strndup(value, (size_t)(before_space(value, end) - value)), line);
    }
    return true;
}

static void free_value(char *value)
{
    if (value != NULL)
        explicit_bzero(value, strlen(value));
    free(value);
}

static bool nest(struct reading *r, struct acc_ini_section *s)
{
    bool good = true;
    for (size_t i = 0, own = s->count; i < own && good; i++) {
        char *parent = s->settings[i].name, *text = s->settings[i].value;
        if (*text != '\n')
            continue;
        s->settings[i].value = acc_strdup("");
        good = read_nested(r, s, parent, text, s->settings[i].line);
        free_value(text);
    }
    return good;
}

const struct acc_ini_setting *acc_ini_find(const struct acc_ini_section *s, const char *name)
{
    for (size_t i = s->count; i-- > 0;)
        if (strcmp(s->settings[i].name, name) == 0)
            return &s->settings[i];
    return NULL;
}

static void spread_defaults(struct acc_ini *ini)
{
    const struct acc_ini_section *defaults = NULL;
    for (size_t i = 0; i < ini->count; i++)
        if (strcmp(ini->sections[i].name, ACC_INI_DEFAULTS) == 0)
            defaults = &ini->sections[i];
    for (size_t i = 0; defaults != NULL && i < ini->count; i++)
        for (size_t k = 0; &ini->sections[i] != defaults && k < defaults->count; k++) {
            const struct acc_ini_setting *d = &defaults->settings[k];
            if (acc_ini_find(&ini->sections[i], d->name) == NULL)
                add(&ini->sections[i], acc_strdup(d->name), acc_strdup(d->value), d->line);
        }
}

/* Files that other systems' editors save in an encoding of their own. */
static bool is_readable_text(struct reading *r, const char *text, size_t len)
{
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        return refuse(r, 1,
                      "the file begins with a byte order mark (BOM), and the aws command line "
                      "refuses such a file. Save it as UTF-8 without BOM");
    if (memchr(text, '\0', len) != NULL)
        return refuse(r, 1, "the file is not text in UTF-8. Save it as UTF-8 without BOM");
    return true;
}

bool acc_ini_read(const char *text, size_t len, struct acc_ini *ini, struct acc_ini_fault *fault)
{
    *ini = (struct acc_ini){0};
    struct reading r = {.ini = ini, .fault = fault};
    bool good = is_readable_text(&r, text, len);
    for (const char *line = text; good && *line != '\0';) {
        const char *end = line + strcspn(line, "\r\n");
        r.line++;
        good = read_line(&r, line, end);
        line = end + (end[0] == '\r' && end[1] == '\n') + (*end != '\0');
    }
    close_value(&r);
    if (good)
        spread_defaults(ini);
    for (size_t i = 0; good && i < ini->count; i++)
        good = strcmp(ini->sections[i].name, ACC_INI_DEFAULTS) == 0 || nest(&r, &ini->sections[i]);
    return good;
}

void acc_ini_release(struct acc_ini *ini)
{
    for (size_t i = 0; i < ini->count; i++) {
        struct acc_ini_section *s = &ini->sections[i];
        for (size_t k = 0; k < s->count; k++) {
            free(s->settings[k].name);
            free_value(s->settings[k].value);
        }
        free(s->settings);
        free(s->name);
    }
    free(ini->sections);
    *ini = (struct acc_ini){0};
}
