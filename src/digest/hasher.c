/* Digests through EVP. After acc_algs_new() succeeded, EVP fails only when memory runs out or a
 * provider breaks; a digest that might be wrong must never be handed on, so both end the process.
 */
#include "digest/hasher.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/mem.h"

struct acc_algs {
    EVP_MD *md[ACC_ALG_COUNT];
    uint32_t available;
};

static const char *const openssl_names[ACC_ALG_COUNT] = {
#define X(name, text, bytes, openssl) openssl,
    ACC_ALGS(X)
#undef X
};

static void must(int ok, const char *what)
{
    if (ok)
        return;
    if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
        acc_out_of_memory();
    fprintf(stderr,
            "accession: OpenSSL failed in %s (%s). A digest cannot be trusted now; stopping. "
            "Nothing archived is lost.\n",
            what, ERR_reason_error_string(ERR_peek_last_error()));
    abort();
}

enum acc_code acc_algs_new(struct acc_algs **algs, struct acc_error *err)
{
    struct acc_algs *a = ACC_NEW(struct acc_algs);
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++) {
        a->md[alg] = EVP_MD_fetch(NULL, openssl_names[alg], NULL);
        if (a->md[alg] != NULL)
            a->available |= 1u << alg;
    }
    ERR_clear_error(); /* an algorithm that is not on offer leaves an error behind */
    if (!(a->available & 1u << ACC_SHA256)) {
        acc_algs_free(a);
        return acc_error_set(err, ACC_CONFIG,
                             "OpenSSL offers no SHA-256. Check its configuration (openssl list "
                             "-digest-algorithms).");
    }
    *algs = a;
    return ACC_OK;
}

void acc_algs_free(struct acc_algs *algs)
{
    if (algs == NULL)
        return;
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++)
        EVP_MD_free(algs->md[alg]);
    free(algs);
}

uint32_t acc_algs_available(const struct acc_algs *algs)
{
    return algs->available;
}

void acc_hasher_init(struct acc_hasher *hasher, const struct acc_algs *algs, uint32_t wanted)
{
    hasher->algs = algs;
    hasher->wanted = wanted & algs->available;
    hasher->paired = false;
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++) {
        if (!(hasher->wanted >> alg & 1u))
            continue;
        if (hasher->ctx[alg] == NULL)
            hasher->ctx[alg] = EVP_MD_CTX_new();
        must(hasher->ctx[alg] != NULL && EVP_DigestInit_ex2(hasher->ctx[alg], algs->md[alg], NULL),
             "EVP_DigestInit");
    }
}

bool acc_hasher_pair(struct acc_hasher *hasher)
{
    hasher->paired = hasher->wanted >> ACC_SHA256 & 1u && acc_sha256_pair_possible();
    acc_sha256_start(&hasher->whole);
    acc_sha256_start(&hasher->part);
    return hasher->paired;
}

void acc_hasher_part(struct acc_hasher *hasher, uint8_t sha256[ACC_SHA256_LEN])
{
    acc_sha256_end(&hasher->part, sha256);
    acc_sha256_start(&hasher->part);
}

static bool computed_by_evp(const struct acc_hasher *hasher, int alg)
{
    return hasher->wanted >> alg & 1u && !(hasher->paired && alg == ACC_SHA256);
}

void acc_hasher_update(struct acc_hasher *hasher, const void *bytes, size_t len)
{
    if (hasher->paired)
        acc_sha256_feed(&hasher->whole, &hasher->part, bytes, len);
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++)
        if (computed_by_evp(hasher, alg))
            must(EVP_DigestUpdate(hasher->ctx[alg], bytes, len), "EVP_DigestUpdate");
}

void acc_hasher_finish(struct acc_hasher *hasher, struct acc_digests *digests)
{
    digests->present = hasher->wanted;
    if (hasher->paired)
        acc_sha256_end(&hasher->whole, digests->value[ACC_SHA256]);
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++)
        if (computed_by_evp(hasher, alg))
            must(EVP_DigestFinal_ex(hasher->ctx[alg], digests->value[alg], NULL),
                 "EVP_DigestFinal");
}

void acc_hasher_release(struct acc_hasher *hasher)
{
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++)
        EVP_MD_CTX_free(hasher->ctx[alg]);
    *hasher = (struct acc_hasher){0};
}

void acc_hash(const struct acc_algs *algs, uint32_t wanted, const void *bytes, size_t len,
              struct acc_digests *digests)
{
    digests->present = 0;
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++) {
        if (!(wanted & algs->available & 1u << alg))
            continue;
        must(EVP_Digest(bytes, len, digests->value[alg], NULL, algs->md[alg], NULL), "EVP_Digest");
        digests->present |= 1u << alg;
    }
}
