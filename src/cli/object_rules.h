/* Rules: other attributes for some files, from the option --rule and from sections of the
 * configuration file, which become texts of that option.
 *
 *     --rule 'masters: match=*.tif, *.mxf; storage-class=DEEP_ARCHIVE; tag=kind=master'
 *
 *     [archive.rule.masters]          of the archive's destinations; [rule.masters]: of all others
 *     match = *.tif, *.mxf
 *     storage-class = DEEP_ARCHIVE
 *     tag = kind=master
 *
 * What a rule does not say is as for every other file. The first rule that matches a file holds.
 *
 * Errors: ACC_USAGE with the rule's name; ACC_CONFIG with file and line. */
#ifndef ACC_CLI_OBJECT_RULES_H
#define ACC_CLI_OBJECT_RULES_H

#include <accession/object.h>
#include "cli/settings.h"

struct acc_object_rules {
    struct acc_object_rule *rules;
    size_t count;
    char **texts; /* every string of the rules points into one of them, or is the usual one */
    const struct acc_object_options *usual;
};

/* `texts` is NULL-terminated, or NULL; `usual` is borrowed, as are its strings. Release in every
 * case. */
enum acc_code acc_object_rules_parse(struct acc_object_rules *rules, const char *const *texts,
                                     const struct acc_object_options *usual, struct acc_error *err);
void acc_object_rules_release(struct acc_object_rules *rules);

/* Whether a section of the file is a rule. */
bool acc_object_rules_are(const char *section);
/* Checks a row of such a section. */
enum acc_code acc_object_rules_check(const struct acc_setting *row, struct acc_error *err);
/* Whether the file has rules for this very section. */
bool acc_object_rules_exist(const struct acc_settings *settings, const char *section);
/* The `index`-th rule of the section, as a text for --rule; NULL if there are no more. `said`
 * receives where it stands. */
const char *acc_object_rules_configured(struct acc_settings *settings, const char *section,
                                        size_t index, const char **said);

#endif
