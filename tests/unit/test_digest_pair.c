/* Two SHA-256 in one pass give what OpenSSL gives, for the whole and for each part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "digest/hasher.h"

#define LEN_MAX 100000

struct fixture {
    struct acc_algs *algs;
    uint8_t bytes[LEN_MAX];
};

static int setup(void **state)
{
    struct fixture *f = ACC_NEW(struct fixture);
    uint32_t random = 1;
    assert_int_equal(acc_algs_new(&f->algs, NULL), ACC_OK);
    for (size_t i = 0; i < LEN_MAX; i++)
        f->bytes[i] = (uint8_t)((random = random * 1664525 + 1013904223) >> 24);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    acc_algs_free(f->algs);
    free(f);
    return 0;
}

static void assert_sha256(struct fixture *f, const uint8_t *bytes, size_t len, const uint8_t *got)
{
    struct acc_digests expected;
    acc_hash(f->algs, 1u << ACC_SHA256, bytes, len, &expected);
    assert_memory_equal(got, expected.value[ACC_SHA256], ACC_SHA256_LEN);
}

/* The stream in parts of `part`, each fed in steps of `step`. */
static void check_stream(struct fixture *f, size_t len, size_t part, size_t step, uint32_t algs)
{
    struct acc_hasher hasher = {0};
    struct acc_digests all;
    uint8_t sha256[ACC_SHA256_LEN];
    acc_hasher_init(&hasher, f->algs, algs);
    assert_true(acc_hasher_pair(&hasher));
    for (size_t from = 0; from < len; from += part) {
        size_t in_part = len - from < part ? len - from : part;
        for (size_t done = 0; done < in_part; done += step)
            acc_hasher_update(&hasher, f->bytes + from + done,
                              in_part - done < step ? in_part - done : step);
        acc_hasher_part(&hasher, sha256);
        assert_sha256(f, f->bytes + from, in_part, sha256);
    }
    acc_hasher_finish(&hasher, &all);
    assert_int_equal(all.present, algs);
    struct acc_digests expected;
    acc_hash(f->algs, algs, f->bytes, len, &expected);
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++)
        if (acc_digests_has(&all, alg))
            assert_memory_equal(all.value[alg], expected.value[alg], acc_alg_len(alg));
    acc_hasher_release(&hasher);
}

static void needs_the_processor(void)
{
    if (!acc_sha256_pair_possible())
        skip();
}

static void every_length_around_a_block(void **state)
{
    needs_the_processor();
    for (size_t len = 0; len < 4 * ACC_SHA256_BLOCK + 2; len++)
        check_stream(*state, len, LEN_MAX, LEN_MAX, 1u << ACC_SHA256);
}

static void parts_and_steps(void **state)
{
    needs_the_processor();
    static const size_t sizes[] = {64, 128, 4096, 65536};
    for (size_t part = 0; part < ACC_COUNT_OF(sizes); part++)
        for (size_t step = 0; step < ACC_COUNT_OF(sizes); step++)
            for (size_t len = LEN_MAX - 70; len <= LEN_MAX; len++)
                check_stream(*state, len, sizes[part], sizes[step], 1u << ACC_SHA256);
}

static void beside_other_algorithms(void **state)
{
    needs_the_processor();
    check_stream(*state, 70001, 8192, 1024, 1u << ACC_MD5 | 1u << ACC_SHA256 | 1u << ACC_SHA512);
}

static void a_hasher_that_was_paired_forgets_it(void **state)
{
    needs_the_processor();
    struct fixture *f = *state;
    struct acc_hasher hasher = {0};
    struct acc_digests all;
    acc_hasher_init(&hasher, f->algs, 1u << ACC_SHA256);
    acc_hasher_pair(&hasher);
    acc_hasher_update(&hasher, f->bytes, 4096);
    acc_hasher_init(&hasher, f->algs, 1u << ACC_SHA256);
    acc_hasher_update(&hasher, f->bytes, 7);
    acc_hasher_update(&hasher, f->bytes + 7, 7);
    acc_hasher_finish(&hasher, &all);
    assert_sha256(f, f->bytes, 14, all.value[ACC_SHA256]);
    acc_hasher_release(&hasher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_around_a_block),
        cmocka_unit_test(parts_and_steps),
        cmocka_unit_test(beside_other_algorithms),
        cmocka_unit_test(a_hasher_that_was_paired_forgets_it),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
