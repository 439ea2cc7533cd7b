/* isa-l's CRC with carry-less multiplication. Its function neither begins nor ends with the
 * inversion that makes a CRC-32C, and takes lengths as int. */
#include "digest/crc32c.h"

#include <isa-l/crc.h>

#include "digest/crc_join.h"

#define POLYNOMIAL 0x82f63b78u
#define STEP_MAX ((size_t)1 << 30)

uint32_t acc_crc32c(uint32_t crc, const void *bytes, size_t len)
{
    const unsigned char *from = bytes;
    crc = ~crc;
    while (len > 0) {
        size_t step = len < STEP_MAX ? len : STEP_MAX;
        crc = crc32_iscsi((unsigned char *)from, (int)step, crc);
        from += step;
        len -= step;
    }
    return ~crc;
}

uint32_t acc_crc32c_join(uint32_t a, uint32_t b, uint64_t len_b)
{
    return (uint32_t)acc_crc_join(32, POLYNOMIAL, a, b, len_b);
}
