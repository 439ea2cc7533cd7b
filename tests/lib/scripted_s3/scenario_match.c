/* Which rule a request meets: every rule counts the requests that fit it; the first whose nth,
 * after, until, every and for hold as well wins. */
#include "scenario.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

static bool matches_glob(const char *glob, const char *text)
{
    return glob == NULL || fnmatch(glob, text, 0) == 0;
}

bool scenario_listed(const char *globs, const char *text)
{
    char *copy = acc_strdup(globs), *rest = copy, *glob;
    bool found = false;
    while (!found && (glob = strsep(&rest, ",")) != NULL)
        found = *glob != '\0' && fnmatch(glob, text, 0) == 0;
    free(copy);
    return found;
}

/* "name" or "name:glob"; the name may be a glob too */
static bool matches_header(const char *wanted, const struct http_request *request)
{
    if (wanted == NULL)
        return true;
    const char *colon = strchr(wanted, ':');
    char *name = colon ? acc_strndup(wanted, (size_t)(colon - wanted)) : acc_strdup(wanted);
    bool found = false;
    for (size_t i = 0; !found && i < request->header.count; i++)
        found = fnmatch(name, request->header.at[i].name, 0) == 0 &&
                (colon == NULL || fnmatch(colon + 1, request->header.at[i].value, 0) == 0);
    free(name);
    return found;
}

static bool in_range(const struct range *range, long long value)
{
    return value >= range->first && value <= range->last;
}

static bool fits(const struct rule *rule, const struct occasion *o)
{
    return (rule->operations >> o->op & 1) && matches_glob(rule->when.bucket, o->bucket) &&
           matches_glob(rule->when.key, o->key) &&
           matches_glob(rule->when.access_key, o->access_key) &&
           in_range(&rule->when.part, o->part) && matches_header(rule->when.header, o->request);
}

static bool is_due(struct rule *rule, const struct occasion *o)
{
    if (!in_range(&rule->when.nth, rule->seen) || o->number <= rule->when.after ||
        o->number > rule->when.until ||
        (rule->when.every > 0 && rule->seen % rule->when.every != 0))
        return false;
    int64_t now = acc_clock_now();
    if (rule->first_hit == 0)
        rule->first_hit = now;
    return rule->when.for_ms == 0 || now - rule->first_hit < rule->when.for_ms;
}

const struct rule *scenario_match(struct scenario *s, const struct occasion *o)
{
    const struct rule *found = NULL;
    for (size_t i = 0; i < s->count; i++) {
        struct rule *rule = &s->rules[i];
        if (!fits(rule, o))
            continue;
        rule->seen++;
        if (found == NULL && is_due(rule, o))
            found = rule;
    }
    return found;
}

void scenario_reset(struct scenario *s)
{
    for (size_t i = 0; i < s->count; i++)
        s->rules[i].seen = s->rules[i].first_hit = 0;
}
