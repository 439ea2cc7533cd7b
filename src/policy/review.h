/* Compares a policy with every request that accession makes of a bucket, and with the requests of
 * those who would have to fix it. Made by acc_policy_check_text(), read by the two renderers. */
#ifndef ACC_POLICY_REVIEW_H
#define ACC_POLICY_REVIEW_H

#include "policy/actions.h"
#include "policy/model.h"
#include "policy/tri.h"

enum acc_party_kind {
    ACC_PARTY_PROGRAM, /* the identity that uploads, sending what accession sends */
    ACC_PARTY_SOMEONE, /* any identity, sending anything */
    ACC_PARTY_ROOT,    /* AWS: the account's root user; RGW: the bucket's owner */
    ACC_PARTY_ANONYMOUS,
    ACC_PARTY_COUNT
};

struct acc_party {
    struct acc_policy_principal principal;
    char *arn;                           /* backs principal.arn */
    struct acc_policy_verdict *verdicts; /* one for each of acc_operations */
};

/* A condition of a statement that may concern uploads: whether they meet it, by operation. */
struct acc_trace {
    size_t statement;
    const struct acc_condition *condition;
    enum acc_tri met[8]; /* by the operations for uploads, in their order */
    size_t met_count;
};

struct acc_policy_report {
    char *name, *bucket, *owner;
    enum acc_policy_server server;
    bool in_force;   /* read from the bucket rather than from a file */
    bool identified; /* the identity that uploads was named */
    bool *used;      /* by operation: these options ever ask for it */
    struct acc_policy *policy;
    struct acc_problems problems;
    struct acc_party parties[ACC_PARTY_COUNT];
    struct acc_trace *traces;
    size_t trace_count;
    bool unacceptable; /* the server would refuse the policy */
    bool no_one_changes, no_one_writes, no_one_reads, uploads_refused, uploads_unsure;
};

/* The verdict on one operation, by name. */
const struct acc_policy_verdict *acc_report_verdict(const struct acc_policy_report *report,
                                                    enum acc_party_kind party,
                                                    const char *operation);

const char *acc_server_name(enum acc_policy_server server);

#endif
