/* Who, what and where of a statement against a request. A statement applies when all parts do;
 * one part that certainly does not match settles the matter, open parts or not. */
#include "policy/match.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "policy/actions.h"
#include "policy/arn.h"
#include "policy/pattern.h"

/* ---- principals ---- */

/* How one name in a Principal element matches the caller: by its account, or by itself. */
struct naming {
    enum acc_tri account, itself;
};

static bool last_segment_is(const char *resource, const char *name, size_t len)
{
    const char *slash = strrchr(resource, '/');
    return slash != NULL && strlen(slash + 1) == len && strncmp(slash + 1, name, len) == 0;
}

/* A role's ARN also names its sessions. Role names are unique within an account whatever their
 * path, and a session's ARN has no path. */
static bool role_of_session(const struct acc_arn *named, const struct acc_arn *caller)
{
    const char *session = "assumed-role/";
    if (!acc_starts_with(caller->resource, session) || !acc_starts_with(named->resource, "role/"))
        return false;
    const char *role = caller->resource + strlen(session);
    return last_segment_is(named->resource, role, strcspn(role, "/"));
}

static bool same_account(const struct acc_arn *arn, const char *account, size_t len)
{
    return arn->account_len == len && strncmp(arn->account, account, len) == 0;
}

static struct naming name_identity(const char *named, const struct acc_policy_request *request,
                                   const char *caller_text)
{
    struct naming answer = {ACC_NO, ACC_NO};
    struct acc_arn caller, arn;
    if (!acc_arn_split(caller_text, &caller))
        return answer;
    bool whole = !acc_arn_split(named, &arn) || strcmp(arn.resource, "root") == 0;
    bool bare = strchr(named, ':') == NULL && strchr(named, '/') == NULL;
    if (!whole)
        answer.itself = acc_tri_of(strcmp(named, caller_text) == 0 ||
                                   (same_account(&arn, caller.account, caller.account_len) &&
                                    role_of_session(&arn, &caller)));
    else if (bare)
        answer.account = acc_tri_of(same_account(&caller, named, strlen(named)));
    else if (acc_starts_with(named, "arn:"))
        answer.account = acc_tri_of(same_account(&caller, arn.account, arn.account_len));
    if (answer.account == ACC_YES && strcmp(caller.resource, "root") == 0)
        answer.itself = ACC_YES;
    return answer;
}

static struct naming name_caller(const char *named, const struct acc_policy_request *request)
{
    const struct acc_policy_principal *who = &request->principal;
    if (who->who == ACC_POLICY_ANONYMOUS)
        return (struct naming){ACC_NO, ACC_NO};
    if (who->arn != NULL)
        return name_identity(named, request, who->arn);
    if (who->who == ACC_POLICY_ROOT && request->server == ACC_POLICY_AWS) {
        struct acc_arn arn;
        bool bare = strchr(named, ':') == NULL;
        bool split = acc_arn_split(named, &arn);
        if (split && strcmp(arn.resource, "root") != 0)
            return (struct naming){ACC_NO, ACC_NO};
        if (who->owner_account == NULL)
            return (struct naming){ACC_MAYBE, ACC_MAYBE};
        const char *account = bare || !split ? named : arn.account;
        size_t len = bare || !split ? strlen(named) : arn.account_len;
        enum acc_tri same = acc_tri_of(strlen(who->owner_account) == len &&
                                       strncmp(account, who->owner_account, len) == 0);
        return (struct naming){same, same};
    }
    return (struct naming){ACC_MAYBE, ACC_MAYBE};
}

/* NotPrincipal leaves out whom it names. On AWS naming an identity without its account may not be
 * enough: the account as such is then still meant (IAM User Guide, "NotPrincipal"). */
static enum acc_tri match_not_principal(const struct acc_statement *s,
                                        const struct acc_policy_request *request)
{
    enum acc_tri account = ACC_NO, itself = ACC_NO;
    for (size_t i = 0; i < s->aws.count; i++) {
        struct naming one = name_caller(s->aws.items[i], request);
        account = acc_tri_or(account, one.account);
        itself = acc_tri_or(itself, one.itself);
    }
    if (s->everyone)
        return ACC_NO;
    if (request->server == ACC_POLICY_RGW)
        return acc_tri_not(acc_tri_or(account, itself));
    if (itself == ACC_YES && account == ACC_YES)
        return ACC_NO;
    return itself == ACC_NO ? ACC_YES : ACC_MAYBE;
}

enum acc_tri acc_match_principal(const struct acc_statement *s,
                                 const struct acc_policy_request *request,
                                 struct acc_texts *depends)
{
    enum acc_tri answer = acc_tri_of(s->everyone);
    if (s->not_principal)
        answer = match_not_principal(s, request);
    for (size_t i = 0; !s->not_principal && i < s->aws.count && answer != ACC_YES; i++) {
        struct naming one = name_caller(s->aws.items[i], request);
        answer = acc_tri_or(answer, acc_tri_or(one.account, one.itself));
    }
    if (!s->not_principal && answer == ACC_NO && s->canonical.count > 0 &&
        request->server == ACC_POLICY_AWS && request->principal.who != ACC_POLICY_ANONYMOUS)
        answer = ACC_MAYBE;
    if (answer == ACC_MAYBE)
        acc_texts_add_new(depends, request->principal.arn != NULL
                                       ? "how the server reads the principals of the statement"
                                       : "who asks");
    return answer;
}

/* ---- actions ---- */

enum acc_tri acc_match_action(const struct acc_statement *s,
                              const struct acc_policy_request *request)
{
    bool any = false;
    for (size_t i = 0; i < s->actions.count; i++) {
        const char *pattern = s->actions.items[i];
        bool all_on_rgw = request->server == ACC_POLICY_RGW && *pattern == '*';
        any |= all_on_rgw || acc_action_matches(pattern, request->action);
    }
    if (s->not_action && request->server == ACC_POLICY_RGW)
        return ACC_NO; /* RGW 16 wants the action listed in Action as well, where nothing is */
    return acc_tri_of(any != s->not_action);
}

/* ---- resources ---- */

/* Ceph RGW compares with "aws"; which of Amazon's partitions the bucket is in is not known here. */
static bool is_partition(const char *name, size_t len, enum acc_policy_server server)
{
    static const char *const partitions[] = {"aws", "*", "aws-cn", "aws-us-gov"};
    size_t count = server == ACC_POLICY_RGW ? 2 : ACC_COUNT_OF(partitions);
    for (size_t i = 0; i < count; i++)
        if (strlen(partitions[i]) == len && strncmp(name, partitions[i], len) == 0)
            return true;
    return false;
}

static bool empty_or_star(const char *part, size_t len)
{
    return len == 0 || (len == 1 && *part == '*');
}

/* The part of a resource pattern after "arn:aws:s3:::", or NULL when it cannot name a bucket. */
static const char *bucket_part(const char *pattern, enum acc_policy_server server)
{
    struct acc_arn arn;
    if (strcmp(pattern, "*") == 0)
        return pattern;
    if (!acc_arn_split(pattern, &arn) || !is_partition(arn.partition, arn.partition_len, server) ||
        !empty_or_star(arn.region, arn.region_len) || !empty_or_star(arn.account, arn.account_len))
        return NULL;
    bool s3 = (arn.service_len == 2 && strncmp(arn.service, "s3", 2) == 0) ||
              (arn.service_len == 1 && *arn.service == '*');
    return s3 ? arn.resource : NULL;
}

bool acc_resource_in_bucket(const char *pattern, const char *bucket, enum acc_policy_server server)
{
    const char *part = bucket_part(pattern, server);
    if (part == NULL)
        return false;
    const char *slash = strchr(part, '/');
    size_t len = slash ? (size_t)(slash - part) : strlen(part);
    char *bucket_pattern = acc_strndup(part, len);
    bool match = acc_wildcard(bucket_pattern, bucket, false) ||
                 strstr(bucket_pattern, "${") != NULL ||
                 (strchr(bucket_pattern, '*') != NULL && acc_wildcard(part, bucket, false));
    free(bucket_pattern);
    return match;
}

static enum acc_tri match_one_resource(const struct acc_policy *policy, const char *named,
                                       const struct acc_policy_request *request,
                                       struct acc_texts *depends)
{
    const char *part = bucket_part(named, request->server);
    if (part == NULL)
        return ACC_NO;
    struct acc_str pattern = {0}, text = {0};
    acc_expand(policy, request, part, true, depends, &pattern);
    acc_str_add(&text, request->bucket);
    if (request->key != NULL)
        acc_str_addf(&text, "/%s", request->key);
    const struct acc_subject subject = {.text = text.data,
                                        .open = request->key != NULL && request->any_key_below};
    enum acc_tri answer = acc_pattern_match(pattern.data, pattern.len, &subject);
    acc_str_release(&pattern);
    acc_str_release(&text);
    return answer;
}

enum acc_tri acc_match_resource(const struct acc_policy *policy, const struct acc_statement *s,
                                const struct acc_policy_request *request, struct acc_texts *depends)
{
    struct acc_texts unknown = {0};
    enum acc_tri answer = ACC_NO;
    for (size_t i = 0; i < s->resources.count && answer != ACC_YES; i++)
        answer = acc_tri_or(answer,
                            match_one_resource(policy, s->resources.items[i], request, &unknown));
    if (s->not_resource)
        answer = acc_tri_not(answer);
    if (answer == ACC_MAYBE && unknown.count == 0)
        acc_texts_add_new(depends, "the key");
    for (size_t i = 0; answer == ACC_MAYBE && i < unknown.count; i++)
        acc_texts_add_new(depends, unknown.items[i]);
    acc_texts_release(&unknown);
    return answer;
}

/* ---- the whole ---- */

enum acc_tri acc_match_statement(const struct acc_policy *policy, const struct acc_statement *s,
                                 const struct acc_policy_request *request,
                                 struct acc_texts *depends)
{
    struct acc_texts open = {0};
    enum acc_tri answer = ACC_YES;
    if (s->unclear >> request->server & 1u) {
        acc_texts_add(&open, "a statement that is malformed");
        answer = ACC_MAYBE;
    }
    answer = acc_tri_and(answer, acc_match_action(s, request));
    if (answer != ACC_NO)
        answer = acc_tri_and(answer, acc_match_resource(policy, s, request, &open));
    if (answer != ACC_NO)
        answer = acc_tri_and(answer, acc_match_principal(s, request, &open));
    for (size_t i = 0; i < s->condition_count && answer != ACC_NO; i++)
        answer =
            acc_tri_and(answer, acc_match_condition(policy, &s->conditions[i], request, &open));
    for (size_t i = 0; answer == ACC_MAYBE && i < open.count; i++)
        acc_texts_add_new(depends, open.items[i]);
    acc_texts_release(&open);
    return answer;
}
