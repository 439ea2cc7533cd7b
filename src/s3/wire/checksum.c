/* One table; CRCs come from digest/, the SHA-256 of SHA-256s from OpenSSL. Nothing fails. */
#include "s3/wire/checksum.h"

#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

#include "base/mem.h"
#include "base/str.h"
#include "digest/crc32c.h"
#include "digest/crc64nvme.h"

static const struct {
    const char *name, *algorithm, *header, *element;
    size_t len;
} kinds[] = {
    [ACC_S3_CHECKSUM_NONE] = {"none", NULL, NULL, NULL, 0},
    [ACC_S3_CHECKSUM_SHA256] = {"sha256", "SHA256", "x-amz-checksum-sha256", "ChecksumSHA256",
                                ACC_SHA256_LEN},
    [ACC_S3_CHECKSUM_CRC64NVME] = {"crc64nvme", "CRC64NVME", "x-amz-checksum-crc64nvme",
                                   "ChecksumCRC64NVME", 8},
    [ACC_S3_CHECKSUM_CRC32C] = {"crc32c", "CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4},
    [ACC_S3_CHECKSUM_AUTO] = {"auto", NULL, NULL, NULL, 0},
};

const char *acc_s3_checksum_name(enum acc_s3_checksum kind)
{
    return kinds[kind].name;
}

bool acc_s3_checksum_parse(const char *name, enum acc_s3_checksum *kind)
{
    for (size_t i = 0; i < ACC_COUNT_OF(kinds); i++)
        if (strcmp(name != NULL ? name : "sha256", kinds[i].name) == 0) {
            *kind = (enum acc_s3_checksum)i;
            return true;
        }
    return false;
}

const char *acc_s3_checksum_algorithm(enum acc_s3_checksum kind)
{
    return kinds[kind].algorithm;
}

const char *acc_s3_checksum_header(enum acc_s3_checksum kind)
{
    return kinds[kind].header;
}

const char *acc_s3_checksum_element(enum acc_s3_checksum kind)
{
    return kinds[kind].element;
}

bool acc_s3_checksum_is_composite(enum acc_s3_checksum kind, const char *algorithm,
                                  const char *type)
{
    if (!acc_s3_checksum_joins(kind))
        return kind == ACC_S3_CHECKSUM_SHA256;
    if (*type != '\0')
        return strcmp(type, "COMPOSITE") == 0;
    /* A server that knows the algorithm and not the type is older than full-object CRC-32Cs. */
    return kind == ACC_S3_CHECKSUM_CRC32C && *algorithm != '\0';
}

/* ---- CRCs ---- */

bool acc_s3_checksum_joins(enum acc_s3_checksum kind)
{
    return kind == ACC_S3_CHECKSUM_CRC64NVME || kind == ACC_S3_CHECKSUM_CRC32C;
}

uint64_t acc_s3_checksum_crc(enum acc_s3_checksum kind, uint64_t crc, const void *bytes, size_t len)
{
    return kind == ACC_S3_CHECKSUM_CRC32C ? acc_crc32c((uint32_t)crc, bytes, len)
                                          : acc_crc64nvme(crc, bytes, len);
}

uint64_t acc_s3_checksum_join(enum acc_s3_checksum kind, uint64_t a, uint64_t b, uint64_t len_b)
{
    return kind == ACC_S3_CHECKSUM_CRC32C ? acc_crc32c_join((uint32_t)a, (uint32_t)b, len_b)
                                          : acc_crc64nvme_join(a, b, len_b);
}

/* ---- values ---- */

struct acc_s3_sum acc_s3_sum_crc(enum acc_s3_checksum kind, uint64_t crc)
{
    struct acc_s3_sum sum = {.kind = kind};
    for (size_t i = kinds[kind].len; i-- > 0; crc >>= 8)
        sum.bytes[i] = (uint8_t)crc;
    return sum;
}

struct acc_s3_sum acc_s3_sum_sha256(const uint8_t sha256[ACC_SHA256_LEN])
{
    struct acc_s3_sum sum = {.kind = ACC_S3_CHECKSUM_SHA256};
    memcpy(sum.bytes, sha256, ACC_SHA256_LEN);
    return sum;
}

struct acc_s3_sum acc_s3_sum_of(enum acc_s3_checksum kind, const void *bytes, size_t len)
{
    struct acc_s3_sum sum = {.kind = kind};
    if (acc_s3_checksum_joins(kind))
        sum = acc_s3_sum_crc(kind, acc_s3_checksum_crc(kind, 0, bytes, len));
    else if (kind == ACC_S3_CHECKSUM_SHA256)
        SHA256(bytes, len, sum.bytes);
    return sum;
}

void acc_s3_sum_show(const struct acc_s3_sum *sum, char out[ACC_S3_SUM_TEXT])
{
    acc_base64_encode(sum->bytes, kinds[sum->kind].len, out);
}

void acc_s3_sum_composite(struct acc_s3_sum (*part)(const void *arg, int at), const void *arg,
                          int count, char out[ACC_S3_SUM_TEXT])
{
    struct acc_s3_sum sum = {0};
    struct acc_str all = {0};
    for (int i = 0; i < count; i++) {
        sum = part(arg, i);
        acc_str_add_n(&all, sum.bytes, kinds[sum.kind].len);
    }
    sum = acc_s3_sum_of(sum.kind, acc_str_cstr(&all), all.len);
    acc_str_release(&all);
    acc_s3_sum_show(&sum, out);
    snprintf(out + strlen(out), 8, "-%d", count);
}

bool acc_s3_sum_is_composite(const char *text)
{
    return strchr(text, '-') != NULL; /* never in standard Base64 */
}

void acc_s3_sum_mend(char text[ACC_S3_SUM_TEXT], const char *etag, const char *type)
{
    size_t len = strlen(text), md5 = strspn(etag, "0123456789abcdefABCDEF");
    bool of_parts = md5 == 32 && etag[md5] == '-';
    if (len > 0 && of_parts && !acc_s3_sum_is_composite(text) && strcmp(type, "FULL_OBJECT") != 0)
        snprintf(text + len, ACC_S3_SUM_TEXT - len, "%s", etag + md5);
}

/* ---- on record ---- */

void acc_s3_sum_record(enum acc_s3_checksum kind, const char *text, char out[ACC_S3_SUM_RECORD])
{
    out[0] = '\0';
    if (kind != ACC_S3_CHECKSUM_NONE && *text != '\0')
        snprintf(out, ACC_S3_SUM_RECORD, "%s:%.*s", kinds[kind].name, ACC_S3_SUM_TEXT - 1, text);
}

const char *acc_s3_sum_recorded(const char *record, enum acc_s3_checksum kind)
{
    size_t len = strlen(kinds[kind].name);
    return strncmp(record, kinds[kind].name, len) == 0 && record[len] == ':' ? record + len + 1
                                                                             : NULL;
}
