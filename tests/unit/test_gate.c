/* The gate: nothing passes that was not compared in full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"
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

/* The user's choice opens the gate for what promises nothing, and for nothing else. */
static void test_undigested_by_choice(void **state)
{
    struct acc_error err = {0};
    struct acc_entry promising = entry_with(ACC_SHA256),
                     empty = {.path = "a", .size = 5, .origin = "m"};
    struct acc_digests computed = {0}, none = {0};
    struct acc_gate_facts facts = {.computed = &computed, .size = 5, .undigested_accepted = true};
    (void)state;
    acc_digests_put(&computed, ACC_SHA256, wrong);
    assert_null(acc_gate_pass(&promising, &facts, &err));
    assert_int_equal(err.code, ACC_DIGEST);
    struct acc_verified *verified = acc_gate_pass(&empty, &facts, &err);
    assert_non_null(verified);
    assert_true(acc_verified_undigested(verified));
    acc_verified_free(verified);
    facts.size = 6;
    assert_null(acc_gate_pass(&empty, &facts, &err));
    assert_int_equal(err.code, ACC_FILE_SIZE);
    facts = (struct acc_gate_facts){.computed = &none, .size = 5, .undigested_accepted = true};
    assert_null(acc_gate_pass(&empty, &facts, &err));
    assert_int_equal(err.code, ACC_NO_DIGEST);
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

/* ---- objects that are there already ---- */

static const struct acc_sighting as_recorded = {
    .etag = "0123", .version_id = "v1", .size = 5, .token = "ours"};

struct asked {
    struct acc_entry entry;
    struct acc_digests known;
    struct acc_gate_evidence evidence;
};

/* A promise and evidence that agree by SHA-256. */
static struct asked agreeing(enum acc_evidence_kind kind)
{
    struct asked asked = {.entry = entry_with(ACC_SHA256)};
    acc_digests_put(&asked.known, ACC_SHA256, right);
    asked.evidence =
        (struct acc_gate_evidence){.kind = kind, .recorded = as_recorded, .now = as_recorded};
    return asked;
}

static enum acc_gate_answer present(struct asked *asked, enum acc_grounds by)
{
    struct acc_proven *proven = NULL;
    struct acc_error err = {0};
    asked->evidence.digests = &asked->known;
    enum acc_gate_answer answer = acc_gate_present(&asked->entry, &asked->evidence, &proven, &err);
    assert_int_equal(proven != NULL, answer == ACC_GATE_PROVEN);
    assert_int_equal(err.code != ACC_OK, answer == ACC_GATE_DIFFERS);
    if (proven != NULL) {
        assert_int_equal(acc_proven_by(proven), by);
        assert_int_equal(acc_proven_size(proven), asked->evidence.now.size);
        assert_int_equal(acc_proven_digests(proven)->present,
                         asked->known.present | asked->entry.promised.present);
    }
    acc_proven_free(proven);
    return answer;
}

static void test_each_kind_of_evidence_proves(void **state)
{
    static const enum acc_grounds grounds[] = {ACC_GROUNDS_LEDGER, ACC_GROUNDS_SENT,
                                               ACC_GROUNDS_SERVER, ACC_GROUNDS_READ};
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        struct asked asked = agreeing((enum acc_evidence_kind)kind);
        assert_int_equal(present(&asked, grounds[kind]), ACC_GATE_PROVEN);
        acc_digests_put(&asked.known, ACC_SHA256, wrong);
        assert_int_equal(present(&asked, ACC_GROUNDS_NONE), ACC_GATE_DIFFERS);
        asked = agreeing((enum acc_evidence_kind)kind);
        asked.entry.size = 6;
        assert_int_equal(present(&asked, ACC_GROUNDS_NONE), ACC_GATE_DIFFERS);
        asked = agreeing((enum acc_evidence_kind)kind);
        asked.entry.promised = (struct acc_digests){0};
        assert_int_equal(present(&asked, ACC_GROUNDS_NONE), ACC_GATE_UNDECIDED);
    }
}

static void test_every_promised_algorithm_counts(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++)
        for (int alg = 0; alg < ACC_ALG_COUNT; alg++) {
            struct asked asked = agreeing((enum acc_evidence_kind)kind);
            if (alg == ACC_SHA256)
                continue;
            acc_digests_put(&asked.entry.promised, (enum acc_alg)alg, right);
            assert_int_equal(present(&asked, ACC_GROUNDS_NONE), ACC_GATE_UNDECIDED);
            /* A difference in one outweighs that the other was not compared. */
            acc_digests_put(&asked.known, ACC_SHA256, wrong);
            assert_int_equal(present(&asked, ACC_GROUNDS_NONE), ACC_GATE_DIFFERS);
        }
}

static void test_the_ledger_speaks_of_its_own_write_alone(void **state)
{
    static const struct {
        struct acc_sighting now;
        enum acc_gate_answer answer;
    } cases[] = {
        {{.etag = "0123", .version_id = "v1", .size = 5}, ACC_GATE_PROVEN},
        {{.etag = "0124", .version_id = "v1", .size = 5}, ACC_GATE_UNDECIDED},
        {{.etag = "", .version_id = "v1", .size = 5}, ACC_GATE_UNDECIDED},
        {{.etag = NULL, .version_id = "v1", .size = 5}, ACC_GATE_UNDECIDED},
        {{.etag = "0123", .version_id = "v2", .size = 5}, ACC_GATE_UNDECIDED},
        {{.etag = "0123", .version_id = "null", .size = 5}, ACC_GATE_UNDECIDED},
        {{.etag = "0123", .version_id = NULL, .size = 5}, ACC_GATE_UNDECIDED},
        {{.etag = "0123", .version_id = "v1", .size = 6}, ACC_GATE_UNDECIDED},
        {{.etag = "0123", .version_id = "v1", .size = -1}, ACC_GATE_UNDECIDED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct asked asked = agreeing(ACC_EVIDENCE_LEDGER);
        asked.evidence.now = cases[i].now;
        assert_int_equal(present(&asked, ACC_GROUNDS_LEDGER), cases[i].answer);
    }
    struct asked asked = agreeing(ACC_EVIDENCE_LEDGER);
    asked.evidence.recorded.etag = asked.evidence.now.etag = "";
    assert_int_equal(present(&asked, ACC_GROUNDS_NONE), ACC_GATE_UNDECIDED);
    /* Without versions a server says "null", or nothing. */
    asked = agreeing(ACC_EVIDENCE_LEDGER);
    asked.evidence.recorded.version_id = "";
    asked.evidence.now.version_id = "null";
    assert_int_equal(present(&asked, ACC_GROUNDS_LEDGER), ACC_GATE_PROVEN);
    asked.evidence.now.version_id = "v1";
    assert_int_equal(present(&asked, ACC_GROUNDS_NONE), ACC_GATE_UNDECIDED);
}

static void test_an_upload_is_known_by_its_token_and_size(void **state)
{
    struct asked asked = agreeing(ACC_EVIDENCE_SENT);
    (void)state;
    asked.evidence.now.token = "another's";
    assert_int_equal(present(&asked, ACC_GROUNDS_NONE), ACC_GATE_UNDECIDED);
    asked.evidence.now.token = asked.evidence.recorded.token = "";
    assert_int_equal(present(&asked, ACC_GROUNDS_NONE), ACC_GATE_UNDECIDED);
    asked = agreeing(ACC_EVIDENCE_SENT);
    asked.evidence.now.size = 6;
    assert_int_equal(present(&asked, ACC_GROUNDS_NONE), ACC_GATE_UNDECIDED);
    /* Completed for another promise than the present one. */
    asked = agreeing(ACC_EVIDENCE_SENT);
    asked.entry = entry_with(ACC_SHA256);
    acc_digests_put(&asked.entry.promised, ACC_SHA256, wrong);
    assert_int_equal(present(&asked, ACC_GROUNDS_NONE), ACC_GATE_DIFFERS);
}

/* ---- the bridge ---- */

static enum acc_gate_answer bridge(struct asked *asked, const struct acc_digests *file,
                                   int64_t size, struct acc_error *err)
{
    struct acc_proven *proven = NULL;
    const struct acc_gate_facts local = {.computed = file, .size = size};
    asked->evidence.digests = &asked->known;
    enum acc_gate_answer answer =
        acc_gate_bridge(&asked->entry, &asked->evidence, &local, &proven, err);
    assert_int_equal(proven != NULL, answer == ACC_GATE_PROVEN);
    if (proven != NULL) {
        assert_int_equal(acc_proven_by(proven), ACC_GROUNDS_FILE);
        assert_int_equal(acc_proven_digests(proven)->present, file->present);
    }
    acc_proven_free(proven);
    return answer;
}

static void test_a_bridge_needs_both_ends(void **state)
{
    struct acc_error err = {0};
    (void)state;
    struct asked asked = agreeing(ACC_EVIDENCE_LEDGER);
    struct acc_digests file = {0};
    asked.entry = entry_with(ACC_MD5);
    acc_digests_put(&file, ACC_MD5, right);
    assert_int_equal(bridge(&asked, &file, 5, &err), ACC_GATE_UNDECIDED); /* no SHA-256 of it */
    acc_digests_put(&file, ACC_SHA256, right);
    assert_int_equal(bridge(&asked, &file, 5, &err), ACC_GATE_PROVEN);
    assert_int_equal(bridge(&asked, &file, 6, &err), ACC_GATE_DIFFERS);
    acc_digests_put(&file, ACC_SHA256, wrong);
    assert_int_equal(bridge(&asked, &file, 5, &err), ACC_GATE_DIFFERS);
    assert_int_equal(err.code, ACC_DIGEST);
    acc_digests_put(&file, ACC_MD5, wrong);
    assert_int_equal(bridge(&asked, &file, 5, &err), ACC_GATE_REFUSED);
    assert_int_equal(err.code, ACC_DIGEST);
    acc_digests_put(&file, ACC_MD5, right);
    acc_digests_put(&file, ACC_SHA256, right);
    asked.evidence.now.etag = "another write";
    assert_false(acc_gate_can_bridge(&asked.evidence));
    assert_int_equal(bridge(&asked, &file, 5, &err), ACC_GATE_UNDECIDED);
    asked = agreeing(ACC_EVIDENCE_READ);
    asked.known = (struct acc_digests){0};
    acc_digests_put(&asked.known, ACC_SHA1, right);
    assert_int_equal(bridge(&asked, &file, 5, &err), ACC_GATE_UNDECIDED);
}

/* ---- what a verification found ---- */

static bool is_unchanged(const struct acc_entry *entry, const struct acc_gate_finding *finding,
                         enum acc_level level)
{
    struct acc_unchanged *unchanged = acc_gate_unchanged(entry, finding);
    bool made = unchanged != NULL;
    if (made) {
        assert_int_equal(acc_unchanged_by(unchanged), finding->proof);
        assert_int_equal(acc_unchanged_level(unchanged), level);
    }
    acc_unchanged_free(unchanged);
    return made;
}

/* Everything that a finding can have, and all of it agrees. */
static struct acc_gate_finding full_finding(const struct acc_entry *entry, char stated[64])
{
    acc_base64_encode(entry->promised.value[ACC_SHA256], ACC_SHA256_LEN, stated);
    return (struct acc_gate_finding){.expected = 5,
                                     .size = 5,
                                     .read = &entry->promised,
                                     .version = "v1",
                                     .recorded_version = "v1",
                                     .stated = stated,
                                     .recorded = stated,
                                     .recorded_digests = &entry->promised,
                                     .listing = ACC_LISTING_FITS};
}

static void test_no_proof_is_claimed_that_was_not_compared(void **state)
{
    struct acc_entry entry = entry_with(ACC_SHA256);
    char stated[64];
    (void)state;
    for (unsigned proof = 0; proof < ACC_PROOF_COUNT; proof++) {
        struct acc_gate_finding nothing = {
            .proof = (enum acc_proof)proof, .expected = -1, .size = 5};
        assert_false(is_unchanged(&entry, &nothing, ACC_LEVEL_READ));
        struct acc_gate_finding all = full_finding(&entry, stated);
        all.proof = (enum acc_proof)proof;
        all.size = 6;
        if (proof != ACC_PROOF_LISTED)
            assert_false(is_unchanged(&entry, &all, ACC_LEVEL_READ));
    }
    struct acc_gate_finding all = full_finding(&entry, stated);
    all.proof = ACC_PROOF_CLAIM;
    assert_false(is_unchanged(&entry, &all, ACC_LEVEL_STORED));
    all.proof = ACC_PROOF_NONE;
    assert_false(is_unchanged(&entry, &all, ACC_LEVEL_STORED));
}

static void test_each_proof_needs_its_own_comparison(void **state)
{
    struct acc_entry entry = entry_with(ACC_SHA256);
    struct acc_digests other = {0};
    char stated[64];
    (void)state;
    acc_digests_put(&other, ACC_SHA256, wrong);
    struct acc_gate_finding found = full_finding(&entry, stated);
    found.proof = ACC_PROOF_READ_VERSION;
    assert_true(is_unchanged(&entry, &found, ACC_LEVEL_READ));
    found.version = "v2";
    assert_false(is_unchanged(&entry, &found, ACC_LEVEL_READ));
    found.proof = ACC_PROOF_READ;
    assert_true(is_unchanged(&entry, &found, ACC_LEVEL_READ));
    found.read = &other;
    assert_false(is_unchanged(&entry, &found, ACC_LEVEL_READ));

    found.proof = ACC_PROOF_SERVER_SHA256;
    assert_true(is_unchanged(&entry, &found, ACC_LEVEL_STORED));
    found.proof = ACC_PROOF_SERVER_SHA1; /* which is not promised */
    assert_false(is_unchanged(&entry, &found, ACC_LEVEL_STORED));
    found.proof = ACC_PROOF_ETAG;
    assert_true(is_unchanged(&entry, &found, ACC_LEVEL_STORED));
    /* The ledger recorded that ETag of other content. */
    found.recorded_digests = &other;
    assert_false(is_unchanged(&entry, &found, ACC_LEVEL_STORED));
    found.recorded_digests = &entry.promised;
    found.recorded = "another";
    assert_false(is_unchanged(&entry, &found, ACC_LEVEL_STORED));
    stated[0] ^= 1;
    found.proof = ACC_PROOF_SERVER_SHA256;
    assert_false(is_unchanged(&entry, &found, ACC_LEVEL_STORED));
}

static void test_a_listing_proves_presence_and_size_alone(void **state)
{
    struct acc_entry entry = entry_with(ACC_SHA256);
    (void)state;
    struct acc_gate_finding found = {
        .proof = ACC_PROOF_LISTED, .expected = 5, .size = -1, .listing = ACC_LISTING_FITS};
    assert_true(is_unchanged(&entry, &found, ACC_LEVEL_LISTED));
    for (unsigned proof = 0; proof < ACC_PROOF_COUNT; proof++) {
        found.proof = (enum acc_proof)proof;
        assert_int_equal(is_unchanged(&entry, &found, ACC_LEVEL_LISTED), proof == ACC_PROOF_LISTED);
    }
    found.expected = -1;
    found.proof = ACC_PROOF_LISTED;
    assert_false(is_unchanged(&entry, &found, ACC_LEVEL_LISTED));
    found.proof = ACC_PROOF_PRESENCE;
    assert_true(is_unchanged(&entry, &found, ACC_LEVEL_LISTED));
    found.listing = acc_gate_listing(5, "a", 6, "a");
    assert_int_equal(found.listing, ACC_LISTING_SIZE);
    assert_false(is_unchanged(&entry, &found, ACC_LEVEL_LISTED));
    assert_int_equal(acc_gate_listing(5, "a", 5, "b"), ACC_LISTING_ETAG);
    assert_int_equal(acc_gate_listing(5, "", 5, "b"), ACC_LISTING_FITS);
    assert_int_equal(acc_gate_listing(-1, NULL, 7, "b"), ACC_LISTING_FITS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_algorithm_is_compared_whole),
        cmocka_unit_test(test_nothing_to_compare_is_no_agreement),
        cmocka_unit_test(test_undigested_by_choice),
        cmocka_unit_test(test_one_of_two_is_not_enough),
        cmocka_unit_test(test_size_counts_where_it_is_promised),
        cmocka_unit_test(test_the_message_names_both_and_where),
        cmocka_unit_test(test_each_kind_of_evidence_proves),
        cmocka_unit_test(test_every_promised_algorithm_counts),
        cmocka_unit_test(test_the_ledger_speaks_of_its_own_write_alone),
        cmocka_unit_test(test_an_upload_is_known_by_its_token_and_size),
        cmocka_unit_test(test_a_bridge_needs_both_ends),
        cmocka_unit_test(test_no_proof_is_claimed_that_was_not_compared),
        cmocka_unit_test(test_each_proof_needs_its_own_comparison),
        cmocka_unit_test(test_a_listing_proves_presence_and_size_alone),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
