/* JSON that is written straight: the same text that jansson makes of the same values, for every
 * byte that UTF-8 can hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/json.h"

static void test_shape(void **state)
{
    struct acc_str text = {0};
    struct acc_json json = {.out = &text};
    acc_json_open(&json, NULL, '{');
    acc_json_open(&json, "empty", '{');
    acc_json_close(&json, '}');
    acc_json_open(&json, "list", '[');
    acc_json_number(&json, NULL, INT64_MIN);
    acc_json_open(&json, NULL, '[');
    acc_json_close(&json, ']');
    acc_json_null(&json, NULL);
    acc_json_close(&json, ']');
    acc_json_text(&json, "none", NULL);
    acc_json_text(&json, "nothing", "");
    acc_json_close(&json, '}');
    assert_string_equal(acc_str_cstr(&text),
                        "{\"empty\":{},\"list\":[-9223372036854775808,[],null],"
                        "\"none\":null,\"nothing\":\"\"}");
    acc_str_release(&text);
}

static void test_every_character(void **state)
{
    char value[128 + 8];
    for (int c = 1; c < 128; c++)
        value[c - 1] = (char)c;
    strcpy(value + 127, "\xC3\xA4\xF0\x9F\x93\x9C");

    struct acc_str text = {0};
    struct acc_json json = {.out = &text};
    acc_json_open(&json, NULL, '[');
    acc_json_text(&json, NULL, value);
    acc_json_close(&json, ']');
    json_t *made = json_pack("[s]", value);
    char *expected = json_dumps(made, JSON_COMPACT);
    assert_string_equal(acc_str_cstr(&text), expected);
    json_t *read = json_loads(acc_str_cstr(&text), 0, NULL);
    assert_string_equal(json_string_value(json_array_get(read, 0)), value);
    json_decref(read);
    json_decref(made);
    free(expected);
    acc_str_release(&text);
}

/* What needs no escape is copied in pieces: what does may stand anywhere in them. */
static void test_every_place(void **state)
{
    (void)state;
    static const char *const odd[] = {"\"", "\\", "\x01", "\x1F", "\xC3\xA4", "\x7F"};
    for (size_t which = 0; which < sizeof odd / sizeof odd[0]; which++)
        for (int at = 0; at < 20; at++) {
            char value[64];
            struct acc_str text = {0};
            struct acc_json json = {.out = &text};
            snprintf(value, sizeof value, "%.*s%s%.*s", at, "abcdefghijklmnopqrst", odd[which],
                     20 - at, "abcdefghijklmnopqrst");
            acc_json_open(&json, NULL, '[');
            acc_json_text(&json, NULL, value);
            acc_json_close(&json, ']');
            json_t *read = json_loads(acc_str_cstr(&text), 0, NULL);
            assert_string_equal(json_string_value(json_array_get(read, 0)), value);
            json_decref(read);
            acc_str_release(&text);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_every_character),
        cmocka_unit_test(test_every_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
