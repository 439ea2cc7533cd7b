/* Opening and reading files of the source: what is the file's fault, and what is the machine's. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/index.h"
#include "source/source.h"

static char root[] = "/tmp/acc-source-XXXXXX";

static enum acc_code open_file(const struct acc_source *source, const char *path)
{
    struct acc_source_file file;
    struct acc_error err;
    enum acc_code code = acc_source_open_file(source, path, &file, &err);
    if (code == ACC_OK)
        acc_source_shut(&file);
    return code;
}

static void no_descriptor_left_is_the_machine_s_fault(void **state)
{
    struct acc_source source;
    struct acc_error err;
    struct rlimit limit, none;
    assert_int_equal(acc_source_open(root, NULL, NULL, &source, &err), ACC_OK);
    assert_int_equal(open_file(&source, "a"), ACC_OK);
    assert_int_equal(open_file(&source, "b"), ACC_FILE_MISSING);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = (rlim_t)source.fd + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    enum acc_code code = open_file(&source, "a");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(code, ACC_LOCAL);
    assert_int_equal(open_file(&source, "a"), ACC_OK);
    acc_source_close(&source);
}

static enum acc_code open_as(const struct acc_source *source, const char *path,
                             struct acc_source_file *file)
{
    struct acc_error err;
    return acc_source_open_file(source, path, file, &err);
}

static void put(const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void drop(const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", root, name);
    assert_int_equal(unlink(path), 0);
}

/* What was looked at first is read again, in order, to the end. */
static void bytes_come_in_order_after_a_peek(void **state)
{
    struct acc_source source;
    struct acc_source_file file;
    struct acc_error err;
    char text[16] = "";
    put("b", "hello");
    assert_int_equal(acc_source_open(root, NULL, NULL, &source, &err), ACC_OK);
    assert_int_equal(open_as(&source, "b", &file), ACC_OK);
    assert_int_equal(acc_source_peek(&file, text, 3, &err), 3);
    assert_memory_equal(text, "hel", 3);
    assert_int_equal(acc_source_read(&file, text, sizeof text, &err), 5);
    assert_memory_equal(text, "hello", 5);
    assert_int_equal(acc_source_read(&file, text, sizeof text, &err), 0);
    assert_int_equal(acc_source_unchanged(&file, &err), ACC_OK);
    put("b", "hello, world");
    assert_int_equal(acc_source_unchanged(&file, &err), ACC_FILE_CHANGED);
    acc_source_shut(&file);
    acc_source_close(&source);
    drop("b");
}

static void links_lead_nowhere_outside(void **state)
{
    struct acc_source source;
    struct acc_source_file file;
    struct acc_error err;
    char path[64];
    snprintf(path, sizeof path, "%s/out", root);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    snprintf(path, sizeof path, "%s/in", root);
    assert_int_equal(symlink("a", path), 0);
    assert_int_equal(acc_source_open(root, NULL, NULL, &source, &err), ACC_OK);
    assert_int_equal(open_as(&source, "out", &file), ACC_FILE_KIND);
    assert_int_equal(open_as(&source, "../etc/passwd", &file), ACC_FILE_KIND);
    assert_int_equal(open_as(&source, "in", &file), ACC_OK);
    acc_source_shut(&file);
    acc_source_close(&source);
    drop("out");
    drop("in");
}

static void another_normal_form_is_found_and_named(void **state)
{
    struct acc_source source;
    struct acc_source_file file;
    struct acc_error err;
    put("e\xCC\x81", "x");
    assert_int_equal(acc_source_open(root, NULL, NULL, &source, &err), ACC_OK);
    assert_int_equal(open_as(&source, "\xC3\xA9", &file), ACC_OK);
    assert_string_equal(acc_str_cstr(&file.mapped), "e\xCC\x81");
    acc_source_shut(&file);
    acc_source_close(&source);
    drop("e\xCC\x81");
}

static void a_file_that_was_added_is_read_from_where_it_lies(void **state)
{
    struct acc_source source;
    struct acc_source_file file;
    struct acc_error err;
    assert_int_equal(acc_source_open(root, NULL, NULL, &source, &err), ACC_OK);
    assert_int_equal(open_as(&source, "list", &file), ACC_FILE_MISSING);
    acc_source_add(&source, "list", "/etc/passwd");
    assert_int_equal(open_as(&source, "list", &file), ACC_OK);
    acc_source_shut(&file);
    acc_source_close(&source);
    acc_source_close(&source);
}

/* A folder that has no file of this name, and whose disk fails when another is asked for. */
static int open_failing(struct acc_source_file *file, const char *path)
{
    errno = strcmp(path, "\xC3\xA9") == 0 ? ENOENT : EIO;
    return -1;
}

static void a_failure_under_another_normal_form_is_the_machine_s(void **state)
{
    struct acc_source source;
    struct acc_error err;
    assert_int_equal(acc_source_open(root, NULL, NULL, &source, &err), ACC_OK);
    struct acc_source_kind failing = *source.kind;
    struct acc_source failed = source;
    failing.open = open_failing;
    failed.kind = &failing;
    assert_int_equal(open_file(&failed, "\xC3\xA9"), ACC_LOCAL);
    assert_int_equal(open_file(&source, "\xC3\xA9"), ACC_FILE_MISSING);
    acc_source_close(&source);
}

static enum acc_code take(void *arg, const char *path, const struct stat *st, struct acc_error *err)
{
    return ACC_OK;
}

static void name(void *arg, const char *path)
{
}

/* A package's files are not missing because the temporary folder fails. */
static void an_index_that_cannot_be_read_is_the_machine_s_fault(void **state)
{
    struct acc_index index = {0};
    struct acc_index_entry entry = {.kind = ACC_INDEX_FILE};
    enum acc_index_clash clash;
    struct acc_str at = {0};
    struct acc_error err;
    assert_int_equal(acc_index_open(&index, &err), ACC_OK);
    assert_int_equal(acc_index_add(&index, "bag/a", &entry, NULL, &clash, &at, &err), ACC_OK);
    assert_int_equal(acc_index_find_root(&index, &err), ACC_OK);
    assert_int_equal(acc_index_find(&index, "a", true, &entry), 0);
    assert_int_equal(acc_index_find(&index, "b", true, &entry), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(acc_sql_script(&index.sql, "ALTER TABLE entry RENAME TO lost", &err), ACC_OK);
    assert_int_equal(acc_index_find(&index, "a", true, &entry), -1);
    assert_int_equal(errno, EIO);
    assert_int_equal(acc_index_find_root(&index, &err), ACC_LOCAL);
    assert_int_equal(acc_index_walk(&index, "", take, NULL, NULL, &err), ACC_LOCAL);
    assert_int_equal(acc_index_list(&index, name, NULL), -1);
    acc_index_close(&index);
    acc_str_release(&at);
}

static int make_root(void **state)
{
    char path[64];
    if (mkdtemp(root) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/a", root);
    return close(open(path, O_CREAT | O_WRONLY, 0600));
}

static int remove_root(void **state)
{
    char path[64];
    snprintf(path, sizeof path, "%s/a", root);
    unlink(path);
    return rmdir(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_descriptor_left_is_the_machine_s_fault),
        cmocka_unit_test(bytes_come_in_order_after_a_peek),
        cmocka_unit_test(links_lead_nowhere_outside),
        cmocka_unit_test(another_normal_form_is_found_and_named),
        cmocka_unit_test(a_file_that_was_added_is_read_from_where_it_lies),
        cmocka_unit_test(a_failure_under_another_normal_form_is_the_machine_s),
        cmocka_unit_test(an_index_that_cannot_be_read_is_the_machine_s_fault),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
