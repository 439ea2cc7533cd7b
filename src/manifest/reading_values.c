/* Digests, names of algorithms and sizes as manifests write them. Pure, but for notes; what cannot
 * be understood is ACC_MANIFEST with its line. */
#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "manifest/reading.h"

static bool all_hex(const char *text, size_t len)
{
    return strspn(text, "0123456789abcdefABCDEF") >= len;
}

/* Real algorithms, so no spelling mistakes: the rest of METS's CHECKSUMTYPE, hashdeep's columns,
 * and check sums that guard against accidents only. Folded as below. */
static bool is_unusable(const char *name, size_t len)
{
    static const char *const known[] = {"adler32",   "crc",   "crc16", "crc32",    "crc32c",
                                        "crc64",     "haval", "md2",   "md4",      "mnp",
                                        "whirlpool", "tiger", "xxh64", "xxh3",     "xxh128",
                                        "blake3",    "sum",   "cksum", "crc64nvme"};
    char folded[16];
    size_t n = 0;
    for (size_t i = 0; i < len && n + 1 < sizeof folded; i++)
        if (name[i] != '-' && name[i] != '_' && name[i] != ' ')
            folded[n++] = (char)tolower((unsigned char)name[i]);
    folded[n] = '\0';
    for (size_t i = 0; i < ACC_COUNT_OF(known); i++)
        if (strcmp(folded, known[i]) == 0)
            return true;
    return false;
}

enum acc_code acc_reading_algorithm(struct acc_reading *r, uint64_t line, const char *name,
                                    size_t len, enum acc_alg *alg)
{
    /* PREMIS also takes terms of a vocabulary: ".../cryptographicHashFunctions/sha256". */
    if (memmem(name, len, "://", 3) != NULL)
        for (size_t i = len; i-- > 0;)
            if (name[i] == '/' || name[i] == '#') {
                name += i + 1;
                len -= i + 1;
                break;
            }
    *alg = acc_alg_parse(name, len);
    if (*alg != ACC_ALG_COUNT)
        return ACC_OK;
    if (!is_unusable(name, len))
        return acc_reading_fail(r, line,
                                "'%s' is not a known algorithm. Correct its spelling, or make the "
                                "manifest with SHA-256.",
                                acc_reading_show(r, name, len));
    if (!(r->remarked >> ACC_REMARK_UNUSABLE & 1u))
        acc_reading_note(r, line, "%s digests cannot be compared; they are ignored",
                         acc_reading_show(r, name, len));
    r->remarked |= 1u << ACC_REMARK_UNUSABLE;
    return ACC_OK;
}

enum acc_code acc_reading_digest(struct acc_reading *r, uint64_t line, enum acc_alg alg,
                                 const char *hex, size_t len, struct acc_digests *digests)
{
    struct acc_digests before = *digests;
    unsigned shared;
    if (acc_digests_put_hex(digests, alg, hex, len)) {
        if (acc_digests_differ(&before, digests, &shared) == ACC_ALG_COUNT)
            return ACC_OK;
        return acc_reading_fail(r, line,
                                "gives two different %s digests for one file. Correct the one that "
                                "is wrong.",
                                acc_alg_name(alg));
    }
    if (!all_hex(hex, len))
        return acc_reading_fail(r, line, "'%s' is not a digest in hexadecimal. Correct the line.",
                                acc_reading_show(r, hex, len));
    return acc_reading_fail(r, line,
                            "digest has %zu hex digits, %s needs %zu. Correct the line, or pass "
                            "--manifest-format if this isn't %s.",
                            len, acc_alg_name(alg), acc_alg_len(alg) * 2, acc_alg_name(alg));
}

enum acc_alg acc_reading_guess(struct acc_reading *r, size_t hex_len)
{
    int alg = 0;
    while (alg < ACC_ALG_COUNT && acc_alg_len((enum acc_alg)alg) * 2 != hex_len)
        alg++;
    if (alg < ACC_ALG_COUNT)
        r->info->guessed |= 1u << alg;
    return (enum acc_alg)alg;
}

bool acc_parse_size(const char *text, size_t len, int64_t *size)
{
    int64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text[i] - '0', &value))
            return false;
    }
    *size = value;
    return len > 0;
}
