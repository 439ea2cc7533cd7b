/* accession manifest: show, check and create manifests. No network but to a SOURCE, or a manifest,
 * that lies in a bucket. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <accession/manifest.h>
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "cli/screen/shell.h"

struct manifest_cli {
    struct acc_manifest_cli manifest;
    struct acc_connection connection, source_connection;
    struct own {
        const char *const *manifests;
        const char *manifest_format, *strip_prefix;
        const char *format, *output, *algorithm, *identifier;
        int jobs;
        bool allow_unlisted, no_progress;
    } own;
};

static const char *const formats[] = {"table", "csv", "json", "sha256", "bagit", NULL};

#define AT(member) offsetof(struct own, member)
static const struct acc_option own_options[] = {
    {"format", 'f', "FORMAT", ACC_OPTION_CHOICE, AT(format),
     "show: table (default), csv or json (one object a line); create: sha256 (default; a checksum "
     "list), csv or bagit",
     0, 0, formats},
    {"output", 'o', "FILE", ACC_OPTION_STRING, AT(output),
     "create: write to FILE, which appears whole or not at all; default: standard output. For "
     "bagit a "
     "new folder for the tag files; default: SOURCE becomes the bag, and its content moves into "
     "data/",
     0, 0, NULL},
    {"algorithm", 0, "NAME", ACC_OPTION_STRING, AT(algorithm),
     "create: the digests' algorithm; default sha256", 0, 0, NULL},
    {"external-identifier", 0, "ID", ACC_OPTION_STRING, AT(identifier),
     "create: for the bag's bag-info.txt", 0, 0, NULL},
    {"jobs", 'j', "N", ACC_OPTION_INT, AT(jobs),
     "create: files hashed concurrently; default: one for each processor", 1, 64, NULL},
    {"no-progress", 0, NULL, ACC_OPTION_FLAG, AT(no_progress), "show no progress on the terminal",
     0, 0, NULL},
    {0},
};

static const struct acc_option reading_options[] = {
    {"manifest", 'm', "FILE", ACC_OPTION_LIST, AT(manifests),
     "check: a further manifest; may be given several times", 0, 0, NULL},
    {"manifest-format", 0, "NAME", ACC_OPTION_STRING, AT(manifest_format),
     "format of the manifests, if their content does not show it", 0, 0, NULL},
    {"strip-prefix", 0, "PATH", ACC_OPTION_STRING, AT(strip_prefix),
     "remove PATH from the front of the manifests' paths", 0, 0, NULL},
    {"allow-unlisted", 0, NULL, ACC_OPTION_FLAG, AT(allow_unlisted),
     "check: accept files that no manifest names", 0, 0, NULL},
    {0},
};
#undef AT

#define AT(member) offsetof(struct manifest_cli, member)
static const struct acc_option_group groups[] = {
    {"Options", own_options, AT(own)},
    {"How manifests are read", reading_options, AT(own)},
    {"", acc_manifest_reading_options, AT(manifest)},
    {"", acc_manifest_package_options, AT(manifest)},
    {"What a delivery must meet (check)", acc_manifest_delivery_options, AT(manifest)},
    {"Connection to buckets (default: AWS_* variables, ~/.aws/config)", acc_connection_options,
     AT(connection)},
    {"", acc_source_options, AT(source_connection)},
    {0},
};
#undef AT

static const char *const words[] = {"show|check|create", "FILE|SOURCE", "[SOURCE]", NULL};

static const char *const examples[] = {
    "What a manifest says, and how it is read",
    "accession manifest show METS.xml",
    "Does the folder hold what its manifest names?",
    "accession manifest check SHA256SUMS scans",
    "A checksum list of a folder",
    "accession manifest create scans --output SHA256SUMS",
    "Make the folder a bag",
    "accession manifest create scans --format bagit",
    "A checksum list of the files in a package",
    "accession manifest create delivery.tar.gz --output SHA256SUMS",
    NULL,
};

static const struct acc_exit_status exits[] = {
    {0, "shown, complete, or created"},
    {1, "check: some files are missing, of another size, unlisted, or without a digest"},
    {2, "the command line, a manifest or the source is not usable"},
    {5, "the server that SOURCE lies on cannot be reached, or keeps failing"},
    {0, NULL},
};

/* ---- show ---- */

struct showing {
    FILE *out, *err;
    const char *format;
    struct acc_str line;
};

static void show_table(struct showing *s, const struct acc_manifest_shown *e)
{
    bool any = false;
    acc_str_addf(&s->line, "%s:%llu\t", e->origin, (unsigned long long)e->line);
    if (e->size >= 0)
        acc_str_addf(&s->line, "%lld", (long long)e->size);
    acc_str_add_c(&s->line, '\t');
    for (enum acc_alg alg = 0; alg < ACC_ALG_COUNT; alg++) {
        char hex[ACC_DIGEST_MAX * 2 + 1];
        if (!acc_digests_has(e->digests, alg))
            continue;
        acc_digests_hex(e->digests, alg, hex);
        acc_str_addf(&s->line, "%s%s:%s", any ? " " : "", acc_alg_name(alg), hex);
        any = true;
    }
    acc_str_add(&s->line, any ? "\t" : "no digest\t");
    if (e->problem != NULL)
        acc_str_addf(&s->line, "%s (the name %s)", e->path, e->problem);
    else
        acc_path_show(&s->line, e->path, strlen(e->path));
}

static void csv_field(struct acc_str *out, const char *text)
{
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;
    acc_str_add(out, quoted ? "\"" : "");
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            acc_str_add_c(out, '"');
        acc_str_add_c(out, *c);
    }
    acc_str_add(out, quoted ? "\"" : "");
}

static void show_csv(struct showing *s, const struct acc_manifest_shown *e)
{
    csv_field(&s->line, e->path);
    acc_str_add_c(&s->line, ',');
    if (e->size >= 0)
        acc_str_addf(&s->line, "%lld", (long long)e->size);
    for (enum acc_alg alg = 0; alg < ACC_ALG_COUNT; alg++) {
        char hex[ACC_DIGEST_MAX * 2 + 1] = "";
        if (acc_digests_has(e->digests, alg))
            acc_digests_hex(e->digests, alg, hex);
        acc_str_addf(&s->line, ",%s", hex);
    }
    acc_str_add_c(&s->line, ',');
    csv_field(&s->line, e->origin);
    acc_str_addf(&s->line, ",%llu,%s\r", (unsigned long long)e->line,
                 e->problem != NULL ? "not UTF-8" : "");
}

static void show_json(struct showing *s, const struct acc_manifest_shown *e)
{
    struct acc_json json = {.out = &s->line};
    acc_json_open(&json, NULL, '{');
    acc_json_text(&json, "path", e->path);
    if (e->size >= 0)
        acc_json_number(&json, "size", e->size);
    else
        acc_json_null(&json, "size");
    acc_json_open(&json, "digests", '{');
    for (enum acc_alg alg = 0; alg < ACC_ALG_COUNT; alg++) {
        char hex[ACC_DIGEST_MAX * 2 + 1];
        if (!acc_digests_has(e->digests, alg))
            continue;
        acc_digests_hex(e->digests, alg, hex);
        acc_json_text(&json, acc_alg_name(alg), hex);
    }
    acc_json_close(&json, '}');
    acc_json_text(&json, "manifest", e->origin);
    acc_json_number(&json, "line", (int64_t)e->line);
    acc_json_text(&json, "problem", e->problem);
    acc_json_close(&json, '}');
}

static void on_entry(void *arg, const struct acc_manifest_shown *entry)
{
    struct showing *s = arg;
    acc_str_clear(&s->line);
    if (strcmp(s->format, "json") == 0)
        show_json(s, entry);
    else if (strcmp(s->format, "csv") == 0)
        show_csv(s, entry);
    else
        show_table(s, entry);
    fprintf(s->out, "%s\n", acc_str_cstr(&s->line));
}

static void print_note(FILE *out, const char *kind, const char *text)
{
    struct acc_str shown = {0};
    acc_show_text(&shown, text);
    fprintf(out, "%s%s\n", kind, acc_str_cstr(&shown));
    acc_str_release(&shown);
}

static void on_show_note(void *arg, const char *text)
{
    print_note(((struct showing *)arg)->err, "note: ", text);
}

static enum acc_code show(struct acc_cli *cli, const struct manifest_cli *o, const char *file,
                          struct acc_error *err)
{
    struct showing s = {cli->out, cli->err, o->own.format != NULL ? o->own.format : "table", {0}};
    struct acc_manifest_show shown = {.manifest = file,
                                      .connection = &o->source_connection,
                                      .format = o->own.manifest_format,
                                      .strip_prefix = o->own.strip_prefix,
                                      .rules = o->manifest.rules,
                                      .on_entry = on_entry,
                                      .on_note = on_show_note,
                                      .arg = &s};
    if (strcmp(s.format, "sha256") == 0 || strcmp(s.format, "bagit") == 0)
        return acc_error_set(err, ACC_USAGE, "--format %s: show supports table, csv and json.",
                             s.format);
    if (strcmp(s.format, "csv") == 0) {
        fputs("path,size", cli->out);
        for (enum acc_alg alg = 0; alg < ACC_ALG_COUNT; alg++)
            fprintf(cli->out, ",%s", acc_alg_name(alg));
        fputs(",manifest,line,problem\r\n", cli->out);
    }
    char entries[40];
    enum acc_code code = acc_manifest_show(&shown, err);
    if (code == ACC_OK)
        fprintf(cli->err, "%s, read as %s; %llu lines or elements add none\n",
                acc_show_number(shown.entries, "entry", "entries", entries), shown.read_as,
                (unsigned long long)shown.skipped);
    acc_str_release(&s.line);
    return code;
}

/* ---- check ---- */

static void on_finding(void *arg, enum acc_code code, const char *text)
{
    struct acc_cli *cli = arg;
    if (code == ACC_OK)
        print_note(cli->err, "note: ", text);
    else
        print_note(cli->out, "", text);
}

static void print_coverage(FILE *out, const struct acc_manifest_check *c)
{
    const struct {
        const char *label;
        uint64_t count;
    } rows[] = {{"listed", c->coverage.listed},
                {"missing", c->coverage.missing},
                {"unlisted", c->coverage.unlisted},
                {"listed twice", c->coverage.repeated},
                {"without digest", c->coverage.undigested},
                {"MD5 or SHA-1 only", c->coverage.weak}};
    fprintf(out, "%s\n", c->manifest);
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++) {
        char count[32];
        fprintf(out, "  %-18s %s\n", rows[i].label,
                acc_show_count((unsigned long long)rows[i].count, count));
    }
}

static enum acc_code check(struct acc_cli *cli, const struct manifest_cli *o,
                           const char *const *given, struct acc_error *err)
{
    const char *files[64] = {NULL};
    const char *source = given[1] != NULL ? given[1] : given[0];
    size_t count = 0;
    if (given[1] != NULL)
        files[count++] = given[0];
    for (size_t i = 0; o->own.manifests != NULL && o->own.manifests[i] != NULL && count < 63; i++)
        files[count++] = o->own.manifests[i];
    struct acc_manifest_check check = {.source = source,
                                       .connection = &o->source_connection,
                                       .manifests = count > 0 ? files : NULL,
                                       .format = o->own.manifest_format,
                                       .strip_prefix = o->own.strip_prefix,
                                       .allow_unlisted = o->own.allow_unlisted,
                                       .on_finding = on_finding,
                                       .arg = cli};
    enum acc_code code = acc_manifest_cli_check(&o->manifest, &check.rules, err);
    if (code == ACC_OK)
        code = acc_manifest_check(&check, err);
    if (code == ACC_OK || acc_code_exit(code) == 1)
        print_coverage(cli->out, &check);
    if (check.hint[0] != '\0')
        print_note(cli->err, "", check.hint);
    return code;
}

/* ---- create ---- */

static void on_progress(void *arg, uint64_t files, int64_t bytes)
{
    const struct acc_cli *cli = arg;
    char count[40], size[32];
    acc_show_bytes((double)bytes, size);
    if (files > 0)
        fprintf(cli->err, "\r\033[K%s, %s hashed", acc_show_files(files, count), size);
    else
        fprintf(cli->err, "\r\033[K%s fetched", size);
    fflush(cli->err);
}

static enum acc_code create(struct acc_cli *cli, const struct manifest_cli *o, const char *source,
                            struct acc_error *err)
{
    const char *format = o->own.format != NULL ? o->own.format : "sha256";
    bool progress = !o->own.no_progress && isatty(fileno(cli->err));
    char count[40], size[32];
    struct acc_manifest_create create = {.source = source,
                                         .connection = &o->source_connection,
                                         .rules = o->manifest.rules,
                                         .kind = strcmp(format, "csv") == 0     ? ACC_MANIFEST_CSV
                                                 : strcmp(format, "bagit") == 0 ? ACC_MANIFEST_BAGIT
                                                                                : ACC_MANIFEST_LIST,
                                         .algorithm = o->own.algorithm,
                                         .output = o->own.output,
                                         .jobs = (unsigned)o->own.jobs,
                                         .external_identifier = o->own.identifier,
                                         .on_progress = progress ? on_progress : NULL,
                                         .arg = cli};
    if (strcmp(format, "table") == 0 || strcmp(format, "json") == 0)
        return acc_error_set(err, ACC_USAGE, "--format %s: create supports sha256, csv and bagit.",
                             format);
    enum acc_code code = acc_manifest_create(&create, err);
    if (progress)
        fputs("\r\033[K", cli->err);
    if (code == ACC_OK)
        fprintf(cli->err, "%s, %s\n", acc_show_files(create.files, count),
                acc_show_bytes((double)create.bytes, size));
    return code;
}

static enum acc_code dispatch(struct acc_cli *cli, struct manifest_cli *o, const char *const *given,
                              struct acc_error *err)
{
    bool is_check = strcmp(given[0], "check") == 0;
    acc_connection_of_side(&o->source_connection, "source-", &o->connection);
    if (acc_connection_check(&o->connection, err) != ACC_OK)
        return err->code;
    if (given[2] != NULL && !is_check)
        return acc_error_set(err, ACC_USAGE, "unexpected argument: manifest %s accepts one.",
                             given[0]);
    if (is_check)
        return check(cli, o, given + 1, err);
    if (strcmp(given[0], "show") == 0)
        return show(cli, o, given[1], err);
    if (strcmp(given[0], "create") == 0)
        return create(cli, o, given[1], err);
    return acc_error_set(err, ACC_USAGE, "manifest %s: must be show, check or create.", given[0]);
}

static int run(struct acc_cli *cli, int argc, char *const *argv)
{
    struct manifest_cli options = {0};
    const char *given[ACC_WORDS_MAX] = {NULL};
    struct acc_error err = {0};
    int status = 0;
    acc_connection_defaults(&options.connection);
    if (!acc_cli_parse(cli, &acc_command_manifest, argc, argv, &options, given, &status) &&
        dispatch(cli, &options, given, &err) != ACC_OK)
        status = acc_cli_fail(cli, &err);
    acc_options_release(&acc_command_manifest.syntax, &options);
    return status;
}

const struct acc_command acc_command_manifest = {
    .syntax = {.command = "manifest",
               .usage = "[options] show FILE | check [FILE] SOURCE | create SOURCE",
               .groups = groups,
               .words = words},
    .summary = "show, check or create a manifest, without a destination",
    .about =
        "show prints every entry of a manifest as it is read: with file and line, and what was "
        "skipped and why. FILE is a manifest, or a bag or another source with its checksum list in "
        "it.\n\n"
        "check compares the names and sizes in the manifests with SOURCE, in both directions. It "
        "reads no content: accession verify --local compares the digests.\n\n"
        "create hashes every file of SOURCE and writes a checksum list, a CSV table, or a BagIt "
        "bag.\n\n"
        "FILE and SOURCE may lie in a bucket: s3://BUCKET/PREFIX, or s3://BUCKET/KEY of a manifest "
        "or a package. SOURCE may be a package (tar or zip), which is read to its end. Nothing is "
        "written to a bucket.",
    .examples = examples,
    .exits = exits,
    .run = run,
};
