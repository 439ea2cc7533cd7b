/* The parser of options: every option of a table reaches its target, and every mistake gets its one
 * line and status 2. Also quoting for shells, since "run this again" must run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/screen/shell.h"
#include "../lib/played.h"

#define WORDS(...)                                                                                 \
    (const char *[])                                                                               \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

struct outcome {
    int status;
    char *out, *err;
};

/* Runs the program in this process; argv without "accession". */
static struct outcome play(const char *const *words)
{
    struct outcome result;
    size_t out_len, err_len;
    char *argv[128] = {"accession"};
    int argc = 1;
    for (; *words != NULL; words++) {
        assert_true(argc < 127);
        argv[argc++] = (char *)*words;
    }
    FILE *out = open_memstream(&result.out, &out_len), *err = open_memstream(&result.err, &err_len);
    result.status = acc_cli_main(argc, argv, out, err);
    fclose(out);
    fclose(err);
    return result;
}

static void forget(struct outcome *result)
{
    free(result->out);
    free(result->err);
}

static void test_every_option_reaches_its_target(void **state)
{
    struct outcome result = play(WORDS(
        "ingest", "--manifest=a.txt", "-m", "b.csv", "-mc.gz", "--manifest-format", "csv", "--json",
        "--strip-prefix", "x", "--ledger", "l.db", "--receipts", "r", "-j256", "--part-size", "5G",
        "--memory=10G", "--allow-unlisted", "done", "-nq", "--endpoint-url", "https://h",
        "--region", "r1", "--profile", "p", "--ca-bundle", "ca", "--client-cert", "cc",
        "--client-key", "ck", "--addressing", "path", "--on-halt", "wait=30m", "--retries", "0",
        "--connect-timeout", "2m", "--read-timeout", "90", "--storage-class", "GLACIER", "--sse",
        "aws:kms", "--sse-kms-key-id", "k1", "--tag", "a=1", "--tag=b=2", "--metadata", "m=x",
        "--content-type", "auto", "--acl", "private", "--expected-bucket-owner", "111122223333",
        "--object-lock-mode", "COMPLIANCE", "--retain-until", "10y", "--legal-hold", "--",
        "s3://b"));
    const struct acc_ingest_options *o = &played_options;
    assert_int_equal(result.status, 0);
    assert_string_equal(o->source, "done");
    assert_string_equal(o->destination, "s3://b");
    assert_string_equal(o->manifest_format, "csv");
    assert_string_equal(o->strip_prefix, "x");
    assert_string_equal(o->ledger, "l.db");
    assert_string_equal(o->receipts, "r");
    assert_int_equal(o->jobs, 256);
    assert_int_equal(o->part_size, 5LL << 30);
    assert_int_equal(o->memory, 10LL << 30);
    assert_int_equal(o->wait_on_halt, 30 * 60 * 1000);
    assert_true(o->allow_unlisted);
    assert_true(o->dry_run);
    assert_string_equal(o->connection.endpoint_url, "https://h");
    assert_string_equal(o->connection.region, "r1");
    assert_string_equal(o->connection.profile, "p");
    assert_string_equal(o->connection.ca_bundle, "ca");
    assert_string_equal(o->connection.client_cert, "cc");
    assert_string_equal(o->connection.client_key, "ck");
    assert_string_equal(o->connection.addressing, "path");
    assert_int_equal(o->connection.retries, 0);
    assert_int_equal(o->connection.connect_timeout_s, 120);
    assert_int_equal(o->connection.read_timeout_s, 90);
    assert_string_equal(o->object.storage_class, "GLACIER");
    assert_string_equal(o->object.sse, "aws:kms");
    assert_string_equal(o->object.sse_kms_key_id, "k1");
    assert_string_equal(o->object.content_type, "auto");
    assert_string_equal(o->object.acl, "private");
    assert_string_equal(o->object.expected_bucket_owner, "111122223333");
    assert_string_equal(o->object.object_lock_mode, "COMPLIANCE");
    assert_string_equal(o->object.retain_until, "10y");
    assert_true(o->object.legal_hold);
    assert_non_null(o->object.tags);
    assert_non_null(o->object.metadata);
    forget(&result);
}

static void test_nothing_said_is_left_to_the_library(void **state)
{
    struct outcome result = play(WORDS("ingest", "done", "s3://b", "-q"));
    struct acc_ingest_options expected = {.source = played_options.source,
                                          .destination = played_options.destination,
                                          .command = played_options.command,
                                          .on_event = played_options.on_event,
                                          .arg = played_options.arg,
                                          .connection.retries = -1,
                                          .source_connection.retries = -1};
    assert_int_equal(result.status, 0);
    assert_memory_equal(&played_options, &expected, sizeof expected);
    assert_string_equal(result.out, "");
    forget(&result);
}

static void test_lists_keep_their_order(void **state)
{
    struct target {
        const char *const *list;
    } target = {0};
    static const struct acc_option options[] = {
        {"manifest", 'm', "FILE", ACC_OPTION_LIST, 0, "", 0, 0, NULL}, {0}};
    static const struct acc_option_group groups[] = {{"", options, 0}, {0}};
    static const char *const words[] = {NULL};
    struct acc_syntax syntax = {"test", "", groups, words, NULL};
    struct acc_program_options program = {0};
    struct acc_parse parse = {.syntax = &syntax, .target = &target, .program = &program};
    char *argv[] = {"-m", "1", "--manifest", "2", "-m3"};
    assert_int_equal(acc_options_parse(&parse, 5, argv, NULL), ACC_OK);
    assert_string_equal(target.list[0], "1");
    assert_string_equal(target.list[1], "2");
    assert_string_equal(target.list[2], "3");
    assert_null(target.list[3]);
    assert_string_equal(parse.given[2], "--manifest=3");
    assert_null(parse.given[3]);
    acc_options_given_release(parse.given);
    acc_options_release(&syntax, &target);
    assert_null(target.list);
}

static const struct {
    const char *const *words;
    const char *message;
} mistakes[] = {
    {WORDS("ingst"), "ingst: no such command. Did you mean ingest?"},
    {WORDS("prbo", "s3://x"), "prbo: no such command. Did you mean probe?"},
    {WORDS("x"), "x: no such command. List them: accession --help"},
    {WORDS(""), ": no such command. List them: accession --help"},
    {WORDS("--versoin"), "--versoin: no such option. List them: accession --help"},
    {WORDS("help", "ingets"), "ingets: no such command. Did you mean ingest?"},
    {WORDS("ingest", "--manifst", "x"), "--manifst: no such option. Did you mean --manifest?"},
    {WORDS("ingest", "--endpoint_url=x"),
     "--endpoint_url: no such option. Did you mean --endpoint-url?"},
    {WORDS("ingest", "--dryrun"), "--dryrun: no such option. Did you mean --dry-run?"},
    {WORDS("ingest", "--frobnicate"),
     "--frobnicate: no such option. List them: accession ingest --help"},
    {WORDS("ingest", "--esc\033[2J\n"),
     "--esc\\x1B[2J\\n: no such option. List them: accession ingest --help"},
    {WORDS("ingest", "-x"), "-x: no such option. List them: accession ingest --help"},
    {WORDS("ingest", "-qx"), "-qx: no such option. List them: accession ingest --help"},
    {WORDS("ingest", "--region"), "--region: its value is missing: --region NAME"},
    {WORDS("ingest", "-j"), "--jobs: its value is missing: --jobs N"},
    {WORDS("ingest", "-qj"), "--jobs: its value is missing: --jobs N"},
    {WORDS("ingest", "--region", "--json"),
     "--region: its value is missing before --json (if that is the value: --region=--json)."},
    {WORDS("ingest", "--region="),
     "--region: its value is empty; a shell variable that is not set, perhaps."},
    {WORDS("ingest", "--manifest", ""),
     "--manifest: its value is empty; a shell variable that is not set, perhaps."},
    {WORDS("ingest", "--region", "a", "--region", "a"), "--region: given twice; once is enough."},
    {WORDS("ingest", "--json=maybe"), "--json maybe: must be yes or no."},
    {WORDS("ingest", "--jobs", "0"), "--jobs 0: must be a whole number from 1 to 256."},
    {WORDS("ingest", "--jobs", "257"), "--jobs 257: must be a whole number from 1 to 256."},
    {WORDS("ingest", "--jobs", "8x"), "--jobs 8x: must be a whole number from 1 to 256."},
    {WORDS("ingest", "-j-1"), "--jobs -1: must be a whole number from 1 to 256."},
    {WORDS("ingest", "--part-size", "4M"),
     "--part-size 4M: must be a size from 5.0 MiB to 5.0 GiB, written like 64M or 1G."},
    {WORDS("ingest", "--part-size", "6G"),
     "--part-size 6G: must be a size from 5.0 MiB to 5.0 GiB, written like 64M or 1G."},
    {WORDS("ingest", "--memory", "lots"),
     "--memory lots: must be a size from 16.0 MiB to 1.0 TiB, written like 64M or 1G."},
    {WORDS("ingest", "--read-timeout", "0"),
     "--read-timeout 0: must be a time from 1 to 86400 seconds, written like 30s or 2m."},
    {WORDS("ingest", "--read-timeout", "soon"),
     "--read-timeout soon: must be a time from 1 to 86400 seconds, written like 30s or 2m."},
    {WORDS("ingest", "--addressing", "virtul"),
     "--addressing virtul: must be auto, path or virtual."},
    {WORDS("ingest", "--color", "red"), "--color red: must be auto, always or never."},
    {WORDS("ingest"), "SOURCE is missing. Usage: accession ingest "
                      "[options] SOURCE... s3://BUCKET[/PREFIX]; more: accession ingest --help"},
    {WORDS("ingest", "a"),
     "s3://BUCKET[/PREFIX] is missing. Usage: accession ingest "
     "[options] SOURCE... s3://BUCKET[/PREFIX]; more: accession ingest --help"},
    {WORDS("ingest", "-m", "list", "s3://b"),
     "SOURCE is missing. Usage: accession ingest "
     "[options] SOURCE... s3://BUCKET[/PREFIX]; more: accession ingest --help"},
    {WORDS("policy"), "check is missing. Usage: accession policy "
                      "[options] check FILE|s3://BUCKET[/PREFIX]; more: accession policy --help"},
    {WORDS("policy", "check"),
     "FILE|s3://BUCKET[/PREFIX] is missing. Usage: accession policy "
     "[options] check FILE|s3://BUCKET[/PREFIX]; more: accession policy --help"},
    {WORDS("probe", "s3://b", "c d"),
     "c d: unexpected argument. Put names that contain spaces in quotes."},
    {WORDS("ingest", "a/x", "b/x", "s3://b"),
     "a/x and b/x: have one name, and would go to one place. Name them one by one, each with a "
     "place of its own."},
    {WORDS("ingest", "a", ".", "s3://b"),
     ".: has no name of its own, and each source goes to a folder of its name. Write the name."},
    {WORDS("ingest", "a", "-", "s3://b"), "-: standard input cannot be one of several sources."},
    {WORDS("ingest", "-m", "list", "a", "b", "s3://b"),
     "--manifest: belongs to one source. With several, each is a bag or has its checksum list in "
     "it."},
    {WORDS("ingest", "--slice", "1/2", "a", "s3://b"),
     "--slice: divides several sources, and this is one. Name them by --sources-from."},
    {WORDS("ingest", "--slice", "3/2", "a", "b", "s3://b"),
     "--slice: is N/M with N from 1 to M, and this is 3/2."},
    {WORDS("ingest", "--slice", "x/2", "a", "b", "s3://b"),
     "--slice: is N/M, the N-th of M parts, such as 3/30, or auto[/M]."},
    {WORDS("ingest", "--slice", "auto", "a", "b", "s3://b"),
     "--slice auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set. Start it as a "
     "task of a job array, or write --slice N/M."},
    {WORDS("ingest", "s3://b", "a"),
     "SOURCE comes first: accession ingest SOURCE s3://BUCKET[/PREFIX]"},
    {WORDS("ingest", "--part-size", "200M", "a", "s3://b"),
     "--memory: 256 MiB is too small for two parts. Use 400 MiB or more, or a smaller "
     "--part-size."},
    {WORDS("ingest", "--client-key", "k", "a", "s3://b"),
     "--client-key: needs --client-cert, the certificate it belongs to."},
    {WORDS("ingest", "--on-halt", "stay", "a", "s3://b"),
     "--on-halt stay: must be exit, wait or wait=TIME (wait=30m)."},
    {WORDS("ingest", "--on-halt=wait=", "a", "s3://b"),
     "--on-halt wait=: must be exit, wait or wait=TIME (wait=30m)."},
    {WORDS("probe", "--client-key", "k", "s3://b"),
     "--client-key: needs --client-cert, the certificate it belongs to."},
    {WORDS("probe", "--jobs", "2"), "--jobs: no such option. List them: accession probe --help"},
};

static void test_every_mistake_has_its_line(void **state)
{
    for (size_t i = 0; i < ACC_COUNT_OF(mistakes); i++) {
        struct outcome result = play(mistakes[i].words);
        char expected[512];
        snprintf(expected, sizeof expected, "accession: %s\n", mistakes[i].message);
        assert_string_equal(result.err, expected);
        assert_string_equal(result.out, "");
        assert_int_equal(result.status, 2);
        forget(&result);
    }
}

static void test_without_a_command(void **state)
{
    struct outcome result = play((const char *[]){NULL});
    assert_int_equal(result.status, 2);
    assert_string_equal(result.out, "");
    assert_non_null(strstr(result.err, "Usage: accession COMMAND"));
    forget(&result);
}

/* Help is for 80 columns, and names every option of the table. */
static void check_help(const struct acc_command *command)
{
    struct outcome result = play(WORDS("help", command->syntax.command));
    struct outcome same = play(WORDS(command->syntax.command, "--bogus", "--help"));
    assert_int_equal(result.status, 0);
    assert_int_equal(same.status, 0);
    assert_string_equal(result.out, same.out);
    for (const struct acc_option_group *group = command->syntax.groups; group->title; group++)
        for (const struct acc_option *option = group->options; option->name; option++) {
            char name[64];
            snprintf(name, sizeof name, "--%s", option->name);
            assert_non_null(strstr(result.out, name));
        }
    for (char *line = strtok(result.out, "\n"); line != NULL; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 80);
    forget(&result);
    forget(&same);
}

static void test_help(void **state)
{
    check_help(&acc_command_ingest);
    check_help(&acc_command_probe);
    check_help(&acc_command_uploads);
    struct outcome result = play(WORDS("--help"));
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(result.out, "\n  ingest "));
    assert_non_null(strstr(result.out, "\n  probe "));
    forget(&result);
    result = play(WORDS("--version"));
    assert_string_equal(result.out, "accession 0.1.0\n  libcurl   7.88.1\n");
    forget(&result);
}

static void test_exit_statuses(void **state)
{
    static const struct {
        const char *scene;
        int status;
    } runs[] = {{"done", 0},         {"refused", 1}, {"unlisted", 1}, {"manifest", 2},
                {"lacking", 1},      {"full", 2},    {"denied", 3},   {"credentials", 4},
                {"clock", 4},        {"bucket", 4},  {"server", 5},   {"unreachable", 5},
                {"interrupted", 143}};
    for (size_t i = 0; i < ACC_COUNT_OF(runs); i++) {
        struct outcome result = play(WORDS("ingest", runs[i].scene, "s3://b"));
        assert_int_equal(result.status, runs[i].status);
        forget(&result);
    }
}

/* Output that cannot be written is reported, and never passes for success. */
static void test_full_standard_output(void **state)
{
    static const char *const scenes[] = {"done", "denied"};
    static const int expected[] = {2, 3};
    for (size_t i = 0; i < 2; i++) {
        char *argv[] = {"accession", "ingest", "--json", (char *)scenes[i], "s3://b"}, *text;
        size_t len;
        FILE *out = fopen("/dev/full", "w"), *err = open_memstream(&text, &len);
        assert_non_null(out);
        assert_int_equal(acc_cli_main(5, argv, out, err), expected[i]);
        fclose(out);
        fclose(err);
        assert_non_null(strstr(text, "accession: not all output could be written"));
        free(text);
    }
}

/* A halt always has its line, also where the run says nothing. */
static void test_halts_have_a_line(void **state)
{
    struct outcome result = play(WORDS("ingest", "nobody", "s3://b"));
    assert_string_equal(result.err, "accession: s3://wellcome-archive/digitised/b24967646: no "
                                    "credentials found. Set them. Nothing was sent.\n"
                                    "To try it without a bucket of your own, run tools/quickstart "
                                    "in accession's\nsource folder.\n");
    assert_string_equal(result.out, "");
    assert_int_equal(result.status, 4);
    forget(&result);
    result = play(WORDS("ingest", "--json", "bucket", "s3://b"));
    assert_string_equal(result.err,
                        "accession: s3://wellcome-archive/digitised/b24967646: the bucket name or "
                        "region is wrong (ListObjectsV2: 301 PermanentRedirect). The bucket is in "
                        "eu-west-1: --region eu-west-1\n");
    assert_int_equal(result.status, 4);
    forget(&result);
}

static char *shell_says(const char *shell, const char *line)
{
    char command[512], *text = calloc(1, 256);
    snprintf(command, sizeof command, "%s", line);
    setenv("LINE", command, 1);
    snprintf(command, sizeof command, "%s -c \"$LINE\"", shell);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t got = fread(text, 1, 255, pipe);
    text[got] = '\0';
    assert_int_equal(pclose(pipe), 0);
    return text;
}

static void test_quoted_words_come_back(void **state)
{
    static const struct {
        const char *word, *quoted;
        const char *shell;
    } words[] = {
        {"plain/Path_1.txt", "plain/Path_1.txt", "sh"},
        {"", "''", "sh"},
        {"two words", "'two words'", "sh"},
        {"it's $HOME `x` \"q\" \\ ~", "'it'\\''s $HOME `x` \"q\" \\ ~'", "sh"},
        {"~user", "'~user'", "sh"},
        {"*?[a]", "'*?[a]'", "sh"},
        {"caf\xc3\xa9", "'caf\xc3\xa9'", "sh"},
        {"a\nb", "$'a\\nb'", "bash"},
        {"esc\033[2J'\\\xff"
         "41",
         "$'esc\\x1B[2J\\'\\\\\\xFF41'", "bash"},
        {"=ls", "'=ls'", "sh"},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(words); i++) {
        struct acc_str line = {0};
        acc_str_add(&line, "printf %s ");
        acc_shell_quote(&line, words[i].word);
        assert_string_equal(line.data + strlen("printf %s "), words[i].quoted);
        char *said = shell_says(words[i].shell, line.data);
        assert_string_equal(said, words[i].word);
        free(said);
        acc_str_release(&line);
    }
}

static void test_command_line_is_handed_on(void **state)
{
    struct outcome result = play(WORDS("ingest", "denied", "s3://b/a b", "--profile", "it's"));
    assert_non_null(
        strstr(result.out, "accession ingest denied 's3://b/a b' --profile 'it'\\''s'"));
    forget(&result);
}

/* What a run found to be mistaken is right in the line that goes on, and nothing else differs. */
static void test_command_line_is_corrected(void **state)
{
    const struct {
        const char *const *words;
        const char *line;
    } commands[] = {
        {WORDS("ingest", "mistyped", "s3://wellcom-archive/a b/c"),
         "accession ingest mistyped 's3://wellcome-archive/a b/c'"},
        {WORDS("ingest", "--expected-bucket-owner", "1", "mistyped", "s3://x1z", "--jobs", "3"),
         "accession ingest --expected-bucket-owner 1 mistyped s3://wellcome-archive --jobs 3"},
        {WORDS("ingest", "--ledger", "/s3://x1z", "--", "mistyped", "s3://x1z"),
         "accession ingest --ledger /s3://x1z -- mistyped s3://wellcome-archive"},
        {WORDS("ingest", "bucket", "s3://b1b"),
         "accession ingest bucket s3://b1b --region eu-west-1"},
        {WORDS("ingest", "--region", "bucket", "bucket", "s3://b1b"),
         "accession ingest --region eu-west-1 bucket s3://b1b"},
        {WORDS("ingest", "--", "bucket", "s3://b1b"), "accession ingest -- bucket s3://b1b"},
        {WORDS("ingest", "misplaced", "s3://b1b"),
         "accession ingest misplaced s3://b1b --strip-prefix objects"},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(commands); i++) {
        struct outcome result = play(commands[i].words);
        const char *found = strstr(result.out, commands[i].line);
        if (found == NULL || found[strlen(commands[i].line)] != '\n')
            fail_msg("not said: %s\nit said:\n%s", commands[i].line, result.out);
        forget(&result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_line_is_corrected),
        cmocka_unit_test(test_every_option_reaches_its_target),
        cmocka_unit_test(test_nothing_said_is_left_to_the_library),
        cmocka_unit_test(test_lists_keep_their_order),
        cmocka_unit_test(test_every_mistake_has_its_line),
        cmocka_unit_test(test_without_a_command),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_exit_statuses),
        cmocka_unit_test(test_halts_have_a_line),
        cmocka_unit_test(test_full_standard_output),
        cmocka_unit_test(test_quoted_words_come_back),
        cmocka_unit_test(test_command_line_is_handed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
