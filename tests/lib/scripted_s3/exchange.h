/* One request and what is answered to it, and the server that both belong to.
 *
 * connection.c reads the request, asks the scenario, lets the model answer where it should, and
 * sends what came out. A handler of the model sees only the exchange and the store.
 */
#ifndef SCRIPTED_EXCHANGE_H
#define SCRIPTED_EXCHANGE_H

#include <stdint.h>
#include <stdio.h>

#include <uv.h>

#include "http.h"
#include "operation.h"
#include "scenario.h"
#include "store.h"

struct server {
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_signal_t terminated;
    uv_pipe_t input;
    char ignored[256]; /* what comes from standard input */
    struct acc_link connections;
    struct store store;
    struct scenario *scenario;
    FILE *log;
    long long number; /* of the last request */
    long long issued; /* credentials handed out */
    int64_t started;
};

struct reply {
    int status;
    char *code; /* of an error, for the log */
    struct http_pairs header;
    struct acc_str body;
    const char *type;
    long long head_length; /* Content-Length of a HEAD reply; -1 for the body's own */
};

struct exchange {
    struct server *server;
    struct http_request request;
    enum operation op;
    char *bucket_name, *key, *access_key;
    const char *upload_id; /* "" for none */
    long long part;
    long long number;
    struct acc_str body;
    char sha256[65];
    const struct rule *rule; /* NULL when the model answers undisturbed */
    struct bucket *bucket;   /* set by the model for all but service operations */
    struct reply reply;
};

/* exchange.c */
void exchange_begin(struct exchange *x, struct server *server); /* x->request is set */
void exchange_release(struct exchange *x);
void exchange_clear_reply(struct exchange *x);
void reply_header(struct exchange *x, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void reply_error(struct exchange *x, int status, const char *code, const char *message);
/* "Sun, 22 Nov 2026 10:04:11 GMT" */
void http_date(int64_t ms, char out[32]);
/* Starts an XML body with the root element open; the caller adds the rest and the end tag. */
struct acc_str *reply_xml(struct exchange *x, int status, const char *root);
/* As the client will see it: quoted, or as the rule's etag= has it. Borrowed until the next call.
 */
void exchange_show_etag(const struct exchange *x, const char *etag, struct acc_str *out);
/* Whether this server supports the algorithm: the configuration does not ignore it or leave it out.
 */
bool knows_checksum(const struct exchange *x, const char *algorithm);
/* x-amz-checksum-*, unless the rule's checksum= has it otherwise; and the same as elements. */
void reply_checksum(struct exchange *x, const struct checksum *checksum);
void xml_checksum(struct exchange *x, const struct checksum *checksum);
/* All bytes of the reply, as the rule wants them. `close` is set when the connection can't go on.
 */
void exchange_render(struct exchange *x, struct acc_str *wire, bool *close);
/* One line of the request log; README.md describes its columns. */
void exchange_log(const struct exchange *x, const char *done);

/* model.c: the healthy answer. */
void model_answer(struct exchange *x);
/* The answer of an `answer` rule. */
void rule_answer(struct exchange *x);

/* Handlers by operation: object.c, multipart.c, list.c, bucket.c, services.c */
#define X(name, brief, method, scope, query) void handle_##name(struct exchange *x);
OPERATIONS(X)
#undef X

/* object.c, for its neighbours. */
/* The parts of a request that come back on GET and HEAD. */
void keep_headers(const struct exchange *x, struct http_pairs *kept);
/* The version that the request names, or the newest; NULL after an error reply. */
struct version *wanted_version(struct exchange *x);
void show_version(struct exchange *x, const struct version *version);
/* Reads an x-amz-checksum-* header, unless the scenario has them ignored. */
void take_checksum(const struct exchange *x, struct checksum *checksum);
/* The checksum that S3 computes of an object that came without one. */
void add_own_checksum(const struct exchange *x, struct version *version);
/* False after a reply when If-None-Match is not implemented; when it holds the write back. */
bool condition_is_known(struct exchange *x);
bool write_is_welcome(struct exchange *x, int honoured_from);

/* control.c: paths under /_control/. */
bool control_wants(const struct http_request *request);
void control_answer(struct exchange *x);

/* connection.c */
void connection_accept(struct server *server);
void connections_close(struct server *server);
/* Sends the replies that wait for others (hold=): those of a rule, or all with NULL. */
void connections_release(struct server *server, const struct rule *rule);

#endif
