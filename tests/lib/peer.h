/* A server on the test's own loop that answers each request with the bytes it was given, and then
 * does to the connection what a sick one would. It understands only where an HTTP request ends.
 *
 *     peer_start -> (requests are answered while the loop runs) -> peer_stop -> acc_loop_release
 *
 * Threads: the loop's thread only. A failure to set it up ends the process. */
#ifndef ACC_TESTS_PEER_H
#define ACC_TESTS_PEER_H

#include "base/list.h"
#include "base/str.h"
#include "loop/loop.h"

/* The fate of the connection once the reply is written. */
enum peer_then {
    PEER_KEEP, /* open for the next request */
    PEER_CLOSE,
    PEER_RESET /* RST instead of FIN */
};

struct peer_answer {
    const char *reply; /* written as it stands; NULL: nothing */
    enum peer_then then;
    size_t len; /* of the reply; 0: up to its NUL */
};

struct peer {
    /* set by the test, may be changed between requests */
    const struct peer_answer
        *answers; /* for the first request, the second, …; the last for all others */
    size_t answer_count;
    void (*on_request)(struct peer *peer); /* before it is answered; may be NULL */
    void *arg;

    /* what was seen */
    unsigned connections, requests;
    struct acc_str head; /* of the last request: request line and headers */
    struct acc_str body;

    char url[64]; /* "http://127.0.0.1:PORT" */
    uv_tcp_t listener;
    struct acc_link open; /* connections */
};

void peer_start(struct peer *peer, struct acc_loop *loop);
/* Says more on the newest connection. */
void peer_say(struct peer *peer, const char *bytes, enum peer_then then);
/* Closes everything; the memory is free once the loop has run. */
void peer_stop(struct peer *peer);

#endif
