/* accession restore: bring archived files back into a folder. */
#include "cli/bags.h"
#include "cli/several.h"

#include <stdlib.h>

#include <accession/restore.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#define MIB (1024LL * 1024)
#define GIB (1024 * MIB)

struct restore_cli {
    struct acc_restore_options restore;
    struct acc_manifest_cli manifest;
    struct acc_output_options output;
    struct acc_progress_options progress;
    struct acc_several several;
    const char *as_of;
};

#define AT(member) offsetof(struct restore_cli, member)
static const struct acc_option promise_options[] = {
    {"manifest", 'm', "FILE", ACC_OPTION_LIST, AT(restore.manifests),
     "restore what this manifest, a local file, names, instead of what the ledger archived there; "
     "may be given "
     "several times",
     0, 0, NULL},
    {"manifest-format", 0, "NAME", ACC_OPTION_STRING, AT(restore.manifest_format),
     "format of the manifests, if their content does not show it", 0, 0, NULL},
    {"strip-prefix", 0, "PATH", ACC_OPTION_STRING, AT(restore.strip_prefix),
     "remove PATH from the front of the manifests' paths", 0, 0, NULL},
    {"ledger", 0, "FILE", ACC_OPTION_STRING, AT(restore.ledger),
     "the ledger that knows what was archived, and records the restore; default "
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
     "what was archived by TIME, such as 2026-05-01T00:00:00Z, in the versions of that time", 0, 0,
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
     "is also written there, compressed and write-once",
     0, 0, NULL},
    {"premis", 0, NULL, ACC_OPTION_FLAG, AT(restore.premis),
     "write the run's PREMIS (RUN.premis.xml) beside its receipt", 0, 0, NULL},
    {0},
};

static const struct acc_option slice_options[] = {
    {"slice", 0, "N/M", ACC_OPTION_STRING, AT(several.slice),
     "only the N-th of M parts of them, or of the bags on record below a single URL, chosen by a "
     "hash of the name; auto or auto/M takes N from SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX",
     0, 0, NULL},
    {0},
};

static const struct acc_option_group groups[] = {
    {"What was promised", promise_options, 0},
    {"", acc_manifest_reading_options, AT(manifest)},
    {"What is restored", what_options, 0},
    {"Several bags, each to FOLDER/NAME", acc_several_options, AT(several)},
    {"", slice_options, 0},
    {"Connection (default: AWS_* variables, ~/.aws/config)", acc_connection_options,
     AT(restore.connection)},
    {"Output", acc_output_options, AT(output)},
    {"", acc_progress_options, AT(progress)},
    {0},
};
static const struct acc_option places = {
    "s3://", 0, "s3://BUCKET", ACC_OPTION_LIST, AT(several.sources), "", 0, 0, NULL};
#undef AT

static const char *const words[] = {"[s3://BUCKET/PREFIX...]", "FOLDER", NULL};

static const char *const examples[] = {
    "Bring a bag back",
    "accession restore s3://wellcome-archive/digitised/b24967646 b24967646",
    "Only its images",
    "accession restore --only 'data/*.tif' \\\n"
    "        s3://wellcome-archive/digitised/b24967646 images",
    "One file of it: to back/data/sheet-3.tif",
    "accession restore --only data/sheet-3.tif s3://wellcome-archive/digitised/b24967646 back",
    "From cold storage: request today, restore with the same command in two days",
    "accession restore --thaw Bulk:14 \\\n"
    "        s3://wellcome-archive/digitised/b24967646 b24967646",
    "Every bag of a list, four at a time, to bags/NAME",
    "accession restore --parallel 4 --sources-from list.txt bags",
    "One of eight tasks of a job array: its part of all that is below a prefix",
    "accession restore --slice auto/8 s3://wellcome-archive/digitised bags",
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

/* ---- several ---- */

static enum acc_code take_words(struct restore_cli *cli, const char *folder, struct acc_error *err)
{
    const char *const *urls = cli->several.sources;
    bool listed = acc_several_listed(&cli->several);
    bool place = folder != NULL && acc_starts_with(folder, "s3://");
    if (folder == NULL || place || (!listed && (urls == NULL || urls[0] == NULL)))
        return acc_error_set(err, ACC_USAGE,
                             "%s is missing. Usage: accession restore %s; more: accession restore "
                             "--help",
                             place ? "FOLDER" : "s3://BUCKET[/PREFIX]",
                             acc_command_restore.syntax.usage);
    bool several =
        acc_several_given(&cli->several) || (cli->several.slice != NULL && !acc_several_is_run());
    const char *option = cli->restore.manifests != NULL    ? "manifest"
                         : cli->restore.version_id != NULL ? "version-id"
                                                           : NULL;
    if (several && option != NULL)
        return acc_error_set(err, ACC_USAGE,
                             "--%s: belongs to one bag. With several, each is restored from what "
                             "the ledger knows of it.",
                             option);
    return ACC_OK;
}

/* The batch takes one that ends in a colon for a destination by name: a slash makes it a folder. */
static int restore_several(struct acc_cli *cli, struct restore_cli *options, const char *folder)
{
    struct acc_str below = {0};
    acc_str_addf(&below, "%s%s", folder, acc_ends_with(folder, "/") ? "" : "/");
    options->several.places = true;
    int status = acc_several_run(cli, "restore", &options->several, acc_str_cstr(&below),
                                 &options->output, &options->progress);
    acc_str_release(&below);
    return status;
}

/* A slice of what the ledger has below one URL, each bag to the path where a restore of the whole
 * puts it. */
static int restore_slice(struct acc_cli *cli, struct restore_cli *options, const char *folder)
{
    struct acc_error err = {0};
    struct acc_bags bags = {0};
    struct acc_several *several = &options->several;
    const struct acc_restore_options *o = &options->restore;
    enum acc_code code = acc_connection_check(&o->connection, &err);
    if (code == ACC_OK)
        code = acc_bags_below(&bags, cli->typed_rest[0], several->sources[0], o->ledger, o->dry_run,
                              &o->connection, &err);
    if (code == ACC_OK && bags.count == 0)
        acc_bags_add(&bags, "");
    const char *const *line = several->sources;
    several->sources = (const char *const *)bags.words;
    several->names = (const char *const *)bags.paths;
    int status = code == ACC_OK ? restore_several(cli, options, folder) : acc_cli_fail(cli, &err);
    several->sources = line;
    acc_bags_release(&bags);
    return status;
}

static int restore_any(struct acc_cli *cli, struct restore_cli *options, const char *folder)
{
    struct acc_error err = {0};
    struct acc_several *several = &options->several;
    if (take_words(options, folder, &err) != ACC_OK)
        return acc_cli_fail(cli, &err);
    if (acc_several_given(several)) {
        const char *const *line = several->sources;
        several->sources = cli->typed_rest;
        int status = restore_several(cli, options, folder);
        several->sources = line;
        return status;
    }
    if (several->slice != NULL && !acc_several_is_run())
        return restore_slice(cli, options, folder);
    options->restore.url = several->sources[0];
    options->restore.folder = folder;
    return restore(cli, options);
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct restore_cli options = {0};
    const char *given[ACC_WORDS_MAX] = {NULL};
    int status;
    acc_connection_defaults(&options.restore.connection);
    if (!acc_cli_parse(cli, &acc_command_restore, argc, argv, &options, given, &status))
        status = restore_any(cli, &options, given[1]);
    acc_options_release(&acc_command_restore.syntax, &options);
    return status;
}

const struct acc_command acc_command_restore = {
    .syntax = {.command = "restore",
               .usage = "[options] s3://BUCKET[/PREFIX]... FOLDER",
               .groups = groups,
               .words = words,
               .rest = &places},
    .summary = "bring archived files back into a folder, each compared before it gets its name",
    .about =
        "Reads what the ledger archived at or below the URL, or what a manifest names, and writes "
        "it to FOLDER. What the ledger knows from others alone, after ledger import or rebuild, is "
        "promised too. A file gets its name only when all of its bytes were read and have every "
        "promised digest. Nothing that exists in FOLDER is replaced: a file with the promised "
        "content counts as restored, any other content is reported as a conflict. Nothing is "
        "written to the bucket.\n\n"
        "If the run was interrupted or killed, the same command continues. A large file continues "
        "at the byte where it was. Names that the file system of FOLDER cannot hold are reported "
        "before anything is read.\n\n"
        "With several URLs, or --sources-from, each is a run of its own and goes to FOLDER/NAME. "
        "With --slice and one URL, each bag on record below it is such a run, and goes where a "
        "restore of the whole puts it. One that fails does not keep the others from being "
        "restored.\n\n"
        "When every file is there, each bag among them is checked as a whole: its own manifests "
        "name "
        "every payload file, all agree, and the report says that the bag is valid.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
