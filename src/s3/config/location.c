/* Parsing of s3:// URLs. The rest of the URL after the bucket is taken byte for byte, as the aws
 * command line does: "%20" is three characters of a key. */
#include "s3/config/location.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/secret.h"

/* Bucket naming rules of the S3 user guide, with the upper case and underscores that old buckets
 * and other servers have. */
static bool bucket_ok(const char *name, size_t len)
{
    if (len < 3 || len > 255)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)name[i]) && strchr("-._", name[i]) == NULL)
            return false;
    return isalnum((unsigned char)name[0]) && isalnum((unsigned char)name[len - 1]);
}

/* "arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME": its own slash belongs to the bucket part. */
static size_t bucket_len(const char *rest)
{
    static const char kind[] = ":accesspoint";
    size_t len = strcspn(rest, "/"), kind_len = strlen(kind);
    if (acc_starts_with(rest, "arn:") && rest[len] == '/' && len > kind_len &&
        memcmp(rest + len - kind_len, kind, kind_len) == 0)
        len += 1 + strcspn(rest + len + 1, "/");
    return len;
}

enum acc_code acc_s3_location_parse(const char *url, struct acc_s3_location *location,
                                    struct acc_error *err)
{
    if (acc_holds_keys(url))
        return acc_error_set(err, ACC_USAGE, "%s", ACC_KEYS_IN_URL);
    if (!acc_starts_with(url, "s3://"))
        return acc_error_set(
            err, ACC_USAGE, "%s: a destination is written s3://BUCKET or s3://BUCKET/PREFIX.", url);
    const char *rest = url + 5;
    size_t len = bucket_len(rest);
    if (!acc_starts_with(rest, "arn:") && !bucket_ok(rest, len))
        return acc_error_set(err, ACC_USAGE,
                             "%s: \"%.*s\" cannot be a bucket name (3 to 63 of a-z, 0-9, '-' and "
                             "'.'). Correct the URL.",
                             url, (int)len, rest);
    const char *prefix = rest + len + (rest[len] == '/');
    size_t prefix_len = strlen(prefix);
    if (*prefix == '/')
        return acc_error_set(err, ACC_USAGE,
                             "%s: '//' after the bucket would put an empty folder at the start of "
                             "every key. Write one slash.",
                             url);
    while (prefix_len > 0 && prefix[prefix_len - 1] == '/')
        prefix_len--;
    const char *problem = prefix_len > 0 ? acc_path_problem(prefix, prefix_len) : NULL;
    if (problem == NULL && acc_path_has_control(prefix, prefix_len))
        problem = "has a control character";
    if (problem != NULL)
        return acc_error_set(err, ACC_USAGE, "%s: the prefix %s. Choose another.", url, problem);
    if (prefix_len > ACC_KEY_MAX - 2)
        return acc_error_set(
            err, ACC_USAGE,
            "%.60s...: the prefix has %zu bytes; a whole key may have 1,024. Shorten it.", url,
            prefix_len);
    struct acc_str p = {0}, shown = {0};
    acc_str_addf(&shown, "s3://%.*s", (int)len, rest);
    if (prefix_len > 0) {
        acc_str_add_n(&p, prefix, prefix_len);
        acc_str_addf(&shown, "/%s", acc_str_cstr(&p));
        acc_str_add_c(&p, '/');
    }
    location->bucket = acc_strndup(rest, len);
    location->prefix = acc_str_detach(&p);
    location->url = acc_str_detach(&shown);
    return ACC_OK;
}

enum acc_code acc_s3_location_for(const char *url, const char *name,
                                  struct acc_s3_location *location, struct acc_error *err)
{
    struct acc_str whole = {0};
    bool folder = acc_starts_with(url, "s3://") && acc_ends_with(url, "/") && url[5] != '\0';
    if (folder && *name == '\0')
        return acc_error_set(err, ACC_USAGE,
                             "%s: is a folder that SOURCE goes into under its own name, and "
                             "standard input has none. Write the whole URL.",
                             url);
    acc_str_set(&whole, url);
    if (folder)
        acc_str_add(&whole, name);
    enum acc_code code = acc_s3_location_parse(acc_str_cstr(&whole), location, err);
    acc_str_release(&whole);
    return code;
}

void acc_s3_location_release(struct acc_s3_location *location)
{
    free(location->bucket);
    free(location->prefix);
    free(location->url);
    *location = (struct acc_s3_location){0};
}

enum acc_code acc_s3_location_key(const struct acc_s3_location *location, const char *path,
                                  struct acc_str *key, struct acc_error *err)
{
    acc_str_set(key, location->prefix);
    acc_str_add(key, path);
    if (key->len > ACC_KEY_MAX)
        return acc_error_set(
            err, ACC_FILE_KEY,
            "the key would have %zu bytes; S3 allows 1,024. Shorten the prefix or the name.",
            key->len);
    return ACC_OK;
}
