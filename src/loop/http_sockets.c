/* libcurl's multi interface on libuv: which sockets to watch (on_socket_change -> uv_poll), and
 * when to wake it (on_timer_change -> a timer); what happens on either goes to acc_http_drive(). A
 * socket that cannot be watched fails its transfer, by libcurl's own account. Each watch is freed
 * by its close callback. */
#include <stdlib.h>

#include "base/mem.h"
#include "loop/http_internal.h"

/* One watched socket. */
struct watch {
    uv_poll_t poll;
    struct acc_http *http;
    curl_socket_t socket;
    int events; /* that libcurl wants to hear about */
};

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = ACC_CONTAINER_OF(poll, struct watch, poll);
    int flags = 0;
    if (status < 0) /* let libcurl find out: an answer may lie there, read it before the reset */
        flags |= CURL_CSELECT_IN | CURL_CSELECT_OUT;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    acc_http_drive(watch->http, watch->socket, flags);
    /* On an error libuv has stopped, and libcurl, whose wishes are the same, would not say so
     * again. */
    if (status < 0 && !uv_is_closing((uv_handle_t *)poll))
        uv_poll_start(poll, watch->events, on_poll);
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct watch *watch = ACC_CONTAINER_OF((uv_poll_t *)handle, struct watch, poll);
    struct acc_http *http = watch->http;
    free(watch);
    acc_http_handle_closed(http);
}

static struct watch *new_watch(struct acc_http *http, curl_socket_t socket)
{
    struct watch *watch = ACC_NEW(struct watch);
    watch->http = http;
    watch->socket = socket;
    if (uv_poll_init_socket(&http->loop->uv, &watch->poll, socket) != 0) {
        free(watch);
        return NULL;
    }
    http->open_handles++;
    curl_multi_assign(http->multi, socket, watch);
    return watch;
}

static int on_socket_change(CURL *easy, curl_socket_t socket, int what, void *arg, void *socket_arg)
{
    struct acc_http *http = arg;
    struct watch *watch = socket_arg;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch != NULL) {
            curl_multi_assign(http->multi, socket, NULL);
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
        }
        return 0;
    }
    if (watch == NULL)
        watch = new_watch(http, socket);
    if (watch == NULL)
        return -1;
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    watch->events = events;
    return uv_poll_start(&watch->poll, events, on_poll) == 0 ? 0 : -1;
}

static void on_timeout(struct acc_timer *timer)
{
    acc_http_drive(ACC_CONTAINER_OF(timer, struct acc_http, timer), CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer_change(CURLM *multi, long timeout_ms, void *arg)
{
    struct acc_http *http = arg;
    (void)multi;
    if (http->closing)
        return 0;
    if (timeout_ms < 0)
        acc_timer_stop(&http->timer);
    else
        acc_timer_start(&http->timer, (uint64_t)timeout_ms);
    return 0;
}

static void on_timer_closed(struct acc_timer *timer)
{
    acc_http_handle_closed(ACC_CONTAINER_OF(timer, struct acc_http, timer));
}

void acc_http_watch(struct acc_http *http)
{
    acc_timer_init(http->loop, &http->timer, on_timeout);
    http->open_handles++;
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket_change);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer_change);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
}

void acc_http_unwatch(struct acc_http *http)
{
    acc_timer_close(&http->timer, on_timer_closed);
}
