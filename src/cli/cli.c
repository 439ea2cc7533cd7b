/* The first and the last steps of every command: parse its line by its tables, fill in options that
 * the line does not give, choose the renderer, and report an error in one line. Help and a line
 * that cannot be parsed end the command here. */
#include "cli/cli.h"

#include <string.h>

#include "base/secret.h"
#include "base/trace.h"

bool acc_cli_parse(struct acc_cli *cli, const struct acc_command *command, int argc,
                   char *const *argv, void *target, const char *words[ACC_WORDS_MAX], int *status)
{
    struct acc_error err = {0};
    struct acc_parse parse = {
        .syntax = &command->syntax, .target = target, .program = &cli->program};
    /* Before anything can repeat the line. */
    enum acc_code code = ACC_OK;
    for (int i = 0; i < argc && code == ACC_OK; i++)
        if (acc_holds_keys(argv[i]))
            code = acc_error_set(&err, ACC_USAGE, "%s", ACC_KEYS_IN_URL);
    if (code == ACC_OK)
        code = acc_options_parse(&parse, argc, argv, &err);
    cli->given = parse.given;
    memcpy(cli->typed, parse.words, sizeof cli->typed);
    if (code == ACC_OK && parse.help) {
        acc_help_command(cli->out, command);
        *status = 0;
        return true;
    }
    if (code == ACC_OK)
        code = acc_cli_configure(cli, &parse, &err);
    if (code != ACC_OK)
        *status = acc_cli_fail(cli, &err);
    memcpy(words, parse.words, sizeof parse.words);
    return code != ACC_OK;
}

struct acc_render *acc_cli_render(struct acc_cli *cli, const struct acc_output_options *output,
                                  const struct acc_progress_options *progress, const char *source,
                                  const char *url, const struct acc_connection *connection)
{
    bool torn = acc_trace_on_stderr() && !output->json;
    struct acc_render_setup setup = {.quiet = output->quiet,
                                     .no_progress = progress->hidden || torn,
                                     .title = progress->title,
                                     .source = source,
                                     .url = url,
                                     .connection = connection,
                                     .command = cli->command_line};
    acc_screen_init(&setup.out, cli->out, output->color);
    acc_screen_init(&setup.err, cli->err, output->color);
    return output->json ? acc_render_json_new(&setup) : acc_render_terminal_new(&setup);
}

int acc_cli_fail(struct acc_cli *cli, const struct acc_error *err)
{
    struct acc_str shown = {0};
    struct acc_screen screen;
    acc_screen_init(&screen, cli->err, NULL);
    acc_show_text(&shown, err->message);
    acc_screen_message(&screen, acc_str_cstr(&shown));
    acc_str_release(&shown);
    return acc_code_exit(err->code);
}
