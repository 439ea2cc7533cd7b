/* Bucket policies: shows what one would do before it is applied, or does while it is in force.
 *
 * Three steps, each usable alone:
 *
 *     acc_policy_parse()     text            -> policy
 *     acc_policy_evaluate()  policy, request -> verdict
 *     acc_policy_check_text() both for every request that accession sends -> report, as text or
 * JSON
 *
 * The verdict is three-valued where it has to be: what depends on something unknown (the
 * caller's address, its organisation, an IAM policy) is named, never guessed. A bucket policy is
 * one voice among several; IAM, organisation, VPC endpoint and access point policies, Block Public
 * Access and ACLs are not seen here, and a request that the policy allows may still be refused.
 *
 * Servers differ, so the caller names one: Amazon S3 as its documentation describes it ("Policy
 * evaluation logic", "IAM JSON policy elements", "Actions, resources, and condition keys for Amazon
 * S3"), or Ceph RGW 16.2 as measured by tests/cli/policy.bats.
 *
 * Threads: nothing is shared; several threads may evaluate one policy concurrently.
 * Borrowed pointers in requests and options are read during the call only.
 */
#ifndef ACCESSION_POLICY_H
#define ACCESSION_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <accession/connection.h>
#include <accession/error.h>

/* Amazon S3's limit on a bucket policy, in bytes. */
#define ACC_POLICY_MAX 20480

/* ---- parsing ---- */

struct acc_policy;

/* Reads a policy. Not JSON, or JSON that holds no statements: ACC_CONFIG and "NAME:LINE: why". A
 * policy that a server would refuse, or that its author cannot have meant, is not an error here but
 * a finding of the check. `name` is used in messages only. Release with acc_policy_free(), which
 * takes NULL. */
enum acc_code acc_policy_parse(const char *name, const char *text, size_t len,
                               struct acc_policy **policy, struct acc_error *err);
void acc_policy_free(struct acc_policy *policy);

/* ---- evaluating one request ---- */

enum acc_policy_server { ACC_POLICY_AWS, ACC_POLICY_RGW };

enum acc_policy_who {
    ACC_POLICY_SOMEONE,  /* any identity with valid credentials; which one is not known */
    ACC_POLICY_IDENTITY, /* the one in `arn` */
    ACC_POLICY_ROOT,     /* AWS: root user of the bucket owner's account. RGW: the bucket's owner */
    ACC_POLICY_ANONYMOUS /* an unsigned request */
};

struct acc_policy_principal {
    enum acc_policy_who who;
    /* arn:aws:iam::ACCOUNT:user/NAME, …:role/NAME, arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION,
     * arn:aws:iam::ACCOUNT:root; for RGW arn:aws:iam::TENANT:user/UID (TENANT is often empty).
     * For ROOT it may be NULL: not known. */
    const char *arn;
    const char *owner_account; /* AWS: the account that owns the bucket, or NULL: not known */
};

/* What is known of a condition key. Keys that no fact names are judged by the table in
 * policy/keys.c: request headers are absent (unless any_headers), the rest is unknown. */
enum acc_policy_known {
    ACC_POLICY_UNKNOWN, /* may be there or not */
    ACC_POLICY_ABSENT,
    ACC_POLICY_VALUES, /* has exactly these values */
    ACC_POLICY_ONE_OF, /* has one of these values, which one is not known */
    ACC_POLICY_DIGEST  /* has 64 hex digits, which one is not known */
};

struct acc_policy_fact {
    const char *key; /* one that ends in "/" speaks for every key that begins with it */
    enum acc_policy_known known;
    const char *const *values;
    size_t count;
};

struct acc_policy_request {
    enum acc_policy_server server;
    struct acc_policy_principal principal;
    const char *action; /* "s3:PutObject" */
    const char *bucket;
    const char *key;    /* NULL: the bucket itself */
    bool any_key_below; /* `key` is a prefix: every key that begins with it is meant */
    int64_t now;        /* milliseconds since 1970, for aws:CurrentTime; 0: not known */
    const struct acc_policy_fact *facts;
    size_t fact_count;
    bool any_headers; /* what the request carries is open: header keys without a fact are unknown */
};

enum acc_policy_says {
    ACC_POLICY_SILENT, /* no statement applies: other permissions decide */
    ACC_POLICY_ALLOWS,
    ACC_POLICY_DENIES,
    ACC_POLICY_DEPENDS
};

enum acc_policy_access {
    ACC_POLICY_GRANTED,
    ACC_POLICY_REFUSED,
    ACC_POLICY_ELSEWHERE, /* IAM policies or ACLs decide */
    ACC_POLICY_UNSURE     /* depends on what `depends` names */
};

struct acc_policy_verdict {
    enum acc_policy_says says;
    enum acc_policy_access access; /* what follows for this principal on this server */
    bool exempt;                   /* denied, and yet granted: AWS's rule for the root user */
    bool may_deny;                 /* DEPENDS only: the open question is whether it is denied */
    size_t *statements;            /* numbers (1 is the first) of those that decide, or may */
    size_t statement_count;
    char **depends; /* on what, in words; without repetition */
    size_t depend_count;
};

/* Never fails. Release the verdict afterwards. */
void acc_policy_evaluate(const struct acc_policy *policy, const struct acc_policy_request *request,
                         struct acc_policy_verdict *verdict);
void acc_policy_verdict_release(struct acc_policy_verdict *verdict);

/* ---- checking a policy against what accession sends ---- */

/* Zeroed, this is: Amazon S3, over TLS, an unknown identity, no optional header. */
struct acc_policy_options {
    enum acc_policy_server server;
    const char *prefix;    /* keys of the uploads begin with it; NULL: any key */
    const char *principal; /* identity that uploads: an ARN, on RGW also a user id;
                            * "anonymous": requests are unsigned; NULL: not known */
    const char *owner;     /* of the bucket: AWS account number or RGW user id; NULL: not known */
    bool plain_http;
    const char *source_ip;   /* as the server sees it, or NULL: not known */
    const char *source_vpce; /* VPC endpoint id, or NULL: not known */
    const char *sse;         /* x-amz-server-side-encryption, or NULL: not sent; so below */
    const char *sse_kms_key_id;
    const char *acl;
    const char *storage_class;
    const char *lock_mode;
    const char *retain_until; /* RFC 3339 */
    bool legal_hold;
    bool tags;
    int64_t now; /* milliseconds since 1970; 0: not known */
};

/* ---- the policy in force ---- */

struct acc_policy_in_force {
    char *text; /* NULL: the bucket has none */
    char *bucket;
    char *prefix; /* of the URL, "" or ending in "/" */
    /* RGW is recognised by its request ids, AWS by its endpoint; any other server is judged as AWS.
     */
    enum acc_policy_server server;
    bool plain_http;
};

/* Asks s3://BUCKET[/PREFIX] for its policy (GetBucketPolicy), on a loop of its own. */
enum acc_code acc_policy_fetch(const struct acc_connection *connection, const char *url,
                               struct acc_policy_in_force *found, struct acc_error *err);
void acc_policy_in_force_release(struct acc_policy_in_force *found);

/* ---- the report ---- */

struct acc_policy_report;

/* Parses and reviews. `name` is the file or s3:// URL for messages; `bucket` may be NULL when the
 * policy's own resources name exactly one. ACC_CONFIG: no policy, or no bucket to judge it for.
 * Release with acc_policy_report_free(). */
enum acc_code acc_policy_check_text(const char *name, const char *text, const char *bucket,
                                    const struct acc_policy_options *options,
                                    struct acc_policy_report **report, struct acc_error *err);
void acc_policy_report_free(struct acc_policy_report *report);

/* True if no one can change or remove the policy (except AWS's root user), no one can write, no one
 * can read, or accession's uploads are refused. */
bool acc_policy_report_lockout(const struct acc_policy_report *report);

/* 0: nothing in the way. 1: a lock-out. 2: the server would refuse to take this policy. */
int acc_policy_report_exit(const struct acc_policy_report *report);

/* In plain words, 80 columns. */
void acc_policy_report_text(const struct acc_policy_report *report, FILE *out);
/* One JSON object and a newline. */
void acc_policy_report_json(const struct acc_policy_report *report, FILE *out);

#endif
