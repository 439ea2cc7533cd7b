/* libcurl's multi interface on libuv: which sockets to watch (on_socket_change -> uv_poll), and
 * when to wake it (on_timer_change -> a timer); what happens on either goes to
 * acc_transfers_drive(). A socket that cannot be watched fails its transfer, by libcurl's own
 * account. Each watch is freed by its close callback. */
#include <stdlib.h>

#include "base/mem.h"
#include "loop/http_internal.h"

/* One watched socket. */
struct watch {
    uv_poll_t poll;
    struct acc_transfers *transfers;
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
    acc_transfers_drive(watch->transfers, watch->socket, flags);
    /* On an error libuv has stopped, and libcurl, whose wishes are the same, would not say so
     * again. */
    if (status < 0 && !uv_is_closing((uv_handle_t *)poll))
        uv_poll_start(poll, watch->events, on_poll);
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct watch *watch = ACC_CONTAINER_OF((uv_poll_t *)handle, struct watch, poll);
    struct acc_transfers *transfers = watch->transfers;
    free(watch);
    acc_transfers_handle_closed(transfers);
}

static struct watch *new_watch(struct acc_transfers *transfers, curl_socket_t socket)
{
    struct watch *watch = ACC_NEW(struct watch);
    watch->transfers = transfers;
    watch->socket = socket;
    if (uv_poll_init_socket(&transfers->loop->uv, &watch->poll, socket) != 0) {
        free(watch);
        return NULL;
    }
    transfers->open_handles++;
    curl_multi_assign(transfers->multi, socket, watch);
    return watch;
}

static int on_socket_change(CURL *easy, curl_socket_t socket, int what, void *arg, void *socket_arg)
{
    struct acc_transfers *transfers = arg;
    struct watch *watch = socket_arg;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch != NULL) {
            curl_multi_assign(transfers->multi, socket, NULL);
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
        }
        return 0;
    }
    if (watch == NULL)
        watch = new_watch(transfers, socket);
    if (watch == NULL)
        return -1;
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    watch->events = events;
    return uv_poll_start(&watch->poll, events, on_poll) == 0 ? 0 : -1;
}

static void on_timeout(struct acc_timer *timer)
{
    acc_transfers_drive(ACC_CONTAINER_OF(timer, struct acc_transfers, timer), CURL_SOCKET_TIMEOUT,
                        0);
}

static int on_timer_change(CURLM *multi, long timeout_ms, void *arg)
{
    struct acc_transfers *transfers = arg;
    (void)multi;
    if (transfers->closing)
        return 0;
    if (timeout_ms < 0)
        acc_timer_stop(&transfers->timer);
    else
        acc_timer_start(&transfers->timer, (uint64_t)timeout_ms);
    return 0;
}

static void on_timer_closed(struct acc_timer *timer)
{
    acc_transfers_handle_closed(ACC_CONTAINER_OF(timer, struct acc_transfers, timer));
}

void acc_transfers_watch(struct acc_transfers *transfers)
{
    acc_timer_init(transfers->loop, &transfers->timer, on_timeout);
    transfers->open_handles++;
    curl_multi_setopt(transfers->multi, CURLMOPT_SOCKETFUNCTION, on_socket_change);
    curl_multi_setopt(transfers->multi, CURLMOPT_SOCKETDATA, transfers);
    curl_multi_setopt(transfers->multi, CURLMOPT_TIMERFUNCTION, on_timer_change);
    curl_multi_setopt(transfers->multi, CURLMOPT_TIMERDATA, transfers);
}

void acc_transfers_unwatch(struct acc_transfers *transfers)
{
    acc_timer_close(&transfers->timer, on_timer_closed);
}
