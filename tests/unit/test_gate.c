/* The gate: nothing passes that was not compared in full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "gate/gate.h"

static const uint8_t right[ACC_DIGEST_MAX] = "the digest of the bytes that were read";
static const uint8_t wrong[ACC_DIGEST_MAX] = "another digest, of bytes that were changed";

static struct acc_entry entry_with(enum acc_alg alg)
{
    struct acc_entry entry = {
        .path = "data/a", .size = -1, .origin = "manifest-sha256.txt", .line = 118};
    acc_digests_put(&entry.promised, alg, right);
    return entry;
}

static enum acc_code pass(const struct acc_entry *entry, const struct acc_digests *computed,
                          int64_t size, struct acc_error *err)
{
    struct acc_gate_facts facts = {.computed = computed, .size = size, .body = "body"};
    err->code = ACC_OK;
    struct acc_verified *verified = acc_gate_pass(entry, &facts, err);
    if (verified == NULL) {
        assert_int_not_equal(err->code, ACC_OK);
        return err->code;
    }
    assert_int_equal(acc_verified_size(verified), size);
    assert_ptr_equal(acc_verified_body(verified), facts.body);
    assert_memory_equal(acc_verified_digests(verified), computed, sizeof *computed);
    acc_verified_free(verified);
    return ACC_OK;
}

static void test_each_algorithm_is_compared_whole(void **state)
{
    struct acc_error err = {0};
    (void)state;
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++) {
        struct acc_entry entry = entry_with((enum acc_alg)alg);
        struct acc_digests computed = {0};
        acc_digests_put(&computed, (enum acc_alg)alg, right);
        assert_int_equal(pass(&entry, &computed, 5, &err), ACC_OK);
        for (size_t byte = 0; byte < acc_alg_len((enum acc_alg)alg); byte++)
            for (int bit = 0; bit < 8; bit++) {
                struct acc_digests flipped = computed;
                flipped.value[alg][byte] ^= (uint8_t)(1 << bit);
                assert_int_equal(pass(&entry, &flipped, 5, &err), ACC_DIGEST);
            }
    }
}

static void test_nothing_to_compare_is_no_agreement(void **state)
{
    struct acc_error err = {0};
    struct acc_entry entry = entry_with(ACC_SHA256),
                     empty = {.path = "a", .size = 5, .origin = "m"};
    struct acc_digests none = {0}, other = {0};
    (void)state;
    acc_digests_put(&other, ACC_MD5, right);
    assert_int_not_equal(pass(&entry, &none, 5, &err), ACC_OK);
    assert_int_not_equal(pass(&entry, &other, 5, &err), ACC_OK);
    assert_int_equal(pass(&empty, &none, 5, &err), ACC_NO_DIGEST);
    assert_int_equal(pass(&empty, &other, 5, &err), ACC_NO_DIGEST);
}

static void test_one_of_two_is_not_enough(void **state)
{
    struct acc_error err = {0};
    struct acc_entry entry = entry_with(ACC_SHA256);
    struct acc_digests computed = {0};
    (void)state;
    acc_digests_put(&entry.promised, ACC_MD5, right);
    acc_digests_put(&computed, ACC_SHA256, right);
    assert_int_not_equal(pass(&entry, &computed, 5, &err), ACC_OK); /* MD5 was not computed */
    acc_digests_put(&computed, ACC_MD5, wrong);
    assert_int_equal(pass(&entry, &computed, 5, &err), ACC_DIGEST);
    acc_digests_put(&computed, ACC_MD5, right);
    assert_int_equal(pass(&entry, &computed, 5, &err), ACC_OK);
}

static void test_size_counts_where_it_is_promised(void **state)
{
    struct acc_error err = {0};
    struct acc_entry entry = entry_with(ACC_SHA256);
    struct acc_digests computed = {0};
    (void)state;
    acc_digests_put(&computed, ACC_SHA256, right);
    entry.size = 0;
    assert_int_equal(pass(&entry, &computed, 0, &err), ACC_OK);
    assert_int_equal(pass(&entry, &computed, 1, &err), ACC_FILE_SIZE);
    entry.size = 5;
    assert_int_equal(pass(&entry, &computed, 4, &err), ACC_FILE_SIZE);
    assert_int_equal(pass(&entry, &computed, 6, &err), ACC_FILE_SIZE);
}

static void test_the_message_names_both_and_where(void **state)
{
    struct acc_error err = {0};
    struct acc_entry entry = entry_with(ACC_SHA256);
    struct acc_digests computed = {0};
    char promised[ACC_DIGEST_MAX * 2 + 1], found[ACC_DIGEST_MAX * 2 + 1];
    (void)state;
    acc_digests_put(&computed, ACC_SHA256, wrong);
    acc_digests_hex(&entry.promised, ACC_SHA256, promised);
    acc_digests_hex(&computed, ACC_SHA256, found);
    assert_int_equal(pass(&entry, &computed, 12582912, &err), ACC_DIGEST);
    assert_non_null(strstr(err.message, promised));
    assert_non_null(strstr(err.message, found));
    assert_non_null(strstr(err.message, "manifest-sha256.txt, line 118"));
    assert_non_null(strstr(err.message, "12,582,912"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_algorithm_is_compared_whole),
        cmocka_unit_test(test_nothing_to_compare_is_no_agreement),
        cmocka_unit_test(test_one_of_two_is_not_enough),
        cmocka_unit_test(test_size_counts_where_it_is_promised),
        cmocka_unit_test(test_the_message_names_both_and_where),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
