/* accession probe: asks whether a destination takes writes, and leaves nothing behind. */
#include "cli/cli.h"

struct probe_options {
    struct acc_connection connection;
    struct acc_object_options object;
    const char *ledger;
    struct acc_output_options output;
};

static const struct acc_option records[] = {
    {"ledger", 0, "FILE", ACC_OPTION_STRING, offsetof(struct probe_options, ledger),
     "the ledger that keeps what the server was seen to do, if it exists; default "
     "$XDG_STATE_HOME/accession/ledger.db",
     0, 0, NULL},
    {0},
};

static const struct acc_option_group groups[] = {
    {"What uploads would carry", acc_object_options, offsetof(struct probe_options, object)},
    {"Connection (default: AWS_* variables, ~/.aws/config)", acc_connection_options,
     offsetof(struct probe_options, connection)},
    {"Records", records, 0},
    {"Output", acc_output_options, offsetof(struct probe_options, output)},
    {0},
};

static const char *const words[] = {"s3://BUCKET[/PREFIX]", NULL};

static const char *const examples[] = {
    "Whether this bucket accepts writes under this prefix",
    "accession probe s3://wellcome-archive/digitised",
    "The same on a server of your own, for a script",
    "accession probe --json --endpoint-url https://s3.example.org s3://archive",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "writes are accepted"},
    {2, "the command line or the configuration is not usable"},
    {3, "the bucket refuses writes"},
    {4, "the credentials, the clock, or the bucket's name or region are wrong"},
    {5, "the server cannot be reached, keeps failing, or is not an S3 server"},
    {0, NULL},
};

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct probe_options options = {0};
    const char *given[ACC_WORDS_MAX];
    struct acc_probe_result result = {0};
    const struct acc_progress_options no_progress = {.hidden = true};
    struct acc_error err = {0};
    int status;

    acc_connection_defaults(&options.connection);
    if (acc_cli_parse(cli, &acc_command_probe, argc, argv, &options, given, &status))
        goto out;
    if (acc_connection_check(&options.connection, &err) != ACC_OK) {
        status = acc_cli_fail(cli, &err);
        goto out;
    }
    struct acc_render *render =
        acc_cli_render(cli, &options.output, &no_progress, "", given[0], &options.connection);
    result.verdict =
        acc_probe(&options.connection, &options.object, given[0], options.ledger, &result, &err);
    render->functions->probe_done(render, &result, &err);
    status = acc_code_exit(result.verdict);
    acc_render_free(render);
out:
    acc_options_release(&acc_command_probe.syntax, &options);
    return status;
}

const struct acc_command acc_command_probe = {
    .syntax = {.command = "probe",
               .usage = "[options] s3://BUCKET[/PREFIX]",
               .groups = groups,
               .words = words},
    .summary = "find out whether a bucket accepts writes, leaving nothing behind",
    .about =
        "Starts a multipart upload under PREFIX/.accession-probe/ with the headers that "
        "uploads carry, sends one byte as its part, and aborts it. It also sends that byte with "
        "wrong digests, to learn which of them the server checks. No object, no version and "
        "no open upload remains. If writes are refused, it reports why, and who can fix it.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
