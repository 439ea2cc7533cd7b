/* A policy as parsed: the text's own structure, nothing interpreted but the operators' names. */
#ifndef ACC_POLICY_MODEL_H
#define ACC_POLICY_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include <accession/policy.h>
#include "policy/texts.h"

struct acc_operator;

/* ForAllValues: and ForAnyValue: before an operator's name. */
enum acc_quantifier { ACC_PLAIN, ACC_FOR_ALL, ACC_FOR_ANY };

struct acc_condition {
    char *name; /* as written: "ForAnyValue:StringLikeIfExists" */
    enum acc_quantifier quantifier;
    const struct acc_operator *op; /* NULL: no such operator */
    bool if_exists;
    char *key;
    struct acc_texts values;
};

struct acc_statement {
    size_t number;    /* 1 is the first */
    char *sid;        /* NULL when it has none */
    unsigned unclear; /* servers (ACC_ON_…) whose reading of it cannot be predicted */
    bool deny;
    bool not_principal, not_action, not_resource;
    bool everyone;              /* "*" or {"AWS": "*"} */
    struct acc_texts aws;       /* ARNs and account numbers */
    struct acc_texts canonical; /* CanonicalUser */
    struct acc_texts services;  /* Service and Federated */
    struct acc_texts actions;
    struct acc_texts resources;
    struct acc_condition *conditions;
    size_t condition_count;
};

enum acc_severity {
    ACC_REFUSED_POLICY, /* the server does not accept the policy */
    ACC_MISTAKE,        /* accepted, but cannot do what its author must have meant */
    ACC_REMARK
};

/* Bits: for which servers a problem holds. */
#define ACC_ON_AWS (1u << ACC_POLICY_AWS)
#define ACC_ON_RGW (1u << ACC_POLICY_RGW)
#define ACC_ON_BOTH (ACC_ON_AWS | ACC_ON_RGW)

struct acc_problem {
    enum acc_severity severity;
    unsigned servers;
    size_t statement; /* 0: the policy as a whole */
    char *text;
};

struct acc_problems {
    struct acc_problem *items;
    size_t count;
};

struct acc_policy {
    char *name;
    bool variables; /* Version 2012-10-17: ${…} is replaced */
    struct acc_statement *statements;
    size_t count;
    struct acc_problems problems; /* found while parsing */
};

void acc_problem_add(struct acc_problems *problems, enum acc_severity severity, unsigned servers,
                     size_t statement, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void acc_problems_release(struct acc_problems *problems);

/* "statement 2 (DenyWrites)", appended. */
void acc_statement_name(const struct acc_policy *policy, size_t number, struct acc_str *out);

#endif
