/* Policy variables (IAM User Guide, "IAM policy elements: Variables and tags"): ${key},
 * ${key, 'default'}, and ${*} ${?} ${$} for the characters themselves.
 *
 * They exist only in policies of Version 2012-10-17; before that "${" is text. Ceph RGW replaces a
 * variable only where it is the whole value. */
#include <string.h>

#include "policy/keys.h"
#include "policy/match.h"
#include "policy/pattern.h"

static void add_value(const struct acc_policy_request *request, const char *key,
                      const char *fallback, size_t fallback_len, struct acc_texts *depends,
                      struct acc_str *pattern)
{
    struct acc_key_state state;
    acc_key_look_up(request, key, &state);
    if (state.known == ACC_POLICY_VALUES && state.values.count == 1) {
        acc_pattern_literal(pattern, state.values.items[0], strlen(state.values.items[0]));
    } else if (state.known == ACC_POLICY_ABSENT && fallback != NULL) {
        acc_pattern_literal(pattern, fallback, fallback_len);
    } else {
        struct acc_str words = {0};
        acc_key_describe(key, &words);
        acc_texts_add_new(depends, words.data);
        acc_str_release(&words);
        acc_str_add_c(pattern, ACC_PATTERN_HOLE);
    }
    acc_key_state_release(&state);
}

/* `name` is what stands between the braces. */
static void add_variable(const struct acc_policy_request *request, const char *name, size_t len,
                         struct acc_texts *depends, struct acc_str *pattern)
{
    if (len == 1 && strchr("*?$", *name) != NULL) {
        acc_pattern_literal(pattern, name, 1);
        return;
    }
    struct acc_str key = {0};
    const char *comma = memchr(name, ',', len);
    const char *fallback = NULL;
    size_t fallback_len = 0;
    if (comma != NULL) {
        const char *end = name + len;
        fallback = memchr(comma, '\'', (size_t)(end - comma));
        if (fallback != NULL && end[-1] == '\'' && end - 1 > fallback)
            fallback_len = (size_t)(end - 1 - ++fallback);
        else
            fallback = NULL;
    }
    acc_str_add_n(&key, name, comma ? (size_t)(comma - name) : len);
    add_value(request, acc_str_cstr(&key), fallback, fallback_len, depends, pattern);
    acc_str_release(&key);
}

void acc_expand(const struct acc_policy *policy, const struct acc_policy_request *request,
                const char *value, bool wildcards, struct acc_texts *depends,
                struct acc_str *pattern)
{
    bool rgw = request->server == ACC_POLICY_RGW;
    bool replaces = rgw || policy->variables;
    acc_str_reserve(pattern, 0);
    for (const char *c = value; *c != '\0'; c++) {
        const char *close = replaces && c[0] == '$' && c[1] == '{' ? strchr(c, '}') : NULL;
        if (close != NULL && (!rgw || (c == value && close[1] == '\0'))) {
            add_variable(request, c + 2, (size_t)(close - c - 2), depends, pattern);
            c = close;
        } else if (wildcards && (*c == '*' || *c == '?')) {
            acc_str_add_c(pattern, *c);
        } else {
            acc_pattern_literal(pattern, c, 1);
        }
    }
}
