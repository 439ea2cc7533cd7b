/* Where options come from: the line wins over the environment, that over the files; a destination
 * by name is its URL; and every mistake in a file has its line, with exit status 2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/trace.h"
#include "cli/cli.h"
#include "../lib/played.h"

static char folder[] = "/tmp/accession-test-XXXXXX";
static char config[64];

struct outcome {
    int status;
    char *out, *err;
};

/* "accession LINE", with words separated by single spaces. */
static struct outcome play(const char *line)
{
    struct outcome result;
    size_t out_len, err_len;
    char *copy = acc_strdup(line), *rest = copy, *argv[32] = {"accession"}, *word;
    int argc = 1;
    while ((word = strsep(&rest, " ")) != NULL)
        argv[argc++] = word;
    FILE *out = open_memstream(&result.out, &out_len), *err = open_memstream(&result.err, &err_len);
    result.status = acc_cli_main(argc, argv, out, err);
    fclose(out);
    fclose(err);
    free(copy);
    return result;
}

static void forget(struct outcome *result)
{
    free(result->out);
    free(result->err);
}

/* Plays a line that archives. The options' strings are gone afterwards: numbers and flags stay. */
static void archive(const char *line)
{
    struct outcome result = play(line);
    if (result.status != 0)
        fail_msg("%s: %s", line, result.err);
    forget(&result);
}

static void write_config(const char *text)
{
    FILE *file = fopen(config, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    assert_non_null(mkdtemp(folder));
    snprintf(config, sizeof config, "%s/accession.conf", folder);
    setenv("ACCESSION_CONFIG", config, 1);
    return 0;
}

static int tear_down(void **state)
{
    unlink(config);
    return rmdir(folder);
}

static void test_line_wins_over_environment_over_file(void **state)
{
    write_config("jobs = 2\npart-size = 6M\n[archive]\nurl = s3://b\njobs = 3\nmemory = 32M\n");
    archive("ingest done s3://b -q");
    assert_int_equal(played_options.jobs, 2);
    archive("ingest done archive: -q");
    assert_int_equal(played_options.jobs, 3);
    assert_int_equal(played_options.part_size, 6 << 20);
    assert_int_equal(played_options.memory, 32 << 20);
    setenv("ACCESSION_JOBS", "4", 1);
    archive("ingest done archive: -q");
    assert_int_equal(played_options.jobs, 4);
    archive("ingest done archive: -q -j5");
    assert_int_equal(played_options.jobs, 5);
    setenv("ACCESSION_JOBS", "", 1);
    archive("ingest done archive: -q");
    assert_int_equal(played_options.jobs, 3);
    unsetenv("ACCESSION_JOBS");
}

static void test_flags_can_be_taken_back(void **state)
{
    write_config("quiet = on\nlegal-hold = yes\nallow-unlisted = true\n");
    archive("ingest done s3://b");
    assert_true(played_options.object.legal_hold);
    assert_true(played_options.allow_unlisted);
    archive("ingest done s3://b --legal-hold=no");
    assert_false(played_options.object.legal_hold);
    setenv("ACCESSION_ALLOW_UNLISTED", "0", 1);
    archive("ingest done s3://b");
    assert_false(played_options.allow_unlisted);
    unsetenv("ACCESSION_ALLOW_UNLISTED");
}

/* The configuration as "config show" prints it, the one place where strings can be looked at. */
static void shows(const char *line, const char *expected)
{
    struct outcome result = play(line);
    if (strstr(result.out, expected) == NULL)
        fail_msg("%s shows\n%s%s\ninstead of: %s", line, result.out, result.err, expected);
    assert_int_equal(result.status, 0);
    forget(&result);
}

static void test_what_is_shown(void **state)
{
    char line[256];
    write_config("\xef\xbb\xbf# A comment\r\n\r\nledger = ~/l.db\r\n[archive]\r\n  tag = a=1\r\n"
                 "\ttag = b = 2 # kept\r\nurl=s3://b/p\r\n; another\r\n[empty]\r\n");
    setenv("HOME", "/home/x", 1);
    snprintf(line, sizeof line, "/home/x/l.db  (%s:3)", config);
    shows("config show", line);
    shows("config show archive", line);
    shows("config show --json archive",
          "{\"archive\":\"archive\",\"key\":\"tag\",\"value\":\"b = 2 "
          "# kept\",\"from\":\"");
    setenv("ACCESSION_TAG", "c=3\nd=4", 1);
    shows("config show archive", "tag                       d=4  (ACCESSION_TAG)");
    struct outcome result = play("config show archive");
    assert_null(strstr(result.out, "a=1"));
    forget(&result);
    unsetenv("ACCESSION_TAG");
    unlink(config);
    write_config("");
    shows("config show", "Nothing is configured.");
}

static void test_a_destination_by_name(void **state)
{
    static const struct {
        const char *word, *url;
    } words[] = {{"archive:", "s3://b/p/"}, /* a folder, into which SOURCE goes */
                 {"archive:x/y", "s3://b/p/x/y"},
                 {"archive:/x", "s3://b/p/x"},
                 {"slash:", "s3://b/"},
                 {"slash:x", "s3://b/x"}};
    write_config("[archive]\nurl = s3://b/p\n[slash]\nurl = s3://b/\n");
    for (size_t i = 0; i < ACC_COUNT_OF(words); i++) {
        char line[128];
        snprintf(line, sizeof line, "ingest done %s -q", words[i].word);
        archive(line);
        assert_string_equal(played_destination, words[i].url);
    }
}

static const struct {
    const char *text, *line, *message; /* the file's name stands for %s */
} mistakes[] = {
    {"jbos = 3\n", "status", "%s:1: jbos: no such key. Did you mean jobs?"},
    {"[a]\nendpoint = https://x\n", "status",
     "%s:2: endpoint: no such key. Did you mean endpoint-url?"},
    {"frobnicate = 1\n", "status",
     "%s:1: frobnicate: no such key. Keys are the long names of options, without \"--\", and url."},
    {"\njobs = 300\n", "ingest done s3://b",
     "%s:2: jobs 300: must be a whole number from 1 to 256."},
    {"json = perhaps\n", "ingest done s3://b", "%s:1: json perhaps: must be yes or no."},
    {"region =\n", "ingest done s3://b",
     "%s:1: region: its value is empty. Give it a value, or remove it."},
    {"jobs\n", "status", "%s:1: 'jobs' is neither [NAME] nor KEY = VALUE. Correct the line."},
    {"= 3\n", "status", "%s:1: '3' has no key before its '='. Correct the line."},
    {"[archive\n", "status", "%s:1: '[archive' lacks its ']'. Write [NAME]."},
    {"[a b]\n", "status", "%s:1: 'a b' is not a name: use letters, digits, '-', '_' and '.'."},
    {"[ ]\n", "status", "%s:1: '[]' has no name. Write [NAME]."},
    {"[a]\njobs = 1\njobs = 2\n", "status",
     "%s:3: jobs: is in this section already, in line 2. Remove one of them."},
    {"url = s3://b\n", "status", "%s:1: url: belongs into a section, [NAME]."},
    {"[a]\nurl = b\n", "status", "%s:2: url b: must be s3://BUCKET[/PREFIX]."},
    {"yes-delete-after-verify = yes\n", "status",
     "%s:1: yes-delete-after-verify: is accepted on the command line only. Remove the line."},
    {"[a]\njobs = 1\n", "ingest done a:",
     "a:: the configuration's section [a] has no url. Add one: url = s3://BUCKET/PREFIX"},
    {"[archive]\nurl = s3://b\n", "ingest done archve:x",
     "archve:x: the configuration has no such archive. Did you mean archive:?"},
    {"", "ingest done replica:",
     "replica:: the configuration has no such archive. Write s3://BUCKET/PREFIX, or name it in a "
     "file: accession config show"},
    {"[archive]\nurl = s3://b\n", "ingest done archive",
     "archive: not a destination. Did you mean archive:?"},
    {"[archive]\nurl = s3://b\n", "verify archive/maps",
     "archive/maps: not a destination. Did you mean archive:maps?"},
    {"", "ledger rebuild replica:",
     "replica:: the configuration has no such archive. Write s3://BUCKET/PREFIX, or name it in a "
     "file: accession config show"},
    {"", "config show archive",
     "archive: the configuration has no such archive. List them: accession config show"},
    {"", "status --debug=s3,htpp",
     "debug area 'htpp': must be run, upload, arrival, s3, retry, ledger, or all."},
    {"", "status --config /nowhere/x",
     "configuration: /nowhere/x: cannot be opened: No such file or directory"},
};

static void test_every_mistake_has_its_line(void **state)
{
    for (size_t i = 0; i < ACC_COUNT_OF(mistakes); i++) {
        struct acc_str expected = {0};
        const char *at = strstr(mistakes[i].message, "%s");
        write_config(mistakes[i].text);
        struct outcome result = play(mistakes[i].line);
        acc_str_addf(&expected, "accession: %s%s\n", at != NULL ? config : "",
                     at != NULL ? at + 2 : mistakes[i].message);
        assert_string_equal(result.err, acc_str_cstr(&expected));
        assert_int_equal(result.status, 2);
        acc_str_release(&expected);
        forget(&result);
    }
}

/* Nothing but a line may say yes to a deletion. */
static void test_a_variable_does_not_confirm(void **state)
{
    write_config("");
    setenv("ACCESSION_YES_DELETE_AFTER_VERIFY", "yes", 1);
    setenv("ACCESSION_ABORT_OWN", "yes", 1);
    struct outcome result = play("config show");
    assert_non_null(strstr(result.out, "Nothing is configured."));
    forget(&result);
    unsetenv("ACCESSION_YES_DELETE_AFTER_VERIFY");
    unsetenv("ACCESSION_ABORT_OWN");
}

static void test_traces(void **state)
{
    char path[96], text[512] = "";
    struct acc_error err;
    snprintf(path, sizeof path, "%s/trace", folder);
    assert_int_equal(acc_trace_open("s3,ledger", path, &err), ACC_OK);
    assert_false(acc_trace_on_stderr());
    acc_trace(ACC_TRACE_S3, "GET %s", "a\nb\033[2J");
    acc_trace(ACC_TRACE_UPLOAD, "%s", "left out");
    acc_trace(ACC_TRACE_LEDGER, "commit");
    acc_trace_close();
    acc_trace(ACC_TRACE_S3, "after the end");
    FILE *file = fopen(path, "r");
    size_t len = fread(text, 1, sizeof text - 1, file);
    struct stat stat;
    assert_int_equal(fstat(fileno(file), &stat), 0);
    assert_int_equal(stat.st_mode & 0777, 0600);
    fclose(file);
    unlink(path);
    text[len] = '\0';
    assert_non_null(strstr(text, "Z s3      GET a\\nb\\x1B[2J\n"));
    assert_non_null(strstr(text, "Z ledger  commit\n"));
    assert_null(strstr(text, "left out"));
    assert_null(strstr(text, "after"));
    assert_int_equal(acc_trace_open("all", "/nowhere/x", &err), ACC_LOCAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_wins_over_environment_over_file),
        cmocka_unit_test(test_flags_can_be_taken_back),
        cmocka_unit_test(test_what_is_shown),
        cmocka_unit_test(test_a_destination_by_name),
        cmocka_unit_test(test_every_mistake_has_its_line),
        cmocka_unit_test(test_a_variable_does_not_confirm),
        cmocka_unit_test(test_traces),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
