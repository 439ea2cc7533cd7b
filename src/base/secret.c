/* Nothing fails: what cannot be shown is replaced. */
#include "base/secret.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define WINDOW 12

bool acc_gives_away(const char *text, const char *secret)
{
    size_t len = secret != NULL ? strlen(secret) : 0, window = len < WINDOW ? len : WINDOW;
    for (size_t i = 0; len > 0 && i + window <= len; i++)
        if (memmem(text, strlen(text), secret + i, window) != NULL)
            return true;
    return false;
}

bool acc_holds_keys(const char *word)
{
    if (acc_starts_with(word, "http://") || acc_starts_with(word, "https://"))
        return strchr(word, '@') != NULL; /* a secret may have a slash in it */
    const char *url = strstr(word, "s3://");
    const char *bucket = url != NULL ? url + strlen("s3://") : "";
    size_t len = strcspn(bucket, "/");
    return !acc_starts_with(bucket, "arn:") &&
           (memchr(bucket, ':', len) != NULL || memchr(bucket, '@', len) != NULL);
}

void acc_show_arn(const char *arn, char shown[ACC_SHOWN])
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/_+=,.@-";
    bool plain = acc_starts_with(arn, "arn:") && arn[strspn(arn, allowed)] == '\0';
    snprintf(shown, ACC_SHOWN, "%s", plain ? arn : "(not an ARN)");
}

void acc_show_url(const char *url, char shown[ACC_SHOWN])
{
    const char *scheme_end = strstr(url, "://");
    const char *authority = scheme_end != NULL ? scheme_end + 3 : url;
    size_t len = strcspn(authority, "/?#");
    const char *at = memrchr(authority, '@', len);
    const char *host = at != NULL ? at + 1 : authority;
    snprintf(shown, ACC_SHOWN, "%.*s%.*s", (int)(authority - url), url, (int)strcspn(host, "?#"),
             host);
}
