/* Policies, requests and what follows: one row each. The rows of Amazon S3 are from its
 * documentation; those of Ceph RGW repeat what tests/cli/policy.bats sees a real gateway do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <accession/policy.h>
#include "base/mem.h"
#include "base/str.h"
#include "policy/pattern.h"

#define ALICE "arn:aws:iam::111122223333:user/staff/alice"
#define BOB "arn:aws:iam::444455556666:user/bob"
#define SESSION "arn:aws:sts::111122223333:assumed-role/ingest/run-7"
#define ROOT "arn:aws:iam::111122223333:root"
#define NOW 1767225600000 /* 2026-01-01T00:00:00Z */

#define WHOLE "\"Resource\":[\"arn:aws:s3:::vault\",\"arn:aws:s3:::vault/*\"]"
#define ALL "\"Principal\":\"*\""
#define DENY "{\"Effect\":\"Deny\","
#define ALLOW "{\"Effect\":\"Allow\","
#define DENY_PUT_IF(condition)                                                                     \
    DENY ALL ",\"Action\":\"s3:PutObject\"," WHOLE ",\"Condition\":{" condition "}}"
#define DENY_TO(principal) DENY principal ",\"Action\":\"s3:*\"," WHOLE "}"
#define DENY_ON(resource) DENY ALL ",\"Action\":\"s3:PutObject\",\"Resource\":\"" resource "\"}"

enum {
    S = ACC_POLICY_SILENT,
    A = ACC_POLICY_ALLOWS,
    D = ACC_POLICY_DENIES,
    M = ACC_POLICY_DEPENDS
};

static const char *const one_text[] = {"AES256"}, *const one_address[] = {"192.0.2.7"};
static const char *const tls[] = {"1.2", "1.3"}, *const tags[] = {"a", "b"},
                         *const yes[] = {"true"};
static const char *const address6[] = {"2001:db8::7"};

static const struct acc_policy_fact facts[] = {
    {"s3:x-amz-server-side-encryption", ACC_POLICY_VALUES, one_text, 1},
    {"aws:SourceIp", ACC_POLICY_VALUES, one_address, 1},
    {"aws:VpcSourceIp", ACC_POLICY_VALUES, address6, 1},
    {"s3:TlsVersion", ACC_POLICY_ONE_OF, tls, 2},
    {"aws:SecureTransport", ACC_POLICY_VALUES, yes, 1},
    {"aws:TagKeys", ACC_POLICY_VALUES, tags, 2},
    {"s3:x-amz-content-sha256", ACC_POLICY_DIGEST, NULL, 0},
};

struct row {
    const char *statements;
    const char *action;
    const char *key;    /* NULL: the bucket */
    const char *caller; /* NULL: someone; "": anonymous */
    int says;
    enum acc_policy_server server;
};

static const struct row rows[] = {
    /* effect */
    {ALLOW ALL ",\"Action\":\"s3:GetObject\"," WHOLE "}", "s3:GetObject", "a", ALICE, A,
     ACC_POLICY_AWS},
    {ALLOW ALL ",\"Action\":\"s3:GetObject\"," WHOLE "}", "s3:PutObject", "a", ALICE, S,
     ACC_POLICY_AWS},
    {ALLOW ALL ",\"Action\":\"s3:*\"," WHOLE "}," DENY_TO(ALL), "s3:PutObject", "a", ALICE, D,
     ACC_POLICY_AWS},
    {DENY_TO(ALL) "," ALLOW ALL ",\"Action\":\"s3:*\"," WHOLE "}", "s3:PutObject", "a", ALICE, D,
     ACC_POLICY_AWS},
    {DENY_TO(ALL), "s3:PutBucketPolicy", NULL, NULL, D, ACC_POLICY_AWS},
    {DENY_TO(ALL), "s3:PutBucketPolicy", NULL, ROOT, D, ACC_POLICY_AWS},
    /* principals */
    {DENY_TO("\"Principal\":{\"AWS\":\"*\"}"), "s3:GetObject", "a", "", D, ACC_POLICY_AWS},
    {DENY_TO("\"Principal\":{\"AWS\":\"" ALICE "\"}"), "s3:GetObject", "a", ALICE, D,
     ACC_POLICY_AWS},
    {DENY_TO("\"Principal\":{\"AWS\":\"" ALICE "\"}"), "s3:GetObject", "a", BOB, S, ACC_POLICY_AWS},
    {DENY_TO("\"Principal\":{\"AWS\":\"" ALICE "\"}"), "s3:GetObject", "a", "", S, ACC_POLICY_AWS},
    {DENY_TO("\"Principal\":{\"AWS\":\"" ALICE "\"}"), "s3:GetObject", "a", NULL, M,
     ACC_POLICY_AWS},
    {DENY_TO("\"Principal\":{\"AWS\":\"111122223333\"}"), "s3:GetObject", "a", ALICE, D,
     ACC_POLICY_AWS},
    {DENY_TO("\"Principal\":{\"AWS\":\"" ROOT "\"}"), "s3:GetObject", "a", SESSION, D,
     ACC_POLICY_AWS},
    {DENY_TO("\"Principal\":{\"AWS\":\"" ROOT "\"}"), "s3:GetObject", "a", BOB, S, ACC_POLICY_AWS},
    {DENY_TO("\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:role/ingest\"}"), "s3:GetObject",
     "a", SESSION, D, ACC_POLICY_AWS},
    {DENY_TO("\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:role/path/ingest\"}"),
     "s3:GetObject", "a", SESSION, D, ACC_POLICY_AWS},
    {DENY_TO("\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:role/other\"}"), "s3:GetObject",
     "a", SESSION, S, ACC_POLICY_AWS},
    {DENY_TO("\"Principal\":{\"AWS\":\"arn:aws:iam::444455556666:role/ingest\"}"), "s3:GetObject",
     "a", SESSION, S, ACC_POLICY_AWS},
    {DENY_TO("\"Principal\":{\"Service\":\"logging.s3.amazonaws.com\"}"), "s3:PutObject", "a",
     ALICE, S, ACC_POLICY_AWS},
    {DENY_TO("\"Principal\":{\"CanonicalUser\":\"79a59df9\"}"), "s3:PutObject", "a", ALICE, M,
     ACC_POLICY_AWS},
    {DENY_TO("\"NotPrincipal\":{\"AWS\":[\"" ALICE "\",\"" ROOT "\"]}"), "s3:PutObject", "a", ALICE,
     S, ACC_POLICY_AWS},
    {DENY_TO("\"NotPrincipal\":{\"AWS\":\"" ALICE "\"}"), "s3:PutObject", "a", ALICE, M,
     ACC_POLICY_AWS},
    {DENY_TO("\"NotPrincipal\":{\"AWS\":\"" ALICE "\"}"), "s3:PutObject", "a", BOB, D,
     ACC_POLICY_AWS},
    {DENY_TO("\"NotPrincipal\":{\"AWS\":\"" ALICE "\"}"), "s3:PutObject", "a", "", D,
     ACC_POLICY_AWS},
    {DENY_TO("\"NotPrincipal\":{\"AWS\":\"" ALICE "\"}"), "s3:PutBucketPolicy", NULL, NULL, M,
     ACC_POLICY_AWS},
    /* actions */
    {DENY ALL ",\"Action\":\"*\"," WHOLE "}", "s3:PutObject", "a", NULL, D, ACC_POLICY_AWS},
    {DENY ALL ",\"Action\":\"S3:putOBJECT\"," WHOLE "}", "s3:PutObject", "a", NULL, D,
     ACC_POLICY_AWS},
    {DENY ALL ",\"Action\":[\"s3:Get*\",\"s3:Put*\"]," WHOLE "}", "s3:PutObject", "a", NULL, D,
     ACC_POLICY_AWS},
    {DENY ALL ",\"Action\":\"s3:PutObject?\"," WHOLE "}", "s3:PutObject", "a", NULL, S,
     ACC_POLICY_AWS},
    {DENY ALL ",\"Action\":\"s3:PutObject*\"," WHOLE "}", "s3:PutObjectRetention", "a", NULL, D,
     ACC_POLICY_AWS},
    {DENY ALL ",\"Action\":\"s3:*Policy\"," WHOLE "}", "s3:DeleteBucketPolicy", NULL, NULL, D,
     ACC_POLICY_AWS},
    {DENY ALL ",\"NotAction\":\"s3:Get*\"," WHOLE "}", "s3:PutObject", "a", NULL, D,
     ACC_POLICY_AWS},
    {DENY ALL ",\"NotAction\":\"s3:Get*\"," WHOLE "}", "s3:GetObject", "a", NULL, S,
     ACC_POLICY_AWS},
    {DENY ALL ",\"NotAction\":\"s3:Get*\"," WHOLE "}", "s3:PutObject", "a", NULL, S,
     ACC_POLICY_RGW},
    /* resources: every key below the prefix is asked about */
    {DENY_ON("*"), "s3:PutObject", "in/", NULL, D, ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::vault/*"), "s3:PutObject", "in/", NULL, D, ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::vault/in/*"), "s3:PutObject", "in/", NULL, D, ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::vault/in/a*"), "s3:PutObject", "in/", NULL, M, ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::vault/*.tif"), "s3:PutObject", "in/", NULL, M, ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::vault/out/*"), "s3:PutObject", "in/", NULL, S, ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::vault/IN/*"), "s3:PutObject", "in/", NULL, S, ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::vault"), "s3:PutObject", "in/", NULL, S, ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::vau*"), "s3:PutObject", "in/", NULL, D, ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::v?ult/*"), "s3:PutObject", "in/", NULL, D, ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::cellar/*"), "s3:PutObject", "in/", NULL, S, ACC_POLICY_AWS},
    {DENY_ON("arn:aws:sns:::vault/*"), "s3:PutObject", "in/", NULL, S, ACC_POLICY_AWS},
    {DENY ALL ",\"Action\":\"s3:PutObject\",\"NotResource\":\"arn:aws:s3:::vault/in/*\"}",
     "s3:PutObject", "in/", NULL, S, ACC_POLICY_AWS},
    {DENY ALL ",\"Action\":\"s3:PutObject\",\"NotResource\":\"arn:aws:s3:::vault/out/*\"}",
     "s3:PutObject", "in/", NULL, D, ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::vault/${aws:username}/*"), "s3:PutObject", "alice/", ALICE, D,
     ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::vault/${aws:username}/*"), "s3:PutObject", "bob/", ALICE, S,
     ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::vault/${aws:username}/*"), "s3:PutObject", "bob/", NULL, M,
     ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::vault/${aws:userid}/*"), "s3:PutObject", "bob/", ALICE, M,
     ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::vault/x${aws:userid}/*"), "s3:PutObject", "bob/", ALICE, S,
     ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::vault/${*}/*"), "s3:PutObject", "in/", ALICE, S, ACC_POLICY_AWS},
    {DENY_ON("arn:aws:s3:::vault/${aws:CalledVia, 'in'}/*"), "s3:PutObject", "in/", ALICE, D,
     ACC_POLICY_AWS},
    /* strings */
    {DENY_PUT_IF("\"StringEquals\":{\"s3:x-amz-server-side-encryption\":\"AES256\"}"),
     "s3:PutObject", "a", NULL, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringEquals\":{\"S3:X-Amz-Server-Side-Encryption\":\"AES256\"}"),
     "s3:PutObject", "a", NULL, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringEquals\":{\"S3:X-Amz-Server-Side-Encryption\":\"AES256\"}"),
     "s3:PutObject", "a", NULL, S, ACC_POLICY_RGW},
    {DENY_PUT_IF("\"StringEquals\":{\"s3:x-amz-server-side-encryption\":\"AES*\"}"), "s3:PutObject",
     "a", NULL, S, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringLike\":{\"s3:x-amz-server-side-encryption\":\"AES*\"}"), "s3:PutObject",
     "a", NULL, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringEqualsIgnoreCase\":{\"s3:x-amz-server-side-encryption\":\"aes256\"}"),
     "s3:PutObject", "a", NULL, D, ACC_POLICY_AWS},
    {DENY_PUT_IF(
         "\"StringNotEquals\":{\"s3:x-amz-server-side-encryption\":[\"aws:kms\",\"AES256\"]}"),
     "s3:PutObject", "a", NULL, S, ACC_POLICY_AWS},
    {DENY_PUT_IF(
         "\"StringNotEquals\":{\"s3:x-amz-server-side-encryption\":[\"aws:kms\",\"AES256\"]}"),
     "s3:PutObject", "a", NULL, D, ACC_POLICY_RGW},
    {DENY_PUT_IF("\"StringNotEquals\":{\"s3:x-amz-acl\":\"private\"}"), "s3:PutObject", "a", NULL,
     D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringNotEquals\":{\"s3:x-amz-acl\":\"private\"}"), "s3:PutObject", "a", NULL,
     S, ACC_POLICY_RGW},
    {DENY_PUT_IF("\"StringEquals\":{\"s3:x-amz-acl\":\"private\"}"), "s3:PutObject", "a", NULL, S,
     ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringEqualsIfExists\":{\"s3:x-amz-acl\":\"private\"}"), "s3:PutObject", "a",
     NULL, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-1\"}"), "s3:PutObject", "a", ALICE,
     M, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringNotEquals\":{\"aws:PrincipalOrgID\":\"o-1\"}"), "s3:PutObject", "a", "",
     D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringNotEquals\":{\"aws:PrincipalAccount\":\"111122223333\"}"), "s3:PutObject",
     "a", ALICE, S, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringNotEquals\":{\"aws:PrincipalAccount\":\"111122223333\"}"), "s3:PutObject",
     "a", BOB, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringEquals\":{\"aws:username\":\"alice\"}"), "s3:PutObject", "a", ALICE, D,
     ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringNotLike\":{\"aws:userid\":\"AROA*:*\"}"), "s3:PutObject", "a", ALICE, M,
     ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringEquals\":{\"s3:x-amz-content-sha256\":\"UNSIGNED-PAYLOAD\"}"),
     "s3:PutObject", "a", NULL, S, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringNotEquals\":{\"s3:x-amz-content-sha256\":\"UNSIGNED-PAYLOAD\"}"),
     "s3:PutObject", "a", NULL, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringEquals\":{\"nobody:KnowsThis\":\"x\"}"), "s3:PutObject", "a", ALICE, M,
     ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringEquals\":{\"nobody:KnowsThis\":\"x\"}"), "s3:PutObject", "a", ALICE, S,
     ACC_POLICY_RGW},
    /* ARNs */
    {DENY_PUT_IF("\"ArnNotLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::111122223333:role/*\"}"),
     "s3:PutObject", "a", SESSION, S, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"ArnNotLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::111122223333:role/*\"}"),
     "s3:PutObject", "a", ALICE, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"ArnEquals\":{\"aws:PrincipalArn\":\"arn:aws:iam::*:user/bob\"}"),
     "s3:PutObject", "a", BOB, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"ArnLike\":{\"aws:PrincipalArn\":\"arn:*:user/bob\"}"), "s3:PutObject", "a", BOB,
     S, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"ArnLike\":{\"aws:PrincipalArn\":\"arn:aws:iam:::user/*\"}"), "s3:PutObject",
     "a", ALICE, S, ACC_POLICY_RGW},
    /* numbers, dates, booleans, addresses, absence */
    {DENY_PUT_IF("\"NumericLessThan\":{\"s3:TlsVersion\":1.2}"), "s3:PutObject", "a", NULL, S,
     ACC_POLICY_AWS},
    {DENY_PUT_IF("\"NumericLessThan\":{\"s3:TlsVersion\":\"1.3\"}"), "s3:PutObject", "a", NULL, M,
     ACC_POLICY_AWS},
    {DENY_PUT_IF("\"NumericGreaterThanEquals\":{\"s3:TlsVersion\":\"1.2\"}"), "s3:PutObject", "a",
     NULL, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"DateGreaterThan\":{\"aws:CurrentTime\":\"2025-12-31T23:59:59Z\"}"),
     "s3:PutObject", "a", NULL, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"DateLessThan\":{\"aws:CurrentTime\":\"2026-01-01T01:00:00+01:30\"}"),
     "s3:PutObject", "a", NULL, S, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"DateGreaterThan\":{\"aws:EpochTime\":\"2025-12\"}"), "s3:PutObject", "a", NULL,
     D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"Bool\":{\"aws:SecureTransport\":\"false\"}"), "s3:PutObject", "a", NULL, S,
     ACC_POLICY_AWS},
    {DENY_PUT_IF("\"Bool\":{\"aws:SecureTransport\":true}"), "s3:PutObject", "a", NULL, D,
     ACC_POLICY_AWS},
    {DENY_PUT_IF("\"Bool\":{\"aws:MultiFactorAuthPresent\":\"false\"}"), "s3:PutObject", "a", ALICE,
     M, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"NotIpAddress\":{\"aws:SourceIp\":\"192.0.2.0/24\"}"), "s3:PutObject", "a", NULL,
     S, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"NotIpAddress\":{\"aws:SourceIp\":[\"198.51.100.0/24\",\"2001:db8::/32\"]}"),
     "s3:PutObject", "a", NULL, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"IpAddress\":{\"aws:SourceIp\":\"192.0.2.4/30\"}"), "s3:PutObject", "a", NULL, D,
     ACC_POLICY_AWS},
    {DENY_PUT_IF("\"IpAddress\":{\"aws:SourceIp\":\"192.0.2.8/30\"}"), "s3:PutObject", "a", NULL, S,
     ACC_POLICY_AWS},
    {DENY_PUT_IF("\"IpAddress\":{\"aws:VpcSourceIp\":\"2001:db8::/33\"}"), "s3:PutObject", "a",
     NULL, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"IpAddress\":{\"aws:SourceIp\":\"somewhere\"}"), "s3:PutObject", "a", NULL, S,
     ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringNotEquals\":{\"aws:SourceVpce\":\"vpce-1\"}"), "s3:PutObject", "a", NULL,
     M, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"Null\":{\"s3:x-amz-acl\":\"true\"}"), "s3:PutObject", "a", NULL, D,
     ACC_POLICY_AWS},
    {DENY_PUT_IF("\"Null\":{\"s3:x-amz-acl\":\"false\"}"), "s3:PutObject", "a", NULL, S,
     ACC_POLICY_AWS},
    {DENY_PUT_IF("\"Null\":{\"s3:x-amz-acl\":\"false\"}"), "s3:PutObject", "a", NULL, D,
     ACC_POLICY_RGW},
    {DENY_PUT_IF("\"Null\":{\"s3:x-amz-server-side-encryption\":\"false\"}"), "s3:PutObject", "a",
     NULL, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"Null\":{\"aws:PrincipalOrgID\":\"true\"}"), "s3:PutObject", "a", NULL, M,
     ACC_POLICY_AWS},
    /* keys of several values */
    {DENY_PUT_IF("\"ForAnyValue:StringEquals\":{\"aws:TagKeys\":[\"b\",\"c\"]}"), "s3:PutObject",
     "a", NULL, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"ForAllValues:StringEquals\":{\"aws:TagKeys\":[\"b\",\"c\"]}"), "s3:PutObject",
     "a", NULL, S, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"ForAllValues:StringLike\":{\"aws:TagKeys\":[\"a\",\"b*\"]}"), "s3:PutObject",
     "a", NULL, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"ForAnyValue:StringNotEquals\":{\"aws:TagKeys\":\"a\"}"), "s3:PutObject", "a",
     NULL, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"ForAllValues:StringEquals\":{\"aws:RequestTag/x\":\"y\"}"), "s3:PutObject", "a",
     NULL, D, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"ForAnyValue:StringNotEquals\":{\"aws:RequestTag/x\":\"y\"}"), "s3:PutObject",
     "a", NULL, S, ACC_POLICY_AWS},
    /* several conditions: all must be met, and one that is not settles it */
    {DENY_PUT_IF(
         "\"Bool\":{\"aws:SecureTransport\":\"true\"},\"StringEquals\":{\"aws:username\":\"bob\"}"),
     "s3:PutObject", "a", ALICE, S, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-1\",\"aws:username\":\"bob\"}"),
     "s3:PutObject", "a", ALICE, S, ACC_POLICY_AWS},
    {DENY_PUT_IF("\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-1\",\"aws:username\":\"alice\"}"),
     "s3:PutObject", "a", ALICE, M, ACC_POLICY_AWS},
    /* an open permission under a certain denial, and the other way round */
    {ALLOW ALL ",\"Action\":\"s3:*\"," WHOLE
               ",\"Condition\":{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-1\"}}}",
     "s3:PutObject", "a", ALICE, M, ACC_POLICY_AWS},
    {ALLOW ALL ",\"Action\":\"s3:*\"," WHOLE
               "}," DENY_PUT_IF("\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-1\"}"),
     "s3:PutObject", "a", ALICE, M, ACC_POLICY_AWS},
    /* what a server would refuse is never decided */
    {DENY ALL ",\"Action\":\"s3:PutObject\"," WHOLE
              ",\"Condition\":{\"StringMatches\":{\"a\":\"b\"}}}",
     "s3:PutObject", "a", ALICE, M, ACC_POLICY_AWS},
    {"{\"Principal\":\"*\",\"Action\":\"s3:PutObject\"," WHOLE "}", "s3:PutObject", "a", ALICE, M,
     ACC_POLICY_AWS},
    {"{\"Principal\":\"*\",\"Action\":\"s3:PutObject\"," WHOLE "}", "s3:PutObject", "a", ALICE, D,
     ACC_POLICY_RGW},
    {DENY "\"Action\":\"s3:PutObject\"," WHOLE "}", "s3:PutObject", "a", ALICE, S, ACC_POLICY_RGW},
};

static struct acc_policy *parse(const char *text)
{
    struct acc_policy *policy = NULL;
    struct acc_error err = {0};
    if (acc_policy_parse("p.json", text, strlen(text), &policy, &err) != ACC_OK)
        fail_msg("%s", err.message);
    return policy;
}

static struct acc_policy *parse_statements(const char *version, const char *statements)
{
    struct acc_str text = {0};
    acc_str_addf(&text, "{\"Version\":\"%s\",\"Statement\":[%s]}", version, statements);
    struct acc_policy *policy = parse(text.data);
    acc_str_release(&text);
    return policy;
}

static struct acc_policy_request request_of(const struct row *row)
{
    struct acc_policy_request request = {
        .server = row->server,
        .action = row->action,
        .bucket = "vault",
        .key = row->key,
        .any_key_below = true,
        .now = NOW,
        .facts = facts,
        .fact_count = ACC_COUNT_OF(facts),
    };
    if (row->caller != NULL)
        request.principal.who = *row->caller ? ACC_POLICY_IDENTITY : ACC_POLICY_ANONYMOUS;
    if (row->caller != NULL && *row->caller)
        request.principal.arn = row->caller;
    return request;
}

static void table(void **state)
{
    assert_true(ACC_COUNT_OF(rows) >= 60);
    int wrong = 0;
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++) {
        struct acc_policy *policy = parse_statements("2012-10-17", rows[i].statements);
        struct acc_policy_request request = request_of(&rows[i]);
        struct acc_policy_verdict verdict;
        acc_policy_evaluate(policy, &request, &verdict);
        if ((int)verdict.says != rows[i].says) {
            print_error("row %zu: says %d, not %d: %s\n", i, verdict.says, rows[i].says,
                        rows[i].statements);
            wrong++;
        }
        /* Open questions are named, closed ones name their statements. */
        assert_int_equal(verdict.depend_count > 0, verdict.says == ACC_POLICY_DEPENDS);
        assert_int_equal(verdict.statement_count > 0, verdict.says != ACC_POLICY_SILENT);
        acc_policy_verdict_release(&verdict);
        acc_policy_free(policy);
    }
    assert_int_equal(wrong, 0);
}

/* Whatever becomes known later, a verdict given while the caller was open still holds. */
static void certain_verdicts_hold_for_everyone(void **state)
{
    static const char *const callers[] = {ALICE, BOB, SESSION, ROOT, ""};
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++) {
        struct acc_policy *policy = parse_statements("2012-10-17", rows[i].statements);
        struct acc_policy_request request = request_of(&rows[i]);
        request.principal = (struct acc_policy_principal){.who = ACC_POLICY_SOMEONE};
        struct acc_policy_verdict open, known;
        acc_policy_evaluate(policy, &request, &open);
        for (size_t c = 0; c < ACC_COUNT_OF(callers) && open.says == ACC_POLICY_DENIES; c++) {
            request.principal.who = *callers[c] ? ACC_POLICY_IDENTITY : ACC_POLICY_ANONYMOUS;
            request.principal.arn = *callers[c] ? callers[c] : NULL;
            acc_policy_evaluate(policy, &request, &known);
            assert_int_equal(known.says, ACC_POLICY_DENIES);
            acc_policy_verdict_release(&known);
        }
        acc_policy_verdict_release(&open);
        acc_policy_free(policy);
    }
}

static void root_keeps_its_door(void **state)
{
    struct acc_policy *policy = parse_statements("2012-10-17", DENY_TO(ALL));
    struct acc_policy_request request = {.principal = {.who = ACC_POLICY_ROOT},
                                         .action = "s3:DeleteBucketPolicy",
                                         .bucket = "vault"};
    struct acc_policy_verdict verdict;
    acc_policy_evaluate(policy, &request, &verdict);
    assert_int_equal(verdict.access, ACC_POLICY_GRANTED);
    assert_true(verdict.exempt);
    acc_policy_verdict_release(&verdict);

    request.action = "s3:GetObject";
    request.key = "a";
    acc_policy_evaluate(policy, &request, &verdict);
    assert_int_equal(verdict.access, ACC_POLICY_REFUSED);
    acc_policy_verdict_release(&verdict);

    /* A root user of another account has no such door. */
    request = (struct acc_policy_request){
        .principal = {.who = ACC_POLICY_IDENTITY, .arn = ROOT, .owner_account = "444455556666"},
        .action = "s3:PutBucketPolicy",
        .bucket = "vault"};
    acc_policy_evaluate(policy, &request, &verdict);
    assert_int_equal(verdict.access, ACC_POLICY_REFUSED);
    acc_policy_verdict_release(&verdict);
    request.principal.owner_account = "111122223333";
    acc_policy_evaluate(policy, &request, &verdict);
    assert_int_equal(verdict.access, ACC_POLICY_GRANTED);
    acc_policy_verdict_release(&verdict);

    request.server = ACC_POLICY_RGW;
    request.principal.who = ACC_POLICY_ROOT;
    acc_policy_evaluate(policy, &request, &verdict);
    assert_int_equal(verdict.access, ACC_POLICY_REFUSED);
    acc_policy_verdict_release(&verdict);
    acc_policy_free(policy);
}

static void variables_need_the_version(void **state)
{
    const struct row row = {DENY_ON("arn:aws:s3:::vault/${aws:username}/*"),
                            "s3:PutObject",
                            "alice/",
                            ALICE,
                            S,
                            ACC_POLICY_AWS};
    struct acc_policy *policy = parse_statements("2008-10-17", row.statements);
    struct acc_policy_request request = request_of(&row);
    struct acc_policy_verdict verdict;
    acc_policy_evaluate(policy, &request, &verdict);
    assert_int_equal(verdict.says, ACC_POLICY_SILENT);
    acc_policy_verdict_release(&verdict);
    acc_policy_free(policy);
}

static void bad_json_names_its_line(void **state)
{
    static const struct {
        const char *text, *expect;
    } bad[] = {
        {"{\n \"Version\": \"2012-10-17\",\n \"Statement\": [,]\n}", "p.json:3:"},
        {"", "p.json:"},
        {"[]", "no Statement"},
        {"{\"Statement\": []}", "no Statement"},
        {"{\"Statement\": \"none\"}", "no Statement"},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(bad); i++) {
        struct acc_policy *policy = NULL;
        struct acc_error err = {0};
        assert_int_equal(
            acc_policy_parse("p.json", bad[i].text, strlen(bad[i].text), &policy, &err),
            ACC_CONFIG);
        assert_null(policy);
        if (strstr(err.message, bad[i].expect) == NULL)
            fail_msg("'%s' does not say '%s'", err.message, bad[i].expect);
    }
}

static void patterns(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool open;
        enum acc_tri expect;
    } cases[] = {
        {"", "", false, ACC_YES},           {"", "a", false, ACC_NO},
        {"*", "", false, ACC_YES},          {"a*b*c", "aXbYc", false, ACC_YES},
        {"a*b*c", "acb", false, ACC_NO},    {"**a", "bba", false, ACC_YES},
        {"?", "", false, ACC_NO},           {"a?c", "abc", false, ACC_YES},
        {"a*", "a", true, ACC_YES},         {"a", "a", true, ACC_MAYBE},
        {"a?*", "a", true, ACC_MAYBE},      {"b*", "a", true, ACC_NO},
        {"*z", "a", true, ACC_MAYBE},       {"\001*", "*", false, ACC_YES},
        {"\001*", "x", false, ACC_NO},      {"\001*", "*", true, ACC_MAYBE},
        {"a\002", "abc", false, ACC_MAYBE}, {"a\002", "b", false, ACC_NO},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(cases); i++) {
        const struct acc_subject subject = {.text = cases[i].text, .open = cases[i].open};
        enum acc_tri got = acc_pattern_match(cases[i].pattern, strlen(cases[i].pattern), &subject);
        if (got != cases[i].expect)
            fail_msg("'%s' against '%s': %d", cases[i].pattern, cases[i].text, got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(certain_verdicts_hold_for_everyone),
        cmocka_unit_test(root_keeps_its_door),
        cmocka_unit_test(variables_need_the_version),
        cmocka_unit_test(bad_json_names_its_line),
        cmocka_unit_test(patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
