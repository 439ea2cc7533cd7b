/* One function per kind of statement, in a table from the strongest to the weakest. Each gives
 * false when there is nothing to compare. Pure. */
#include "verify/evidence.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

struct statement {
    const struct acc_s3_object *object;
    const struct acc_digests *promised;
    const struct acc_archived *archived;
    char found[132], wanted[132]; /* as text, the same encoding */
};

static bool promises(const struct statement *s, enum acc_alg alg)
{
    return acc_digests_has(s->promised, alg);
}

static void want_base64(struct statement *s, enum acc_alg alg)
{
    acc_base64_encode(s->promised->value[alg], acc_alg_len(alg), s->wanted);
}

static bool server_sha256(struct statement *s)
{
    const char *stored = s->object->checksum[ACC_S3_CHECKSUM_SHA256];
    if (*stored == '\0' || acc_s3_sum_is_composite(stored) || !promises(s, ACC_SHA256))
        return false;
    snprintf(s->found, sizeof s->found, "%s", stored);
    want_base64(s, ACC_SHA256);
    return true;
}

static bool server_sha1(struct statement *s)
{
    const char *stored = s->object->checksum_sha1;
    if (*stored == '\0' || acc_s3_sum_is_composite(stored) || !promises(s, ACC_SHA1))
        return false;
    snprintf(s->found, sizeof s->found, "%s", stored);
    want_base64(s, ACC_SHA1);
    return true;
}

/* The server's and the ledger's checksum of this kind, both of the whole or both of the parts. */
static bool as_recorded(struct statement *s, enum acc_s3_checksum kind, bool composite)
{
    const char *stored = s->object->checksum[kind];
    const char *known =
        s->archived != NULL ? acc_s3_sum_recorded(s->archived->checksum, kind) : NULL;
    if (*stored == '\0' || known == NULL || acc_s3_sum_is_composite(stored) != composite ||
        acc_s3_sum_is_composite(known) != composite)
        return false;
    /* Of other parts than those that were sent, it says nothing of their content. */
    if (composite && strcmp(strchr(stored, '-'), strchr(known, '-')) != 0)
        return false;
    snprintf(s->found, sizeof s->found, "%s", stored);
    snprintf(s->wanted, sizeof s->wanted, "%s", known);
    return true;
}

static bool server_composite(struct statement *s)
{
    return as_recorded(s, ACC_S3_CHECKSUM_SHA256, true);
}

static bool server_crc64(struct statement *s)
{
    return as_recorded(s, ACC_S3_CHECKSUM_CRC64NVME, false);
}

static bool server_crc32c(struct statement *s)
{
    return as_recorded(s, ACC_S3_CHECKSUM_CRC32C, false);
}

static bool server_crc32c_composite(struct statement *s)
{
    return as_recorded(s, ACC_S3_CHECKSUM_CRC32C, true);
}

bool acc_etag_is_md5(const struct acc_s3_object *object)
{
    const char *etag = object->etag;
    return strlen(etag) == 32 && strspn(etag, "0123456789abcdefABCDEF") == 32 &&
           strncmp(object->encryption, "aws:kms", 7) != 0 && !object->customer_key;
}

static bool etag_md5(struct statement *s)
{
    struct acc_digests found = {0};
    if (!promises(s, ACC_MD5) || !acc_etag_is_md5(s->object))
        return false;
    acc_digests_put_hex(&found, ACC_MD5, s->object->etag, 32);
    acc_digests_hex(&found, ACC_MD5, s->found);
    acc_digests_hex(s->promised, ACC_MD5, s->wanted);
    return true;
}

/* An ETag other than the recorded one shows another write, not other content: the rules look at
 * that. Here it can only agree. */
static bool etag_recorded(struct statement *s)
{
    if (s->archived == NULL || *s->archived->etag == '\0' ||
        strcmp(s->archived->etag, s->object->etag) != 0)
        return false;
    snprintf(s->found, sizeof s->found, "%s", s->object->etag);
    memcpy(s->wanted, s->found, sizeof s->wanted);
    return true;
}

static bool claim(struct statement *s)
{
    struct acc_digests found = {0};
    const char *hex = s->object->meta_sha256;
    if (!promises(s, ACC_SHA256) || !acc_digests_put_hex(&found, ACC_SHA256, hex, strlen(hex)))
        return false;
    acc_digests_hex(&found, ACC_SHA256, s->found);
    acc_digests_hex(s->promised, ACC_SHA256, s->wanted);
    return true;
}

static const struct {
    bool (*compare)(struct statement *s);
    enum acc_proof proof;
    const char *what;
} statements[] = {
    {server_sha256, ACC_PROOF_SERVER_SHA256, "the server's SHA-256"},
    {server_composite, ACC_PROOF_SERVER_COMPOSITE, "the server's SHA-256 of the parts"},
    {server_sha1, ACC_PROOF_SERVER_SHA1, "the server's SHA-1"},
    {server_crc64, ACC_PROOF_SERVER_CRC64, "the server's CRC64NVME"},
    {etag_md5, ACC_PROOF_ETAG_MD5, "the server's MD5"},
    {server_crc32c, ACC_PROOF_SERVER_CRC32C, "the server's CRC32C"},
    {server_crc32c_composite, ACC_PROOF_SERVER_CRC32C_COMPOSITE,
     "the server's CRC32C of the parts"},
    {etag_recorded, ACC_PROOF_ETAG, "the ETag"},
    {claim, ACC_PROOF_CLAIM, "the SHA-256 that its metadata claims"},
};

void acc_evidence_weigh(const struct acc_s3_object *object, const struct acc_digests *promised,
                        const struct acc_archived *archived, struct acc_evidence *evidence)
{
    *evidence = (struct acc_evidence){.proof = ACC_PROOF_NONE, .against = ACC_PROOF_NONE};
    for (size_t i = 0; i < ACC_COUNT_OF(statements); i++) {
        struct statement s = {.object = object, .promised = promised, .archived = archived};
        if (!statements[i].compare(&s))
            continue;
        if (strcmp(s.found, s.wanted) == 0) {
            if (evidence->proof != ACC_PROOF_NONE)
                continue;
            evidence->proof = statements[i].proof;
            memcpy(evidence->stated, s.found, sizeof s.found);
            memcpy(evidence->wanted, s.wanted, sizeof s.wanted);
        } else if (!evidence->differs) {
            evidence->differs = true;
            evidence->against = statements[i].proof;
            snprintf(evidence->text, sizeof evidence->text, "%s is %.100s, promised is %.100s",
                     statements[i].what, s.found, s.wanted);
        }
    }
}
