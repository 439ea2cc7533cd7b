/* The requests of accession as a policy sees them. */
#ifndef ACC_POLICY_FACTS_H
#define ACC_POLICY_FACTS_H

#include <accession/policy.h>
#include "policy/actions.h"

#define ACC_FACTS_MAX 24

/* Facts of one request; a value each, borrowed from the options but for `days`. */
struct acc_facts {
    struct acc_policy_fact items[ACC_FACTS_MAX];
    const char *values[ACC_FACTS_MAX];
    size_t count;
    char days[24];
};

void acc_facts_of(const struct acc_policy_options *options, const struct acc_operation *operation,
                  struct acc_facts *facts);

/* False for operations that these options never ask for (no lock wanted, no tags). */
bool acc_operation_used(const struct acc_policy_options *options,
                        const struct acc_operation *operation);

#endif
