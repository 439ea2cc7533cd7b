/* Digests as S3 shows them: hex SHA-256 and MD5, and the x-amz-checksum-* family
 * (Amazon S3 User Guide, "Checking object integrity"). */
#ifndef SCRIPTED_CHECKSUM_H
#define SCRIPTED_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECKSUM_ALGORITHMS 5

struct checksum {
    const char *algorithm; /* "sha256", static; NULL for no checksum */
    bool composite;
    char value[56]; /* Base64, "-N" behind a composite one */
};

void sha256_hex(const void *data, size_t len, char out[65]);
void md5_hex(const void *data, size_t len, char out[33]);
/* The ETag of a multipart object: MD5 of the parts' MD5s, "-", their number. `hex` holds them one
 * behind the other. */
void md5_of_md5s(const char *hex, size_t parts, char out[48]);

/* "sha256" for any case of it; NULL for an algorithm that S3 does not know. Static storage. */
const char *checksum_algorithm(const char *name);
const char *checksum_algorithm_at(int index); /* 0 to CHECKSUM_ALGORITHMS - 1 */
bool checksum_may_be_composite(const char *algorithm);
void checksum_of(const char *algorithm, const void *data, size_t len, char out[56]);
/* Over the parts' raw values, given as Base64. */
void checksum_composite(const char *algorithm, const char *const *parts, size_t count,
                        char out[56]);

#endif
