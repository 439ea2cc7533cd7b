/* Which of several places wins: options, variables, the profile, [services] of the config file. The
 * order is botocore 1.43's. And what is no endpoint is refused with the place that said it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "s3/config/settings.h"

#define PROFILE_BOTH                                                                               \
    "[default]\nendpoint_url = http://profile:1\nservices = mine\n"                                \
    "[services mine]\ns3 =\n  endpoint_url = http://services:1\nsts =\n"                           \
    "  endpoint_url = http://sts:1\n"

static const char *const variables[] = {
    "AWS_ENDPOINT_URL",      "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_STS",  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_S3_USE_ARN_REGION", "AWS_REGION",
    "AWS_DEFAULT_REGION",    "AWS_PROFILE",
    "AWS_CA_BUNDLE",         NULL};

/* "NAME=VALUE NAME=VALUE" into the environment, everything else of AWS's out of it. */
static void set_variables(const char *text)
{
    char copy[256], *at = copy, *word;
    for (size_t i = 0; variables[i] != NULL; i++)
        unsetenv(variables[i]);
    snprintf(copy, sizeof copy, "%s", text ? text : "");
    while ((word = strsep(&at, " ")) != NULL) {
        char *equals = strchr(word, '=');
        if (equals == NULL)
            continue;
        *equals = '\0';
        setenv(word, equals + 1, 1);
    }
}

static enum acc_code resolve(const struct acc_connection *connection, const char *environment,
                             const char *config, struct acc_s3_settings *settings,
                             struct acc_error *err)
{
    char path[] = "/tmp/accession-settings-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, config ? config : "", config ? strlen(config) : 0),
                     config ? strlen(config) : 0);
    close(fd);
    set_variables(environment);
    setenv("AWS_CONFIG_FILE", path, 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", 1);
    enum acc_code code = acc_s3_settings_resolve(connection, settings, err);
    unlink(path);
    return code;
}

static void endpoints(void **state)
{
    static const struct {
        const char *option, *environment, *config, *endpoint;
    } rows[] = {
        {NULL, NULL, NULL, NULL},
        {NULL, NULL, "[default]\nendpoint_url = http://profile:1\n", "http://profile:1"},
        {NULL, NULL, PROFILE_BOTH, "http://services:1"},
        {NULL, "AWS_ENDPOINT_URL=http://any:1", PROFILE_BOTH, "http://any:1"},
        {NULL, "AWS_ENDPOINT_URL=http://any:1 AWS_ENDPOINT_URL_S3=http://s3:1", PROFILE_BOTH,
         "http://s3:1"},
        {NULL, "AWS_ENDPOINT_URL=http://any:1 AWS_ENDPOINT_URL_S3=", NULL, "http://any:1"},
        {NULL, "AWS_ENDPOINT_URL_STS=http://sts:1", NULL, NULL},
        {"http://option:1", "AWS_ENDPOINT_URL_S3=http://s3:1", PROFILE_BOTH, "http://option:1"},
        {"http://option:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", NULL, "http://option:1"},
        {NULL, "AWS_ENDPOINT_URL=http://any:1 AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=TRUE", NULL,
         NULL},
        {NULL, "AWS_ENDPOINT_URL=http://any:1",
         "[default]\nignore_configured_endpoint_urls = true\n", NULL},
        {NULL, "AWS_ENDPOINT_URL=http://any:1 AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false",
         "[default]\nignore_configured_endpoint_urls = true\n", "http://any:1"},
        /* An old plug-in's, which the aws command line itself never heeded. */
        {NULL, NULL, "[default]\ns3 =\n  endpoint_url = http://nested:1\n", NULL},
        {"HTTPS://Host", NULL, NULL, "refused"},
        {"https://Host.Example:8443/", NULL, NULL, "https://host.example:8443"},
        {"http://[::1]:9000", NULL, NULL, "http://[::1]:9000"},
        {"https://[2001:DB8::7]", NULL, NULL, "https://[2001:db8::7]"},
        {"http://[0:0:0:0:0:0:0:1]:9000", NULL, NULL, "http://[::1]:9000"},
        {"http://127.1:9000", NULL, NULL, "http://127.0.0.1:9000"},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++) {
        const struct acc_connection connection = {.endpoint_url = rows[i].option, .retries = -1};
        struct acc_s3_settings settings;
        struct acc_error err = {0};
        enum acc_code code =
            resolve(&connection, rows[i].environment, rows[i].config, &settings, &err);
        const char *got = code != ACC_OK ? "refused" : settings.endpoint;
        if ((got == NULL) != (rows[i].endpoint == NULL) ||
            (got != NULL && strcmp(got, rows[i].endpoint) != 0))
            fail_msg("row %zu: %s instead of %s", i, got, rows[i].endpoint);
        acc_s3_settings_release(&settings);
    }
}

static void endpoint_of_sts(void **state)
{
    const struct acc_connection connection = {.endpoint_url = "http://option:1", .retries = -1};
    struct acc_s3_settings settings;
    struct acc_error err = {0};
    struct acc_str from = {0};
    assert_int_equal(resolve(&connection, NULL, PROFILE_BOTH, &settings, &err), ACC_OK);
    char *url = acc_s3_settings_endpoint(&settings, "sts", &from);
    assert_string_equal(url, "http://sts:1");
    assert_string_equal(acc_str_cstr(&from), "endpoint_url of sts in [services mine]");
    free(url);
    acc_str_release(&from);
    acc_s3_settings_release(&settings);
}

static void not_endpoints(void **state)
{
    static const struct {
        const char *option, *environment, *config, *words;
    } rows[] = {
        {"ftp://host", NULL, NULL, "must begin with https:// (or http://). Correct --endpoint-url"},
        {"host:9000", NULL, NULL, "must begin with https://"},
        {"https://", NULL, NULL, "must begin with https://"},
        {"https://host/s3", NULL, NULL, "only scheme, host and port are used"},
        {"https://host?x", NULL, NULL, "only scheme, host and port are used"},
        {"https://user:word@host", NULL, NULL, "only scheme, host and port are used"},
        {"http://::1:9000", NULL, NULL, "an IPv6 address must be in brackets"},
        {"http://[::1", NULL, NULL, "not an IPv6 address"},
        {"http://[::g]:9000", NULL, NULL, "not an IPv6 address"},
        {"http://[fe80::1%25eth0]:9000", NULL, NULL, "not an IPv6 address"},
        {"http://[::1]9000", NULL, NULL, "the port must be 1 to 65535"},
        {"http://host:", NULL, NULL, "the port must be 1 to 65535"},
        {"http://host:0", NULL, NULL, "the port must be 1 to 65535"},
        {"http://host:65536", NULL, NULL, "the port must be 1 to 65535"},
        {"http://host:90a", NULL, NULL, "the port must be 1 to 65535"},
        {"http://h\xc3\xb6st", NULL, NULL, "does not begin with a host name"},
        {NULL, "AWS_ENDPOINT_URL_S3=nonsense", NULL, "Correct AWS_ENDPOINT_URL_S3"},
        {NULL, "AWS_ENDPOINT_URL=nonsense", NULL, "Correct AWS_ENDPOINT_URL."},
        {NULL, NULL, "[default]\nendpoint_url = nonsense\n",
         "Correct endpoint_url of profile \"default\""},
        {NULL, NULL, "[default]\nservices = m\n[services m]\ns3 =\n  endpoint_url = nonsense\n",
         "Correct endpoint_url of s3 in [services m]"},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++) {
        const struct acc_connection connection = {.endpoint_url = rows[i].option, .retries = -1};
        struct acc_s3_settings settings;
        struct acc_error err = {0};
        assert_int_equal(resolve(&connection, rows[i].environment, rows[i].config, &settings, &err),
                         ACC_CONFIG);
        if (strstr(err.message, rows[i].words) == NULL)
            fail_msg("row %zu: not said: %s\nit said: %s", i, rows[i].words, err.message);
    }
}

static void regions(void **state)
{
    static const struct {
        const char *option, *environment, *config, *region;
        bool fips, dual_stack, use_arn_region;
    } rows[] = {
        {NULL, NULL, NULL, "us-east-1", false, false, true},
        {NULL, "AWS_DEFAULT_REGION=a-1", "[default]\nregion = b-1\n", "a-1", false, false, true},
        {NULL, "AWS_DEFAULT_REGION=a-1 AWS_REGION=c-1", NULL, "c-1", false, false, true},
        {"d-1", "AWS_REGION=c-1", NULL, "d-1", false, false, true},
        {"fips-us-east-1", NULL, NULL, "us-east-1", true, false, true},
        {"us-gov-west-1-fips", NULL, NULL, "us-gov-west-1", true, false, true},
        {"aws-global", NULL, NULL, "us-east-1", false, false, true},
        {"a-1", "AWS_USE_FIPS_ENDPOINT=true", NULL, "a-1", true, false, true},
        {"a-1", NULL, "[default]\nuse_fips_endpoint = True\n", "a-1", true, false, true},
        {"a-1", "AWS_USE_FIPS_ENDPOINT=false", "[default]\nuse_fips_endpoint = true\n", "a-1",
         false, false, true},
        {"a-1", "AWS_USE_DUALSTACK_ENDPOINT=true", NULL, "a-1", false, true, true},
        {"a-1", NULL, "[default]\nuse_dualstack_endpoint = true\n", "a-1", false, true, true},
        {"a-1", NULL, "[default]\ns3 =\n  use_dualstack_endpoint = true\n", "a-1", false, true,
         true},
        {"a-1", "AWS_S3_USE_ARN_REGION=false", NULL, "a-1", false, false, false},
        {"a-1", NULL, "[default]\ns3 =\n  use_arn_region = false\n", "a-1", false, false, false},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++) {
        const struct acc_connection connection = {.region = rows[i].option, .retries = -1};
        struct acc_s3_settings settings;
        struct acc_error err = {0};
        assert_int_equal(resolve(&connection, rows[i].environment, rows[i].config, &settings, &err),
                         ACC_OK);
        assert_string_equal(settings.region, rows[i].region);
        assert_int_equal(settings.fips, rows[i].fips);
        assert_int_equal(settings.dual_stack, rows[i].dual_stack);
        assert_int_equal(settings.use_arn_region, rows[i].use_arn_region);
        acc_s3_settings_release(&settings);
    }
}

static void not_regions(void **state)
{
    static const char *const rows[] = {"eu west", "eu-west-1/", "s3.example.org:80", "a\nb"};
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++) {
        const struct acc_connection connection = {.region = rows[i], .retries = -1};
        struct acc_s3_settings settings;
        struct acc_error err = {0};
        assert_int_equal(resolve(&connection, NULL, NULL, &settings, &err), ACC_CONFIG);
        assert_non_null(strstr(err.message, "is not a region's name"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints),     cmocka_unit_test(endpoint_of_sts),
        cmocka_unit_test(not_endpoints), cmocka_unit_test(regions),
        cmocka_unit_test(not_regions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
