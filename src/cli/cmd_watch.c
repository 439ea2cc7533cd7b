/* accession watch: archives whatever arrives in a folder. */
#include "cli/cli.h"

#include <string.h>

#include <accession/watch.h>
#include "base/mem.h"
#include "base/str.h"

#define MIB (1024LL * 1024)
#define GIB (1024 * MIB)
#define DAY (24 * 3600)
#define MARKER "marker:"

struct watch_cli {
    struct acc_watch_options watch;
    struct acc_manifest_cli manifest;
    const char *ready; /* with the marker's name in it */
    const char *after;
};

#define AT(member) offsetof(struct watch_cli, member)
static const char *const afters[] = {"keep", "move", "delete", NULL};

static const struct acc_option arrival_options[] = {
    {"ready", 0, "WHEN", ACC_OPTION_STRING, AT(ready),
     "when an arrival is complete: manifest (its manifest and every file that it lists exist, with "
     "the listed sizes; default), marker:NAME (ARRIVAL.NAME exists beside it, or ARRIVAL/NAME in "
     "it), rename (it was renamed in) or settle (it has stopped changing)",
     0, 0, NULL},
    {"settle", 0, "TIME", ACC_OPTION_SECONDS, AT(watch.settle_s),
     "time without any change before an arrival is archived; default 5s, and 60s with --ready "
     "settle, which adds a second for every 64 MiB",
     1, DAY, NULL},
    {"stale", 0, "TIME", ACC_OPTION_SECONDS, AT(watch.stale_s),
     "after this time, warn that an arrival is not complete (event: stalled), and refuse one whose "
     "manifest cannot be read; default 1h",
     1, 365 * DAY, NULL},
    {"manifest", 'm', "NAME", ACC_OPTION_LIST, AT(watch.manifests),
     "name of the checksum list in arrivals that are not bags; may be given several times; default "
     "the first of SHA512SUMS, SHA256SUMS, SHA1SUMS and MD5SUMS that exists",
     0, 0, NULL},
    {"allow-unlisted", 0, NULL, ACC_OPTION_FLAG, AT(watch.allow_unlisted),
     "do not refuse an arrival for files that no manifest names (they are never sent)", 0, 0, NULL},
    {"check-first", 0, NULL, ACC_OPTION_FLAG, AT(watch.check_first),
     "compare every file of an arrival before sending any, so that nothing of a refused one "
     "becomes "
     "visible; reads everything twice",
     0, 0, NULL},
    {"after", 0, "WHAT", ACC_OPTION_CHOICE, AT(after),
     "keep (default), move (to done/ in DROPDIR with RECEIPT.txt, or to rejected/ with WHY.txt, "
     "and "
     "the receipt) or delete (if all of it is archived, once every byte was read back)",
     0, 0, afters},
    {"yes-delete-after-verify", 0, NULL, ACC_OPTION_FLAG, AT(watch.delete_confirmed),
     "needed for --after delete", 0, 0, NULL},
    {0},
};

static const struct acc_option service_options[] = {
    {"poll", 0, "TIME", ACC_OPTION_SECONDS, AT(watch.poll_s),
     "scan the folder at this interval instead of waiting for the kernel's events, which network "
     "file systems do not have",
     1, DAY, NULL},
    {"rescan", 0, "TIME", ACC_OPTION_SECONDS, AT(watch.rescan_s),
     "scan the whole folder at this interval, events or not; default 3m", 1, DAY, NULL},
    {"parallel", 0, "N", ACC_OPTION_INT, AT(watch.parallel),
     "arrivals archived concurrently, 1 to 32; default 2", 1, 32, NULL},
    {"probe", 0, "TIME", ACC_OPTION_SECONDS, AT(watch.probe_s),
     "while halted, probe the destination after this time, then after twice that; default 30s", 1,
     DAY, NULL},
    {"probe-max", 0, "TIME", ACC_OPTION_SECONDS, AT(watch.probe_max_s),
     "the longest time between two such probes; default 15m", 1, DAY, NULL},
    {"grace", 0, "TIME", ACC_OPTION_SECONDS, AT(watch.grace_s),
     "on SIGTERM, time for the runs in progress to end or to be parked; default 1m", 1, DAY, NULL},
    {"on-event", 0, "COMMAND", ACC_OPTION_STRING, AT(watch.on_event),
     "shell command that gets each event (halted, resumed, rejected, archived, stalled, and daily "
     "due and digest) as JSON on its standard input; ended after 30 s",
     0, 0, NULL},
    {"due-after", 0, "DAYS", ACC_OPTION_INT, AT(watch.due_days),
     "files are due (event: due) that were not archived or read back for this many days; default "
     "90",
     1, 36500, NULL},
    {"metrics", 0, "FILE", ACC_OPTION_STRING, AT(watch.metrics),
     "numbers for Prometheus (node_exporter's textfile collector: FILE ends in .prom)", 0, 0, NULL},
    {"health", 0, "FILE", ACC_OPTION_STRING, AT(watch.health),
     "one line, written every 15 s: ok, halted CODE, or stopped", 0, 0, NULL},
    {0},
};

static const struct acc_option run_options[] = {
    {"accept-unchecked-transfer", 0, NULL, ACC_OPTION_FLAG, AT(watch.accept_unchecked),
     "send to a server that checks no digest of what it is sent; every object is then read back, "
     "byte for byte, before it counts",
     0, 0, NULL},
    {"jobs", 'j', "N", ACC_OPTION_INT, AT(watch.jobs),
     "concurrent requests for each arrival, 1 to 256; default 16", 1, 256, NULL},
    {"part-size", 0, "SIZE", ACC_OPTION_BYTES, AT(watch.part_size),
     "send larger files in parts of this size, 5M to 5G; default 8M", 5 * MIB, 5 * GIB, NULL},
    {"memory", 0, "SIZE", ACC_OPTION_BYTES, AT(watch.memory),
     "memory for file content of each arrival, 16M or more; default 256M", 16 * MIB, 1024 * GIB,
     NULL},
    {"ledger", 0, "FILE", ACC_OPTION_STRING, AT(watch.ledger),
     "where work and results are recorded; default $XDG_STATE_HOME/accession/ledger.db", 0, 0,
     NULL},
    {"receipts", 0, "FOLDER|s3://BUCKET/PREFIX", ACC_OPTION_STRING, AT(watch.receipts),
     "where receipts go; default $XDG_STATE_HOME/accession/receipts. With a bucket they are "
     "also written there, compressed and write-once",
     0, 0, NULL},
    {"premis", 0, NULL, ACC_OPTION_FLAG, AT(watch.premis),
     "write the run's PREMIS (RUN.premis.xml) beside its receipt", 0, 0, NULL},
    {0},
};

static const struct acc_option_group groups[] = {
    {"Arrivals", arrival_options, 0},
    {"", acc_manifest_package_options, AT(manifest)},
    {"Service", service_options, 0},
    {"How each is archived", run_options, 0},
    {"On every object (default: what the bucket does)", acc_object_options, AT(watch.object)},
    {"", acc_rule_options, AT(watch.object_rules)},
    {"Connection (default: AWS_* variables, ~/.aws/config)", acc_connection_options,
     AT(watch.connection)},
    {0},
};
#undef AT

static const char *const words[] = {"DROPDIR", "s3://BUCKET[/PREFIX]", NULL};

static const char *const examples[] = {
    "Archive what arrives, leave it where it is",
    "accession watch /srv/incoming s3://archive/incoming",
    "Sort deliveries into done/ and rejected/, mail what happens",
    "accession watch --after move --on-event 'mail -s accession ops' \\\n"
    "        /srv/incoming s3://archive",
    "A network file system, deliveries announced by NAME.complete",
    "accession watch --poll 30 --ready marker:complete \\\n"
    "        /mnt/scans s3://archive/scans",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "stopped by SIGTERM"},
    {2, "the command line, the drop folder, its lock or the ledger is not usable"},
    {70, "accession itself is at fault"},
    {130, "stopped by Ctrl-C"},
    {0, NULL},
};

static enum acc_code read_ready(struct watch_cli *cli, struct acc_error *err)
{
    static const char *const names[] = {[ACC_READY_MANIFEST] = "manifest",
                                        [ACC_READY_RENAME] = "rename",
                                        [ACC_READY_SETTLE] = "settle"};
    if (cli->ready == NULL)
        return ACC_OK;
    if (acc_starts_with(cli->ready, MARKER)) {
        cli->watch.ready = ACC_READY_MARKER;
        cli->watch.marker = cli->ready + strlen(MARKER);
        return ACC_OK;
    }
    for (size_t i = 0; i < ACC_COUNT_OF(names); i++)
        if (names[i] != NULL && strcmp(cli->ready, names[i]) == 0) {
            cli->watch.ready = (enum acc_watch_ready)i;
            return ACC_OK;
        }
    return acc_error_set(err, ACC_USAGE,
                         "--ready %.60s: must be manifest, marker:NAME, rename or settle.",
                         cli->ready);
}

static void read_after(struct watch_cli *cli)
{
    static const enum acc_watch_after values[] = {ACC_AFTER_KEEP, ACC_AFTER_MOVE, ACC_AFTER_DELETE};
    for (size_t i = 0; cli->after != NULL && i < ACC_COUNT_OF(values); i++)
        if (strcmp(cli->after, afters[i]) == 0)
            cli->watch.after = values[i];
}

static int watch(struct acc_cli *cli, struct watch_cli *options)
{
    struct acc_error err = {0};
    enum acc_code code = read_ready(options, &err);
    if (code == ACC_OK)
        code = acc_connection_check(&options->watch.connection, &err);
    read_after(options);
    options->watch.package = options->manifest.rules;
    if (code == ACC_OK)
        code = acc_watch(&options->watch, &err);
    return code == ACC_OK ? 0 : acc_cli_fail(cli, &err);
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct watch_cli options = {0};
    const char *given[ACC_WORDS_MAX];
    int status;
    acc_connection_defaults(&options.watch.connection);
    if (!acc_cli_parse(cli, &acc_command_watch, argc, argv, &options, given, &status)) {
        options.watch.folder = given[0];
        options.watch.destination = given[1];
        status = watch(cli, &options);
    }
    acc_options_release(&acc_command_watch.syntax, &options);
    return status;
}

const struct acc_command acc_command_watch = {
    .syntax = {.command = "watch",
               .usage = "[options] DROPDIR s3://BUCKET[/PREFIX]",
               .groups = groups,
               .words = words},
    .summary = "archive whatever arrives in a folder, as a service",
    .about =
        "Archives every folder that arrives in DROPDIR as soon as it is complete: DROPDIR/NAME "
        "goes to PREFIX/NAME, by the same checks, with the same ledger and receipts as "
        "accession ingest. Runs in the foreground until SIGTERM. After a restart or a kill it "
        "continues where it was.\n\n"
        "When the bucket refuses writes, credentials expire or the server is away, it pauses "
        "as a whole, keeps queueing, asks again from time to time, and resumes by itself. "
        "Names that begin with a dot or end in .part, .partial, .filepart or .tmp, and files in "
        "DROPDIR itself that are no packages, are left alone.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
