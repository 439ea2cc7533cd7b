/* What follows A moves it up by 8 * len bits, that is, multiplies it by that power of x in GF(2)
 * modulo the polynomial; the power comes by squaring. The inversions of A's end and B's beginning
 * cancel each other out. */
#include "digest/crc_join.h"

/* Bits are reversed: x^0 is the highest of them. */
struct field {
    uint64_t one, polynomial;
};

static uint64_t multiply(const struct field *field, uint64_t a, uint64_t b)
{
    uint64_t product = 0;
    for (uint64_t bit = field->one; bit != 0; bit >>= 1) {
        if (a & bit)
            product ^= b;
        b = b >> 1 ^ (b & 1 ? field->polynomial : 0);
    }
    return product;
}

uint64_t acc_crc_join(unsigned bits, uint64_t polynomial, uint64_t a, uint64_t b, uint64_t len_b)
{
    const struct field field = {UINT64_C(1) << (bits - 1), polynomial};
    uint64_t power = field.one, square = field.one >> 8; /* x^8, for a byte */
    for (; len_b > 0; len_b >>= 1) {
        if (len_b & 1)
            power = multiply(&field, power, square);
        square = multiply(&field, square, square);
    }
    return multiply(&field, power, a) ^ b;
}
