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

#define REPLY_MAX_DEFAULT (1u << 20)
/* Bytes a second: a server that sends or takes less over the whole stall time-out has stalled. */
#define LEAST_RATE 100L

/* ---- libcurl's data callbacks ---- */

static bool hand_over(struct acc_http_request *request, const void *bytes, size_t len)
{
    if (!acc_http_may_take(request) || !request->on_data(request, bytes, len))
        return false;
    acc_rate_spend(&request->http->rate, (int64_t)len);
    return true;
}

static size_t on_reply_bytes(char *bytes, size_t size, size_t count, void *arg)
{
    struct acc_http_request *request = arg;
    size_t len = size * count;
    long status = 0;
    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    if (request->on_data != NULL && status >= 200 && status < 300) {
        bool taken = hand_over(request, bytes, len);
        if (request->unwanted)
            return 0;
        return taken ? len : CURL_WRITEFUNC_PAUSE;
    }
    size_t max = request->reply_max ? request->reply_max : REPLY_MAX_DEFAULT;
    if (request->reply.len + len > max)
        return 0;
    acc_str_add_n(&request->reply, bytes, len);
    return len;
}

static size_t on_header_line(char *line, size_t size, size_t count, void *arg)
{
    struct acc_http_request *request = arg;
    size_t len = size * count;
    if (len > 5 && memcmp(line, "HTTP/", 5) == 0)
        acc_str_clear(&request->header_lines); /* headers of a 100 Continue are not the answer's */
    size_t end = len;
    while (end > 0 && (line[end - 1] == '\r' || line[end - 1] == '\n'))
        end--;
    request->head_whole = end == 0;
    const char *colon = memchr(line, ':', end);
    if (colon == NULL || request->header_lines.len > 65536)
        return len;
    for (const char *c = line; c < colon; c++)
        acc_str_add_c(&request->header_lines, *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c);
    acc_str_add_n(&request->header_lines, colon, end - (size_t)(colon - line));
    acc_str_add_c(&request->header_lines, '\n');
    return len;
}

/* ---- easy handles ---- */

/* libcurl calls this before it sends the request, on a new or a reused connection. */
static int on_sending(void *arg, char *remote, char *local, int remote_port, int local_port)
{
    struct acc_http_request *request = arg;
    return request->sends++ > 0 && request->once ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* The certificates to trust: the same for the server and for a proxy reached over TLS. If the other
 * option were not cleared, the system's certificates would count beside those given. */
static void set_trust(const struct acc_http *http, CURL *easy)
{
    const char *file = http->ca_is_folder ? NULL : http->ca_bundle;
    const char *folder = http->ca_is_folder ? http->ca_bundle : NULL;
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (http->ca_bundle == NULL)
        return;
    curl_easy_setopt(easy, CURLOPT_CAINFO, file);
    curl_easy_setopt(easy, CURLOPT_CAPATH, folder);
    curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, file);
    curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, folder);
}

static CURL *take_easy(struct acc_http *http)
{
    if (http->idle_count > 0)
        return http->idle[--http->idle_count];
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        return NULL;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* a key may hold "/../" */
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, http->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, LEAST_RATE);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, http->stall_timeout_s);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_reply_bytes);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_sending);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header_line);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
    set_trust(http, easy);
    if (http->client_cert != NULL)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, http->client_cert);
    if (http->client_key != NULL)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, http->client_key);
    curl_easy_setopt(easy, CURLOPT_KEYPASSWD, ""); /* or OpenSSL would ask on the terminal */
    return easy;
}

static void give_easy(struct acc_http *http, CURL *easy)
{
    if (http->idle_count == http->idle_cap) {
        http->idle_cap = http->idle_cap ? http->idle_cap * 2 : 16;
        http->idle = acc_realloc(http->idle, http->idle_cap * sizeof(CURL *));
    }
    http->idle[http->idle_count++] = easy;
}

/* Sets everything that differs between requests; the rest was set once in take_easy(). */
static void configure(CURL *easy, struct acc_http_request *request)
{
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L); /* also clears NOBODY and POST of the last use */
    if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, (char *)NULL);
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (request->body != NULL) {
        /* Fields given by pointer are sent from where they are, and sent again without our help
         * when a reused connection turns out to be dead. */
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    } else {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                         strcmp(request->method, "GET") == 0 ? NULL : request->method);
    }
    bool limited = acc_http_limited(request->http), large = request->bulk && !limited;
    if (limited)
        acc_http_limit(easy, request);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, request->direct ? "*" : NULL);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, large ? 512L * 1024 : 16L * 1024);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->failure_text);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, request);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
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

void acc_http_drive(struct acc_http *http, curl_socket_t socket, int events)
{
    int running;
    curl_multi_socket_action(http->multi, socket, events, &running);
    read_messages(http);
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
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
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
    configure(request->easy, request);
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
    if (request->easy != NULL)
        curl_easy_pause(request->easy, CURLPAUSE_CONT);
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
