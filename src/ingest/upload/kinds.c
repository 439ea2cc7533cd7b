/* Attributes are made from the options once, before anything is sent: a mistake in a rule that
 * matches the last file alone must not come out at the end of a long run. */
#include "ingest/upload/kinds.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum acc_code acc_kinds_init(struct acc_kinds *kinds, const struct acc_object_options *usual,
                             const struct acc_object_rule *rules, size_t count, int64_t now,
                             struct acc_error *err)
{
    *kinds = (struct acc_kinds){.rules = rules, .count = count};
    kinds->attributes = acc_calloc(count + 1, sizeof *kinds->attributes);
    kinds->probed = acc_calloc(count + 1, sizeof *kinds->probed);
    enum acc_code code = acc_s3_attributes_init(&kinds->usual, usual, now, err);
    for (size_t i = 0; i < count && code == ACC_OK; i++) {
        code = acc_s3_attributes_init(&kinds->attributes[i], &rules[i].object, now, err);
        if (code != ACC_OK)
            acc_error_context(err, "rule %s", rules[i].name);
        kinds->probed[i].rule = rules[i].name;
        kinds->probed[i].headers = &kinds->attributes[i].headers;
    }
    return code;
}

void acc_kinds_release(struct acc_kinds *kinds)
{
    acc_s3_attributes_release(&kinds->usual);
    for (size_t i = 0; kinds->attributes != NULL && i < kinds->count; i++)
        acc_s3_attributes_release(&kinds->attributes[i]);
    free(kinds->attributes);
    free(kinds->probed);
    *kinds = (struct acc_kinds){0};
}

static bool matches(const struct acc_object_rule *rule, const char *path)
{
    const char *slash = strrchr(path, '/'), *last = slash != NULL ? slash + 1 : path;
    for (const char *const *pattern = rule->match; *pattern != NULL; pattern++)
        if (fnmatch(*pattern, strchr(*pattern, '/') != NULL ? path : last, FNM_CASEFOLD) == 0)
            return true;
    return false;
}

const struct acc_s3_attributes *acc_kinds_of(const struct acc_kinds *kinds, const char *path)
{
    for (size_t i = 0; i < kinds->count; i++)
        if (matches(&kinds->rules[i], path))
            return &kinds->attributes[i];
    return &kinds->usual;
}
