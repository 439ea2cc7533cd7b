/* Reads configuration files into rows and finds values in them. On the happy path every line
 * becomes a section or a row. A line that is neither, a key given twice in one section, or a named
 * file that does not exist is an error with its place. Releasing frees every string. */
#include "cli/settings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

#define SYSTEM_FILE "/etc/accession.conf"
#define LONGEST (1u << 20)
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct reader {
    struct acc_settings *settings;
    const char *file, *section;
    unsigned line;
    size_t first; /* row of this file */
    struct acc_error *err;
};

const char *acc_settings_keep(struct acc_settings *settings, char *text)
{
    settings->owned =
        acc_realloc(settings->owned, (settings->owned_count + 1) * sizeof *settings->owned);
    settings->owned[settings->owned_count++] = text;
    return text;
}

/* ---- reading ---- */

static enum acc_code wrong_line(struct reader *r, const char *text, const char *problem)
{
    struct acc_str shown = {0};
    acc_path_show(&shown, text, strlen(text));
    acc_error_set(r->err, ACC_CONFIG, "%s:%u: '%.80s' %s", r->file, r->line, acc_str_cstr(&shown),
                  problem);
    acc_str_release(&shown);
    return ACC_CONFIG;
}

static enum acc_code take_section(struct reader *r, char *line)
{
    size_t len = strlen(line);
    if (line[len - 1] != ']')
        return wrong_line(r, line, "lacks its ']'. Write [NAME].");
    line[len - 1] = '\0';
    char *name = acc_trim(line + 1);
    for (const char *at = name; *at; at++)
        if (!isalnum((unsigned char)*at) && strchr("-_.", *at) == NULL)
            return wrong_line(r, name, "is not a name: use letters, digits, '-', '_' and '.'.");
    if (*name == '\0')
        return wrong_line(r, "[]", "has no name. Write [NAME].");
    r->section = acc_settings_keep(r->settings, acc_strdup(name));
    return ACC_OK;
}

static enum acc_code take_row(struct reader *r, char *line)
{
    struct acc_settings *settings = r->settings;
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return wrong_line(r, line, "is neither [NAME] nor KEY = VALUE. Correct the line.");
    *equals = '\0';
    const char *key = acc_trim(line), *value = acc_trim(equals + 1);
    if (*key == '\0')
        return wrong_line(r, value, "has no key before its '='. Correct the line.");
    struct acc_str said = {0};
    acc_str_addf(&said, "%s:%u: ", r->file, r->line);
    acc_path_show(&said, key, strlen(key));
    struct acc_setting row = {.section = r->section,
                              .key = acc_settings_keep(settings, acc_strdup(key)),
                              .value = acc_settings_keep(settings, acc_strdup(value)),
                              .said = acc_settings_keep(settings, acc_str_detach(&said)),
                              .file = r->file,
                              .line = r->line};
    settings->rows = acc_realloc(settings->rows, (settings->count + 1) * sizeof row);
    settings->rows[settings->count++] = row;
    return ACC_OK;
}

static enum acc_code take_line(struct reader *r, char *text)
{
    char *line = acc_trim(text);
    if (*line == '\0' || *line == '#' || *line == ';')
        return ACC_OK;
    return *line == '[' ? take_section(r, line) : take_row(r, line);
}

static enum acc_code read_file(struct acc_settings *settings, const char *path, bool named,
                               struct acc_error *err)
{
    struct acc_str text = {0};
    enum acc_code code = acc_file_read(path, LONGEST, &text, err);
    if (code == ACC_FILE_MISSING && !named) {
        acc_str_release(&text);
        return ACC_OK;
    }
    if (code != ACC_OK) {
        acc_str_release(&text);
        err->code = ACC_CONFIG;
        return acc_error_context(err, "configuration");
    }
    struct reader r = {
        settings, acc_settings_keep(settings, acc_strdup(path)), "", 0, settings->count, err};
    if (strlen(acc_str_cstr(&text)) != text.len) {
        r.line = 1;
        code = wrong_line(&r, "\\0", "is in the file: this is not text. Correct the file.");
    }
    char *next = text.data;
    if (next != NULL && acc_starts_with(next, BYTE_ORDER_MARK))
        next += strlen(BYTE_ORDER_MARK);
    while (code == ACC_OK && next != NULL) {
        char *line = strsep(&next, "\n");
        r.line++;
        code = take_line(&r, line);
    }
    acc_str_release(&text);
    return code;
}

enum acc_code acc_settings_read(struct acc_settings *settings, const char *config,
                                struct acc_error *err)
{
    if (config == NULL || *config == '\0')
        config = getenv("ACCESSION_CONFIG");
    if (config != NULL && *config != '\0')
        return read_file(settings, config, true, err);
    struct acc_str own = {0};
    const char *folder = getenv("XDG_CONFIG_HOME");
    if (folder != NULL && folder[0] == '/') {
        acc_str_set(&own, folder);
    } else {
        acc_home_dir(&own);
        acc_str_add(&own, "/.config");
    }
    acc_str_add(&own, "/accession/accession.conf");
    enum acc_code code = read_file(settings, SYSTEM_FILE, false, err);
    if (code == ACC_OK)
        code = read_file(settings, acc_str_cstr(&own), false, err);
    acc_str_release(&own);
    return code;
}

void acc_settings_release(struct acc_settings *settings)
{
    for (size_t i = 0; i < settings->owned_count; i++)
        free(settings->owned[i]);
    free(settings->owned);
    free(settings->rows);
    *settings = (struct acc_settings){0};
}

/* ---- finding ---- */

bool acc_settings_has(const struct acc_settings *settings, const char *section)
{
    for (size_t i = 0; i < settings->count; i++)
        if (strcmp(settings->rows[i].section, section) == 0)
            return true;
    return false;
}

static bool matches(const struct acc_setting *row, const char *section, const char *key)
{
    return strcmp(row->section, section) == 0 && strcmp(row->key, key) == 0;
}

static const struct acc_setting *find_in(const struct acc_settings *settings, const char *section,
                                         const char *key, size_t index)
{
    const char *file = NULL;
    for (size_t i = settings->count; i-- > 0 && file == NULL;)
        if (matches(&settings->rows[i], section, key))
            file = settings->rows[i].file;
    for (size_t i = 0; file != NULL && i < settings->count; i++)
        if (settings->rows[i].file == file && matches(&settings->rows[i], section, key) &&
            index-- == 0)
            return &settings->rows[i];
    return NULL;
}

const struct acc_setting *acc_settings_find(const struct acc_settings *settings,
                                            const char *section, const char *key, size_t index)
{
    if (section != NULL && find_in(settings, section, key, 0) != NULL)
        return find_in(settings, section, key, index);
    return find_in(settings, "", key, index);
}

enum acc_code acc_settings_resolve(struct acc_settings *settings, const char *word,
                                   const char **url, const char **section, struct acc_error *err)
{
    size_t len = strcspn(word, ":/");
    *url = NULL;
    if (len == 0 || word[len] != ':')
        return ACC_OK;
    const char *name = acc_settings_keep(settings, acc_strndup(word, len));
    const char *rest = word + len + 1;
    if (acc_starts_with(rest, "//") || !acc_settings_has(settings, name))
        return ACC_OK;
    const struct acc_setting *base = find_in(settings, name, "url", 0);
    if (base == NULL)
        return acc_error_set(err, ACC_CONFIG,
                             "%s: the configuration's section [%s] has no url. Add one: url = "
                             "s3://BUCKET/PREFIX",
                             word, name);
    struct acc_str joined = {0};
    while (*rest == '/')
        rest++;
    acc_str_set(&joined, base->value);
    if (*rest != '\0' && !acc_ends_with(base->value, "/"))
        acc_str_add_c(&joined, '/');
    acc_str_add(&joined, rest);
    *url = acc_settings_keep(settings, acc_str_detach(&joined));
    *section = name;
    return ACC_OK;
}
