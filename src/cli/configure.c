/* Fills in options that the command line does not give: from environment variables, then from the
 * configuration file. On the happy path a destination by name becomes its URL (destinations.c), and
 * every option that was not given gets its value. A key that no command has, or a name without a
 * section, is an error with its place. All strings live as long as cli->settings. */
#include "cli/cli.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
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
    struct acc_named named;
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
    const char *section = source->named.section, *target = source->named.target;
    const char *value = acc_cli_configured(source->cli, object && target != NULL ? target : section,
                                           option, index, said);
    if (value != NULL || !prefixed || target == NULL)
        return value;
    const struct acc_setting *row =
        acc_settings_find(source->cli->settings, target, name + sizeof prefix - 1, index);
    *said = row != NULL ? row->said : *said;
    return row != NULL ? at_home(source->cli, option, row->value) : NULL;
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
        code = acc_cli_name_destinations(cli, parse, &source.named, err);
    if (code == ACC_OK)
        code = acc_options_fill(parse, &(struct acc_option_source){value_of, &source}, err);
    if (code == ACC_OK && cli->program.debug != NULL)
        code = acc_trace_open(cli->program.debug, cli->program.debug_file, err);
    if (code == ACC_OK)
        hand_on(&cli->program);
    return code;
}
