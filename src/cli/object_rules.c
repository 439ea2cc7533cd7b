/* A text is cut at its semicolons, in a copy that the rule's strings point into; each piece is an
 * option of acc_object_options and is set as the command line would set it. A section of the file
 * becomes such a text, so that a watcher can hand it on to its runs. */
#include "cli/object_rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "cli/cli.h"

#define RULE_INFIX ".rule."
#define RULE_PREFIX "rule."
#define MATCH "match"

/* Those that belong to the run as a whole are not a rule's to change. */
static bool is_of_run(const char *name)
{
    return strcmp(name, "checksum") == 0 || strcmp(name, "expected-bucket-owner") == 0;
}

static const struct acc_option *option_of(const char *key)
{
    ACC_EACH_OPTION (option, acc_object_options)
        if (strcmp(option->name, key) == 0 && !is_of_run(key))
            return option;
    return NULL;
}

static const char *nth_key(const void *arg, size_t index)
{
    if (index == 0)
        return MATCH;
    ACC_EACH_OPTION (option, acc_object_options)
        if (!is_of_run(option->name) && --index == 0)
            return option->name;
    return NULL;
}

/* ---- a text ---- */

static enum acc_code mistake(const char *rule, const char *what, const char *why,
                             struct acc_error *err)
{
    struct acc_str name = {0}, shown = {0};
    acc_path_show(&name, rule, strlen(rule));
    acc_path_show(&shown, what, strlen(what));
    acc_error_set(err, ACC_USAGE, "--rule %s: \"%s\" %s", acc_str_cstr(&name), acc_str_cstr(&shown),
                  why);
    acc_str_release(&name);
    acc_str_release(&shown);
    return ACC_USAGE;
}

static void add_pattern(struct acc_object_rule *rule, const char *pattern)
{
    size_t count = 0;
    while (rule->match != NULL && rule->match[count] != NULL)
        count++;
    const char **longer = acc_realloc((void *)rule->match, (count + 2) * sizeof *longer);
    longer[count] = pattern;
    longer[count + 1] = NULL;
    rule->match = longer;
}

static enum acc_code take_match(struct acc_object_rule *rule, char *value, struct acc_error *err)
{
    for (char *pattern; (pattern = strsep(&value, ",")) != NULL;) {
        pattern = acc_trim(pattern);
        if (*pattern == '\0')
            return mistake(rule->name, MATCH, "has an empty pattern. Write match=*.tif, *.mxf",
                           err);
        add_pattern(rule, pattern);
    }
    return ACC_OK;
}

/* A list that the rule gives replaces the usual one; the first of its items begins it. */
static enum acc_code take_option(struct acc_object_rule *rule, const char *key, const char *value,
                                 const struct acc_object_options *usual, struct acc_error *err)
{
    const struct acc_option *option = option_of(key);
    if (option == NULL) {
        struct acc_str why = {0};
        const char *near = acc_suggest(key, nth_key, NULL);
        acc_str_addf(&why, "is not an attribute that a rule can set.%s%s%s",
                     near != NULL ? " Did you mean " : "", near != NULL ? near : "",
                     near != NULL ? "?" : "");
        mistake(rule->name, key, acc_str_cstr(&why), err);
        acc_str_release(&why);
        return ACC_USAGE;
    }
    void *target = (char *)&rule->object + option->offset;
    const void *before = (const char *)usual + option->offset;
    if (option->kind == ACC_OPTION_LIST && memcmp(target, before, sizeof(void *)) == 0)
        memset(target, 0, sizeof(void *));
    struct acc_str said = {0};
    acc_str_addf(&said, "--rule %s: %s", rule->name, key);
    enum acc_code code = acc_option_set(option, target, value, acc_str_cstr(&said), ACC_USAGE, err);
    acc_str_release(&said);
    return code;
}

static enum acc_code parse(struct acc_object_rule *rule, char *text,
                           const struct acc_object_options *usual, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    rule->object = *usual;
    rule->name = text;
    char *rest = strchr(text, ':');
    if (rest == NULL || rest == text)
        return mistake("", text, "has no name. Write NAME: match=*.tif; storage-class=GLACIER",
                       err);
    *rest++ = '\0';
    while (rest != NULL && code == ACC_OK) {
        char *piece = acc_trim(strsep(&rest, ";")), *equals = strchr(piece, '=');
        if (*piece == '\0')
            continue;
        if (equals == NULL)
            return mistake(rule->name, piece, "is not KEY=VALUE.", err);
        *equals = '\0';
        char *key = acc_trim(piece), *value = acc_trim(equals + 1);
        code = strcmp(key, MATCH) == 0 ? take_match(rule, value, err)
                                       : take_option(rule, key, value, usual, err);
    }
    if (code == ACC_OK && rule->match == NULL)
        return mistake(rule->name, MATCH, "is missing: which files is it for?", err);
    return code;
}

enum acc_code acc_object_rules_parse(struct acc_object_rules *rules, const char *const *texts,
                                     const struct acc_object_options *usual, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    size_t count = 0;
    while (texts != NULL && texts[count] != NULL)
        count++;
    *rules = (struct acc_object_rules){
        .rules = acc_calloc(count + 1, sizeof *rules->rules),
        .texts = acc_calloc(count + 1, sizeof *rules->texts),
        .usual = usual,
    };
    for (size_t i = 0; i < count && code == ACC_OK; i++) {
        rules->texts[i] = acc_strdup(texts[i]);
        rules->count++;
        code = parse(&rules->rules[i], rules->texts[i], usual, err);
    }
    return code;
}

void acc_object_rules_release(struct acc_object_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        struct acc_object_options *o = &rules->rules[i].object;
        free((void *)rules->rules[i].match);
        if (o->tags != rules->usual->tags)
            free((void *)o->tags);
        if (o->metadata != rules->usual->metadata)
            free((void *)o->metadata);
        free(rules->texts[i]);
    }
    free(rules->rules);
    free(rules->texts);
    *rules = (struct acc_object_rules){0};
}

/* ---- a section ---- */

bool acc_object_rules_are(const char *section)
{
    return acc_starts_with(section, RULE_PREFIX) || strstr(section, RULE_INFIX) != NULL;
}

enum acc_code acc_object_rules_check(const struct acc_setting *row, struct acc_error *err)
{
    if (strchr(row->value, ';') != NULL)
        return acc_error_set(err, ACC_CONFIG,
                             "%s: a rule's value cannot hold a semicolon. Choose another value.",
                             row->said);
    if (strcmp(row->key, MATCH) == 0 || option_of(row->key) != NULL)
        return ACC_OK;
    const char *near = acc_suggest(row->key, nth_key, NULL);
    return near != NULL
               ? acc_error_set(err, ACC_CONFIG,
                               "%s: not an attribute that a rule can set. Did you "
                               "mean %s?",
                               row->said, near)
               : acc_error_set(err, ACC_CONFIG,
                               "%s: not an attribute that a rule can set. Keys are match and the "
                               "options that ingest lists under \"On every object\".",
                               row->said);
}

static bool is_rule_of(const char *section, const char *archive)
{
    size_t len = strlen(archive);
    if (len == 0)
        return acc_starts_with(section, RULE_PREFIX);
    return strncmp(section, archive, len) == 0 && acc_starts_with(section + len, RULE_INFIX);
}

/* The row that first names the `index`-th rule of an archive; NULL if there are no more. */
static const struct acc_setting *nth_rule(const struct acc_settings *settings, const char *archive,
                                          size_t index)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct acc_setting *row = &settings->rows[i];
        bool first = is_rule_of(row->section, archive);
        for (size_t k = 0; k < i && first; k++)
            first = strcmp(settings->rows[k].section, row->section) != 0;
        if (first && index-- == 0)
            return row;
    }
    return NULL;
}

static void add_key(struct acc_str *text, const struct acc_settings *settings, const char *section,
                    const char *key)
{
    const struct acc_setting *row;
    for (size_t i = 0; (row = acc_settings_find(settings, section, key, i)) != NULL; i++)
        if (strcmp(row->section, section) == 0)
            acc_str_addf(text, "%s %s=%s", acc_ends_with(acc_str_cstr(text), ":") ? "" : ";", key,
                         row->value);
}

bool acc_object_rules_exist(const struct acc_settings *settings, const char *section)
{
    return nth_rule(settings, section, 0) != NULL;
}

const char *acc_object_rules_configured(struct acc_settings *settings, const char *section,
                                        size_t index, const char **said)
{
    const char *archive =
        section != NULL && acc_object_rules_exist(settings, section) ? section : "";
    const struct acc_setting *rule = nth_rule(settings, archive, index);
    struct acc_str text = {0};
    const char *key;
    if (rule == NULL)
        return NULL;
    *said = rule->said;
    acc_str_addf(&text, "%s:",
                 rule->section + (*archive == '\0' ? strlen(RULE_PREFIX)
                                                   : strlen(archive) + strlen(RULE_INFIX)));
    for (size_t i = 0; (key = nth_key(NULL, i)) != NULL; i++)
        add_key(&text, settings, rule->section, key);
    return acc_settings_keep(settings, acc_str_detach(&text));
}
