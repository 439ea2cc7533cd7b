/* The folder in which files are looked for, kept open while manifest lines stay in
 * it. A million stats by full paths walk down from the source a million times. */
#ifndef ACC_SOURCE_NEAR_H
#define ACC_SOURCE_NEAR_H

#include <sys/stat.h>

#include "base/str.h"

/* A zeroed one is ready. */
struct acc_folder {
    struct acc_str path; /* with the "/" at its end, relative to the source; "" at first */
    enum { ACC_FOLDER_CLOSED, ACC_FOLDER_OPEN, ACC_FOLDER_MISSING } state;
    int fd;
};

/* As fstatat(source, path, st, 0); sets errno. */
int acc_folder_stat(struct acc_folder *folder, int source, const char *path, struct stat *st);
void acc_folder_release(struct acc_folder *folder);

#endif
