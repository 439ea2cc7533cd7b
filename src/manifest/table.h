/* Records of delimited text: RFC 4180 for CSV (quoted fields may hold delimiters, doubled quotes
 * and line ends), the same for tab-separated text, where a quote that does not begin a field is
 * itself. */
#ifndef ACC_MANIFEST_TABLE_H
#define ACC_MANIFEST_TABLE_H

#include "manifest/reading.h"

#define ACC_FIELDS_MAX 256

struct acc_field {
    char *text; /* NUL-terminated, writable */
    size_t len;
    bool quoted;
};

/* Zeroed but for delimiter at the start. */
struct acc_table {
    char delimiter;
    struct acc_str record; /* a copy of the lines, when a record has quotes */
    struct acc_field fields[ACC_FIELDS_MAX];
    size_t count;
    uint64_t line; /* where the record begins */
};

/* The next record; its fields live until the next call. `*more` false at the end. */
enum acc_code acc_table_next(struct acc_table *t, struct acc_reading *r, bool *more);
void acc_table_release(struct acc_table *t);

enum acc_split { ACC_SPLIT_OK, ACC_SPLIT_OPEN, ACC_SPLIT_STRAY_QUOTE, ACC_SPLIT_TOO_MANY };
/* Splits one record in place. OPEN: it ends inside a quoted field; then, as with every result but
 * OK, the text is unchanged. `text` must be writable for one byte more than `len`. */
enum acc_split acc_table_split(struct acc_table *t, char *text, size_t len);

#endif
