/* The configuration file: what users would otherwise type with every command.
 *
 *     ledger = /var/lib/accession/ledger.db       before the first section: for every archive
 *
 *     [archive]                                   accession ingest BAG archive:SUB/PREFIX
 *     url = s3://wellcome-archive/digitised
 *     profile = archive
 *     storage-class = DEEP_ARCHIVE
 *
 * A key is the long name of an option, so whatever a command accepts can be configured; `url` is
 * the destination that the section's name stands for. A line is "key = value" to its end; lines
 * that begin with # or ; are comments; a list has a line for each item; a flag is yes or no.
 *
 * /etc/accession.conf is read first, then ~/.config/accession/accession.conf, whose lines win;
 * --config or ACCESSION_CONFIG names another file instead of both.
 *
 * Errors: ACC_CONFIG, with file and line. Threads: one at a time.
 */
#ifndef ACC_CLI_SETTINGS_H
#define ACC_CLI_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include <accession/error.h>

struct acc_setting {
    const char *section; /* "" before the first */
    const char *key, *value;
    const char *said; /* "/etc/accession.conf:3: jobs" */
    const char *file;
    unsigned line;
};

struct acc_settings {
    struct acc_setting *rows; /* in the order read: a later one of another file wins */
    size_t count;
    char **owned; /* every string of the rows, and of acc_settings_keep() */
    size_t owned_count;
};

/* `config`: the file that the user named, or NULL. Files of the default places may be missing. */
enum acc_code acc_settings_read(struct acc_settings *settings, const char *config,
                                struct acc_error *err);
void acc_settings_release(struct acc_settings *settings);

bool acc_settings_has(const struct acc_settings *settings, const char *section);
/* The `index`-th value of a key: of the section if that has it, else of the lines before the first
 * section; of the last file that has it. NULL if there are no more. */
const struct acc_setting *acc_settings_find(const struct acc_settings *settings,
                                            const char *section, const char *key, size_t index);
/* "archive:SUB/PREFIX" as its URL, when `word` begins with a section's name and a colon; `section`
 * is set too. NULL in `url` when it does not. */
enum acc_code acc_settings_resolve(struct acc_settings *settings, const char *word,
                                   const char **url, const char **section, struct acc_error *err);
/* Keeps a string (from malloc) until the settings are released; returns it. */
const char *acc_settings_keep(struct acc_settings *settings, char *text);

#endif
