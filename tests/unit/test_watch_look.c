/* Looking at arrivals: fingerprints that miss no change, and "complete" said never too early. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "watch/arrival/look.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const char *const lists[] = {"SHA256SUMS", "list.csv", NULL};

struct world {
    char folder[64];
    atomic_bool stop;
    struct acc_look_rules rules;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    strcpy(world->folder, "/tmp/acc-look-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    world->rules = (struct acc_look_rules){.ready = ACC_READY_MANIFEST,
                                           .marker = "complete",
                                           .manifests = lists,
                                           .settle = 1000,
                                           .stale = 60000,
                                           .trust_times = true,
                                           .stop = &world->stop};
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", world->folder);
    assert_int_equal(system(command), 0);
    free(world);
    return 0;
}

static void put(const struct world *world, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", world->folder, name);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    assert_int_equal(acc_mkdirs(path, NULL), ACC_OK);
    *slash = '/';
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static struct acc_sight sight_of(struct world *world)
{
    struct acc_sight sight;
    struct acc_error err;
    assert_int_equal(acc_sight_take(world->folder, &world->stop, NULL, NULL, &sight, &err), ACC_OK);
    return sight;
}

/* ---- fingerprints ---- */

static void test_the_same_twice(void **state)
{
    struct world *world = *state;
    put(world, "a/b", "1");
    put(world, "c", "2");
    struct acc_sight first = sight_of(world), second = sight_of(world);
    assert_true(acc_sight_same(&first, &second));
    assert_int_equal(first.files, 2);
    assert_int_equal(first.bytes, 2);
}

static void change_and_expect(struct world *world, const char *name, const char *text)
{
    struct acc_sight before = sight_of(world);
    put(world, name, text);
    struct acc_sight after = sight_of(world);
    assert_false(acc_sight_same(&before, &after));
    assert_true(before.content != after.content);
}

static void test_sees_any_change(void **state)
{
    struct world *world = *state;
    put(world, "data/a", "one");
    change_and_expect(world, "data/a", "longer");
    change_and_expect(world, "data/deep/er/b", "");
    change_and_expect(world, "c", "3");
    char path[256];
    struct acc_sight before = sight_of(world);
    snprintf(path, sizeof path, "%s/data/empty", world->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    struct acc_sight after = sight_of(world);
    assert_true(before.content != after.content);
}

/* The corrected file of a delivery copied with its times: same name, size and time. */
static void test_sees_a_file_replaced_by_its_like(void **state)
{
    struct world *world = *state;
    const struct timespec times[] = {{1000000000, 0}, {1000000000, 0}};
    char path[256], fresh[256];
    put(world, "a", "wrong");
    snprintf(path, sizeof path, "%s/a", world->folder);
    utimensat(AT_FDCWD, path, times, 0);
    struct acc_sight before = sight_of(world);
    put(world, "fresh", "right");
    snprintf(fresh, sizeof fresh, "%s/fresh", world->folder);
    utimensat(AT_FDCWD, fresh, times, 0);
    assert_int_equal(rename(fresh, path), 0);
    struct acc_sight after = sight_of(world);
    assert_int_equal(before.content, after.content);
    assert_true(before.touched != after.touched);
    assert_false(acc_sight_same(&before, &after));
}

/* Two files that trade names have the same sizes and times in sum. */
static void test_sees_names_traded(void **state)
{
    struct world *world = *state;
    char a[256], b[256], c[256];
    put(world, "a", "x");
    put(world, "b", "yy");
    struct acc_sight before = sight_of(world);
    snprintf(a, sizeof a, "%s/a", world->folder);
    snprintf(b, sizeof b, "%s/b", world->folder);
    snprintf(c, sizeof c, "%s/c", world->folder);
    assert_int_equal(rename(a, c) | rename(b, a) | rename(c, b), 0);
    struct acc_sight after = sight_of(world);
    assert_true(before.content != after.content);
}

static void test_a_folder_that_is_gone(void **state)
{
    struct world *world = *state;
    struct acc_sight sight;
    struct acc_error err;
    assert_int_equal(acc_sight_take("/tmp/acc-look-none", &world->stop, NULL, NULL, &sight, &err),
                     ACC_FILE_MISSING);
    atomic_store(&world->stop, true);
    put(world, "a", "");
    assert_int_equal(acc_sight_take(world->folder, &world->stop, NULL, NULL, &sight, &err),
                     ACC_INTERRUPTED);
}

/* ---- stillness ---- */

static void test_settling_grows_with_size(void **state)
{
    struct world *world = *state;
    world->rules.ready = ACC_READY_SETTLE;
    int64_t small = acc_ready_quiet(&world->rules, 0);
    int64_t medium = acc_ready_quiet(&world->rules, INT64_C(1) << 30);
    int64_t large = acc_ready_quiet(&world->rules, INT64_C(1) << 40);
    assert_int_equal(small, 1000);
    assert_true(medium > small + 10000 && large > 1000 * (medium - small));
    world->rules.ready = ACC_READY_MANIFEST;
    assert_int_equal(acc_ready_quiet(&world->rules, INT64_C(1) << 40), 1000);
}

static void test_stillness_from_times_or_from_looking(void **state)
{
    struct world *world = *state;
    struct acc_sight sight = {.files = 1, .newest = 50000};
    assert_int_equal(acc_ready_still(&world->rules, &sight, 10, 60000), 10000);
    /* A clock that is ahead proves nothing; looking does. */
    assert_int_equal(acc_ready_still(&world->rules, &sight, 10, 40000), 10);
    world->rules.trust_times = false;
    assert_int_equal(acc_ready_still(&world->rules, &sight, 10, 60000), 10);
}

static bool ready(struct world *world, enum acc_watch_ready rule, struct acc_sight sight,
                  int64_t still)
{
    struct acc_error why = {0};
    world->rules.ready = rule;
    bool is = acc_ready_judge(&world->rules, &sight, still, &why);
    assert_int_equal(is, why.code == ACC_OK);
    return is;
}

static void test_ready_by_each_rule(void **state)
{
    struct world *world = *state;
    struct acc_sight sight = {.files = 3, .bytes = 10, .newest = 1000, .renamed = 2000};
    assert_true(ready(world, ACC_READY_SETTLE, sight, 1000));
    assert_false(ready(world, ACC_READY_SETTLE, sight, 999));
    sight.bytes = INT64_C(1) << 40;
    assert_false(ready(world, ACC_READY_SETTLE, sight, 1000));
    sight.bytes = 10;

    assert_true(ready(world, ACC_READY_RENAME, sight, 1000));
    sight.newest = 2001; /* written in after it got its name */
    assert_false(ready(world, ACC_READY_RENAME, sight, 1000000));

    assert_false(ready(world, ACC_READY_MARKER, sight, 1000000));
    sight.marked = true;
    assert_true(ready(world, ACC_READY_MARKER, sight, 0));

    sight.files = 0;
    for (int rule = ACC_READY_MANIFEST; rule <= ACC_READY_SETTLE; rule++)
        assert_false(ready(world, (enum acc_watch_ready)rule, sight, 1000000));
}

/* ---- manifests ---- */

static enum acc_code look(struct world *world, struct acc_error *why)
{
    *why = (struct acc_error){0};
    return acc_ready_manifest(&world->rules, world->folder, why);
}

static void test_a_bag_that_grows(void **state)
{
    struct world *world = *state;
    struct acc_error why;
    put(world, "data/a", "");
    assert_int_equal(look(world, &why), ACC_FILE_MISSING);
    assert_non_null(strstr(why.message, "SHA256SUMS"));
    put(world, "bagit.txt", "BagIt-Version: 1.0\nTag-File-Charac");
    assert_int_equal(look(world, &why), ACC_MANIFEST);
    put(world, "bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
    assert_int_equal(look(world, &why), ACC_MANIFEST); /* no manifest yet */
    put(world, "manifest-sha256.txt", "e3b0c44298fc1c149afb");
    assert_int_equal(look(world, &why), ACC_MANIFEST); /* half a line */
    put(world, "manifest-sha256.txt", EMPTY_SHA256 "  data/a\n" EMPTY_SHA256 "  data/b\n");
    assert_int_equal(look(world, &why), ACC_FILE_MISSING);
    assert_non_null(strstr(why.message, "data/b"));
    put(world, "bag-info.txt", "Payload-Oxum: 0.2\n");
    put(world, "data/b", "");
    assert_int_equal(look(world, &why), ACC_OK);
}

/* Payload-Oxum is the only size that a bag knows. */
static void test_a_bag_whose_last_file_is_short(void **state)
{
    struct world *world = *state;
    struct acc_error why;
    put(world, "bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
    put(world, "manifest-sha256.txt", EMPTY_SHA256 "  data/a\n");
    put(world, "bag-info.txt", "Payload-Oxum: 1.1\n");
    put(world, "data/a", "");
    assert_int_equal(look(world, &why), ACC_MANIFEST);
    put(world, "data/a", "x");
    assert_int_equal(look(world, &why), ACC_OK);
}

static void test_a_list_with_sizes(void **state)
{
    struct world *world = *state;
    struct acc_error why;
    put(world, "list.csv", "path,size,sha256\na.tif,3," EMPTY_SHA256 "\n");
    assert_int_equal(look(world, &why), ACC_FILE_MISSING);
    put(world, "a.tif", "12");
    assert_int_equal(look(world, &why), ACC_FILE_SIZE);
    assert_non_null(strstr(why.message, "a.tif"));
    put(world, "a.tif", "123");
    assert_int_equal(look(world, &why), ACC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_same_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sees_any_change, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sees_a_file_replaced_by_its_like, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sees_names_traded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_folder_that_is_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_settling_grows_with_size, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stillness_from_times_or_from_looking, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ready_by_each_rule, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_bag_that_grows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_bag_whose_last_file_is_short, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_list_with_sizes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
