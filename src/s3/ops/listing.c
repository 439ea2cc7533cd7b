/* Listings: objects, versions, uploads and parts, a page at a time. Always with encoding-type=url,
 * since a key may hold characters that XML cannot. A page that is not what was asked for is
 * refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "s3/ops/ops.h"
#include "s3/wire/xml.h"

void acc_s3_page_release(struct acc_s3_page *page)
{
    acc_str_release(&page->next);
    acc_str_release(&page->next_extra);
    page->more = false;
}

static void common(struct acc_s3_call *call, const char *prefix)
{
    acc_s3_call_query(call, "encoding-type", "url");
    if (prefix != NULL && *prefix)
        acc_s3_call_query(call, "prefix", prefix);
    call->reply_max = 16u << 20; /* 1,000 keys of 1,024 bytes, each tripled by the encoding */
}

static void marker(struct acc_s3_call *call, const char *name, const struct acc_str *value)
{
    if (value->len > 0)
        acc_s3_call_query(call, name, value->data);
}

void acc_s3_list_objects(struct acc_s3_call *call, struct acc_s3 *s3, const char *prefix, int max,
                         const struct acc_s3_page *page)
{
    char text[16];
    acc_s3_call_init(call, s3, ACC_S3_LIST_OBJECTS, "");
    acc_s3_call_query(call, "list-type", "2");
    common(call, prefix);
    marker(call, "continuation-token", &page->next);
    if (max > 0) {
        snprintf(text, sizeof text, "%d", max);
        acc_s3_call_query(call, "max-keys", text);
    }
}

void acc_s3_list_versions(struct acc_s3_call *call, struct acc_s3 *s3, const char *prefix,
                          const struct acc_s3_page *page)
{
    acc_s3_call_init(call, s3, ACC_S3_LIST_VERSIONS, "");
    common(call, prefix);
    marker(call, "key-marker", &page->next);
    marker(call, "version-id-marker", &page->next_extra);
}

void acc_s3_list_uploads(struct acc_s3_call *call, struct acc_s3 *s3, const char *prefix,
                         const struct acc_s3_page *page)
{
    acc_s3_call_init(call, s3, ACC_S3_LIST_UPLOADS, "");
    common(call, prefix);
    marker(call, "key-marker", &page->next);
    marker(call, "upload-id-marker", &page->next_extra);
}

void acc_s3_list_parts(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                       const char *upload_id, const struct acc_s3_page *page)
{
    acc_s3_call_init(call, s3, ACC_S3_LIST_PARTS, key);
    acc_s3_call_query(call, "uploadId", upload_id);
    marker(call, "part-number-marker", &page->next);
    call->reply_max = 4u << 20;
}

static int64_t time_of(const struct acc_node *node, const char *name)
{
    char text[64];
    int64_t ms = 0;
    acc_node_copy(node, name, text, sizeof text);
    return acc_time_parse(text, &ms) ? ms : 0;
}

static void read_item(const struct acc_node *node, bool encoded, struct acc_s3_listed *item,
                      struct acc_str *key, struct acc_str *upload_id)
{
    if (encoded)
        acc_node_url_text(node, "Key", key);
    else
        acc_node_text(node, "Key", key);
    acc_node_text(node, "UploadId", upload_id);
    *item = (struct acc_s3_listed){
        .key = acc_str_cstr(key),
        .upload_id = acc_str_cstr(upload_id),
        .size = acc_node_number(node, "Size", -1),
        .latest = acc_node_true(node, "IsLatest"),
        .delete_marker = acc_node_is(node, "DeleteMarker"),
        .modified = time_of(node, acc_node_is(node, "Upload") ? "Initiated" : "LastModified"),
    };
    acc_node_copy(node, "ETag", item->etag, sizeof item->etag);
    acc_node_copy(node, "StorageClass", item->storage_class, sizeof item->storage_class);
    acc_node_copy(node, "VersionId", item->version_id, sizeof item->version_id);
}

/* The three listings of keys differ in the names of their elements only. */
struct shape {
    const char *root, *item, *other_item;
    const char
        *token; /* the element with the next page's token; NULL: the last item is the marker */
};

static void note_order(const struct acc_s3_call *call, const char *before, const char *key)
{
    enum acc_known *sorted = &acc_s3_can(call->s3)->listing_sorted;
    int order = *before != '\0' ? strcmp(before, key) : 0;
    if (order > 0)
        *sorted = ACC_KNOWN_NO;
    else if (order < 0 && *sorted == ACC_KNOWN_NOT)
        *sorted = ACC_KNOWN_YES;
}

/* A page that ends where it began would be asked for again and again; without a marker, it would
 * start from the top. */
static bool goes_on(const struct acc_s3_page *page, const char *next, const char *next_extra)
{
    return !page->more ||
           (page->next.len > 0 && (strcmp(next, acc_str_cstr(&page->next)) != 0 ||
                                   strcmp(next_extra, acc_str_cstr(&page->next_extra)) != 0));
}

static bool read_page(const struct acc_s3_call *call, const struct shape *shape,
                      struct acc_s3_page *page, acc_s3_each each, void *arg)
{
    const struct acc_node *root = acc_xml_root(call->xml);
    bool ok = acc_node_is(root, shape->root);
    struct acc_str key = {0}, before = {0}, upload_id = {0};
    char encoding[8], *next = acc_strdup(acc_str_cstr(&page->next)),
                      *next_extra = acc_strdup(acc_str_cstr(&page->next_extra));
    if (ok) {
        acc_node_copy(root, "EncodingType", encoding, sizeof encoding);
        bool encoded = strcmp(encoding, "url") == 0;
        acc_s3_can(call->s3)->names_encoded = encoded ? ACC_KNOWN_YES : ACC_KNOWN_NO;
        struct acc_s3_listed item = {0};
        for (const struct acc_node *n = acc_node_child(root, NULL); n != NULL;
             n = acc_node_next(n, NULL)) {
            if (!acc_node_is(n, shape->item) &&
                !(shape->other_item && acc_node_is(n, shape->other_item)))
                continue;
            acc_str_set(&before, acc_str_cstr(&key));
            read_item(n, encoded, &item, &key, &upload_id);
            note_order(call, acc_str_cstr(&before), acc_str_cstr(&key));
            each(arg, &item);
        }
        page->more = acc_node_true(root, "IsTruncated");
        if (shape->token != NULL) {
            acc_node_text(root, shape->token, &page->next);
        } else {
            /* The page's last item rather than NextKeyMarker, which AWS encodes and RGW does not.
             */
            acc_str_set(&page->next, acc_str_cstr(&key));
            acc_str_set(&page->next_extra, upload_id.len > 0 ? upload_id.data : item.version_id);
        }
        ok = goes_on(page, next, next_extra);
    }
    free(next);
    free(next_extra);
    acc_str_release(&key);
    acc_str_release(&before);
    acc_str_release(&upload_id);
    return ok;
}

bool acc_s3_read_list_objects(const struct acc_s3_call *call, struct acc_s3_page *page,
                              acc_s3_each each, void *arg)
{
    static const struct shape shape = {"ListBucketResult", "Contents", NULL,
                                       "NextContinuationToken"};
    return read_page(call, &shape, page, each, arg);
}

bool acc_s3_read_list_versions(const struct acc_s3_call *call, struct acc_s3_page *page,
                               acc_s3_each each, void *arg)
{
    static const struct shape shape = {"ListVersionsResult", "Version", "DeleteMarker", NULL};
    return read_page(call, &shape, page, each, arg);
}

bool acc_s3_read_list_uploads(const struct acc_s3_call *call, struct acc_s3_page *page,
                              acc_s3_each each, void *arg)
{
    static const struct shape shape = {"ListMultipartUploadsResult", "Upload", NULL, NULL};
    return read_page(call, &shape, page, each, arg);
}

bool acc_s3_read_list_parts(const struct acc_s3_call *call, struct acc_s3_page *page,
                            void (*each)(void *arg, const struct acc_s3_listed_part *part),
                            void *arg)
{
    const struct acc_node *root = acc_xml_root(call->xml);
    /* moto 5 answers with the operation's other name. */
    bool ok = acc_node_is(root, "ListPartsResult") || acc_node_is(root, "ListPartsResponse");
    char *next = acc_strdup(acc_str_cstr(&page->next));
    for (const struct acc_node *n = acc_node_child(root, "Part"); ok && n != NULL;
         n = acc_node_next(n, "Part")) {
        struct acc_s3_listed_part part = {
            .number = (int)acc_node_number(n, "PartNumber", 0),
            .size = acc_node_number(n, "Size", -1),
        };
        acc_node_copy(n, "ETag", part.etag, sizeof part.etag);
        each(arg, &part);
    }
    page->more = ok && acc_node_true(root, "IsTruncated");
    acc_node_text(root, "NextPartNumberMarker", &page->next);
    ok = ok && goes_on(page, next, acc_str_cstr(&page->next_extra));
    free(next);
    return ok;
}

bool acc_s3_read_parts_composite(const struct acc_s3_call *call, enum acc_s3_checksum checksum)
{
    char algorithm[16], type[16];
    const struct acc_node *root = acc_xml_root(call->xml);
    acc_node_copy(root, "ChecksumAlgorithm", algorithm, sizeof algorithm);
    acc_node_copy(root, "ChecksumType", type, sizeof type);
    return acc_s3_checksum_is_composite(checksum, algorithm, type);
}

void acc_s3_get_versioning(struct acc_s3_call *call, struct acc_s3 *s3)
{
    acc_s3_call_init(call, s3, ACC_S3_GET_VERSIONING, "");
}

bool acc_s3_read_versioning(const struct acc_s3_call *call)
{
    char status[16];
    acc_node_copy(acc_xml_root(call->xml), "Status", status, sizeof status);
    return strcmp(status, "Enabled") == 0 || strcmp(status, "Suspended") == 0;
}
