/* Additional checksums: values that S3 itself was seen to answer, and what is made of answers that
 * differ from server to server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "s3/wire/checksum.h"

static void test_names(void **state)
{
    static const char *const names[] = {"none", "sha256", "crc64nvme", "crc32c", "auto"};
    enum acc_s3_checksum kind;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_true(acc_s3_checksum_parse(names[i], &kind));
        assert_string_equal(acc_s3_checksum_name(kind), names[i]);
    }
    assert_true(acc_s3_checksum_parse(NULL, &kind));
    assert_int_equal(kind, ACC_S3_CHECKSUM_SHA256);
    assert_false(acc_s3_checksum_parse("", &kind));
    assert_false(acc_s3_checksum_parse("SHA256", &kind));
    assert_false(acc_s3_checksum_parse("crc32", &kind));
}

static void shows(enum acc_s3_checksum kind, const char *content, const char *wanted)
{
    char text[ACC_S3_SUM_TEXT];
    struct acc_s3_sum sum = acc_s3_sum_of(kind, content, strlen(content));
    acc_s3_sum_show(&sum, text);
    assert_string_equal(text, wanted);
}

static void test_values(void **state)
{
    (void)state;
    shows(ACC_S3_CHECKSUM_NONE, "hello", "");
    shows(ACC_S3_CHECKSUM_SHA256, "hello", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
    shows(ACC_S3_CHECKSUM_SHA256, "", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    shows(ACC_S3_CHECKSUM_CRC32C, "123456789", "4waSgw==");
    shows(ACC_S3_CHECKSUM_CRC32C, "", "AAAAAA==");
    shows(ACC_S3_CHECKSUM_CRC64NVME, "123456789", "rosUhgp5mIg=");
}

/* ---- composite ---- */

struct parts {
    enum acc_s3_checksum kind;
    const char *const *text;
};

static struct acc_s3_sum part_at(const void *arg, int at)
{
    const struct parts *parts = arg;
    struct acc_s3_sum sum = {.kind = parts->kind};
    assert_true(acc_base64_decode(parts->text[at], sum.bytes, sizeof sum.bytes) > 0);
    return sum;
}

static void composes(enum acc_s3_checksum kind, const char *const *text, int count,
                     const char *wanted)
{
    struct parts parts = {kind, text};
    char out[ACC_S3_SUM_TEXT];
    acc_s3_sum_composite(part_at, &parts, count, out);
    assert_string_equal(out, wanted);
    assert_true(acc_s3_sum_is_composite(out));
}

static void test_composite(void **state)
{
    (void)state;
    /* Seen on S3, eu-west-1: parts of 5, 5 and 1 MiB, and an upload of a single part. */
    static const char *const three[] = {"lcKa6Boe7a167tUCN5C4OaFygGSYD8MBnBARTrdL+1w=",
                                        "gHjhbUT4oo2tSCtSZJdlKi+jeNXJT+VImqdPXsXvkOc=",
                                        "4l9PQ3zOPZ0oGFvknFX+J4zZwE4WMzO+l3r8XrbWOeM="};
    static const char *const one[] = {"n7gWa0Gp88JMie9iljKcv731WbPhWtFVibhxsVB8FAw="};
    composes(ACC_S3_CHECKSUM_SHA256, three, 3, "rVWtNbadtsaKXJAcgWPWjifHzJaXde/iV4jaJAOdivc=-3");
    composes(ACC_S3_CHECKSUM_SHA256, one, 1, "D0xEU2q/FgypQljU/eaDWTSRcnDG3KQGOtevJWcmMRY=-1");
    /* The CRC-32C of eight bytes, e3069283 twice. */
    static const char *const twice[] = {"4waSgw==", "4waSgw=="};
    composes(ACC_S3_CHECKSUM_CRC32C, twice, 2, "z8fdiQ==-2");
}

static void test_ten_thousand_parts_fit(void **state)
{
    (void)state;
    static const char *text[10000];
    char out[ACC_S3_SUM_TEXT], record[ACC_S3_SUM_RECORD];
    for (int i = 0; i < 10000; i++)
        text[i] = "n7gWa0Gp88JMie9iljKcv731WbPhWtFVibhxsVB8FAw=";
    struct parts parts = {ACC_S3_CHECKSUM_SHA256, text};
    acc_s3_sum_composite(part_at, &parts, 10000, out);
    assert_string_equal(strchr(out, '-'), "-10000");
    acc_s3_sum_record(ACC_S3_CHECKSUM_SHA256, out, record);
    assert_string_equal(acc_s3_sum_recorded(record, ACC_S3_CHECKSUM_SHA256), out);
}

/* ---- the whole from its parts ---- */

static void test_any_split_joins_to_the_whole(void **state)
{
    static unsigned char bytes[60000];
    uint32_t random = 42;
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)((random = random * 1103515245 + 12345) >> 16);
    for (enum acc_s3_checksum kind = ACC_S3_CHECKSUM_NONE; kind < ACC_S3_CHECKSUM_COUNT; kind++) {
        if (!acc_s3_checksum_joins(kind))
            continue;
        uint64_t whole = acc_s3_checksum_crc(kind, 0, bytes, sizeof bytes);
        for (int round = 0; round < 300; round++) {
            uint64_t joined = 0;
            for (size_t at = 0, len; at < sizeof bytes; at += len) {
                random = random * 1103515245 + 12345;
                len = 1 + (random >> 8) % 20000;
                len = len < sizeof bytes - at ? len : sizeof bytes - at;
                joined = acc_s3_checksum_join(kind, joined,
                                              acc_s3_checksum_crc(kind, 0, bytes + at, len), len);
            }
            assert_true(joined == whole);
        }
    }
}

/* ---- what servers make of it ---- */

static void test_full_or_composite(void **state)
{
    (void)state;
    const enum acc_s3_checksum sha = ACC_S3_CHECKSUM_SHA256, crc64 = ACC_S3_CHECKSUM_CRC64NVME,
                               crc32c = ACC_S3_CHECKSUM_CRC32C, none = ACC_S3_CHECKSUM_NONE;
    assert_true(acc_s3_checksum_is_composite(sha, "SHA256", "COMPOSITE"));
    assert_true(acc_s3_checksum_is_composite(sha, "", ""));
    assert_false(acc_s3_checksum_is_composite(none, "", ""));
    assert_false(acc_s3_checksum_is_composite(crc64, "CRC64NVME", "FULL_OBJECT"));
    assert_false(acc_s3_checksum_is_composite(crc64, "CRC64NVME", ""));
    assert_false(acc_s3_checksum_is_composite(crc32c, "CRC32C", "FULL_OBJECT"));
    assert_true(acc_s3_checksum_is_composite(crc32c, "CRC32C", "COMPOSITE"));
    assert_true(acc_s3_checksum_is_composite(crc32c, "CRC32C", "")); /* an older server */
    assert_false(acc_s3_checksum_is_composite(crc32c, "", ""));      /* one that ignores it */
}

static void mends(const char *text, const char *etag, const char *type, const char *wanted)
{
    char out[ACC_S3_SUM_TEXT];
    strcpy(out, text);
    acc_s3_sum_mend(out, etag, type);
    assert_string_equal(out, wanted);
}

static void test_a_suffix_left_off(void **state)
{
    (void)state;
    const char *parts = "0123456789abcdef0123456789abcdef-3",
               *whole = "0123456789abcdef0123456789abcdef";
    mends("LPJN=", parts, "", "LPJN=-3");
    mends("LPJN=", parts, "COMPOSITE", "LPJN=-3");
    mends("LPJN=-3", parts, "COMPOSITE", "LPJN=-3");
    mends("LPJN=", parts, "FULL_OBJECT", "LPJN=");
    mends("LPJN=", whole, "", "LPJN=");
    mends("LPJN=", "an-etag-of-another-kind-3", "", "LPJN=");
    mends("", parts, "", "");
}

static void test_records(void **state)
{
    (void)state;
    char record[ACC_S3_SUM_RECORD];
    acc_s3_sum_record(ACC_S3_CHECKSUM_CRC32C, "4waSgw==-2", record);
    assert_string_equal(record, "crc32c:4waSgw==-2");
    assert_string_equal(acc_s3_sum_recorded(record, ACC_S3_CHECKSUM_CRC32C), "4waSgw==-2");
    assert_null(acc_s3_sum_recorded(record, ACC_S3_CHECKSUM_SHA256));
    assert_null(acc_s3_sum_recorded("crc32c", ACC_S3_CHECKSUM_CRC32C));
    assert_null(acc_s3_sum_recorded("", ACC_S3_CHECKSUM_CRC32C));
    acc_s3_sum_record(ACC_S3_CHECKSUM_CRC32C, "", record);
    assert_string_equal(record, "");
    acc_s3_sum_record(ACC_S3_CHECKSUM_NONE, "", record);
    assert_string_equal(record, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_composite),
        cmocka_unit_test(test_ten_thousand_parts_fit),
        cmocka_unit_test(test_any_split_joins_to_the_whole),
        cmocka_unit_test(test_full_or_composite),
        cmocka_unit_test(test_a_suffix_left_off),
        cmocka_unit_test(test_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
