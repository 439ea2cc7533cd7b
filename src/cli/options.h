/* Command-line options as tables: an option is a row, and everything said of it (parsing, errors,
 * help) comes from that row.
 *
 * A command's options live in one struct. A group is a table of options that write into one part of
 * it, `base` bytes from its beginning, so that commands share groups (connection, output).
 *
 *     struct mine { struct acc_connection connection; bool loud; } mine = {0};
 *     acc_options_parse(&syntax, argc, argv, &mine, words, err);
 *     ...
 *     acc_options_release(&syntax, &mine);
 *
 * Grammar: --name VALUE, --name=VALUE, -n VALUE, -nVALUE; options and words in any order; "--" ends
 * the options. Names are never abbreviated. A value that begins with "--" is taken only as
 * --name=--value, since it nearly always is a forgotten value.
 */
#ifndef ACC_CLI_OPTIONS_H
#define ACC_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include <accession/error.h>

enum acc_option_kind {
    ACC_OPTION_FLAG,    /* bool */
    ACC_OPTION_STRING,  /* const char *; the last and only one */
    ACC_OPTION_LIST,    /* const char *const *: NULL-terminated, made by the parser; repeatable */
    ACC_OPTION_CHOICE,  /* const char *: one of `choices` */
    ACC_OPTION_INT,     /* int (or unsigned), min to max */
    ACC_OPTION_BYTES,   /* int64_t, min to max */
    ACC_OPTION_SECONDS, /* int, min to max seconds */
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

#define ACC_WORDS_MAX 4

struct acc_syntax {
    const char *command;                   /* "ingest" */
    const char *usage;                     /* what follows it: "[options] SOURCE s3://BUCKET" */
    const struct acc_option_group *groups; /* ends with a row without a title */
    const char *const *words; /* the words that must be there: "SOURCE", …; then those that may,
                                 in brackets: "[SOURCE]"; NULL-terminated */
};

/* `argv` holds what follows the command's name. Sets the targets of the options given and the words
 * (pointers into argv, as many as syntax->words names), or returns ACC_USAGE with one line. Strings
 * point into argv. With --help anywhere, `help` is set and nothing else is checked. */
enum acc_code acc_options_parse(const struct acc_syntax *syntax, int argc, char *const *argv,
                                void *target, const char *words[ACC_WORDS_MAX], bool *help,
                                struct acc_error *err);
/* Frees the lists that the parser made, also after an error. */
void acc_options_release(const struct acc_syntax *syntax, void *target);

/* The candidate that `text` is most likely a misspelling of, or NULL when none is near. `candidate`
 * is called with 0, 1, … until it returns NULL. */
const char *acc_suggest(const char *text, const char *(*candidate)(const void *arg, size_t index),
                        const void *arg);

#endif
