/* CRC-32C (Castagnoli), as in RFC 3720 and in S3's x-amz-checksum-crc32c: a guard against accidents
 * on the way, a hundred times cheaper than SHA-256. Any thread. */
#ifndef ACC_DIGEST_CRC32C_H
#define ACC_DIGEST_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what `crc` is the checksum of, followed by `bytes`. That of nothing is 0. */
uint32_t acc_crc32c(uint32_t crc, const void *bytes, size_t len);

#endif
