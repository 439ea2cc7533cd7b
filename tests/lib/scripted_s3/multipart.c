/* Multipart uploads: create, parts, complete, abort, list parts. An object appears at Complete and
 * not before; an aborted or completed upload's id is gone. Failures are S3's error replies. */
#include "exchange.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "xml.h"

static void reply_gone(struct exchange *x)
{
    reply_error(x, 404, x->server->scenario->config.gone, "The upload does not exist.");
}

/* NULL after a reply. */
static struct upload *wanted_upload(struct exchange *x)
{
    struct upload *upload = store_upload(x->bucket, x->key, x->upload_id);
    if (upload == NULL)
        reply_gone(x);
    return upload;
}

/* The checksum type that Create announces: CRC64NVME always covers the full object, SHA ones are
 * always composite, the other CRCs as asked for and composite by default. */
static void choose_checksum(const struct exchange *x, struct checksum *checksum)
{
    const char *name = http_header(&x->request, "x-amz-checksum-algorithm");
    const char *type = http_header(&x->request, "x-amz-checksum-type");
    const char *algorithm = name != NULL ? checksum_algorithm(name) : NULL;
    if (!knows_checksum(x, algorithm))
        return;
    bool full = strncmp(algorithm, "crc", 3) == 0 && type && strcasecmp(type, "FULL_OBJECT") == 0 &&
                x->server->scenario->config.full_object;
    checksum->algorithm = algorithm;
    checksum->composite = checksum_may_be_composite(algorithm) && !full;
}

void handle_CreateMultipartUpload(struct exchange *x)
{
    struct upload *upload = store_add_upload(&x->server->store, x->bucket, x->key);
    keep_headers(x, &upload->kept);
    choose_checksum(x, &upload->checksum);
    if (upload->checksum.algorithm != NULL) {
        reply_header(x, "x-amz-checksum-algorithm", "%s", upload->checksum.algorithm);
        if (x->server->scenario->config.full_object)
            reply_header(x, "x-amz-checksum-type", "%s",
                         upload->checksum.composite ? "COMPOSITE" : "FULL_OBJECT");
    }
    struct acc_str *xml = reply_xml(x, 200, "InitiateMultipartUploadResult");
    xml_element(xml, "Bucket", x->bucket_name);
    xml_element(xml, "Key", x->key);
    xml_element(xml, "UploadId", upload->id);
    acc_str_add(xml, "</InitiateMultipartUploadResult>");
}

/* S3 takes no part and no list of parts that lack what a composite checksum is made of. */
static bool insists(const struct exchange *x, const struct upload *upload)
{
    return x->server->scenario->config.checksums == CHECKSUMS_VERIFIED &&
           upload->checksum.algorithm != NULL && upload->checksum.composite;
}

void handle_UploadPart(struct exchange *x)
{
    struct upload *upload = wanted_upload(x);
    if (upload == NULL)
        return;
    if (x->part < 1 || x->part > PARTS_MAX) {
        reply_error(x, 400, "InvalidArgument",
                    "Part number must be an integer between 1 and 10000, inclusive.");
        return;
    }
    struct checksum checksum = {0};
    take_checksum(x, &checksum);
    if (insists(x, upload) && checksum.algorithm != upload->checksum.algorithm) {
        reply_error(x, 400, "InvalidRequest",
                    "Checksum Type mismatch occurred: the part lacks the upload's checksum.");
        return;
    }
    struct part *part = &upload->parts[x->part];
    part_clear(part);
    part->present = true;
    part->modified = acc_time_now();
    acc_str_add_n(&part->content, acc_str_cstr(&x->body), x->body.len);
    md5_hex(acc_str_cstr(&x->body), x->body.len, part->md5);
    memcpy(part->sha256, x->sha256, sizeof part->sha256);
    part->checksum = checksum;
    x->reply.status = 200;
    struct acc_str etag = {0};
    exchange_show_etag(x, part->md5, &etag);
    reply_header(x, "ETag", "%s", acc_str_cstr(&etag));
    acc_str_release(&etag);
    reply_checksum(x, &part->checksum);
}

/* ---- Complete ---- */

static bool same_etag(const char *given, const char *md5)
{
    size_t len = strlen(given);
    if (len >= 2 && given[0] == '"' && given[len - 1] == '"') {
        given++;
        len -= 2;
    }
    return len == 32 && strncasecmp(given, md5, len) == 0;
}

/* One listed part against the stored one; false after a reply. */
static bool part_is_right(struct exchange *x, const struct upload *upload,
                          const struct listed_part *listed, long long previous, bool last)
{
    if (listed->number <= previous) {
        reply_error(x, 400, "InvalidPartOrder", "The list of parts was not in ascending order.");
        return false;
    }
    const struct part *part = listed->number <= PARTS_MAX ? &upload->parts[listed->number] : NULL;
    if (part == NULL || !part->present || listed->etag == NULL ||
        !same_etag(listed->etag, part->md5) ||
        (listed->checksum != NULL && part->checksum.algorithm != NULL &&
         strcmp(listed->checksum, part->checksum.value) != 0)) {
        reply_error(x, 400, "InvalidPart",
                    "A listed part was not found, or its ETag or checksum differs.");
        return false;
    }
    if (listed->checksum != NULL && upload->checksum.algorithm == NULL &&
        x->server->scenario->config.checksums == CHECKSUMS_VERIFIED) {
        reply_error(x, 400, "InvalidRequest", "The upload was created without a checksum.");
        return false;
    }
    bool wanted = insists(x, upload) || (x->server->scenario->config.list_checksums &&
                                         upload->checksum.algorithm != NULL);
    if (wanted && listed->checksum == NULL) {
        reply_error(x, 400, "InvalidRequest",
                    "The complete request must include the checksum for each part.");
        return false;
    }
    if (!last && x->server->scenario->config.equal_parts && previous > 0 &&
        part->content.len != upload->parts[previous].content.len) {
        reply_error(x, 400, "InvalidPart", "All non-trailing parts must have the same length.");
        return false;
    }
    if (!last && (long long)part->content.len < x->server->scenario->config.min_part) {
        reply_error(x, 400, "EntityTooSmall",
                    "A part other than the last is smaller than the minimum.");
        return false;
    }
    return true;
}

static void finish_checksum(const struct upload *upload, const struct listed_part *listed,
                            size_t count, struct version *version)
{
    version->checksum = upload->checksum;
    if (upload->checksum.algorithm == NULL)
        return;
    if (!upload->checksum.composite) {
        checksum_of(upload->checksum.algorithm, acc_str_cstr(&version->content),
                    version->content.len, version->checksum.value);
        return;
    }
    const char **values = acc_calloc(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = upload->parts[listed[i].number].checksum.value;
    checksum_composite(upload->checksum.algorithm, values, count, version->checksum.value);
    free(values);
}

static struct version *assemble(const struct exchange *x, struct upload *upload,
                                const struct listed_part *listed, size_t count)
{
    struct version *version = ACC_NEW(struct version);
    struct acc_str md5s = {0};
    char etag[48];
    for (size_t i = 0; i < count; i++) {
        const struct part *part = &upload->parts[listed[i].number];
        acc_str_add_n(&version->content, acc_str_cstr(&part->content), part->content.len);
        acc_str_add(&md5s, part->md5);
    }
    md5_of_md5s(acc_str_cstr(&md5s), count, etag);
    acc_str_release(&md5s);
    version->etag = acc_strdup(etag);
    version->upload = acc_strdup(upload->id);
    sha256_hex(acc_str_cstr(&version->content), version->content.len, version->sha256);
    finish_checksum(upload, listed, count, version);
    add_own_checksum(x, version);
    version->kept = upload->kept;
    upload->kept = (struct http_pairs){0};
    return version;
}

/* Complete may carry the checksum that the whole must have. False after a reply. */
static bool whole_is_as_claimed(struct exchange *x, const struct version *version)
{
    struct checksum claimed = {0};
    take_checksum(x, &claimed);
    if (claimed.algorithm == NULL || x->server->scenario->config.checksums != CHECKSUMS_VERIFIED)
        return true;
    if (claimed.algorithm != version->checksum.algorithm || version->checksum.composite)
        reply_error(x, 400, "InvalidRequest", "The upload was created for another checksum.");
    else if (strcmp(claimed.value, version->checksum.value) != 0)
        reply_error(x, 400, "BadDigest", "The checksum you specified did not match the payload.");
    else
        return true;
    return false;
}

static void reply_completed(struct exchange *x, const struct version *version)
{
    struct acc_str etag = {0};
    exchange_show_etag(x, version->etag, &etag);
    struct acc_str *xml = reply_xml(x, 200, "CompleteMultipartUploadResult");
    xml_element(xml, "Bucket", x->bucket_name);
    xml_element(xml, "Key", x->key);
    xml_element(xml, "ETag", acc_str_cstr(&etag));
    xml_checksum(x, &version->checksum);
    acc_str_add(xml, "</CompleteMultipartUploadResult>");
    acc_str_release(&etag);
    show_version(x, version);
}

/* A second Complete: the finished object's answer again, where the scenario has it so. */
static void reply_repeated(struct exchange *x)
{
    struct version *version = store_newest(x->bucket, x->key);
    bool ours = version && version->upload && strcmp(version->upload, x->upload_id) == 0;
    if (ours && x->server->scenario->config.repeat == REPEAT_SAME)
        reply_completed(x, version);
    else if (ours)
        reply_error(x, 500, "InternalError", "This multipart completion is already in progress");
    else
        reply_gone(x);
}

void handle_CompleteMultipartUpload(struct exchange *x)
{
    struct upload *upload = store_upload(x->bucket, x->key, x->upload_id);
    if (!condition_is_known(x))
        return;
    if (upload == NULL) {
        reply_repeated(x);
        return;
    }
    struct listed_part *listed;
    size_t count;
    bool good = xml_listed_parts(&x->body, &listed, &count);
    if (!good)
        reply_error(x, 400, "MalformedXML", "The list of parts was not understood.");
    long long previous = 0;
    for (size_t i = 0; good && i < count; i++) {
        good = part_is_right(x, upload, &listed[i], previous, i + 1 == count);
        previous = listed[i].number;
    }
    if (good && write_is_welcome(x, CONDITION_ALL)) {
        struct version *version = assemble(x, upload, listed, count);
        if (!whole_is_as_claimed(x, version)) {
            version_free(version);
            listed_parts_free(listed, count);
            return;
        }
        store_remove_upload(upload);
        store_put(&x->server->store, x->bucket, x->key, version);
        reply_completed(x, version);
    }
    listed_parts_free(listed, count);
}

void handle_AbortMultipartUpload(struct exchange *x)
{
    struct upload *upload = wanted_upload(x);
    if (upload == NULL)
        return;
    store_remove_upload(upload);
    x->reply.status = 204;
}

static void list_part(struct exchange *x, struct acc_str *xml, int number, const struct part *part)
{
    char time[ACC_TIME_TEXT];
    struct acc_str etag = {0};
    exchange_show_etag(x, part->md5, &etag);
    acc_str_addf(xml, "<Part><PartNumber>%d</PartNumber><LastModified>%s</LastModified>", number,
                 acc_time_rfc3339(part->modified, time));
    xml_element(xml, "ETag", acc_str_cstr(&etag));
    acc_str_addf(xml, "<Size>%zu</Size>", part->content.len);
    if (part->checksum.algorithm != NULL) {
        char name[32] = "Checksum";
        for (size_t i = 0; part->checksum.algorithm[i] != '\0'; i++)
            name[8 + i] = (char)toupper(part->checksum.algorithm[i]);
        xml_element(xml, name, part->checksum.value);
    }
    acc_str_add(xml, "</Part>");
    acc_str_release(&etag);
}

void handle_ListParts(struct exchange *x)
{
    const struct upload *upload = wanted_upload(x);
    if (upload == NULL)
        return;
    const char *marker = http_query(&x->request, "part-number-marker");
    const char *wanted = http_query(&x->request, "max-parts");
    long long max = wanted ? atoll(wanted) : 1000, count = 0;
    if (max > x->server->scenario->config.page)
        max = x->server->scenario->config.page;
    struct acc_str *xml = reply_xml(x, 200, "ListPartsResult");
    if (upload->checksum.algorithm != NULL) {
        xml_element(xml, "ChecksumAlgorithm", upload->checksum.algorithm);
        if (x->server->scenario->config.full_object)
            xml_element(xml, "ChecksumType",
                        upload->checksum.composite ? "COMPOSITE" : "FULL_OBJECT");
    }
    xml_element(xml, "Bucket", x->bucket_name);
    xml_element(xml, "Key", x->key);
    xml_element(xml, "UploadId", upload->id);
    int last = 0, number = marker ? atoi(marker) + 1 : 1;
    for (; number <= PARTS_MAX; number++) {
        if (!upload->parts[number].present)
            continue;
        if (count == max)
            break;
        list_part(x, xml, number, &upload->parts[number]);
        last = number;
        count++;
    }
    acc_str_addf(xml, "<NextPartNumberMarker>%d</NextPartNumberMarker><MaxParts>%lld</MaxParts>",
                 last, max);
    acc_str_addf(xml, "<IsTruncated>%s</IsTruncated></ListPartsResult>",
                 number <= PARTS_MAX ? "true" : "false");
}
