/* The HTTP/1.1 of a test server: reads one request head from bytes in memory (RFC 9112).
 *
 * Deliberately narrow: a body needs Content-Length (S3 demands it), there is no pipelining beyond
 * what a buffer holds, and heads are at most HTTP_HEAD_MAX bytes.
 */
#ifndef SCRIPTED_HTTP_H
#define SCRIPTED_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/str.h"

#define HTTP_HEAD_MAX 65536
#define HTTP_PAIRS_MAX 128

struct http_pair {
    char *name; /* header names are lower case */
    char *value;
};

struct http_pairs {
    struct http_pair at[HTTP_PAIRS_MAX];
    size_t count;
};

struct http_request {
    char *method;
    char *path;              /* percent-decoded, without the query; never holds a NUL byte */
    struct http_pairs query; /* percent-decoded, "+" is a plus */
    struct http_pairs header;
    long long content_length; /* 0 without a body */
    bool chunked;             /* the caller answers 411 */
    bool expect_continue;
    bool keep_alive;
};

/* Returns the length of the head once it is complete, 0 while more bytes are needed, -1 when it
 * isn't HTTP. `request` is filled in the first case only; release it with http_request_release().
 */
ssize_t http_parse_head(const char *data, size_t len, struct http_request *request);
void http_request_release(struct http_request *request);

/* Copies both. A list that is full stays as it is. */
void http_pairs_add(struct http_pairs *pairs, const char *name, const char *value);
void http_pairs_release(struct http_pairs *pairs);
const char *http_pairs_find(const struct http_pairs *pairs, const char *name);

/* The value, or NULL if the header is missing. Borrowed. */
const char *http_header(const struct http_request *request, const char *name);
const char *http_query(const struct http_request *request, const char *name);

/* Appends the bytes percent-encoded, all but RFC 3986's unreserved ones and those in `keep`. */
void http_percent_encode(struct acc_str *out, const char *text, const char *keep);
/* The decoded form (the caller frees it), or NULL for a bad escape or an encoded NUL. */
char *http_percent_decode(const char *text, size_t len);

const char *http_reason(int status);

#endif
