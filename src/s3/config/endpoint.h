/* URLs of servers, as users write them. Pure. */
#ifndef ACC_S3_ENDPOINT_H
#define ACC_S3_ENDPOINT_H

#include <stdbool.h>

#include <accession/error.h>

/* Takes "https://HOST[:PORT]" or http://, with slashes at its end, and replaces it by how requests
 * name it. ACC_CONFIG for anything else; the message says to correct `from`, and shows the URL if
 * `show` is set, without user and password. Memory of malloc(). */
enum acc_code acc_s3_endpoint_check(char **endpoint, const char *from, bool show,
                                    struct acc_error *err);

/* Replaces the URL by how curl understands and sends it: "[0::1]" is "[::1]", "127.1" is
 * "127.0.0.1", names are in lower case, since the signature must name what is sent. False when it
 * is not a URL. */
bool acc_s3_endpoint_normalise(char **url);

#endif
