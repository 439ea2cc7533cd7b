/* CompleteMultipartUpload says how large the object must be, to AWS alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "s3/ops/ops.h"

static const char *size_sent(const char *endpoint, int64_t size)
{
    static char sent[32];
    const struct acc_connection connection = {.endpoint_url = endpoint, .region = "eu-west-1"};
    const struct acc_s3_sum none = {0};
    struct acc_s3_location location = {0};
    struct acc_s3_call call = {0};
    struct acc_str xml = {0};
    struct acc_loop loop;
    struct acc_s3 *s3;
    struct acc_error err;
    assert_int_equal(acc_s3_location_parse("s3://bucket/prefix", &location, &err), ACC_OK);
    assert_int_equal(acc_loop_init(&loop, &err), ACC_OK);
    assert_int_equal(acc_s3_new(&loop, &connection, &location, 1, &s3, &err), ACC_OK);
    acc_s3_complete_begin(&xml);
    acc_s3_complete_end(&xml);
    acc_s3_complete_upload(&call, s3, "key", "id", &xml, &none, size);
    sent[0] = '\0';
    for (size_t i = 0; i < call.header_count; i++)
        if (strcmp(call.headers[i].name, "x-amz-mp-object-size") == 0)
            strncpy(sent, call.headers[i].value, sizeof sent - 1);
    acc_s3_call_release(&call);
    acc_str_release(&xml);
    acc_s3_free(s3);
    acc_loop_release(&loop);
    acc_s3_location_release(&location);
    return sent;
}

static void to_aws_alone(void **state)
{
    assert_string_equal(size_sent(NULL, 5368709121), "5368709121");
    assert_string_equal(size_sent(NULL, 0), "0");
    assert_string_equal(size_sent(NULL, -1), "");
    assert_string_equal(size_sent("http://127.0.0.1:9", 5368709121), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(to_aws_alone)};
    setenv("AWS_ACCESS_KEY_ID", "id", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_CONFIG_FILE", "/dev/null", 1);
    unsetenv("AWS_ENDPOINT_URL");
    unsetenv("AWS_ENDPOINT_URL_S3");
    return cmocka_run_group_tests_name("complete", tests, NULL, NULL);
}
