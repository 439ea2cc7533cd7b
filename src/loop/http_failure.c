/* One table: libcurl's result, and where that is not enough the text that comes with it (its own,
 * or OpenSSL's). A result without a row means that the connection broke in the middle. A proxy's
 * refusal is recognised by its status, since libcurl has no result for it. */
#include "loop/http_failure.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const struct {
    CURLcode code;
    const char *words; /* in the text, or NULL: any */
    enum acc_http_failure failure;
    bool reached;
} failures[] = {
    {CURLE_COULDNT_RESOLVE_PROXY, "proxy syntax", ACC_HTTP_PROXY, false},
    {CURLE_COULDNT_CONNECT, "proxy scheme", ACC_HTTP_PROXY, false},
    {CURLE_COULDNT_RESOLVE_HOST, NULL, ACC_HTTP_RESOLVE, false},
    {CURLE_COULDNT_RESOLVE_PROXY, NULL, ACC_HTTP_RESOLVE, false},
    {CURLE_COULDNT_CONNECT, NULL, ACC_HTTP_CONNECT, false},
    {CURLE_PROXY, NULL, ACC_HTTP_CONNECT, false},
    /* A handshake that the other side breaks off with a reason, or that is not TLS, fails again;
     * one whose connection broke need not. */
    {CURLE_SSL_CONNECT_ERROR, "unexpected eof", ACC_HTTP_CONNECT, false},
    {CURLE_SSL_CONNECT_ERROR, "SSL routines", ACC_HTTP_TLS, false},
    {CURLE_SSL_CONNECT_ERROR, NULL, ACC_HTTP_CONNECT, false},
    {CURLE_PEER_FAILED_VERIFICATION, NULL, ACC_HTTP_TLS, false},
    /* In TLS 1.3 a server rejects a client certificate only after the request was sent. */
    {CURLE_RECV_ERROR, "alert certificate", ACC_HTTP_TLS, false},
    {CURLE_RECV_ERROR, "alert bad certificate", ACC_HTTP_TLS, false},
    {CURLE_RECV_ERROR, "alert unsupported certificate", ACC_HTTP_TLS, false},
    {CURLE_RECV_ERROR, "alert unknown ca", ACC_HTTP_TLS, false},
    {CURLE_SSL_CERTPROBLEM, NULL, ACC_HTTP_LOCAL, false},
    {CURLE_SSL_CACERT_BADFILE, NULL, ACC_HTTP_LOCAL, false},
    {CURLE_OUT_OF_MEMORY, NULL, ACC_HTTP_LOCAL, true},
    {CURLE_URL_MALFORMAT, NULL, ACC_HTTP_LOCAL, false},
    {CURLE_UNSUPPORTED_PROTOCOL, NULL, ACC_HTTP_LOCAL, false},
    {CURLE_OPERATION_TIMEDOUT, NULL, ACC_HTTP_TIMEOUT, true},
    {CURLE_WEIRD_SERVER_REPLY, NULL, ACC_HTTP_NOT_HTTP, true},
    {CURLE_FILESIZE_EXCEEDED, NULL, ACC_HTTP_TOO_LARGE, true},
    {CURLE_WRITE_ERROR, NULL, ACC_HTTP_TOO_LARGE, true},
};

static void say(struct acc_http_request *request, const char *text)
{
    snprintf(request->failure_text, sizeof request->failure_text, "%s", text);
}

/* The proxy's answer when it did not pass the request on, else 0. Only proxies answer 407. */
static long proxy_refusal(const struct acc_http_request *request, CURLcode code)
{
    long status = 0;
    curl_easy_getinfo(request->easy,
                      code == CURLE_OK ? CURLINFO_RESPONSE_CODE : CURLINFO_HTTP_CONNECTCODE,
                      &status);
    bool refused = code == CURLE_OK ? status == 407 : status >= 300;
    return refused ? status : 0;
}

static void judge_proxy(struct acc_http_request *request, long status)
{
    /* 429 and 5xx: it could not, this time. */
    request->failure = status == 429 || status >= 500 ? ACC_HTTP_CONNECT : ACC_HTTP_PROXY;
    request->reached = false;
    snprintf(request->failure_text, sizeof request->failure_text,
             "the proxy answered %ld instead of passing it on", status);
}

static void look_up(struct acc_http_request *request, CURLcode code)
{
    request->failure = code == CURLE_OK ? ACC_HTTP_OK : ACC_HTTP_BROKEN;
    request->reached = true;
    for (size_t i = 0; i < ACC_COUNT_OF(failures); i++)
        if (failures[i].code == code &&
            (failures[i].words == NULL || strstr(request->failure_text, failures[i].words))) {
            request->failure = failures[i].failure;
            request->reached = failures[i].reached;
            return;
        }
}

void acc_http_judge(struct acc_http_request *request, CURLcode code)
{
    if (code != CURLE_OK && request->failure_text[0] == '\0')
        say(request, curl_easy_strerror(code));
    long refusal = proxy_refusal(request, code);
    if (refusal != 0) {
        judge_proxy(request, refusal);
        return;
    }
    look_up(request, code);
    if (request->failure == ACC_HTTP_OK && !request->head_whole) {
        /* libcurl takes a connection that ends among the headers for the end of an answer. */
        request->failure = ACC_HTTP_BROKEN;
        say(request, "the answer was cut among its headers");
    }
    if (request->failure == ACC_HTTP_PROXY)
        /* libcurl quotes the URL, which may hold a password. */
        say(request, "the URL of the proxy (https_proxy, http_proxy, all_proxy) is not understood");
    if (code == CURLE_ABORTED_BY_CALLBACK)
        say(request, "the connection was closed without an answer");
    if (code == CURLE_OPERATION_TIMEDOUT) {
        /* Timed out before a connection stood: nothing can have been sent. */
        curl_off_t connected = 0;
        curl_easy_getinfo(request->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
        request->reached = connected > 0;
    }
    if (code == CURLE_UNSUPPORTED_PROTOCOL && request->header_lines.len == 0 &&
        strstr(request->failure_text, "HTTP/") != NULL) {
        request->failure = ACC_HTTP_NOT_HTTP; /* "Received HTTP/0.9 when not allowed" */
        request->reached = true;
    }
}
