/* CRC-32C by the vectors of RFC 3720, B.4, in pieces, and joined from any parts without reading
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "digest/crc32c.h"

static void vectors(void **state)
{
    uint8_t bytes[32];
    (void)state;
    assert_int_equal(acc_crc32c(0, "", 0), 0);
    assert_int_equal(acc_crc32c(0, "123456789", 9), 0xe3069283);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(acc_crc32c(0, bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(acc_crc32c(0, bytes, sizeof bytes), 0x62a8ab43);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    assert_int_equal(acc_crc32c(0, bytes, sizeof bytes), 0x46dd794e);
}

static void in_pieces(void **state)
{
    uint8_t bytes[5000];
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * i >> 3);
    uint32_t whole = acc_crc32c(0, bytes, sizeof bytes);
    for (size_t first = 0; first <= sizeof bytes; first += 37)
        assert_int_equal(
            acc_crc32c(acc_crc32c(0, bytes, first), bytes + first, sizeof bytes - first), whole);
}

static void parts_join_to_the_whole(void **state)
{
    static uint8_t bytes[5000];
    uint32_t random = 7;
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)((random = random * 1103515245 + 12345) >> 16);
    uint32_t whole = acc_crc32c(0, bytes, sizeof bytes);
    for (size_t first = 0; first <= sizeof bytes; first += 13) {
        uint32_t a = acc_crc32c(0, bytes, first),
                 b = acc_crc32c(0, bytes + first, sizeof bytes - first);
        assert_int_equal(acc_crc32c_join(a, b, sizeof bytes - first), whole);
    }
    for (int round = 0; round < 500; round++) {
        uint32_t joined = 0;
        for (size_t at = 0, len; at < sizeof bytes; at += len) {
            random = random * 1103515245 + 12345;
            len = (random >> 8) % 900;
            len = len < sizeof bytes - at ? len : sizeof bytes - at;
            joined = acc_crc32c_join(joined, acc_crc32c(0, bytes + at, len), len);
        }
        assert_int_equal(joined, whole);
    }
}

/* A gibibyte of zeros behind "123456789", by squaring, and by feeding them. */
static void a_long_part(void **state)
{
    static const uint8_t zeros[1 << 20];
    uint32_t fed = acc_crc32c(0, "123456789", 9), of_zeros = 0;
    (void)state;
    for (int i = 0; i < 1024; i++) {
        fed = acc_crc32c(fed, zeros, sizeof zeros);
        of_zeros = acc_crc32c(of_zeros, zeros, sizeof zeros);
    }
    assert_int_equal(acc_crc32c_join(0xe3069283, of_zeros, UINT64_C(1) << 30), fed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(in_pieces),
        cmocka_unit_test(parts_join_to_the_whole),
        cmocka_unit_test(a_long_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
