/* Command-line options as tables: an option is a row, and everything about it (parsing, errors,
 * help, completions, the manual, the configuration file) comes from that row.
 *
 * A command's options live in one struct. A group is a table of options that write into one part of
 * it, `base` bytes from its beginning, so that commands share groups (connection, output).
 *
 *     struct mine { struct acc_connection connection; bool loud; } mine = {0};
 *     struct acc_parse parse = {.syntax = &syntax, .target = &mine, .program = &program};
 *     acc_options_parse(&parse, argc, argv, err);     the line
 *     acc_options_fill(&parse, &source, err);         options that the line lacks
 *     ...
 *     acc_options_release(&syntax, &mine);
 *
 * Grammar: --name VALUE, --name=VALUE, -n VALUE, -nVALUE; options and words in any order; "--" ends
 * the options. Names are never abbreviated. A value that begins with "--" is accepted only as
 * --name=--value, since it nearly always is a forgotten value. A flag may be written as --flag=yes
 * or
 * --flag=no. */
#ifndef ACC_CLI_OPTIONS_H
#define ACC_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include <accession/error.h>

enum acc_option_kind {
    ACC_OPTION_FLAG,     /* bool */
    ACC_OPTION_STRING,   /* const char *; the last and only one */
    ACC_OPTION_OPTIONAL, /* const char *: what follows "=", or "all" for the option alone */
    ACC_OPTION_LIST,     /* const char *const *: NULL-terminated, made by the parser; repeatable */
    ACC_OPTION_CHOICE,   /* const char *: one of `choices` */
    ACC_OPTION_INT,      /* int (or unsigned), min to max */
    ACC_OPTION_BYTES,    /* int64_t, min to max */
    ACC_OPTION_SECONDS,  /* int, min to max seconds */
    ACC_OPTION_RATE,     /* const char *: a plan as base/rate_plan.h reads it */
};

struct acc_option {
    const char *name;  /* without "--" */
    char letter;       /* short form, or 0 */
    const char *value; /* what help calls the value; NULL for flags */
    enum acc_option_kind kind;
    size_t offset; /* of the target within its group's struct */
    const char *help;
    long long min, max;
    const char *const *choices; /* NULL-terminated */
};

struct acc_option_group {
    const char *title;                /* "Connection"; "" when it goes on under the title before */
    const struct acc_option *options; /* ends with a row without a name */
    size_t base;
};

/* Walks a syntax's groups, and a group's options. */
#define ACC_EACH_GROUP(group, syntax)                                                              \
    for (const struct acc_option_group *group = (syntax)->groups; group->title != NULL; group++)
#define ACC_EACH_OPTION(option, table)                                                             \
    for (const struct acc_option *option = (table); option->name != NULL; option++)

/* The options that every command accepts beside those of its own tables. */
struct acc_program_options {
    const char *config;     /* --config FILE */
    const char *debug;      /* --debug[=AREA,...] */
    const char *debug_file; /* --debug-file FILE */
};
extern const struct acc_option acc_program_options[];

#define ACC_WORDS_MAX 4
#define ACC_OPTIONS_MAX 128

struct acc_syntax {
    const char *command;                   /* "ingest" */
    const char *usage;                     /* what follows it: "[options] SOURCE s3://BUCKET" */
    const struct acc_option_group *groups; /* ends with a row without a title */
    const char *const *words; /* the words that must be there: "SOURCE", …; then those that may,
                                 in brackets: "[SOURCE]"; NULL-terminated. "[SOURCE...]" takes all
                                 words but the one of the slot that follows it, if there is one */
    const struct acc_option *rest; /* where those of "[SOURCE...]" go; of kind LIST, or NULL */
};

struct acc_parse {
    const struct acc_syntax *syntax;     /* set by the caller, as are the two targets */
    void *target;                        /* the command's own struct */
    struct acc_program_options *program; /* of the options that every command accepts */
    const char *words[ACC_WORDS_MAX];    /* pointers into argv, as many as syntax->words names */
    bool help;                           /* --help was given, and nothing else was checked */
    char **given; /* "--jobs=4": the options as another process could be given them;
                     NULL-terminated, or NULL; acc_options_given_release() */
    size_t given_count;
    const struct acc_option *seen[ACC_OPTIONS_MAX]; /* the options given */
    size_t seen_count;
};

/* Where options come from that the line does not give. `value` returns the `index`-th value of an
 * option, or NULL; `said` receives where it stands: "ACCESSION_JOBS", "/etc/accession.conf:3:
 * jobs". Values and `said` live as long as the targets. */
struct acc_option_source {
    const char *(*value)(void *arg, const struct acc_option *option, size_t index,
                         const char **said);
    void *arg;
};

/* `argv` holds what follows the command's name. Sets the targets of the options given, and the
 * words; or returns ACC_USAGE with one line. Strings point into argv. */
enum acc_code acc_options_parse(struct acc_parse *parse, int argc, char *const *argv,
                                struct acc_error *err);
/* Sets the options that the line did not give. ACC_CONFIG when a value is not usable. */
enum acc_code acc_options_fill(struct acc_parse *parse, const struct acc_option_source *source,
                               struct acc_error *err);
void acc_options_given_release(char **given);
/* Frees the lists that the parser made, also after an error. */
void acc_options_release(const struct acc_syntax *syntax, void *target);

/* Sets one option from its text; `said` is what messages call it ("--jobs"). Fails with `code`. */
enum acc_code acc_option_set(const struct acc_option *option, void *target, const char *value,
                             const char *said, enum acc_code code, struct acc_error *err);

/* The candidate that `text` is most likely a misspelling of, or NULL when none is near. `candidate`
 * is called with 0, 1, … until it returns NULL. */
const char *acc_suggest(const char *text, const char *(*candidate)(const void *arg, size_t index),
                        const void *arg);

#endif
