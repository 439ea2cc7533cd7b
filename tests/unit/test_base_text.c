/* Strings and the small conversions: sizes, times, hex, Base64, errors, digest values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <accession/digest.h>
#include <accession/error.h>
#include "base/clock.h"
#include "base/distance.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

/* ---- strings ---- */

static void a_string_is_terminated_at_every_length(void **state)
{
    struct acc_str s = {0};
    assert_string_equal(acc_str_cstr(&s), "");
    for (size_t i = 0; i < 300; i++) {
        assert_int_equal(s.len, i);
        assert_int_equal(strlen(acc_str_cstr(&s)), i);
        acc_str_add_c(&s, 'x');
    }
    acc_str_cut(&s, 1000); /* longer than it is: nothing */
    assert_int_equal(s.len, 300);
    acc_str_cut(&s, 63);
    assert_int_equal(strlen(s.data), 63);
    acc_str_clear(&s);
    assert_string_equal(s.data, "");
    acc_str_release(&s);
    acc_str_release(&s);
}

static void formats_of_any_length_fit(void **state)
{
    char expected[400];
    for (int width = 1; width < 300; width++) {
        struct acc_str s = {0};
        acc_str_add(&s, "before ");
        acc_str_addf(&s, "%*d", width, 7);
        snprintf(expected, sizeof expected, "before %*d", width, 7);
        assert_string_equal(s.data, expected);
        assert_int_equal(s.len, strlen(expected));
        acc_str_release(&s);
    }
}

static void bytes_are_kept_with_their_nul(void **state)
{
    struct acc_str s = {0};
    acc_str_add_n(&s, "a\0b", 3);
    acc_str_add_n(&s, NULL, 0);
    assert_int_equal(s.len, 3);
    assert_memory_equal(s.data, "a\0b", 4);
    char *taken = acc_str_detach(&s);
    assert_null(s.data);
    assert_int_equal(s.len, 0);
    free(taken);
    taken = acc_str_detach(&s); /* of an empty one: a text all the same */
    assert_string_equal(taken, "");
    free(taken);
}

static void beginnings_and_ends(void **state)
{
    assert_true(acc_starts_with("s3://b", "s3://"));
    assert_true(acc_starts_with("a", ""));
    assert_false(acc_starts_with("s3:/", "s3://"));
    assert_true(acc_ends_with("a.part", ".part"));
    assert_true(acc_ends_with("a", ""));
    assert_false(acc_ends_with("part", ".part"));
}

/* ---- hex and Base64 ---- */

static void hex_comes_back_and_nothing_else_is_hex(void **state)
{
    uint8_t bytes[256], back[256];
    char hex[513];
    for (int i = 0; i < 256; i++)
        bytes[i] = (uint8_t)i;
    acc_hex_encode(bytes, sizeof bytes, hex);
    assert_int_equal(strlen(hex), 512);
    assert_true(acc_hex_decode(hex, sizeof back, back));
    assert_memory_equal(back, bytes, sizeof back);
    assert_true(acc_hex_decode("aBcDeF", 3, back));
    assert_memory_equal(back, "\xab\xcd\xef", 3);
    static const char *const bad[] = {"0g", "g0", " 0", "0", "", "-1", "0x", "\xff\xff"};
    for (size_t i = 0; i < ACC_COUNT_OF(bad); i++)
        assert_false(acc_hex_decode(bad[i], 1, back));
}

static void base64_is_that_of_rfc_4648(void **state)
{
    static const char *const vectors[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xfe", "+//+"},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(vectors); i++) {
        char text[ACC_BASE64_LEN(8)], back[8];
        size_t len = strlen(vectors[i][0]);
        acc_base64_encode(vectors[i][0], len, text);
        assert_string_equal(text, vectors[i][1]);
        assert_int_equal(acc_base64_decode(text, back, sizeof back), len);
        assert_memory_equal(back, vectors[i][0], len);
        if (len > 0)
            assert_int_equal(acc_base64_decode(text, back, len - 1), -1);
    }
    static const char *const bad[] = {
        "Z", "Zg", "Zg=", "=g==", "Z===", "Zg=v", "Zm9-", "Zg==Zm9v", "Zm 9", "Zm9v\n"};
    char back[16];
    for (size_t i = 0; i < ACC_COUNT_OF(bad); i++)
        if (acc_base64_decode(bad[i], back, sizeof back) != -1)
            fail_msg("\"%s\" was taken for Base64", bad[i]);
}

/* ---- what people read ---- */

static void figures_as_people_read_them(void **state)
{
    static const struct {
        unsigned long long count;
        const char *text;
    } counts[] = {
        {0, "0"},          {999, "999"},           {1000, "1,000"},
        {12345, "12,345"}, {1234567, "1,234,567"}, {UINT64_MAX, "18,446,744,073,709,551,615"}};
    static const struct {
        double bytes;
        const char *text;
    } sizes[] = {{0, "0 bytes"},
                 {9412, "9,412 bytes"},
                 {10239, "10,239 bytes"},
                 {10240, "10.0 KiB"},
                 {1023.94 * 1024, "1024 KiB"},
                 {1023.96 * 1024, "1.0 MiB"},
                 {96.7 * 1024 * 1024 * 1024, "96.7 GiB"},
                 {9.2e18, "8.0 EiB"}};
    static const struct {
        long long ms;
        const char *text;
    } times[] = {{0, "0.0 s"},
                 {49, "0.0 s"},
                 {9949, "9.9 s"},
                 {9950, "10 s"},
                 {59499, "59 s"},
                 {59500, "1 min 0 s"},
                 {161000, "2 min 41 s"},
                 {3600000, "1 h 00 min"},
                 {11100000, "3 h 05 min"},
                 {172800000, "2 days 0 h"}};
    char out[32];
    for (size_t i = 0; i < ACC_COUNT_OF(counts); i++)
        assert_string_equal(acc_show_count(counts[i].count, out), counts[i].text);
    for (size_t i = 0; i < ACC_COUNT_OF(sizes); i++)
        assert_string_equal(acc_show_bytes(sizes[i].bytes, out), sizes[i].text);
    for (size_t i = 0; i < ACC_COUNT_OF(times); i++)
        assert_string_equal(acc_show_duration(times[i].ms, out), times[i].text);
}

/* ---- what people write ---- */

#define WRONG (-1)

static void sizes_are_read_or_refused(void **state)
{
    static const struct {
        const char *text;
        long long bytes;
    } sizes[] = {
        {"0", 0},          {"256", 256},      {"8M", 8 << 20},  {"8m", 8 << 20},
        {"8MB", 8 << 20},  {"8MiB", 8 << 20}, {"12B", 12},      {"1.5G", 3LL << 29},
        {"5P", 5LL << 50}, {"", WRONG},       {"M", WRONG},     {"8X", WRONG},
        {"8 ", WRONG},     {"5 ", WRONG},     {" 8", WRONG},    {"8 M", WRONG},
        {"8MX", WRONG},    {"8i", WRONG},     {"-1", WRONG},    {"+1", WRONG},
        {"0x10", WRONG},   {"1e3", WRONG},    {"inf", WRONG},   {"nan", WRONG},
        {".", WRONG},      {"1.2.3", WRONG},  {"9000P", WRONG}, {"99999999999999999999", WRONG}};
    for (size_t i = 0; i < ACC_COUNT_OF(sizes); i++) {
        long long bytes = WRONG;
        bool good = acc_parse_bytes(sizes[i].text, &bytes);
        if (good != (sizes[i].bytes != WRONG) || bytes != sizes[i].bytes)
            fail_msg("\"%s\" is read as %lld", sizes[i].text, bytes);
    }
}

static void durations_are_read_or_refused(void **state)
{
    static const struct {
        const char *text;
        long long ms;
    } times[] = {
        {"0", 0},        {"5", 5000},       {"30s", 30000},    {"1.5m", 90000},
        {"2h", 7200000}, {"7d", 604800000}, {"1w", 604800000}, {"", WRONG},
        {"s", WRONG},    {"5 s", WRONG},    {"5ms", WRONG},    {"5S", WRONG},
        {"-5", WRONG},   {"0x5", WRONG},    {"1e2s", WRONG},   {" 5", WRONG},
        {"inf", WRONG},  {"nand", WRONG},   {"5\n", WRONG},    {"999999999999999w", WRONG}};
    for (size_t i = 0; i < ACC_COUNT_OF(times); i++) {
        long long ms = WRONG;
        bool good = acc_parse_duration(times[i].text, &ms);
        if (good != (times[i].ms != WRONG) || ms != times[i].ms)
            fail_msg("\"%s\" is read as %lld", times[i].text, ms);
    }
}

static void whole_numbers_keep_their_bounds(void **state)
{
    long long value = 77;
    assert_true(acc_parse_int("1", 1, 256, &value) && value == 1);
    assert_true(acc_parse_int("256", 1, 256, &value) && value == 256);
    static const char *const bad[] = {"0", "257", "", "1x", "0x1", "1.0", "99999999999999999999"};
    for (size_t i = 0; i < ACC_COUNT_OF(bad); i++)
        assert_false(acc_parse_int(bad[i], 1, 256, &value));
    assert_int_equal(value, 256);
}

/* Eight bytes are looked at together. */
static void what_is_not_utf8_is_found_at_any_place(void **state)
{
    (void)state;
    static const char *const odd[] = {"\xFF", "\xC3", "\xE2\x82", "\x80"};
    char text[64];
    for (size_t which = 0; which < ACC_COUNT_OF(odd); which++)
        for (int at = 0; at < 20; at++) {
            snprintf(text, sizeof text, "%.*s%s%.*s", at, "abcdefghijklmnopqrst", odd[which],
                     20 - at, "abcdefghijklmnopqrst");
            assert_false(acc_utf8_valid(text, strlen(text)));
            snprintf(text, sizeof text, "%.*s\xE2\x82\xAC%.*s", at, "abcdefghijklmnopqrst", 20 - at,
                     "abcdefghijklmnopqrst");
            assert_true(acc_utf8_valid(text, strlen(text)));
        }
}

/* ---- times ---- */

static void times_are_written_and_read_back(void **state)
{
    static const int64_t moments[] = {-315619200001, -1,           0, 1, 951782400000,
                                      1795601212218, 4102444799999};
    char text[ACC_TIME_TEXT];
    int64_t back;
    for (size_t i = 0; i < ACC_COUNT_OF(moments); i++) {
        assert_true(acc_time_parse(acc_time_rfc3339(moments[i], text), &back));
        assert_int_equal(back, moments[i]);
    }
    assert_string_equal(acc_time_rfc3339(1795601212218, text), "2026-11-25T10:06:52.218Z");
    assert_string_equal(acc_time_rfc3339(-1, text), "1969-12-31T23:59:59.999Z");
    assert_string_equal(acc_time_amz(1795601212218, text), "20261125T100652Z");
    assert_string_equal(acc_time_show(1795601212218, text), "2026-11-25 10:06:52");
}

static void times_of_files_stay_within_what_can_be_written(void **state)
{
    char text[ACC_TIME_TEXT];
    assert_int_equal(acc_time_of((struct timespec){-1, 999000000}), -1);
    assert_string_equal(acc_time_rfc3339(acc_time_of((struct timespec){INT64_MAX, 0}), text),
                        "9999-12-31T23:59:59.000Z");
    assert_int_equal(acc_time_of((struct timespec){INT64_MIN, 0}), -62135596800000);
}

static void times_of_others_are_read_or_refused(void **state)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } times[] = {{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777000},
                 {"1994-11-06T08:49:37Z", 784111777000},
                 {"1994-11-06T09:49:37+01:00", 784111777000},
                 {"1994-11-06T03:19:37.5-05:30", 784111777500},
                 {"2024-02-29T00:00:00Z", 1709164800000},
                 {"", -1},
                 {"Sun, 06 Nov 1994 08:49:37", -1},
                 {"1994-11-06T08:49:37", -1},
                 {"1994-11-06T08:49:37+01", -1},
                 {"1994-11-06T08:49:37+01:60", -1},
                 {"1994-11-06T08:49:37Zulu", -1},
                 {"1994-13-06T08:49:37Z", -1}};
    for (size_t i = 0; i < ACC_COUNT_OF(times); i++) {
        int64_t ms = -1;
        bool good = acc_time_parse(times[i].text, &ms);
        if (good != (times[i].ms >= 0) || (good && ms != times[i].ms))
            fail_msg("\"%s\" is read as %lld", times[i].text, (long long)ms);
    }
}

/* ---- errors ---- */

static void a_message_may_be_made_of_itself_and_is_cut_visibly(void **state)
{
    struct acc_error err;
    assert_int_equal(acc_error_set(&err, ACC_CONFIG, "%s", "first"), ACC_CONFIG);
    assert_int_equal(acc_error_set(&err, ACC_LOCAL, "then %s", err.message), ACC_LOCAL);
    assert_string_equal(err.message, "then first");
    assert_int_equal(acc_error_context(&err, "%s:%d", "list", 7), ACC_LOCAL);
    assert_string_equal(err.message, "list:7: then first");
    acc_error_set(&err, ACC_LOCAL, "%*d", (int)sizeof err.message - 1, 7);
    assert_int_equal(err.message[sizeof err.message - 2], '7');
    acc_error_set(&err, ACC_LOCAL, "%*d", (int)sizeof err.message, 7);
    assert_string_equal(err.message + sizeof err.message - 4, "...");
    assert_int_equal(acc_error_set(NULL, ACC_CLOCK, "nobody listens"), ACC_CLOCK);
}

static void every_code_has_a_name_of_its_own(void **state)
{
    for (int code = 0; code < ACC_CODE_COUNT; code++) {
        assert_int_equal(acc_code_from_name(acc_code_name((enum acc_code)code)), code);
        assert_true(strlen(acc_code_text((enum acc_code)code)) > 0);
    }
    assert_string_equal(acc_code_fault(ACC_WITHHELD), "the delivery");
    assert_string_equal(acc_code_fault(ACC_COLD), "the bucket");
    assert_int_equal(acc_code_exit(ACC_OK), 0);
    for (int code = ACC_OK + 1; code < ACC_CODE_COUNT; code++)
        assert_int_not_equal(acc_code_exit((enum acc_code)code), 0);
    assert_int_equal(acc_code_from_name("NO_SUCH_CODE"), ACC_INTERNAL);
    assert_int_equal(acc_code_from_name("ok"), ACC_INTERNAL);
}

/* ---- digest values ---- */

static void algorithms_go_by_many_names(void **state)
{
    static const struct {
        const char *name;
        int alg;
    } names[] = {{"md5", ACC_MD5},
                 {"MD5", ACC_MD5},
                 {"sha1", ACC_SHA1},
                 {"SHA-1", ACC_SHA1},
                 {"Sha_256", ACC_SHA256},
                 {"SHA2-256", ACC_SHA256},
                 {"SHA 512", ACC_SHA512},
                 {"sha3-256", ACC_SHA3_256},
                 {"SHA3_512", ACC_SHA3_512},
                 {"SHA2-224", ACC_SHA224},
                 {"SHA-512/256", ACC_SHA512_256},
                 {"SHA2-512/256", ACC_SHA512_256},
                 {"BLAKE2b", ACC_BLAKE2B_512},
                 {"blake2s256", ACC_BLAKE2S_256},
                 {"RIPEMD-160", ACC_RIPEMD160},
                 {"rmd160", ACC_RIPEMD160},
                 {"SM3", ACC_SM3},
                 {"BLAKE2b-256", ACC_ALG_COUNT},
                 {"blake2", ACC_ALG_COUNT},
                 {"", ACC_ALG_COUNT},
                 {"sha", ACC_ALG_COUNT},
                 {"sha2", ACC_ALG_COUNT},
                 {"sha-0", ACC_ALG_COUNT},
                 {"sha25", ACC_ALG_COUNT},
                 {"sha2567", ACC_ALG_COUNT},
                 {"md5sum", ACC_ALG_COUNT},
                 {"crc32", ACC_ALG_COUNT},
                 {"a name longer than any algorithm's", ACC_ALG_COUNT}};
    for (size_t i = 0; i < ACC_COUNT_OF(names); i++)
        if ((int)acc_alg_parse(names[i].name, strlen(names[i].name)) != names[i].alg)
            fail_msg("\"%s\" is taken for another algorithm", names[i].name);
    assert_int_equal(acc_alg_parse("sha256 and more", 6), ACC_SHA256);
}

static struct acc_digests set_of(enum acc_alg alg, uint8_t byte)
{
    struct acc_digests set = {0};
    uint8_t value[ACC_DIGEST_MAX];
    memset(value, byte, sizeof value);
    acc_digests_put(&set, alg, value);
    return set;
}

static void nothing_shared_is_no_agreement(void **state)
{
    struct acc_digests a = set_of(ACC_MD5, 1), b = set_of(ACC_SHA256, 1), none = {0};
    unsigned shared = 99;
    assert_int_equal(acc_digests_differ(&a, &b, &shared), ACC_ALG_COUNT);
    assert_int_equal(shared, 0);
    assert_int_equal(acc_digests_differ(&none, &none, &shared), ACC_ALG_COUNT);
    assert_int_equal(shared, 0);
    acc_digests_merge(&a, &b);
    assert_int_equal(acc_digests_differ(&a, &b, &shared), ACC_ALG_COUNT);
    assert_int_equal(shared, 1);
    b = set_of(ACC_SHA256, 2);
    acc_digests_merge(&a, &b); /* what is there stays */
    assert_int_equal(acc_digests_differ(&a, &b, &shared), ACC_SHA256);
    /* One bit, in the last byte. */
    b = set_of(ACC_SHA256, 1);
    b.value[ACC_SHA256][ACC_SHA256_LEN - 1] ^= 1;
    assert_int_equal(acc_digests_differ(&a, &b, &shared), ACC_SHA256);
}

static void hex_of_another_length_is_no_digest(void **state)
{
    struct acc_digests set = {0};
    char hex[ACC_DIGEST_MAX * 2 + 1], back[ACC_DIGEST_MAX * 2 + 1];
    memset(hex, 'A', sizeof hex);
    for (size_t len = 0; len <= ACC_DIGEST_MAX * 2; len++) {
        set.present = 0;
        assert_int_equal(acc_digests_put_hex(&set, ACC_SHA256, hex, len), len == 64);
        assert_int_equal(set.present, len == 64 ? 1u << ACC_SHA256 : 0);
    }
    hex[63] = 'g';
    assert_false(acc_digests_put_hex(&set, ACC_SHA256, hex, 64));
    set = set_of(ACC_SHA1, 0xAB);
    acc_digests_hex(&set, ACC_SHA1, back);
    assert_string_equal(back, "abababababababababababababababababababab");
}

static void packed_digests_come_back_and_cut_ones_do_not(void **state)
{
    struct acc_digests all = {0}, back;
    uint8_t packed[ACC_DIGESTS_PACKED_MAX];
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++) {
        struct acc_digests one = set_of((enum acc_alg)alg, (uint8_t)(alg + 1));
        acc_digests_merge(&all, &one);
    }
    size_t len = acc_digests_pack(&all, packed), whole = 0;
    assert_true(acc_digests_unpack(&back, packed, len));
    assert_memory_equal(&back, &all, sizeof all);
    for (size_t cut = 0; cut < len; cut++)
        whole += acc_digests_unpack(&back, packed, cut);
    assert_int_equal(whole, ACC_ALG_COUNT); /* cut between two values, and empty */
    packed[0] = 0;
    assert_false(acc_digests_unpack(&back, packed, len));
    packed[0] = ACC_ALG_COUNT + 1;
    assert_false(acc_digests_unpack(&back, packed, len));
}

/* ---- words that were meant ---- */

static void a_slip_of_the_finger_costs_one(void **state)
{
    char longest[ACC_DISTANCE_LONGEST + 2];
    assert_int_equal(acc_distance("archive", "archive"), 0);
    assert_int_equal(acc_distance("archive", "archve"), 1);
    assert_int_equal(acc_distance("archive", "archivee"), 1);
    assert_int_equal(acc_distance("archive", "archibe"), 1);
    assert_int_equal(acc_distance("archive", "arhcive"), 1);
    assert_int_equal(acc_distance("", "abc"), 3);
    memset(longest, 'x', sizeof longest);
    longest[ACC_DISTANCE_LONGEST + 1] = '\0';
    assert_true(acc_distance(longest, "x") == SIZE_MAX);
    assert_int_equal(acc_distance(longest + 1, longest + 1), 0);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_is_terminated_at_every_length),
        cmocka_unit_test(formats_of_any_length_fit),
        cmocka_unit_test(bytes_are_kept_with_their_nul),
        cmocka_unit_test(beginnings_and_ends),
        cmocka_unit_test(hex_comes_back_and_nothing_else_is_hex),
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(figures_as_people_read_them),
        cmocka_unit_test(sizes_are_read_or_refused),
        cmocka_unit_test(durations_are_read_or_refused),
        cmocka_unit_test(whole_numbers_keep_their_bounds),
        cmocka_unit_test(what_is_not_utf8_is_found_at_any_place),
        cmocka_unit_test(times_are_written_and_read_back),
        cmocka_unit_test(times_of_files_stay_within_what_can_be_written),
        cmocka_unit_test(times_of_others_are_read_or_refused),
        cmocka_unit_test(a_message_may_be_made_of_itself_and_is_cut_visibly),
        cmocka_unit_test(every_code_has_a_name_of_its_own),
        cmocka_unit_test(algorithms_go_by_many_names),
        cmocka_unit_test(nothing_shared_is_no_agreement),
        cmocka_unit_test(hex_of_another_length_is_no_digest),
        cmocka_unit_test(packed_digests_come_back_and_cut_ones_do_not),
        cmocka_unit_test(a_slip_of_the_finger_costs_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
