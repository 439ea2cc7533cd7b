/* The command line as a whole: a table of commands, each with its table of options.
 *
 * A new command is a file cmd_NAME.c that defines a struct acc_command, a line below and a row in
 * commands.c. A new option is a row in its command's table.
 */
#ifndef ACC_CLI_CLI_H
#define ACC_CLI_CLI_H

#include <stdio.h>

#include <accession/connection.h>
#include <accession/error.h>
#include <accession/manifest.h>
#include <accession/object.h>
#include "cli/options.h"
#include "cli/render/render.h"

struct acc_command;
struct acc_settings;

/* Where a command reads and writes; what the user typed, and what is configured. */
struct acc_cli {
    FILE *out, *err;
    const char *command_line;                  /* quoted for a shell */
    const struct acc_command *const *commands; /* all of them; NULL-terminated */
    struct acc_program_options program;
    struct acc_settings *settings;    /* of the configuration files */
    char **given;                     /* the options of the line, as acc_parse has them */
    const char *typed[ACC_WORDS_MAX]; /* the words before a destination's name was resolved */
    const char **typed_rest;          /* the same of those beyond the slots; NULL-terminated, or
                                         NULL if none can be a destination */
};

struct acc_exit_status {
    int status;
    const char *meaning;
};

struct acc_command {
    struct acc_syntax syntax;
    const char *summary;                 /* one line for the list of commands; NULL: not listed */
    const char *about;                   /* paragraphs, with a blank line between */
    const char *const *examples;         /* a remark and a command line in turn; NULL-terminated */
    const struct acc_exit_status *exits; /* ends with a row without a meaning */
    /* `argv` holds what follows the command's name. Returns the exit status. */
    int (*run)(struct acc_cli *cli, int argc, char *const *argv);
};

extern const struct acc_command acc_command_config;
extern const struct acc_command acc_command_ledger;
extern const struct acc_command acc_command_ingest;
extern const struct acc_command acc_command_internals;
extern const struct acc_command acc_command_find;
extern const struct acc_command acc_command_list;
extern const struct acc_command acc_command_show;
extern const struct acc_command acc_command_manifest;
extern const struct acc_command acc_command_policy;
extern const struct acc_command acc_command_probe;
extern const struct acc_command acc_command_uploads;
extern const struct acc_command acc_command_report;
extern const struct acc_command acc_command_replicate;
extern const struct acc_command acc_command_restore;
extern const struct acc_command acc_command_status;
extern const struct acc_command acc_command_verify;
extern const struct acc_command acc_command_watch;

/* Groups of options that commands share, and where they put what was said. */
struct acc_output_options {
    bool json, quiet;
    const char *color;
};
struct acc_progress_options {
    bool hidden;
    const char *title;
};
extern const struct acc_option acc_connection_options[]; /* struct acc_connection */
extern const struct acc_option acc_source_options[];     /* the same, of a source in a bucket */
extern const struct acc_option acc_target_options[];     /* the same, of a copy */
extern const struct acc_option acc_object_options[];     /* struct acc_object_options */
extern const struct acc_option acc_rule_options[];       /* const char *const * */
extern const struct acc_option acc_output_options[];     /* struct acc_output_options */
extern const struct acc_option acc_progress_options[];   /* struct acc_progress_options */
/* Defaults other than the number 0. */
void acc_connection_defaults(struct acc_connection *connection);
/* Fills what the options of one side ("source-" or "target-") did not say from the other side's
 * connection: all of it, unless they name another server or profile, to which endpoint, region and
 * certificates do not belong. */
void acc_connection_of_side(struct acc_connection *connection, const char *side,
                            const struct acc_connection *other);
/* Forgets the server, and by whose keys it was spoken to. */
void acc_connection_leave(struct acc_connection *connection);
enum acc_code acc_connection_check(const struct acc_connection *connection, struct acc_error *err);

/* Parses a command's line, and fills in what it leaves open. True when there is nothing more to do:
 * help was printed, or an error; `status` is then the exit status. */
bool acc_cli_parse(struct acc_cli *cli, const struct acc_command *command, int argc,
                   char *const *argv, void *target, const char *words[ACC_WORDS_MAX], int *status);
/* The second half of that: destinations by name, environment variables, the configuration file;
 * starts tracing if --debug or ACCESSION_DEBUG asks for it. */
enum acc_code acc_cli_configure(struct acc_cli *cli, struct acc_parse *parse,
                                struct acc_error *err);
/* The sections of the configuration whose names stand on the line, or NULL. */
struct acc_named {
    const char *section;
    const char *target; /* of a command with two destinations: the second's */
};
/* Words that name destinations become URLs. ACC_CONFIG and ACC_USAGE for those that cannot. */
enum acc_code acc_cli_name_destinations(struct acc_cli *cli, struct acc_parse *parse,
                                        struct acc_named *named, struct acc_error *err);
/* Reads the configuration files and checks their keys; cli->settings has them. */
enum acc_code acc_cli_read_settings(struct acc_cli *cli, struct acc_error *err);
/* The environment variable of an option: "ACCESSION_PART_SIZE". */
void acc_cli_variable(const struct acc_option *option, struct acc_str *name);
/* The number-th option of all commands, with repetitions; NULL after the last. */
const struct acc_option *acc_cli_nth_option(const struct acc_cli *cli, size_t number);
/* The `index`-th value that an option has if no line gives it, for a destination of `section` or
 * (NULL) any: of the environment, else of the configuration. `said` receives where it stands. */
const char *acc_cli_configured(struct acc_cli *cli, const char *section,
                               const struct acc_option *option, size_t index, const char **said);
/* accession config show [NAME]. Returns the exit status. */
int acc_config_show(struct acc_cli *cli, const struct acc_output_options *output, const char *name);
/* One line on standard error; returns the exit status of the error. */
int acc_cli_fail(struct acc_cli *cli, const struct acc_error *err);
/* The renderer that the user asked for. */
struct acc_render *acc_cli_render(struct acc_cli *cli, const struct acc_output_options *output,
                                  const struct acc_progress_options *progress, const char *source,
                                  const char *url, const struct acc_connection *connection);

/* Options about manifests; acc_manifest_cli_check() makes the rules of them. */
struct acc_manifest_cli {
    struct acc_manifest_rules rules; /* what options write directly */
    const char *undigested, *archive_manifest;
};
extern const struct acc_option acc_manifest_reading_options[]; /* how they are read */
extern const struct acc_option
    acc_manifest_package_options[]; /* of a SOURCE that is a tar or zip */
extern const struct acc_option acc_manifest_delivery_options[]; /* what a delivery must meet */
enum acc_code acc_manifest_cli_check(const struct acc_manifest_cli *given,
                                     struct acc_manifest_rules *rules, struct acc_error *err);

void acc_help_program(FILE *out, const struct acc_command *const *commands);
void acc_help_command(FILE *out, const struct acc_command *command);

/* The whole program but its process-wide settings. Returns the exit status. */
int acc_cli_main(int argc, char *const *argv, FILE *out, FILE *err);

#endif
