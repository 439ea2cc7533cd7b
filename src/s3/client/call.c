/* One S3 request: made ready, signed, sent, ended. Its answer is read in answer.c, and what follows
 * it is settled in retry.c.
 *
 *   start ──> credentials at hand? ──no──> wait ──┐
 *                  │ yes                          │
 *                  ▼                              ▼
 *               attempt: sign, send ──> on_http_done: classify ──> on_done
 *                  ▲                              │ retry, expired, clock
 *                  └────────── backoff ◀──────────┘
 *
 * Fails by class, never by return value. On cancel the attempt, the wait or the backoff ends at
 * once and on_done follows from the loop. */
#include "s3/client/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/sha.h>

#include "base/clock.h"
#include "base/mem.h"
#include "s3/client/internal.h"
#include "s3/wire/xml.h"

static const char empty_body[] = "";

/* ---- setting up ---- */

static void forget_pairs(struct acc_s3_pair *pairs, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        free((char *)pairs[i].value);
    *count = 0;
}

static void forget_answer(struct acc_s3_call *call)
{
    acc_xml_free(call->xml);
    call->xml = NULL;
}

void acc_s3_call_init(struct acc_s3_call *call, struct acc_s3 *s3, enum acc_s3_op op,
                      const char *key)
{
    forget_pairs(call->query, &call->query_count);
    forget_pairs(call->headers, &call->header_count);
    call->s3 = s3;
    call->op = op;
    call->body = NULL;
    call->body_len = 0;
    call->body_sha256 = NULL;
    call->unsigned_body = false;
    call->body_md5 = NULL;
    call->content_md5[0] = '\0';
    call->reply_max = 0;
    call->passes_hold = call->question = false;
    call->delay_ms = 0;
    call->on_data = NULL;
    call->on_retry = NULL;
    acc_str_set(&call->key, key ? key : "");
    call->on_account = key == NULL;
    if (acc_s3_ops[op].subresource != NULL)
        acc_s3_call_query(call, acc_s3_ops[op].subresource, "");
}

static void add_pair(struct acc_s3_pair *pairs, size_t *count, const char *name, const char *value)
{
    if (*count == ACC_S3_CALL_PAIRS)
        abort();
    pairs[(*count)++] = (struct acc_s3_pair){name, acc_strdup(value)};
}

void acc_s3_call_query(struct acc_s3_call *call, const char *name, const char *value)
{
    add_pair(call->query, &call->query_count, name, value);
}

void acc_s3_call_header(struct acc_s3_call *call, const char *name, const char *value)
{
    add_pair(call->headers, &call->header_count, name, value);
}

void acc_s3_call_set_header(struct acc_s3_call *call, const char *name, const char *value)
{
    for (size_t i = 0; i < call->header_count; i++)
        if (strcmp(call->headers[i].name, name) == 0) {
            free((char *)call->headers[i].value);
            call->headers[i].value = acc_strdup(value);
            return;
        }
    acc_s3_call_header(call, name, value);
}

void acc_s3_call_progressed(struct acc_s3_call *call)
{
    call->attempts = 1;
}

void acc_s3_call_release(struct acc_s3_call *call)
{
    forget_pairs(call->query, &call->query_count);
    forget_pairs(call->headers, &call->header_count);
    acc_str_release(&call->key);
    acc_str_release(&call->url);
    acc_str_release(&call->signed_with);
    forget_answer(call);
    acc_http_request_release(&call->http);
}

/* ---- one attempt ---- */

static const struct acc_s3_address *address_of(const struct acc_s3_call *call)
{
    return call->on_account ? &call->s3->account : &call->s3->address;
}

/* All headers to sign, sorted by name: the call's own, and those every request has. */
static size_t collect_headers(struct acc_s3_call *call,
                              struct acc_s3_pair all[ACC_S3_CALL_PAIRS + 6], const char *payload,
                              const char *date, const char *token)
{
    size_t count = 0;
    all[count++] = (struct acc_s3_pair){"host", acc_str_cstr(&address_of(call)->host)};
    all[count++] = (struct acc_s3_pair){"x-amz-content-sha256", payload};
    all[count++] = (struct acc_s3_pair){"x-amz-date", date};
    if (token != NULL)
        all[count++] = (struct acc_s3_pair){"x-amz-security-token", token};
    if (call->s3->expected_owner != NULL)
        all[count++] =
            (struct acc_s3_pair){"x-amz-expected-bucket-owner", call->s3->expected_owner};
    if (call->content_md5[0] != '\0')
        all[count++] = (struct acc_s3_pair){"content-md5", call->content_md5};
    for (size_t i = 0; i < call->header_count; i++)
        all[count++] = call->headers[i];
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && strcmp(all[k - 1].name, all[k].name) > 0; k--) {
            struct acc_s3_pair swap = all[k];
            all[k] = all[k - 1];
            all[k - 1] = swap;
        }
    return count;
}

/* A header that is left out, If-None-Match say, makes another request of it. */
static void add_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer == NULL)
        acc_out_of_memory();
    *list = longer;
}

static void set_http_headers(struct acc_s3_call *call, const struct acc_s3_pair *all, size_t count,
                             const char *authorization)
{
    struct acc_str line = {0};
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].name, "host") == 0)
            continue; /* libcurl writes it from the URL, the same text */
        acc_str_clear(&line);
        acc_str_add(&line, all[i].name);
        acc_str_add_n(&line, ": ", 2);
        acc_str_add(&line, all[i].value);
        add_line(&list, acc_str_cstr(&line));
    }
    acc_str_clear(&line);
    acc_str_addf(&line, "authorization: %s", authorization);
    add_line(&list, acc_str_cstr(&line));
    if (call->body != NULL)
        add_line(&list, "expect:"); /* no waiting for 100 Continue */
    if (call->body != NULL || strcmp(acc_s3_ops[call->op].method, "POST") == 0) {
        bool typed = false;
        for (size_t i = 0; i < call->header_count; i++)
            typed = typed || strcmp(call->headers[i].name, "content-type") == 0;
        if (!typed)
            add_line(&list, "content-type:"); /* libcurl would claim a form */
    }
    acc_str_release(&line);
    curl_slist_free_all(call->http.headers);
    call->http.headers = list;
}

/* Signed again for each attempt: the bucket may have turned out to be in another region. */
static void build_url(struct acc_s3_call *call)
{
    const struct acc_s3_address *address = address_of(call);
    acc_str_set(&call->url, acc_str_cstr(&address->base));
    acc_str_add(&call->url, acc_str_cstr(&address->path));
    acc_str_add_c(&call->url, '/');
    acc_s3_encode(&call->url, acc_str_cstr(&call->key), call->key.len, true);
}

static void sign(struct acc_s3_call *call, const struct acc_credentials *credentials)
{
    struct acc_s3 *s3 = call->s3;
    char date[ACC_TIME_TEXT], payload[2 * ACC_SHA256_LEN + 1];
    acc_time_amz(acc_time_now() + s3->clock_offset, date);
    if (call->unsigned_body)
        snprintf(payload, sizeof payload, "UNSIGNED-PAYLOAD");
    else
        acc_hex_encode(call->body_sha256, ACC_SHA256_LEN, payload);

    acc_s3_call_apply(call);
    struct acc_s3_pair all[ACC_S3_CALL_PAIRS + 6];
    size_t count = collect_headers(call, all, payload, date, credentials->session_token);
    const char *path = acc_str_cstr(&call->url) + address_of(call)->base.len;
    struct acc_str query = {0}, authorization = {0};
    acc_s3_canonical_query(call->query, call->query_count, &query);
    struct acc_s3_sign_input input = {
        .method = acc_s3_ops[call->op].method,
        .path = path,
        .query = acc_str_cstr(&query),
        .headers = all,
        .header_count = count,
        .payload_sha256 = payload,
        .amz_date = date,
        .region = acc_str_cstr(&address_of(call)->region),
        .service = "s3",
        .access_key = credentials->access_key,
        .secret_key = credentials->secret_key,
    };
    acc_s3_sign(&input, &s3->signing_key, &authorization);
    set_http_headers(call, all, count, acc_str_cstr(&authorization));
    acc_str_set(&call->signed_with, credentials->access_key);
    if (query.len > 0) {
        acc_str_add_c(&call->url, '?');
        acc_str_add_n(&call->url, query.data, query.len);
    }
    acc_str_release(&query);
    acc_str_release(&authorization);
}

static bool on_http_data(struct acc_http_request *http, const void *bytes, size_t len)
{
    struct acc_s3_call *call = ACC_CONTAINER_OF(http, struct acc_s3_call, http);
    return call->on_data(call, bytes, len);
}

static void on_http_done(struct acc_http_request *http)
{
    struct acc_s3_call *call = ACC_CONTAINER_OF(http, struct acc_s3_call, http);
    struct acc_s3 *s3 = call->s3;
    s3->in_flight--;
    s3->stats.bytes_sent += (uint64_t)http->sent;
    acc_s3_call_answered(call);
    acc_s3_pump(s3);
}

static void send_signed(struct acc_s3_call *call, const struct acc_credentials *credentials)
{
    struct acc_s3 *s3 = call->s3;
    build_url(call);
    sign(call, credentials);
    call->attempts++;
    call->sent_at = (uint64_t)acc_clock_now();
    s3->in_flight++;
    call->sent_while_held = s3->hold_writes;
    s3->stats.requests++;
    if (acc_s3_ops[call->op].write)
        s3->stats.write_requests++;
    bool wants_body =
        acc_s3_ops[call->op].method[0] == 'P'; /* PUT and POST carry a body, if an empty one */
    call->http.method = acc_s3_ops[call->op].method;
    call->http.url = acc_str_cstr(&call->url);
    call->http.body = wants_body && call->body == NULL ? empty_body : call->body;
    call->http.body_len = call->body_len;
    call->http.reply_max = call->reply_max;
    call->http.bulk = call->on_data != NULL;
    /* Calls that leave something behind which a second request would not replace. */
    call->http.unwanted = false;
    call->http.once = acc_s3_ops[call->op].ambiguous || call->op == ACC_S3_CREATE_UPLOAD;
    call->http.on_data = call->on_data != NULL ? on_http_data : NULL;
    call->http.on_done = on_http_done;
    acc_http_start(s3->http, &call->http);
}

static void on_credentials(struct acc_credentials_wait *wait,
                           const struct acc_credentials *credentials, const struct acc_error *err)
{
    struct acc_s3_call *call = ACC_CONTAINER_OF(wait, struct acc_s3_call, wait);
    if (credentials != NULL) {
        /* Many may have waited: the limit holds for them too, and writes may be held by now. */
        if (acc_s3_may_send(call->s3, call))
            send_signed(call, credentials);
        else
            acc_s3_await_turn(call);
        return;
    }
    snprintf(call->code, sizeof call->code, "NoCredentials");
    snprintf(call->message, sizeof call->message, "%.*s", (int)sizeof call->message - 1,
             err->message);
    acc_s3_call_finish(call, err->code == ACC_INTERRUPTED ? ACC_S3_CANCELLED : ACC_S3_CREDENTIALS);
}

void acc_s3_call_attempt(struct acc_s3_call *call)
{
    if (call->cancelled) {
        acc_s3_call_finish(call, ACC_S3_CANCELLED);
        return;
    }
    struct acc_s3 *s3 = call->s3;
    if (!acc_s3_may_send(s3, call)) {
        acc_s3_await_turn(call);
        return;
    }
    if (call->attempts > 0 && call->on_retry != NULL)
        call->on_retry(call);
    const struct acc_credentials *credentials = acc_credentials_current(s3->credentials);
    if (credentials != NULL) {
        send_signed(call, credentials);
        return;
    }
    call->wait.on_ready = on_credentials;
    acc_credentials_await(s3->credentials, &call->wait);
}

void acc_s3_call_start(struct acc_s3_call *call)
{
    if (call->body_sha256 == NULL && !call->unsigned_body) {
        SHA256(call->body != NULL ? call->body : empty_body, call->body_len, call->own_sha256);
        call->body_sha256 = call->own_sha256;
    }
    forget_answer(call);
    call->attempts = 0;
    call->status = 0;
    call->code[0] = call->message[0] = call->request_id[0] = call->region[0] = '\0';
    call->running = true;
    call->refreshes = 0;
    call->corrected_clock = call->followed_region = call->cancelled = call->withdrew = false;
    if (call->delay_ms > 0)
        acc_s3_backoff_push(call->s3, call, call->delay_ms);
    else
        acc_s3_call_attempt(call);
}

void acc_s3_call_cancel(struct acc_s3_call *call)
{
    if (!call->running || call->cancelled)
        return;
    call->cancelled = true;
    acc_http_cancel(&call->http);
    if (acc_link_in_list(&call->backoff)) {
        acc_list_remove(&call->backoff);
        acc_s3_backoff_push(call->s3, call, 0);
    } else if (acc_link_in_list(&call->wait.link)) {
        acc_credentials_cancel(&call->wait);
        acc_s3_backoff_push(call->s3, call, 0);
    }
}

void acc_s3_call_refuse(struct acc_s3_call *call)
{
    call->cancelled = call->http.unwanted = true;
}

void acc_s3_call_cancel_waiting(struct acc_s3_call *call)
{
    if (acc_link_in_list(&call->backoff) || acc_link_in_list(&call->wait.link))
        acc_s3_call_cancel(call);
}
