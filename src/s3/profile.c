/* Both files are read by inih into one list of (section, name, value), the credentials file first,
 * so that its values win. Nothing is interpreted here. */
#include "s3/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

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
    bool reading_credentials;
    char
        *parent; /* the last name that had an empty value: what is indented below is nested in it */
};

static void add(struct acc_profiles *p, const char *section, const char *name, const char *value)
{
    if (p->count == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 32;
        p->settings = acc_realloc(p->settings, p->cap * sizeof *p->settings);
    }
    struct acc_str s = {0};
    /* The config file says [profile NAME] but [default]; the credentials file says [NAME] always.
     */
    if (p->reading_credentials || strcmp(section, "default") == 0)
        acc_str_addf(&s, "profile %s", section);
    else
        acc_str_add(&s, section);
    p->settings[p->count++] = (struct setting){
        acc_str_detach(&s), acc_strdup(name), acc_strdup(value),
        p->reading_credentials ? ACC_PROFILE_CREDENTIALS : ACC_PROFILE_CONFIG};
}

/* inih hands an indented line over as a further value of the name above it. */
static int on_setting(void *arg, const char *section, const char *name, const char *value)
{
    struct acc_profiles *p = arg;
    const char *equals = strchr(value, '=');
    if (p->parent != NULL && strcmp(p->parent, name) == 0 && equals != NULL) {
        struct acc_str nested = {0};
        size_t len = (size_t)(equals - value);
        while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
            len--;
        acc_str_addf(&nested, "%s.%.*s", name, (int)len, value);
        add(p, section, acc_str_cstr(&nested), equals + 1 + strspn(equals + 1, " \t"));
        acc_str_release(&nested);
        return 1;
    }
    free(p->parent);
    p->parent = *value == '\0' ? acc_strdup(name) : NULL;
    add(p, section, name, value);
    return 1;
}

static enum acc_code read_file(struct acc_profiles *p, const char *variable, const char *name,
                               bool credentials, struct acc_error *err)
{
    struct acc_str path = {0}, text = {0};
    const char *moved = getenv(variable);
    if (moved != NULL && *moved) {
        acc_str_set(&path, moved);
    } else {
        acc_home_dir(&path);
        acc_str_addf(&path, "/.aws/%s", name);
    }
    p->reading_credentials = credentials;
    enum acc_code code = acc_file_read(acc_str_cstr(&path), FILE_MAX, &text, err);
    if (code == ACC_FILE_MISSING) {
        code = ACC_OK;
    } else if (code != ACC_OK) {
        acc_error_context(err, "AWS configuration");
        err->code = code = ACC_CONFIG;
    } else {
        int line = ini_parse_string(acc_str_cstr(&text), on_setting, p);
        if (line != 0)
            code = acc_error_set(err, ACC_CONFIG,
                                 "%s:%d: is neither a [section] nor a setting. Correct the line.",
                                 acc_str_cstr(&path), line);
    }
    free(p->parent);
    p->parent = NULL;
    acc_str_release(&path);
    acc_str_release(&text);
    return code;
}

enum acc_code acc_profiles_load(struct acc_profiles **profiles, struct acc_error *err)
{
    struct acc_profiles *p = ACC_NEW(struct acc_profiles);
    enum acc_code code = read_file(p, "AWS_SHARED_CREDENTIALS_FILE", "credentials", true, err);
    if (code == ACC_OK)
        code = read_file(p, "AWS_CONFIG_FILE", "config", false, err);
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
