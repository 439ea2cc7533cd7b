/* Parsing: a line is split into words; words "name=value" are looked up in a table of options and
 * may stand anywhere after the operation; the others are operation and action, in order. The first
 * thing not understood ends the parse with file, line and reason. */
#include "scenario.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define WORDS_MAX 64

struct parser {
    const char *name;
    int line;
    struct scenario *scenario;
    struct acc_error *err;
};

static enum acc_code complain(struct parser *p, const char *what, const char *word)
{
    return acc_error_set(p->err, ACC_CONFIG, "%s:%d: %s: %s", p->name, p->line, what, word);
}

/* ---- values ---- */

typedef bool (*value_parser)(const char *text, void *field);

static bool parse_text(const char *text, void *field)
{
    free(*(char **)field);
    *(char **)field = acc_strdup(text);
    return true;
}

static bool parse_number(const char *text, void *field)
{
    return acc_parse_int(text, 0, INT64_MAX, field);
}

static bool parse_size(const char *text, void *field)
{
    return acc_parse_bytes(text, field);
}

/* "250ms" or what acc_parse_duration() understands, with a sign for clocks. */
static bool parse_time(const char *text, void *field)
{
    long long sign = *text == '-' ? -1 : 1, value;
    if (*text == '-' || *text == '+')
        text++;
    if (acc_ends_with(text, "ms")) {
        char *end;
        value = strtoll(text, &end, 10);
        if (end == text || strcmp(end, "ms") != 0)
            return false;
    } else if (!acc_parse_duration(text, &value)) {
        return false;
    }
    *(long long *)field = sign * value;
    return true;
}

/* "7", "7..", "7..12", "..12" */
static bool parse_range(const char *text, void *field)
{
    struct range range = {1, INT64_MAX};
    char *end;
    if (*text != '.')
        range.first = range.last = strtoll(text, &end, 10);
    else
        end = (char *)text;
    if (strncmp(end, "..", 2) == 0) {
        range.last = INT64_MAX;
        end += 2;
        if (*end != '\0')
            range.last = strtoll(end, &end, 10);
    }
    *(struct range *)field = range;
    return *end == '\0' && range.first >= 1 && range.last >= range.first;
}

static bool parse_extent(const char *text, void *field)
{
    char *end;
    struct extent extent = {.given = true, .value = strtoll(text, &end, 10)};
    if (end != text && *end == '%') {
        extent.percent = true;
        end++;
    }
    *(struct extent *)field = extent;
    return end != text && *end == '\0';
}

static bool parse_header_pair(const char *text, void *field)
{
    struct http_pairs *pairs = field;
    const char *colon = strchr(text, ':');
    if (colon == NULL || colon == text)
        return false;
    char *name = acc_strndup(text, (size_t)(colon - text));
    http_pairs_add(pairs, name, colon + 1 + strspn(colon + 1, " "));
    free(name);
    return true;
}

static bool parse_choice(const char *text, const char *const *choices, int *field)
{
    for (int i = 0; choices[i] != NULL; i++)
        if (strcmp(choices[i], text) == 0) {
            *field = i;
            return true;
        }
    return false;
}

static bool parse_yes(const char *text, void *field)
{
    return parse_choice(text, (const char *const[]){"no", "yes", NULL}, field);
}

static bool parse_condition(const char *text, void *field)
{
    return parse_choice(text, (const char *const[]){"no", "put", "yes", "501", NULL}, field);
}

static bool parse_checksums(const char *text, void *field)
{
    return parse_choice(text, (const char *const[]){"ignored", "stored", "verified", NULL}, field);
}

static bool parse_repeat(const char *text, void *field)
{
    return parse_choice(text, (const char *const[]){"same", "error", NULL}, field);
}

static bool parse_uploads(const char *text, void *field)
{
    return parse_choice(text, (const char *const[]){"prefix", "key", NULL}, field);
}

static bool parse_order(const char *text, void *field)
{
    return parse_choice(text, (const char *const[]){"bytes", "utf16", NULL}, field);
}

static bool parse_imds(const char *text, void *field)
{
    return parse_choice(text, (const char *const[]){"v1", "v2", NULL}, field);
}

static bool parse_cold(const char *text, void *field)
{
    return parse_choice(text, (const char *const[]){"no", "yes", "thawed", NULL}, field);
}

static bool parse_etag(const char *text, void *field)
{
    return parse_choice(text, (const char *const[]){"quoted", "empty", "bare", "wrong", NULL},
                        field);
}

static bool parse_checksum(const char *text, void *field)
{
    return parse_choice(text, (const char *const[]){"stored", "none", "wrong", NULL}, field);
}

/* ---- options ---- */

struct option {
    const char *name;
    value_parser parse;
    size_t offset;
};

#define IN(type, member) offsetof(struct type, member)

static const struct option config_options[] = {
    {"versioned", parse_yes, IN(config, versioned)},
    {"if-none-match", parse_condition, IN(config, if_none_match)},
    {"checksums", parse_checksums, IN(config, checksums)},
    {"algorithms", parse_text, IN(config, algorithms)},
    {"full-object", parse_yes, IN(config, full_object)},
    {"list-checksums", parse_yes, IN(config, list_checksums)},
    {"own-checksum", parse_text, IN(config, own_checksum)},
    {"payload-hash", parse_yes, IN(config, payload_hash)},
    {"uploads", parse_uploads, IN(config, uploads)},
    {"order", parse_order, IN(config, order)},
    {"encoding", parse_yes, IN(config, encoding)},
    {"chunked", parse_yes, IN(config, chunked)},
    {"equal-parts", parse_yes, IN(config, equal_parts)},
    {"cold", parse_cold, IN(config, cold)},
    {"repeat", parse_repeat, IN(config, repeat)},
    {"page", parse_number, IN(config, page)},
    {"min-part", parse_size, IN(config, min_part)},
    {"clock", parse_time, IN(config, clock_ms)},
    {"region", parse_text, IN(config, region)},
    {"buckets", parse_text, IN(config, buckets)},
    {"gone", parse_text, IN(config, gone)},
    {"forget", parse_text, IN(config, forget)},
    {"access-keys", parse_text, IN(config, access_keys)},
    {"lifetime", parse_time, IN(config, lifetime_ms)},
    {"imds", parse_imds, IN(config, imds)},
    {"authorization", parse_text, IN(config, authorization)},
    {"form", parse_text, IN(config, form)},
    {0},
};

static const struct option rule_options[] = {
    {"bucket", parse_text, IN(rule, when.bucket)},
    {"key", parse_text, IN(rule, when.key)},
    {"access-key", parse_text, IN(rule, when.access_key)},
    {"header", parse_text, IN(rule, when.header)},
    {"part", parse_range, IN(rule, when.part)},
    {"nth", parse_range, IN(rule, when.nth)},
    {"after", parse_number, IN(rule, when.after)},
    {"until", parse_number, IN(rule, when.until)},
    {"every", parse_number, IN(rule, when.every)},
    {"for", parse_time, IN(rule, when.for_ms)},
    {"bytes", parse_size, IN(rule, how.bytes)},
    {"delay", parse_time, IN(rule, how.delay_ms)},
    {"drip", parse_time, IN(rule, how.drip_ms)},
    {"hold", parse_number, IN(rule, how.hold)},
    {"message", parse_text, IN(rule, how.message)},
    {"body", parse_text, IN(rule, how.body)},
    {"type", parse_text, IN(rule, how.type)},
    {"etag", parse_etag, IN(rule, how.etag)},
    {"checksum", parse_checksum, IN(rule, how.checksum)},
    {"retry-after", parse_number, IN(rule, how.retry_after)},
    {"add", parse_header_pair, IN(rule, how.add)},
    {"remove", parse_text, IN(rule, how.remove)},
    {"space", parse_size, IN(rule, how.space)},
    {"cut", parse_extent, IN(rule, how.cut)},
    {"trim", parse_extent, IN(rule, how.trim)},
    {"length", parse_extent, IN(rule, how.length)},
    {0},
};

/* Splits at the first "=" of the word; false when it is a bare word. */
static bool split_option(char *word, char **value)
{
    char *equals = strchr(word, '=');
    if (equals == NULL || equals == word)
        return false;
    *equals = '\0';
    *value = equals + 1;
    return true;
}

static enum acc_code set_option(struct parser *p, const struct option *options, void *into,
                                const char *name, const char *value)
{
    for (; options->name != NULL; options++) {
        if (strcmp(options->name, name) != 0)
            continue;
        if (options->parse(value, (char *)into + options->offset))
            return ACC_OK;
        return acc_error_set(p->err, ACC_CONFIG, "%s:%d: %s does not take this value: %s", p->name,
                             p->line, name, value);
    }
    return complain(p, "unknown option", name);
}

/* ---- lines ---- */

/* Cuts a line in place into words at blanks. Quotes keep blanks, a backslash in quotes escapes. */
static enum acc_code split_words(struct parser *p, char *line, char *words[WORDS_MAX],
                                 size_t *count)
{
    *count = 0;
    char *from = line, *to = line;
    for (;;) {
        from += strspn(from, " \t\r");
        if (*from == '\0' || *from == '#')
            return ACC_OK;
        if (*count == WORDS_MAX)
            return complain(p, "too many words", from);
        words[(*count)++] = to;
        bool quoted = false;
        for (; *from != '\0' && (quoted || strchr(" \t\r", *from) == NULL); from++) {
            if (*from == '"') {
                quoted = !quoted;
            } else if (quoted && *from == '\\' && from[1] != '\0') {
                from++;
                *to++ = *from == 'n' ? '\n' : *from == 't' ? '\t' : *from == 'r' ? '\r' : *from;
            } else {
                *to++ = *from;
            }
        }
        bool last = *from == '\0';
        *to++ = '\0';
        if (quoted)
            return complain(p, "quotes are not closed", words[*count - 1]);
        if (last)
            return ACC_OK;
        from++;
    }
}

static enum acc_code parse_operations(struct parser *p, char *names, uint64_t *mask)
{
    char *rest = NULL;
    for (char *name = strtok_r(names, "|", &rest); name != NULL;
         name = strtok_r(NULL, "|", &rest)) {
        enum operation op = operation_parse(name);
        if (strcmp(name, "*") == 0)
            *mask = UINT64_MAX;
        else if (op == OP_COUNT)
            return complain(p, "unknown operation", name);
        else
            *mask |= UINT64_C(1) << op;
    }
    return ACC_OK;
}

static const char login_page[] =
    "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>"
    "<form action=\"/login\"><input name=\"user\"></form></body></html>\n";

/* The bare words after the operation: [act then] ACTION [STATUS [CODE]]. */
static enum acc_code parse_action(struct parser *p, char **words, size_t count, struct rule *rule)
{
    static const char *const actions[] = {"pass",  "answer",  "drop", "reset",
                                          "stall", "garbage", NULL};
    size_t at = 0;
    if (count >= 2 && strcmp(words[0], "act") == 0 && strcmp(words[1], "then") == 0) {
        rule->act = true;
        at = 2;
    }
    if (at == count)
        return complain(p,
                        "no action; one of pass, answer, drop, reset, stall, garbage, login-page",
                        "end of line");
    int action = ACTION_ANSWER;
    if (strcmp(words[at], "login-page") == 0) {
        rule->status = 200;
        parse_text(login_page, &rule->how.body);
        parse_text("text/html; charset=utf-8", &rule->how.type);
    } else if (!parse_choice(words[at], actions, &action)) {
        return complain(p, "unknown action", words[at]);
    } else if (action == ACTION_ANSWER) {
        long long status;
        if (++at == count || !acc_parse_int(words[at], 200, 599, &status))
            return complain(p, "answer needs a status from 200 to 599",
                            at == count ? "end of line" : words[at]);
        rule->status = (int)status;
        if (at + 1 < count)
            rule->code = acc_strdup(words[++at]);
    }
    rule->action = (enum action)action;
    if (rule->act && rule->action == ACTION_PASS)
        return complain(p, "pass acts anyway", "act then pass");
    if (rule->how.bytes >= 0 && (rule->act || rule->action == ACTION_PASS))
        return complain(p, "acting needs the whole body", "bytes=");
    return at + 1 == count ? ACC_OK : complain(p, "word not understood here", words[at + 1]);
}

static void release_options(const struct option *options, void *of)
{
    for (; options->name != NULL; options++)
        if (options->parse == parse_text)
            free(*(char **)((char *)of + options->offset));
}

static void release_rule(struct rule *rule)
{
    release_options(rule_options, rule);
    free(rule->code);
    http_pairs_release(&rule->how.add);
}

static enum acc_code parse_rule(struct parser *p, char **words, size_t count)
{
    struct scenario *s = p->scenario;
    s->rules = acc_realloc(s->rules, (s->count + 1) * sizeof *s->rules);
    struct rule *rule = &s->rules[s->count++];
    *rule =
        (struct rule){.when = {.part = {0, INT64_MAX}, .nth = {1, INT64_MAX}, .until = INT64_MAX},
                      .how = {.retry_after = -1, .bytes = -1}};
    if (count < 2)
        return complain(p, "no operation", "end of line");
    enum acc_code code = parse_operations(p, words[1], &rule->operations);
    char *bare[WORDS_MAX], *value;
    size_t bare_count = 0;
    for (size_t i = 2; i < count && code == ACC_OK; i++) {
        if (split_option(words[i], &value))
            code = set_option(p, rule_options, rule, words[i], value);
        else
            bare[bare_count++] = words[i];
    }
    return code != ACC_OK ? code : parse_action(p, bare, bare_count, rule);
}

static enum acc_code parse_config(struct parser *p, char **words, size_t count)
{
    char *value;
    for (size_t i = 1; i < count; i++) {
        if (!split_option(words[i], &value))
            return complain(p, "config takes name=value", words[i]);
        enum acc_code code = set_option(p, config_options, &p->scenario->config, words[i], value);
        if (code != ACC_OK)
            return code;
    }
    return ACC_OK;
}

static enum acc_code parse_line(struct parser *p, char *line)
{
    char *words[WORDS_MAX];
    size_t count;
    enum acc_code code = split_words(p, line, words, &count);
    if (code != ACC_OK || count == 0)
        return code;
    if (strcmp(words[0], "on") == 0)
        return parse_rule(p, words, count);
    if (strcmp(words[0], "config") == 0)
        return parse_config(p, words, count);
    return complain(p, "a line begins with on or config", words[0]);
}

static struct scenario *new_scenario(void)
{
    struct scenario *s = ACC_NEW(struct scenario);
    s->config = (struct config){.if_none_match = CONDITION_ALL,
                                .checksums = CHECKSUMS_VERIFIED,
                                .algorithms = acc_strdup("*"),
                                .full_object = YES,
                                .own_checksum = acc_strdup(""),
                                .payload_hash = YES,
                                .encoding = YES,
                                .page = 1000,
                                .region = acc_strdup("us-east-1"),
                                .buckets = acc_strdup("auto"),
                                .gone = acc_strdup("NoSuchUpload"),
                                .forget = acc_strdup(""),
                                .access_keys = acc_strdup("*"),
                                .lifetime_ms = 3600000,
                                .imds = IMDS_V2,
                                .authorization = acc_strdup(""),
                                .form = acc_strdup("")};
    return s;
}

enum acc_code scenario_parse(const char *name, const char *text, struct scenario **out,
                             struct acc_error *err)
{
    struct parser p = {.name = name, .scenario = new_scenario(), .err = err};
    char *copy = acc_strdup(text), *rest = copy, *line;
    enum acc_code code = ACC_OK;
    while (code == ACC_OK && (line = strsep(&rest, "\n")) != NULL) {
        p.line++;
        code = parse_line(&p, line);
    }
    free(copy);
    if (code == ACC_OK)
        *out = p.scenario;
    else
        scenario_free(p.scenario);
    return code;
}

void scenario_free(struct scenario *s)
{
    if (s == NULL)
        return;
    release_options(config_options, &s->config);
    for (size_t i = 0; i < s->count; i++)
        release_rule(&s->rules[i]);
    free(s->rules);
    scenario_free(s->next);
    free(s);
}
