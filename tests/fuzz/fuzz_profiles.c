/* Feeds bytes to the reader of ~/.aws/config and ~/.aws/credentials. A fault has a line and a
 * reason that holds nothing of the text; what was read can be found again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "s3/config/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *text = malloc(len + 1);
    if (text == NULL)
        abort();
    memcpy(text, bytes, len);
    text[len] = '\0';
    struct acc_ini ini = {0};
    struct acc_ini_fault fault = {0};
    if (!acc_ini_read(text, len, &ini, &fault)) {
        if (fault.line < 0 || fault.why[0] == '\0')
            abort();
    } else {
        for (size_t i = 0; i < ini.count; i++)
            for (size_t j = 0; j < ini.sections[i].count; j++)
                if (acc_ini_find(&ini.sections[i], ini.sections[i].settings[j].name) == NULL)
                    abort();
    }
    acc_ini_release(&ini);
    free(text);
    return 0;
}
