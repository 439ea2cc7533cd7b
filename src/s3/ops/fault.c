/* Two tables: what option a header comes from, and what header a code or a message speaks of. A
 * request that is refused for itself, while it carries options and nothing says which is meant, is
 * refused for one of all of them. */
#include "s3/ops/fault.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

static const struct {
    const char *header, *option;
} options[] = {
    {"x-amz-storage-class", "--storage-class"},
    {"x-amz-server-side-encryption-aws-kms-key-id", "--sse-kms-key-id"},
    {"x-amz-server-side-encryption", "--sse"},
    {"x-amz-acl", "--acl"},
    {"x-amz-object-lock-mode", "--object-lock-mode"},
    {"x-amz-object-lock-retain-until-date", "--retain-until"},
    {"x-amz-object-lock-legal-hold", "--legal-hold"},
    {"x-amz-tagging", "--tag"},
};

static const struct {
    const char *words; /* in the code or the message, in any case */
    const char *header;
} hints[] = {
    {"StorageClass", "x-amz-storage-class"},
    {"storage class", "x-amz-storage-class"},
    {"kms", "x-amz-server-side-encryption-aws-kms-key-id"},
    {"kms", "x-amz-server-side-encryption"},
    {"encrypt", "x-amz-server-side-encryption"},
    {"AccessControlList", "x-amz-acl"},
    {"acl", "x-amz-acl"},
    {"RetentionPeriod", "x-amz-object-lock-retain-until-date"},
    {"lock", "x-amz-object-lock-mode"},
    {"lock", "x-amz-object-lock-legal-hold"},
    {"tag", "x-amz-tagging"},
};

static const char *value_of(const struct acc_s3_object_headers *headers, const char *name)
{
    for (size_t i = 0; headers != NULL && i < headers->count; i++)
        if (strcmp(headers->name[i], name) == 0)
            return headers->value[i];
    return NULL;
}

static bool add_option(struct acc_str *out, const char *header, const char *value)
{
    static const char hold[] = "x-amz-object-lock-legal-hold";
    for (size_t i = 0; i < ACC_COUNT_OF(options); i++)
        if (strcmp(options[i].header, header) == 0) {
            acc_str_addf(out, "%s%s", out->len > 0 ? ", " : "", options[i].option);
            if (strcmp(header, hold) != 0)
                acc_str_addf(out, " %s", value);
            return true;
        }
    return false;
}

static bool blames(const char *words, const char *code, const char *message)
{
    return strcasestr(code, words) != NULL || strcasestr(message, words) != NULL;
}

bool acc_s3_option_at_fault(const struct acc_s3_object_headers *headers, enum acc_s3_class class,
                            const char *code, const char *message, struct acc_str *out)
{
    bool of_request = class == ACC_S3_KEY || class == ACC_S3_PRECONDITION;
    bool of_option = acc_starts_with(code, "KMS") || acc_starts_with(code, "ObjectLock") ||
                     strcmp(code, "InvalidAccessKeyId") == 0;
    const char *value;
    if (!of_request && !(class == ACC_S3_DESTINATION && of_option))
        return false;
    for (size_t i = 0; i < ACC_COUNT_OF(hints); i++)
        if (blames(hints[i].words, code, message) &&
            (value = value_of(headers, hints[i].header)) != NULL)
            return add_option(out, hints[i].header, value);
    bool any = false;
    for (size_t i = 0; headers != NULL && of_request && i < headers->count; i++)
        any = add_option(out, headers->name[i], headers->value[i]) || any;
    return any;
}
