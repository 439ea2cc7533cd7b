/* CRC-32C (Castagnoli), as in RFC 3720 and in S3's x-amz-checksum-crc32c: a guard against accidents
 * on the way, a hundred times cheaper than SHA-256. Any thread. */
#ifndef ACC_DIGEST_CRC32C_H
#define ACC_DIGEST_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what `crc` is the checksum of, followed by `bytes`. That of nothing is 0. */
uint32_t acc_crc32c(uint32_t crc, const void *bytes, size_t len);

/* The checksum of A followed by B, from theirs and the length of B: nothing is read again. */
uint32_t acc_crc32c_join(uint32_t a, uint32_t b, uint64_t len_b);

#endif
