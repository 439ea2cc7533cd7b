/* CRC-64/NVME: the values of the catalogue and of the NVM Express specification, and that parts
 * joined in any way give the checksum of the whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "digest/crc64nvme.h"

static uint64_t bit_by_bit(const unsigned char *bytes, size_t len)
{
    uint64_t crc = ~UINT64_C(0);
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? UINT64_C(0x9a6c9329ac4bc9b5) : 0);
    }
    return ~crc;
}

static void fill(unsigned char *bytes, size_t len)
{
    uint32_t state = 1;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)((state = state * 1103515245 + 12345) >> 16);
}

static void test_known_values(void **state)
{
    static unsigned char bytes[4096];
    assert_true(acc_crc64nvme(0, "", 0) == 0);
    assert_true(acc_crc64nvme(0, "123456789", 9) == UINT64_C(0xae8b14860a799888));
    assert_true(acc_crc64nvme(0, bytes, sizeof bytes) == UINT64_C(0x6482d367eb22b64e));
    memset(bytes, 0xff, sizeof bytes);
    assert_true(acc_crc64nvme(0, bytes, sizeof bytes) == UINT64_C(0xc0ddba7302eca3ac));
}

static void test_any_length_and_alignment(void **state)
{
    unsigned char bytes[120];
    fill(bytes, sizeof bytes);
    for (size_t from = 0; from < 17; from++)
        for (size_t len = 0; from + len <= sizeof bytes; len++)
            assert_true(acc_crc64nvme(0, bytes + from, len) == bit_by_bit(bytes + from, len));
}

static void test_parts_join_to_the_whole(void **state)
{
    unsigned char bytes[1000];
    fill(bytes, sizeof bytes);
    uint64_t whole = acc_crc64nvme(0, bytes, sizeof bytes);
    for (size_t first = 0; first <= sizeof bytes; first++) {
        uint64_t a = acc_crc64nvme(0, bytes, first),
                 b = acc_crc64nvme(0, bytes + first, sizeof bytes - first);
        assert_true(acc_crc64nvme_join(a, b, sizeof bytes - first) == whole);
        assert_true(acc_crc64nvme(a, bytes + first, sizeof bytes - first) == whole);
    }
    uint64_t joined = 0;
    for (size_t at = 0; at < sizeof bytes; at += 64) {
        size_t len = sizeof bytes - at < 64 ? sizeof bytes - at : 64;
        joined = acc_crc64nvme_join(joined, acc_crc64nvme(0, bytes + at, len), len);
    }
    assert_true(joined == whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_values),
        cmocka_unit_test(test_any_length_and_alignment),
        cmocka_unit_test(test_parts_join_to_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
