/* What answers mean: the table of docs, class by class, with statuses that do not fit their codes
 * as other servers send them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "s3/wire/error.h"

struct sample {
    int status;
    const char *code;
    enum acc_s3_class read, write, ambiguous;
};

#define SAME(status, code, class)                                                                  \
    {                                                                                              \
        status, code, class, class, class                                                          \
    }

static const struct sample samples[] = {
    SAME(200, "", ACC_S3_OK),
    SAME(204, "", ACC_S3_OK),
    {200, "InternalError", ACC_S3_RETRY, ACC_S3_RETRY, ACC_S3_UNKNOWN},
    {500, "InternalError", ACC_S3_RETRY, ACC_S3_RETRY, ACC_S3_UNKNOWN},
    {500, "", ACC_S3_RETRY, ACC_S3_RETRY, ACC_S3_UNKNOWN},
    {502, "", ACC_S3_RETRY, ACC_S3_RETRY, ACC_S3_UNKNOWN},
    {504, "", ACC_S3_RETRY, ACC_S3_RETRY, ACC_S3_UNKNOWN},
    SAME(503, "SlowDown", ACC_S3_RETRY),
    SAME(503, "", ACC_S3_RETRY),
    SAME(429, "", ACC_S3_RETRY),
    SAME(400, "RequestTimeout", ACC_S3_RETRY),
    SAME(400, "BadDigest", ACC_S3_RETRY),
    SAME(400, "XAmzContentSHA256Mismatch", ACC_S3_RETRY),
    SAME(403, "AccessDenied", ACC_S3_DENIED),
    SAME(403, "", ACC_S3_DENIED),
    SAME(403, "InvalidAccessKeyId", ACC_S3_CREDENTIALS),
    SAME(403, "SignatureDoesNotMatch", ACC_S3_CREDENTIALS),
    SAME(403, "UserSuspended", ACC_S3_CREDENTIALS),
    SAME(400, "InvalidToken", ACC_S3_CREDENTIALS),
    SAME(400, "ExpiredToken", ACC_S3_EXPIRED),
    SAME(403, "ExpiredToken", ACC_S3_EXPIRED),
    SAME(403, "RequestTimeTooSkewed", ACC_S3_CLOCK),
    SAME(403, "QuotaExceeded", ACC_S3_DESTINATION),
    SAME(507, "", ACC_S3_DESTINATION),
    SAME(404, "NoSuchBucket", ACC_S3_BUCKET),
    SAME(301, "PermanentRedirect", ACC_S3_BUCKET),
    SAME(301, "", ACC_S3_BUCKET),
    SAME(302, "", ACC_S3_BUCKET),
    SAME(308, "", ACC_S3_BUCKET),
    SAME(400, "AuthorizationHeaderMalformed", ACC_S3_BUCKET),
    SAME(404, "NoSuchUpload", ACC_S3_RESTART),
    SAME(400, "InvalidPart", ACC_S3_RESTART),
    SAME(409, "ConditionalRequestConflict", ACC_S3_RESTART),
    SAME(409, "OperationAborted", ACC_S3_RESTART),
    {404, "NoSuchKey", ACC_S3_MISSING, ACC_S3_RETRY, ACC_S3_RETRY},
    {404, "", ACC_S3_MISSING, ACC_S3_KEY, ACC_S3_KEY},
    SAME(412, "PreconditionFailed", ACC_S3_PRECONDITION),
    SAME(412, "", ACC_S3_PRECONDITION),
    SAME(400, "EntityTooLarge", ACC_S3_KEY),
    SAME(400, "KeyTooLongError", ACC_S3_KEY),
    SAME(418, "NobodyKnowsThis", ACC_S3_KEY),
};

static void test_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < ACC_COUNT_OF(samples); i++) {
        const struct sample *s = &samples[i];
        enum acc_s3_class read = acc_s3_classify(s->status, s->code, "", false, false);
        enum acc_s3_class write = acc_s3_classify(s->status, s->code, "", true, false);
        enum acc_s3_class ambiguous = acc_s3_classify(s->status, s->code, "", true, true);
        if (read != s->read || write != s->write || ambiguous != s->ambiguous)
            fail_msg("%d %s: read %s, write %s, ambiguous %s", s->status, s->code,
                     acc_s3_class_name(read), acc_s3_class_name(write),
                     acc_s3_class_name(ambiguous));
    }
}

/* Ceph RGW calls a missing encryption key a missing access key; only its message shows it. */
static void test_message_tells_more(void **state)
{
    (void)state;
    assert_int_equal(acc_s3_classify(403, "InvalidAccessKeyId",
                                     "Failed to retrieve the actual key, kms-keyid: k", true,
                                     false),
                     ACC_S3_DESTINATION);
    assert_int_equal(acc_s3_classify(403, "InvalidAccessKeyId", "", true, false),
                     ACC_S3_CREDENTIALS);
    assert_int_equal(acc_s3_classify(403, "AccessDenied", "kms-keyid", true, false), ACC_S3_DENIED);
}

/* Only what halts for a named reason may have that reason's exit status; nothing maps to success.
 */
static void test_exit_statuses(void **state)
{
    static const struct {
        enum acc_s3_class class;
        int exit;
    } expected[] = {{ACC_S3_OK, 0},          {ACC_S3_DESTINATION, 3}, {ACC_S3_EXPIRED, 4},
                    {ACC_S3_CREDENTIALS, 4}, {ACC_S3_CLOCK, 4},       {ACC_S3_BUCKET, 4},
                    {ACC_S3_UNREACHABLE, 5}, {ACC_S3_PROTOCOL, 5},    {ACC_S3_RETRY, 5},
                    {ACC_S3_UNKNOWN, 5},     {ACC_S3_RESTART, 5},     {ACC_S3_KEY, 1},
                    {ACC_S3_PRECONDITION, 1}};
    (void)state;
    for (size_t i = 0; i < ACC_COUNT_OF(expected); i++)
        assert_int_equal(acc_code_exit(acc_s3_class_code(expected[i].class)), expected[i].exit);
    for (int class = 0; class < ACC_S3_CLASS_COUNT; class ++) {
        assert_non_null(acc_s3_class_name((enum acc_s3_class) class));
        if (class != ACC_S3_OK)
            assert_int_not_equal(acc_s3_class_code((enum acc_s3_class) class), ACC_OK);
    }
}

/* No answer outside 2xx, and none with an error inside, is ever taken for success. */
static void test_nothing_else_is_success(void **state)
{
    (void)state;
    for (int status = 0; status < 600; status++)
        for (int flags = 0; flags < 4; flags++) {
            bool good = status >= 200 && status < 300;
            enum acc_s3_class class = acc_s3_classify(status, "", "", flags & 1, flags & 2);
            assert_true((class == ACC_S3_OK) == good);
            assert_int_not_equal(acc_s3_classify(status, "Whatever", "", flags & 1, flags & 2),
                                 ACC_S3_OK);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_message_tells_more),
        cmocka_unit_test(test_exit_statuses),
        cmocka_unit_test(test_nothing_else_is_success),
    };
    return cmocka_run_group_tests_name("s3 errors", tests, NULL, NULL);
}
