/* Walks a folder tree, a name at a time: memory grows with the depth, never with the number of
 * files.
 *
 * Folders are entered through their parent's descriptor and never through a symlink. Names come in
 * the order the file system gives them.
 */
#ifndef ACC_BASE_WALK_H
#define ACC_BASE_WALK_H

#include <sys/stat.h>

#include <accession/error.h>

/* Folders nested deeper end the walk with ACC_SOURCE; each level holds a descriptor. */
#define ACC_WALK_DEPTH 200

/* Called for all but folders. `path` is relative to the folder walked and lives for the call; `st`
 * is lstat's answer: a symlink is shown as one. A code other than ACC_OK ends the walk, which
 * returns it. */
typedef enum acc_code (*acc_walk_each)(void *arg, const char *path, const struct stat *st,
                                       struct acc_error *err);
/* Called for each folder below the first before it is entered; returns whether to enter. May be
 * NULL. */
typedef int (*acc_walk_enter)(void *arg, const char *path);

/* A folder that cannot be read is ACC_SOURCE; ACC_LOCAL if this machine is short of descriptors or
 * memory, or its disk fails. What vanishes between listing and looking is left
 * out. */
enum acc_code acc_walk(const char *folder, acc_walk_each each, acc_walk_enter enter, void *arg,
                       struct acc_error *err);

/* The same for the names alone: a file that its folder says is a regular one is not looked at, and
 * `st` has its type and nothing else. */
enum acc_code acc_walk_names(const char *folder, acc_walk_each each, acc_walk_enter enter,
                             void *arg, struct acc_error *err);

#endif
