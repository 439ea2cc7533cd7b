/* The set of files that were judged, and so may be deleted, file for file.
 *
 * A file is one of the set if its path, inode, size, modification time and change time are those of
 * the walk that made the set. No copying tool can set an inode or a change time, so a file that was
 * added, replaced or rewritten since is not one of them. Eight bytes a file.
 *
 * Use: init {0}, add while walking, close, then ask. Or load what was saved. */
#ifndef ACC_WATCH_JUDGED_H
#define ACC_WATCH_JUDGED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <accession/error.h>

struct acc_judged {
    uint64_t *marks;
    size_t count, cap;
};

void acc_judged_add(struct acc_judged *set, const char *path, const struct stat *st);
/* No more is added; from here on the set may be asked and saved. */
void acc_judged_close(struct acc_judged *set);
bool acc_judged_has(const struct acc_judged *set, const char *path, const struct stat *st);
void acc_judged_release(struct acc_judged *set);

/* Durable when it returns, so that a deletion can go on after a kill. */
enum acc_code acc_judged_save(const struct acc_judged *set, const char *path,
                              struct acc_error *err);
/* False if the file is missing, or was not written by save. */
bool acc_judged_load(struct acc_judged *set, const char *path);

#endif
