/* Each file is read into its sections (ini.h); a table names those that mean something. In the
 * credentials file each section is a profile. In the config file [profile NAME] is, and [default];
 * a section that names the same profile as an earlier one takes its place. Read by ourselves:
 * libraries for such files cut lines at a few hundred characters, which session tokens exceed, or
 * take ";" for a comment within a line, which the aws command line does not. */
#include "s3/config/profile.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "s3/config/ini.h"
#include "s3/config/words.h"

#define FILE_MAX ((size_t)4 << 20)

struct place {
    enum acc_profile_file file;
    const char *kind; /* one of kinds[] */
    char *name;
    const struct acc_ini_section *section; /* of ini[file] */
};

struct acc_profiles {
    struct acc_ini ini[ACC_PROFILE_FILES];
    char *path[ACC_PROFILE_FILES];
    struct place *places;
    size_t count, cap;
    char *unreadable;
};

static const char *const kinds[] = {"profile", "services"};

/* ---- where the files lie ---- */

static void add_variables(struct acc_str *out, const char *text)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, "$");
        acc_str_add_n(out, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        bool braces = text[1] == '{';
        const char *from = text + 1 + braces, *end = from;
        while (braces ? *end != '\0' && *end != '}' : isalnum((unsigned char)*end) || *end == '_')
            end++;
        char *name = acc_strndup(from, (size_t)(end - from));
        const char *value = *name != '\0' && (!braces || *end == '}') ? getenv(name) : NULL;
        end += braces && *end == '}';
        if (value != NULL)
            acc_str_add(out, value);
        else
            acc_str_add_n(out, text, (size_t)(end - text));
        text = end;
        free(name);
    }
}

/* "~" and "~NAME" at the beginning are the home folders of this user and of that one. */
static void expand(struct acc_str *out, const char *text)
{
    struct acc_str path = {0}, home = {0};
    add_variables(&path, text);
    const char *rest = acc_str_cstr(&path);
    if (*rest == '~') {
        size_t len = strcspn(rest, "/");
        char *user = acc_strndup(rest + 1, len - 1);
        struct passwd *entry = *user != '\0' ? getpwnam(user) : NULL;
        if (*user == '\0')
            acc_home_dir(&home);
        else if (entry != NULL)
            acc_str_set(&home, entry->pw_dir);
        if (home.len > 0)
            rest += len;
        free(user);
    }
    acc_str_set(out, acc_str_cstr(&home));
    acc_str_add(out, rest);
    acc_str_release(&home);
    acc_str_release(&path);
}

/* ---- which sections mean what ---- */

static void add_place(struct acc_profiles *p, enum acc_profile_file file, const char *kind,
                      const char *name, const struct acc_ini_section *section)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->places[i].file == file && p->places[i].kind == kind &&
            strcmp(p->places[i].name, name) == 0) {
            p->places[i].section = section;
            return;
        }
    if (p->count == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 16;
        p->places = acc_realloc(p->places, p->cap * sizeof *p->places);
    }
    p->places[p->count++] = (struct place){file, kind, acc_strdup(name), section};
}

static void place_section(struct acc_profiles *p, enum acc_profile_file file,
                          const struct acc_ini_section *section)
{
    size_t count = 0;
    if (strcmp(section->name, ACC_INI_DEFAULTS) == 0)
        return;
    if (file == ACC_PROFILE_CREDENTIALS || strcmp(section->name, "default") == 0) {
        add_place(p, file, kinds[0], section->name, section);
        return;
    }
    char **words = acc_words_split(section->name, &count);
    for (size_t i = 0; words != NULL && count == 2 && i < ACC_COUNT_OF(kinds); i++)
        if (acc_starts_with(section->name, kinds[i]))
            add_place(p, file, kinds[i], words[1], section);
    acc_words_free(words);
}

/* ---- reading ---- */

static enum acc_code read_file(struct acc_profiles *p, enum acc_profile_file file,
                               const char *variable, const char *standard, struct acc_error *err)
{
    struct acc_str path = {0}, text = {0};
    struct acc_ini_fault fault;
    const char *moved = getenv(variable);
    expand(&path, moved != NULL ? moved : standard);
    errno = 0;
    enum acc_code code = acc_file_read(acc_str_cstr(&path), FILE_MAX, &text, err);
    if (code == ACC_FILE_MISSING || (code == ACC_FILE_UNREADABLE && errno == ENOTDIR)) {
        code = ACC_OK;
    } else if (code == ACC_FILE_UNREADABLE) {
        free(p->unreadable);
        p->unreadable = acc_strdup(err->message);
        code = ACC_OK;
    } else if (code != ACC_OK) {
        acc_error_context(err, "AWS configuration");
        err->code = code = ACC_CONFIG;
    } else if (!acc_ini_read(acc_str_cstr(&text), text.len, &p->ini[file], &fault)) {
        code = acc_error_set(err, ACC_CONFIG, "%s:%d: %s.", acc_str_cstr(&path), fault.line,
                             fault.why);
    }
    for (size_t i = 0; code == ACC_OK && i < p->ini[file].count; i++)
        place_section(p, file, &p->ini[file].sections[i]);
    p->path[file] = acc_str_detach(&path);
    acc_str_wipe(&text);
    return code;
}

enum acc_code acc_profiles_load(struct acc_profiles **profiles, struct acc_error *err)
{
    struct acc_profiles *p = ACC_NEW(struct acc_profiles);
    enum acc_code code = read_file(p, ACC_PROFILE_CREDENTIALS, "AWS_SHARED_CREDENTIALS_FILE",
                                   "~/.aws/credentials", err);
    if (code == ACC_OK)
        code = read_file(p, ACC_PROFILE_CONFIG, "AWS_CONFIG_FILE", "~/.aws/config", err);
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
    for (size_t i = 0; i < p->count; i++)
        free(p->places[i].name);
    free(p->places);
    for (int file = 0; file < ACC_PROFILE_FILES; file++) {
        acc_ini_release(&p->ini[file]);
        free(p->path[file]);
    }
    free(p->unreadable);
    free(p);
}

const char *acc_profiles_unreadable(const struct acc_profiles *p)
{
    return p->unreadable;
}

/* ---- asking ---- */

static const struct acc_ini_section *find(const struct acc_profiles *p, enum acc_profile_file file,
                                          const char *kind, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->places[i].file == file && strcmp(p->places[i].kind, kind) == 0 &&
            strcmp(p->places[i].name, name) == 0)
            return p->places[i].section;
    return NULL;
}

static const char *value_in(const struct acc_ini_section *section, const char *name)
{
    const struct acc_ini_setting *s = section != NULL ? acc_ini_find(section, name) : NULL;
    return s != NULL ? s->value : NULL;
}

const char *acc_profiles_section_get(const struct acc_profiles *p, const char *kind,
                                     const char *section, const char *name)
{
    return value_in(find(p, ACC_PROFILE_CONFIG, kind, section), name);
}

const char *acc_profiles_file_get(const struct acc_profiles *p, enum acc_profile_file file,
                                  const char *profile, const char *name)
{
    return value_in(find(p, file, "profile", profile), name);
}

const char *acc_profiles_get(const struct acc_profiles *p, const char *profile, const char *name)
{
    /* "s3 =" in the credentials file hides all that the config file nests in its own. */
    char *outermost = acc_strndup(name, strcspn(name, "."));
    bool here = acc_profiles_file_get(p, ACC_PROFILE_CREDENTIALS, profile, outermost) != NULL;
    free(outermost);
    return acc_profiles_file_get(p, here ? ACC_PROFILE_CREDENTIALS : ACC_PROFILE_CONFIG, profile,
                                 name);
}

bool acc_profiles_has(const struct acc_profiles *p, const char *profile)
{
    return find(p, ACC_PROFILE_CREDENTIALS, "profile", profile) != NULL ||
           find(p, ACC_PROFILE_CONFIG, "profile", profile) != NULL;
}

enum acc_code acc_profiles_check(const struct acc_profiles *p, const char *profile,
                                 struct acc_error *err)
{
    for (int file = 0; file < ACC_PROFILE_FILES; file++) {
        const struct acc_ini_section *s = find(p, (enum acc_profile_file)file, "profile", profile);
        for (size_t i = 0; s != NULL && i < s->count; i++) {
            const char *more = strchr(s->settings[i].value, '\n');
            if (more != NULL && strpbrk(more, "=:") != NULL)
                return acc_error_set(err, ACC_CONFIG,
                                     "%s:%d: the lines below it are indented deeper, so they "
                                     "continue its value and are not settings of their own. Indent "
                                     "all settings of a section alike.",
                                     p->path[file], s->settings[i].line);
        }
    }
    return ACC_OK;
}
