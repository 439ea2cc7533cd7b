/* Feeds bytes to the reader of the JSON that metadata services and credential processes answer
 * with. What is taken is whole; a complaint never quotes the text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "s3/credentials/lookup.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct acc_lookup lookup = {0};
    const char *wrong =
        acc_lookup_read_json(&lookup, (const char *)bytes, len, len % 2 ? "Token" : "SessionToken");
    if (wrong == NULL &&
        (lookup.credentials.access_key == NULL || lookup.credentials.secret_key == NULL))
        abort();
    acc_credentials_release(&lookup.credentials);
    return 0;
}
