/* OpenSSL for the cryptographic digests. The CRCs are reflected ones that differ in width and
 * polynomial, so one table-driven loop serves all three. */
#include "checksum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "base/mem.h"
#include "base/str.h"

static const struct {
    const char *name;
    const char *openssl; /* or a CRC: */
    int bits;
    uint64_t polynomial; /* reflected */
    bool composite;
} algorithms[CHECKSUM_ALGORITHMS] = {
    {"sha256", "SHA256", 0, 0, true},
    {"sha1", "SHA1", 0, 0, true},
    {"crc32", NULL, 32, 0xEDB88320, true},
    {"crc32c", NULL, 32, 0x82F63B78, true},
    {"crc64nvme", NULL, 64, 0x9A6C9329AC4BC9B5, false},
};

static size_t digest(const char *openssl, const void *data, size_t len,
                     uint8_t out[EVP_MAX_MD_SIZE])
{
    size_t size = 0;
    if (EVP_Q_digest(NULL, openssl, NULL, data, len, out, &size) != 1)
        memset(out, 0, EVP_MAX_MD_SIZE);
    return size;
}

void sha256_hex(const void *data, size_t len, char out[65])
{
    uint8_t raw[EVP_MAX_MD_SIZE];
    acc_hex_encode(raw, digest("SHA256", data, len, raw), out);
}

void md5_hex(const void *data, size_t len, char out[33])
{
    uint8_t raw[EVP_MAX_MD_SIZE];
    acc_hex_encode(raw, digest("MD5", data, len, raw), out);
}

void md5_of_md5s(const char *hex, size_t parts, char out[48])
{
    uint8_t *raw = acc_alloc(parts * 16);
    acc_hex_decode(hex, parts * 16, raw);
    md5_hex(raw, parts * 16, out);
    free(raw);
    snprintf(out + 32, 16, "-%zu", parts);
}

static size_t crc(uint64_t polynomial, int bits, const uint8_t *data, size_t len, uint8_t *out)
{
    uint64_t table[256], ones = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1, value = ones;
    for (unsigned byte = 0; byte < 256; byte++) {
        table[byte] = byte;
        for (int bit = 0; bit < 8; bit++)
            table[byte] = table[byte] >> 1 ^ (table[byte] & 1 ? polynomial : 0);
    }
    for (size_t i = 0; i < len; i++)
        value = value >> 8 ^ table[(value ^ data[i]) & 0xff];
    value ^= ones;
    for (int i = 0; i < bits / 8; i++)
        out[i] = (uint8_t)(value >> (bits - 8 - 8 * i));
    return (size_t)bits / 8;
}

static int find(const char *name)
{
    for (int i = 0; i < CHECKSUM_ALGORITHMS; i++)
        if (strcasecmp(algorithms[i].name, name) == 0)
            return i;
    return -1;
}

const char *checksum_algorithm(const char *name)
{
    int at = find(name);
    return at < 0 ? NULL : algorithms[at].name;
}

const char *checksum_algorithm_at(int index)
{
    return algorithms[index].name;
}

bool checksum_may_be_composite(const char *algorithm)
{
    return algorithms[find(algorithm)].composite;
}

static size_t raw_checksum(const char *algorithm, const void *data, size_t len, uint8_t *out)
{
    int at = find(algorithm);
    if (algorithms[at].openssl != NULL)
        return digest(algorithms[at].openssl, data, len, out);
    return crc(algorithms[at].polynomial, algorithms[at].bits, data, len, out);
}

void checksum_of(const char *algorithm, const void *data, size_t len, char out[56])
{
    uint8_t raw[EVP_MAX_MD_SIZE];
    acc_base64_encode(raw, raw_checksum(algorithm, data, len, raw), out);
}

void checksum_composite(const char *algorithm, const char *const *parts, size_t count, char out[56])
{
    struct acc_str all = {0};
    uint8_t raw[EVP_MAX_MD_SIZE];
    for (size_t i = 0; i < count; i++) {
        long len = acc_base64_decode(parts[i], raw, sizeof raw);
        acc_str_add_n(&all, raw, len < 0 ? 0 : (size_t)len);
    }
    checksum_of(algorithm, acc_str_cstr(&all), all.len, out);
    acc_str_release(&all);
    snprintf(out + strlen(out), 12, "-%hu", (unsigned short)count); /* 10,000 parts at most */
}
