/* accession internals: for the manual, the completions and the tests, not for people; help does not
 * list it. Everything comes from the tables of commands and options, so none of them can drift. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <accession/accession.h>
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/settings.h"

static const struct acc_option_group groups[] = {{0}};
static const char *const words[] = {"options|archives", NULL};

static json_t *options_json(const struct acc_option *table)
{
    json_t *list = json_array();
    ACC_EACH_OPTION (option, table) {
        char letter[2] = {option->letter, '\0'};
        json_t *choices = json_array();
        for (size_t i = 0; option->choices != NULL && option->choices[i] != NULL; i++)
            json_array_append_new(choices, json_string(option->choices[i]));
        struct acc_str variable = {0};
        acc_cli_variable(option, &variable);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s?, s:b, s:b, s:s, s:s, s:o}", "name",
                                        option->name, "letter", letter, "value", option->value,
                                        "optional", option->kind == ACC_OPTION_OPTIONAL, "list",
                                        option->kind == ACC_OPTION_LIST, "help", option->help,
                                        "variable", acc_str_cstr(&variable), "choices", choices));
        acc_str_release(&variable);
    }
    return list;
}

static json_t *command_json(const struct acc_command *command)
{
    json_t *titles = json_array(), *examples = json_array(), *exits = json_array();
    ACC_EACH_GROUP (group, &command->syntax) {
        json_array_append_new(titles, json_pack("{s:s, s:o}", "title", group->title, "options",
                                                options_json(group->options)));
    }
    for (const char *const *example = command->examples; example[0] != NULL; example += 2)
        json_array_append_new(examples,
                              json_pack("{s:s, s:s}", "remark", example[0], "command", example[1]));
    for (const struct acc_exit_status *exit = command->exits; exit->meaning != NULL; exit++)
        json_array_append_new(
            exits, json_pack("{s:i, s:s}", "status", exit->status, "meaning", exit->meaning));
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "name", command->syntax.command,
                     "usage", command->syntax.usage, "summary", command->summary, "about",
                     command->about, "groups", titles, "examples", examples, "exits", exits);
}

static void print_options(struct acc_cli *cli)
{
    json_t *list = json_array();
    for (size_t i = 0; cli->commands[i] != NULL; i++)
        if (cli->commands[i]->summary != NULL)
            json_array_append_new(list, command_json(cli->commands[i]));
    json_t *all = json_pack("{s:s, s:o, s:o}", "version", acc_version(), "options",
                            options_json(acc_program_options), "commands", list);
    char *text = json_dumps(all, JSON_INDENT(1));
    json_decref(all);
    fprintf(cli->out, "%s\n", text != NULL ? text : "null");
    free(text);
}

/* The destinations that the configuration names, as they are typed. */
static void print_archives(struct acc_cli *cli)
{
    const struct acc_settings *settings = cli->settings;
    for (size_t i = 0; i < settings->count; i++)
        if (strcmp(settings->rows[i].key, "url") == 0)
            fprintf(cli->out, "%s:\n", settings->rows[i].section);
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    const char *given[ACC_WORDS_MAX];
    struct acc_error err;
    char none;
    int status;
    if (acc_cli_parse(cli, &acc_command_internals, argc, argv, &none, given, &status))
        return status;
    if (strcmp(given[0], "options") == 0) {
        print_options(cli);
    } else if (strcmp(given[0], "archives") == 0) {
        print_archives(cli);
    } else {
        acc_error_set(&err, ACC_USAGE, "internals: must be options or archives.");
        return acc_cli_fail(cli, &err);
    }
    return 0;
}

static const char *const examples[] = {NULL};
static const struct acc_exit_status exits[] = {{0, NULL}};

const struct acc_command acc_command_internals = {
    .syntax = {.command = "internals",
               .usage = "options|archives",
               .groups = groups,
               .words = words},
    .about = "Prints what the manual, the completions and the tests are made from.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
