/* Conditions: one operator, one key, several values.
 *
 * Amazon S3 (IAM User Guide, "Conditions with multiple context keys or values"): values of the
 * policy are alternatives; a negated operator wants none of them; an absent key fails a plain
 * operator, satisfies a negated one and anything with IfExists.
 *
 * Ceph RGW 16: an absent key satisfies only IfExists and ForAllValues; a negated operator on texts,
 * numbers and dates wants ONE of the values to differ; Null is satisfied by absence whatever its
 * value says; Arn operators are never satisfied. */
#include <string.h>
#include <strings.h>

#include "policy/keys.h"
#include "policy/match.h"
#include "policy/operators.h"
#include "policy/pattern.h"

struct judge {
    const struct acc_policy *policy;
    const struct acc_policy_request *request;
    const struct acc_condition *condition;
    struct acc_texts *depends;
};

static bool hex64(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static enum acc_tri compare(const struct judge *j, const char *have, const char *want)
{
    const struct acc_operator *op = j->condition->op;
    struct acc_str pattern = {0};
    acc_expand(j->policy, j->request, want, op->wildcards, j->depends, &pattern);
    enum acc_tri answer;
    if (have == NULL && op->wildcards)
        answer = ACC_MAYBE;
    else if (have == NULL)
        answer = hex64(want) ? ACC_MAYBE : ACC_NO; /* some digest: only another one can equal it */
    else
        answer = op->compare(have, pattern.data, pattern.len);
    acc_str_release(&pattern);
    return answer;
}

/* Whether one value of the request satisfies the operator, negation included. */
static enum acc_tri satisfies(const struct judge *j, const char *have)
{
    const struct acc_operator *op = j->condition->op;
    bool one_differs = j->request->server == ACC_POLICY_RGW && op->operand != ACC_OPERAND_ADDRESS;
    enum acc_tri any = ACC_NO, all = ACC_YES;
    for (size_t i = 0; i < j->condition->values.count; i++) {
        enum acc_tri same = compare(j, have, j->condition->values.items[i]);
        any = acc_tri_or(any, same);
        all = acc_tri_and(all, same);
    }
    if (!op->negated)
        return any;
    return acc_tri_not(one_differs ? all : any);
}

static enum acc_tri over_values(const struct judge *j, const struct acc_key_state *state)
{
    if (state->known == ACC_POLICY_DIGEST)
        return satisfies(j, NULL);
    enum acc_tri any = ACC_NO, all = ACC_YES;
    for (size_t i = 0; i < state->values.count; i++) {
        enum acc_tri one = satisfies(j, state->values.items[i]);
        any = acc_tri_or(any, one);
        all = acc_tri_and(all, one);
    }
    if (state->known == ACC_POLICY_ONE_OF)
        return any == all ? any : ACC_MAYBE;
    if (j->condition->quantifier == ACC_FOR_ALL)
        return all;
    /* A negated operator on a key of several values wants none of them to match, on AWS. */
    bool every = j->condition->quantifier == ACC_PLAIN && j->condition->op->negated &&
                 j->request->server == ACC_POLICY_AWS;
    return every ? all : any;
}

static enum acc_tri judge_null(const struct judge *j, enum acc_policy_known known)
{
    if (known == ACC_POLICY_UNKNOWN)
        return ACC_MAYBE;
    bool absent = known == ACC_POLICY_ABSENT;
    if (j->request->server == ACC_POLICY_RGW)
        return acc_tri_of(absent);
    bool wants_absent = strcasecmp(j->condition->values.items[0], "true") == 0;
    return acc_tri_of(absent == wants_absent);
}

static enum acc_tri judge_absent(const struct judge *j)
{
    const struct acc_condition *c = j->condition;
    if (c->quantifier == ACC_FOR_ANY && j->request->server == ACC_POLICY_AWS)
        return ACC_NO;
    if (c->quantifier == ACC_FOR_ALL || c->if_exists)
        return ACC_YES;
    return acc_tri_of(c->op->negated && j->request->server == ACC_POLICY_AWS);
}

enum acc_tri acc_match_condition(const struct acc_policy *policy,
                                 const struct acc_condition *condition,
                                 const struct acc_policy_request *request,
                                 struct acc_texts *depends)
{
    bool no_values = condition->values.count == 0 && request->server == ACC_POLICY_AWS;
    if (condition->op == NULL || no_values) {
        acc_texts_add_new(depends, "a condition that is malformed");
        return ACC_MAYBE;
    }
    struct acc_texts unknown = {0};
    struct judge j = {policy, request, condition, &unknown};
    struct acc_key_state state;
    acc_key_look_up(request, condition->key, &state);
    bool never = request->server == ACC_POLICY_RGW && condition->op->operand == ACC_OPERAND_ARN;
    enum acc_tri answer;
    if (condition->op->operand == ACC_OPERAND_NULL)
        answer = judge_null(&j, state.known);
    else if (state.known == ACC_POLICY_ABSENT)
        answer = judge_absent(&j);
    else if (never)
        answer = ACC_NO;
    else if (state.known == ACC_POLICY_UNKNOWN)
        answer = ACC_MAYBE;
    else
        answer = over_values(&j, &state);
    if (answer == ACC_MAYBE && unknown.count == 0) {
        struct acc_str words = {0};
        acc_key_describe(condition->key, &words);
        acc_texts_add_new(depends, words.data);
        acc_str_release(&words);
    }
    for (size_t i = 0; answer == ACC_MAYBE && i < unknown.count; i++)
        acc_texts_add_new(depends, unknown.items[i]);
    acc_texts_release(&unknown);
    acc_key_state_release(&state);
    return answer;
}
