/* Bodies sent and received at a limited rate: each piece asks the token bucket first, and a
 * transfer that has to wait is paused until its turn comes. TCP passes the pause on to the server.
 *
 * Only a limited client sends bodies through a callback; else libcurl sends them from where they
 * lie. Nothing fails here. A request that ends leaves the queue. */
#include <string.h>

#include "base/mem.h"
#include "loop/http_internal.h"

/* While its turn has not come, a transfer moves nothing, by our own wish: only one that moves
 * nothing at all for the whole stall time-out has stalled. */
#define LEAST_RATE_LIMITED 1L
#define UPLOAD_BUFFER (64L * 1024)

bool acc_transfers_limited(const struct acc_transfers *transfers)
{
    return acc_rate_plan_limits(&transfers->rate.plan);
}

static size_t on_body_wanted(char *to, size_t size, size_t count, void *arg)
{
    struct acc_http_request *request = arg;
    struct acc_rate *rate = &request->transfers->rate;
    size_t left = request->body_len - request->body_at, room = size * count;
    if (left == 0)
        return 0;
    if (!acc_rate_ask(rate, &request->rate_wait))
        return CURL_READFUNC_PAUSE;
    size_t len = acc_rate_slice(rate, left < room ? left : room);
    memcpy(to, (const char *)request->body + request->body_at, len);
    request->body_at += len;
    acc_rate_spend(rate, (int64_t)len);
    return len;
}

/* A reused connection turned out to be dead: libcurl sends the body again. */
static int on_body_again(void *arg, curl_off_t offset, int origin)
{
    struct acc_http_request *request = arg;
    if (origin != SEEK_SET || offset < 0 || (size_t)offset > request->body_len)
        return CURL_SEEKFUNC_FAIL;
    request->body_at = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

void acc_http_limit(CURL *easy, struct acc_http_request *request)
{
    request->body_at = 0;
    if (request->body == NULL)
        return;
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, (char *)NULL);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_body_wanted);
    curl_easy_setopt(easy, CURLOPT_READDATA, request);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_body_again);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, request);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, LEAST_RATE_LIMITED);
}

bool acc_http_may_take(struct acc_http_request *request)
{
    return !acc_transfers_limited(request->transfers) ||
           acc_rate_ask(&request->transfers->rate, &request->rate_wait);
}
