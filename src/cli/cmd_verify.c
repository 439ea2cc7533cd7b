/* accession verify: is what was promised there, unchanged? */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include <accession/batch.h>
#include <accession/verify.h>
#include "base/mem.h"
#include "base/str.h"
#include "cli/several.h"

#define MIB (1024LL * 1024)
#define GIB (1024 * MIB)

struct verify_cli {
    struct acc_verify_options verify;
    struct acc_manifest_cli manifest;
    struct acc_output_options output;
    struct acc_progress_options progress;
    struct acc_several several;
    const char *level, *sample, *slice, *older_than;
    int limit;
};

static const char *const levels[] = {"listed", "stored", "read", NULL};

#define AT(member) offsetof(struct verify_cli, member)
static const struct acc_option promise_options[] = {
    {"manifest", 'm', "FILE", ACC_OPTION_LIST, AT(verify.manifests),
     "a manifest, plain or gzip; may be given several times", 0, 0, NULL},
    {"manifest-format", 0, "NAME", ACC_OPTION_STRING, AT(verify.manifest_format),
     "format of the manifests, if their content does not show it: hashdeep, mets, droid, csv, tsv, "
     "checksums; md5sum, sha1sum, sha256sum, b2sum and so on",
     0, 0, NULL},
    {"strip-prefix", 0, "PATH", ACC_OPTION_STRING, AT(verify.strip_prefix),
     "remove PATH from the front of the manifests' paths", 0, 0, NULL},
    {"ledger", 0, "FILE", ACC_OPTION_STRING, AT(verify.ledger),
     "the ledger that knows what was archived, and records the results; default "
     "$XDG_STATE_HOME/accession/ledger.db",
     0, 0, NULL},
    {"no-ledger", 0, NULL, ACC_OPTION_FLAG, AT(verify.no_ledger),
     "keep no record and use none: the versions that were archived are not known", 0, 0, NULL},
    {"local", 0, NULL, ACC_OPTION_FLAG, AT(verify.local),
     "hash the files of SOURCE instead; no destination, no record", 0, 0, NULL},
    {0},
};

static const struct acc_option check_options[] = {
    {"level", 0, "LEVEL", ACC_OPTION_CHOICE, AT(level),
     "listed (presence and size), stored (the checksums that the server holds) or read (every "
     "byte); default read",
     0, 0, levels},
    {"allow-extra", 0, NULL, ACC_OPTION_FLAG, AT(verify.allow_extra),
     "report objects that no manifest names, but do not count them as differences", 0, 0, NULL},
    {"sample", 0, "SHARE", ACC_OPTION_STRING, AT(sample),
     "only this share of the entries, such as 5%, chosen by a hash of the path", 0, 0, NULL},
    {"seed", 0, "TEXT", ACC_OPTION_STRING, AT(verify.sample_seed),
     "with another TEXT, --sample chooses other entries", 0, 0, NULL},
    {"slice", 0, "N/M", ACC_OPTION_STRING, AT(slice),
     "only the N-th of M parts, chosen by a hash of the path: M runs cover everything; auto or "
     "auto/M takes N from SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX",
     0, 0, NULL},
    {"older-than", 0, "TIME", ACC_OPTION_STRING, AT(older_than),
     "only entries that were not found as promised, at this level, within TIME, such as 90d", 0, 0,
     NULL},
    {"limit", 0, "N", ACC_OPTION_INT, AT(limit), "at most N entries", 1, 2147483647, NULL},
    {"jobs", 'j', "N", ACC_OPTION_INT, AT(verify.jobs), "concurrent requests, 1 to 256; default 16",
     1, 256, NULL},
    {"memory", 0, "SIZE", ACC_OPTION_BYTES, AT(verify.memory),
     "memory for content; default 64M, at least 2M for each of --jobs", 2 * MIB, 1024 * GIB, NULL},
    {"receipts", 0, "FOLDER|s3://BUCKET/PREFIX", ACC_OPTION_STRING, AT(verify.receipts),
     "where the run's receipt goes; default $XDG_STATE_HOME/accession/receipts. With a bucket it "
     "is also written there, compressed and write-once",
     0, 0, NULL},
    {"premis", 0, NULL, ACC_OPTION_FLAG, AT(verify.premis),
     "write the run's PREMIS (RUN.premis.xml) beside its receipt", 0, 0, NULL},
    {0},
};

static const struct acc_option_group groups[] = {
    {"What was promised", promise_options, 0},
    {"", acc_manifest_reading_options, AT(manifest)},
    {"", acc_manifest_package_options, AT(manifest)},
    {"How closely, and how much", check_options, 0},
    {"Several sources, each compared with DESTINATION/NAME", acc_several_options, AT(several)},
    {"Connection (default: AWS_* variables, ~/.aws/config)", acc_connection_options,
     AT(verify.connection)},
    {"Connection to a SOURCE in a bucket (default: the same)", acc_source_options,
     AT(verify.source_connection)},
    {"Output", acc_output_options, AT(output)},
    {"", acc_progress_options, AT(progress)},
    {0},
};
static const struct acc_option sources = {
    "SOURCE", 0, "SOURCE", ACC_OPTION_LIST, AT(several.sources), "", 0, 0, NULL};
#undef AT

static const char *const words[] = {"[SOURCE...]", "s3://BUCKET[/PREFIX]", NULL};

static const char *const examples[] = {
    "Read back every byte of a bag that was archived",
    "accession verify b24967646 s3://wellcome-archive/digitised/b24967646",
    "With nothing but its manifest, from another machine",
    "accession verify --allow-extra -m manifest-sha256.txt \\\n"
    "        s3://wellcome-archive/digitised/b24967646",
    "All that this ledger archived to a bucket, a seventh each night, by cron",
    "accession verify --slice $(date +%u)/7 --older-than 90d --max-rate 50M s3://wellcome-archive",
    "A quick look: presence and sizes",
    "accession verify --level listed b24967646 \\\n"
    "        s3://wellcome-archive/digitised/b24967646",
    "Local files against their manifest, without any server",
    "accession verify --local b24967646",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "every selected entry is as promised, at the chosen level"},
    {1, "differences, or entries that could not be checked at that level; the others were checked"},
    {2, "the command line, the configuration, a manifest or the ledger is not usable"},
    {4, "halted: the credentials, the clock, or the bucket's name or region are wrong"},
    {5, "the server cannot be reached, or keeps failing"},
    {70, "accession itself is at fault"},
    {130, "interrupted (Ctrl-C); 143 by SIGTERM. The same command continues"},
    {0, NULL},
};

/* ---- options that are more than one number ---- */

static enum acc_code parse_sample(struct verify_cli *cli, struct acc_error *err)
{
    char *end;
    if (cli->sample == NULL)
        return ACC_OK;
    double share = strtod(cli->sample, &end);
    if (end != cli->sample && strcmp(end, "%") == 0 && share > 0 && share <= 100) {
        cli->verify.sample = share / 100;
        return ACC_OK;
    }
    return acc_error_set(err, ACC_USAGE,
                         "--sample: is a share above 0%% and up to 100%%, such as "
                         "5%% or 0.5%%.");
}

static enum acc_code parse_slice(struct verify_cli *cli, struct acc_error *err)
{
    return cli->slice == NULL
               ? ACC_OK
               : acc_batch_slice(cli->slice, &cli->verify.slice, &cli->verify.slices, err);
}

static enum acc_code parse_age(struct verify_cli *cli, struct acc_error *err)
{
    long long ms;
    if (cli->older_than == NULL)
        return ACC_OK;
    if (!acc_parse_duration(cli->older_than, &ms) || ms <= 0)
        return acc_error_set(err, ACC_USAGE, "--older-than: is a time, such as 90d or 12h.");
    cli->verify.older_than = ms;
    return ACC_OK;
}

static enum acc_code check(struct verify_cli *cli, struct acc_error *err)
{
    struct acc_verify_options *o = &cli->verify;
    enum acc_code code = parse_sample(cli, err);
    if (code == ACC_OK)
        code = parse_slice(cli, err);
    if (code == ACC_OK)
        code = parse_age(cli, err);
    if (code != ACC_OK)
        return code;
    o->level = ACC_LEVEL_READ;
    for (unsigned i = 0; cli->level != NULL && levels[i] != NULL; i++)
        if (strcmp(cli->level, levels[i]) == 0)
            o->level = (enum acc_level)i;
    o->limit = (uint64_t)cli->limit;
    if (o->local && o->level != ACC_LEVEL_READ)
        return acc_error_set(err, ACC_USAGE, "--level: with --local every byte is read.");
    if (o->local && o->older_than > 0)
        return acc_error_set(err, ACC_USAGE,
                             "--older-than: needs a ledger, and --local keeps none.");
    if (o->source != NULL && acc_starts_with(o->source, "s3://") && o->destination != NULL &&
        !acc_starts_with(o->destination, "s3://"))
        return acc_error_set(err, ACC_USAGE,
                             "SOURCE comes first: accession verify SOURCE s3://BUCKET[/PREFIX]");
    if (acc_manifest_cli_check(&cli->manifest, &cli->verify.rules, err) != ACC_OK)
        return err->code;
    acc_connection_of_side(&o->source_connection, "source-", &o->connection);
    return acc_connection_check(&o->connection, err);
}

static int verify(struct acc_cli *cli, struct verify_cli *options)
{
    struct acc_error err = {0};
    struct acc_verify_options *o = &options->verify;
    if (check(options, &err) != ACC_OK)
        return acc_cli_fail(cli, &err);
    struct acc_render *render =
        acc_cli_render(cli, &options->output, &options->progress, o->source ? o->source : "",
                       o->destination ? o->destination : o->source, &o->connection);
    o->command = cli->command_line;
    o->on_event = acc_render_event;
    o->arg = render;
    struct acc_verify_summary *summary = ACC_NEW(struct acc_verify_summary);
    summary->outcome = acc_verify(o, summary, &err);
    render->functions->verify_done(render, summary, &err);
    int status = acc_render_exit(summary->outcome, summary->signal);
    free(summary);
    acc_render_free(render);
    return status;
}

/* The last word is a bucket, but with --local, where it is one more SOURCE. */
static enum acc_code take_words(struct verify_cli *cli, const char *last, struct acc_error *err)
{
    const char *const *typed = cli->several.sources;
    bool given = typed != NULL && typed[0] != NULL;
    struct acc_verify_options *o = &cli->verify;
    if (last == NULL && (!o->local || !acc_several_listed(&cli->several)))
        return acc_error_set(err, ACC_USAGE,
                             "%s is missing. Usage: accession verify %s; more: accession verify "
                             "--help",
                             o->local ? "SOURCE" : words[1], acc_command_verify.syntax.usage);
    cli->several.also = o->local ? last : NULL;
    if (acc_several_given(&cli->several) && cli->verify.manifests != NULL)
        return acc_error_set(err, ACC_USAGE,
                             "--manifest: belongs to one source. With several, each is a bag or "
                             "has its checksum list in it.");
    o->source = given ? typed[0] : o->local ? last : NULL;
    o->destination = o->local && !given ? NULL : last;
    return ACC_OK;
}

static int verify_any(struct acc_cli *cli, struct verify_cli *options, const char *last)
{
    struct acc_error err = {0};
    if (take_words(options, last, &err) != ACC_OK)
        return acc_cli_fail(cli, &err);
    return acc_several_given(&options->several)
               ? acc_several_run(cli, "verify", &options->several,
                                 options->verify.local ? NULL : cli->typed[1], &options->output,
                                 &options->progress)
               : verify(cli, options);
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct verify_cli options = {0};
    const char *given[ACC_WORDS_MAX] = {NULL};
    int status;
    acc_connection_defaults(&options.verify.connection);
    if (!acc_cli_parse(cli, &acc_command_verify, argc, argv, &options, given, &status))
        status = verify_any(cli, &options, given[1]);
    acc_options_release(&acc_command_verify.syntax, &options);
    return status;
}

const struct acc_command acc_command_verify = {
    .syntax = {.command = "verify",
               .usage = "[options] [SOURCE...] s3://BUCKET[/PREFIX]",
               .groups = groups,
               .words = words,
               .rest = &sources},
    .summary = "check that what was promised is in the bucket, unchanged",
    .about =
        "Compares the bucket with a manifest: that of the bag SOURCE, one given with --manifest, "
        "or else with what the ledger archived at the URL and below it. Every result names its "
        "evidence. Nothing is ever written to the bucket.\n\n"
        "If several bags or prefixes lie at the URL or below it, each has a run of its own in the "
        "ledger, the one verified longest ago first; progress, summary and exit status are those "
        "of all of them. A receipt is then left only by those with a difference.\n\n"
        "With several sources, or --sources-from, each is a run of its own and is compared with "
        "DESTINATION/NAME; with --local, each is compared with its own manifest.\n\n"
        "It continues after a difference, and reports all of them at the end. If it was "
        "interrupted, the same command continues where it was. Options that select entries "
        "can be combined.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
