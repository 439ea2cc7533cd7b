/* Text of sections and settings, read as Python's configparser reads it, since that is what the aws
 * command line reads its files with: a line that is indented deeper than the setting above it
 * continues that setting, whatever it looks like; a section or a setting that is there twice spoils
 * the file. https://docs.python.org/3.11/library/configparser.html
 *
 * A value of several lines whose first line is empty holds nested settings ("s3 =" and indented
 * lines below): they are stored as "s3.NAME". Values may be secrets: they are wiped when freed, and
 * a fault names lines only. */
#ifndef ACC_S3_INI_H
#define ACC_S3_INI_H

#include <stdbool.h>
#include <stddef.h>

#define ACC_INI_DEFAULTS "DEFAULT" /* the section whose settings hold in all others too */

struct acc_ini_setting {
    char *name; /* in lower case, except for what follows the dot of a nested one */
    char *value;
    int line;
};

struct acc_ini_section {
    char *name; /* exactly what the brackets hold */
    int line;
    struct acc_ini_setting *settings;
    size_t count, cap;
};

struct acc_ini {
    struct acc_ini_section *sections; /* in the order of the text */
    size_t count, cap;
};

/* Why a text cannot be read. */
struct acc_ini_fault {
    int line;
    char why[160]; /* half a sentence and the next step; holds nothing of the text */
};

/* Reads `len` bytes, which a NUL follows. False when the text cannot be read; release `ini` in
 * either case. */
bool acc_ini_read(const char *text, size_t len, struct acc_ini *ini, struct acc_ini_fault *fault);
void acc_ini_release(struct acc_ini *ini);

/* NULL when the section does not have it. A nested name may be there twice: the last one counts. */
const struct acc_ini_setting *acc_ini_find(const struct acc_ini_section *section, const char *name);

#endif
