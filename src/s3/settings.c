/* Each setting has one row: option, then variables, then the profile's key; the first that is said
 * wins. Bad values end with ACC_CONFIG naming where the value came from. */
#include "s3/settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static const char *variable(const char *name)
{
    const char *value = name != NULL ? getenv(name) : NULL;
    return value != NULL && *value ? value : NULL;
}

/* The first of: option, two variables, two keys of the profile. */
static char *first_said(const struct acc_s3_settings *s, const char *option, const char *variable1,
                        const char *variable2, const char *key1, const char *key2)
{
    const char *value = option;
    if (value == NULL)
        value = variable(variable1);
    if (value == NULL)
        value = variable(variable2);
    if (value == NULL && key1 != NULL)
        value = acc_profiles_get(s->profiles, s->profile, key1);
    if (value == NULL && key2 != NULL)
        value = acc_profiles_get(s->profiles, s->profile, key2);
    return value != NULL && *value ? acc_strdup(value) : NULL;
}

static enum acc_code check_endpoint(char *endpoint, struct acc_error *err)
{
    if (!acc_starts_with(endpoint, "http://") && !acc_starts_with(endpoint, "https://"))
        return acc_error_set(
            err, ACC_CONFIG,
            "endpoint URL \"%s\": must begin with https:// (or http://). Correct --endpoint-url.",
            endpoint);
    char *authority = strstr(endpoint, "://") + 3;
    size_t len = strlen(endpoint);
    while (len > 0 && endpoint[len - 1] == '/')
        endpoint[--len] = '\0';
    if (*authority == '\0' || strpbrk(authority, "/?#@ ") != NULL)
        return acc_error_set(
            err, ACC_CONFIG,
            "endpoint URL \"%s\": only scheme, host and port are used. Correct --endpoint-url.",
            endpoint);
    /* curl sends the host in lower case; the signature must name what is sent. */
    for (char *c = authority; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return ACC_OK;
}

static bool is_true(const char *text)
{
    return text != NULL && strcasecmp(text, "true") == 0;
}

/* AWS's own names: dual-stack and FIPS variants as the aws command line builds them. */
static char *aws_endpoint(const struct acc_s3_settings *s)
{
    char *fips = first_said(s, NULL, "AWS_USE_FIPS_ENDPOINT", NULL, "use_fips_endpoint", NULL);
    char *dual =
        first_said(s, NULL, "AWS_USE_DUALSTACK_ENDPOINT", NULL, "use_dualstack_endpoint", NULL);
    struct acc_str url = {0};
    acc_str_addf(&url, "https://s3%s%s.%s.amazonaws.com%s", is_true(fips) ? "-fips" : "",
                 is_true(dual) ? ".dualstack" : "", s->region,
                 acc_starts_with(s->region, "cn-") ? ".cn" : "");
    free(fips);
    free(dual);
    return acc_str_detach(&url);
}

enum acc_code acc_s3_settings_resolve(const struct acc_connection *c, struct acc_s3_settings *s,
                                      struct acc_error *err)
{
    *s = (struct acc_s3_settings){0};
    enum acc_code code = acc_profiles_load(&s->profiles, err);
    if (code != ACC_OK)
        return code;
    const char *named = c->profile ? c->profile : variable("AWS_PROFILE");
    s->profile = acc_strdup(named ? named : "default");
    s->profile_named = c->profile != NULL;
    if (named != NULL && !acc_profiles_has(s->profiles, named)) {
        code = acc_error_set(err, ACC_CONFIG,
                             "profile \"%s\" is in neither ~/.aws/config nor ~/.aws/credentials. "
                             "Correct --profile or "
                             "AWS_PROFILE.",
                             named);
        goto out;
    }
    s->region = first_said(s, c->region, "AWS_REGION", "AWS_DEFAULT_REGION", "region", NULL);
    if (s->region == NULL)
        s->region = acc_strdup("us-east-1");
    char *ignore = first_said(s, NULL, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", NULL,
                              "ignore_configured_endpoint_urls", NULL);
    s->endpoint = is_true(ignore) && c->endpoint_url == NULL
                      ? NULL
                      : first_said(s, c->endpoint_url, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL",
                                   "s3.endpoint_url", "endpoint_url");
    free(ignore);
    if (s->endpoint != NULL && (code = check_endpoint(s->endpoint, err)) != ACC_OK)
        goto out;
    s->addressing = first_said(s, c->addressing, NULL, NULL, "s3.addressing_style", NULL);
    if (s->addressing == NULL)
        s->addressing = acc_strdup("auto");
    if (strcmp(s->addressing, "auto") != 0 && strcmp(s->addressing, "path") != 0 &&
        strcmp(s->addressing, "virtual") != 0) {
        code =
            acc_error_set(err, ACC_CONFIG,
                          "addressing style \"%s\": must be auto, path or virtual.", s->addressing);
        goto out;
    }
    s->ca_bundle = first_said(s, c->ca_bundle, "AWS_CA_BUNDLE", NULL, "ca_bundle", NULL);
    s->client_cert = first_said(s, c->client_cert, NULL, NULL, NULL, NULL);
    s->client_key = first_said(s, c->client_key, NULL, NULL, NULL, NULL);
    s->retries = c->retries >= 0 ? c->retries : 8;
    s->connect_timeout_s = c->connect_timeout_s > 0 ? c->connect_timeout_s : 10;
    s->read_timeout_s = c->read_timeout_s > 0 ? c->read_timeout_s : 60;
out:
    if (code != ACC_OK)
        acc_s3_settings_release(s);
    return code;
}

void acc_s3_settings_release(struct acc_s3_settings *s)
{
    free(s->profile);
    acc_profiles_free(s->profiles);
    free(s->endpoint);
    free(s->region);
    free(s->addressing);
    free(s->ca_bundle);
    free(s->client_cert);
    free(s->client_key);
    *s = (struct acc_s3_settings){0};
}

static bool bucket_fits_host_name(const char *bucket)
{
    /* A dot breaks the wildcard certificate; upper case and underscores are no host names. */
    for (const char *c = bucket; *c; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '-')
            return false;
    return true;
}

/* "arn:aws:s3:eu-west-1:123456789012:accesspoint/NAME" is reached at
 * NAME-123456789012.s3-accesspoint.eu-west-1.amazonaws.com. */
static bool access_point_host(const char *arn, struct acc_str *host)
{
    char partition[32], region[64], account[32], name[128];
    if (sscanf(arn, "arn:%31[^:]:s3:%63[^:]:%31[^:]:accesspoint%*[:/]%127s", partition, region,
               account, name) != 4)
        return false;
    acc_str_addf(host, "%s-%s.s3-accesspoint.%s.amazonaws.com%s", name, account, region,
                 strcmp(partition, "aws-cn") == 0 ? ".cn" : "");
    return true;
}

void acc_s3_settings_address(const struct acc_s3_settings *s, const char *bucket,
                             struct acc_str *base, struct acc_str *host, struct acc_str *path)
{
    char *own = s->endpoint == NULL ? aws_endpoint(s) : NULL;
    const char *endpoint = own ? own : s->endpoint;
    const char *authority = strstr(endpoint, "://") + 3;
    acc_str_clear(base);
    acc_str_clear(host);
    acc_str_clear(path);
    acc_str_add_n(base, endpoint, (size_t)(authority - endpoint));
    bool virtual = strcmp(s->addressing, "virtual") == 0 ||
                   (strcmp(s->addressing, "auto") == 0 && own != NULL &&
                    bucket_fits_host_name(bucket));
    if (!(own != NULL && acc_starts_with(bucket, "arn:") && access_point_host(bucket, host))) {
        if (virtual)
            acc_str_addf(host, "%s.%s", bucket, authority);
        else
            acc_str_add(host, authority), acc_str_addf(path, "/%s", bucket);
    }
    acc_str_add(base, acc_str_cstr(host));
    /* curl leaves a default port out of the Host header; so must the signature. */
    const char *port = acc_starts_with(endpoint, "https:") ? ":443" : ":80";
    if (acc_ends_with(acc_str_cstr(host), port))
        acc_str_cut(host, host->len - strlen(port));
    free(own);
}
