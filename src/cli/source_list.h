/* What --sources-from names: one source a line. Lines that begin with # and empty ones are passed
 * over; a carriage return at the end of a line does not belong to it. */
#ifndef ACC_CLI_SOURCE_LIST_H
#define ACC_CLI_SOURCE_LIST_H

#include <stddef.h>

#include <accession/error.h>

/* `source` is not terminated by NUL, and lives until the call returns. */
typedef void (*acc_on_source)(void *arg, const char *source, size_t len);

/* `path` "-" is standard input. ACC_USAGE for a file that cannot be read, or that is not text. */
enum acc_code acc_source_list_read(const char *path, acc_on_source on_source, void *arg,
                                   struct acc_error *err);

#endif
