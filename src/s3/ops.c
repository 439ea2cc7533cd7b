/* Requests that write: PutObject and the multipart family; and GET and HEAD of an object.
 * Listings are in listing.c. Nothing here waits; nothing fails but the readers, by returning false.
 */
#include "s3/ops.h"

#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

#include "s3/xml.h"

int64_t acc_s3_part_size(int64_t file_size, int64_t wanted)
{
    int64_t part = wanted > ACC_S3_PART_MIN ? wanted : ACC_S3_PART_MIN;
    int64_t least = file_size / ACC_S3_PARTS_MAX + (file_size % ACC_S3_PARTS_MAX != 0);
    if (least > part)
        part = least;
    part = (part + ACC_S3_MIB - 1) / ACC_S3_MIB * ACC_S3_MIB;
    return part <= ACC_S3_PART_MAX ? part : 0;
}

static void add_checksum(struct acc_s3_call *call, const uint8_t sha256[ACC_SHA256_LEN])
{
    char base64[ACC_BASE64_LEN(ACC_SHA256_LEN)];
    acc_base64_encode(sha256, ACC_SHA256_LEN, base64);
    acc_s3_call_header(call, "x-amz-checksum-sha256", base64);
}

static void add_object_headers(struct acc_s3_call *call, const struct acc_s3 *s3)
{
    const struct acc_s3_object_headers *headers = acc_s3_object_headers(s3);
    for (size_t i = 0; i < headers->count; i++)
        acc_s3_call_header(call, headers->name[i], headers->value[i]);
}

void acc_s3_put_object(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                       const void *body, size_t len, const uint8_t sha256[ACC_SHA256_LEN])
{
    acc_s3_call_init(call, s3, ACC_S3_PUT_OBJECT, key);
    call->body = body;
    call->body_len = len;
    call->body_sha256 = sha256;
    acc_s3_call_header(call, "if-none-match", "*");
    add_checksum(call, sha256);
    add_object_headers(call, s3);
}

static const struct {
    const char *algorithm, *element;
    size_t len;
} checksums[] = {
    [ACC_S3_CHECKSUM_SHA256] = {"SHA256", "ChecksumSHA256", ACC_SHA256_LEN},
    [ACC_S3_CHECKSUM_CRC32C] = {"CRC32C", "ChecksumCRC32C", 4},
    [ACC_S3_CHECKSUM_CRC64NVME] = {"CRC64NVME", NULL, 8},
};

void acc_s3_create_upload(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                          enum acc_s3_checksum checksum)
{
    acc_s3_call_init(call, s3, ACC_S3_CREATE_UPLOAD, key);
    acc_s3_call_header(call, "x-amz-checksum-algorithm", checksums[checksum].algorithm);
    if (checksum == ACC_S3_CHECKSUM_CRC64NVME)
        acc_s3_call_header(call, "x-amz-checksum-type", "FULL_OBJECT");
    add_object_headers(call, s3);
}

bool acc_s3_read_create_upload(const struct acc_s3_call *call, struct acc_str *upload_id)
{
    const struct acc_node *root = acc_xml_root(call->xml);
    bool found = acc_node_is(root, "InitiateMultipartUploadResult") &&
                 acc_node_text(root, "UploadId", upload_id) && upload_id->len > 0;
    return found;
}

static void init_part(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                      const char *upload_id, int number, const void *body, size_t len)
{
    char text[16];
    snprintf(text, sizeof text, "%d", number);
    acc_s3_call_init(call, s3, ACC_S3_UPLOAD_PART, key);
    acc_s3_call_query(call, "partNumber", text);
    acc_s3_call_query(call, "uploadId", upload_id);
    call->body = body;
    call->body_len = len;
}

void acc_s3_upload_part(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                        const char *upload_id, int number, const void *body, size_t len,
                        const uint8_t sha256[ACC_SHA256_LEN])
{
    init_part(call, s3, key, upload_id, number, body, len);
    if (sha256 == NULL) {
        SHA256(body, len, call->own_sha256);
        sha256 = call->own_sha256;
    }
    call->body_sha256 = sha256;
    add_checksum(call, sha256);
}

static void crc32c_base64(uint32_t crc32c, char out[ACC_BASE64_LEN(4)])
{
    const uint8_t bytes[4] = {(uint8_t)(crc32c >> 24), (uint8_t)(crc32c >> 16),
                              (uint8_t)(crc32c >> 8), (uint8_t)crc32c};
    acc_base64_encode(bytes, sizeof bytes, out);
}

void acc_s3_upload_part_crc32c(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                               const char *upload_id, int number, const void *body, size_t len,
                               const uint8_t *sha256, uint32_t crc32c)
{
    char base64[ACC_BASE64_LEN(4)];
    init_part(call, s3, key, upload_id, number, body, len);
    call->body_sha256 = sha256;
    call->unsigned_body = sha256 == NULL;
    crc32c_base64(crc32c, base64);
    acc_s3_call_header(call, "x-amz-checksum-crc32c", base64);
}

void acc_s3_crc64nvme_base64(uint64_t crc, char out[ACC_BASE64_LEN(8)])
{
    uint8_t bytes[8];
    for (int i = 7; i >= 0; i--, crc >>= 8)
        bytes[i] = (uint8_t)crc;
    acc_base64_encode(bytes, sizeof bytes, out);
}

void acc_s3_upload_part_crc64nvme(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                                  const char *upload_id, int number, const void *body, size_t len,
                                  const uint8_t *sha256, uint64_t crc)
{
    char base64[ACC_BASE64_LEN(8)];
    init_part(call, s3, key, upload_id, number, body, len);
    call->body_sha256 = sha256;
    acc_s3_crc64nvme_base64(crc, base64);
    acc_s3_call_header(call, "x-amz-checksum-crc64nvme", base64);
}

bool acc_s3_confirms_crc32c(const struct acc_s3_call *call, uint32_t crc32c)
{
    char base64[ACC_BASE64_LEN(4)], answered[ACC_BASE64_LEN(4) + 1];
    crc32c_base64(crc32c, base64);
    return acc_http_header(&call->http, "x-amz-checksum-crc32c", answered, sizeof answered) !=
               NULL &&
           strcmp(answered, base64) == 0;
}

void acc_s3_complete_begin(struct acc_str *xml)
{
    acc_str_set(xml, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
}

void acc_s3_complete_part(struct acc_str *xml, int number, const char *etag,
                          enum acc_s3_checksum checksum, const uint8_t *value)
{
    char base64[ACC_BASE64_LEN(ACC_SHA256_LEN)];
    const char *element = checksums[checksum].element;
    if (element == NULL) {
        acc_str_addf(xml, "<Part><PartNumber>%d</PartNumber><ETag>\"%s\"</ETag></Part>", number,
                     etag);
        return;
    }
    acc_base64_encode(value, checksums[checksum].len, base64);
    acc_str_addf(xml, "<Part><PartNumber>%d</PartNumber><ETag>\"%s\"</ETag><%s>%s</%s></Part>",
                 number, etag, element, base64, element);
}

void acc_s3_complete_end(struct acc_str *xml)
{
    acc_str_add(xml, "</CompleteMultipartUpload>");
}

void acc_s3_complete_upload(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                            const char *upload_id, const struct acc_str *xml)
{
    acc_s3_call_init(call, s3, ACC_S3_COMPLETE_UPLOAD, key);
    acc_s3_call_query(call, "uploadId", upload_id);
    acc_s3_call_header(call, "content-type", "application/xml");
    acc_s3_call_header(call, "if-none-match", "*");
    call->body = xml->data;
    call->body_len = xml->len;
}

void acc_s3_abort_upload(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                         const char *upload_id)
{
    acc_s3_call_init(call, s3, ACC_S3_ABORT_UPLOAD, key);
    acc_s3_call_query(call, "uploadId", upload_id);
}

void acc_s3_composite_sha256(const uint8_t *(*part)(const void *arg, int at), const void *arg,
                             int count, char out[ACC_S3_COMPOSITE])
{
    uint8_t sum[ACC_SHA256_LEN];
    char base64[ACC_BASE64_LEN(ACC_SHA256_LEN)];
    struct acc_str all = {0};
    for (int i = 0; i < count; i++)
        acc_str_add_n(&all, part(arg, i), ACC_SHA256_LEN);
    SHA256((const unsigned char *)acc_str_cstr(&all), all.len, sum);
    acc_str_release(&all);
    acc_base64_encode(sum, sizeof sum, base64);
    snprintf(out, ACC_S3_COMPOSITE, "%s-%d", base64, count);
}

void acc_s3_head_object(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                        const char *version_id)
{
    acc_s3_call_init(call, s3, ACC_S3_HEAD_OBJECT, key);
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

void acc_s3_get_lock(struct acc_s3_call *call, struct acc_s3 *s3)
{
    acc_s3_call_init(call, s3, ACC_S3_GET_LOCK, "");
}

static void header(const struct acc_s3_call *call, const char *name, char *out, size_t size)
{
    if (acc_http_header(&call->http, name, out, size) == NULL)
        out[0] = '\0';
}

static void unquote(char *text)
{
    size_t len = strlen(text);
    if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
        memmove(text, text + 1, len - 2);
        text[len - 2] = '\0';
    }
}

void acc_s3_read_object(const struct acc_s3_call *call, struct acc_s3_object *object)
{
    char text[32];
    long long size;
    *object = (struct acc_s3_object){.size = -1};
    header(call, "etag", object->etag, sizeof object->etag);
    unquote(object->etag);
    header(call, "x-amz-version-id", object->version_id, sizeof object->version_id);
    header(call, "x-amz-checksum-sha256", object->checksum_sha256, sizeof object->checksum_sha256);
    header(call, "x-amz-checksum-sha1", object->checksum_sha1, sizeof object->checksum_sha1);
    header(call, "x-amz-checksum-crc64nvme", object->checksum_crc64nvme,
           sizeof object->checksum_crc64nvme);
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
    if (call->op != ACC_S3_COMPLETE_UPLOAD)
        return;
    const struct acc_node *root = acc_xml_root(call->xml);
    acc_node_copy(root, "ETag", object->etag, sizeof object->etag);
    acc_node_copy(root, "ChecksumSHA256", object->checksum_sha256, sizeof object->checksum_sha256);
}
