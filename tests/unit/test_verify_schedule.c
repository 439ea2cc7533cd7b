/* The schedule: the same paths each time and everywhere, slices that cover everything once. The
 * expected values were computed by another program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/marks.h"
#include "verify/schedule.h"

static const char *path_of(unsigned i, char out[64])
{
    snprintf(out, 64, "data/file-%u", i);
    return out;
}

static void test_slices_are_known(void **state)
{
    static const unsigned slices[] = {17, 19, 4, 22};
    char path[64];
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        for (unsigned n = 1; n <= 30; n++) {
            struct acc_verify_options o = {.slice = n, .slices = 30};
            assert_int_equal(acc_schedule_takes(&o, path_of(i, path)), n == slices[i]);
        }
}

static void test_slices_cover_everything_once(void **state)
{
    unsigned sizes[7] = {0};
    char path[64];
    (void)state;
    for (unsigned i = 0; i < 7000; i++) {
        unsigned taken = 0;
        for (unsigned n = 1; n <= 7; n++) {
            struct acc_verify_options o = {.slice = n, .slices = 7};
            bool takes = acc_schedule_takes(&o, path_of(i, path));
            taken += takes;
            sizes[n - 1] += takes;
        }
        assert_int_equal(taken, 1);
    }
    for (unsigned n = 0; n < 7; n++)
        assert_in_range(sizes[n], 850, 1150);
}

static void test_samples_are_known(void **state)
{
    static const double shares[] = {0.5896, 0.693, 0.5072, 0.1686, 0.5188, 0.696};
    static const double seeded[] = {0.1134, 0.7272, 0.558, 0.1212, 0.8096, 0.6542};
    char path[64];
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        struct acc_verify_options below = {.sample = shares[i] - 0.001},
                                  above = {.sample = shares[i] + 0.001},
                                  other = {.sample = seeded[i] + 0.001, .sample_seed = "x"};
        assert_false(acc_schedule_takes(&below, path_of(i, path)));
        assert_true(acc_schedule_takes(&above, path));
        assert_true(acc_schedule_takes(&other, path));
        other.sample -= 0.002;
        assert_false(acc_schedule_takes(&other, path));
    }
}

/* A larger sample holds the smaller one; sample and slice are independent of each other. */
static void test_samples_combine(void **state)
{
    unsigned both = 0, all = 0;
    char path[64];
    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        struct acc_verify_options small = {.sample = 0.05}, large = {.sample = 0.2},
                                  combined = {.sample = 0.2, .slice = 2, .slices = 4}, none = {0},
                                  whole = {.sample = 1};
        path_of(i, path);
        if (acc_schedule_takes(&small, path))
            assert_true(acc_schedule_takes(&large, path));
        all += acc_schedule_takes(&large, path);
        both += acc_schedule_takes(&combined, path);
        assert_true(acc_schedule_takes(&none, path));
        assert_true(acc_schedule_takes(&whole, path));
    }
    assert_in_range(all, 1850, 2150);
    assert_in_range(both, 420, 580);
}

static void test_due(void **state)
{
    struct acc_verify_options o = {.older_than = 1000}, any = {0};
    (void)state;
    assert_true(acc_schedule_due(&o, 0, 5000));
    assert_true(acc_schedule_due(&o, 4000, 5000));
    assert_false(acc_schedule_due(&o, 4001, 5000));
    assert_true(acc_schedule_due(&any, 5000, 5000));
}

static void test_marks(void **state)
{
    struct acc_marks marks = {0};
    (void)state;
    assert_int_equal(acc_marks_of(&marks, 5), 0);
    acc_marks_add(&marks, 5, 3);
    acc_marks_add(&marks, 4, 8);
    acc_marks_add(&marks, 5, 4);
    acc_marks_add(&marks, 10000000, 15);
    assert_int_equal(acc_marks_of(&marks, 4), 8);
    assert_int_equal(acc_marks_of(&marks, 5), 7);
    assert_int_equal(acc_marks_of(&marks, 6), 0);
    assert_int_equal(acc_marks_of(&marks, 9999999), 0);
    assert_int_equal(acc_marks_of(&marks, 10000000), 15);
    assert_int_equal(acc_marks_of(&marks, 99999999), 0);
    acc_marks_release(&marks);
    assert_int_equal(acc_marks_of(&marks, 5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices_are_known),
        cmocka_unit_test(test_slices_cover_everything_once),
        cmocka_unit_test(test_samples_are_known),
        cmocka_unit_test(test_samples_combine),
        cmocka_unit_test(test_due),
        cmocka_unit_test(test_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
