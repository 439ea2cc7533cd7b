/* The error table. First a <Message> that says more than its <Code>, then the <Code>, then
 * the status. Pure.
 * Sources: the S3 API reference, "Error responses"; what Ceph RGW and others answer instead. */
#include "s3/wire/error.h"

#include <string.h>

#include "base/mem.h"

static const struct {
    const char *code;
    enum acc_s3_class class;
} by_code[] = {
    {"AccessDenied", ACC_S3_DENIED},
    {"AllAccessDisabled", ACC_S3_DENIED},
    {"AccountProblem", ACC_S3_CREDENTIALS},
    {"AuthorizationHeaderMalformed", ACC_S3_BUCKET}, /* "the region 'x' is wrong; expecting 'y'" */
    {"BadDigest", ACC_S3_RETRY},
    {"BandwidthLimitExceeded", ACC_S3_RETRY},
    {"ConditionalRequestConflict", ACC_S3_RESTART},
    {"EC2ThrottledException", ACC_S3_RETRY},
    {"ExpiredToken", ACC_S3_EXPIRED},
    {"GlacierExpeditedRetrievalNotAvailable", ACC_S3_KEY}, /* for hours at times: another tier */
    {"IllegalLocationConstraintException", ACC_S3_BUCKET},
    {"IncompleteBody", ACC_S3_RETRY},
    {"InvalidAccessKeyId", ACC_S3_CREDENTIALS},
    {"InvalidObjectState", ACC_S3_KEY}, /* in an archive storage class: cannot be read now */
    {"InvalidBucketName", ACC_S3_BUCKET},
    {"InvalidPart", ACC_S3_RESTART},
    {"InvalidPartOrder", ACC_S3_RESTART},
    {"InvalidSecurity", ACC_S3_CREDENTIALS},
    {"InvalidToken", ACC_S3_CREDENTIALS},
    {"KMS.DisabledException", ACC_S3_DESTINATION},
    {"KMS.KMSInvalidStateException", ACC_S3_DESTINATION},
    {"KMS.NotFoundException", ACC_S3_DESTINATION},
    {"InsufficientStorage", ACC_S3_DESTINATION},
    {"NoSuchBucket", ACC_S3_BUCKET},
    {"NoSuchUpload", ACC_S3_RESTART},
    {"NoSuchVersion", ACC_S3_MISSING},
    {"NotImplemented", ACC_S3_KEY}, /* a header, mostly: what was asked for is not to be had here */
    {"NotSignedUp", ACC_S3_CREDENTIALS},
    {"ObjectLockConfigurationNotFoundError", ACC_S3_DESTINATION},
    {"OperationAborted", ACC_S3_RESTART}, /* "a conflicting operation is in progress" */
    {"PermanentRedirect", ACC_S3_BUCKET},
    {"PreconditionFailed", ACC_S3_PRECONDITION},
    {"PriorRequestNotComplete", ACC_S3_RETRY},
    {"QuotaExceeded", ACC_S3_DESTINATION},
    {"RestoreAlreadyInProgress", ACC_S3_KEY},
    {"RequestTimeTooSkewed", ACC_S3_CLOCK},
    {"RequestExpired", ACC_S3_CLOCK},
    {"RequestTimeout", ACC_S3_RETRY},
    {"RequestLimitExceeded", ACC_S3_RETRY},
    {"SignatureDoesNotMatch", ACC_S3_CREDENTIALS},
    {"SlowDown", ACC_S3_RETRY},
    {"TemporaryRedirect", ACC_S3_BUCKET},
    {"Throttling", ACC_S3_RETRY},
    {"ThrottlingException", ACC_S3_RETRY},
    {"TokenRefreshRequired", ACC_S3_EXPIRED},
    {"TooManyRequestsException", ACC_S3_RETRY},
    {"UserSuspended", ACC_S3_CREDENTIALS},
    {"XAmzContentChecksumMismatch", ACC_S3_RETRY},
    {"XAmzContentSHA256Mismatch", ACC_S3_RETRY},
    {"XMinioStorageFull", ACC_S3_DESTINATION},
};

/* Codes that a server uses for something else than they mean, recognised by the message. */
static const struct {
    const char *code, *fragment;
    enum acc_s3_class class;
} by_message[] = {
    /* Ceph RGW, of an encryption key it cannot get */
    {"InvalidAccessKeyId", "kms-keyid", ACC_S3_DESTINATION},
};

enum acc_s3_class acc_s3_classify(int status, const char *code, const char *message, bool write,
                                  bool ambiguous)
{
    for (size_t i = 0; i < ACC_COUNT_OF(by_message); i++)
        if (strcmp(by_message[i].code, code) == 0 &&
            strstr(message, by_message[i].fragment) != NULL)
            return by_message[i].class;
    for (size_t i = 0; i < ACC_COUNT_OF(by_code); i++)
        if (strcmp(by_code[i].code, code) == 0)
            return by_code[i].class;
    if (strcmp(code, "NoSuchKey") == 0)
        /* RGW answers a write whose body was cut short with it: nothing is stored. */
        return write ? ACC_S3_RETRY : ACC_S3_MISSING;
    if (strcmp(code, "InternalError") == 0 && ambiguous)
        return ACC_S3_UNKNOWN;
    if (status >= 200 && status < 300)
        return *code == '\0' ? ACC_S3_OK : ambiguous ? ACC_S3_UNKNOWN : ACC_S3_RETRY;
    switch (status) {
    case 301:
    case 302:
    case 307:
    case 308:
        return ACC_S3_BUCKET;
    case 403:
        return ACC_S3_DENIED;
    case 404:
        return write ? ACC_S3_KEY : ACC_S3_MISSING;
    case 412:
        return ACC_S3_PRECONDITION;
    case 429:
    case 503: /* refused before any of it was done */
        return ACC_S3_RETRY;
    case 500:
    case 502:
    case 504:
        return ambiguous ? ACC_S3_UNKNOWN : ACC_S3_RETRY;
    case 507:
        return ACC_S3_DESTINATION;
    default:
        return status >= 400 && status < 500 ? ACC_S3_KEY : ACC_S3_PROTOCOL;
    }
}

static const struct {
    const char *name;
    enum acc_code code;
} classes[ACC_S3_CLASS_COUNT] = {
    [ACC_S3_OK] = {"OK", ACC_OK},
    [ACC_S3_RETRY] = {"RETRY", ACC_SERVER},
    [ACC_S3_UNKNOWN] = {"UNKNOWN", ACC_SERVER},
    [ACC_S3_RESTART] = {"RESTART", ACC_SERVER},
    [ACC_S3_MISSING] = {"MISSING", ACC_KEY_REFUSED},
    [ACC_S3_PRECONDITION] = {"PRECONDITION", ACC_CONFLICT},
    [ACC_S3_DENIED] = {"DENIED", ACC_KEY_REFUSED},
    [ACC_S3_EXPIRED] = {"EXPIRED", ACC_CREDENTIALS},
    [ACC_S3_CREDENTIALS] = {"CREDENTIALS", ACC_CREDENTIALS},
    [ACC_S3_CLOCK] = {"CLOCK", ACC_CLOCK},
    [ACC_S3_DESTINATION] = {"DESTINATION", ACC_REFUSED},
    [ACC_S3_BUCKET] = {"BUCKET", ACC_BUCKET},
    [ACC_S3_KEY] = {"KEY", ACC_KEY_REFUSED},
    [ACC_S3_UNREACHABLE] = {"UNREACHABLE", ACC_UNREACHABLE},
    [ACC_S3_PROTOCOL] = {"PROTOCOL", ACC_PROTOCOL},
    [ACC_S3_CANCELLED] = {"CANCELLED", ACC_INTERRUPTED},
};

const char *acc_s3_class_name(enum acc_s3_class class)
{
    return classes[class].name;
}

enum acc_code acc_s3_class_code(enum acc_s3_class class)
{
    return classes[class].code;
}
