/* What every command begins and ends with: parse its line by its tables, choose the renderer, and
 * report an error in one line. Help and a line that cannot be parsed end the command here. */
#include "cli/cli.h"

bool acc_cli_parse(struct acc_cli *cli, const struct acc_command *command, int argc,
                   char *const *argv, void *target, const char *words[ACC_WORDS_MAX], int *status)
{
    struct acc_error err = {0};
    bool wants_help;
    if (acc_options_parse(&command->syntax, argc, argv, target, words, &wants_help, &err) !=
        ACC_OK) {
        *status = acc_cli_fail(cli, &err);
        return true;
    }
    if (wants_help) {
        acc_help_command(cli->out, command);
        *status = 0;
    }
    return wants_help;
}

struct acc_render *acc_cli_render(struct acc_cli *cli, const struct acc_output_options *output,
                                  bool no_progress, const char *source, const char *url,
                                  const struct acc_connection *connection)
{
    struct acc_render_setup setup = {.quiet = output->quiet,
                                     .no_progress = no_progress,
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
