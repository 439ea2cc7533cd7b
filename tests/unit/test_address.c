/* Where requests go and what they are signed for: AWS's names in every partition, dual-stack and
 * FIPS, access points, path and virtual-host style on other servers. The URLs are those that
 * botocore 1.43 builds of the same settings, but for us-east-1, which it asks at s3.amazonaws.com,
 * an older name of s3.us-east-1.amazonaws.com. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "s3/config/address.h"
#include "s3/config/aws_hosts.h"

#define POINT "arn:aws:s3:eu-west-1:123456789012:accesspoint/intake"

struct asked {
    const char *region, *bucket;
    const char *endpoint, *addressing; /* NULL: AWS's, auto */
    bool fips, dual_stack, same_region;
};

/* In a region, a bucket, and what differs from the ordinary. */
#define AT(in, named, ...)                                                                         \
    {                                                                                              \
        .region = in, .bucket = named, ##__VA_ARGS__                                               \
    }

static enum acc_code find(const struct asked *asked, struct acc_s3_address *address,
                          struct acc_error *err)
{
    const struct acc_s3_settings settings = {
        .side = "",
        .endpoint = (char *)asked->endpoint,
        .region = (char *)asked->region,
        .addressing = (char *)(asked->addressing ? asked->addressing : "auto"),
        .fips = asked->fips,
        .dual_stack = asked->dual_stack,
        .use_arn_region = !asked->same_region,
    };
    return acc_s3_address_find(address, &settings, asked->bucket, NULL, err);
}

static void expect(const struct asked *asked, const char *url, const char *region)
{
    struct acc_s3_address address = {0};
    struct acc_error err = {0};
    struct acc_str got = {0};
    if (find(asked, &address, &err) != ACC_OK)
        fail_msg("%s: %s", asked->bucket, err.message);
    acc_str_addf(&got, "%s%s", acc_str_cstr(&address.base), acc_str_cstr(&address.path));
    assert_string_equal(acc_str_cstr(&got), url);
    assert_string_equal(acc_str_cstr(&address.region), region);
    acc_str_release(&got);
    acc_s3_address_release(&address);
}

static void refused(const struct asked *asked, enum acc_code code, const char *words)
{
    struct acc_s3_address address = {0};
    struct acc_error err = {0};
    assert_int_equal(find(asked, &address, &err), code);
    if (strstr(err.message, words) == NULL)
        fail_msg("not said: %s\nit said: %s", words, err.message);
    acc_s3_address_release(&address);
}

static void aws_names(void **state)
{
    static const struct {
        const char *region, *plain, *fips, *dual, *both;
    } rows[] = {
        {"us-east-1", "s3.us-east-1.amazonaws.com", "s3-fips.us-east-1.amazonaws.com",
         "s3.dualstack.us-east-1.amazonaws.com", "s3-fips.dualstack.us-east-1.amazonaws.com"},
        {"eu-west-1", "s3.eu-west-1.amazonaws.com", "s3-fips.eu-west-1.amazonaws.com",
         "s3.dualstack.eu-west-1.amazonaws.com", "s3-fips.dualstack.eu-west-1.amazonaws.com"},
        {"us-gov-west-1", "s3.us-gov-west-1.amazonaws.com", "s3-fips.us-gov-west-1.amazonaws.com",
         "s3.dualstack.us-gov-west-1.amazonaws.com",
         "s3-fips.dualstack.us-gov-west-1.amazonaws.com"},
        {"cn-north-1", "s3.cn-north-1.amazonaws.com.cn", NULL,
         "s3.dualstack.cn-north-1.amazonaws.com.cn", NULL},
        {"us-iso-east-1", "s3.us-iso-east-1.c2s.ic.gov", "s3-fips.us-iso-east-1.c2s.ic.gov",
         "s3.dualstack.us-iso-east-1.c2s.ic.gov", "s3-fips.dualstack.us-iso-east-1.c2s.ic.gov"},
        {"us-isob-east-1", "s3.us-isob-east-1.sc2s.sgov.gov",
         "s3-fips.us-isob-east-1.sc2s.sgov.gov", "s3.dualstack.us-isob-east-1.sc2s.sgov.gov",
         "s3-fips.dualstack.us-isob-east-1.sc2s.sgov.gov"},
        {"eu-isoe-west-1", "s3.eu-isoe-west-1.cloud.adc-e.uk",
         "s3-fips.eu-isoe-west-1.cloud.adc-e.uk", "s3.dualstack.eu-isoe-west-1.cloud.adc-e.uk",
         "s3-fips.dualstack.eu-isoe-west-1.cloud.adc-e.uk"},
        {"us-isof-south-1", "s3.us-isof-south-1.csp.hci.ic.gov",
         "s3-fips.us-isof-south-1.csp.hci.ic.gov", "s3.dualstack.us-isof-south-1.csp.hci.ic.gov",
         "s3-fips.dualstack.us-isof-south-1.csp.hci.ic.gov"},
        {"eusc-de-east-1", "s3.eusc-de-east-1.amazonaws.eu", "s3-fips.eusc-de-east-1.amazonaws.eu",
         "s3.dualstack.eusc-de-east-1.amazonaws.eu",
         "s3-fips.dualstack.eusc-de-east-1.amazonaws.eu"},
        {"mx-central-1", "s3.mx-central-1.amazonaws.com", "s3-fips.mx-central-1.amazonaws.com",
         "s3.dualstack.mx-central-1.amazonaws.com", "s3-fips.dualstack.mx-central-1.amazonaws.com"},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++) {
        const char *const names[] = {rows[i].plain, rows[i].fips, rows[i].dual, rows[i].both};
        for (size_t k = 0; k < ACC_COUNT_OF(names); k++) {
            struct asked asked = {
                .region = rows[i].region, .bucket = "archive", .fips = k & 1, .dual_stack = k & 2};
            struct acc_str url = {0};
            if (names[k] == NULL) {
                refused(&asked, ACC_CONFIG, "S3 has none in region cn-north-1");
                continue;
            }
            acc_str_addf(&url, "https://archive.%s", names[k]);
            expect(&asked, acc_str_cstr(&url), rows[i].region);
            acc_str_clear(&url);
            acc_str_addf(&url, "https://%s/archive", names[k]);
            asked.addressing = "path";
            expect(&asked, acc_str_cstr(&url), rows[i].region);
            acc_str_release(&url);
        }
    }
}

static void bucket_names(void **state)
{
    static const struct {
        struct asked asked;
        const char *url;
    } rows[] = {
        {AT("eu-west-1", "my.archive"), "https://s3.eu-west-1.amazonaws.com/my.archive"},
        {AT("eu-west-1", "my.archive", .addressing = "virtual"),
         "https://s3.eu-west-1.amazonaws.com/my.archive"},
        {AT("eu-west-1", "My_Archive", .addressing = "virtual"),
         "https://s3.eu-west-1.amazonaws.com/My_Archive"},
        {AT("us-west-2", "intake-metabcdef0123456789-s3alias"),
         "https://intake-metabcdef0123456789-s3alias.s3.us-west-2.amazonaws.com"},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++)
        expect(&rows[i].asked, rows[i].url, rows[i].asked.region);
}

static void other_servers(void **state)
{
    static const struct {
        const char *endpoint, *addressing, *bucket, *url;
    } rows[] = {
        {"https://s3.example.org", "auto", "archive", "https://s3.example.org/archive"},
        {"http://s3.example.org:9000", "auto", "archive", "http://s3.example.org:9000/archive"},
        {"https://s3.example.org:8443", "virtual", "archive",
         "https://archive.s3.example.org:8443"},
        {"https://s3.example.org", "virtual", "my.archive", "https://my.archive.s3.example.org"},
        {"https://s3.example.org", "virtual", "My_Archive", "https://s3.example.org/My_Archive"},
        {"http://127.0.0.1:9000", "auto", "archive", "http://127.0.0.1:9000/archive"},
        {"http://127.0.0.1:9000", "virtual", "archive", "http://127.0.0.1:9000/archive"},
        {"http://[::1]:9000", "auto", "archive", "http://[::1]:9000/archive"},
        {"http://[::1]:9000", "virtual", "archive", "http://[::1]:9000/archive"},
        {"http://localhost:9000", "virtual", "archive", "http://archive.localhost:9000"},
        {"https://s3.eu-west-1.amazonaws.com", "auto", "archive",
         "https://s3.eu-west-1.amazonaws.com/archive"},
        {"https://bucket.vpce-1a.s3.eu-west-1.vpce.amazonaws.com", "auto", "archive",
         "https://bucket.vpce-1a.s3.eu-west-1.vpce.amazonaws.com/archive"},
        /* Both are for AWS's own names. */
        {"https://accesspoint.vpce-1a.s3.eu-west-1.vpce.amazonaws.com", "auto", POINT,
         "https://intake-123456789012.accesspoint.vpce-1a.s3.eu-west-1.vpce.amazonaws.com"},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++) {
        const struct asked asked = {.region = "eu-west-1",
                                    .bucket = rows[i].bucket,
                                    .endpoint = rows[i].endpoint,
                                    .addressing = rows[i].addressing,
                                    .fips = i & 1,
                                    .dual_stack = i & 2};
        expect(&asked, rows[i].url, "eu-west-1");
    }
}

/* libcurl leaves a scheme's own port out of the Host header, which is signed. */
static void default_ports(void **state)
{
    static const struct {
        const char *endpoint, *host;
    } rows[] = {
        {"https://s3.example.org:443", "s3.example.org"},
        {"http://s3.example.org:80", "s3.example.org"},
        {"http://s3.example.org:443", "s3.example.org:443"},
        {"https://[::1]:443", "[::1]"},
        {"https://[::1]", "[::1]"},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++) {
        const struct asked asked = {
            .region = "x", .bucket = "archive", .endpoint = rows[i].endpoint};
        struct acc_s3_address address = {0};
        struct acc_error err = {0};
        assert_int_equal(find(&asked, &address, &err), ACC_OK);
        assert_string_equal(acc_str_cstr(&address.host), rows[i].host);
        acc_s3_address_release(&address);
    }
}

static void access_points(void **state)
{
    static const struct {
        struct asked asked;
        const char *host, *region;
    } rows[] = {
        {AT("us-east-1", POINT), "s3-accesspoint.eu-west-1.amazonaws.com", "eu-west-1"},
        {AT("us-east-1", POINT, .fips = true), "s3-accesspoint-fips.eu-west-1.amazonaws.com",
         "eu-west-1"},
        {AT("us-east-1", POINT, .dual_stack = true),
         "s3-accesspoint.dualstack.eu-west-1.amazonaws.com", "eu-west-1"},
        {AT("us-east-1", POINT, .fips = true, .dual_stack = true),
         "s3-accesspoint-fips.dualstack.eu-west-1.amazonaws.com", "eu-west-1"},
        {AT("us-east-1", POINT, .addressing = "path"), "s3-accesspoint.eu-west-1.amazonaws.com",
         "eu-west-1"},
        {AT("eu-west-1", POINT, .same_region = true), "s3-accesspoint.eu-west-1.amazonaws.com",
         "eu-west-1"},
        {AT("cn-north-1", "arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/intake"),
         "s3-accesspoint.cn-north-1.amazonaws.com.cn", "cn-north-1"},
        {AT("us-gov-west-1", "arn:aws-us-gov:s3:us-gov-west-1:123456789012:accesspoint:intake",
            .fips = true),
         "s3-accesspoint-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++) {
        struct acc_str url = {0};
        acc_str_addf(&url, "https://intake-123456789012.%s", rows[i].host);
        expect(&rows[i].asked, acc_str_cstr(&url), rows[i].region);
        acc_str_release(&url);
    }
}

static void refusals(void **state)
{
    static const struct {
        struct asked asked;
        enum acc_code code;
        const char *words;
    } rows[] = {
        {AT("us-east-1", "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"), ACC_USAGE,
         "Multi-Region Access Point needs another kind of signature (SigV4A)"},
        {AT("us-east-1", "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01/accesspoint/a"),
         ACC_USAGE, "S3 on Outposts"},
        {AT("us-east-1", "arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/a"),
         ACC_USAGE, "Object Lambda"},
        {AT("us-east-1", "arn:aws:s3:::archive"), ACC_USAGE, "Write s3://archive instead"},
        {AT("us-east-1", "arn:aws:s3:us-east-1:123456789012:accesspoint/in.take"), ACC_USAGE,
         "not the ARN of an access point"},
        {AT("us-east-1", "arn:aws:s3:us-east-1::accesspoint/intake"), ACC_USAGE, "not the ARN"},
        {AT("us-east-1", "arn:aws:s3:us-east-1:12:accesspoint/intake"), ACC_USAGE, "not the ARN"},
        {AT("us-east-1", "arn:aws:s3:us-east-1:123456789012:accesspoint"), ACC_USAGE,
         "not the ARN"},
        {AT("us-east-1", "arn:aws:s3:us-east-1:123456789012:accesspoint/"), ACC_USAGE,
         "not the ARN"},
        {AT("us-east-1", "arn:aws:sns:us-east-1:123456789012:accesspoint/a"), ACC_USAGE,
         "not the ARN"},
        {AT("us-east-1", "arn:"), ACC_USAGE, "not the ARN"},
        {AT("us-east-1", "arn:aws-cn:s3:eu-west-1:123456789012:accesspoint/intake"), ACC_USAGE,
         "region eu-west-1 is in partition aws, not aws-cn"},
        {AT("us-east-1", POINT, .same_region = true), ACC_CONFIG, "Give --region eu-west-1"},
        {AT("us-east-1", POINT, .endpoint = "http://127.0.0.1:9000"), ACC_CONFIG,
         "is an IP address"},
        {AT("us-east-1", POINT, .endpoint = "http://[::1]:9000"), ACC_CONFIG, "is an IP address"},
        {AT("cn-north-1", "arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/intake", .fips = true),
         ACC_CONFIG, "S3 has none in region cn-north-1"},
        {AT("us-west-2", "archive--usw2-az1--x-s3"), ACC_USAGE, "directory bucket"},
        {AT("us-west-2", "intake-01234567890--op-s3"), ACC_USAGE, "on an Outpost"},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++)
        refused(&rows[i].asked, rows[i].code, rows[i].words);
}

/* The bucket turns out to live elsewhere: AWS is asked there, another server where it was. */
static void another_region(void **state)
{
    struct acc_s3_settings settings = {.side = "",
                                       .region = (char *)"us-east-1",
                                       .addressing = (char *)"auto",
                                       .use_arn_region = true};
    struct acc_s3_address address = {0};
    struct acc_error err = {0};
    assert_int_equal(acc_s3_address_find(&address, &settings, "archive", NULL, &err), ACC_OK);
    assert_int_equal(acc_s3_address_find(&address, &settings, "archive", "eu-west-1", &err),
                     ACC_OK);
    assert_string_equal(acc_str_cstr(&address.base), "https://archive.s3.eu-west-1.amazonaws.com");
    assert_string_equal(acc_str_cstr(&address.host), "archive.s3.eu-west-1.amazonaws.com");
    assert_string_equal(acc_str_cstr(&address.region), "eu-west-1");
    settings.endpoint = (char *)"http://localhost:9000";
    assert_int_equal(acc_s3_address_find(&address, &settings, "archive", "eu-west-1", &err),
                     ACC_OK);
    assert_string_equal(acc_str_cstr(&address.base), "http://localhost:9000");
    assert_string_equal(acc_str_cstr(&address.path), "/archive");
    assert_string_equal(acc_str_cstr(&address.region), "eu-west-1");
    settings.addressing = (char *)"virtual";
    acc_s3_address_of_account(&address, &settings);
    assert_string_equal(acc_str_cstr(&address.base), "http://localhost:9000");
    assert_string_equal(acc_str_cstr(&address.path), "");
    acc_s3_address_release(&address);
}

static void sts_names(void **state)
{
    static const struct {
        struct acc_aws_place place;
        const char *host;
    } rows[] = {
        {{"us-east-1", false, false}, "sts.us-east-1.amazonaws.com"},
        {{"eu-west-1", true, false}, "sts-fips.eu-west-1.amazonaws.com"},
        {{"eu-west-1", false, true}, "sts.eu-west-1.api.aws"},
        {{"eu-west-1", true, true}, "sts-fips.eu-west-1.api.aws"},
        {{"us-gov-west-1", true, false}, "sts.us-gov-west-1.amazonaws.com"},
        {{"us-gov-west-1", true, true}, "sts-fips.us-gov-west-1.api.aws"},
        {{"cn-north-1", false, false}, "sts.cn-north-1.amazonaws.com.cn"},
        {{"cn-north-1", false, true}, "sts.cn-north-1.api.amazonwebservices.com.cn"},
        {{"us-iso-east-1", false, false}, "sts.us-iso-east-1.c2s.ic.gov"},
        {{"eusc-de-east-1", false, true}, "sts.eusc-de-east-1.api.amazonwebservices.eu"},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++) {
        struct acc_str host = {0};
        acc_aws_sts_host(&rows[i].place, &host);
        assert_string_equal(acc_str_cstr(&host), rows[i].host);
        acc_str_release(&host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aws_names),      cmocka_unit_test(bucket_names),
        cmocka_unit_test(other_servers),  cmocka_unit_test(default_ports),
        cmocka_unit_test(access_points),  cmocka_unit_test(refusals),
        cmocka_unit_test(another_region), cmocka_unit_test(sts_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
