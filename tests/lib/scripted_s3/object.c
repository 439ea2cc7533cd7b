/* Objects: put, get, head, delete, and the sub-resources that archives set on them. Failures are
 * S3's error replies. */
#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static const char kept_names[] =
    "content-type,content-encoding,content-language,content-disposition,"
    "cache-control,expires,x-amz-meta-*,x-amz-storage-class,"
    "x-amz-server-side-encryption*,x-amz-object-lock-*,x-amz-tagging";

void keep_headers(const struct exchange *x, struct http_pairs *kept)
{
    const char *forget = x->server->scenario->config.forget;
    for (size_t i = 0; i < x->request.header.count; i++) {
        const struct http_pair *pair = &x->request.header.at[i];
        if (scenario_listed(kept_names, pair->name) && !scenario_listed(forget, pair->name))
            http_pairs_add(kept, pair->name, pair->value);
    }
}

bool condition_is_known(struct exchange *x)
{
    if (x->server->scenario->config.if_none_match != CONDITION_UNKNOWN ||
        http_header(&x->request, "if-none-match") == NULL)
        return true;
    reply_error(x, 501, "NotImplemented",
                "A header you provided implies functionality that is not implemented");
    return false;
}

bool write_is_welcome(struct exchange *x, int honoured_from)
{
    const char *condition = http_header(&x->request, "if-none-match");
    const struct version *newest = store_newest(x->bucket, x->key);
    if (!condition_is_known(x))
        return false;
    if (condition == NULL || x->server->scenario->config.if_none_match < honoured_from ||
        newest == NULL || newest->marker)
        return true;
    reply_error(x, 412, "PreconditionFailed", "At least one of the preconditions did not hold.");
    return false;
}

void show_version(struct exchange *x, const struct version *version)
{
    if (strcmp(version->id, "null") != 0 || x->bucket->versioning != VERSIONING_OFF)
        reply_header(x, "x-amz-version-id", "%s", version->id);
}

void take_checksum(const struct exchange *x, struct checksum *checksum)
{
    for (int i = 0; i < CHECKSUM_ALGORITHMS; i++) {
        char name[32];
        snprintf(name, sizeof name, "x-amz-checksum-%s", checksum_algorithm_at(i));
        const char *value = http_header(&x->request, name);
        if (value == NULL || !knows_checksum(x, checksum_algorithm_at(i)))
            continue;
        checksum->algorithm = checksum_algorithm_at(i);
        snprintf(checksum->value, sizeof checksum->value, "%s", value);
    }
}

void add_own_checksum(const struct exchange *x, struct version *version)
{
    struct checksum *checksum = &version->checksum;
    const char *own = x->server->scenario->config.own_checksum;
    if (checksum->algorithm != NULL || *own == '\0')
        return;
    checksum->algorithm = checksum_algorithm(own);
    checksum->composite = false;
    checksum_of(checksum->algorithm, acc_str_cstr(&version->content), version->content.len,
                checksum->value);
}

void handle_PutObject(struct exchange *x)
{
    if (http_header(&x->request, "x-amz-copy-source") != NULL) {
        handle_Unknown(x);
        return;
    }
    if (strlen(x->key) > 1024) {
        reply_error(x, 400, "KeyTooLongError", "The key is longer than 1024 bytes.");
        return;
    }
    if (!write_is_welcome(x, CONDITION_PUT))
        return;
    struct version *version = ACC_NEW(struct version);
    char md5[33];
    md5_hex(acc_str_cstr(&x->body), x->body.len, md5);
    version->etag = acc_strdup(md5);
    acc_str_add_n(&version->content, acc_str_cstr(&x->body), x->body.len);
    memcpy(version->sha256, x->sha256, sizeof version->sha256);
    take_checksum(x, &version->checksum);
    add_own_checksum(x, version);
    keep_headers(x, &version->kept);
    store_put(&x->server->store, x->bucket, x->key, version);
    x->reply.status = 200;
    struct acc_str etag = {0};
    exchange_show_etag(x, version->etag, &etag);
    reply_header(x, "ETag", "%s", acc_str_cstr(&etag));
    acc_str_release(&etag);
    reply_checksum(x, &version->checksum);
    show_version(x, version);
}

struct version *wanted_version(struct exchange *x)
{
    const char *id = http_query(&x->request, "versionId");
    struct version *version =
        id ? store_version(x->bucket, x->key, id) : store_newest(x->bucket, x->key);
    if (version != NULL && !version->marker)
        return version;
    if (version != NULL && id != NULL) {
        reply_error(x, 405, "MethodNotAllowed", "This version is a delete marker.");
    } else if (id != NULL) {
        reply_error(x, 404, "NoSuchVersion", "The version does not exist.");
    } else {
        reply_error(x, 404, "NoSuchKey", "The key does not exist.");
        if (version != NULL)
            reply_header(x, "x-amz-delete-marker", "true");
    }
    return NULL;
}

static unsigned count_tags(const char *query)
{
    unsigned count = *query != '\0';
    for (; *query != '\0'; query++)
        count += *query == '&';
    return count;
}

static void show_kept(struct exchange *x, const struct version *version)
{
    for (size_t i = 0; i < version->kept.count; i++) {
        const struct http_pair *pair = &version->kept.at[i];
        if (strcmp(pair->name, "content-type") == 0)
            x->reply.type = pair->value;
        else if (strcmp(pair->name, "x-amz-tagging") == 0)
            reply_header(x, "x-amz-tagging-count", "%u", count_tags(pair->value));
        else
            reply_header(x, pair->name, "%s", pair->value);
    }
}

/* How an object in cold storage stands: NULL if it is not there. */
static const char *thaw_of(const struct exchange *x, const struct version *version)
{
    const char *class = http_pairs_find(&version->kept, "x-amz-storage-class");
    int cold = x->server->scenario->config.cold;
    if (cold == COLD_NO || class == NULL ||
        (strcmp(class, "GLACIER") != 0 && strcmp(class, "DEEP_ARCHIVE") != 0))
        return NULL;
    if (!version->asked_for)
        return "";
    return cold == COLD_THAWED
               ? "ongoing-request=\"false\", expiry-date=\"Fri, 21 Dec 2040 00:00:00 GMT\""
               : "ongoing-request=\"true\"";
}

void handle_RestoreObject(struct exchange *x)
{
    struct version *version = wanted_version(x);
    if (version == NULL)
        return;
    const char *thaw = thaw_of(x, version);
    if (strstr(acc_str_cstr(&x->body), "<Tier>") == NULL)
        reply_error(x, 400, "MalformedXML", "The request names no tier.");
    else if (thaw == NULL)
        reply_error(x, 403, "InvalidObjectState", "The object is not in cold storage.");
    else if (strstr(thaw, "\"true\"") != NULL)
        reply_error(x, 409, "RestoreAlreadyInProgress", "The object is being restored.");
    else
        x->reply.status = version->asked_for ? 200 : 202;
    version->asked_for |= x->reply.status == 202;
}

static void show_object(struct exchange *x, const struct version *version)
{
    x->reply.status = 200;
    x->reply.type = "binary/octet-stream";
    show_kept(x, version);
    show_version(x, version);
    struct acc_str etag = {0};
    exchange_show_etag(x, version->etag, &etag);
    reply_header(x, "ETag", "%s", acc_str_cstr(&etag));
    acc_str_release(&etag);
    char date[32];
    http_date(version->modified, date);
    reply_header(x, "Last-Modified", "%s", date);
    reply_header(x, "Accept-Ranges", "bytes");
    const char *mode = http_header(&x->request, "x-amz-checksum-mode");
    if (mode != NULL && strcasecmp(mode, "enabled") == 0)
        reply_checksum(x, &version->checksum);
}

/* "bytes=0-9", "bytes=5-", "bytes=-5" (RFC 9110, 14.1.2); several ranges are not S3's. */
static bool parse_byte_range(const char *text, size_t size, size_t *first, size_t *last)
{
    if (strncmp(text, "bytes=", 6) != 0)
        return false;
    char *end;
    long long from = -1, to = (long long)size - 1;
    const char *at = text + 6;
    if (*at != '-') {
        from = strtoll(at, &end, 10);
        at = end;
    }
    if (*at++ != '-')
        return false;
    if (*at != '\0') {
        long long value = strtoll(at, &end, 10);
        if (*end != '\0')
            return false;
        if (from < 0)
            from = value > (long long)size ? 0 : (long long)size - value;
        else if (value < to)
            to = value;
    }
    *first = (size_t)from;
    *last = (size_t)to;
    return from >= 0 && from <= to;
}

void handle_GetObject(struct exchange *x)
{
    const struct version *version = wanted_version(x);
    if (version == NULL)
        return;
    const char *thaw = thaw_of(x, version);
    if (thaw != NULL && strstr(thaw, "\"false\"") == NULL) {
        reply_error(x, 403, "InvalidObjectState", "The object is in cold storage.");
        return;
    }
    const char *range = http_header(&x->request, "range");
    size_t first = 0, last = version->content.len - 1, size = version->content.len;
    if (range != NULL && !parse_byte_range(range, size, &first, &last)) {
        reply_error(x, 416, "InvalidRange", "The range cannot be satisfied.");
        return;
    }
    show_object(x, version);
    if (range != NULL) {
        x->reply.status = 206;
        reply_header(x, "Content-Range", "bytes %zu-%zu/%zu", first, last, size);
    }
    acc_str_add_n(&x->reply.body, acc_str_cstr(&version->content) + first, last + 1 - first);
}

void handle_HeadObject(struct exchange *x)
{
    const struct version *version = wanted_version(x);
    if (version == NULL)
        return;
    show_object(x, version);
    const char *thaw = thaw_of(x, version);
    if (thaw != NULL && *thaw != '\0')
        reply_header(x, "x-amz-restore", "%s", thaw);
    x->reply.head_length = (long long)version->content.len;
}

static void delete_version(struct exchange *x, const char *id)
{
    struct version *version = store_version(x->bucket, x->key, id);
    reply_header(x, "x-amz-version-id", "%s", id);
    if (version == NULL)
        return;
    if (version->marker)
        reply_header(x, "x-amz-delete-marker", "true");
    store_remove(x->bucket, x->key, version);
}

void handle_DeleteObject(struct exchange *x)
{
    const char *id = http_query(&x->request, "versionId");
    x->reply.status = 204;
    if (id != NULL) {
        delete_version(x, id);
        return;
    }
    if (x->bucket->versioning == VERSIONING_OFF) {
        struct version *version = store_newest(x->bucket, x->key);
        if (version != NULL)
            store_remove(x->bucket, x->key, version);
        return;
    }
    struct version *marker = ACC_NEW(struct version);
    marker->marker = true;
    marker->etag = acc_strdup("");
    store_put(&x->server->store, x->bucket, x->key, marker);
    reply_header(x, "x-amz-delete-marker", "true");
    reply_header(x, "x-amz-version-id", "%s", marker->id);
}
