/* The rounds of two chains, interleaved, with the SHA-NI instructions; padding around them.
 *
 * SHA256RNDS2 does two rounds and has to wait for the two before it; with a second chain beside
 * the first the processor has something to do meanwhile. The state is kept as the instruction wants
 * it: words ABEF in one register, CDGH in the other. There is nothing that could fail, and nothing
 * to close. */
#include "digest/sha256_pair.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "digest/acceleration.h"

#if defined(__x86_64__)
#include <immintrin.h>

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

#define SHA_NI __attribute__((target("sha,sse4.1")))

struct lanes {
    __m128i abef, cdgh;
};

SHA_NI static inline struct lanes load(const uint32_t state[8])
{
    __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)state), 0xb1);
    __m128i efgh =
        _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)(state + 4)), 0x1b);
    return (struct lanes){_mm_alignr_epi8(abcd, efgh, 8), _mm_blend_epi16(efgh, abcd, 0xf0)};
}

SHA_NI static inline void store(struct lanes lanes, uint32_t state[8])
{
    __m128i feba = _mm_shuffle_epi32(lanes.abef, 0x1b), dchg = _mm_shuffle_epi32(lanes.cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

SHA_NI static inline struct lanes add(struct lanes a, struct lanes b)
{
    return (struct lanes){_mm_add_epi32(a.abef, b.abef), _mm_add_epi32(a.cdgh, b.cdgh)};
}

/* Four rounds of one chain; `low` and `high` are two message words plus constants each. */
#define ROUNDS(lanes, low, high)                                                                   \
    ((lanes).cdgh = _mm_sha256rnds2_epu32((lanes).cdgh, (lanes).abef, low),                        \
     (lanes).abef = _mm_sha256rnds2_epu32((lanes).abef, (lanes).cdgh, high))

SHA_NI static void blocks(uint32_t first[8], uint32_t second[8], const uint8_t *bytes, size_t count)
{
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    struct lanes a = load(first), b = load(second);
    for (; count > 0; count--, bytes += ACC_SHA256_BLOCK) {
        struct lanes a_before = a, b_before = b;
        __m128i w[4]; /* the last 16 words of the message schedule */
        for (int i = 0; i < 4; i++)
            w[i] = _mm_shuffle_epi8(
                _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * i)), big_endian);
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            __m128i low = _mm_add_epi32(
                w[i & 3],
                _mm_loadu_si128((const __m128i *)(const void *)(round_constants + 4 * i)));
            __m128i high = _mm_shuffle_epi32(low, 0x0e);
            ROUNDS(a, low, high);
            ROUNDS(b, low, high);
            if (i >= 12)
                continue;
            __m128i next = _mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]);
            next = _mm_add_epi32(next, _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4));
            w[i & 3] = _mm_sha256msg2_epu32(next, w[(i + 3) & 3]);
        }
        a = add(a, a_before);
        b = add(b, b_before);
    }
    store(a, first);
    store(b, second);
}

bool acc_sha256_pair_possible(void)
{
    return __builtin_cpu_supports("sse4.1") && strcmp(acc_sha256_acceleration(), "SHA-NI") == 0 &&
           !EVP_default_properties_is_fips_enabled(NULL);
}

#else

static void blocks(uint32_t first[8], uint32_t second[8], const uint8_t *bytes, size_t count)
{
    (void)first, (void)second, (void)bytes, (void)count;
    abort(); /* callers ask acc_sha256_pair_possible() first */
}

bool acc_sha256_pair_possible(void)
{
    return false;
}

#endif

void acc_sha256_start(struct acc_sha256_chain *chain)
{
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(chain->state, initial, sizeof initial);
    chain->len = 0;
}

void acc_sha256_feed(struct acc_sha256_chain *whole, struct acc_sha256_chain *part,
                     const void *bytes, size_t len)
{
    if ((whole->len | part->len) % ACC_SHA256_BLOCK != 0)
        abort(); /* fed on after its last bytes: what came out would be no digest of anything */
    size_t full = len / ACC_SHA256_BLOCK, rest = len % ACC_SHA256_BLOCK;
    const uint8_t *tail = (const uint8_t *)bytes + full * ACC_SHA256_BLOCK;
    blocks(whole->state, part->state, bytes, full);
    memcpy(whole->tail, tail, rest);
    memcpy(part->tail, tail, rest);
    whole->len += len;
    part->len += len;
}

static void put_big_endian(uint8_t *to, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

void acc_sha256_end(struct acc_sha256_chain *chain, uint8_t digest[ACC_SHA256_LEN])
{
    /* A one bit, zeros, and the length in bits in the last eight bytes of one block or two. */
    uint8_t padded[2 * ACC_SHA256_BLOCK] = {0};
    size_t rest = chain->len % ACC_SHA256_BLOCK;
    size_t len = rest + 9 <= ACC_SHA256_BLOCK ? ACC_SHA256_BLOCK : 2 * ACC_SHA256_BLOCK;
    uint32_t unused[8] = {0};
    memcpy(padded, chain->tail, rest);
    padded[rest] = 0x80;
    put_big_endian(padded + len - 8, chain->len * 8, 8);
    blocks(chain->state, unused, padded, len / ACC_SHA256_BLOCK);
    for (int i = 0; i < 8; i++)
        put_big_endian(digest + 4 * i, chain->state[i], 4);
}
