/* The healthy server's front: what it checks of every request before the operation's own handler
 * sees it. The first check that fails answers. */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

static void (*const handlers[OP_COUNT])(struct exchange *) = {
#define X(name, brief, method, scope, query) handle_##name,
    OPERATIONS(X)
#undef X
};

void handle_Unknown(struct exchange *x)
{
    reply_error(x, 501, "NotImplemented", "This server does not know the operation.");
}

static bool is_service(const struct exchange *x)
{
    return x->op == OP_Unknown || x->op == OP_ListBuckets || x->bucket_name[0] == '_';
}

static bool identity_is_known(struct exchange *x)
{
    if (x->access_key[0] == '\0' ||
        scenario_listed(x->server->scenario->config.access_keys, x->access_key))
        return true;
    reply_error(x, 403, "InvalidAccessKeyId", "The access key id is not known.");
    return false;
}

#define SKEW_MAX_MS (15 * 60 * 1000)

static bool clock_agrees(struct exchange *x)
{
    const char *text = http_header(&x->request, "x-amz-date");
    if (text == NULL || strlen(text) != 16)
        return true;
    struct tm tm = {0};
    if (strptime(text, "%Y%m%dT%H%M%SZ", &tm) == NULL)
        return true;
    int64_t now = acc_time_now() + x->server->scenario->config.clock_ms;
    if (llabs(timegm(&tm) * 1000LL - now) <= SKEW_MAX_MS)
        return true;
    reply_error(x, 403, "RequestTimeTooSkewed",
                "The difference between request time and server time is too large.");
    return false;
}

static bool bucket_exists(struct exchange *x)
{
    struct server *server = x->server;
    const struct config *config = &server->scenario->config;
    x->bucket = store_bucket(&server->store, x->bucket_name);
    bool makes =
        strcmp(config->buckets, "auto") == 0 || scenario_listed(config->buckets, x->bucket_name);
    if (x->bucket == NULL && makes && x->op != OP_CreateBucket)
        x->bucket = store_add_bucket(&server->store, x->bucket_name, config->versioned);
    if (x->bucket != NULL || x->op == OP_CreateBucket)
        return true;
    reply_error(x, 404, "NoSuchBucket", "The bucket does not exist.");
    return false;
}

static bool body_has_length(struct exchange *x)
{
    if (!x->request.chunked)
        return true;
    reply_error(x, 411, "MissingContentLength", "Content-Length is required.");
    return false;
}

static bool payload_is_as_signed(struct exchange *x)
{
    const char *hash = http_header(&x->request, "x-amz-content-sha256");
    if (hash == NULL || strcmp(hash, "UNSIGNED-PAYLOAD") == 0)
        return true;
    if (strncmp(hash, "STREAMING-", 10) == 0) {
        reply_error(x, 501, "NotImplemented",
                    "Streamed signatures and trailers are not understood.");
        return false;
    }
    if (!x->server->scenario->config.payload_hash || strcmp(hash, x->sha256) == 0)
        return true;
    reply_error(x, 400, "XAmzContentSHA256Mismatch",
                "The x-amz-content-sha256 does not match the body.");
    return false;
}

static bool checksums_agree(struct exchange *x)
{
    if (x->server->scenario->config.checksums != CHECKSUMS_VERIFIED ||
        x->op == OP_CompleteMultipartUpload)
        return true;
    const char *md5 = http_header(&x->request, "content-md5");
    bool good = true;
    if (md5 != NULL) {
        char hex[33], claimed[33];
        unsigned char raw[16 + 3];
        md5_hex(acc_str_cstr(&x->body), x->body.len, hex);
        good = acc_base64_decode(md5, raw, sizeof raw) == 16;
        if (good)
            acc_hex_encode(raw, 16, claimed);
        good = good && strcmp(hex, claimed) == 0;
    }
    for (int i = 0; good && i < CHECKSUM_ALGORITHMS; i++) {
        char name[32], value[56];
        snprintf(name, sizeof name, "x-amz-checksum-%s", checksum_algorithm_at(i));
        const char *claimed = http_header(&x->request, name);
        if (claimed == NULL || !knows_checksum(x, checksum_algorithm_at(i)))
            continue;
        checksum_of(checksum_algorithm_at(i), acc_str_cstr(&x->body), x->body.len, value);
        good = strcmp(claimed, value) == 0;
    }
    if (!good)
        reply_error(x, 400, "BadDigest", "A digest that was sent does not match the body.");
    return good;
}

void model_answer(struct exchange *x)
{
    bool good = is_service(x) || (identity_is_known(x) && clock_agrees(x) && bucket_exists(x));
    if (good && body_has_length(x) && payload_is_as_signed(x) && checksums_agree(x))
        handlers[x->op](x);
}

void rule_answer(struct exchange *x)
{
    const struct rule *rule = x->rule;
    exchange_clear_reply(x);
    x->reply.status = rule->status;
    if (rule->code != NULL)
        reply_error(x, rule->status, rule->code,
                    rule->how.message ? rule->how.message : "As the scenario has it.");
    if (rule->how.body != NULL) {
        acc_str_set(&x->reply.body, rule->how.body);
        x->reply.type = "application/xml";
    }
    if (rule->how.type != NULL)
        x->reply.type = rule->how.type;
    if (rule->how.retry_after >= 0)
        reply_header(x, "Retry-After", "%lld", rule->how.retry_after);
}
