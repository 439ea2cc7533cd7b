/* Sixteen bytes at a step by table, which keeps up with a disk. */
#include "digest/crc64nvme.h"

#include <string.h>

#include "digest/crc_join.h"

#define POLYNOMIAL UINT64_C(0x9a6c9329ac4bc9b5)

static uint64_t little_endian(const unsigned char *bytes)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

uint64_t acc_crc64nvme(uint64_t crc, const void *bytes, size_t len)
{
    const uint64_t(*table)[256] = acc_crc64_table;
    const unsigned char *from = bytes;
    crc = ~crc;
    for (; len >= 16; from += 16, len -= 16) {
        uint64_t low = crc ^ little_endian(from), high = little_endian(from + 8);
        crc = 0;
        for (unsigned i = 0; i < 8; i++)
            crc ^= table[15 - i][low >> 8 * i & 255] ^ table[7 - i][high >> 8 * i & 255];
    }
    for (; len > 0; len--)
        crc = crc >> 8 ^ table[0][(crc ^ *from++) & 255];
    return ~crc;
}

uint64_t acc_crc64nvme_join(uint64_t a, uint64_t b, uint64_t len_b)
{
    return acc_crc_join(64, POLYNOMIAL, a, b, len_b);
}
