/* CRC-64/NVME, as in the NVM Express specification and in S3's x-amz-checksum-crc64nvme: the one
 * checksum that S3 keeps of a whole object whatever parts it was sent in. Any thread. */
#ifndef ACC_DIGEST_CRC64NVME_H
#define ACC_DIGEST_CRC64NVME_H

#include <stddef.h>
#include <stdint.h>

/* Made at build time by crc64_table.py. */
extern const uint64_t acc_crc64_table[16][256];

/* The checksum of what `crc` is the checksum of, followed by `bytes`. That of nothing is 0. */
uint64_t acc_crc64nvme(uint64_t crc, const void *bytes, size_t len);

/* The checksum of A followed by B, from theirs and the length of B: nothing is read again. */
uint64_t acc_crc64nvme_join(uint64_t a, uint64_t b, uint64_t len_b);

#endif
