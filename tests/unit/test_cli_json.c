/* JSON Lines: every line is an object that a strict parser takes, the last one is the summary, and
 * names survive with any bytes in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "cli/cli.h"
#include "../lib/played.h"

#define LINES 2000

struct run {
    int status;
    char *out, *err;
    json_t *line[LINES];
    size_t count;
};

static void play(struct run *run, const char *command, const char *const *words)
{
    char *argv[10] = {"accession", (char *)command, "--json"};
    int argc = 3;
    size_t out_len, err_len;
    for (; *words != NULL; words++)
        argv[argc++] = (char *)*words;
    *run = (struct run){0};
    FILE *out = open_memstream(&run->out, &out_len), *err = open_memstream(&run->err, &err_len);
    run->status = acc_cli_main(argc, argv, out, err);
    fclose(out);
    fclose(err);
    for (char *at = run->out; *at; run->count++) {
        char *end = strchr(at, '\n');
        json_error_t error;
        assert_non_null(end);
        run->line[run->count] = json_loadb(at, (size_t)(end - at), JSON_REJECT_DUPLICATES, &error);
        if (run->line[run->count] == NULL)
            fail_msg("%s: %.*s", error.text, (int)(end - at), at);
        assert_true(json_is_object(run->line[run->count]));
        assert_non_null(json_string_value(json_object_get(run->line[run->count], "type")));
        at = end + 1;
    }
    assert_true(run->count > 0);
    assert_string_equal(json_string_value(json_object_get(run->line[run->count - 1], "type")),
                        "summary");
}

static void release(struct run *run)
{
    for (size_t i = 0; i < run->count; i++)
        json_decref(run->line[i]);
    free(run->out);
    free(run->err);
}

static const char *text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static json_int_t number(const json_t *object, const char *name)
{
    assert_true(json_is_integer(json_object_get(object, name)));
    return json_integer_value(json_object_get(object, name));
}

static const json_t *first(const struct run *run, const char *type)
{
    for (size_t i = 0; i < run->count; i++)
        if (strcmp(text(run->line[i], "type"), type) == 0)
            return run->line[i];
    fail_msg("no line of type %s", type);
    return NULL;
}

static unsigned count_of(const struct run *run, const char *type)
{
    unsigned count = 0;
    for (size_t i = 0; i < run->count; i++)
        count += strcmp(text(run->line[i], "type"), type) == 0;
    return count;
}

static void test_done(void **state)
{
    struct run run;
    play(&run, "ingest", (const char *[]){"done", "s3://b", NULL});
    const json_t *file = first(&run, "file"), *summary = first(&run, "summary");
    assert_int_equal(run.status, 0);
    assert_string_equal(run.err, "");
    assert_string_equal(text(file, "path"), "data/caf\xc3\xa9\n\".txt");
    assert_string_equal(text(file, "outcome"), "archived");
    assert_string_equal(text(file, "version_id"), "3HL4");
    assert_int_equal(strlen(text(json_object_get(file, "digests"), "sha256")), 64);
    assert_null(json_object_get(file, "path_base64"));
    assert_null(json_object_get(file, "code"));
    assert_string_equal(text(summary, "outcome"), "OK");
    assert_int_equal(number(summary, "exit_status"), 0);
    assert_int_equal(number(summary, "sent"), 2001);
    assert_null(json_object_get(summary, "message"));
    assert_null(json_object_get(summary, "halt"));
    release(&run);
}

/* 40 steps of half a second: a line each second. */
static void test_progress_is_thinned_out(void **state)
{
    struct run run;
    play(&run, "ingest", (const char *[]){"done", "s3://b", NULL});
    assert_int_equal(count_of(&run, "planned"), 1);
    assert_in_range(count_of(&run, "progress"), 19, 21);
    release(&run);
    play(&run, "ingest", (const char *[]){"done", "s3://b", "--no-progress", NULL});
    assert_int_equal(count_of(&run, "progress"), 0);
    assert_int_equal(count_of(&run, "planned"), 1);
    release(&run);
}

static void test_odd_bytes_come_back(void **state)
{
    struct run run;
    static const char name[] = "new\nline\033[31m\xff\\name.bin";
    char bytes[64];
    play(&run, "ingest", (const char *[]){"odd", "s3://b", NULL});
    const json_t *file = first(&run, "file");
    assert_int_equal(run.status, 1);
    long len = acc_base64_decode(text(file, "path_base64"), bytes, sizeof bytes);
    assert_int_equal(len, strlen(name));
    assert_memory_equal(bytes, name, len);
    assert_string_equal(text(file, "path"), "new\nline\033[31m\xef\xbf\xbd\\name.bin");
    assert_string_equal(text(file, "key_base64"), text(file, "path_base64"));
    assert_string_equal(text(file, "code"), "FILE_KEY");
    assert_int_equal(count_of(&run, "file"), 3);
    release(&run);
}

/* On a screen the list is bounded; here it is whole. */
static void test_every_refused_file_is_reported(void **state)
{
    struct run run;
    play(&run, "ingest", (const char *[]){"many", "s3://b", "--quiet", NULL});
    assert_int_equal(count_of(&run, "file"), 1062);
    assert_int_equal(run.count, 1063);
    release(&run);
}

static void test_quiet_leaves_refused_files(void **state)
{
    struct run run;
    play(&run, "ingest", (const char *[]){"refused", "s3://b", "-q", NULL});
    assert_int_equal(run.count, 3);
    const json_t *file = first(&run, "file");
    assert_int_equal(number(file, "manifest_line"), 118);
    assert_string_equal(text(file, "manifest"), "manifest-sha256.txt");
    assert_string_not_equal(text(json_object_get(file, "digests"), "sha256"),
                            text(json_object_get(file, "promised"), "sha256"));
    release(&run);
    play(&run, "ingest", (const char *[]){"done", "s3://b", "-q", NULL});
    assert_int_equal(run.count, 1);
    release(&run);
}

static void test_halt(void **state)
{
    struct run run;
    play(&run, "ingest", (const char *[]){"denied", "s3://b", NULL});
    const json_t *summary = first(&run, "summary"), *halt = json_object_get(summary, "halt");
    assert_int_equal(run.status, 3);
    assert_int_equal(number(summary, "exit_status"), 3);
    assert_string_equal(text(summary, "outcome"), "REFUSED");
    assert_string_equal(text(halt, "s3_code"), "AccessDenied");
    assert_string_equal(text(halt, "request_id"), "tx00000c0ffee1008-0068f1-1008-default");
    assert_int_equal(number(halt, "http_status"), 403);
    assert_true(json_is_true(json_object_get(halt, "probed")));
    assert_string_equal(run.err, "accession: s3://wellcome-archive refuses writes\n");
    release(&run);
}

static void test_run_that_never_began(void **state)
{
    struct run run;
    play(&run, "ingest", (const char *[]){"manifest", "s3://b", NULL});
    assert_int_equal(run.count, 1);
    assert_int_equal(run.status, 2);
    assert_non_null(strstr(text(run.line[0], "message"), "manifest-sha256.txt:118"));
    assert_true(acc_starts_with(run.err, "accession: manifest-sha256.txt:118"));
    assert_null(strchr(run.err, '\033'));
    release(&run);
    play(&run, "ingest", (const char *[]){"interrupted", "s3://b", NULL});
    assert_int_equal(number(first(&run, "summary"), "exit_status"), 143);
    assert_int_equal(number(first(&run, "summary"), "signal"), 15);
    release(&run);
}

static void test_probe(void **state)
{
    struct run run;
    play(&run, "probe", (const char *[]){"s3://denied/a b", NULL});
    assert_int_equal(run.count, 1);
    assert_int_equal(run.status, 3);
    assert_string_equal(text(json_object_get(run.line[0], "create"), "s3_code"), "AccessDenied");
    assert_true(json_is_true(json_object_get(run.line[0], "listing_works")));
    release(&run);
    play(&run, "probe", (const char *[]){"s3://archive", NULL});
    assert_int_equal(run.status, 0);
    release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_done),
        cmocka_unit_test(test_progress_is_thinned_out),
        cmocka_unit_test(test_odd_bytes_come_back),
        cmocka_unit_test(test_every_refused_file_is_reported),
        cmocka_unit_test(test_quiet_leaves_refused_files),
        cmocka_unit_test(test_halt),
        cmocka_unit_test(test_run_that_never_began),
        cmocka_unit_test(test_probe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
