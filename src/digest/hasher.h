/* Computing digests: several algorithms over the same bytes in one pass, through OpenSSL's EVP
 * (which uses SHA-NI, AVX or ARMv8 instructions where the processor has them).
 *
 *     acc_algs_new -> acc_hasher_init -> acc_hasher_update... -> acc_hasher_finish ->
 * acc_hasher_release
 *
 * struct acc_algs holds the fetched algorithms; it never changes after new and may be used by all
 * threads concurrently. A struct acc_hasher belongs to one thread at a time.
 */
#ifndef ACC_DIGEST_HASHER_H
#define ACC_DIGEST_HASHER_H

#include <stddef.h>
#include <stdint.h>

#include <accession/digest.h>
#include <accession/error.h>
#include "digest/sha256_pair.h"

struct acc_algs;

/* Fetches every algorithm that this OpenSSL offers. ACC_CONFIG when SHA-256 is not among them. */
enum acc_code acc_algs_new(struct acc_algs **algs, struct acc_error *err);
void acc_algs_free(struct acc_algs *algs);
/* Bits (1 << alg) of what is on offer; a FIPS provider, for one, has no MD5. */
uint32_t acc_algs_available(const struct acc_algs *algs);

struct acc_hasher {
    const struct acc_algs *algs;
    uint32_t wanted;
    void *ctx[ACC_ALG_COUNT]; /* EVP_MD_CTX */
    bool paired;              /* SHA-256 is computed by the chains, not by EVP */
    struct acc_sha256_chain whole, part;
};

/* `wanted` has a bit for each algorithm. Zeroed structs may be released. Re-initialising a hasher
 * that was finished reuses its contexts. */
void acc_hasher_init(struct acc_hasher *hasher, const struct acc_algs *algs, uint32_t wanted);
/* After init, before the first update: parts of the stream get a SHA-256 of their own, in the same
 * pass. False, and nothing changes, where the processor lacks what that takes. Each update but the
 * last of a part must then have a multiple of 64 bytes, and so must each part but the last. */
bool acc_hasher_pair(struct acc_hasher *hasher);
/* The SHA-256 of what was fed since the last call, or since acc_hasher_pair(); begins the next. */
void acc_hasher_part(struct acc_hasher *hasher, uint8_t sha256[ACC_SHA256_LEN]);
void acc_hasher_update(struct acc_hasher *hasher, const void *bytes, size_t len);
void acc_hasher_finish(struct acc_hasher *hasher, struct acc_digests *digests);
void acc_hasher_release(struct acc_hasher *hasher);

/* All `wanted` digests of one buffer. */
void acc_hash(const struct acc_algs *algs, uint32_t wanted, const void *bytes, size_t len,
              struct acc_digests *digests);

#endif
