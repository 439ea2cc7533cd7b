/* Condition operators: one row each. */
#ifndef ACC_POLICY_OPERATORS_H
#define ACC_POLICY_OPERATORS_H

#include <stdbool.h>

#include <accession/policy.h>
#include "policy/texts.h"
#include "policy/tri.h"

enum acc_operand {
    ACC_OPERAND_TEXT,
    ACC_OPERAND_NUMBER,
    ACC_OPERAND_DATE,
    ACC_OPERAND_BOOL,
    ACC_OPERAND_BINARY,
    ACC_OPERAND_ADDRESS,
    ACC_OPERAND_ARN,
    ACC_OPERAND_NULL
};

struct acc_operator {
    const char *name;
    const char *words; /* between key and values: "is", "is not", "begins or matches" */
    enum acc_operand operand;
    bool wildcards; /* * and ? in values are patterns */
    bool negated;
    /* Whether one value of the request satisfies one value of the policy, the negation left out.
     * The policy's value is a pattern of `len` bytes (policy/pattern.h). */
    enum acc_tri (*compare)(const char *have, const char *want, size_t len);
};

/* The operator without quantifier and IfExists, in any case; NULL if it is unknown. */
const struct acc_operator *acc_operator_find(const char *name, size_t len);

/* False when the value cannot be read as what the operator compares. */
bool acc_operator_takes(const struct acc_operator *op, const char *value);

#endif
