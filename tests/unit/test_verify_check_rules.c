/* The rules of a check: every combination of answers leads to a finding in a few questions, and
 * "unchanged" is never said without something that was compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "verify/evidence.h"
#include "verify/check_rules.h"

#define SIZE 1000

static struct acc_entry entry;
static struct acc_archived archived;

static void promise(void)
{
    uint8_t value[ACC_DIGEST_MAX];
    memset(value, 0x5a, sizeof value);
    entry = (struct acc_entry){.path = "a", .size = SIZE, .origin = "m"};
    acc_digests_put(&entry.promised, ACC_SHA256, value);
    archived = (struct acc_archived){.digests = entry.promised,
                                     .size = SIZE,
                                     .etag = "aaaa-2",
                                     .version_id = "v1",
                                     .proof = ACC_GROUNDS_SENT,
                                     .checksum = "sha256:COMPOSITE=-2"};
}

static struct acc_facts facts_of(enum acc_level level, bool with_ledger)
{
    return (struct acc_facts){
        .level = level, .entry = &entry, .size = SIZE, .archived = with_ledger ? &archived : NULL};
}

/* What the imagined bucket answers. */
struct world {
    enum acc_answer head, read, read_any, bound, look;
    bool same_content, same_size, same_etag, same_version, deleted, archived_there;
    bool bound_same, checksum;
};

static void fill_digests(struct acc_digests *digests, bool same)
{
    uint8_t value[ACC_DIGEST_MAX];
    memset(value, same ? 0x5a : 0xa5, sizeof value);
    acc_digests_put(digests, ACC_SHA256, value);
}

static void fill_read(struct acc_read_facts *read, const struct world *w, bool same)
{
    read->size = w->same_size ? SIZE : SIZE - 1;
    fill_digests(&read->digests, same);
    strcpy(read->etag, w->same_etag ? "aaaa-2" : "bbbb-2");
    strcpy(read->version_id, w->same_version ? "v1" : "v2");
}

static void fill_head(struct acc_facts *f, const struct world *w)
{
    struct acc_s3_object *o = &f->head.object;
    o->size = w->same_size ? SIZE : SIZE - 1;
    strcpy(o->etag, w->same_etag ? "aaaa-2" : "bbbb-2");
    strcpy(o->version_id, w->same_version ? "v1" : "v2");
    if (w->checksum)
        acc_base64_encode(entry.promised.value[ACC_SHA256], ACC_SHA256_LEN,
                          o->checksum[ACC_S3_CHECKSUM_SHA256]);
    if (w->checksum && !w->same_content)
        o->checksum[ACC_S3_CHECKSUM_SHA256][0] ^= 1;
}

static void answer(struct acc_facts *f, const struct world *w, enum acc_question question)
{
    switch (question) {
    case ACC_ASK_HEAD:
        assert_int_equal(f->head.answer, ACC_ANSWER_NONE);
        f->head.answer = w->head;
        fill_head(f, w);
        break;
    case ACC_ASK_READ:
        assert_int_equal(f->read.answer, ACC_ANSWER_NONE);
        f->read.answer = w->read;
        fill_read(&f->read, w, w->same_content);
        break;
    case ACC_ASK_READ_ANY:
        f->rereads++;
        memset(&f->look, 0, sizeof f->look);
        f->read.answer = w->read_any;
        fill_read(&f->read, w, w->same_content);
        break;
    case ACC_ASK_LOOK:
        assert_int_equal(f->look.answer, ACC_ANSWER_NONE);
        f->look.answer = w->look;
        f->look.top_deleted = w->deleted;
        f->look.versions = 1;
        f->look.archived_there = w->archived_there;
        strcpy(f->look.top_etag, w->same_etag ? "aaaa-2" : "bbbb-2");
        strcpy(f->look.top_version, w->same_version ? "v1" : "v2");
        break;
    case ACC_ASK_BOUND:
        assert_int_equal(f->bound.answer, ACC_ANSWER_NONE);
        assert_int_equal(f->level, ACC_LEVEL_READ);
        f->bound.answer = w->bound;
        fill_read(&f->bound, w, w->bound_same);
        break;
    default:
        fail();
    }
}

static enum acc_finding play(struct acc_facts *f, const struct world *w, struct acc_verdict *v)
{
    unsigned questions = 0;
    enum acc_question question;
    while ((question = acc_rules_next(f, v)) != ACC_ASK_NOTHING) {
        assert_true(questions++ < ACC_QUESTIONS_MAX);
        answer(f, w, question);
    }
    /* Only with the gate's value, which says what it rests on. */
    assert_int_equal(v->unchanged != NULL, v->finding == ACC_FINDING_UNCHANGED);
    if (v->unchanged != NULL) {
        assert_int_equal(acc_unchanged_by(v->unchanged), v->proof);
        assert_int_equal(acc_unchanged_level(v->unchanged), f->level);
    }
    acc_unchanged_free(v->unchanged);
    v->unchanged = NULL;
    return v->finding;
}

/* "Unchanged" needs the right size and, above the listing, content that was compared. */
static void hold(const struct acc_facts *f, const struct world *w, const struct acc_verdict *v)
{
    if (v->finding != ACC_FINDING_UNCHANGED)
        return;
    assert_true(v->proof < ACC_PROOF_CLAIM || f->level == ACC_LEVEL_LISTED);
    assert_int_not_equal(f->listed, ACC_LISTING_ABSENT);
    if (f->listed != ACC_LISTING_FITS || f->level != ACC_LEVEL_LISTED)
        assert_true(w->same_size);
    if (f->level == ACC_LEVEL_READ) {
        assert_int_equal(f->read.answer, ACC_ANSWER_YES);
        assert_true(w->same_content);
    }
    if (f->level == ACC_LEVEL_STORED) {
        assert_int_equal(f->head.answer, ACC_ANSWER_YES);
        assert_true((w->checksum && w->same_content) || (f->archived && w->same_etag));
    }
    if (v->proof == ACC_PROOF_READ_VERSION)
        assert_true(f->archived != NULL && w->same_version);
    /* A version that lies on top of the archived one is never passed over. */
    if (f->archived != NULL && !w->same_version && f->level != ACC_LEVEL_LISTED &&
        w->look == ACC_ANSWER_YES && !w->deleted)
        fail();
}

static void test_everything_ends(void **state)
{
    static const enum acc_answer answers[] = {ACC_ANSWER_YES, ACC_ANSWER_MISSING, ACC_ANSWER_DENIED,
                                              ACC_ANSWER_COLD, ACC_ANSWER_REFUSED};
    (void)state;
    promise();
    for (unsigned bits = 0; bits < 1u << 11; bits++)
        for (unsigned level = 0; level < ACC_LEVEL_COUNT; level++)
            for (unsigned listed = 0; listed <= ACC_LISTING_ETAG; listed++)
                for (unsigned a = 0; a < 6; a++)
                    for (unsigned b = 0; b < 5; b++) {
                        struct world w = {
                            .head = answers[a % 5],
                            .read = a == 5 ? ACC_ANSWER_CHANGED : answers[a],
                            .read_any = answers[b],
                            .bound = answers[b],
                            .look = bits & 512 ? ACC_ANSWER_YES : ACC_ANSWER_DENIED,
                            .same_content = bits & 1,
                            .same_size = bits & 2,
                            .same_etag = bits & 4,
                            .same_version = bits & 8,
                            .deleted = bits & 16,
                            .archived_there = bits & 32,
                            .bound_same = bits & 64,
                            .checksum = bits & 128,
                        };
                        struct acc_facts f = facts_of((enum acc_level)level, bits & 256);
                        struct acc_verdict v = {0};
                        f.listed = (enum acc_listing)listed;
                        play(&f, &w, &v);
                        hold(&f, &w, &v);
                    }
}

static const struct world right = {.head = ACC_ANSWER_YES,
                                   .read = ACC_ANSWER_YES,
                                   .read_any = ACC_ANSWER_YES,
                                   .bound = ACC_ANSWER_YES,
                                   .look = ACC_ANSWER_YES,
                                   .same_content = true,
                                   .same_size = true,
                                   .same_etag = true,
                                   .same_version = true,
                                   .archived_there = true,
                                   .bound_same = true,
                                   .checksum = true};

static void expect(enum acc_level level, bool with_ledger, enum acc_listing listed, struct world w,
                   enum acc_finding finding, enum acc_proof proof)
{
    struct acc_facts f = facts_of(level, with_ledger);
    struct acc_verdict v = {0};
    f.listed = listed;
    play(&f, &w, &v);
    if (v.finding != finding || v.proof != proof)
        print_message("level %d, listed %d: %s, %s: %s\n", (int)level, (int)listed,
                      acc_finding_name(v.finding), acc_proof_name(v.proof), v.detail);
    assert_int_equal(v.finding, finding);
    assert_int_equal(v.proof, proof);
}

static void test_findings(void **state)
{
    (void)state;
    promise();
    struct world w = right;
    expect(ACC_LEVEL_LISTED, false, ACC_LISTING_FITS, w, ACC_FINDING_UNCHANGED, ACC_PROOF_LISTED);
    expect(ACC_LEVEL_STORED, false, ACC_LISTING_FITS, w, ACC_FINDING_UNCHANGED,
           ACC_PROOF_SERVER_SHA256);
    expect(ACC_LEVEL_READ, true, ACC_LISTING_FITS, w, ACC_FINDING_UNCHANGED,
           ACC_PROOF_READ_VERSION);
    expect(ACC_LEVEL_READ, false, ACC_LISTING_UNKNOWN, w, ACC_FINDING_UNCHANGED, ACC_PROOF_READ);
    w.checksum = false;
    expect(ACC_LEVEL_STORED, true, ACC_LISTING_FITS, w, ACC_FINDING_UNCHANGED, ACC_PROOF_ETAG);
    expect(ACC_LEVEL_STORED, false, ACC_LISTING_FITS, w, ACC_FINDING_UNPROVEN, ACC_PROOF_NONE);
    w = right;
    w.same_content = w.same_etag = w.same_version = false;
    w.read = ACC_ANSWER_CHANGED;
    expect(ACC_LEVEL_READ, true, ACC_LISTING_ETAG, w, ACC_FINDING_DIFFERENT, ACC_PROOF_READ);
    expect(ACC_LEVEL_READ, true, ACC_LISTING_UNKNOWN, w, ACC_FINDING_DIFFERENT, ACC_PROOF_READ);
    expect(ACC_LEVEL_LISTED, true, ACC_LISTING_ETAG, w, ACC_FINDING_REPLACED, ACC_PROOF_LISTED);
    /* One byte changed, the size kept, and no ledger: the listing cannot see it. */
    expect(ACC_LEVEL_LISTED, false, ACC_LISTING_FITS, w, ACC_FINDING_UNCHANGED, ACC_PROOF_LISTED);
    w.same_content = true;
    expect(ACC_LEVEL_READ, true, ACC_LISTING_ETAG, w, ACC_FINDING_REPLACED, ACC_PROOF_READ);
    w = right;
    w.read = w.read_any = w.head = ACC_ANSWER_COLD;
    expect(ACC_LEVEL_READ, true, ACC_LISTING_FITS, w, ACC_FINDING_COLD, ACC_PROOF_NONE);
    w.read = w.head = ACC_ANSWER_DENIED;
    expect(ACC_LEVEL_READ, true, ACC_LISTING_FITS, w, ACC_FINDING_UNREADABLE, ACC_PROOF_NONE);
    expect(ACC_LEVEL_STORED, true, ACC_LISTING_FITS, w, ACC_FINDING_UNREADABLE, ACC_PROOF_NONE);
    w = right;
    w.same_size = false;
    expect(ACC_LEVEL_LISTED, false, ACC_LISTING_SIZE, w, ACC_FINDING_SIZE, ACC_PROOF_LISTED);
    expect(ACC_LEVEL_READ, false, ACC_LISTING_SIZE, w, ACC_FINDING_SIZE, ACC_PROOF_READ);
    w = right;
    w.deleted = true;
    for (unsigned level = 0; level < ACC_LEVEL_COUNT; level++)
        expect((enum acc_level)level, true, ACC_LISTING_ABSENT, w, ACC_FINDING_MISSING,
               ACC_PROOF_NONE);
}

/* The archived version is read if a newer one hides it, and its state is reported. */
static void test_tells_of_the_archived_version(void **state)
{
    (void)state;
    promise();
    struct world w = right;
    w.deleted = true;
    struct acc_facts f = facts_of(ACC_LEVEL_READ, true);
    struct acc_verdict v = {0};
    f.listed = ACC_LISTING_ABSENT;
    play(&f, &w, &v);
    assert_non_null(strstr(v.detail, "delete marker"));
    assert_non_null(strstr(v.detail, "v1 still exists, unchanged"));
    w.bound_same = false;
    f = facts_of(ACC_LEVEL_READ, true);
    f.listed = ACC_LISTING_ABSENT;
    play(&f, &w, &v);
    assert_non_null(strstr(v.detail, "HAS CHANGED too"));
    w.archived_there = false;
    f = facts_of(ACC_LEVEL_READ, true);
    f.listed = ACC_LISTING_ABSENT;
    play(&f, &w, &v);
    assert_int_equal(f.bound.answer, ACC_ANSWER_NONE);
    assert_non_null(strstr(v.detail, "v1 is gone"));
}

/* An algorithm that cannot be computed here must not let the entry pass by the others alone. */
static void test_every_promise_counts(void **state)
{
    (void)state;
    promise();
    uint8_t md5[16] = {1};
    acc_digests_put(&entry.promised, ACC_MD5, md5);
    expect(ACC_LEVEL_READ, false, ACC_LISTING_FITS, right, ACC_FINDING_UNPROVEN, ACC_PROOF_NONE);
}

/* ---- evidence ---- */

static const char composite[] = "vBaa4e+5PKY4tBUAzWCl3zbvhNFKKVnWoE3OgHBIFJA=-3";

static struct acc_evidence weigh(const struct acc_s3_object *object, bool with_ledger)
{
    struct acc_evidence evidence;
    acc_evidence_weigh(object, &entry.promised, with_ledger ? &archived : NULL, &evidence);
    return evidence;
}

static void test_evidence(void **state)
{
    (void)state;
    promise();
    struct acc_s3_object o = {.size = SIZE};
    struct acc_evidence e = weigh(&o, true);
    assert_int_equal(e.proof, ACC_PROOF_NONE);
    assert_false(e.differs);

    /* A composite speaks of parts: never of the promised digest, only of the recorded composite. */
    strcpy(o.checksum[ACC_S3_CHECKSUM_SHA256], composite);
    assert_int_equal(weigh(&o, false).proof, ACC_PROOF_NONE);
    archived.checksum = "sha256:vBaa4e+5PKY4tBUAzWCl3zbvhNFKKVnWoE3OgHBIFJA=-3";
    assert_int_equal(weigh(&o, true).proof, ACC_PROOF_SERVER_COMPOSITE);
    archived.checksum = "sha256:wBaa4e+5PKY4tBUAzWCl3zbvhNFKKVnWoE3OgHBIFJA=-3";
    assert_true(weigh(&o, true).differs);
    archived.checksum = "sha256:wBaa4e+5PKY4tBUAzWCl3zbvhNFKKVnWoE3OgHBIFJA=-4";
    assert_false(weigh(&o, true).differs); /* other parts: nothing to compare */
    assert_int_equal(weigh(&o, true).proof, ACC_PROOF_NONE);

    o = (struct acc_s3_object){.checksum[ACC_S3_CHECKSUM_CRC64NVME] = "AuUcyF784aU="};
    archived.checksum = "crc64nvme:AuUcyF784aU=";
    assert_int_equal(weigh(&o, true).proof, ACC_PROOF_SERVER_CRC64);
    archived.checksum = "crc64nvme:BuUcyF784aU=";
    assert_true(weigh(&o, true).differs);

    /* A CRC-32C of the whole and one of the parts say nothing of each other. */
    o = (struct acc_s3_object){.checksum[ACC_S3_CHECKSUM_CRC32C] = "4waSgw=="};
    archived.checksum = "crc64nvme:AuUcyF784aU=";
    assert_int_equal(weigh(&o, true).proof, ACC_PROOF_NONE);
    archived.checksum = "crc32c:4waSgw==";
    assert_int_equal(weigh(&o, true).proof, ACC_PROOF_SERVER_CRC32C);
    archived.checksum = "crc32c:5waSgw==";
    assert_true(weigh(&o, true).differs);
    assert_int_equal(weigh(&o, true).against, ACC_PROOF_SERVER_CRC32C);
    archived.checksum = "crc32c:5waSgw==-2";
    assert_false(weigh(&o, true).differs);
    strcpy(o.checksum[ACC_S3_CHECKSUM_CRC32C], "5waSgw==-2");
    assert_int_equal(weigh(&o, true).proof, ACC_PROOF_SERVER_CRC32C_COMPOSITE);
    archived.checksum = "crc32c:4waSgw==-2";
    assert_true(weigh(&o, true).differs);
    archived.checksum = "crc32c:4waSgw==-3";
    assert_false(weigh(&o, true).differs);

    /* A claim is the weakest evidence; anything that contradicts it outweighs it. */
    o = (struct acc_s3_object){0};
    char hex[ACC_DIGEST_MAX * 2 + 1];
    acc_digests_hex(&entry.promised, ACC_SHA256, hex);
    strcpy(o.meta_sha256, hex);
    assert_int_equal(weigh(&o, false).proof, ACC_PROOF_CLAIM);
    acc_base64_encode(entry.promised.value[ACC_SHA256], ACC_SHA256_LEN,
                      o.checksum[ACC_S3_CHECKSUM_SHA256]);
    assert_int_equal(weigh(&o, false).proof, ACC_PROOF_SERVER_SHA256);
    o.meta_sha256[0] ^= 1;
    e = weigh(&o, false);
    assert_true(e.differs);
    assert_int_equal(e.against, ACC_PROOF_CLAIM);
    strcpy(o.meta_sha256, "not a digest");
    assert_false(weigh(&o, false).differs);
}

static void test_etag_as_md5(void **state)
{
    (void)state;
    promise();
    uint8_t md5[16] = {0x76, 0x4e, 0xfa, 0x88, 0x3d, 0xda, 0x1e, 0x11,
                       0xdb, 0x47, 0x67, 0x1c, 0x4a, 0x3b, 0xbd, 0x9e};
    acc_digests_put(&entry.promised, ACC_MD5, md5);
    struct acc_s3_object o = {.etag = "764EFA883dda1e11db47671c4a3bbd9e"};
    assert_int_equal(weigh(&o, false).proof, ACC_PROOF_ETAG_MD5);
    o.etag[0] = '0';
    assert_true(weigh(&o, false).differs);
    /* Multipart, KMS and customer's keys: an ETag that is no MD5 proves and disproves nothing. */
    strcpy(o.encryption, "aws:kms:dsse");
    assert_false(weigh(&o, false).differs);
    o.encryption[0] = '\0';
    o.customer_key = true;
    assert_false(weigh(&o, false).differs);
    o.customer_key = false;
    strcpy(o.etag, "764efa883dda1e11db47671c4a3bbd9e-2");
    assert_false(weigh(&o, false).differs);
    assert_int_equal(weigh(&o, false).proof, ACC_PROOF_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_ends),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_tells_of_the_archived_version),
        cmocka_unit_test(test_every_promise_counts),
        cmocka_unit_test(test_evidence),
        cmocka_unit_test(test_etag_as_md5),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
