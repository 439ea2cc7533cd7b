/* accession restore: bring archived files back into a folder. */
#include "cli/cli.h"

#include <stdlib.h>

#include <accession/restore.h>
#include "base/clock.h"
#include "base/mem.h"

#define MIB (1024LL * 1024)
#define GIB (1024 * MIB)

struct restore_cli {
    struct acc_restore_options restore;
    struct acc_manifest_cli manifest;
    struct acc_output_options output;
    struct acc_progress_options progress;
    const char *as_of;
};

#define AT(member) offsetof(struct restore_cli, member)
static const struct acc_option promise_options[] = {
    {"manifest", 'm', "FILE", ACC_OPTION_LIST, AT(restore.manifests),
     "restore what this manifest names, instead of what the ledger archived there; may be given "
     "several times",
     0, 0, NULL},
    {"manifest-format", 0, "NAME", ACC_OPTION_STRING, AT(restore.manifest_format),
     "format of the manifests, if their content does not show it", 0, 0, NULL},
    {"strip-prefix", 0, "PATH", ACC_OPTION_STRING, AT(restore.strip_prefix),
     "remove PATH from the front of the manifests' paths", 0, 0, NULL},
    {"ledger", 0, "FILE", ACC_OPTION_STRING, AT(restore.ledger),
     "which knows what was archived, and records the restore; default "
     "$XDG_STATE_HOME/accession/ledger.db",
     0, 0, NULL},
    {0},
};

static const struct acc_option what_options[] = {
    {"only", 0, "GLOB", ACC_OPTION_LIST, AT(restore.only),
     "only files whose path below PREFIX matches, such as 'data/*.tif'; * also matches /; may be "
     "given several times",
     0, 0, NULL},
    {"as-of", 0, "TIME", ACC_OPTION_STRING, AT(as_of),
     "what was archived by then, such as 2026-05-01T00:00:00Z, in the versions of then", 0, 0,
     NULL},
    {"version-id", 0, "ID", ACC_OPTION_STRING, AT(restore.version_id),
     "this version of an object; its content is compared with what the ledger recorded of it, or "
     "with the manifest",
     0, 0, NULL},
    {"thaw", 0, "TIER[:DAYS]", ACC_OPTION_STRING, AT(restore.thaw),
     "ask for the objects in cold storage first: Expedited, Standard or Bulk, to be readable for "
     "DAYS "
     "(default 7); the same command restores them later. Without it they are reported, and nothing "
     "is "
     "restored",
     0, 0, NULL},
    {"dry-run", 'n', NULL, ACC_OPTION_FLAG, AT(restore.dry_run),
     "look at the ledger or manifest, the bucket's listing and the folder; read no object, write "
     "nothing",
     0, 0, NULL},
    {"jobs", 'j', "N", ACC_OPTION_INT, AT(restore.jobs),
     "objects read concurrently, 1 to 256; default 16", 1, 256, NULL},
    {"memory", 0, "SIZE", ACC_OPTION_BYTES, AT(restore.memory),
     "memory for content; default 64M, at least 2M for each of --jobs", 2 * MIB, 1024 * GIB, NULL},
    {"receipts", 0, "FOLDER|s3://BUCKET/PREFIX", ACC_OPTION_STRING, AT(restore.receipts),
     "where the run's receipt goes; default $XDG_STATE_HOME/accession/receipts. With a bucket it "
     "goes there as well, compressed and write-once",
     0, 0, NULL},
    {"premis", 0, NULL, ACC_OPTION_FLAG, AT(restore.premis),
     "write the run's PREMIS (RUN.premis.xml) beside its receipt", 0, 0, NULL},
    {0},
};

static const struct acc_option_group groups[] = {
    {"What was promised", promise_options, 0},
    {"", acc_manifest_reading_options, AT(manifest)},
    {"What is restored", what_options, 0},
    {"Connection (default: AWS_* variables, ~/.aws/config)", acc_connection_options,
     AT(restore.connection)},
    {"Output", acc_output_options, AT(output)},
    {"", acc_progress_options, AT(progress)},
    {0},
};
#undef AT

static const char *const words[] = {"s3://BUCKET[/PREFIX]", "FOLDER", NULL};

static const char *const examples[] = {
    "Bring a bag back",
    "accession restore s3://wellcome-archive/digitised/b24967646 b24967646",
    "Only its images",
    "accession restore --only 'data/*.tif' \\\n"
    "        s3://wellcome-archive/digitised/b24967646 images",
    "From cold storage: asked for today, restored by the same command in two days",
    "accession restore --thaw Bulk:14 \\\n"
    "        s3://wellcome-archive/digitised/b24967646 b24967646",
    "With nothing but its manifest, from another machine",
    "accession restore -m manifest-sha256.txt \\\n"
    "        s3://wellcome-archive/digitised/b24967646 b24967646",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "every selected file is in FOLDER, with the promised content"},
    {1, "some files were not restored: missing, different, in cold storage, or another file has "
        "the name; the "
        "others are there. Or a bag is not valid by its own manifests"},
    {2, "the command line, the configuration, a manifest, the ledger or FOLDER is not usable"},
    {4, "halted: the credentials, the clock, or the bucket's name or region are wrong"},
    {5, "the server cannot be reached, or keeps failing"},
    {70, "accession itself is at fault"},
    {130, "interrupted (Ctrl-C); 143 by SIGTERM. The same command continues"},
    {0, NULL},
};

static enum acc_code check(struct restore_cli *cli, struct acc_error *err)
{
    if (cli->as_of != NULL && !acc_time_parse(cli->as_of, &cli->restore.as_of))
        return acc_error_set(err, ACC_USAGE, "--as-of: is a time, such as 2026-05-01T00:00:00Z.");
    if (cli->as_of != NULL && cli->restore.version_id != NULL)
        return acc_error_set(err, ACC_USAGE, "--as-of and --version-id exclude each other.");
    if (acc_manifest_cli_check(&cli->manifest, &cli->restore.rules, err) != ACC_OK)
        return err->code;
    return acc_connection_check(&cli->restore.connection, err);
}

static int restore(struct acc_cli *cli, struct restore_cli *options)
{
    struct acc_error err = {0};
    struct acc_restore_options *o = &options->restore;
    if (check(options, &err) != ACC_OK)
        return acc_cli_fail(cli, &err);
    struct acc_render *render = acc_cli_render(cli, &options->output, &options->progress, o->url,
                                               o->folder, &o->connection);
    o->command = cli->command_line;
    o->on_event = acc_render_event;
    o->arg = render;
    struct acc_restore_summary *summary = ACC_NEW(struct acc_restore_summary);
    acc_restore(o, summary, &err);
    render->functions->restore_done(render, summary, &err);
    int status = acc_render_exit(summary->outcome, summary->signal);
    free(summary);
    acc_render_free(render);
    return status;
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct restore_cli options = {0};
    const char *given[ACC_WORDS_MAX] = {NULL};
    int status;
    acc_connection_defaults(&options.restore.connection);
    if (!acc_cli_parse(cli, &acc_command_restore, argc, argv, &options, given, &status)) {
        options.restore.url = given[0];
        options.restore.folder = given[1];
        status = restore(cli, &options);
    }
    acc_options_release(&acc_command_restore.syntax, &options);
    return status;
}

const struct acc_command acc_command_restore = {
    .syntax = {.command = "restore",
               .usage = "[options] s3://BUCKET[/PREFIX] FOLDER",
               .groups = groups,
               .words = words},
    .summary = "bring archived files back into a folder, each compared before it gets its name",
    .about =
        "Reads what the ledger archived at or below the URL, or what a manifest names, and writes "
        "it to FOLDER. A file gets its name only when all of its bytes were read and have every "
        "promised digest. Nothing that exists in FOLDER is replaced: a file with the promised "
        "content counts as restored, any other content is reported as a conflict. Nothing is "
        "written to the bucket.\n\n"
        "If the run was interrupted or killed, the same command continues. A large file continues "
        "at the byte where it was. Names that the file system of FOLDER cannot hold are reported "
        "before anything is read.\n\n"
        "When every file is there, each bag among them is checked as a whole: its own manifests "
        "name "
        "every payload file, all agree, and the report says that the bag is valid.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
