/* Feeds lines to what a watcher makes of its children's output. Whatever a child says, its result
 * can be shown and leads to an event. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "watch/arrival/result.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void showable(const struct acc_str *text)
{
    for (size_t i = 0; i < text->len; i++)
        if (text->data[i] == '\x1b' || text->data[i] == '\0')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct acc_result result = {0};
    const uint8_t *end = bytes + len;
    while (bytes < end) {
        const uint8_t *stop = memchr(bytes, '\n', (size_t)(end - bytes));
        size_t line = (size_t)((stop != NULL ? stop : end) - bytes);
        char *copy = malloc(line + 1); /* as the child's reader has it: a NUL follows */
        if (copy == NULL)
            abort();
        memcpy(copy, bytes, line);
        copy[line] = '\0';
        acc_result_take(&result, copy, line);
        free(copy);
        bytes += line + (stop != NULL);
    }
    showable(&result.message);
    showable(&result.reasons);
    acc_result_judge(&result, (int)(len % 6), 0);
    acc_result_release(&result);
    return 0;
}
