/* Signature Version 4 on the examples of AWS's S3 documentation ("Authenticating Requests: Using
 * the Authorization Header"), and what S3 wants of encoding and order. Random requests are held
 * against botocore in tests/sign. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "s3/wire/sign.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define DATE "20130524T000000Z"

static struct acc_s3_sign_input example(const char *method, const char *path, const char *query,
                                        const struct acc_s3_pair *headers, size_t count,
                                        const char *payload)
{
    return (struct acc_s3_sign_input){
        .method = method,
        .path = path,
        .query = query,
        .headers = headers,
        .header_count = count,
        .payload_sha256 = payload,
        .amz_date = DATE,
        .region = "us-east-1",
        .service = "s3",
        .access_key = "AKIAIOSFODNN7EXAMPLE",
        .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    };
}

static void expect_signature(const struct acc_s3_sign_input *input, const char *headers,
                             const char *signature)
{
    struct acc_s3_signing_key key = {0};
    struct acc_str got = {0}, want = {0};
    acc_str_addf(&want, "SignedHeaders=%s", headers);
    /* Twice: the second time the derived key comes from the cache. */
    for (int i = 0; i < 2; i++) {
        acc_str_clear(&got);
        acc_s3_sign(input, &key, &got);
        assert_true(acc_starts_with(acc_str_cstr(&got), "AWS4-HMAC-SHA256 Credential="
                                                        "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/"
                                                        "s3/aws4_request"));
        assert_non_null(strstr(acc_str_cstr(&got), acc_str_cstr(&want)));
        assert_true(acc_ends_with(acc_str_cstr(&got), signature));
    }
    acc_s3_signing_key_release(&key);
    acc_str_release(&got);
    acc_str_release(&want);
}

#define HOST                                                                                       \
    {                                                                                              \
        "host", "examplebucket.s3.amazonaws.com"                                                   \
    }
#define AMZ_DATE                                                                                   \
    {                                                                                              \
        "x-amz-date", DATE                                                                         \
    }

static void test_get_object(void **state)
{
    const struct acc_s3_pair headers[] = {
        HOST, {"range", "bytes=0-9"}, {"x-amz-content-sha256", EMPTY}, AMZ_DATE};
    struct acc_s3_sign_input input = example("GET", "/test.txt", "", headers, 4, EMPTY);
    (void)state;
    expect_signature(&input, "host;range;x-amz-content-sha256;x-amz-date",
                     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void test_put_object(void **state)
{
    static const char payload[] =
        "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    const struct acc_s3_pair headers[] = {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                                          HOST,
                                          {"x-amz-content-sha256", payload},
                                          AMZ_DATE,
                                          {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
    struct acc_s3_sign_input input = example("PUT", "/test%24file.text", "", headers, 5, payload);
    (void)state;
    expect_signature(&input, "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

static void test_queries(void **state)
{
    const struct acc_s3_pair headers[] = {HOST, {"x-amz-content-sha256", EMPTY}, AMZ_DATE};
    struct acc_s3_sign_input input = example("GET", "/", "lifecycle=", headers, 3, EMPTY);
    (void)state;
    expect_signature(&input, "host;x-amz-content-sha256;x-amz-date",
                     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    input.query = "max-keys=2&prefix=J";
    expect_signature(&input, "host;x-amz-content-sha256;x-amz-date",
                     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

/* The cached key must not outlive what it was derived from. */
static void test_cache(void **state)
{
    const struct acc_s3_pair headers[] = {HOST, {"x-amz-content-sha256", EMPTY}, AMZ_DATE};
    struct acc_s3_sign_input inputs[4];
    struct acc_str cached[4] = {0}, fresh = {0};
    struct acc_s3_signing_key key = {0};
    (void)state;
    for (int i = 0; i < 4; i++)
        inputs[i] = example("GET", "/", "lifecycle=", headers, 3, EMPTY);
    inputs[1].secret_key = "another";
    inputs[2].region = "eu-west-1";
    inputs[3].amz_date = "20130525T000000Z";
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 4; i++) {
            struct acc_s3_signing_key unused = {0};
            acc_str_clear(&cached[i]);
            acc_str_clear(&fresh);
            acc_s3_sign(&inputs[i], &key, &cached[i]);
            acc_s3_sign(&inputs[i], &unused, &fresh);
            assert_string_equal(acc_str_cstr(&cached[i]), acc_str_cstr(&fresh));
            for (int j = 0; j < i; j++)
                assert_string_not_equal(acc_str_cstr(&cached[i]), acc_str_cstr(&cached[j]));
            acc_s3_signing_key_release(&unused);
        }
    acc_s3_signing_key_release(&key);
    for (int i = 0; i < 4; i++)
        acc_str_release(&cached[i]);
    acc_str_release(&fresh);
}

static void test_encode(void **state)
{
    static const struct {
        const char *text, *key, *query;
    } samples[] = {
        {"", "", ""},
        {"a/b", "a/b", "a%2Fb"},
        {"AZaz09-._~", "AZaz09-._~", "AZaz09-._~"},
        {" +&=;,#?", "%20%2B%26%3D%3B%2C%23%3F", "%20%2B%26%3D%3B%2C%23%3F"},
        {"%25", "%2525", "%2525"},
        {"a/../b//c", "a/../b//c", "a%2F..%2Fb%2F%2Fc"},
        {"\n\x7f", "%0A%7F", "%0A%7F"},
        {"\xc3\xa9", "%C3%A9", "%C3%A9"},
    };
    struct acc_str out = {0};
    (void)state;
    for (size_t i = 0; i < ACC_COUNT_OF(samples); i++) {
        acc_str_clear(&out);
        acc_s3_encode(&out, samples[i].text, strlen(samples[i].text), true);
        assert_string_equal(acc_str_cstr(&out), samples[i].key);
        acc_str_clear(&out);
        acc_s3_encode(&out, samples[i].text, strlen(samples[i].text), false);
        assert_string_equal(acc_str_cstr(&out), samples[i].query);
    }
    for (int c = 1; c < 256; c++) {
        char byte = (char)c, hex[4];
        acc_str_clear(&out);
        acc_s3_encode(&out, &byte, 1, true);
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("-._~/", c) != NULL;
        snprintf(hex, sizeof hex, plain ? "%c" : "%%%02X", c);
        assert_string_equal(acc_str_cstr(&out), hex);
    }
    acc_str_release(&out);
}

static void test_query_order(void **state)
{
    const struct acc_s3_pair pairs[] = {{"uploads", ""}, {"prefix", "a b/é"}, {"max-keys", "2"},
                                        {"a", "2"},      {"a", "1"},          {"A", "/"}};
    struct acc_str out = {0};
    (void)state;
    acc_s3_canonical_query(pairs, ACC_COUNT_OF(pairs), &out);
    assert_string_equal(acc_str_cstr(&out),
                        "A=%2F&a=1&a=2&max-keys=2&prefix=a%20b%2F%C3%A9&uploads=");
    acc_str_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get_object), cmocka_unit_test(test_put_object),
        cmocka_unit_test(test_queries),    cmocka_unit_test(test_cache),
        cmocka_unit_test(test_encode),     cmocka_unit_test(test_query_order),
    };
    return cmocka_run_group_tests_name("sign", tests, NULL, NULL);
}
