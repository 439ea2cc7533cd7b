/* Feeds bytes to the reader of --sources-from. What it accepts is one source a line, none of them
 * empty, a comment, or longer than the text. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/source_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void on_source(void *arg, const char *source, size_t len)
{
    size_t *left = arg;
    must(len > 0 && len <= *left && *source != '#' && memchr(source, '\n', len) == NULL &&
         memchr(source, '\0', len) == NULL);
    *left -= len;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct acc_error err = {0};
    char path[40];
    size_t left = len;
    int file = memfd_create("sources", MFD_CLOEXEC);
    must(file >= 0 && write(file, bytes, len) == (ssize_t)len);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    enum acc_code code = acc_source_list_read(path, on_source, &left, &err);
    must((code == ACC_OK) == (len == 0 || memchr(bytes, '\0', len) == NULL));
    must(code == ACC_OK || err.message[0] != '\0');
    close(file);
    return 0;
}
