/* accession config: which credentials a run would use, and which values it is configured with; each
 * with where it comes from. Neither a secret nor a session token comes this far. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <accession/identity.h>
#include "base/clock.h"
#include "cli/screen/report.h"

struct config_options {
    struct acc_connection connection;
    struct acc_output_options output;
};

static const struct acc_option_group groups[] = {
    {"Connection (default: AWS_* variables, ~/.aws/config)", acc_connection_options,
     offsetof(struct config_options, connection)},
    {"Output", acc_output_options, offsetof(struct config_options, output)},
    {0},
};

static const char *const words[] = {"credentials|show", "[NAME]", NULL};

static const char *const examples[] = {
    "Which credentials a run would use, and where they come from",
    "accession config credentials",
    "The same for a profile, for a script",
    "accession config credentials --json --profile archive",
    "Every configured value for the destination archive:, and where it stands",
    "accession config show archive",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "credentials were found, or the configuration was shown"},
    {2, "the command line or the configuration is not usable"},
    {4, "no credentials were found, or a source of them does not work"},
    {0, NULL},
};

static void show(FILE *out, const struct acc_output_options *output,
                 const struct acc_identity *identity)
{
    struct acc_screen screen;
    struct acc_str text = {0};
    char time[ACC_TIME_TEXT];
    acc_screen_init(&screen, out, output->color);
    acc_screen_styled(&screen, ACC_GOOD, "Found");
    acc_show_text(&text, identity->source);
    acc_screen_paragraph(&screen, 5, ACC_REPORT_COLUMN, acc_str_cstr(&text));
    acc_str_clear(&text);
    acc_show_text(&text, identity->access_key);
    acc_screen_verbatim(&screen, 2, "access key", ACC_REPORT_COLUMN, acc_str_cstr(&text));
    acc_str_clear(&text);
    acc_show_text(&text, identity->profile);
    acc_screen_field(&screen, 2, "profile", ACC_REPORT_COLUMN, acc_str_cstr(&text));
    if (identity->expires != 0)
        acc_str_set(&text, acc_time_show(identity->expires, time)), acc_str_add(&text, " UTC");
    else
        acc_str_set(&text, identity->temporary ? "unknown; has a session token" : "never");
    acc_screen_field(&screen, 2, "expires", ACC_REPORT_COLUMN, acc_str_cstr(&text));
    acc_str_release(&text);
}

static void show_json(FILE *out, const struct acc_identity *identity)
{
    char time[ACC_TIME_TEXT];
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:b, s:s?}", "source", identity->source, "access_key",
        identity->access_key, "profile", identity->profile, "temporary", identity->temporary,
        "expires", identity->expires != 0 ? acc_time_rfc3339(identity->expires, time) : NULL);
    char *line = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (line != NULL)
        fprintf(out, "%s\n", line);
    free(line);
}

static int show_credentials(struct acc_cli *cli, const struct config_options *options)
{
    struct acc_identity identity;
    struct acc_error err = {0};
    enum acc_code code = acc_connection_check(&options->connection, &err);
    if (code == ACC_OK)
        code = acc_identity_find(&options->connection, &identity, &err);
    if (code != ACC_OK)
        return acc_cli_fail(cli, &err);
    if (options->output.json)
        show_json(cli->out, &identity);
    else if (!options->output.quiet)
        show(cli->out, &options->output, &identity);
    return 0;
}

static int unknown_word(struct acc_cli *cli, const char *word)
{
    struct acc_error err;
    struct acc_str shown = {0};
    acc_show_path(&shown, word);
    acc_error_set(&err, ACC_USAGE, "config %s: must be credentials or show.", acc_str_cstr(&shown));
    acc_str_release(&shown);
    return acc_cli_fail(cli, &err);
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct config_options options = {0};
    const char *given[ACC_WORDS_MAX];
    int status;
    acc_connection_defaults(&options.connection);
    if (!acc_cli_parse(cli, &acc_command_config, argc, argv, &options, given, &status)) {
        if (strcmp(given[0], "show") == 0)
            status = acc_config_show(cli, &options.output, cli->typed[1]);
        else if (strcmp(given[0], "credentials") == 0)
            status = show_credentials(cli, &options);
        else
            status = unknown_word(cli, given[0]);
    }
    acc_options_release(&acc_command_config.syntax, &options);
    return status;
}

const struct acc_command acc_command_config = {
    .syntax = {.command = "config",
               .usage = "[options] credentials|show [NAME]",
               .groups = groups,
               .words = words},
    .summary = "show the credentials and settings in use, and where they come from",
    .about =
        "config credentials searches for credentials as the aws command line does and in its "
        "order: environment variables (unless --profile is given), a role or a web identity "
        "token, the credentials file, credential_process, the config file, a container's "
        "endpoint, EC2 instance metadata. It shows which source won, never the secret.\n\n"
        "config show lists what the environment (ACCESSION_*) and the configuration files set, "
        "for the archive NAME or for all, each with where it stands. An option on the command "
        "line wins over both.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
