/* Joining CRCs: the checksum of A followed by B from theirs and the length of B alone, so that the
 * checksum of a whole comes out of those of its parts and nothing is read again. Any thread. */
#ifndef ACC_DIGEST_CRC_JOIN_H
#define ACC_DIGEST_CRC_JOIN_H

#include <stdint.h>

/* Of a CRC of `bits` bits with this polynomial, both in the reversed notation, that begins and ends
 * with an inversion, as CRC-32C and CRC-64/NVME do. */
uint64_t acc_crc_join(unsigned bits, uint64_t polynomial, uint64_t a, uint64_t b, uint64_t len_b);

#endif
