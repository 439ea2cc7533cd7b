/* The transfers of one loop, over libcurl's multi interface, which http_sockets.c binds to libuv.
 *
 * Happy path: start() configures an easy handle from the idle list and adds it; each turn of
 * acc_transfers_drive() ends by reading libcurl's messages, and each finished request moves to the
 * list `finished`, from which on_deliver() calls on_done. Callbacks of users therefore never run
 * inside libcurl, nor inside start() or cancel(). Failure: libcurl's result codes become
 * acc_http_failure in one table (loop/http_failure.c). Close: cancel everything, deliver,
 * curl_multi_cleanup (which may still ask for sockets to be let go), then close the handles; the
 * struct goes when the last of them has closed. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "loop/http_failure.h"
#include "loop/http_internal.h"

/* ---- easy handles ---- */

static CURL *take_easy(struct acc_transfers *transfers)
{
    return transfers->idle_count > 0 ? transfers->idle[--transfers->idle_count]
                                     : acc_transfers_new_easy(transfers);
}

static void give_easy(struct acc_transfers *transfers, CURL *easy)
{
    if (transfers->idle_count == transfers->idle_cap) {
        transfers->idle_cap = transfers->idle_cap ? transfers->idle_cap * 2 : 16;
        transfers->idle = acc_realloc(transfers->idle, transfers->idle_cap * sizeof(CURL *));
    }
    transfers->idle[transfers->idle_count++] = easy;
}

/* ---- finishing ---- */

static void finish(struct acc_http_request *request, enum acc_http_failure failure)
{
    struct acc_transfers *transfers = request->transfers;
    request->failure = failure;
    if (request->easy != NULL) {
        long status = 0;
        curl_off_t sent = 0;
        curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(request->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
        request->status = (int)status;
        request->sent = sent;
        curl_multi_remove_handle(transfers->multi, request->easy);
        give_easy(transfers, request->easy);
        request->easy = NULL;
    }
    acc_rate_leave(&transfers->rate, &request->rate_wait);
    acc_list_remove(&request->link);
    acc_list_push(&transfers->finished, &request->link);
    if (!transfers->closing)
        acc_timer_start(&transfers->deliver, 0);
}

static void finish_with(struct acc_http_request *request, CURLcode code)
{
    acc_http_judge(request, code);
    finish(request, request->failure);
}

static void deliver_finished(struct acc_transfers *transfers)
{
    struct acc_link *link;
    while ((link = acc_list_pop(&transfers->finished)) != NULL) {
        struct acc_http_request *request = ACC_CONTAINER_OF(link, struct acc_http_request, link);
        request->on_done(request);
    }
}

static void on_deliver(struct acc_timer *timer)
{
    deliver_finished(ACC_CONTAINER_OF(timer, struct acc_transfers, deliver));
}

static void read_messages(struct acc_transfers *transfers)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(transfers->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        char *request = NULL;
        CURLcode result = message->data.result; /* `message` dies with remove_handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
        finish_with((struct acc_http_request *)(void *)request, result);
    }
}

/* libcurl has not set its time-outs then, and would never be called again. */
static void fail_all(struct acc_transfers *transfers, CURLMcode code)
{
    if (code == CURLM_OUT_OF_MEMORY)
        acc_out_of_memory();
    while (!acc_list_empty(&transfers->running)) {
        struct acc_http_request *request =
            ACC_CONTAINER_OF(transfers->running.next, struct acc_http_request, link);
        request->reached = true;
        snprintf(request->failure_text, sizeof request->failure_text, "%s",
                 curl_multi_strerror(code));
        finish(request, ACC_HTTP_LOCAL);
    }
}

void acc_transfers_drive(struct acc_transfers *transfers, curl_socket_t socket, int events)
{
    int running;
    CURLMcode code = curl_multi_socket_action(transfers->multi, socket, events, &running);
    read_messages(transfers);
    if (code != CURLM_OK)
        fail_all(transfers, code);
}

/* ---- beginning and closing ---- */

void acc_transfers_handle_closed(struct acc_transfers *transfers)
{
    if (--transfers->open_handles > 0 || !transfers->closing)
        return;
    free(transfers->ca_bundle);
    free(transfers->client_cert);
    free(transfers->client_key);
    free(transfers->idle);
    free(transfers);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return path != NULL && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static char *copy_or_null(const char *text)
{
    return text != NULL ? acc_strdup(text) : NULL;
}

enum acc_code acc_transfers_new(struct acc_loop *loop, const struct acc_http_options *options,
                                struct acc_transfers **out, struct acc_error *err)
{
    /* A transfer that lacks memory may neither go on nor fail: libcurl must not come to that. */
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, acc_alloc, free, acc_realloc, acc_strdup,
                             acc_calloc) != CURLE_OK)
        return acc_error_set(err, ACC_LOCAL, "libcurl cannot start.");
    struct acc_transfers *transfers = ACC_NEW(struct acc_transfers);
    transfers->loop = loop;
    transfers->multi = curl_multi_init();
    if (transfers->multi == NULL) {
        free(transfers);
        return acc_error_set(err, ACC_LOCAL, "libcurl cannot start.");
    }
    transfers->ca_bundle = copy_or_null(options->ca_bundle);
    transfers->ca_is_folder = is_folder(options->ca_bundle);
    transfers->client_cert = copy_or_null(options->client_cert);
    transfers->client_key = copy_or_null(options->client_key);
    transfers->connect_timeout_ms =
        options->connect_timeout_ms ? options->connect_timeout_ms : 10000;
    transfers->stall_timeout_s = options->stall_timeout_s ? options->stall_timeout_s : 60;
    acc_list_init(&transfers->running);
    acc_list_init(&transfers->finished);
    acc_timer_init(loop, &transfers->deliver, on_deliver);
    acc_rate_init(&transfers->rate, loop, &options->max_rate);
    transfers->open_handles = 2;
    acc_transfers_watch(transfers);
    curl_multi_setopt(transfers->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    if (options->connections > 0)
        curl_multi_setopt(transfers->multi, CURLMOPT_MAXCONNECTS, options->connections);
    *out = transfers;
    return ACC_OK;
}

static void on_deliver_closed(struct acc_timer *timer)
{
    acc_transfers_handle_closed(ACC_CONTAINER_OF(timer, struct acc_transfers, deliver));
}

static void on_rate_closed(struct acc_timer *timer)
{
    acc_transfers_handle_closed(ACC_CONTAINER_OF(timer, struct acc_transfers, rate.timer));
}

void acc_transfers_free(struct acc_transfers *transfers)
{
    if (transfers == NULL)
        return;
    transfers->closing = true;
    while (!acc_list_empty(&transfers->running))
        acc_transfers_cancel(
            ACC_CONTAINER_OF(transfers->running.next, struct acc_http_request, link));
    deliver_finished(transfers);
    for (size_t i = 0; i < transfers->idle_count; i++)
        curl_easy_cleanup(transfers->idle[i]);
    curl_multi_cleanup(transfers->multi);
    acc_transfers_unwatch(transfers);
    acc_timer_close(&transfers->deliver, on_deliver_closed);
    acc_rate_close(&transfers->rate, on_rate_closed);
    curl_global_cleanup();
}

static void on_turn(struct acc_rate_wait *wait)
{
    acc_transfers_resume(ACC_CONTAINER_OF(wait, struct acc_http_request, rate_wait));
}

void acc_transfers_start(struct acc_transfers *transfers, struct acc_http_request *request)
{
    request->transfers = transfers;
    request->failure = ACC_HTTP_OK;
    request->failure_text[0] = '\0';
    request->reached = false;
    request->status = 0;
    request->sent = 0;
    request->sends = 0;
    request->head_whole = false;
    request->rate_wait = (struct acc_rate_wait){.on_turn = on_turn};
    acc_str_clear(&request->reply);
    acc_str_clear(&request->header_lines);
    acc_list_push(&transfers->running, &request->link);
    request->easy = take_easy(transfers);
    if (request->easy == NULL || transfers->closing) {
        snprintf(request->failure_text, sizeof request->failure_text,
                 "no transfer could be set up");
        finish(request, transfers->closing ? ACC_HTTP_CANCELLED : ACC_HTTP_LOCAL);
        return;
    }
    acc_http_configure(request->easy, request);
    if (curl_multi_add_handle(transfers->multi, request->easy) != CURLM_OK) {
        snprintf(request->failure_text, sizeof request->failure_text,
                 "libcurl refused the transfer");
        finish(request, ACC_HTTP_LOCAL);
    }
}

void acc_transfers_cancel(struct acc_http_request *request)
{
    if (request->easy == NULL)
        return;
    request->reached = true;
    snprintf(request->failure_text, sizeof request->failure_text, "cancelled");
    finish(request, ACC_HTTP_CANCELLED);
}

void acc_transfers_resume(struct acc_http_request *request)
{
    CURLcode code =
        request->easy != NULL ? curl_easy_pause(request->easy, CURLPAUSE_CONT) : CURLE_OK;
    if (code != CURLE_OK) /* it would stay paused */
        finish_with(request, code);
}
