/* The header of a table: which column gives what. Columns are found by name, never by position;
 * unknown ones are passed over. */
#ifndef ACC_MANIFEST_HEADER_H
#define ACC_MANIFEST_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include <accession/digest.h>

enum acc_column {
    ACC_COLUMN_PATH,
    ACC_COLUMN_SIZE,
    ACC_COLUMN_HASH,
    ACC_COLUMN_ALGORITHM, /* of HASH */
    ACC_COLUMN_URI,
    ACC_COLUMN_TYPE,
    ACC_COLUMN_FORMAT_COUNT,
    ACC_COLUMN_DROID_ONLY, /* a sign of DROID, and nothing else */
    ACC_COLUMN_COUNT
};

struct acc_header {
    int role[ACC_COLUMN_COUNT]; /* column number, or -1 */
    int digest[ACC_ALG_COUNT];  /* likewise */
    size_t path_rank;           /* of the names for a path, which one it is */
    size_t count;
    unsigned droid_signs;
    int twice; /* a column that gives what an earlier one gave, or -1 */
};

/* The delimiter under which the first line is a header, or NUL. Lines that begin with '#', as
 * PowerShell's "#TYPE ..." does, may come before it; `*before` is how many. */
char acc_header_find(const char *text, size_t len, struct acc_header *header, size_t *before);
bool acc_header_has_digest(const struct acc_header *header);
bool acc_header_is_droid(const struct acc_header *header);

#endif
