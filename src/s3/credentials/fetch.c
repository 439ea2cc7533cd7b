/* Happy path: send -> on_http_done -> on_answer. After a failure that may pass, the request is sent
 * again after a pause, as often as the source allows. Abandoned: the request is cancelled, and its
 * on_done closes the fetch without reporting to the caller. In a pause the fetch is closed
 * immediately. The memory is freed when the timer has closed. */
#include "s3/credentials/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "s3/wire/unreachable.h"

static void on_closed(struct acc_timer *timer)
{
    struct acc_fetch *fetch = ACC_CONTAINER_OF(timer, struct acc_fetch, again);
    acc_str_release(&fetch->about);
    free(fetch);
}

void acc_fetch_clear_headers(struct acc_fetch *fetch)
{
    for (struct curl_slist *header = fetch->headers; header != NULL; header = header->next)
        explicit_bzero(header->data, strlen(header->data));
    curl_slist_free_all(fetch->headers);
    fetch->headers = NULL;
}

void acc_fetch_close(struct acc_fetch *fetch)
{
    if (fetch->closing)
        return;
    fetch->closing = true;
    if (fetch->lookup != NULL)
        fetch->lookup->work = NULL;
    acc_fetch_clear_headers(fetch);
    acc_str_wipe(&fetch->url);
    acc_str_wipe(&fetch->body);
    acc_str_wipe(&fetch->http.reply);
    acc_http_request_release(&fetch->http);
    acc_timer_close(&fetch->again, on_closed);
}

static void abandon(void *work)
{
    struct acc_fetch *fetch = work;
    fetch->lookup = NULL;
    if (fetch->under_way)
        acc_http_cancel(&fetch->http);
    else
        acc_fetch_close(fetch);
}

static void transmit(struct acc_fetch *fetch)
{
    fetch->attempt++;
    fetch->under_way = true;
    fetch->http.method = fetch->method;
    fetch->http.url = acc_str_cstr(&fetch->url);
    fetch->http.headers = fetch->headers;
    fetch->http.body = strcmp(fetch->method, "GET") == 0 ? NULL : acc_str_cstr(&fetch->body);
    fetch->http.body_len = fetch->body.len;
    acc_http_start(fetch->lookup->http, &fetch->http);
}

static bool is_passing(const struct acc_fetch *fetch)
{
    switch (fetch->http.failure) {
    case ACC_HTTP_OK:
        break;
    case ACC_HTTP_TLS:
    case ACC_HTTP_PROXY:
    case ACC_HTTP_LOCAL:
        return false;
    default:
        return true;
    }
    return fetch->http.status >= 500 || fetch->http.status == 429 ||
           (fetch->is_passing != NULL && fetch->is_passing(fetch));
}

static void on_http_done(struct acc_http_request *http)
{
    struct acc_fetch *fetch = ACC_CONTAINER_OF(http, struct acc_fetch, http);
    fetch->under_way = false;
    if (fetch->lookup == NULL)
        acc_fetch_close(fetch);
    else if (fetch->attempt < fetch->attempts && is_passing(fetch))
        acc_timer_start(&fetch->again, fetch->pause_ms);
    else
        fetch->on_answer(fetch);
}

static void on_again(struct acc_timer *timer)
{
    transmit(ACC_CONTAINER_OF(timer, struct acc_fetch, again));
}

struct acc_fetch *acc_fetch_new(struct acc_lookup *lookup, void (*on_answer)(struct acc_fetch *))
{
    struct acc_fetch *fetch = ACC_NEW(struct acc_fetch);
    fetch->lookup = lookup;
    fetch->attempts = 1;
    fetch->http.on_done = on_http_done;
    fetch->on_answer = on_answer;
    acc_timer_init(lookup->loop, &fetch->again, on_again);
    lookup->work = fetch;
    lookup->abandon = abandon;
    return fetch;
}

void acc_fetch_header(struct acc_fetch *fetch, const char *name, const char *value)
{
    struct acc_str line = {0};
    acc_str_addf(&line, "%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(fetch->headers, acc_str_cstr(&line));
    if (longer == NULL)
        acc_out_of_memory();
    fetch->headers = longer;
    acc_str_wipe(&line);
}

void acc_fetch_send(struct acc_fetch *fetch, const char *method)
{
    fetch->attempt = 0;
    fetch->method = method;
    transmit(fetch);
}

void acc_fetch_describe(const struct acc_fetch *fetch, char *out, size_t size)
{
    char why[300];
    if (fetch->http.failure == ACC_HTTP_OK)
        snprintf(out, size, "answered %d", fetch->http.status);
    else if (acc_s3_unreachable(&fetch->http, why, sizeof why) != NULL)
        snprintf(out, size, "gave no answer (%s)", why);
    else
        snprintf(out, size, "gave no answer (%s)", fetch->http.failure_text);
}
