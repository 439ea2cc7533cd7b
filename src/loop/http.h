/* HTTP/1.1 requests on the event loop, or on several (loop/http_group.h). All of the program's use
 * of libcurl's multi interface is behind this header.
 *
 *     acc_http_new -> acc_http_start(request) -> [on_data...] -> on_done -> ... -> acc_http_free
 *
 * A request is a struct embedded in its user's operation. on_done fires exactly once for each
 * start, from the loop, never inside start() or cancel(); then the struct is the user's again.
 * Borrowed pointers (url, headers, body) must live until on_done.
 *
 * The body is sent from the user's own buffer, and may be sent again by libcurl when a reused
 * connection turns out dead; it must not change before on_done. A connection that is closed without
 * an answer looks dead as well, though the server may have acted: with `once` such a request ends
 * as ACC_HTTP_BROKEN instead.
 *
 * TLS is verified always, 1.2 is the floor. Nothing is retried here and redirects are not followed.
 * Proxies are taken from the variables that curl(1) names under ENVIRONMENT.
 *
 * Threads: the loop's thread only.
 */
#ifndef ACC_LOOP_HTTP_H
#define ACC_LOOP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accession/error.h>
#include "base/list.h"
#include "base/str.h"
#include "loop/loop.h"
#include "loop/rate.h"

struct acc_http;
struct curl_slist;

struct acc_http_options {
    const char *ca_bundle;         /* a PEM file or a folder of them by hash; NULL: the system's */
    const char *client_cert;       /* PEM, or NULL */
    const char *client_key;        /* PEM without a passphrase; NULL: in client_cert */
    long connect_timeout_ms;       /* 0: 10 s */
    long stall_timeout_s;          /* a transfer without a byte for this long fails; 0: 60 s */
    long connections;              /* kept open for reuse */
    struct acc_rate_plan max_rate; /* of all bodies together, in both directions */
    unsigned loops; /* that send and receive, each on its own thread; 0, 1 or a limited rate: the
                     * caller's loop alone */
};

enum acc_http_failure {
    ACC_HTTP_OK,      /* an answer arrived whole; look at `status` */
    ACC_HTTP_RESOLVE, /* the host has no address */
    ACC_HTTP_CONNECT, /* no connection: nothing was sent */
    ACC_HTTP_TLS,     /* certificate or handshake refused by either side: nothing was sent */
    ACC_HTTP_PROXY,   /* a proxy refused to pass it on, or its URL is invalid: nothing was sent */
    ACC_HTTP_BROKEN,  /* the connection broke, or the answer was cut */
    ACC_HTTP_TIMEOUT,
    ACC_HTTP_NOT_HTTP,  /* the answer is not HTTP */
    ACC_HTTP_TOO_LARGE, /* the answer is longer than reply_max */
    ACC_HTTP_LOCAL,     /* this side failed: a file of certificates, memory */
    ACC_HTTP_CANCELLED
};

struct acc_http_request {
    /* set by the user */
    const char *method;
    const char *url;
    struct curl_slist *headers;
    const void *body; /* NULL: none */
    size_t body_len;
    size_t reply_max; /* longest answer kept in `reply`; 0: 1 MiB */
    long timeout_ms;  /* for all of it, connecting included; 0: only the stall time-out */
    bool direct;      /* past any proxy: metadata services on the machine's own link */
    bool bulk;        /* a large answer is expected: use large buffers */
    bool once;        /* libcurl must not send it a second time by itself */
    bool unwanted;    /* set by on_data, which cannot cancel: the answer ends with these bytes */
    /* Takes the bytes of a 2xx answer instead of `reply`. False pauses the transfer: the same bytes
     * come again after acc_http_resume(). NULL: everything goes to `reply`. */
    bool (*on_data)(struct acc_http_request *request, const void *bytes, size_t len);
    void (*on_done)(struct acc_http_request *request);

    /* results, valid from on_done until the next start or acc_http_request_release() */
    enum acc_http_failure failure;
    char failure_text[256];
    bool reached; /* request bytes may have reached the server: the outcome of a write is unknown */
    int status;   /* 0 without an answer */
    int64_t sent; /* body bytes handed to the connection */
    struct acc_str reply;
    struct acc_str header_lines; /* "name: value\n" with the name in lower case */

    /* private */
    void *easy;
    unsigned sends;
    size_t body_at; /* what libcurl has taken of the body, where the rate is limited */
    struct acc_rate_wait rate_wait;
    bool head_whole; /* the answer's headers came to their end */
    struct acc_link link;
    struct acc_transfers *transfers;
    struct acc_http_twin *twin; /* of a group of loops; NULL while it does not run */
};

/* For a client that moves much: 1 on fewer than four processors, else half of them, at most 8. One
 * loop fills about 10 Gbit/s over TLS; the other processors hash. */
unsigned acc_http_loops_by_default(void);

enum acc_code acc_http_new(struct acc_loop *loop, const struct acc_http_options *options,
                           struct acc_http **http, struct acc_error *err);
/* Cancels what runs (its on_done fires before this returns) and closes; before acc_loop_release().
 */
void acc_http_free(struct acc_http *http);

void acc_http_start(struct acc_http *http, struct acc_http_request *request);
/* Ends it with ACC_HTTP_CANCELLED; does nothing if it is not running. */
void acc_http_cancel(struct acc_http_request *request);
void acc_http_resume(struct acc_http_request *request);
void acc_http_request_release(struct acc_http_request *request);

/* The value of an answer's header (last one wins), or NULL. `name` in lower case. The copy in `out`
 * is what is returned; it is NUL-terminated and cut at `size`. */
const char *acc_http_header(const struct acc_http_request *request, const char *name, char *out,
                            size_t size);

#endif
