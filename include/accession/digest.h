/* Message digests: the algorithms a manifest may promise, and values of them.
 *
 * Names and lengths are those of FIPS 180-4 (SHA-1, SHA-2), FIPS 202 (SHA-3), RFC 1321 (MD5),
 * RFC 7693 (BLAKE2), ISO/IEC 10118-3 (RIPEMD-160, SM3). A struct acc_digests is a plain value: copy
 * it freely.
 */
#ifndef ACCESSION_DIGEST_H
#define ACCESSION_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(name, canonical spelling, bytes, OpenSSL's name) */
#define ACC_ALGS(X)                                                                                \
    X(MD5, "md5", 16, "MD5")                                                                       \
    X(SHA1, "sha1", 20, "SHA1")                                                                    \
    X(SHA224, "sha224", 28, "SHA2-224")                                                            \
    X(SHA256, "sha256", 32, "SHA2-256")                                                            \
    X(SHA384, "sha384", 48, "SHA2-384")                                                            \
    X(SHA512, "sha512", 64, "SHA2-512")                                                            \
    X(SHA3_256, "sha3-256", 32, "SHA3-256")                                                        \
    X(SHA3_512, "sha3-512", 64, "SHA3-512")                                                        \
    X(BLAKE2B_512, "blake2b-512", 64, "BLAKE2B-512")                                               \
    X(BLAKE2S_256, "blake2s-256", 32, "BLAKE2S-256")                                               \
    X(SHA512_256, "sha512-256", 32, "SHA2-512/256")                                                \
    X(RIPEMD160, "ripemd160", 20, "RIPEMD-160")                                                    \
    X(SM3, "sm3", 32, "SM3")

enum acc_alg {
#define X(name, text, bytes, openssl) ACC_##name,
    ACC_ALGS(X)
#undef X
        ACC_ALG_COUNT
};

#define ACC_DIGEST_MAX 64
#define ACC_SHA256_LEN 32

/* A set of digests of one file. `present` has bit (1 << alg) for each value held. */
struct acc_digests {
    uint32_t present;
    uint8_t value[ACC_ALG_COUNT][ACC_DIGEST_MAX];
};

/* "sha256"; static storage. */
const char *acc_alg_name(enum acc_alg alg);

/* Length of a digest in bytes. */
size_t acc_alg_len(enum acc_alg alg);

/* Understands the spellings met in manifests: any case, with or without "-" or "_"
 * ("SHA-256", "sha256", "SHA2-256", "SHA3_256", "BLAKE2b", "SHA-512/256"). Returns ACC_ALG_COUNT
 * when unknown. */
enum acc_alg acc_alg_parse(const char *name, size_t len);

static inline bool acc_digests_has(const struct acc_digests *set, enum acc_alg alg)
{
    return (set->present >> alg) & 1u;
}

/* Copies acc_alg_len(alg) bytes from `value` into the set. */
void acc_digests_put(struct acc_digests *set, enum acc_alg alg, const uint8_t *value);

/* Reads acc_alg_len(alg) * 2 hex digits of either case. False when the length or a digit is wrong;
 * the set is then unchanged. */
bool acc_digests_put_hex(struct acc_digests *set, enum acc_alg alg, const char *hex, size_t len);

/* The first algorithm that both sets hold with different values, or ACC_ALG_COUNT when every
 * shared one agrees. `shared` receives the number of algorithms that both hold; 0 means
 * that nothing was compared, which a caller must never read as agreement. */
enum acc_alg acc_digests_differ(const struct acc_digests *a, const struct acc_digests *b,
                                unsigned *shared);

/* Nothing but MD5 and SHA-1, for which two files with one digest can be made. False for none. */
bool acc_digests_weak(const struct acc_digests *set);

/* Adds those values of `from` that `to` does not hold. */
void acc_digests_merge(struct acc_digests *to, const struct acc_digests *from);

/* Writes the lower-case hex of one digest and a NUL: at most ACC_DIGEST_MAX * 2 + 1 bytes. */
void acc_digests_hex(const struct acc_digests *set, enum acc_alg alg,
                     char out[ACC_DIGEST_MAX * 2 + 1]);

/* One set as bytes for storage: (algorithm number + 1, value) repeated in ascending order.
 * Numbers never change meaning. `out` needs ACC_DIGESTS_PACKED_MAX bytes; returns the length. */
#define ACC_DIGESTS_PACKED_MAX (ACC_ALG_COUNT * (1 + ACC_DIGEST_MAX))
size_t acc_digests_pack(const struct acc_digests *set, uint8_t *out);
bool acc_digests_unpack(struct acc_digests *set, const uint8_t *in, size_t len);

#endif
