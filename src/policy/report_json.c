/* The report as one JSON object, for other programs. The same facts as the text, every operation
 * listed. Output errors show on the stream (ferror). */
#include <jansson.h>

#include "policy/review.h"

static const char *says_name(enum acc_policy_says says)
{
    static const char *const names[] = {"silent", "allows", "denies", "depends"};
    return names[says];
}

static const char *access_name(enum acc_policy_access access)
{
    static const char *const names[] = {"granted", "refused", "elsewhere", "unsure"};
    return names[access];
}

static const char *tri_name(enum acc_tri tri)
{
    static const char *const names[] = {"no", "unknown", "yes"};
    return names[tri];
}

static json_t *strings(char *const *items, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_string(items[i]));
    return array;
}

static json_t *operation_json(const struct acc_operation *operation,
                              const struct acc_policy_verdict *verdict)
{
    json_t *statements = json_array();
    for (size_t i = 0; i < verdict->statement_count; i++)
        json_array_append_new(statements, json_integer((json_int_t)verdict->statements[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:o, s:o}", "operation", operation->name,
                     "action", operation->action, "policy", says_name(verdict->says), "access",
                     access_name(verdict->access), "exempt", verdict->exempt, "may_deny",
                     verdict->may_deny, "statements", statements, "depends_on",
                     strings(verdict->depends, verdict->depend_count));
}

static json_t *parties_json(const struct acc_policy_report *report)
{
    static const char *const names[ACC_PARTY_COUNT] = {"accession", "any_identity", "root_or_owner",
                                                       "anonymous"};
    json_t *parties = json_object();
    for (int kind = 0; kind < ACC_PARTY_COUNT; kind++) {
        const struct acc_party *party = &report->parties[kind];
        json_t *operations = json_array();
        for (size_t i = 0; i < acc_operation_count; i++)
            json_array_append_new(operations,
                                  operation_json(&acc_operations[i], &party->verdicts[i]));
        json_object_set_new(parties, names[kind],
                            json_pack("{s:s?, s:o}", "arn", party->arn, "operations", operations));
    }
    return parties;
}

static json_t *conditions_json(const struct acc_policy_report *report)
{
    json_t *conditions = json_array();
    for (size_t t = 0; t < report->trace_count; t++) {
        const struct acc_trace *trace = &report->traces[t];
        json_t *met = json_object();
        size_t n = 0;
        for (size_t i = 0; i < acc_operation_count && n < trace->met_count; i++)
            if (acc_operations[i].purpose == ACC_FOR_UPLOADS)
                json_object_set_new(met, acc_operations[i].name,
                                    json_string(tri_name(trace->met[n++])));
        json_array_append_new(
            conditions,
            json_pack("{s:i, s:s, s:s, s:o, s:o}", "statement", (int)trace->statement, "operator",
                      trace->condition->name, "key", trace->condition->key, "values",
                      strings(trace->condition->values.items, trace->condition->values.count),
                      "met_by_uploads", met));
    }
    return conditions;
}

static json_t *problems_json(const struct acc_policy_report *report)
{
    static const char *const severities[] = {"refused", "mistake", "remark"};
    json_t *problems = json_array();
    for (size_t i = 0; i < report->problems.count; i++) {
        const struct acc_problem *p = &report->problems.items[i];
        json_array_append_new(problems,
                              json_pack("{s:s, s:i, s:s}", "severity", severities[p->severity],
                                        "statement", (int)p->statement, "text", p->text));
    }
    return problems;
}

void acc_policy_report_json(const struct acc_policy_report *report, FILE *out)
{
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:i, s:o, s:o, s:o}",
                  "policy", report->name, "bucket", report->bucket, "server",
                  report->server == ACC_POLICY_RGW ? "rgw" : "aws", "acceptable",
                  !report->unacceptable, "lockout", acc_policy_report_lockout(report),
                  "nobody_may_change_policy", report->no_one_changes, "nobody_may_write",
                  report->no_one_writes, "nobody_may_read", report->no_one_reads, "uploads_refused",
                  report->uploads_refused, "uploads_unsure", report->uploads_unsure, "exit",
                  acc_policy_report_exit(report), "parties", parties_json(report),
                  "upload_conditions", conditions_json(report), "problems", problems_json(report));
    json_dumpf(root, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(root);
}
