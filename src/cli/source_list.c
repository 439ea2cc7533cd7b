/* Reads a list of sources. On the happy path each line but comments and empty ones is handed over.
 * A zero byte, or a file that cannot be read to its end, is an error. Nothing is kept. */
#include "cli/source_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF" /* editors on Windows begin a text with it */

enum acc_code acc_source_list_read(const char *path, acc_on_source on_source, void *arg,
                                   struct acc_error *err)
{
    bool input = strcmp(path, "-") == 0;
    FILE *file = input ? stdin : fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    if (file == NULL)
        return acc_error_set(err, ACC_USAGE, "--sources-from %s: %s.", path, strerror(errno));
    bool text = true, first = true;
    while (text && (len = getline(&line, &cap, file)) >= 0) {
        text = memchr(line, '\0', (size_t)len) == NULL;
        const char *source = line;
        if (first && acc_starts_with(line, BYTE_ORDER_MARK)) {
            source += strlen(BYTE_ORDER_MARK);
            len -= (ssize_t)strlen(BYTE_ORDER_MARK);
        }
        first = false;
        while (len > 0 && (source[len - 1] == '\n' || source[len - 1] == '\r'))
            len--;
        if (text && len > 0 && source[0] != '#')
            on_source(arg, source, (size_t)len);
    }
    bool broken = text && !feof(file); /* an error, or no memory for a line */
    free(line);
    if (!input)
        fclose(file);
    if (!text)
        return acc_error_set(err, ACC_USAGE,
                             "--sources-from %s: has a zero byte. It has one source a line; find "
                             "without -print0 writes such a list.",
                             path);
    if (broken)
        return acc_error_set(err, ACC_USAGE, "--sources-from %s: cannot be read to its end.", path);
    return ACC_OK;
}
