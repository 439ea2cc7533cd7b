/* accession policy check: what a bucket policy does to uploads, and who can fix it. */
#include <string.h>

#include <accession/policy.h>
#include "base/clock.h"
#include "base/file.h"
#include "cli/cli.h"

#define LONGEST (1u << 20)

struct policy_options {
    struct acc_connection connection;
    struct acc_policy_options judged;
    struct own {
        const char *server, *bucket;
        bool json;
    } own;
};

static const char *const servers[] = {"aws", "rgw", NULL};

#define AT(member) offsetof(struct own, member)
static const struct acc_option own_options[] = {
    {"server", 0, "KIND", ACC_OPTION_CHOICE, AT(server),
     "aws or rgw (Ceph); default: by the bucket's answer, aws for a FILE", 0, 0, servers},
    {"bucket", 0, "NAME", ACC_OPTION_STRING, AT(bucket),
     "the bucket that a FILE is for; default: the one it names", 0, 0, NULL},
    {"json", 0, NULL, ACC_OPTION_FLAG, AT(json), "one JSON object on standard output", 0, 0, NULL},
    {0},
};
#undef AT

#define AT(member) offsetof(struct acc_policy_options, member)
static const struct acc_option judged_options[] = {
    {"as", 0, "ARN", ACC_OPTION_STRING, AT(principal),
     "the identity that uploads: an ARN, a user id of Ceph, or \"anonymous\"", 0, 0, NULL},
    {"owner", 0, "ACCOUNT", ACC_OPTION_STRING, AT(owner),
     "who owns the bucket: an AWS account number or a user id of Ceph", 0, 0, NULL},
    {"source-ip", 0, "ADDRESS", ACC_OPTION_STRING, AT(source_ip),
     "the address that the server sees", 0, 0, NULL},
    {"source-vpce", 0, "ID", ACC_OPTION_STRING, AT(source_vpce), "the VPC endpoint used", 0, 0,
     NULL},
    {"prefix", 0, "PREFIX", ACC_OPTION_STRING, AT(prefix), "keys start with it; default: any key",
     0, 0, NULL},
    {"sse", 0, "KIND", ACC_OPTION_STRING, AT(sse), "uploads ask for this encryption", 0, 0, NULL},
    {"sse-kms-key-id", 0, "KEY", ACC_OPTION_STRING, AT(sse_kms_key_id), "with this KMS key", 0, 0,
     NULL},
    {"acl", 0, "ACL", ACC_OPTION_STRING, AT(acl), "uploads carry this canned ACL", 0, 0, NULL},
    {"storage-class", 0, "CLASS", ACC_OPTION_STRING, AT(storage_class), "uploads name this class",
     0, 0, NULL},
    {"object-lock-mode", 0, "MODE", ACC_OPTION_STRING, AT(lock_mode),
     "uploads are locked: COMPLIANCE or GOVERNANCE", 0, 0, NULL},
    {"retain-until", 0, "DATE", ACC_OPTION_STRING, AT(retain_until), "until then", 0, 0, NULL},
    {"legal-hold", 0, NULL, ACC_OPTION_FLAG, AT(legal_hold), "uploads get a legal hold", 0, 0,
     NULL},
    {"tags", 0, NULL, ACC_OPTION_FLAG, AT(tags), "uploads carry tags", 0, 0, NULL},
    {"plain-http", 0, NULL, ACC_OPTION_FLAG, AT(plain_http), "requests are not encrypted", 0, 0,
     NULL},
    {0},
};
#undef AT

static const struct acc_option_group groups[] = {
    {"Policy", own_options, offsetof(struct policy_options, own)},
    {"What is known of the uploads", judged_options, offsetof(struct policy_options, judged)},
    {"Connection, for s3:// (default: AWS_* variables, ~/.aws/config)", acc_connection_options,
     offsetof(struct policy_options, connection)},
    {0},
};

static const char *const words[] = {"check", "FILE|s3://BUCKET[/PREFIX]", NULL};

static const char *const examples[] = {
    "A policy before it is put on a bucket",
    "accession policy check --bucket wellcome-archive policy.json",
    "The one in force, as it would treat one identity",
    "accession policy check --as arn:aws:iam::111122223333:role/ingest \\\n"
    "        s3://wellcome-archive",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "nothing in the policy stands in the way, as far as is known"},
    {1, "somebody is locked out, or uploads are refused"},
    {2, "the file is not a policy, the server would reject it, or the command line is wrong"},
    {4, "the credentials, the clock, or the bucket's name or region are wrong"},
    {5, "the server cannot be reached, keeps failing, or is not an S3 server"},
    {0, NULL},
};

static int judge(struct acc_cli *cli, const char *name, const char *text, struct policy_options *o)
{
    struct acc_policy_report *report;
    struct acc_error err = {0};
    if (acc_policy_check_text(name, text, o->own.bucket, &o->judged, &report, &err) != ACC_OK)
        return acc_cli_fail(cli, &err);
    if (o->own.json)
        acc_policy_report_json(report, cli->out);
    else
        acc_policy_report_text(report, cli->out);
    int status = acc_policy_report_exit(report);
    acc_policy_report_free(report);
    return status;
}

static int judge_file(struct acc_cli *cli, const char *path, struct policy_options *o)
{
    struct acc_str text = {0};
    struct acc_error err = {0};
    int status;
    if (acc_file_read(path, LONGEST, &text, &err) != ACC_OK) {
        acc_error_set(&err, ACC_CONFIG, "%s",
                      err.message); /* exit status 1 means a lock-out here */
        status = acc_cli_fail(cli, &err);
    } else {
        status = judge(cli, path, acc_str_cstr(&text), o);
    }
    acc_str_release(&text);
    return status;
}

static int judge_bucket(struct acc_cli *cli, const char *url, struct policy_options *o)
{
    struct acc_policy_in_force found;
    struct acc_error err = {0};
    int status = 0;
    if (acc_policy_fetch(&o->connection, url, &found, &err) != ACC_OK)
        return acc_cli_fail(cli, &err);
    o->own.bucket = found.bucket;
    o->judged.plain_http |= found.plain_http;
    if (o->judged.prefix == NULL)
        o->judged.prefix = found.prefix;
    if (o->own.server == NULL)
        o->judged.server = found.server;
    if (found.text != NULL)
        status = judge(cli, url, found.text, o);
    else if (o->own.json)
        fputs("{\"policy\": null}\n", cli->out);
    else
        fprintf(cli->out, "s3://%s has no bucket policy, so none stands in the way.\n",
                found.bucket);
    acc_policy_in_force_release(&found);
    return status;
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct policy_options options = {0};
    const char *given[ACC_WORDS_MAX];
    struct acc_error err = {0};
    int status;

    acc_connection_defaults(&options.connection);
    if (acc_cli_parse(cli, &acc_command_policy, argc, argv, &options, given, &status))
        goto out;
    options.judged.now = acc_time_now();
    if (options.own.server != NULL && strcmp(options.own.server, "rgw") == 0)
        options.judged.server = ACC_POLICY_RGW;
    if (strcmp(given[0], "check") != 0)
        acc_error_set(&err, ACC_USAGE,
                      "policy %s: unexpected argument. Did you mean 'accession policy check'?",
                      given[0]);
    else
        acc_connection_check(&options.connection, &err);
    if (err.code != ACC_OK)
        status = acc_cli_fail(cli, &err);
    else if (acc_starts_with(given[1], "s3://"))
        status = judge_bucket(cli, given[1], &options);
    else
        status = judge_file(cli, given[1], &options);
out:
    acc_options_release(&acc_command_policy.syntax, &options);
    return status;
}

const struct acc_command acc_command_policy = {
    .syntax = {.command = "policy",
               .usage = "[options] check FILE|s3://BUCKET[/PREFIX]",
               .groups = groups,
               .words = words},
    .summary = "show what a bucket policy does to uploads, and who can fix it",
    .about =
        "Reads a bucket policy, from a file before it is applied or from the bucket, and shows "
        "who could still write, read and change the policy; which conditions uploads meet; and "
        "what looks like a mistake. What depends on something unknown is listed; the options below "
        "answer it. IAM policies and ACLs are not considered.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
