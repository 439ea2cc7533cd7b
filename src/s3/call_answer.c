/* What an answer means: read into class, code and words, and then one of two ends: the call is
 * over, or it is sent again, now (new credentials, the right clock or region) or after a delay
 * (jitter, or what Retry-After says). An answer that cannot be read is a class of its own, never a
 * success. */
#include "s3/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "s3/internal.h"
#include "s3/xml.h"

#define RETRY_COST 5
#define BACKOFF_FIRST_MS 100
#define BACKOFF_CAP_MS 20000
#define RETRY_AFTER_CAP_MS 120000
/* A digest refused twice for bytes that hashed right here is not an accident of the wire. */
#define MISMATCH_TRIES 3
/* Credentials that were handed out late in their life may expire before a call's turn comes. */
#define REFRESH_TRIES 3

/* ---- reading it ---- */

static void read_error_body(struct acc_s3_call *call)
{
    struct acc_xml *xml = acc_xml_parse(call->http.reply.data, call->http.reply.len);
    const struct acc_node *root = acc_xml_root(xml);
    if (acc_node_is(root, "Error")) {
        struct acc_str text = {0};
        acc_node_copy(root, "Code", call->code, sizeof call->code);
        acc_node_copy(root, "Message", call->message, sizeof call->message);
        if (call->request_id[0] == '\0')
            acc_node_copy(root, "RequestId", call->request_id, sizeof call->request_id);
        if (call->region[0] == '\0')
            acc_node_copy(root, "Region", call->region, sizeof call->region);
        acc_str_release(&text);
    }
    acc_xml_free(xml);
}

/* A 200 to a request that is answered in XML must be XML, and may still be an <Error>. */
static bool answered_in_xml(const struct acc_s3_call *call)
{
    switch (call->op) {
    case ACC_S3_PUT_OBJECT:
    case ACC_S3_UPLOAD_PART:
    case ACC_S3_ABORT_UPLOAD:
    case ACC_S3_PUT_RETENTION:
    case ACC_S3_PUT_LEGAL_HOLD:
    case ACC_S3_PUT_TAGGING:
    case ACC_S3_HEAD_OBJECT:
    case ACC_S3_GET_OBJECT:
    case ACC_S3_GET_POLICY:
        return false;
    default:
        return true;
    }
}

static enum acc_s3_class read_answer(struct acc_s3_call *call)
{
    struct acc_http_request *http = &call->http;
    call->status = http->status;
    call->at = acc_time_now();
    call->code[0] = call->message[0] = '\0';
    if (acc_http_header(http, "x-amz-request-id", call->request_id, sizeof call->request_id) ==
        NULL)
        call->request_id[0] = '\0';
    acc_http_header(http, "x-amz-bucket-region", call->region, sizeof call->region);
    bool ok = http->status >= 200 && http->status < 300;
    if (!ok || (answered_in_xml(call) && http->reply.len > 0))
        read_error_body(call);
    if (ok && answered_in_xml(call) && call->code[0] == '\0') {
        struct acc_xml *xml = acc_xml_parse(http->reply.data, http->reply.len);
        bool well_formed = xml != NULL && !acc_node_is(acc_xml_root(xml), "html");
        acc_xml_free(xml);
        if (!well_formed) {
            snprintf(call->message, sizeof call->message, "the answer is not S3's XML");
            return acc_s3_ops[call->op].ambiguous ? ACC_S3_UNKNOWN : ACC_S3_PROTOCOL;
        }
    }
    return acc_s3_classify(http->status, call->code, acc_s3_ops[call->op].write,
                           acc_s3_ops[call->op].ambiguous);
}

static enum acc_s3_class read_failure(struct acc_s3_call *call)
{
    struct acc_http_request *http = &call->http;
    call->at = acc_time_now();
    snprintf(call->message, sizeof call->message, "%s", http->failure_text);
    switch (http->failure) {
    case ACC_HTTP_CANCELLED:
        return ACC_S3_CANCELLED;
    case ACC_HTTP_NOT_HTTP:
    case ACC_HTTP_TOO_LARGE:
        if (call->s3->stats.successes == 0)
            return ACC_S3_PROTOCOL;
        break; /* it has spoken S3 before: an accident on the way */
    case ACC_HTTP_TLS:
    case ACC_HTTP_LOCAL:
        return ACC_S3_UNREACHABLE; /* a certificate does not mend itself between attempts */
    default:
        break;
    }
    return acc_s3_ops[call->op].ambiguous && http->reached ? ACC_S3_UNKNOWN : ACC_S3_RETRY;
}

/* ---- another attempt? ---- */

/* xorshift64*: jitter needs no better. */
static uint64_t random_below(struct acc_s3 *s3, uint64_t limit)
{
    s3->random ^= s3->random >> 12;
    s3->random ^= s3->random << 25;
    s3->random ^= s3->random >> 27;
    return limit ? (s3->random * 2685821657736338717ull >> 16) % limit : 0;
}

/* What Retry-After says, in milliseconds; 0: nothing. */
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
    if (call->attempts > (unsigned)s3->settings.retries ||
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

/* The server's Date tells how far our clock is off; S3 allows 15 minutes. */
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

/* HEAD's errors have no body: a bare 400 may be the ExpiredToken that other requests are told. */
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
    if (strcmp(s3->settings.region, call->region) != 0) {
        free(s3->settings.region);
        s3->settings.region = acc_strdup(call->region);
        acc_s3_settings_address(&s3->settings, s3->location.bucket, &s3->base, &s3->host,
                                &s3->path);
    }
    return true;
}

void acc_s3_call_answered(struct acc_s3_call *call)
{
    struct acc_http_request *http = &call->http;
    struct acc_s3 *s3 = call->s3;
    enum acc_s3_class class = http->failure == ACC_HTTP_OK ? read_answer(call) : read_failure(call);
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

/* ---- telling it ---- */

int64_t acc_s3_server_time(const struct acc_s3_call *call)
{
    char date[64];
    int64_t server;
    if (acc_http_header(&call->http, "date", date, sizeof date) != NULL &&
        acc_time_parse(date, &server))
        return server;
    return acc_time_now() + call->s3->clock_offset;
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
