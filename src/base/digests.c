/* Names, lengths and comparison of digest values (include/accession/digest.h). Computing them is
 * src/digest's work. Pure functions. */
#include <accession/digest.h>

#include <string.h>

#include "base/str.h"

static const struct {
    const char *name;
    size_t len;
} algs[ACC_ALG_COUNT] = {
#define X(name, text, bytes, openssl) {text, bytes},
    ACC_ALGS(X)
#undef X
};

const char *acc_alg_name(enum acc_alg alg)
{
    return algs[alg].name;
}

size_t acc_alg_len(enum acc_alg alg)
{
    return algs[alg].len;
}

/* Lower-cases and drops "-", "_" and spaces, so that every spelling of a name meets one form.
 * "SHA3-256" keeps its dash to stay apart from a (nonexistent) "sha3256": both fold alike. */
static size_t fold(const char *name, size_t len, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        if (c == '-' || c == '_' || c == ' ' || c == '/')
            continue;
        if (n + 1 == size)
            return 0;
        out[n++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    out[n] = '\0';
    return n;
}

enum acc_alg acc_alg_parse(const char *name, size_t len)
{
    static const struct {
        const char *name;
        enum acc_alg alg;
    } aliases[] = {
        {"sha2224", ACC_SHA224},      {"sha2256", ACC_SHA256},        {"sha2384", ACC_SHA384},
        {"sha2512", ACC_SHA512},      {"sha2512256", ACC_SHA512_256}, {"blake2b", ACC_BLAKE2B_512},
        {"blake2s", ACC_BLAKE2S_256}, {"rmd160", ACC_RIPEMD160},      {"ripemd", ACC_RIPEMD160},
    };
    char wanted[16], known[16];
    if (fold(name, len, wanted, sizeof wanted) == 0)
        return ACC_ALG_COUNT;
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (strcmp(wanted, aliases[i].name) == 0)
            return aliases[i].alg;
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++) {
        fold(algs[alg].name, strlen(algs[alg].name), known, sizeof known);
        if (strcmp(wanted, known) == 0)
            return (enum acc_alg)alg;
    }
    return ACC_ALG_COUNT;
}

void acc_digests_put(struct acc_digests *set, enum acc_alg alg, const uint8_t *value)
{
    memcpy(set->value[alg], value, algs[alg].len);
    set->present |= 1u << alg;
}

bool acc_digests_put_hex(struct acc_digests *set, enum acc_alg alg, const char *hex, size_t len)
{
    uint8_t value[ACC_DIGEST_MAX];
    if (len != algs[alg].len * 2 || !acc_hex_decode(hex, algs[alg].len, value))
        return false;
    acc_digests_put(set, alg, value);
    return true;
}

enum acc_alg acc_digests_differ(const struct acc_digests *a, const struct acc_digests *b,
                                unsigned *shared)
{
    enum acc_alg first = ACC_ALG_COUNT;
    *shared = 0;
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++) {
        if (!acc_digests_has(a, (enum acc_alg)alg) || !acc_digests_has(b, (enum acc_alg)alg))
            continue;
        (*shared)++;
        if (memcmp(a->value[alg], b->value[alg], algs[alg].len) != 0 && first == ACC_ALG_COUNT)
            first = (enum acc_alg)alg;
    }
    return first;
}

bool acc_digests_weak(const struct acc_digests *set)
{
    return set->present != 0 && (set->present & ~(1u << ACC_MD5 | 1u << ACC_SHA1)) == 0;
}

void acc_digests_merge(struct acc_digests *to, const struct acc_digests *from)
{
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++)
        if (acc_digests_has(from, (enum acc_alg)alg) && !acc_digests_has(to, (enum acc_alg)alg))
            acc_digests_put(to, (enum acc_alg)alg, from->value[alg]);
}

void acc_digests_hex(const struct acc_digests *set, enum acc_alg alg,
                     char out[ACC_DIGEST_MAX * 2 + 1])
{
    acc_hex_encode(set->value[alg], algs[alg].len, out);
}

size_t acc_digests_pack(const struct acc_digests *set, uint8_t *out)
{
    size_t len = 0;
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++) {
        if (!acc_digests_has(set, (enum acc_alg)alg))
            continue;
        out[len++] = (uint8_t)(alg + 1);
        memcpy(out + len, set->value[alg], algs[alg].len);
        len += algs[alg].len;
    }
    return len;
}

bool acc_digests_unpack(struct acc_digests *set, const uint8_t *in, size_t len)
{
    struct acc_digests result = {0};
    while (len > 0) {
        unsigned alg = in[0] - 1u;
        if (alg >= ACC_ALG_COUNT || len < 1 + algs[alg].len)
            return false;
        acc_digests_put(&result, (enum acc_alg)alg, in + 1);
        in += 1 + algs[alg].len;
        len -= 1 + algs[alg].len;
    }
    *set = result;
    return true;
}
