/* Each setting has one row: option, then variables, then the profile's keys; the first that is said
 * wins. Endpoints have more places, and an order of their own. Bad values end with ACC_CONFIG
 * naming where the value came from. */
#include "s3/config/settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "s3/config/endpoint.h"
#include "s3/config/tls_files.h"

#define NOWHERE ((size_t)-1)
#define RETRIES 8

/* Where a setting may be said, the strongest first. */
struct row {
    size_t option; /* offset of a string in struct acc_connection, or NOWHERE */
    const char *variables[2];
    const char *keys[2]; /* of the profile */
};

enum setting {
    REGION,
    ADDRESSING,
    CA_BUNDLE,
    CLIENT_CERT,
    CLIENT_KEY,
    FIPS,
    DUAL_STACK,
    USE_ARN_REGION,
    IGNORE_ENDPOINTS,
    MAX_ATTEMPTS,
    SETTING_COUNT
};

#define AT(member) offsetof(struct acc_connection, member)
static const struct row rows[SETTING_COUNT] = {
    [REGION] = {AT(region), {"AWS_REGION", "AWS_DEFAULT_REGION"}, {"region"}},
    [ADDRESSING] = {AT(addressing), {0}, {"s3.addressing_style"}},
    [CA_BUNDLE] = {AT(ca_bundle), {"AWS_CA_BUNDLE"}, {"ca_bundle"}},
    [CLIENT_CERT] = {AT(client_cert), {0}, {0}},
    [CLIENT_KEY] = {AT(client_key), {0}, {0}},
    [FIPS] = {NOWHERE, {"AWS_USE_FIPS_ENDPOINT"}, {"use_fips_endpoint"}},
    [DUAL_STACK] = {NOWHERE,
                    {"AWS_USE_DUALSTACK_ENDPOINT"},
                    {"s3.use_dualstack_endpoint", "use_dualstack_endpoint"}},
    [USE_ARN_REGION] = {NOWHERE, {"AWS_S3_USE_ARN_REGION"}, {"s3.use_arn_region"}},
    [IGNORE_ENDPOINTS] = {NOWHERE,
                          {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"},
                          {"ignore_configured_endpoint_urls"}},
    [MAX_ATTEMPTS] = {NOWHERE, {"AWS_MAX_ATTEMPTS"}, {"max_attempts"}},
};
#undef AT

static const char *variable(const char *name)
{
    const char *value = name != NULL ? getenv(name) : NULL;
    return value != NULL && *value ? value : NULL;
}

/* NULL when it is said nowhere. `c` may be NULL: options do not count then. */
static const char *said(const struct acc_s3_settings *s, const struct acc_connection *c,
                        enum setting setting)
{
    const struct row *row = &rows[setting];
    const char *value = NULL;
    if (c != NULL && row->option != NOWHERE)
        value = *(const char *const *)(const void *)((const char *)c + row->option);
    for (size_t i = 0; i < ACC_COUNT_OF(row->variables) && value == NULL; i++)
        value = variable(row->variables[i]);
    for (size_t i = 0; i < ACC_COUNT_OF(row->keys) && value == NULL; i++)
        if (row->keys[i] != NULL)
            value = acc_profiles_get(s->profiles, s->profile, row->keys[i]);
    return value != NULL && *value ? value : NULL;
}

/* For a message: ` "VALUE"` when an option gave it. Other values stay unsaid, since a misread file
 * may have a secret in place of it. */
static const char *quote_option(const char *value, char quoted[128])
{
    quoted[0] = '\0';
    if (value != NULL)
        snprintf(quoted, 128, " \"%.100s\"", value);
    return quoted;
}

static char *copy_said(const struct acc_s3_settings *s, const struct acc_connection *c,
                       enum setting setting, const char *otherwise)
{
    const char *value = said(s, c, setting);
    if (value == NULL)
        value = otherwise;
    return value != NULL ? acc_strdup(value) : NULL;
}

static bool is_true(const char *text)
{
    return text != NULL && strcasecmp(text, "true") == 0;
}

/* ---- endpoints ---- */

char *acc_s3_settings_endpoint(const struct acc_s3_settings *s, const char *service,
                               struct acc_str *from)
{
    char own[64], key[64];
    const char *url, *services = acc_profiles_get(s->profiles, s->profile, "services");
    acc_str_clear(from);
    if (is_true(said(s, NULL, IGNORE_ENDPOINTS)))
        return NULL;
    snprintf(own, sizeof own, "AWS_ENDPOINT_URL_%s", service);
    for (char *c = own; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    snprintf(key, sizeof key, "%s.endpoint_url", service);
    if ((url = variable(own)) != NULL)
        acc_str_set(from, own);
    else if ((url = variable("AWS_ENDPOINT_URL")) != NULL)
        acc_str_set(from, "AWS_ENDPOINT_URL");
    else if (services != NULL &&
             (url = acc_profiles_section_get(s->profiles, "services", services, key)) != NULL)
        acc_str_addf(from, "endpoint_url of %s in [services %s]", service, services);
    else if ((url = acc_profiles_get(s->profiles, s->profile, "endpoint_url")) != NULL)
        acc_str_addf(from, "endpoint_url of profile \"%s\"", s->profile);
    return url != NULL && *url ? acc_strdup(url) : NULL;
}

static enum acc_code find_endpoint(struct acc_s3_settings *s, const struct acc_connection *c,
                                   struct acc_error *err)
{
    struct acc_str from = {0};
    enum acc_code code = ACC_OK;
    if (c->endpoint_url != NULL) {
        s->endpoint = acc_strdup(c->endpoint_url);
        acc_str_addf(&from, "--%sendpoint-url", s->side);
    } else {
        s->endpoint = acc_s3_settings_endpoint(s, "s3", &from);
    }
    if (s->endpoint != NULL)
        code =
            acc_s3_endpoint_check(&s->endpoint, acc_str_cstr(&from), c->endpoint_url != NULL, err);
    acc_str_release(&from);
    return code;
}

/* ---- regions ---- */

/* Older names: "fips-us-east-1" and "us-east-1-fips" ask for FIPS endpoints, "aws-global" for the
 * first region. */
static void resolve_region(struct acc_s3_settings *s)
{
    size_t len = strlen(s->region);
    if (acc_starts_with(s->region, "fips-")) {
        s->fips = true;
        memmove(s->region, s->region + 5, len - 5 + 1);
    } else if (acc_ends_with(s->region, "-fips")) {
        s->fips = true;
        s->region[len - 5] = '\0';
    } else if (strcmp(s->region, "aws-global") == 0) {
        free(s->region);
        s->region = acc_strdup("us-east-1");
    }
}

static enum acc_code check_region(const struct acc_s3_settings *s, const struct acc_connection *c,
                                  struct acc_error *err)
{
    char quoted[128];
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    if (*s->region != '\0' && s->region[strspn(s->region, allowed)] == '\0')
        return ACC_OK;
    return acc_error_set(err, ACC_CONFIG,
                         "the region%s is not a region's name, such as eu-west-1. Correct "
                         "--%sregion, AWS_REGION or the profile's region.",
                         quote_option(c->region, quoted), s->side);
}

/* ---- all of it ---- */

/* A file that cannot be read does not matter where the environment says everything: keys, and which
 * server they are for. Else the run might go to another server than the file names. */
static enum acc_code check_readable(const struct acc_s3_settings *s, const struct acc_connection *c,
                                    struct acc_error *err)
{
    const char *unreadable = acc_profiles_unreadable(s->profiles);
    bool keys = variable("AWS_ACCESS_KEY_ID") != NULL && variable("AWS_SECRET_ACCESS_KEY") != NULL;
    bool server = c->region != NULL || c->endpoint_url != NULL || variable("AWS_REGION") != NULL ||
                  variable("AWS_DEFAULT_REGION") != NULL || variable("AWS_ENDPOINT_URL") != NULL ||
                  variable("AWS_ENDPOINT_URL_S3") != NULL;
    bool profile = c->profile != NULL || variable("AWS_PROFILE") != NULL;
    if (unreadable == NULL || (keys && server && !profile))
        return ACC_OK;
    return acc_error_set(err, ACC_CONFIG,
                         "AWS configuration: %s. Correct its permissions, or set the keys and the "
                         "region in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, "
                         "AWS_REGION).",
                         unreadable);
}

static enum acc_code find_profile(struct acc_s3_settings *s, const struct acc_connection *c,
                                  struct acc_error *err)
{
    const char *named = c->profile ? c->profile : variable("AWS_PROFILE");
    s->profile = acc_strdup(named ? named : "default");
    s->profile_named = c->profile != NULL;
    if (named == NULL || acc_profiles_has(s->profiles, named))
        return acc_profiles_check(s->profiles, s->profile, err);
    return acc_error_set(err, ACC_CONFIG,
                         "profile \"%s\" is in neither ~/.aws/config nor ~/.aws/credentials. "
                         "Correct --%sprofile or AWS_PROFILE.",
                         named, s->side);
}

static enum acc_code find_addressing(struct acc_s3_settings *s, const struct acc_connection *c,
                                     struct acc_error *err)
{
    char quoted[128];
    s->addressing = copy_said(s, c, ADDRESSING, "auto");
    if (strcmp(s->addressing, "auto") == 0 || strcmp(s->addressing, "path") == 0 ||
        strcmp(s->addressing, "virtual") == 0)
        return ACC_OK;
    return acc_error_set(err, ACC_CONFIG,
                         "the addressing style%s must be auto, path or virtual. Correct "
                         "--%saddressing or the profile's addressing_style.",
                         quote_option(c->addressing, quoted), s->side);
}

/* AWS counts attempts, the option what follows the first one. */
static enum acc_code find_retries(struct acc_s3_settings *s, const struct acc_connection *c,
                                  struct acc_error *err)
{
    const char *attempts = c->retries < 0 ? said(s, NULL, MAX_ATTEMPTS) : NULL;
    long long count = c->retries >= 0 ? c->retries + 1 : RETRIES + 1;
    if (attempts != NULL && !acc_parse_int(attempts, 1, 101, &count))
        return acc_error_set(err, ACC_CONFIG,
                             "the number of attempts must be 1 to 101. Correct AWS_MAX_ATTEMPTS or "
                             "the profile's max_attempts, or give --retries.");
    s->retries = (int)count - 1;
    return ACC_OK;
}

enum acc_code acc_s3_settings_resolve(const struct acc_connection *c, struct acc_s3_settings *s,
                                      struct acc_error *err)
{
    *s = (struct acc_s3_settings){.side = c->side != NULL ? c->side : ""};
    enum acc_code code = acc_profiles_load(&s->profiles, err);
    if (code != ACC_OK)
        return code;
    code = check_readable(s, c, err);
    if (code == ACC_OK)
        code = find_profile(s, c, err);
    if (code == ACC_OK)
        code = find_endpoint(s, c, err);
    if (code == ACC_OK)
        code = find_addressing(s, c, err);
    if (code != ACC_OK)
        goto out;
    s->fips = is_true(said(s, c, FIPS));
    s->dual_stack = is_true(said(s, c, DUAL_STACK));
    const char *use_arn_region = said(s, c, USE_ARN_REGION);
    s->use_arn_region = use_arn_region == NULL || is_true(use_arn_region);
    if ((code = find_retries(s, c, err)) != ACC_OK)
        goto out;
    s->region = copy_said(s, c, REGION, "us-east-1");
    resolve_region(s);
    if ((code = check_region(s, c, err)) != ACC_OK)
        goto out;
    s->ca_bundle = copy_said(s, c, CA_BUNDLE, NULL);
    s->client_cert = copy_said(s, c, CLIENT_CERT, NULL);
    s->client_key = copy_said(s, c, CLIENT_KEY, NULL);
    bool known = c->ca_bundle != NULL || variable("AWS_CA_BUNDLE") != NULL;
    code = acc_s3_tls_files_check(s, known ? s->ca_bundle : "of the profile", err);
    if (code != ACC_OK)
        goto out;
    s->connect_timeout_s = c->connect_timeout_s > 0 ? c->connect_timeout_s : 10;
    s->read_timeout_s = c->read_timeout_s > 0 ? c->read_timeout_s : 60;
    s->network_threads =
        c->network_threads > 0 ? (unsigned)c->network_threads : acc_http_loops_by_default();
    if (c->max_rate != NULL && !acc_rate_plan_parse(c->max_rate, &s->max_rate))
        code = acc_error_set(err, ACC_USAGE, "--max-rate %s: must be bytes a second, such as 50M.",
                             c->max_rate);
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

void acc_s3_settings_reread(struct acc_s3_settings *s)
{
    struct acc_profiles *profiles;
    struct acc_error err;
    if (acc_profiles_load(&profiles, &err) != ACC_OK)
        return;
    if (acc_profiles_unreadable(profiles) != NULL) {
        acc_profiles_free(profiles);
        return;
    }
    acc_profiles_free(s->profiles);
    s->profiles = profiles;
}

struct acc_http_options acc_s3_settings_http(const struct acc_s3_settings *s)
{
    return (struct acc_http_options){
        .ca_bundle = s->ca_bundle,
        .client_cert = s->client_cert,
        .client_key = s->client_key,
        .connect_timeout_ms = s->connect_timeout_s * 1000L,
        .stall_timeout_s = s->read_timeout_s,
        .max_rate = s->max_rate,
    };
}
