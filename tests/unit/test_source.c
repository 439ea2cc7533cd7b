/* Opening files of the source: what is the file's fault, and what is the machine's. */
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

#include "plan/source.h"

static char root[] = "/tmp/acc-source-XXXXXX";

static enum acc_code open_file(const struct acc_source *source, const char *path)
{
    struct acc_str mapped = {0};
    struct acc_error err;
    struct stat st;
    int fd;
    enum acc_code code = acc_source_open_file(source, path, &fd, &st, &mapped, &err);
    if (code == ACC_OK)
        close(fd);
    acc_str_release(&mapped);
    return code;
}

static void no_descriptor_left_is_the_machine_s_fault(void **state)
{
    struct acc_source source;
    struct acc_error err;
    struct rlimit limit, none;
    assert_int_equal(acc_source_open(root, &source, &err), ACC_OK);
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
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
