/* Parses a command line by its tables. On the happy path every option writes its target and every
 * word its slot. It stops at the first thing it does not understand and says so in one line. Lists
 * are the only memory made; acc_options_release() frees them. */
#include "cli/options.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

#define EACH_GROUP(group, syntax)                                                                  \
    for (const struct acc_option_group *group = (syntax)->groups; group->title != NULL; group++)
#define EACH_OPTION(option, group)                                                                 \
    for (const struct acc_option *option = (group)->options; option->name != NULL; option++)

struct parser {
    const struct acc_syntax *syntax;
    void *target;
    const struct acc_option *seen[64]; /* options with a value, to notice a second one */
    size_t seen_count;
    struct acc_error *err;
};

struct found {
    const struct acc_option *option;
    void *target;
};

/* What the user typed, fit for one line of a terminal. */
#define SHOWN(name, text)                                                                          \
    struct acc_str name __attribute__((cleanup(acc_str_release))) = {0};                           \
    acc_path_show(&name, text, strlen(text))

static struct found find(const struct parser *p, const char *name, size_t len, char letter)
{
    EACH_GROUP(group, p->syntax)
    EACH_OPTION(option, group)
    {
        bool same = letter ? option->letter == letter
                           : strlen(option->name) == len && memcmp(option->name, name, len) == 0;
        if (same)
            return (struct found){option, (char *)p->target + group->base + option->offset};
    }
    return (struct found){0};
}

static const char *nth_option(const void *arg, size_t index)
{
    const struct acc_syntax *syntax = arg;
    EACH_GROUP(group, syntax)
    EACH_OPTION(option, group)
    {
        if (index-- == 0)
            return option->name;
    }
    return NULL;
}

static enum acc_code unknown_option(const struct parser *p, const char *typed, const char *name)
{
    SHOWN(shown, typed);
    const char *near = name != NULL ? acc_suggest(name, nth_option, p->syntax) : NULL;
    if (near != NULL)
        return acc_error_set(p->err, ACC_USAGE, "%s: no such option. Did you mean --%s?",
                             shown.data, near);
    return acc_error_set(p->err, ACC_USAGE,
                         "%s: no such option. See what there is: accession %s --help", shown.data,
                         p->syntax->command);
}

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

static enum acc_code bad_choice(const struct parser *p, const struct acc_option *option,
                                const char *shown)
{
    struct acc_str list = {0};
    for (size_t i = 0; option->choices[i] != NULL; i++)
        acc_str_addf(&list, "%s%s",
                     i == 0                           ? ""
                     : option->choices[i + 1] == NULL ? " or "
                                                      : ", ",
                     option->choices[i]);
    acc_error_set(p->err, ACC_USAGE, "--%s %s: must be %s.", option->name, shown, list.data);
    acc_str_release(&list);
    return ACC_USAGE;
}

static enum acc_code set_number(const struct parser *p, struct found f, const char *value,
                                const char *shown)
{
    const struct acc_option *option = f.option;
    long long number;
    if (option->kind == ACC_OPTION_INT) {
        if (!acc_parse_int(value, option->min, option->max, &number))
            return acc_error_set(p->err, ACC_USAGE,
                                 "--%s %s: must be a whole number from %lld to %lld.", option->name,
                                 shown, option->min, option->max);
        *(int *)f.target = (int)number;
    } else if (option->kind == ACC_OPTION_BYTES) {
        if (!acc_parse_bytes(value, &number) || number < option->min || number > option->max) {
            char min[32], max[32];
            return acc_error_set(p->err, ACC_USAGE,
                                 "--%s %s: must be a size from %s to %s, written like 64M or 1G.",
                                 option->name, shown, acc_show_bytes((double)option->min, min),
                                 acc_show_bytes((double)option->max, max));
        }
        *(int64_t *)f.target = number;
    } else {
        if (!acc_parse_duration(value, &number) || number < option->min * 1000 ||
            number > option->max * 1000)
            return acc_error_set(
                p->err, ACC_USAGE,
                "--%s %s: must be a time from %lld to %lld seconds, written like 30s or 2m.",
                option->name, shown, option->min, option->max);
        *(int *)f.target = (int)(number / 1000);
    }
    return ACC_OK;
}

static bool seen_before(struct parser *p, const struct acc_option *option)
{
    for (size_t i = 0; i < p->seen_count; i++)
        if (p->seen[i] == option)
            return true;
    if (p->seen_count < ACC_COUNT_OF(p->seen))
        p->seen[p->seen_count++] = option;
    return false;
}

static enum acc_code set_value(struct parser *p, struct found f, const char *value)
{
    const struct acc_option *option = f.option;
    if (*value == '\0')
        return acc_error_set(p->err, ACC_USAGE,
                             "--%s: its value is empty; a shell variable that is not set, perhaps.",
                             option->name);
    if (option->kind != ACC_OPTION_LIST && seen_before(p, option))
        return acc_error_set(p->err, ACC_USAGE, "--%s: given twice; once is enough.", option->name);

    SHOWN(shown, value);
    switch (option->kind) {
    case ACC_OPTION_LIST:
        add_to_list(f.target, value);
        return ACC_OK;
    case ACC_OPTION_CHOICE:
        for (size_t i = 0; option->choices[i] != NULL; i++)
            if (strcmp(option->choices[i], value) == 0) {
                *(const char **)f.target = value;
                return ACC_OK;
            }
        return bad_choice(p, option, shown.data);
    case ACC_OPTION_STRING:
        *(const char **)f.target = value;
        return ACC_OK;
    default:
        return set_number(p, f, value, shown.data);
    }
}

/* One option; `inline_value` is what stood in the same argument, `next` the argument after it. */
static enum acc_code take_option(struct parser *p, struct found f, const char *inline_value,
                                 const char *next, bool *used_next)
{
    const struct acc_option *option = f.option;
    if (option->kind == ACC_OPTION_FLAG) {
        if (inline_value != NULL)
            return acc_error_set(p->err, ACC_USAGE, "--%s: takes no value.", option->name);
        *(bool *)f.target = true;
        return ACC_OK;
    }
    if (inline_value != NULL)
        return set_value(p, f, inline_value);
    if (next == NULL)
        return acc_error_set(p->err, ACC_USAGE, "--%s: its value is missing: --%s %s", option->name,
                             option->name, option->value);
    if (acc_starts_with(next, "--")) {
        SHOWN(shown, next);
        return acc_error_set(
            p->err, ACC_USAGE,
            "--%s: its value is missing before %s (if that is the value: --%s=%s).", option->name,
            shown.data, option->name, shown.data);
    }
    *used_next = true;
    return set_value(p, f, next);
}

static enum acc_code take_long(struct parser *p, const char *arg, const char *next, bool *used_next)
{
    const char *name = arg + 2, *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    struct found f = find(p, name, len, 0);
    if (f.option != NULL)
        return take_option(p, f, equals ? equals + 1 : NULL, next, used_next);
    char *alone = acc_strndup(name, len), *typed = acc_strndup(arg, len + 2);
    enum acc_code code = unknown_option(p, typed, alone);
    free(alone);
    free(typed);
    return code;
}

static enum acc_code take_short(struct parser *p, const char *arg, const char *next,
                                bool *used_next)
{
    for (const char *at = arg + 1; *at; at++) {
        struct found f = find(p, NULL, 0, *at);
        if (f.option == NULL)
            return unknown_option(p, arg, NULL);
        bool flag = f.option->kind == ACC_OPTION_FLAG;
        enum acc_code code =
            take_option(p, f, !flag && at[1] ? at + 1 : NULL, flag ? NULL : next, used_next);
        if (code != ACC_OK || !flag)
            return code;
    }
    return ACC_OK;
}

static enum acc_code take_word(struct parser *p, const char *arg, const char *words[],
                               size_t *count)
{
    if (p->syntax->words[*count] != NULL) {
        words[(*count)++] = arg;
        return ACC_OK;
    }
    SHOWN(shown, arg);
    return acc_error_set(p->err, ACC_USAGE,
                         "%s: one word too many. Put names that hold spaces in quotes.",
                         shown.data);
}

static bool wants_help(int argc, char *const *argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* A bucket stands last: where one was given too early, it is the word before it that is missing. */
static enum acc_code missing_word(const struct acc_syntax *syntax, const char *const *words,
                                  size_t count, struct acc_error *err)
{
    if (syntax->words[count] == NULL || syntax->words[count][0] == '[')
        return ACC_OK;
    bool early = count > 0 && acc_starts_with(words[count - 1], "s3://");
    return acc_error_set(err, ACC_USAGE,
                         "%s is missing. How it is used: accession %s %s; more: accession %s "
                         "--help",
                         syntax->words[early ? count - 1 : count], syntax->command, syntax->usage,
                         syntax->command);
}

enum acc_code acc_options_parse(const struct acc_syntax *syntax, int argc, char *const *argv,
                                void *target, const char *words[ACC_WORDS_MAX], bool *help,
                                struct acc_error *err)
{
    struct parser p = {.syntax = syntax, .target = target, .err = err};
    size_t count = 0;
    bool only_words = false;
    *help = wants_help(argc, argv);
    if (*help)
        return ACC_OK;
    for (int i = 0; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool used_next = false;
        enum acc_code code = ACC_OK;
        if (only_words || argv[i][0] != '-' || argv[i][1] == '\0')
            code = take_word(&p, argv[i], words, &count);
        else if (strcmp(argv[i], "--") == 0)
            only_words = true;
        else if (argv[i][1] == '-')
            code = take_long(&p, argv[i], next, &used_next);
        else
            code = take_short(&p, argv[i], next, &used_next);
        if (code != ACC_OK)
            return code;
        i += used_next;
    }
    return missing_word(syntax, words, count, err);
}

void acc_options_release(const struct acc_syntax *syntax, void *target)
{
    EACH_GROUP(group, syntax)
    EACH_OPTION(option, group)
    {
        if (option->kind != ACC_OPTION_LIST)
            continue;
        const char *const **list = (void *)((char *)target + group->base + option->offset);
        free((void *)*list);
        *list = NULL;
    }
}
