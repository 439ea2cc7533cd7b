/* AWS Signature Version 4, header form, for S3 (single chunk, signed payload).
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 *
 * Ours rather than libcurl's, whose signing differs between releases and fails on keys that
 * archives have. Pure: no clock, no environment.
 */
#ifndef ACC_S3_SIGN_H
#define ACC_S3_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include <accession/digest.h>
#include "base/str.h"

/* Percent-encodes all but unreserved characters (RFC 3986), and "/" only if `keep_slash` is false.
 * S3 wants keys encoded once and paths never normalised. */
void acc_s3_encode(struct acc_str *out, const char *text, size_t len, bool keep_slash);

/* A name and a value, of a query or a header. Header names in lower case. Borrowed. */
struct acc_s3_pair {
    const char *name;
    const char *value;
};

/* The derived key, good for one day, region and service; made again when one of them or the secret
 * changes. It keeps the state that HMAC has after the key, so that a signature hashes no more than
 * its own text. Zeroed at first. */
struct acc_s3_signing_key {
    char scope[80];        /* "20261122/eu-west-1/s3" it was made for */
    struct acc_str secret; /* as is this */
    EVP_MD *sha256;
    EVP_MAC_CTX *mac;
};
/* Overwrites the secrets; the struct is zeroed then. */
void acc_s3_signing_key_release(struct acc_s3_signing_key *key);

struct acc_s3_sign_input {
    const char *method;
    const char *path; /* encoded, begins with "/" */
    const char
        *query; /* canonical: encoded, sorted, "name=value" joined by "&"; "" if there is none */
    const struct acc_s3_pair
        *headers; /* all to be signed, sorted by name; host and x-amz-date among them */
    size_t header_count;
    const char *payload_sha256; /* hex, or "UNSIGNED-PAYLOAD" */
    const char *amz_date;       /* 20261122T100411Z */
    const char *region;
    const char *service; /* "s3", "sts" */
    const char *access_key;
    const char *secret_key;
};

/* Writes the value of the Authorization header. `key` is a cache owned by the caller. */
void acc_s3_sign(const struct acc_s3_sign_input *input, struct acc_s3_signing_key *key,
                 struct acc_str *authorization);

/* Sorts pairs by encoded name, then value, and writes the canonical query. At most 16 pairs. */
void acc_s3_canonical_query(const struct acc_s3_pair *pairs, size_t count, struct acc_str *out);

#endif
