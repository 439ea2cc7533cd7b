/* Building replies and putting them on the wire; nothing here fails. A rule's changes to a reply
 * (its length, its ETag, where it is cut) are applied only here. */
#include "exchange.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "xml.h"

static char *access_key_of(const struct http_request *request)
{
    const char *text = http_header(request, "authorization");
    text = text ? strstr(text, "Credential=") : NULL;
    if (text == NULL)
        return acc_strdup("");
    text += strlen("Credential=");
    return acc_strndup(text, strcspn(text, "/, "));
}

void exchange_begin(struct exchange *x, struct server *server)
{
    x->server = server;
    x->reply.head_length = -1;
    x->op = operation_of(&x->request, &x->bucket_name, &x->key);
    x->access_key = access_key_of(&x->request);
    const char *upload = http_query(&x->request, "uploadId"),
               *part = http_query(&x->request, "partNumber");
    x->upload_id = upload ? upload : "";
    x->part = part ? atoll(part) : 0;
}

void exchange_clear_reply(struct exchange *x)
{
    acc_str_release(&x->reply.body);
    free(x->reply.code);
    http_pairs_release(&x->reply.header);
    x->reply = (struct reply){.head_length = -1};
}

void exchange_release(struct exchange *x)
{
    exchange_clear_reply(x);
    http_request_release(&x->request);
    free(x->bucket_name);
    free(x->key);
    free(x->access_key);
    acc_str_release(&x->body);
    *x = (struct exchange){0};
}

void reply_header(struct exchange *x, const char *name, const char *format, ...)
{
    char *value;
    va_list args;
    va_start(args, format);
    if (vasprintf(&value, format, args) < 0)
        abort();
    va_end(args);
    http_pairs_add(&x->reply.header, name, value);
    free(value);
}

struct acc_str *reply_xml(struct exchange *x, int status, const char *root)
{
    x->reply.status = status;
    x->reply.type = "application/xml";
    acc_str_set(&x->reply.body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    acc_str_addf(&x->reply.body, "<%s xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">", root);
    return &x->reply.body;
}

void reply_error(struct exchange *x, int status, const char *code, const char *message)
{
    struct reply *reply = &x->reply;
    reply->status = status;
    reply->type = "application/xml";
    free(reply->code);
    reply->code = acc_strdup(code);
    acc_str_set(&reply->body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
    xml_element(&reply->body, "Code", code);
    xml_element(&reply->body, "Message", message);
    if (x->bucket_name[0] != '\0')
        xml_element(&reply->body, "BucketName", x->bucket_name);
    if (x->key[0] != '\0')
        xml_element(&reply->body, "Key", x->key);
    acc_str_addf(&reply->body,
                 "<RequestId>scripted-%06lld</RequestId><HostId>scripted</HostId></Error>",
                 x->number);
}

void exchange_show_etag(const struct exchange *x, const char *etag, struct acc_str *out)
{
    int style = x->rule ? x->rule->how.etag : ETAG_QUOTED;
    const char *quote = style == ETAG_QUOTED || style == ETAG_WRONG ? "\"" : "";
    const char *value = style == ETAG_EMPTY   ? ""
                        : style == ETAG_WRONG ? "00000000000000000000000000000000"
                                              : etag;
    acc_str_clear(out);
    acc_str_addf(out, "%s%s%s", quote, value, quote);
}

bool knows_checksum(const struct exchange *x, const char *algorithm)
{
    const struct config *config = &x->server->scenario->config;
    return algorithm != NULL && config->checksums != CHECKSUMS_IGNORED &&
           scenario_listed(config->algorithms, algorithm);
}

/* As the rule has it; NULL when it is not to be shown. `wrong` is room for another value. */
static const char *shown_checksum(const struct exchange *x, const struct checksum *checksum,
                                  char wrong[56])
{
    int style = x->rule ? x->rule->how.checksum : CHECKSUM_STORED;
    if (checksum->algorithm == NULL || checksum->value[0] == '\0' || style == CHECKSUM_NONE)
        return NULL;
    if (style == CHECKSUM_STORED)
        return checksum->value;
    checksum_of(checksum->algorithm, "wrong", 5, wrong);
    return wrong;
}

static const char *type_of(const struct checksum *checksum)
{
    return checksum->composite ? "COMPOSITE" : "FULL_OBJECT";
}

void reply_checksum(struct exchange *x, const struct checksum *checksum)
{
    char name[32], wrong[56];
    const char *value = shown_checksum(x, checksum, wrong);
    if (value == NULL)
        return;
    snprintf(name, sizeof name, "x-amz-checksum-%s", checksum->algorithm);
    reply_header(x, name, "%s", value);
    if (x->server->scenario->config.full_object)
        reply_header(x, "x-amz-checksum-type", "%s", type_of(checksum));
}

void xml_checksum(struct exchange *x, const struct checksum *checksum)
{
    char name[32] = "Checksum", wrong[56];
    const char *value = shown_checksum(x, checksum, wrong);
    if (value == NULL)
        return;
    for (size_t i = 0; checksum->algorithm[i] != '\0'; i++)
        name[8 + i] = (char)toupper(checksum->algorithm[i]);
    xml_element(&x->reply.body, name, value);
    if (x->server->scenario->config.full_object)
        xml_element(&x->reply.body, "ChecksumType", type_of(checksum));
}

static size_t extent_of(const struct extent *extent, size_t size)
{
    long long value = (long long)size;
    if (extent->given && extent->percent)
        value = value * extent->value / 100;
    else if (extent->given)
        value = extent->value < 0 ? value + extent->value : extent->value;
    return value < 0 ? 0 : (size_t)value;
}

void http_date(int64_t ms, char out[32])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(out, 32, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

/* A name in `removed`, or one that the rule adds with another value, is left out. */
static bool is_overridden(const struct rule *rule, const char *name)
{
    if (rule == NULL)
        return false;
    for (size_t i = 0; i < rule->how.add.count; i++)
        if (strcasecmp(rule->how.add.at[i].name, name) == 0)
            return true;
    return rule->how.remove != NULL && scenario_listed(rule->how.remove, name);
}

static void render_header(const struct exchange *x, struct acc_str *wire, const char *name,
                          const char *value)
{
    if (!is_overridden(x->rule, name))
        acc_str_addf(wire, "%s: %s\r\n", name, value);
}

/* Spaces in front and a trimmed end are part of the body: Content-Length counts them. */
static void apply_body_rule(struct exchange *x)
{
    if (x->rule == NULL)
        return;
    struct acc_str *body = &x->reply.body;
    size_t keep = extent_of(&x->rule->how.trim, body->len);
    if (keep < body->len)
        acc_str_cut(body, keep);
    if (x->rule->how.space == 0)
        return;
    struct acc_str padded = {0};
    for (long long i = 0; i < x->rule->how.space; i++)
        acc_str_add_c(&padded, ' ');
    acc_str_add_n(&padded, acc_str_cstr(body), body->len);
    acc_str_release(body);
    *body = padded;
}

static bool in_chunks(const struct exchange *x)
{
    return x->server->scenario->config.chunked == YES && strcmp(x->request.method, "HEAD") != 0 &&
           x->reply.body.len > 0;
}

/* Two of them, then the one that ends it. */
static void render_chunks(const struct acc_str *body, struct acc_str *wire)
{
    size_t half = (body->len + 1) / 2;
    for (size_t at = 0; at < body->len; at += half) {
        size_t len = body->len - at < half ? body->len - at : half;
        acc_str_addf(wire, "%zx\r\n", len);
        acc_str_add_n(wire, body->data + at, len);
        acc_str_add(wire, "\r\n");
    }
    acc_str_add(wire, "0\r\n\r\n");
}

static void render_head(struct exchange *x, struct acc_str *wire, bool close)
{
    const struct reply *reply = &x->reply;
    char date[32], number[32], length[32];
    http_date(acc_time_now() + x->server->scenario->config.clock_ms, date);
    snprintf(number, sizeof number, "scripted-%06lld", x->number);
    size_t declared = reply->head_length >= 0 ? (size_t)reply->head_length : reply->body.len;
    if (x->rule != NULL)
        declared = extent_of(&x->rule->how.length, declared);
    snprintf(length, sizeof length, "%zu", declared);
    acc_str_addf(wire, "HTTP/1.1 %d %s\r\n", reply->status, http_reason(reply->status));
    render_header(x, wire, "Date", date);
    render_header(x, wire, "Server", "scripted-s3");
    render_header(x, wire, "x-amz-request-id", number);
    if (in_chunks(x))
        render_header(x, wire, "Transfer-Encoding", "chunked");
    else if (reply->status != 204)
        render_header(x, wire, "Content-Length", length);
    if (reply->type != NULL)
        render_header(x, wire, "Content-Type", reply->type);
    if (close)
        render_header(x, wire, "Connection", "close");
    for (size_t i = 0; i < reply->header.count; i++)
        render_header(x, wire, reply->header.at[i].name, reply->header.at[i].value);
    for (size_t i = 0; x->rule != NULL && i < x->rule->how.add.count; i++)
        acc_str_addf(wire, "%s: %s\r\n", x->rule->how.add.at[i].name, x->rule->how.add.at[i].value);
    acc_str_add(wire, "\r\n");
}

void exchange_render(struct exchange *x, struct acc_str *wire, bool *close)
{
    apply_body_rule(x);
    if (x->rule != NULL && (x->rule->how.cut.given || x->rule->how.length.given))
        *close = true;
    render_head(x, wire, *close);
    if (in_chunks(x))
        render_chunks(&x->reply.body, wire);
    else if (strcmp(x->request.method, "HEAD") != 0)
        acc_str_add_n(wire, acc_str_cstr(&x->reply.body), x->reply.body.len);
    size_t keep = x->rule ? extent_of(&x->rule->how.cut, wire->len) : wire->len;
    if (keep < wire->len)
        acc_str_cut(wire, keep);
}

static void log_word(FILE *log, const char *text)
{
    struct acc_str word = {0};
    http_percent_encode(&word, text, "/");
    fprintf(log, " %s", word.len > 0 ? word.data : "-");
    acc_str_release(&word);
}

void exchange_log(const struct exchange *x, const char *done)
{
    FILE *log = x->server->log;
    if (log == NULL)
        return;
    fprintf(log, "%lld %s", x->number, operation_name(x->op));
    log_word(log, x->bucket_name);
    log_word(log, x->key);
    fprintf(log, " %lld", x->part);
    log_word(log, x->upload_id);
    fprintf(log, " %s %zu %s", done, x->body.len, x->sha256[0] ? x->sha256 : "-");
    log_word(log, x->access_key);
    fprintf(log, " %lld\n", (long long)(acc_clock_now() - x->server->started));
    fflush(log);
}
