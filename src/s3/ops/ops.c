/* Requests that write: PutObject and the multipart family; and GET and HEAD of an object.
 * Listings are in listing.c. Nothing here waits; nothing fails but the readers, by returning false.
 */
#include "s3/ops/ops.h"

#include <stdio.h>
#include <string.h>

#include "s3/wire/xml.h"

int64_t acc_s3_part_size(int64_t file_size, int64_t wanted)
{
    int64_t part = wanted > ACC_S3_PART_MIN ? wanted : ACC_S3_PART_MIN;
    int64_t least = file_size / ACC_S3_PARTS_MAX + (file_size % ACC_S3_PARTS_MAX != 0);
    if (least > part)
        part = least;
    part = (part + ACC_S3_MIB - 1) / ACC_S3_MIB * ACC_S3_MIB;
    return part <= ACC_S3_PART_MAX ? part : 0;
}

static void header(const struct acc_s3_call *call, const char *name, char *out, size_t size)
{
    if (acc_http_header(&call->http, name, out, size) == NULL)
        out[0] = '\0';
}

/* SDKs name the algorithm besides; there are servers that look at nothing else. */
static void add_checksum(struct acc_s3_call *call, const struct acc_s3_sum *sum)
{
    char text[ACC_S3_SUM_TEXT];
    if (sum->kind == ACC_S3_CHECKSUM_NONE)
        return;
    acc_s3_sum_show(sum, text);
    acc_s3_call_header(call, acc_s3_checksum_header(sum->kind), text);
    acc_s3_call_header(call, "x-amz-sdk-checksum-algorithm", acc_s3_checksum_algorithm(sum->kind));
}

void acc_s3_carry(struct acc_s3_call *call, const struct acc_s3_object_headers *headers)
{
    for (size_t i = 0; headers != NULL && i < headers->count; i++)
        acc_s3_call_header(call, headers->name[i], headers->value[i]);
}

void acc_s3_put_object(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                       const void *body, size_t len, const uint8_t sha256[ACC_SHA256_LEN],
                       const struct acc_s3_sum *sum)
{
    acc_s3_call_init(call, s3, ACC_S3_PUT_OBJECT, key);
    call->body = body;
    call->body_len = len;
    call->body_sha256 = sha256;
    if (acc_s3_can(s3)->conditional_put != ACC_KNOWN_NO)
        acc_s3_call_header(call, "if-none-match", "*");
    add_checksum(call, sum);
}

void acc_s3_create_upload(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                          enum acc_s3_checksum checksum)
{
    acc_s3_call_init(call, s3, ACC_S3_CREATE_UPLOAD, key);
    if (checksum != ACC_S3_CHECKSUM_NONE)
        acc_s3_call_header(call, "x-amz-checksum-algorithm", acc_s3_checksum_algorithm(checksum));
    if (acc_s3_checksum_joins(checksum))
        acc_s3_call_header(call, "x-amz-checksum-type", "FULL_OBJECT");
}

bool acc_s3_read_create_upload(const struct acc_s3_call *call, struct acc_str *upload_id)
{
    const struct acc_node *root = acc_xml_root(call->xml);
    bool found = acc_node_is(root, "InitiateMultipartUploadResult") &&
                 acc_node_text(root, "UploadId", upload_id) && upload_id->len > 0;
    return found;
}

bool acc_s3_read_composite(const struct acc_s3_call *call, enum acc_s3_checksum checksum)
{
    char algorithm[16], type[16];
    header(call, "x-amz-checksum-algorithm", algorithm, sizeof algorithm);
    header(call, "x-amz-checksum-type", type, sizeof type);
    return acc_s3_checksum_is_composite(checksum, algorithm, type);
}

void acc_s3_upload_part(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                        const char *upload_id, int number, const void *body, size_t len,
                        const uint8_t *sha256, const struct acc_s3_sum *sum)
{
    char text[16];
    snprintf(text, sizeof text, "%d", number);
    acc_s3_call_init(call, s3, ACC_S3_UPLOAD_PART, key);
    acc_s3_call_query(call, "partNumber", text);
    acc_s3_call_query(call, "uploadId", upload_id);
    call->body = body;
    call->body_len = len;
    call->body_sha256 = sha256;
    add_checksum(call, sum);
}

bool acc_s3_confirms(const struct acc_s3_call *call, const struct acc_s3_sum *sum)
{
    char text[ACC_S3_SUM_TEXT], answered[ACC_S3_SUM_TEXT];
    if (sum->kind == ACC_S3_CHECKSUM_NONE)
        return false;
    acc_s3_sum_show(sum, text);
    header(call, acc_s3_checksum_header(sum->kind), answered, sizeof answered);
    return strcmp(answered, text) == 0;
}

void acc_s3_complete_begin(struct acc_str *xml)
{
    acc_str_set(xml, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
}

void acc_s3_complete_part(struct acc_str *xml, int number, const char *etag,
                          const struct acc_s3_sum *sum)
{
    acc_str_addf(xml, "<Part><PartNumber>%d</PartNumber><ETag>\"%s\"</ETag>", number, etag);
    if (sum->kind != ACC_S3_CHECKSUM_NONE) {
        char text[ACC_S3_SUM_TEXT];
        const char *element = acc_s3_checksum_element(sum->kind);
        acc_s3_sum_show(sum, text);
        acc_str_addf(xml, "<%s>%s</%s>", element, text, element);
    }
    acc_str_add(xml, "</Part>");
}

void acc_s3_complete_end(struct acc_str *xml)
{
    acc_str_add(xml, "</CompleteMultipartUpload>");
}

void acc_s3_complete_upload(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                            const char *upload_id, const struct acc_str *xml,
                            const struct acc_s3_sum *whole, int64_t size)
{
    char text[ACC_S3_SUM_TEXT];
    acc_s3_call_init(call, s3, ACC_S3_COMPLETE_UPLOAD, key);
    acc_s3_call_query(call, "uploadId", upload_id);
    acc_s3_call_header(call, "content-type", "application/xml");
    if (acc_s3_can(s3)->conditional_complete != ACC_KNOWN_NO)
        acc_s3_call_header(call, "if-none-match", "*");
    if (whole->kind != ACC_S3_CHECKSUM_NONE) {
        acc_s3_sum_show(whole, text);
        acc_s3_call_header(call, acc_s3_checksum_header(whole->kind), text);
        acc_s3_call_header(call, "x-amz-checksum-type", "FULL_OBJECT");
    }
    if (size >= 0 && acc_s3_is_aws(s3)) {
        snprintf(text, sizeof text, "%lld", (long long)size);
        acc_s3_call_header(call, "x-amz-mp-object-size", text);
    }
    call->body = xml->data;
    call->body_len = xml->len;
}

void acc_s3_abort_upload(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                         const char *upload_id)
{
    acc_s3_call_init(call, s3, ACC_S3_ABORT_UPLOAD, key);
    acc_s3_call_query(call, "uploadId", upload_id);
}

void acc_s3_head_object(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                        const char *version_id)
{
    acc_s3_call_init(call, s3, ACC_S3_HEAD_OBJECT, key);
    if (acc_s3_asks_checksums(s3))
        acc_s3_call_header(call, "x-amz-checksum-mode", "ENABLED");
    if (version_id != NULL && *version_id)
        acc_s3_call_query(call, "versionId", version_id);
}

void acc_s3_get_object(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                       const char *version_id, const char *etag)
{
    acc_s3_call_init(call, s3, ACC_S3_GET_OBJECT, key);
    if (version_id != NULL && *version_id)
        acc_s3_call_query(call, "versionId", version_id);
    if (etag != NULL && *etag) {
        char quoted[ACC_S3_ETAG + 2];
        snprintf(quoted, sizeof quoted, "\"%.*s\"", ACC_S3_ETAG - 1, etag);
        acc_s3_call_header(call, "if-match", quoted);
    }
}

void acc_s3_get_range(struct acc_s3_call *call, int64_t from, int64_t until, const char *etag)
{
    char text[ACC_S3_ETAG + 2];
    if (until < 0)
        snprintf(text, sizeof text, "bytes=%lld-", (long long)from);
    else
        snprintf(text, sizeof text, "bytes=%lld-%lld", (long long)from, (long long)until - 1);
    acc_s3_call_set_header(call, "range", text);
    if (etag == NULL || *etag == '\0')
        return;
    snprintf(text, sizeof text, "\"%.*s\"", ACC_S3_ETAG - 1, etag);
    acc_s3_call_set_header(call, "if-match", text);
}

/* "bytes 100-199/1000", and with 416 "bytes *" and "/1000" in one word (RFC 9110, 14.4). */
int64_t acc_s3_read_range(const struct acc_s3_call *call)
{
    char text[96];
    long long from;
    header(call, "content-range", text, sizeof text);
    size_t unit = strcspn(text, " ");
    char *dash = strchr(text, '-');
    if (dash != NULL)
        *dash = '\0';
    bool known = text[unit] == ' ' && acc_parse_int(text + unit + 1, 0, INT64_MAX, &from);
    return known ? from : 0;
}

int64_t acc_s3_read_whole_size(const struct acc_s3_call *call)
{
    char text[96];
    long long size;
    header(call, "content-range", text, sizeof text);
    const char *slash = strchr(text, '/');
    return slash != NULL && acc_parse_int(slash + 1, 0, INT64_MAX, &size) ? size : -1;
}

enum acc_s3_temperature acc_s3_read_temperature(const struct acc_s3_call *call, char *class,
                                                size_t size)
{
    char restore[160], archive[32];
    header(call, "x-amz-storage-class", class, size);
    header(call, "x-amz-archive-status", archive, sizeof archive);
    header(call, "x-amz-restore", restore, sizeof restore);
    if (strstr(restore, "ongoing-request=\"true\"") != NULL)
        return ACC_S3_THAWING;
    if (strstr(restore, "ongoing-request=\"false\"") != NULL)
        return ACC_S3_WARM;
    return archive[0] != '\0' || strcmp(class, "GLACIER") == 0 || strcmp(class, "DEEP_ARCHIVE") == 0
               ? ACC_S3_COLD
               : ACC_S3_WARM;
}

void acc_s3_restore_object(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                           const char *version_id, const struct acc_str *xml)
{
    acc_s3_call_init(call, s3, ACC_S3_RESTORE_OBJECT, key);
    if (version_id != NULL && *version_id)
        acc_s3_call_query(call, "versionId", version_id);
    call->body = xml->data;
    call->body_len = xml->len;
}

void acc_s3_get_lock(struct acc_s3_call *call, struct acc_s3 *s3)
{
    acc_s3_call_init(call, s3, ACC_S3_GET_LOCK, "");
}

static void unquote(char *text)
{
    size_t len = strlen(text);
    if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
        memmove(text, text + 1, len - 2);
        text[len - 2] = '\0';
    }
}

/* In headers, but for Complete, whose answer has them as elements below `root`. */
static void read_checksums(const struct acc_s3_call *call, const struct acc_node *root,
                           struct acc_s3_object *object)
{
    char type[16];
    for (int i = ACC_S3_CHECKSUM_NONE + 1; i < ACC_S3_CHECKSUM_COUNT; i++) {
        char *text = object->checksum[i];
        if (root != NULL)
            acc_node_copy(root, acc_s3_checksum_element(i), text, ACC_S3_SUM_TEXT);
        else
            header(call, acc_s3_checksum_header(i), text, ACC_S3_SUM_TEXT);
    }
    if (root != NULL) {
        acc_node_copy(root, "ChecksumType", type, sizeof type);
    } else {
        header(call, "x-amz-checksum-type", type, sizeof type);
        header(call, "x-amz-checksum-sha1", object->checksum_sha1, ACC_S3_SUM_TEXT);
    }
    acc_s3_sum_mend(object->checksum[ACC_S3_CHECKSUM_SHA256], object->etag, type);
    acc_s3_sum_mend(object->checksum_sha1, object->etag, type);
}

void acc_s3_read_object(const struct acc_s3_call *call, struct acc_s3_object *object)
{
    char text[32];
    long long size;
    *object = (struct acc_s3_object){.size = -1};
    header(call, "etag", object->etag, sizeof object->etag);
    unquote(object->etag);
    header(call, "x-amz-version-id", object->version_id, sizeof object->version_id);
    header(call, "x-amz-server-side-encryption", object->encryption, sizeof object->encryption);
    header(call, ACC_S3_META_SHA256, object->meta_sha256, sizeof object->meta_sha256);
    header(call, ACC_S3_META_TOKEN, object->token, sizeof object->token);
    header(call, "x-amz-storage-class", object->storage_class, sizeof object->storage_class);
    header(call, "x-amz-server-side-encryption-customer-algorithm", text, sizeof text);
    object->customer_key = text[0] != '\0';
    header(call, "x-amz-delete-marker", text, sizeof text);
    object->delete_marker = strcmp(text, "true") == 0;
    header(call, "content-length", text, sizeof text);
    if (call->op == ACC_S3_HEAD_OBJECT && acc_parse_int(text, 0, INT64_MAX, &size))
        object->size = size;
    const struct acc_node *root =
        call->op == ACC_S3_COMPLETE_UPLOAD ? acc_xml_root(call->xml) : NULL;
    if (root != NULL)
        acc_node_copy(root, "ETag", object->etag, sizeof object->etag);
    read_checksums(call, root, object);
}

/* An answer that refuses is the only one after which nothing can have been created. */
bool acc_s3_create_is_doubtful(const struct acc_s3_call *call)
{
    bool refused = call->status >= 300 && call->status < 500;
    return call->attempts > 1 || (call->attempts > 0 && call->class != ACC_S3_OK && !refused);
}
