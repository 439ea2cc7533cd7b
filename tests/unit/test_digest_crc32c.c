/* CRC-32C by the vectors of RFC 3720, B.4, and in pieces. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors), cmocka_unit_test(in_pieces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
