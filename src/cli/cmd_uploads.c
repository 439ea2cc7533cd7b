/* accession uploads: lists unfinished multipart uploads, and takes one's own away when asked to. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include <accession/uploads.h>
#include <jansson.h>

#include "base/clock.h"
#include "cli/screen/report.h"

#define DAY (24LL * 3600)
#define DEFAULT_AGE (7 * DAY) /* seconds */

struct uploads_cli {
    struct acc_uploads_options uploads;
    struct acc_output_options output;
    int older_than; /* seconds */
};

#define AT(member) offsetof(struct uploads_cli, member)
static const struct acc_option own_options[] = {
    {"abort-own", 0, NULL, ACC_OPTION_FLAG, AT(uploads.abort_own),
     "abort uploads of this ledger that are old enough and that no run is using; "
     "never any others",
     0, 0, NULL},
    {"older-than", 0, "TIME", ACC_OPTION_SECONDS, AT(older_than),
     "how old an upload must be to be aborted: 7d, 12h, 0s; default 7d", 0, 3650 * DAY, NULL},
    {"ledger", 0, "FILE", ACC_OPTION_STRING, AT(uploads.ledger),
     "the ledger that recorded them; default $XDG_STATE_HOME/accession/ledger.db", 0, 0, NULL},
    {0},
};

static const struct acc_option_group groups[] = {
    {"Uploads", own_options, 0},
    {"Connection (default: AWS_* variables, ~/.aws/config)", acc_connection_options,
     AT(uploads.connection)},
    {"Output", acc_output_options, AT(output)},
    {0},
};
#undef AT

static const char *const words[] = {"s3://BUCKET[/PREFIX]", NULL};

static const char *const examples[] = {
    "Unfinished uploads in this bucket, and how much space they use",
    "accession uploads s3://wellcome-archive",
    "Abort what no run has continued for a month",
    "accession uploads --abort-own --older-than 30d s3://wellcome-archive",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "listed; what was to be aborted is gone, or a run is using it"},
    {1, "the server refused to abort some"},
    {2, "the command line, the configuration or the ledger is not usable"},
    {4, "the credentials, the clock, or the bucket's name or region are wrong"},
    {5, "the server cannot be reached, keeps failing, or is not an S3 server"},
    {0, NULL},
};

struct telling {
    struct acc_screen screen;
    bool quiet;
};

/* ---- for people ---- */

static const char *fate_text(const struct acc_open_upload *upload)
{
    switch (upload->fate) {
    case ACC_OPEN_ABORTED:
        return "own, aborted";
    case ACC_OPEN_BUSY:
        return "own, a run is using it";
    case ACC_OPEN_REFUSED:
        return "own, not aborted";
    case ACC_OPEN_YOUNG:
        return "own, too young to abort";
    case ACC_OPEN_STAYS:
        break;
    }
    return upload->own ? "own" : "not of this ledger";
}

static void show_upload(void *arg, const struct acc_open_upload *upload)
{
    struct telling *telling = arg;
    struct acc_screen *screen = &telling->screen;
    struct acc_str line = {0}, shown = {0};
    char text[40], age[32];
    if (telling->quiet && upload->fate != ACC_OPEN_REFUSED)
        return;
    acc_str_addf(&line, "%8s", acc_show_duration(upload->age > 0 ? upload->age : 0, age));
    acc_str_addf(&line, "  %10s",
                 upload->bytes < 0 ? "?" : acc_show_bytes((double)upload->bytes, text));
    acc_str_addf(&line, "  %-22s  ", fate_text(upload));
    acc_show_path(&line, upload->key);
    acc_screen_verbatim(screen, 0, "", 0, acc_str_cstr(&line));
    if (upload->reason[0] != '\0') {
        acc_show_text(&shown, upload->reason);
        acc_screen_field(screen, 22, "", 22, acc_str_cstr(&shown));
    }
    acc_str_release(&line);
    acc_str_release(&shown);
}

static void show_summary(struct telling *telling, const struct uploads_cli *o,
                         const struct acc_uploads_summary *s)
{
    char bytes[32], count[32], own[32];
    struct acc_str text = {0};
    if (telling->quiet)
        return;
    acc_str_addf(&text, "%s unfinished upload%s, %s; %s of this ledger",
                 acc_show_count(s->found, count), s->found == 1 ? "" : "s",
                 acc_show_bytes((double)s->bytes, bytes), acc_show_count(s->own, own));
    if (!s->ledger_found)
        acc_str_add(&text,
                    " (no ledger found, so accession cannot tell which uploads are its own)");
    if (o->uploads.abort_own)
        acc_str_addf(&text, "; %s aborted, %s freed", acc_show_count(s->aborted, count),
                     acc_show_bytes((double)s->bytes_aborted, bytes));
    acc_str_add_c(&text, '.');
    acc_screen_paragraph(&telling->screen, 0, 0, acc_str_cstr(&text));
    if (s->unlisted)
        acc_screen_paragraph(&telling->screen, 0, 0,
                             "This server does not list open uploads: only those that this ledger "
                             "knows are shown.");
    if (s->found > 0 && !o->uploads.abort_own)
        acc_screen_paragraph(
            &telling->screen, 0, 0,
            "A run that was stopped continues its uploads. For uploads that no run continues, set "
            "a "
            "lifecycle rule AbortIncompleteMultipartUpload on the bucket, or --abort-own.");
    acc_str_release(&text);
}

/* ---- JSON Lines ---- */

static void print_line(FILE *out, json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    if (text != NULL)
        fprintf(out, "%s\n", text);
    free(text);
}

static void print_upload(void *arg, const struct acc_open_upload *u)
{
    static const char *const fates[] = {[ACC_OPEN_STAYS] = "stays",
                                        [ACC_OPEN_YOUNG] = "young",
                                        [ACC_OPEN_BUSY] = "busy",
                                        [ACC_OPEN_ABORTED] = "aborted",
                                        [ACC_OPEN_REFUSED] = "refused"};
    const struct telling *telling = arg;
    struct acc_str key = {0};
    char begun[ACC_TIME_TEXT];
    acc_show_path(&key, u->key);
    json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:b, s:s}", "type", "upload", "key",
                             acc_str_cstr(&key), "upload_id", u->upload_id, "begun",
                             acc_time_rfc3339(u->begun, begun), "age_ms", (json_int_t)u->age,
                             "parts", (json_int_t)u->parts, "own", u->own, "fate", fates[u->fate]);
    if (u->bytes >= 0)
        json_object_set_new(line, "bytes", json_integer(u->bytes));
    if (u->reason[0] != '\0')
        json_object_set_new(line, "reason", json_string(u->reason));
    print_line(telling->screen.file, line);
    acc_str_release(&key);
}

static void print_summary(const struct telling *telling, const struct acc_uploads_summary *s,
                          const struct acc_error *err)
{
    json_t *line = json_pack(
        "{s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b}", "type", "summary",
        "outcome", acc_code_name(err->code), "exit_status", acc_code_exit(err->code), "found",
        (json_int_t)s->found, "own", (json_int_t)s->own, "aborted", (json_int_t)s->aborted,
        "refused", (json_int_t)s->refused, "busy", (json_int_t)s->busy, "bytes",
        (json_int_t)s->bytes, "bytes_own", (json_int_t)s->bytes_own, "bytes_aborted",
        (json_int_t)s->bytes_aborted, "ledger_found", s->ledger_found, "listed", !s->unlisted);
    if (err->code != ACC_OK)
        json_object_set_new(line, "message", json_string(err->message));
    print_line(telling->screen.file, line);
}

static int sweep(struct acc_cli *cli, struct uploads_cli *options)
{
    struct telling telling = {.quiet = options->output.quiet};
    struct acc_uploads_summary summary;
    struct acc_error err = {0};
    bool json = options->output.json;
    acc_screen_init(&telling.screen, cli->out, options->output.color);
    options->uploads.older_than = options->older_than * 1000LL;
    options->uploads.on_upload = json ? print_upload : show_upload;
    options->uploads.arg = &telling;
    acc_uploads(&options->uploads, &summary, &err);
    if (json)
        print_summary(&telling, &summary, &err);
    else if (acc_code_exit(err.code) <= 1)
        show_summary(&telling, options, &summary);
    return err.code == ACC_OK ? 0 : acc_cli_fail(cli, &err);
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct uploads_cli options = {.older_than = (int)DEFAULT_AGE};
    const char *given[ACC_WORDS_MAX];
    struct acc_error err = {0};
    int status;
    acc_connection_defaults(&options.uploads.connection);
    if (!acc_cli_parse(cli, &acc_command_uploads, argc, argv, &options, given, &status)) {
        options.uploads.url = given[0];
        status = acc_connection_check(&options.uploads.connection, &err) == ACC_OK
                     ? sweep(cli, &options)
                     : acc_cli_fail(cli, &err);
    }
    acc_options_release(&acc_command_uploads.syntax, &options);
    return status;
}

const struct acc_command acc_command_uploads = {
    .syntax = {.command = "uploads",
               .usage = "[options] s3://BUCKET[/PREFIX]",
               .groups = groups,
               .words = words},
    .summary = "list unfinished multipart uploads, and abort this ledger's own",
    .about = "Lists the unfinished multipart uploads under the prefix: their age, "
             "their size, and whether this ledger made them. Such parts are invisible and paid "
             "for. With --abort-own those of this ledger are aborted, and only those; a run that "
             "is at work keeps its own.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
