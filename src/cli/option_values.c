/* The meaning of an option's text: a number in its bounds, one of its choices, an item of its list.
 * On the happy path the target is set. An unusable text leaves the target alone, and the message
 * names its origin (an option, a variable, a line of a file) and what it must be. */
#include "cli/options.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/rate_plan.h"
#include "base/str.h"

struct setting {
    const struct acc_option *option;
    void *target;
    const char *value, *said;
    const char *shown; /* the value, fit for one line of a terminal */
    enum acc_code code;
    struct acc_error *err;
};

static void add_to_list(const char *const **list, const char *value)
{
    size_t count = 0;
    while (*list != NULL && (*list)[count] != NULL)
        count++;
    const char **longer = acc_realloc((void *)*list, (count + 2) * sizeof *longer);
    longer[count] = value;
    longer[count + 1] = NULL;
    *list = longer;
}

static enum acc_code set_choice(const struct setting *s)
{
    const char *const *choices = s->option->choices;
    struct acc_str list = {0};
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], s->value) == 0) {
            *(const char **)s->target = s->value;
            acc_str_release(&list);
            return ACC_OK;
        }
        acc_str_addf(&list, "%s%s",
                     i == 0                   ? ""
                     : choices[i + 1] == NULL ? " or "
                                              : ", ",
                     choices[i]);
    }
    acc_error_set(s->err, s->code, "%s %s: must be %s.", s->said, s->shown, list.data);
    acc_str_release(&list);
    return s->code;
}

static enum acc_code set_flag(const struct setting *s)
{
    static const struct {
        const char *text;
        bool value;
    } texts[] = {{"yes", true}, {"no", false},  {"true", true}, {"false", false},
                 {"on", true},  {"off", false}, {"1", true},    {"0", false}};
    for (size_t i = 0; i < ACC_COUNT_OF(texts); i++)
        if (strcmp(texts[i].text, s->value) == 0) {
            *(bool *)s->target = texts[i].value;
            return ACC_OK;
        }
    return acc_error_set(s->err, s->code, "%s %s: must be yes or no.", s->said, s->shown);
}

static enum acc_code set_int(const struct setting *s)
{
    long long number;
    if (!acc_parse_int(s->value, s->option->min, s->option->max, &number))
        return acc_error_set(s->err, s->code, "%s %s: must be a whole number from %lld to %lld.",
                             s->said, s->shown, s->option->min, s->option->max);
    *(int *)s->target = (int)number;
    return ACC_OK;
}

static enum acc_code set_bytes(const struct setting *s)
{
    long long number;
    char min[32], max[32];
    if (!acc_parse_bytes(s->value, &number) || number < s->option->min || number > s->option->max)
        return acc_error_set(s->err, s->code,
                             "%s %s: must be a size from %s to %s, written like 64M or 1G.",
                             s->said, s->shown, acc_show_bytes((double)s->option->min, min),
                             acc_show_bytes((double)s->option->max, max));
    *(int64_t *)s->target = number;
    return ACC_OK;
}

static enum acc_code set_seconds(const struct setting *s)
{
    long long number;
    if (!acc_parse_duration(s->value, &number) || number < s->option->min * 1000 ||
        number > s->option->max * 1000)
        return acc_error_set(
            s->err, s->code,
            "%s %s: must be a time from %lld to %lld seconds, written like 30s or 2m.", s->said,
            s->shown, s->option->min, s->option->max);
    *(int *)s->target = (int)(number / 1000);
    return ACC_OK;
}

static enum acc_code set_rate(const struct setting *s)
{
    struct acc_rate_plan plan;
    if (!acc_rate_plan_parse(s->value, &plan))
        return acc_error_set(s->err, s->code,
                             "%s %s: must be bytes a second, 16K or more, such as 50M, or with "
                             "hours: 20M@08:00-18:00,100M.",
                             s->said, s->shown);
    *(const char **)s->target = s->value;
    return ACC_OK;
}

static enum acc_code set(const struct setting *s)
{
    switch (s->option->kind) {
    case ACC_OPTION_FLAG:
        return set_flag(s);
    case ACC_OPTION_LIST:
        add_to_list(s->target, s->value);
        return ACC_OK;
    case ACC_OPTION_CHOICE:
        return set_choice(s);
    case ACC_OPTION_STRING:
    case ACC_OPTION_OPTIONAL:
        *(const char **)s->target = s->value;
        return ACC_OK;
    case ACC_OPTION_INT:
        return set_int(s);
    case ACC_OPTION_BYTES:
        return set_bytes(s);
    case ACC_OPTION_SECONDS:
        return set_seconds(s);
    case ACC_OPTION_RATE:
        return set_rate(s);
    }
    abort();
}

enum acc_code acc_option_set(const struct acc_option *option, void *target, const char *value,
                             const char *said, enum acc_code code, struct acc_error *err)
{
    if (*value == '\0')
        return acc_error_set(err, code, "%s: its value is empty%s", said,
                             code == ACC_USAGE ? "; a shell variable that is not set, perhaps."
                                               : ". Give it a value, or remove it.");
    struct acc_str shown = {0};
    acc_path_show(&shown, value, strlen(value));
    enum acc_code result =
        set(&(struct setting){option, target, value, said, acc_str_cstr(&shown), code, err});
    acc_str_release(&shown);
    return result;
}
