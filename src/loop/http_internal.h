/* What the files of http share. No other file includes this. */
#ifndef ACC_LOOP_HTTP_INTERNAL_H
#define ACC_LOOP_HTTP_INTERNAL_H

#include <curl/curl.h>

#include "loop/http.h"
#include "loop/rate.h"

struct acc_transfers {
    struct acc_loop *loop;
    CURLM *multi;
    struct acc_timer timer;   /* libcurl's time-outs */
    struct acc_timer deliver; /* hands over what is finished */
    struct acc_link running;
    struct acc_link finished;
    CURL **idle; /* configured easy handles; as many as ever ran at once */
    size_t idle_count, idle_cap;
    unsigned open_handles;
    bool closing;
    char *ca_bundle, *client_cert, *client_key;
    bool ca_is_folder;
    long connect_timeout_ms, stall_timeout_s;
    struct acc_rate rate;
};

/* What loop/http.h promises, on one loop. */
enum acc_code acc_transfers_new(struct acc_loop *loop, const struct acc_http_options *options,
                                struct acc_transfers **transfers, struct acc_error *err);
void acc_transfers_free(struct acc_transfers *transfers);
void acc_transfers_start(struct acc_transfers *transfers, struct acc_http_request *request);
void acc_transfers_cancel(struct acc_http_request *request);
void acc_transfers_resume(struct acc_http_request *request);

/* Lets libcurl act on a socket's events, or on its time-out, and takes what has finished. */
void acc_transfers_drive(struct acc_transfers *transfers, curl_socket_t socket, int events);
/* A handle that was counted in open_handles has closed: with the last one goes the struct. */
void acc_transfers_handle_closed(struct acc_transfers *transfers);

/* http_easy.c: NULL without memory. */
CURL *acc_transfers_new_easy(const struct acc_transfers *transfers);
void acc_http_configure(CURL *easy, struct acc_http_request *request);
/* Keeps a line of an answer's head for acc_http_header(), as libcurl hands it over. */
size_t acc_http_on_header_line(char *line, size_t size, size_t count, void *request);

/* http_rate.c: bodies in both directions, at the rate that the options allow. */
bool acc_transfers_limited(const struct acc_transfers *transfers);
void acc_http_limit(CURL *easy, struct acc_http_request *request);
/* True when bytes of an answer may be handed over now; else the transfer is resumed when they may.
 */
bool acc_http_may_take(struct acc_http_request *request);

/* http_sockets.c: libcurl's wishes become handles of the loop, until they are closed. */
void acc_transfers_watch(struct acc_transfers *transfers);
void acc_transfers_unwatch(struct acc_transfers *transfers); /* after curl_multi_cleanup */

#endif
