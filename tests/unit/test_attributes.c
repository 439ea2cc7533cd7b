/* What objects are to carry: every option becomes its header, every mistake has its one line before
 * anything is sent, and what a HEAD does not confirm is found lacking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "s3/ops/attributes.h"

#define NOW 1795601212000 /* 2026-11-25T10:06:52Z */

struct fixture {
    struct acc_loop loop;
    struct acc_s3_location location;
    struct acc_s3 *s3;
    struct acc_s3_attributes attributes;
};

static int begin(void **state)
{
    static const struct acc_connection connection = {.endpoint_url = "http://127.0.0.1:9"};
    struct fixture *f = ACC_NEW(struct fixture);
    struct acc_error err;
    setenv("AWS_ACCESS_KEY_ID", "id", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    if (acc_s3_location_parse("s3://bucket/prefix", &f->location, &err) != ACC_OK ||
        acc_loop_init(&f->loop, &err) != ACC_OK ||
        acc_s3_new(&f->loop, &connection, &f->location, 1, &f->s3, &err) != ACC_OK)
        return -1;
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    acc_s3_attributes_release(&f->attributes);
    acc_s3_free(f->s3);
    acc_loop_release(&f->loop);
    acc_s3_location_release(&f->location);
    free(f);
    return 0;
}

static void apply(struct fixture *f, const struct acc_object_options *options)
{
    struct acc_error err = {0};
    enum acc_code code = acc_s3_attributes_init(&f->attributes, options, NOW, &err);
    if (code == ACC_OK)
        code = acc_s3_owner_option(f->s3, options->expected_bucket_owner, &err);
    if (code != ACC_OK)
        fail_msg("%s", err.message);
}

/* The headers as "name: value" lines, in the order in which they were added. */
static void assert_headers(const struct fixture *f, const char *expected)
{
    const struct acc_s3_object_headers *headers = &f->attributes.headers;
    struct acc_str lines = {0};
    for (size_t i = 0; i < headers->count; i++)
        acc_str_addf(&lines, "%s: %s\n", headers->name[i], headers->value[i]);
    assert_string_equal(acc_str_cstr(&lines), expected);
    acc_str_release(&lines);
}

static void test_every_option_is_a_header(void **state)
{
    static const char *const tags[] = {"collection=map & atlas", "\xc3\xa9=", NULL};
    static const char *const metadata[] = {"Shelf=A=1", "x.y_z-0=~ !", NULL};
    struct acc_object_options options = {
        .storage_class = "DEEP_ARCHIVE",
        .sse = "aws:kms",
        .sse_kms_key_id = "arn:aws:kms:eu-west-1:111122223333:key/k",
        .acl = "bucket-owner-full-control",
        .content_type = "image/tiff",
        .tags = tags,
        .metadata = metadata,
        .object_lock_mode = "COMPLIANCE",
        .retain_until = "2046-01-01",
        .legal_hold = true,
    };
    apply(*state, &options);
    assert_headers(*state, "x-amz-storage-class: DEEP_ARCHIVE\n"
                           "x-amz-server-side-encryption: aws:kms\n"
                           "x-amz-server-side-encryption-aws-kms-key-id: "
                           "arn:aws:kms:eu-west-1:111122223333:key/k\n"
                           "x-amz-acl: bucket-owner-full-control\n"
                           "content-type: image/tiff\n"
                           "x-amz-tagging: collection=map%20%26%20atlas&%C3%A9=\n"
                           "x-amz-meta-shelf: A=1\n"
                           "x-amz-meta-x.y_z-0: ~ !\n"
                           "x-amz-object-lock-mode: COMPLIANCE\n"
                           "x-amz-object-lock-retain-until-date: 2046-01-01T00:00:00.000Z\n"
                           "x-amz-object-lock-legal-hold: ON\n");
}

static void test_nothing_asked_for_is_nothing_sent(void **state)
{
    struct fixture *f = *state;
    apply(f, &(struct acc_object_options){0});
    assert_headers(f, "");
    assert_false(f->attributes.any);
}

/* A type detected from content belongs to each object, and is not a header of all of them. */
static void test_content_type_auto(void **state)
{
    apply(*state, &(struct acc_object_options){.content_type = "auto"});
    assert_headers(*state, "");
}

static void test_dates(void **state)
{
    static const struct {
        const char *text, *until;
    } dates[] = {
        {"2046-01-01", "2046-01-01T00:00:00.000Z"},
        {"2046-01-01T12:30:00Z", "2046-01-01T12:30:00.000Z"},
        {"2046-01-01T12:30:00.999Z", "2046-01-01T12:30:00.000Z"},
        {"10y", "2036-11-25T10:06:52.000Z"},
        {"90d", "2027-02-23T10:06:52.000Z"},
        {"1h", "2026-11-25T11:06:52.000Z"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ACC_COUNT_OF(dates); i++) {
        apply(f, &(struct acc_object_options){.object_lock_mode = "GOVERNANCE",
                                              .retain_until = dates[i].text});
        assert_string_equal(f->attributes.retain_until, dates[i].until);
        acc_s3_attributes_release(&f->attributes);
    }
}

static const char *const eleven_tags[] = {"a=1", "b=1", "c=1", "d=1", "e=1", "f=1",
                                          "g=1", "h=1", "i=1", "j=1", "k=1", NULL};

#define LIST(text) ((const char *const[]){text, NULL})

static void test_mistakes_name_their_option(void **state)
{
    const struct {
        struct acc_object_options options;
        const char *begins;
    } mistakes[] = {
        {{.storage_class = "glacier"}, "--storage-class: \"glacier\" is not one of STANDARD,"},
        {{.sse = "AES512"}, "--sse: \"AES512\" is not one of AES256,"},
        {{.sse_kms_key_id = "k"}, "--sse-kms-key-id needs --sse aws:kms."},
        {{.sse = "AES256", .sse_kms_key_id = "k"}, "--sse-kms-key-id needs --sse aws:kms."},
        {{.sse = "aws:kms", .sse_kms_key_id = "k\r\nx-amz-acl: public-read"},
         "--sse-kms-key-id: \"k\\x0D\\nx-amz-acl: public-read\" must be"},
        {{.acl = "everybody"}, "--acl: \"everybody\" is not one of private,"},
        {{.content_type = "tiff"}, "--content-type: \"tiff\" is not a media type."},
        {{.content_type = "a/b\r\nx: y"}, "--content-type:"},
        {{.expected_bucket_owner = "1234"}, "--expected-bucket-owner: \"1234\" is not an account"},
        {{.tags = LIST("x")}, "--tag: \"x\" is"},
        {{.tags = LIST("=x")}, "--tag: \"=x\" is"},
        {{.tags = eleven_tags}, "--tag: \"k=1\" is"},
        {{.metadata = LIST("x")}, "--metadata: \"x\" must be"},
        {{.metadata = LIST("a b=x")}, "--metadata: \"a b=x\" must be"},
        {{.metadata = LIST("a=\xc3\xa9")}, "--metadata:"},
        {{.metadata = LIST("a=b\nc: d")}, "--metadata:"},
        {{.metadata = LIST("SHA256=0")}, "--metadata: SHA256 is set by accession itself."},
        {{.metadata = LIST("accession-upload=0")}, "--metadata: accession-upload is set by"},
        {{.object_lock_mode = "COMPLIANCE"}, "--object-lock-mode and --retain-until go together"},
        {{.retain_until = "10y"}, "--object-lock-mode and --retain-until go together"},
        {{.object_lock_mode = "compliance", .retain_until = "10y"},
         "--object-lock-mode: \"compliance\" is not one of COMPLIANCE, GOVERNANCE."},
        {{.object_lock_mode = "COMPLIANCE", .retain_until = "soon"},
         "--retain-until: \"soon\" is not a date."},
        {{.object_lock_mode = "COMPLIANCE", .retain_until = "2046-13-01"},
         "--retain-until: \"2046-13-01\" is not a date."},
        {{.object_lock_mode = "COMPLIANCE", .retain_until = "-10y"},
         "--retain-until: \"-10y\" is not a date."},
        {{.object_lock_mode = "COMPLIANCE", .retain_until = "0d"}, "--retain-until:"},
        {{.object_lock_mode = "COMPLIANCE", .retain_until = "2026-11-25"},
         "--retain-until: \"2026-11-25\" is in the past."},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ACC_COUNT_OF(mistakes); i++) {
        struct acc_error err = {0};
        enum acc_code code =
            acc_s3_attributes_init(&f->attributes, &mistakes[i].options, NOW, &err);
        if (code == ACC_OK)
            code = acc_s3_owner_option(f->s3, mistakes[i].options.expected_bucket_owner, &err);
        assert_int_equal(code, ACC_USAGE);
        if (strncmp(err.message, mistakes[i].begins, strlen(mistakes[i].begins)) != 0)
            fail_msg("expected %s, got %s", mistakes[i].begins, err.message);
        assert_null(strchr(err.message, '\n'));
        acc_s3_attributes_release(&f->attributes);
    }
}

/* An answer to HEAD with these lines. */
static unsigned lacking(const struct fixture *f, const char *lines)
{
    struct acc_s3_call head = {0};
    acc_str_addf(&head.http.header_lines, "%s", lines);
    unsigned bits = acc_s3_attributes_lacking(&f->attributes, &head);
    acc_str_release(&head.http.header_lines);
    return bits;
}

static void test_what_a_head_confirms(void **state)
{
    static const char *const tags[] = {"a=1", "b=2", NULL};
    struct fixture *f = *state;
    apply(f, &(struct acc_object_options){.storage_class = "GLACIER",
                                          .sse = "AES256",
                                          .tags = tags,
                                          .object_lock_mode = "GOVERNANCE",
                                          .retain_until = "2046-01-01",
                                          .legal_hold = true});
    assert_int_equal(lacking(f, ""), ACC_LACKS_STORAGE_CLASS | ACC_LACKS_SSE | ACC_LACKS_RETENTION |
                                         ACC_LACKS_LEGAL_HOLD | ACC_LACKS_TAGS);
    assert_int_equal(lacking(f, "x-amz-storage-class: GLACIER\n"
                                "x-amz-server-side-encryption: AES256\n"
                                "x-amz-tagging-count: 2\n"
                                "x-amz-object-lock-mode: GOVERNANCE\n"
                                "x-amz-object-lock-retain-until-date: 2046-01-01T00:00:00Z\n"
                                "x-amz-object-lock-legal-hold: ON\n"),
                     0);
    /* Longer is fine, shorter is not; nor is the weaker mode, one tag, or a hold taken off. */
    assert_int_equal(lacking(f, "x-amz-storage-class: GLACIER\n"
                                "x-amz-server-side-encryption: AES256\n"
                                "x-amz-tagging-count: 1\n"
                                "x-amz-object-lock-mode: GOVERNANCE\n"
                                "x-amz-object-lock-retain-until-date: 2045-12-31T23:59:59Z\n"
                                "x-amz-object-lock-legal-hold: OFF\n"),
                     ACC_LACKS_RETENTION | ACC_LACKS_LEGAL_HOLD | ACC_LACKS_TAGS);
    assert_int_equal(lacking(f, "x-amz-storage-class: STANDARD\n"
                                "x-amz-server-side-encryption: aws:kms\n"
                                "x-amz-tagging-count: 2\n"
                                "x-amz-object-lock-mode: GOVERNANCE\n"
                                "x-amz-object-lock-retain-until-date: 2050-01-01T00:00:00.000Z\n"
                                "x-amz-object-lock-legal-hold: ON\n"),
                     ACC_LACKS_STORAGE_CLASS | ACC_LACKS_SSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_option_is_a_header, begin, end),
        cmocka_unit_test_setup_teardown(test_nothing_asked_for_is_nothing_sent, begin, end),
        cmocka_unit_test_setup_teardown(test_content_type_auto, begin, end),
        cmocka_unit_test_setup_teardown(test_dates, begin, end),
        cmocka_unit_test_setup_teardown(test_mistakes_name_their_option, begin, end),
        cmocka_unit_test_setup_teardown(test_what_a_head_confirms, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
