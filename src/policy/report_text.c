/* The report in plain words: what is safe, who may do what, what is in the way, what to do next.
 * 80 columns; long lines are folded. Whatever comes from the policy is shown without its control
 * characters. Output errors show on the stream. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "policy/operators.h"
#include "policy/review.h"

#define COLUMNS 80
#define HANG 12 /* where text begins beside its label */

/* Characters a terminal shows, not bytes. */
static size_t width(const char *text, size_t len)
{
    size_t columns = 0;
    for (size_t i = 0; i < len; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

/* A label and a text beside it, folded at spaces. An empty label continues the one before. */
static void say(FILE *out, const char *label, const char *text)
{
    struct acc_str shown = {0};
    acc_path_show(&shown, text, strlen(text));
    fprintf(out, "  %-*s", HANG - 2, label);
    size_t at = HANG;
    for (const char *word = acc_str_cstr(&shown); *word != '\0';) {
        size_t len = strcspn(word, " ");
        size_t wide = width(word, len);
        if (at > HANG && at + 1 + wide > COLUMNS) {
            fprintf(out, "\n%*s", HANG, "");
            at = HANG;
        } else if (at > HANG) {
            fputc(' ', out);
            at++;
        }
        fwrite(word, 1, len, out);
        at += wide;
        word += len + (word[len] == ' ');
    }
    fputc('\n', out);
    acc_str_release(&shown);
}

static void sayf(FILE *out, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void sayf(FILE *out, const char *label, const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) >= 0) {
        say(out, label, text);
        free(text);
    }
    va_end(args);
}

/* ---- the table of who may do what ---- */

static const char *word_for(const struct acc_policy_report *report, enum acc_party_kind kind,
                            const struct acc_policy_verdict *verdict)
{
    switch (verdict->access) {
    case ACC_POLICY_GRANTED:
        return verdict->exempt ? "always may" : "may";
    case ACC_POLICY_REFUSED:
        return "denied";
    case ACC_POLICY_UNSURE:
        return "depends";
    case ACC_POLICY_ELSEWHERE:
        break;
    }
    bool acl = report->server == ACC_POLICY_RGW || kind == ACC_PARTY_ANONYMOUS;
    return acl ? "by ACL" : "by IAM";
}

static const char *cell(const struct acc_policy_report *report, enum acc_party_kind kind,
                        enum acc_purpose purpose)
{
    const char *word = NULL;
    for (size_t i = 0; i < acc_operation_count; i++) {
        if (acc_operations[i].purpose != purpose || !report->used[i])
            continue;
        const char *one = word_for(report, kind, &report->parties[kind].verdicts[i]);
        if (word != NULL && strcmp(word, one) != 0)
            return strstr(word, "may") && strstr(one, "may") ? "may" : "differs";
        word = one;
    }
    return word;
}

static void table(const struct acc_policy_report *report, FILE *out)
{
    static const char *const rows[] = {
        [ACC_FOR_UPLOADS] = "write",          [ACC_FOR_TIDYING] = "unfinished uploads",
        [ACC_FOR_READING] = "read and list",  [ACC_FOR_LOCKING] = "lock and tag",
        [ACC_FOR_LOOKING] = "see the policy", [ACC_FOR_MENDING] = "change the policy",
    };
    bool rgw = report->server == ACC_POLICY_RGW;
    fprintf(out, "\n  %-20s%-15s%-15s%-15s%s\n", "", "accession", "any identity",
            rgw ? "the owner" : "root user", "anonymous");
    for (size_t row = 0; row < ACC_COUNT_OF(rows); row++) {
        const char *cells[ACC_PARTY_COUNT];
        for (int kind = 0; kind < ACC_PARTY_COUNT; kind++)
            cells[kind] = cell(report, (enum acc_party_kind)kind, (enum acc_purpose)row);
        if (cells[0] != NULL)
            fprintf(out, "  %-20s%-15s%-15s%-15s%s\n", rows[row], cells[0], cells[1], cells[2],
                    cells[3]);
    }
    fputc('\n', out);
}

/* ---- why ---- */

static void add_statements(const struct acc_policy_report *report,
                           const struct acc_policy_verdict *verdict, struct acc_str *out)
{
    struct acc_texts names = {0};
    for (size_t i = 0; i < verdict->statement_count; i++) {
        struct acc_str name = {0};
        acc_statement_name(report->policy, verdict->statements[i], &name);
        acc_texts_add(&names, name.data);
        acc_str_release(&name);
    }
    acc_texts_join(&names, "and", out);
    acc_texts_release(&names);
}

/* The reason of a verdict as the end of a sentence; operations of equal reason share a line. */
static void reason(const struct acc_policy_report *report, const struct acc_policy_verdict *verdict,
                   struct acc_str *out)
{
    if (verdict->says == ACC_POLICY_DENIES) {
        acc_str_add(out, "by ");
        add_statements(report, verdict, out);
        return;
    }
    const struct acc_texts depends = {verdict->depends, verdict->depend_count};
    acc_str_add(out, "depends on ");
    acc_texts_join(&depends, "and", out);
    acc_str_add(out, verdict->may_deny ? "; else denied by " : "; else not allowed by ");
    add_statements(report, verdict, out);
}

static bool same_reason(const struct acc_policy_report *report, const struct acc_policy_verdict *a,
                        const struct acc_policy_verdict *b)
{
    struct acc_str first = {0}, second = {0};
    if (a->says != b->says || a->exempt != b->exempt)
        return false;
    reason(report, a, &first);
    reason(report, b, &second);
    bool same = strcmp(acc_str_cstr(&first), acc_str_cstr(&second)) == 0;
    acc_str_release(&first);
    acc_str_release(&second);
    return same;
}

/* Of other parties, only what changes the policy, and only if the reason is not accession's. */
static bool worth_saying(const struct acc_policy_report *report, enum acc_party_kind kind,
                         size_t operation)
{
    const struct acc_policy_verdict *verdict = &report->parties[kind].verdicts[operation];
    if (!report->used[operation] ||
        (verdict->says != ACC_POLICY_DENIES && verdict->says != ACC_POLICY_DEPENDS))
        return false;
    return kind == ACC_PARTY_PROGRAM ||
           (acc_operations[operation].purpose == ACC_FOR_MENDING &&
            !same_reason(report, verdict, &report->parties[ACC_PARTY_PROGRAM].verdicts[operation]));
}

static void explain(const struct acc_policy_report *report, enum acc_party_kind kind,
                    const char *whom, FILE *out)
{
    const struct acc_policy_verdict *verdicts = report->parties[kind].verdicts;
    bool *said = acc_calloc(acc_operation_count, sizeof *said);
    size_t used = 0;
    for (size_t i = 0; i < acc_operation_count; i++)
        used += report->used[i];
    for (size_t i = 0; i < acc_operation_count; i++) {
        if (said[i] || !worth_saying(report, kind, i))
            continue;
        struct acc_texts names = {0};
        for (size_t k = i; k < acc_operation_count; k++) {
            if (!worth_saying(report, kind, k) || !same_reason(report, &verdicts[i], &verdicts[k]))
                continue;
            acc_texts_add(&names, acc_operations[k].name);
            said[k] = true;
        }
        struct acc_str line = {0};
        if (names.count == used)
            acc_str_add(&line, "everything");
        else
            acc_texts_join(&names, "and", &line);
        acc_str_addf(&line, " (%s): ", whom);
        reason(report, &verdicts[i], &line);
        say(out, verdicts[i].says == ACC_POLICY_DENIES ? "Denied" : "Open", line.data);
        acc_str_release(&line);
        acc_texts_release(&names);
    }
    free(said);
}

static void add_met(const struct acc_trace *trace, struct acc_str *line)
{
    static const char *const words[] = {
        [ACC_NO] = "not met", [ACC_MAYBE] = "not known", [ACC_YES] = "met"};
    bool same = true;
    for (size_t i = 1; i < trace->met_count; i++)
        same &= trace->met[i] == trace->met[0];
    if (same) {
        acc_str_addf(line, "uploads: %s", words[trace->met[0]]);
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < acc_operation_count && n < trace->met_count; i++) {
        if (acc_operations[i].purpose != ACC_FOR_UPLOADS)
            continue;
        acc_str_addf(line, "%s%s: %s", n ? ", " : "", acc_operations[i].name, words[trace->met[n]]);
        n++;
    }
}

static void conditions(const struct acc_policy_report *report, FILE *out)
{
    for (size_t t = 0; t < report->trace_count; t++) {
        const struct acc_trace *trace = &report->traces[t];
        struct acc_str line = {0};
        bool deny = report->policy->statements[trace->statement - 1].deny;
        acc_statement_name(report->policy, trace->statement, &line);
        acc_str_addf(&line, " %s if %s %s ", deny ? "denies" : "allows", trace->condition->key,
                     trace->condition->op ? trace->condition->op->words : "?");
        acc_texts_join(&trace->condition->values, "or", &line);
        acc_str_addf(&line, " (%s)", trace->condition->name);
        acc_str_add(&line, " — ");
        add_met(trace, &line);
        say(out, "Condition", line.data);
        acc_str_release(&line);
    }
}

static void problems(const struct acc_policy_report *report, FILE *out)
{
    static const char *const labels[] = {"Refused", "Mistake", "Remark"};
    for (size_t i = 0; i < report->problems.count; i++) {
        const struct acc_problem *p = &report->problems.items[i];
        struct acc_str line = {0};
        if (p->statement > 0) {
            acc_statement_name(report->policy, p->statement, &line);
            acc_str_add(&line, ": ");
        }
        acc_str_add(&line, p->text);
        say(out, labels[p->severity], line.data);
        acc_str_release(&line);
    }
}

/* ---- the beginning and the end ---- */

static void outcome(const struct acc_policy_report *report, FILE *out)
{
    bool safe =
        acc_report_verdict(report, ACC_PARTY_PROGRAM, "GetObject")->says != ACC_POLICY_DENIES;
    sayf(out, "Safe", "A policy decides who may do what; objects in the bucket stay as they are%s.",
         safe && report->uploads_refused ? ", and reading them is not denied" : "");
    if (report->no_one_changes)
        say(out, "Outcome",
            report->server == ACC_POLICY_AWS
                ? "Lock-out: only the account's root user can change or remove the policy."
                : "Lock-out: no one can change or remove the policy, not even the owner.");
    if (report->no_one_writes)
        say(out, report->no_one_changes ? "" : "Outcome", "Lock-out: no one can write.");
    else if (report->uploads_refused)
        say(out, report->no_one_changes ? "" : "Outcome", "Refuses the uploads of accession.");
    if (report->no_one_reads)
        say(out, report->no_one_changes || report->no_one_writes ? "" : "Outcome",
            "Lock-out: no one can read.");
    if (!acc_policy_report_lockout(report))
        say(out, "Outcome",
            report->uploads_unsure
                ? "No one is locked out. Whether the policy accepts accession's uploads depends on "
                  "the conditions below."
                : "This policy blocks neither accession's uploads nor changes to the policy.");
}

static void fix(const struct acc_policy_report *report, FILE *out)
{
    if (report->server == ACC_POLICY_AWS)
        sayf(out, "Fix",
             "Sign in as the root user of the account that owns the bucket%s%s%s and remove or "
             "replace the policy: "
             "a bucket policy cannot prevent that.",
             report->owner ? " (" : "", report->owner ? report->owner : "",
             report->owner ? ")" : "");
    else
        say(out, "Fix",
            "Ceph RGW has no exemption for the owner: an administrator's system user "
            "(radosgw-admin user create "
            "--system) may still remove the policy.");
}

static void next_step(const struct acc_policy_report *report, FILE *out)
{
    if (report->unacceptable)
        sayf(out, "Next",
             "Correct what is marked Refused, then check again. %s would answer MalformedPolicy.",
             acc_server_name(report->server));
    else if (acc_policy_report_lockout(report) && !report->in_force)
        say(out, "Next",
            "Do not apply it as it is. Correct the statements named above, then check again.");
    else if (report->no_one_changes)
        fix(report, out);
    else if (acc_policy_report_lockout(report))
        sayf(out, "Next",
             "Ask an administrator who can change the policy to correct the statements named "
             "above, then run: "
             "accession policy "
             "check s3://%s",
             report->bucket);
    else if (report->uploads_unsure && !report->identified)
        say(out, "Next",
            "For a more exact answer, add --as ARN, --source-ip ADDRESS, --owner ACCOUNT.");
    else
        say(out, "Next",
            "Nothing needs to be changed. IAM, organisation and endpoint policies are not part of "
            "this check and may still deny.");
}

void acc_policy_report_text(const struct acc_policy_report *report, FILE *out)
{
    fprintf(out, "Checked  %s\n         for s3://%s as %s judges it (%zu statement%s)\n\n",
            report->name, report->bucket, acc_server_name(report->server), report->policy->count,
            report->policy->count == 1 ? "" : "s");
    if (report->unacceptable)
        sayf(out, "Outcome", "%s would reject this policy; the one in force stays in force.",
             acc_server_name(report->server));
    else
        outcome(report, out);
    if (!report->unacceptable) {
        table(report, out);
        explain(report, ACC_PARTY_PROGRAM, "accession", out);
        explain(report, ACC_PARTY_SOMEONE, "any identity", out);
        conditions(report, out);
    }
    problems(report, out);
    next_step(report, out);
}
