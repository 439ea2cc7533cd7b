/* S3's additional checksums: x-amz-checksum-*, beside the signed SHA-256 of each request.
 *
 * The checksum of an object sent in one piece covers the whole. For one sent in parts, a CRC covers
 * the whole (FULL_OBJECT: joined from the parts' CRCs), and SHA-256 is composite (COMPOSITE): the
 * SHA-256 of the parts' SHA-256s, followed by their number ("…=-3"), since digests cannot be
 * joined. On some servers a CRC-32C is composite too.
 *
 * Servers differ: some verify and keep what they are sent, some keep it as it is, some drop it
 * silently. The answer decides what is recorded, never whether bytes arrived intact.
 *
 * Standard: S3 User Guide, "Checking object integrity". Threads: any; pure. */
#ifndef ACC_S3_CHECKSUM_H
#define ACC_S3_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accession/digest.h>

enum acc_s3_checksum {
    ACC_S3_CHECKSUM_NONE,
    ACC_S3_CHECKSUM_SHA256,
    ACC_S3_CHECKSUM_CRC64NVME,
    ACC_S3_CHECKSUM_CRC32C,
    ACC_S3_CHECKSUM_COUNT,
    ACC_S3_CHECKSUM_AUTO = ACC_S3_CHECKSUM_COUNT /* to be settled by the probe */
};

/* "sha256", "none", "auto". Static. */
const char *acc_s3_checksum_name(enum acc_s3_checksum kind);
/* NULL is SHA-256, the default. False if the name is unknown. */
bool acc_s3_checksum_parse(const char *name, enum acc_s3_checksum *kind);
/* "SHA256", "x-amz-checksum-sha256", "ChecksumSHA256". Static; not of NONE. */
const char *acc_s3_checksum_algorithm(enum acc_s3_checksum kind);
const char *acc_s3_checksum_header(enum acc_s3_checksum kind);
const char *acc_s3_checksum_element(enum acc_s3_checksum kind);

/* Whether parts' checksums join to that of the whole: the CRCs. */
bool acc_s3_checksum_joins(enum acc_s3_checksum kind);
/* Of a kind that joins: the CRC of what `crc` is of, followed by `bytes`; and of A followed by B.
 */
uint64_t acc_s3_checksum_crc(enum acc_s3_checksum kind, uint64_t crc, const void *bytes,
                             size_t len);
uint64_t acc_s3_checksum_join(enum acc_s3_checksum kind, uint64_t a, uint64_t b, uint64_t len_b);

/* Whether an upload in parts with this checksum gets a composite one. `algorithm` and `type` are
 * what the server says of it, "" for nothing. */
bool acc_s3_checksum_is_composite(enum acc_s3_checksum kind, const char *algorithm,
                                  const char *type);

/* One value; a zeroed one is of NONE. */
struct acc_s3_sum {
    enum acc_s3_checksum kind;
    uint8_t bytes[ACC_SHA256_LEN]; /* most significant first */
};
struct acc_s3_sum acc_s3_sum_crc(enum acc_s3_checksum kind, uint64_t crc);
struct acc_s3_sum acc_s3_sum_of(enum acc_s3_checksum kind, const void *bytes, size_t len);
struct acc_s3_sum acc_s3_sum_sha256(const uint8_t sha256[ACC_SHA256_LEN]);

/* As S3 writes it: Base64, "-N" behind a composite one. */
#define ACC_S3_SUM_TEXT 64
void acc_s3_sum_show(const struct acc_s3_sum *sum, char out[ACC_S3_SUM_TEXT]);
/* That of the parts' checksums, which are all of one kind. `part` is called with 0 to count - 1. */
void acc_s3_sum_composite(struct acc_s3_sum (*part)(const void *arg, int at), const void *arg,
                          int count, char out[ACC_S3_SUM_TEXT]);
bool acc_s3_sum_is_composite(const char *text);
/* Some servers leave the "-N" off, which would make it look like a digest of the content. So the
 * ETag decides whether there were parts; SHA-1 and SHA-256 of parts are composite unless `type`
 * says FULL_OBJECT. */
void acc_s3_sum_mend(char text[ACC_S3_SUM_TEXT], const char *etag, const char *type);

/* In the ledger's form: "sha256:TEXT", or "" without a checksum. */
#define ACC_S3_SUM_RECORD 80
void acc_s3_sum_record(enum acc_s3_checksum kind, const char *text, char out[ACC_S3_SUM_RECORD]);
/* The text of a record of this kind, within `record`, or NULL. */
const char *acc_s3_sum_recorded(const char *record, enum acc_s3_checksum kind);

#endif
