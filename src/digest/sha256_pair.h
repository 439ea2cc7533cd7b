/* Two SHA-256 in one pass: of a whole stream, and of the part of it that these bytes belong to.
 *
 *     start(whole)
 *         start(part) -> feed(whole, part)... -> end(part)      for each part
 *     end(whole)
 *
 * Both chains take the same message blocks, so the message schedule is computed once for the two,
 * and their rounds, each of which waits for the one before, fill each other's gaps: 1.5 times the
 * work of one digest instead of 2, and the bytes come through the cache once.
 *
 * It needs the SHA instructions of x86 processors. That a mistake in here could let a wrong file
 * pass is ruled out by what it is used for: its results must equal the manifest's digests and what
 * the server computes. Standard: FIPS 180-4.
 *
 * Threads: a chain belongs to one thread at a time.
 */
#ifndef ACC_DIGEST_SHA256_PAIR_H
#define ACC_DIGEST_SHA256_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accession/digest.h>

#define ACC_SHA256_BLOCK 64

struct acc_sha256_chain {
    uint32_t state[8];
    uint64_t len;
    uint8_t tail[ACC_SHA256_BLOCK]; /* the last len % 64 bytes */
};

/* Whether this processor can, and OpenSSL's configuration does not insist on a FIPS module. */
bool acc_sha256_pair_possible(void);

void acc_sha256_start(struct acc_sha256_chain *chain);
/* Only the last call for a chain may have a `len` that is not a multiple of 64. */
void acc_sha256_feed(struct acc_sha256_chain *whole, struct acc_sha256_chain *part,
                     const void *bytes, size_t len);
/* The chain is used up; start() begins it anew. */
void acc_sha256_end(struct acc_sha256_chain *chain, uint8_t digest[ACC_SHA256_LEN]);

#endif
