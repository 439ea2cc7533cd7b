/* Connections that were refused for good: what to do about it, in words. Pure. */
#ifndef ACC_S3_UNREACHABLE_H
#define ACC_S3_UNREACHABLE_H

#include <stddef.h>

#include "loop/http.h"

/* A code of our own for a finished request that a certificate, a handshake or a proxy stopped:
 * "CertificateNotTrusted"; NULL for any other end. `text` becomes what happened and the next step.
 * Static storage. */
const char *acc_s3_unreachable(const struct acc_http_request *request, char *text, size_t size);

#endif
