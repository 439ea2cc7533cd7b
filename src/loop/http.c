/* Requests over libcurl's multi interface, which http_sockets.c binds to libuv.
 *
 * Happy path: start() configures an easy handle from the idle list and adds it; each turn of
 * acc_http_drive() ends by reading libcurl's messages, and each finished request moves to the list
 * `finished`, from which on_deliver() calls on_done. Callbacks of users therefore never run
 * inside libcurl, nor inside start() or cancel(). Failure: libcurl's result codes become
 * acc_http_failure in one table (loop/http_failure.c). Close: cancel everything, deliver,
 * curl_multi_cleanup (which may still ask for sockets to be let go), then close the handles; the
 * struct goes when the last of them has closed. */
#include "loop/http.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "loop/http_failure.h"
#include "loop/http_internal.h"

/* ---- easy handles ---- */

static CURL *take_easy(struct acc_http *http)
{
    return http->idle_count > 0 ? http->idle[--http->idle_count] : acc_http_new_easy(http);
}

static void give_easy(struct acc_http *http, CURL *easy)
{
    if (http->idle_count == http->idle_cap) {
        http->idle_cap = http->idle_cap ? http->idle_cap * 2 : 16;
        http->idle = acc_realloc(http->idle, http->idle_cap * sizeof(CURL *));
    }
    http->idle[http->idle_count++] = easy;
}

/* ---- finishing ---- */

static void finish(struct acc_http_request *request, enum acc_http_failure failure)
{
    struct acc_http *http = request->http;
    request->failure = failure;
    if (request->easy != NULL) {
        long status = 0;
        curl_off_t sent = 0;
        curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(request->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
        request->status = (int)status;
        request->sent = sent;
        curl_multi_remove_handle(http->multi, request->easy);
        give_easy(http, request->easy);
        request->easy = NULL;
    }
    acc_rate_leave(&http->rate, &request->rate_wait);
    acc_list_remove(&request->link);
    acc_list_push(&http->finished, &request->link);
    if (!http->closing)
        acc_timer_start(&http->deliver, 0);
}

static void finish_with(struct acc_http_request *request, CURLcode code)
{
    acc_http_judge(request, code);
    finish(request, request->failure);
}

static void deliver_finished(struct acc_http *http)
{
    struct acc_link *link;
    while ((link = acc_list_pop(&http->finished)) != NULL) {
        struct acc_http_request *request = ACC_CONTAINER_OF(link, struct acc_http_request, link);
        request->on_done(request);
    }
}

static void on_deliver(struct acc_timer *timer)
{
    deliver_finished(ACC_CONTAINER_OF(timer, struct acc_http, deliver));
}

static void read_messages(struct acc_http *http)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        char *request = NULL;
        CURLcode result = message->data.result; /* `message` dies with remove_handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
        finish_with((struct acc_http_request *)(void *)request, result);
    }
}

/* libcurl has not set its time-outs then, and would never be called again. */
static void fail_all(struct acc_http *http, CURLMcode code)
{
    if (code == CURLM_OUT_OF_MEMORY)
        acc_out_of_memory();
    while (!acc_list_empty(&http->running)) {
        struct acc_http_request *request =
            ACC_CONTAINER_OF(http->running.next, struct acc_http_request, link);
        request->reached = true;
        snprintf(request->failure_text, sizeof request->failure_text, "%s",
                 curl_multi_strerror(code));
        finish(request, ACC_HTTP_LOCAL);
    }
}

void acc_http_drive(struct acc_http *http, curl_socket_t socket, int events)
{
    int running;
    CURLMcode code = curl_multi_socket_action(http->multi, socket, events, &running);
    read_messages(http);
    if (code != CURLM_OK)
        fail_all(http, code);
}

/* ---- the public calls ---- */

void acc_http_handle_closed(struct acc_http *http)
{
    if (--http->open_handles > 0 || !http->closing)
        return;
    free(http->ca_bundle);
    free(http->client_cert);
    free(http->client_key);
    free(http->idle);
    free(http);
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

enum acc_code acc_http_new(struct acc_loop *loop, const struct acc_http_options *options,
                           struct acc_http **out, struct acc_error *err)
{
    /* A transfer that lacks memory may neither go on nor fail: libcurl must not come to that. */
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, acc_alloc, free, acc_realloc, acc_strdup,
                             acc_calloc) != CURLE_OK)
        return acc_error_set(err, ACC_LOCAL, "libcurl cannot start.");
    struct acc_http *http = ACC_NEW(struct acc_http);
    http->loop = loop;
    http->multi = curl_multi_init();
    if (http->multi == NULL) {
        free(http);
        return acc_error_set(err, ACC_LOCAL, "libcurl cannot start.");
    }
    http->ca_bundle = copy_or_null(options->ca_bundle);
    http->ca_is_folder = is_folder(options->ca_bundle);
    http->client_cert = copy_or_null(options->client_cert);
    http->client_key = copy_or_null(options->client_key);
    http->connect_timeout_ms = options->connect_timeout_ms ? options->connect_timeout_ms : 10000;
    http->stall_timeout_s = options->stall_timeout_s ? options->stall_timeout_s : 60;
    acc_list_init(&http->running);
    acc_list_init(&http->finished);
    acc_timer_init(loop, &http->deliver, on_deliver);
    acc_rate_init(&http->rate, loop, &options->max_rate);
    http->open_handles = 2;
    acc_http_watch(http);
    curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    if (options->connections > 0)
        curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, options->connections);
    *out = http;
    return ACC_OK;
}

static void on_deliver_closed(struct acc_timer *timer)
{
    acc_http_handle_closed(ACC_CONTAINER_OF(timer, struct acc_http, deliver));
}

static void on_rate_closed(struct acc_timer *timer)
{
    acc_http_handle_closed(ACC_CONTAINER_OF(timer, struct acc_http, rate.timer));
}

void acc_http_free(struct acc_http *http)
{
    if (http == NULL)
        return;
    http->closing = true;
    while (!acc_list_empty(&http->running))
        acc_http_cancel(ACC_CONTAINER_OF(http->running.next, struct acc_http_request, link));
    deliver_finished(http);
    for (size_t i = 0; i < http->idle_count; i++)
        curl_easy_cleanup(http->idle[i]);
    curl_multi_cleanup(http->multi);
    acc_http_unwatch(http);
    acc_timer_close(&http->deliver, on_deliver_closed);
    acc_rate_close(&http->rate, on_rate_closed);
    curl_global_cleanup();
}

static void on_turn(struct acc_rate_wait *wait)
{
    acc_http_resume(ACC_CONTAINER_OF(wait, struct acc_http_request, rate_wait));
}

void acc_http_start(struct acc_http *http, struct acc_http_request *request)
{
    request->http = http;
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
    acc_list_push(&http->running, &request->link);
    request->easy = take_easy(http);
    if (request->easy == NULL || http->closing) {
        snprintf(request->failure_text, sizeof request->failure_text,
                 "no transfer could be set up");
        finish(request, http->closing ? ACC_HTTP_CANCELLED : ACC_HTTP_LOCAL);
        return;
    }
    acc_http_configure(request->easy, request);
    if (curl_multi_add_handle(http->multi, request->easy) != CURLM_OK) {
        snprintf(request->failure_text, sizeof request->failure_text,
                 "libcurl refused the transfer");
        finish(request, ACC_HTTP_LOCAL);
    }
}

void acc_http_cancel(struct acc_http_request *request)
{
    if (request->easy == NULL)
        return;
    request->reached = true;
    snprintf(request->failure_text, sizeof request->failure_text, "cancelled");
    finish(request, ACC_HTTP_CANCELLED);
}

void acc_http_resume(struct acc_http_request *request)
{
    CURLcode code =
        request->easy != NULL ? curl_easy_pause(request->easy, CURLPAUSE_CONT) : CURLE_OK;
    if (code != CURLE_OK) /* it would stay paused */
        finish_with(request, code);
}

void acc_http_request_release(struct acc_http_request *request)
{
    acc_str_release(&request->reply);
    acc_str_release(&request->header_lines);
}

const char *acc_http_header(const struct acc_http_request *request, const char *name, char *out,
                            size_t size)
{
    size_t name_len = strlen(name);
    const char *found = NULL;
    for (const char *line = acc_str_cstr(&request->header_lines); *line;) {
        const char *end = strchr(line, '\n');
        if ((size_t)(end - line) > name_len && line[name_len] == ':' &&
            memcmp(line, name, name_len) == 0)
            found = line + name_len + 1;
        line = end + 1;
    }
    if (found == NULL)
        return NULL;
    found += strspn(found, " \t");
    size_t len = strcspn(found, "\n");
    while (len > 0 && (found[len - 1] == ' ' || found[len - 1] == '\t'))
        len--;
    if (len >= size)
        len = size - 1;
    memcpy(out, found, len);
    out[len] = '\0';
    return out;
}
