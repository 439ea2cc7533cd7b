/* The source folder: opening files in it without ever leaving it.
 *
 * Threads: opening and walking may be done on any thread, several concurrently.
 */
#ifndef ACC_PLAN_SOURCE_H
#define ACC_PLAN_SOURCE_H

#include <sys/stat.h>

#include <accession/error.h>
#include "base/str.h"

struct acc_source {
    char *path; /* absolute, symlinks resolved */
    int fd;
    /* Files that lie outside and are archived with it all the same: manifests beside it. Added
     * before other threads open anything. */
    struct acc_source_extra {
        char *name, *path; /* in the source's terms; on disk */
    } * extras;
    size_t extra_count;
};

enum acc_code acc_source_open(const char *path, struct acc_source *source, struct acc_error *err);
/* From here on the file at `path` is opened as `name`. */
void acc_source_add(struct acc_source *source, const char *name, const char *path);
void acc_source_close(struct acc_source *source);

/* Opens the regular file that a manifest names and stats it. A symlink is followed while it stays
 * inside (openat2, RESOLVE_BENEATH). When no file has the very name, its NFC and NFD forms are
 * tried; the one found is then in `mapped` (replaced; "" otherwise). ACC_FILE_MISSING,
 * ACC_FILE_KIND (leaves the source, or is not a regular file), ACC_FILE_UNREADABLE. */
enum acc_code acc_source_open_file(const struct acc_source *source, const char *path, int *fd,
                                   struct stat *st, struct acc_str *mapped, struct acc_error *err);

#endif
