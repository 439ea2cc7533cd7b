/* From text to model.
 *
 * Happy path: jansson reads the JSON (refusing duplicate keys), each statement's elements are
 * copied into a struct acc_statement. Fails if the text is not JSON or holds no statements. Every
 * other mistake becomes a problem of the policy, and its statement is marked unclear, so that an
 * evaluation says so instead of guessing. Close: acc_policy_free() releases it all; the JSON is
 * gone when parsing returns. */
#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "policy/model.h"
#include "policy/operators.h"

void acc_problem_add(struct acc_problems *problems, enum acc_severity severity, unsigned servers,
                     size_t statement, const char *format, ...)
{
    struct acc_str text = {0};
    va_list args;
    va_start(args, format);
    char *formatted = NULL;
    if (vasprintf(&formatted, format, args) >= 0)
        acc_str_add(&text, formatted);
    va_end(args);
    free(formatted);
    problems->items = acc_realloc(problems->items, (problems->count + 1) * sizeof *problems->items);
    problems->items[problems->count++] =
        (struct acc_problem){severity, servers, statement, acc_str_detach(&text)};
}

void acc_problems_release(struct acc_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        free(problems->items[i].text);
    free(problems->items);
    *problems = (struct acc_problems){0};
}

void acc_statement_name(const struct acc_policy *policy, size_t number, struct acc_str *out)
{
    acc_str_addf(out, "statement %zu", number);
    const char *sid = policy->statements[number - 1].sid;
    if (sid != NULL && *sid != '\0')
        acc_str_addf(out, " (%s)", sid);
}

struct parser {
    struct acc_policy *policy;
    struct acc_statement *statement; /* the one at hand */
};

/* Adds a problem for these servers. A problem that would make the server refuse the policy leaves
 * the statement unclear: its effect cannot be predicted. */
static void object(struct parser *p, enum acc_severity severity, unsigned servers,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));
static void object(struct parser *p, enum acc_severity severity, unsigned servers,
                   const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (severity == ACC_REFUSED_POLICY)
        p->statement->unclear |= servers;
    acc_problem_add(&p->policy->problems, severity, servers, p->statement->number, "%s", text);
}

#define REFUSED(p, ...) object(p, ACC_REFUSED_POLICY, ACC_ON_BOTH, __VA_ARGS__)
#define REFUSED_BY_AWS(p, ...) object(p, ACC_REFUSED_POLICY, ACC_ON_AWS, __VA_ARGS__)
#define MISTAKE_ON_RGW(p, ...) object(p, ACC_MISTAKE, ACC_ON_RGW, __VA_ARGS__)

/* A scalar as the text that AWS compares: conditions may hold true and 10 as well as "true". */
static bool add_scalar(struct acc_texts *texts, const json_t *value, bool only_strings)
{
    char number[32];
    if (json_is_string(value)) {
        acc_texts_add(texts, json_string_value(value));
    } else if (only_strings) {
        return false;
    } else if (json_is_boolean(value)) {
        acc_texts_add(texts, json_is_true(value) ? "true" : "false");
    } else if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        acc_texts_add(texts, number);
    } else if (json_is_real(value)) {
        snprintf(number, sizeof number, "%.15g", json_real_value(value));
        acc_texts_add(texts, number);
    } else {
        return false;
    }
    return true;
}

/* One value or an array of them. */
static bool add_scalars(struct acc_texts *texts, const json_t *value, bool only_strings)
{
    if (!json_is_array(value))
        return add_scalar(texts, value, only_strings);
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item) if (!add_scalar(texts, item, only_strings)) return false;
    return true;
}

static void read_principal(struct parser *p, const json_t *value)
{
    struct acc_statement *s = p->statement;
    const char *text = json_string_value(value);
    if (text != NULL && *text == '*') {
        s->everyone = true;
        if (text[1] != '\0') {
            REFUSED_BY_AWS(p, "Principal \"%.40s\" is not \"*\"", text);
            MISTAKE_ON_RGW(p, "Ceph RGW reads the Principal \"%.40s\" as \"*\": everyone", text);
        }
        return;
    }
    if (json_is_object(value) && json_object_size(value) == 0) {
        REFUSED_BY_AWS(p, "Principal is empty");
        MISTAKE_ON_RGW(p, "Principal is empty: the statement applies to no one");
        return;
    }
    if (!json_is_object(value)) {
        REFUSED(p,
                "Principal is neither \"*\" nor an object such as {\"AWS\": \"arn:aws:iam::…\"}");
        return;
    }
    const char *kind;
    json_t *names;
    json_object_foreach((json_t *)value, kind, names)
    {
        struct acc_texts *list = strcmp(kind, "AWS") == 0             ? &s->aws
                                 : strcmp(kind, "CanonicalUser") == 0 ? &s->canonical
                                 : strcmp(kind, "Service") == 0 || strcmp(kind, "Federated") == 0
                                     ? &s->services
                                     : NULL;
        if (list == NULL)
            REFUSED(p,
                    "'%.40s' is not a type of Principal; the types are AWS, Service, Federated and "
                    "CanonicalUser",
                    kind);
        else if (!add_scalars(list, names, true))
            REFUSED(p, "Principal %.40s is neither a string nor a list of strings", kind);
    }
    for (size_t i = 0; i < s->aws.count; i++)
        s->everyone |= strcmp(s->aws.items[i], "*") == 0;
}

static void read_condition_key(struct parser *p, const char *name, const char *key,
                               const json_t *value)
{
    struct acc_statement *s = p->statement;
    s->conditions = acc_realloc(s->conditions, (s->condition_count + 1) * sizeof *s->conditions);
    struct acc_condition *c = &s->conditions[s->condition_count++];
    *c = (struct acc_condition){.name = acc_strdup(name), .key = acc_strdup(key)};
    const char *plain = name;
    if (strncasecmp(plain, "ForAllValues:", 13) == 0) {
        c->quantifier = ACC_FOR_ALL;
        plain += 13;
    } else if (strncasecmp(plain, "ForAnyValue:", 12) == 0) {
        c->quantifier = ACC_FOR_ANY;
        plain += 12;
    }
    size_t len = strlen(plain);
    if (len > 8 && strcasecmp(plain + len - 8, "IfExists") == 0) {
        c->if_exists = true;
        len -= 8;
    }
    c->op = acc_operator_find(plain, len);
    if (c->op == NULL)
        REFUSED(p, "'%.60s' is not a condition operator", name);
    else if (!add_scalars(&c->values, value, false))
        REFUSED(p, "the values of %.60s %.60s are neither a value nor a list of values", name, key);
    else if (c->values.count == 0) {
        REFUSED_BY_AWS(p, "%.60s %.60s has no value", name, key);
        MISTAKE_ON_RGW(p, "%.60s %.60s has no value", name, key);
    }
    if (json_is_boolean(value))
        object(p, ACC_REFUSED_POLICY, ACC_ON_RGW, "Ceph RGW wants %.60s %.60s in quotes: \"%s\"",
               name, key, json_is_true(value) ? "true" : "false");
    for (size_t i = 0; c->op != NULL && i < c->values.count; i++)
        if (!acc_operator_takes(c->op, c->values.items[i]))
            acc_problem_add(
                &p->policy->problems, ACC_MISTAKE, ACC_ON_BOTH, s->number,
                "%s compares %s with '%s', which it cannot read: that value never matches", name,
                key, c->values.items[i]);
}

static void read_conditions(struct parser *p, const json_t *block)
{
    const char *name, *key;
    json_t *keys, *value;
    if (!json_is_object(block)) {
        REFUSED(p, "Condition is not an object");
        return;
    }
    json_object_foreach((json_t *)block, name, keys)
    {
        if (!json_is_object(keys)) {
            REFUSED(p, "Condition %.60s is not an object of keys and values", name);
            continue;
        }
        json_object_foreach(keys, key, value)
        {
            read_condition_key(p, name, key, value);
        }
    }
}

/* Action or NotAction, Resource or NotResource: exactly one of the two. */
static void read_pair(struct parser *p, const json_t *from, const char *name,
                      struct acc_texts *list, bool *inverted)
{
    char inverse[16];
    snprintf(inverse, sizeof inverse, "Not%s", name);
    const json_t *plain = json_object_get(from, name), *inverse_of = json_object_get(from, inverse);
    *inverted = inverse_of != NULL;
    if (plain != NULL && inverse_of != NULL) {
        REFUSED_BY_AWS(p, "has both %s and %s", name, inverse);
        MISTAKE_ON_RGW(p, "has both %s and %s", name, inverse);
        p->statement->unclear = ACC_ON_BOTH;
    } else if ((plain != NULL || inverse_of != NULL) &&
               !add_scalars(list, plain ? plain : inverse_of, true)) {
        REFUSED(p, "%s is neither a string nor a list of strings", plain ? name : inverse);
    } else if (list->count == 0) {
        REFUSED_BY_AWS(p, "has no %s", name);
        MISTAKE_ON_RGW(p, "has no %s: it never applies", name);
    }
}

static void read_whom(struct parser *p, const json_t *from)
{
    const json_t *plain = json_object_get(from, "Principal"),
                 *inverse_of = json_object_get(from, "NotPrincipal");
    p->statement->not_principal = inverse_of != NULL;
    if (plain == NULL && inverse_of == NULL) {
        REFUSED_BY_AWS(p, "has no Principal: a bucket policy must say whom it applies to");
        MISTAKE_ON_RGW(p, "has no Principal: the statement applies to no one");
    } else if (plain != NULL && inverse_of != NULL) {
        REFUSED_BY_AWS(p, "has both Principal and NotPrincipal");
        MISTAKE_ON_RGW(p, "has both Principal and NotPrincipal");
        p->statement->unclear = ACC_ON_BOTH;
    } else {
        read_principal(p, plain ? plain : inverse_of);
    }
}

static void read_statement(struct parser *p, const json_t *from)
{
    static const char *const known[] = {"Sid",          "Effect",      "Principal",
                                        "NotPrincipal", "Action",      "NotAction",
                                        "Resource",     "NotResource", "Condition"};
    struct acc_statement *s = p->statement;
    if (!json_is_object(from)) {
        REFUSED(p, "is not an object");
        return;
    }
    const json_t *sid = json_object_get(from, "Sid");
    if (json_is_string(sid))
        s->sid = acc_strdup(json_string_value(sid));
    else if (sid != NULL)
        REFUSED(p, "Sid is not a string");
    const char *effect = json_string_value(json_object_get(from, "Effect"));
    s->deny = effect == NULL || strcmp(effect, "Deny") == 0;
    if (json_object_get(from, "Effect") == NULL) {
        REFUSED_BY_AWS(p, "has no Effect");
        MISTAKE_ON_RGW(p, "has no Effect: Ceph RGW reads it as \"Deny\"");
    } else if (effect == NULL || (!s->deny && strcmp(effect, "Allow") != 0)) {
        REFUSED(p, "Effect is neither \"Allow\" nor \"Deny\"");
    }
    read_whom(p, from);
    read_pair(p, from, "Action", &s->actions, &s->not_action);
    read_pair(p, from, "Resource", &s->resources, &s->not_resource);
    const json_t *conditions = json_object_get(from, "Condition");
    if (conditions != NULL)
        read_conditions(p, conditions);
    const char *element;
    json_t *value;
    json_object_foreach((json_t *)from, element, value)
    {
        bool found = false;
        for (size_t i = 0; i < ACC_COUNT_OF(known); i++)
            found |= strcmp(element, known[i]) == 0;
        if (!found)
            REFUSED(p, "has the unknown element '%.40s'", element);
    }
}

static void read_statements(struct acc_policy *policy, const json_t *list)
{
    policy->count = json_is_array(list) ? json_array_size(list) : 1;
    policy->statements = acc_calloc(policy->count, sizeof *policy->statements);
    for (size_t i = 0; i < policy->count; i++) {
        struct parser p = {policy, &policy->statements[i]};
        p.statement->number = i + 1;
        read_statement(&p, json_is_array(list) ? json_array_get(list, i) : list);
    }
}

static void read_top(struct acc_policy *policy, const json_t *root)
{
    const json_t *version = json_object_get(root, "Version");
    const char *text = json_string_value(version);
    policy->variables = text != NULL && strcmp(text, "2012-10-17") == 0;
    if (version != NULL && !policy->variables && (text == NULL || strcmp(text, "2008-10-17") != 0))
        acc_problem_add(&policy->problems, ACC_REFUSED_POLICY, ACC_ON_BOTH, 0,
                        "Version is neither \"2012-10-17\" nor \"2008-10-17\"");
    const char *element;
    json_t *value;
    json_object_foreach((json_t *)root, element, value)
    {
        if (strcmp(element, "Version") != 0 && strcmp(element, "Id") != 0 &&
            strcmp(element, "Statement") != 0)
            acc_problem_add(&policy->problems, ACC_REFUSED_POLICY, ACC_ON_BOTH, 0,
                            "the policy has the unknown element '%s'", element);
    }
}

enum acc_code acc_policy_parse(const char *name, const char *text, size_t len,
                               struct acc_policy **policy, struct acc_error *err)
{
    json_error_t why;
    char *duplicate = NULL;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
    if (root == NULL && json_error_code(&why) == json_error_duplicate_key) {
        if (asprintf(&duplicate, "line %d: %s: a server refuses it or keeps only the last one",
                     why.line, why.text) < 0)
            duplicate = NULL;
        root = json_loadb(text, len, 0, &why);
    }
    enum acc_code code = ACC_OK;
    if (root == NULL) {
        code = acc_error_set(err, ACC_CONFIG,
                             "%s:%d: not JSON: %s. No server would accept it; correct the line.",
                             name, why.line, why.text);
        goto out;
    }
    const json_t *list = json_object_get(root, "Statement");
    bool some = json_is_array(list) ? json_array_size(list) > 0 : json_is_object(list);
    if (!some) {
        code = acc_error_set(err, ACC_CONFIG,
                             "%s: is not a policy: it has no Statement. A bucket policy is an "
                             "object {\"Version\": \"2012-10-17\", \"Statement\": […]}.",
                             name);
        goto out;
    }
    struct acc_policy *made = ACC_NEW(struct acc_policy);
    made->name = acc_strdup(name);
    if (duplicate != NULL)
        acc_problem_add(&made->problems, ACC_MISTAKE, ACC_ON_BOTH, 0, "%s", duplicate);
    if (len > ACC_POLICY_MAX)
        acc_problem_add(&made->problems, ACC_REFUSED_POLICY, ACC_ON_AWS, 0,
                        "the policy has %zu bytes; Amazon S3 accepts at most %d", len,
                        ACC_POLICY_MAX);
    read_top(made, root);
    read_statements(made, list);
    for (size_t i = 0; duplicate != NULL && i < made->count; i++)
        made->statements[i].unclear = ACC_ON_BOTH;
    *policy = made;
out:
    free(duplicate);
    json_decref(root);
    return code;
}

static void statement_release(struct acc_statement *s)
{
    free(s->sid);
    acc_texts_release(&s->aws);
    acc_texts_release(&s->canonical);
    acc_texts_release(&s->services);
    acc_texts_release(&s->actions);
    acc_texts_release(&s->resources);
    for (size_t i = 0; i < s->condition_count; i++) {
        free(s->conditions[i].name);
        free(s->conditions[i].key);
        acc_texts_release(&s->conditions[i].values);
    }
    free(s->conditions);
}

void acc_policy_free(struct acc_policy *policy)
{
    if (policy == NULL)
        return;
    for (size_t i = 0; i < policy->count; i++)
        statement_release(&policy->statements[i]);
    free(policy->statements);
    acc_problems_release(&policy->problems);
    free(policy->name);
    free(policy);
}
