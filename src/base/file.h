/* Small files, written whole: configuration, receipts, locks. Payload never goes through here. */
#ifndef ACC_BASE_FILE_H
#define ACC_BASE_FILE_H

#include <stddef.h>
#include <stdio.h>

#include <accession/error.h>
#include "base/str.h"

/* Reads a file of at most `max` bytes into `out` (replaced). A missing file is ACC_FILE_MISSING,
 * a longer one ACC_FILE_TOO_LARGE, anything else ACC_FILE_UNREADABLE. */
enum acc_code acc_file_read(const char *path, size_t max, struct acc_str *out,
                            struct acc_error *err);

/* Makes the folder and its parents, mode 0700 for each that did not exist. */
enum acc_code acc_mkdirs(const char *path, struct acc_error *err);

/* Output to a path that a person gave: begin, write to ->stream, then commit or abandon. After
 * either the struct is spent.
 *
 *     nothing there, or a regular file   appears whole or not at all: commit flushes, syncs and
 *                                        renames over `path`. Its mode is what the umask leaves of
 *                                        0666.
 *     a symbolic link                    stays; the same for the file that it leads to
 *     "-"                                standard output
 *     a device, FIFO, /dev/stdout …      is written into, and never replaced. A FIFO that no
 * process reads is an error, not a wait.
 */
struct acc_file_new {
    FILE *stream;
    char *path;
    char *temp; /* NULL: written into directly */
};
enum acc_code acc_file_begin(struct acc_file_new *f, const char *path, struct acc_error *err);
enum acc_code acc_file_commit(struct acc_file_new *f, struct acc_error *err);
void acc_file_abandon(struct acc_file_new *f);
/* Lets every user read it, under any umask. Does nothing for a path that is written into directly.
 */
void acc_file_share(struct acc_file_new *f);

/* $XDG_STATE_HOME/accession or ~/.local/state/accession (XDG Base Directory Specification 0.8). */
void acc_state_dir(struct acc_str *out);
/* $HOME, or the password database's answer; never empty. */
void acc_home_dir(struct acc_str *out);

#endif
