/* Compares the answer's headers with the attributes wanted, and builds the calls that add the
 * missing ones. An attribute that the answer does not mention counts as missing: the object was
 * archived either way, and this is only reported. */
#include "s3/ops/attributes.h"

#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "base/clock.h"
#include "base/mem.h"

static bool header_is(const struct acc_s3_call *head, const char *name, const char *wanted)
{
    char value[128];
    return acc_http_header(&head->http, name, value, sizeof value) != NULL &&
           strcasecmp(value, wanted) == 0;
}

static bool retained_long_enough(const struct acc_s3_attributes *a, const struct acc_s3_call *head)
{
    char value[64];
    int64_t until;
    return header_is(head, "x-amz-object-lock-mode", a->lock_mode) &&
           acc_http_header(&head->http, "x-amz-object-lock-retain-until-date", value,
                           sizeof value) != NULL &&
           acc_time_parse(value, &until) && until >= a->retain_until_ms;
}

static bool has_tags(const struct acc_s3_attributes *a, const struct acc_s3_call *head)
{
    char value[16];
    long long count;
    return acc_http_header(&head->http, "x-amz-tagging-count", value, sizeof value) != NULL &&
           acc_parse_int(value, 0, 1000, &count) && count == a->tag_count;
}

unsigned acc_s3_attributes_lacking(const struct acc_s3_attributes *a,
                                   const struct acc_s3_call *head)
{
    char value[64];
    unsigned lacking = 0;
    /* STANDARD is what an answer without the header means. */
    bool has_class =
        acc_http_header(&head->http, "x-amz-storage-class", value, sizeof value) != NULL;
    if (a->storage_class[0] && strcmp(has_class ? value : "STANDARD", a->storage_class) != 0)
        lacking |= ACC_LACKS_STORAGE_CLASS;
    if (a->sse[0] && !header_is(head, "x-amz-server-side-encryption", a->sse))
        lacking |= ACC_LACKS_SSE;
    if (a->lock_mode[0] && !retained_long_enough(a, head))
        lacking |= ACC_LACKS_RETENTION;
    if (a->legal_hold && !header_is(head, "x-amz-object-lock-legal-hold", "ON"))
        lacking |= ACC_LACKS_LEGAL_HOLD;
    if (a->tag_count > 0 && !has_tags(a, head))
        lacking |= ACC_LACKS_TAGS;
    return lacking;
}

void acc_s3_attributes_name(const struct acc_s3_attributes *a, unsigned lacking,
                            struct acc_str *out)
{
    const char *between = "";
    if (lacking & ACC_LACKS_STORAGE_CLASS)
        acc_str_addf(out, "%sstorage class %s", between, a->storage_class), between = ", ";
    if (lacking & ACC_LACKS_SSE)
        acc_str_addf(out, "%sencryption %s", between, a->sse), between = ", ";
    if (lacking & ACC_LACKS_RETENTION)
        acc_str_addf(out, "%sretention %s until %s", between, a->lock_mode, a->retain_until),
            between = ", ";
    if (lacking & ACC_LACKS_LEGAL_HOLD)
        acc_str_addf(out, "%slegal hold", between), between = ", ";
    if (lacking & ACC_LACKS_TAGS)
        acc_str_addf(out, "%stags", between);
}

void acc_s3_attributes_mend(const struct acc_s3_attributes *a, enum acc_s3_lack lack,
                            struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                            const char *version_id, struct acc_str *body)
{
    unsigned char md5[16];
    char base64[ACC_BASE64_LEN(16)];
    acc_str_clear(body);
    if (lack == ACC_LACKS_RETENTION) {
        acc_s3_call_init(call, s3, ACC_S3_PUT_RETENTION, key);
        acc_str_addf(body,
                     "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>%s</Mode>"
                     "<RetainUntilDate>%s</RetainUntilDate></Retention>",
                     a->lock_mode, a->retain_until);
    } else if (lack == ACC_LACKS_LEGAL_HOLD) {
        acc_s3_call_init(call, s3, ACC_S3_PUT_LEGAL_HOLD, key);
        acc_str_add(
            body,
            "<LegalHold "
            "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>ON</Status></LegalHold>");
    } else {
        acc_s3_call_init(call, s3, ACC_S3_PUT_TAGGING, key);
        acc_str_add(body, a->tagging_xml);
    }
    if (version_id != NULL && *version_id)
        acc_s3_call_query(call, "versionId", version_id);
    /* AWS demands an MD5 of the body for these three; no other checksum works on every server. */
    if (EVP_Digest(body->data, body->len, md5, NULL, EVP_md5(), NULL) == 1) { /* not under FIPS */
        acc_base64_encode(md5, sizeof md5, base64);
        acc_s3_call_header(call, "content-md5", base64);
    }
    call->body = body->data;
    call->body_len = body->len;
}
