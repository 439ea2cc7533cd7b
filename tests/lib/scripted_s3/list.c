/* The three listings: keys, versions, open uploads. All fold by delimiter, page by max-keys, and
 * encode names when asked; a page that is cut says where the next begins. */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "xml.h"

struct listing {
    struct exchange *x;
    struct acc_str *xml;
    const char *prefix, *delimiter;
    bool url;
    long long max, count;
    bool truncated;
    struct acc_str folded; /* the common prefix listed last */
    struct acc_str last;   /* the name listed last, folded or not */
};

static const char *query_or(const struct exchange *x, const char *name, const char *otherwise)
{
    const char *value = http_query(&x->request, name);
    return value ? value : otherwise;
}

static void listing_init(struct listing *l, struct exchange *x, const char *root,
                         const char *max_name)
{
    long long page = x->server->scenario->config.page;
    *l = (struct listing){.x = x,
                          .xml = reply_xml(x, 200, root),
                          .prefix = query_or(x, "prefix", ""),
                          .delimiter = query_or(x, "delimiter", ""),
                          .url = x->server->scenario->config.encoding &&
                                 strcmp(query_or(x, "encoding-type", ""), "url") == 0,
                          .max = atoll(query_or(x, max_name, "1000"))};
    if (l->max > page)
        l->max = page;
}

static void listing_release(struct listing *l)
{
    acc_str_release(&l->folded);
    acc_str_release(&l->last);
}

/* A name as the listing shows it: with encoding-type=url a space is "+", a plus "%2B". */
static void add_name(struct listing *l, const char *element, const char *name)
{
    if (!l->url) {
        xml_element(l->xml, element, name);
        return;
    }
    struct acc_str encoded = {0};
    http_percent_encode(&encoded, name, "/ ");
    for (size_t i = 0; i < encoded.len; i++)
        if (encoded.data[i] == ' ')
            encoded.data[i] = '+';
    xml_element(l->xml, element, acc_str_cstr(&encoded));
    acc_str_release(&encoded);
}

static void finish(struct listing *l, const char *root, const char *max_name)
{
    add_name(l, "Prefix", l->prefix);
    if (*l->delimiter != '\0')
        add_name(l, "Delimiter", l->delimiter);
    if (l->url)
        xml_element(l->xml, "EncodingType", "url");
    xml_element(l->xml, l->x->op == OP_ListMultipartUploads ? "Bucket" : "Name", l->x->bucket_name);
    acc_str_addf(l->xml, "<%s>%lld</%s><IsTruncated>%s</IsTruncated></%s>", max_name, l->max,
                 max_name, l->truncated ? "true" : "false", root);
    listing_release(l);
}

/* The page's last entry is a common prefix, so that no version or upload is the last one. */
static bool ends_folded(const struct listing *l)
{
    return l->folded.len > 0 && strcmp(acc_str_cstr(&l->last), l->folded.data) == 0;
}

enum step { STEP_SKIP, STEP_LIST, STEP_STOP };

/* The decision on the next key in order. A key that folds is handled here. */
static enum step consider(struct listing *l, const char *key)
{
    size_t prefix = strlen(l->prefix);
    if (strncmp(key, l->prefix, prefix) != 0)
        return STEP_SKIP;
    const char *end = *l->delimiter != '\0' ? strstr(key + prefix, l->delimiter) : NULL;
    size_t folded = end ? (size_t)(end - key) + strlen(l->delimiter) : 0;
    if (folded > 0 && l->folded.len == folded && strncmp(key, l->folded.data, folded) == 0)
        return STEP_SKIP;
    if (l->count == l->max) {
        l->truncated = true;
        return STEP_STOP;
    }
    l->count++;
    acc_str_clear(&l->last);
    acc_str_add_n(&l->last, key, folded ? folded : strlen(key));
    if (folded == 0)
        return STEP_LIST;
    acc_str_set(&l->folded, l->last.data);
    acc_str_add(l->xml, "<CommonPrefixes>");
    add_name(l, "Prefix", l->folded.data);
    acc_str_add(l->xml, "</CommonPrefixes>");
    return STEP_SKIP;
}

/* The first key behind the marker; a marker that is a common prefix stands for all below it. */
static size_t start_index(struct listing *l, const char *marker)
{
    bool found;
    const struct bucket *bucket = l->x->bucket;
    if (*marker == '\0')
        return 0;
    size_t at = store_search(bucket, marker, &found);
    if (found)
        at++;
    size_t len = strlen(marker), fold = strlen(l->delimiter);
    if (fold > 0 && len >= fold && strcmp(marker + len - fold, l->delimiter) == 0)
        while (at < bucket->count && strncmp(bucket->objects[at]->key, marker, len) == 0)
            at++;
    return at;
}

static void add_version_facts(struct listing *l, const struct version *version)
{
    char time[ACC_TIME_TEXT];
    xml_element(l->xml, "LastModified", acc_time_rfc3339(version->modified, time));
    if (version->marker)
        return;
    struct acc_str etag = {0};
    exchange_show_etag(l->x, version->etag, &etag);
    xml_element(l->xml, "ETag", acc_str_cstr(&etag));
    acc_str_release(&etag);
    acc_str_addf(l->xml, "<Size>%zu</Size>", version->content.len);
    const char *class = http_pairs_find(&version->kept, "x-amz-storage-class");
    xml_element(l->xml, "StorageClass", class ? class : "STANDARD");
}

/* Code units of UTF-16 sort like bytes of UTF-8 but for those of surrogates, which come before
 * U+E000. */
static int by_utf16(const void *a, const void *b)
{
    const unsigned char *left = (const unsigned char *)(*(struct object *const *)a)->key,
                        *right = (const unsigned char *)(*(struct object *const *)b)->key;
    while (*left != '\0' && *left == *right) {
        left++;
        right++;
    }
    bool high = *left >= 0xEE && *right >= 0xEE && (*left >= 0xF0) != (*right >= 0xF0);
    return high ? (int)*right - (int)*left : (int)*left - (int)*right;
}

/* In the order of the listing, from behind the marker on. */
static struct object **in_order(struct listing *l, const char *marker, size_t *count)
{
    const struct bucket *bucket = l->x->bucket;
    size_t from = l->x->server->scenario->config.order == ORDER_BYTES ? start_index(l, marker) : 0;
    struct object **objects = acc_calloc(bucket->count + 1, sizeof *objects);
    struct object mark = {.key = (char *)marker}, *marked = &mark;
    *count = 0;
    for (size_t i = from; i < bucket->count; i++)
        if (l->x->server->scenario->config.order == ORDER_BYTES || *marker == '\0' ||
            by_utf16(&bucket->objects[i], &marked) > 0)
            objects[(*count)++] = bucket->objects[i];
    if (l->x->server->scenario->config.order == ORDER_UTF16 && *count > 0)
        qsort(objects, *count, sizeof(struct object *), by_utf16);
    return objects;
}

void handle_ListObjectsV2(struct exchange *x)
{
    struct listing l;
    listing_init(&l, x, "ListBucketResult", "max-keys");
    const char *token = http_query(&x->request, "continuation-token");
    char *marker =
        token ? acc_calloc(1, strlen(token) / 2 + 1) : acc_strdup(query_or(x, "start-after", ""));
    if (token != NULL && !acc_hex_decode(token, strlen(token) / 2, marker)) {
        reply_error(x, 400, "InvalidArgument", "The continuation token provided is incorrect");
        free(marker);
        listing_release(&l);
        return;
    }
    size_t count;
    struct object **objects = in_order(&l, marker, &count);
    for (size_t i = 0; i < count; i++) {
        const struct object *object = objects[i];
        const struct version *version =
            ACC_CONTAINER_OF(object->versions.next, struct version, link);
        enum step step = version->marker ? STEP_SKIP : consider(&l, object->key);
        if (step == STEP_STOP)
            break;
        if (step == STEP_SKIP)
            continue;
        acc_str_add(l.xml, "<Contents>");
        add_name(&l, "Key", object->key);
        add_version_facts(&l, version);
        acc_str_add(l.xml, "</Contents>");
    }
    free(objects);
    free(marker);
    if (l.truncated) {
        char *next = acc_alloc(l.last.len * 2 + 1);
        acc_hex_encode(acc_str_cstr(&l.last), l.last.len, next);
        xml_element(l.xml, "NextContinuationToken", next);
        free(next);
    }
    acc_str_addf(l.xml, "<KeyCount>%lld</KeyCount>", l.count);
    finish(&l, "ListBucketResult", "MaxKeys");
}

static void add_version(struct listing *l, const struct object *object,
                        const struct version *version)
{
    const char *element = version->marker ? "DeleteMarker" : "Version";
    acc_str_addf(l->xml, "<%s>", element);
    add_name(l, "Key", object->key);
    xml_element(l->xml, "VersionId", version->id);
    xml_element(l->xml, "IsLatest", object->versions.next == &version->link ? "true" : "false");
    add_version_facts(l, version);
    acc_str_addf(l->xml, "</%s>", element);
}

/* The versions of one key behind `after` (NULL: all). False when the page is full. */
static bool add_versions(struct listing *l, const struct object *object, const char *after,
                         const char **last)
{
    bool listing = after == NULL;
    ACC_LIST_EACH (link, &object->versions) {
        const struct version *version = ACC_CONTAINER_OF(link, struct version, link);
        if (!listing) {
            listing = strcmp(version->id, after) == 0;
            continue;
        }
        enum step step = consider(l, object->key);
        if (step == STEP_STOP)
            return false;
        if (step == STEP_SKIP)
            return true;
        *last = version->id;
        add_version(l, object, version);
    }
    return true;
}

void handle_ListObjectVersions(struct exchange *x)
{
    struct listing l;
    listing_init(&l, x, "ListVersionsResult", "max-keys");
    const char *marker = query_or(x, "key-marker", ""),
               *after = http_query(&x->request, "version-id-marker");
    const char *last = NULL;
    size_t i = start_index(&l, marker);
    bool room = true;
    if (after != NULL && *marker != '\0' && store_object(x->bucket, marker) != NULL)
        room = add_versions(&l, store_object(x->bucket, marker), after, &last);
    for (; room && i < x->bucket->count; i++)
        room = add_versions(&l, x->bucket->objects[i], NULL, &last);
    if (l.truncated) {
        add_name(&l, "NextKeyMarker", acc_str_cstr(&l.last));
        if (last != NULL && !ends_folded(&l))
            xml_element(l.xml, "NextVersionIdMarker", last);
    }
    finish(&l, "ListVersionsResult", "MaxKeys");
}

static int by_key_then_id(const void *a, const void *b)
{
    const struct upload *left = *(struct upload *const *)a, *right = *(struct upload *const *)b;
    int order = strcmp(left->key, right->key);
    return order != 0 ? order : strcmp(left->id, right->id);
}

static struct upload **sorted_uploads(const struct bucket *bucket, size_t *count)
{
    struct upload **uploads = NULL;
    *count = 0;
    ACC_LIST_EACH (link, &bucket->uploads) {
        uploads = acc_realloc(uploads, (*count + 1) * sizeof *uploads);
        uploads[(*count)++] = ACC_CONTAINER_OF(link, struct upload, link);
    }
    if (*count > 0)
        qsort(uploads, *count, sizeof *uploads, by_key_then_id);
    return uploads;
}

static bool is_behind(const struct upload *upload, const char *key, const char *id)
{
    int order = strcmp(upload->key, key);
    return order > 0 || (order == 0 && id != NULL && strcmp(upload->id, id) > 0);
}

void handle_ListMultipartUploads(struct exchange *x)
{
    struct listing l;
    listing_init(&l, x, "ListMultipartUploadsResult", "max-uploads");
    const char *key = query_or(x, "key-marker", ""),
               *id = http_query(&x->request, "upload-id-marker");
    const char *last = "";
    size_t count;
    struct upload **uploads = sorted_uploads(x->bucket, &count);
    bool by_key = x->server->scenario->config.uploads == UPLOADS_BY_KEY;
    for (size_t i = 0; i < count; i++) {
        if (by_key && strcmp(uploads[i]->key, l.prefix) != 0)
            continue;
        if (*key != '\0' && !is_behind(uploads[i], key, id))
            continue;
        enum step step = consider(&l, uploads[i]->key);
        if (step == STEP_STOP)
            break;
        if (step == STEP_SKIP)
            continue;
        char time[ACC_TIME_TEXT];
        last = uploads[i]->id;
        acc_str_add(l.xml, "<Upload>");
        add_name(&l, "Key", uploads[i]->key);
        xml_element(l.xml, "UploadId", uploads[i]->id);
        xml_element(l.xml, "Initiated", acc_time_rfc3339(uploads[i]->initiated, time));
        acc_str_add(l.xml, "</Upload>");
    }
    if (l.truncated) {
        add_name(&l, "NextKeyMarker", acc_str_cstr(&l.last));
        xml_element(l.xml, "NextUploadIdMarker", ends_folded(&l) ? "" : last);
    }
    free(uploads);
    finish(&l, "ListMultipartUploadsResult", "MaxUploads");
}
