/* Fills in options that the command line does not give: from environment variables, then from the
 * configuration file. On the happy path a destination by name becomes its URL, and every option
 * that was not given gets its value. A key that no command has, or a name without a section, is an
 * error with its place. All strings live as long as cli->settings. */
#include "cli/cli.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/trace.h"
#include "cli/object_rules.h"
#include "cli/settings.h"

#define VARIABLE_PREFIX "ACCESSION_"

/* ---- the keys that exist ---- */

/* Options that confirm a deletion are for one command line, not for a file. */
static bool is_only_typed(const char *name)
{
    return acc_starts_with(name, "yes-") || strcmp(name, "abort-own") == 0 ||
           strcmp(name, "config") == 0;
}

const struct acc_option *acc_cli_nth_option(const struct acc_cli *cli, size_t number)
{
    for (size_t i = 0; cli->commands[i] != NULL; i++)
        ACC_EACH_GROUP (group, &cli->commands[i]->syntax)
            ACC_EACH_OPTION (option, group->options) {
                if (number-- == 0)
                    return option;
            }
    ACC_EACH_OPTION (option, acc_program_options) {
        if (number-- == 0)
            return option;
    }
    return NULL;
}

static const struct acc_option *find_option(const struct acc_cli *cli, const char *name)
{
    const struct acc_option *option;
    for (size_t i = 0; (option = acc_cli_nth_option(cli, i)) != NULL; i++)
        if (strcmp(option->name, name) == 0)
            return option;
    return NULL;
}

static const char *nth_key(const void *arg, size_t index)
{
    if (index == 0)
        return "url";
    const struct acc_option *option = acc_cli_nth_option(arg, index - 1);
    return option != NULL ? option->name : NULL;
}

static enum acc_code unknown_key(const struct acc_cli *cli, const struct acc_setting *row,
                                 struct acc_error *err)
{
    const char *near = acc_suggest(row->key, nth_key, cli);
    const struct acc_option *option;
    for (size_t i = 0; near == NULL && (option = acc_cli_nth_option(cli, i)) != NULL; i++)
        if (strlen(row->key) > 3 && acc_starts_with(option->name, row->key))
            near = option->name; /* "endpoint" */
    if (near != NULL)
        return acc_error_set(err, ACC_CONFIG, "%s: no such key. Did you mean %s?", row->said, near);
    return acc_error_set(err, ACC_CONFIG,
                         "%s: no such key. Keys are the long names of options, without \"--\", and "
                         "url.",
                         row->said);
}

static enum acc_code check_row(const struct acc_cli *cli, const struct acc_setting *row,
                               struct acc_error *err)
{
    if (acc_object_rules_are(row->section))
        return acc_object_rules_check(row, err);
    if (strcmp(row->key, "url") == 0) {
        if (row->section[0] == '\0')
            return acc_error_set(err, ACC_CONFIG, "%s: belongs into a section, [NAME].", row->said);
        return acc_starts_with(row->value, "s3://")
                   ? ACC_OK
                   : acc_error_set(err, ACC_CONFIG, "%s %s: must be s3://BUCKET[/PREFIX].",
                                   row->said, row->value);
    }
    const struct acc_option *option = find_option(cli, row->key);
    if (option == NULL)
        return unknown_key(cli, row, err);
    if (is_only_typed(row->key))
        return acc_error_set(err, ACC_CONFIG,
                             "%s: is accepted on the command line only. Remove the line.",
                             row->said);
    const struct acc_settings *settings = cli->settings;
    for (const struct acc_setting *other = settings->rows; other < row; other++)
        if (option->kind != ACC_OPTION_LIST && other->file == row->file &&
            strcmp(other->section, row->section) == 0 && strcmp(other->key, row->key) == 0)
            return acc_error_set(err, ACC_CONFIG,
                                 "%s: is in this section already, in line %u. Remove one of them.",
                                 row->said, other->line);
    return ACC_OK;
}

enum acc_code acc_cli_read_settings(struct acc_cli *cli, struct acc_error *err)
{
    struct acc_settings *settings = cli->settings;
    enum acc_code code = acc_settings_read(settings, cli->program.config, err);
    for (size_t i = 0; code == ACC_OK && i < settings->count; i++)
        code = check_row(cli, &settings->rows[i], err);
    return code;
}

/* ---- values ---- */

/* "FILE", and "FOLDER|s3://BUCKET/PREFIX": one form of the value is a path. */
static bool takes_path(const struct acc_option *option)
{
    size_t len = option->value != NULL ? strcspn(option->value, "|") : 0;
    return (len == 4 && strncmp(option->value, "FILE", len) == 0) ||
           (len == 6 && strncmp(option->value, "FOLDER", len) == 0);
}

/* A path may begin with "~/" where no shell has read it. */
static const char *at_home(struct acc_cli *cli, const struct acc_option *option, const char *value)
{
    struct acc_str path = {0};
    if (!takes_path(option) || !acc_starts_with(value, "~/"))
        return value;
    acc_home_dir(&path);
    acc_str_add(&path, value + 1);
    return acc_settings_keep(cli->settings, acc_str_detach(&path));
}

void acc_cli_variable(const struct acc_option *option, struct acc_str *name)
{
    acc_str_set(name, VARIABLE_PREFIX);
    for (const char *at = option->name; *at; at++)
        acc_str_add_c(name, *at == '-' ? '_' : (char)toupper((unsigned char)*at));
}

/* A list's variable has an item a line. */
static const char *from_environment(struct acc_cli *cli, const struct acc_option *option,
                                    size_t index, const char **said)
{
    struct acc_str name = {0};
    acc_cli_variable(option, &name);
    *said = acc_settings_keep(cli->settings, acc_str_detach(&name));
    const char *text = getenv(*said);
    if (text == NULL || option->kind != ACC_OPTION_LIST)
        return text != NULL && *text != '\0' && index == 0 ? text : NULL;
    while (index-- > 0 && text != NULL) {
        text = strchr(text, '\n');
        text = text != NULL ? text + 1 : NULL;
    }
    if (text == NULL || *text == '\0')
        return NULL;
    return acc_settings_keep(cli->settings, acc_strndup(text, strcspn(text, "\n")));
}

const char *acc_cli_configured(struct acc_cli *cli, const char *section,
                               const struct acc_option *option, size_t index, const char **said)
{
    const char *first;
    if (is_only_typed(option->name))
        return NULL;
    const char *value = from_environment(cli, option, index, said);
    if (value != NULL)
        return at_home(cli, option, value);
    if (index > 0 && from_environment(cli, option, 0, &first) != NULL)
        return NULL; /* the variable's items have ended */
    if (strcmp(option->name, "rule") == 0)
        return acc_object_rules_configured(cli->settings, section, index, said);
    const struct acc_setting *row = acc_settings_find(cli->settings, section, option->name, index);
    if (row == NULL)
        return NULL;
    *said = row->said;
    return at_home(cli, option, row->value);
}

struct source {
    struct acc_cli *cli;
    const char *section;
    const char *target; /* of a command with two destinations: the second's, or NULL */
};

static bool is_in(const struct acc_option *table, const char *name)
{
    for (; table->name != NULL; table++)
        if (strcmp(table->name, name) == 0)
            return true;
    return false;
}

/* What is said of the second destination, and what its objects carry, is in its own section; there
 * the keys have their plain names. */
static const char *value_of(void *arg, const struct acc_option *option, size_t index,
                            const char **said)
{
    static const char prefix[] = "target-";
    const struct source *source = arg;
    const char *name = option->name;
    bool object = is_in(acc_object_options, name) || is_in(acc_rule_options, name);
    bool prefixed = acc_starts_with(name, prefix);
    const char *value = acc_cli_configured(
        source->cli, object && source->target != NULL ? source->target : source->section, option,
        index, said);
    if (value != NULL || !prefixed || source->target == NULL)
        return value;
    const struct acc_setting *row =
        acc_settings_find(source->cli->settings, source->target, name + sizeof prefix - 1, index);
    *said = row != NULL ? row->said : *said;
    return row != NULL ? at_home(source->cli, option, row->value) : NULL;
}

/* ---- destinations by name ---- */

static const char *nth_section(const void *arg, size_t index)
{
    const struct acc_settings *settings = arg;
    for (size_t i = 0; i < settings->count; i++)
        if (strcmp(settings->rows[i].key, "url") == 0 && index-- == 0)
            return settings->rows[i].section;
    return NULL;
}

static enum acc_code unknown_section(const struct acc_cli *cli, const char *word,
                                     struct acc_error *err)
{
    struct acc_str shown = {0};
    char *name = acc_strndup(word, strcspn(word, ":"));
    const char *near = acc_suggest(name, nth_section, cli->settings);
    acc_path_show(&shown, word, strlen(word));
    if (near != NULL)
        acc_error_set(err, ACC_CONFIG,
                      "%s: the configuration has no such archive. Did you mean %s:?",
                      acc_str_cstr(&shown), near);
    else
        acc_error_set(err, ACC_CONFIG,
                      "%s: the configuration has no such archive. Write s3://BUCKET/PREFIX, or "
                      "name it in a file: accession config show",
                      acc_str_cstr(&shown));
    acc_str_release(&shown);
    free(name);
    return ACC_CONFIG;
}

/* Whether a word can only be a destination by name: NAME:..., where a bucket belongs. */
static bool needs_section(const char *slot, const char *word)
{
    size_t len = strcspn(word, ":/");
    return strstr(slot, "s3://") != NULL && len > 0 && word[len] == ':' &&
           !acc_starts_with(word + len, "://") && access(word, F_OK) != 0;
}

/* "archive" or "archive/maps" for "archive:" or "archive:maps": a section's name, where a bucket
 * belongs, and no such file. */
static enum acc_code forgot_colon(struct acc_cli *cli, const char *slot, const char *word,
                                  struct acc_error *err)
{
    size_t len = strcspn(word, "/");
    char *name = acc_strndup(word, len);
    bool forgot = strstr(slot, "s3://") != NULL && acc_settings_has(cli->settings, name) &&
                  access(word, F_OK) != 0;
    if (forgot)
        acc_error_set(err, ACC_USAGE, "%s: not a destination. Did you mean %s:%s?", word, name,
                      word + len + (word[len] == '/'));
    free(name);
    return forgot ? ACC_USAGE : ACC_OK;
}

/* A name alone is the folder that SOURCE goes into, as for scp. */
static const char *as_folder(struct acc_cli *cli, const struct acc_syntax *syntax,
                             const char *typed, const char *url)
{
    struct acc_str folder = {0};
    if (syntax->rest == NULL || !acc_ends_with(typed, ":") || acc_ends_with(url, "/"))
        return url;
    acc_str_addf(&folder, "%s/", url);
    return acc_settings_keep(cli->settings, acc_str_detach(&folder));
}

static enum acc_code name_destinations(struct acc_cli *cli, struct acc_parse *parse,
                                       struct source *source, struct acc_error *err)
{
    bool two = strstr(parse->syntax->words[0] != NULL ? parse->syntax->words[0] : "", "s3://") &&
               parse->syntax->words[1] != NULL && strstr(parse->syntax->words[1], "s3://");
    for (size_t i = 0; parse->syntax->words[i] != NULL; i++) {
        const char *url;
        if (parse->words[i] == NULL)
            continue;
        const char **section = two && i == 1 ? &source->target : &source->section;
        enum acc_code code =
            acc_settings_resolve(cli->settings, parse->words[i], &url, section, err);
        if (code != ACC_OK)
            return code;
        if (url == NULL)
            code = forgot_colon(cli, parse->syntax->words[i], parse->words[i], err);
        if (code != ACC_OK)
            return code;
        if (url != NULL)
            parse->words[i] = as_folder(cli, parse->syntax, parse->words[i], url);
        else if (needs_section(parse->syntax->words[i], parse->words[i]))
            return unknown_section(cli, parse->words[i], err);
    }
    return ACC_OK;
}

static void keep_typed(struct acc_cli *cli, const char *const *words)
{
    size_t count = 0;
    while (words != NULL && words[count] != NULL)
        count++;
    cli->typed_rest = acc_calloc(count + 1, sizeof *words);
    for (size_t i = 0; i < count; i++)
        cli->typed_rest[i] = words[i];
}

/* The words beyond the slots, where each may be a bucket. */
static enum acc_code name_rest(struct acc_cli *cli, struct acc_parse *parse, const char **section,
                               struct acc_error *err)
{
    const struct acc_option *rest = parse->syntax->rest;
    if (rest == NULL || rest->value == NULL || strstr(rest->value, "s3://") == NULL)
        return ACC_OK;
    const char **word = *(const char ***)((char *)parse->target + rest->offset), *url;
    keep_typed(cli, word);
    for (; word != NULL && *word != NULL; word++) {
        if (acc_settings_resolve(cli->settings, *word, &url, section, err) != ACC_OK)
            return err->code;
        if (url == NULL && needs_section(rest->value, *word))
            return unknown_section(cli, *word, err);
        if (url != NULL)
            *word = url;
    }
    return ACC_OK;
}

/* Runs that this one starts (accession watch) read the same file and trace the same areas. */
static void hand_on(const struct acc_program_options *program)
{
    if (program->config != NULL)
        setenv("ACCESSION_CONFIG", program->config, 1);
    if (program->debug != NULL)
        setenv("ACCESSION_DEBUG", program->debug, 1);
    if (program->debug_file != NULL)
        setenv("ACCESSION_DEBUG_FILE", program->debug_file, 1);
}

enum acc_code acc_cli_configure(struct acc_cli *cli, struct acc_parse *parse, struct acc_error *err)
{
    struct source source = {.cli = cli};
    enum acc_code code = acc_cli_read_settings(cli, err);
    if (code == ACC_OK)
        code = name_destinations(cli, parse, &source, err);
    if (code == ACC_OK)
        code = name_rest(cli, parse, &source.section, err);
    if (code == ACC_OK)
        code = acc_options_fill(parse, &(struct acc_option_source){value_of, &source}, err);
    if (code == ACC_OK && cli->program.debug != NULL)
        code = acc_trace_open(cli->program.debug, cli->program.debug_file, err);
    if (code == ACC_OK)
        hand_on(&cli->program);
    return code;
}
