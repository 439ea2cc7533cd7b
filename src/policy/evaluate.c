/* The verdict on one request: an explicit denial wins, then an explicit permission, else the policy
 * is silent (IAM User Guide, "Policy evaluation logic"). Cannot fail. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "policy/arn.h"
#include "policy/match.h"

/* One side of the policy: what its Deny, or its Allow, statements say together. */
struct side {
    enum acc_tri answer;
    struct acc_texts depends;
    size_t *certain, *open; /* statements that apply, or may */
    size_t certain_count, open_count;
};

static void note(size_t **list, size_t *count, size_t number)
{
    *list = acc_realloc(*list, (*count + 1) * sizeof **list);
    (*list)[(*count)++] = number;
}

static void collect(const struct acc_policy *policy, const struct acc_policy_request *request,
                    bool deny, struct side *side)
{
    *side = (struct side){.answer = ACC_NO};
    for (size_t i = 0; i < policy->count; i++) {
        const struct acc_statement *s = &policy->statements[i];
        if (s->deny != deny && !(s->unclear >> request->server & 1u))
            continue;
        enum acc_tri applies = acc_match_statement(policy, s, request, &side->depends);
        side->answer = acc_tri_or(side->answer, applies);
        if (applies == ACC_YES)
            note(&side->certain, &side->certain_count, s->number);
        else if (applies == ACC_MAYBE)
            note(&side->open, &side->open_count, s->number);
    }
}

static void decide(struct acc_policy_verdict *verdict, enum acc_policy_says says, struct side *side)
{
    verdict->says = says;
    bool open = says == ACC_POLICY_DEPENDS;
    size_t **list = open ? &side->open : &side->certain;
    verdict->statements = *list;
    verdict->statement_count = open ? side->open_count : side->certain_count;
    *list = NULL;
    if (open) {
        verdict->depends = side->depends.items;
        verdict->depend_count = side->depends.count;
        side->depends = (struct acc_texts){0};
    }
}

static void side_release(struct side *side)
{
    acc_texts_release(&side->depends);
    free(side->certain);
    free(side->open);
}

/* The one door that AWS keeps open: a root user of the owner's account may always read, replace and
 * remove the bucket's policy (S3 API reference, PutBucketPolicy). */
static bool root_exempt(const struct acc_policy_request *request)
{
    static const char *const actions[] = {"s3:GetBucketPolicy", "s3:PutBucketPolicy",
                                          "s3:DeleteBucketPolicy"};
    const struct acc_policy_principal *who = &request->principal;
    struct acc_arn arn;
    bool root = who->who == ACC_POLICY_ROOT;
    if (who->who == ACC_POLICY_IDENTITY && who->arn != NULL && who->owner_account != NULL &&
        acc_arn_split(who->arn, &arn))
        root = strcmp(arn.resource, "root") == 0 && strlen(who->owner_account) == arn.account_len &&
               strncmp(arn.account, who->owner_account, arn.account_len) == 0;
    if (!root || request->server != ACC_POLICY_AWS)
        return false;
    for (size_t i = 0; i < ACC_COUNT_OF(actions); i++)
        if (strcasecmp(request->action, actions[i]) == 0)
            return true;
    return false;
}

static enum acc_policy_access access_of(const struct acc_policy_request *request,
                                        enum acc_policy_says says)
{
    switch (says) {
    case ACC_POLICY_ALLOWS:
        return ACC_POLICY_GRANTED;
    case ACC_POLICY_DENIES:
        return ACC_POLICY_REFUSED;
    case ACC_POLICY_DEPENDS:
        return ACC_POLICY_UNSURE;
    case ACC_POLICY_SILENT:
        break;
    }
    return request->principal.who == ACC_POLICY_ROOT ? ACC_POLICY_GRANTED : ACC_POLICY_ELSEWHERE;
}

void acc_policy_evaluate(const struct acc_policy *policy, const struct acc_policy_request *request,
                         struct acc_policy_verdict *verdict)
{
    *verdict = (struct acc_policy_verdict){.says = ACC_POLICY_SILENT};
    struct side deny, allow;
    collect(policy, request, true, &deny);
    collect(policy, request, false, &allow);
    if (deny.answer == ACC_YES) {
        decide(verdict, ACC_POLICY_DENIES, &deny);
    } else if (deny.answer == ACC_MAYBE) {
        decide(verdict, ACC_POLICY_DEPENDS, &deny);
        verdict->may_deny = true;
    } else if (allow.answer == ACC_YES) {
        decide(verdict, ACC_POLICY_ALLOWS, &allow);
    } else if (allow.answer == ACC_MAYBE) {
        decide(verdict, ACC_POLICY_DEPENDS, &allow);
    }
    verdict->access = access_of(request, verdict->says);
    if (root_exempt(request)) {
        verdict->exempt = verdict->says == ACC_POLICY_DENIES;
        verdict->access = ACC_POLICY_GRANTED;
    } else if (verdict->says == ACC_POLICY_DEPENDS && !verdict->may_deny &&
               request->principal.who == ACC_POLICY_ROOT) {
        verdict->access = ACC_POLICY_GRANTED; /* allowed or passed over in silence: the same here */
    }
    side_release(&deny);
    side_release(&allow);
}

void acc_policy_verdict_release(struct acc_policy_verdict *verdict)
{
    free(verdict->statements);
    for (size_t i = 0; i < verdict->depend_count; i++)
        free(verdict->depends[i]);
    free(verdict->depends);
    *verdict = (struct acc_policy_verdict){0};
}
