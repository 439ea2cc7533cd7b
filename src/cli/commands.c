/* Finds the command and runs it; answers --help, --version and "help COMMAND" itself. Output that
 * could not be written is reported at the end, and changes an exit status of 0 only. */
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <accession/accession.h>
#include "base/mem.h"
#include "base/trace.h"
#include "cli/screen/shell.h"
#include "cli/settings.h"

/* clang-format off */
static const struct acc_command *const commands[] = {
    &acc_command_ingest,
    &acc_command_manifest,
    &acc_command_policy,
    &acc_command_verify,
    &acc_command_probe,
    &acc_command_replicate,
    &acc_command_report,
    &acc_command_restore,
    &acc_command_status,
    &acc_command_list,
    &acc_command_find,
    &acc_command_show,
    &acc_command_uploads,
    &acc_command_watch,
    &acc_command_ledger,
    &acc_command_config,
    &acc_command_internals,
    NULL,
};
/* clang-format on */

static const struct acc_command *find(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++)
        if (strcmp(commands[i]->syntax.command, name) == 0)
            return commands[i];
    return NULL;
}

static const char *nth_command(const void *arg, size_t index)
{
    const struct acc_command *command = commands[index];
    return command != NULL && command->summary != NULL ? command->syntax.command : NULL;
}

static int unknown_command(struct acc_cli *cli, const char *name)
{
    struct acc_error err;
    struct acc_str shown = {0};
    const char *near = acc_suggest(name, nth_command, NULL);
    acc_show_path(&shown, name);
    const char *kind = name[0] == '-' ? "option" : "command";
    if (near != NULL)
        acc_error_set(&err, ACC_USAGE, "%s: no such %s. Did you mean %s?", acc_str_cstr(&shown),
                      kind, near);
    else
        acc_error_set(&err, ACC_USAGE, "%s: no such %s. List them: accession --help",
                      acc_str_cstr(&shown), kind);
    acc_str_release(&shown);
    return acc_cli_fail(cli, &err);
}

static int help(struct acc_cli *cli, const char *name)
{
    const struct acc_command *command = name != NULL ? find(name) : NULL;
    if (name != NULL && command == NULL)
        return unknown_command(cli, name);
    if (command != NULL)
        acc_help_command(cli->out, command);
    else
        acc_help_program(cli->out, commands);
    return 0;
}

static bool is(const char *arg, const char *letter, const char *name)
{
    return strcmp(arg, letter) == 0 || strcmp(arg, name) == 0;
}

static int dispatch(struct acc_cli *cli, int argc, char *const *argv)
{
    if (argc < 2) {
        acc_help_program(cli->err, commands);
        fputs("\nTo try it without a bucket of your own: tools/quickstart in accession's source\n"
              "folder starts an S3 server on this machine and archives a bag to it.\n",
              cli->err);
        return acc_code_exit(ACC_USAGE);
    }
    const char *name = argv[1];
    if (is(name, "-h", "--help") || strcmp(name, "help") == 0)
        return help(cli, argc > 2 ? argv[2] : NULL);
    if (is(name, "-V", "--version")) {
        fprintf(cli->out, "accession %s\n%s", acc_version(), acc_version_details());
        return 0;
    }
    const struct acc_command *command = find(name);
    if (command == NULL)
        return unknown_command(cli, name);
    return command->run(cli, argc - 2, argv + 2);
}

/* "accession status | head": the reader has what it wanted. */
static bool reader_has_gone(FILE *out)
{
    struct pollfd pipe = {.fd = fileno(out), .events = POLLOUT};
    return poll(&pipe, 1, 0) == 1 && (pipe.revents & POLLERR);
}

int acc_cli_main(int argc, char *const *argv, FILE *out, FILE *err)
{
    json_set_alloc_funcs(acc_alloc, free); /* before any JSON is made: receipts have some, too */
    char *line = acc_shell_line(argc, argv);
    struct acc_settings settings = {0};
    struct acc_cli cli = {
        .out = out, .err = err, .command_line = line, .commands = commands, .settings = &settings};
    int status = dispatch(&cli, argc, argv);
    acc_trace_close();
    acc_settings_release(&settings);
    acc_options_given_release(cli.given);
    free(cli.typed_rest);
    free(line);
    errno = 0;
    bool lost = fflush(out) != 0 || ferror(out);
    if (lost && reader_has_gone(out)) {
        status = status == 0 ? 128 + SIGPIPE : status;
    } else if (lost) {
        fprintf(err,
                "accession: not all output could be written%s%s. The exit status would have been "
                "%d; what was archived stays archived.\n",
                errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "", status);
        if (status == 0)
            status = acc_code_exit(ACC_LOCAL);
    }
    return status;
}
