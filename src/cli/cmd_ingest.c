/* accession ingest: archives what manifests describe. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "cli/ingest_cli.h"
#include "cli/screen/report.h"

#define MIB (1024LL * 1024)
#define GIB (1024 * MIB)
#define WAIT_ON_HALT (2 * 3600 * 1000LL) /* milliseconds */

#define AT(member) offsetof(struct acc_ingest_cli, member)
static const struct acc_option manifest_options[] = {
    {"manifest", 'm', "FILE", ACC_OPTION_LIST, AT(ingest.manifests),
     "a manifest: a checksum list (GNU or BSD), hashdeep, CSV or TSV with a header, a DROID export "
     "or "
     "METS, plain or gzip; - is standard input, s3://BUCKET/KEY one in a bucket; may be given "
     "several times. Without one, and if "
     "SOURCE is not a bag, SHA512SUMS, SHA256SUMS, SHA1SUMS and MD5SUMS in it are used, or else a "
     "single *.sha512, *.sha256, *.md5 or METS",
     0, 0, NULL},
    {"manifest-format", 0, "NAME", ACC_OPTION_STRING, AT(ingest.manifest_format),
     "format of the manifests, if their content does not show it: hashdeep, mets, droid, csv, tsv, "
     "checksums; md5sum, sha1sum, sha256sum, b2sum and so on",
     0, 0, NULL},
    {"strip-prefix", 0, "PATH", ACC_OPTION_STRING, AT(ingest.strip_prefix),
     "remove PATH from the front of the manifests' paths", 0, 0, NULL},
    {"allow-unlisted", 0, NULL, ACC_OPTION_FLAG, AT(ingest.allow_unlisted),
     "accept files that no manifest lists (they are never sent)", 0, 0, NULL},
    {0},
};

static const char *const part_checksums[] = {"sha256", "crc64nvme", "crc32c", NULL};

const struct acc_option acc_ingest_run_options[] = {
    {"dry-run", 'n', NULL, ACC_OPTION_FLAG, AT(ingest.dry_run),
     "check manifests, presence and sizes of files, credentials and the probe; send no object", 0,
     0, NULL},
    {"check-first", 0, NULL, ACC_OPTION_FLAG, AT(ingest.check_first),
     "read and compare every file before anything is sent; if one is refused, nothing is sent", 0,
     0, NULL},
    {"compare-all", 0, NULL, ACC_OPTION_FLAG, AT(ingest.compare_all),
     "read and compare every file, also those that the bucket has already: exit 0 then says that "
     "the bucket holds every listed file as it lies in SOURCE",
     0, 0, NULL},
    {"into-existing", 0, NULL, ACC_OPTION_FLAG, AT(ingest.into_existing),
     "send even if the destination holds another bag or other content; without it, nothing is sent",
     0, 0, NULL},
    {"jobs", 'j', "N", ACC_OPTION_INT, AT(ingest.jobs), "concurrent requests, 1 to 256; default 16",
     1, 256, NULL},
    {"part-size", 0, "SIZE", ACC_OPTION_BYTES, AT(ingest.part_size),
     "send larger files in parts of this size, 5M to 5G, or more if 10,000 parts are too "
     "few; default 8M",
     5 * MIB, 5 * GIB, NULL},
    {"part-checksum", 0, "NAME", ACC_OPTION_CHOICE, AT(part_checksum),
     "as --checksum; but with crc32c the parts of large files then go without their signed "
     "SHA-256: a third less work, but a guard against accidents only, not against tampering in "
     "transit. A server that does not check it stops the run",
     0, 0, part_checksums},
    {"accept-unchecked-transfer", 0, NULL, ACC_OPTION_FLAG, AT(ingest.accept_unchecked),
     "send to a server that is seen to check neither the signed SHA-256 nor any other digest of "
     "what it is sent; every object is then read back before it counts",
     0, 0, NULL},
    {"memory", 0, "SIZE", ACC_OPTION_BYTES, AT(ingest.memory),
     "memory for file content, 16M or more and at least two parts; default 256M", 16 * MIB,
     1024 * GIB, NULL},
    {"on-halt", 0, "WHAT", ACC_OPTION_STRING, AT(on_halt),
     "when the bucket refuses writes, the credentials are not accepted or the server is away: exit "
     "(default), or wait[=TIME]: ask again with growing intervals for at most TIME (2h when not "
     "given), then continue",
     0, 0, NULL},
    {"ledger", 0, "FILE", ACC_OPTION_STRING, AT(ingest.ledger),
     "where work and results are recorded; default $XDG_STATE_HOME/accession/ledger.db", 0, 0,
     NULL},
    {"receipts", 0, "FOLDER|s3://BUCKET/PREFIX", ACC_OPTION_STRING, AT(ingest.receipts),
     "where the run's receipt goes; default $XDG_STATE_HOME/accession/receipts. With a bucket it "
     "is also written there, compressed and write-once",
     0, 0, NULL},
    {"premis", 0, NULL, ACC_OPTION_FLAG, AT(ingest.premis),
     "write the run's PREMIS (RUN.premis.xml) beside its receipt", 0, 0, NULL},
    {0},
};

static const struct acc_option_group groups[] = {
    {"What to archive", manifest_options, 0},
    {"", acc_manifest_reading_options, AT(manifest)},
    {"", acc_manifest_package_options, AT(manifest)},
    {"What a delivery must meet", acc_manifest_delivery_options, AT(manifest)},
    {"Several sources, each to DESTINATION/NAME", acc_several_options, AT(several)},
    {"", acc_slice_options, AT(several)},
    {"How", acc_ingest_run_options, 0},
    {"On every object (default: what the bucket does)", acc_object_options, AT(ingest.object)},
    {"", acc_rule_options, AT(rule_texts)},
    {"Connection (default: AWS_* variables, ~/.aws/config)", acc_connection_options,
     AT(ingest.connection)},
    {"Connection to a SOURCE in a bucket (default: the same)", acc_source_options,
     AT(ingest.source_connection)},
    {"Output", acc_output_options, AT(output)},
    {"", acc_progress_options, AT(progress)},
    {0},
};
static const struct acc_option sources = {
    "SOURCE", 0, "SOURCE", ACC_OPTION_LIST, AT(several.sources), "", 0, 0, NULL};
#undef AT

static const char *const words[] = {"[SOURCE...]", "s3://BUCKET[/PREFIX]", NULL};

static const char *const examples[] = {
    "Archive a bag",
    "accession ingest b24967646 s3://wellcome-archive/digitised/b24967646",
    "The same, under the bag's own name",
    "accession ingest b24967646 s3://wellcome-archive/digitised/",
    "Look first, send nothing",
    "accession ingest -n b24967646 s3://wellcome-archive/digitised/b24967646",
    "Any folder, with a checksum list",
    "accession ingest -m SHA256SUMS scans s3://archive/scans",
    "Every bag of a folder, four at a time, to s3://archive/bags/NAME",
    "accession ingest --parallel 4 incoming/* s3://archive/bags/",
    "From another bucket, with the profile that may read it",
    "accession ingest --source-profile partner s3://partner/bag s3://archive/bag",
    "A server of your own",
    "accession ingest --endpoint-url https://s3.example.org bag s3://archive/bag",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "every entry of the manifests is in the bucket, verified"},
    {1, "some entries failed; the others are archived. With several sources: the highest status of "
        "their runs"},
    {2, "the command line, the configuration, a manifest, the source or the ledger is not usable"},
    {3, "halted: the bucket refuses writes"},
    {4, "halted: the credentials, the clock, or the bucket's name or region are wrong"},
    {5, "the server cannot be reached, or keeps failing"},
    {70, "accession itself is at fault"},
    {130, "interrupted (Ctrl-C); 143 by SIGTERM. The same command continues"},
    {0, NULL},
};

static enum acc_code read_on_halt(struct acc_ingest_cli *cli, struct acc_error *err)
{
    const char *text = cli->on_halt;
    long long wait = WAIT_ON_HALT;
    if (text == NULL || strcmp(text, "exit") == 0)
        return ACC_OK;
    if (strcmp(text, "wait") != 0 &&
        (!acc_starts_with(text, "wait=") || !acc_parse_duration(text + 5, &wait) || wait < 1000)) {
        struct acc_str shown = {0};
        acc_show_path(&shown, text);
        acc_error_set(err, ACC_USAGE, "--on-halt %s: must be exit, wait or wait=TIME (wait=30m).",
                      acc_str_cstr(&shown));
        acc_str_release(&shown);
        return ACC_USAGE;
    }
    cli->ingest.wait_on_halt = wait;
    return ACC_OK;
}

static enum acc_code read_part_checksum(struct acc_ingest_cli *cli, struct acc_error *err)
{
    const char *name = cli->part_checksum, **checksum = &cli->ingest.object.checksum;
    if (name == NULL)
        return ACC_OK;
    if (*checksum != NULL && strcmp(*checksum, name) != 0)
        return acc_error_set(err, ACC_USAGE,
                             "--part-checksum %s contradicts --checksum %s. Give one of them.",
                             name, *checksum);
    *checksum = name;
    cli->ingest.unsigned_parts = strcmp(name, "crc32c") == 0;
    return ACC_OK;
}

/* Which of the two words is not there. A single one is a destination if it looks like one. */
static enum acc_code check_words(const struct acc_ingest_cli *cli, struct acc_error *err)
{
    const char *const *given = cli->several.sources;
    bool source = acc_several_listed(&cli->several) || (given != NULL && given[0] != NULL);
    const char *missing = NULL, *destination = cli->ingest.destination;
    if (destination == NULL || (!source && acc_starts_with(destination, "s3://")))
        missing = "SOURCE";
    else if (!source)
        missing = words[1];
    if (missing != NULL)
        return acc_error_set(err, ACC_USAGE,
                             "%s is missing. Usage: accession ingest %s; more: accession ingest "
                             "--help",
                             missing, acc_command_ingest.syntax.usage);
    if (given != NULL && given[0] != NULL && acc_starts_with(given[0], "s3://") &&
        !acc_starts_with(destination, "s3://"))
        return acc_error_set(err, ACC_USAGE,
                             "SOURCE comes first: accession ingest SOURCE s3://BUCKET[/PREFIX]");
    return ACC_OK;
}

/* What belongs to one delivery has no meaning for several. */
static enum acc_code check_several(const struct acc_ingest_cli *cli, struct acc_error *err)
{
    const char *option = cli->ingest.manifests != NULL                 ? "manifest"
                         : cli->manifest.rules.manifest_sha256 != NULL ? "manifest-sha256"
                         : cli->manifest.rules.external_identifier != NULL
                             ? "expect-external-identifier"
                             : NULL;
    if (option == NULL)
        return ACC_OK;
    return acc_error_set(err, ACC_USAGE,
                         "--%s: belongs to one source. With several, each is a bag or has its "
                         "checksum list in it.",
                         option);
}

/* Checks that depend on more than one option. */
static enum acc_code check(struct acc_ingest_cli *cli, struct acc_error *err)
{
    const struct acc_ingest_options *o = &cli->ingest;
    if (acc_ingest_check_memory(o, err) != ACC_OK ||
        acc_manifest_cli_check(&cli->manifest, &cli->ingest.rules, err) != ACC_OK ||
        read_part_checksum(cli, err) != ACC_OK || read_on_halt(cli, err) != ACC_OK ||
        acc_object_rules_parse(&cli->rules, cli->rule_texts, &o->object, err) != ACC_OK)
        return err->code;
    cli->ingest.object_rules = cli->rules.count > 0 ? cli->rules.rules : NULL;
    cli->ingest.object_rule_count = cli->rules.count;
    if (cli->several.slice != NULL && !acc_several_is_run() && !acc_several_given(&cli->several))
        return acc_error_set(err, ACC_USAGE,
                             "--slice: divides several sources, and this is one. Name them by "
                             "--sources-from.");
    return acc_connection_check(&o->connection, err);
}

/* One line for a halt, if the run gave none. */
static void describe_halt(const struct acc_ingest_summary *s, struct acc_error *err)
{
    const struct acc_halt *halt = &s->halt;
    if (!s->halted || err->message[0] != '\0')
        return;
    if (halt->status != 0)
        acc_error_set(err, s->outcome, "%s: %s (%s: %d %s)%s%s", s->url, acc_code_text(s->outcome),
                      halt->operation, halt->status, halt->s3_code, halt->advice[0] ? ". " : "",
                      halt->advice);
    else
        acc_error_set(err, s->outcome, "%s: %s", s->url,
                      halt->message[0] ? halt->message : acc_code_text(s->outcome));
}

int acc_ingest_cli_run(struct acc_cli *cli, struct acc_ingest_cli *options)
{
    struct acc_error err = {0};
    struct acc_ingest_options *ingest = &options->ingest;
    if (check(options, &err) != ACC_OK)
        return acc_cli_fail(cli, &err);
    struct acc_render *render =
        acc_cli_render(cli, &options->output, &options->progress, ingest->source,
                       ingest->destination, &ingest->connection);
    ingest->command = cli->command_line;
    ingest->on_event = acc_render_event;
    ingest->arg = render;
    /* Some kilobytes, so not on the stack. */
    struct acc_ingest_summary *summary = ACC_NEW(struct acc_ingest_summary);
    summary->outcome = acc_ingest(ingest, summary, &err);
    describe_halt(summary, &err);
    struct acc_str command = {0};
    acc_correct_command(&command, cli->command_line, cli->typed[1], ingest, summary);
    render->setup.command = acc_str_cstr(&command);
    render->functions->ingest_done(render, summary, &err);
    int status = acc_render_exit(summary->outcome, summary->signal);
    acc_str_release(&command);
    free(summary);
    acc_render_free(render);
    return status;
}

static int archive_any(struct acc_cli *cli, struct acc_ingest_cli *options)
{
    struct acc_error err = {0};
    if (check_words(options, &err) != ACC_OK)
        return acc_cli_fail(cli, &err);
    if (!acc_several_given(&options->several)) {
        options->ingest.source = options->several.sources[0];
        acc_connection_of_side(&options->ingest.source_connection, "source-",
                               &options->ingest.connection);
        return acc_ingest_cli_run(cli, options);
    }
    if (check_several(options, &err) != ACC_OK)
        return acc_cli_fail(cli, &err);
    return acc_several_run(cli, "ingest", &options->several, cli->typed[1], &options->output,
                           &options->progress);
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct acc_ingest_cli options = {0};
    const char *given[ACC_WORDS_MAX];
    int status;
    acc_connection_defaults(&options.ingest.connection);
    if (!acc_cli_parse(cli, &acc_command_ingest, argc, argv, &options, given, &status)) {
        options.ingest.destination = given[1];
        status = archive_any(cli, &options);
    }
    acc_object_rules_release(&options.rules);
    acc_options_release(&acc_command_ingest.syntax, &options);
    return status;
}

const struct acc_command acc_command_ingest = {
    .syntax = {.command = "ingest",
               .usage = "[options] SOURCE... s3://BUCKET[/PREFIX]",
               .groups = groups,
               .words = words,
               .rest = &sources},
    .summary = "archive the files that a manifest describes",
    .about =
        "Archives SOURCE, a BagIt bag or any folder with --manifest. SOURCE may also be a package "
        "(a tar or zip), or \"-\" for a package on standard input. The whole package is compared "
        "before any of its files is sent. It may be s3://BUCKET/PREFIX, with the objects below "
        "that prefix as files, or a package s3://BUCKET/KEY. Every file is compared with every "
        "digest the manifests give for it before its object can become visible. A file that "
        "differs is refused, and the others continue. Nothing in the bucket is ever "
        "overwritten or deleted.\n\n"
        "A destination that ends in / is the folder that SOURCE goes into, under its own name, as "
        "for cp and rsync: ingest DEL-006 s3://archive/maps/ archives to "
        "s3://archive/maps/DEL-006. verify understands it in the same way.\n\n"
        "With several sources, or --sources-from, each is a run of its own and goes to "
        "DESTINATION/NAME. If one fails, the others are still archived. If the bucket refuses "
        "writes, the credentials are not accepted or the server cannot be reached, no further run "
        "starts. The summary lists what failed, and the same command continues.\n\n"
        "It may be interrupted, killed or cut off at any moment. The same command continues "
        "from there, and sends nothing twice.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
