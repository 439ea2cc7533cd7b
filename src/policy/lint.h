/* Finds statements that a server would refuse, or that the author cannot have meant. */
#ifndef ACC_POLICY_LINT_H
#define ACC_POLICY_LINT_H

#include "policy/model.h"

/* Adds what is found for this server and bucket. */
void acc_policy_lint(const struct acc_policy *policy, enum acc_policy_server server,
                     const char *bucket, struct acc_problems *problems);

#endif
