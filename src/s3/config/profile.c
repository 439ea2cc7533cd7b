/* Both files are read into one list of (section, name, value), the credentials file first, so that
 * its values win. Nothing is interpreted here. Read by ourselves: libraries for such files cut
 * lines at a few hundred characters, which session tokens exceed, or take ";" for a comment within
 * a line, which the aws command line does not. */
#include "s3/config/profile.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#define FILE_MAX ((size_t)4 << 20)

struct setting {
    char *section; /* "profile NAME", "KIND NAME" */
    char *name;
    char *value;
    enum acc_profile_file file;
};

struct acc_profiles {
    struct setting *settings;
    size_t count, cap;
};

/* One file on its way into the list. */
struct reading {
    struct acc_profiles *profiles;
    enum acc_profile_file file;
    char *section;
    char *parent; /* the last name at the left margin: what is indented below belongs to it */
    bool nests;   /* its value was empty, so that settings are nested in it */
};

static char *trimmed(const char *from, const char *end)
{
    while (from < end && strchr(" \t", *from) != NULL)
        from++;
    while (from < end && strchr(" \t\r", end[-1]) != NULL)
        end--;
    return acc_strndup(from, (size_t)(end - from));
}

/* The config file says [profile NAME] but [default]; the credentials file says [NAME] always. A
 * name with spaces stands in quotes. */
static char *section_name(const char *from, const char *end, enum acc_profile_file file)
{
    struct acc_str section = {0};
    char *text = trimmed(from, end);
    char *name = strpbrk(text, " \t");
    if (file == ACC_PROFILE_CREDENTIALS || strcmp(text, "default") == 0) {
        acc_str_addf(&section, "profile %s", text);
    } else if (name == NULL) {
        acc_str_add(&section, text);
    } else {
        *name++ = '\0';
        name += strspn(name, " \t");
        size_t len = strlen(name);
        bool quoted = len >= 2 && (*name == '"' || *name == '\'') && name[len - 1] == *name;
        acc_str_addf(&section, "%s %.*s", text, (int)(quoted ? len - 2 : len), name + quoted);
    }
    free(text);
    return acc_str_detach(&section);
}

static void add(struct reading *r, char *name, char *value)
{
    struct acc_profiles *p = r->profiles;
    if (p->count == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 32;
        p->settings = acc_realloc(p->settings, p->cap * sizeof *p->settings);
    }
    p->settings[p->count++] = (struct setting){acc_strdup(r->section), name, value, r->file};
}

/* An indented line: a setting nested in the name above it, or more of that name's value. */
static bool read_indented(struct reading *r, const char *line, const char *end)
{
    const char *equals = memchr(line, '=', (size_t)(end - line));
    struct acc_str text = {0};
    if (r->nests && equals == NULL)
        return false;
    if (r->nests) {
        char *name = trimmed(line, equals);
        acc_str_addf(&text, "%s.%s", r->parent, name);
        free(name);
        add(r, acc_str_detach(&text), trimmed(equals + 1, end));
        return true;
    }
    struct setting *last = &r->profiles->settings[r->profiles->count - 1];
    char *more = trimmed(line, end);
    acc_str_addf(&text, "%s\n%s", last->value, more);
    explicit_bzero(last->value, strlen(last->value));
    free(last->value);
    free(more);
    last->value = acc_str_detach(&text);
    return true;
}

/* False when the line means nothing. */
static bool read_line(struct reading *r, const char *line, const char *end)
{
    const char *text = line;
    while (text < end && strchr(" \t\r", *text) != NULL)
        text++;
    if (text == end || *text == '#' || *text == ';')
        return true;
    if (*line == '[') {
        const char *close = memchr(line, ']', (size_t)(end - line));
        free(r->section);
        free(r->parent);
        r->parent = NULL;
        r->section = close ? section_name(line + 1, close, r->file) : NULL;
        return close != NULL;
    }
    if (text > line && r->parent != NULL)
        return read_indented(r, text, end);
    size_t name_len = strcspn(text, "=:\n");
    if (r->section == NULL || name_len == 0 || text + name_len >= end)
        return false;
    free(r->parent);
    r->parent = trimmed(text, text + name_len);
    for (char *c = r->parent; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    char *value = trimmed(text + name_len + 1, end);
    r->nests = *value == '\0';
    add(r, acc_strdup(r->parent), value);
    return true;
}

/* The number of the first line that means nothing, or 0. */
static int read_text(struct acc_profiles *p, enum acc_profile_file file, const char *text)
{
    struct reading r = {.profiles = p, .file = file};
    int number = 0, wrong = 0;
    for (const char *line = text; wrong == 0 && *line != '\0';) {
        const char *end = strchrnul(line, '\n');
        number++;
        if (!read_line(&r, line, end))
            wrong = number;
        line = *end ? end + 1 : end;
    }
    free(r.section);
    free(r.parent);
    return wrong;
}

static enum acc_code read_file(struct acc_profiles *p, const char *variable, const char *name,
                               enum acc_profile_file file, struct acc_error *err)
{
    struct acc_str path = {0}, text = {0};
    const char *moved = getenv(variable);
    if (moved != NULL && *moved) {
        acc_str_set(&path, moved);
    } else {
        acc_home_dir(&path);
        acc_str_addf(&path, "/.aws/%s", name);
    }
    enum acc_code code = acc_file_read(acc_str_cstr(&path), FILE_MAX, &text, err);
    if (code == ACC_FILE_MISSING) {
        code = ACC_OK;
    } else if (code != ACC_OK) {
        acc_error_context(err, "AWS configuration");
        err->code = code = ACC_CONFIG;
    } else {
        int line = read_text(p, file, acc_str_cstr(&text));
        if (line != 0)
            code = acc_error_set(err, ACC_CONFIG,
                                 "%s:%d: is neither a [section] nor a setting. Correct the line.",
                                 acc_str_cstr(&path), line);
    }
    acc_str_release(&path);
    acc_str_wipe(&text);
    return code;
}

enum acc_code acc_profiles_load(struct acc_profiles **profiles, struct acc_error *err)
{
    struct acc_profiles *p = ACC_NEW(struct acc_profiles);
    enum acc_code code =
        read_file(p, "AWS_SHARED_CREDENTIALS_FILE", "credentials", ACC_PROFILE_CREDENTIALS, err);
    if (code == ACC_OK)
        code = read_file(p, "AWS_CONFIG_FILE", "config", ACC_PROFILE_CONFIG, err);
    if (code != ACC_OK) {
        acc_profiles_free(p);
        return code;
    }
    *profiles = p;
    return ACC_OK;
}

void acc_profiles_free(struct acc_profiles *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->count; i++) {
        free(p->settings[i].section);
        free(p->settings[i].name);
        /* may be a secret key */
        explicit_bzero(p->settings[i].value, strlen(p->settings[i].value));
        free(p->settings[i].value);
    }
    free(p->settings);
    free(p);
}

static bool in_section(const struct setting *s, const char *kind, const char *section)
{
    size_t kind_len = strlen(kind);
    return strncmp(s->section, kind, kind_len) == 0 && s->section[kind_len] == ' ' &&
           strcmp(s->section + kind_len + 1 + strspn(s->section + kind_len + 1, " \t"), section) ==
               0;
}

const char *acc_profiles_section_get(const struct acc_profiles *p, const char *kind,
                                     const char *section, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->settings[i].name, name) == 0 && in_section(&p->settings[i], kind, section))
            return p->settings[i].value;
    return NULL;
}

const char *acc_profiles_file_get(const struct acc_profiles *p, enum acc_profile_file file,
                                  const char *profile, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->settings[i].file == file && strcmp(p->settings[i].name, name) == 0 &&
            in_section(&p->settings[i], "profile", profile))
            return p->settings[i].value;
    return NULL;
}

const char *acc_profiles_get(const struct acc_profiles *p, const char *profile, const char *name)
{
    return acc_profiles_section_get(p, "profile", profile, name);
}

bool acc_profiles_has(const struct acc_profiles *p, const char *profile)
{
    for (size_t i = 0; i < p->count; i++)
        if (in_section(&p->settings[i], "profile", profile))
            return true;
    return false;
}
