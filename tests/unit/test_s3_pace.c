/* The pace of requests: fewer and a pause when a server asks to slow down, and back again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "s3/client/pace.h"

static void test_halves_and_pauses(void **state)
{
    struct acc_s3_pace pace;
    (void)state;
    acc_s3_pace_init(&pace, 16);
    assert_int_equal(acc_s3_pace_pause(&pace, 1000), 0);
    for (unsigned allowed = 8; allowed > 0; allowed /= 2) {
        uint64_t now = 1000 * (16 / allowed);
        acc_s3_pace_slow_down(&pace, now, now, 0, 12345);
        assert_int_equal(pace.allowed, allowed);
        assert_true(acc_s3_pace_pause(&pace, now) >= 50);
    }
    acc_s3_pace_slow_down(&pace, 90000, 90000, 0, 12345);
    assert_int_equal(pace.allowed, 1);
}

static void test_echoes_say_nothing_new(void **state)
{
    struct acc_s3_pace pace;
    (void)state;
    acc_s3_pace_init(&pace, 16);
    acc_s3_pace_slow_down(&pace, 1000, 990, 0, 0);
    for (int i = 0; i < 15; i++)
        acc_s3_pace_slow_down(&pace, 1001, 991, 0, 0);
    assert_int_equal(pace.allowed, 8);
    assert_true(acc_s3_pace_pause(&pace, 1000) <= 100);
}

static void test_pauses_grow_and_end(void **state)
{
    struct acc_s3_pace pace;
    uint64_t now = 1000;
    (void)state;
    acc_s3_pace_init(&pace, 4);
    for (int i = 0; i < 100; i++) {
        uint64_t before = acc_s3_pace_pause(&pace, now);
        assert_int_equal(before, 0);
        acc_s3_pace_slow_down(&pace, now, now, 0, UINT64_MAX);
        uint64_t pause = acc_s3_pace_pause(&pace, now);
        assert_true(pause >= 50 && pause <= 12800);
        if (i > 8)
            assert_true(pause >= 6400);
        now += pause;
    }
}

static void test_retry_after_is_heeded(void **state)
{
    struct acc_s3_pace pace;
    (void)state;
    acc_s3_pace_init(&pace, 4);
    acc_s3_pace_slow_down(&pace, 1000, 1000, 30000, 7);
    assert_int_equal(acc_s3_pace_pause(&pace, 1000), 30000);
}

static void test_successes_bring_it_back(void **state)
{
    struct acc_s3_pace pace;
    (void)state;
    acc_s3_pace_init(&pace, 16);
    for (uint64_t now = 1000; now < 6000; now += 1000)
        acc_s3_pace_slow_down(&pace, now, now, 0, 0);
    assert_int_equal(pace.allowed, 1);
    for (int i = 0; i < 3; i++)
        acc_s3_pace_success(&pace);
    assert_int_equal(pace.allowed, 1);
    acc_s3_pace_success(&pace);
    assert_int_equal(pace.allowed, 2);
    for (int i = 0; i < 1000; i++)
        acc_s3_pace_success(&pace);
    assert_int_equal(pace.allowed, 16);
    assert_int_equal(pace.doublings, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_halves_and_pauses),
        cmocka_unit_test(test_echoes_say_nothing_new),
        cmocka_unit_test(test_pauses_grow_and_end),
        cmocka_unit_test(test_retry_after_is_heeded),
        cmocka_unit_test(test_successes_bring_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
