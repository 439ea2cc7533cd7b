/* Parses a command line by its tables. On the happy path every option writes its target and every
 * word its slot; then the environment and the configuration fill what the line does not give. It
 * stops at the first thing it does not understand and says so in one line. Lists are the only
 * memory made; acc_options_release() frees them. */
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

struct found {
    const struct acc_option *option;
    void *target;
};

/* The user's text, fit for one line of a terminal. */
#define SHOWN(name, text)                                                                          \
    struct acc_str name __attribute__((cleanup(acc_str_release))) = {0};                           \
    acc_path_show(&name, text, strlen(text))

static bool is_named(const struct acc_option *option, const char *name, size_t len, char letter)
{
    return letter ? option->letter == letter
                  : strlen(option->name) == len && memcmp(option->name, name, len) == 0;
}

static struct found find(const struct acc_parse *p, const char *name, size_t len, char letter)
{
    ACC_EACH_GROUP (group, p->syntax)
        ACC_EACH_OPTION (option, group->options) {
            if (is_named(option, name, len, letter))
                return (struct found){option, (char *)p->target + group->base + option->offset};
        }
    ACC_EACH_OPTION (option, acc_program_options) {
        if (is_named(option, name, len, letter))
            return (struct found){option, (char *)p->program + option->offset};
    }
    return (struct found){0};
}

static const char *nth_option(const void *arg, size_t index)
{
    const struct acc_syntax *syntax = arg;
    ACC_EACH_GROUP (group, syntax)
        ACC_EACH_OPTION (option, group->options) {
            if (index-- == 0)
                return option->name;
        }
    ACC_EACH_OPTION (option, acc_program_options) {
        if (index-- == 0)
            return option->name;
    }
    return NULL;
}

static enum acc_code unknown_option(const struct acc_parse *p, const char *typed, const char *name,
                                    struct acc_error *err)
{
    SHOWN(shown, typed);
    const char *near = name != NULL ? acc_suggest(name, nth_option, p->syntax) : NULL;
    if (near != NULL)
        return acc_error_set(err, ACC_USAGE, "%s: no such option. Did you mean --%s?", shown.data,
                             near);
    return acc_error_set(err, ACC_USAGE, "%s: no such option. List them: accession %s --help",
                         shown.data, p->syntax->command);
}

static bool was_seen(const struct acc_parse *p, const struct acc_option *option)
{
    for (size_t i = 0; i < p->seen_count; i++)
        if (p->seen[i] == option)
            return true;
    return false;
}

static void note_seen(struct acc_parse *p, const struct acc_option *option)
{
    if (was_seen(p, option))
        return;
    if (p->seen_count == ACC_OPTIONS_MAX)
        abort(); /* a command has more options than ACC_OPTIONS_MAX */
    p->seen[p->seen_count++] = option;
}

static void note_given(struct acc_parse *p, const struct acc_option *option, const char *value)
{
    struct acc_str text = {0};
    acc_str_addf(&text, "--%s=%s", option->name, value);
    p->given = acc_realloc(p->given, (p->given_count + 2) * sizeof *p->given);
    p->given[p->given_count++] = acc_str_detach(&text);
    p->given[p->given_count] = NULL;
}

void acc_options_given_release(char **given)
{
    for (size_t i = 0; given != NULL && given[i] != NULL; i++)
        free(given[i]);
    free(given);
}

static enum acc_code set_value(struct acc_parse *p, struct found f, const char *value,
                               struct acc_error *err)
{
    const struct acc_option *option = f.option;
    char said[64];
    snprintf(said, sizeof said, "--%s", option->name);
    if (option->kind != ACC_OPTION_LIST && was_seen(p, option))
        return acc_error_set(err, ACC_USAGE, "%s: given twice; once is enough.", said);
    note_seen(p, option);
    note_given(p, option, value);
    return acc_option_set(option, f.target, value, said, ACC_USAGE, err);
}

static enum acc_code take_flag(struct acc_parse *p, struct found f, const char *inline_value,
                               struct acc_error *err)
{
    const char *value = inline_value != NULL ? inline_value : "yes";
    char said[64];
    snprintf(said, sizeof said, "--%s", f.option->name);
    note_seen(p, f.option);
    note_given(p, f.option, value);
    return acc_option_set(f.option, f.target, value, said, ACC_USAGE, err);
}

/* One option; `inline_value` is what stood in the same argument, `next` the argument after it. */
static enum acc_code take_option(struct acc_parse *p, struct found f, const char *inline_value,
                                 const char *next, bool *used_next, struct acc_error *err)
{
    const struct acc_option *option = f.option;
    if (option->kind == ACC_OPTION_FLAG)
        return take_flag(p, f, inline_value, err);
    if (inline_value != NULL)
        return set_value(p, f, inline_value, err);
    if (option->kind == ACC_OPTION_OPTIONAL)
        return set_value(p, f, "all", err);
    if (next == NULL)
        return acc_error_set(err, ACC_USAGE, "--%s: its value is missing: --%s %s", option->name,
                             option->name, option->value);
    if (acc_starts_with(next, "--")) {
        SHOWN(shown, next);
        return acc_error_set(
            err, ACC_USAGE, "--%s: its value is missing before %s (if that is the value: --%s=%s).",
            option->name, shown.data, option->name, shown.data);
    }
    *used_next = true;
    return set_value(p, f, next, err);
}

static enum acc_code take_long(struct acc_parse *p, const char *arg, const char *next,
                               bool *used_next, struct acc_error *err)
{
    const char *name = arg + 2, *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    struct found f = find(p, name, len, 0);
    if (f.option != NULL)
        return take_option(p, f, equals ? equals + 1 : NULL, next, used_next, err);
    char *alone = acc_strndup(name, len), *typed = acc_strndup(arg, len + 2);
    enum acc_code code = unknown_option(p, typed, alone, err);
    free(alone);
    free(typed);
    return code;
}

static enum acc_code take_short(struct acc_parse *p, const char *arg, const char *next,
                                bool *used_next, struct acc_error *err)
{
    for (const char *at = arg + 1; *at; at++) {
        struct found f = find(p, NULL, 0, *at);
        if (f.option == NULL)
            return unknown_option(p, arg, NULL, err);
        bool flag = f.option->kind == ACC_OPTION_FLAG;
        enum acc_code code =
            take_option(p, f, !flag && at[1] ? at + 1 : NULL, flag ? NULL : next, used_next, err);
        if (code != ACC_OK || !flag)
            return code;
    }
    return ACC_OK;
}

static enum acc_code take_word(struct acc_parse *p, const char *arg, size_t *count,
                               struct acc_error *err)
{
    const char *word = p->syntax->words[*count];
    if (word != NULL && acc_ends_with(word, "...]")) {
        /* The word in the slot that follows was one of these, now that another one comes. */
        const char **last = &p->words[*count + 1], *before = *last;
        if (p->syntax->words[*count + 1] == NULL)
            before = arg;
        else
            *last = arg;
        return before == NULL
                   ? ACC_OK
                   : acc_option_set(p->syntax->rest, (char *)p->target + p->syntax->rest->offset,
                                    before, word, ACC_USAGE, err);
    }
    if (word != NULL) {
        p->words[(*count)++] = arg;
        return ACC_OK;
    }
    SHOWN(shown, arg);
    return acc_error_set(err, ACC_USAGE,
                         "%s: unexpected argument. Put names that contain spaces in quotes.",
                         shown.data);
}

static bool wants_help(int argc, char *const *argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* A bucket comes last: if one was given too early, the word before it is the missing one. */
static enum acc_code missing_word(const struct acc_syntax *syntax, const char *const *words,
                                  size_t count, struct acc_error *err)
{
    if (syntax->words[count] == NULL || syntax->words[count][0] == '[')
        return ACC_OK;
    bool early = count > 0 && acc_starts_with(words[count - 1], "s3://");
    return acc_error_set(
        err, ACC_USAGE, "%s is missing. Usage: accession %s %s; more: accession %s --help",
        syntax->words[early ? count - 1 : count], syntax->command, syntax->usage, syntax->command);
}

enum acc_code acc_options_parse(struct acc_parse *p, int argc, char *const *argv,
                                struct acc_error *err)
{
    size_t count = 0;
    bool only_words = false;
    p->help = wants_help(argc, argv);
    if (p->help)
        return ACC_OK;
    for (int i = 0; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool used_next = false;
        enum acc_code code = ACC_OK;
        if (only_words || argv[i][0] != '-' || argv[i][1] == '\0')
            code = take_word(p, argv[i], &count, err);
        else if (strcmp(argv[i], "--") == 0)
            only_words = true;
        else if (argv[i][1] == '-')
            code = take_long(p, argv[i], next, &used_next, err);
        else
            code = take_short(p, argv[i], next, &used_next, err);
        if (code != ACC_OK)
            return code;
        i += used_next;
    }
    return missing_word(p->syntax, p->words, count, err);
}

static enum acc_code fill_one(struct acc_parse *p, const struct acc_option *option, void *target,
                              const struct acc_option_source *source, struct acc_error *err)
{
    const char *value, *said;
    if (was_seen(p, option))
        return ACC_OK;
    for (size_t i = 0; (value = source->value(source->arg, option, i, &said)) != NULL; i++) {
        enum acc_code code = acc_option_set(option, target, value, said, ACC_CONFIG, err);
        if (code != ACC_OK || option->kind != ACC_OPTION_LIST)
            return code;
    }
    return ACC_OK;
}

enum acc_code acc_options_fill(struct acc_parse *p, const struct acc_option_source *source,
                               struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    ACC_EACH_GROUP (group, p->syntax)
        ACC_EACH_OPTION (option, group->options) {
            void *target = (char *)p->target + group->base + option->offset;
            if (code == ACC_OK)
                code = fill_one(p, option, target, source, err);
        }
    ACC_EACH_OPTION (option, acc_program_options) {
        if (code == ACC_OK)
            code = fill_one(p, option, (char *)p->program + option->offset, source, err);
    }
    return code;
}

static void release_list(void *target)
{
    const char *const **list = target;
    free((void *)*list);
    *list = NULL;
}

void acc_options_release(const struct acc_syntax *syntax, void *target)
{
    if (syntax->rest != NULL)
        release_list((char *)target + syntax->rest->offset);
    ACC_EACH_GROUP (group, syntax)
        ACC_EACH_OPTION (option, group->options) {
            if (option->kind == ACC_OPTION_LIST)
                release_list((char *)target + group->base + option->offset);
        }
}
