/* What keeps secrets out of messages: parts of them in a text, values that are not what they should
 * be, URLs with passwords. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/secret.h"

static void parts_of_a_secret_are_seen(void **state)
{
    assert_true(acc_gives_away("token 0123456789abcdefghij is bad", "0123456789abcdefghij"));
    assert_true(acc_gives_away("token 456789abcdef... is bad", "0123456789abcdefghij"));
    assert_false(acc_gives_away("token 456789abcd is bad", "0123456789abcdefghij"));
    assert_true(acc_gives_away("the key short", "short"));
    assert_false(acc_gives_away("the key", "short"));
    assert_false(acc_gives_away("anything", NULL));
    assert_false(acc_gives_away("anything", ""));
}

static void only_arns_are_shown(void **state)
{
    static const struct {
        const char *given, *shown;
    } rows[] = {
        {"arn:aws:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/a"},
        {"wJalrXUtnFEMI/K7MDENG", "(not an ARN)"},
        {"arn:a\naws_secret_access_key = hush", "(not an ARN)"},
        {"", "(not an ARN)"},
    };
    char shown[ACC_SHOWN];
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++) {
        acc_show_arn(rows[i].given, shown);
        assert_string_equal(shown, rows[i].shown);
    }
}

static void urls_lose_what_may_be_secret(void **state)
{
    static const struct {
        const char *given, *shown;
    } rows[] = {
        {"https://host:9000/path", "https://host:9000/path"},
        {"https://user:hush@host/path?token=hush#hush", "https://host/path"},
        {"http://u@hush@host", "http://host"},
        {"user:hush@host", "host"},
        {"https://host/a@b", "https://host/a@b"},
        {"nonsense", "nonsense"},
        {"", ""},
    };
    char shown[ACC_SHOWN];
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++) {
        acc_show_url(rows[i].given, shown);
        assert_string_equal(shown, rows[i].shown);
    }
}

static void keys_before_a_bucket_are_seen(void **state)
{
    assert_true(acc_holds_keys("s3://KEY:SECRET@bucket/p"));
    assert_true(acc_holds_keys("--receipts=s3://KEY:SEC/RET@bucket/p"));
    assert_true(acc_holds_keys("s3://KEY@bucket"));
    assert_true(acc_holds_keys("https://KEY:SEC/RET@host/bucket"));
    assert_false(acc_holds_keys("http://127.0.0.1:9000/bucket"));
    assert_false(acc_holds_keys("s3://bucket/a:b@c"));
    assert_false(acc_holds_keys("s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/a/b"));
    assert_false(acc_holds_keys("archive:a@b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_a_secret_are_seen),
        cmocka_unit_test(only_arns_are_shown),
        cmocka_unit_test(urls_lose_what_may_be_secret),
        cmocka_unit_test(keys_before_a_bucket_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
