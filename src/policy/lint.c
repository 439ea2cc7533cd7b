/* One function for each element of a statement. The refusals of Amazon S3 are taken from its error
 * messages (MalformedPolicy: "Policy has invalid resource", "Policy has invalid action", "Invalid
 * principal in policy", "Action does not apply to any resource(s) in statement"); those of Ceph RGW
 * 16 are measured. */
#include "policy/lint.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "policy/actions.h"
#include "policy/arn.h"
#include "policy/keys.h"
#include "policy/match.h"
#include "policy/operators.h"
#include "policy/pattern.h"

struct lint {
    const struct acc_policy *policy;
    const struct acc_statement *statement;
    enum acc_policy_server server;
    const char *bucket;
    struct acc_problems *problems;
};

#define FOUND(l, severity, ...)                                                                    \
    acc_problem_add((l)->problems, severity, 1u << (l)->server, (l)->statement->number, __VA_ARGS__)

/* Levels (bits) of the actions that a pattern names on this server. */
static unsigned levels_of(const struct lint *l, const char *pattern)
{
    unsigned levels = 0;
    for (size_t i = 0; i < acc_action_count; i++)
        if ((l->server == ACC_POLICY_AWS || acc_actions[i].rgw) &&
            acc_action_matches(pattern, acc_actions[i].name))
            levels |= 1u << acc_actions[i].level;
    return levels;
}

static void lint_actions(const struct lint *l)
{
    for (size_t i = 0; i < l->statement->actions.count; i++) {
        const char *name = l->statement->actions.items[i];
        if (levels_of(l, name) != 0)
            continue;
        bool s3 = strncasecmp(name, "s3:", 3) == 0;
        if (l->server == ACC_POLICY_RGW)
            FOUND(l, ACC_REFUSED_POLICY, "Ceph RGW does not know the action '%s'", name);
        else if (s3)
            FOUND(
                l, ACC_MISTAKE,
                "accession does not know the action '%s'; if it is misspelt, S3 rejects the policy",
                name);
        else
            FOUND(l, ACC_REFUSED_POLICY, "'%s' is not an S3 action; they begin with 's3:'", name);
    }
    if (l->statement->not_action && l->server == ACC_POLICY_RGW)
        FOUND(l, ACC_MISTAKE, "Ceph RGW 16 never applies a statement with NotAction");
}

static void lint_resource(const struct lint *l, const char *name)
{
    struct acc_arn arn;
    bool star = strcmp(name, "*") == 0, rgw = l->server == ACC_POLICY_RGW;
    if (!star && !acc_arn_split(name, &arn))
        FOUND(l, ACC_REFUSED_POLICY,
              "the resource '%s' is not an ARN; the bucket's is arn:aws:s3:::%s", name, l->bucket);
    else if (!star && rgw && strchr(arn.resource, ':') != NULL)
        FOUND(l, ACC_REFUSED_POLICY,
              "Ceph RGW accepts no resource with a colon in the key, and no ${…}: '%s'", name);
    else if (!star && rgw && arn.account_len > 0 && *arn.account != '*')
        FOUND(l, ACC_REFUSED_POLICY,
              "Ceph RGW reads the account in '%s' as a tenant; the bucket has no tenant", name);
    else if (!acc_resource_in_bucket(name, l->bucket, l->server))
        FOUND(l, rgw ? ACC_MISTAKE : ACC_REFUSED_POLICY,
              "the resource '%s' is not in the bucket %s", name, l->bucket);
}

/* Whether some resource of the statement covers something of this level. */
static bool covers(const struct lint *l, enum acc_level level)
{
    const struct acc_policy_request request = {.server = l->server,
                                               .bucket = l->bucket,
                                               .key = level == ACC_LEVEL_OBJECT ? "" : NULL,
                                               .any_key_below = true};
    struct acc_texts ignored = {0};
    enum acc_tri some = acc_match_resource(l->policy, l->statement, &request, &ignored);
    acc_texts_release(&ignored);
    return some != ACC_NO;
}

/* Actions on objects need "bucket/...", actions on the bucket need the bucket alone. */
static void lint_levels(const struct lint *l)
{
    const struct acc_statement *s = l->statement;
    bool bucket = covers(l, ACC_LEVEL_BUCKET), objects = covers(l, ACC_LEVEL_OBJECT);
    if (s->not_action || s->not_resource || bucket == objects)
        return;
    unsigned wanted = objects ? 1u << ACC_LEVEL_OBJECT : 1u << ACC_LEVEL_BUCKET;
    struct acc_texts missed = {0};
    bool useful = false;
    for (size_t i = 0; i < s->actions.count; i++) {
        unsigned levels = levels_of(l, s->actions.items[i]);
        useful |= (levels & wanted) != 0;
        if (levels != 0 && (levels & wanted) == 0)
            acc_texts_add(&missed, s->actions.items[i]);
        else if (!objects && (levels & 1u << ACC_LEVEL_OBJECT))
            FOUND(l, ACC_REMARK,
                  "names only the bucket: %s does not apply to the objects (they are %s/*)",
                  s->actions.items[i], l->bucket);
    }
    struct acc_str names = {0};
    acc_texts_join(&missed, "and", &names);
    const char *is =
        objects ? "objects only, and actions on the bucket need the resource arn:aws:s3:::"
                : "the bucket only, and actions on objects need the resource arn:aws:s3:::";
    if (missed.count > 0)
        FOUND(l, !useful && l->server == ACC_POLICY_AWS ? ACC_REFUSED_POLICY : ACC_MISTAKE,
              "%s never %s: the statement names %s%s%s", acc_str_cstr(&names),
              missed.count > 1 ? "apply" : "applies", is, l->bucket, objects ? "" : "/*");
    acc_str_release(&names);
    acc_texts_release(&missed);
}

static bool unique_id(const char *name)
{
    return strlen(name) >= 16 && (acc_starts_with(name, "AIDA") || acc_starts_with(name, "AROA"));
}

static void lint_aws_principal(const struct lint *l, const char *name)
{
    struct acc_arn arn;
    bool split = acc_arn_split(name, &arn);
    if (strcmp(name, "*") == 0)
        return;
    if (unique_id(name) && l->server == ACC_POLICY_AWS)
        FOUND(l, ACC_MISTAKE, "the principal %s is the ID of a deleted identity: it matches no one",
              name);
    else if (!split && !acc_account_number(name, strlen(name)) && l->server == ACC_POLICY_AWS)
        FOUND(l, ACC_REFUSED_POLICY, "the principal '%s' is neither an ARN nor an account number",
              name);
    else if (split && l->server == ACC_POLICY_AWS && strpbrk(name, "*?") != NULL)
        FOUND(l, ACC_REFUSED_POLICY,
              "the principal '%s' has a wildcard in it; use \"*\" and a condition on "
              "aws:PrincipalArn",
              name);
    else if (l->server == ACC_POLICY_RGW && !split && strpbrk(name, ":/") != NULL)
        FOUND(l, ACC_MISTAKE, "the principal '%s' is not an ARN: Ceph RGW ignores it", name);
}

static void lint_principals(const struct lint *l)
{
    const struct acc_statement *s = l->statement;
    for (size_t i = 0; i < s->aws.count; i++)
        lint_aws_principal(l, s->aws.items[i]);
    if (l->server == ACC_POLICY_RGW && s->canonical.count > 0)
        FOUND(l, ACC_MISTAKE,
              "Ceph RGW does not support principals of type CanonicalUser and ignores them");
    if (s->not_principal && !s->deny)
        FOUND(
            l, ACC_MISTAKE,
            "Allow with NotPrincipal opens the bucket to everyone else, anonymous users included");
    else if (s->not_principal && l->server == ACC_POLICY_AWS)
        FOUND(l, ACC_REMARK,
              "Deny with NotPrincipal also hits the identities it names unless their account and "
              "every "
              "role session is named too; a condition on aws:PrincipalArn is safer");
}

static bool rgw_takes_set(const struct acc_condition *c)
{
    static const char *const names[] = {"StringEquals", "StringEqualsIgnoreCase", "StringLike"};
    for (size_t i = 0; i < ACC_COUNT_OF(names); i++)
        if (strcmp(c->op->name, names[i]) == 0)
            return true;
    return c->quantifier == ACC_PLAIN;
}

static void lint_condition_on_rgw(const struct lint *l, const struct acc_condition *c)
{
    const char *value = c->values.count > 0 ? c->values.items[0] : "";
    if (!rgw_takes_set(c) || strstr(c->name, c->op->name) == NULL)
        FOUND(l, ACC_REFUSED_POLICY, "Ceph RGW 16 does not support the operator '%s'", c->name);
    if (c->op->operand == ACC_OPERAND_ARN)
        FOUND(l, ACC_MISTAKE, "%s is never met on Ceph RGW 16: it does not compare ARNs", c->name);
    else if (c->op->operand == ACC_OPERAND_NULL && strcasecmp(value, "false") == 0)
        FOUND(l, ACC_MISTAKE,
              "Ceph RGW 16 reads Null %s \"false\" as \"true\": the condition is met when the key "
              "is absent",
              c->key);
    else if (strcmp(c->key, "aws:SecureTransport") == 0 && strcasecmp(value, "false") == 0)
        FOUND(l, ACC_MISTAKE,
              "Ceph RGW 16 sets aws:SecureTransport on encrypted connections only, so "
              "\"false\" is never met and plain HTTP is not caught");
    else if (c->op->negated && c->values.count > 1 && c->op->operand != ACC_OPERAND_ADDRESS)
        FOUND(l, ACC_MISTAKE,
              "%s with several values is met on Ceph RGW 16 as soon as one of them differs",
              c->name);
}

static void lint_conditions(const struct lint *l)
{
    for (size_t i = 0; i < l->statement->condition_count; i++) {
        const struct acc_condition *c = &l->statement->conditions[i];
        const char *problem = acc_key_problem(c->key, l->server);
        if (problem != NULL)
            FOUND(l, ACC_MISTAKE, "the condition rests on %s, %s", c->key, problem);
        if (c->op == NULL)
            continue;
        if (l->server == ACC_POLICY_RGW)
            lint_condition_on_rgw(l, c);
        for (size_t v = 0; v < c->values.count; v++)
            if (!l->policy->variables && l->server == ACC_POLICY_AWS &&
                strstr(c->values.items[v], "${"))
                FOUND(l, ACC_MISTAKE,
                      "'%s' is taken literally: variables need \"Version\": \"2012-10-17\"",
                      c->values.items[v]);
    }
}

void acc_policy_lint(const struct acc_policy *policy, enum acc_policy_server server,
                     const char *bucket, struct acc_problems *problems)
{
    for (size_t i = 0; i < policy->problems.count; i++) {
        const struct acc_problem *p = &policy->problems.items[i];
        if (p->servers >> server & 1u)
            acc_problem_add(problems, p->severity, 1u << server, p->statement, "%s", p->text);
    }
    for (size_t i = 0; i < policy->count; i++) {
        const struct lint l = {policy, &policy->statements[i], server, bucket, problems};
        if (l.statement->unclear >> server & 1u)
            continue;
        lint_actions(&l);
        for (size_t r = 0; r < l.statement->resources.count; r++)
            lint_resource(&l, l.statement->resources.items[r]);
        lint_levels(&l);
        lint_principals(&l);
        lint_conditions(&l);
    }
}
