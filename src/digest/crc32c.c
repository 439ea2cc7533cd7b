/* isa-l's CRC with carry-less multiplication. Its function neither begins nor ends with the
 * inversion that makes a CRC-32C, and takes lengths as int. */
#include "digest/crc32c.h"

#include <isa-l/crc.h>

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
