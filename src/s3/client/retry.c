/* Decides what follows an answer: the call is over, or it is sent again, now (new credentials, the
 * right clock or region) or after a delay (jitter, or the server's Retry-After). Fails by class: a
 * call that may not be sent again ends with the class of its last answer. */
#include "s3/client/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/trace.h"
#include "s3/client/internal.h"

#define RETRY_COST 5
#define BACKOFF_FIRST_MS 100
#define BACKOFF_CAP_MS 20000
#define RETRY_AFTER_CAP_MS 120000
/* A digest refused twice for bytes that hashed right here is not an accident of the wire. */
#define MISMATCH_TRIES 3
/* Credentials that were handed out late in their life may expire before a call's turn comes. */
#define REFRESH_TRIES 3
/* "Not known" is an answer, too. */
#define QUESTION_TRIES 2
#define CLOCK_OFF_MS (60 * 1000)

/* xorshift64*: jitter needs no better. */
static uint64_t random_below(struct acc_s3 *s3, uint64_t limit)
{
    s3->random ^= s3->random >> 12;
    s3->random ^= s3->random << 25;
    s3->random ^= s3->random >> 27;
    return limit ? (s3->random * 2685821657736338717ull >> 16) % limit : 0;
}

/* The delay that Retry-After asks for, in milliseconds; 0 if it asks for none. */
static uint64_t asked_delay(const struct acc_s3_call *call)
{
    char text[32];
    long long seconds;
    if (call->http.failure == ACC_HTTP_OK &&
        acc_http_header(&call->http, "retry-after", text, sizeof text) != NULL &&
        acc_parse_int(text, 0, RETRY_AFTER_CAP_MS / 1000, &seconds))
        return (uint64_t)seconds * 1000;
    return 0;
}

static uint64_t retry_delay(struct acc_s3_call *call)
{
    uint64_t asked = asked_delay(call);
    if (asked > 0)
        return asked + random_below(call->s3, 250);
    unsigned doublings = call->attempts < 9 ? call->attempts : 9;
    uint64_t cap = (uint64_t)BACKOFF_FIRST_MS << doublings;
    return 1 + random_below(call->s3, cap < BACKOFF_CAP_MS ? cap : BACKOFF_CAP_MS);
}

static bool is_mismatch(const struct acc_s3_call *call)
{
    return strcmp(call->code, "BadDigest") == 0 ||
           strcmp(call->code, "XAmzContentSHA256Mismatch") == 0;
}

bool acc_s3_call_throttled(const struct acc_s3_call *call)
{
    static const char *const codes[] = {"SlowDown",
                                        "Throttling",
                                        "ThrottlingException",
                                        "RequestLimitExceeded",
                                        "BandwidthLimitExceeded",
                                        "EC2ThrottledException",
                                        "TooManyRequestsException"};
    for (size_t i = 0; i < ACC_COUNT_OF(codes); i++)
        if (strcmp(call->code, codes[i]) == 0)
            return true;
    return call->status == 429;
}

static bool may_retry(struct acc_s3_call *call)
{
    struct acc_s3 *s3 = call->s3;
    unsigned cost = RETRY_COST;
    if (acc_s3_call_throttled(call)) {
        acc_s3_pace_slow_down(&s3->pace, (uint64_t)acc_clock_now(), call->sent_at,
                              asked_delay(call), random_below(s3, UINT64_MAX));
        cost = 0; /* it is not sick, and is hammered less */
    }
    if ((call->question &&
         (call->attempts >= QUESTION_TRIES || (call->status != 0 && call->status < 500))) ||
        call->attempts > (unsigned)s3->settings.retries ||
        (is_mismatch(call) && call->attempts >= MISMATCH_TRIES) || s3->budget < cost)
        return false;
    s3->budget -= cost;
    s3->stats.retries++;
    if (call->status != 0)
        snprintf(s3->stats.last_retry, sizeof s3->stats.last_retry, "%d %.50s", call->status,
                 call->code);
    else
        snprintf(s3->stats.last_retry, sizeof s3->stats.last_retry, "%.60s", call->message);
    return true;
}

/* The server's Date shows how far our clock is off; S3 allows 15 minutes. */
static bool correct_clock(struct acc_s3_call *call)
{
    char date[64];
    int64_t server;
    if (call->corrected_clock || acc_http_header(&call->http, "date", date, sizeof date) == NULL ||
        !acc_time_parse(date, &server))
        return false;
    call->corrected_clock = true;
    call->s3->clock_offset = server - acc_time_now();
    return true;
}

/* Dates have whole seconds, so one a second is enough. */
static void note_date(struct acc_s3_call *call)
{
    struct acc_s3 *s3 = call->s3;
    int64_t now = acc_clock_boot();
    char date[64];
    if ((s3->dated == 0 || now >= s3->dated_at + 1000) &&
        acc_http_header(&call->http, "date", date, sizeof date) != NULL &&
        acc_time_parse(date, &s3->dated))
        s3->dated_at = now;
}

/* A request that waited on a slow line is too old when it arrives, with a right clock too. */
static bool clock_is_right(const struct acc_s3_call *call)
{
    int64_t offset = call->s3->clock_offset;
    return call->corrected_clock && offset > -CLOCK_OFF_MS && offset < CLOCK_OFF_MS;
}

/* HEAD's errors have no body: a bare 400 may be the ExpiredToken that other requests receive. */
static bool may_be_expired(const struct acc_s3_call *call, enum acc_s3_class class)
{
    return class == ACC_S3_EXPIRED || (call->op == ACC_S3_HEAD_OBJECT && call->status == 400 &&
                                       call->code[0] == '\0' && call->refreshes == 0);
}

/* The bucket lives elsewhere and the answer says where: sign for that region, and on AWS go there.
 */
static bool follow_region(struct acc_s3_call *call)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    struct acc_s3 *s3 = call->s3;
    if (call->followed_region || call->region[0] == '\0' ||
        call->region[strspn(call->region, allowed)] != '\0')
        return false;
    call->followed_region = true;
    struct acc_error err; /* the settings have not changed: what was found once is found again */
    return acc_s3_address_find(&s3->address, &s3->settings, s3->location.bucket, call->region,
                               &err) == ACC_OK;
}

void acc_s3_call_answered(struct acc_s3_call *call)
{
    struct acc_http_request *http = &call->http;
    struct acc_s3 *s3 = call->s3;
    enum acc_s3_class class =
        acc_s3_call_read(call, acc_s3_ops[call->op].write, acc_s3_ops[call->op].ambiguous);
    acc_trace(ACC_TRACE_S3, "%s %s %s -> %d%s%s, request %s, %llu ms, attempt %u",
              acc_s3_ops[call->op].method, acc_s3_op_name(call->op), acc_str_cstr(&call->key),
              call->status, call->code[0] ? " " : "", call->code,
              call->request_id[0] ? call->request_id : "-",
              (unsigned long long)((uint64_t)acc_clock_now() - call->sent_at), call->attempts);
    acc_s3_call_note(call, class);
    note_date(call);
    if (class == ACC_S3_CLOCK && clock_is_right(call))
        class = ACC_S3_RETRY;
    if (call->cancelled && class != ACC_S3_OK) {
        acc_s3_call_finish(call, ACC_S3_CANCELLED);
    } else if (may_be_expired(call, class) && call->refreshes < REFRESH_TRIES &&
               acc_credentials_refused(s3->credentials, acc_str_cstr(&call->signed_with))) {
        call->refreshes++;
        acc_s3_backoff_push(s3, call, 0);
    } else if (class == ACC_S3_BUCKET && follow_region(call)) {
        acc_s3_backoff_push(s3, call, 0);
    } else if (class == ACC_S3_CLOCK && correct_clock(call)) {
        acc_s3_backoff_push(s3, call, 0);
    } else if (class == ACC_S3_KEY && acc_s3_call_learn(call)) {
        acc_s3_backoff_push(s3, call, 0);
    } else if (class == ACC_S3_RETRY && may_retry(call)) {
        acc_s3_backoff_push(s3, call, retry_delay(call));
    } else if (class == ACC_S3_RETRY && is_mismatch(call)) {
        acc_s3_call_finish(call, ACC_S3_KEY);
    } else if (class == ACC_S3_RETRY &&
               (http->failure == ACC_HTTP_NOT_HTTP || http->failure == ACC_HTTP_TOO_LARGE)) {
        acc_s3_call_finish(call, ACC_S3_PROTOCOL); /* no accident after all */
    } else if (class == ACC_S3_RETRY && http->failure != ACC_HTTP_OK) {
        acc_s3_call_finish(call, ACC_S3_UNREACHABLE);
    } else {
        acc_s3_call_finish(call, class);
    }
}

/* ---- reporting it ---- */

int64_t acc_s3_now(const struct acc_s3 *s3)
{
    return s3->dated != 0 ? s3->dated + acc_clock_boot() - s3->dated_at : acc_time_now();
}

int64_t acc_s3_server_time(const struct acc_s3_call *call)
{
    char date[64];
    int64_t server;
    if (acc_http_header(&call->http, "date", date, sizeof date) != NULL &&
        acc_time_parse(date, &server))
        return server;
    return acc_s3_now(call->s3);
}

enum acc_code acc_s3_call_error(const struct acc_s3_call *call, struct acc_error *err)
{
    struct acc_str what = {0};
    acc_str_add(&what, acc_s3_op_name(call->op));
    if (call->key.len > 0)
        acc_str_addf(&what, " %s", acc_str_cstr(&call->key));
    if (call->status != 0)
        acc_str_addf(&what, " -> %d%s%s", call->status, call->code[0] ? " " : "", call->code);
    else
        acc_str_add(&what, " -> no answer");
    if (call->message[0])
        acc_str_addf(&what, " (%s)", call->message);
    if (call->attempts > 1)
        acc_str_addf(&what, ", %u attempts", call->attempts);
    enum acc_code code =
        acc_error_set(err, acc_s3_class_code(call->class), "%s", acc_str_cstr(&what));
    acc_str_release(&what);
    return code;
}
