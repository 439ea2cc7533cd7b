/* The review: parse, look for mistakes, ask the evaluator every question, draw the conclusions.
 *
 * "No one may" is concluded only from verdicts in which the caller, its network and its headers are
 * all open: a denial that holds then holds for every caller. */
#include "policy/review.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "policy/arn.h"
#include "policy/facts.h"
#include "policy/lint.h"
#include "policy/match.h"

const char *acc_server_name(enum acc_policy_server server)
{
    return server == ACC_POLICY_RGW ? "Ceph RGW" : "Amazon S3";
}

/* The bucket that all resources name literally, or NULL. */
static char *only_bucket(const struct acc_policy *policy)
{
    char *bucket = NULL;
    for (size_t i = 0; i < policy->count; i++) {
        const struct acc_texts *resources = &policy->statements[i].resources;
        for (size_t r = 0; r < resources->count; r++) {
            struct acc_arn arn;
            if (!acc_arn_split(resources->items[r], &arn))
                continue;
            size_t len = strcspn(arn.resource, "/");
            bool clash = bucket != NULL &&
                         (strlen(bucket) != len || strncmp(bucket, arn.resource, len) != 0);
            if (clash || strcspn(arn.resource, "*?$") < len) {
                free(bucket);
                return NULL;
            }
            if (bucket == NULL)
                bucket = acc_strndup(arn.resource, len);
        }
    }
    return bucket;
}

static void request_of(const struct acc_policy_report *report,
                       const struct acc_policy_options *options, enum acc_party_kind kind,
                       const struct acc_operation *operation, struct acc_facts *facts,
                       struct acc_policy_request *request)
{
    bool object = acc_action_level(operation->action) == ACC_LEVEL_OBJECT;
    bool ours = kind == ACC_PARTY_PROGRAM;
    if (ours)
        acc_facts_of(options, operation, facts);
    *request = (struct acc_policy_request){
        .server = report->server,
        .principal = report->parties[kind].principal,
        .action = operation->action,
        .bucket = report->bucket,
        .key = object ? (options->prefix ? options->prefix : "") : NULL,
        .any_key_below = object,
        .now = options->now,
        .facts = ours ? facts->items : NULL,
        .fact_count = ours ? facts->count : 0,
        .any_headers = !ours,
    };
}

static char *arn_of_user(const char *user)
{
    if (acc_starts_with(user, "arn:"))
        return acc_strdup(user);
    /* TENANT$USER, as radosgw-admin writes it. */
    const char *dollar = strchr(user, '$');
    struct acc_str arn = {0};
    acc_str_addf(&arn, "arn:aws:iam::%.*s:user/%s", dollar ? (int)(dollar - user) : 0, user,
                 dollar ? dollar + 1 : user);
    return acc_str_detach(&arn);
}

static void set_parties(struct acc_policy_report *report, const struct acc_policy_options *options)
{
    bool rgw = report->server == ACC_POLICY_RGW;
    const char *account = rgw ? NULL : report->owner;
    struct acc_party *parties = report->parties;
    parties[ACC_PARTY_SOMEONE].principal.who = ACC_POLICY_SOMEONE;
    parties[ACC_PARTY_ANONYMOUS].principal.who = ACC_POLICY_ANONYMOUS;
    struct acc_party *root = &parties[ACC_PARTY_ROOT], *program = &parties[ACC_PARTY_PROGRAM];
    root->principal.who = ACC_POLICY_ROOT;
    if (rgw && report->owner != NULL)
        root->arn = arn_of_user(report->owner);
    if (account != NULL) {
        struct acc_str arn = {0};
        acc_str_addf(&arn, "arn:aws:iam::%s:root", account);
        root->arn = acc_str_detach(&arn);
    }
    if (options->principal != NULL && strcmp(options->principal, "anonymous") == 0) {
        program->principal.who = ACC_POLICY_ANONYMOUS;
    } else if (options->principal != NULL) {
        program->principal.who = ACC_POLICY_IDENTITY;
        program->arn = rgw ? arn_of_user(options->principal) : acc_strdup(options->principal);
        if (rgw && root->arn != NULL && strcmp(program->arn, root->arn) == 0)
            program->principal.who = ACC_POLICY_ROOT;
    }
    for (int i = 0; i < ACC_PARTY_COUNT; i++) {
        parties[i].principal.arn = parties[i].arn;
        parties[i].principal.owner_account = account;
    }
}

static void ask(struct acc_policy_report *report, const struct acc_policy_options *options)
{
    for (int kind = 0; kind < ACC_PARTY_COUNT; kind++) {
        struct acc_party *party = &report->parties[kind];
        party->verdicts = acc_calloc(acc_operation_count, sizeof *party->verdicts);
        for (size_t i = 0; i < acc_operation_count; i++) {
            struct acc_facts facts;
            struct acc_policy_request request;
            request_of(report, options, (enum acc_party_kind)kind, &acc_operations[i], &facts,
                       &request);
            acc_policy_evaluate(report->policy, &request, &party->verdicts[i]);
        }
    }
}

static bool concerns_uploads(const struct acc_policy_report *report, const struct acc_statement *s,
                             const struct acc_policy_request *request)
{
    struct acc_texts ignored = {0};
    bool concerns = !(s->unclear >> request->server & 1u) &&
                    acc_match_action(s, request) != ACC_NO &&
                    acc_match_resource(report->policy, s, request, &ignored) != ACC_NO &&
                    acc_match_principal(s, request, &ignored) != ACC_NO;
    acc_texts_release(&ignored);
    return concerns;
}

static void trace_condition(struct acc_policy_report *report,
                            const struct acc_policy_options *options, const struct acc_statement *s,
                            const struct acc_condition *condition)
{
    struct acc_trace trace = {.statement = s->number, .condition = condition};
    bool concerns = false;
    for (size_t i = 0; i < acc_operation_count && trace.met_count < ACC_COUNT_OF(trace.met); i++) {
        struct acc_facts facts;
        struct acc_policy_request request;
        struct acc_texts ignored = {0};
        if (acc_operations[i].purpose != ACC_FOR_UPLOADS)
            continue;
        request_of(report, options, ACC_PARTY_PROGRAM, &acc_operations[i], &facts, &request);
        concerns |= concerns_uploads(report, s, &request);
        trace.met[trace.met_count++] =
            acc_match_condition(report->policy, condition, &request, &ignored);
        acc_texts_release(&ignored);
    }
    if (!concerns)
        return;
    report->traces =
        acc_realloc(report->traces, (report->trace_count + 1) * sizeof *report->traces);
    report->traces[report->trace_count++] = trace;
}

static void trace_conditions(struct acc_policy_report *report,
                             const struct acc_policy_options *options)
{
    for (size_t i = 0; i < report->policy->count; i++)
        for (size_t c = 0; c < report->policy->statements[i].condition_count; c++)
            trace_condition(report, options, &report->policy->statements[i],
                            &report->policy->statements[i].conditions[c]);
}

const struct acc_policy_verdict *acc_report_verdict(const struct acc_policy_report *report,
                                                    enum acc_party_kind party,
                                                    const char *operation)
{
    for (size_t i = 0; i < acc_operation_count; i++)
        if (strcmp(acc_operations[i].name, operation) == 0)
            return &report->parties[party].verdicts[i];
    return NULL;
}

static bool all_denied(const struct acc_policy_report *report, const char *operation)
{
    return acc_report_verdict(report, ACC_PARTY_SOMEONE, operation)->says == ACC_POLICY_DENIES;
}

static void conclude(struct acc_policy_report *report)
{
    for (size_t i = 0; i < report->problems.count; i++)
        report->unacceptable |= report->problems.items[i].severity == ACC_REFUSED_POLICY;
    report->no_one_changes =
        all_denied(report, "PutBucketPolicy") && all_denied(report, "DeleteBucketPolicy");
    report->no_one_writes =
        all_denied(report, "PutObject") && all_denied(report, "CompleteMultipartUpload");
    report->no_one_reads = all_denied(report, "GetObject") && all_denied(report, "ListObjectsV2");
    for (size_t i = 0; i < acc_operation_count; i++) {
        enum acc_policy_access access = report->parties[ACC_PARTY_PROGRAM].verdicts[i].access;
        bool needed = acc_operations[i].purpose == ACC_FOR_UPLOADS ||
                      (acc_operations[i].purpose == ACC_FOR_LOCKING && report->used[i]);
        report->uploads_refused |= needed && access == ACC_POLICY_REFUSED;
        report->uploads_unsure |= needed && access == ACC_POLICY_UNSURE;
    }
}

enum acc_code acc_policy_check_text(const char *name, const char *text, const char *bucket,
                                    const struct acc_policy_options *options,
                                    struct acc_policy_report **report, struct acc_error *err)
{
    const char *const given[] = {bucket, options->prefix, options->principal, options->owner};
    for (size_t i = 0; i < ACC_COUNT_OF(given); i++)
        if (given[i] != NULL && !acc_utf8_valid(given[i], strlen(given[i])))
            return acc_error_set(err, ACC_USAGE,
                                 "%s: bucket, prefix, principal and owner must be UTF-8", name);
    struct acc_policy *policy;
    enum acc_code code = acc_policy_parse(name, text, strlen(text), &policy, err);
    if (code != ACC_OK)
        return code;
    char *its_bucket = bucket ? acc_strdup(bucket) : only_bucket(policy);
    if (its_bucket == NULL) {
        acc_policy_free(policy);
        return acc_error_set(
            err, ACC_CONFIG,
            "%s: names more than one bucket, or none. Say which one it is for: --bucket NAME.",
            name);
    }
    struct acc_policy_report *made = ACC_NEW(struct acc_policy_report);
    struct acc_str shown = {0};
    acc_path_show(&shown, name, strlen(name));
    made->name = acc_str_detach(&shown);
    made->bucket = its_bucket;
    made->owner = options->owner ? acc_strdup(options->owner) : NULL;
    made->server = options->server;
    made->in_force = acc_starts_with(name, "s3://");
    made->identified = options->principal != NULL;
    made->policy = policy;
    made->used = acc_calloc(acc_operation_count, sizeof *made->used);
    for (size_t i = 0; i < acc_operation_count; i++)
        made->used[i] = acc_operation_used(options, &acc_operations[i]);
    set_parties(made, options);
    acc_policy_lint(policy, made->server, made->bucket, &made->problems);
    ask(made, options);
    trace_conditions(made, options);
    conclude(made);
    *report = made;
    return ACC_OK;
}

void acc_policy_report_free(struct acc_policy_report *report)
{
    if (report == NULL)
        return;
    for (int kind = 0; kind < ACC_PARTY_COUNT; kind++) {
        struct acc_party *party = &report->parties[kind];
        for (size_t i = 0; i < acc_operation_count; i++)
            acc_policy_verdict_release(&party->verdicts[i]);
        free(party->verdicts);
        free(party->arn);
    }
    free(report->traces);
    free(report->used);
    acc_problems_release(&report->problems);
    acc_policy_free(report->policy);
    free(report->owner);
    free(report->bucket);
    free(report->name);
    free(report);
}

bool acc_policy_report_lockout(const struct acc_policy_report *report)
{
    return report->no_one_changes || report->no_one_writes || report->no_one_reads ||
           report->uploads_refused;
}

int acc_policy_report_exit(const struct acc_policy_report *report)
{
    if (report->unacceptable)
        return 2;
    return acc_policy_report_lockout(report) ? 1 : 0;
}
