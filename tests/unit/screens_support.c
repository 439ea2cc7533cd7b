#include "screens_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/str.h"

void compare_screen(const char *name, const char *text)
{
    char path[512];
    struct acc_str expected = {0};
    snprintf(path, sizeof path, "%s/screens/%s.txt", getenv("ACC_TEST_DATA"), name);
    if (getenv("ACC_WRITE_SCREENS") != NULL) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(text, file);
        fclose(file);
    }
    if (acc_file_read(path, 1 << 20, &expected, NULL) != ACC_OK)
        fail_msg("%s is missing", path);
    if (strcmp(acc_str_cstr(&expected), text) != 0)
        fail_msg("%s differs:\n%s", name, text);
    acc_str_release(&expected);
}
