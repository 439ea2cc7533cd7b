/* accession replicate: a second copy of what is archived, in another bucket. */
#include <stdlib.h>
#include <string.h>

#include <accession/batch.h>
#include "base/str.h"
#include "cli/bags.h"
#include "cli/ingest_cli.h"

#define AT(member) offsetof(struct acc_ingest_cli, member)
static const struct acc_option parallel_options[] = {
    {"parallel", 0, "N", ACC_OPTION_INT, AT(several.parallel),
     "with several bags: N runs at the same time; default 1", 1, ACC_BATCH_PARALLEL_MAX, NULL},
    {0},
};

static const struct acc_option_group groups[] = {
    {"Several bags below s3://A, each to the same path below s3://B", parallel_options, 0},
    {"", acc_slice_options, AT(several)},
    {"How", acc_ingest_run_options, 0},
    {"On every object of the copy (default: what its bucket does)", acc_object_options,
     AT(ingest.object)},
    {"", acc_rule_options, AT(rule_texts)},
    {"Connection to A (default: AWS_* variables, ~/.aws/config)", acc_connection_options,
     AT(ingest.connection)},
    {"Connection to B (default: the same)", acc_target_options, AT(ingest.source_connection)},
    {"Output", acc_output_options, AT(output)},
    {"", acc_progress_options, AT(progress)},
    {0},
};
#undef AT

static const char *const words[] = {"s3://A[/PREFIX]", "s3://B[/PREFIX]", NULL};

static const char *const examples[] = {
    "A second copy of one bag, in a bucket of another region",
    "accession replicate --target-region eu-north-1 \\\n"
    "        s3://wellcome-archive/digitised/b24967646 s3://wellcome-second/digitised/b24967646",
    "Everything that is archived in a bucket, at another provider, each night by cron",
    "accession replicate --target-profile second --max-rate 50M@07:00-19:00,200M \\\n"
    "        s3://wellcome-archive s3://wellcome-second",
    "What would be copied",
    "accession replicate -n s3://wellcome-archive s3://wellcome-second",
    "One of four tasks of a job array",
    "accession replicate --slice auto/4 s3://wellcome-archive s3://wellcome-second",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "everything on record as archived at A is at B, verified"},
    {1, "some objects were refused: missing or damaged at A, or other content has their key at B; "
        "the others are copied. With several bags: the highest status of their runs"},
    {2, "the command line, the configuration, the ledger or A is not usable"},
    {3, "halted: the bucket of B refuses writes"},
    {4, "halted: the credentials, the clock, or the bucket's name or region of B are wrong"},
    {5, "a server cannot be reached, or keeps failing"},
    {70, "accession itself is at fault"},
    {130, "interrupted (Ctrl-C); 143 by SIGTERM. The same command continues"},
    {0, NULL},
};

/* Each bag is a run of its own, but for a single one that lies at A itself. */
static int replicate(struct acc_cli *cli, struct acc_ingest_cli *options, struct acc_bags *bags,
                     const char *destination)
{
    bool itself = bags->count == 0 || (bags->count == 1 && bags->paths[0][0] == '\0');
    if (itself && (options->several.slice == NULL || acc_several_is_run()))
        return acc_ingest_cli_run(cli, options);
    if (bags->count == 0)
        acc_bags_add(bags, "");
    options->several.sources = (const char *const *)bags->words;
    options->several.names = (const char *const *)bags->paths;
    return acc_several_run(cli, "replicate", &options->several, destination, &options->output,
                           &options->progress);
}

/* ---- the command ---- */

/* Parsed as A's, and what B's has besides. A name means the same place for every command, so
 * nothing that says where A is holds for a B that was named. */
static void tell_apart(struct acc_ingest_options *o, bool named)
{
    struct acc_connection target = o->source_connection, other = o->connection;
    if (named)
        acc_connection_leave(&other);
    acc_connection_of_side(&target, "target-", &other);
    o->source_connection = o->connection;
    o->connection = target;
    o->connection.side = "target-";
}

static enum acc_code take_words(struct acc_ingest_options *o, const char *const *given,
                                struct acc_error *err)
{
    for (int i = 0; i < 2; i++)
        if (given[i] == NULL || !acc_starts_with(given[i], "s3://"))
            return acc_error_set(err, ACC_USAGE,
                                 "%s is missing. Usage: accession replicate %s; more: accession "
                                 "replicate --help",
                                 words[i], acc_command_replicate.syntax.usage);
    o->source = given[0];
    return ACC_OK;
}

static int run_with(struct acc_cli *cli, struct acc_ingest_cli *options, const char *const *given)
{
    struct acc_error err = {0};
    struct acc_ingest_options *o = &options->ingest;
    if (take_words(o, given, &err) != ACC_OK)
        return acc_cli_fail(cli, &err);
    char *typed = acc_place_without_slash(cli->typed[1]);
    char *destination = acc_place_without_slash(given[1]);
    struct acc_bags bags = {0};
    o->replicate = true;
    o->destination = destination;
    tell_apart(o, !acc_starts_with(cli->typed[1], "s3://"));
    enum acc_code code = acc_several_is_run()
                             ? ACC_OK
                             : acc_bags_below(&bags, cli->typed[0], o->source, o->ledger,
                                              o->dry_run, &o->source_connection, &err);
    int status = code == ACC_OK ? replicate(cli, options, &bags, typed) : acc_cli_fail(cli, &err);
    acc_bags_release(&bags);
    free(typed);
    free(destination);
    return status;
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct acc_ingest_cli options = {0};
    const char *given[ACC_WORDS_MAX] = {NULL};
    int status;
    acc_connection_defaults(&options.ingest.connection);
    if (!acc_cli_parse(cli, &acc_command_replicate, argc, argv, &options, given, &status))
        status = run_with(cli, &options, given);
    acc_object_rules_release(&options.rules);
    acc_options_release(&acc_command_replicate.syntax, &options);
    return status;
}

const struct acc_command acc_command_replicate = {
    .syntax = {.command = "replicate",
               .usage = "[options] s3://A[/PREFIX] s3://B[/PREFIX]",
               .groups = groups,
               .words = words},
    .summary = "make a second copy of what is archived, in another bucket",
    .about =
        "Copies everything that is on record as archived at A, and is not at B yet. Each object is "
        "read from A and compared with every digest that it was archived with, which are those of "
        "its manifest; A's own word counts for nothing. Only then can it become visible at B. One "
        "that is damaged or missing at A is refused and named, and the others are copied; tag "
        "files and manifests wait until every other file of their bag is there. Nothing at B is "
        "ever overwritten or deleted, and nothing at A is written.\n\n"
        "If several bags lie at A or below it, each is a run of its own, and goes to the same path "
        "below B. If the ledger knows nothing of A, the manifests that lie there are read instead, "
        "as ingest reads those of a SOURCE in a bucket.\n\n"
        "It may be interrupted, killed or cut off at any moment. The same command continues from "
        "there. Run again, it compares what is at B with the record and sends what is new. status, "
        "list and verify then count both copies.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
