/* Sixteen bytes at a step by table, which keeps up with a disk. Joining: what follows A moves it
 * up by 8 * len bits, that is, multiplies it by that power of x in GF(2^64). */
#include "digest/crc64nvme.h"

#include <string.h>

#define POLYNOMIAL UINT64_C(0x9a6c9329ac4bc9b5)
#define ONE (UINT64_C(1) << 63) /* bits are reversed: the highest is x^0 */

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

static uint64_t multiply(uint64_t a, uint64_t b)
{
    uint64_t product = 0;
    for (uint64_t bit = ONE; bit != 0; bit >>= 1) {
        if (a & bit)
            product ^= b;
        b = b >> 1 ^ (b & 1 ? POLYNOMIAL : 0);
    }
    return product;
}

uint64_t acc_crc64nvme_join(uint64_t a, uint64_t b, uint64_t len_b)
{
    uint64_t power = ONE, square = ONE >> 8; /* x^8, for a byte */
    for (; len_b > 0; len_b >>= 1) {
        if (len_b & 1)
            power = multiply(power, square);
        square = multiply(square, square);
    }
    return multiply(power, a) ^ b;
}
