/* One transfer of libcurl: what is set once, what differs between requests, and where the answer's
 * bytes go. Nothing fails here but for memory, which ends the process. A handle is used again for
 * other requests and freed with its acc_http. */
#include <string.h>

#include "base/mem.h"
#include "loop/http_internal.h"

#define REPLY_MAX_DEFAULT (1u << 20)
/* Bytes a second: a server that sends or takes less over the whole stall time-out has stalled. */
#define LEAST_RATE 100L

/* ---- libcurl's data callbacks ---- */

static bool hand_over(struct acc_http_request *request, const void *bytes, size_t len)
{
    if (!acc_http_may_take(request) || !request->on_data(request, bytes, len))
        return false;
    acc_rate_spend(&request->transfers->rate, (int64_t)len);
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

size_t acc_http_on_header_line(char *line, size_t size, size_t count, void *arg)
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
    if (colon == NULL || memchr(line, '\0', end) != NULL || request->header_lines.len > 65536)
        return len; /* not every libcurl refuses a zero byte, where acc_http_header() would stop */
    for (const char *c = line; c < colon; c++)
        acc_str_add_c(&request->header_lines, *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c);
    acc_str_add_n(&request->header_lines, colon, end - (size_t)(colon - line));
    acc_str_add_c(&request->header_lines, '\n');
    return len;
}

/* ---- easy handles ---- */

/* An option that is not set leaves what was there before: the last request's URL, other
 * certificates. Apart from what a libcurl was built without, only memory can be wanting. */
static void checked(CURLcode code)
{
    if (code == CURLE_OUT_OF_MEMORY)
        acc_out_of_memory();
}

#define SET(easy, option, value) checked(curl_easy_setopt(easy, option, value))

/* libcurl calls this before it sends the request, on a new or a reused connection. */
static int on_sending(void *arg, char *remote, char *local, int remote_port, int local_port)
{
    struct acc_http_request *request = arg;
    return request->sends++ > 0 && request->once ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* The certificates to trust: the same for the server and for a proxy reached over TLS. If the other
 * option were not cleared, the system's certificates would count beside those given. */
static void set_trust(const struct acc_transfers *transfers, CURL *easy)
{
    const char *file = transfers->ca_is_folder ? NULL : transfers->ca_bundle;
    const char *folder = transfers->ca_is_folder ? transfers->ca_bundle : NULL;
    SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (transfers->ca_bundle == NULL)
        return;
    SET(easy, CURLOPT_CAINFO, file);
    SET(easy, CURLOPT_CAPATH, folder);
    SET(easy, CURLOPT_PROXY_CAINFO, file);
    SET(easy, CURLOPT_PROXY_CAPATH, folder);
}

CURL *acc_transfers_new_easy(const struct acc_transfers *transfers)
{
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        return NULL;
    SET(easy, CURLOPT_NOSIGNAL, 1L);
    SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(easy, CURLOPT_PATH_AS_IS, 1L); /* a key may hold "/../" */
    SET(easy, CURLOPT_CONNECTTIMEOUT_MS, transfers->connect_timeout_ms);
    SET(easy, CURLOPT_LOW_SPEED_LIMIT, LEAST_RATE);
    SET(easy, CURLOPT_LOW_SPEED_TIME, transfers->stall_timeout_s);
    SET(easy, CURLOPT_WRITEFUNCTION, on_reply_bytes);
    SET(easy, CURLOPT_PREREQFUNCTION, on_sending);
    SET(easy, CURLOPT_HEADERFUNCTION, acc_http_on_header_line);
    SET(easy, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
    set_trust(transfers, easy);
    if (transfers->client_cert != NULL)
        SET(easy, CURLOPT_SSLCERT, transfers->client_cert);
    if (transfers->client_key != NULL)
        SET(easy, CURLOPT_SSLKEY, transfers->client_key);
    SET(easy, CURLOPT_KEYPASSWD, ""); /* or OpenSSL would ask on the terminal */
    return easy;
}

/* Sets everything that differs between requests; the rest was set once in acc_transfers_new_easy().
 */
void acc_http_configure(CURL *easy, struct acc_http_request *request)
{
    SET(easy, CURLOPT_HTTPGET, 1L); /* also clears NOBODY and POST of the last use */
    if (strcmp(request->method, "HEAD") == 0) {
        SET(easy, CURLOPT_CUSTOMREQUEST, (char *)NULL);
        SET(easy, CURLOPT_NOBODY, 1L);
    } else if (request->body != NULL) {
        /* Fields given by pointer are sent from where they are, and sent again without our help
         * when a reused connection turns out to be dead. */
        SET(easy, CURLOPT_POST, 1L);
        SET(easy, CURLOPT_POSTFIELDS, request->body);
        SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
        SET(easy, CURLOPT_CUSTOMREQUEST, request->method);
    } else {
        SET(easy, CURLOPT_CUSTOMREQUEST,
            strcmp(request->method, "GET") == 0 ? NULL : request->method);
    }
    bool limited = acc_transfers_limited(request->transfers), large = request->bulk && !limited;
    if (limited)
        acc_http_limit(easy, request);
    SET(easy, CURLOPT_URL, request->url);
    SET(easy, CURLOPT_HTTPHEADER, request->headers);
    SET(easy, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    SET(easy, CURLOPT_NOPROXY, request->direct ? "*" : NULL);
    SET(easy, CURLOPT_BUFFERSIZE, large ? 512L * 1024 : 16L * 1024);
    SET(easy, CURLOPT_WRITEDATA, request);
    SET(easy, CURLOPT_HEADERDATA, request);
    SET(easy, CURLOPT_ERRORBUFFER, request->failure_text);
    SET(easy, CURLOPT_PREREQDATA, request);
    SET(easy, CURLOPT_PRIVATE, request);
}
