/* Feeds bytes to the reader of STS's answers. Credentials that are accepted are whole; a refusal's
 * code can be shown. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "s3/credentials/sts.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct acc_credentials credentials = {0};
    char code[ACC_STS_CODE];
    bool good = acc_sts_read((const char *)bytes, len, &credentials, code);
    if (good && (credentials.access_key == NULL || credentials.secret_key == NULL ||
                 credentials.session_token == NULL || credentials.expires == 0))
        abort();
    for (const char *c = code; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr(".-_", *c) == NULL)
            abort();
    acc_credentials_release(&credentials);
    return 0;
}
