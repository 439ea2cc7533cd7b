/* Whether one statement applies to one request, part by part. */
#ifndef ACC_POLICY_MATCH_H
#define ACC_POLICY_MATCH_H

#include "policy/model.h"
#include "policy/tri.h"

/* Each adds what a MAYBE depends on to `depends`. */
enum acc_tri acc_match_principal(const struct acc_statement *statement,
                                 const struct acc_policy_request *request,
                                 struct acc_texts *depends);
enum acc_tri acc_match_action(const struct acc_statement *statement,
                              const struct acc_policy_request *request);
enum acc_tri acc_match_resource(const struct acc_policy *policy,
                                const struct acc_statement *statement,
                                const struct acc_policy_request *request,
                                struct acc_texts *depends);
enum acc_tri acc_match_condition(const struct acc_policy *policy,
                                 const struct acc_condition *condition,
                                 const struct acc_policy_request *request,
                                 struct acc_texts *depends);

/* All of it. */
enum acc_tri acc_match_statement(const struct acc_policy *policy,
                                 const struct acc_statement *statement,
                                 const struct acc_policy_request *request,
                                 struct acc_texts *depends);

/* Whether the resource pattern names the bucket or something in it. */
bool acc_resource_in_bucket(const char *pattern, const char *bucket, enum acc_policy_server server);

/* Replaces ${…} and appends the pattern; what is not known becomes a hole. */
void acc_expand(const struct acc_policy *policy, const struct acc_policy_request *request,
                const char *value, bool wildcards, struct acc_texts *depends,
                struct acc_str *pattern);

#endif
